/* Code for boxes, as the toolchain writes it.  arm64.
   SPDX-License-Identifier: Apache-2.0

   Each blob is position-independent and obeys the rules of profile "full", unless its name
   says that it does not.  */
        .macro  begin name
        .balign 16
        .globl  code_\name, code_\name\()_end
code_\name:
        .endm
        .macro  end name
code_\name\()_end:
        .endm

        /* rtcall k of the table below the base.  */
        .macro  rtcall k
        mov     x26, x30
        ldur    x30, [x27, #-8 * (\k + 1)]
        blr     x30
        add     x30, x27, w26, uxtw
        .endm

        .section .rodata

/* One system call, then the end with its result.  */
begin syscall_return
        rtcall  0
        rtcall  3
end syscall_return

/* Ends with x0 + x1.  */
begin add_return
        add     x0, x0, x1
        rtcall  3
end add_return

/* System calls for ever.  */
begin syscall_loop
1:      rtcall  0
        b       1b
end syscall_loop

/* One system call, then a loop without end.  */
begin call_loop
        rtcall  0
        b       .
end call_loop

        .macro  differs reg, value
        mov     x30, #\value
        cmp     \reg, x30
        cinc    x0, x0, ne
        .endm

/* Every register but the reserved ones gets a pattern, one system call, and what changed is
   counted in x0.  Needs a stack.  */
begin preserved
        sub     sp, sp, #64
        str     x30, [sp, #8]
        mov     x1, #0x5501
        mov     x2, #0x5502
        mov     x3, #0x5503
        mov     x4, #0x5504
        mov     x5, #0x5505
        mov     x6, #0x5506
        mov     x7, #0x5507
        mov     x8, #0x5508
        mov     x9, #0x5509
        mov     x10, #0x550a
        mov     x11, #0x550b
        mov     x12, #0x550c
        mov     x13, #0x550d
        mov     x14, #0x550e
        mov     x15, #0x550f
        mov     x16, #0x5510
        mov     x17, #0x5511
        mov     x18, #0x5512
        mov     x19, #0x5513
        mov     x20, #0x5514
        mov     x21, #0x5515
        mov     x22, #0x5516
        mov     x23, #0x5517
        mov     x24, #0x5518
        mov     x29, #0x551d
        .irp    n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
        movi    v\n\().16b, #(0x60 + \n)
        .endr
        add     x28, x27, w19, uxtw
        mov     x26, #0x551a
        mov     x0, #0xc00000
        msr     fpcr, x0
        mov     x0, #0x1f
        msr     fpsr, x0
        cmp     x2, x1
        ldur    x30, [x27, #-8]
        blr     x30
        add     x30, x27, w30, uxtw
        cset    x0, cc
        cinc    x0, x0, eq
        differs x1, 0x5501
        differs x2, 0x5502
        differs x3, 0x5503
        differs x4, 0x5504
        differs x5, 0x5505
        differs x6, 0x5506
        differs x7, 0x5507
        differs x8, 0x5508
        differs x9, 0x5509
        differs x10, 0x550a
        differs x11, 0x550b
        differs x12, 0x550c
        differs x13, 0x550d
        differs x14, 0x550e
        differs x15, 0x550f
        differs x16, 0x5510
        differs x17, 0x5511
        differs x18, 0x5512
        differs x19, 0x5513
        differs x20, 0x5514
        differs x21, 0x5515
        differs x22, 0x5516
        differs x23, 0x5517
        differs x24, 0x5518
        differs x26, 0x551a
        differs x29, 0x551d
        sub     x1, x28, x27
        differs x1, 0x5513
        mrs     x1, fpcr
        differs x1, 0xc00000
        mrs     x1, fpsr
        differs x1, 0x1f
        .irp    n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
        uminv   b0, v\n\().16b
        umov    w1, v0.b[0]
        cmp     w1, #(0x60 + \n)
        cinc    x0, x0, ne
        .endr
        ldr     x30, [sp, #8]
        add     x30, x27, w30, uxtw
        add     sp, sp, #64
        ldr     xzr, [sp]
        rtcall  3
end preserved

/* Stores x0-x24, x26, x28-x30 less the base, fpcr, fpsr, nzcv, then v0-v31 at x0, which was
   set by the host, as they are at the entry; ends with 7.  */
begin dump
        add     x28, x27, w0, uxtw
        stp     x0, x1, [x28]
        stp     x2, x3, [x28, #16]
        stp     x4, x5, [x28, #32]
        stp     x6, x7, [x28, #48]
        stp     x8, x9, [x28, #64]
        stp     x10, x11, [x28, #80]
        stp     x12, x13, [x28, #96]
        stp     x14, x15, [x28, #112]
        stp     x16, x17, [x28, #128]
        stp     x18, x19, [x28, #144]
        stp     x20, x21, [x28, #160]
        stp     x22, x23, [x28, #176]
        stp     x24, x26, [x28, #192]
        stp     x29, x30, [x28, #208]
        mrs     x1, fpcr
        mrs     x2, fpsr
        stp     x1, x2, [x28, #224]
        cset    x1, eq
        cset    x2, mi
        add     x1, x1, x2
        cset    x2, vs
        add     x1, x1, x2
        cset    x2, cs
        add     x1, x1, x2
        stp     x1, x25, [x28, #240]
        .irp    n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
        str     q\n, [x28, #(256 + 16 * \n)]
        .endr
        mov     x0, #7
        rtcall  3
end dump

/* Thread pointer by the context register: the old one, plus the new one read again.  */
begin tp_slot
        ldr     x1, [x25, #16]
        str     x0, [x25, #16]
        ldr     x0, [x25, #16]
        add     x0, x0, x1
        rtcall  3
end tp_slot

/* The same by rtcalls 1 and 2, published layout; x1-x24 must survive.  */
begin spec_tp
        mov     x19, x0
        mov     x20, x30
        ldr     x30, [x27, #8]
        blr     x30
        mov     x21, x0
        mov     x0, x19
        ldr     x30, [x27, #16]
        blr     x30
        mov     x0, #0
        ldr     x30, [x27, #8]
        blr     x30
        add     x0, x0, x21
        ldr     x30, [x27, #24]
        blr     x30
        add     x30, x27, w20, uxtw
end spec_tp

/* Calls rtcall x0 by reading the table below the base at run time: not verifiable, and
   fine where loads are free only after a guard.  Entries 4 to 31, x0 times 12 bytes in.  */
begin unused_entries
        .set    k, 4
        .rept   28
        ldur    x30, [x27, #(-8 * (k + 1))]
        blr     x30
        nop
        .set    k, k + 1
        .endr
        add     x30, x27, w30, uxtw
end unused_entries

/* A jump into the table entry itself instead of a call: x30 stays the entry's address.  */
begin jump_entry
        ldur    x30, [x27, #-8]
        br      x30
end jump_entry

/* Sets fpcr to x0, accumulates flags, calls, ends with fpcr.  */
begin set_fpcr
        msr     fpcr, x0
        mov     x1, #0x1f
        msr     fpsr, x1
        rtcall  0
        mrs     x0, fpcr
        rtcall  3
end set_fpcr

/* sp becomes x0's address, then a system call, then sp - base is the result.  */
begin set_sp
        add     sp, x27, w0, uxtw
        rtcall  0
        mov     x0, sp
        sub     x0, x0, x27
        rtcall  3
end set_sp

/* Faults.  */
begin load_x0
        ldr     x0, [x27, w0, uxtw]
        rtcall  3
end load_x0

begin store_x0
        str     x1, [x27, w0, uxtw]
        mov     x0, #0
        rtcall  3
end store_x0

begin jump_x0
        add     x28, x27, w0, uxtw
        br      x28
end jump_x0

/* The same with something in the registers that a fault reports.  */
begin brk_patterns
        movi    v3.16b, #0x33
        movi    v31.16b, #0x31
        mov     x0, #0xc00000
        msr     fpcr, x0
        mov     x0, #0x1f
        msr     fpsr, x0
        mov     x29, #0x2929
        cmp     x29, x29
        brk     #1
end brk_patterns

/* What fills the page after code.  */
begin udf
        udf     #0
end udf

begin brk
        brk     #1
end brk

begin bad_sp
        add     sp, x27, w0, uxtw
        ldr     x0, [sp, #16]
        rtcall  3
end bad_sp

begin fall_off
        nop
end fall_off

begin loop
        b       .
end loop

/* Stores 1 at x0 + 8, then waits for the word at x0 to be its result.  */
begin spin_word
        add     x28, x27, w0, uxtw
        mov     w1, #1
        str     w1, [x28, #8]
1:      ldr     w1, [x28]
        cbz     w1, 1b
        mov     x0, x1
        rtcall  3
end spin_word

/* As spin_word, then a system call, 1 to x0 + 12, and the same with the word at x0 + 4.  */
begin spin_call_spin
        add     x28, x27, w0, uxtw
        mov     w2, #1
        str     w2, [x28, #8]
1:      ldr     w1, [x28]
        cbz     w1, 1b
        rtcall  0
        str     w2, [x28, #12]
1:      ldr     w1, [x28, #4]
        cbz     w1, 1b
        mov     x0, x1
        rtcall  3
end spin_call_spin

/* Code that the verifier must not accept.  */
begin bad_load
        ldr     x0, [x1]
        rtcall  3
end bad_load

begin bad_svc
        svc     #0
end bad_svc

begin bad_second
        nop
        nop
        ret     x5
end bad_second

/* Two constants, at the same place in two blobs.  */
begin one
        mov     x0, #1
        rtcall  3
end one

begin two
        mov     x0, #2
        rtcall  3
end two

/* Not for boxes: void *check_callee_saved(int (*run)(void *, unsigned long), void *ctx,
   unsigned long entry): calls run with patterns in all registers that a call preserves, and
   x18; the number of those that changed.  */
        .text
        .globl  callee_saved_changed
        .type   callee_saved_changed, %function
callee_saved_changed:
        stp     x29, x30, [sp, #-192]!
        mov     x29, sp
        stp     x19, x20, [sp, #16]
        stp     x21, x22, [sp, #32]
        stp     x23, x24, [sp, #48]
        stp     x25, x26, [sp, #64]
        stp     x27, x28, [sp, #80]
        stp     d8, d9, [sp, #96]
        stp     d10, d11, [sp, #112]
        stp     d12, d13, [sp, #128]
        stp     d14, d15, [sp, #144]
        mov     x9, x0
        mov     x0, x1
        mov     x1, x2
        .irp    n, 18,19,20,21,22,23,24,25,26,27,28
        mov     x\n, #(0x7700 + \n)
        .endr
        .irp    n, 8,9,10,11,12,13,14,15
        movi    v\n\().16b, #(0x40 + \n)
        .endr
        blr     x9
        mov     x0, #0
        .irp    n, 18,19,20,21,22,23,24,25,26,27,28
        mov     x9, #(0x7700 + \n)
        cmp     x\n, x9
        cinc    x0, x0, ne
        .endr
        .irp    n, 8,9,10,11,12,13,14,15
        movi    v0.16b, #(0x40 + \n)
        fmov    x9, d0
        fmov    x10, d\n
        cmp     x9, x10
        cinc    x0, x0, ne
        .endr
        cmp     sp, x29
        cinc    x0, x0, ne
        ldp     x19, x20, [sp, #16]
        ldp     x21, x22, [sp, #32]
        ldp     x23, x24, [sp, #48]
        ldp     x25, x26, [sp, #64]
        ldp     x27, x28, [sp, #80]
        ldp     d8, d9, [sp, #96]
        ldp     d10, d11, [sp, #112]
        ldp     d12, d13, [sp, #128]
        ldp     d14, d15, [sp, #144]
        ldp     x29, x30, [sp], #192
        ret

        .section .note.GNU-stack, "", %progbits
