/* Calls of both kinds, whose results say that they returned.
   SPDX-License-Identifier: Apache-2.0  */
#include <stdio.h>
static int twice(int x)
{
    return 2 * x;
}
static int thrice(int x)
{
    return 3 * x;
}
int (*volatile table[])(int) = {twice, thrice};
__attribute__((noinline)) static int sum(int n)
{
    int s = 0;
    for (int i = 0; i < n; i++)
        s += table[i & 1](i);
    return s;
}
int main(void)
{
    printf("%d %d\n", sum(10), sum(101));
    return 0;
}
