/* The arm64 rules.
   SPDX-License-Identifier: Apache-2.0  */
#include "lfiv.h"

bool lfiv_verify_arm64(char *code, size_t size, uintptr_t vaddr, struct LFIVOptions *opts)
{
    (void)code, (void)size, (void)vaddr, (void)opts;
    return false;
}
