/* Faults below several functions, whose frames are of different shapes.
   SPDX-License-Identifier: Apache-2.0  */
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Nothing is mapped there; at 0 there is something in some profiles.  */
static int *volatile nowhere = (int *)0x8000;
static volatile int zero;

__attribute__((noipa)) int third(int n)
{
    volatile char room[100];
    room[n] = 1;
    return *nowhere + room[n];
}

/* A frame whose size is known when it runs.  */
__attribute__((noipa)) int second(int n)
{
    volatile char room[n + 10];
    room[n] = 2;
    return third(n + 1) + room[n];
}

__attribute__((noipa)) int first(int n)
{
    return second(n + 1) + 1;
}

/* A frame that is aligned more than the stack is.  */
__attribute__((noipa)) int aligned(int n)
{
    _Alignas(256) volatile char room[256];
    room[n] = 3;
    return first(n) + room[n];
}

__attribute__((noipa)) int into_nowhere(int n)
{
    int (*volatile f)(int) = (int (*)(int))(uintptr_t)nowhere;
    return f(n) + 1;
}

__attribute__((noipa)) int into_libc(int n)
{
    return *(char *)memset(nowhere, n, 1000u + (unsigned)n) + 1;
}

__attribute__((noipa)) int recurse(int n)
{
    volatile char room[4096];
    room[0] = (char)n;
    return recurse(n + 1) + room[0];
}

/* Everything that is saved above it becomes what is no address.  */
__attribute__((noipa)) int smashed(int n)
{
    volatile char room[16];
    for (int i = 0; i < 4096; i++)
        room[zero + i] = (char)(n * i * 37);
    return *nowhere + room[0];
}

/* The stack pointer is far from the stack, at the end of the box.  */
__attribute__((noipa)) int no_stack(int n)
{
#ifdef __aarch64__
    __asm__ volatile("mov x0, #-8\n\tmov sp, x0\n\tldr w0, [%0]" : : "r"(nowhere) : "x0", "memory");
#else
    __asm__ volatile("movq $-8, %%rsp\n\tmovl (%0), %%eax" : : "r"(nowhere) : "rax", "memory");
#endif
    return n + 1;
}

static void *thread(void *arg)
{
    return (void *)(intptr_t)first(*(int *)arg);
}

static int in_thread(int n)
{
    pthread_t t;
    pthread_create(&t, NULL, thread, &n);
    pthread_join(t, NULL);
    return 99;
}

static int compare(const void *a, const void *b)
{
    return *(const int *)a - *(const int *)b + first(1);
}

static int in_callback(int n)
{
    int values[] = {3, 1, 2};
    qsort(values, 3, sizeof values[0], compare);
    return n + 1;
}

static const struct {
    const char *name;
    int (*fn)(int);
} ways[] = {
    {"first", first},         {"aligned", aligned},  {"into-nowhere", into_nowhere},
    {"into-libc", into_libc}, {"recurse", recurse},  {"smashed", smashed},
    {"no-stack", no_stack},   {"thread", in_thread}, {"callback", in_callback},
};

int main(int argc, char **argv)
{
    for (unsigned i = 0; i < sizeof ways / sizeof ways[0]; i++)
        if (argc == 2 && strcmp(argv[1], ways[i].name) == 0)
            return ways[i].fn(argc) + 1;
    return 98;
}
