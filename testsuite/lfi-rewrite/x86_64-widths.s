	.intel_syntax noprefix
	jmp	word ptr [rax]
	jmp	dword ptr [rax]
	jmp	fword ptr [rax]
	jmp	[fword ptr table[rip]]
	call	word ptr [rax+rcx*8]
	call	dword ptr [rsp]
	call	tbyte ptr [rax]
	ffreep	rax
	ffreep
