/* Time: a limit ends runs, or lets them go on, wherever they are.
   SPDX-License-Identifier: Apache-2.0  */
#include "test.h"

#include <dirent.h>
#include <sys/wait.h>
#include <time.h>

#include "lfi_invoke.h"

#define MS UINT64_C(1000000)

static struct LFIEngine *engine;
static struct LFIBox *box;
static struct LFIContext *ctx;
static lfiptr stack, loop, calls, call_loop, call;

/* What handlers do; NULL: nothing.  */
static void (*on_call)(struct LFIContext *c);
static unsigned handled;

static void handler(struct LFIContext *c)
{
    handled++;
    if (on_call)
        on_call(c);
}

static unsigned refills, refilled, asked; /* so many are given, and were */
static uint64_t slice;
static bool asked_right;

static bool refill(struct LFIContext *c, const struct LFIFault *fault)
{
    asked_right &= fault->kind == LFI_FAULT_TIME && fault->sig == 0 && fault->pc != 0
                   && lfi_ctx_time(c) == 0 && lfi_cur_ctx() == c;
    asked++;
    if (refilled == refills)
        return false;
    refilled++;
    return lfi_ctx_set_time(c, slice);
}

static void give(unsigned n, uint64_t time)
{
    refills = n;
    refilled = asked = 0;
    slice = time;
    asked_right = true;
}

static uint64_t used(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (uint64_t)t.tv_sec * 1000 * MS + (uint64_t)t.tv_nsec;
}

/* All general registers that no profile reserves.  */
static uint64_t *pattern(struct LFIContext *c, int *n)
{
#if defined(__aarch64__)
    *n = 25;
    return &lfi_ctx_regs(c)->x0;
#else
    *n = 4;
    return &lfi_ctx_regs(c)->rax;
#endif
}

static int run(lfiptr entry, uint64_t time)
{
    int n;
    lfi_ctx_regs_init(ctx);
    lfi_ctx_regs(ctx)->SP = stack;
    uint64_t *r = pattern(ctx, &n);
    for (int i = 0; i < n; i++)
        r[i] = 0x5a00 + (unsigned)i;
    if (!lfi_ctx_set_time(ctx, time))
        give_up("lfi_ctx_set_time");
    return lfi_ctx_run(ctx, entry);
}

/* Those that the way in does not use.  */
static bool kept(void)
{
    int n;
    uint64_t *r = pattern(ctx, &n);
    for (int i = 0; i < n; i++)
        if (r[i] != 0x5a00 + (unsigned)i && i != 16)
            return false;
    return true;
}

static bool over(void)
{
    const struct LFIFault *f = lfi_ctx_fault(ctx);
    return f && f->kind == LFI_FAULT_TIME && f->sig == 0 && lfi_ctx_time(ctx) == 0;
}

static void test_end(void)
{
    CHECK("a new context has no end", lfi_ctx_time(ctx) == LFI_TIME_ENDLESS);
    CHECK("too much time", !lfi_ctx_set_time(ctx, LFI_TIME_MAX + 1) && lfi_errno() == LFI_ERR_ARG
                               && lfi_ctx_time(ctx) == LFI_TIME_ENDLESS);
    uint64_t before = used();
    CHECK("a loop ends when its time is over",
          run(loop, 20 * MS) == -1 && over() && kept() && lfi_ctx_fault(ctx)->pc - loop < 16);
    CHECK("not before", used() - before >= 20 * MS);
    CHECK("without time nothing runs",
          lfi_ctx_run(ctx, loop) == -1 && over() && strstr(lfi_errmsg(), "no time"));
    CHECK("nor with none at first", run(loop, 0) == -1 && over());
    handled = 0;
    CHECK("with time again it does", run(call, 1000 * MS) != -1 && !lfi_ctx_fault(ctx)
                                         && handled == 1 && lfi_ctx_time(ctx) < 1000 * MS
                                         && lfi_ctx_time(ctx) > 0);
    uint64_t left = lfi_ctx_time(ctx);
    lfi_ctx_run(ctx, call);
    CHECK("what is left is less after each run", lfi_ctx_time(ctx) < left);
}

static void test_slices(void)
{
    lfi_refill_handler(engine, refill);
    give(5, 4 * MS);
    uint64_t before = used();
    CHECK("a loop goes on in slices",
          run(loop, 4 * MS) == -1 && over() && refilled == 5 && asked_right && kept());
    CHECK("each as long as it is", used() - before >= 24 * MS);
    give(1, 0);
    CHECK("a slice of nothing is none", run(loop, 4 * MS) == -1 && over() && refilled == 1 && asked == 1);
    lfi_refill_handler(engine, NULL);
}

/* Calls of the host, which a slice can end anywhere on the way.  */
static void leave_late(struct LFIContext *c)
{
    if (handled == 200000 || refilled >= 40)
        lfi_ctx_exit(c, 31);
}

static void test_calls(void)
{
    lfi_refill_handler(engine, refill);
    on_call = leave_late;
    handled = 0;
    give(1000000, MS / 10);
    CHECK("a loop of calls goes on in slices",
          run(calls, MS / 10) == 31 && !lfi_ctx_fault(ctx) && asked_right);
    on_call = NULL;
    lfi_refill_handler(engine, NULL);
    handled = 0;
    CHECK("and ends without them", run(calls, 20 * MS) == -1 && over() && handled > 0);
}

/* Handlers.  */
static void burn(struct LFIContext *c)
{
    uint64_t end = used() + 120 * MS; /* the kernel looks at the clock now and then */
    (void)c;
    while (used() < end) {
    }
}

static void sleep_long(struct LFIContext *c)
{
    struct timespec t = {0, 60 * (long)MS};
    while (nanosleep(&t, &t) < 0) {
    }
    lfi_ctx_exit(c, lfi_ctx_time(c) > 0 ? 32 : 0);
}

static void burn_and_give(struct LFIContext *c)
{
    burn(c);
    lfi_ctx_set_time(c, LFI_TIME_ENDLESS);
}

static struct LFIContext *inner;
static int inner_result;

static void run_inner(struct LFIContext *c)
{
    if (c != ctx)
        return;
    lfi_ctx_set_time(inner, 30 * MS);
    inner_result = lfi_ctx_run(inner, loop);
}

static void run_again(struct LFIContext *c)
{
    uint64_t left = lfi_ctx_time(c);
    if (handled > 1)
        return;
    lfi_ctx_run(inner, call);
    inner_result = lfi_ctx_time(c) < left;
}

static void test_handlers(void)
{
    on_call = burn;
    CHECK("what a handler uses counts: the run ends when it returns",
          run(call, 20 * MS) == -1 && over());
    on_call = burn_and_give;
    CHECK("unless it gives more",
          run(call, 20 * MS) != -1 && !lfi_ctx_fault(ctx) && lfi_ctx_time(ctx) == LFI_TIME_ENDLESS);
    on_call = sleep_long;
    CHECK("sleeping does not count", run(call, 50 * MS) == 32);
    inner = new_ctx(box);
    on_call = run_inner;
    CHECK("a context that a handler runs has its own time",
          run(call, 3000 * MS) != -1 && !lfi_ctx_fault(ctx) && inner_result == -1
              && lfi_ctx_fault(inner)->kind == LFI_FAULT_TIME);
    CHECK("which counts for the outer one too",
          run(call, 20 * MS) == -1 && over() && inner_result == -1
              && lfi_ctx_fault(inner)->kind == LFI_FAULT_TIME);
    lfi_ctx_set_time(inner, LFI_TIME_ENDLESS);
    on_call = run_again;
    handled = 0;
    CHECK("the clock of the outer one goes on", run(call, 1000 * MS) != -1 && inner_result == 1);
    on_call = NULL;
    lfi_ctx_free(inner);
}

/* A context that is called again from its handler, which does not mind how that ends.  */
static int ended;
static void call_again(struct LFIContext *c)
{
    (void)c;
    if (handled > 1)
        return;
    LFI_INVOKE(box, &ctx, loop, void, (void));
    ended = (int)lfi_invoke_info.end;
}

static uint64_t left_after;
static void call_shortly(struct LFIContext *c)
{
    uint64_t end = used() + 50 * MS;
    if (handled > 1)
        return;
    while (used() < end) {
    }
    LFI_INVOKE(box, &ctx, call, void, (void));
    left_after = lfi_ctx_time(c);
}

/* The same, where time is found to be over on the way back from the inner handler.  */
static void call_and_burn(struct LFIContext *c)
{
    if (handled == 1)
        LFI_INVOKE(box, &ctx, call, void, (void));
    else
        burn(c);
}

static void test_called_again(void)
{
    on_call = call_shortly;
    handled = 0;
    CHECK("a call from a handler does not set the clock back",
          run(call, 1000 * MS) != -1 && handled == 2 && left_after < 950 * MS && left_after > 0);
    on_call = call_again;
    handled = 0;
    CHECK("all runs of a context end with its time",
          run(call_loop, 20 * MS) == -1 && over() && handled == 1 && ended != 0);
    on_call = call_and_burn;
    handled = 0;
    CHECK("and wherever that is noticed", run(call_loop, 20 * MS) == -1 && over() && handled == 2);
    on_call = NULL;
}

/* Threads: one timer each, for as long as they live.  */
static unsigned timers(void)
{
    char line[256];
    unsigned n = 0;
    FILE *f = fopen("/proc/self/timers", "r");
    while (f && fgets(line, sizeof line, f))
        n += strncmp(line, "ID:", 3) == 0;
    if (f)
        fclose(f);
    return n;
}

static void *ends_by_time(void *arg)
{
    *(bool *)arg = run(loop, 10 * MS) == -1 && over();
    return NULL;
}

static void test_threads(void)
{
    unsigned before = timers();
    bool all = true;
    for (int i = 0; i < 5; i++) {
        pthread_t t;
        bool ended = false;
        pthread_create(&t, NULL, ends_by_time, &ended);
        pthread_join(t, NULL);
        all &= ended;
    }
    CHECK("other threads", all);
    CHECK("leave no timers", timers() == before && before <= 1);
}

/* The clock of a child begins anew, its time does not.  */
static void fork_there(struct LFIContext *c)
{
    (void)c;
    if (handled > 1)
        return;
    pid_t child = fork();
    inner_result = child;
    if (child > 0) {
        int status = 0;
        waitpid(child, &status, 0);
        inner_result = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
        lfi_ctx_exit(c, 0);
    }
}

static void test_fork(void)
{
    on_call = fork_there;
    handled = 0;
    uint64_t before = used();
    int result = run(call_loop, 40 * MS);
    if (inner_result == 0)
        _exit(result == -1 && over() && used() < before ? 77 : 78);
    CHECK("a child of the host has what was left", result == 0 && inner_result == 77);
    on_call = NULL;
}

int main(void)
{
    if (skipped(SAN_THREAD, "time", "signals wait while a box runs")) {
        puts("DONE");
        return 0;
    }
    engine = new_engine((struct LFIOptions){0}, 2);
    lfi_sys_handler(engine, handler);
    box = new_box(engine);
    ctx = new_ctx(box);
    stack = new_stack(box);
    loop = load_or_die(box, 0, CODE(loop));
    calls = load_or_die(box, 0, CODE(syscall_loop));
    call_loop = load_or_die(box, 0, CODE(call_loop));
    call = load_or_die(box, 0, CODE(syscall_return));
    test_end();
    test_slices();
    test_calls();
    test_handlers();
    test_called_again();
    test_threads();
    test_fork();
    lfi_ctx_free(ctx);
    lfi_box_free(box);
    lfi_free(engine);
    printf("DONE\n");
    return 0;
}
