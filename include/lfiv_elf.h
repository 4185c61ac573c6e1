/* liblfiv: checks of linked ELF images before anything is loaded.
   SPDX-License-Identifier: Apache-2.0

   Pure like lfiv.h.  Every field of the file is hostile.  */
#ifndef LFIV_ELF_H
#define LFIV_ELF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { LFIV_ELF_MAXSEGS = 16, LFIV_ELF_READ = 1, LFIV_ELF_WRITE = 2, LFIV_ELF_EXEC = 4 };

/* A load segment.  filesz <= memsz; [offset, offset+filesz) lies in the file;
   offset and vaddr agree modulo LFI_MAX_PAGE or the page size checked for.  */
struct LFIVElfSegment {
    uint64_t vaddr, memsz, offset, filesz;
    int prot; /* LFIV_ELF_* */
};

struct LFIVElf {
    const struct LFIProfile *profile; /* from the note; the published one if there is none */
    bool has_note;
    bool has_entry;             /* false for a library that is not a program */
    uint64_t entry;             /* offset in the image, inside an executable segment; or 0 */
    uint64_t phdr;              /* where the program headers are in the image; 0 if not loaded */
    unsigned phnum;
    unsigned nsegs;             /* ascending by vaddr, page-disjoint */
    struct LFIVElfSegment segs[LFIV_ELF_MAXSEGS];
    uint64_t end;               /* past the last byte of the last segment */
    uint64_t stack_size;        /* p_memsz of PT_GNU_STACK, 0 if not given */
    uint64_t interp, interpsz;  /* file offset and length without NUL of PT_INTERP; 0, 0 if none */
};

/* Checks a linked image (docs/sandbox.md, "ELF") for pages of pagesize bytes.  NULL and
   *out filled in, or a static one-line reason.  */
const char *lfiv_elf_check(const void *file, size_t size, size_t pagesize, struct LFIVElf *out);

/* Name of the function symbol of .symtab or .dynsym that covers the image address, and
   its distance from it, for messages; NULL if there is none or the tables are broken.
   The name is NUL-terminated inside the file and is hostile text.  */
const char *lfiv_elf_symbol(const void *file, size_t size, uint64_t addr, uint64_t *distance);

#ifdef __cplusplus
}
#endif
#endif
