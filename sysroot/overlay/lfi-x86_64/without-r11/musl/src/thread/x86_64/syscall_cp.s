/* A system call that a cancellation request can end, without r11, the sandbox's scratch
   register.
   SPDX-License-Identifier: MIT

   __syscall_cp_asm(rdi flag, rsi number, rdx, rcx, r8, r9, 8(%rsp), 16(%rsp)); the flag's
   address is left in 8(%rsp).  */
.text
.global __cp_begin
.hidden __cp_begin
.global __cp_end
.hidden __cp_end
.global __cp_cancel
.hidden __cp_cancel
.hidden __cancel
.global __syscall_cp_asm
.hidden __syscall_cp_asm
.type __syscall_cp_asm,@function
__syscall_cp_asm:
__cp_begin:
	mov (%rdi),%eax
	test %eax,%eax
	jnz __cp_cancel
	mov %rsi,%rax
	mov %r9,%r10
	mov 16(%rsp),%r9
	mov %rcx,%rsi
	mov %rdx,%rcx
	mov %r8,%rdx
	mov 8(%rsp),%r8
	mov %rdi,8(%rsp)
	mov %rcx,%rdi
	syscall
__cp_end:
	ret
__cp_cancel:
	jmp __cancel
