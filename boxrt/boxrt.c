/* libboxrt: the functions that liblfi calls, and main.
   SPDX-License-Identifier: Apache-2.0  */
#include "boxrt.h"
#include "lfi_boxcall.h"

#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

/* What the host looks up must be there although nothing in the program refers to it.  */
static void *const wanted[] __attribute__((used)) = {
    (void *)_lfi_malloc,        (void *)_lfi_realloc,        (void *)_lfi_calloc,
    (void *)_lfi_free,          (void *)_lfi_errno,          (void *)_lfi_dlopen,
    (void *)_lfi_dlsym,         (void *)_lfi_thread_create,  (void *)_lfi_thread_destroy,
    (void *)_lfi_ret,           (void *)_lfi_setjmp,
};

/* Ends the host's run of this thread, which is ready for calls then.  */
static void wait_for_calls(void)
{
    syscall(LFI_BOXCALL, LFI_BOXCALL_WAIT);
}

int main(void)
{
    wait_for_calls();
    return 0;
}

void *_lfi_malloc(size_t size)
{
    return malloc(size);
}

void *_lfi_realloc(void *p, size_t size)
{
    return realloc(p, size);
}

void *_lfi_calloc(size_t n, size_t size)
{
    return calloc(n, size);
}

void _lfi_free(void *p)
{
    free(p);
}

int *_lfi_errno(void)
{
    return &errno;
}

void *_lfi_dlopen(const char *path, int flags)
{
    return dlopen(path, flags);
}

void *_lfi_dlsym(void *handle, const char *name)
{
    return dlsym(handle, name);
}

static void *thread_main(void *arg)
{
    wait_for_calls();
    return arg;
}

int _lfi_thread_create(void)
{
    pthread_attr_t attr;
    pthread_t thread;
    int err = pthread_attr_init(&attr);
    if (err)
        return err;
    pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
    err = pthread_create(&thread, &attr, thread_main, NULL);
    pthread_attr_destroy(&attr);
    return err;
}

void _lfi_thread_destroy(void)
{
    pthread_exit(NULL);
}
