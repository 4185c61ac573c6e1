// setjmp in a box: musl's layout of jmp_buf, but x23 and x25 to x28 belong to the sandbox and are
// left out (bytes 32 to 39 and 48 to 79).
// SPDX-License-Identifier: MIT
.global __setjmp
.global _setjmp
.global setjmp
.type __setjmp,@function
.type _setjmp,@function
.type setjmp,@function
__setjmp:
_setjmp:
setjmp:
	stp x19, x20, [x0]
	stp x21, x22, [x0, #16]
	str x24, [x0, #40]
	stp x29, x30, [x0, #80]
	mov x2, sp
	str x2, [x0, #104]
	stp d8, d9, [x0, #112]
	stp d10, d11, [x0, #128]
	stp d12, d13, [x0, #144]
	stp d14, d15, [x0, #160]
	mov x0, #0
	ret
