/* Moving the stack pointer: alloca, variable arrays, large frames, realignment. */
#include <alloca.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

__attribute__((noinline)) static unsigned hash(const void *p, size_t n)
{
    const unsigned char *s = p;
    unsigned h = 0;
    while (n--)
        h = h * 31 + *s++;
    return h;
}

__attribute__((noinline)) static unsigned vla(int n)
{
    int a[n];
    unsigned h = 0;
    for (int i = 0; i < n; i++)
        a[i] = i * n;
    for (int i = 1; i < n; i += n / 3 + 1) {
        char b[i];
        memset(b, i, i);
        h += hash(b, sizeof b);
    }
    return h ^ hash(a, sizeof a);
}

__attribute__((noinline)) static unsigned grow(int n)
{
    unsigned h = 0;
    char *last = NULL;
    for (int i = 0; i < n; i++) {
        char *p = alloca(i * 40 + 1);
        memset(p, i, i * 40 + 1);
        if (last)
            h += hash(last, (i - 1) * 40 + 1);
        last = p;
    }
    return h;
}

__attribute__((noinline)) static unsigned large(int n)
{
    char big[300000];
    memset(big, n, sizeof big);
    return n ? large(n - 1) + hash(big, 1000) : hash(big, sizeof big);
}

__attribute__((noinline)) static unsigned medium(int n)
{
    char a[20000], b[4096];
    memset(a, n, sizeof a);
    memset(b, -n, sizeof b);
    return hash(a, sizeof a) ^ hash(b, sizeof b) ^ (n ? medium(n - 1) : 0);
}

__attribute__((noinline)) static int aligned(int n)
{
    char c __attribute__((aligned(256)));
    c = (char)n;
    return (int)((uintptr_t)&c % 256) + c + (n ? aligned(n - 1) : 0);
}

int main(void)
{
    printf("alloca %x %x %x %x %d\n", vla(100), grow(60), large(5), medium(6), aligned(5));
    return 0;
}
