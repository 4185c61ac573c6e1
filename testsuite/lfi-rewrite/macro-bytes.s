	.macro	m a
	m	\a\a\a\a\a\a\a\a
	.endm
	m	xxxxxxxxxxxxxxxx
