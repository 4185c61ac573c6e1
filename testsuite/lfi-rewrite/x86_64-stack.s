# Writes of rsp.
	sub	$24, %rsp
	mov	%rax, 8(%rsp)
	add	$24, %rsp
	ret
	subq	$8, %rsp
	call	f
	addq	$8, %rsp
	jmp	f
	add	$16, %rsp
	jmp	f
	add	$24, %rsp
	jmp	f
	sub	$24, %rsp
	test	%eax, %eax
	jne	f
	sub	$16384, %rsp
	push	%rax
	sub	$16385, %rsp
	push	%rax
	lea	-40(%rsp), %rsp
	movups	%xmm0, (%rsp)
	lea	-40(%rsp), %rsp
	cmovne	(%rsp), %rax
	jne	f
	sub	$24, %rsp
	mov	%rax, 16385(%rsp)
	jmp	f
	sub	$24, %rsp
	mov	%rax, -1025(%rsp)
	jmp	f
	sub	$24, %rsp
	sub	$24, %rsp
	push	%rax
	sub	$24, %rsp
	prefetcht0	(%rsp)
	lea	(%rsp), %rax
	jmp	f
	sub	$24, %rsp
	mov	(%rsp,%rax), %rcx
	jmp	f
	sub	$24, %rsp
	syscall
	sub	$24, %rsp
	.data
	.text
	push	%rax
	sub	$0, %rsp
	mov	%rbp, %rsp
	mov	%r12, %rsp
	movq	48(%rdi), %rsp
	sub	%rax, %rsp
	subq	%r8, %rsp
	add	%rdx, %rsp
	andq	$-32, %rsp
	and	%rax, %rsp
	or	$8, %rsp
	lea	-16(%rbp), %rsp
	leaq	8(%rsp,%rax,8), %rsp
	sub	8(%rax), %rsp
	cmove	%rax, %rsp
	xchg	%rax, %rsp
	xchg	%rsp, %rdx
	pop	%rsp
	push	%rsp
	mov	%eax, %esp
	leave
	enter	$16, $0
	enter	$0, $0
	mov	%rsp, %rax
	cmp	%rax, %rsp
	test	%rsp, %rsp
