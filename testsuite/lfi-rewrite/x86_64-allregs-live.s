	.text
f:
	jmp	*8(%rax)
	mov	%r11, %rax
	or	$8, %rsp
	mov	%fs:(%r11), %r11
	jmp	*%r11
