/* Forms that the rewriter changes, for x86-64: each function gets 8 KiB of data in rdi and
   returns what it made of them.
   SPDX-License-Identifier: Apache-2.0  */
	.text
#define FUNCTION(name) .globl name; .type name, @function; name:

FUNCTION(addresses)
	mov	$3, %ecx
	movzbl	(%rdi), %eax
	add	64(%rdi,%rcx,8), %rax
	add	(,%rdi), %rax
	xor	%rcx, 128(%rdi)
	movb	%ah, 129(%rdi)
	xchgq	%rax, 40(%rdi)
	lock xaddq	%rcx, 48(%rdi)
	add	%rcx, %rax
	mov	$3, %ecx
	movl	$7, 56(%rdi,%rcx,0+1-1+1)
	lea	-8(%rsp), %rdx
	mov	%rax, (%rdx)
	mov	$0, %ecx
	add	-8(%rsp,%rcx,4), %rax
	ret

FUNCTION(strings)
	push	%rbx
	mov	%rdi, %rbx
	lea	1024(%rdi), %rsi
	lea	64(%rbx), %rdi
	mov	$9, %ecx
	rep movsb
	std
	lea	200(%rbx), %rdi
	lea	1100(%rbx), %rsi
	mov	$5, %ecx
	rep
	movsw
	cld
	lea	300(%rbx), %rdi
	mov	$0x5a5a5a5a, %eax
	stosb
	mov	$3, %ecx
	rep; stosl
	lea	(%rbx), %rdi
	mov	$200, %al
	mov	$4000, %ecx
	repne scasb
	sub	%rbx, %rdi
	lea	400(%rbx), %rsi
	lodsq
	add	%rdi, %rax
	mov	$7, %al
	lea	512(%rbx), %rbx
	xlatb
	pop	%rbx
	ret

FUNCTION(bit_strings)
	mov	$77, %esi
	xor	%eax, %eax
	btsl	%esi, 64(%rdi)
	adc	%rax, %rax
	lock btsl	%esi, 64(%rdi)
	adc	%rax, %rax
	lock btrl	%esi, 64(%rdi)
	adc	%rax, %rax
	btl	%esi, 64(%rdi)
	adc	%rax, %rax
	mov	$-130, %rcx
	btcq	%rcx, 128(%rdi)
	adc	%rax, %rax
	lock btcq	%rcx, 256(%rdi,%rax,8)
	adc	%rax, %rax
	push	%rdi
	mov	$5, %edx
	mov	%rax, -120(%rsp)
	lock btsq	%rdx, (%rsp)
	lock btrq	%rdx, (%rsp)
	add	-120(%rsp), %rax
	lock btsq	%rax, 300(%rdi)
	adc	%rax, %rax
	btq	%rdx, (%rsp)
	adc	$0, %rax
	pop	%rdi
	ret

FUNCTION(stack_moves)
	push	%rbp
	mov	%rsp, %rbp
	sub	$4096, %rsp
	mov	%rdi, (%rsp)
	add	$4096, %rsp
	mov	$64, %ecx
	sub	%rcx, %rsp
	and	$-64, %rsp
	test	$63, %spl
	sete	%al
	movzbl	%al, %eax
	mov	%rsp, %rdx
	lea	-256(%rsp), %rcx
	xchg	%rcx, %rsp
	push	%rcx
	pop	%rsp
	cmp	%rsp, %rdx
	jne	1f
	add	$2, %eax
1:	mov	%rbp, %rsp
	leave
	enter	$32, $0
	mov	%rax, -8(%rbp)
	pushq	-8(%rbp)
	popq	-16(%rbp)
	add	-16(%rbp), %rax
	leave
	push	%rbp
	lea	-24(%rsp), %rsp
	test	%eax, %eax
	jne	2f
	ud2
2:	add	$24, %rsp
	pop	%rbp
	stc
	lea	-8(%rsp), %rsp
	adc	$0, %eax
	add	$8, %rsp
	jmp	3f
3:	ret

FUNCTION(loops)
	xor	%eax, %eax
	mov	$10, %ecx
1:	add	$3, %eax
	loop	1b
	mov	$20, %ecx
2:	inc	%eax
	cmp	$40, %eax
	loopne	2b
	add	%ecx, %eax
	mov	$5, %ecx
3:	cmp	%ecx, %ecx
	loope	3b
	jrcxz	4f
	ud2
4:	mov	$0x100000000, %rcx
	jrcxz	5f
	add	$100, %eax
	jecxz	6f
5:	ud2
6:	shr	$32, %rcx
	add	%ecx, %eax
	ret

FUNCTION(calls)
	push	%rbx
	push	%r12
	push	%rdi
	lea	helper(%rip), %rbx
	mov	%rbx, %r12
	mov	$1, %eax
	call	helper
	call	*%rbx
	call	*%r12
	mov	%rbx, -8(%rsp)
	call	*-8(%rsp)
	lea	table(%rip), %rcx
	call	*(%rcx)
	mov	$1, %edx
	call	*(%rcx,%rdx,8)
	call	*table(%rip)
	call	pops
	cmp	%rbx, %r12
	jne	1f
	inc	%rax
1:	mov	$2, %edx
	lea	table(%rip), %rcx
	jmp	*(%rcx,%rdx,8)
	ud2
back:	pop	%rdi
	pop	%r12
	pop	%rbx
	ret
helper:	lea	1(%rax,%rax,2), %rax
	ret
pops:	push	%rax
	push	%rax
	mov	16(%rsp), %rax
	mov	%rax, (%rsp)
	mov	8(%rsp), %rax
	mov	(%rsp), %rdx
	mov	%rdx, 8(%rsp)
	add	$8, %rsp
	ret	$8
	.data
	.balign	8
table:	.quad	helper, helper, back
	.text

FUNCTION(thread_variables)
	mov	%fs:0, %rax
	cmp	%rax, %fs:0
	sete	%cl
	sub	%fs:0, %rax
	mov	$0x1234, %edx
	movl	%edx, %fs:variable@tpoff
	movb	%dh, %fs:variable@tpoff+4
	mov	variable@gottpoff(%rip), %rdx
	add	%fs:(%rdx), %eax
	lock incl	%fs:(%rdx)
	mov	$1, %esi
	add	%fs:variable@tpoff(,%rsi,4), %eax
	mov	%fs:0, %rsi
	add	variable@tpoff(%rsi), %eax
	movzbl	%cl, %ecx
	add	%rcx, %rax
	pushq	%fs:variable@tpoff
	pop	%rcx
	add	%rcx, %rax
	ret
	.section	.tbss,"awT",@nobits
	.balign	8
variable: .zero	16
	.text

FUNCTION(vectors)
	movdqu	(%rdi), %xmm0
	paddb	16(%rdi), %xmm0
	movntdq	%xmm0, 64(%rdi)
	movnti	%rdi, 0(%rdi)
	movhps	%xmm0, 96(%rdi)
	pextrw	$3, %xmm0, %eax
	fildl	32(%rdi)
	fstpt	112(%rdi)
	fnstcw	-2(%rsp)
	fldcw	-2(%rsp)
	movq	%xmm0, %rcx
	add	%rcx, %rax
	cmpxchg16b	128(%rdi)
	sete	%cl
	movzbl	%cl, %ecx
	add	%rcx, %rax
	ret

FUNCTION(intel)
	.intel_syntax noprefix
	mov	ecx, 3
	movzx	eax, BYTE PTR [rdi+rcx*4+1]
	add	QWORD PTR 8[rdi], rax
	lock inc	DWORD PTR [rdi+40]
	push	QWORD PTR [rdi+48]
	pop	rdx
	add	rax, rdx
	sub	rsp, rcx
	lea	rsp, [rsp+rcx]
	push	rbx
	lea	rbx, intel_helper[rip]
	call	rbx
	pop	rbx
	ret
intel_helper:
	add	rax, 5
	ret
	.att_syntax
	.section	.note.GNU-stack,"",@progbits
