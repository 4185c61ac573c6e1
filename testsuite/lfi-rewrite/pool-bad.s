f:	nop
	.quad	0x123456789
	ret
g:	.word	0xd4000001
	nop
	b	data
	.p2align 3
data:	.quad	0x123456789
	.org	64
	.quad	0
	.section .text.other,"ax"
	.quad	0x123456789
	. = . + 8
	.quad	0x123456789
