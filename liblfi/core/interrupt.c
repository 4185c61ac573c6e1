/* Interrupts: how any thread ends the run of a context, or has it stopped for a look, wherever that
   run is.
   SPDX-License-Identifier: Apache-2.0

   Whoever interrupts marks the context and sends a signal to the host thread that runs it.  The
   handler looks for marked contexts among those of its own thread, so a signal that comes late,
   or to a thread that took the number of one that ended, finds nothing and does nothing.  In code
   of the box, and on the last instructions of the way in, the run ends there, as by a fault.
   Anywhere else the handler leaves word in `interrupted', which the crossing looks at on each way
   in.  docs/runtime.md has the argument why nothing is lost in between.  */
#include "config.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "liblfi/core/internal.h"

/* LFIContext.running: the number of the host thread, and these once somebody wants that the run
   ends, or that the Linux layer looks at it.  */
#define INTERRUPTED (UINT64_C(1) << 32)
#define PREEMPTED (UINT64_C(1) << 33)
#define THREAD(running) ((pid_t)(uint32_t)(running))

void (*_Atomic lfi_interrupt_host)(ucontext_t *uc);

static pthread_mutex_t init_lock = PTHREAD_MUTEX_INITIALIZER;
static bool claimed;
static _Thread_local pid_t self; /* 0: not asked for yet */

int lfi_interrupt_signal(void)
{
    return SIGRTMIN + 7;
}

static pid_t this_thread(void)
{
    if (!self)
        self = (pid_t)syscall(SYS_gettid);
    return self;
}

static void send(pid_t thread)
{
    int saved = errno;
    /* It may have ended: then there is nothing to interrupt.  */
    syscall(SYS_tgkill, getpid(), thread, lfi_interrupt_signal());
    errno = saved;
}

static bool has_mark(struct LFIContext *ctx, uint64_t mark)
{
    return (atomic_load(&ctx->running) & mark) != 0;
}

/* The outermost run of the thread whose context is interrupted, NULL if none is; its context and
   those of all runs that began after it learn so before they go on, and so does each that is to be
   looked at.  */
static struct LFIRun *find_interrupted(void)
{
    struct LFIRun *ended = NULL;
    for (struct LFIRun *r = lfi_runs; r; r = r->outer) {
        if (has_mark(r->ctx, INTERRUPTED))
            ended = r;
        if (has_mark(r->ctx, PREEMPTED))
            atomic_store_explicit(&r->ctx->interrupted, 1, memory_order_relaxed);
    }
    for (struct LFIRun *r = lfi_runs; ended; r = r->outer) {
        atomic_store_explicit(&r->ctx->interrupted, 1, memory_order_relaxed);
        if (r == ended)
            break;
    }
    return ended;
}

/* AddressSanitizer forgets what it knows of stack frames.  */
extern void __asan_handle_no_return(void) __attribute__((weak));

static void end_run(struct LFIRun *ended, uint64_t pc)
{
    /* Where inner runs end too, frames of the host are left.  */
    if (__asan_handle_no_return)
        __asan_handle_no_return();
    lfi_run_stop(ended, LFI_END_FAULT);
    ended->ctx->fault = (struct LFIFault){.kind = LFI_FAULT_INTERRUPT, .pc = pc};
}

/* Registers outside of the box's code are not, or not yet, or not any more, the box's: then those
   of the last crossing stay.  */
static void leave(struct LFIContext *inner, struct LFIRun *ended, ucontext_t *uc)
{
    uint64_t pc = lfi_arch_uc_pc(uc);
    lfi_arch_signal_begin(inner);
    atomic_store(&inner->in_box, 0);
    if (pc - inner->base < LFI_BOX_SIZE) {
        lfi_arch_uc_save(inner, uc);
    } else {
        /* Behind the box's code the counter is still in its register.  */
        if (inner->crossing->meter && !lfi_arch_entering(inner, uc))
            inner->fuel = lfi_arch_uc_fuel(uc);
        pc = lfi_arch_rtcall_site(inner);
    }
    end_run(ended, pc);
    lfi_arch_uc_leave(ended->ctx, -1, uc);
}

static bool take_mark(struct LFIContext *ctx)
{
    return (atomic_fetch_and(&ctx->running, ~PREEMPTED) & PREEMPTED) != 0;
}

/* What it would have gone on with is in the context as it was.  */
static void stop_entering(struct LFIContext *ctx, ucontext_t *uc)
{
    if (!take_mark(ctx))
        return;
    atomic_store(&ctx->in_box, 0);
    if (!ctx->exact)
        lfi_ctx_set_pc(ctx, lfi_arch_uc_entry(ctx, uc));
    ctx->stop.kind = 0;
    lfi_arch_uc_stop(ctx, uc);
}

/* In rtcalls other than the two without a crossing the thread is at the first instruction, and
   about to look.  */
static void stop_in_box(struct LFIContext *ctx, ucontext_t *uc)
{
    bool in_code = lfi_arch_uc_next(uc) - ctx->base < LFI_BOX_SIZE;
    if (!in_code && lfi_arch_entering(ctx, uc))
        stop_entering(ctx, uc);
    else if ((in_code || lfi_arch_uc_finish_rtcall(ctx, uc)) && take_mark(ctx))
        lfi_resume_stop(ctx, uc, NULL);
}

/* The signal comes again when the handler of the host that was interrupted returns: until then it
   is blocked.  */
static void defer(ucontext_t *uc)
{
    sigaddset(&uc->uc_sigmask, lfi_interrupt_signal());
    send(this_thread());
}

/* ThreadSanitizer calls handlers later than signals come, with the frame of back then: what runs
   now is not what it shows.  */
extern void __tsan_init(void) __attribute__((weak));

void lfi_interrupt_in_box(struct LFIContext *ctx, ucontext_t *uc)
{
    struct LFIRun *ended = find_interrupted();
    if (ended)
        leave(ctx, ended, uc);
    else if (has_mark(ctx, PREEMPTED))
        stop_in_box(ctx, uc);
}

static void on_interrupt(int sig, siginfo_t *info, void *arg)
{
    ucontext_t *uc = arg;
    (void)sig, (void)info;
    if (lfi_signal_on_altstack(uc)) {
        defer(uc);
        return;
    }
    lfi_time_look();
    struct LFIRun *ended = find_interrupted();
    struct LFIContext *ctx = lfi_runs ? lfi_runs->ctx : NULL;
    void (*host)(ucontext_t *) = atomic_load(&lfi_interrupt_host);
    bool in_box = ctx && !__tsan_init && atomic_load(&ctx->in_box);
    bool entering = ctx && !__tsan_init && !in_box && lfi_arch_entering(ctx, uc);
    if (ended && (in_box || entering))
        leave(ctx, ended, uc);
    else if (in_box)
        lfi_interrupt_in_box(ctx, uc);
    else if (entering && has_mark(ctx, PREEMPTED))
        stop_entering(ctx, uc);
    else if (host)
        host(uc);
}

bool lfi_interrupt_installed(uintptr_t handler)
{
    return handler == (uintptr_t)on_interrupt;
}

/* The child has one thread, with another number.  */
static void in_child(void)
{
    self = 0;
    for (struct LFIRun *r = lfi_runs; r; r = r->outer) {
        uint64_t mark = atomic_load(&r->ctx->running) & (INTERRUPTED | PREEMPTED);
        atomic_store(&r->ctx->running, mark | (uint64_t)this_thread());
    }
}

static bool claim_signal(void)
{
    struct sigaction sa = {.sa_sigaction = on_interrupt, .sa_flags = SA_SIGINFO | SA_ONSTACK}, old;
    int sig = lfi_interrupt_signal();
    sigemptyset(&sa.sa_mask);
    if (sigaction(sig, NULL, &old) < 0 || old.sa_handler != SIG_DFL) {
        lfi_fail(LFI_ERR_SIGNAL, "signal %d (SIGRTMIN+7) has a handler; the library needs it", sig);
        return false;
    }
    if (sigaction(sig, &sa, NULL) == 0 && pthread_atfork(NULL, NULL, in_child) == 0)
        return true;
    lfi_fail(LFI_ERR_SIGNAL, "cannot install the handler of signal %d", sig);
    return false;
}

bool lfi_interrupt_init(void)
{
    pthread_mutex_lock(&init_lock);
    claimed = claimed || claim_signal();
    bool ok = claimed;
    pthread_mutex_unlock(&init_lock);
    return ok;
}

/* Runs.  */

bool lfi_interrupt_claim(struct LFIContext *ctx)
{
    uint64_t now = atomic_load(&ctx->running);
    while (!THREAD(now))
        if (atomic_compare_exchange_weak(&ctx->running, &now, now | (uint64_t)this_thread()))
            return true;
    return false;
}

void lfi_interrupt_release(struct LFIContext *ctx)
{
    atomic_store_explicit(&ctx->running, 0, memory_order_release);
}

bool lfi_interrupt_running(struct LFIContext *ctx)
{
    return THREAD(atomic_load(&ctx->running)) != 0;
}

void lfi_interrupt_begin(struct LFIRun *run)
{
    struct LFIContext *ctx = run->ctx;
    run->outer = lfi_runs;
    /* What the handler has to see in this order.  */
    atomic_signal_fence(memory_order_seq_cst);
    lfi_runs = run;
    atomic_signal_fence(memory_order_seq_cst);
    lfi_current = ctx;
    if (has_mark(ctx, INTERRUPTED | PREEMPTED) || (run->outer && run->outer->ctx->interrupted))
        atomic_store_explicit(&ctx->interrupted, 1, memory_order_relaxed);
}

/* What is looked at again was not changed meanwhile, or was by whoever looked: then pc is that.  */
static void look(struct LFIContext *ctx)
{
    if (!take_mark(ctx))
        return;
    ctx->stop.kind = 0;
    lfi_ctx_stopped(ctx);
}

bool lfi_ctx_interrupted(struct LFIContext *ctx, uint64_t entry)
{
    atomic_store(&ctx->promised, false);
    /* It may be left over from a run that has ended.  */
    atomic_store_explicit(&ctx->interrupted, 0, memory_order_relaxed);
    atomic_signal_fence(memory_order_seq_cst);
    struct LFIRun *ended = find_interrupted();
    if (ended) {
        end_run(ended, lfi_arch_rtcall_site(ctx));
        ended->ctx->crossing->leave(ended->ctx, -1);
    }
    if (!ctx->exact)
        lfi_ctx_set_pc(ctx, entry);
    look(ctx);
    if (ctx->exact)
        lfi_resume_settle(ctx);
    return ctx->exact;
}

bool lfi_interrupt_marked(struct LFIContext *ctx)
{
    return find_interrupted() || has_mark(ctx, PREEMPTED);
}

bool lfi_ctx_interrupt(struct LFIContext *ctx)
{
    uint64_t now = atomic_load(&ctx->running);
    while (THREAD(now))
        if (atomic_compare_exchange_weak(&ctx->running, &now, now | INTERRUPTED)) {
            send(THREAD(now));
            return true;
        }
    return false;
}

void lfi_interrupt_mark(struct LFIContext *ctx)
{
    atomic_fetch_or(&ctx->running, PREEMPTED);
    atomic_store_explicit(&ctx->interrupted, 1, memory_order_relaxed);
}

void lfi_ctx_preempt(struct LFIContext *ctx)
{
    uint64_t before = atomic_fetch_or(&ctx->running, PREEMPTED);
    if (THREAD(before))
        send(THREAD(before));
}

void lfi_interrupt_for_good(struct LFIContext *ctx)
{
    uint64_t before = atomic_fetch_or(&ctx->running, INTERRUPTED);
    if (THREAD(before))
        send(THREAD(before));
}

void lfi_interrupt_poke(struct LFIContext *ctx)
{
    uint64_t now = atomic_load(&ctx->running);
    if (THREAD(now))
        send(THREAD(now));
}
