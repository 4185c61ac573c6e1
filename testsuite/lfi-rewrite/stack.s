// Writes of sp.
	mov	sp, x29
	mov	sp, x0
	add	sp, x29, #16
	sub	sp, sp, x0
	sub	sp, sp, w0, uxtw #2
	and	sp, x0, #-16
	mov	wsp, w1
	add	sp, sp, #16
	ret
	add	sp, sp, #255
	ret
	add	sp, sp, #256
	ret
	add	sp, sp, #504
	ret
	add	sp, sp, #505
	ret
	add	sp, sp, #0
	sub	sp, sp, #256
	b	f
	sub	sp, sp, #512
	b	f
	sub	sp, sp, #520
	b	f
	sub	sp, sp, #4, lsl #12
	b	f
	mov	x0, sp
	add	x0, sp, #16
	cmp	sp, x0
