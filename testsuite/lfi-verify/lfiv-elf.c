/* Runs the ELF checks of liblfiv.
   SPDX-License-Identifier: Apache-2.0

   lfiv-elf                    lines "PAGESIZE FILE ok|REASON" and "@ADDRESS FILE
                               NAME+DISTANCE|none" on standard input
   lfiv-elf --fuzz N SEED FILE  N broken copies of the file: none may crash, and whatever
                               passes must be as the header promises

   A file is placed so that it ends at an inaccessible page: a read behind it crashes.  */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "lfi_layout.h"
#include "lfiv_elf.h"
#include "profiles/profile.h"

enum { ROOM = 1 << 20, GUARD = 65536 };

static uint8_t *room;

static void make_room(void)
{
    room = mmap(NULL, ROOM + GUARD, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (room == MAP_FAILED || mprotect(room + ROOM, GUARD, PROT_NONE) != 0)
        exit(2);
}

static uint8_t *place(const uint8_t *data, size_t size)
{
    return memcpy(room + ROOM - size, data, size);
}

static size_t read_file(const char *path, uint8_t *data)
{
    FILE *f = fopen(path, "rb");
    if (!f) {
        perror(path);
        exit(2);
    }
    size_t size = fread(data, 1, ROOM, f);
    fclose(f);
    return size;
}

#define CHECK(what)                                                                                \
    do {                                                                                           \
        if (!(what)) {                                                                             \
            printf("broken promise: %s\n", #what);                                                 \
            return false;                                                                          \
        }                                                                                          \
    } while (0)

/* What lfiv_elf.h promises of an accepted image.  */
static bool promises_hold(const struct LFIVElf *e, size_t size, size_t page)
{
    bool entry = false, phdr = e->phdr == 0;
    CHECK(e->profile != NULL);
    CHECK(e->nsegs > 0 && e->nsegs <= LFIV_ELF_MAXSEGS);
    for (unsigned i = 0; i < e->nsegs; i++) {
        const struct LFIVElfSegment *s = &e->segs[i];
        CHECK(s->filesz <= s->memsz && s->memsz > 0);
        CHECK(s->offset <= size && s->filesz <= size - s->offset);
        CHECK(s->vaddr % page == s->offset % page);
        CHECK(s->vaddr + s->memsz <= e->end);
        CHECK((s->prot & (LFIV_ELF_WRITE | LFIV_ELF_EXEC)) != (LFIV_ELF_WRITE | LFIV_ELF_EXEC));
        if (s->prot & LFIV_ELF_EXEC) {
            CHECK(s->vaddr % page == 0 && s->filesz == s->memsz);
            entry |= e->entry >= s->vaddr && e->entry < s->vaddr + s->memsz;
        }
        phdr |= e->phdr >= s->vaddr && e->phdr + 56 * e->phnum <= s->vaddr + s->filesz;
        if (i > 0)
            CHECK((s[-1].vaddr + s[-1].memsz + page - 1) / page <= s->vaddr / page);
    }
    if (e->profile->arch == LFI_ARCH_AARCH64)
        CHECK(e->end <= LFI_BOX_SIZE - LFI_ARM64_GUARD_LOW - LFI_ARM64_GUARD_HIGH);
    else
        CHECK(e->end <= LFI_BOX_SIZE - LFI_X86_64_LOW - LFI_X86_64_HIGH);
    CHECK(e->entry % (e->profile->arch == LFI_ARCH_AARCH64 ? 4 : 32) == 0);
    CHECK(e->has_entry ? entry : e->entry == 0);
    CHECK(phdr);
    CHECK(e->interp <= size && e->interpsz <= size - e->interp);
    return true;
}

/* Looks up addresses in the file's symbols; returns whether the strings end in the file.  */
static bool symbols_hold(const uint8_t *file, size_t size)
{
    for (uint64_t addr = 0; addr < 0x3000; addr += 0x3f8) {
        uint64_t distance = 0;
        const char *name = lfiv_elf_symbol(file, size, addr, &distance);
        const uint8_t *at = (const uint8_t *)name;
        CHECK(!name || (at >= file && at < file + size && strlen(name) < size));
        CHECK(!name || distance <= addr);
    }
    return true;
}

static bool check_symbol(const uint8_t *file, size_t size, unsigned long addr, const char *expect)
{
    char got[256] = "none";
    uint64_t distance = 0;
    const char *name = lfiv_elf_symbol(file, size, addr, &distance);
    if (name)
        snprintf(got, sizeof got, "%s+%lu", name, (unsigned long)distance);
    if (strcmp(got, expect) != 0)
        printf("symbol: expected %s, got %s\n", expect, got);
    return strcmp(got, expect) == 0;
}

static bool run_line(char *line)
{
    static uint8_t data[ROOM];
    char path[4096];
    unsigned long page;
    int at = 0;
    bool lookup = line[0] == '@';
    if (sscanf(line + lookup, "%lu %4095s %n", &page, path, &at) != 2)
        return false;
    const char *expect = line + lookup + at;
    size_t size = read_file(path, data);
    const uint8_t *file = place(data, size);
    if (lookup)
        return check_symbol(file, size, page, expect);
    struct LFIVElf e;
    const char *why = lfiv_elf_check(file, size, page, &e);
    bool ok = symbols_hold(file, size);
    if (!why && !promises_hold(&e, size, page))
        ok = false;
    if (why ? strcmp(expect, "ok") == 0 || !strstr(why, expect) : strcmp(expect, "ok") != 0)
        ok = false;
    if (!ok)
        printf("%s: expected: %s; got: %s\n", path, expect, why ? why : "ok");
    return ok;
}

static uint64_t state;

static uint32_t next(void)
{
    state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(state >> 33);
}

/* Changes a few bytes: anywhere, in the headers, or a whole field to a value that
   arithmetic stumbles over.  */
static void damage(uint8_t *file, size_t size)
{
    static const uint64_t nasty[] = {0,
                                     1,
                                     2,
                                     4095,
                                     4096,
                                     0x10000,
                                     INT32_MAX,
                                     UINT32_MAX,
                                     0x100000000,
                                     INT64_MAX,
                                     (uint64_t)INT64_MIN,
                                     UINT64_MAX,
                                     UINT64_MAX - 0xfff,
                                     UINT64_MAX - 15};
    for (unsigned n = next() % 4 + 1; n > 0; n--) {
        size_t limit = next() % 2 && size > 1024 ? 1024 : size;
        size_t at = next() % limit;
        if (next() % 2) {
            file[at] ^= (uint8_t)(1 << next() % 8);
        } else {
            uint64_t value = nasty[next() % (sizeof nasty / sizeof nasty[0])];
            unsigned width = 1u << next() % 4;
            at &= ~(size_t)(width - 1);
            for (unsigned i = 0; i < width && at + i < size; i++)
                file[at + i] = value >> (8 * i) & 0xff;
        }
    }
}

static int fuzz(unsigned long count, unsigned long seed, const char *path)
{
    static uint8_t data[ROOM];
    size_t full = read_file(path, data);
    unsigned long passed = 0;
    state = seed;
    for (unsigned long i = 0; i < count; i++) {
        size_t size = next() % 8 == 0 ? next() % (full + 1) : full;
        uint8_t *file = place(data, size);
        if (size > 0)
            damage(file, size);
        struct LFIVElf e;
        const char *why = lfiv_elf_check(file, size, 4096, &e);
        if (!symbols_hold(file, size) || (!why && !promises_hold(&e, size, 4096))) {
            printf("copy %lu of seed %lu\n", i, seed);
            return 1;
        }
        passed += !why;
    }
    printf("%lu of %lu copies passed the checks\n", passed, count);
    return 0;
}

int main(int argc, char **argv)
{
    static char line[8192];
    int status = 0;
    make_room();
    if (argc == 5 && strcmp(argv[1], "--fuzz") == 0)
        return fuzz(strtoul(argv[2], NULL, 10), strtoul(argv[3], NULL, 10), argv[4]);
    while (fgets(line, sizeof line, stdin)) {
        line[strcspn(line, "\n")] = 0;
        if (!run_line(line))
            status = 1;
    }
    return status;
}
