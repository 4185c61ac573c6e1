/* Comparisons before an indirect jump whose result is used behind it, where compilers reuse flags.  */
#include <stdio.h>

__attribute__((noinline)) static long computed(long k, long n, long m, long *out)
{
    static void *const t[] = {&&a, &&b};
    out[0] = n < m ? 3 : 7;
    goto *t[k];
a:
    if (n < m)
        return out[1];
    out[5] = 3;
    return 11;
b:
    if (n < m) {
        out[6] = 9;
        return 9;
    }
    return out[2];
}

#define COPY(case_, expr)                                                                          \
    case case_:                                                                                    \
        for (unsigned i = 0; i < (width >> 1); i++)                                                \
            to[i] = (expr);                                                                        \
        break;

__attribute__((noinline)) static void switched(int how, unsigned width, int *to, const int *from)
{
    switch (how) {
        COPY(6, from[i])
        COPY(7, from[i] * 3)
        COPY(8, from[i] + from[2 * i])
        COPY(9, from[i] ^ 5)
        COPY(10, from[2 * i])
        COPY(11, from[i] - from[2 * i])
        COPY(12, from[i] << 3)
    default:
        to[0] = 99;
    }
}

int main(void)
{
    long out[8] = {0, 20, 30};
    int to[8] = {0}, from[8] = {1, 2, 3, 4, 5, 6, 7, 8};
    for (long k = 0; k < 2; k++)
        printf("%ld %ld ", computed(k, 1, 2, out), computed(k, 2, 1, out));
    for (int how = 5; how < 14; how++)
        for (unsigned width = 0; width < 5; width += 2) {
            to[0] = to[1] = 0;
            switched(how, width, to, from);
            printf("%d,%d ", to[0], to[1]);
        }
    puts("");
    return 0;
}
