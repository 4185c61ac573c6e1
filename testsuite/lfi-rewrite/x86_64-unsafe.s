	popfq
	int	$0x80
	sysenter
	wrmsr
	in	$4, %al
	xsave	(%rax)
	fxrstor	(%rax)
	vaddps	%zmm0, %zmm1, %zmm2
	vaddps	%xmm16, %xmm1, %xmm2
	vaddps	%xmm0, %xmm1, %xmm2{%k1}
	kmovw	%eax, %k1
	vpgatherdd	%xmm0, (%rax,%xmm1), %xmm2
	vpgatherdd	%xmm0, (%rax,%xmm1,4), %xmm2
	maskmovdqu	%xmm0, %xmm1
	mov	%cr0, %rax
	frobnicate	%eax
	lea	%fs:8, %rax
	jmp	.+5
	call	label+4
	je	label
label:
