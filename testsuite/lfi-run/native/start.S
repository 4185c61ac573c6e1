/* The start of programs for boxes that are made without the toolchain: entry, system calls, note.
   x86-64.  SANDBOX is 1 for profile full and those that confine as much, 4 for none.  What other
   profiles have differently is given by their notes' fields.
   SPDX-License-Identifier: Apache-2.0  */
#ifndef NAME
#define NAME "full"
#endif
#ifndef BUNDLE
#define BUNDLE 32
#endif
#ifndef BASE
#define BASE 2 /* 1 register, 2 segment, 3 zero, 4 slot */
#endif
#ifndef GUARD
#define GUARD 2 /* 1 dense, 2 sparse, 3 one */
#endif
#ifndef THREADS
#define THREADS 1
#endif
#ifndef CTXREG
#define CTXREG 1
#endif
#ifndef DRIFT
#define DRIFT 1
#endif
#if BUNDLE == 16
        .bundle_align_mode 4
#else
        .bundle_align_mode 5
#endif

        .macro  rtcall k
        .bundle_lock
        leaq    .Lnext\@(%rip), %r11
#if BASE == 1
        .byte   0x41, 0xff, 0xa6
#elif BASE == 3
        .byte   0x67, 0xff, 0x24, 0x25
#else
        .byte   0x65, 0xff, 0x24, 0x25
#endif
        .long   -8 * (\k + 1)
        .bundle_unlock
        .balign BUNDLE, 0x90
.Lnext\@:
        .endm

        /* System call with its number in eax; ends with 1 in bit n of ebp if the result is the
           error.  */
        .macro  fails error, n
        rtcall  0
        cmpq    $-\error, %rax
        sete    %al
        movzbl  %al, %eax
        shll    $\n, %eax
        orl     %eax, %ebp
        .endm

        .text
        .globl  _start
        .balign 32
_start:
#if SANDBOX != 4
        /* Writes a line, and ends with 42; with an argument it faults instead, with two it ends
           with which of these is refused: a thread, shared memory that is writable, shared memory
           becoming so.  */
        movl    (%rsp), %ebx
        leaq    message(%rip), %rsi
        movl    $1, %edi
        movl    $18, %edx
        movl    $1, %eax
        rtcall  0
        cmpl    $3, %ebx
        je      limits
        cmpl    $2, %ebx
        je      faulting
        movl    $42, %edi
        movl    $231, %eax
        rtcall  0
        .type   faulting, @function
faulting:
        movl    $0x123, %eax
#if BASE == 1
        .bundle_lock
        movl    %eax, %eax
        movl    (%r14,%rax), %eax
        .bundle_unlock
#elif BASE == 3
        movl    (%eax), %eax
#else
        movl    %gs:(%eax), %eax
#endif
        int3
        .size   faulting, . - faulting

limits: xorl    %ebp, %ebp
        /* mmap(0, 65536, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0): EACCES  */
        xorl    %edi, %edi
        movl    $65536, %esi
        movl    $3, %edx
        movl    $0x21, %r10d
        movl    $-1, %r8d
        xorl    %r9d, %r9d
        movl    $9, %eax
        fails   13, 1
        movl    $1, %edx
        movl    $9, %eax
        rtcall  0
        movq    %rax, %rdi
        movl    $3, %edx
        movl    $10, %eax
        fails   13, 2
        /* clone of a thread: EAGAIN  */
        movl    $0x3d0f00, %edi
        movq    %rsp, %rsi
        xorl    %edx, %edx
        xorl    %r10d, %r10d
        xorl    %r8d, %r8d
        movl    $56, %eax
        rtcall  0
        testl   %eax, %eax
        jz      ends
        cmpq    $-11, %rax
        sete    %al
        movzbl  %al, %eax
        orl     %eax, %ebp
        movl    %ebp, %edi
        movl    $231, %eax
        rtcall  0
ends:   xorl    %edi, %edi
        movl    $60, %eax
        rtcall  0
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
        .byte   2, SANDBOX, BUNDLE, BASE, GUARD, THREADS, CTXREG, 0, 1, DRIFT
        .long   0x1ff
1:      .ascii  NAME
        .zero   16 - (. - 1b)

        .section .note.GNU-stack, "", @progbits
