/* Boxes for bench/crossing.c: code that returns at once, and code that makes as many system calls
   as its first argument says.
   SPDX-License-Identifier: Apache-2.0  */
        .section .rodata
        .globl  code_return, code_return_end, code_calls, code_calls_end

#if defined(__x86_64__)
        .bundle_align_mode 5
        .macro  rtcall k
        .bundle_lock
        leaq    .Lnext\@(%rip), %r11
        jmp     *%gs:-8 * (\k + 1)
        .bundle_unlock
        .balign 32, 0x90
.Lnext\@:
        .endm

        .balign 32
code_return:
        rtcall  3
code_return_end:

        .balign 32
code_calls:
        movl    $39, %eax
        rtcall  0
        subq    $1, %rdi
        jnz     code_calls
        rtcall  3
code_calls_end:

#elif defined(__aarch64__)
        .macro  rtcall k
        mov     x26, x30
        ldur    x30, [x27, #-8 * (\k + 1)]
        blr     x30
        add     x30, x27, w26, uxtw
        .endm

code_return:
        rtcall  3
code_return_end:

code_calls:
        mov     x19, x0
1:      mov     x8, #172
        rtcall  0
        subs    x19, x19, #1
        b.ne    1b
        rtcall  3
code_calls_end:
#endif

        .section .note.GNU-stack, "", %progbits
