/* Boxes: their slot, rtcall tables and profile.
   SPDX-License-Identifier: Apache-2.0  */
#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "liblfi/core/internal.h"

/* Read-only page at addr with the entries, ascending or descending from entry 0.  It is made
   elsewhere: what is at addr stays if the kernel refuses.  */
static int map_table(struct LFIBox *box, const struct LFIProfile *profile, uintptr_t addr,
                     bool below)
{
    const struct LFICrossing *crossing = lfi_arch_crossing(profile);
    size_t size = box->engine->pagesize;
    uint64_t *page = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (page == MAP_FAILED)
        return -1;
    uint64_t *end = page + size / sizeof *page;
    for (unsigned k = 0; k < LFI_RTCALL_SLOTS; k++) {
        uint64_t *slot = below ? end - (k + 1) : page + k;
        *slot = k < LFI_RTCALL_REACHABLE ? lfi_arch_rtcall(crossing, k) : box->base;
    }
    static_assert(LFI_RTCALL_BASE_SLOT == LFI_RTCALL_REACHABLE
                      && LFI_RTCALL_SLOTS == LFI_RTCALL_REACHABLE + 1,
                  "the base follows the entries");
    if (mprotect(page, size, PROT_READ) == 0
        && mremap(page, size, size, MREMAP_MAYMOVE | MREMAP_FIXED, (void *)addr) != MAP_FAILED)
        return 0;
    int saved = errno;
    munmap(page, size);
    /* In case the kernel had begun.  */
    lfi_mem_mend(addr, size);
    errno = saved;
    return -1;
}

static void table_failed(void)
{
    int saved = errno;
    char hint[LFI_HINT_SIZE];
    lfi_fail(LFI_ERR_MMAP, "cannot map the rtcall table: %s%s", strerror(saved),
             lfi_host_hint(saved, hint));
}

static void set_profile(struct LFIBox *box, const struct LFIProfile *profile)
{
    box->profile = profile;
    atomic_store(&box->crossing, lfi_arch_crossing(profile));
    atomic_store(&box->single, profile->threads == LFI_THREADS_SINGLE);
}

struct LFIBox *lfi_box_new(struct LFIEngine *engine)
{
    size_t slot;
    const struct LFIProfile *profile = lfi_engine_profile(engine);
    if (!profile)
        return NULL;
    struct LFIBox *box = calloc(1, sizeof *box);
    if (!box) {
        lfi_fail(LFI_ERR_ALLOC, "out of memory");
        return NULL;
    }
    if (!lfi_engine_take_slot(engine, &slot)) {
        lfi_fail(LFI_ERR_BOXMAP, "all %zu boxes of the engine are in use", engine->nslots);
        free(box);
        return NULL;
    }
    box->engine = engine;
    box->slot = slot;
    box->base = lfi_engine_base(engine, slot);
    box->min = box->base + engine->layout->min;
    box->max = box->base + engine->layout->max;
    box->max_exec = box->base + engine->layout->max_exec;
    box->table = box->base + engine->layout->table - engine->pagesize;
    if (box->min < engine->lowest)
        box->min = LFI_ROUND_UP(engine->lowest, LFI_MAX_PAGE);
    set_profile(box, profile);
    if (map_table(box, profile, box->table, true) < 0) {
        table_failed();
        lfi_engine_give_slot(engine, slot);
        free(box);
        return NULL;
    }
    pthread_mutex_init(&box->lock, NULL);
    pthread_mutex_init(&box->callback_lock, NULL);
    lfi_map_init(&box->map, engine->opts.maxmaps);
    return box;
}

/* Every page of the slot is reserved again before the slot is free.  */
static void unmap_all(struct LFIBox *box)
{
    for (struct LFIRange *n = lfi_map_find(&box->map, 0); n; n = lfi_map_find(&box->map, n->end))
        lfi_mem_reserve(n->start, n->end - n->start);
    if (box->profile->table == LFI_TABLE_PAGE0)
        lfi_mem_reserve(box->base, box->engine->pagesize);
    lfi_mem_reserve(box->table, box->engine->pagesize);
}

void lfi_box_free(struct LFIBox *box)
{
    if (!box)
        return;
    pthread_mutex_lock(&box->lock);
    bool busy = box->contexts != NULL;
    pthread_mutex_unlock(&box->lock);
    if (busy) {
        lfi_fail(LFI_ERR_STATE, "the box has contexts left");
        return;
    }
    unmap_all(box);
    lfi_map_clear(&box->map);
    lfi_callback_free(box);
    pthread_mutex_destroy(&box->callback_lock);
    pthread_mutex_destroy(&box->lock);
    lfi_engine_give_slot(box->engine, box->slot);
    free(box);
}

static bool accepted(const struct LFIOptions *opts, const struct LFIProfile *profile)
{
    switch (profile->sandbox) {
    case LFI_SANDBOX_FULL:
        return true;
    case LFI_SANDBOX_STORES:
        return opts->stores_only;
    case LFI_SANDBOX_BUNDLE_JUMPS:
    case LFI_SANDBOX_NONE:
        return opts->no_verify;
    default:
        return false;
    }
}

/* Whether code of the profile can run in the engine at all.  */
static bool possible(const struct LFIEngine *engine, const struct LFIProfile *profile)
{
    const char *missing = lfi_arch_missing(profile);
    if (!accepted(&engine->opts, profile))
        lfi_fail(LFI_ERR_PROFILE, "profile '%s' is not accepted by this engine", profile->name);
    else if (!lfi_layout_fits(engine->layout, profile) || !lfi_arch_crossing(profile))
        lfi_fail(LFI_ERR_PROFILE, "profile '%s' does not fit an engine of layout '%s'",
                 profile->name, engine->layout->name);
    else if (missing)
        lfi_fail(LFI_ERR_HOST, "this host cannot run profile '%s': %s", profile->name, missing);
    else
        return true;
    return false;
}

static bool change_profile(struct LFIBox *box, const struct LFIProfile *profile)
{
    bool had = box->profile->table == LFI_TABLE_PAGE0;
    bool wants = profile->table == LFI_TABLE_PAGE0;
    int r = 0;
    if (box->had_code) {
        lfi_fail(LFI_ERR_STATE, "the box has held code of profile '%s'", box->profile->name);
        return false;
    }
    if (profile->threads == LFI_THREADS_SINGLE && lfi_mem_shared_writable(box)) {
        lfi_fail(LFI_ERR_STATE,
                 "the box has memory that others can write: profile '%s' allows none",
                 profile->name);
        return false;
    }
    if (wants && !had)
        r = map_table(box, profile, box->base, false);
    if (r == 0)
        r = map_table(box, profile, box->table, true);
    if (r < 0) {
        table_failed();
        if (wants && !had)
            lfi_mem_reserve(box->base, box->engine->pagesize);
        return false;
    }
    if (had && !wants)
        lfi_mem_reserve(box->base, box->engine->pagesize);
    set_profile(box, profile);
    return true;
}

bool lfi_box_set_profile(struct LFIBox *box, const struct LFIProfile *profile)
{
    const struct LFIProfile *row = profile ? lfi_profile_find(profile->arch, profile->name) : NULL;
    if (!row || row != profile || row->arch != lfi_arch_this) {
        lfi_fail(LFI_ERR_PROFILE, "not a profile of this architecture");
        return false;
    }
    if (!possible(box->engine, profile))
        return false;
    pthread_mutex_lock(&box->lock);
    bool ok = change_profile(box, profile);
    pthread_mutex_unlock(&box->lock);
    return ok;
}

const struct LFIProfile *lfi_box_profile(struct LFIBox *box)
{
    return box->profile;
}

const struct LFIProfile *lfi_profile_named(const char *name)
{
    const struct LFIProfile *profile = lfi_profile_find(lfi_arch_this, name);
    if (!profile)
        lfi_fail(LFI_ERR_PROFILE, "%s has no profile '%s'", lfi_arch_name(lfi_arch_this), name);
    return profile;
}

const char *lfi_profile_name(const struct LFIProfile *profile)
{
    return profile->name;
}

struct LFIEngine *lfi_box_engine(struct LFIBox *box)
{
    return box->engine;
}

void lfi_box_setdata(struct LFIBox *box, void *data)
{
    box->data = data;
}

void *lfi_box_data(struct LFIBox *box)
{
    return box->data;
}

struct LFIBoxInfo lfi_box_info(struct LFIBox *box)
{
    return (struct LFIBoxInfo){.base = box->base,
                               .size = LFI_BOX_SIZE,
                               .min = box->min,
                               .max = box->max,
                               .max_exec = box->max_exec};
}
