# Alignments are filled with what lies within bundles.
	nop
	.p2align	4,,10
	nop
	.p2align	6
	nop
	.balign	256
	nop
	.p2align	7,,10
	.p2align	3,0xcc
	.align	32
