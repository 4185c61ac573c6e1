/* The table of profiles and the ELF note that records one.
   SPDX-License-Identifier: Apache-2.0  */
#include "profiles/profile.h"

#include <string.h>

static const struct LFIProfile rows[] = {
#define PROFILE(arch, name, sandbox, bundle, base, guard, threads, ctxreg, meter, table, drift,   \
                poc, isa, multilib, regset, summary)                                               \
    {LFI_ARCH_##arch, name,  LFI_SANDBOX_##sandbox, bundle, LFI_BASE_##base, LFI_GUARD_##guard,    \
     LFI_THREADS_##threads, ctxreg, LFI_METER_##meter, LFI_TABLE_##table, drift, poc,              \
     LFI_ISA_##isa, multilib, regset, summary},
#include "profiles/profiles.def"
#undef PROFILE
};

static const struct {
    enum LFIArch arch;
    const char *name, *alias, *published;
} archs[] = {
    {LFI_ARCH_AARCH64, "aarch64", "arm64", "spec"},
    {LFI_ARCH_X86_64, "x86_64", "amd64", ""},
};

enum { NROWS = sizeof rows / sizeof rows[0], NARCHS = sizeof archs / sizeof archs[0] };

const struct LFIProfile *lfi_profile_at(size_t index)
{
    return index < NROWS ? &rows[index] : NULL;
}

const struct LFIProfile *lfi_profile_find(enum LFIArch arch, const char *name)
{
    for (size_t i = 0; i < NROWS; i++)
        if (rows[i].arch == arch && strcmp(rows[i].name, name) == 0)
            return &rows[i];
    return NULL;
}

const struct LFIProfile *lfi_profile_published(enum LFIArch arch)
{
    for (size_t i = 0; i < NARCHS; i++)
        if (archs[i].arch == arch)
            return lfi_profile_find(arch, archs[i].published);
    return NULL;
}

static const struct {
    const char *name;
    enum LFIMeter meter;
    const char *why;
} meters[] = {
    {"branch", LFI_METER_BRANCH, NULL},
    {"branch-resume", LFI_METER_RESUME, NULL},
    {"timer", LFI_METER_NONE, NULL},
    {"fp", LFI_METER_NONE,
     "a counter in a vector register costs more than the register that it leaves to programs: use branch"},
};

enum LFIMeter lfi_meter_find(const char *name, const char **why)
{
    for (size_t i = 0; i < sizeof meters / sizeof meters[0]; i++)
        if (strcmp(name, meters[i].name) == 0) {
            *why = meters[i].why;
            return meters[i].meter;
        }
    *why = "instructions are counted by branch or branch-resume";
    return LFI_METER_NONE;
}

/* Whether the two are alike but for what the functions below look for.  */
static bool akin(const struct LFIProfile *p, const struct LFIProfile *q)
{
    return p->arch == q->arch && p->sandbox == q->sandbox && p->base == q->base
           && p->guard == q->guard && p->threads == q->threads && p->ctxreg == q->ctxreg
           && p->table == q->table && p->drift == q->drift && p->isa == q->isa;
}

const struct LFIProfile *lfi_profile_metered(const struct LFIProfile *p, enum LFIMeter meter)
{
    for (size_t i = 0; i < NROWS; i++) {
        const struct LFIProfile *q = &rows[i];
        bool same_bundle = p->arch == LFI_ARCH_AARCH64 || p->bundle == q->bundle;
        if (akin(p, q) && same_bundle && q->poc == p->poc && q->meter == meter)
            return q;
    }
    return NULL;
}

const struct LFIProfile *lfi_profile_oblivious(const struct LFIProfile *p)
{
    for (size_t i = 0; i < NROWS; i++) {
        const struct LFIProfile *q = &rows[i];
        if (akin(p, q) && p->bundle == q->bundle && q->meter == p->meter && q->poc)
            return q;
    }
    return NULL;
}

const char *lfi_arch_name(enum LFIArch arch)
{
    for (size_t i = 0; i < NARCHS; i++)
        if (archs[i].arch == arch)
            return archs[i].name;
    return NULL;
}

enum LFIArch lfi_arch_find(const char *name)
{
    for (size_t i = 0; i < NARCHS; i++)
        if (strcmp(archs[i].name, name) == 0 || strcmp(archs[i].alias, name) == 0)
            return archs[i].arch;
    return (enum LFIArch)0;
}

static uint32_t get32(const uint8_t *p)
{
    return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

void lfi_note_write(const struct LFIProfile *p, uint8_t desc[LFI_NOTE_DESCSZ])
{
    memset(desc, 0, LFI_NOTE_DESCSZ);
    desc[0] = LFI_NOTE_VERSION;
    desc[2] = p->arch;
    desc[3] = p->sandbox;
    desc[4] = p->bundle;
    desc[5] = p->base;
    desc[6] = p->guard;
    desc[7] = p->threads;
    desc[8] = p->ctxreg;
    desc[9] = p->meter;
    desc[10] = p->table;
    desc[11] = p->drift;
    for (int i = 0; i < 4; i++)
        desc[12 + i] = p->isa >> (8 * i) & 0xff;
    for (int i = 0; i < LFI_NOTE_NAMESZ - 1 && p->name[i]; i++)
        desc[16 + i] = p->name[i];
    desc[31] = p->poc;
}

const struct LFIProfile *lfi_note_read(const uint8_t *desc, size_t size, const char **why)
{
    if (size < 2 || desc[0] != LFI_NOTE_VERSION || desc[1] != 0) {
        *why = "LFI note of an unknown version";
        return NULL;
    }
    if (size != LFI_NOTE_DESCSZ) {
        *why = "LFI note of the wrong size";
        return NULL;
    }
    for (size_t i = 0; i < NROWS; i++) {
        uint8_t row[LFI_NOTE_DESCSZ];
        lfi_note_write(&rows[i], row);
        if (memcmp(row, desc, LFI_NOTE_DESCSZ) == 0)
            return &rows[i];
    }
    *why = "LFI note describes no profile of this version";
    return NULL;
}

int lfi_note_scan(const uint8_t *p, size_t size, const struct LFIProfile **profile,
                  const char **why)
{
    *profile = NULL;
    while (size >= 12) {
        uint64_t namesz = get32(p), descsz = get32(p + 4);
        uint64_t name = 12, desc = name + ((namesz + 3) & ~(uint64_t)3);
        uint64_t next = desc + ((descsz + 3) & ~(uint64_t)3);
        if (desc + descsz > size) {
            *why = "truncated note";
            return -1;
        }
        if (namesz == sizeof LFI_NOTE_OWNER
            && memcmp(p + name, LFI_NOTE_OWNER, sizeof LFI_NOTE_OWNER) == 0) {
            if (get32(p + 8) != LFI_NOTE_PROFILE) {
                *why = "LFI note of an unknown type";
                return -1;
            }
            const struct LFIProfile *found = lfi_note_read(p + desc, descsz, why);
            if (!found)
                return -1;
            if (*profile && *profile != found) {
                *why = "LFI notes of different profiles";
                return -1;
            }
            *profile = found;
        }
        if (next >= size)
            return 0;
        p += next;
        size -= next;
    }
    return 0;
}
