/* clone without r11, the sandbox's scratch register.
   SPDX-License-Identifier: MIT

   __clone(rdi function, rsi stack, edx flags, rcx argument, r8 ptid, r9 tls, 8(%rsp) ctid)
   is clone(rdi flags, rsi stack, rdx ptid, r10 ctid, r8 tls).  Backtraces of the new thread end here.  */
.text
.global __clone
.hidden __clone
.type __clone,@function
__clone:
	mov %rdi,%rax
	mov %rdx,%rdi
	mov %r8,%rdx
	mov %r9,%r8
	mov %rax,%r9
	mov 8(%rsp),%r10
	and $-16,%rsi
	sub $8,%rsi
	mov %rcx,(%rsi)
	mov $56,%eax
	syscall
	test %eax,%eax
	jnz 1f
	.cfi_remember_state
	.cfi_undefined rip
	xor %ebp,%ebp
	pop %rdi
	call *%r9
	mov %eax,%edi
	mov $60,%eax
	syscall
	ud2
	.cfi_restore_state
1:	ret
