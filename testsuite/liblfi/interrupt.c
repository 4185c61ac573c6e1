/* Interrupts: whatever a thread does in a box, or for one, another thread ends it.
   SPDX-License-Identifier: Apache-2.0

   usage: interrupt [BOUND]  (milliseconds that half of the interrupts may take at most)  */
#include "test.h"

#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <time.h>

/* The library's own: liblfi/core/internal.h.  */
void lfi_set_stopped(struct LFIEngine *engine,
                     bool (*stopped)(struct LFIContext *, const struct LFIFault *));
void lfi_ctx_preempt(struct LFIContext *ctx);
uint64_t lfi_ctx_pc(const struct LFIContext *ctx);

static struct LFIEngine *engine;
static struct LFIBox *box;
static struct LFIContext *ctx;
static lfiptr stack, loop, calls, call_loop, call;
#if defined(__x86_64__)
static lfiptr late_loop;
#endif

enum { PATTERN = 0x5a000000 };

/* What the handler does; none: it returns.  */
static void (*on_call)(struct LFIContext *c);
static volatile sig_atomic_t handled;

static void handler(struct LFIContext *c)
{
    handled++;
    if (on_call)
        on_call(c);
}

/* The general registers, numbered, so that any of the host's shows.  */
static void set_pattern(struct LFIContext *c)
{
    struct LFIRegs *r = lfi_ctx_regs(c);
    lfi_ctx_regs_init(c);
    r->SP = stack;
#if defined(__aarch64__)
    for (int i = 0; i < 30; i++)
        if (i != 25 && i != 27 && i != 28)
            (&r->x0)[i] = PATTERN + (unsigned)i;
#else
    uint64_t *first = &r->rax;
    for (int i = 0; i < 12; i++)
        first[i] = PATTERN + (unsigned)i;
    memset(r->vector, 0x5a, sizeof r->vector);
#endif
}

/* Whether they are still there, whatever the code changes by itself (x16; rax and r11).  */
static bool has_pattern(struct LFIContext *c)
{
    struct LFIRegs *r = lfi_ctx_regs(c);
    bool ok = (uint32_t)r->SP == (uint32_t)stack;
#if defined(__aarch64__)
    for (int i = 0; i < 30; i++)
        ok = ok && (i == 16 || i == 25 || i >= 26 || (&r->x0)[i] == PATTERN + (unsigned)i);
    return ok && r->x25 == (uintptr_t)c && r->x27 == lfi_box_info(lfi_ctx_box(c)).base;
#else
    const uint64_t *first = &r->rax;
    for (int i = 1; i < 12; i++)
        ok = ok && (i == 10 || first[i] == PATTERN + (unsigned)i);
    for (int i = 0; i < 16; i++)
        ok = ok && r->vector[i].d[1] == UINT64_C(0x5a5a5a5a5a5a5a5a);
    return ok && r->r15 == (uintptr_t)c && r->r14 == lfi_box_info(lfi_ctx_box(c)).base;
#endif
}

static bool was_interrupted(struct LFIContext *c)
{
    const struct LFIFault *f = lfi_ctx_fault(c);
    return f && f->kind == LFI_FAULT_INTERRUPT && f->sig == 0;
}

static uint64_t now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

/* A thread that runs ctx whenever it is told to.  */
static pthread_barrier_t begin, end;
static lfiptr entry;
static int result;
static uint64_t ended_at;
static bool quit;

static void *runner(void *arg)
{
    (void)arg;
    for (;;) {
        pthread_barrier_wait(&begin);
        if (quit)
            return NULL;
        result = lfi_ctx_run(ctx, entry);
        ended_at = now();
        pthread_barrier_wait(&end);
    }
}

static void start_run(lfiptr at)
{
    entry = at;
    set_pattern(ctx);
    pthread_barrier_wait(&begin);
}

/* Interrupts until the run has begun.  */
static uint64_t interrupt_and_wait(void)
{
    while (!lfi_ctx_interrupt(ctx))
        usleep(10);
    uint64_t at = now();
    pthread_barrier_wait(&end);
    return ended_at > at ? ended_at - at : 0;
}

static int by_size(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

static void test_loops(uint64_t bound)
{
    enum { N = 1000 };
    static uint64_t took[N];
    unsigned good = 0, clean = 0;
    for (unsigned i = 0; i < N; i++) {
        start_run(loop);
        if (i % 4 == 0)
            usleep(i % 300);
        took[i] = interrupt_and_wait();
        good += result == -1 && was_interrupted(ctx);
        clean += has_pattern(ctx);
    }
    qsort(took, N, sizeof *took, by_size);
    printf("a loop in a box ended after %.3f ms (median of %d), %.3f ms (99 of 100), %.3f ms\n",
           (double)took[N / 2] / 1e6, N, (double)took[N * 99 / 100] / 1e6,
           (double)took[N - 1] / 1e6);
    CHECK("loops: each ends", good == N);
    CHECK("loops: registers are the box's", clean == N);
    if (bound)
        CHECK("loops: in time", took[N / 2] <= bound * 1000000);
}

/* Wherever the thread is on its way in and out.  */
static void test_crossings(void)
{
    enum { N = 3000 };
    unsigned good = 0, clean = 0;
    on_call = NULL;
    for (unsigned i = 0; i < N; i++) {
        start_run(calls);
        for (volatile unsigned k = 0; k < i % 1000; k++)
            ;
        interrupt_and_wait();
        good += result == -1 && was_interrupted(ctx);
        clean += has_pattern(ctx);
    }
    CHECK("system calls for ever: each ends", good == N);
    CHECK("system calls for ever: registers are the box's", clean == N);
}

static void test_place(void)
{
    start_run(loop);
    usleep(20000);
    interrupt_and_wait();
    const struct LFIFault *f = lfi_ctx_fault(ctx);
    CHECK("where the box was is told", f && f->pc >= loop && f->pc < loop + 64 && f->addr == 0);
}

/* The signal alone does nothing, in a box and outside.  */
static void test_stray(pthread_t thread)
{
    pthread_kill(thread, SIGRTMIN + 7);
    start_run(loop);
    usleep(20000);
    pthread_kill(thread, SIGRTMIN + 7);
    usleep(20000);
    CHECK("a signal that nobody meant", lfi_ctx_interrupt(ctx));
    pthread_barrier_wait(&end);
    CHECK("after it an interrupt", result == -1 && was_interrupted(ctx));
}

/* Nothing runs: nothing happens, later neither.  */
static void test_idle(void)
{
    CHECK("a context that does not run", !lfi_ctx_interrupt(ctx));
    set_pattern(ctx);
    lfi_ctx_regs(ctx)->A0 = 5;
    CHECK("its next run is not interrupted", lfi_ctx_run(ctx, call) == 5 && !lfi_ctx_fault(ctx));
}

/* In handlers.  */

static int pipes[2];
static volatile sig_atomic_t in_handler, read_result;

static void wait_for_read(struct LFIContext *c)
{
    char byte;
    (void)c;
    in_handler = 1;
    read_result = read(pipes[0], &byte, 1) < 0 ? errno : 0;
}

static void wait_for_word(struct LFIContext *c)
{
    (void)c;
    in_handler = 1;
    while (in_handler)
        ;
}

static void wait_until_in_handler(void)
{
    while (!in_handler)
        usleep(100);
    usleep(20000);
}

static void test_handlers(void)
{
    on_call = wait_for_word;
    in_handler = 0;
    start_run(call_loop);
    wait_until_in_handler();
    CHECK("in a handler: it runs", lfi_ctx_interrupt(ctx));
    usleep(1000);
    CHECK("in a handler: the handler goes on", in_handler && !lfi_ctx_fault(ctx));
    in_handler = 0;
    pthread_barrier_wait(&end);
    CHECK("in a handler: the box does not go on", result == -1 && was_interrupted(ctx));
    CHECK("in a handler: the call is told", lfi_ctx_fault(ctx)->pc - call_loop < 64);
    CHECK("in a handler: registers are the box's", has_pattern(ctx));
    on_call = wait_for_read;
    start_run(call_loop);
    wait_until_in_handler();
    uint64_t before = now();
    CHECK("waiting in the kernel: it runs", lfi_ctx_interrupt(ctx));
    pthread_barrier_wait(&end);
    CHECK("waiting in the kernel: it ends", result == -1 && was_interrupted(ctx));
    CHECK("waiting in the kernel: by EINTR", read_result == EINTR);
    printf("waiting in the kernel ended after %.3f ms\n", (double)(now() - before) / 1e6);
    on_call = NULL;
}

/* Contexts inside of contexts.  */

static struct LFIBox *inner_box;
static struct LFIContext *inner;
static lfiptr inner_loop, inner_call;
static volatile sig_atomic_t inner_result, inner_was_interrupted;

static void run_inner(struct LFIContext *c)
{
    if (c == inner) {
        in_handler = 1;
        while (in_handler == 1)
            ;
        return;
    }
    lfi_ctx_regs_init(inner);
    in_handler = 1;
    inner_result = lfi_ctx_run(inner, on_call && handled == 1 ? inner_loop : inner_call);
    inner_was_interrupted = was_interrupted(inner);
    lfi_ctx_regs(c)->A0 = 77;
}

static void test_nested(void)
{
    inner_box = new_box(engine);
    inner = new_ctx(inner_box);
    inner_loop = load_or_die(inner_box, 0, CODE(loop));
    inner_call = load_or_die(inner_box, 0, CODE(syscall_return));
    on_call = run_inner;
    in_handler = handled = 0;
    start_run(call);
    wait_until_in_handler();
    CHECK("nested: the inner one alone", lfi_ctx_interrupt(inner));
    pthread_barrier_wait(&end);
    CHECK("nested: the outer one went on", result == 77 && !lfi_ctx_fault(ctx));
    CHECK("nested: the inner one was interrupted", inner_result == -1 && inner_was_interrupted);
    in_handler = handled = 0;
    start_run(call);
    wait_until_in_handler();
    interrupt_and_wait();
    CHECK("nested: the outer one ends the inner", result == -1 && was_interrupted(ctx));
    CHECK("nested: the inner one does not run any more", !lfi_ctx_interrupt(inner));
    CHECK("nested: registers of the outer are the box's", has_pattern(ctx));
    /* In the inner one's handler.  */
    in_handler = 0, handled = 1;
    start_run(call);
    wait_until_in_handler();
    lfi_ctx_interrupt(ctx);
    usleep(1000);
    in_handler = 2;
    pthread_barrier_wait(&end);
    CHECK("nested: from the inner one's handler", result == -1 && was_interrupted(ctx));
    CHECK("nested: that ends both", !lfi_ctx_interrupt(inner));
    on_call = NULL;
}

/* A context that is called again from its own handler, and from a handler of another one that it
   runs.  */

static volatile sig_atomic_t invoke_end;

static void call_again(struct LFIContext *c)
{
    in_handler = 1;
    (void)c;
    LFI_INVOKE(box, &ctx, loop, void, (void));
    invoke_end = (int)lfi_invoke_info.end;
}

static void call_from_inner(struct LFIContext *c)
{
    if (c == inner) {
        in_handler = 1;
        LFI_INVOKE(box, &ctx, loop, void, (void));
        return;
    }
    lfi_ctx_regs_init(inner);
    lfi_ctx_regs(inner)->SP = new_stack(inner_box);
    inner_result = lfi_ctx_run(inner, inner_call);
    inner_was_interrupted = was_interrupted(inner);
    lfi_ctx_regs(c)->A0 = 77;
}

static void test_called_again(void)
{
    on_call = call_again;
    in_handler = 0, invoke_end = -1;
    start_run(call);
    wait_until_in_handler();
    interrupt_and_wait();
    CHECK("called again: all runs of the context end",
          result == -1 && was_interrupted(ctx) && invoke_end == -1);
    CHECK("called again: registers are those of the first", has_pattern(ctx));
    on_call = call_from_inner;
    in_handler = 0;
    start_run(call);
    wait_until_in_handler();
    CHECK("called again: the one between", lfi_ctx_interrupt(inner));
    pthread_barrier_wait(&end);
    CHECK("called again: what is outside of it goes on",
          result == 77 && !lfi_ctx_fault(ctx) && inner_result == -1 && inner_was_interrupted);
    on_call = NULL;
}

static void enter_late(struct LFIContext *c)
{
    wait_for_word(c);
    inner_result = 1;
    lfi_ctx_regs_init(inner);
    inner_result = lfi_ctx_run(inner, inner_loop);
}

/* What begins only after the interrupt does not run either.  */
static void test_entered_late(void)
{
    on_call = enter_late;
    in_handler = 0;
    start_run(call);
    wait_until_in_handler();
    lfi_ctx_interrupt(ctx);
    usleep(1000);
    in_handler = 0;
    pthread_barrier_wait(&end);
    CHECK("nested: entered after the interrupt",
          result == -1 && was_interrupted(ctx) && inner_result == 1);
    on_call = NULL;
    lfi_ctx_free(inner);
    lfi_box_free(inner_box);
}

/* Handlers of the host, on the alternate stack while the box is where it was.  */

static volatile sig_atomic_t host_done, host_waits;

static void host_interrupts(int sig)
{
    (void)sig;
    lfi_ctx_interrupt(ctx);
    host_done++;
}

static void host_takes_long(int sig)
{
    (void)sig;
    host_waits = 1;
    while (host_waits == 1)
        ;
    host_done++;
}

static void test_host_handlers(pthread_t thread)
{
    struct sigaction sa = {.sa_handler = host_interrupts, .sa_flags = SA_ONSTACK};
    sigaction(SIGUSR1, &sa, NULL);
    sa.sa_handler = host_takes_long;
    sigaction(SIGUSR2, &sa, NULL);
    start_run(loop);
    usleep(20000);
    pthread_kill(thread, SIGUSR1);
    pthread_barrier_wait(&end);
    CHECK("by a signal handler of the same thread",
          result == -1 && was_interrupted(ctx) && host_done == 1);
    start_run(loop);
    usleep(20000);
    pthread_kill(thread, SIGUSR2);
    while (!host_waits)
        ;
    lfi_ctx_interrupt(ctx);
    usleep(20000);
    CHECK("a signal handler of the host is not cut off", host_done == 1 && !lfi_ctx_fault(ctx));
    host_waits = 2;
    pthread_barrier_wait(&end);
    CHECK("the box ends when it returns", result == -1 && was_interrupted(ctx) && host_done == 2);
}

/* In the child of a fork in a handler.  */
static void fork_in_handler(struct LFIContext *c)
{
    pid_t child = fork();
    if (child == 0) {
        lfi_ctx_interrupt(c);
        return; /* lfi_ctx_run returns */
    }
    waitpid(child, &result, 0);
    lfi_ctx_exit(c, 3);
}

static void test_fork(void)
{
    pid_t self = getpid();
    on_call = fork_in_handler;
    set_pattern(ctx);
    int r = lfi_ctx_run(ctx, call_loop);
    if (getpid() != self)
        _exit(r == -1 && was_interrupted(ctx) ? 44 : 45);
    CHECK("in the child of a fork", r == 3 && WIFEXITED(result) && WEXITSTATUS(result) == 44);
    on_call = NULL;
}

/* At each instruction in turn: a child is stopped where SIGNAL comes, takes N steps from there, and
   gets a signal whose handler does something to the context.  */
#if defined(__x86_64__)
enum { CHILD_GOOD = 44, CHILD_BAD, CHILD_UNTRACED, STEPS_MOST = 1000 };

struct steps {
    void (*child)(void); /* does not return */
    int signal;
    lfiptr to; /* where N is enough */
};

/* What the tracer uses itself is not passed on.  */
static void go_on(enum __ptrace_request how, pid_t child, int *status)
{
    int sig = WSTOPSIG(*status);
    ptrace(how, child, NULL, (void *)(intptr_t)(sig == SIGTRAP || sig == SIGSTOP ? 0 : sig));
    waitpid(child, status, 0);
}

/* The child's exit status, 128 + its signal.  *there: the steps led to where they should.  */
static int stepped(const struct steps *s, int n, bool *there)
{
    int status;
    pid_t child = fork();
    if (child == 0)
        s->child();
    waitpid(child, &status, 0);
    while (WIFSTOPPED(status) && WSTOPSIG(status) != s->signal)
        go_on(PTRACE_CONT, child, &status);
    for (int i = 0; i < n && WIFSTOPPED(status); i++)
        go_on(PTRACE_SINGLESTEP, child, &status);
    if (WIFSTOPPED(status)) {
        uint64_t pc =
            (uint64_t)ptrace(PTRACE_PEEKUSER, child, offsetof(struct user, regs.rip), NULL);
        *there = pc - s->to < 64;
        /* Not by ptrace, which forgets it where a step led to the beginning of a handler.  */
        kill(child, SIGUSR1);
    }
    while (WIFSTOPPED(status))
        go_on(PTRACE_CONT, child, &status);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static void test_steps(const char *name, const struct steps *s)
{
    int bad = 0, n = 0;
    for (bool there = false; n < STEPS_MOST && !bad && !there; n++) {
        int status = stepped(s, n, &there);
        if (status == CHILD_UNTRACED) {
            printf("SKIP: %s: processes cannot be traced here\n", name);
            return;
        }
        if (status != CHILD_GOOD)
            bad += printf("after %d steps: %d\n", n, status) > 0;
    }
    CHECK(name, bad == 0 && n > 50 && n < STEPS_MOST);
}

static void begin_child(void)
{
    if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) != 0)
        _exit(CHILD_UNTRACED);
    signal(SIGALRM, SIG_DFL);
    alarm(10); /* a lost interrupt */
    set_pattern(ctx);
}

/* A handler's return, the way in and the box.  */
static void stop_here(struct LFIContext *c)
{
    (void)c;
    syscall(SYS_tgkill, getpid(), syscall(SYS_gettid), SIGSTOP);
}

static _Noreturn void interrupted_child(void)
{
    begin_child();
    on_call = stop_here;
    int r = lfi_ctx_run(ctx, call_loop);
    _exit(r == -1 && was_interrupted(ctx) && has_pattern(ctx) ? CHILD_GOOD : CHILD_BAD);
}

/* The handler of the trap by which a stopped box goes on where it was, which is not where the
   register of the way in points: marked again, it does not go there.  The signal of that mark comes
   late, as another thread's can.  rax counts how often the code begins.  */
static volatile sig_atomic_t stops, late;

long __real_syscall(long n, long a, long b, long c, long d, long e, long f);
long __wrap_syscall(long n, long a, long b, long c, long d, long e, long f);
long __wrap_syscall(long n, long a, long b, long c, long d, long e, long f)
{
    return n == SYS_tgkill && late ? 0 : __real_syscall(n, a, b, c, d, e, f);
}

static void set_timer(int us)
{
    const struct itimerval it = {{0, us}, {0, us}};
    setitimer(ITIMER_VIRTUAL, &it, NULL);
}

static void preempt(int sig)
{
    late = sig == SIGUSR1;
    lfi_ctx_preempt(ctx);
    late = false;
    set_timer(1000);
}

static bool stopped(struct LFIContext *c, const struct LFIFault *fault)
{
    if (fault || lfi_ctx_pc(c) == late_loop)
        return !fault;
    set_timer(0);
    if (++stops == 2)
        lfi_ctx_exit(c, 3);
    return true;
}

static _Noreturn void preempted_child(void)
{
    const struct sigaction sa = {.sa_handler = preempt, .sa_flags = SA_ONSTACK};
    begin_child();
    lfi_ctx_regs(ctx)->rax = 0;
    sigaction(SIGUSR1, &sa, NULL);
    sigaction(SIGVTALRM, &sa, NULL);
    lfi_set_stopped(engine, stopped);
    set_timer(1000);
    int r = lfi_ctx_run(ctx, late_loop);
    _exit(r == 3 && lfi_ctx_regs(ctx)->rax == 1 ? CHILD_GOOD : CHILD_BAD);
}
#endif

/* Hosts that use the signal.  */

static void nothing(int sig)
{
    (void)sig;
}

static int in_a_child(int (*f)(void))
{
    int status;
    pid_t child = fork();
    if (child == 0)
        _exit(f());
    waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static int signal_in_use(void)
{
    struct sigaction sa = {.sa_handler = nothing, .sa_flags = SA_ONSTACK};
    sigaction(SIGRTMIN + 7, &sa, NULL);
    bool refused = !lfi_new((struct LFIOptions){0}, 1) && lfi_errno() == LFI_ERR_SIGNAL
                   && strstr(lfi_errmsg(), "SIGRTMIN+7");
    signal(SIGRTMIN + 7, SIG_DFL);
    return refused && lfi_new((struct LFIOptions){0}, 1) && lfi_sigaction_check();
}

static int signal_replaced(void)
{
    struct sigaction sa = {.sa_handler = nothing, .sa_flags = SA_ONSTACK};
    sigaction(SIGRTMIN + 7, &sa, NULL);
    return !lfi_sigaction_check() && lfi_errno() == LFI_ERR_SIGNAL
           && strstr(lfi_errmsg(), "RTMIN+7");
}

static void block_all(void)
{
    sigset_t set;
    sigfillset(&set);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
}

int main(int argc, char **argv)
{
    pthread_t thread;
    if (skipped(SAN_THREAD, "interrupts", "signals wait while a box runs")) {
        puts("DONE");
        return 0;
    }
    CHECK("a signal that has a handler", in_a_child(signal_in_use) == 1);
    engine = new_engine((struct LFIOptions){0}, 2);
    CHECK("a handler that was replaced", in_a_child(signal_replaced) == 1);
    lfi_sys_handler(engine, handler);
    box = new_box(engine);
    ctx = new_ctx(box);
    stack = new_stack(box);
    loop = load_or_die(box, 0, CODE(loop));
    calls = load_or_die(box, 0, CODE(syscall_loop));
    call_loop = load_or_die(box, 0, CODE(call_loop));
    call = load_or_die(box, 0, CODE(syscall_return));
    if (pipe(pipes) != 0)
        give_up("pipe");
    pthread_barrier_init(&begin, NULL, 2);
    pthread_barrier_init(&end, NULL, 2);
    /* A thread that blocks everything: entering a box makes it fit.  */
    sigset_t mask;
    pthread_sigmask(SIG_SETMASK, NULL, &mask);
    block_all();
    pthread_create(&thread, NULL, runner, NULL);
    pthread_sigmask(SIG_SETMASK, &mask, NULL);
    test_loops(argc > 1 ? strtoull(argv[1], NULL, 10) : 0);
    test_crossings();
    test_place();
    test_stray(thread);
    test_idle();
    test_handlers();
    test_nested();
    test_called_again();
    quit = true;
    pthread_barrier_wait(&begin);
    pthread_join(thread, NULL);
    quit = false;
    pthread_create(&thread, NULL, runner, NULL);
    test_entered_late();
    test_host_handlers(thread);
    test_fork();
#if defined(__x86_64__)
    late_loop = load_or_die(box, 0, CODE(late_loop));
    test_steps("at each instruction of a system call's return",
               &(struct steps){interrupted_child, SIGSTOP, call_loop});
    const char *again = "stopped again at each instruction of the handler by which it goes on";
    if (!skipped(SAN_ADDRESS, again, "that takes thousands of them"))
        test_steps(again, &(struct steps){preempted_child, SIGILL, late_loop});
#endif
    quit = true;
    pthread_barrier_wait(&begin);
    pthread_join(thread, NULL);
    lfi_ctx_free(ctx);
    lfi_box_free(box);
    lfi_free(engine);
    puts("DONE");
    return 0;
}
