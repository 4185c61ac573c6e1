	.text
	.globl f
f:
	cmp	%rsi, %rdi
	lea	table(%rip), %rax
	jmp	*(%rax,%rdx,8)
.Lused:
	mov	%rdi, %rax
	jge	1f
	ret
.Lmoved:
	lea	1(%rax), %rax
	jmp	2f
.Lwritten:
	shl	$2, %rdi
	setc	%al
	ret
.Lcalled:
	call	f
	jge	1f
.Lincremented:
	inc	%rdi
	jne	1f
.Lreached:
	ret
1:	adc	$1, %rax
2:	setl	%al
	ret
	.section .rodata
table:
	.quad	.Lused, .Lmoved, .Lwritten, .Lcalled, .Lincremented, .Lreached
	# Neither uses flags.
calls:	syscall
	ret
loops:	loop	loops
	ret
swaps:	lock cmpxchg %al, (%rdi)
	sete	%al
	ret
counts:	popcnt	%rax, %rcx
	je	1b
	ret
	.data
	.quad calls, loops, swaps, counts
