	.text
f:
	call	missing
	jmp	other
h:
	ret
	.section .debug_info,"",@progbits
	.quad	h
	.weak	missing, other
	.globl	h
