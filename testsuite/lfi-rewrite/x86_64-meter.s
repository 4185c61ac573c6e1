	.text
	.globl f
	.type f, @function
f:	rep movsb
	rep stosq
	cmp $1, %rax
	rep stosb
	je f
	repne scasb
	repe cmpsb
	loop f
	jrcxz f
	jecxz 2f
	jmp *%r13
	call *8(%rax)
	jmp *(%rax,%rbx,8)
1:	add $1, %eax
	jc 1b
	jp 2f
	jmp 1b
2:	syscall
	lock btsl %eax, (%rbx)
	sub $16, %rsp
	call f
	add $16, %rsp
	cmp %rax, %rbx
	js 3f
	ret $8
	.section .text.unlikely,"ax",@progbits
3:	jne 2b
	jmp f
	.text
	mov %eax, %ebx
	.p2align 6
	mov %ebx, %eax
	.section .text.a,"ax",@progbits
	nop
	.section .text.b,"ax",@progbits
	mov %rax, %rcx
