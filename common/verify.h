/* Verifies a linked file; for tools that also use liblfiv.
   SPDX-License-Identifier: Apache-2.0  */
#ifndef LFI_VERIFY_IMAGE_H
#define LFI_VERIFY_IMAGE_H

#include "common/image.h"
#include "profiles/profile.h"

/* NULL if the program or library obeys the rules of the profile, has no code, is none, or if the
   profile has no rules; else the first thing that is wrong, one line, allocated.  */
char *verify_image(const struct Image *m, const struct LFIProfile *profile);

#endif
