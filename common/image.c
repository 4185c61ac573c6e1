/* A linked file that tools look at and change in place.
   SPDX-License-Identifier: Apache-2.0  */
#include "config.h"

#include "common/image.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

bool image_has(const struct Image *m, uint64_t offset, uint64_t size)
{
    return offset <= m->size && size <= m->size - offset;
}

static bool read_head(struct Image *m)
{
    if (!image_has(m, 0, sizeof m->head))
        return false;
    memcpy(&m->head, m->bytes, sizeof m->head);
    const Elf64_Ehdr *h = &m->head;
    return memcmp(h->e_ident, ELFMAG, SELFMAG) == 0 && h->e_ident[EI_CLASS] == ELFCLASS64
           && h->e_ident[EI_DATA] == ELFDATA2LSB
           && (h->e_phnum == 0 || h->e_phentsize == sizeof(Elf64_Phdr))
           && h->e_shentsize == sizeof(Elf64_Shdr) && h->e_shnum != 0
           && image_has(m, h->e_phoff, (uint64_t)h->e_phnum * sizeof(Elf64_Phdr))
           && image_has(m, h->e_shoff, (uint64_t)h->e_shnum * sizeof(Elf64_Shdr));
}

bool image_of(struct Image *m, uint8_t *bytes, uint64_t size)
{
    *m = (struct Image){.bytes = bytes, .size = size};
    return read_head(m);
}

int image_open(struct Image *m, const char *path)
{
    struct stat st;
    memset(m, 0, sizeof *m);
    if (stat(path, &st) != 0)
        return -1;
    if (!S_ISREG(st.st_mode) || st.st_size == 0)
        return 0;
    int fd = open(path, O_RDWR | O_CLOEXEC);
    if (fd < 0)
        return -1;
    m->size = (uint64_t)st.st_size;
    m->bytes = mmap(NULL, m->size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    int err = errno;
    close(fd);
    errno = err;
    if (m->bytes == MAP_FAILED)
        return -1;
    if (read_head(m))
        return 1;
    image_close(m);
    return 0;
}

void image_close(struct Image *m)
{
    int err = errno;
    munmap(m->bytes, m->size);
    errno = err;
}

Elf64_Shdr image_section(const struct Image *m, unsigned i)
{
    Elf64_Shdr s;
    memcpy(&s, m->bytes + m->head.e_shoff + i * sizeof s, sizeof s);
    return s;
}

Elf64_Phdr image_segment(const struct Image *m, unsigned i)
{
    Elf64_Phdr p;
    memcpy(&p, m->bytes + m->head.e_phoff + i * sizeof p, sizeof p);
    return p;
}

bool image_is_named(const struct Image *m, const Elf64_Shdr *s, const char *name)
{
    size_t len = strlen(name) + 1;
    if (m->head.e_shstrndx >= m->head.e_shnum)
        return false;
    Elf64_Shdr names = image_section(m, m->head.e_shstrndx);
    return image_has(m, names.sh_offset, names.sh_size) && s->sh_name < names.sh_size
           && len <= names.sh_size - s->sh_name
           && memcmp(m->bytes + names.sh_offset + s->sh_name, name, len) == 0;
}

bool image_find(const struct Image *m, const char *name, Elf64_Shdr *out)
{
    for (unsigned i = 1; i < m->head.e_shnum; i++) {
        *out = image_section(m, i);
        if (out->sh_type != SHT_NOBITS && image_has(m, out->sh_offset, out->sh_size)
            && image_is_named(m, out, name))
            return true;
    }
    memset(out, 0, sizeof *out);
    return false;
}
