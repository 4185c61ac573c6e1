// Indirect branches.
	br	x0
	blr	x17
	ret
	ret	x1
	ret	x30
	blr	x30
	b	f
	bl	f
	cbz	x0, 1f
	TBNZ	w0, #31, 1f
	beq	1f
	b.al	1f
1:	nop
