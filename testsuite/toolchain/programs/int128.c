/* 128-bit arithmetic, its libgcc functions, and long double's. */
#include <math.h>
#include <stdio.h>

typedef unsigned __int128 u128;
typedef __int128 i128;

static void show(const char *what, u128 v)
{
    printf("%s %016llx%016llx\n", what, (unsigned long long)(v >> 64), (unsigned long long)v);
}

int main(void)
{
    volatile u128 a = ((u128)0x123456789abcdefULL << 64) | 0xfedcba9876543210ULL;
    volatile i128 b = -12345678901234567LL;
    volatile long double x = 1.1L, y = 3.7L;
    volatile double d = 1e30;
    show("mul", a * (u128)b);
    show("div", a / 1000000007u);
    show("mod", a % 1000000007u);
    show("sdiv", (u128)((i128)a / b));
    show("shift", a >> 37 | a << 91);
    show("float", (u128)d);
    printf("%.20Lg %.20Lg %.20Lg %.20Lg %d\n", x + y, x * y, x / y, sqrtl(x * y), x < y);
    printf("%.17g %.20Lg %lld %.17g\n", (double)(x / y), (long double)(i128)a, (long long)(x * 1e15L),
           (double)b);
    printf("%.17g %.20Lg %.17g\n", fmod(d, 7.5), powl(x, y), cbrt(d));
    return 0;
}
