/* Code for boxes of every profile of x86-64, one set of blobs per way to reach the base.
   SPDX-License-Identifier: Apache-2.0

   Each obeys the rules of its profiles, unless its name says that it does not.  Argument and
   result in rax, a second argument in rdi.  BUNDLE: bytes of a bundle; sets for 16 are in
   profiles16_x86_64.S.  */
#ifndef BUNDLE
#define BUNDLE 32
#define BUNDLE_LOG 5
#endif

#define SEGMENT 1
#define REGISTER 2
#define ZERO 3
#define SLOT 4
#define TABLE_BASE -264

        .macro  align
        .balign BUNDLE, 0x90
        .endm
        .macro  begin name
        align
        .globl  code_\name, code_\name\()_end
code_\name:
        .endm
        .macro  end name
code_\name\()_end:
        .endm

        /* Call of rtcall k.  */
        .macro  rtcall k
        .bundle_lock
        leaq    .Lnext\@(%rip), %r11
        .if     BASE == REGISTER
        .byte   0x41, 0xff, 0xa6
        .long   -8 * (\k + 1)
        .else
        .if     BASE == ZERO
        .byte   0x67, 0xff, 0x24, 0x25
        .else
        .byte   0x65, 0xff, 0x24, 0x25
        .endif
        .long   -8 * (\k + 1)
        .endif
        .bundle_unlock
        align
.Lnext\@:
        .endm

        /* op a, off(%rRx): memory of the box at the offset in eax (r is a) or ebx (b).  */
        .macro  mem2 op, a, off, r=a
        .if     BASE == REGISTER
        .bundle_lock
        movl    %e\r\()x, %e\r\()x
        \op     \a, \off(%r14,%r\r\()x)
        .bundle_unlock
        .else
        .if     BASE == ZERO
        \op     \a, \off(%e\r\()x)
        .else
        \op     \a, %gs:\off(%e\r\()x)
        .endif
        .endif
        .endm
        .macro  mem1 op, off, r=a
        .if     BASE == REGISTER
        .bundle_lock
        movl    %e\r\()x, %e\r\()x
        \op     \off(%r14,%r\r\()x)
        .bundle_unlock
        .else
        .if     BASE == ZERO
        \op     \off(%e\r\()x)
        .else
        \op     %gs:\off(%e\r\()x)
        .endif
        .endif
        .endm
        .macro  load off, a, r=a
        .if     BASE == REGISTER
        .bundle_lock
        movl    %e\r\()x, %e\r\()x
        movl    \off(%r14,%r\r\()x), \a
        .bundle_unlock
        .else
        .if     BASE == ZERO
        movl    \off(%e\r\()x), \a
        .else
        movl    %gs:\off(%e\r\()x), \a
        .endif
        .endif
        .endm

        .macro  take_stack n
        .if     BASE == ZERO
        subl    $\n, %esp
        .else
        subq    $\n, %rsp
        .endif
        .endm
        .macro  give_stack n
        .if     BASE == ZERO
        addl    $\n, %esp
        .else
        addq    $\n, %rsp
        .endif
        movq    (%rsp), %rcx
        .endm

        .macro  set_rsp reg
        .if     BASE == ZERO
        movl    \reg, %esp
        .else
        .bundle_lock
        movl    \reg, %esp
        .if     BASE == SLOT
        addq    %gs:TABLE_BASE, %rsp
        .else
        addq    %r14, %rsp
        .endif
        .bundle_unlock
        .endif
        .endm

        .macro  jump_rax
        .bundle_lock
        andl    $-BUNDLE, %eax
        .if     BASE == SLOT
        addq    %gs:TABLE_BASE, %rax
        .else
        .if     BASE != ZERO
        addq    %r14, %rax
        .endif
        .endif
        jmp     *%rax
        .bundle_unlock
        .endm

        /* The return of profiles for one thread.  */
        .macro  return
        .bundle_lock
        popq    %r11
        andl    $-BUNDLE, %r11d
        .if     BASE != ZERO
        addq    %r14, %r11
        .endif
        pushq   %r11
        ret
        .bundle_unlock
        .endm

        .macro  differs value, reg
        cmp     \value, \reg
        setne   %al
        movzbl  %al, %eax
        addl    %eax, %r13d
        .endm
        .macro  take_flags
        lahf
        seto    %al
        .endm
        .macro  flags_survive k
        take_flags
        movw    %ax, %r12w
        movl    $0x5555, %eax
        rtcall  \k
        take_flags
        cmpw    %ax, %r12w
        setne   %al
        movzbl  %al, %eax
        addl    %eax, %r13d
        .endm

        .macro  patterns
        movl    $0x5501, %ebx
        movl    $0x5502, %ecx
        movl    $0x5503, %edx
        movl    $0x5504, %esi
        movl    $0x5505, %edi
        movq    %rsp, %rbp
        movl    $0x5508, %r8d
        movl    $0x5509, %r9d
        movl    $0x550a, %r10d
        movl    $0x550c, %r12d
        .if     BASE == ZERO || BASE == SLOT
        movabsq $0x550e550e550e550e, %r14
        .endif
        .if     BASE == SLOT
        movabsq $0x550f550f550f550f, %r15
        .endif
        .endm

        .macro  count_changes
        differs $0x5501, %rbx
        differs $0x5502, %rcx
        differs $0x5503, %rdx
        differs $0x5504, %rsi
        differs $0x5505, %rdi
        differs %rsp, %rbp
        differs $0x5508, %r8
        differs $0x5509, %r9
        differs $0x550a, %r10
        differs $0x550c, %r12
        .if     BASE == ZERO || BASE == SLOT
        movabsq $0x550e550e550e550e, %rcx
        differs %rcx, %r14
        .endif
        .if     BASE == SLOT
        movabsq $0x550f550f550f550f, %rcx
        differs %rcx, %r15
        .endif
        .endm

        .macro  bad_state
        take_stack 64
        movl    $0x360, (%rsp)
        movl    $0x7fa1, 8(%rsp)
        ldmxcsr 8(%rsp)
        fldcw   (%rsp)
        fldpi
        /* An invalid operation, unmasked: traps at the next waiting instruction.  */
        fldz
        fldz
        fdivp
        std
        .endm

        .macro  blobs kind, base
        .set    BASE, \base

/* One system call, then the end with its result.  */
begin \kind\()_call
        rtcall  0
        rtcall  3
end \kind\()_call

begin \kind\()_one
        movl    $1, %eax
        rtcall  3
end \kind\()_one

/* Every register gets a pattern, one system call, and what changed is counted.  */
begin \kind\()_preserved
        take_stack 64
        movl    $0x5fa3, (%rsp)
        ldmxcsr (%rsp)
        movl    $0x1f80, (%rsp)
        movl    $0x27f, 8(%rsp)
        fldcw   8(%rsp)
        fldpi
        .irp    n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15
        movl    $0x6600 + \n, %eax
        movd    %eax, %xmm\n
        pshufd  $0, %xmm\n, %xmm\n
        .endr
        patterns
        movl    $0x550d, %r13d
        xorl    %eax, %eax
        rtcall  0
        cmpl    $0x550d, %r13d
        setne   %al
        movzbl  %al, %r13d
        count_changes
        stmxcsr 16(%rsp)
        movl    16(%rsp), %ecx
        differs $0x5fa3, %rcx
        ldmxcsr (%rsp)
        fnstcw  16(%rsp)
        movzwl  16(%rsp), %ecx
        differs $0x27f, %rcx
        fstpl   16(%rsp)
        movq    16(%rsp), %rcx
        movabsq $0x400921fb54442d18, %rsi
        differs %rsi, %rcx
        fninit
        .irp    n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15
        movq    %xmm\n, %rcx
        psrldq  $8, %xmm\n
        movq    %xmm\n, %rdx
        movabsq $(0x6600 + \n) * 0x100000001, %rsi
        differs %rsi, %rcx
        differs %rsi, %rdx
        .endr
        movl    %r13d, 16(%rsp)
        movb    $0x7f, %al
        addb    $1, %al
        flags_survive 0
        xorl    %eax, %eax
        stc
        flags_survive 0
        movl    16(%rsp), %eax
        addl    %r13d, %eax
        give_stack 64
        rtcall  3
end \kind\()_preserved

begin \kind\()_preserved_avx
        .irp    n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15
        movl    $0x6700 + \n, %eax
        movd    %eax, %xmm\n
        pshufd  $0, %xmm\n, %xmm\n
        vinsertf128 $1, %xmm\n, %ymm\n, %ymm\n
        .endr
        xorl    %eax, %eax
        rtcall  0
        xorl    %r13d, %r13d
        .irp    n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15
        movabsq $(0x6700 + \n) * 0x100000001, %rsi
        vextractf128 $1, %ymm\n, %xmm\n
        vmovq   %xmm\n, %rcx
        vpextrq $1, %xmm\n, %rdx
        differs %rsi, %rcx
        differs %rsi, %rdx
        .endr
        movl    %r13d, %eax
        rtcall  3
end \kind\()_preserved_avx

/* Thread pointer by rtcalls: rax is set, the old one plus the new one is the result; what changes
   besides is counted in thousands.  */
begin \kind\()_tp
        patterns
        xorl    %r13d, %r13d
        movl    %eax, %edi
        rtcall  1
        movq    %rax, %r12
        movl    %edi, %eax
        rtcall  2
        cmpl    %eax, %edi
        setne   %al
        movzbl  %al, %r13d
        rtcall  1
        addq    %rax, %r12
        movq    %r12, %r9
        movl    $0x5509, %r12d
        differs $0x5501, %rbx
        differs $0x5502, %rcx
        differs $0x5503, %rdx
        differs $0x5504, %rsi
        differs %rsp, %rbp
        differs $0x5508, %r8
        differs $0x550a, %r10
        .if     BASE == ZERO || BASE == SLOT
        movabsq $0x550e550e550e550e, %rcx
        differs %rcx, %r14
        .endif
        .if     BASE == SLOT
        movabsq $0x550f550f550f550f, %rcx
        differs %rcx, %r15
        .endif
        .irp    k, 1,2
        xorl    %eax, %eax
        flags_survive \k
        movb    $0x7f, %al
        addb    $1, %al
        flags_survive \k
        xorl    %eax, %eax
        stc
        flags_survive \k
        .endr
        imull   $1000, %r13d, %r13d
        leaq    (%r9,%r13), %rax
        rtcall  3
end \kind\()_tp

/* Stores what is in the registers at rax; ends with 7.  */
begin \kind\()_dump
        .set    at, 8
        .irp    r, rbx,rcx,rdx,rsi,rdi,rbp,r8,r9,r10,r11,r12,r13,r14,r15
        mem2    movq, %\r, at
        .set    at, at + 8
        .endr
        movl    %eax, %ebx
        take_flags
        movzwl  %ax, %ecx
        mem2    movq, %rcx, 120, b
        mem1    stmxcsr, 128, b
        mem1    fnstenv, 136, b
        .irp    n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15
        mem2    movups, %xmm\n, (256 + 16 * \n), b
        .endr
        .irp    n, 0,1,2,3,4,5,6,7
        mem2    movq, %mm\n, (512 + 8 * \n), b
        .endr
        emms
        movl    $7, %eax
        rtcall  3
end \kind\()_dump

/* Calls rtcalls 4 to 31, one every bundle.  */
begin \kind\()_unused
        .set    k, 4
        .rept   28
        rtcall  k
        .set    k, k + 1
        .endr
end \kind\()_unused

/* rsp becomes rax's address, then a system call; ends with the low half of rsp.  */
begin \kind\()_set_sp
        set_rsp %eax
        rtcall  0
        movl    %esp, %eax
        rtcall  3
end \kind\()_set_sp

/* Ends with the word at rbx; a system call comes before.  */
begin \kind\()_load_after_call
        rtcall  0
        load    0, %eax, b
        rtcall  3
end \kind\()_load_after_call

begin \kind\()_load
        load    0, %eax
        rtcall  3
end \kind\()_load

begin \kind\()_store
        mem2    movq, %rdi, 0
        xorl    %eax, %eax
        rtcall  3
end \kind\()_store

begin \kind\()_jump
        jump_rax
end \kind\()_jump

begin \kind\()_push
        set_rsp %eax
        pushq   %rdi
        movl    $5, %eax
        rtcall  3
end \kind\()_push

begin \kind\()_trap
        patterns
        movl    $0x550d, %r13d
        int3
end \kind\()_trap

/* Stores 1 at rax + 8, then waits for the word at rax to be its result.  */
begin \kind\()_spin
        movl    $1, %ecx
        mem2    movl, %ecx, 8
1:      load    0, %ecx
        testl   %ecx, %ecx
        jz      1b
        movl    %ecx, %eax
        rtcall  3
end \kind\()_spin

begin \kind\()_state_return
        bad_state
        xorl    %eax, %eax
        rtcall  3
end \kind\()_state_return

begin \kind\()_state_call
        bad_state
        movl    $0, %eax
        rtcall  0
        rtcall  3
end \kind\()_state_call

begin \kind\()_state_fault
        bad_state
        int3
end \kind\()_state_fault

begin \kind\()_state_unused
        bad_state
        xorl    %eax, %eax
        rtcall  9
end \kind\()_state_unused

/* Not verifiable.  */

/* A function that returns rax + 1, twice: only for one thread.  */
begin \kind\()_single_return
        .rept   2
        .fill   BUNDLE - 5, 1, 0x90
        call    1f
        .endr
        rtcall  3
        align
1:      addl    $1, %eax
        .if     BASE != SLOT
        return
        .endif
end \kind\()_single_return

/* r11 is what the box likes when it calls.  */
begin \kind\()_bad_r11
        movq    $-1, %r11
        .if     BASE == REGISTER
        jmp     *-8(%r14)
        .else
        .if     BASE == ZERO
        movl    $-8, %ebx
        jmp     *(%rbx)
        .else
        jmp     *%gs:-8
        .endif
        .endif
end \kind\()_bad_r11

begin \kind\()_bad_jump
        jmp     *%rax
end \kind\()_bad_jump

begin \kind\()_bad_ac
        pushfq
        orl     $0x40000, (%rsp)
        popfq
        rtcall  3
end \kind\()_bad_ac

/* The first entry of the table is stored to.  */
begin \kind\()_bad_store
        .if     BASE == REGISTER
        movq    %rdi, -8(%r14)
        .else
        .if     BASE == ZERO
        movl    $-8, %eax
        movq    %rdi, (%rax)
        .else
        movq    %rdi, %gs:-8
        .endif
        .endif
        rtcall  3
end \kind\()_bad_store
        .endm

        .section .rodata
        .bundle_align_mode BUNDLE_LOG
#if BUNDLE == 32
        blobs   segment, SEGMENT
        blobs   register, REGISTER
        blobs   zero, ZERO
        blobs   slot, SLOT
#else
        blobs   segment16, SEGMENT
#endif

        .section .note.GNU-stack, "", @progbits
