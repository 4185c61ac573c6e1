/* Spends its time in one function.
   SPDX-License-Identifier: Apache-2.0  */
#include <stdlib.h>

__attribute__((noipa)) unsigned spin_here(unsigned n)
{
    unsigned x = 1;
    while (n-- > 0)
        x = x * 1103515245 + 12345;
    return x;
}

int main(int argc, char **argv)
{
    return spin_here(argc > 1 ? (unsigned)atoi(argv[1]) : 1) == 7;
}
