	.text
f:
	jmp	*8(%rax)
	mov	%r11, %rax
	or	$8, %rsp
	bts	%r11, (%rdi)
	jmp	*%r11
