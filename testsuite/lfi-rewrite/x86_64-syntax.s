/ A comment of the whole line.
	.text # and one behind
	movl	(%rax), %eax # a comment
	movl	(%rax) /* between */ , %eax; movl (%rcx), %ecx
label:	movl	$'#', (%rax)
	lock
	incl	(%rax)
	lock;incl	(%rax)
	LOCK INCL	(%RAX)
	movl	( %rax , %rcx , 4 ), %eax
	movl	4+4*2(%rax), %eax
	{vex}	vaddps	(%rax), %xmm1, %xmm2
	{vex3}	vaddps	%xmm0, %xmm1, %xmm2
	{disp32} movl	%eax, %ecx
	.set	offset, 16
	movl	offset(%rax), %eax
	movq	(%rax), %xmm0
	movq	%xmm0, %rax
	fadd	%st(1), %st
	fxch	%st(1)
	pushq	$0x1234
	hlt
	cs nopw	0(%rax,%rax,1)
	data16 cs nopw 0(%rax,%rax,1)
	endbr64
	.byte	0x0f,0x01,0xd0
	.byte	0xf3,0x0f,0x1e,0xfa,0x90
	mov	%rdi, %r11
	mov	%rsi, %rdi
	mov	%r11, 8(%rsp)
	xor	%r11d, %r11d
	.intel_syntax prefix
	mov	%eax, DWORD PTR [%rax]
	mov	%eax, 5
	.att_syntax noprefix
	movl	(rax), eax
	.att_syntax
	movl	(%rax), %eax
	.att_syntax prefix
	.code64
	.cfi_startproc
	nop
	.cfi_endproc
