// Arguments by position and by name, defaults, required ones and the rest
	.macro	add_imm rd, rn=x1, imm:req, rest:vararg
	add	\rd, \rn, #\imm
	.ifnb	\rest
	several	\rest
	.endif
	.endm
	.macro	several first, more:vararg
	ldr	\first, [x2]
	.ifnb	\more
	several	\more
	.endif
	.endm
f:	add_imm	x0, , 8
	add_imm	rn=x3, rd=x4, imm=(1 + 2)
	add_imm	x0 x1 16 x5, x6, x7
// Labels of their own, names put together, one macro in another
	.macro	loop reg, suffix
.Lloop\@:
	sub\suffix	\reg, \reg, #1
	.macro	again_\reg
	b.ne	.Lloop\@
	.purgem	again_\reg
	.endm
	again_\reg
	ldr	\reg\(), [\reg]
	.endm
	loop	x0, s
	loop	x1, suffix=s; nop // on the same line
// Repetitions
	.set	i, 0
	.rept	3
	.if	i % 2 == 0
	mov	x0, #i
	.else
	mov	x1, #i * 2
	.endif
	.set	i, i + 1
	.endr
	.irp	r, x3, x4
	str	\r, [\r, #8]
	.endr
	.irpc	n, 05
	ldr	x\n, [sp, #8 * \n]
	.endr
	.rept	0
	frobnicate
	.endr
// Conditions
	.macro	pick kind
	.ifc	\kind, one
	mov	x0, #1
	.exitm
	.elseif	i > 100
	frobnicate
	.else
	.ifdef	f
	mov	x0, #2
	.endif
	.ifndef	nothing
	mov	x0, #3
	.endif
	.endif
	.ifnc	\kind, two
	mov	x0, #4
	.endif
	.endm
	pick	one
	pick	two
	pick	"three"
	.iflt	i - 4
	nop
	.endif
name	.req x9
	.irp	r, name
	ldr	x0, [\r]
	.endr
	.unreq	name
// Other rules
	.altmacro
	.macro	other a, reg
	LOCAL	here
here:	mov	x0, #a
	add	x&reg, x0, x0
	b	here
	.endm
	other	%(2 * 3 + i), <1>
	.noaltmacro
	.macro	text string
	.pushsection .rodata
	.asciz	"\string\()"
	.popsection
	.endm
	text	"two words"
	ret
