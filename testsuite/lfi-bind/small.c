/* A host for bind.exp: with -DTYPED its functions copy, else all goes through trampolines.
   SPDX-License-Identifier: Apache-2.0  */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lfi_bind.h"
#include "small.h"

bool small_open(void);
void small_close(void);
extern struct LFILibrary small_library;

static int bad;
#define WANT(e)                                                                                    \
    do {                                                                                           \
        if (!(e)) {                                                                                \
            printf("line %d: %s: %s\n", __LINE__, #e, lfi_errmsg());                               \
            bad++;                                                                                 \
        }                                                                                          \
    } while (0)

static int nfailed;
static char failed_name[20];
static void failed(const struct LFIBinding *binding, enum LFIInvokeEnd end)
{
    nfailed += end != LFI_INVOKE_RETURNED;
    snprintf(failed_name, sizeof failed_name, "%s", binding->name);
}

static int twice(int x)
{
    return 2 * x;
}

static void with_copies(void)
{
    char to[6] = "xxxxx";
    struct pair pairs[3] = {{1, 2}, {3, 4}, {5, 6}};
    WANT(reverse(to, "abcde", 5) == 5 && strcmp(to, "edcba") == 0);
    grow(pairs, 3);
    WANT(pairs[0].b == 3 && pairs[1].b == 7 && pairs[2].b == 11 && pairs[2].a == 5);
    WANT(length("four") == 4 && length(NULL) == -1);
    WANT(strcmp(name(), "small") == 0);
    WANT(bad_name() == NULL);
    WANT(apply(twice, 20) == 41 && apply(NULL, 20) == -1);
}

static void without_copies(void)
{
    char *to = lfi_library_malloc(&small_library, 6), *from = lfi_library_malloc(&small_library, 6);
    strcpy(from, "abcde");
    WANT(reverse(to, from, 5) == 5 && memcmp(to, "edcba", 5) == 0);
    WANT(length(from) == 5);
    WANT(strcmp(lfi_library_string(&small_library, name()), "small") == 0);
    WANT(lfi_library_string(&small_library, bad_name()) == NULL);
    lfi_library_free(&small_library, to);
    lfi_library_free(&small_library, from);
}

static void *thread(void *arg)
{
    (void)arg;
    for (int i = 0; i < 50; i++)
        if (scale(2, i, 1) != 2 * i + 1)
            return NULL;
    return &bad;
}

int main(void)
{
    pthread_t t[4];
    small_library.failed = failed;
    if (!small_open()) {
        fprintf(stderr, "open: %s\n", lfi_errmsg());
        return 1;
    }
    WANT(!small_open() && lfi_errno() == LFI_ERR_STATE);
    WANT(sum10(1, 2, 3, 4, 5, 6, 7, 8, 9, 10) == 385);
    WANT(scale(1.5, 2, 0.25f) == 3.25);
#ifdef TYPED
    with_copies();
    (void)without_copies;
#else
    without_copies();
    (void)with_copies;
#endif
    for (int i = 0; i < 4; i++)
        pthread_create(&t[i], NULL, thread, NULL);
    for (int i = 0; i < 4; i++) {
        void *r;
        pthread_join(t[i], &r);
        WANT(r == &bad);
    }
    WANT(fault(0) == 5 && nfailed == 0);
    WANT(fault(1) == 0 && nfailed == 1 && strcmp(failed_name, "fault") == 0);
    WANT(scale(1, 1, 1) == 0 && nfailed == 2);
    small_close();
    WANT(scale(1, 1, 1) == 0 && nfailed == 3);
    WANT(small_open() && scale(1, 1, 1) == 2);
    small_close();
    if (!bad)
        puts("all good");
    return bad != 0;
}
