/* Every form that the rewriter changes, as functions (x0: 512 bytes of data) -> x0.  What
   they return does not depend on where the data are.  */
#define FUNCTION(name) .globl name; .type name, %function; .p2align 2; name:
#define NOPS4 nop; nop; nop; nop
#define NOPS16 NOPS4; NOPS4; NOPS4; NOPS4
#define NOPS64 NOPS16; NOPS16; NOPS16; NOPS16
#define NOPS256 NOPS64; NOPS64; NOPS64; NOPS64
#define NOPS1024 NOPS256; NOPS256; NOPS256; NOPS256
#define NOPS4096 NOPS1024; NOPS1024; NOPS1024; NOPS1024

	.arch	armv8.1-a
	.text

FUNCTION(offsets)
	add	x1, x0, #256
	ldr	x2, [x0]
	ldr	x3, [x0, #8]
	ldr	w4, [x1, #-4]
	ldursh	x5, [x1, #-7]
	ldp	x6, x7, [x1, #-64]
	ldpsw	x8, x9, [x0, #16]
	ldrsb	w10, [x0, #77]
	eor	x2, x2, x3, ror #1
	eor	x2, x2, x4, ror #2
	eor	x2, x2, x5, ror #3
	eor	x2, x2, x6, ror #4
	eor	x2, x2, x7, ror #5
	eor	x2, x2, x8, ror #6
	eor	x2, x2, x9, ror #7
	eor	x2, x2, x10, ror #8
	str	x2, [x0, #40]
	ldr	x0, [x0, #40]
	ret

FUNCTION(indexes)
	mov	x1, #-3
	add	x2, x0, #256
	movk	x3, #0x7777, lsl #48	/* garbage above an index of 32 bits */
	movk	x3, #9, lsl #0
	movk	x3, #0, lsl #16
	ldr	x4, [x2, x1, lsl #3]
	ldr	x5, [x2, x1]
	ldr	w6, [x2, w1, sxtw #2]
	ldrh	w7, [x2, w3, uxtw #1]
	ldrb	w8, [x2, w3, sxtw]
	ldr	q0, [x0, xzr]
	fmov	x9, d0
	eor	x4, x4, x5, ror #1
	eor	x4, x4, x6, ror #2
	eor	x4, x4, x7, ror #3
	eor	x4, x4, x8, ror #4
	eor	x4, x4, x9, ror #5
	str	x4, [x2, x1, lsl #3]
	ldr	x0, [x2, #-24]
	ret

FUNCTION(writebacks)
	mov	x1, x0
	ldr	x2, [x1, #8]!
	ldr	x3, [x1], #24
	ldp	x4, x5, [x1, #-16]!
	ldp	x6, x7, [x1], #32
	str	w2, [x1, #-4]!
	strb	w3, [x1], #1
	ld1	{v0.16b, v1.16b}, [x1], #32
	mov	x8, #5
	ld1	{v2.8b}, [x1], x8
	st1	{v0.d}[1], [x1], #8
	ldr	q3, [x1, #-16]!
	sub	x1, x1, x0
	fmov	x9, d1
	fmov	x10, d2
	fmov	x11, d3
	eor	x0, x2, x3, ror #1
	eor	x0, x0, x4, ror #2
	eor	x0, x0, x5, ror #3
	eor	x0, x0, x6, ror #4
	eor	x0, x0, x7, ror #5
	eor	x0, x0, x9, ror #6
	eor	x0, x0, x10, ror #7
	eor	x0, x0, x11, ror #8
	add	x0, x0, x1
	ret

FUNCTION(self_bases)			/* the base is what is loaded */
	mov	x1, x0
	str	x1, [x1, #16]
	str	x0, [x0, #24]
	ldr	x1, [x1, #16]
	ldr	x1, [x1, #24]
	ldp	x1, x2, [x1, #16]
	sub	x0, x1, x2
	ldr	x1, [x1]
	add	x0, x0, x1
	ret

FUNCTION(atomics)
	mov	x1, #7
1:	ldaxr	x2, [x0]
	add	x3, x2, #1
	stlxr	w4, x3, [x0]
	cbnz	w4, 1b
	ldaddal	x1, x5, [x0]
	swpa	x1, x6, [x0]
	mov	x7, x1
	casal	x7, x6, [x0]
	ldar	x8, [x0]
	stclr	x1, [x0]
	stlr	w8, [x0]
	ldxp	x9, x10, [x0]
	clrex
	eor	x0, x2, x5, ror #1
	eor	x0, x0, x6, ror #2
	eor	x0, x0, x7, ror #3
	eor	x0, x0, x9, ror #4
	eor	x0, x0, x10, ror #5
	ret

FUNCTION(stack_moves)
	mov	x9, sp
	stp	x29, x30, [sp, #-16]!
	mov	x29, sp
	sub	sp, sp, #16
	str	x0, [sp, #8]
	mov	x1, #1
	ldr	x2, [sp, x1, lsl #3]
	sub	sp, sp, #64
	cbz	xzr, 1f
	nop
1:	str	x2, [sp]
	sub	sp, sp, x1, lsl #4
	str	x2, [sp, #16]
	ldr	x3, [sp, #16]
	and	sp, x29, #-64
	sub	sp, sp, #4080
	b	2f
	nop
2:	str	x3, [sp]
	ldr	x4, [sp], #16
	mov	x5, sp
	add	sp, sp, #32
	add	sp, sp, #400
	add	sp, sp, #2000
	mov	x6, sp
	sub	x6, x6, x5
	mov	sp, x29
	ldp	x29, x30, [sp], #16
	mov	x7, sp
	sub	x9, x9, x7
	sub	x0, x4, x0
	add	x0, x0, x6
	add	x0, x0, x9, lsl #32
	ret

FUNCTION(links)
	mov	x9, x30
	adr	x1, 1f
	blr	x1
	b	2f
1:	add	x0, x0, #8
	mov	x10, x30
	ret	x10
2:	adr	x1, 3f
	br	x1
	udf	#0
3:	str	x9, [x0]
	bl	4f
	ldr	x30, [x0]
	ldr	x0, [x0, #8]
	ret
4:	ldr	x2, [x0, #8]
	eor	x2, x2, #0xff
	str	x2, [x0, #8]
	ret

FUNCTION(constants)
	ldr	x1, =0x123456789abcdef0
	ldr	x2, =-2
	ldr	w3, =0x80000001
	ldr	d0, =0x400921fb54442d18
	ldr	s1, =0x3f800000
	ldr	x4, =0xffff1234ffffffff
#ifdef __LFI__
	ldr	x5, =constant
#else					/* its literal pool would need a text relocation */
	adrp	x5, constant
	add	x5, x5, :lo12:constant
#endif
	ldr	x5, [x5, #8]
	ldr	x6, constant
	fmov	x7, d0
	fmov	w8, s1
	ldr	x9, =0
	ldr	x10, =0xffffffffffffffff
	eor	x0, x1, x2, ror #1
	eor	x0, x0, x3, ror #2
	eor	x0, x0, x4, ror #3
	eor	x0, x0, x5, ror #4
	eor	x0, x0, x6, ror #5
	eor	x0, x0, x7, ror #6
	eor	x0, x0, x8, ror #7
	eor	x0, x0, x9, ror #8
	eor	x0, x0, x10, ror #9
	ret

FUNCTION(far_branches)
	ldr	x0, [x0]
	mov	x1, #0
1:	add	x1, x1, #1
	tbz	x1, #0, 3f
	tbnz	w1, #1, 2f
	tbz	x1, #5, 3f
	udf	#0
2:	tbnz	x1, #1, 4f
	udf	#0
#ifdef __LFI__				/* farther than the assembler takes */
	NOPS4096; NOPS4096; NOPS1024
#endif
3:	cmp	x1, #2
	b.hi	2b
	tbnz	x1, #0, 1b
	tbz	x1, #0, 1b
4:	add	x0, x0, x1
	adr	x2, 1b
	adr	x3, 2b
	cmp	x2, x3
	cinc	x0, x0, lo
	ret

FUNCTION(block)
	add	x1, x0, #1, lsl #12	/* a block of at most 2 KiB */
	mrs	x2, dczid_el0
	str	xzr, [x1]
	tbnz	x2, #4, 1f
	str	x0, [x1]
	dc	zva, x1
1:	mrs	x3, tpidr_el0
	mrs	x4, tpidr_el0
	msr	tpidr_el0, x3
	sub	x3, x3, x4
	ldr	x0, [x1]
	orr	x0, x0, x3
	csdb
	yield
	ret

	.section .data.rel.ro,"aw"
	.p2align 3
constant:
	.xword	0x1111222233334444, 0x5555666677778888
	.section .note.GNU-stack,"",%progbits
