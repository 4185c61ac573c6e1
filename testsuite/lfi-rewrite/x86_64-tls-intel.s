# The same in the other syntax.
	.intel_syntax noprefix
	.globl	variable
	mov	rax, QWORD PTR fs:0
	mov	ecx, DWORD PTR variable@tpoff[rax]
	mov	eax, DWORD PTR fs:variable@tpoff
	mov	DWORD PTR fs:variable@tpoff, eax
	call	f
	mov	DWORD PTR fs:4+variable@tpoff, 5
	mov	ecx, DWORD PTR fs:variable@tpoff[0+rax*4]
	mov	ecx, DWORD PTR fs:variable@tpoff[rdx+rax*4]
	mov	DWORD PTR fs:8[rdx], eax
	mov	BYTE PTR fs:variable@tpoff, ah
	add	rax, QWORD PTR fs:0
	sub	rax, QWORD PTR fs:0
	xor	rax, QWORD PTR fs:40
	push	QWORD PTR fs:0
	push	QWORD PTR fs:8
	mov	rax, QWORD PTR variable@gottpoff[rip]
	mov	eax, DWORD PTR fs:[rax]
	lock inc	DWORD PTR fs:[rax]
	call	QWORD PTR fs:16
	lea	rcx, variable@tpoff[rax]
	.byte	0x66
	lea	rdi, variable@tlsgd[rip]
	.value	0x6666
	rex64
	call	__tls_get_addr@PLT
	data16	lea	rdi, variable@tlsgd[rip]
	.byte	0x66
	rex64
	call	[QWORD PTR __tls_get_addr@GOTPCREL[rip]]
	lea	rdi, variable@tlsld[rip]
	call	__tls_get_addr@PLT
	lea	rcx, variable@dtpoff[rax]
	mov	ecx, DWORD PTR variable@dtpoff[rax]
	mov	DWORD PTR 4+variable@dtpoff[rax], ecx
	lea	rax, variable@tlsdesc[rip]
	call	[QWORD PTR variable@tlscall[rax]]
	add	rax, QWORD PTR fs:0
	rdfsbase	rax
	wrfsbase	rdx
	.section	.tbss,"awT",@nobits
	.align	4
variable:
	.zero	8
	.text
	sub	rsp, 8
	lea	rax, variable@tlsdesc[rip]
	call	[QWORD PTR variable@tlscall[rax]]
	jne	f
	sub	rsp, 8
	lea	rdi, variable@tlsgd[rip]
	call	__tls_get_addr@PLT
	push	rax
