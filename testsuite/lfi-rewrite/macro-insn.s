	.macro	load reg, from
	ldr	\reg, [\from]
	frobnicate \reg
	.endm
f:	nop
	load	x0, x1
