/* The start of a program: called from _start, not continued at, so that backtraces end here
   rather than at the box's address 0, which is what a link register of 0 becomes in a box.
   SPDX-License-Identifier: MIT  */
__asm__(
".text\n"
".global " START "\n"
".type " START ",%function\n"
START ":\n"
"	mov x29, #0\n"
"	mov x30, #0\n"
"	mov x0, sp\n"
".weak _DYNAMIC\n"
".hidden _DYNAMIC\n"
"	adrp x1, _DYNAMIC\n"
"	add x1, x1, #:lo12:_DYNAMIC\n"
"	and sp, x0, #-16\n"
"	bl " START "_c\n"
"	udf #0\n"
".size " START ", .-" START "\n"
);
