/* Accesses to thread-local variables that the linker changed.
   SPDX-License-Identifier: Apache-2.0

   arm64.  In a program that uses a library's variable GNU ld loads the offset from the global
   offset table where the compiler asked a function for it, with a load of its own:

     adrp x0, PAGE                       adrp x0, PAGE
     add  x28, x27, w0, uxtw             add  x28, x27, w0, uxtw
     ldr  x1, [x28, #OFF]          ->    ldr  x0, [x0, #OFF]
     add  x0, x0, #OFF                   nop
     add  x28, x27, w1, uxtw             add  x28, x27, w1, uxtw
     blr  x28                            nop

   That load is made to go through x28.  What else the linker makes of such sequences is code that a
   box may run: immediates, or on x86-64 an instruction of its own (gas-wrapper/x86_64/tls.c).  */
#include "config.h"

#include "driver/relax.h"

#include <string.h>

static void a64_fix_segment(uint8_t *code, uint64_t size)
{
    static const uint32_t guard = 0x8b20437c, load = 0xf9400000, operand = 0xffc003ff;
    uint32_t before = 0, now;
    for (uint64_t at = 0; at + sizeof now <= size; at += sizeof now, before = now) {
        memcpy(&now, code + at, sizeof now);
        if (before != guard || (now & operand) != load)
            continue;
        now |= 28 << 5;
        memcpy(code + at, &now, sizeof now);
    }
}

void relax_fix(struct Image *m, enum LFIArch arch)
{
    if (arch != LFI_ARCH_AARCH64)
        return;
    for (unsigned i = 0; i < m->head.e_phnum; i++) {
        Elf64_Phdr p = image_segment(m, i);
        if (p.p_type == PT_LOAD && p.p_flags & PF_X && image_has(m, p.p_offset, p.p_filesz))
            a64_fix_segment(m->bytes + p.p_offset, p.p_filesz);
    }
}
