/* Crossings between the host and a box.
   SPDX-License-Identifier: Apache-2.0

   In the box r15 points to the context, r14 and the base of gs are the base: verified code
   cannot write them.  Nothing here goes through the rsp of a box, and what is loaded from
   the context was checked by nobody: r14 and gs are set again, r11 and rsp are
   reduced to the box on every way in.  CTX_IN_BOX is non-zero from just before the first to just
   after the last instruction of the box: between the two no instruction here can
   fault, so a fault with the flag set is the box's, wherever its pc is.

   The x87 registers and the upper halves of the vector registers are hardly ever in use when
   a crossing happens; the processor knows (XINUSE), and only then are they saved and
   restored, by XSAVE and XRSTOR.  Where it cannot tell they always are.  */
#include "liblfi/arch/x86_64/offsets.h"

#define FLAG_DF 0x400
#define FLAG_AC 0x40000
#define FCW_INIT 0x37f
#define XSTATE_X87 1
#define LFI_BUNDLE 32

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
        andl    $-LFI_BUNDLE, %r11d
        addq    %r14, %r11
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
           floating-point state.  */
        .macro  leave_box
        movq    $0, CTX_IN_BOX(%r15)
        movq    %rsp, CTX_RSP(%r15)
        movq    CTX_HOST_SP(%r15), %rsp
        pushfq
        popq    CTX_FLAGS(%r15)
        cld
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
        movq    %r12, CTX_R12(%r15)
        movq    %r13, CTX_R13(%r15)
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
        /* A host that uses gs finds its own.  */
        movq    CTX_HOST_GS(%r15), %rax
        testq   %rax, %rax
        jz      .Lgs\@
        wrgsbase %rax
.Lgs\@:
        .endm

        .text

/* int lfi_arch_enter(struct LFIContext *ctx, bool resume): runs the box at r11; resume does
   not matter here.  Returns what lfi_arch_leave is given.  */
function lfi_arch_enter
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
        rdgsbase %rax
        /* A host thread that a handler of this box made has inherited its base: no use of gs.  */
        cmpq    CTX_BASE(%r15), %rax
        jne     .Lhost_gs
        xorl    %eax, %eax
.Lhost_gs:
        movq    %rax, CTX_HOST_GS(%r15)
        stmxcsr CTX_HOST_MXCSR(%r15)
        fnstcw  CTX_HOST_FCW(%r15)
        /* Into the box.  */
end lfi_arch_enter

/* The end of a system call, or the beginning of a run: every register from the context in r15,
   which is callee-saved.  */
function lfi_arch_resume
        movq    CTX_BASE(%r15), %r14
        rdgsbase %rax
        cmpq    %r14, %rax
        je      .Lbase_is_set
        wrgsbase %r14
.Lbase_is_set:
        movl    CTX_MXCSR(%r15), %eax
        andl    lfi_arch_host+HOST_MXCSR_MASK(%rip), %eax
        movl    %eax, CTX_MXCSR(%r15)
        parts_in_use
        movl    CTX_XSTATE(%r15), %edx
        andl    lfi_arch_host+HOST_XMASK(%rip), %edx
        orl     %edx, %eax
        jnz     .Lrestore_parts
.Lparts_restored:
        ldmxcsr CTX_MXCSR(%r15)
        vectors 1
        movl    CTX_RSP(%r15), %eax
        leaq    (%r14,%rax), %rsp
        movl    CTX_R11(%r15), %r11d
        resume_address
        movl    CTX_FLAGS(%r15), %ecx
        testl   $FLAG_DF, %ecx
        jz      .Lforward
        std
.Lforward:
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
        movq    CTX_R12(%r15), %r12
        movq    CTX_R13(%r15), %r13
        movq    %r14, CTX_IN_BOX(%r15)
        jmp     *%r11

        /* eax: the parts to restore; edx: those that the context has, the others are
           cleared.  */
.Lrestore_parts:
        pointers_init
        xorl    %ecx, %ecx
        movq    %rdx, CTX_XSTATE(%r15)
        .irp    n, 1,2,3,4,5,6,7
        movq    %rcx, CTX_XHEADER(\n)(%r15)
        .endr
        xorl    %edx, %edx
        xrstor64 CTX_XSAVE(%r15)
        jmp     .Lparts_restored
end lfi_arch_resume

/* Where the signal handler sends a thread whose box faulted: as lfi_arch_leave, but the state of
   the floating-point units is still the box's.  */
function lfi_arch_leave_fault
        parts_in_use
        testl   %eax, %eax
        jz      lfi_arch_leave
        parts_init
end lfi_arch_leave_fault

/* void lfi_arch_leave(struct LFIContext *ctx, int code): lfi_arch_enter returns code.  */
function lfi_arch_leave
        movq    %rdi, %r15
        movl    %esi, %ebx
.Lleave:
        movq    CTX_HOST_SP(%r15), %rsp
        host_fp_state
        movq    CTX_HOST_GS(%r15), %rax
        wrgsbase %rax
        movl    %ebx, %eax
        addq    $FRAME_PAD, %rsp
        popq    %r15
        popq    %r14
        popq    %r13
        popq    %r12
        popq    %rbx
        popq    %rbp
        ret
end lfi_arch_leave

/* rtcall 0: the handler's answer is in the context when it returns.  */
function lfi_arch_rtcall_syscall
        leave_box
        movq    %r15, %rdi
        call    lfi_ctx_syscall
        jmp     lfi_arch_resume
end lfi_arch_rtcall_syscall

/* rtcalls 1 and 2: no crossing.  The result of the first is in rax, the argument of the
   second too; no other register but r11 changes, nor do the flags.  */
function lfi_arch_rtcall_get_tp
.Lget_tp:
        lahf
        seto    %al
        resume_address
        addb    $0x7f, %al
        sahf
        movq    CTX_TP(%r15), %rax
        jmp     *%r11
end lfi_arch_rtcall_get_tp

function lfi_arch_rtcall_set_tp
        movq    %rax, CTX_TP(%r15)
        jmp     .Lget_tp
end lfi_arch_rtcall_set_tp

/* rtcall 3: the run ends with eax.  */
function lfi_arch_rtcall_return
        leave_box
        movq    %r15, %rdi
        call    lfi_ctx_stop
        movl    CTX_RAX(%r15), %ebx
        jmp     .Lleave
end lfi_arch_rtcall_return

/* The entries without a meaning, LFI_ARCH_STUB_SIZE bytes each: the box ends.  */
        .globl  lfi_arch_rtcall_unused
        .hidden lfi_arch_rtcall_unused
        .type   lfi_arch_rtcall_unused, @function
        .p2align 5
lfi_arch_rtcall_unused:
        .set    entry, 0
        .rept   32
        .balign 16
        movq    $entry, CTX_RTCALL(%r15)
        jmp     .Lunused
        .set    entry, entry + 1
        .endr
.Lunused:
        leave_box
        movq    %r15, %rdi
        call    lfi_ctx_bad_rtcall
end lfi_arch_rtcall_unused

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
