// Pre- and post-index on registers other than sp.
	ldr	x0, [x1, #8]!
	ldr	x0, [x1], #8
	str	w0, [x1, -4]!
	stp	x2, x3, [x4, #-16]!
	ldp	x2, x3, [x4], 16
	str	q0, [x0], #16
	ldr	x0, [x1, #8]
	ldr	x0, [x1], #8
	ldr	x0, [x1, #8]
	ld1	{v0.16b}, [x0]
	ld1	{v0.16b, v1.16b}, [x0], #32
	st1	{v0.d}[1], [x0], x2
	ld4r	{v0.4s - v3.4s}, [x0]
	ld1	{v0.16b}, [sp], #16
	st1	{v0.16b}, [sp], x3
