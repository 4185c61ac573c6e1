# Accesses of every form.
	movl	(%rax), %eax
	movl	8(%rax), %ecx
	movq	-8(%rax,%rcx,4), %rdx
	movb	%dl, (,%rcx,8)
	movb	%ah, 3(%rbx)
	movzbl	(%r8,%r9), %r10d
	addl	$1, 128(%r12)
	addw	$1000, (%r13)
	cmpb	$0, 1(%rdi)
	testl	$1, (%rdi)
	incq	(%rdi)
	movl	%eax, 8(%rsp)
	movl	-128(%rsp), %eax
	movl	8(%rsp,%rax,4), %eax
	movl	%eax, 8(%rsp,%rax,4)
	movl	symbol(%rip), %eax
	movl	%eax, symbol(%rip)
	movzbl	-1, %eax
	movl	%eax, 0x1000
	movl	(%eax), %ecx
	movb	(-1-2)(%rdi,%rdx), %al
	xchgl	%eax, (%rdi)
	xaddl	%eax, (%rdi)
	lock cmpxchgq	%rcx, (%rdi)
	cmpxchg16b	(%rdi)
	pushq	8(%rax)
	popq	8(%rax)
	pushq	8(%rsp)
	fldl	(%rax)
	fstpt	(%rax)
	fnstcw	-2(%rsp)
	fldcw	-2(%rsp)
	movaps	(%rax), %xmm0
	movsd	%xmm0, (%rax)
	pextrq	$1, %xmm9, (%rax)
	vaddps	(%rax), %ymm1, %ymm2
	vmovdqu	%ymm2, 32(%rax)
	vextracti128	$1, %ymm2, (%rax)
	movntps	%xmm0, (%rax)
	movnti	%rax, (%rdx)
	vmovntdq	%ymm0, (%rax)
	prefetcht0	64(%rax)
	prefetchw	64(%rax)
	leaq	(%rax,%rcx,8), %rdx
	leal	-1(%rdi), %eax
	nopw	0(%rax,%rax)
	movabsq	$0x123456789abc, %rax
	movabsl	0x123456789abc, %eax
	movabsb	%al, 0x123456789abc
	xlatb
	seta	(%rdi)
	cmovne	(%rdi), %rax
	mulx	(%rdi), %rax, %rcx
