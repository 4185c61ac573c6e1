/* Branches within reach as the compiler counts, out of reach once the code between has
   grown: tbz (32 KiB), cbz and b.cond (1 MiB). */
#include <stdio.h>

#if defined __aarch64__
#define A "ldr %w0, [%1]\n\tadd %w0, %w0, #1\n\tstr %w0, [%2]\n\tldr %w0, [%2]\n\tstr %w0, [%1]\n\t"
#else
#define A "movl (%1), %0\n\tincl %0\n\tmovl %0, (%2)\n\tmovl (%2), %0\n\tmovl %0, (%1)\n\t"
#endif
#define B A A A A A A A A A A
#define C B B B B B B B B B B
#define D C C C C C C C C C C

#define NEAR(x, p, q) __asm__ volatile(D C C C C : "+r"(x) : "r"(p), "r"(q) : "memory")
#define FAR(x, p, q) __asm__ volatile(D D D D D D D D D D : "+r"(x) : "r"(p), "r"(q) : "memory")

static int a = 1, b = 2;

__attribute__((noinline)) static int near(int x, int *p, int *q)
{
    int n = 0;
    if (x & 4)
        NEAR(n, p, q);
    if (!(x & 64))
        NEAR(n, p, q);
    if (x < 0)
        NEAR(n, p, q);
    return n + *p;
}

__attribute__((noinline)) static int far(long x, int y, int *p, int *q)
{
    int n = 0;
    if (x) {
        FAR(n, p, q);
        FAR(n, p, q);
        FAR(n, p, q);
        FAR(n, p, q);
        FAR(n, p, q);
    }
    if (y < 12)
        return n - *p;
    return n + *q;
}

int main(void)
{
    int s = 0;
    for (int i = -100; i < 100; i++)
        s = s * 3 + near(i, &a, &b);
    for (int i = 0; i < 4; i++)
        s = s * 3 + far(i & 1, i * 8, &a, &b);
    printf("far %d %d %d\n", s, a, b);
    return 0;
}
