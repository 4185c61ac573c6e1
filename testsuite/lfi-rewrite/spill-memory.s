	.globl	f
	.type	f, %function
f:	stp	x27, x28, [sp, #-16]!
	stp	d8, d9, [sp, #-16]!
	stp	d10, d11, [sp, #-16]!
	stp	d12, d13, [sp, #-16]!
	stp	d14, d15, [sp, #-16]!
	ldr	x27, [x0, #8]
	add	x27, x27, x28
	ldr	x1, [x27], #8
	cbz	x28, 1f
	mov	x2, x27
1:	ldp	x27, x28, [sp], #16
	ret
