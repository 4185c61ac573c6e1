f:	ret
1:	ret
table:	.hword	table - 1b
	.hword	5
