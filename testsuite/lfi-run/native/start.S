/* The start of programs for boxes that are made without the toolchain: entry, system calls, note.
   x86-64.  SANDBOX is 1 for profile full, 4 for none.
   SPDX-License-Identifier: Apache-2.0  */
        .bundle_align_mode 5

        .macro  rtcall k
        .bundle_lock
        leaq    .Lnext\@(%rip), %r11
        jmp     *%gs:-8 * (\k + 1)
        .bundle_unlock
        .balign 32, 0x90
.Lnext\@:
        .endm

        .text
        .globl  _start
        .balign 32
_start:
#if SANDBOX == 1
        /* Writes a line, and ends with 42; with an argument it faults instead.  */
        movl    (%rsp), %ebx
        leaq    message(%rip), %rsi
        movl    $1, %edi
        movl    $18, %edx
        movl    $1, %eax
        rtcall  0
        cmpl    $2, %ebx
        jae     faulting
        movl    $42, %edi
        movl    $231, %eax
        rtcall  0
        .type   faulting, @function
faulting:
        movl    $0x123, %eax
        movl    %gs:(%eax), %eax
        int3
        .size   faulting, . - faulting
        .section .rodata
message: .ascii "hello from x86-64\n"
#else
        movq    %rsp, %rdi
        andq    $-16, %rsp
        call    main
        movl    %eax, %edi
        movl    $231, %eax
        rtcall  0

/* long system(long number, a, b, c, d, e, f)  */
        .globl  sys
        .balign 32
sys:
        movq    %rdi, %rax
        movq    %rsi, %rdi
        movq    %rdx, %rsi
        movq    %rcx, %rdx
        movq    %r8, %r10
        movq    %r9, %r8
        movq    8(%rsp), %r9
        rtcall  0
        ret

/* long start_thread(long flags, void *stack, int *parent, int *child, long tls,
   int (*function)(void *), void *arg): clone(56).  */
        .globl  start_thread
        .balign 32
start_thread:
        movq    %rcx, %r10
        movq    8(%rsp), %rcx
        movl    $56, %eax
        rtcall  0
        testl   %eax, %eax
        jnz     1f
        /* The new thread: all registers as they were.  */
        movq    %rcx, %rdi
        call    *%r9
        movl    %eax, %edi
        movl    $60, %eax
        rtcall  0
1:      ret

/* long thread_pointer(void): what the compiler's code reads.  */
        .globl  thread_pointer
thread_pointer:
        movq    16(%r15), %rax
        ret
#endif

        .section .note.lfi, "a", @note
        .balign 4
        .long   4, 32, 1
        .ascii  "LFI\0"
        .value  1
        .byte   2, SANDBOX, 32, 2, 2, 1, 1, 0, 1, 1
        .long   0x1ff
#if SANDBOX == 1
        .ascii  "full"
#else
        .ascii  "none"
#endif
        .zero   12

        .section .note.GNU-stack, "", @progbits
