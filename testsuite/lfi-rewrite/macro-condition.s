	.macro	m
	nop
	.if	. - f > 8
	nop
	.endif
	.endm
f:	nop
	m
