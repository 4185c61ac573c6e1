/* The library in a box that api.c calls; linked with -lboxrt.
   SPDX-License-Identifier: Apache-2.0  */
#include <setjmp.h>

struct api_big {
    long v[4];
};

int api_count;
jmp_buf api_env;

long api_add(long a, long b)
{
    api_count++;
    return a + b;
}

struct api_big api_make(long x)
{
    return (struct api_big){{x, x + 1, x + 2, x + 3}};
}

int api_call(int (*f)(int), int x)
{
    return f(x) + 1;
}

long api_call_big(struct api_big (*f)(long), long x)
{
    struct api_big b = f(x);
    return b.v[3];
}

void api_jump(int value)
{
    longjmp(api_env, value);
}
