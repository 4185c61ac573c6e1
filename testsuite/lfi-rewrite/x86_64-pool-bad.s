f:	nop
	.long	0x12345678
	ret
g:	.byte	0x0f, 0x05
	nop
	jmp	data
data:	.quad	5
	ret
h:	.short	h-f
