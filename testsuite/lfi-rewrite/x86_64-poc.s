	.text
	.globl	start
	.type	start, @function
start:
	push	%rbp
	mov	%rsp, %rbp
	lea	symbol(%rip), %rax
	leaq	symbol(%rip), %r9
	lea	8(%rsp), %rcx
	lea	8(%rsp,%rcx), %rdx
	lea	8(%rcx,%rdx), %rsi
	lea	8(%rsp), %r8d
	mov	symbol@GOTPCREL(%rip), %rdi
	movq	symbol@GOTPCREL(%rip), %r10
	cmp	symbol@GOTPCREL(%rip), %rax
	mov	symbol(%rip), %rax
	cmp	%rsp, %rax
	sub	%rsp, %rcx
	mov	%rsp, (%rdi)
	mov	%rsp, 8(%rsp)
	push	%rsp
	xchg	%rsp, %rbp
	sub	$24, %rsp
	mov	%rsp, %r12
	movq	%rsp, %xmm0
	lea	-4096(%rsp), %r11
	cmp	%r11, %rsp
	call	f
	call	*%rax
	call	*8(%rdi)
	call	*8(%rsp)
	call	g@PLT
	rep	movsb
	rep	stosq
	scasb
	lodsb
	enter	$32, $0
	syscall
	mov	%fs:0, %rax
	leave
	ret
	.weak	missing
	.globl	tail
tail:
	call	missing
	jmp	f
