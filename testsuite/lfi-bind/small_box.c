/* A library for bind.exp.
   SPDX-License-Identifier: Apache-2.0  */
#include "small.h"

#include <stdlib.h>
#include <string.h>

long sum10(long a, long b, long c, long d, long e, long f, long g, long h, long i, long j)
{
    return a + 2 * b + 3 * c + 4 * d + 5 * e + 6 * f + 7 * g + 8 * h + 9 * i + 10 * j;
}
double scale(double x, int n, float y)
{
    return x * n + y;
}
int reverse(char *to, const char *from, int n)
{
    for (int i = 0; i < n; i++)
        to[i] = from[n - 1 - i];
    return n;
}
void grow(struct pair *p, int n)
{
    for (int i = 0; i < n; i++)
        p[i].b += p[i].a;
}
long length(const char *s)
{
    return s ? (long)strlen(s) : -1;
}
const char *name(void)
{
    return "small";
}
const char *bad_name(void)
{
    return (const char *)0x123456789abcdef0;
}
int apply(int (*fn)(int), int x)
{
    return fn ? fn(x) + 1 : -1;
}
int fault(int x)
{
    if (x)
        abort();
    return 5;
}
__attribute__((visibility("hidden"))) int hidden(void)
{
    return 1;
}
#ifdef MAIN
int main(void)
{
    return hidden();
}
#endif
