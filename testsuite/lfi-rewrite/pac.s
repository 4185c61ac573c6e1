// Return addresses that are signed.
f:	.cfi_startproc
	paciasp
	.cfi_negate_ra_state
	stp	x29, x30, [sp, #-16]!
	bl	g
	ldp	x29, x30, [sp], #16
	autiasp
	ret
	hint	#25
	b	g
	ldp	x29, x30, [sp], #16
	retaa
	.cfi_endproc
