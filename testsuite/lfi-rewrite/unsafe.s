	svc	#1
	hvc	#0
	mrs	x0, cntvct_el0
	msr	nzcv, x0
	msr	daifset, #2
	dc	ivac, x0
	at	s1e0r, x0
	hint	#3
	hint	#127
	wfi
	retaa	x0
	braa	x0, x1
	ldapr	x0, [x1]
	frobnicate	x0
	add	z0.d, z0.d, z1.d
	ldr	z0, [x0]
	adrp	x0, :tlsgd:variable
