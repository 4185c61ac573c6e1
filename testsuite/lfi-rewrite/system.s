// System calls, thread pointer, system registers, hints, cache maintenance.
	svc	#0
	svc	0
	mrs	x0, tpidr_el0
	mrs	x5, TPIDR_EL0
	mrs	xzr, tpidr_el0
	mrs	x30, tpidr_el0
	msr	tpidr_el0, x0
	msr	tpidr_el0, x7
	msr	tpidr_el0, xzr
	mrs	x0, fpcr
	msr	fpsr, x0
	mrs	x1, dczid_el0
	mrs	x1, ctr_el0
	mrs	x1, midr_el1
	dc	zva, x3
	dc	cvau, x0
	ic	ivau, x0
	dsb	ish
	isb
	wfe
	sev
	csdb
	yield
	bti	c
	hint	#34
	hint	#2
	brk	#1000
	udf	#0
