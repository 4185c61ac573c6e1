f:	ldr	w30, [x0]
	add	x1, x1, x30
	cbz	x1, f
	add	x1, x1, x30
	ldrb	w30, [x0]
	b.eq	f
	str	x30, [sp]
	add	x30, x30, #1
	bl	f
	add	x1, x30, #4
	ldr	x30, [sp]
	b.eq	f
	add	x1, x30, #4
