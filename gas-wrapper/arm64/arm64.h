/* The arm64 back end: types shared by its passes.
   SPDX-License-Identifier: Apache-2.0

   Registers of the box: x27 its base, x28 an address in it, x26 scratch, x25 the
   context.  "Guard" means add xD, x27, wN, uxtw: an address made to lie in the box.  */
#ifndef GASWRAP_ARM64_H
#define GASWRAP_ARM64_H

#include "gas-wrapper/gaswrap.h"

enum { ZR = 31, SP = 32, LINK = 30, NO_REG = 33, MAX_OPERANDS = 8 };

enum insn_class {
    INSN_PLAIN, /* computes in registers */
    INSN_ADR,
    INSN_LOAD,
    INSN_STORE,
    INSN_RMW, /* atomic, reads and writes memory */
    INSN_PREFETCH,
    INSN_B,
    INSN_BL,
    INSN_COND,
    INSN_CBZ,
    INSN_TBZ,
    INSN_BR,
    INSN_BLR,
    INSN_RET,
    INSN_SVC,
    INSN_MRS,
    INSN_MSR,
    INSN_CACHE, /* dc, ic */
    INSN_HINT,
    INSN_EVENT, /* hints that no profile allows and that may be left out */
    INSN_LINK,  /* hints that write x30 */
    INSN_DENY
};
enum mem_form { MEM_NONE, MEM_BASE, MEM_IMM, MEM_REG };

struct row {
    enum insn_class cls;
    uint8_t writes;
    enum mem_form mem;
    bool touch;
};
const void *arm64_find_insn(const char *name, size_t len);

enum operand_kind {
    OPERAND_GPR,
    OPERAND_VECTOR, /* SIMD and FP register, with or without lane */
    OPERAND_SVE,
    OPERAND_MEM,
    OPERAND_LITERAL, /* =expression */
    OPERAND_OTHER    /* immediate, label, list, shift, condition, ... */
};
struct operand {
    struct slice text;
    uint8_t kind;
    uint8_t reg; /* GPR: 0..30, ZR or SP; VECTOR: number */
    char cls;    /* GPR: 'x' or 'w'; VECTOR: 'v', 'b', 'h', 's', 'd', 'q' */
};

enum index_mode { AT_OFFSET, PRE_INDEX, POST_IMM, POST_REG };
struct mem {
    uint8_t base;  /* register */
    uint8_t index; /* register, NO_REG if none */
    uint8_t post;  /* POST_REG: register */
    enum index_mode mode;
    struct slice imm;   /* displacement as written, without '['; empty if none */
    struct slice shift; /* amount the index is shifted by, "" if none */
};

struct insn {
    const struct stmt *stmt;
    const struct row *row;
    struct slice name;
    int nops;
    struct operand op[MAX_OPERANDS];
    int mem_op; /* operand that is memory, -1 if none */
    struct mem mem;
    uint64_t writes; /* registers written by operands, 1 << number */
    uint64_t reads;  /* named by operands that are not only written */
};

/* operand.c */
bool arm64_parse(struct rewriter *r, const struct stmt *s, struct insn *in, bool report);
int arm64_register(struct rewriter *r, struct slice name, char *cls); /* number or -1 */
int arm64_register_number(struct rewriter *r, struct slice name, char *cls);
struct slice arm64_before(const struct insn *in, const struct rewriter *r, int op); /* text */
struct slice arm64_after(const struct insn *in, const struct rewriter *r, int op);

bool arm64_start_again(struct rewriter *r); /* with units.c: true unless that is so already */

/* What holds at the current point of straight-line code.  */
struct arm64_state {
    uint32_t tables;              /* registers that have the address of an offset table, 1 << number */
    const struct symbol *table[31]; /* which one */
    uint8_t guarded; /* x28 is the guard of this register; NO_REG if of none */
    bool spilling;   /* the instruction is one of spill.c's */
    struct spill *spill; /* what is known of functions that use registers of the box; or NULL */
    bool link_open;  /* x30 was written and not guarded */
    bool link_data;  /* and what was written is no address */
    bool link_lost;  /* x30 held data, and the guard changed it */
    bool drifting;   /* metered code: sp was moved, and no access has followed yet */
    unsigned labels; /* generated so far */
};
static inline struct arm64_state *arm64_state(struct rewriter *r)
{
    return r->state;
}
static inline bool arm64_confines(const struct rewriter *r)
{
    return r->profile->sandbox != LFI_SANDBOX_NONE;
}

/* The passes.  Each emits everything that stands for the instruction.  */
void arm64_guard_link(struct rewriter *r);                        /* link.c: if it is open */
void arm64_link_opened(struct rewriter *r);                       /* x30 was written, an address */
void arm64_link_closed(struct rewriter *r);                       /* it is an address in the box */
void arm64_track_link(struct rewriter *r, const struct insn *in); /* after each instruction */
void arm64_guard(struct rewriter *r, unsigned reg);               /* x28 = guard of REG */
void arm64_memory(struct rewriter *r, struct insn *in);           /* memory.c */
bool arm64_table_load(struct rewriter *r, struct insn *in); /* literal.c: of an offset table */
bool arm64_table_address(struct rewriter *r, struct insn *in);
void arm64_literal(struct rewriter *r, struct insn *in);
void arm64_stack(struct rewriter *r, struct insn *in);  /* stack.c: writes sp */
void arm64_branch(struct rewriter *r, struct insn *in); /* branch.c */
void arm64_expand_branch(struct rewriter *r, struct slice text, struct buf *out);
void arm64_system(struct rewriter *r, struct insn *in); /* system.c */
bool arm64_tp_is_call(const struct rewriter *r);        /* read and set by rtcalls */

/* meter.c.  A charge is the beginning of a sequence of MORE words behind it, and for all of them; where one of
   those is a branch of limited reach it counts twice.  */
bool arm64_meters(const struct rewriter *r);
void arm64_meter_begin(struct rewriter *r); /* in a section: padding may come before */
void arm64_align(struct rewriter *r);       /* to a bundle */
void arm64_charge(struct rewriter *r, int more);
/* The same with the test, the first word behind it.  */
void arm64_test(struct rewriter *r, int more);
void arm64_test_call(struct rewriter *r);   /* and then a call, at the end of its bundle */
void arm64_flow_ends(struct rewriter *r);   /* control does not go on here */
void arm64_meter_line(struct rewriter *r);  /* before an instruction of the input */
/* Direct branches, OPERANDS before the label or NULL; to a higher address; anywhere, where INVERSE is the branch
   that is taken if this one is not, NULL if it always is.  */
void arm64_jump_ahead(struct rewriter *r, uint32_t reach, struct slice target, const char *name,
                      const struct slice *operands);
void arm64_jump_tested(struct rewriter *r, struct slice target, const char *inverse,
                       const struct slice *operands);
void arm64_meter_end(struct rewriter *r);

/* oblivious.c: where the profile wants that.  Whether the instruction was handled; and behind one that makes an
   address.  */
bool arm64_oblivious(struct rewriter *r, struct insn *in);
void arm64_cut_address(struct rewriter *r, const struct insn *in);

bool arm64_spilled(struct rewriter *r, const struct stmt *s); /* spill.c: whether it was handled */
void arm64_spill_end(struct rewriter *r);
void arm64_insn(struct rewriter *r, const struct stmt *s); /* arm64.c: any instruction */
bool arm64_data(struct rewriter *r, const struct stmt *s); /* words.c */
enum code_data arm64_code_data(struct rewriter *r, const struct stmt *s);

#endif
