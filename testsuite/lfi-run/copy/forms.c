/* A program that is copied at each of the points where it calls the host: what C keeps addresses in.
   SPDX-License-Identifier: Apache-2.0  */
#define _GNU_SOURCE
#include <alloca.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

/* The host's function, which it puts here.  */
void (*volatile copy_point)(int);

static void point(int n)
{
    if (copy_point)
        copy_point(n);
}

struct node {
    struct node *next;
    int (*f)(int);
    char name[16];
};

static int twice(int n)
{
    return 2 * n;
}
static int square(int n)
{
    return n * n;
}
static int (*const table[])(int) = {twice, square, abs};
static struct node last = {NULL, square, "last"};
static struct node *list = &last;
static char *const names[] = {"none", "one", "two"};
static __thread int in_tls = 5;
static __thread int *tls_pointer;
static jmp_buf back;

static void show(const char *what, long value)
{
    printf("%s %ld\n", what, value);
}

/* A frame of the stack among the pointers, differences, and an end before which a loop stops.  */
static long sum(const int *from, const int *to)
{
    long s = 0;
    for (const int *p = from; p != to && p < to; p++)
        s += *p * (p - from + 1);
    return s;
}

static void pointers(void)
{
    int array[64], *end = array + 64, *volatile half = array + 32;
    struct node *volatile p = list;
    for (int i = 0; i < 64; i++)
        array[i] = i * 3;
    for (int i = 0; i < 8; i++) {
        struct node *n = malloc(sizeof *n);
        *n = (struct node){list, table[i % 3], ""};
        snprintf(n->name, sizeof n->name, "node %d", i);
        list = n;
    }
    point(0);
    show("sum", sum(array, end) + sum(half, end));
    show("before", (half < end) + 2 * ((uintptr_t)array < (uintptr_t)half) + 4 * (p == &last));
    show("distance", half - array);
    for (struct node *n = list; n; n = n->next)
        printf("%s %d %s\n", n->name, n->f(7), n->next ? n->next->name : names[0]);
    show("text", (long)strlen(names[1]) + (names[2] - names[1] != 0));
}

static int add_all(int n, ...)
{
    va_list ap, again;
    int s = 0;
    va_start(ap, n);
    va_copy(again, ap);
    for (int i = 0; i < n / 2; i++)
        s += va_arg(ap, int);
    point(1);
    for (int i = n / 2; i < n; i++)
        s += va_arg(ap, int);
    for (int i = 0; i < n; i++)
        s += va_arg(again, int) * i;
    va_end(ap);
    va_end(again);
    return s;
}

static int compare(const void *a, const void *b)
{
    static int calls;
    if (++calls == 20)
        point(2);
    return *(const int *)a - *(const int *)b;
}

static void sorts(void)
{
    int array[40];
    for (int i = 0; i < 40; i++)
        array[i] = i * 29 % 40;
    qsort(array, 40, sizeof *array, compare);
    show("sorted", sum(array, array + 40));
    int key = 17, *found = bsearch(&key, array, 40, sizeof *array, compare);
    show("found", found - array);
}

static __attribute__((noinline)) void jump(int depth, char *room)
{
    char *more = alloca(100 + depth);
    memset(more, depth, 100 + depth);
    if (depth)
        jump(depth - 1, more);
    show("jumps", room[0] + more[99]);
    point(3);
    longjmp(back, 42);
}

static void jumps(void)
{
    volatile int kept = 11;
    int value = setjmp(back);
    if (value == 0)
        jump(5, "x");
    show("jumped", value + kept);
}

static void handler(int sig, siginfo_t *info, void *context)
{
    ucontext_t *uc = context;
    char here;
    show("signal", sig + info->si_value.sival_int);
    /* The frame is on this stack, and what it says of the interrupted code lies near.  */
    long distance = (char *)uc - &here;
    show("frame", distance > -20000 && distance < 20000);
    point(4);
    show("handled", info->si_value.sival_int);
}

static void fault(int sig, siginfo_t *info, void *context)
{
    (void)context;
    point(5);
    show("fault", sig + (info->si_addr == (void *)16));
    siglongjmp(back, 7);
}

static void signals(void)
{
    struct sigaction sa = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO};
    static char altstack[32768];
    stack_t ss = {.ss_sp = altstack, .ss_size = sizeof altstack};
    sigaction(SIGUSR1, &sa, NULL);
    sigaltstack(&ss, NULL);
    sigqueue(getpid(), SIGUSR1, (union sigval){.sival_int = 33});
    sa.sa_sigaction = fault;
    sa.sa_flags |= SA_ONSTACK;
    sigaction(SIGSEGV, &sa, NULL);
    if (sigsetjmp(back, 1) == 0)
        *(volatile int *)16 = 1;
    signal(SIGSEGV, SIG_DFL);
    struct sigaction old;
    sigaction(SIGUSR1, NULL, &old);
    show("same handler", old.sa_sigaction == handler);
}

static int computed(int n)
{
    static void *const places[] = {&&zero, &&one, &&two};
    void *next = places[n];
    point(6);
    goto *next;
zero:
    return 100;
one:
    return 200;
two:
    return 300;
}

static int choose(int n)
{
    switch (n) {
    case 0: return twice(n);
    case 1: return square(n + 3);
    case 2: return (int)strlen(names[2]);
    case 3: return in_tls;
    case 4: return last.name[0];
    case 5: return getpid() > 0;
    default: return -1;
    }
}

static void memory(void)
{
    char *anonymous = mmap(NULL, 65536, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    char *hidden = mmap(NULL, 65536, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    char **inside = (char **)anonymous;
    strcpy(anonymous + 100, "anonymous");
    strcpy(hidden, "hidden");
    *inside = anonymous + 100;
    mprotect(hidden, 65536, PROT_NONE);
    point(7);
    mprotect(hidden, 65536, PROT_READ);
    anonymous = mremap(anonymous, 65536, 131072, MREMAP_MAYMOVE);
    inside = (char **)anonymous;
    printf("%d %s %s\n", *inside != NULL, hidden, anonymous + 100);
    char *before = sbrk(0), *more = malloc(300000);
    memset(more, 1, 300000);
    show("break", (char *)sbrk(0) >= before);
    free(more);
}

static __attribute__((noinline)) void *caller(void)
{
    return __builtin_return_address(0);
}

int main(int argc, char **argv, char **envp)
{
    tls_pointer = &in_tls;
    pointers();
    show("varargs", add_all(8, 1, 2, 3, 4, 5, 6, 7, 8));
    sorts();
    jumps();
    signals();
    for (int i = 0; i < 3; i++)
        show("goto", computed(i));
    for (int i = 0; i < 6; i++)
        show("case", choose(i));
    memory();
    void *address = caller();
    *tls_pointer += 3;
    point(8);
    show("thread", in_tls + *tls_pointer);
    show("arguments", argc + (int)strlen(argv[0]) + (envp[0] ? 1 : 0));
    show("code", (char *)address > (char *)main - (1 << 24) && (char *)address < (char *)main + (1 << 24));
    return 3;
}
