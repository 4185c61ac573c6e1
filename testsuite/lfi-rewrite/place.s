	b	. + 8
	cbz	x0, .-4
	b.eq	f + 4
	bl	16
	ldr	x0, . + 8
	tbz	x0, #1, f - 4
	b	f
