// longjmp in a box: what setjmp.s saved.
// SPDX-License-Identifier: MIT
.global _longjmp
.global longjmp
.type _longjmp,%function
.type longjmp,%function
_longjmp:
longjmp:
	ldp x19, x20, [x0]
	ldp x21, x22, [x0, #16]
	ldr x24, [x0, #40]
	ldr x2, [x0, #104]
	ldp d8, d9, [x0, #112]
	ldp d10, d11, [x0, #128]
	ldp d12, d13, [x0, #144]
	ldp d14, d15, [x0, #160]
	ldp x29, x30, [x0, #80]
	mov sp, x2
	cmp w1, #0
	csinc w0, w1, wzr, ne
	ret
