	.globl	f
	.type	f, @function
f:	.byte	0xf3,0x0f,0x1e,0xfa
	leaq	table(%rip), %rax
	movdqa	constants(%rip), %xmm0
	movslq	(%rax,%rdi,4), %rdx
	addq	%rdx, %rax
	jmp	*%rax
1:	ret
	.size	f, .-f
	.align	16
constants:
	.long	1, 2, 3, 4
	.byte	0x90, 0x90
	.size	constants, .-constants
table:	.long	1b-table, 2f-table
	.globl	g
	.type	g, @function
g:
2:	.byte	0xf3,0x90
	ret
	.align	64
	.byte	0x90
nops:	.byte	0x90, 0x90
