	.else
	.if	1
	.if	n
	.endif
	nop
