/* Contexts: their life, their registers, entering and leaving.
   SPDX-License-Identifier: Apache-2.0  */
#include "config.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "liblfi/core/internal.h"

_Thread_local struct LFIContext *lfi_current;
_Thread_local struct LFIRun *lfi_runs;
static _Thread_local uint64_t last_serial;

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
    ctx->fuel = (int64_t)LFI_FUEL_MAX;
    ctx->endless = true;
    ctx->time = LFI_TIME_ENDLESS;
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

static void free_nested(struct LFIContext *ctx)
{
    for (struct LFIRun *run = ctx->spare, *next; run; run = next) {
        next = run->spare;
        free(run);
    }
}

void lfi_ctx_free(struct LFIContext *ctx)
{
    if (!ctx)
        return;
    if (lfi_interrupt_running(ctx)) {
        lfi_fail(LFI_ERR_STATE, "the context is running");
        return;
    }
    pthread_mutex_lock(&ctx->box->lock);
    *ctx->link = ctx->next;
    if (ctx->next)
        ctx->next->link = ctx->link;
    pthread_mutex_unlock(&ctx->box->lock);
    free_nested(ctx);
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
static bool go_in(struct LFIRun *run)
{
    struct LFIBox *box = run->ctx->box;
    uintptr_t inside = 0;
    run->counted = atomic_load_explicit(&box->single, memory_order_relaxed);
    if (!run->counted)
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

static void go_out(struct LFIRun *run)
{
    if (run->counted && --run->ctx->box->depth == 0)
        atomic_store(&run->ctx->box->inside, 0);
}

bool lfi_run_here(const struct LFIContext *ctx)
{
    for (struct LFIRun *r = lfi_runs; r; r = r->outer)
        if (r->ctx == ctx)
            return true;
    return false;
}

/* A run for a context that runs already, with what it interrupts; NULL with the error set.  */
static struct LFIRun *make_nested(struct LFIContext *ctx)
{
    struct nested {
        struct LFIRun run;
        struct LFISaved saved;
    } *n = NULL;
    struct LFIRun *run = ctx->spare;
    if (run) {
        ctx->spare = run->spare;
    } else if (posix_memalign((void **)&n, _Alignof(struct nested), sizeof *n) == 0) {
        run = &n->run;
        run->saved = &n->saved;
    } else {
        lfi_fail(LFI_ERR_ALLOC, "out of memory");
        return NULL;
    }
    run->saved->regs = ctx->regs;
    run->saved->host_fp = ctx->host_fp;
    run->saved->host_gs = ctx->host_gs;
    run->saved->pc = ctx->pc;
    run->saved->exact = ctx->exact;
    return run;
}

static bool has_fuel(const struct LFIContext *ctx)
{
    return !ctx->crossing->meter || ctx->fuel >= 0;
}

static bool may_enter(struct LFIRun *run)
{
    struct LFIContext *ctx = run->ctx;
    if (!run->saved)
        take_crossing(ctx);
    if (!has_fuel(ctx)) {
        lfi_fail(LFI_ERR_STATE, "the context has no fuel left");
        ctx->fault = (struct LFIFault){.kind = LFI_FAULT_FUEL};
        return false;
    }
    if (!run->saved && !ctx->time) {
        lfi_fail(LFI_ERR_STATE, "the context has no time left");
        ctx->fault = (struct LFIFault){.kind = LFI_FAULT_TIME};
        return false;
    }
    if (lfi_signal_attach(&ctx->engine->opts) && lfi_time_prepare(ctx) && go_in(run))
        return true;
    not_entered(ctx);
    return false;
}

struct LFIRun *lfi_run_begin(struct LFIContext *ctx, bool nested)
{
    struct LFIRun *run = &ctx->first;
    if (!nested && !lfi_interrupt_claim(ctx)) {
        lfi_fail(LFI_ERR_STATE, "the context is running already");
        return NULL;
    }
    if (nested)
        run = make_nested(ctx);
    if (!run)
        return NULL;
    *run =
        (struct LFIRun){.ctx = ctx, .saved = nested ? run->saved : NULL, .serial = ++last_serial};
    if (!may_enter(run)) {
        if (nested)
            lfi_run_done(run);
        else
            lfi_interrupt_release(ctx);
        return NULL;
    }
    ctx->fault = (struct LFIFault){.kind = 0};
    ctx->exact = false;
    lfi_interrupt_begin(run);
    if (!run->saved)
        lfi_time_begin(ctx);
    return run;
}

/* The thread pointer is the thread's: the run that ended may have set it for good.  */
void lfi_run_done(struct LFIRun *run)
{
    struct LFIContext *ctx = run->ctx;
    uint64_t tp = ctx->regs.tp;
    if (!run->saved)
        return;
    ctx->regs = run->saved->regs;
    ctx->regs.tp = tp;
    ctx->host_fp = run->saved->host_fp;
    ctx->host_gs = run->saved->host_gs;
    /* Not where the run that has ended was stopped.  */
    ctx->pc = run->saved->pc;
    ctx->exact = run->saved->exact;
    run->spare = ctx->spare;
    ctx->spare = run;
}

int lfi_ctx_run(struct LFIContext *ctx, uintptr_t entry)
{
    if (!lfi_run_begin(ctx, false))
        return -1;
    return ctx->crossing->enter(ctx, lfi_arch_regs_entry(ctx, entry));
}

/* Takes the run off the thread's list.  What it interrupted is restored by whoever began it, once
   it has looked at the registers.  */
static void take_off(struct LFIRun *run)
{
    if (!run->saved)
        lfi_time_end(run->ctx);
    lfi_runs = run->outer;
    lfi_current = run->outer ? run->outer->ctx : NULL;
    go_out(run);
    if (!run->saved)
        lfi_interrupt_release(run->ctx);
}

void lfi_run_cancel(struct LFIRun *run)
{
    take_off(run);
}

/* Gives up the innermost run.  */
static void drop(void)
{
    struct LFIRun *run = lfi_runs;
    take_off(run);
    lfi_run_done(run);
}

void lfi_run_stop(struct LFIRun *run, enum LFIEnd end)
{
    while (lfi_runs != run)
        drop();
    run->end = end;
    take_off(run);
}

/* The same for the innermost run of the context.  */
static void stop(struct LFIContext *ctx, enum LFIEnd end)
{
    struct LFIRun *run = lfi_runs;
    while (run->ctx != ctx)
        run = run->outer;
    lfi_run_stop(run, end);
}

uint64_t lfi_run_serial(void)
{
    return lfi_runs ? lfi_runs->serial : 0;
}

struct LFIRun *lfi_run_above(const struct LFIContext *ctx, uint64_t serial)
{
    struct LFIRun *run = lfi_runs;
    while (run && (run->outer ? run->outer->serial : 0) != serial)
        run = run->outer;
    return run && run->ctx == ctx && run->call ? run : NULL;
}

void lfi_run_end(struct LFIRun *run, void (*then)(void *, int), void *arg, int value)
{
    struct LFIContext *ctx = run->ctx;
    run->then = then;
    run->then_arg = arg;
    run->then_value = value;
    ctx->fault.kind = 0;
    lfi_run_stop(run, LFI_END_JUMP);
    ctx->crossing->leave(ctx, -1);
    __builtin_unreachable();
}

void lfi_ctx_stop(struct LFIContext *ctx)
{
    /* Not what a run nested in this one left.  */
    ctx->fault.kind = 0;
    stop(ctx, LFI_END_RETURN);
}

static _Noreturn void end_run(struct LFIContext *ctx, enum LFIEnd end, int code)
{
    stop(ctx, end);
    ctx->crossing->leave(ctx, code);
    __builtin_unreachable();
}

static bool in_handler(struct LFIContext *ctx)
{
    if (lfi_run_here(ctx) && !atomic_load(&lfi_current->in_box))
        return true;
    lfi_fail(LFI_ERR_STATE, "the context is not in a handler of this thread");
    return false;
}

void lfi_ctx_exit(struct LFIContext *ctx, int code)
{
    if (!in_handler(ctx))
        return;
    ctx->fault.kind = 0;
    end_run(ctx, LFI_END_EXIT, code);
}

void lfi_ctx_abandon(struct LFIContext *ctx)
{
    if (!in_handler(ctx))
        return;
    ctx->fault.kind = 0;
    while (lfi_run_here(ctx))
        drop();
}

static _Noreturn void bad_rtcall(struct LFIContext *ctx, int entry)
{
    ctx->fault = (struct LFIFault){
        .kind = LFI_FAULT_RTCALL, .sig = SIGSYS, .code = entry, .pc = lfi_arch_rtcall_site(ctx)};
    end_run(ctx, LFI_END_FAULT, -1);
}

void lfi_ctx_bad_rtcall(struct LFIContext *ctx)
{
    bad_rtcall(ctx, (int)ctx->rtcall);
}

bool lfi_ctx_set_fuel(struct LFIContext *ctx, uint64_t fuel)
{
    if (fuel > LFI_FUEL_MAX) {
        lfi_fail(LFI_ERR_ARG, "more fuel than %llu", (unsigned long long)LFI_FUEL_MAX);
        return false;
    }
    if (ctx->box->profile->meter == LFI_METER_NONE) {
        lfi_fail(LFI_ERR_STATE,
                 "code of profile '%s' does not count its instructions: compile it with "
                 "-mlfi-meter=branch",
                 ctx->box->profile->name);
        return false;
    }
    ctx->fuel = (int64_t)fuel;
    ctx->endless = fuel == LFI_FUEL_MAX;
    return true;
}

uint64_t lfi_ctx_fuel(struct LFIContext *ctx)
{
    if (ctx->box->profile->meter == LFI_METER_NONE)
        return LFI_FUEL_MAX;
    return ctx->fuel < 0 ? 0 : (uint64_t)ctx->fuel;
}

static void seen_outside(struct LFIContext *ctx)
{
    atomic_store_explicit(&ctx->seen, atomic_load(&ctx->box->epoch), memory_order_release);
}

void lfi_ctx_syscall(struct LFIContext *ctx)
{
    void (*handler)(struct LFIContext *) =
        atomic_load_explicit(&ctx->engine->sys_handler, memory_order_relaxed);
    seen_outside(ctx);
    if (!handler)
        bad_rtcall(ctx, LFI_RTCALL_SYSCALL);
    handler(ctx);
}

/* The box called a host function through a stub of callback.c.  */
void lfi_ctx_callback(struct LFIContext *ctx)
{
    bool outer = ctx->abort;
    seen_outside(ctx);
    ctx->abort = false;
    if (!lfi_callback_call(ctx))
        bad_rtcall(ctx, LFI_RTCALL_CALLBACK);
    bool abort = ctx->abort;
    ctx->abort = outer;
    if (abort) {
        ctx->fault.kind = 0;
        end_run(ctx, LFI_END_ABORT, -1);
    }
}

/* Behind each of its traps for lack of fuel the box's code can go on, and somebody may want that.
 */
static bool refills(const struct LFIContext *ctx)
{
    return ctx->box->profile->meter == LFI_METER_RESUME && atomic_load(&ctx->engine->refill);
}

/* Whether it goes on: two charges must not fail, that of the way back from a trap and that of the
   sequence which is done again then.  */
static_assert(LFI_FUEL_STEP >= 2 * LFI_METER_BLOCK, "a refilled run would not get further");

static bool is_refilled(struct LFIContext *ctx, const struct LFIFault *fault)
{
    return refills(ctx) && atomic_load(&ctx->engine->refill)(ctx, fault)
           && ctx->fuel >= LFI_FUEL_STEP;
}

static bool is_given_time(struct LFIContext *ctx, const struct LFIFault *fault)
{
    bool (*refill)(struct LFIContext *, const struct LFIFault *) =
        atomic_load(&ctx->engine->refill);
    return refill && refill(ctx, fault) && !lfi_time_is_over(ctx);
}

/* What the Linux layer says to a stop, and what is left then: false if the run ends with the fault.
 */
static bool goes_on(struct LFIContext *ctx, struct LFIFault *fault)
{
    bool (*stopped)(struct LFIContext *, const struct LFIFault *) =
        atomic_load(&ctx->engine->stopped);
    if (stopped && !stopped(ctx, fault->kind ? fault : NULL) && fault->kind)
        return false;
    *fault = (struct LFIFault){.kind = LFI_FAULT_TIME, .pc = lfi_ctx_pc(ctx)};
    if (lfi_time_is_over(ctx) && !is_given_time(ctx, fault)) {
        /* Runs of it that this one interrupted are over too.  */
        lfi_interrupt_mark(ctx);
        return false;
    }
    if (ctx->fuel >= LFI_FUEL_STEP || (has_fuel(ctx) && !refills(ctx)))
        return true;
    fault->kind = LFI_FAULT_FUEL;
    return is_refilled(ctx, fault);
}

void lfi_ctx_stopped(struct LFIContext *ctx)
{
    struct LFIFault fault = ctx->stop;
    seen_outside(ctx);
    if (fault.kind == LFI_FAULT_FUEL ? is_refilled(ctx, &fault) : goes_on(ctx, &fault))
        return;
    ctx->fault = fault;
    end_run(ctx, LFI_END_FAULT, -1);
}

/* A trap when nothing is left: metered code has one behind each test.  */
static bool is_out_of_fuel(const struct LFIContext *ctx, const ucontext_t *uc, int sig)
{
    return ctx->crossing->meter && (sig == SIGILL || sig == SIGTRAP) && lfi_arch_uc_fuel(uc) < 0;
}

void lfi_ctx_fault_leave(struct LFIContext *ctx, ucontext_t *uc, int sig, int code, uint64_t addr)
{
    struct LFIFault fault = {
        .kind = LFI_FAULT_SIGNAL, .sig = sig, .code = code, .pc = lfi_arch_uc_pc(uc), .addr = addr};
    bool fuel = is_out_of_fuel(ctx, uc, sig);
    if (fuel)
        fault = (struct LFIFault){.kind = LFI_FAULT_FUEL, .pc = fault.pc};
    if (fuel ? sig == SIGILL : atomic_load(&ctx->engine->stopped) != NULL) {
        lfi_resume_stop(ctx, uc, &fault);
        return;
    }
    atomic_store(&ctx->in_box, 0);
    ctx->fault = fault;
    lfi_arch_uc_save(ctx, uc);
    stop(ctx, LFI_END_FAULT);
    lfi_arch_uc_leave(ctx, -1, uc);
}

bool lfi_ctx_all_seen(struct LFIBox *box, uint64_t epoch)
{
    bool all = true;
    for (struct LFIContext *c = box->contexts; c; c = c->next) {
        /* In this order: what is promised is in the box before it is not promised any more.  */
        if (!atomic_load(&c->promised) && atomic_load(&c->in_box) == 0)
            atomic_store(&c->seen, atomic_load(&box->epoch));
        else if (atomic_load(&c->seen) < epoch)
            all = false;
    }
    return all;
}
