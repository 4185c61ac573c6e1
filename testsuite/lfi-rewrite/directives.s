	.popsection
	.macro	m
	nop
	.endm
	.rept	2
	.include "file"
	.frobnicate
	.section .other, #alloc, #execinstr
	.pushsection .a, n
	.popsection
	.text
	.tlsdesccall	a
	.tlsdesccall	b
	blr	x0
	.section .text,"a"
