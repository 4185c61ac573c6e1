/* Where verified arm64 code that was stopped can go on.
   SPDX-License-Identifier: Apache-2.0

   For the runtime, which stops boxes anywhere.  docs/sandbox.md, "Stopping and going on", has the
   argument.  */
#ifndef LFIV_ARM64_RESUME_H
#define LFIV_ARM64_RESUME_H

#include <stddef.h>
#include <stdint.h>

struct LFIVOptions;

/* Where control may arrive instead of at offset, a multiple of 4 less than size, of a region that
   was verified under these options for vaddr: at the beginning of the macro that offset lies in, else at
   offset.  Reads the one bundle.  Pure, any thread.  */
size_t lfiv_arm64_resume(const char *code, size_t size, uintptr_t vaddr, size_t offset,
                         const struct LFIVOptions *opts);

#endif
