	@ comment of another architecture
	.ascii	"not terminated
	[x0]
	nop
	/* not terminated
	nop
