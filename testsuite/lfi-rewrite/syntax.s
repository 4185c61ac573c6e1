# A comment at the beginning of a line
// another	/* this is part of it
/* one over
   two lines */	ldr	x0, [x1, #8] // after
 /* before */ ldr /* mnemonic */ x0, /* operands */ [x1, /* inside */ #8] /* after */ // and more
a: b: 1: ldr x0, [x2, #8]; ldr x0, [x2, #16] ; 2: br x0
"quoted label":	nop; nop // ; ldr x0, [x1, #8]
c = 4 ; d = c * 4
	.set	e, d + 8
	ldr	x0, [x1, #e]
	cmp	w0, #'a'
	cmp	w0, #';'
	.section .rodata.str1.1,"aMS",@progbits,1
	.string	"a \" string; // with /* everything"
	.ascii	"x", "y\\"
	.text
	LDR	X0, [X1, #8]
	ldr x0,[x1,8]//no space
	.p2align 4,,11
	.balign	8
	.p2align 3, 0
	.balignl 16, 0xd503201f
	cbz	x0, 1b
	cbz	x0, "quoted label"
	cbz	x0, 2f
2:
