/* The base of the box, where profiles differ in how code reaches it.
   SPDX-License-Identifier: Apache-2.0

     SEGMENT, REGISTER   r14 holds it
     SLOT                it is in a slot of the table of the runtime, which gs reaches
     ZERO                it is 0: a number of 32 bits is an address  */
#include "config.h"

#include "gas-wrapper/x86_64/x86_64.h"
#include "lfi_layout.h"

enum { BASE_SLOT = -8 * (LFI_RTCALL_BASE_SLOT + 1) };

unsigned x86_base_length(const struct rewriter *r)
{
    switch (r->profile->base) {
    case LFI_BASE_ZERO:
        return 0;
    case LFI_BASE_SLOT:
        return 9;
    default:
        return 3;
    }
}

void x86_add_base(struct rewriter *r, unsigned reg)
{
    const char *name = x86_register_name(reg, 8);
    switch (r->profile->base) {
    case LFI_BASE_ZERO:
        break;
    case LFI_BASE_SLOT:
        x86_put(r, 9, "add\t%%gs:%d, %%%s", BASE_SLOT, name);
        break;
    default:
        x86_put(r, 3, "add\t%%r14, %%%s", name);
    }
}

unsigned x86_hold_base(struct rewriter *r)
{
    if (r->profile->base != LFI_BASE_SLOT)
        return R14;
    x86_put(r, 9, "mov\t%%gs:%d, %%r11", BASE_SLOT);
    return R11;
}

unsigned x86_hold_length(const struct rewriter *r)
{
    return r->profile->base == LFI_BASE_SLOT ? 9 : 0;
}

bool x86_has_register(const struct rewriter *r, unsigned reg)
{
    switch (reg) {
    case R12:
        return !x86_meters(r);
    case R11:
        return r->profile->base == LFI_BASE_SLOT;
    case R14:
        return r->profile->base == LFI_BASE_SLOT || r->profile->base == LFI_BASE_ZERO;
    case R15:
        return !r->profile->ctxreg;
    default:
        return true;
    }
}

/* The prefixes that confine an operand whose registers have 64 bits in the text.  */
const char *x86_raw_prefixes(const struct rewriter *r)
{
    return r->profile->base == LFI_BASE_ZERO ? ".byte 0x67" : ".byte 0x65,0x67";
}

unsigned x86_guard_length(const struct rewriter *r)
{
    return r->profile->base == LFI_BASE_ZERO ? 1 : 2;
}
