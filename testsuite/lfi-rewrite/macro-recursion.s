	.macro	m n
	nop
	m	\n + 1
	.endm
f:	m	0
