# Labels are aligned where an indirect branch may go.
	.globl	exported
	.weak	weak
exported:
	nop
weak:	nop
direct:	nop
.Ldirect:
	jne	direct
	jmp	.Ldirect
taken:	nop
	lea	taken(%rip), %rax
.Ltaken:
	nop
	lea	.Ltaken(%rip), %rax
1:	nop
	jmp	1b
2:	nop
	lea	2b(%rip), %rax
.Ltable1:
	nop
.Ltable2:
	nop
listed:	nop
.Lunwound:
	nop
.LEHB0:
	nop
.Lset:	nop
	.set	other, .Lset
.Ldebug:
	nop
two:
names:	nop
	.type	object, @function
object:	nop
	.section	.data.rel.ro,"aw"
.Ltables:
	.long	.Ltable1-.Ltables
	.quad	.Ltable2
	.quad	listed, names
	.string	"direct"
	.section	.gcc_except_table,"a",@progbits
	.uleb128 .LEHB0-exported
	.uleb128 .Lunwound-exported
	.section	.debug_line,"",@progbits
	.quad	.Ldebug
