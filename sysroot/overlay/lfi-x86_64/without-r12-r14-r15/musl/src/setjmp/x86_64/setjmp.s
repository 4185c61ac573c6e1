/* setjmp in a box: no reserved register goes into a jump buffer.
   SPDX-License-Identifier: MIT  */
.global __setjmp
.global _setjmp
.global setjmp
.type __setjmp,@function
.type _setjmp,@function
.type setjmp,@function
__setjmp:
_setjmp:
setjmp:
	mov %rbx,(%rdi)
	mov %rbp,8(%rdi)
	mov %r13,24(%rdi)
	lea 8(%rsp),%rdx
	mov (%rsp),%rcx
	mov %rdx,48(%rdi)
	mov %rcx,56(%rdi)
	xor %eax,%eax
	ret
