// The note comes before the end.
	ldr	x30, [sp]
	.end
	ldr	x27, anything goes here
