/* Boxes of position-oblivious code are copied to another place.
   SPDX-License-Identifier: Apache-2.0

   Such code never has the base of its box in memory, nor in a register that keeps its value: the copy
   of its memory at the same offsets from another base, and its registers, are a box that goes on as
   this one would.  No rule that confines code depends on that.  Whatever a hostile box left in its memory,
   the copy is a box like others, to which registers and memory come as from its own program: code is
   verified again for the place where it will run, by the call that makes any memory executable, from
   bytes that nobody can change any more.  */
#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "liblfi/core/internal.h"

/* A copy that is being made.  Both boxes are the caller's: nobody else knows the new one, and the old one
   is locked.  */
struct position {
    struct LFIBox *from, *to;
    char *copy; /* of a page, where no box can reach it */
    size_t page;
};

static uintptr_t moved(const struct position *c, uintptr_t addr)
{
    return addr - c->from->base + c->to->base;
}

static bool failed(const char *what, int errnum)
{
    lfi_fail_errno(LFI_ERR_MMAP, errnum, "the box cannot be copied: %s: %s", what, strerror(errnum));
    return false;
}

/* Pages of zeros are left alone: the new ones are.  Those behind the end of a file cannot be read, and stay so.  */
static bool copy_page(const struct position *c, uintptr_t at, bool of_file)
{
    static const char zeros[LFI_MAX_PAGE];
    if (lfi_arch_copy(c->copy, (const void *)at, c->page) != 0)
        return of_file || failed("its memory cannot be read", EFAULT);
    if (memcmp(c->copy, zeros, c->page) != 0)
        memcpy((void *)moved(c, at), c->copy, c->page);
    return true;
}

static bool copy_contents(const struct position *c, const struct LFIRange *n)
{
    bool hidden = !(n->prot & LFI_PROT_READ), ok = true;
    if (hidden && mprotect((void *)n->start, n->end - n->start, PROT_READ) != 0)
        return failed("its memory cannot be read", errno);
    for (uintptr_t at = n->start; ok && at < n->end; at += c->page)
        ok = copy_page(c, at, !(n->flags & LFI_MAP_ANONYMOUS));
    int prot = n->prot & LFI_PROT_WRITE ? PROT_WRITE : PROT_NONE;
    if (hidden && mprotect((void *)n->start, n->end - n->start, prot) != 0)
        ok = failed("its memory cannot be protected again", errno);
    return ok;
}

/* Private memory, of whatever it was made: anonymous, with the contents that it has by now.  */
static bool copy_private(const struct position *c, const struct LFIRange *n)
{
    const int flags = LFI_MAP_PRIVATE | LFI_MAP_ANONYMOUS, first = LFI_PROT_READ | LFI_PROT_WRITE;
    uintptr_t to = moved(c, n->start);
    size_t size = n->end - n->start;
    if (!n->used)
        return lfi_box_mapat(c->to, to, size, LFI_PROT_NONE, flags, -1, 0) == to;
    return lfi_box_mapat(c->to, to, size, first, flags, -1, 0) == to && copy_contents(c, n)
           && lfi_box_mprotect(c->to, to, size, n->prot) == 0;
}

/* Pages of shared memory once more elsewhere, one by one: next to each other in the map of a box can be what the
   kernel has as different objects.  */
static bool map_again(const struct position *c, const struct LFIRange *n, char *to)
{
    const int flags = MREMAP_MAYMOVE | MREMAP_FIXED;
    for (size_t at = 0; at < n->end - n->start; at += c->page)
        if (mremap((void *)(n->start + at), 0, c->page, flags, to + at) != to + at)
            return false;
    return true;
}

/* The same memory in both boxes, in a range that is set aside first.  */
static bool share(const struct position *c, const struct LFIRange *n)
{
    const int flags = LFI_MAP_PRIVATE | LFI_MAP_ANONYMOUS;
    uintptr_t to = moved(c, n->start);
    size_t size = n->end - n->start;
    if (lfi_box_mapat(c->to, to, size, LFI_PROT_NONE, flags, -1, 0) != to)
        return false;
    if (map_again(c, n, (char *)to))
        return lfi_box_mapat_register(c->to, to, size, n->prot, n->flags, n->fd, n->offset) == to;
    int saved = errno;
    lfi_mem_mend(to, size);
    return failed("its shared memory cannot be mapped once more", saved);
}

/* The ranges that are original, or those that are not.  */
static bool copy_ranges(const struct position *c, bool original)
{
    bool ok = true;
    for (struct LFIRange *n = lfi_map_find(&c->from->map, 0); ok && n;
         n = lfi_map_find(&c->from->map, n->end))
        if (n->original == original)
            ok = n->flags & LFI_MAP_SHARED ? share(c, n) : copy_private(c, n);
    return ok;
}

static bool copy_memory(const struct position *c)
{
    if (!copy_ranges(c, true))
        return false;
    lfi_box_mark_original(c->to);
    return copy_ranges(c, false);
}

/* This thread is in a handler of what it runs itself.  */
static bool runs_elsewhere(struct LFIContext *ctx)
{
    return lfi_interrupt_running(ctx) && !lfi_run_here(ctx);
}

/* Whether nobody runs the box but this thread; the box is locked.  */
static bool is_idle(struct LFIBox *box)
{
    for (struct LFIContext *ctx = box->contexts; ctx; ctx = ctx->next)
        if (runs_elsewhere(ctx)) {
            lfi_fail(LFI_ERR_STATE, "another thread runs the box");
            return false;
        }
    return true;
}

static bool copy_box(const struct position *c)
{
    struct LFIBox *from = c->from;
    pthread_mutex_lock(&from->callback_lock);
    pthread_mutex_lock(&from->lock);
    c->to->memory_limit = from->memory_limit;
    bool ok = is_idle(from) && copy_memory(c) && lfi_callback_copy(from, c->to);
    pthread_mutex_unlock(&from->lock);
    pthread_mutex_unlock(&from->callback_lock);
    return ok;
}

struct LFIBox *lfi_box_copy(struct LFIBox *box, struct LFIEngine *engine)
{
    struct position c = {.from = box, .page = box->engine->pagesize};
    if (!box->profile->poc) {
        lfi_fail(LFI_ERR_PROFILE,
                 "code of profile '%s' does not go on at another place: compile it with -mlfi-poc",
                 box->profile->name);
        return NULL;
    }
    c.to = lfi_box_new(engine ? engine : box->engine);
    if (!c.to)
        return NULL;
    c.copy = malloc(c.page);
    if (!c.copy)
        lfi_fail(LFI_ERR_ALLOC, "out of memory");
    bool ok = c.copy && lfi_box_set_profile(c.to, box->profile) && copy_box(&c);
    free(c.copy);
    if (ok)
        return c.to;
    lfi_box_free(c.to);
    return NULL;
}

/* Whether a run of the context was begun from a handler of another one: its way back leads through
   frames of the host.  */
static bool is_nested(const struct LFIContext *ctx)
{
    unsigned runs = 0;
    for (const struct LFIRun *r = lfi_runs; r; r = r->outer)
        runs += r->ctx == ctx;
    return runs > 1;
}

struct LFIContext *lfi_ctx_copy(struct LFIContext *from, struct LFIBox *box, void *userdata)
{
    if (!from->box->profile->poc || box->profile != from->box->profile) {
        lfi_fail(LFI_ERR_PROFILE, "contexts are copied between boxes of one position-oblivious profile");
        return NULL;
    }
    if (runs_elsewhere(from)) {
        lfi_fail(LFI_ERR_STATE, "another thread runs the context");
        return NULL;
    }
    if (is_nested(from)) {
        lfi_fail(LFI_ERR_STATE, "the context was called from its own handlers");
        return NULL;
    }
    struct LFIContext *to = lfi_ctx_new(box, userdata);
    if (!to)
        return NULL;
    const uint64_t host_sp = to->regs.host_sp, host_tp = to->regs.host_tp;
    to->regs = from->regs;
    to->regs.host_sp = host_sp;
    to->regs.host_tp = host_tp;
    lfi_arch_regs_relink(to);
    lfi_arch_set_sp(to, lfi_box_l2p(box, lfi_arch_sp(from)));
    to->exact = from->exact;
    to->pc = lfi_box_l2p(box, from->pc);
    to->fuel = from->fuel;
    to->endless = from->endless;
    return to;
}

int lfi_ctx_resume(struct LFIContext *ctx)
{
    const bool exact = ctx->exact;
    const uint64_t pc = lfi_ctx_pc(ctx);
    if (!lfi_run_begin(ctx, false))
        return -1;
    if (exact)
        lfi_ctx_set_pc(ctx, pc);
    return ctx->crossing->enter(ctx, ctx->exact || lfi_arch_regs_entry(ctx, pc));
}
