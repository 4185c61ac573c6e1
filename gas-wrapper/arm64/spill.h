/* Functions that use registers of the box as their own: what spill.c found out about them.
   SPDX-License-Identifier: Apache-2.0  */
#ifndef GASWRAP_ARM64_SPILL_H
#define GASWRAP_ARM64_SPILL_H

#include "gas-wrapper/arm64/arm64.h"

/* The program's x25 to x28, and x30 where it is data, in this order.  */
enum { HOMES = 5, FIRST_HOME = 25, LINK_HOME = 4, SPARES = 2, IN_MEMORY = 0xff };

/* A function, or whatever is between the beginnings of two.  */
struct unit {
    size_t first, end;     /* statements */
    unsigned used;         /* bits in the order of homes */
    uint32_t vectors;      /* vector registers that it names */
    bool saves;            /* x25 to x28 as the ABI asks, before anything else */
    bool saves_vectors;    /* the same for v8 to v15 */
    bool exported;         /* its beginning is */
    bool refused;          /* nobody saves these registers */
    size_t parent;         /* of those that must agree */
    uint8_t home[HOMES];   /* number of the vector register, or IN_MEMORY */
    uint8_t spare[SPARES]; /* vector registers that keep other registers for a moment */
};

struct spill {
    struct unit *units;
    size_t nunits;
    uint8_t *link_data; /* by statement: x30 in it is data */
    bool memory;        /* some unit keeps registers in memory */
};

/* units.c: everything that is to be known before.  */
struct spill *arm64_find_units(struct rewriter *r);
/* links.c: which statements of the unit have x30 as data; false: told why not.  */
bool arm64_find_link_data(struct rewriter *r, struct spill *sp, struct unit *u);
/* The statement of a label named by a branch of the unit; SIZE_MAX if it is elsewhere.  */
size_t arm64_label_in(struct rewriter *r, const struct unit *u, size_t from, struct slice label);
struct slice arm64_target(const struct insn *in); /* label of a direct branch, empty if none */

#endif
