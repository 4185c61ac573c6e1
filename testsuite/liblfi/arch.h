/* What the test programs of liblfi need to know about the architecture.
   SPDX-License-Identifier: Apache-2.0  */
#ifndef LFI_TEST_ARCH_H
#define LFI_TEST_ARCH_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "include/lfi_layout.h"
#include "profiles/profile.h"

/* Fields of struct LFIRegs by their meaning in the blobs of code*.S: argument and result,
   second argument, number of the call, stack, base, context, where a system call returns to, number
   of a callback.  */
#if defined(__aarch64__)
#define ARCH LFI_ARCH_AARCH64
#define A0 x0
#define A1 x1
#define NR x8
#define SP sp
#define BASE x27
#define CTXREG x25
#define RESUME x30
#define NUMBER x17
#define LAYOUT_MIN LFI_ARM64_GUARD_LOW
#define LAYOUT_MAX (LFI_BOX_SIZE - LFI_ARM64_GUARD_HIGH)
#define LAYOUT_MAX_EXEC (LFI_BOX_SIZE - LFI_ARM64_BRANCH_REACH)
#define STRIDE LFI_BOX_SIZE
#define EDGE_BELOW LFI_ARM64_BRANCH_REACH
#define EDGE_ABOVE LFI_BOX_SIZE
#define MAX_BOXES 65536
#define TRAP_SIGNAL SIGILL /* of what fills pages */
#define HAVE_SPEC 1        /* profiles with the published layout */
enum { ENTRY_ALIGN = 4, UNUSED_ENTRY = 12, UNUSED_PC = 4 };
static inline void fill_nops(void *code, size_t size)
{
    for (size_t i = 0; i < size / 4; i++)
        ((uint32_t *)code)[i] = 0xd503201f;
}
enum { TRAP_BYTE = 0 };
#elif defined(__x86_64__)
#define ARCH LFI_ARCH_X86_64
#define A0 rax
#define A1 rdi
#define NR rdx
#define SP rsp
#define BASE r14
#define CTXREG r15
#define RESUME r11
#define NUMBER r10
#define LAYOUT_MIN LFI_X86_64_LOW
#define LAYOUT_MAX (LFI_BOX_SIZE - LFI_X86_64_HIGH)
#define LAYOUT_MAX_EXEC LAYOUT_MAX
#define STRIDE (44 * (UINT64_C(1) << 30))
#define EDGE_BELOW (40 * (UINT64_C(1) << 30) - 4096)
#define EDGE_ABOVE (40 * (UINT64_C(1) << 30))
#define MAX_BOXES 2977
#define TRAP_SIGNAL SIGTRAP
#define HAVE_SPEC 0
enum { ENTRY_ALIGN = 32, UNUSED_ENTRY = 32, UNUSED_PC = 0 };
static inline void fill_nops(void *code, size_t size)
{
    memset(code, 0x90, size);
}
enum { TRAP_BYTE = 0xcc };
#endif

static inline bool is_traps(const unsigned char *code, size_t size)
{
    while (size > 0 && code[size - 1] == TRAP_BYTE)
        size--;
    return size == 0;
}

#endif
