/* Synchronising the instruction cache: nothing to do in a box.
   SPDX-License-Identifier: GPL-3.0-or-later WITH GCC-exception-3.1

   Memory of a box becomes executable by mprotect or mmap, and the runtime makes data and
   instruction caches agree before it does.  Cache maintenance is not available in a box.  */

void __aarch64_sync_cache_range (const void *, const void *);

void
__aarch64_sync_cache_range (const void *base __attribute__ ((unused)),
                            const void *end __attribute__ ((unused)))
{
}
