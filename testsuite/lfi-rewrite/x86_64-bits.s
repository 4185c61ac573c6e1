# Bit strings in memory.
	bt	%eax, %ecx
	btl	$3, (%rdi)
	btsl	$3, (%rdi)
	lock btrl	$3, (%rdi)
	btl	%esi, (%rdi)
	btq	%rcx, 8(%rsp)
	btsl	%esi, (%rdi,%rcx,4)
	lock btsl	%esi, symbol(%rip)
	lock btcq	%rax, (%rsp)
	lock; btrl	%eax, 8(%rcx,%rdx)
