/* A library whose functions the host calls, in copies of it too.
   SPDX-License-Identifier: Apache-2.0  */
#include <stdlib.h>

static struct value {
    struct value *before;
    int n;
} *last;

int next(void)
{
    struct value *v = malloc(sizeof *v);
    *v = (struct value){last, last ? last->n + 1 : 1};
    last = v;
    return v->n;
}

/* Of all that were given, by their addresses.  */
int sum(void)
{
    int s = 0;
    for (struct value *v = last; v; v = v->before)
        s += v->n;
    return s;
}

int apply(int (*f)(int), int n)
{
    return f(n) + 1;
}
