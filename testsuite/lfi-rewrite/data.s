	.word	0xd4000001
	.inst	0xd503203f
	.inst	0xd503205f
	.long	f
	.byte	0
	.ascii	"text"
	.quad	0
	.incbin	"file"
	.zero	3
	.zero	n
	.fill	4, 4, 0
	.org	64
	.reloc	0, R_AARCH64_NONE
	.p2align	n
	. = . + 8
	.set	., . + 8
	.section .rodata
	. = . + 8
	.word	0xd4000001
