/* Ways to go on for ever; without an argument their names.  The first argument names one, or one of three that end.
   SPDX-License-Identifier: Apache-2.0  */
#define _GNU_SOURCE
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <ucontext.h>
#include <unistd.h>

static volatile long sink;

static void loop(void)
{
    for (;;)
        sink++;
}

static void goes(void)
{
    static void *const where[] = {&&a, &&b};
    volatile int i = 0;
a:
    i = !i;
    goto *where[i];
b:
    i = 0;
    goto *where[i];
}

static jmp_buf buffer;
static void jumps(void)
{
    if (setjmp(buffer) < 2)
        memset((char *)buffer + sizeof(long), 0x7f, 0);
    longjmp(buffer, 1);
}

/* The counter's place in a buffer of musl's has something else.  */
static void buffers(void)
{
    volatile int n = 0;
    setjmp(buffer);
#if defined(__x86_64__)
    ((unsigned long *)buffer)[2] = 1ul << 50;
#else
    ((unsigned long *)buffer)[4] = 1ul << 50;
#endif
    n++;
    longjmp(buffer, 1);
}

static void __attribute__((noinline)) down(long n)
{
    sink = n;
    if (n)
        down(n - 1);
    sink++;
}
static void calls(void)
{
    for (;;)
        down(100);
}

static void __attribute__((noinline)) one(void (*f)(long), long n)
{
    f(n);
}
static void pointers(void)
{
    for (;;)
        one(down, 3);
}

/* Frames of signals say what registers are.  */
static void refuel(int sig, siginfo_t *info, void *arg)
{
    ucontext_t *uc = arg;
    (void)sig, (void)info;
#if defined(__x86_64__)
    uc->uc_mcontext.gregs[REG_R12] = 1ll << 50;
#else
    uc->uc_mcontext.regs[23] = 1ull << 50;
#endif
    sink++;
}
static void handle(int sig, void (*handler)(int, siginfo_t *, void *))
{
    struct sigaction sa = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO | SA_NODEFER};
    sigaction(sig, &sa, NULL);
}
static void signals(void)
{
    handle(SIGUSR1, refuel);
    for (;;)
        raise(SIGUSR1);
}

/* The instruction that faults is tried again and again.  */
static void faults(void)
{
    handle(SIGSEGV, refuel);
    *(volatile char *)mmap(NULL, 65536, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) = 1;
}

/* And again, after a long way without a branch.  */
static volatile char *nowhere;
static void line(void)
{
    handle(SIGTRAP, refuel);
    handle(SIGILL, refuel);
    for (;;) {
#define TEN(x) x x x x x x x x x x
        TEN(TEN(TEN(__asm__ volatile("nop\n mov %0, %0" : "+r"(nowhere));)))
    }
}

static void timers(void)
{
    struct itimerval often = {{0, 2000}, {0, 2000}};
    handle(SIGALRM, refuel);
    setitimer(ITIMER_REAL, &often, NULL);
    loop();
}

static void *thread(void *arg)
{
    (void)arg;
    loop();
    return NULL;
}
static void threads(void)
{
    for (;;) {
        pthread_t t;
        if (pthread_create(&t, NULL, thread, NULL) != 0)
            loop();
    }
}

/* Threads of threads.  */
static void *descends(void *arg)
{
    pthread_t t;
    if (pthread_create(&t, NULL, descends, NULL) != 0)
        loop();
    pthread_join(t, NULL);
    return arg;
}
static void descend(void)
{
    descends(NULL);
    loop();
}

static void more_threads(void)
{
    for (;;) {
        pthread_t t;
        if (pthread_create(&t, NULL, (void *(*)(void *))strlen, "x") == 0)
            pthread_join(t, NULL);
    }
}

static void memory(void)
{
    char *p = malloc(1 << 20);
    for (;;) {
        memset(p, 1, 1 << 20);
        memmove(p + 1, p, (1 << 20) - 1);
        sink += (long)strlen(strcpy(p, "x")) + memcmp(p, p + 1, 1 << 18);
    }
}

static void system_calls(void)
{
    for (;;)
        getppid();
}

/* Ways that end.  Many threads, one after the other and all at once.  */
static void *counts(void *arg)
{
    for (volatile int i = 0; i < 1000; i++)
        ;
    return arg;
}
static void one_by_one(void)
{
    for (int i = 0; i < 100; i++) {
        pthread_t t;
        if (pthread_create(&t, NULL, counts, NULL) != 0 || pthread_join(t, NULL) != 0)
            exit(2);
    }
    exit(0);
}
static void *takes_over(void *arg)
{
    pthread_join(*(pthread_t *)arg, NULL);
    one_by_one();
    return NULL;
}
static void first_ends(void)
{
    static pthread_t first, t;
    first = pthread_self();
    pthread_create(&t, NULL, takes_over, &first);
    pthread_exit(NULL);
}
static pthread_barrier_t all_there;
static void *meets(void *arg)
{
    pthread_barrier_wait(&all_there);
    return counts(arg);
}
static void at_once(void)
{
    enum { N = 80 };
    pthread_t t[N];
    pthread_barrier_init(&all_there, NULL, N);
    for (int i = 0; i < N; i++)
        if (pthread_create(&t[i], NULL, meets, NULL) != 0)
            exit(2);
    for (int i = 0; i < N; i++)
        pthread_join(t[i], NULL);
    exit(0);
}

static const struct {
    const char *name;
    void (*way)(void);
} ways[] = {
    {"loop", loop},       {"goto", goes},       {"longjmp", jumps},           {"buffers", buffers},
    {"calls", calls},     {"pointers", pointers}, {"signals", signals},         {"faults", faults},
    {"line", line},       {"timers", timers},   {"threads", threads},         {"more-threads", more_threads}, {"descend", descend},
    {"memory", memory},   {"system-calls", system_calls},
};

int main(int argc, char **argv)
{
    for (size_t i = 0; argc > 1 && i < sizeof ways / sizeof ways[0]; i++)
        if (strcmp(argv[1], ways[i].name) == 0)
            ways[i].way();
    if (argc > 1 && strcmp(argv[1], "one-by-one") == 0)
        one_by_one();
    if (argc > 1 && strcmp(argv[1], "first-ends") == 0)
        first_ends();
    if (argc > 1 && strcmp(argv[1], "at-once") == 0)
        at_once();
    if (argc > 1)
        return 1;
    for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++)
        puts(ways[i].name);
    return 0;
}
