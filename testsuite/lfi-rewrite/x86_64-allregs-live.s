	.text
f:
	lea	back(%rip), %rax
	jmp	*8(%rax)
	mov	%r11, %rax
back:	nop
	or	$8, %rsp
	bts	%r11, (%rdi)
	jmp	*%r11
