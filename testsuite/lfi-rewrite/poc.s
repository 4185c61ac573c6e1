	.text
	.globl	start
	.type	start, %function
start:
	stp	x29, x30, [sp, #-32]!
	mov	x29, sp
	str	x30, [sp, #16]
	adrp	x0, symbol
	add	x0, x0, :lo12:symbol
	adrp	x1, symbol
	ldr	x1, [x1, :lo12:symbol]
	adrp	x2, symbol
	ldr	w3, [x2, :lo12:symbol]
	adrp	x19, symbol
	nop
	add	x4, x19, #:lo12:symbol
	adr	x5, .Lhere
	add	x6, sp, #16
	sub	x7, sp, #4095
	add	x8, sp, x1, lsl #3
	sub	x9, sp, x1
	cmp	sp, x0
	add	w10, wsp, #4
	mov	x11, x30
	add	x12, x30, x1
	str	x30, [x0]
	str	x30, [x0, #8]
	str	x30, [x0, x1]
	stp	x30, x30, [x0, #8]!
	cbz	x30, .Lhere
	ldr	x13, =symbol
	bl	f
	mov	x30, x1
	mov	x0, x30
	str	x30, [sp, #16]
	blr	x0
	xpaclri
	paciasp
	hint	#29
	hint	#34
.Lhere:
	mov	sp, x29
	ldp	x29, x30, [sp], #32
	retaa
