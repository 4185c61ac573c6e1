/* A library that programs are linked with, and that second.c needs.
   SPDX-License-Identifier: Apache-2.0  */
#include <stdio.h>

int number = 40;
__thread int of_thread = 7;
static __thread int counts[4];

int twice(int x)
{
    return 2 * x;
}

/* The program has another one.  */
int overridden(void)
{
    return 1;
}

int sum(int x)
{
    return x + number + overridden();
}

int count(void)
{
    counts[1]++;
    return of_thread++ + counts[1];
}

/* A function of the program; another is nowhere.  */
extern int callback(int) __attribute__((weak));
extern int missing(int) __attribute__((weak));

int call_back(int x)
{
    return callback(x) + (missing ? 1000 : 0);
}

__attribute__((constructor)) static void begin(void)
{
    puts("first begins");
}

__attribute__((destructor)) static void end(void)
{
    puts("first ends");
}
