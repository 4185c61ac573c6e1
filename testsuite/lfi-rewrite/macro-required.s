	.macro	m a:req, b
	nop
	.endm
	m	b=1
