/* Frames of a stack, by the call frame information of DWARF.
   SPDX-License-Identifier: Apache-2.0

   Pure: no memory is read but the tables and what read gives; nothing is allocated.  Tables,
   registers and memory are hostile: what makes no sense ends the walk.  The time is at most linear
   in the size of the tables for each step.  */
#ifndef LFI_LINUX_UNWIND_H
#define LFI_LINUX_UNWIND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Registers by their DWARF numbers; both architectures have the integer ones below this.  */
enum { UNWIND_REGS = 33 };

struct unwind_table {
    const uint8_t *data;
    size_t size;
    uint64_t vaddr; /* where data is in the image; addresses may be relative to that */
    bool debug;     /* .debug_frame, which has a format of its own; else .eh_frame */
};

struct unwind_frame {
    uint64_t pc; /* in the image, as in its tables */
    uint64_t reg[UNWIND_REGS];
};

struct unwind {
    struct unwind_table table[2]; /* size 0: none */
    unsigned sp;                  /* number of the stack pointer */
    /* Eight bytes of memory at an address made of what registers hold; false if there are none.  */
    bool (*read)(void *arg, uint64_t addr, uint64_t *value);
    void *arg;
};

enum unwind_result {
    UNWIND_CALLER,  /* *frame is the caller's: registers at the return, pc the return address, which
                       is an address of the box */
    UNWIND_END,     /* the tables say that there is none */
    UNWIND_UNKNOWN, /* no table covers the pc */
    UNWIND_BAD      /* the tables, or the stack, make no sense */
};

/* From a frame to its caller.  called: pc is a return address, so the call before it
   counts.  *frame changes only with UNWIND_CALLER.  */
enum unwind_result unwind_step(const struct unwind *u, struct unwind_frame *frame, bool called);

#endif
