/* An engine for the box at address 0, and one of the other layouts, in hosts of several kinds.
   SPDX-License-Identifier: Apache-2.0

   Prints for each layout "NAME: yes" or "NAME: " and the error.  */
#include <stdio.h>

#include "lfi_core.h"

int main(void)
{
    static const char *const names[] = {"default", "sparse", "dense", "one"};
    for (int l = LFI_LAYOUT_DEFAULT; l <= LFI_LAYOUT_ONE; l++) {
        struct LFIEngine *engine = lfi_new((struct LFIOptions){.layout = (enum LFILayout)l}, 1);
        printf("%s: %s\n", names[l], engine ? "yes" : lfi_errmsg());
        lfi_free(engine);
    }
    return 0;
}
