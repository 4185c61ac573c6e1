	.text
	.globl f
	.type f, %function
f:	stp x29, x30, [sp, #-16]!
	cbz x0, 2f
1:	ldr x1, [x0], #8
	subs x2, x2, #1
	b.ne 1b
	tbnz x1, #3, 1b
	cbz w1, 1b
	bl g
	blr x3
	svc #0
	cmp x3, #5
	b.hi 3f
	adrp x4, .LT
	add x4, x4, :lo12:.LT
	ldrsw x5, [x4, x3, lsl #2]
	add x4, x4, x5
	br x4
.L4:	ldp x29, x30, [sp], #16
	ret
2:	autiasp
	ret
3:	b g
	b.al 1b
	ret x5
	b 4f
	.p2align 6
4:	mov x30, x2
	cbnz w30, 1b
	add x1, x1, #1
	.section .text.unlikely,"ax",%progbits
	b.eq 1b
	b f
	.section .text.a,"ax",%progbits
	nop
	.section .rodata
.LT:	.word .L4-.LT
