// Memory operands.
	.text
	.globl	f
f:
	ldr	x0, [x1]
	ldr	w0, [x1, #0]
	ldrb	w0, [x1, 4095]
	ldrsw	x0, [x2, #8]
	str	q0, [x2, #(16 * 2)]
	stp	x3, x4, [x5]
	ldp	x5, x6, [x5, #16]
	ldur	x0, [x5, #-8]
	ldr	x0, [x1, x2]
	ldr	x0, [x1, x2, lsl #3]
	ldrh	w0, [x1, w2, sxtw #1]
	strb	w0, [x1, w2, uxtw]
	ldr	d0, [x1, xzr]
	ldr	x0, [sp, x1]
	str	x0, [sp, x1, lsl 3]
	ldr	x0, [sp]
	ldr	x0, [sp, #32760]
	stp	x29, x30, [sp, #-16]!
	ldp	x29, x30, [sp], #16
	ldr	x1, [x1]		// the base is the destination
	prfm	pldl1keep, [x0]
	prfm	pldl1keep, [x0, #64]
	prfm	pstl1strm, [x0, x1, lsl #3]
	ldnp	x2, x3, [x0, #32]
	ldr	x0, [x30, #8]
	ret
