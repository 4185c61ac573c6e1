/* Accesses to memory of boxes that may fault at any instruction.
   SPDX-License-Identifier: Apache-2.0

   Leaf functions without a frame: when an instruction between lfi_arch_copy_begin and
   lfi_arch_copy_end faults, the signal handler continues at lfi_arch_copy_fault, which
   returns to the caller with the failure value.  */

        .text
        .macro  function name
        .globl  \name
        .hidden \name
        .type   \name, @function
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
        subq    $64, %rdx
        jb      .Ltail
        movups  (%rsi), %xmm0
        movups  16(%rsi), %xmm1
        movups  32(%rsi), %xmm2
        movups  48(%rsi), %xmm3
        movups  %xmm0, (%rdi)
        movups  %xmm1, 16(%rdi)
        movups  %xmm2, 32(%rdi)
        movups  %xmm3, 48(%rdi)
        addq    $64, %rsi
        addq    $64, %rdi
        jmp     .Lblocks
.Ltail:
        testb   $32, %dl
        jz      1f
        movups  (%rsi), %xmm0
        movups  16(%rsi), %xmm1
        movups  %xmm0, (%rdi)
        movups  %xmm1, 16(%rdi)
        addq    $32, %rsi
        addq    $32, %rdi
1:      testb   $16, %dl
        jz      1f
        movups  (%rsi), %xmm0
        movups  %xmm0, (%rdi)
        addq    $16, %rsi
        addq    $16, %rdi
1:      testb   $8, %dl
        jz      1f
        movq    (%rsi), %rax
        movq    %rax, (%rdi)
        addq    $8, %rsi
        addq    $8, %rdi
1:      testb   $4, %dl
        jz      1f
        movl    (%rsi), %eax
        movl    %eax, (%rdi)
        addq    $4, %rsi
        addq    $4, %rdi
1:      testb   $2, %dl
        jz      1f
        movzwl  (%rsi), %eax
        movw    %ax, (%rdi)
        addq    $2, %rsi
        addq    $2, %rdi
1:      testb   $1, %dl
        jz      1f
        movzbl  (%rsi), %eax
        movb    %al, (%rdi)
1:      xorl    %eax, %eax
        ret
        .size   lfi_arch_copy, . - lfi_arch_copy

/* size_t lfi_arch_strnlen(const char *s, size_t max): at most max, or SIZE_MAX.  Whole
   aligned words are read: they do not reach into another page.  */
function lfi_arch_strnlen
        xorl    %eax, %eax
        testq   %rsi, %rsi
        jz      .Ldone
        movabsq $0x0101010101010101, %r8
        movabsq $0x8080808080808080, %r9
.Lbytes:
        leaq    (%rdi,%rax), %rcx
        testb   $7, %cl
        jz      .Lwords
        cmpb    $0, (%rcx)
        je      .Ldone
        incq    %rax
        cmpq    %rsi, %rax
        jb      .Lbytes
        ret
.Lwords:
        movq    (%rdi,%rax), %rcx
        movq    %rcx, %rdx
        notq    %rdx
        subq    %r8, %rcx
        andq    %rdx, %rcx
        andq    %r9, %rcx
        jnz     .Lfound
        addq    $8, %rax
        cmpq    %rsi, %rax
        jb      .Lwords
        jmp     .Lclip
.Lfound:
        bsfq    %rcx, %rcx
        shrl    $3, %ecx
        addq    %rcx, %rax
.Lclip:
        cmpq    %rsi, %rax
        cmova   %rsi, %rax
.Ldone:
        ret
        .size   lfi_arch_strnlen, . - lfi_arch_strnlen

/* uint64_t lfi_arch_cas(uint32_t *p, uint32_t old, uint32_t new): what was there, or UINT64_MAX.
   Aligned.  */
function lfi_arch_cas
        movl    %esi, %eax
        lock cmpxchgl %edx, (%rdi)
        movl    %eax, %eax
        ret
        .size   lfi_arch_cas, . - lfi_arch_cas
lfi_arch_copy_end:

function lfi_arch_copy_fault
        movq    $-1, %rax
        ret
        .size   lfi_arch_copy_fault, . - lfi_arch_copy_fault

        .section .note.GNU-stack, "", @progbits
