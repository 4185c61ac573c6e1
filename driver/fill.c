/* What the linker leaves between and within sections of code.
   SPDX-License-Identifier: Apache-2.0

   Between sections GNU ld has zeros, which on x86-64 are an instruction that writes to memory.
   Within a section, between those of two object files, it has the longest nops there are,
   which cross bundles.  */
#include "config.h"

#include "driver/fill.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

struct Image {
    uint8_t *bytes;
    uint64_t size;
    Elf64_Ehdr head;
};

static bool in_file(const struct Image *m, uint64_t offset, uint64_t size)
{
    return offset <= m->size && size <= m->size - offset;
}

static bool read_head(struct Image *m)
{
    if (!in_file(m, 0, sizeof m->head))
        return false;
    memcpy(&m->head, m->bytes, sizeof m->head);
    const Elf64_Ehdr *h = &m->head;
    return memcmp(h->e_ident, ELFMAG, SELFMAG) == 0 && h->e_ident[EI_CLASS] == ELFCLASS64
           && h->e_ident[EI_DATA] == ELFDATA2LSB && (h->e_phnum == 0 || h->e_phentsize == sizeof(Elf64_Phdr))
           && h->e_shentsize == sizeof(Elf64_Shdr) && h->e_shnum != 0
           && in_file(m, h->e_phoff, (uint64_t)h->e_phnum * sizeof(Elf64_Phdr))
           && in_file(m, h->e_shoff, (uint64_t)h->e_shnum * sizeof(Elf64_Shdr));
}

/* The end of the section of the file that covers OFFSET; else OFFSET, and in *NEXT where the
   next section begins if that is before its old value.  */
static uint64_t covered(const struct Image *m, uint64_t offset, uint64_t *next)
{
    for (unsigned i = 0; i < m->head.e_shnum; i++) {
        Elf64_Shdr s;
        memcpy(&s, m->bytes + m->head.e_shoff + i * sizeof s, sizeof s);
        if (!(s.sh_flags & SHF_ALLOC) || s.sh_type == SHT_NOBITS || !in_file(m, s.sh_offset, s.sh_size))
            continue;
        if (offset >= s.sh_offset && offset - s.sh_offset < s.sh_size)
            return s.sh_offset + s.sh_size;
        if (s.sh_offset > offset && s.sh_offset < *next)
            *next = s.sh_offset;
    }
    return offset;
}

static void fill_segment(struct Image *m, const Elf64_Phdr *p, uint8_t byte)
{
    uint64_t end = p->p_offset + p->p_filesz;
    for (uint64_t at = p->p_offset; at < end;) {
        uint64_t next = end, past = covered(m, at, &next);
        if (past == at) {
            memset(m->bytes + at, byte, next - at);
            past = next;
        }
        at = past;
    }
}

static void fill_image(struct Image *m, uint8_t byte)
{
    for (unsigned i = 0; i < m->head.e_phnum; i++) {
        Elf64_Phdr p;
        memcpy(&p, m->bytes + m->head.e_phoff + i * sizeof p, sizeof p);
        if (p.p_type == PT_LOAD && p.p_flags & PF_X && in_file(m, p.p_offset, p.p_filesz))
            fill_segment(m, &p, byte);
    }
}

/* The padding at ADDRESS in the section of code of that name.  In a relocatable file every
   section starts at zero, so that the name matters.  */
static void fill_padding(struct Image *m, const char *section, uint64_t address, uint64_t size, uint8_t byte)
{
    Elf64_Shdr names, s;
    if (m->head.e_shstrndx >= m->head.e_shnum)
        return;
    memcpy(&names, m->bytes + m->head.e_shoff + m->head.e_shstrndx * sizeof names, sizeof names);
    if (!in_file(m, names.sh_offset, names.sh_size))
        return;
    const char *text = (const char *)m->bytes + names.sh_offset;
    size_t len = strlen(section) + 1;
    for (unsigned i = 0; i < m->head.e_shnum; i++) {
        memcpy(&s, m->bytes + m->head.e_shoff + i * sizeof s, sizeof s);
        if (s.sh_flags & SHF_EXECINSTR && s.sh_type == SHT_PROGBITS && in_file(m, s.sh_offset, s.sh_size)
            && s.sh_name < names.sh_size && len <= names.sh_size - s.sh_name
            && memcmp(text + s.sh_name, section, len) == 0 && address >= s.sh_addr
            && address - s.sh_addr <= s.sh_size && size <= s.sh_size - (address - s.sh_addr)) {
            memset(m->bytes + s.sh_offset + (address - s.sh_addr), byte, size);
            return;
        }
    }
}

/* A line of the map that starts with a name begins an output section; " *fill*" is padding in it.  */
static int fill_paddings(struct Image *m, const char *map, uint8_t byte)
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

int fill_gaps(const char *image, const char *map, uint8_t byte)
{
    struct stat st;
    struct Image m = {0};
    int status = 0;
    if (stat(image, &st) != 0)
        return -1;
    if (!S_ISREG(st.st_mode) || st.st_size == 0)
        return 0;
    int fd = open(image, O_RDWR | O_CLOEXEC);
    if (fd < 0)
        return -1;
    m.size = (uint64_t)st.st_size;
    m.bytes = mmap(NULL, m.size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    int err = errno;
    close(fd);
    errno = err;
    if (m.bytes == MAP_FAILED)
        return -1;
    if (read_head(&m)) {
        fill_image(&m, byte);
        status = fill_paddings(&m, map, byte);
        err = errno;
    }
    munmap(m.bytes, m.size);
    errno = err;
    return status;
}
