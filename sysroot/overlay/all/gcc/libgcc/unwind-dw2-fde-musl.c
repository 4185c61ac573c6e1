/* The search for unwind tables, without its cache of objects.
   SPDX-License-Identifier: GPL-3.0-or-later WITH GCC-exception-3.1

   The cache relies on a lock that dl_iterate_phdr of glibc holds while it calls back.  musl's holds
   none, so that the first exceptions of two threads at once would use a list that one of them
   is just making.  Without the counts of loaded and unloaded objects it is not used.  */
#define _GNU_SOURCE 1
#include "tconfig.h"
#include "tsystem.h"
#include <link.h>

static int without_counts (struct dl_phdr_info *, size_t, void *);

static inline int
iterate (void *data)
{
  return dl_iterate_phdr (without_counts, data);
}
#define dl_iterate_phdr(callback, data) iterate (data)

#include "unwind-dw2-fde-dip.c"

static int
without_counts (struct dl_phdr_info *info, size_t size, void *data)
{
  size_t counts = offsetof (struct dl_phdr_info, dlpi_adds);
  return _Unwind_IteratePhdrCallback (info, size < counts ? size : counts, data);
}
