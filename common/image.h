/* A linked file that tools look at and change in place.
   SPDX-License-Identifier: Apache-2.0  */
#ifndef LFI_IMAGE_H
#define LFI_IMAGE_H

#include <elf.h>
#include <stdbool.h>
#include <stdint.h>

struct Image {
    uint8_t *bytes; /* of the file, which follows what is written here */
    uint64_t size;
    Elf64_Ehdr head;
};

/* 1 if PATH is an ELF64 file whose headers lie in it; 0 if it is something else; -1 with errno.  To
   be closed after 1 alone.  */
int image_open(struct Image *m, const char *path);
void image_close(struct Image *m);

/* The same of a file in memory; true if it is such a file.  Nothing to close.  */
bool image_of(struct Image *m, uint8_t *bytes, uint64_t size);

/* Whether [offset, offset + size) lies in the file.  */
bool image_has(const struct Image *m, uint64_t offset, uint64_t size);

/* Section or program header I, which must exist.  */
Elf64_Shdr image_section(const struct Image *m, unsigned i);
Elf64_Phdr image_segment(const struct Image *m, unsigned i);

/* Whether the section's name is that one.  */
bool image_is_named(const struct Image *m, const Elf64_Shdr *s, const char *name);

/* The first section of that name with its contents in the file; false, and zeros, if there is none.
 */
bool image_find(const struct Image *m, const char *name, Elf64_Shdr *out);

#endif
