// Constants behind a function, with a label, an alignment, a size
	.globl	f
	.type	f, %function
f:	adr	x0, constants
	ldr	x1, constants + 8
	ldr	q0, constants
	adr	x2, string
	ldr	w3, .Loffset
	ret
	.size	f, . - f
	.p2align 4
	.type	constants, %object
constants:
	.quad	1, 2
	.size	constants, . - constants
string:	.asciz	"text" // with a comment
	.p2align 2
.Loffset: .word	f - .
// A function that begins with an instruction written as a word
	.globl	g
g:	.inst	0xd503233f
	stp	x29, x30, [sp, #-16]!
	.inst	0xce7f8400, 0x4e285800
	ldp	x29, x30, [sp], #16
	.inst	0xd50323bf
	ret
	.word	0
// Distances from a table to code
h:	adr	x5, table
	sub	w3, w3, #1
	ldrh	w3, [x5, w3, uxtw #1]
	adr	x6, other
	ldrsb	x4, [x6, x4]
	sub	x5, x5, w3, uxtw
	add	x6, x6, x4, lsl #2
	br	x5
1:	ret
2:	br	x6
table:
same:	.hword	table - 1b, same - 2b
	.hword	0
other:	.byte	(1b - other) / 4
	.p2align 2
i:	adr	x7, words
	ldrsw	x8, [x7, x8, lsl #2]
	add	x7, x7, x8
	br	x7
words:	.word	f - words, g - words
