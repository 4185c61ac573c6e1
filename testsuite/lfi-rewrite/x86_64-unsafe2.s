	jne	*%rax
	jmp	*%eax
	data16 jmp	label
	adc	%rax, %rsp
	mov	%ax, %sp
	inc	%esp
	xchg	%eax, %esp
	enter	$8, $1
	ret	$70000
	movsb	%fs:(%rsi), %es:(%rdi)
	addr32 rep movsb
	lock movl	%eax, (%rax)
	lock addl	%eax, %ecx
	addr32 movl	(%rax), %eax
	btw	%ax, (%rdi)
	xlat	(%rbx)
	movb	%ah, %fs:(%rax)
	movabs	(%rax), %al
	rdfsbase	%eax
	wrgsbase	%rax
	xbegin	label
	ljmp	*(%rax)
label:
