# 1 "/tmp/original.S"
# 1 "header.h" 1
	mov	x27, x0
# 12 "/tmp/original.S" 2

	mov	x28, x0
#APP
// 33 "program.c" 1
	nop
	mov	x25, x0
// 0 "" 2
#NO_APP
	mov	x26, x0
