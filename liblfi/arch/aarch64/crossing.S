/* Crossings between the host and a box.
   SPDX-License-Identifier: Apache-2.0

   In the box x25 points to the context and x27 to the base: verified code cannot write
   them.  Nothing here goes through the sp of a box, and what is loaded from the context
   was checked by nobody: the base and x25 are set again, x28, x30 and sp are reduced to
   the box on every way in.  CTX_IN_BOX is non-zero from just before the first to just
   after the last instruction of the box: between the two no instruction here can
   fault, so a fault with the flag set is the box's, wherever its pc is.

   Two kinds (the table at the end; arch.c picks):
     METER   x23 is the counter, CTX_FUEL, and indirect branches go to bundles of 16 bytes; else x23
             is a register like others, and they go to any word  */
#include "liblfi/arch/aarch64/offsets.h"

/* Frame of lfi_arch_enter, at CTX_HOST_SP while the context runs.  */
#define FRAME_SIZE 176
#define FRAME_X(n) (8 * ((n) - 19) + 16) /* x19..x28 */
#define FRAME_X18 96
#define FRAME_D(n) (8 * ((n) - 8) + 112) /* d8..d15 */

        .macro  function name
        .globl  \name
        .hidden \name
        .type   \name, %function
        .p2align 4
\name:
        .endm

        /* Where a box may jump to: "bti jc", for hosts whose pages are guarded.  Multiples of 16: metered
           code can clear the low bits of what it has loaded from the table.  */
        .macro  rtcall name
        function \name
        hint    #38
        .endm

        .macro  end name
        .size   \name, . - \name
        .endm

        /* stp or ldp of all vector registers of the context in x25.  */
        .macro  vectors insn
        \insn   q0, q1, [x25, #CTX_V(0)]
        \insn   q2, q3, [x25, #CTX_V(2)]
        \insn   q4, q5, [x25, #CTX_V(4)]
        \insn   q6, q7, [x25, #CTX_V(6)]
        \insn   q8, q9, [x25, #CTX_V(8)]
        \insn   q10, q11, [x25, #CTX_V(10)]
        \insn   q12, q13, [x25, #CTX_V(12)]
        \insn   q14, q15, [x25, #CTX_V(14)]
        \insn   q16, q17, [x25, #CTX_V(16)]
        \insn   q18, q19, [x25, #CTX_V(18)]
        \insn   q20, q21, [x25, #CTX_V(20)]
        \insn   q22, q23, [x25, #CTX_V(22)]
        \insn   q24, q25, [x25, #CTX_V(24)]
        \insn   q26, q27, [x25, #CTX_V(26)]
        \insn   q28, q29, [x25, #CTX_V(28)]
        \insn   q30, q31, [x25, #CTX_V(30)]
        .endm

        /* Writing these two is slow on many cores, and they rarely differ.  */
        .macro  write_if_changed reg, want, scratch
        mrs     \scratch, \reg
        cmp     \want, \scratch
        b.eq    .Lsame\@
        msr     \reg, \want
.Lsame\@:
        .endm

        /* The host's floating-point state, from the context in x25; x9 to x11 change.  */
        .macro  host_fp_state
        ldr     w9, [x25, #CTX_HOST_FPCR]
        ldr     w10, [x25, #CTX_HOST_FPSR]
        write_if_changed fpcr, x9, x11
        write_if_changed fpsr, x10, x11
        .endm

        /* Out of the box: everything into the context, then the host's stack, platform
           register and floating-point state.  */
        .macro  leave_box
        str     xzr, [x25, #CTX_IN_BOX]
        stp     x0, x1, [x25, #CTX_X(0)]
        stp     x2, x3, [x25, #CTX_X(2)]
        stp     x4, x5, [x25, #CTX_X(4)]
        stp     x6, x7, [x25, #CTX_X(6)]
        stp     x8, x9, [x25, #CTX_X(8)]
        stp     x10, x11, [x25, #CTX_X(10)]
        stp     x12, x13, [x25, #CTX_X(12)]
        stp     x14, x15, [x25, #CTX_X(14)]
        stp     x16, x17, [x25, #CTX_X(16)]
        stp     x18, x19, [x25, #CTX_X(18)]
        stp     x20, x21, [x25, #CTX_X(20)]
        .if     METER
        str     x22, [x25, #CTX_X(22)]
        str     x23, [x25, #CTX_FUEL]
        .else
        stp     x22, x23, [x25, #CTX_X(22)]
        .endif
        stp     x24, x25, [x25, #CTX_X(24)]
        stp     x26, x27, [x25, #CTX_X(26)]
        stp     x28, x29, [x25, #CTX_X(28)]
        and     w9, w30, #PC_MASK
        add     x9, x27, x9
        str     x9, [x25, #CTX_X(30)]
        mov     x9, sp
        str     x9, [x25, #CTX_SP]
        mrs     x9, nzcv
        str     x9, [x25, #CTX_NZCV]
        mrs     x9, fpcr
        mrs     x10, fpsr
        str     w9, [x25, #CTX_FPCR]
        str     w10, [x25, #CTX_FPSR]
        vectors stp
        ldr     x9, [x25, #CTX_HOST_SP]
        mov     sp, x9
        mov     x29, x9
        ldr     x18, [sp, #FRAME_X18]
        host_fp_state
        .endm

        /* Into the box, all but the branch: every register from the context in x25.  Between the
           look at CTX_INTERRUPTED and the branch the signal handler knows the pc
           (lfi_arch_entering).  */
        .macro  enter_box interrupted
        ldr     w9, [x25, #CTX_INTERRUPTED]
        cbnz    w9, \interrupted
        ldr     x27, [x25, #CTX_BASE]
        ldr     w9, [x25, #CTX_FPCR]
        ldr     w10, [x25, #CTX_FPSR]
        write_if_changed fpcr, x9, x11
        write_if_changed fpsr, x10, x11
        vectors ldp
        ldr     x9, [x25, #CTX_NZCV]
        msr     nzcv, x9
        ldr     x9, [x25, #CTX_SP]
        ldp     x28, x29, [x25, #CTX_X(28)]
        ldr     x30, [x25, #CTX_X(30)]
        and     w30, w30, #PC_MASK
        add     x30, x27, x30
        add     x28, x27, w28, uxtw
        add     sp, x27, w9, uxtw
        ldp     x0, x1, [x25, #CTX_X(0)]
        ldp     x2, x3, [x25, #CTX_X(2)]
        ldp     x4, x5, [x25, #CTX_X(4)]
        ldp     x6, x7, [x25, #CTX_X(6)]
        ldp     x8, x9, [x25, #CTX_X(8)]
        ldp     x10, x11, [x25, #CTX_X(10)]
        ldp     x12, x13, [x25, #CTX_X(12)]
        ldp     x14, x15, [x25, #CTX_X(14)]
        ldp     x16, x17, [x25, #CTX_X(16)]
        ldp     x18, x19, [x25, #CTX_X(18)]
        ldp     x20, x21, [x25, #CTX_X(20)]
        .if     METER
        ldr     x22, [x25, #CTX_X(22)]
        ldr     x23, [x25, #CTX_FUEL]
        .else
        ldp     x22, x23, [x25, #CTX_X(22)]
        .endif
        ldr     x24, [x25, #CTX_X(24)]
        ldr     x26, [x25, #CTX_X(26)]
        str     x27, [x25, #CTX_IN_BOX]
        .endm

        .text

        .macro  crossings kind, meter
        .set    METER, \meter
        .if     METER
        .set    PC_MASK, 0xfffffff0
        .else
        .set    PC_MASK, 0xfffffffc
        .endif

/* int lfi_arch_enter_\kind(struct LFIContext *ctx, bool resume): runs the box at x30 if resume,
   else at x16.  Returns what lfi_arch_leave_\kind is given.  */
function lfi_arch_enter_\kind
        sub     sp, sp, #FRAME_SIZE
        stp     x29, x30, [sp]
        mov     x29, sp
        stp     x19, x20, [sp, #FRAME_X(19)]
        stp     x21, x22, [sp, #FRAME_X(21)]
        stp     x23, x24, [sp, #FRAME_X(23)]
        stp     x25, x26, [sp, #FRAME_X(25)]
        stp     x27, x28, [sp, #FRAME_X(27)]
        str     x18, [sp, #FRAME_X18]
        stp     d8, d9, [sp, #FRAME_D(8)]
        stp     d10, d11, [sp, #FRAME_D(10)]
        stp     d12, d13, [sp, #FRAME_D(12)]
        stp     d14, d15, [sp, #FRAME_D(14)]
        mov     x25, x0
        mov     x9, sp
        mrs     x10, tpidr_el0
        stp     x9, x10, [x25, #CTX_HOST_SP]
        mrs     x9, fpcr
        mrs     x10, fpsr
        str     w9, [x25, #CTX_HOST_FPCR]
        str     w10, [x25, #CTX_HOST_FPSR]
        cbnz    w1, lfi_arch_resume_\kind
        .globl  lfi_arch_entering_begin_\kind, lfi_arch_entering_end_\kind
        .hidden lfi_arch_entering_begin_\kind, lfi_arch_entering_end_\kind
lfi_arch_entering_begin_\kind:
        enter_box .Lnew_interrupted_\kind
        br      x16
end lfi_arch_enter_\kind

/* The end of a system call; x25 is callee-saved.  */
function lfi_arch_resume_\kind
        enter_box .Linterrupted_\kind
        ret
lfi_arch_entering_end_\kind:
.Lnew_interrupted_\kind:
        ldr     x1, [x25, #CTX_X(16)]
        b       .Llook_\kind
.Linterrupted_\kind:
        ldr     x1, [x25, #CTX_X(30)]
.Llook_\kind:
        mov     x0, x25
        bl      lfi_ctx_interrupted
        cbz     w0, lfi_arch_resume_\kind
        /* Goes on anywhere in the box: the handler of the signal has the kernel do that, or goes on
           behind, to look again (lfi_resume_enter).  */
        .globl  lfi_arch_trap_\kind
        .hidden lfi_arch_trap_\kind
lfi_arch_trap_\kind:
        udf     #0
        b       lfi_arch_resume_\kind
end lfi_arch_resume_\kind

/* Where the signal handler sends a thread that it found in code of the box, whose registers are in the
   context.  x25: the context; sp is the host's.  */
function lfi_arch_stopped_\kind
        ldr     x18, [sp, #FRAME_X18]
        host_fp_state
        mov     x29, sp
        mov     x0, x25
        bl      lfi_ctx_stopped
        b       lfi_arch_resume_\kind
end lfi_arch_stopped_\kind

/* void lfi_arch_leave_\kind(struct LFIContext *ctx, int code): lfi_arch_enter_\kind returns code.  Also
   where the signal handler sends a thread whose box faulted.  */
function lfi_arch_leave_\kind
        mov     x25, x0
        ldr     x9, [x25, #CTX_HOST_SP]
        mov     sp, x9
        host_fp_state
        mov     w0, w1
        ldp     x19, x20, [sp, #FRAME_X(19)]
        ldp     x21, x22, [sp, #FRAME_X(21)]
        ldp     x23, x24, [sp, #FRAME_X(23)]
        ldp     x25, x26, [sp, #FRAME_X(25)]
        ldp     x27, x28, [sp, #FRAME_X(27)]
        ldr     x18, [sp, #FRAME_X18]
        ldp     d8, d9, [sp, #FRAME_D(8)]
        ldp     d10, d11, [sp, #FRAME_D(10)]
        ldp     d12, d13, [sp, #FRAME_D(12)]
        ldp     d14, d15, [sp, #FRAME_D(14)]
        ldp     x29, x30, [sp]
        add     sp, sp, #FRAME_SIZE
        ret
end lfi_arch_leave_\kind

/* rtcall 0: the handler's answer is in the context when it returns.  */
rtcall lfi_arch_rtcall_syscall_\kind
        leave_box
        mov     x0, x25
        bl      lfi_ctx_syscall
        b       lfi_arch_resume_\kind
end lfi_arch_rtcall_syscall_\kind

/* rtcalls 1 and 2: no crossing.  The result of the first is in x0, the argument of the
   second too, and no other register but x30 changes.  */
rtcall lfi_arch_rtcall_get_tp_\kind
        ldr     x0, [x25, #CTX_TP]
        and     w30, w30, #PC_MASK
        add     x30, x27, x30
        ret
end lfi_arch_rtcall_get_tp_\kind

rtcall lfi_arch_rtcall_set_tp_\kind
        str     x0, [x25, #CTX_TP]
        and     w30, w30, #PC_MASK
        add     x30, x27, x30
        ret
end lfi_arch_rtcall_set_tp_\kind

/* rtcall 3: the run ends with x0.  */
rtcall lfi_arch_rtcall_return_\kind
        leave_box
        mov     x0, x25
        bl      lfi_ctx_stop
        ldr     w1, [x25, #CTX_X(0)]
        mov     x0, x25
        b       lfi_arch_leave_\kind
end lfi_arch_rtcall_return_\kind

/* rtcall 4: a call of the host; what it returns is in the context afterwards.  */
rtcall lfi_arch_rtcall_callback_\kind
        leave_box
        mov     x0, x25
        bl      lfi_ctx_callback
        b       lfi_arch_resume_\kind
end lfi_arch_rtcall_callback_\kind

/* The entries without a meaning, LFI_ARCH_STUB_SIZE bytes each: the box ends.  */
        .globl  lfi_arch_rtcall_unused_\kind
        .hidden lfi_arch_rtcall_unused_\kind
        .type   lfi_arch_rtcall_unused_\kind, %function
        .p2align 4
lfi_arch_rtcall_unused_\kind:
        .set    entry, 0
        .rept   32
        hint    #38
        str     x0, [x25, #CTX_X(0)]
        mov     w0, #entry
        b       .Lunused_\kind
        .set    entry, entry + 1
        .endr
.Lunused_\kind:
        str     x0, [x25, #CTX_RTCALL]
        ldr     x0, [x25, #CTX_X(0)]
        leave_box
        mov     x0, x25
        b       lfi_ctx_bad_rtcall
end lfi_arch_rtcall_unused_\kind
        .endm

        crossings plain, meter=0
        crossings metered, meter=1

        .section .note.GNU-stack, "", %progbits
