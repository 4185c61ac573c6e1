	.popsection
	.frobnicate
	.section .other, #alloc, #execinstr
	.pushsection .a, n
	.popsection
	.text
	.tlsdesccall	a
	.tlsdesccall	b
	blr	x0
	.section .text,"a"
