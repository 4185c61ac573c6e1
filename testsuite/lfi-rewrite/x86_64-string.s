# String instructions, with prefixes on lines of their own too.
	movsb
	rep movsq
	rep
	movsq
	rep; stosb
	stosl
	repne scasb
	repe cmpsb
	lodsw
	cmpsq
	rep movsb	(%rsi), %es:(%rdi)
	rep stosq	%rax, %es:(%rdi)
	std
	cld
