/* The first stack of a program: arguments, environment, auxiliary vector.
   SPDX-License-Identifier: Apache-2.0  */
#include "config.h"

#include <elf.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/random.h>

#include "lfi_layout.h"
#include "liblfi/linux/linux.h"

enum { DEFAULT_STACK = 8 << 20, MAX_STACK = 1 << 30, RANDOM_BYTES = 16, CLOCK_TICKS = 100 };

/* Hardware that the box's code could use, as far as its profile's verifier lets it.  */
static uint64_t hwcap(const struct LFIProfile *profile)
{
    uint64_t allowed = ABI_HWCAP_BASE;
    for (size_t i = 0; i < sizeof abi_hwcaps / sizeof abi_hwcaps[0]; i++)
        if ((profile->isa & abi_hwcaps[i].isa) == abi_hwcaps[i].isa)
            allowed |= abi_hwcaps[i].hwcap;
    return getauxval(AT_HWCAP) & allowed;
}

/* The image of the stack's top while it is built, downwards for strings.  */
struct image {
    struct LFIBox *box;
    uint8_t *bytes;
    size_t size, used; /* used at the end */
    lfiptr top;        /* the address behind bytes[size] */
};

/* What the program sees as its address.  */
static lfiptr push(struct image *m, const void *data, size_t size)
{
    m->used += size;
    memcpy(m->bytes + m->size - m->used, data, size);
    return lfi_box_p2l(m->box, m->top - m->used);
}

static size_t strings_size(const char **list, size_t n)
{
    size_t size = 0;
    for (size_t i = 0; i < n; i++)
        size += strlen(list[i]) + 1;
    return size;
}

struct vector {
    uint64_t *at;
    size_t n;
};

/* Where address of the image's file is, as the program sees it.  */
static lfiptr in_image(struct LFILinuxProc *p, const struct loaded *im, uint64_t address)
{
    return lfi_box_p2l(p->box, im->image + address);
}

static void aux(struct vector *v, uint64_t type, uint64_t value)
{
    v->at[v->n++] = type;
    v->at[v->n++] = value;
}

enum { MAX_AUX = 24 };

static void auxiliary(struct LFILinuxProc *p, struct image *m, struct vector *v,
                      const uint8_t random[RANDOM_BYTES])
{
    lfiptr name = push(m, p->name, strlen(p->name) + 1);
    lfiptr platform = push(m, ABI_MACHINE, sizeof ABI_MACHINE);
    lfiptr bytes = push(m, random, RANDOM_BYTES);
    aux(v, AT_PHDR, p->prog.elf.phdr ? in_image(p, &p->prog, p->prog.elf.phdr) : 0);
    aux(v, AT_PHENT, sizeof(Elf64_Phdr));
    aux(v, AT_PHNUM, p->prog.elf.phdr ? p->prog.elf.phnum : 0);
    aux(v, AT_PAGESZ, p->page);
    aux(v, AT_BASE, p->linker.file ? in_image(p, &p->linker, 0) : 0);
    aux(v, AT_FLAGS, 0);
    aux(v, AT_ENTRY, in_image(p, &p->prog, p->prog.elf.entry));
    aux(v, AT_UID, BOX_UID);
    aux(v, AT_EUID, BOX_UID);
    aux(v, AT_GID, BOX_GID);
    aux(v, AT_EGID, BOX_GID);
    aux(v, AT_PLATFORM, platform);
    aux(v, AT_HWCAP, hwcap(p->prog.elf.profile));
    aux(v, AT_CLKTCK, CLOCK_TICKS);
    aux(v, AT_SECURE, 0);
    aux(v, AT_RANDOM, bytes);
    aux(v, AT_HWCAP2, 0);
    aux(v, AT_EXECFN, name);
    aux(v, AT_NULL, 0);
}

/* argc, argv, envp, auxv at the lower end, 16-byte aligned; strings above.  */
static bool fill(struct LFILinuxProc *p, struct image *m, int argc, const char **argv,
                 const char **envp, size_t envc)
{
    uint8_t random[RANDOM_BYTES];
    size_t slots = 1 + (size_t)argc + 1 + envc + 1 + 2 * MAX_AUX;
    struct vector v = {calloc(slots, 8), 0}, a = {calloc(2 * MAX_AUX, 8), 0};
    bool ok = v.at && a.at && getrandom(random, sizeof random, 0) == (ssize_t)sizeof random;
    if (ok) {
        v.at[v.n++] = (uint64_t)argc;
        for (int i = 0; i < argc; i++)
            v.at[v.n++] = push(m, argv[i], strlen(argv[i]) + 1);
        v.at[v.n++] = 0;
        for (size_t i = 0; i < envc; i++)
            v.at[v.n++] = push(m, envp[i], strlen(envp[i]) + 1);
        v.at[v.n++] = 0;
        auxiliary(p, m, &a, random);
        memcpy(v.at + v.n, a.at, a.n * 8);
        v.n += a.n;
        m->used = (m->used + v.n * 8 + 15) & ~(size_t)15;
        memcpy(m->bytes + m->size - m->used, v.at, v.n * 8);
    } else {
        lx_fail(LFI_ERR_ALLOC, "out of memory");
    }
    free(v.at);
    free(a.at);
    return ok;
}

/* Memory for the stack with an inaccessible end below it.  Its top, or 0.  */
static lfiptr map_stack(struct LFILinuxProc *p, size_t size)
{
    const int flags = LFI_MAP_PRIVATE | LFI_MAP_ANONYMOUS;
    lfiptr low = lfi_box_mapany(p->box, size + LFI_MAX_PAGE, LFI_PROT_NONE, flags, -1, 0);
    if (low == (lfiptr)-1)
        return 0;
    if (lfi_box_mprotect(p->box, low + LFI_MAX_PAGE, size, LFI_PROT_READ | LFI_PROT_WRITE) != 0)
        return 0;
    return low + LFI_MAX_PAGE + size;
}

bool stack_build(struct LFILinuxProc *p, int argc, const char **argv, const char **envp, lfiptr *sp)
{
    size_t envc = 0, size = p->lx->opts.stacksize ? p->lx->opts.stacksize : DEFAULT_STACK;
    if (p->prog.elf.stack_size > size)
        size = p->prog.elf.stack_size < MAX_STACK ? p->prog.elf.stack_size : MAX_STACK;
    size = (size + LFI_MAX_PAGE - 1) & ~(size_t)(LFI_MAX_PAGE - 1);
    p->rlimit[BOX_RLIMIT_STACK].cur = size;
    while (envp && envp[envc])
        envc++;
    size_t need = strings_size(argv, (size_t)argc) + strings_size(envp, envc) + strlen(p->name)
                  + 8 * ((size_t)argc + envc) + 1024;
    if (need > size / 4)
        return lx_fail(LFI_ERR_ARG,
                       "arguments and environment need %zu bytes: the stack of %zu "
                       "bytes is too small",
                       need, size);
    struct image m = {p->box, calloc(1, need), need, 0, map_stack(p, size)};
    bool ok = m.bytes && m.top;
    if (!m.bytes)
        lx_fail(LFI_ERR_ALLOC, "out of memory");
    ok = ok && fill(p, &m, argc, argv, envp, envc);
    if (ok && !lfi_box_copyto(p->box, m.top - m.used, m.bytes + m.size - m.used, m.used))
        ok = lx_fail(LFI_ERR_MMAP, "the stack cannot be filled");
    free(m.bytes);
    p->rlimit[BOX_RLIMIT_STACK] = (struct box_rlimit){size, UINT64_MAX};
    *sp = m.top - m.used;
    return ok;
}
