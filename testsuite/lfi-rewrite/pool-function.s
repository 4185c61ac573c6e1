f:	ret
	.quad	0x123456789
	.type	g, %function
g:	.quad	0x123456789
