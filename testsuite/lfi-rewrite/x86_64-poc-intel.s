	.intel_syntax noprefix
	.text
	.globl	start
	.type	start, @function
start:
	push	rbp
	mov	rbp, rsp
	lea	rax, symbol[rip]
	lea	r9, symbol[rip]
	lea	rcx, [rsp+8]
	lea	rdx, [rsp+rcx+8]
	lea	rsi, [rcx+rdx+8]
	lea	r8d, [rsp+8]
	mov	rdi, QWORD PTR symbol@GOTPCREL[rip]
	mov	r10, symbol@GOTPCREL[rip]
	cmp	rax, QWORD PTR symbol@GOTPCREL[rip]
	mov	rax, QWORD PTR symbol[rip]
	cmp	rax, rsp
	sub	rcx, rsp
	mov	QWORD PTR [rdi], rsp
	mov	QWORD PTR [rsp+8], rsp
	push	rsp
	xchg	rbp, rsp
	sub	rsp, 24
	mov	r12, rsp
	movq	xmm0, rsp
	lea	r11, [rsp-4096]
	cmp	rsp, r11
	call	f
	call	rax
	call	QWORD PTR [rdi+8]
	call	QWORD PTR [rsp+8]
	call	g@PLT
	rep	movsb
	rep	stosq
	scasb
	lodsb
	enter	32, 0
	syscall
	mov	rax, QWORD PTR fs:0
	leave
	ret
	.weak	missing
	.globl	tail
tail:
	call	missing
	jmp	f
