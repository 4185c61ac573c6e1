/* What the linker leaves between and within sections of code.
   SPDX-License-Identifier: Apache-2.0  */
#ifndef LFI_FILL_H
#define LFI_FILL_H

#include "common/image.h"

/* Sets to BYTE what the linker padded within sections of code, as its map (option -Map) has it.
   0, or -1 with errno.  */
int fill_within(struct Image *m, const char *map, uint8_t byte);

/* Sets to BYTE what no section covers of the executable segments of the linked image, and makes
   that a part of the section before it.  */
void fill_between(struct Image *m, uint8_t byte);

#endif
