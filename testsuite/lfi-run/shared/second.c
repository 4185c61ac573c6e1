/* A library that is loaded by dlopen, and needs the other.
   SPDX-License-Identifier: Apache-2.0  */
#include <stdio.h>

__thread int of_module = 100;
static __thread long large[5000];
extern int number;
extern __thread int of_thread;
int twice(int);

int module(int x)
{
    large[x]++;
    return of_module++ + twice(x) + number + (int)large[x] + of_thread;
}

/* Only one of these is a symbol of the library (symbols.map).  */
int shown(void)
{
    return 1;
}

int hidden(void)
{
    return shown();
}

__attribute__((constructor)) static void begin(void)
{
    printf("second begins, %d\n", twice(4));
}

__attribute__((destructor)) static void end(void)
{
    puts("second ends");
}
