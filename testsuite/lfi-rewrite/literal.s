// There is no literal pool.
	ldr	x0, =0x123456789abcdef0
	ldr	x0, =0
	ldr	x0, =-1
	ldr	w0, =-2
	ldr	x0, =0xffffffffffff0000
	ldr	x1, =symbol
	ldr	x1, =symbol + 8
	ldr	d0, =0x3ff0000000000000
	ldr	s1, =1
	ldr	x0, there
	ldrsw	x0, there
	ldr	q0, there
	prfm	pldl1keep, there
	ldr	x0, :got:symbol
	ldr	x1, :gottprel:thread
	.section .rodata
there:	.xword	0
