# A comparison and the jump behind it are one operation of the processor: they share a bundle.
	.file 1 "fuse.c"
f:
	movl 4(%rax,%rbx), %ecx
	movl 4(%rax,%rbx), %ecx
	movl 4(%rax,%rbx), %ecx
	cmpl %ecx, 4(%rdi)
	jne f
	testq %rax, %rax
	.loc 1 2

	# A comment.
	je 1f
	decl %ecx
	jnz 1f
# Not with another instruction, a label or nothing behind it, nor what the processor keeps apart.
	cmpl %ecx, %edx
	movl 4(%rax,%rbx), %ecx
	jb 1f
	cmpl %ecx, %edx
2:	jb 1f
	cmpl $3, 8(%rsi)
	je 1f
	addl %ecx, 8(%rsi)
	je 1f
	addsd %xmm0, %xmm1
	jb 1f
	subl %eax, %ecx
	jmp f
	andl %ecx, %edx
1:	nop
