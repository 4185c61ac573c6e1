	.macro	check n
	.if	\n > 4
	.error	"too many: \n"
	.endif
	.endm
	check	3
	check	5
