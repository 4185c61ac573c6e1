	.macro	m a
	nop
	.endm
	m	b=2
