/* A library with an instruction that no box may run.
   SPDX-License-Identifier: Apache-2.0  */
int unverifiable(void)
{
#ifdef __aarch64__
    __asm__ volatile(".lfi_rewrite_disable\n\tsvc #0\n\t.lfi_rewrite_enable");
#else
    __asm__ volatile(".lfi_rewrite_disable\n\tsyscall\n\t.lfi_rewrite_enable");
#endif
    return 1;
}
