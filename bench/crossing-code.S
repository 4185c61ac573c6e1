/* Boxes for bench/crossing.c: code that returns at once, code that makes as many system calls as its
   first argument says; a function, and one that calls its first argument as often as the second
   says.
   SPDX-License-Identifier: Apache-2.0  */
        .section .rodata
        .globl  code_return, code_return_end, code_calls, code_calls_end
        .globl  code_function, code_function_end, code_back, code_back_end

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

        .macro  return
        popq    %r11
        .bundle_lock
        andl    $-32, %r11d
        addq    %r14, %r11
        jmp     *%r11
        .bundle_unlock
        .endm

        .balign 32
code_function:
        movl    %edi, %eax
        return
code_function_end:

        .balign 32
code_back:
        pushq   %rbx
        pushq   %r12
        pushq   %r13
        movq    %rdi, %rbx
        movq    %rsi, %r12
1:      movl    %r12d, %edi
        movl    %ebx, %r13d
        /* The call ends its bundle.  */
        .balign 32, 0x90
        .fill   22, 1, 0x90
        .bundle_lock
        andl    $-32, %r13d
        addq    %r14, %r13
        call    *%r13
        .bundle_unlock
        subq    $1, %r12
        jnz     1b
        popq    %r13
        popq    %r12
        popq    %rbx
        return
code_back_end:

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

code_function:
        ret
code_function_end:

code_back:
        stp     x29, x30, [sp, #-32]!
        stp     x19, x20, [sp, #16]
        mov     x19, x0
        mov     x20, x1
1:      mov     x0, x20
        add     x28, x27, w19, uxtw
        blr     x28
        subs    x20, x20, #1
        b.ne    1b
        ldp     x19, x20, [sp, #16]
        ldp     x29, x30, [sp], #32
        add     x30, x27, w30, uxtw
        ret
code_back_end:
#endif

        .section .note.GNU-stack, "", %progbits
