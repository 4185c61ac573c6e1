# Functions of one file that give r11 to each other, as hand-written code does.
	.text
	.globl	f
f:	mov	$1, %r11
	call	twice
	call	reads
	mov	%r11, %rax
	ret
# Its result is in r11.
twice:	add	%r11, %r11
	ret
# It expects r11, and keeps it.
reads:	lea	1(%r11), %rcx
	call	f@PLT
	ret
