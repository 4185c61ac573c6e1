/* libboxrt: what a library in a box has of the host that calls it.
   SPDX-License-Identifier: Apache-2.0

   A library is linked as a program, "-static-pie ... -lboxrt": libboxrt has the main function, which
   lets the host's lfi_thread_run return when all constructors have run; from then on the host calls
   functions (LFI_INVOKE, or what lfi-bind made).  These are called by liblfi; code of the box may
   call them too.  */
#ifndef BOXRT_H
#define BOXRT_H

#include <setjmp.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The C library's, for lfi_lib_malloc and its kin.  */
void *_lfi_malloc(size_t size);
void *_lfi_realloc(void *p, size_t size);
void *_lfi_calloc(size_t n, size_t size);
void _lfi_free(void *p);
int *_lfi_errno(void);

/* Of this program: dlopen(NULL).  NULL where there is nothing to be loaded.  */
void *_lfi_dlopen(const char *path, int flags);
void *_lfi_dlsym(void *handle, const char *name);

/* A thread of the box for the thread of the host that calls; 0, or an error number.  For the runtime
   alone: it makes that thread run at once, until it waits for calls.  destroy ends it.  */
int _lfi_thread_create(void);
void _lfi_thread_destroy(void);

/* The code that functions return to when the host called them; not to be called.  */
void _lfi_ret(void);

/* setjmp on behalf of the host: longjmp to env ends the host's call, and the host goes on where it
   asked to, with number telling which.  */
void _lfi_setjmp(jmp_buf env, unsigned long number);

#ifdef __cplusplus
}
#endif
#endif
