/* What the linker leaves between and within sections of code.
   SPDX-License-Identifier: Apache-2.0  */
#ifndef LFI_FILL_H
#define LFI_FILL_H

#include <stdint.h>

/* Sets to BYTE what no section covers of the executable segments of the linked image, and what
   the linker padded within sections of code, as its map (option -Map) has it.  Does nothing to
   anything else than a regular file with an ELF64 image.  0, or -1 with errno.  */
int fill_gaps(const char *image, const char *map, uint8_t byte);

#endif
