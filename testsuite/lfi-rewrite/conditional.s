// Conditional assembly over constants.
	.set	one, 1
	.if	one == 1 && !0
	ldr	x0, [x1, #8]
	.else
	ldr	x27, [x1, #8]
	.if	1
	ldr	x27, [x1, #8]
	.endif
	.endif
	.ifdef	two
	ldr	x27, [x1, #8]
	.elseif	one - 1
	ldr	x27, [x1, #8]
	.elseif	(1 << 3) / 4 > one
	br	x0
	.endif
	.ifndef	two
	br	x1
	.endif
	.ifc	a, b
	ldr	x27, [x1, #8]
	.endif
