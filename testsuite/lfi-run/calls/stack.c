/* Uses as many KiB of stack as its argument says.
   SPDX-License-Identifier: Apache-2.0  */
#include "show.h"

__attribute__((noinline)) static int use(int kib)
{
    volatile char frame[1024];
    frame[0] = (char)kib;
    return kib > 1 ? use(kib - 1) + frame[0] : 0;
}

int main(int argc, char **argv)
{
    printf("%s\n", use(argc > 1 ? atoi(argv[1]) : 1) == 12345 ? "" : "used");
    return 0;
}
