/* The library in the box that invoke.c calls.
   SPDX-License-Identifier: Apache-2.0  */
#include "invoke.h"

#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

int constructed;
__attribute__((constructor)) static void construct(void) { constructed = 42; }
int get_constructed(void) { return constructed; }

void nothing(void) {}
int add(int a, int b) { return a + b; }
/* In how many registers of vector arguments that value is.  */
int seen_in_vectors(long what)
{
    long v[8];
#if defined(__x86_64__)
    __asm__ volatile("movq %%xmm0, %0\nmovq %%xmm1, %1\nmovq %%xmm2, %2\nmovq %%xmm3, %3\n"
                     "movq %%xmm4, %4\nmovq %%xmm5, %5\nmovq %%xmm6, %6\nmovq %%xmm7, %7"
                     : "=m"(v[0]), "=m"(v[1]), "=m"(v[2]), "=m"(v[3]), "=m"(v[4]), "=m"(v[5]), "=m"(v[6]), "=m"(v[7]));
#else
    __asm__ volatile("str d0, %0\nstr d1, %1\nstr d2, %2\nstr d3, %3\n"
                     "str d4, %4\nstr d5, %5\nstr d6, %6\nstr d7, %7"
                     : "=m"(v[0]), "=m"(v[1]), "=m"(v[2]), "=m"(v[3]), "=m"(v[4]), "=m"(v[5]), "=m"(v[6]), "=m"(v[7]));
#endif
    __asm__ volatile("" : "+r"(what)); /* not in a vector register before */
    int n = 0;
    for (int i = 0; i < 8; i++)
        n += v[i] == what;
    return n;
}
long sum12(long a, long b, long c, long d, long e, long f, long g, long h, long i, long j, long k, long l)
{
    return a + 2 * b + 3 * c + 4 * d + 5 * e + 6 * f + 7 * g + 8 * h + 9 * i + 10 * j + 11 * k + 12 * l;
}
double mix(int a, double b, char c, float d, long e, double f, double g, double h, double i, double j,
           double k, double l, float m, int n, int o, int p, int q)
{
    return a + b * 2 + c * 3 + d * 4 + e * 5 + f + g + h + i + j + k * 6 + l * 7 + m * 8 + n + o * 9 + p * 10
           + q * 11;
}
float halve(float x) { return x / 2; }
vec4 vadd(vec4 a, vec4 b) { return a + b; }
struct small small_swap(struct small s) { return (struct small){s.b, (short)s.a}; }
struct mixed mixed_twice(struct mixed m) { return (struct mixed){2 * m.a, 2 * m.b}; }
struct floats floats_twice(struct floats f) { return (struct floats){2 * f.x, 2 * f.y, 2 * f.z}; }
struct big big_make(long first) { struct big b = {{first, first + 1, first + 2, first + 3, first + 4}}; return b; }
struct quad quad_make(double d) { return (struct quad){{d, 2 * d, 3 * d, 4 * d}}; }
long big_sum(int before, struct big b, int after)
{
    return before + b.v[0] + b.v[1] + b.v[2] + b.v[3] + b.v[4] + after;
}
long double ld_twice(long double x) { return x * 2; }
int sum_all(int n, ...)
{
    va_list ap;
    int sum = 0;
    va_start(ap, n);
    while (n--)
        sum += va_arg(ap, int);
    va_end(ap);
    return sum;
}

/* Callbacks.  */
int call_int(int (*fn)(int), int x) { return fn(x) + 1; }
double call_mix(double (*fn)(int, double, char, float, long, double, double, double, double, double, double,
                             double, float, int, int, int, int))
{
    return fn(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17);
}
vec4 call_vec(vec4 (*fn)(vec4, vec4), vec4 a) { return fn(a, a); }
struct mixed call_mixed(struct mixed (*fn)(struct mixed), struct mixed m) { return fn(m); }
long call_big(struct big (*fn)(long), long x)
{
    struct { long before; struct big b; long after; } s = {77, {{0}}, 88};
    s.b = fn(x);
    if (s.before != 77 || s.after != 88)
        return -1;
    return big_sum(0, s.b, 0);
}
#ifdef __x86_64__
long call_big_arg(long (*fn)(int, struct big, int)) { return fn(1, (struct big){{1, 2, 3, 4, 5}}, 2); }
/* Where the host is to write its result: not in the box.  */
long call_bad_result(void (*fn)(void *, long), unsigned long where) { fn((void *)where, 5); return 1; }
#endif
/* Keeps values in callee-saved registers and on the stack across a call back.  */
long recurse(long (*fn)(long), long n)
{
    volatile long local = n * 3;
    long r = n > 0 ? fn(n - 1) : 0;
    return r + n + local;
}
double keep(int (*fn)(int), double x)
{
    double y = x * 3, z = x / 7;
    return fn((int)x) + y + z;
}

/* Ends that are not returns.  */
/* Where nothing is ever mapped, whatever the layout and the pages.  */
#ifdef __x86_64__
#define NOWHERE 0x8000
#else
#define NOWHERE 0x18000
#endif
int crash(void) { return *(volatile int *)NOWHERE; }
int divide(int a, int b) { return a / b; }
void leave(int code) { exit(code); }
long deep(long n) { volatile char fill[4096]; fill[0] = (char)n; return deep(n + 1) + fill[0]; }
void spoil(void)
{
#ifdef __x86_64__
    __asm__ volatile("fld1; fld1; fld1; fldpi; std" ::: "st", "st(1)", "st(2)", "st(3)");
    unsigned csr = 0x5f80;
    __asm__ volatile("ldmxcsr %0" : : "m"(csr));
#endif
}

/* longjmp.  */
static jmp_buf env;
void *get_env(void) { return env; }
void jump(int value) { longjmp(env, value); }
int call_then_jump(int (*fn)(int), int value) { fn(value); longjmp(env, value + 1); }
int burn(int n) { volatile int x[64]; x[n % 64] = n; return n > 0 ? burn(n - 1) + x[n % 64] : 0; }

/* Memory, errno, threads, pipes.  */
int fill(char *p, int n) { memset(p, 7, n); return p[n - 1]; }
static _Thread_local int mine;
int set_mine(int x) { int old = mine; mine = x; return old; }
void *self(void) { return (void *)pthread_self(); }
static int freed;
static void destroy(void *p) { freed += p != 0; }
int specific(void)
{
    static pthread_key_t key;
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    extern void make_key(void);
    (void)once;
    static int made;
    if (!made) { pthread_key_create(&key, destroy); made = 1; }
    return pthread_setspecific(key, &freed);
}
int get_freed(void) { return freed; }
int broken_pipe(void)
{
    int fds[2];
    signal(SIGPIPE, SIG_IGN);
    if (pipe(fds)) return -1;
    close(fds[0]);
    return write(fds[1], "x", 1) < 0 ? errno : 0;
}
static void *in_thread(void *p) { *(int *)p = 5; return p; }
int own_thread(void)
{
    pthread_t t;
    int x = 0;
    if (pthread_create(&t, 0, in_thread, &x) || pthread_join(t, 0)) return -1;
    return x;
}
long threads_limit(void)
{
    struct rlimit l;
    return getrlimit(RLIMIT_NPROC, &l) ? -1 : (long)l.rlim_cur;
}
static void *exits(void *p) { (void)p; exit(3); }
void exit_in_thread(void)
{
    pthread_t t;
    pthread_create(&t, 0, exits, 0);
    pthread_join(t, 0);
}
