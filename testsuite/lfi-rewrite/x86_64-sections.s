# Sections of code end with a bundle; what is in groups is told apart.
	.text
	nop
	.section	.text.unlikely,"ax",@progbits
	call	f
	.section	.data
	.long	1
	.section	.text.g,"axG",@progbits,one,comdat
	call	f
	.section	.text.g,"axG",@progbits,two,comdat
	call	f
	.text	1
	call	f
	.pushsection	.init,"ax",@progbits
	push	%rax
	.popsection
	.section	.text.empty,"ax",@progbits
	.text
	.p2align	3
	.p2align	4,,10
	.align	32
	.p2align	6
	nop
	.p2align	6,,10
	.p2align	4,0xcc
	syscall
