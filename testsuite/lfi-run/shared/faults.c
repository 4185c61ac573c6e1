/* A library whose function faults; with PROGRAM what calls it, through the C library.
   SPDX-License-Identifier: Apache-2.0  */
#ifdef PROGRAM
#include <stdlib.h>

int outer(int *p);

static int compare(const void *a, const void *b)
{
    (void)a, (void)b;
    return outer((int *)8);
}

int main(void)
{
    int two[] = {2, 1};
    qsort(two, 2, sizeof two[0], compare);
    return 0;
}
#else
__attribute__((noinline)) int inner(int *p)
{
    return *p;
}

int outer(int *p)
{
    return inner(p) + 1;
}
#endif
