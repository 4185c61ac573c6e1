/* Thread-local variables: of this file and of another, initialised and not, aligned. */
#include <stdio.h>

extern __thread int other;
int *other_address(void);
__thread int zero[40];
__thread long init = 42;
static __thread char text[16] = "local";
__thread int aligned __attribute__((aligned(64))) = 9;

__attribute__((noinline)) static long use(int i)
{
    zero[i] += i;
    init += other;
    other++;
    text[0] ^= 1;
    return zero[i] + init + aligned + text[0];
}

int main(void)
{
    long s = 0;
    for (int i = 0; i < 40; i++)
        s += use(i);
    printf("tls %ld %s %d %d %d\n", s, text, other, &other == other_address(),
           (int)((unsigned long)&aligned & 63));
    return 0;
}
