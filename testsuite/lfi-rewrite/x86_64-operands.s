	movl	(%rax, %ecx
	movl	%foo, %eax
	movl	(%ax), %eax
	movl	(%rax,%rcx,4,5), %eax
	movl	4(%rip,%rax), %eax
	addl	(%rax), (%rcx)
	jmp
	jmp	a, b
	movl	, %eax
	rep frob
	.intel_syntax noprefix
	mov	eax, [rax
	mov	eax, [rax-rcx]
	mov	eax, [rax+rcx+rdx]
	mov	eax, [rax]x
	.intel_syntax sideways
