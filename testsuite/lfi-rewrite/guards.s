// Guards that are still good are not made again.
	ldr	x0, [x1, #8]
	ldr	x2, [x1, #16]
	ldr	x2, [x1]
	b.eq	1f
	ldr	x2, [x1, #24]
1:	ldr	x2, [x1, #24]
.LVL1:	ldr	x2, [x1, #32]
.L2:	ldr	x2, [x1, #32]
	bl	f
	ldr	x2, [x1, #32]
	add	w1, w2, #1
	ldr	x2, [x1, #32]
	ldr	x1, [x1, #32]
	ldr	x1, [x1, #32]
	ldr	x3, [x4, #32]
	ldr	x3, [x1, #32]
	br	x1
	ldr	x3, [x1, #32]
	blr	x1
	svc	#0
	ldr	x3, [x1, #32]
	cbz	w0, .L2
	.section .debug_info,"",@progbits
	.8byte	.LVL1
