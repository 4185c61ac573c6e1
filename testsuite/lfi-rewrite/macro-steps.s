	.rept	1000000000000
	.rept	0
	.endr
	.endr
