/* Code for metered boxes, of both architectures.
   SPDX-License-Identifier: Apache-2.0

   Each blob obeys the rules of profile "meter", unless its name says that it does not.  Argument and result
   in the first register of results, a second one in A1 of arch.h.  */
        .macro  begin name
        .balign 32
        .globl  code_\name, code_\name\()_end
code_\name:
        .endm
        .macro  end name
code_\name\()_end:
        .endm

        .section .rodata
#if defined(__x86_64__)
        .bundle_align_mode 5

        .macro  bundle
        .balign 32, 0x90
        .endm

        /* rtcall k, charged with n.  */
        .macro  rtcall k, n
        .bundle_lock
        leaq    -\n(%r12), %r12
        testq   %r12, %r12
        js      .Ltrap\@
        leaq    .Lnext\@(%rip), %r11
        jmp     *%gs:-8 * (\k + 1)
        .bundle_unlock
.Ltrap\@:
        ud2
        bundle
.Lnext\@:
        .endm

/* Counts in A1; four instructions at a time.  */
begin meter_loop
1:      addq    $1, %rdi
        .bundle_lock
        leaq    -4(%r12), %r12
        testq   %r12, %r12
        jns     1b
        .bundle_unlock
        ud2
end meter_loop

/* Ends with its argument; five instructions.  */
begin meter_return
        rtcall  3, 5
end meter_return

/* What a stub of a callback does, with whatever number.  */
begin meter_number
        rtcall  4, 5
end meter_number

/* A system call, ten instructions in all.  */
begin meter_call
        rtcall  0, 5
        rtcall  3, 5
end meter_call

/* Two system calls, then a loop without end.  */
begin meter_calls
        rtcall  0, 5
        rtcall  0, 5
1:      .bundle_lock
        leaq    -3(%r12), %r12
        testq   %r12, %r12
        jns     1b
        .bundle_unlock
        ud2
end meter_calls

/* Calls the function in A1, whose address is that of a stub, and ends with its result.  */
begin meter_callback
        bundle
        .skip   10, 0x90
        .bundle_lock
        leaq    -6(%r12), %r12
        testq   %r12, %r12
        {disp32} js 1f
        andl    $-32, %edi
        addq    %r14, %rdi
        call    *%rdi
        .bundle_unlock
        bundle
        rtcall  3, 5
1:      ud2
end meter_callback

/* Behind a sequence that begins at START: the trap, and the way back.  */
        .macro  stop start
        ud2
        .bundle_lock
        leaq    -3(%r12), %r12
        testq   %r12, %r12
        jns     \start
        .bundle_unlock
        ud2
        .endm

/* One of each kind of sequence, with what must not be lost on the way: flags, rcx, a vector register,
   memory.  Its result depends on all.  */
begin meter_resume
        bundle
        movl    $0x1234, %edx
        movq    %rdx, %xmm5
        xorl    %ebx, %ebx
1:      addq    $1, %rbx
        cmpq    $5, %rbx
        .bundle_lock
        leaq    -24(%r12), %r12
        je      2f
        testq   %r12, %r12
        jns     1b
        .bundle_unlock
        stop    1b
2:      movl    $77, %ecx
        stc
        .bundle_lock
        leaq    -24(%r12), %r12
        jmp     4f
        .bundle_unlock
3:      adcq    %rcx, %rbx
        .bundle_lock
        leaq    -24(%r12), %r12
        jmp     5f
        .bundle_unlock
4:      movq    %rcx, %r11
        .bundle_lock
        leaq    -24(%r12), %r12
        movq    %r12, %rcx
        bswapq  %rcx
        movzbl  %cl, %ecx
        jrcxz   6f
        ud2
6:      movq    %r11, %rcx
        jmp     3b
        .bundle_unlock
5:      movl    $40, %ecx
        leaq    -512(%rsp), %rdi
        movl    $0x5a, %eax
        bundle
7:      .bundle_lock
        movl    %ecx, %ecx
        subq    %rcx, %r12
        js      8f
        movl    %edi, %edi
        leaq    (%rdi,%r14), %rdi
        rep stosb
        .bundle_unlock
        addb    -500(%rsp), %bl
        bundle
        .skip   13, 0x90
9:      .bundle_lock
        leaq    -24(%r12), %r12
        testq   %r12, %r12
        {disp32} js 10f
        call    11f
        .bundle_unlock
        leaq    12f(%rip), %rax
        .skip   3, 0x90
13:     .bundle_lock
        leaq    -24(%r12), %r12
        testq   %r12, %r12
        {disp32} js 14f
        andl    $-32, %eax
        addq    %r14, %rax
        call    *%rax
        .bundle_unlock
        bundle
15:     .bundle_lock
        leaq    -24(%r12), %r12
        testq   %r12, %r12
        js      16f
        leaq    17f(%rip), %r11
        jmp     *%gs:-8
        .bundle_unlock
        bundle
17:     movq    %xmm5, %rax
        addq    %rbx, %rax
18:     .bundle_lock
        leaq    -24(%r12), %r12
        testq   %r12, %r12
        js      19f
        leaq    17b(%rip), %r11
        jmp     *%gs:-32
        .bundle_unlock
8:      stop    7b
10:     stop    9b
14:     stop    13b
16:     stop    15b
19:     stop    18b
        bundle
11:     addq    $1000, %rbx
        popq    %r11
20:     .bundle_lock
        leaq    -24(%r12), %r12
        testq   %r12, %r12
        js      21f
        andl    $-32, %r11d
        addq    %r14, %r11
        jmp     *%r11
        .bundle_unlock
21:     stop    20b
        bundle
12:     addq    $3000, %rbx
        .bundle_lock
        leaq    -24(%r12), %r12
        testq   %r12, %r12
        jns     11b
        .bundle_unlock
        stop    11b
end meter_resume

/* As meter_loop and meter_callback, with ways back.  */
begin meter_slices
1:      addq    $1, %rdi
        .bundle_lock
        leaq    -4(%r12), %r12
        testq   %r12, %r12
        jns     1b
        .bundle_unlock
        stop    1b
end meter_slices
begin meter_resume_callback
        bundle
        .skip   10, 0x90
2:      .bundle_lock
        leaq    -6(%r12), %r12
        testq   %r12, %r12
        {disp32} js 1f
        andl    $-32, %edi
        addq    %r14, %rdi
        call    *%rdi
        .bundle_unlock
        bundle
3:      .bundle_lock
        leaq    -5(%r12), %r12
        testq   %r12, %r12
        js      4f
        leaq    3b(%rip), %r11
        jmp     *%gs:-32
        .bundle_unlock
1:      stop    2b
4:      stop    3b
end meter_resume_callback

/* Goes forward to a trap that no way back follows.  */
begin meter_brk
        .bundle_lock
        leaq    -100(%r12), %r12
        jmp     1f
        .bundle_unlock
1:      int3
end meter_brk

/* Traps with fuel left.  */
begin meter_trap
        ud2
end meter_trap

/* No charge; a charge that a branch goes around; a counter of its own.  */
begin bad_uncharged
1:      addq    $1, %rdi
        jmp     1b
end bad_uncharged
begin bad_untested
1:      addq    $1, %rdi
        .bundle_lock
        leaq    -3(%r12), %r12
        jmp     1b
        .bundle_unlock
end bad_untested
begin bad_around
        .bundle_lock
        leaq    -3(%r12), %r12
        testq   %r12, %r12
1:      jns     1b
        .bundle_unlock
end bad_around
begin bad_refuel
1:      movabsq $0x7fffffff, %r12
        .bundle_lock
        leaq    -4(%r12), %r12
        testq   %r12, %r12
        jns     1b
        .bundle_unlock
        ud2
end bad_refuel

/* Something of everything, for what changed bits make of it.  */
begin meter_mixture
1:      addq    $1, %rdi
        cmpq    $64, %rdi
        .bundle_lock
        leaq    -6(%r12), %r12
        je      2f
        testq   %r12, %r12
        jns     1b
        .bundle_unlock
        ud2
2:      movl    $100, %ecx
        movl    %esp, %edi
        leaq    -4096(%rdi), %rdi
        .bundle_lock
        movl    %ecx, %ecx
        subq    %rcx, %r12
        js      3f
        movl    %edi, %edi
        leaq    (%rdi,%r14), %rdi
        rep stosb
        .bundle_unlock
        bundle
        movq    %rcx, %r11
        .bundle_lock
        leaq    -24(%r12), %r12
        movq    %r12, %rcx
        bswapq  %rcx
        movzbl  %cl, %ecx
        jrcxz   4f
        ud2
4:      movq    %r11, %rcx
        jmp     1b
        .bundle_unlock
        bundle
3:      leaq    1b(%rip), %rax
        .bundle_lock
        leaq    -9(%r12), %r12
        testq   %r12, %r12
        js      5f
        andl    $-32, %eax
        addq    %r14, %rax
        jmp     *%rax
        .bundle_unlock
5:      ud2
        bundle
        rtcall  0, 9
        rtcall  3, 9
end meter_mixture

#elif defined(__aarch64__)
        .macro  bundle
        .balign 16
        .endm

        .macro  rtcall k, n
        bundle
        sub     x23, x23, #\n
        tbnz    x23, #63, .Ltrap\@
        ldur    x30, [x27, #-8 * (\k + 1)]
        blr     x30
        b_over  .Lover\@
.Ltrap\@:
        udf     #0
        bundle
.Lover\@:
        .endm
        .macro  b_over label
        sub     x23, x23, #2
        b       \label
        .endm

begin meter_loop
1:      add     x1, x1, #1
        sub     x23, x23, #4
        tbz     x23, #63, 1b
        udf     #0
end meter_loop

begin meter_return
        rtcall  3, 5
end meter_return

begin meter_number
        rtcall  4, 5
end meter_number

begin meter_call
        rtcall  0, 5
        rtcall  3, 3 + 5
end meter_call

begin meter_callback
        add     x28, x27, w1, uxtw
        nop
        nop
        nop
        sub     x23, x23, #8
        tbnz    x23, #63, 1f
        and     x28, x28, #-16
        blr     x28
        rtcall  3, 4
1:      udf     #0
end meter_callback

/* Behind a trap at the end of a bundle: the way back to the sequence that begins at START.  */
        .macro  back start
        sub     x23, x23, #2
        tbz     x23, #63, \start
        udf     #0
        .endm
        .macro  stop start
        bundle
        udf     #0
        sub     x23, x23, #2
        tbz     x23, #63, \start
        udf     #0
        .endm

/* One of each kind of sequence, with what must not be lost on the way: flags, a vector register, memory.
   Its result depends on all.  */
begin meter_resume
        mov     x2, #0x1234
        fmov    d5, x2
        mov     x3, #0
        mov     x4, #77
1:      add     x3, x3, #1
        cmp     x3, #5
        nop
        nop
        sub     x23, x23, #24
        b.hs    2f
        tbz     x23, #63, 1b
        udf     #0
        back    1b
        bundle
2:      adc     x3, x3, x4
        str     x3, [sp, #-16]!
        nop
        nop
9:      nop
        sub     x23, x23, #24
        tbnz    x23, #63, 10f
        bl      11f
        adr     x0, 12f
        add     x28, x27, w0, uxtw
        nop
        nop
13:     sub     x23, x23, #24
        tbnz    x23, #63, 14f
        and     x28, x28, #-16
        blr     x28
        bundle
15:     sub     x23, x23, #24
        tbnz    x23, #63, 16f
        ldur    x30, [x27, #-8]
        blr     x30
        fmov    x0, d5
        ldr     x1, [sp], #16
        add     x0, x0, x1
        add     x0, x0, x3
18:     sub     x23, x23, #24
        tbnz    x23, #63, 19f
        ldur    x30, [x27, #-32]
        blr     x30
        udf     #0
        stop    9b
        bundle
10:     stop    9b
14:     stop    13b
16:     stop    15b
19:     stop    18b
11:     add     x30, x27, w30, uxtw
        adc     x3, x3, x4
        nop
        nop
20:     sub     x23, x23, #24
        tbnz    x23, #63, 21f
        and     x30, x30, #-16
        ret
21:     stop    20b
12:     add     x30, x27, w30, uxtw
        add     x3, x3, #3000
        cmp     x3, #1
        nop
        nop
        sub     x23, x23, #24
        tbz     x23, #63, 11b
        udf     #0
        back    11b
end meter_resume

begin meter_slices
1:      add     x1, x1, #1
        sub     x23, x23, #4
        tbz     x23, #63, 1b
        udf     #0
        back    1b
end meter_slices
begin meter_resume_callback
        add     x28, x27, w1, uxtw
        nop
        nop
        nop
2:      sub     x23, x23, #8
        tbnz    x23, #63, 1f
        and     x28, x28, #-16
        blr     x28
3:      sub     x23, x23, #4
        tbnz    x23, #63, 4f
        ldur    x30, [x27, #-32]
        blr     x30
1:      stop    2b
4:      stop    3b
end meter_resume_callback

begin meter_brk
        sub     x23, x23, #100
        b       1f
        nop
        nop
1:      brk     #0
end meter_brk

begin meter_trap
        udf     #0
end meter_trap

begin bad_uncharged
1:      add     x1, x1, #1
        b       1b
end bad_uncharged
begin bad_untested
1:      add     x1, x1, #1
        sub     x23, x23, #3
        b       1b
end bad_untested
begin bad_around
        sub     x23, x23, #2
1:      tbz     x23, #63, 1b
        udf     #0
end bad_around
begin bad_refuel
1:      mov     x23, #0x7fffffff
        sub     x23, x23, #3
        tbz     x23, #63, 1b
        udf     #0
end bad_refuel

begin meter_mixture
1:      add     x1, x1, #1
        cmp     x1, #64
        nop
        nop
        sub     x23, x23, #8
        b.eq    2f
        tbz     x23, #63, 1b
        udf     #0
2:      mov     x1, #0
        bundle
        sub     x23, x23, #8
        tbnz    x23, #63, 3f
        bl      4f
3:      udf     #0
4:      add     x30, x27, w30, uxtw
        adr     x0, 1b
        add     x28, x27, w0, uxtw
        bundle
        sub     x23, x23, #12
        tbnz    x23, #63, 5f
        and     x28, x28, #-16
        br      x28
5:      udf     #0
        rtcall  0, 12
        rtcall  3, 12
end meter_mixture
#endif
        .section .note.GNU-stack, ""
