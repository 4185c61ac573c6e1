/* What the linker leaves between sections of code.
   SPDX-License-Identifier: Apache-2.0  */
#ifndef LFI_FILL_H
#define LFI_FILL_H

#include <stdint.h>

/* Sets to BYTE all of the executable segments of the linked image that no section covers.
   Does nothing to anything else than a regular file with an ELF64 image.  0, or -1 with
   errno.  */
int fill_gaps(const char *image, uint8_t byte);

#endif
