/* Engine: the reservation of address space and its slots.
   SPDX-License-Identifier: Apache-2.0

   [edge below][slot 0][slot 1]...[edge above], all PROT_NONE until a box maps something in its
   slot; between two slots a guard where the layout has one.  The table page of a slot is the
   last page before it.  Where the address space has something in the middle of it, an engine of
   many boxes has several such arrays.  */
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
    const char *missing = lfi_arch_missing();
    if (missing)
        lfi_fail(LFI_ERR_HOST, "this host cannot run boxes: %s", missing);
    return !missing;
}

static bool check_options(struct LFIOptions *opts, size_t nsandboxes)
{
    size_t host = (size_t)sysconf(_SC_PAGESIZE);
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
    else if (nsandboxes == 0 || nsandboxes > LFI_ARCH_MAX_BOXES)
        lfi_fail(LFI_ERR_ARG, "%zu boxes: 1 to %zu fit an engine", nsandboxes,
                 (size_t)LFI_ARCH_MAX_BOXES);
    else
        return true;
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

#define EDGE_BELOW LFI_ROUND_UP(LFI_ARCH_EDGE_BELOW, LFI_MAX_PAGE)

static size_t arena_size(size_t nslots)
{
    return EDGE_BELOW + (nslots - 1) * LFI_ARCH_STRIDE + LFI_BOX_SIZE + LFI_ARCH_EDGE_ABOVE;
}

static uintptr_t reserve_arena(bool no_aslr, size_t nslots)
{
    uintptr_t at = reserve_hinted(no_aslr, EDGE_BELOW, arena_size(nslots));
    return at ? at : reserve_anywhere(EDGE_BELOW, arena_size(nslots));
}

/* The largest number of slots, at most that many, that some free range has room for.  */
static size_t most_slots(size_t nslots)
{
    size_t least = 0;
    while (least < nslots) {
        size_t n = (least + nslots + 1) / 2, size = arena_size(n) + LFI_BOX_SIZE;
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

static bool reserve_slots(struct LFIEngine *engine)
{
    size_t left = engine->nslots;
    for (unsigned i = 0; i < LFI_ARCH_MAX_ARENAS && left; i++) {
        size_t n = left;
        uintptr_t at = reserve_arena(engine->opts.no_aslr, n);
        if (!at && LFI_ARCH_MAX_ARENAS > 1 && (n = most_slots(left)) > 0)
            at = reserve_arena(engine->opts.no_aslr, n);
        if (!at)
            break;
        engine->arena[engine->narenas++] =
            (struct LFIArena){at, arena_size(n), at + EDGE_BELOW, n};
        left -= n;
    }
    if (!left)
        return true;
    lfi_fail(LFI_ERR_RESERVE,
             "cannot reserve %zu MiB of addresses: %s (is there a limit on virtual memory?)",
             arena_size(engine->nslots) >> 20, strerror(errno));
    free_arenas(engine);
    return false;
}

uintptr_t lfi_engine_base(const struct LFIEngine *engine, size_t slot)
{
    const struct LFIArena *a = engine->arena;
    for (; slot >= a->nslots; a++)
        slot -= a->nslots;
    return a->first + slot * LFI_ARCH_STRIDE;
}

struct LFIEngine *lfi_new(struct LFIOptions opts, size_t nsandboxes)
{
    if (!check_host() || !check_options(&opts, nsandboxes) || !lfi_signal_init() || !lfi_sigaction_check())
        return NULL;
    struct LFIEngine *engine = calloc(1, sizeof *engine);
    unsigned char *used = calloc(nsandboxes, 1);
    if (!engine || !used) {
        lfi_fail(LFI_ERR_ALLOC, "out of memory");
        free(engine);
        free(used);
        return NULL;
    }
    engine->opts = opts;
    engine->pagesize = opts.pagesize;
    engine->nslots = nsandboxes;
    engine->used = used;
    pthread_mutex_init(&engine->lock, NULL);
    if (!reserve_slots(engine)) {
        pthread_mutex_destroy(&engine->lock);
        free(used);
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
    size_t nused = engine->nused;
    pthread_mutex_unlock(&engine->lock);
    if (nused) {
        lfi_fail(LFI_ERR_STATE, "the engine has %zu boxes left", nused);
        return;
    }
    free_arenas(engine);
    pthread_mutex_destroy(&engine->lock);
    free(engine->used);
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

bool lfi_engine_take_slot(struct LFIEngine *engine, size_t *slot)
{
    uint64_t r = random_number(engine->opts.no_aslr, 0);
    bool found = false;
    pthread_mutex_lock(&engine->lock);
    for (size_t i = 0; i < engine->nslots && !found; i++) {
        *slot = (r % engine->nslots + i) % engine->nslots;
        found = !engine->used[*slot];
    }
    if (found) {
        engine->used[*slot] = 1;
        engine->nused++;
    }
    pthread_mutex_unlock(&engine->lock);
    return found;
}

void lfi_engine_give_slot(struct LFIEngine *engine, size_t slot)
{
    pthread_mutex_lock(&engine->lock);
    engine->used[slot] = 0;
    engine->nused--;
    pthread_mutex_unlock(&engine->lock);
}
