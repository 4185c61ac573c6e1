/* What lfi-postlink does to the code of a linked file.
   SPDX-License-Identifier: Apache-2.0  */
#ifndef LFI_POSTLINK_H
#define LFI_POSTLINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/image.h"
#include "lfiv.h"
#include "profiles/profile.h"

/* A region of code in memory, to run at vaddr.  */
struct Region {
    uint8_t *code;
    size_t size;
    uint64_t vaddr;
    const struct LFIProfile *profile;
    unsigned bundle; /* bytes; 0: the code has none */
    bool absorb;     /* longer instructions instead of nops */
    /* Whether unwind tables tell apart addresses in (from, to), so that a call must not move
       there.  */
    bool (*divided)(void *arg, uint64_t from, uint64_t to);
    /* Makes unwind tables that name the address from name to instead, which is higher and not past
       the next that they name.  False, with half of it done, if one has no room for that.  */
    bool (*shifted)(void *arg, uint64_t from, uint64_t to);
    /* Whether such a table, or one of lines, says something of this address, so that the
       instruction there must not move.  */
    bool (*named)(void *arg, uint64_t address);
    void *arg;
};

struct Counts {
    unsigned long moved, absorbed, nops_before, nops_after, charges;
};

/* Changes the code in place, and adds to the counts.  NULL, or what it cannot change (allocated),
   with the code half-changed.  */
char *postlink_x86_64(const struct Region *r, struct Counts *n);

/* Makes each charge of metered code what the verifier V asks for at least, no more and no less. One
   that cannot be written in the bytes of the instruction stays; the code does not verify then.  */
void postlink_charges(const struct Region *r, const struct LFIVerifier *v, struct Counts *n);

/* Writes how much the charge at P, which is one, takes from the counter; ROOM bytes are left of
   the region.  */
void postlink_x86_64_charge(uint8_t *p, size_t room, unsigned charge);
void postlink_arm64_charge(uint8_t *p, unsigned charge);

/* A number in a file that grows with an address, or shrinks; size 0: there is none.  */
struct Field {
    size_t at;
    uint64_t unit;
    enum { FIELD_BYTES, FIELD_LEB, FIELD_BITS } kind; /* BITS: the low six of a byte */
    uint8_t size;                                     /* bytes */
    bool shrinks;
};

/* An address of code that a table names, and what says so there.  One without fields cannot be
   another.  */
struct Border {
    uint64_t address;
    struct Field fields[2];
};

/* Those of some tables of an image, in ascending order.  */
struct Borders {
    struct Border *all;
    size_t count, room;
};

/* Those of .eh_frame and .gcc_except_table; those of .debug_line.  False if there is a table that
   cannot be read: then every address counts as named.  */
bool borders_of_frames(struct Borders *b, const struct Image *m);
bool borders_of_lines(struct Borders *b, const struct Image *m);

/* Whether there is one in (from, to).  */
bool borders_between(const struct Borders *b, uint64_t from, uint64_t to);

/* Makes those at from be at to, in the file's bytes too; there must be none in (from, to).  False,
   with half of it done, if a number does not fit where it is.  */
bool borders_shift(struct Borders *b, uint8_t *file, uint64_t from, uint64_t to);

#endif
