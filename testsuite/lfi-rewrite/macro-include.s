	nop
	.include "macro-none.inc"
