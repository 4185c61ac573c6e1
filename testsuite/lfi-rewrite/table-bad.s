f:	adr	x5, table
	cbz	x0, 1f
	ldrh	w3, [x5, w3, uxtw #1]
	sub	x5, x5, w3, uxtw
	br	x5
1:	ret
table:	.hword	table - 1b
g:	adr	x5, second
	ldrh	w3, [x5, #2]
	br	x5
second:	.hword	second - 1b
h:	adr	x5, third
	ldrh	w3, [x5, w3, uxtw #1]
	b.eq	2f
	ret
2:	ldrh	w4, [x5, w4, uxtw #1]
	ret
third:	.hword	third - 1b
