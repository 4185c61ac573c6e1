/* Accesses to thread-local variables that the linker changed.
   SPDX-License-Identifier: Apache-2.0  */
#ifndef LFI_RELAX_H
#define LFI_RELAX_H

#include "common/image.h"
#include "profiles/profile.h"

/* Confines what GNU ld made of the sequences that the rewriter left to it.  */
void relax_fix(struct Image *m, enum LFIArch arch);

#endif
