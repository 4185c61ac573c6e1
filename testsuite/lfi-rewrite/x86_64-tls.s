# Variables of threads, in all models.
	.globl	variable
	movq	%fs:0, %rax
	movl	variable@tpoff(%rax), %ecx
	movl	%fs:variable@tpoff, %eax
	movl	%eax, %fs:variable@tpoff
	call	f
	movl	$5, %fs:variable@tpoff+4
	movl	%fs:variable@tpoff(,%rax,4), %ecx
	movl	%fs:variable@tpoff(%rdx,%rax,4), %ecx
	movl	%eax, %fs:8(%rdx)
	movb	%ah, %fs:variable@tpoff
	addq	%fs:0, %rax
	subq	%fs:0, %rax
	xorq	%fs:40, %rax
	pushq	%fs:0
	pushq	%fs:8
	movq	variable@gottpoff(%rip), %rax
	movl	%fs:(%rax), %eax
	lock incl	%fs:(%rax)
	call	*%fs:16
	leaq	variable@tpoff(%rax), %rcx
	.byte	0x66
	leaq	variable@tlsgd(%rip), %rdi
	.value	0x6666
	rex64
	call	__tls_get_addr@PLT
	data16	leaq	variable@tlsgd(%rip), %rdi
	.byte	0x66
	rex64
	call	*__tls_get_addr@GOTPCREL(%rip)
	leaq	variable@tlsld(%rip), %rdi
	call	__tls_get_addr@PLT
	leaq	variable@dtpoff(%rax), %rcx
	movl	variable@dtpoff(%rax), %ecx
	movl	%ecx, 4+variable@dtpoff(%rax)
	leaq	variable@tlsdesc(%rip), %rax
	call	*variable@tlscall(%rax)
	addq	%fs:0, %rax
	rdfsbase	%rax
	wrfsbase	%rdx
	.section	.tbss,"awT",@nobits
	.align	4
variable:
	.zero	8
	.text
	subq	$8, %rsp
	leaq	variable@tlsdesc(%rip), %rax
	call	*variable@tlscall(%rax)
	jne	f
	subq	$8, %rsp
	leaq	variable@tlsgd(%rip), %rdi
	call	__tls_get_addr@PLT
	push	%rax
