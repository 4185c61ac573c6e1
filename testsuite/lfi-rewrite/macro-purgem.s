	.purgem	m
