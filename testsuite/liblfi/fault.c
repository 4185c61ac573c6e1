/* Faults: a box's end the box and are reported; the host's reach the host.
   SPDX-License-Identifier: Apache-2.0  */
#include "test.h"

#include <stdatomic.h>

#include <setjmp.h>
#include <sys/syscall.h>
#include <sys/time.h>

static struct LFIEngine *engine;
static struct LFIBox *box;
static struct LFIContext *ctx;
static lfiptr stack;
static uint64_t base;

static sigjmp_buf host_recovery;
static volatile sig_atomic_t alarms, alarm_sp_in_box, fault_in_alarm, exit_refused;
static atomic_int host_faults; /* looked at by another thread */

/* The base of gs; other architectures have none.  */
static uint64_t gs_seen;

static uint64_t gs_base(void)
{
    uint64_t v = 0;
#if defined(__x86_64__)
    __asm__ volatile("rdgsbase %0" : "=r"(v));
#endif
    return v;
}

static void set_gs_base(uint64_t v)
{
#if defined(__x86_64__)
    __asm__ volatile("wrgsbase %0" ::"r"(v));
#else
    (void)v;
#endif
}

static void host_segv(int sig, siginfo_t *info, void *uc)
{
    (void)uc;
    host_faults++;
    gs_seen = gs_base();
    if (info->si_code > 0)
        siglongjmp(host_recovery, sig);
}

static void install(int sig, void (*handler)(int, siginfo_t *, void *), int flags)
{
    struct sigaction sa = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO | flags};
    sigaction(sig, &sa, NULL);
}

/* Runs code with x0 and x1; true if it ended by that signal.  */
static bool faults(lfiptr entry, uint64_t x0, int sig)
{
    lfi_ctx_regs_init(ctx);
    lfi_ctx_regs(ctx)->SP = stack;
    lfi_ctx_regs(ctx)->A0 = x0;
    int r = lfi_ctx_run(ctx, entry);
    const struct LFIFault *f = lfi_ctx_fault(ctx);
    return r == -1 && f && f->kind == LFI_FAULT_SIGNAL && f->sig == sig && !lfi_cur_ctx();
}

static bool alive(void)
{
    lfiptr at = lfi_box_mapany(box, page_size(), RW, ANON, -1, 0);
    lfi_ctx_regs_init(ctx);
    bool ok = at != FAILED && lfi_ctx_run(ctx, load_or_die(box, 0, CODE(one))) == 1
              && !lfi_ctx_fault(ctx);
    return lfi_box_munmap(box, at, page_size()) == 0 && ok;
}

/* What code brk_patterns had in its registers.  */
static bool reported(const struct LFIRegs *regs)
{
#if defined(__aarch64__)
    return regs->x29 == 0x2929 && regs->vector[3].d[0] == UINT64_C(0x3333333333333333)
           && regs->vector[31].d[1] == UINT64_C(0x3131313131313131) && regs->fpcr == 0xc00000
           && regs->fpsr == 0x1f && regs->nzcv == 0x60000000;
#else
    const uint64_t r[] = {regs->rax, regs->rbx, regs->rcx, regs->rdx, regs->rsi, regs->rdi, 0x1007,
                          regs->r8,  regs->r9,  regs->r10, regs->r11, regs->r12, regs->r13};
    bool same = regs->rbp == 0x2929;
    for (unsigned i = 0; i < sizeof r / sizeof r[0]; i++)
        same = same && r[i] == 0x1001 + i;
    return same && regs->vector[3].d[0] == UINT64_C(0x3333333333333333)
           && regs->vector[15].d[1] == UINT64_C(0x1515151515151515) && regs->mxcsr == 0x5fa3
           && regs->rflags == 0x444 && regs->xstate & LFI_XSTATE_X87 && regs->fcw == 0x27f
           && regs->st[0].d[0] == UINT64_C(0xc90fdaa22168c235) && regs->st[0].d[1] == 0x4000
           && regs->r14 == base && regs->r15 == (uintptr_t)regs;
#endif
}

#if defined(__x86_64__)
static void test_avx(void)
{
    if (!__builtin_cpu_supports("avx"))
        return;
    const struct LFIRegs *regs = lfi_ctx_regs(ctx);
    CHECK("fault: upper halves are reported",
          faults(load_or_die(box, 0, CODE(brk_patterns_avx)), 0, SIGTRAP)
              && regs->xstate & LFI_XSTATE_AVX
              && regs->vector_high[3].d[1] == UINT64_C(0x3333333333333333));
}
#else
static void test_avx(void)
{
}
#endif

static void test_addresses(void)
{
    struct LFIBoxInfo info = lfi_box_info(box);
    lfiptr ld = load_or_die(box, 0, CODE(load_x0)), st = load_or_die(box, 0, CODE(store_x0));
    lfiptr jump = load_or_die(box, 0, CODE(jump_x0));
    const struct LFIFault *f;
    CHECK("fault: null dereference", faults(ld, 0, SIGSEGV));
    f = lfi_ctx_fault(ctx);
    CHECK("fault: pc and address", f && f->pc == ld && f->addr == base);
    CHECK("fault: registers", lfi_ctx_regs(ctx)->BASE == base && lfi_ctx_regs(ctx)->SP == stack);
    CHECK("fault: a valid access afterwards", alive());
    CHECK("fault: below min", faults(ld, info.min - base - 8, SIGSEGV));
    CHECK("fault: at max", faults(ld, info.max - base, SIGSEGV));
    CHECK("fault: end of the box", faults(ld, 0xfffffff8u, SIGSEGV));
    CHECK("fault: store to code", faults(st, ld - base, SIGSEGV));
    f = lfi_ctx_fault(ctx);
    CHECK("fault: address of the store", f && f->addr == ld);
    CHECK("fault: jump to data", faults(jump, stack - 64 - base, SIGSEGV));
    f = lfi_ctx_fault(ctx);
    CHECK("fault: pc of a bad jump", f && f->pc == stack - 64);
    CHECK("fault: jump to page 0", faults(jump, 0, SIGSEGV));
#if defined(__aarch64__)
    CHECK("fault: jump to a misaligned address",
          faults(jump, ld - base + 2, SIGBUS) || lfi_ctx_fault(ctx));
#endif
    CHECK("fault: bad sp", faults(load_or_die(box, 0, CODE(bad_sp)), 0x100, SIGSEGV));
    lfiptr brk = load_or_die(box, 0, CODE(brk));
    CHECK("fault: brk", faults(brk, 0, SIGTRAP));
    f = lfi_ctx_fault(ctx);
    CHECK("fault: pc of brk", f && f->pc == brk);
    CHECK("fault: all registers are reported",
          faults(load_or_die(box, 0, CODE(brk_patterns)), 0, SIGTRAP)
              && reported(lfi_ctx_regs(ctx)));
    CHECK("fault: a trap", faults(load_or_die(box, 0, CODE(udf)), 0, TRAP_SIGNAL));
    CHECK("fault: off the end of code",
          faults(load_or_die(box, 0, CODE(fall_off)), 0, TRAP_SIGNAL));
    CHECK("fault: the page after code is full of traps",
          faults(jump, ld - base + page_size() - 4, TRAP_SIGNAL));
    CHECK("fault: the table below is not writable by code of a neighbour",
          faults(st, 0xfffffff8u, SIGSEGV));
    CHECK("fault: everything still works", alive());
}

static void test_neighbour(void)
{
    struct LFIBox *other = new_box(engine);
    struct LFIContext *c = new_ctx(other);
    lfiptr entry = load_or_die(other, 0, CODE(one));
    faults(load_or_die(box, 0, CODE(brk)), 0, SIGTRAP);
    CHECK("fault: other boxes go on", lfi_ctx_run(c, entry) == 1);
    lfi_ctx_free(c);
    lfi_box_free(other);
}

static void test_many(void)
{
    lfiptr entry = load_or_die(box, 0, CODE(load_x0));
    unsigned good = 0;
    for (int i = 0; i < 2000; i++)
        good += faults(entry, 0, SIGSEGV);
    CHECK("fault: 2000 in a row", good == 2000);
}

static void test_host_faults(void)
{
    volatile int *bad = (int *)16;
    host_faults = 0;
    if (sigsetjmp(host_recovery, 1) == 0) {
        *bad = 1;
        CHECK("host fault: unreachable", false);
    }
    CHECK("host fault: goes to the handler installed before", host_faults == 1);
    if (sigsetjmp(host_recovery, 1) == 0)
        *(volatile char *)base = 1;
    CHECK("host fault: also when the address is in a box", host_faults == 2);
    raise(SIGSEGV);
    CHECK("host fault: a signal that was sent", host_faults == 3);
    CHECK("host fault: boxes still work", alive());
}

static void in_handler(struct LFIContext *c)
{
    if (sigsetjmp(host_recovery, 1) == 0)
        *(volatile int *)16 = 1;
    lfi_ctx_regs(c)->A0 = 12;
}

static void test_handler_fault(void)
{
    host_faults = 0;
    lfi_sys_handler(engine, in_handler);
    lfi_ctx_regs_init(ctx);
    lfi_ctx_regs(ctx)->SP = stack;
    CHECK("host fault: inside a system call",
          lfi_ctx_run(ctx, load_or_die(box, 0, CODE(syscall_return))) == 12 && host_faults == 1);
}

static void on_alarm(int sig, siginfo_t *info, void *uc)
{
    char here;
    (void)sig, (void)info, (void)uc;
    alarms++;
    if ((uintptr_t)&here >> 32 == base >> 32)
        alarm_sp_in_box = 1;
    if (sigsetjmp(host_recovery, 1) == 0)
        *(volatile int *)16 = 1;
    else
        fault_in_alarm = 1;
    lfi_ctx_exit(ctx, 1);
    exit_refused = lfi_errno() == LFI_ERR_STATE;
    /* Ends the loop.  */
    spin_end(box, stack, 9);
}

static void test_signal_in_box(void)
{
    struct itimerval soon = {.it_value = {.tv_usec = 50000}};
    lfiptr entry = load_or_die(box, 0, CODE(spin_word));
    spin_reset(box, stack);
    setitimer(ITIMER_REAL, &soon, NULL);
    lfi_ctx_regs_init(ctx);
    lfi_ctx_regs(ctx)->A0 = stack - base;
    host_faults = 0;
    int r = lfi_ctx_run(ctx, entry);
    CHECK("host signal in a box: handled, the box goes on",
          r == 9 && alarms == 1 && !lfi_ctx_fault(ctx));
    CHECK("host signal in a box: exit is refused", exit_refused);
    CHECK("host signal in a box: not on the stack of the box", !alarm_sp_in_box);
    CHECK("host signal in a box: a fault of its handler is the host's",
          host_faults == 1 && fault_in_alarm);
}

/* Sends itself SIGSEGV from another thread while the box runs: not a fault of the box.  */
static pthread_t target;

static void *sender(void *arg)
{
    (void)arg;
    spin_wait(box, stack);
    pthread_kill(target, SIGSEGV);
    while (!host_faults)
        usleep(1000);
    spin_end(box, stack, 11);
    return NULL;
}

static void test_sent_signal(void)
{
    pthread_t t;
    spin_reset(box, stack);
    target = pthread_self();
    host_faults = 0;
    pthread_create(&t, NULL, sender, NULL);
    lfi_ctx_regs_init(ctx);
    lfi_ctx_regs(ctx)->A0 = stack - base;
    lfiptr entry = load_or_die(box, 0, CODE(spin_word));
    uint64_t before = gs_base();
    set_gs_base(UINT64_C(0x123456789000));
    uint64_t mine = gs_base();
    int r = lfi_ctx_run(ctx, entry);
    uint64_t after = gs_base();
    set_gs_base(before);
    pthread_join(t, NULL);
    CHECK("a SIGSEGV that was sent is not the box's", r == 11 && host_faults == 1);
    CHECK("a SIGSEGV that was sent: the handler has the host's gs",
          gs_seen == mine && after == mine);
}

static void on_usr1(int sig)
{
    (void)sig;
}

static void test_onstack(void)
{
    struct sigaction sa = {.sa_handler = on_usr1}, saved;
    CHECK("sigaction check: fine", lfi_sigaction_check());
    sigaction(SIGUSR1, &sa, NULL);
    CHECK("sigaction check: names the signal", !lfi_sigaction_check()
                                                   && lfi_errno() == LFI_ERR_SIGNAL
                                                   && strstr(lfi_errmsg(), "SIGUSR1"));
    CHECK("lfi_new: refuses it too",
          !lfi_new((struct LFIOptions){0}, 1) && lfi_errno() == LFI_ERR_SIGNAL);
    signal(SIGUSR1, SIG_DFL);
    sigaction(SIGBUS, NULL, &saved);
    sa.sa_flags = SA_ONSTACK;
    sigaction(SIGBUS, &sa, NULL);
    CHECK("sigaction check: a replaced fault handler",
          !lfi_sigaction_check() && strstr(lfi_errmsg(), "SIGBUS"));
    sigaction(SIGBUS, &saved, NULL);
    CHECK("sigaction check: fine again", lfi_sigaction_check());
}

/* In threads of their own: each attaches when it first enters.  */
static void *first_entry(void *arg)
{
    struct LFIContext *c = new_ctx(box);
    static _Thread_local char small[MINSIGSTKSZ];
    stack_t ss = {.ss_sp = small, .ss_size = sizeof small}, now;
    lfiptr entry = load_or_die(box, 0, CODE(one));
    struct sigaction sa = {.sa_handler = on_usr1};
    sigaction(SIGUSR1, &sa, NULL);
    int r = lfi_ctx_run(c, entry);
    CHECK("first entry: refuses a handler without SA_ONSTACK",
          r == -1 && lfi_errno() == LFI_ERR_SIGNAL && lfi_ctx_fault(c)
              && lfi_ctx_fault(c)->kind == LFI_FAULT_ENTRY && !lfi_cur_ctx());
    signal(SIGUSR1, SIG_DFL);
    sigaltstack(&ss, NULL);
    r = lfi_ctx_run(c, entry);
    CHECK("first entry: refuses an alternate stack that is too small",
          r == -1 && lfi_errno() == LFI_ERR_SIGALTSTACK);
    ss.ss_flags = SS_DISABLE;
    sigaltstack(&ss, NULL);
    sigset_t set;
    sigfillset(&set);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    CHECK("first entry: runs", lfi_ctx_run(c, entry) == 1);
    sigaltstack(NULL, &now);
    CHECK("first entry: makes an alternate stack", !(now.ss_flags & SS_DISABLE));
    CHECK("first entry: faults are not blocked",
          lfi_ctx_run(c, load_or_die(box, 0, CODE(brk))) == -1 && lfi_ctx_fault(c)->sig == SIGTRAP);
    lfi_ctx_free(c);
    *(void **)arg = now.ss_sp;
    return NULL;
}

static void test_first_entry(void)
{
    pthread_t t;
    void *altstack = NULL;
    pthread_create(&t, NULL, first_entry, &altstack);
    pthread_join(t, NULL);
    CHECK("thread exit: the alternate stack is gone",
          altstack
              && msync((void *)((uintptr_t)altstack / page_size() * page_size()), 1, MS_ASYNC) < 0
              && errno == ENOMEM);
}

static void *bring_none(void *arg)
{
    struct LFIEngine *e = new_engine((struct LFIOptions){.no_init_sigaltstack = true}, 1);
    struct LFIBox *b = new_box(e);
    struct LFIContext *c = new_ctx(b);
    lfi_ctx_run(c, load_or_die(b, 0, CODE(one)));
    CHECK("no_init_sigaltstack: a thread without one is refused",
          lfi_errno() == LFI_ERR_SIGALTSTACK && lfi_ctx_fault(c));
    char *mine = malloc(65536);
    sigaltstack(&(stack_t){.ss_sp = mine, .ss_size = 65536}, NULL);
    CHECK("no_init_sigaltstack: its own is used",
          lfi_ctx_run(c, load_or_die(b, 0, CODE(one))) == 1
              && faults(load_or_die(box, 0, CODE(brk)), 0, SIGTRAP));
    sigaltstack(&(stack_t){.ss_flags = SS_DISABLE}, NULL);
    free(mine);
    lfi_ctx_free(c);
    lfi_box_free(b);
    lfi_free(e);
    return arg;
}

int main(int argc, char **argv)
{
    (void)argv;
    /* With an argument: nobody handles the host's fault, and the process dies of it.  */
    if (argc > 1) {
        engine = new_engine((struct LFIOptions){0}, 1);
        *(volatile int *)16 = 1;
        return 0;
    }
    install(SIGSEGV, host_segv, SA_NODEFER);
    install(SIGALRM, on_alarm, SA_ONSTACK);
    /* A handler without SA_ONSTACK is in the way only where it stays in front.  */
    engine = new_engine((struct LFIOptions){0}, 2);
    box = new_box(engine);
    ctx = new_ctx(box);
    stack = new_stack(box);
    base = lfi_box_info(box).base;
    test_addresses();
    test_avx();
    test_neighbour();
    test_many();
    test_host_faults();
    test_handler_fault();
    if (!skipped(SAN_THREAD, "signals while a box runs", "they wait for a call of libc"))
        test_signal_in_box();
    test_sent_signal();
    test_onstack();
    test_first_entry();
    pthread_t t;
    if (!skipped(SAN_ADDRESS, "no_init_sigaltstack", "every thread has an alternate stack")) {
        pthread_create(&t, NULL, bring_none, NULL);
        pthread_join(t, NULL);
    }
    lfi_ctx_free(ctx);
    lfi_box_free(box);
    lfi_free(engine);
    puts("DONE");
    return 0;
}
