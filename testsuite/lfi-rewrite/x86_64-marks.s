# Where the compiler marks labels, its other numbered ones are not aligned.
	.text
	leaq	.L4(%rip), %rcx
	jmp	*%rax
	# lfi: indirect
.L2:	nop
.L3:	nop
	lea	.Lmine(%rip), %rax
	# lfi: indirect
	.p2align 4,,10
.Lmine:	nop
	.section	.data.rel.ro,"aw"
.L4:	.long	.L2-.L4
	.long	.L3-.L4
