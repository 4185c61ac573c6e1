# SPDX-License-Identifier: Apache-2.0
	.macro	function name
	.globl	\name
	.type	\name, @function
\name:
	.byte	0xf3,0x0f,0x1e,0xfa
	.endm

	.macro	mix
	xor	%eax, %eax
	movdqa	constants_(%rip), %xmm1
1:	.byte	0x66,0x48,0x0f,0x6e,0x07 # movq (%rdi), %xmm0
	.byte	102,15,56,0,193 # pshufb %xmm1, %xmm0
	.byte	102,72,15,126,194 # movq %xmm0, %rdx
	.byte	0x48,0x83,0xc7,0x08 # add $8, %rdi
	xor	%rdx, %rax
	rol	$7, %rax
	dec	%rsi
	jnz	1b
	.endm

function mix
	mix
	.byte	0xf3,0xc3
	.align	16
constants_:
	.byte	3, 1, 2, 0, 7, 6, 5, 4, 8, 9, 10, 11, 12, 13, 14, 15
function mix_all
	mix
	ret

function choose
	lea	table(%rip), %rax
	movslq	(%rax,%rdi,4), %rdx
	add	%rdx, %rax
	jmp	*%rax
10:	mov	$100, %eax
	ret
11:	mov	$101, %eax
	ret
	.p2align 2
table:	.long	11b - table, 10b - table, 11b - table, 10b - table

function constants
	and	$1, %edi
	lea	values(%rip), %rax
	mov	(%rax,%rdi,8), %rax
	ret
	.p2align 3
values:	.quad	0x0123456789abcdef, 0xfedcba9876543210
	.section .note.GNU-stack,"",@progbits
