/* lfi-rewrite --flags: what other programs must be told for a profile.
   SPDX-License-Identifier: Apache-2.0  */
#ifndef LFI_FLAGS_H
#define LFI_FLAGS_H

#include "profiles/profile.h"

/* The options for PROGRAM (gcc, clang, postlink), separated by blanks, to be freed; exits with a
   message if it is another one or cannot make code of the profile.  */
char *flags_for(const char *program, const struct LFIProfile *profile);

#endif
