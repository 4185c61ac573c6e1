// x30 is guarded before it can be jumped through.
f:
	ldp	x29, x30, [sp], #16
	ret
	ldr	x30, [x0, #176]
	mov	x1, x30
	b	g
	mov	x30, #0
	b.eq	f
	b.ne	f
	ret
	ldr	x30, [sp]
	bl	g
	ret
	ldr	x30, [sp]
	blr	x30
	ldr	x30, [sp]
	blr	x1
	ldr	x30, [sp]
	br	x1
	ldr	x30, [sp]
	br	x30
	ldr	lr, [sp]
	tbz	x30, #3, f
	ldr	lr, [sp]
	cbnz	w30, f
	ldr	x30, [sp]
	ret	x30
	ldr	x30, [sp]
1:	tbz	w0, #1, 1b
	ldr	x30, [sp]
	svc	#0
	ldr	x30, [sp]
	.section .text.other,"ax",@progbits
	ldr	x30, [sp]
