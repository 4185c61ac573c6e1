# What changes r11 within the loop, and another label.
f:	leaq	-98304(%rsp), %r11
.LPSRL0:
	subq	$4096, %rsp
	movq	%fs:v@tpoff, %rax
	cmpq	%r11, %rsp
	jne	.LPSRL0
	leaq	-98304(%rsp), %r11
.Lother:
	cmpq	%r11, %rsp
	jne	.Lother
	ret
