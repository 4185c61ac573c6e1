/* Crossings between the host and a box.
   SPDX-License-Identifier: Apache-2.0

   Six kinds, by what the profile reserves (the table at the end; arch.c picks):
     R14     r14 holds the base in the box; else it is a register like others
     GS      the base of gs is the base; else gs is the host's, and not looked at: the processor
             may lack the instructions
     ZERO    the base is 0
     CTXREG  r15 points to the context in the box; else it is a register like others, and
             entries find the context by the thread, through fs
     BUNDLE  bytes of a bundle
     METER   r12 is the counter, CTX_FUEL; else it is a register like others
   What is reserved verified code cannot write.  Nothing here goes through the rsp of a box, and
   what is loaded from the context was checked by nobody: r14 and gs are set again, r11 and
   rsp are reduced to the box on every way in.  CTX_IN_BOX is non-zero from just before
   the first to just after the last instruction of the box: between the two no instruction here
   can fault, so a fault with the flag set is the box's, wherever its pc is.

   Host code here has the context in r15, and the base in r14 unless it is 0.

   The x87 registers and the upper halves of the vector registers are hardly ever in use when
   a crossing happens; the processor knows (XINUSE), and only then are they saved and
   restored, by XSAVE and XRSTOR.  Where it cannot tell they always are.  */
#include "liblfi/arch/x86_64/offsets.h"

#define FLAG_DF 0x400
#define FLAG_AC 0x40000
#define FCW_INIT 0x37f
#define XSTATE_X87 1
/* The base, in the table of a box, from the base: LFI_RTCALL_BASE_SLOT.  */
#define TABLE_BASE -264

/* Frame of lfi_arch_enter, at CTX_HOST_SP while the context runs: a multiple of 16.  */
#define FRAME_PAD 8
#define FRAME_RBP 48

        .macro  function name
        .globl  \name
        .hidden \name
        .type   \name, @function
        .p2align 5
\name:
        .endm

        .macro  end name
        .size   \name, . - \name
        .endm

        /* eax: which of the parts beyond SSE are not in their initial state; changes ecx, edx.  */
        .macro  parts_in_use
        movl    lfi_arch_host+HOST_XMASK(%rip), %eax
        cmpl    $0, lfi_arch_host+HOST_XINUSE(%rip)
        je      .Lall\@
        movl    $1, %ecx
        xgetbv
        andl    lfi_arch_host+HOST_XMASK(%rip), %eax
.Lall\@:
        .endm

        /* Forgets where the last x87 instruction and its operand were, where XRSTOR does not.  */
        .macro  pointers_init
        cmpl    $0, lfi_arch_host+HOST_POINTERS_STAY(%rip)
        je      .Lpointers\@
        fninit
.Lpointers\@:
        .endm

        /* The parts in eax into their initial state, which also forgets pending exceptions;
           changes edx.  Does not trap, whatever the state was.  */
        .macro  parts_init
        pointers_init
        xorl    %edx, %edx
        xrstor64 lfi_arch_xinit(%rip)
        .endm

        /* The host's floating-point control state, from the context in r15; the parts beyond SSE
           are in their initial state.  */
        .macro  host_fp_state
        ldmxcsr CTX_HOST_MXCSR(%r15)
        cmpw    $FCW_INIT, CTX_HOST_FCW(%r15)
        je      .Lfcw\@
        fldcw   CTX_HOST_FCW(%r15)
.Lfcw\@:
        .endm

        .macro  resume_address
        andl    $-BUNDLE, %r11d
        .if     !ZERO
        addq    %r14, %r11
        .endif
        .endm

        /* Without a context register: what only the low halves of r11 and rsp say goes into r11,
           and rsp becomes the context.  Changes no flags.  */
        .macro  context_in_rsp
        movl    %r11d, %r11d
        bswapq  %r11
        movl    %esp, %esp
        leaq    (%rsp,%r11), %r11
        movq    lfi_current@gottpoff(%rip), %rsp
        movq    %fs:(%rsp), %rsp
        .endm

        /* The low half of rsp, and r11 again.  */
        .macro  rsp_from_r11
        movl    %r11d, %esp
        bswapq  %r11
        .endm

        .macro  vectors load
        .irp    n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15
        .if     \load
        movaps  CTX_XMM(\n)(%r15), %xmm\n
        .else
        movaps  %xmm\n, CTX_XMM(\n)(%r15)
        .endif
        .endr
        .endm

        /* Out of the box: everything into the context, then the host's stack, flags and
           floating-point state.  An entry that has no meaning left its number in CTX_RTCALL or,
           without a context register, in the low bits of r11.  */
        .macro  leave_box
        .if     CTXREG
        movq    $0, CTX_IN_BOX(%r15)
        .else
        context_in_rsp
        movq    $0, CTX_IN_BOX(%rsp)
        movq    %r15, CTX_R15(%rsp)
        movq    %rsp, %r15
        rsp_from_r11
        .endif
        movq    %rsp, CTX_RSP(%r15)
        movq    CTX_HOST_SP(%r15), %rsp
        pushfq
        popq    CTX_FLAGS(%r15)
        cld
        .if     !R14
        movq    %r14, CTX_R14(%r15)
        .if     !ZERO
        movq    CTX_BASE(%r15), %r14
        .endif
        .endif
        .if     !CTXREG
        addq    %r14, CTX_RSP(%r15)
        .endif
        movq    %rax, CTX_RAX(%r15)
        movq    %rcx, CTX_RCX(%r15)
        movq    %rdx, CTX_RDX(%r15)
        movq    %rbx, CTX_RBX(%r15)
        movq    %rbp, CTX_RBP(%r15)
        movq    %rsi, CTX_RSI(%r15)
        movq    %rdi, CTX_RDI(%r15)
        movq    %r8, CTX_R8(%r15)
        movq    %r9, CTX_R9(%r15)
        movq    %r10, CTX_R10(%r15)
        .if     METER
        movq    %r12, CTX_FUEL(%r15)
        .else
        movq    %r12, CTX_R12(%r15)
        .endif
        movq    %r13, CTX_R13(%r15)
        .if     !CTXREG
        movl    %r11d, %eax
        andl    $BUNDLE-1, %eax
        movq    %rax, CTX_RTCALL(%r15)
        .endif
        resume_address
        movq    %r11, CTX_R11(%r15)
        leaq    FRAME_RBP(%rsp), %rbp
        testl   $FLAG_AC, CTX_FLAGS(%r15)
        jz      .Laligned\@
        pushq   $2
        popfq
.Laligned\@:
        vectors 0
        parts_in_use
        movq    %rax, CTX_XSTATE(%r15)
        /* Long after the LDMXCSR of the way in, which it waits for at a hundred cycles.  */
        stmxcsr CTX_MXCSR(%r15)
        testl   %eax, %eax
        jz      .Lsaved\@
        xorl    %edx, %edx
        xsave64 CTX_XSAVE(%r15)
        /* In use, but initial again (FCW, FSW, tags): not worth loading at each resumption.  */
        movq    CTX_XSAVE(%r15), %rcx
        shlq    $24, %rcx
        shrq    $24, %rcx
        cmpq    $FCW_INIT, %rcx
        jne     .Lx87\@
        andl    $~XSTATE_X87, CTX_XSTATE(%r15)
.Lx87\@:
        parts_init
.Lsaved\@:
        host_fp_state
        .if     GS
        /* A host that uses gs finds its own.  */
        movq    CTX_HOST_GS(%r15), %rax
        testq   %rax, %rax
        jz      .Lgs\@
        wrgsbase %rax
.Lgs\@:
        .endif
        .endm

        .text

        .macro  crossings kind, r14, gs, zero, ctxreg, bundle, meter=0
        .set    R14, \r14
        .set    GS, \gs
        .set    ZERO, \zero
        .set    CTXREG, \ctxreg
        .set    BUNDLE, \bundle
        .set    METER, \meter

/* int lfi_arch_enter(struct LFIContext *ctx, bool resume): runs the box at r11; resume does
   not matter here.  Returns what lfi_arch_leave is given.  */
function lfi_arch_enter_\kind
        pushq   %rbp
        pushq   %rbx
        pushq   %r12
        pushq   %r13
        pushq   %r14
        pushq   %r15
        subq    $FRAME_PAD, %rsp
        movq    %rdi, %r15
        movq    %rsp, CTX_HOST_SP(%r15)
        movq    %fs:0, %rax
        movq    %rax, CTX_HOST_TP(%r15)
        .if     GS
        rdgsbase %rax
        /* A host thread that a handler of this box made has inherited its base: no use of gs.  */
        cmpq    CTX_BASE(%r15), %rax
        jne     .Lhost_gs_\kind
        xorl    %eax, %eax
.Lhost_gs_\kind:
        movq    %rax, CTX_HOST_GS(%r15)
        .endif
        stmxcsr CTX_HOST_MXCSR(%r15)
        fnstcw  CTX_HOST_FCW(%r15)
        /* Into the box.  */
end lfi_arch_enter_\kind

/* The end of a system call, or the beginning of a run: every register from the context in r15,
   which is callee-saved.  Between the look at CTX_INTERRUPTED and the jump the signal handler
   knows the pc (lfi_arch_entering).  */
function lfi_arch_resume_\kind
        cmpl    $0, CTX_INTERRUPTED(%r15)
        jne     .Linterrupted_\kind
        .if     !ZERO
        movq    CTX_BASE(%r15), %r14
        .endif
        .if     GS
        rdgsbase %rax
        cmpq    %r14, %rax
        je      .Lbase_is_set_\kind
        wrgsbase %r14
.Lbase_is_set_\kind:
        .endif
        movl    CTX_MXCSR(%r15), %eax
        andl    lfi_arch_host+HOST_MXCSR_MASK(%rip), %eax
        movl    %eax, CTX_MXCSR(%r15)
        parts_in_use
        movl    CTX_XSTATE(%r15), %edx
        andl    lfi_arch_host+HOST_XMASK(%rip), %edx
        orl     %edx, %eax
        jnz     .Lrestore_parts_\kind
.Lparts_restored_\kind:
        ldmxcsr CTX_MXCSR(%r15)
        vectors 1
        .if     ZERO
        movl    CTX_RSP(%r15), %esp
        .else
        movl    CTX_RSP(%r15), %eax
        leaq    (%r14,%rax), %rsp
        .endif
        movl    CTX_R11(%r15), %r11d
        resume_address
        movl    CTX_FLAGS(%r15), %ecx
        testl   $FLAG_DF, %ecx
        jz      .Lforward_\kind
        std
.Lforward_\kind:
        /* The rest of the flags: OF by a sum, the others from ah.  */
        movl    %ecx, %eax
        shrl    $11, %eax
        andl    $1, %eax
        movb    %cl, %ah
        addb    $0x7f, %al
        sahf
        movq    CTX_RAX(%r15), %rax
        movq    CTX_RCX(%r15), %rcx
        movq    CTX_RDX(%r15), %rdx
        movq    CTX_RBX(%r15), %rbx
        movq    CTX_RBP(%r15), %rbp
        movq    CTX_RSI(%r15), %rsi
        movq    CTX_RDI(%r15), %rdi
        movq    CTX_R8(%r15), %r8
        movq    CTX_R9(%r15), %r9
        movq    CTX_R10(%r15), %r10
        .if     METER
        movq    CTX_FUEL(%r15), %r12
        .else
        movq    CTX_R12(%r15), %r12
        .endif
        movq    CTX_R13(%r15), %r13
        .if     !R14
        movq    CTX_R14(%r15), %r14
        .endif
        movq    %r15, CTX_IN_BOX(%r15)
        .if     !CTXREG
        movq    CTX_R15(%r15), %r15
        .endif
        jmp     *%r11

        /* eax: the parts to restore; edx: those that the context has, the others are
           cleared.  */
.Lrestore_parts_\kind:
        pointers_init
        xorl    %ecx, %ecx
        movq    %rdx, CTX_XSTATE(%r15)
        .irp    n, 1,2,3,4,5,6,7
        movq    %rcx, CTX_XHEADER(\n)(%r15)
        .endr
        xorl    %edx, %edx
        xrstor64 CTX_XSAVE(%r15)
        jmp     .Lparts_restored_\kind
        .globl  lfi_arch_resume_end_\kind
        .hidden lfi_arch_resume_end_\kind
lfi_arch_resume_end_\kind:
.Linterrupted_\kind:
        movq    %r15, %rdi
        movq    CTX_R11(%r15), %rsi
        call    lfi_ctx_interrupted
        testb   %al, %al
        jz      lfi_arch_resume_\kind
        /* Goes on anywhere in the box: the handler of the signal has the kernel do that, or goes on
           behind, to look again (lfi_resume_enter).  */
        .globl  lfi_arch_trap_\kind
        .hidden lfi_arch_trap_\kind
lfi_arch_trap_\kind:
        ud2
        jmp     lfi_arch_resume_\kind
end lfi_arch_resume_\kind

/* Where the signal handler sends a thread that it found in code of the box, whose registers are in the
   context; the state of the floating-point units is still the box's.  r15: the context; rsp is the
   host's.  */
function lfi_arch_stopped_\kind
        parts_in_use
        testl   %eax, %eax
        jz      .Lstopped_\kind
        parts_init
.Lstopped_\kind:
        host_fp_state
        .if     GS
        movq    CTX_HOST_GS(%r15), %rax
        wrgsbase %rax
        .endif
        leaq    FRAME_RBP(%rsp), %rbp
        movq    %r15, %rdi
        call    lfi_ctx_stopped
        jmp     lfi_arch_resume_\kind
end lfi_arch_stopped_\kind

/* Where the signal handler sends a thread whose box faulted: as lfi_arch_leave, but the state of
   the floating-point units is still the box's.  */
function lfi_arch_leave_fault_\kind
        parts_in_use
        testl   %eax, %eax
        jz      lfi_arch_leave_\kind
        parts_init
end lfi_arch_leave_fault_\kind

/* void lfi_arch_leave(struct LFIContext *ctx, int code): lfi_arch_enter returns code.  */
function lfi_arch_leave_\kind
        movq    %rdi, %r15
        movl    %esi, %ebx
.Lleave_\kind:
        movq    CTX_HOST_SP(%r15), %rsp
        host_fp_state
        .if     GS
        movq    CTX_HOST_GS(%r15), %rax
        wrgsbase %rax
        .endif
        movl    %ebx, %eax
        addq    $FRAME_PAD, %rsp
        popq    %r15
        popq    %r14
        popq    %r13
        popq    %r12
        popq    %rbx
        popq    %rbp
        ret
end lfi_arch_leave_\kind

/* rtcall 0: the handler's answer is in the context when it returns.  */
function lfi_arch_rtcall_syscall_\kind
        leave_box
        movq    %r15, %rdi
        call    lfi_ctx_syscall
        jmp     lfi_arch_resume_\kind
end lfi_arch_rtcall_syscall_\kind

/* rtcalls 1 and 2: no crossing.  The result of the first is in rax, the argument of the
   second too; no other register but r11 changes, nor do the flags.  */
function lfi_arch_rtcall_get_tp_\kind
.Lget_tp_\kind:
        lahf
        seto    %al
        .if     CTXREG
        resume_address
        addb    $0x7f, %al
        sahf
        movq    CTX_TP(%r15), %rax
        .else
        andl    $-BUNDLE, %r11d
        addq    %gs:TABLE_BASE, %r11
        addb    $0x7f, %al
        sahf
        movq    lfi_current@gottpoff(%rip), %rax
        movq    %fs:(%rax), %rax
        movq    CTX_TP(%rax), %rax
        .endif
        jmp     *%r11
end lfi_arch_rtcall_get_tp_\kind

function lfi_arch_rtcall_set_tp_\kind
        .if     CTXREG
        movq    %rax, CTX_TP(%r15)
        .else
        context_in_rsp
        movq    %rax, CTX_TP(%rsp)
        rsp_from_r11
        lahf
        seto    %al
        addq    %gs:TABLE_BASE, %rsp
        addb    $0x7f, %al
        sahf
        .endif
        jmp     .Lget_tp_\kind
end lfi_arch_rtcall_set_tp_\kind

/* rtcall 3: the run ends with eax.  */
function lfi_arch_rtcall_return_\kind
        leave_box
        movq    %r15, %rdi
        call    lfi_ctx_stop
        movl    CTX_RAX(%r15), %ebx
        jmp     .Lleave_\kind
end lfi_arch_rtcall_return_\kind

/* rtcall 4: a call of the host; what it returns is in the context afterwards.  */
function lfi_arch_rtcall_callback_\kind
        leave_box
        movq    %r15, %rdi
        call    lfi_ctx_callback
        jmp     lfi_arch_resume_\kind
end lfi_arch_rtcall_callback_\kind

/* The entries without a meaning, LFI_ARCH_STUB_SIZE bytes each: the box ends.  */
        .globl  lfi_arch_rtcall_unused_\kind
        .hidden lfi_arch_rtcall_unused_\kind
        .type   lfi_arch_rtcall_unused_\kind, @function
        .p2align 5
lfi_arch_rtcall_unused_\kind:
        .set    entry, 0
        .rept   32
        .balign 16
        .if     CTXREG
        movq    $entry, CTX_RTCALL(%r15)
        .else
        leaq    entry(%r11), %r11
        .endif
        jmp     .Lunused_\kind
        .set    entry, entry + 1
        .endr
.Lunused_\kind:
        leave_box
        movq    %r15, %rdi
        call    lfi_ctx_bad_rtcall
end lfi_arch_rtcall_unused_\kind
        .endm

        crossings segment,   r14=1, gs=1, zero=0, ctxreg=1, bundle=32
        crossings segment16, r14=1, gs=1, zero=0, ctxreg=1, bundle=16
        crossings metered,   r14=1, gs=1, zero=0, ctxreg=1, bundle=32, meter=1
        crossings register,  r14=1, gs=0, zero=0, ctxreg=1, bundle=32
        crossings zero,      r14=0, gs=0, zero=1, ctxreg=1, bundle=32
        crossings slot,      r14=0, gs=1, zero=0, ctxreg=0, bundle=32

/* An XSAVE area whose header says that everything is in its initial state.  */
        .section .rodata
        .type   lfi_arch_xinit, @object
        .p2align 6
lfi_arch_xinit:
        .value  FCW_INIT
        .zero   22
        .long   0x1f80
        .zero   576 + 256 - 28
        .size   lfi_arch_xinit, . - lfi_arch_xinit

        .section .note.GNU-stack, "", @progbits
