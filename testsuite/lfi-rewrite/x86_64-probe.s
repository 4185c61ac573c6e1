# The loop in which GCC probes the pages of a large frame, r11 being where it ends.
f:	leaq	-98304(%rsp), %r11
.LPSRL0:
	subq	$4096, %rsp
	orq	$0, (%rsp)
	cmpq	%r11, %rsp
	jne	.LPSRL0
	subq	$1704, %rsp
	call	g
	addq	$100008, %rsp
	ret
