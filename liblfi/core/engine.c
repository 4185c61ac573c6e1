/* Engine: the reservation of address space and its slots.
   SPDX-License-Identifier: Apache-2.0

   [edge below][slot 0][slot 1]...[edge above], all PROT_NONE until a box maps something in its
   slot; between two slots a guard where the layout has one.  The table page of a slot is the
   last page before it.  Where the address space has something in the middle of it, an engine of
   many boxes has several such arrays.  A box at base 0 has all addresses up to the end of
   the edge, its table at the end of its slot.  */
#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "liblfi/core/internal.h"

enum { DEFAULT_MAXMAPS = 8192, PLACEMENT_TRIES = 8 };

/* Where engines are put: hints between these that the kernel likes.  */
#define PLACE_MIN UINT64_C(0x100000000000)
#define PLACE_MAX UINT64_C(0x600000000000)

static bool check_host(void)
{
    const char *missing = lfi_arch_missing(NULL);
    if (missing)
        lfi_fail(LFI_ERR_HOST, "this host cannot run boxes: %s", missing);
    return !missing;
}

static const struct LFIArchLayout *find_layout(enum LFILayout layout)
{
    for (size_t i = 0; i < lfi_arch_nlayouts; i++)
        if (layout == LFI_LAYOUT_DEFAULT || lfi_arch_layouts[i].layout == layout)
            return &lfi_arch_layouts[i];
    return NULL;
}

static bool check_options(struct LFIOptions *opts, const struct LFIArchLayout **layout,
                          size_t nsandboxes)
{
    size_t host = (size_t)sysconf(_SC_PAGESIZE);
    *layout = find_layout(opts->layout);
    if (opts->pagesize == 0)
        opts->pagesize = host;
    if (opts->boxsize == 0)
        opts->boxsize = LFI_BOX_SIZE;
    if (opts->maxmaps == 0)
        opts->maxmaps = DEFAULT_MAXMAPS;
    if (host > LFI_MAX_PAGE)
        lfi_fail(LFI_ERR_ARG, "pages of %zu bytes: the host's are larger than the guards allow",
                 host);
    else if (opts->pagesize != host)
        lfi_fail(LFI_ERR_ARG, "pagesize %zu: the host's pages have %zu bytes", opts->pagesize,
                 host);
    else if (opts->boxsize != LFI_BOX_SIZE)
        lfi_fail(LFI_ERR_ARG, "boxsize %zu: a box has 4 GiB", opts->boxsize);
    else if (opts->allow_wx)
        lfi_fail(LFI_ERR_ARG, "allow_wx: memory that is writable and executable is not supported");
    else if (!*layout)
        lfi_fail(LFI_ERR_ARG, "layout %d: boxes of %s have no such layout", (int)opts->layout,
                 lfi_arch_name(lfi_arch_this));
    else if (nsandboxes == 0 || nsandboxes > (*layout)->max_boxes)
        lfi_fail(LFI_ERR_ARG, "%zu boxes: 1 to %zu fit an engine of layout '%s'", nsandboxes,
                 (*layout)->max_boxes, (*layout)->name);
    else {
        opts->layout = (*layout)->layout;
        return true;
    }
    return false;
}

static uint64_t random_number(bool no_aslr, uint64_t otherwise)
{
    uint64_t r;
    bool have = !no_aslr && getrandom(&r, sizeof r, GRND_NONBLOCK) == sizeof r;
    return have ? r : otherwise;
}

static uintptr_t random_place(bool no_aslr, unsigned attempt)
{
    uint64_t nplaces = (PLACE_MAX - PLACE_MIN) / LFI_BOX_SIZE;
    return PLACE_MIN + random_number(no_aslr, attempt) % nplaces * LFI_BOX_SIZE;
}

static void *reserve(uintptr_t hint, size_t size)
{
    void *p =
        mmap((void *)hint, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    return p == MAP_FAILED ? NULL : p;
}

/* Keeps the part of a reservation around the first aligned base in it.  */
static uintptr_t trim(uintptr_t start, size_t size, size_t below, size_t want)
{
    uintptr_t base = LFI_ROUND_UP(start + below, LFI_BOX_SIZE);
    uintptr_t keep = base - below;
    if (keep > start)
        munmap((void *)start, keep - start);
    if (start + size > keep + want)
        munmap((void *)(keep + want), start + size - (keep + want));
    return keep;
}

/* At a place of our choice.  A hint in free space is honoured by the kernel; the answer is
   checked, never believed.  */
static uintptr_t reserve_hinted(bool no_aslr, size_t below, size_t size)
{
    for (unsigned i = 0; i < PLACEMENT_TRIES; i++) {
        uintptr_t want = random_place(no_aslr, i) - below;
        uintptr_t got = (uintptr_t)reserve(want, size);
        if (got == want)
            return got;
        if (got)
            munmap((void *)got, size);
    }
    return 0;
}

/* At the kernel's choice: more than needed, and the rest given back.  */
static uintptr_t reserve_anywhere(size_t below, size_t size)
{
    uintptr_t got = (uintptr_t)reserve(0, size + LFI_BOX_SIZE);
    return got ? trim(got, size + LFI_BOX_SIZE, below, size) : 0;
}

static size_t arena_size(const struct LFIArchLayout *l, size_t nslots)
{
    return l->edge_below + (nslots - 1) * l->stride + LFI_BOX_SIZE + l->edge_above;
}

static uintptr_t reserve_arena(const struct LFIEngine *engine, size_t nslots)
{
    const struct LFIArchLayout *l = engine->layout;
    size_t size = arena_size(l, nslots);
    uintptr_t at = reserve_hinted(engine->opts.no_aslr, l->edge_below, size);
    return at ? at : reserve_anywhere(l->edge_below, size);
}

/* The largest number of slots, at most that many, that some free range has room for.  */
static size_t most_slots(const struct LFIArchLayout *layout, size_t nslots)
{
    size_t least = 0;
    while (least < nslots) {
        size_t n = (least + nslots + 1) / 2, size = arena_size(layout, n) + LFI_BOX_SIZE;
        void *p = reserve(0, size);
        if (p) {
            munmap(p, size);
            least = n;
        } else {
            nslots = n - 1;
        }
    }
    return least;
}

static void free_arenas(struct LFIEngine *engine)
{
    for (unsigned i = 0; i < engine->narenas; i++)
        munmap((void *)engine->arena[i].start, engine->arena[i].size);
}

/* The box at base 0.  */
static bool reserve_lowest(struct LFIEngine *engine)
{
    uintptr_t start, end = arena_size(engine->layout, 1);
    if (!lfi_host_reserve_low(end, engine->pagesize, &start))
        return false;
    engine->arena[engine->narenas++] = (struct LFIArena){start, end - start, 0, 1};
    engine->lowest = start;
    return true;
}

static bool reserve_slots(struct LFIEngine *engine)
{
    const struct LFIArchLayout *l = engine->layout;
    size_t left = engine->nslots;
    for (unsigned i = 0; i < l->max_arenas && left; i++) {
        size_t n = left;
        uintptr_t at = reserve_arena(engine, n);
        if (!at && l->max_arenas > 1 && (n = most_slots(l, left)) > 0)
            at = reserve_arena(engine, n);
        if (!at)
            break;
        engine->arena[engine->narenas++] =
            (struct LFIArena){at, arena_size(l, n), at + l->edge_below, n};
        left -= n;
    }
    if (!left)
        return true;
    lfi_fail(LFI_ERR_RESERVE,
             "cannot reserve %zu MiB of addresses: %s (is there a limit on virtual memory?)",
             arena_size(l, engine->nslots) >> 20, strerror(errno));
    free_arenas(engine);
    return false;
}

bool lfi_layout_fits(const struct LFIArchLayout *layout, const struct LFIProfile *profile)
{
    /* Code for narrow guards stays inside wide ones.  */
    return profile->guard == layout->guard
           || (profile->guard == LFI_GUARD_DENSE && layout->guard == LFI_GUARD_SPARSE);
}

const struct LFIProfile *lfi_engine_profile(const struct LFIEngine *engine)
{
    const char *missing = NULL;
    const struct LFIProfile *p;
    for (size_t i = 0; (p = lfi_profile_at(i)); i++) {
        if (p->arch != lfi_arch_this || p->sandbox != LFI_SANDBOX_FULL
            || !lfi_layout_fits(engine->layout, p) || !lfi_arch_crossing(p))
            continue;
        missing = lfi_arch_missing(p);
        if (!missing)
            return p;
    }
    lfi_fail(LFI_ERR_HOST, "no profile for boxes of layout '%s' can be used: %s",
             engine->layout->name, missing ? missing : "there is none");
    return NULL;
}

uintptr_t lfi_engine_base(const struct LFIEngine *engine, size_t slot)
{
    const struct LFIArena *a = engine->arena;
    for (; slot >= a->nslots; a++)
        slot -= a->nslots;
    return a->first + slot * engine->layout->stride;
}

struct LFIEngine *lfi_new(struct LFIOptions opts, size_t nsandboxes)
{
    const struct LFIArchLayout *layout;
    if (!check_host() || !check_options(&opts, &layout, nsandboxes) || !lfi_signal_init()
        || !lfi_sigaction_check())
        return NULL;
    struct LFIEngine *engine = calloc(1, sizeof *engine);
    uint32_t *free_slots = calloc(nsandboxes, sizeof *free_slots);
    if (!engine || !free_slots) {
        lfi_fail(LFI_ERR_ALLOC, "out of memory");
        free(engine);
        free(free_slots);
        return NULL;
    }
    /* The last is taken first where there is no choice.  */
    for (size_t i = 0; i < nsandboxes; i++)
        free_slots[i] = (uint32_t)(nsandboxes - 1 - i);
    engine->opts = opts;
    engine->pagesize = opts.pagesize;
    engine->layout = layout;
    engine->nslots = engine->nfree = nsandboxes;
    engine->free = free_slots;
    pthread_mutex_init(&engine->lock, NULL);
    if (!(layout->layout == LFI_LAYOUT_ONE ? reserve_lowest(engine) : reserve_slots(engine))) {
        pthread_mutex_destroy(&engine->lock);
        free(free_slots);
        free(engine);
        return NULL;
    }
    return engine;
}

void lfi_free(struct LFIEngine *engine)
{
    if (!engine)
        return;
    pthread_mutex_lock(&engine->lock);
    size_t nused = engine->nslots - engine->nfree;
    pthread_mutex_unlock(&engine->lock);
    if (nused) {
        lfi_fail(LFI_ERR_STATE, "the engine has %zu boxes left", nused);
        return;
    }
    free_arenas(engine);
    pthread_mutex_destroy(&engine->lock);
    free(engine->free);
    free(engine);
}

struct LFIOptions lfi_opts(struct LFIEngine *engine)
{
    return engine->opts;
}

void lfi_sys_handler(struct LFIEngine *engine, void (*handler)(struct LFIContext *))
{
    atomic_store(&engine->sys_handler, handler);
}

void lfi_refill_handler(struct LFIEngine *engine,
                        bool (*handler)(struct LFIContext *, const struct LFIFault *))
{
    atomic_store(&engine->refill, handler);
}

/* Any of the free ones, in the same time however many there are.  */
bool lfi_engine_take_slot(struct LFIEngine *engine, size_t *slot)
{
    uint64_t r = random_number(engine->opts.no_aslr, UINT64_MAX);
    pthread_mutex_lock(&engine->lock);
    bool found = engine->nfree > 0;
    if (found) {
        size_t last = --engine->nfree, i = r == UINT64_MAX ? last : r % (last + 1);
        *slot = engine->free[i];
        engine->free[i] = engine->free[last];
    }
    pthread_mutex_unlock(&engine->lock);
    return found;
}

void lfi_engine_give_slot(struct LFIEngine *engine, size_t slot)
{
    pthread_mutex_lock(&engine->lock);
    engine->free[engine->nfree++] = (uint32_t)slot;
    pthread_mutex_unlock(&engine->lock);
}
