/* Accesses to memory of boxes that may fault at any instruction.
   SPDX-License-Identifier: Apache-2.0

   Leaf functions without a frame: when an instruction between lfi_arch_copy_begin and
   lfi_arch_copy_end faults, the signal handler continues at lfi_arch_copy_fault, which
   returns to the caller with the failure value.  */

        .text
        .macro  function name
        .globl  \name
        .hidden \name
        .type   \name, %function
        .p2align 4
\name:
        .endm

        .globl  lfi_arch_copy_begin, lfi_arch_copy_end
        .hidden lfi_arch_copy_begin, lfi_arch_copy_end
        .p2align 4
lfi_arch_copy_begin:

/* size_t lfi_arch_copy(void *dst, const void *src, size_t n): 0, or SIZE_MAX.  Does not
   overlap.  1, 2, 4 or 8 bytes are one access each way.  */
function lfi_arch_copy
.Lblocks:
        subs    x2, x2, #64
        b.lo    .Ltail
        ldp     x3, x4, [x1]
        ldp     x5, x6, [x1, #16]
        ldp     x7, x8, [x1, #32]
        ldp     x9, x10, [x1, #48]
        stp     x3, x4, [x0]
        stp     x5, x6, [x0, #16]
        stp     x7, x8, [x0, #32]
        stp     x9, x10, [x0, #48]
        add     x1, x1, #64
        add     x0, x0, #64
        b       .Lblocks
.Ltail:
        tbz     x2, #5, 1f
        ldp     x3, x4, [x1]
        ldp     x5, x6, [x1, #16]
        stp     x3, x4, [x0], #16
        stp     x5, x6, [x0], #16
        add     x1, x1, #32
1:      tbz     x2, #4, 1f
        ldp     x3, x4, [x1], #16
        stp     x3, x4, [x0], #16
1:      tbz     x2, #3, 1f
        ldr     x3, [x1], #8
        str     x3, [x0], #8
1:      tbz     x2, #2, 1f
        ldr     w3, [x1], #4
        str     w3, [x0], #4
1:      tbz     x2, #1, 1f
        ldrh    w3, [x1], #2
        strh    w3, [x0], #2
1:      tbz     x2, #0, 1f
        ldrb    w3, [x1]
        strb    w3, [x0]
1:      mov     x0, #0
        ret
        .size   lfi_arch_copy, . - lfi_arch_copy

/* size_t lfi_arch_strnlen(const char *s, size_t max): at most max, or SIZE_MAX.  Whole
   aligned words are read: they do not reach into another page.  */
function lfi_arch_strnlen
        mov     x2, #0
        cbz     x1, .Ldone
.Lbytes:
        add     x3, x0, x2
        tst     x3, #7
        b.eq    .Lwords
        ldrb    w4, [x3]
        cbz     w4, .Ldone
        add     x2, x2, #1
        cmp     x2, x1
        b.lo    .Lbytes
        b       .Ldone
.Lwords:
        ldr     x4, [x0, x2]
        mov     x5, #0x0101010101010101
        sub     x6, x4, x5
        bic     x6, x6, x4
        ands    x6, x6, #0x8080808080808080
        b.ne    .Lfound
        add     x2, x2, #8
        cmp     x2, x1
        b.lo    .Lwords
        b       .Lclip
.Lfound:
        rbit    x6, x6
        clz     x6, x6
        add     x2, x2, x6, lsr #3
.Lclip:
        cmp     x2, x1
        csel    x2, x2, x1, lo
.Ldone:
        mov     x0, x2
        ret
        .size   lfi_arch_strnlen, . - lfi_arch_strnlen

/* uint64_t lfi_arch_cas(uint32_t *p, uint32_t old, uint32_t new): what was there, or UINT64_MAX.
   Aligned.  */
function lfi_arch_cas
1:      ldaxr   w3, [x0]
        cmp     w3, w1
        b.ne    2f
        stlxr   w4, w2, [x0]
        cbnz    w4, 1b
2:      mov     w0, w3
        ret
        .size   lfi_arch_cas, . - lfi_arch_cas
lfi_arch_copy_end:

function lfi_arch_copy_fault
        mov     x0, #-1
        ret
        .size   lfi_arch_copy_fault, . - lfi_arch_copy_fault

        .section .note.GNU-stack, "", %progbits
