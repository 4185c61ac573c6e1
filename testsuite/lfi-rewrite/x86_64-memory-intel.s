# The same in the other syntax, in the ways that people and GCC write it.
	.intel_syntax noprefix
	mov	eax, [rax]
	mov	ecx, DWORD PTR 8[rax]
	mov	rdx, QWORD PTR [rax+rcx*4-8]
	mov	BYTE PTR 0[0+rcx*8], dl
	mov	BYTE PTR [rbx+3], ah
	movzx	r10d, byte ptr [r8+r9]
	add	DWORD PTR [128+r12], 1
	add	WORD PTR [r13+0], 1000
	cmp	BYTE PTR 1[rdi], 0
	test	DWORD PTR [rdi], 1
	inc	QWORD PTR [rdi]
	mov	DWORD PTR 8[rsp], eax
	mov	eax, DWORD PTR [rsp-128]
	mov	eax, [rsp+4*rax+8]
	mov	8[rsp][rax*4], eax
	mov	eax, DWORD PTR symbol[rip]
	mov	DWORD PTR [rip+symbol], eax
	movzx	eax, BYTE PTR ds:-1
	mov	DWORD PTR ds:0x1000, eax
	mov	ecx, [eax]
	mov	al, [rdi+rdx-1-2]
	xchg	DWORD PTR [rdi], eax
	xadd	DWORD PTR [rdi], eax
	lock cmpxchg	QWORD PTR [rdi], rcx
	cmpxchg16b	[rdi]
	push	QWORD PTR 8[rax]
	pop	QWORD PTR 8[rax]
	push	QWORD PTR 8[rsp]
	fld	QWORD PTR [rax]
	fstp	TBYTE PTR [rax]
	fnstcw	WORD PTR -2[rsp]
	fldcw	WORD PTR -2[rsp]
	movaps	xmm0, XMMWORD PTR [rax]
	movsd	QWORD PTR [rax], xmm0
	pextrq	QWORD PTR [rax], xmm9, 1
	vaddps	ymm2, ymm1, YMMWORD PTR [rax]
	vmovdqu	YMMWORD PTR 32[rax], ymm2
	vextracti128	XMMWORD PTR [rax], ymm2, 1
	movntps	XMMWORD PTR [rax], xmm0
	movnti	QWORD PTR [rdx], rax
	vmovntdq	YMMWORD PTR [rax], ymm0
	prefetcht0	[rax+64]
	prefetchw	[rax+64]
	lea	rdx, [rax+rcx*8]
	lea	eax, -1[rdi]
	nop	WORD PTR [rax+rax]
	movabs	rax, 0x123456789abc
	movabs	eax, ds:0x123456789abc
	movabs	ds:0x123456789abc, al
	xlatb
	seta	BYTE PTR [rdi]
	cmovne	rax, [rdi]
	mulx	rcx, rax, QWORD PTR [rdi]
