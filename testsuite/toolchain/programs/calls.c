/* Calls: through pointers, tail calls, recursion, structures by value, constructors,
   many arguments, return addresses, weak and ifunc-free aliases. */
#include <stdio.h>
#include <stdlib.h>

struct s { double d[4]; };
struct t { char c[40]; int n; };
typedef long (*op)(long, long);

static int started;
__attribute__((constructor)) static void begin(void) { started = 1; }
__attribute__((constructor(200))) static void before(void) { started += 10; }
__attribute__((destructor)) static void end(void) { puts("destructor"); }
static void atend(void) { puts("atexit"); }

static long add(long a, long b) { return a + b; }
static long sub(long a, long b) { return a - b; }
static long mul(long a, long b) { return a * b; }
static op ops[] = {add, sub, mul};

__attribute__((noinline)) static long apply(op f, long a, long b) { return f(a, b); }
__attribute__((noinline)) static long even(unsigned n);
__attribute__((noinline)) static long odd(unsigned n) { return n ? even(n - 1) : 0; }
__attribute__((noinline)) static long even(unsigned n) { return n ? odd(n - 1) : 1; }
__attribute__((noinline)) static struct s mk(double x) { return (struct s){{x, x * 2, x * 3, x * 4}}; }
__attribute__((noinline)) static struct t mt(int n) { struct t t = {.n = n}; snprintf(t.c, sizeof t.c, "t%d", n); return t; }
__attribute__((noinline)) static long many(int a, long b, char c, short d, int e, long f, int g, int h, int i,
                                           char j, double k, struct t t, float l, unsigned char m)
{
    return a + b * c - d + e * f - g + h * i - j + (long)k + t.n + (long)l + m;
}
__attribute__((noinline)) static void *ra(void) { return __builtin_return_address(0); }
__attribute__((noinline)) static int where(void) { char *p = ra(); return p > (char *)where && p < (char *)where + 400; }
extern int missing(void) __attribute__((weak));
extern long alias(long, long) __attribute__((alias("add")));
static int compare(const void *a, const void *b) { return *(const int *)a - *(const int *)b; }

int main(void)
{
    long r = 0;
    int v[100];
    atexit(atend);
    for (int i = 0; i < 30; i++)
        r = r * 3 + apply(ops[i % 3], i, r);
    for (int i = 0; i < 100; i++)
        v[i] = (i * 7919) % 1000;
    qsort(v, 100, sizeof *v, compare);
    printf("calls %ld %ld %g %s %ld %d %d %ld\n", r, even(100001), mk(1.5).d[3], mt(77).c,
           many(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11.5, mt(12), 13.5f, 14), started, where(), alias(3, 4));
    printf("%d %d %d %d %d\n", v[0], v[50], v[99], missing ? missing() : -1, abs(v[3] - v[4]));
    return 0;
}
