/* Ends in the way that its argument names.
   SPDX-License-Identifier: Apache-2.0  */
#include "show.h"

static volatile int sink;
static const int constant[] = {1, 2, 3};
static const int *volatile where = constant;

__attribute__((noinline)) static int recurse(int n)
{
    volatile char frame[4096];
    frame[0] = (char)n;
    return recurse(n + 1) + frame[0];
}

/* As deep as asked: the sum of 1 to N, and each frame keeps what it was given.  */
__attribute__((noinline)) static long deep(long n)
{
    volatile long kept[4] = {n, ~n};
    long below = n == 1 ? 0 : deep(n - 1);
    return kept[0] == n && kept[1] == ~n ? below + n : -1;
}

static void *recurse_here(void *arg)
{
    sink = recurse(0);
    return arg;
}

static void *fault_here(void *arg)
{
    (void)arg;
    *(volatile int *)0 = 1;
    return NULL;
}

static void *exit_here(void *arg)
{
    usleep(30000);
    exit((int)(intptr_t)arg);
}

static void *abort_here(void *arg)
{
    (void)arg;
    usleep(30000);
    abort();
}

static void *spin(void *arg)
{
    for (;;)
        sink++;
    return arg;
}

static void *block(void *arg)
{
    char c;
    read(*(int *)arg, &c, 1);
    return NULL;
}

static void start(void *(*fn)(void *), void *arg)
{
    pthread_t t;
    if (pthread_create(&t, NULL, fn, arg) != 0)
        _exit(99);
}

static void threads(const char *how)
{
    static int p[2];
    pipe(p);
    for (int i = 0; i < 3; i++)
        start(block, p);
    start(spin, NULL);
    if (strstr(how, "fault"))
        start(fault_here, NULL);
    else if (strstr(how, "stack"))
        start(recurse_here, NULL);
    else if (strstr(how, "abort"))
        start(abort_here, NULL);
    else
        start(exit_here, (void *)(intptr_t)23);
    if (strstr(how, "spin"))
        spin(NULL);
    else if (strstr(how, "pthread_exit"))
        pthread_exit(NULL);
    else
        block(p);
}

/* Through a pointer: a direct branch to data is refused where instructions have no alignment.  */
static void call_data(void)
{
    void (*volatile f)(void) = (void (*)(void))(uintptr_t)&sink;
    f();
}

int main(int argc, char **argv)
{
    const char *how = argc > 1 ? argv[1] : "";
    if (strcmp(how, "null-read") == 0)
        sink = *(volatile int *)0;
    else if (strcmp(how, "null-write") == 0)
        *(volatile int *)8 = 1;
    else if (strcmp(how, "null-call") == 0)
        ((void (*)(void)) * (void *volatile *)&(void *){NULL})();
    else if (strcmp(how, "data-call") == 0)
        call_data();
    else if (strcmp(how, "read-only") == 0)
        *(volatile int *)(uintptr_t)where = 2;
    else if (strcmp(how, "code") == 0)
        *(volatile int *)(uintptr_t)main = 0;
    else if (strcmp(how, "stack") == 0)
        sink = recurse(argc);
    else if (strcmp(how, "deep") == 0)
        return deep(atol(argv[2])) == atol(argv[2]) * (atol(argv[2]) + 1) / 2 ? 0 : 1;
#ifdef __aarch64__
    else if (strcmp(how, "udf") == 0)
        __asm__ volatile("udf #1");
    else if (strcmp(how, "brk") == 0)
        __asm__ volatile("brk #1");
#else
    else if (strcmp(how, "udf") == 0)
        __asm__ volatile("ud2");
    else if (strcmp(how, "brk") == 0)
        __asm__ volatile("int3");
#endif
    else if (strcmp(how, "trap") == 0)
        __builtin_trap();
    else if (strcmp(how, "abort") == 0)
        abort();
    else if (strcmp(how, "raise") == 0)
        raise(atoi(argv[2]));
    else if (strcmp(how, "kill") == 0)
        kill(getpid(), atoi(argv[2]));
    else if (strcmp(how, "exit") == 0)
        exit(atoi(argv[2]));
    else if (strcmp(how, "_exit") == 0)
        _exit(atoi(argv[2]));
    else if (strcmp(how, "return") == 0)
        return atoi(argv[2]);
    else if (strcmp(how, "pipe") == 0)
        for (;;)
            if (write(1, "0123456789\n", 11) < 0)
                return 77;
    if (strcmp(how, "pipe-ignored") == 0) {
        signal(SIGPIPE, SIG_IGN);
        for (;;)
            if (write(1, "0123456789\n", 11) < 0)
                return errno == EPIPE ? 78 : 79;
    }
    if (strncmp(how, "thread-", 7) == 0)
        threads(how);
    return 98;
}
