/* Where verified x86-64 code that was stopped can go on.
   SPDX-License-Identifier: Apache-2.0

   For the runtime, which stops boxes anywhere: control must not arrive in the middle of an
   instruction, and in the middle of a macro only with the registers that its rest relies on as its
   beginning left them.  docs/sandbox.md, "Stopping and going on", has the argument.  */
#ifndef LFIV_X64_RESUME_H
#define LFIV_X64_RESUME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct LFIVOptions;

/* Sets of general registers: bit n is the register encoded as n.  What code that ran from the
   macro's start would have there; a register in none of the sets may hold anything.  */
struct LFIVX64Resume {
    uint16_t word;   /* a number of 32 bits */
    uint16_t in_box; /* the base plus such a number */
    uint16_t base;   /* the base of the box */
    bool aligned;    /* those numbers are multiples of the bundle */
    bool pushed;     /* rsp has to be 8 higher: a push is done again */
    uint8_t back;    /* go on so many bytes before the offset */
};

/* Whether control may arrive at offset, less than size, of a region that was verified under these
   options for vaddr, and with what.  False: not the start of an instruction; the start of the
   bundle is always one.  Reads the one bundle.  Pure, any thread.  */
bool lfiv_x64_resume(const char *code, size_t size, uintptr_t vaddr, size_t offset,
                     struct LFIVOptions *opts, struct LFIVX64Resume *r);

#endif
