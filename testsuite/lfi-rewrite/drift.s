// sp moves freely where an access through it follows for certain.
	near = 8
f:	.cfi_startproc
	sub	sp, sp, #32
	.cfi_def_cfa_offset 32
	mov	x1, x0
	stp	x29, x30, [sp, #16]
	sub	sp, sp, #16384
	str	x0, [sp]
	sub	sp, sp, #4, lsl #12
	str	x0, [sp, #16376]
	sub	sp, sp, #5, lsl #12		// too much
	str	x0, [sp]
	sub	sp, sp, #1024
	str	q0, [sp, #16400]	// too far
	sub	sp, sp, #1024
	cbz	x0, 1f			// may branch away
	str	x0, [sp]
1:	sub	sp, sp, #1024
2:	ldr	x0, [sp, #-256]		// a label is no matter
	sub	sp, sp, #1024
	sub	sp, sp, #1024
	str	x0, [sp, #-16]!
	sub	sp, sp, #1024
	prfm	pldl1keep, [sp]		// proves nothing
	b	2b
	sub	sp, sp, #1024
	stxr	w0, x1, [sp]		// may not access
	ret
	sub	sp, sp, #1024
	ldr	x0, [sp, x1]		// not through sp in the end
	ldr	x0, [sp]
	add	sp, sp, #1024
	ldp	x29, x30, [sp], #16
	sub	sp, sp, #1024
	str	x0, [x1, #8]
	mrs	x0, tpidr_el0
	ld1	{v0.16b}, [sp]
	sub	sp, sp, #1024
	svc	#0
	str	x0, [sp]
	sub	sp, sp, #1024
	near = 32760			// an offset may change its value
	str	x0, [sp, #near]
	sub	sp, sp, #1024
	.pushsection .rodata
	.word	1
	.popsection
	str	x0, [sp]
	sub	sp, sp, #1024
	.cfi_endproc
