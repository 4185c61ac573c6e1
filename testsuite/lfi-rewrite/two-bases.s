// x28 stays the guard of the register that is used next.
f:
	ldr	x2, [x1, #8]
	str	x2, [x0, #8]
	ldr	x2, [x1, #16]
	str	x2, [x0, #-16]
	ldr	x2, [x1, #24]
	str	x2, [x0, #24]
	str	x2, [x0, #32]
	ldr	x3, [x0, #40]
	str	x2, [x1, #4096]
	ldr	x3, [x0, #:lo12:symbol]
	ldr	x0, [x1, #8]
	ldr	x3, [x0, #8]
	stp	x2, x3, [x1, #16]
	ldr	x2, [x0, #8]
	cbz	x2, f
	ldr	x1, [x2, #8]
	ldr	x0, [x0, #8]
	ldr	x1, [x0, #8]
	ldr	x1, [x2, #8]
	ret
