	mov	x25, x0
	add	w26, w0, w1
	ldr	x0, [x27]
	ldr	x0, [x1, x28]
	ldp	x0, x28, [sp]
	stxr	w26, x0, [x1]
X .req x27
name .req x28
	mov	X, x0
	ldr	x0, [NAME]
	cbz	w25, 1f
	br	x28
1:	mrs	x25, fpcr
	ldr	x0, [sp], #8; mov x0, x27 // on the same line
