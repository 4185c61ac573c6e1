/* Contexts: their life, their registers, entering and leaving.
   SPDX-License-Identifier: Apache-2.0  */
#include "config.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "liblfi/core/internal.h"

_Thread_local struct LFIContext *lfi_current;

struct LFIContext *lfi_ctx_new(struct LFIBox *box, void *userdata)
{
    struct LFIContext *ctx = NULL;
    /* Cache lines of its own: the box's threads write to them at every crossing.  */
    if (posix_memalign((void **)&ctx, 64, LFI_ROUND_UP(sizeof *ctx, 64)) != 0) {
        lfi_fail(LFI_ERR_ALLOC, "out of memory");
        return NULL;
    }
    memset(ctx, 0, sizeof *ctx);
    ctx->box = box;
    ctx->engine = box->engine;
    ctx->base = box->base;
    ctx->data = userdata;
    lfi_arch_set_crossing(ctx, atomic_load(&box->crossing));
    lfi_arch_regs_init(ctx);
    pthread_mutex_lock(&box->lock);
    atomic_store(&ctx->seen, atomic_load(&box->epoch));
    ctx->next = box->contexts;
    ctx->link = &box->contexts;
    if (ctx->next)
        ctx->next->link = &ctx->next;
    box->contexts = ctx;
    pthread_mutex_unlock(&box->lock);
    return ctx;
}

void lfi_ctx_free(struct LFIContext *ctx)
{
    if (!ctx)
        return;
    if (atomic_load(&ctx->running)) {
        lfi_fail(LFI_ERR_STATE, "the context is running");
        return;
    }
    pthread_mutex_lock(&ctx->box->lock);
    *ctx->link = ctx->next;
    if (ctx->next)
        ctx->next->link = ctx->link;
    pthread_mutex_unlock(&ctx->box->lock);
    free(ctx);
}

void *lfi_ctx_data(struct LFIContext *ctx)
{
    return ctx->data;
}

struct LFIBox *lfi_ctx_box(struct LFIContext *ctx)
{
    return ctx->box;
}

struct LFIRegs *lfi_ctx_regs(struct LFIContext *ctx)
{
    return &ctx->regs;
}

/* Of the profile that the box has by now.  */
static void take_crossing(struct LFIContext *ctx)
{
    const struct LFICrossing *now = atomic_load_explicit(&ctx->box->crossing, memory_order_acquire);
    if (ctx->crossing != now)
        lfi_arch_set_crossing(ctx, now);
}

void lfi_ctx_regs_init(struct LFIContext *ctx)
{
    take_crossing(ctx);
    lfi_arch_regs_init(ctx);
}

void lfi_ctx_regs_relink_ctxreg(struct LFIContext *ctx)
{
    take_crossing(ctx);
    lfi_arch_regs_relink(ctx);
}

uint64_t lfi_ctx_get_tp(struct LFIContext *ctx)
{
    return ctx->regs.tp;
}

void lfi_ctx_set_tp(struct LFIContext *ctx, uint64_t tp)
{
    ctx->regs.tp = tp;
}

struct LFIContext *lfi_cur_ctx(void)
{
    return lfi_current;
}

const struct LFIFault *lfi_ctx_fault(struct LFIContext *ctx)
{
    return ctx->fault.kind ? &ctx->fault : NULL;
}

static int not_entered(struct LFIContext *ctx)
{
    ctx->fault = (struct LFIFault){.kind = LFI_FAULT_ENTRY};
    return -1;
}

/* Any address that the thread alone has names it.  */
static uintptr_t this_thread(void)
{
    return (uintptr_t)&lfi_current;
}

/* Where the profile has one thread in the box at a time: false with the error set if another is
   in it.  */
static bool go_in(struct LFIContext *ctx)
{
    struct LFIBox *box = ctx->box;
    uintptr_t inside = 0;
    ctx->counted = atomic_load_explicit(&box->single, memory_order_relaxed);
    if (!ctx->counted)
        return true;
    if (!atomic_compare_exchange_strong(&box->inside, &inside, this_thread())
        && inside != this_thread()) {
        lfi_fail(LFI_ERR_STATE, "another thread is in the box: profile '%s' allows one",
                 box->profile->name);
        return false;
    }
    box->depth++;
    return true;
}

static void go_out(struct LFIContext *ctx)
{
    if (ctx->counted && --ctx->box->depth == 0)
        atomic_store(&ctx->box->inside, 0);
}

int lfi_ctx_run(struct LFIContext *ctx, uintptr_t entry)
{
    if (atomic_exchange(&ctx->running, true)) {
        lfi_fail(LFI_ERR_STATE, "the context is running already");
        return -1;
    }
    if (!lfi_signal_attach(&ctx->engine->opts) || !go_in(ctx)) {
        atomic_store(&ctx->running, false);
        return not_entered(ctx);
    }
    take_crossing(ctx);
    ctx->fault = (struct LFIFault){.kind = 0};
    ctx->outer = lfi_current;
    lfi_current = ctx;
    return ctx->crossing->enter(ctx, lfi_arch_regs_entry(ctx, entry));
}

/* Takes the context, and those entered after it, off the thread's list.  */
void lfi_ctx_stop(struct LFIContext *ctx)
{
    struct LFIContext *inner = lfi_current;
    lfi_current = ctx->outer;
    while (inner != ctx) {
        struct LFIContext *outer = inner->outer;
        go_out(inner);
        atomic_store_explicit(&inner->running, false, memory_order_release);
        inner = outer;
    }
    go_out(ctx);
    atomic_store_explicit(&ctx->running, false, memory_order_release);
}

static _Noreturn void end_run(struct LFIContext *ctx, int code)
{
    lfi_ctx_stop(ctx);
    ctx->crossing->leave(ctx, code);
    __builtin_unreachable();
}

void lfi_ctx_exit(struct LFIContext *ctx, int code)
{
    struct LFIContext *c = lfi_current;
    while (c && c != ctx)
        c = c->outer;
    if (!c || atomic_load(&lfi_current->in_box)) {
        lfi_fail(LFI_ERR_STATE, "the context is not in a handler of this thread");
        return;
    }
    end_run(ctx, code);
}

static _Noreturn void bad_rtcall(struct LFIContext *ctx, int entry)
{
    ctx->fault = (struct LFIFault){
        .kind = LFI_FAULT_RTCALL, .sig = SIGSYS, .code = entry, .pc = lfi_arch_rtcall_site(ctx)};
    end_run(ctx, -1);
}

void lfi_ctx_bad_rtcall(struct LFIContext *ctx)
{
    bad_rtcall(ctx, (int)ctx->rtcall);
}

void lfi_ctx_syscall(struct LFIContext *ctx)
{
    void (*handler)(struct LFIContext *) =
        atomic_load_explicit(&ctx->engine->sys_handler, memory_order_relaxed);
    atomic_store_explicit(&ctx->seen, atomic_load(&ctx->box->epoch), memory_order_release);
    if (!handler)
        bad_rtcall(ctx, LFI_RTCALL_SYSCALL);
    handler(ctx);
}

void lfi_ctx_fault_leave(struct LFIContext *ctx, ucontext_t *uc, int sig, int code, uint64_t addr)
{
    atomic_store(&ctx->in_box, 0);
    ctx->fault = (struct LFIFault){
        .kind = LFI_FAULT_SIGNAL, .sig = sig, .code = code, .pc = lfi_arch_uc_pc(uc), .addr = addr};
    lfi_arch_uc_save(ctx, uc);
    lfi_ctx_stop(ctx);
    lfi_arch_uc_leave(ctx, -1, uc);
}

bool lfi_ctx_all_seen(struct LFIBox *box, uint64_t epoch)
{
    bool all = true;
    for (struct LFIContext *c = box->contexts; c; c = c->next) {
        if (atomic_load(&c->in_box) == 0)
            atomic_store(&c->seen, atomic_load(&box->epoch));
        else if (atomic_load(&c->seen) < epoch)
            all = false;
    }
    return all;
}
