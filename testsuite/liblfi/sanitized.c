/* A host with a sanitizer, as far as the library can tell: no box at address 0.
   SPDX-License-Identifier: Apache-2.0  */
#include "test.h"

void __asan_init(void);
void __asan_init(void)
{
}

int main(void)
{
    struct LFIEngine *e = lfi_new((struct LFIOptions){.layout = LFI_LAYOUT_ONE}, 1);
    CHECK("sanitizer: no box at address 0",
          !e && lfi_errno() == LFI_ERR_RESERVE && strstr(lfi_errmsg(), "AddressSanitizer"));
    e = lfi_new((struct LFIOptions){0}, 1);
    CHECK("sanitizer: other layouts", e);
    lfi_free(e);
    puts("DONE");
    return 0;
}
