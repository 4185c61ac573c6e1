	.text
f:	call *16(%r11)
	call *(%rax,%r11,8)
	jmp *8(%r11)
