	.text
1:	ret
2:	nop
	ldr	x0, [x1, #8]; bl f; ldr x0, [x2, #8]; bl f
	ldr	x0, [x1, #8]; bl f; ldr x0, [x2, #8]; bl f
	ldr	x0, [x1, #8]; bl f; ldr x0, [x2, #8]; bl f
	ldr	x0, [x1, #8]; bl f; ldr x0, [x2, #8]; bl f
	ldr	x0, [x1, #8]; bl f; ldr x0, [x2, #8]; bl f
	ldr	x0, [x1, #8]; bl f; ldr x0, [x2, #8]; bl f
	ldr	x0, [x1, #8]; bl f; ldr x0, [x2, #8]; bl f
	ldr	x0, [x1, #8]; bl f; ldr x0, [x2, #8]; bl f
	ldr	x0, [x1, #8]; bl f; ldr x0, [x2, #8]; bl f
	ldr	x0, [x1, #8]; bl f; ldr x0, [x2, #8]; bl f
	ldr	x0, [x1, #8]; bl f; ldr x0, [x2, #8]; bl f
	ldr	x0, [x1, #8]; bl f; ldr x0, [x2, #8]; bl f
	ldr	x0, [x1, #8]; bl f; ldr x0, [x2, #8]; bl f
	ldr	x0, [x1, #8]; bl f; ldr x0, [x2, #8]; bl f
	ldr	x0, [x1, #8]; bl f; ldr x0, [x2, #8]; bl f
	ldr	x0, [x1, #8]; bl f; ldr x0, [x2, #8]; bl f
	ldr	x0, [x1, #8]; bl f; ldr x0, [x2, #8]; bl f
	ldr	x0, [x1, #8]; bl f; ldr x0, [x2, #8]; bl f
	ldr	x0, [x1, #8]; bl f; ldr x0, [x2, #8]; bl f
	ldr	x0, [x1, #8]; bl f; ldr x0, [x2, #8]; bl f
	ldr	x0, [x1, #8]; bl f; ldr x0, [x2, #8]; bl f
	ldr	x0, [x1, #8]; bl f; ldr x0, [x2, #8]; bl f
	ldr	x0, [x1, #8]; bl f; ldr x0, [x2, #8]; bl f
	ldr	x0, [x1, #8]; bl f; ldr x0, [x2, #8]; bl f
	ldr	x0, [x1, #8]; bl f; ldr x0, [x2, #8]; bl f
	ldr	x0, [x1, #8]; bl f; ldr x0, [x2, #8]; bl f
	ldr	x0, [x1, #8]; bl f; ldr x0, [x2, #8]; bl f
	ldr	x0, [x1, #8]; bl f; ldr x0, [x2, #8]; bl f
	ldr	x0, [x1, #8]; bl f; ldr x0, [x2, #8]; bl f
	ldr	x0, [x1, #8]; bl f; ldr x0, [x2, #8]; bl f
	ldr	x0, [x1, #8]; bl f; ldr x0, [x2, #8]; bl f
	ldr	x0, [x1, #8]; bl f; ldr x0, [x2, #8]; bl f
	ldr	x0, [x1, #8]; bl f; ldr x0, [x2, #8]; bl f
	ldr	x0, [x1, #8]; bl f; ldr x0, [x2, #8]; bl f
	ldr	x0, [x1, #8]; bl f; ldr x0, [x2, #8]; bl f
	ldr	x0, [x1, #8]; bl f; ldr x0, [x2, #8]; bl f
	ldr	x0, [x1, #8]; bl f; ldr x0, [x2, #8]; bl f
	ldr	x0, [x1, #8]; bl f; ldr x0, [x2, #8]; bl f
	ldr	x0, [x1, #8]; bl f; ldr x0, [x2, #8]; bl f
	ldr	x0, [x1, #8]; bl f; ldr x0, [x2, #8]; bl f
3:	ret
	.section .rodata
	.byte	(2b - 1b) / 4, (3b - 2b) / 4
	.byte (2b - 3b) / 4
	.2byte (3b - 2b) / 4
	.byte (4f - 2b) / 4
4:
