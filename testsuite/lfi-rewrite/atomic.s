// Exclusive, ordered and atomic accesses.
	.arch	armv8.1-a
1:	ldaxr	w0, [x1]
	stlxr	w2, w3, [x1]
	cbnz	w2, 1b
	ldxp	x0, x2, [x1]
	stxp	w3, x0, x2, [x1]
	ldar	x0, [x1]
	stlrb	w0, [x2]
	casal	x0, x1, [x2]
	casp	x0, x1, x2, x3, [x4]
	ldaddal	w0, w1, [x4]
	swpab	w0, w4, [x4]
	stset	x0, [x4]
	ldclr	x0, x1, [sp]
	dmb	ish
	clrex
