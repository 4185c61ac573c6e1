/* Pointers that come from a box, and accesses through them.
   SPDX-License-Identifier: Apache-2.0  */
#include "config.h"

#include <errno.h>

#include "liblfi/core/internal.h"

bool lfi_box_ptrvalid(struct LFIBox *box, lfiptr addr)
{
    return addr >= box->min && addr < box->max;
}

bool lfi_box_bufvalid(struct LFIBox *box, lfiptr addr, size_t size)
{
    return lfi_box_ptrvalid(box, addr) && size <= box->max - addr;
}

static void bad_pointer(void)
{
    lfi_fail_errno(LFI_ERR_ARG, EFAULT, "memory of the box that cannot be accessed");
}

size_t lfi_box_strnlen(struct LFIBox *box, lfiptr addr, size_t max)
{
    size_t n = SIZE_MAX;
    if (lfi_box_ptrvalid(box, addr)) {
        /* At max lies a guard: a string that reaches it has no end.  */
        size_t room = box->max - addr;
        n = lfi_arch_strnlen((const char *)addr, max < room ? max : room);
        if (max > room && n == room)
            n = SIZE_MAX;
    }
    if (n == SIZE_MAX)
        bad_pointer();
    return n;
}

void *lfi_box_copyfm(struct LFIBox *box, void *dst, lfiptr src, size_t size)
{
    if (lfi_box_bufvalid(box, src, size) && lfi_arch_copy(dst, (const void *)src, size) == 0)
        return dst;
    bad_pointer();
    return NULL;
}

lfiptr lfi_box_copyto(struct LFIBox *box, lfiptr dst, const void *src, size_t size)
{
    if (lfi_box_bufvalid(box, dst, size) && lfi_arch_copy((void *)dst, src, size) == 0)
        return dst;
    bad_pointer();
    return 0;
}

uint64_t lfi_box_cas(struct LFIBox *box, lfiptr addr, uint32_t old, uint32_t new)
{
    uint64_t seen = UINT64_MAX;
    if (addr % sizeof old == 0 && lfi_box_bufvalid(box, addr, sizeof old))
        seen = lfi_arch_cas((uint32_t *)addr, old, new);
    if (seen == UINT64_MAX)
        bad_pointer();
    return seen;
}

uintptr_t lfi_box_l2p(struct LFIBox *box, lfiptr addr)
{
    return box->base + (addr & (LFI_BOX_SIZE - 1));
}

lfiptr lfi_box_p2l(struct LFIBox *box, uintptr_t addr)
{
    return (box->profile->poc ? 0 : box->base) + (addr & (LFI_BOX_SIZE - 1));
}
