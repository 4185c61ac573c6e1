# What is between the two is the author's own.
	nop
	.lfi_rewrite_disable
	mov	%r14, %rax
	movl	(%rax), %ecx
local:	nop
	.lfi_rewrite_enable
	movl	(%rax), %ecx
