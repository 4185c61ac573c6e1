/* How many blocks of memory are in use.  The program is linked with
   -Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc,--wrap=free,--wrap=posix_memalign.
   (mallinfo does not tell: it takes for used what the allocator keeps in its caches.)
   SPDX-License-Identifier: Apache-2.0  */
#include <stddef.h>

static _Atomic long blocks;
void *__real_malloc(size_t n);
void *__real_calloc(size_t n, size_t each);
void *__real_realloc(void *p, size_t n);
int __real_posix_memalign(void **p, size_t to, size_t n);
void __real_free(void *p);
void *__wrap_malloc(size_t n)
{
    void *p = __real_malloc(n);
    blocks += p != NULL;
    return p;
}
void *__wrap_calloc(size_t n, size_t each)
{
    void *p = __real_calloc(n, each);
    blocks += p != NULL;
    return p;
}
void *__wrap_realloc(void *p, size_t n)
{
    void *q = __real_realloc(p, n);
    blocks += !p && q;
    return q;
}
int __wrap_posix_memalign(void **p, size_t to, size_t n)
{
    int err = __real_posix_memalign(p, to, n);
    blocks += err == 0;
    return err;
}
void __wrap_free(void *p)
{
    blocks -= p != NULL;
    __real_free(p);
}
