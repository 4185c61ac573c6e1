/* The linker's procedure linkage table, made of code that a box may run.
   SPDX-License-Identifier: Apache-2.0  */
#ifndef LFI_PLT_H
#define LFI_PLT_H

#include "common/image.h"
#include "profiles/profile.h"

#include <stdbool.h>

/* The linker's script of which plt_fix finds the result, and the assembly of a stub that is linked
   as well, for images with a dynamic linker; NULL where stubs fit into the table itself.  */
const char *plt_script(const struct LFIProfile *profile);
const char *plt_stub(const struct LFIProfile *profile);

/* Replaces what GNU ld, called with "-z now", on arm64 "-z pac-plt", and for metered code of x86-64 "-z ibtplt", wrote into the tables of
   the image.  NULL, or why that is not possible: one line.  */
const char *plt_fix(struct Image *m, const struct LFIProfile *profile);

#endif
