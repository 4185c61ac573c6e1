// Only executable sections are rewritten.
	.text
	ldr	x0, [x1, #8]
	.data
	.word	f, 1
	.text	1
	ldr	x0, [x1, #8]
	.previous
	.byte	1
	.pushsection .text.hot,"ax",@progbits
	ldr	x0, [x1, #8]
	.pushsection .rodata, 2
	.ascii	"x"
	.popsection
	ldr	x0, [x1, #16]
	.popsection
	.byte	2
	.section .init
	ldr	x0, [x1, #8]
	.section .notes,"a",%note
	.byte	3
	.section .numeric,"0x6",%progbits
	ldr	x0, [x1, #8]
	.section .text.unlikely
	ldr	x0, [x1, #8]
	.subsection 2
	ldr	x0, [x1, #8]
	.bss
	.zero	8
	.section .fini,"ax"
	.zero	8
	.word	0
	.inst	0xd503201f, 0xd4200020
