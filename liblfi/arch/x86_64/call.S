/* Calls from the host into boxes, and of the host's functions from boxes.
   SPDX-License-Identifier: Apache-2.0

   Registers go through struct LFICallRegs; the rest is C.  */
#include "liblfi/arch/x86_64/offsets.h"

        .macro  function name
        .globl  \name
        .type   \name, @function
        .p2align 5
\name:
        .endm

        .macro  end name
        .size   \name, . - \name
        .endm

        .text

        /* Arguments into a struct LFICallRegs on the stack, function(regs, stack, third, vectors) called,
           results out of it.  */
        .macro  trampoline name, function, third, vectors=1
function \name
        .cfi_startproc
        pushq   %rbp
        .cfi_def_cfa_offset 16
        .cfi_offset %rbp, -16
        movq    %rsp, %rbp
        .cfi_def_cfa_register %rbp
        subq    $CALL_SIZE, %rsp
        movq    %rdi, CALL_GP(0)(%rsp)
        movq    %rsi, CALL_GP(1)(%rsp)
        movq    %rdx, CALL_GP(2)(%rsp)
        movq    %rcx, CALL_GP(3)(%rsp)
        movq    %r8, CALL_GP(4)(%rsp)
        movq    %r9, CALL_GP(5)(%rsp)
        movzbl  %al, %eax
        movq    %rax, CALL_RAX(%rsp)
        .if     \vectors
        movq    $0, CALL_X87(%rsp)
        .irp    n, 0,1,2,3,4,5,6,7
        movaps  %xmm\n, CALL_XMM(\n)(%rsp)
        .endr
        .endif
        movq    %rsp, %rdi
        leaq    16(%rbp), %rsi
        movq    \third, %rdx
        movl    $\vectors, %ecx
        call    \function
        movq    CALL_RAX(%rsp), %rax
        movq    CALL_GP(2)(%rsp), %rdx
        .if     \vectors
        movaps  CALL_XMM(0)(%rsp), %xmm0
        movaps  CALL_XMM(1)(%rsp), %xmm1
        cmpq    $0, CALL_X87(%rsp)
        je      .Lreturn_\name
        fldt    CALL_XMM(2)(%rsp)
.Lreturn_\name:
        .endif
        leave
        .cfi_def_cfa %rsp, 8
        ret
        .cfi_endproc
end \name
        .endm

/* void lfi_trampoline(void), lfi_trampoline_struct(void): any function's arguments and results.
   lfi_trampoline_general: without vector registers.
   lfi_trampoline_bound: the same with a struct LFIBinding in r11.  */
        trampoline lfi_trampoline, lfi_invoke_call, $0
        trampoline lfi_trampoline_general, lfi_invoke_call, $0, vectors=0
        trampoline lfi_trampoline_struct, lfi_invoke_call, $1
        trampoline lfi_trampoline_bound, lfi_invoke_bound, %r11

/* void lfi_arch_call(void *fn, struct LFICallRegs *regs, const void *stack, size_t bytes).  Without
   unwind information: an exception of fn finds no way through the box and ends the process.  */
        .hidden lfi_arch_call
function lfi_arch_call
        pushq   %rbp
        movq    %rsp, %rbp
        pushq   %rbx
        subq    $8, %rsp
        movq    %rsi, %rbx
        movq    %rdi, %r11
        subq    %rcx, %rsp
        movq    %rsp, %rdi
        movq    %rdx, %rsi
        shrq    $3, %rcx
        rep movsq
        .irp    n, 0,1,2,3,4,5,6,7
        movaps  CALL_XMM(\n)(%rbx), %xmm\n
        .endr
        movq    CALL_GP(0)(%rbx), %rdi
        movq    CALL_GP(1)(%rbx), %rsi
        movq    CALL_GP(2)(%rbx), %rdx
        movq    CALL_GP(3)(%rbx), %rcx
        movq    CALL_GP(4)(%rbx), %r8
        movq    CALL_GP(5)(%rbx), %r9
        /* The number of vector registers that hold arguments of a variadic function.  */
        movzbl  CALL_RAX(%rbx), %eax
        call    *%r11
        movq    %rax, CALL_RAX(%rbx)
        movq    %rdx, CALL_GP(2)(%rbx)
        movaps  %xmm0, CALL_XMM(0)(%rbx)
        movaps  %xmm1, CALL_XMM(1)(%rbx)
        leaq    -8(%rbp), %rsp
        popq    %rbx
        popq    %rbp
        ret
end lfi_arch_call

        .section .note.GNU-stack, "", @progbits
