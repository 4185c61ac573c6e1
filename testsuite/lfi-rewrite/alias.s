// Registers by other names.
dst	.req	x0
srcw	.req	w1
vec	.req	v2
	ldr	srcw, [dst, #8]
	str	srcw, [dst], #4
	ldr	fp, [ip0, #8]
	mov	lr, dst
	ret
	.unreq	dst
dst:	b	dst
