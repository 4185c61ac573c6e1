/* A program that computes, sleeps, reads and writes for a while: to be copied at any moment.  (Not through a pipe, which its
   copies would share.)
   SPDX-License-Identifier: Apache-2.0  */
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { ROUNDS = 24, WORDS = 4000 };

struct word {
    struct word *left, *right;
    unsigned key, *count;
};
static struct word *root;
static unsigned counts[WORDS];
static volatile sig_atomic_t signals;
static jmp_buf back;

static void insert(struct word **at, unsigned key)
{
    while (*at && (*at)->key != key)
        at = key < (*at)->key ? &(*at)->left : &(*at)->right;
    if (!*at) {
        *at = calloc(1, sizeof **at);
        (*at)->key = key;
        (*at)->count = &counts[key % WORDS];
    }
    ++*(*at)->count;
}

static unsigned long walk(const struct word *w, unsigned depth)
{
    return w ? *w->count * depth + walk(w->left, depth + 1) + walk(w->right, depth + 1) : 0;
}

static void on_signal(int sig)
{
    signals += sig;
    for (volatile int i = 0; i < 20000; i++)
        ;
}

int main(void)
{
    struct timespec wait = {0, 2000000};
    unsigned state = 1;
    int zeros = open("/dev/zero", O_RDONLY), value;
    char got[16], large[3000], other[3000];
    if (zeros < 0)
        return 1;
    signal(SIGUSR1, on_signal);
    for (volatile int round = 0; round < ROUNDS; round++) {
        for (int i = 0; i < 3000; i++)
            insert(&root, (state = state * 1664525u + 1013904223u) >> 16);
        if (nanosleep(&wait, NULL) != 0)
            return 2;
        raise(SIGUSR1);
        memset(large, round, sizeof large);
        memcpy(other, large, sizeof other);
        memset(got, round, sizeof got);
        if (read(zeros, got, 15) != 15 || got[0] || got[14] || got[15] != round)
            return 3;
        if ((value = setjmp(back)) == 0)
            longjmp(back, round + 1);
        printf("%d %lu %d %d\n", value, walk(root, 1), (int)signals, memcmp(large, other, sizeof large));
        fflush(stdout);
    }
    return 5;
}
