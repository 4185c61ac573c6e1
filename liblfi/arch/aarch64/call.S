/* Calls from the host into boxes, and of the host's functions from boxes.
   SPDX-License-Identifier: Apache-2.0

   Registers go through struct LFICallRegs; the rest is C.  */
#include "liblfi/arch/aarch64/offsets.h"

        .macro  function name
        .globl  \name
        .type   \name, %function
        .p2align 4
\name:
        .endm

        .macro  end name
        .size   \name, . - \name
        .endm

        /* stp or ldp of the registers of arguments in the structure that base points to.  */
        .macro  arguments insn, base, vectors=1
        \insn   x2, x3, [\base, #CALL_X(2)]
        \insn   x4, x5, [\base, #CALL_X(4)]
        \insn   x6, x7, [\base, #CALL_X(6)]
        .if     \vectors
        \insn   q0, q1, [\base, #CALL_V(0)]
        \insn   q2, q3, [\base, #CALL_V(2)]
        \insn   q4, q5, [\base, #CALL_V(4)]
        \insn   q6, q7, [\base, #CALL_V(6)]
        .endif
        .endm

        .text

        /* Arguments into a struct LFICallRegs on the stack, function(regs, stack, third, vectors) called,
           results out of it.  */
        .macro  trampoline name, function, third, vectors=1
function \name
        .cfi_startproc
        hint    #34 /* bti c */
        stp     x29, x30, [sp, #-16]!
        .cfi_def_cfa_offset 16
        .cfi_offset x29, -16
        .cfi_offset x30, -8
        mov     x29, sp
        .cfi_def_cfa_register x29
        sub     sp, sp, #CALL_SIZE
        stp     x0, x1, [sp, #CALL_X(0)]
        stp     x8, xzr, [sp, #CALL_X(8)]
        arguments stp, sp, \vectors
        mov     x0, sp
        add     x1, x29, #16
        mov     x2, \third
        mov     w3, #\vectors
        bl      \function
        ldp     x0, x1, [sp, #CALL_X(0)]
        .if     \vectors
        ldp     q0, q1, [sp, #CALL_V(0)]
        ldp     q2, q3, [sp, #CALL_V(2)]
        .endif
        mov     sp, x29
        ldp     x29, x30, [sp], #16
        .cfi_def_cfa sp, 0
        ret
        .cfi_endproc
end \name
        .endm

/* void lfi_trampoline(void), lfi_trampoline_struct(void): any function's arguments and results.
   lfi_trampoline_general: without vector registers.
   lfi_trampoline_bound: the same with a struct LFIBinding in x9.  */
        trampoline lfi_trampoline, lfi_invoke_call, #0
        trampoline lfi_trampoline_general, lfi_invoke_call, #0, vectors=0
        trampoline lfi_trampoline_struct, lfi_invoke_call, #1
        trampoline lfi_trampoline_bound, lfi_invoke_bound, x9

/* void lfi_arch_call(void *fn, struct LFICallRegs *regs, const void *stack, size_t bytes).  Without
   unwind information: an exception of fn finds no way through the box and ends the process.  */
        .hidden lfi_arch_call
function lfi_arch_call
        stp     x29, x30, [sp, #-32]!
        mov     x29, sp
        str     x19, [sp, #16]
        mov     x19, x1
        mov     x16, x0
        sub     sp, sp, x3
        mov     x9, sp
        cbz     x3, .Lcopied
.Lcopy: ldp     x10, x11, [x2], #16
        stp     x10, x11, [x9], #16
        subs    x3, x3, #16
        b.ne    .Lcopy
.Lcopied:
        arguments ldp, x19
        ldp     x0, x1, [x19, #CALL_X(0)]
        ldr     x8, [x19, #CALL_X(8)]
        blr     x16
        stp     x0, x1, [x19, #CALL_X(0)]
        stp     q0, q1, [x19, #CALL_V(0)]
        stp     q2, q3, [x19, #CALL_V(2)]
        mov     sp, x29
        ldr     x19, [sp, #16]
        ldp     x29, x30, [sp], #32
        ret
end lfi_arch_call

        .section .note.GNU-stack, "", %progbits
