# r11, r14 and r15 are the program's: r11 is saved where it lives.
	.text
	.globl	f
f:
	mov	%r14, %r15
	mov	(%r11,%r14), %r15
	mov	%fs:0, %rax
	mov	%fs:8, %rcx
	add	%fs:0, %rdx
	push	%fs:0
	mov	%r11, %rdi
	mov	%fs:0, %r11
	rep movsb
	mov	%r11, %rdi
	rep stosq
	xor	%r11d, %r11d
	bts	%rax, (%rdi)
	add	$8, %rsp
	mov	%r11, %rdi
	add	$8, %rsp
	mov	$1, %r11d
	mov	%rbx, %rsp
	jc	1f
	mov	$1, %r11d
	mov	%rbx, %rsp
	test	%eax, %eax
	jecxz	1f
	mov	%r11, %rcx
1:	mov	48(%rdi), %rsp
	jmp	*%r11
	.globl	g
g:
	mov	48(%rdi), %rsp
	jmp	*56(%rdi)
	.globl	h
h:
	lea	-40(%rbp), %rsp
	pop	%rbx
	leave
	ret
	.globl	k
k:
	call	*8(%rax)
	call	*%r11
	jmp	f
	.globl	m
m:
	movq	-112(%rbp), %rsp
	mov	%r11, %rax
	jc	1f
	lea	-40(%rbp), %rsp
	jc	1f
1:	ret
	.globl	n
n:
	or	%r11d, %fs:v@tpoff
	add	%fs:0, %r11
	mov	%fs:8(%r11,%rcx,4), %rdx
	mov	%r11, v@dtpoff(%rax)
	ret
	.globl	tail
tail:
	mov	%r11, %rax
	jmp	*8(%rax)
	.globl	o
o:
	movq	16+f(%rip), %rsp
	.intel_syntax noprefix
	mov	rsp, QWORD PTR f[rip+16]
	.att_syntax
	jmp	*%rax
	.section .tbss,"awT",@nobits
	.globl	v
v:	.zero	8
