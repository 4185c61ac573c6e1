/* System calls of our own, between libboxrt and the Linux layer.
   SPDX-License-Identifier: Apache-2.0  */
#ifndef LFI_BOXCALL_H
#define LFI_BOXCALL_H

/* The number, no kernel's; the first argument says which.  */
#define LFI_BOXCALL 0x4c4649
/* The thread waits for calls: the host's run of it ends, but not the thread.  */
#define LFI_BOXCALL_WAIT 0
/* longjmp has come to what _lfi_setjmp left: the second argument is its number, the third the
   value.  Returns only if nobody waits for it.  */
#define LFI_BOXCALL_JUMP 1

#endif
