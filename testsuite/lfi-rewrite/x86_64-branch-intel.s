# The same in the other syntax.
	.intel_syntax noprefix
	jmp	rax
	notrack jmp	rdx
	jmp	r12
	jmp	QWORD PTR [rax+8]
	jmp	[QWORD PTR [rax+rcx*8]]
	jmp	[QWORD PTR 8[rsp]]
	jmp	QWORD PTR symbol[rip]
	jmp	[QWORD PTR symbol@GOTPCREL[rip]]
	jmp	QWORD PTR ds:0x1000
	call	f
	call	f@PLT
	call	rbx
	call	r9
	call	[rax+8]
	call	QWORD PTR [rip+symbol]
	call	rsp
	ret
	rep ret
	repz
	ret
	.byte	0xf3,0xc3
	ret	8
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
