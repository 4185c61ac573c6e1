/* Code for boxes, as the toolchain writes it.  x86-64.
   SPDX-License-Identifier: Apache-2.0

   Each blob is position-independent and obeys the rules of profile "full", unless its name
   says that it does not.  Argument and result in rax, a second argument in rdi.  */

        /* nops up to a multiple of 32.  */
        .macro  align
        .balign 32, 0x90
        .endm
        .macro  begin name
        align
        .globl  code_\name, code_\name\()_end
code_\name:
        .endm
        .macro  end name
code_\name\()_end:
        .endm

        /* Call of rtcall k of the table below the base.  */
        .macro  rtcall k
        .bundle_lock
        leaq    .Lnext\@(%rip), %r11
        jmp     *%gs:-8 * (\k + 1)
        .bundle_unlock
        align
.Lnext\@:
        .endm

        /* rsp becomes the address in a 32-bit register.  */
        .macro  set_rsp reg
        .bundle_lock
        movl    \reg, %esp
        leaq    (%rsp,%r14), %rsp
        .bundle_unlock
        .endm

        .section .rodata
        .bundle_align_mode 5

/* One system call, then the end with its result.  */
begin syscall_return
        rtcall  0
        rtcall  3
end syscall_return

/* Ends with rax + rdi.  */
begin add_return
        addq    %rdi, %rax
        rtcall  3
end add_return

/* System calls for ever.  */
begin syscall_loop
1:      rtcall  0
        jmp     1b
end syscall_loop

/* A loop without end that does not begin a bundle; rax says how often it was come to.  */
begin late_loop
        incl    %eax
1:      jmp     1b
end late_loop

/* One system call, then a loop without end.  */
begin call_loop
        rtcall  0
        jmp     .
end call_loop

        /* Counts in r13 what is not as expected; ends with it.  */
        .macro  differs value, reg
        cmp     \value, \reg
        setne   %al
        movzbl  %al, %eax
        addl    %eax, %r13d
        .endm

        /* Flags as ah and al's lowest bit.  */
        .macro  take_flags
        lahf
        seto    %al
        .endm

        /* The flags that a system call finds it leaves.  */
        .macro  flags_survive
        take_flags
        movw    %ax, %r12w
        rtcall  0
        take_flags
        cmpw    %ax, %r12w
        setne   %al
        movzbl  %al, %eax
        addl    %eax, %r13d
        .endm

/* Every register but the reserved ones gets a pattern, one system call, and what changed is
   counted.  Needs a stack.  */
begin preserved
        subq    $64, %rsp
        movl    $0x5fa3, (%rsp)
        ldmxcsr (%rsp)
        movl    $0x1f80, (%rsp)
        movl    $0x5501, %ebx
        movl    $0x5502, %ecx
        movl    $0x5503, %edx
        movl    $0x5504, %esi
        movl    $0x5505, %edi
        movl    $0x5506, %ebp
        movl    $0x5508, %r8d
        movl    $0x5509, %r9d
        movl    $0x550a, %r10d
        movl    $0x550c, %r12d
        movl    $0x550d, %r13d
        .irp    n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15
        movl    $0x6600 + \n, %eax
        movd    %eax, %xmm\n
        pshufd  $0, %xmm\n, %xmm\n
        .endr
        xorl    %eax, %eax
        rtcall  0
        cmpl    $0x550d, %r13d
        setne   %al
        movzbl  %al, %r13d
        differs $0x5501, %rbx
        differs $0x5502, %rcx
        differs $0x5503, %rdx
        differs $0x5504, %rsi
        differs $0x5505, %rdi
        differs $0x5506, %rbp
        differs $0x5508, %r8
        differs $0x5509, %r9
        differs $0x550a, %r10
        differs $0x550c, %r12
        stmxcsr 8(%rsp)
        movl    8(%rsp), %ecx
        differs $0x5fa3, %rcx
        ldmxcsr (%rsp)
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
        flags_survive
        xorl    %eax, %eax
        stc
        flags_survive
        movb    $0x10, %al
        subb    $1, %al
        flags_survive
        movb    $-3, %al
        addb    $4, %al
        flags_survive
        movl    16(%rsp), %eax
        addl    %r13d, %eax
        addq    $64, %rsp
        movq    (%rsp), %rcx
        rtcall  3
end preserved

/* The x87 registers and its control word survive a system call.  */
begin preserved_x87
        subq    $64, %rsp
        movl    $0x27f, (%rsp)
        fldcw   (%rsp)
        fldpi
        fld1
        xorl    %eax, %eax
        rtcall  0
        xorl    %r13d, %r13d
        fnstcw  8(%rsp)
        movzwl  8(%rsp), %ecx
        differs $0x27f, %rcx
        fstpl   16(%rsp)
        fstpl   24(%rsp)
        movq    16(%rsp), %rcx
        movabsq $0x3ff0000000000000, %rsi
        differs %rsi, %rcx
        movq    24(%rsp), %rcx
        movabsq $0x400921fb54442d18, %rsi
        differs %rsi, %rcx
        /* And again, with nothing in use any more.  */
        fninit
        xorl    %eax, %eax
        rtcall  0
        fnstcw  8(%rsp)
        movzwl  8(%rsp), %ecx
        differs $0x37f, %rcx
        movl    %r13d, %eax
        addq    $64, %rsp
        movq    (%rsp), %rcx
        rtcall  3
end preserved_x87

/* The upper halves of the vector registers survive a system call.  */
begin preserved_avx
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
        vmovq   %xmm\n, %rcx
        differs %rsi, %rcx
        vextractf128 $1, %ymm\n, %xmm\n
        vmovq   %xmm\n, %rcx
        vpextrq $1, %xmm\n, %rdx
        differs %rsi, %rcx
        differs %rsi, %rdx
        .endr
        /* And again, with nothing in use any more.  */
        vzeroupper
        xorl    %eax, %eax
        rtcall  0
        .irp    n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15
        vextractf128 $1, %ymm\n, %xmm\n
        vmovq   %xmm\n, %rcx
        differs $0, %rcx
        .endr
        movl    %r13d, %eax
        rtcall  3
end preserved_avx

        /* eax: 1 if strings go downwards, -1 if upwards.  */
        .macro  direction
        leaq    -64(%rsp), %rsi
        movq    %rsi, %rbx
        .bundle_lock
        movl    %esi, %esi
        leaq    (%rsi,%r14), %rsi
        lodsb
        .bundle_unlock
        subq    %rsi, %rbx
        movl    %ebx, %eax
        .endm

/* The direction flag survives a system call: 1 if it does.  Needs a stack.  */
begin preserved_df
        std
        xorl    %eax, %eax
        rtcall  0
        direction
        rtcall  3
end preserved_df

/* The direction at the entry, and after a system call: twice -1 where it is forward.  */
begin forward
        direction
        movl    %eax, %r12d
        xorl    %eax, %eax
        rtcall  0
        direction
        addl    %r12d, %eax
        rtcall  3
end forward

/* Ends, or calls, or faults, with DF set and the x87 and SSE control words changed, values on
   the x87 stack and exceptions pending, and AVX in use where rdi says so.  */
        .macro  bad_state
        subq    $64, %rsp
        movl    $0x360, (%rsp)
        movl    $0x7fa1, 8(%rsp)
        movl    $0, 16(%rsp)
        ldmxcsr 8(%rsp)
        fldcw   (%rsp)
        fldpi
        /* An invalid operation, unmasked: traps at the next waiting instruction.  */
        fldz
        fldz
        fdivp
        .endm

begin bad_state_return
        bad_state
        std
        xorl    %eax, %eax
        rtcall  3
end bad_state_return

begin bad_state_call
        bad_state
        std
        movl    $0, %eax
        rtcall  0
        rtcall  3
end bad_state_call

begin bad_state_fault
        bad_state
        std
        int3
end bad_state_fault

begin bad_state_unused
        bad_state
        std
        xorl    %eax, %eax
        rtcall  9
end bad_state_unused

/* The pending exception comes when the box goes on: SIGFPE.  */
begin pending
        bad_state
        xorl    %eax, %eax
        rtcall  0
        fwait
        rtcall  3
end pending

        /* Stores what is in the registers at rax; ends with 7.  */
        .macro  dump_all
        movq    %rbx, %gs:8(%eax)
        movq    %rcx, %gs:16(%eax)
        movq    %rdx, %gs:24(%eax)
        movq    %rsi, %gs:32(%eax)
        movq    %rdi, %gs:40(%eax)
        movq    %rbp, %gs:48(%eax)
        movq    %r8, %gs:56(%eax)
        movq    %r9, %gs:64(%eax)
        movq    %r10, %gs:72(%eax)
        movq    %r11, %gs:80(%eax)
        movq    %r12, %gs:88(%eax)
        movq    %r13, %gs:96(%eax)
        movq    %r14, %gs:104(%eax)
        movq    %r15, %gs:112(%eax)
        movl    %eax, %ebx
        take_flags
        movzwl  %ax, %ecx
        movq    %rcx, %gs:120(%ebx)
        stmxcsr %gs:128(%ebx)
        fnstenv %gs:136(%ebx)
        .irp    n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15
        movups  %xmm\n, %gs:(256 + 16 * \n)(%ebx)
        .endr
        .irp    n, 0,1,2,3,4,5,6,7
        movq    %mm\n, %gs:(512 + 8 * \n)(%ebx)
        .endr
        emms
        movl    $7, %eax
        rtcall  3
        .endm

/* As they are at the entry; rax was set by the host.  */
begin dump
        dump_all
end dump

/* As they are after a system call; rax and rbx do not count.  */
begin dump_after_call
        movl    %eax, %ebx
        xorl    %eax, %eax
        rtcall  0
        movl    %ebx, %eax
        dump_all
end dump_after_call

/* The upper halves of the vector registers at rax.  */
begin dump_high
        .irp    n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15
        vextractf128 $1, %ymm\n, %gs:(16 * \n)(%eax)
        .endr
        movl    $7, %eax
        rtcall  3
end dump_high

/* Thread pointer by the context register: the old one, plus the new one read again.  */
begin tp_slot
        movq    16(%r15), %rcx
        movq    %rax, 16(%r15)
        movq    16(%r15), %rax
        addq    %rcx, %rax
        rtcall  3
end tp_slot

/* The same by rtcalls 1 and 2; what changes but rax is counted in thousands.  */
begin tp_rtcalls
        movl    $0x5501, %ebx
        movl    $0x5502, %ecx
        movl    $0x5503, %edx
        movl    $0x5504, %esi
        movl    $0x5506, %ebp
        movl    $0x5508, %r8d
        movl    $0x5509, %r9d
        movl    $0x550a, %r10d
        movl    %eax, %edi
        xorl    %r13d, %r13d
        rtcall  1
        movq    %rax, %r12
        movl    %edi, %eax
        rtcall  2
        cmpl    %eax, %edi
        setne   %al
        movzbl  %al, %r13d
        rtcall  1
        addq    %rax, %r12
        /* Flags: all clear but ZF and PF; OF SF AF; CF.  */
        xorl    %eax, %eax
        take_flags
        movw    %ax, %di
        xorl    %eax, %eax
        rtcall  1
        take_flags
        differs %di, %ax
        movl    $0x7f, %eax
        addb    $1, %al
        take_flags
        movw    %ax, %di
        movl    $0x7f, %eax
        addb    $1, %al
        rtcall  2
        take_flags
        differs %di, %ax
        stc
        rtcall  1
        setnc   %al
        movzbl  %al, %eax
        addl    %eax, %r13d
        differs $0x5501, %rbx
        differs $0x5502, %rcx
        differs $0x5503, %rdx
        differs $0x5504, %rsi
        differs $0x5506, %rbp
        differs $0x5508, %r8
        differs $0x5509, %r9
        differs $0x550a, %r10
        imull   $1000, %r13d, %r13d
        leaq    (%r12,%r13), %rax
        rtcall  3
end tp_rtcalls

/* Calls rtcalls 4 to 31, one every 32 bytes.  */
begin unused_entries
        .set    k, 4
        .rept   28
        .bundle_lock
        leaq    1f(%rip), %r11
        jmp     *%gs:(-8 * (k + 1))
        .bundle_unlock
        align
1:
        .set    k, k + 1
        .endr
end unused_entries

/* r11 is what the box likes when it calls: not verifiable.  */
begin bad_r11
        movq    $-1, %r11
        jmp     *%gs:-8
end bad_r11

begin bad_r11_tp
        movabsq $0x7fffffffffff, %r11
        jmp     *%gs:-16
end bad_r11_tp

/* AC is set when it calls: not verifiable.  */
begin bad_ac
        pushfq
        orl     $0x40040, (%rsp)
        popfq
        rtcall  3
end bad_ac

/* Sets mxcsr to eax, calls, ends with mxcsr.  */
begin set_mxcsr
        movl    %eax, -64(%rsp)
        ldmxcsr -64(%rsp)
        xorl    %eax, %eax
        rtcall  0
        stmxcsr -64(%rsp)
        movl    -64(%rsp), %eax
        rtcall  3
end set_mxcsr

/* rsp becomes rax's address, then a system call, then rsp - base is the result.  */
begin set_sp
        set_rsp %eax
        rtcall  0
        movq    %rsp, %rax
        subq    %r14, %rax
        rtcall  3
end set_sp

/* Ends with the word that gs finds at rax; a system call comes before.  */
begin load_after_call
        movl    %eax, %ebx
        xorl    %eax, %eax
        rtcall  0
        movl    %gs:(%ebx), %eax
        rtcall  3
end load_after_call

/* Faults.  */
begin load_x0
        movq    %gs:(%eax), %rax
        rtcall  3
end load_x0

begin store_x0
        movq    %rdi, %gs:(%eax)
        xorl    %eax, %eax
        rtcall  3
end store_x0

begin jump_x0
        .bundle_lock
        andl    $-32, %eax
        addq    %r14, %rax
        jmp     *%rax
        .bundle_unlock
end jump_x0

/* The same with something in the registers that a fault reports.  */
begin brk_patterns
        movl    $0x33333333, %eax
        movd    %eax, %xmm3
        pshufd  $0, %xmm3, %xmm3
        movl    $0x15151515, %eax
        movd    %eax, %xmm15
        pshufd  $0, %xmm15, %xmm15
        movl    $0x5fa3, -64(%rsp)
        ldmxcsr -64(%rsp)
        movl    $0x27f, -64(%rsp)
        fldcw   -64(%rsp)
        fldpi
        movl    $0x1001, %eax
        movl    $0x1002, %ebx
        movl    $0x1003, %ecx
        movl    $0x1004, %edx
        movl    $0x1005, %esi
        movl    $0x1006, %edi
        movl    $0x2929, %ebp
        movl    $0x1008, %r8d
        movl    $0x1009, %r9d
        movl    $0x100a, %r10d
        movl    $0x100b, %r11d
        movl    $0x100c, %r12d
        movl    $0x100d, %r13d
        std
        cmpq    %rbp, %rbp
        int3
end brk_patterns

begin brk_patterns_avx
        movl    $0x33333333, %eax
        movd    %eax, %xmm3
        pshufd  $0, %xmm3, %xmm3
        vinsertf128 $1, %xmm3, %ymm3, %ymm3
        int3
end brk_patterns_avx

/* What fills the page after code.  */
begin udf
        int3
end udf

begin brk
        int3
end brk

begin bad_sp
        set_rsp %eax
        movq    16(%rsp), %rax
        rtcall  3
end bad_sp

begin fall_off
        nop
end fall_off

begin loop
        jmp     .
end loop

/* Stores 1 at rax + 8, then waits for the word at rax to be its result.  */
begin spin_word
        movl    $1, %ecx
        movl    %ecx, %gs:8(%eax)
1:      movl    %gs:(%eax), %ecx
        testl   %ecx, %ecx
        jz      1b
        movl    %ecx, %eax
        rtcall  3
end spin_word

/* As spin_word, then a system call, 1 to rax + 12, and the same with the word at rax + 4.  */
begin spin_call_spin
        movl    %eax, %ebx
        movl    $1, %edx
        movl    %edx, %gs:8(%ebx)
1:      movl    %gs:(%ebx), %ecx
        testl   %ecx, %ecx
        jz      1b
        rtcall  0
        movl    %edx, %gs:12(%ebx)
1:      movl    %gs:4(%ebx), %ecx
        testl   %ecx, %ecx
        jz      1b
        movl    %ecx, %eax
        rtcall  3
end spin_call_spin

/* Code that the verifier must not accept.  */
begin bad_load
        movq    (%rdi), %rax
        rtcall  3
end bad_load

begin bad_svc
        syscall
end bad_svc

begin bad_second
        nop
        nop
        ret
end bad_second

/* Two constants, at the same place in two blobs.  */
begin one
        movl    $1, %eax
        rtcall  3
end one

/* As one, of profile nosegue.  */
begin one_nosegue
        movl    $1, %eax
        .bundle_lock
        leaq    1f(%rip), %r11
        jmp     *-32(%r14)
        .bundle_unlock
        align
1:
end one_nosegue

begin two
        movl    $2, %eax
        rtcall  3
end two

/* Not for boxes: void forget_gs(struct LFIContext *ctx): a handler that loses the base of gs, but has
   that of the box, which base_of_gs is, in rax when it returns.  */
        .text
        .globl  forget_gs
        .type   forget_gs, @function
forget_gs:
        xorl    %eax, %eax
        wrgsbase %rax
        movq    base_of_gs(%rip), %rax
        ret
        .comm   base_of_gs, 8, 8

/* Not for boxes: unsigned long callee_saved_changed(int (*run)(void *, unsigned long), void *ctx,
   unsigned long entry): calls run with patterns in all registers that a call preserves, with
   control words of its own; the number of those that changed.  */
        .text
        .globl  callee_saved_changed
        .type   callee_saved_changed, @function
callee_saved_changed:
        pushq   %rbp
        pushq   %rbx
        pushq   %r12
        pushq   %r13
        pushq   %r14
        pushq   %r15
        subq    $24, %rsp
        movl    $0x3fa0, (%rsp)
        ldmxcsr (%rsp)
        movl    $0xf7f, 4(%rsp)
        fldcw   4(%rsp)
        movq    %rdi, %rax
        movq    %rsi, %rdi
        movq    %rdx, %rsi
        movl    $0x7703, %ebx
        movl    $0x770c, %r12d
        movl    $0x770d, %r13d
        movl    $0x770e, %r14d
        movl    $0x770f, %r15d
        movq    %rsp, %rbp
        call    *%rax
        xorl    %eax, %eax
        .macro  changed value, reg
        cmpq    \value, \reg
        setne   %cl
        movzbl  %cl, %ecx
        addl    %ecx, %eax
        .endm
        pushfq
        popq    %rdx
        andl    $0x40500, %edx
        changed $0, %rdx
        cld
        changed $0x7703, %rbx
        changed $0x770c, %r12
        changed $0x770d, %r13
        changed $0x770e, %r14
        changed $0x770f, %r15
        changed %rsp, %rbp
        movq    %rbp, %rsp
        stmxcsr 8(%rsp)
        movl    8(%rsp), %edx
        changed $0x3fa0, %rdx
        fnstcw  8(%rsp)
        movzwl  8(%rsp), %edx
        changed $0xf7f, %rdx
        /* No value is left on the x87 stack, and no exception waits.  */
        fwait
        subq    $32, %rsp
        fnstenv (%rsp)
        movzwl  8(%rsp), %edx
        addq    $32, %rsp
        changed $0xffff, %rdx
        fninit
        movl    $0x1f80, (%rsp)
        ldmxcsr (%rsp)
        addq    $24, %rsp
        popq    %r15
        popq    %r14
        popq    %r13
        popq    %r12
        popq    %rbx
        popq    %rbp
        ret

        .section .note.GNU-stack, "", @progbits
