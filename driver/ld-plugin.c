/* Plugin of GNU ld: refuses to link objects of different profiles.
   SPDX-License-Identifier: Apache-2.0

   ld offers it every file and every archive member that becomes part of the output, as an
   open file, before any other plugin.  It reads the note of each and claims none.  An
   object with code and without a note follows the published rules.  What the compiler
   makes of -flto objects during the link is not offered, but those objects themselves
   are, and they have notes.  */
#include "config.h"

#include "profiles/profile.h"

#include <elf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* The part of the linker's plugin interface that is used here.  */
enum { TAG_END = 0, TAG_REGISTER_CLAIM_FILE = 5, TAG_MESSAGE = 11 };
enum { STATUS_OK = 0, STATUS_ERROR = 1 };
enum { LEVEL_FATAL = 3 };

struct InputFile {
    const char *name;
    int fd;
    off_t offset, filesize;
    void *handle;
};

typedef int (*ClaimFile)(const struct InputFile *file, int *claimed);

struct Transfer {
    int tag;
    union {
        int value;
        const char *string;
        int (*register_claim_file)(ClaimFile handler);
        int (*message)(int level, const char *format, ...);
    } u;
};

int onload(struct Transfer *tv);

static int (*message)(int level, const char *format, ...);

/* The first input that has a profile; all others must have the same.  */
static const struct LFIProfile *first_profile;
static char *first_name;

/* [offset, offset + size) lies within the object.  */
static bool inside(uint64_t offset, uint64_t size, uint64_t total)
{
    return offset <= total && size <= total - offset;
}

/* Profile of an ELF object; NULL when it has none, with *why if something is wrong.  What
   is no proper ELF object is ld's to complain about.  */
static const struct LFIProfile *object_profile(const uint8_t *p, uint64_t size, const char **why)
{
    Elf64_Ehdr eh;
    Elf64_Shdr sh;
    bool code = false;
    const struct LFIProfile *found = NULL;

    if (size < sizeof eh)
        return NULL;
    memcpy(&eh, p, sizeof eh);
    if (memcmp(eh.e_ident, ELFMAG, SELFMAG) != 0 || eh.e_ident[EI_CLASS] != ELFCLASS64
        || eh.e_ident[EI_DATA] != ELFDATA2LSB || eh.e_shentsize != sizeof sh
        || !inside(eh.e_shoff, sizeof sh, size))
        return NULL;
    uint64_t count = eh.e_shnum;
    memcpy(&sh, p + eh.e_shoff, sizeof sh);
    if (count == 0)
        count = sh.sh_size;
    for (uint64_t i = 0; i < count; i++) {
        uint64_t at = eh.e_shoff + i * sizeof sh;
        if (!inside(at, sizeof sh, size))
            break;
        memcpy(&sh, p + at, sizeof sh);
        if (sh.sh_type == SHT_PROGBITS && (sh.sh_flags & SHF_EXECINSTR) && sh.sh_size)
            code = true;
        if (sh.sh_type != SHT_NOTE || !inside(sh.sh_offset, sh.sh_size, size))
            continue;
        const struct LFIProfile *here;
        if (lfi_note_scan(p + sh.sh_offset, sh.sh_size, &here, why) != 0)
            return NULL;
        if (here && found && here != found) {
            *why = "LFI notes of different profiles";
            return NULL;
        }
        if (here)
            found = here;
    }
    if (found || !code)
        return found;
    found = lfi_profile_published(eh.e_machine == EM_AARCH64 ? LFI_ARCH_AARCH64 : LFI_ARCH_X86_64);
    if (!found)
        *why = "code without an LFI note: assemble it with this toolchain";
    return found;
}

/* Text of up to size bytes of the file, NUL-terminated.  */
static void read_text(int fd, off_t at, char *text, size_t size)
{
    ssize_t n = at < 0 ? -1 : pread(fd, text, size - 1, at);
    text[n < 0 ? 0 : n] = 0;
}

/* Name of the archive member whose contents start at the offset: from the header before
   it, or from the table of long names that the header refers to ("/123").  */
static void member_name(int fd, off_t offset, char *name, size_t size)
{
    char header[61];
    read_text(fd, offset - 60, header, 17);
    if (header[0] == '/' && header[1] >= '0' && header[1] <= '9') {
        long entry = atol(header + 1);
        off_t at = 8;
        for (int i = 0; i < 3; i++) { /* symbol tables and "//" come first */
            read_text(fd, at, header, sizeof header);
            if (strlen(header) != 60)
                break;
            if (memcmp(header, "// ", 3) == 0) {
                read_text(fd, at + 60 + entry, name, size);
                name[strcspn(name, "/\n")] = 0;
                return;
            }
            off_t length = atol(header + 48);
            at += 60 + length + (length & 1);
        }
        name[0] = 0;
        return;
    }
    snprintf(name, size, "%.*s", (int)strcspn(header, "/ "), header);
}

static char *display_name(const struct InputFile *file)
{
    char member[256], *text;
    if (file->offset < 60)
        return strdup(file->name);
    member_name(file->fd, file->offset, member, sizeof member);
    return asprintf(&text, "%s(%s)", file->name, member) < 0 ? NULL : text;
}

static const char *shown(const char *name)
{
    return name ? name : "?";
}

static void compare(const struct InputFile *file, const struct LFIProfile *profile, const char *why)
{
    if (!why && (!profile || profile == first_profile))
        return;
    char *name = display_name(file);
    if (why)
        message(LEVEL_FATAL, "%s: %s", shown(name), why);
    else if (first_profile)
        message(LEVEL_FATAL,
                "%s is of profile %s, but %s is of profile %s: compile both with the "
                "same -mlfi-profile=",
                shown(name), profile->name, shown(first_name), first_profile->name);
    first_profile = profile;
    first_name = name;
}

static int look(const struct InputFile *file, int *claimed)
{
    *claimed = 0;
    if (file->filesize <= 0)
        return STATUS_OK;
    /* A mapping starts on a page, an archive member anywhere.  */
    off_t skip = file->offset % sysconf(_SC_PAGESIZE);
    size_t length = (size_t)(file->filesize + skip);
    uint8_t *map = mmap(NULL, length, PROT_READ, MAP_PRIVATE, file->fd, file->offset - skip);
    if (map == MAP_FAILED)
        return STATUS_OK; /* not a regular file: ld will say so */
    const char *why = NULL;
    const struct LFIProfile *profile = object_profile(map + skip, (uint64_t)file->filesize, &why);
    munmap(map, length);
    compare(file, profile, why);
    return STATUS_OK;
}

int onload(struct Transfer *tv)
{
    int (*register_claim_file)(ClaimFile handler) = NULL;
    for (; tv->tag != TAG_END; tv++) {
        if (tv->tag == TAG_MESSAGE)
            message = tv->u.message;
        else if (tv->tag == TAG_REGISTER_CLAIM_FILE)
            register_claim_file = tv->u.register_claim_file;
    }
    if (!message || !register_claim_file)
        return STATUS_ERROR;
    return register_claim_file(look);
}
