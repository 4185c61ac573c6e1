	.byte	0x48, 0x89, 0xe0
	.long	5
	.quad	symbol
	.zero	4
	.skip	16, 0x90
	.byte	0x66
	nop
	.value	0x6666
	.ascii	"text"
	.org	64
	. = 64
	.code32
	.bundle_align_mode 4
	.nops	4
	leaq	x@tlsgd(%rip), %rdi
	.data
	.byte	0x48
	.text
	lock
