	.macro	m a
	nop
	.endm
	m	1, 2
