	mov	%r14, %rax
	mov	%rax, %r15
	movl	(%r14), %eax
	mov	(%rax,%r15), %ecx
	mov	%r11, %rax
	mov	%rax, %r11
	syscall
	mov	%r11, %rax
	mov	%rax, %r11
label:	mov	%r11, %rax
	mov	%rax, %r11
	mov	%r11, %fs:8
	mov	%rax, %r11
	call	f
	add	$1, %r11
	movl	%gs:8, %eax
	mov	%fs, %eax
	mov	%eax, %ds
	push	%fs
	xor	%r14d, %r14d
