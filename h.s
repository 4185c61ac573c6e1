	.text
	.globl g
g:
	call h
	addq 64(%rsp),%r8
	adcq 88(%rsp),%r11
	ret
h:	movq $3,%r11
	ret
