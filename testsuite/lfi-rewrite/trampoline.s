	.text
.LTRAMP0:
	bti	c
