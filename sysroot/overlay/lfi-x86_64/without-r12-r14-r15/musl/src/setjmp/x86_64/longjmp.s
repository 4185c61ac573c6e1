/* longjmp in a box: what setjmp.s saved.
   SPDX-License-Identifier: MIT  */
.global _longjmp
.global longjmp
.type _longjmp,@function
.type longjmp,@function
_longjmp:
longjmp:
	xor %eax,%eax
	cmp $1,%esi
	adc %esi,%eax
	mov (%rdi),%rbx
	mov 8(%rdi),%rbp
	mov 24(%rdi),%r13
	mov 48(%rdi),%rsp
	jmp *56(%rdi)
