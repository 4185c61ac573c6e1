	ldr	x0, [x0], #8
	stp	x1, x2, [x2, #-16]!
	ldr	x0, [w1]
	ldr	x0, [xzr]
	ldr	x0, [x1, x2, ror #3]
	ldr	x0, [x1
	ldr	x0, [x1] x
	ldr	x0, [x1, sp]
	ldp	x0, x1, [x2, x3]
	add	x0, x1, [x2]
	ldr	x0
	br	w0
	br
	ret	x0, x1
	cbz	x0
	ldr	b0, =1
	ldrsw	x0, =1
	mrs	w0, fpcr
	add	x0, , x1
	ldr	x0, [x1], x2
