# Branches of every kind.
	jmp	*%rax
	notrack jmp	*%rdx
	jmp	*%r12
	jmp	*8(%rax)
	jmp	*(%rax,%rcx,8)
	jmp	*8(%rsp)
	jmp	*symbol(%rip)
	jmp	*symbol@GOTPCREL(%rip)
	jmp	*0x1000
	call	f
	call	f@PLT
	call	*%rbx
	call	*%r9
	call	*8(%rax)
	call	*symbol(%rip)
	call	*%rsp
	ret
	rep ret
	repz
	ret
	.byte	0xf3,0xc3
	ret	$8
	jne	f
	bnd jmp	f
1:	nop
	jmp	1b
	jrcxz	1b
	jecxz	1b
	loop	1b
	loope	1b
	loopnz	1b
	.weak	missing
	call	missing@PLT
	jmp	missing
	.weak	here
here:	call	here
