/* What arm64 has of its own: registers of a system call, struct stat, open flags.
   SPDX-License-Identifier: Apache-2.0  */
#ifndef LFI_LINUX_AARCH64_ABI_H
#define LFI_LINUX_AARCH64_ABI_H

#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "lfi_core.h"
#include "profiles/profile.h"

/* Picks the column of syscalls.def.  */
#define ABI_NR(aarch64, x86_64) aarch64
#define ABI_MACHINE "aarch64"
#define ABI_ARCH LFI_ARCH_AARCH64

static inline uint64_t abi_number(const struct LFIRegs *r)
{
    return r->x8;
}

static inline void abi_arguments(const struct LFIRegs *r, uint64_t a[6])
{
    a[0] = r->x0;
    a[1] = r->x1;
    a[2] = r->x2;
    a[3] = r->x3;
    a[4] = r->x4;
    a[5] = r->x5;
}

static inline void abi_result(struct LFIRegs *r, int64_t value)
{
    r->x0 = (uint64_t)value;
}

/* Where the box goes on after the system call.  */
static inline uint64_t abi_resume(const struct LFIRegs *r)
{
    return r->x30;
}

static inline void abi_set_stack(struct LFIRegs *r, uint64_t sp)
{
    r->sp = sp;
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
enum { ABI_DWARF_SP = 31, ABI_DWARF_RA = 30 };
static inline void abi_dwarf_registers(const struct LFIRegs *r, uint64_t out[])
{
    memcpy(out, &r->x0, 31 * sizeof out[0]); /* x0 to x30 follow each other */
    out[ABI_DWARF_SP] = r->sp;
}

/* Where a function that has done nothing yet returns to is in this register.  */
enum { ABI_LINK_REGISTER = 30 };

/* clone(flags, stack, parent_tid, tls, child_tid): the places of the last two differ.  */
enum { ABI_CLONE_TLS = 3, ABI_CLONE_CTID = 4 };

struct box_stat {
    uint64_t dev, ino;
    uint32_t mode, nlink, uid, gid;
    uint64_t rdev, pad1;
    int64_t size;
    int32_t blksize, pad2;
    int64_t blocks;
    int64_t atime, atime_nsec, mtime, mtime_nsec, ctime, ctime_nsec;
    uint32_t unused[2];
};
static_assert(sizeof(struct box_stat) == 128, "as the kernel has it");

struct box_sigaction {
    uint64_t handler, flags, restorer, mask;
};

struct box_epoll_event {
    uint32_t events, pad, data[2];
};

enum {
    BOX_PROT_KNOWN = 0x1f, /* READ, WRITE, EXEC, SEM, BTI */

    BOX_O_ACCMODE = 3,
    BOX_O_CREAT = 0100,
    BOX_O_EXCL = 0200,
    BOX_O_NOCTTY = 0400,
    BOX_O_TRUNC = 01000,
    BOX_O_APPEND = 02000,
    BOX_O_NONBLOCK = 04000,
    BOX_O_DSYNC = 010000,
    BOX_O_DIRECTORY = 040000,
    BOX_O_NOFOLLOW = 0100000,
    BOX_O_DIRECT = 0200000,
    BOX_O_LARGEFILE = 0400000,
    BOX_O_NOATIME = 01000000,
    BOX_O_CLOEXEC = 02000000,
    BOX_O_SYNC = 04000000, /* with DSYNC */
    BOX_O_PATH = 010000000,
    BOX_O_TMPFILE = 020000000 /* with DIRECTORY */
};

/* AT_HWCAP bits for instructions that the verifier accepts whatever the profile: FP, ASIMD,
   ATOMICS; and those that a bit of the profile's instruction sets stands for.  */
#define ABI_HWCAP_BASE (UINT64_C(1) << 0 | UINT64_C(1) << 1 | UINT64_C(1) << 8)
static const struct {
    uint32_t isa;
    uint64_t hwcap;
} abi_hwcaps[] = {
    {LFI_ISA_ARM64_CRC32, UINT64_C(1) << 7},
    {LFI_ISA_ARM64_AES, UINT64_C(1) << 3 | UINT64_C(1) << 4},
    {LFI_ISA_ARM64_SHA2, UINT64_C(1) << 5 | UINT64_C(1) << 6},
    {LFI_ISA_ARM64_SHA3, UINT64_C(1) << 17 | UINT64_C(1) << 21},
    {LFI_ISA_ARM64_RDM, UINT64_C(1) << 12},
    {LFI_ISA_ARM64_DOTPROD, UINT64_C(1) << 20},
    {LFI_ISA_ARM64_FP16, UINT64_C(1) << 9 | UINT64_C(1) << 10},
};

#endif
