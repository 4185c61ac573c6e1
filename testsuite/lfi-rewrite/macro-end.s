	.macro	m
	nop
