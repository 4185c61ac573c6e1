/* Every width and form of load and store that the compiler picks, and vectors. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define N 257
static int8_t b[N]; static uint16_t h[N]; static int32_t w[N]; static uint64_t d[N];
static float f[N]; static double g[N];
typedef int v4 __attribute__((vector_size(16)));

__attribute__((noinline)) static uint64_t mix(size_t n, const int32_t *idx)
{
    uint64_t s = 0;
    for (size_t i = 0; i < n; i++) {
        b[i] = (int8_t)(i * 7); h[i] = (uint16_t)(b[i] * 3); w[i] = h[idx[i]] - b[i];
        d[i] = (uint64_t)w[i] << (i & 31); f[i] = (float)w[i] / 3; g[i] = f[i] * h[i];
    }
    for (size_t i = n; i-- > 0;)
        s = s * 31 + (uint64_t)b[i] + h[idx[i]] + (uint64_t)w[n - 1 - i] + d[i] + (uint64_t)(int64_t)g[i];
    return s;
}

struct __attribute__((packed)) odd { char c; int i; short s; long l; };

__attribute__((noinline)) static long odds(struct odd *o, int n)
{
    long s = 0;
    for (struct odd *p = o; p < o + n; p++) {
        p->i += p->c; p->l -= p->i; p->s ^= (short)p->l; s += p->i + p->s + p->l;
    }
    return s;
}

__attribute__((noinline)) static v4 vectors(v4 *p, int n)
{
    v4 s = {0};
    while (n--)
        s = s * 3 + *p++;
    return s;
}

struct node { struct node *next; int key; };

int main(void)
{
    int32_t idx[N];
    struct odd o[20];
    v4 v[9];
    struct node *list = NULL;
    long sum = 0;
    for (int i = 0; i < N; i++)
        idx[i] = (i * 31) % N;
    memset(o, 1, sizeof o);
    for (int i = 0; i < 9; i++)
        v[i] = (v4){i, i * 2, -i, 7};
    for (int i = 0; i < 1000; i++) {
        struct node *n = malloc(sizeof *n);
        *n = (struct node){list, i * i};
        list = n;
    }
    for (struct node *n = list, *next; n; n = next) {
        sum = sum * 3 + n->key;
        next = n->next;
        free(n);
    }
    v4 r = vectors(v, 9);
    char *text = malloc(5000), *copy = calloc(1, 6000);
    for (int i = 0; i < 4999; i++)
        text[i] = (char)('a' + i % 26);
    text[4999] = 0;
    memmove(copy + 3, text, 4999);
    memmove(copy + 10, copy, 4000);
    printf("memory %llx %ld %d %d %d %d %ld %d %zu %s\n", (unsigned long long)mix(N, idx), odds(o, 20),
           r[0], r[1], r[2], r[3], sum, memcmp(text, copy, 20), strlen(copy + 20), strstr(copy + 100, "xyz") ? "y" : "n");
    free(text);
    free(copy);
    return 0;
}
