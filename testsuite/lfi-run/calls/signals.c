/* Signals: handlers, masks, queues, waiting, timers, stacks.
   SPDX-License-Identifier: Apache-2.0  */
#include "show.h"
#include <semaphore.h>
#include <setjmp.h>
#include <sys/epoll.h>
#include <ucontext.h>

static volatile sig_atomic_t count, last, depth, deepest;
static volatile int order[64], norder;
static siginfo_t seen;
static stack_t seen_stack;
static sigset_t seen_mask;

static void note(int sig)
{
    count++;
    last = sig;
    if (norder < 64)
        order[norder++] = sig;
}

static void info(int sig, siginfo_t *si, void *uc)
{
    note(sig);
    seen = *si;
    seen_stack = ((ucontext_t *)uc)->uc_stack;
    sigprocmask(SIG_BLOCK, NULL, &seen_mask);
}

static void on(int sig, void (*f)(int), int flags, int also)
{
    struct sigaction sa = {.sa_handler = f, .sa_flags = flags};
    sigemptyset(&sa.sa_mask);
    if (also)
        sigaddset(&sa.sa_mask, also);
    sigaction(sig, &sa, NULL);
}

static void on_info(int sig, int flags)
{
    struct sigaction sa = {.sa_sigaction = info, .sa_flags = flags | SA_SIGINFO};
    sigemptyset(&sa.sa_mask);
    sigaction(sig, &sa, NULL);
}

static void block(int how, int sig)
{
    sigset_t s;
    sigemptyset(&s);
    sigaddset(&s, sig);
    sigprocmask(how, &s, NULL);
}

static void show_order(const char *what)
{
    printf("%s:", what);
    for (int i = 0; i < norder; i++)
        printf(" %d", order[i]);
    putchar('\n');
    norder = 0;
}

static void again(int sig)
{
    static int calls;
    depth++;
    if (depth > deepest)
        deepest = depth;
    if (++calls % 4)
        raise(sig);
    depth--;
    note(sig);
}

static void handlers(void)
{
    on(SIGUSR1, note, 0, 0);
    SHOW(raise(SIGUSR1));
    SHOW(count);
    SHOW(kill(getpid(), SIGUSR1));
    SHOW(count);
    on(SIGUSR1, note, SA_RESETHAND, 0);
    raise(SIGUSR1);
    struct sigaction sa;
    sigaction(SIGUSR1, NULL, &sa);
    TRUE(sa.sa_handler == SIG_DFL);
    on(SIGUSR1, again, 0, 0);
    raise(SIGUSR1);
    SHOW(deepest);
    depth = deepest = 0;
    on(SIGUSR1, again, SA_NODEFER, 0);
    raise(SIGUSR1);
    SHOW(deepest);
    norder = 0;
    on_info(SIGUSR2, 0);
    raise(SIGUSR2);
    TRUE(seen.si_signo == SIGUSR2 && seen.si_code == SI_TKILL && seen.si_pid == getpid());
    TRUE(seen.si_uid == getuid());
    TRUE(sigismember(&seen_mask, SIGUSR2) && !sigismember(&seen_mask, SIGUSR1));
    kill(getpid(), SIGUSR2);
    SHOW(seen.si_code);
    on(SIGWINCH, SIG_DFL, 0, 0);
    raise(SIGWINCH);
    raise(SIGCHLD);
    raise(SIGURG);
    norder = 0;
}

static void blocked(void)
{
    sigset_t pending;
    on(SIGUSR1, note, 0, 0);
    on(SIGUSR2, note, 0, 0);
    block(SIG_BLOCK, SIGUSR1);
    block(SIG_BLOCK, SIGUSR2);
    raise(SIGUSR2);
    raise(SIGUSR1);
    raise(SIGUSR1);
    sigpending(&pending);
    TRUE(sigismember(&pending, SIGUSR1) && sigismember(&pending, SIGUSR2));
    SHOW(norder);
    block(SIG_UNBLOCK, SIGUSR1);
    show_order("USR1 once");
    block(SIG_UNBLOCK, SIGUSR2);
    show_order("USR2");
    block(SIG_BLOCK, SIGUSR1);
    raise(SIGUSR1);
    signal(SIGUSR1, SIG_IGN);
    sigpending(&pending);
    TRUE(!sigismember(&pending, SIGUSR1));
    block(SIG_UNBLOCK, SIGUSR1);
    /* Several at once: each handler begins before the one before it goes on.  */
    sigset_t all, old;
    sigfillset(&all);
    sigprocmask(SIG_BLOCK, &all, &old);
    for (int s = SIGRTMIN; s < SIGRTMIN + 3; s++)
        on_info(s, 0);
    union sigval v;
    for (int i = 0; i < 3; i++)
        for (int s = SIGRTMIN + 2; s >= SIGRTMIN; s--) {
            v.sival_int = 10 * i + s - SIGRTMIN;
            sigqueue(getpid(), s, v);
        }
    sigset_t one;
    sigemptyset(&one);
    sigaddset(&one, SIGRTMIN + 1);
    struct timespec no = {0, 0};
    siginfo_t si;
    for (int i = 0; i < 3; i++) {
        int s = sigtimedwait(&one, &si, &no);
        printf("waited %d, code %d, value %d\n", s - SIGRTMIN, si.si_code, si.si_value.sival_int);
    }
    SHOW(sigtimedwait(&one, &si, &no));
    sigprocmask(SIG_SETMASK, &old, NULL);
    for (int i = 0; i < norder; i++)
        order[i] -= SIGRTMIN;
    show_order("queued");
    SHOW(sigqueue(getpid(), 65, v));
    SHOW(sigqueue(getpid(), 0, v));
}

static void *later(void *arg)
{
    int *a = arg;
    usleep(50000);
    pthread_kill(*(pthread_t *)arg, ((volatile int *)arg)[3]);
    return NULL;
}

struct send {
    pthread_t to;
    int pad, sig;
};

static pthread_t send_later(struct send *s, int sig)
{
    pthread_t t;
    s->to = pthread_self();
    s->sig = sig;
    pthread_create(&t, NULL, later, s);
    return t;
}

static void *writer(void *arg)
{
    usleep(150000);
    write(*(int *)arg, "x", 1);
    return NULL;
}

static void waiting(void)
{
    struct send s;
    struct timespec sec = {10, 0}, left;
    sigset_t none, one;
    int p[2];
    char c;
    pipe(p);
    on(SIGUSR1, note, 0, 0);
    sigemptyset(&none);
    pthread_t t = send_later(&s, SIGUSR1);
    SHOW(sigsuspend(&none));
    pthread_join(t, NULL);
    t = send_later(&s, SIGUSR1);
    SHOW(pause());
    pthread_join(t, NULL);
    t = send_later(&s, SIGUSR1);
    SHOW(nanosleep(&sec, &left));
    TRUE(left.tv_sec == 9);
    pthread_join(t, NULL);
    t = send_later(&s, SIGUSR1);
    SHOW(read(p[0], &c, 1));
    pthread_join(t, NULL);
    t = send_later(&s, SIGUSR1);
    SHOW(poll(NULL, 0, 10000));
    pthread_join(t, NULL);
    /* What is ignored ends nothing.  */
    on(SIGUSR1, SIG_IGN, 0, 0);
    struct timespec some = {0, 120000000};
    t = send_later(&s, SIGUSR1);
    SHOW(nanosleep(&some, &left));
    pthread_join(t, NULL);
    on(SIGUSR1, note, SA_RESTART, 0);
    pthread_t w;
    t = send_later(&s, SIGUSR1);
    pthread_create(&w, NULL, writer, &p[1]);
    SHOW(read(p[0], &c, 1));
    pthread_join(t, NULL);
    pthread_join(w, NULL);
    t = send_later(&s, SIGUSR1);
    SHOW(poll(NULL, 0, 10000));
    pthread_join(t, NULL);
    t = send_later(&s, SIGUSR1);
    SHOW(nanosleep(&sec, &left));
    pthread_join(t, NULL);
    /* Blocked until the call waits.  */
    block(SIG_BLOCK, SIGUSR1);
    raise(SIGUSR1);
    int before = count;
    SHOW(count - before);
    SHOW(ppoll(NULL, 0, &sec, &none));
    SHOW(count - before);
    raise(SIGUSR1);
    SHOW(pselect(0, NULL, NULL, NULL, &sec, &none));
    SHOW(count - before);
    raise(SIGUSR1);
    SHOW(sigsuspend(&none));
    SHOW(count - before);
    int ep = epoll_create1(EPOLL_CLOEXEC);
    struct epoll_event event;
    raise(SIGUSR1);
    SHOW(epoll_pwait(ep, &event, 1, 10000, &none));
    SHOW(count - before);
    SHOW(epoll_pwait(ep, &event, 1, 0, NULL));
    block(SIG_UNBLOCK, SIGUSR1);
    t = send_later(&s, SIGUSR1);
    SHOW(epoll_wait(ep, &event, 1, 10000));
    pthread_join(t, NULL);
    block(SIG_BLOCK, SIGUSR1);
    close(ep);
    sigset_t now;
    sigprocmask(SIG_BLOCK, NULL, &now);
    TRUE(sigismember(&now, SIGUSR1));
    sigemptyset(&one);
    sigaddset(&one, SIGUSR1);
    t = send_later(&s, SIGUSR1);
    SHOW(sigwaitinfo(&one, NULL));
    pthread_join(t, NULL);
    int sig;
    t = send_later(&s, SIGUSR1);
    SHOW(sigwait(&one, &sig));
    SHOW(sig);
    pthread_join(t, NULL);
    struct timespec short_time = {0, 20000000};
    SHOW(sigtimedwait(&one, NULL, &short_time));
    on(SIGUSR2, note, 0, 0);
    t = send_later(&s, SIGUSR2);
    SHOW(syscall(SYS_rt_sigtimedwait, &one, NULL, &sec, 8));
    pthread_join(t, NULL);
    block(SIG_UNBLOCK, SIGUSR1);
    on(SIGUSR2, note, SA_RESTART, 0);
    t = send_later(&s, SIGUSR2);
    SHOW(syscall(SYS_rt_sigtimedwait, &one, NULL, &sec, 8));
    pthread_join(t, NULL);
}

static void pipes(void)
{
    int p[2];
    pipe(p);
    close(p[0]);
    on(SIGPIPE, note, 0, 0);
    last = 0;
    SHOW(write(p[1], "x", 1));
    SHOW(last);
    signal(SIGPIPE, SIG_IGN);
    SHOW(write(p[1], "x", 1));
}

static void timers(void)
{
    struct itimerval it = {{0, 20000}, {0, 20000}}, off = {{0, 0}, {0, 0}}, old;
    on(SIGALRM, note, 0, 0);
    count = 0;
    SHOW(setitimer(ITIMER_REAL, &it, NULL));
    while (count < 3)
        pause();
    SHOW(setitimer(ITIMER_REAL, &off, &old));
    TRUE(old.it_interval.tv_usec == 20000 && old.it_value.tv_sec == 0);
    SHOW(getitimer(ITIMER_REAL, &old));
    TRUE(!old.it_value.tv_sec && !old.it_value.tv_usec);
    SHOW(alarm(100));
    SHOW(alarm(0));
    SHOW(alarm(0));
    count = 0;
    SHOW(setitimer(ITIMER_REAL, &it, NULL));
    while (count < 3) /* found in its code */
        ;
    setitimer(ITIMER_REAL, &off, NULL);
    on(SIGPROF, note, 0, 0);
    on(SIGVTALRM, note, 0, 0);
    count = 0;
    SHOW(setitimer(ITIMER_PROF, &it, NULL));
    while (count < 2)
        ;
    SHOW(last);
    setitimer(ITIMER_PROF, &off, NULL);
    count = 0;
    SHOW(setitimer(ITIMER_VIRTUAL, &it, NULL));
    while (count < 2)
        ;
    SHOW(last);
    setitimer(ITIMER_VIRTUAL, &off, NULL);
    SHOW(setitimer(3, &it, NULL));
    it.it_value.tv_usec = 1000000;
    SHOW(setitimer(ITIMER_REAL, &it, NULL));
}

static volatile int notified;
static void notify(union sigval v)
{
    notified = v.sival_int;
}

static void posix_timers(void)
{
    timer_t t;
    struct sigevent ev = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGRTMIN};
    struct itimerspec its = {{0, 5000000}, {0, 5000000}}, off = {{0, 0}, {0, 0}}, now;
    ev.sigev_value.sival_int = 42;
    on_info(SIGRTMIN, 0);
    SHOW(timer_create(CLOCK_MONOTONIC, &ev, &t));
    count = 0;
    SHOW(timer_settime(t, 0, &its, NULL));
    while (count < 3)
        pause();
    SHOW(seen.si_code);
    SHOW(seen.si_value.sival_int);
    SHOW(timer_gettime(t, &now));
    TRUE(now.it_interval.tv_nsec == 5000000);
    block(SIG_BLOCK, SIGRTMIN);
    struct timespec some = {0, 60000000};
    nanosleep(&some, NULL);
    block(SIG_UNBLOCK, SIGRTMIN);
    TRUE(timer_getoverrun(t) > 3);
    TRUE(seen.si_overrun > 3);
    SHOW(timer_settime(t, 0, &off, NULL));
    SHOW(timer_delete(t));
    SHOW(syscall(SYS_timer_delete, 12345));
    SHOW(syscall(SYS_timer_gettime, 12345, &now));
    SHOW(syscall(SYS_timer_getoverrun, 12345));
    SHOW(syscall(SYS_timer_settime, 12345, 0, &its, 0));
    /* musl makes a thread that waits for its own signal.  */
    struct sigevent th = {.sigev_notify = SIGEV_THREAD};
    th.sigev_notify_function = notify;
    th.sigev_value.sival_int = 7;
    SHOW(timer_create(CLOCK_REALTIME, &th, &t));
    its.it_interval.tv_nsec = 0;
    SHOW(timer_settime(t, 0, &its, NULL));
    while (!notified)
        usleep(1000);
    SHOW(notified);
    SHOW(timer_delete(t));
    struct timespec abs;
    clock_gettime(CLOCK_REALTIME, &abs);
    ev.sigev_signo = SIGRTMIN;
    SHOW(timer_create(CLOCK_REALTIME, &ev, &t));
    struct itimerspec at = {{0, 0}, abs};
    count = 0;
    SHOW(timer_settime(t, TIMER_ABSTIME, &at, NULL));
    while (count < 1)
        usleep(1000);
    SHOW(timer_delete(t));
    ev.sigev_signo = 99;
    SHOW(timer_create(CLOCK_REALTIME, &ev, &t));
    SHOW(timer_create(99, NULL, &t));
}

static sigjmp_buf env;
static volatile char *page;
static char other[64 << 10];
static volatile uintptr_t fault_addr;
static volatile int fault_code;

static void map_it(int sig, siginfo_t *si, void *uc)
{
    fault_addr = (uintptr_t)si->si_addr;
    fault_code = si->si_code;
    mprotect((void *)page, 4096, PROT_READ | PROT_WRITE);
}

static void jump(int sig, siginfo_t *si, void *uc)
{
    fault_addr = (uintptr_t)si->si_addr;
    fault_code = si->si_code;
    siglongjmp(env, sig);
}

static int overflow(int n)
{
    volatile char room[4096];
    room[n % 4096] = (char)n;
    return overflow(n + 1) + room[0];
}

/* Of integers, by zero; arm64 knows no such fault.  */
static int division(void)
{
#if defined(__x86_64__)
    struct sigaction sa = {.sa_sigaction = jump, .sa_flags = SA_SIGINFO};
    volatile int zero = 0, n = 0;
    sigaction(SIGFPE, &sa, NULL);
    int sig = sigsetjmp(env, 1);
    if (!sig)
        n = 7 / zero;
    return sig == SIGFPE && fault_code == FPE_INTDIV && n == 0;
#else
    return 1;
#endif
}

static void faults(void)
{
    struct sigaction sa = {.sa_sigaction = map_it, .sa_flags = SA_SIGINFO};
    page = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    sigaction(SIGSEGV, &sa, NULL);
    for (int i = 0; i < 3; i++) {
        mprotect((void *)page, 4096, PROT_NONE);
        page[i] = (char)(i + 1);
        TRUE(fault_addr == (uintptr_t)page + i && fault_code == SEGV_ACCERR);
        mprotect((void *)page, 4096, PROT_NONE);
        SHOW(page[i]);
        mprotect((void *)page, 4096, PROT_NONE);
        memset((char *)page + 100, 5, 900); /* string instructions, pairs, vectors */
        SHOW(page[999]);
    }
    sa.sa_sigaction = jump;
    sigaction(SIGSEGV, &sa, NULL);
    sigaction(SIGBUS, &sa, NULL);
    sigaction(SIGILL, &sa, NULL);
    sigaction(SIGTRAP, &sa, NULL);
    if (!sigsetjmp(env, 1))
        *(volatile int *)8 = 1;
    TRUE(fault_addr == 8);
    volatile int n = 0;
    for (n = 0; n < 1000; n++)
        if (!sigsetjmp(env, 1))
            *(volatile int *)(uintptr_t)(n % 4096) = 1;
    SHOW(n);
    TRUE(division());
    stack_t ss = {.ss_sp = other, .ss_size = sizeof other}, old;
    SHOW(sigaltstack(&ss, NULL));
    sa.sa_flags = SA_SIGINFO | SA_ONSTACK;
    sigaction(SIGSEGV, &sa, NULL);
    for (n = 0; n < 3; n++)
        if (!sigsetjmp(env, 1))
            overflow(1);
    SHOW(n);
    on_info(SIGUSR1, SA_ONSTACK);
    raise(SIGUSR1);
    TRUE(seen_stack.ss_sp == other && seen_stack.ss_size == sizeof other);
    SHOW(sigaltstack(NULL, &old));
    SHOW(old.ss_flags);
    ss.ss_flags = SS_DISABLE;
    SHOW(sigaltstack(&ss, NULL));
    ss.ss_flags = 0;
    ss.ss_size = 100;
    SHOW(sigaltstack(&ss, NULL));
    signal(SIGSEGV, SIG_DFL);
}

static void leaver(int sig)
{
    siglongjmp(env, 1);
}

static void jumps(void)
{
    volatile int n = 0;
    on(SIGUSR1, leaver, 0, 0);
    for (n = 0; n < 20000; n++)
        if (!sigsetjmp(env, 1))
            raise(SIGUSR1);
    SHOW(n);
    on(SIGUSR1, leaver, SA_NODEFER, 0);
    for (n = 0; n < 20000; n++)
        if (!sigsetjmp(env, 0))
            raise(SIGUSR1);
    SHOW(n);
}

/* A handler that changes registers.  */
static void change(int sig, siginfo_t *si, void *p)
{
    ucontext_t *uc = p;
#if defined(__x86_64__)
    uc->uc_mcontext.gregs[REG_RBX] = 4321;
#else
    uc->uc_mcontext.regs[19] = 4321;
#endif
    sigaddset(&uc->uc_sigmask, SIGUSR2);
}

static void frames(void)
{
    struct sigaction sa = {.sa_sigaction = change, .sa_flags = SA_SIGINFO};
    sigset_t now;
    sigaction(SIGUSR1, &sa, NULL);
    long r;
#if defined(__x86_64__)
    register long value __asm__("rbx") = 1;
#else
    register long value __asm__("x19") = 1;
#endif
    __asm__ volatile("" : "+r"(value));
    syscall(SYS_tkill, syscall(SYS_gettid), SIGUSR1);
    __asm__ volatile("" : "+r"(value));
    r = value;
    SHOW(r);
    sigprocmask(SIG_BLOCK, NULL, &now);
    TRUE(sigismember(&now, SIGUSR2));
    block(SIG_UNBLOCK, SIGUSR2);
}

static sem_t started;
static volatile long spun;

static void *spin(void *arg)
{
    sem_post(&started);
    if (arg)
        for (;;)
            spun++;
    for (;;)
        pause();
}

static void *async(void *arg)
{
    pthread_setcanceltype(PTHREAD_CANCEL_ASYNCHRONOUS, NULL);
    return spin(arg);
}

static volatile int hit[4];
static pthread_t ids[4];
static void which(int sig)
{
    for (int i = 0; i < 4; i++)
        if (pthread_equal(ids[i], pthread_self()))
            hit[i]++;
}

static volatile int stop;
static void *compute(void *arg)
{
    sem_post(&started);
    while (!stop)
        spun++;
    return NULL;
}

static void threads(void)
{
    pthread_t t;
    void *r;
    sem_init(&started, 0, 0);
    pthread_create(&t, NULL, spin, NULL);
    sem_wait(&started);
    SHOW(pthread_cancel(t));
    pthread_join(t, &r);
    TRUE(r == PTHREAD_CANCELED);
    pthread_create(&t, NULL, async, (void *)1);
    sem_wait(&started);
    SHOW(pthread_cancel(t));
    pthread_join(t, &r);
    TRUE(r == PTHREAD_CANCELED);
    on(SIGUSR1, which, 0, 0);
    for (int i = 0; i < 4; i++) {
        pthread_create(&ids[i], NULL, compute, NULL);
        sem_wait(&started);
    }
    for (int i = 0; i < 4; i++)
        for (int k = 0; k < 3; k++) {
            int before = hit[i];
            pthread_kill(ids[i], SIGUSR1);
            while (hit[i] == before)
                sched_yield();
        }
    printf("hits %d %d %d %d\n", hit[0], hit[1], hit[2], hit[3]);
    /* Every thread takes part, those that compute too.  */
    SHOW(setuid(getuid()));
    SHOW(setgid(getgid()));
    /* The process's signals go to who does not block them.  */
    block(SIG_BLOCK, SIGUSR1);
    int before = hit[0] + hit[1] + hit[2] + hit[3];
    kill(getpid(), SIGUSR1);
    while (hit[0] + hit[1] + hit[2] + hit[3] == before)
        sched_yield();
    block(SIG_UNBLOCK, SIGUSR1);
    stop = 1;
    for (int i = 0; i < 4; i++)
        pthread_join(ids[i], NULL);
}

/* Nothing waits in a write to a file: no signal is too early or too late for one.  */
static volatile int writing;
static void *pester(void *arg)
{
    while (writing)
        pthread_kill(*(pthread_t *)arg, SIGUSR1);
    return NULL;
}
static void writes(void)
{
    pthread_t self = pthread_self(), t;
    int interrupted = 0, fd = open("written", O_RDWR | O_CREAT | O_TRUNC, 0600);
    on(SIGUSR1, note, 0, 0);
    count = 0;
    writing = 1;
    SHOW(pthread_create(&t, NULL, pester, &self));
    for (int i = 0; i < 20000 || count < 100; i++)
        interrupted += pwrite(fd, "x", 1, 0) != 1;
    writing = 0;
    pthread_join(t, NULL);
    SHOW(interrupted);
    SHOW(lseek(fd, 0, SEEK_END));
    close(fd);
    unlink("written");
}

static void bad(void)
{
    struct sigaction sa = {.sa_handler = note};
    SHOW(kill(getpid(), 65));
    SHOW(kill(getpid(), -1));
    SHOW(syscall(SYS_tgkill, getpid(), -1, 0));
    SHOW(syscall(SYS_tgkill, getpid(), 999999999, 0));
    SHOW(syscall(SYS_rt_sigaction, SIGKILL, &sa, 0, 8));
    SHOW(syscall(SYS_rt_sigaction, 1, 0, 0, 16));
    SHOW(syscall(SYS_rt_sigsuspend, 8, 8));
    SHOW(syscall(SYS_rt_sigsuspend, &sa, 7));
    SHOW(syscall(SYS_rt_sigtimedwait, 8, 0, 0, 8));
    SHOW(syscall(SYS_rt_sigtimedwait, &sa, 0, 0, 7));
    SHOW(syscall(SYS_rt_sigqueueinfo, getpid(), 3, 8));
    SHOW(syscall(SYS_rt_tgsigqueueinfo, getpid(), 3, 3, 8));
    SHOW(syscall(SYS_timer_create, 0, 8, 8));
    SHOW(syscall(SYS_setitimer, 0, 8, 0));
    SHOW(syscall(SYS_getitimer, 0, 8));
    SHOW(syscall(SYS_getitimer, 9, &sa));
    siginfo_t si = {.si_code = SI_QUEUE};
    SHOW(syscall(SYS_rt_tgsigqueueinfo, getpid(), syscall(SYS_gettid), 0, &si));
    SHOW(syscall(SYS_rt_tgsigqueueinfo, getpid(), 0, 1, &si));
}

int main(void)
{
    drop_privileges();
    setvbuf(stdout, NULL, _IOLBF, 0);
    handlers();
    blocked();
    waiting();
    pipes();
    timers();
    posix_timers();
    faults();
    jumps();
    frames();
    threads();
    writes();
    bad();
    return 0;
}
