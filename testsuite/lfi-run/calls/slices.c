/* Something of everything that code does between two tests for fuel.  Its output does not depend on how often
   it was stopped.
   SPDX-License-Identifier: Apache-2.0  */
#define _GNU_SOURCE
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MANY = 3000, BYTES = 40000 };

static unsigned sum;

static void add(unsigned x)
{
    sum = sum * 31 + x;
}

/* Calls, direct and through pointers; returns.  */
static unsigned __attribute__((noinline)) fib(unsigned n)
{
    return n < 2 ? n : fib(n - 1) + fib(n - 2);
}
static int by_size(const void *a, const void *b)
{
    return (*(const int *)a > *(const int *)b) - (*(const int *)a < *(const int *)b);
}
static void calls(void)
{
    static int all[MANY];
    unsigned x = 1;
    for (int i = 0; i < MANY; i++)
        all[i] = (int)(x = x * 1103515245 + 12345);
    qsort(all, MANY, sizeof *all, by_size);
    for (int i = 0; i < MANY; i++)
        add((unsigned)all[i]);
    add(fib(18));
}

/* Jump tables, computed jumps, longjmp.  */
static unsigned __attribute__((noinline)) table(unsigned n)
{
    switch (n % 8) {
    case 0: return n * 3;
    case 1: return n ^ 0x55;
    case 2: return n << 3;
    case 3: return n - 7;
    case 4: return ~n;
    case 5: return n / 3;
    case 6: return n * n;
    default: return n | 64;
    }
}
static void jumps(void)
{
    static void *const where[] = {&&even, &&odd, &&end};
    static jmp_buf buffer;
    volatile unsigned n = 0;
    for (unsigned i = 0; i < MANY; i++)
        add(table(i));
    goto *where[0];
even:
    add(n++);
    goto *where[n == MANY ? 2 : n & 1];
odd:
    add(n++ * 3);
    goto *where[n == MANY ? 2 : n & 1];
end:
    n = 0;
    if (setjmp(buffer) < MANY / 4)
        longjmp(buffer, (int)++n);
    add(n);
}

/* Vector registers across all that.  */
static void numbers(void)
{
    double d = 1.5, e = 0;
    float f[8] = {1, 2, 3, 4, 5, 6, 7, 8};
    long double l = 1;
    for (int i = 0; i < MANY; i++) {
        d = d * 1.0001 + i;
        e += d / (i + 1);
        l = l / 3 + (long double)i;
        for (int k = 0; k < 8; k++)
            f[k] = f[k] * 0.5f + (float)(i ^ k);
    }
    printf("%.9g %.9g %.9Lg %.9g %.9g\n", d, e, l, (double)f[3], (double)f[7]);
}

/* Repeated instructions and what they leave.  */
static void memory(void)
{
    static char a[BYTES], b[BYTES];
    for (size_t n = 1; n < BYTES; n = n * 2 + 1) {
        memset(a, (int)n, n);
        memcpy(b, a, n);
        memmove(b + 1, b, n);
        add((unsigned)strlen(memset(b, 'x', n)) + (unsigned)memcmp(a, b, n) % 2);
    }
#if defined(__x86_64__)
    for (unsigned long n = 0; n < 5000; n += 97) {
        unsigned long count = n, left;
        char *to = a, *from = b;
        unsigned char carry, zero;
        __asm__ volatile("stc; rep movsb; setc %3"
                         : "+c"(count), "+D"(to), "+S"(from), "=r"(carry)::"memory", "cc");
        add((unsigned)(to - a) + (unsigned)(from - b) + carry + (unsigned)count);
        count = n;
        to = a;
        __asm__ volatile("xor %k3, %k3; mov $0x41, %%eax; rep stosb; setz %2; mov %%rax, %3"
                         : "+c"(count), "+D"(to), "=r"(zero), "=&r"(left)::"rax", "memory", "cc");
        add((unsigned)(to - a) + zero + (unsigned)left + a[n ? n - 1 : 0]);
        a[n] = 'b';
        count = ~0ul;
        to = a;
        __asm__ volatile("mov $0x62, %%eax; repne scasb" : "+c"(count), "+D"(to)::"rax", "memory", "cc");
        add((unsigned)(to - a) + (unsigned)~count);
    }
#endif
    add((unsigned char)a[100]);
}

/* Flags from one round of a loop to the next: sums with carry.  */
static void carries(void)
{
    unsigned long a[256], b[256], n = 256, carry = 0;
    for (unsigned long i = 0; i < n; i++) {
        a[i] = i * 0x9e3779b97f4a7c15;
        b[i] = ~a[i] + (i % 3);
    }
    for (int round = 0; round < 20; round++) {
#if defined(__x86_64__)
        unsigned long i = 0, left = n, t;
        __asm__ volatile("clc\n"
                         "1: mov (%3,%0,8), %2; adc (%4,%0,8), %2; mov %2, (%3,%0,8)\n"
                         "lea 1(%0), %0; dec %1; jnz 1b\n"
                         "setc %b0; movzbl %b0, %k0"
                         : "+&r"(i), "+&r"(left), "=&r"(t) : "r"(a), "r"(b) : "memory", "cc");
        carry += i;
#elif defined(__aarch64__)
        unsigned long i = 0, left = n, t, u;
        __asm__ volatile("cmn xzr, xzr\n"
                         "1: ldr %2, [%4, %0, lsl #3]; ldr %3, [%5, %0, lsl #3]\n"
                         "adcs %2, %2, %3; str %2, [%4, %0, lsl #3]\n"
                         "add %0, %0, #1; sub %1, %1, #1; cbnz %1, 1b\n"
                         "cset %0, cs"
                         : "+&r"(i), "+&r"(left), "=&r"(t), "=&r"(u) : "r"(a), "r"(b) : "memory", "cc");
        carry += i;
#endif
        for (unsigned long k = 0; k < n; k++)
            add((unsigned)(a[k] >> 32) ^ (unsigned)a[k]);
    }
    add((unsigned)carry);
}

static unsigned __attribute__((noinline)) total(int n, ...)
{
    va_list ap;
    unsigned all = 0;
    va_start(ap, n);
    while (n--)
        all = all * 7 + (unsigned)va_arg(ap, int) + (unsigned)va_arg(ap, double);
    va_end(ap);
    return all;
}

/* Runtime calls, signals, threads.  */
static volatile sig_atomic_t signals;
static void on_signal(int sig)
{
    signals += sig == SIGUSR1;
}
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static unsigned from_threads;
static void *thread(void *arg)
{
    for (int i = 0; i < MANY; i++) {
        pthread_mutex_lock(&lock);
        from_threads += (unsigned)i * (unsigned)(size_t)arg;
        pthread_mutex_unlock(&lock);
    }
    return NULL;
}
static void host(void)
{
    pthread_t t[3];
    signal(SIGUSR1, on_signal);
    for (int i = 0; i < 200; i++) {
        raise(SIGUSR1);
        add((unsigned)(getppid() != 0) + total(3, i, 1.0, i + 1, 2.0, i + 2, 3.0));
    }
    for (size_t i = 0; i < 3; i++)
        pthread_create(&t[i], NULL, thread, (void *)(i + 1));
    for (size_t i = 0; i < 3; i++)
        pthread_join(t[i], NULL);
    add((unsigned)signals + from_threads);
}

int main(void)
{
    static void (*const all[])(void) = {calls, jumps, numbers, memory, carries, host};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        all[i]();
        printf("%u\n", sum);
    }
    return 0;
}
