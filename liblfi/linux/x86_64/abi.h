/* What x86-64 has of its own: registers of a system call, struct stat, open flags.
   SPDX-License-Identifier: Apache-2.0  */
#ifndef LFI_LINUX_X86_64_ABI_H
#define LFI_LINUX_X86_64_ABI_H

#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "lfi_core.h"
#include "profiles/profile.h"

/* Picks the column of syscalls.def.  */
#define ABI_NR(aarch64, x86_64) x86_64
#define ABI_MACHINE "x86_64"
#define ABI_ARCH LFI_ARCH_X86_64

static inline uint64_t abi_number(const struct LFIRegs *r)
{
    return r->rax;
}

static inline void abi_arguments(const struct LFIRegs *r, uint64_t a[6])
{
    a[0] = r->rdi;
    a[1] = r->rsi;
    a[2] = r->rdx;
    a[3] = r->r10;
    a[4] = r->r8;
    a[5] = r->r9;
}

static inline void abi_result(struct LFIRegs *r, int64_t value)
{
    r->rax = (uint64_t)value;
}

/* Where the box goes on after the system call.  */
static inline uint64_t abi_resume(const struct LFIRegs *r)
{
    return r->r11;
}

static inline void abi_set_stack(struct LFIRegs *r, uint64_t sp)
{
    r->rsp = sp;
}

/* All that code of the box can see, to the registers of a thread that does not run yet.  */
static inline void abi_copy_registers(struct LFIRegs *to, const struct LFIRegs *from)
{
    uint64_t host_sp = to->host_sp, host_tp = to->host_tp;
    *to = *from;
    to->host_sp = host_sp;
    to->host_tp = host_tp;
}

/* Registers by their DWARF numbers.  */
enum { ABI_DWARF_SP = 7, ABI_DWARF_RA = 16 };
static inline void abi_dwarf_registers(const struct LFIRegs *r, uint64_t out[])
{
    const uint64_t regs[] = {r->rax, r->rdx, r->rcx, r->rbx, r->rsi, r->rdi, r->rbp, r->rsp,
                             r->r8,  r->r9,  r->r10, r->r11, r->r12, r->r13, r->r14, r->r15};
    memcpy(out, regs, sizeof regs);
}

/* Where a function that has done nothing yet returns to is at the top of the stack.  */
enum { ABI_LINK_REGISTER = -1 };

/* clone(flags, stack, parent_tid, child_tid, tls): the places of the last two differ.  */
enum { ABI_CLONE_TLS = 4, ABI_CLONE_CTID = 3 };

/* arch_prctl.  */
enum { BOX_ARCH_SET_FS = 0x1002, BOX_ARCH_GET_FS = 0x1003 };

struct box_stat {
    uint64_t dev, ino, nlink;
    uint32_t mode, uid, gid, pad1;
    uint64_t rdev;
    int64_t size, blksize, blocks;
    int64_t atime, atime_nsec, mtime, mtime_nsec, ctime, ctime_nsec;
    int64_t unused[3];
};
static_assert(sizeof(struct box_stat) == 144, "as the kernel has it");

struct box_sigaction {
    uint64_t handler, flags, restorer, mask;
};

struct box_epoll_event { /* packed */
    uint32_t events, data[2];
};

enum {
    BOX_PROT_KNOWN = 0xf, /* READ, WRITE, EXEC, SEM */

    BOX_O_ACCMODE = 3,
    BOX_O_CREAT = 0100,
    BOX_O_EXCL = 0200,
    BOX_O_NOCTTY = 0400,
    BOX_O_TRUNC = 01000,
    BOX_O_APPEND = 02000,
    BOX_O_NONBLOCK = 04000,
    BOX_O_DSYNC = 010000,
    BOX_O_DIRECT = 040000,
    BOX_O_LARGEFILE = 0100000,
    BOX_O_DIRECTORY = 0200000,
    BOX_O_NOFOLLOW = 0400000,
    BOX_O_NOATIME = 01000000,
    BOX_O_CLOEXEC = 02000000,
    BOX_O_SYNC = 04000000, /* with DSYNC */
    BOX_O_PATH = 010000000,
    BOX_O_TMPFILE = 020000000 /* with DIRECTORY */
};

/* AT_HWCAP is cpuid 1's edx.  Bits for instructions that the verifier accepts whatever the
   profile: FPU, TSC, CX8, CMOV, MMX, SSE, SSE2; a profile's instruction sets have none here.  */
#define ABI_HWCAP_BASE                                                                             \
    (UINT64_C(1) << 0 | UINT64_C(1) << 4 | UINT64_C(1) << 8 | UINT64_C(1) << 15                    \
     | UINT64_C(1) << 23 | UINT64_C(1) << 25 | UINT64_C(1) << 26)
static const struct {
    uint32_t isa;
    uint64_t hwcap;
} abi_hwcaps[] = {
    {LFI_ISA_X86_DEFAULT, 0},
};

#endif
