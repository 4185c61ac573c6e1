/* Time: how much of a processor runs of a context may use.
   SPDX-License-Identifier: Apache-2.0

   A thread that runs contexts with a limit has one timer, of the kernel and of its own processor
   time, that sends it the signal of interrupts when the first of them is due.  The handler marks
   the contexts whose time is over as those that are to be looked at (interrupt.c), and each is
   stopped like one for which a signal has come: lfi_ctx_stopped then asks.  */
#include "config.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "liblfi/core/internal.h"

/* libc has no name for it yet.  */
#ifndef sigev_notify_thread_id
#define sigev_notify_thread_id _sigev_un._tid
#endif

static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_key_t timer_key;
static int init_error;
static _Thread_local timer_t timer;
static _Thread_local bool has_timer;
static _Thread_local uint64_t before_fork;

/* Of this thread, in nanoseconds.  Async-signal-safe.  */
static uint64_t now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (uint64_t)t.tv_sec * UINT64_C(1000000000) + (uint64_t)t.tv_nsec;
}

static uint64_t left_at(uint64_t deadline, uint64_t time)
{
    return deadline > time ? deadline - time : 0;
}

/* For the first that is due later than that; a time of 0 would be none.  */
static void arm_after(uint64_t time)
{
    uint64_t first = 0;
    for (struct LFIRun *r = lfi_runs; r; r = r->outer)
        if (r->ctx->deadline > time && (!first || r->ctx->deadline < first))
            first = r->ctx->deadline;
    struct itimerspec at = {.it_value = {.tv_sec = (time_t)(first / 1000000000),
                                         .tv_nsec = (long)(first % 1000000000)}};
    if (has_timer)
        timer_settime(timer, TIMER_ABSTIME, &at, NULL);
}

static void arm(void)
{
    arm_after(0);
}

static void delete_timer(void *arg)
{
    (void)arg;
    has_timer = false;
    timer_delete(timer);
}

static void prepare_fork(void)
{
    before_fork = now();
}

/* The child has no timers, and its clock begins at 0.  */
static void in_child(void)
{
    has_timer = false;
    uint64_t begin = now();
    for (struct LFIRun *r = lfi_runs; r; r = r->outer)
        if (r->ctx->deadline && !r->saved)
            r->ctx->deadline = begin + 1 + left_at(r->ctx->deadline, before_fork);
    if (lfi_runs)
        lfi_time_prepare(lfi_runs->ctx);
    arm();
}

static void init(void)
{
    init_error = pthread_key_create(&timer_key, delete_timer);
    if (!init_error)
        init_error = pthread_atfork(prepare_fork, NULL, in_child);
}

static bool make_timer(void)
{
    struct sigevent event;
    memset(&event, 0, sizeof event);
    event.sigev_notify = SIGEV_THREAD_ID;
    event.sigev_signo = lfi_interrupt_signal();
    event.sigev_notify_thread_id = (pid_t)syscall(SYS_gettid);
    pthread_once(&once, init);
    int error = init_error;
    if (!error && timer_create(CLOCK_THREAD_CPUTIME_ID, &event, &timer) < 0)
        error = errno;
    if (!error && (error = pthread_setspecific(timer_key, &timer)) != 0)
        timer_delete(timer);
    if (error)
        lfi_fail_errno(LFI_ERR_ALLOC, error, "cannot make a timer: %s", strerror(error));
    has_timer = !error;
    return has_timer;
}

bool lfi_time_prepare(const struct LFIContext *ctx)
{
    return has_timer || (ctx->time == LFI_TIME_ENDLESS && !ctx->deadline) || make_timer();
}

void lfi_time_begin(struct LFIContext *ctx)
{
    if (ctx->time == LFI_TIME_ENDLESS)
        return;
    ctx->deadline = now() + ctx->time;
    arm();
}

void lfi_time_end(struct LFIContext *ctx)
{
    if (!ctx->deadline)
        return;
    ctx->time = left_at(ctx->deadline, now());
    ctx->deadline = 0;
    arm();
}

bool lfi_time_is_over(const struct LFIContext *ctx)
{
    return ctx->deadline && ctx->deadline <= now();
}

void lfi_time_look(void)
{
    uint64_t time = 0;
    for (struct LFIRun *r = lfi_runs; r; r = r->outer) {
        if (r->ctx->deadline && !time)
            time = now();
        if (r->ctx->deadline && r->ctx->deadline <= time)
            lfi_interrupt_mark(r->ctx);
    }
    /* Those that are marked need no other signal.  */
    if (time)
        arm_after(time);
}

bool lfi_ctx_set_time(struct LFIContext *ctx, uint64_t time)
{
    if (time > LFI_TIME_MAX && time != LFI_TIME_ENDLESS) {
        lfi_fail(LFI_ERR_ARG, "more time than %llu ns", (unsigned long long)LFI_TIME_MAX);
        return false;
    }
    lfi_time_end(ctx);
    ctx->time = time;
    if (!lfi_run_here(ctx))
        return true;
    if (!lfi_time_prepare(ctx))
        return false;
    lfi_time_begin(ctx);
    return true;
}

uint64_t lfi_ctx_time(struct LFIContext *ctx)
{
    return ctx->deadline ? left_at(ctx->deadline, now()) : ctx->time;
}
