/* Has an instruction that is never executed and that no verifier accepts.
   SPDX-License-Identifier: Apache-2.0  */
#include <stdio.h>

int main(int argc, char **argv)
{
    (void)argv;
#ifdef __aarch64__
#define CALL "svc #0"
#else
#define CALL "syscall"
#endif
    if (argc > 100)
        __asm__ volatile(".lfi_rewrite_disable\n\t" CALL "\n\t.lfi_rewrite_enable");
    puts("ran");
    return 0;
}
