// Registers of the box in a function that saves them, and in one that it calls
	.globl	f
	.type	f, %function
f:	stp	x29, x30, [sp, #-64]!
	stp	x25, x26, [sp, #16]
	stp	x27, x28, [sp, #32]
	str	d12, [sp, #48]
	mov	x25, x0
	mov	w26, #5
	adr	x30, words
1:	ldr	w0, [x30], #4
	add	x25, x25, x0, lsl #2
	eor	w27, w25, w26, ror #7
	ldrb	w28, [x25, x27]
	movk	w28, #1, lsl #16
	str	x25, [x1, x26, lsl #3]
	ldp	x25, x2, [x27], #16
	cbnz	w26, 1b
	fmov	d12, x28
	bl	helper
	ldr	d12, [sp, #48]
	ldp	x27, x28, [sp, #32]
	ldp	x25, x26, [sp, #16]
	ldp	x29, x30, [sp], #64
	ret
	.type	helper, %function
helper:	add	x25, x25, #1
	mov	x3, x28
	ret
	.p2align 2
words:	.word	0xdeadbeef
// Another one, whose names need not be the same
	.globl	g
	.type	g, %function
g:	stp	x27, x30, [sp, #-16]!
	stp	d8, d9, [sp, #-16]!
name	.req	x27
	mov	name, sp
	ldr	q8, [name]
	br	x27
