// Sequences of thread-local accesses keep their relocations.
	mrs	x1, tpidr_el0
	add	x1, x1, #:tprel_hi12:local, lsl #12
	add	x1, x1, #:tprel_lo12_nc:local
	adrp	x0, :gottprel:initial
	ldr	x0, [x0, #:gottprel_lo12:initial]
	adrp	x0, :tlsdesc:dynamic
	ldr	x2, [x0, #:tlsdesc_lo12:dynamic]
	add	x0, x0, :tlsdesc_lo12:dynamic
	.tlsdesccall	dynamic
	blr	x2
	adrp	x0, :got:symbol
	ldr	x0, [x0, #:got_lo12:symbol]
	ldr	w1, [x0, #:lo12:symbol+8]
