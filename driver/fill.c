/* What the linker leaves between and within sections of code.
   SPDX-License-Identifier: Apache-2.0

   Between sections GNU ld has zeros, which on x86-64 are an instruction that writes to memory.
   Within a section, between those of two object files, it has the longest nops there are,
   which cross bundles.  */
#include "config.h"

#include "driver/fill.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The end of the section of the file that covers OFFSET; else OFFSET, and in *NEXT where the
   next section begins if that is before its old value.  */
static uint64_t covered(const struct Image *m, uint64_t offset, uint64_t *next)
{
    for (unsigned i = 0; i < m->head.e_shnum; i++) {
        Elf64_Shdr s = image_section(m, i);
        if (!(s.sh_flags & SHF_ALLOC) || s.sh_type == SHT_NOBITS
            || !image_has(m, s.sh_offset, s.sh_size))
            continue;
        if (offset >= s.sh_offset && offset - s.sh_offset < s.sh_size)
            return s.sh_offset + s.sh_size;
        if (s.sh_offset > offset && s.sh_offset < *next)
            *next = s.sh_offset;
    }
    return offset;
}

/* The section that ends there gets longer, if there is one: strip and objcopy write sections and
   put zeros between them.  */
static void grow_section(struct Image *m, uint64_t end, uint64_t size)
{
    for (unsigned i = 1; i < m->head.e_shnum; i++) {
        Elf64_Shdr s = image_section(m, i);
        if (!(s.sh_flags & SHF_EXECINSTR) || s.sh_type == SHT_NOBITS
            || s.sh_offset + s.sh_size != end || !s.sh_size)
            continue;
        s.sh_size += size;
        memcpy(m->bytes + m->head.e_shoff + i * sizeof s, &s, sizeof s);
        return;
    }
}

static void fill_segment(struct Image *m, const Elf64_Phdr *p, uint8_t byte)
{
    uint64_t end = p->p_offset + p->p_filesz;
    for (uint64_t at = p->p_offset; at < end;) {
        uint64_t next = end, past = covered(m, at, &next);
        if (past == at) {
            memset(m->bytes + at, byte, next - at);
            grow_section(m, at, next - at);
            past = next;
        }
        at = past;
    }
}

void fill_between(struct Image *m, uint8_t byte)
{
    for (unsigned i = 0; i < m->head.e_phnum; i++) {
        Elf64_Phdr p = image_segment(m, i);
        if (p.p_type == PT_LOAD && p.p_flags & PF_X && image_has(m, p.p_offset, p.p_filesz))
            fill_segment(m, &p, byte);
    }
}

/* The padding at ADDRESS in the section of code of that name.  In a relocatable file every
   section starts at zero, so that the name matters.  */
static void fill_padding(struct Image *m, const char *section, uint64_t address, uint64_t size, uint8_t byte)
{
    for (unsigned i = 0; i < m->head.e_shnum; i++) {
        Elf64_Shdr s = image_section(m, i);
        if (s.sh_flags & SHF_EXECINSTR && s.sh_type == SHT_PROGBITS
            && image_has(m, s.sh_offset, s.sh_size) && image_is_named(m, &s, section)
            && address >= s.sh_addr && address - s.sh_addr <= s.sh_size
            && size <= s.sh_size - (address - s.sh_addr)) {
            memset(m->bytes + s.sh_offset + (address - s.sh_addr), byte, size);
            return;
        }
    }
}

/* A line of the map that starts with a name begins an output section; " *fill*" is padding in it.  */
int fill_within(struct Image *m, const char *map, uint8_t byte)
{
    FILE *f = fopen(map, "re");
    char *line = NULL, *section = NULL;
    size_t room = 0;
    uint64_t address, size;
    if (!f)
        return -1;
    while (getline(&line, &room, f) > 0) {
        if (strchr(" \t\n", line[0]) == NULL) {
            free(section);
            section = strdup(line);
            if (!section)
                break;
            section[strcspn(section, " \t\n")] = 0;
        } else if (section && sscanf(line, " *fill* 0x%" SCNx64 " 0x%" SCNx64, &address, &size) == 2) {
            fill_padding(m, section, address, size, byte);
        }
    }
    int failed = ferror(f) || !feof(f) ? -1 : 0;
    free(section);
    free(line);
    fclose(f);
    return failed;
}
