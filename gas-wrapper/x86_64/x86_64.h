/* The x86-64 back end: types shared by its passes.
   SPDX-License-Identifier: Apache-2.0

   Registers of the box in most profiles: r14 its base, which the gs segment has too, r15 the
   context, r11 scratch.  base.c has what other profiles do instead.  Code is cut into bundles of
   32 bytes (or 16): no instruction and no fused sequence crosses the end of one, and indirect
   branches go to the start of one alone.  */
#ifndef GASWRAP_X86_64_H
#define GASWRAP_X86_64_H

#include "gas-wrapper/gaswrap.h"

enum { RAX, RCX, RDX, RBX, RSP, RBP, RSI, RDI, R8, R11 = 11, R12, R14 = 14, R15 = 15 };
enum { NO_REG = 32, MAX_BUNDLE = 32, MAX_OPERANDS = 5 };

enum insn_class {
    INSN_PLAIN, /* computes, loads and stores: what it writes is in the row */
    INSN_LEA,
    INSN_MOVABS,
    INSN_NOP,
    INSN_ORDINARY, /* non-temporal moves and the like: the row's REPLACEMENT does the same */
    INSN_FFREEP,
    INSN_BIT_TEST,
    INSN_XLAT,
    INSN_STRING, /* the registers that are addresses are in the row */
    INSN_PUSH,
    INSN_POP,
    INSN_ENTER,
    INSN_LEAVE,
    INSN_JMP,
    INSN_JCC,
    INSN_LOOP, /* loop, loope, loopne, jrcxz, jecxz */
    INSN_CALL,
    INSN_RET,
    INSN_SYSCALL,
    INSN_TP, /* rdfsbase, wrfsbase */
    INSN_PREFIX,
    INSN_DENY
};

/* What happens to the destination, the last operand of AT&T syntax.  */
enum access { ACCESS_NONE, ACCESS_R, ACCESS_W, ACCESS_RW, ACCESS_BOTH, ACCESS_TWO };
/* Immediate operands.  */
enum imm_form { IMM_NONE, IMM_BYTE, IMM_SHORT, IMM_FULL, IMM_SHIFT, IMM_WORD };
/* Encodings that instructions of this class have beside the usual one.  */
enum encoding { ENC_LEGACY, ENC_FIXED, ENC_VEX, ENC_VEX3 };

struct row {
    enum insn_class cls;
    enum access dst;
    bool touch;
    uint8_t opcode; /* bytes, with escapes and mandatory prefixes */
    enum imm_form imm;
    enum encoding enc;
    const char *detail; /* by class */
};
const void *x86_find_insn(const char *name, size_t len);

enum operand_kind {
    OPERAND_GPR,
    OPERAND_VECTOR, /* any other register */
    OPERAND_IMM,
    OPERAND_MEM,
    OPERAND_LABEL /* a bare expression: target of a branch */
};

struct operand {
    struct slice text;
    uint8_t kind;
    uint8_t reg;  /* number */
    uint8_t size; /* of a GPR in bytes, or 'h' for the high byte of the low half */
    char cls;     /* VECTOR: 'x', 'y', 'z', 'k', 'm', 'f', 's', 'c', 'b' */
    bool star;    /* "*": an indirect branch */
};

/* seg:disp(base, index, scale); what is no register stays as text.  */
struct mem {
    char seg; /* 'f', 'g', 'o' for one that does nothing, 0 if none */
    uint8_t base, index;
    uint8_t base_size; /* of both registers: 4 or 8 */
    bool rip;
    struct slice size;       /* Intel: "DWORD PTR " */
    struct slice disp, more; /* displacement; Intel: also the part in brackets */
    struct slice scale;      /* "" if there is none */
};

enum {
    PREFIX_LOCK = 1,
    PREFIX_REP = 2,
    PREFIX_REPNE = 4,
    PREFIX_DATA16 = 8,
    PREFIX_ADDR32 = 16,
    PREFIX_VEX = 32,
    PREFIX_OTHER = 64
};

struct insn {
    const struct stmt *stmt;
    const struct row *row;
    char suffix;       /* AT&T: part of the mnemonic; 0: none */
    struct slice name; /* without prefixes */
    unsigned prefixes;
    int nops;
    struct operand op[MAX_OPERANDS]; /* in the order of AT&T syntax */
    int mem_op;                      /* operand that is memory, -1 if none */
    struct mem mem;
    uint32_t writes, reads; /* general registers, 1 << number */
    bool rex_less;          /* a high byte is named: no register beyond the old eight can be */
};
static inline struct operand *x86_dst(struct insn *in)
{
    return in->nops ? &in->op[in->nops - 1] : NULL;
}

/* Below the red zone, and what rewriting an instruction pushes there.  */
enum { SAVED_SCRATCH = -192, SAVED_RAX = -200, SAVED_HOLDER = -208 };

enum scratch { SCRATCH_LOST, SCRATCH_USER, SCRATCH_TP }; /* what r11 holds */

struct x86_state {
    bool intel, bare; /* .intel_syntax; registers without "%" */
    bool bundles;     /* the assembler was told */
    enum scratch scratch;
    uint32_t fitted;        /* the same before the last instruction */
    uint32_t where;         /* bit N: this may be N bytes into a bundle */
    const struct chunk *at; /* of which that is true */
    bool locked;
    bool fuses;     /* the instruction should stay next to the jump that follows */
    bool hands;     /* functions of the file give r11 to each other (live.c) */
    bool saved;     /* r11, which is the program's, at SAVED_SCRATCH(%rsp) */
    uint8_t holder; /* another register that is in its place, saved at SAVED_HOLDER(%rsp), or 0 */
    bool aligned;      /* nothing came since the last alignment */
    bool drifting;     /* rsp was moved, and no access has followed yet */
    bool changed;      /* the instruction's operands are not those of the text any more */
    unsigned labels;   /* generated so far */
    unsigned prefixes; /* statements of their own that the next instruction takes */
    const struct stmt *prefix;
    struct slice tls; /* symbol of a general dynamic sequence that was begun */
    uint8_t tls_kind;
};
static inline struct x86_state *x86_state(struct rewriter *r)
{
    return r->state;
}
/* Whether the profile confines branches; stores and the stack pointer; loads.  */
static inline bool x86_confines(const struct rewriter *r)
{
    return r->profile->sandbox != LFI_SANDBOX_NONE;
}
static inline bool x86_confines_stores(const struct rewriter *r)
{
    return r->profile->sandbox == LFI_SANDBOX_FULL || r->profile->sandbox == LFI_SANDBOX_STORES;
}
static inline bool x86_confines_loads(const struct rewriter *r)
{
    return r->profile->sandbox == LFI_SANDBOX_FULL;
}

/* operand.c */
void x86_syntax(struct rewriter *r, const struct stmt *s);
bool x86_parse(struct rewriter *r, const struct stmt *s, struct insn *in, bool report);
bool x86_names_target(const void *insn, struct slice args);
const char *x86_register_name(unsigned reg, unsigned size); /* size 'h': high byte */
/* The same with "%", for operands.  */
struct slice x86_register_text(struct rewriter *r, unsigned reg, unsigned size);
bool x86_disp_constant(struct rewriter *r, const struct insn *in, int64_t *disp);

/* length.c: bytes of an instruction, at most; GUARDED: with gs and 32-bit addresses */
unsigned x86_length(struct rewriter *r, const struct insn *in, bool guarded);
unsigned x86_operand_size(const struct insn *in);

/* emit.c: code goes out, in the syntax of the input; formats are AT&T */
void x86_align(struct rewriter *r); /* to a bundle */
bool x86_align_input(struct rewriter *r, uint64_t bytes, uint64_t most);
void x86_anywhere(struct rewriter *r); /* the position in the bundle is not known any more */
enum { LONG_JCC = 6 }; /* bytes of a conditional jump to a label that is far */
/* Next come LEN to LEN + MORE bytes, which lie in one bundle.  */
void x86_fit(struct rewriter *r, unsigned len, unsigned more);
void x86_short(struct rewriter *r, unsigned len);      /* the last of these was the first */
void x86_fit_at_end(struct rewriter *r, unsigned len); /* and fill it to its end */
/* The same for a fused sequence of LEN bytes, which ends with the call of x86_unlock.  */
void x86_lock(struct rewriter *r, unsigned len);
void x86_lock_at_end(struct rewriter *r, unsigned len);
void x86_lock_fitted(struct rewriter *r); /* x86_fit was called for it */
void x86_unlock(struct rewriter *r);
/* One more instruction of LEN bytes; 0: x86_fit was called for it.  */
void x86_put(struct rewriter *r, unsigned len, const char *fmt, ...);
void x86_keep(struct rewriter *r, const struct insn *in); /* that of the input as it is */
void x86_keep_length(struct rewriter *r, const struct insn *in, unsigned len);
/* One whose parts were changed, LEN bytes long; RAW: a directive to be fused with it, for
   prefixes that the assembler cannot be told otherwise.  */
void x86_emit(struct rewriter *r, const struct insn *in, unsigned len, const char *raw);
unsigned x86_new_label(struct rewriter *r); /* N of ".Llfi.N" */
void x86_place(struct rewriter *r, unsigned label);
void x86_end(struct rewriter *r);

/* meter.c.  Where the profile does not count instructions, lengths are 0 and nothing goes out.  */
bool x86_meters(const struct rewriter *r);
void x86_count(struct rewriter *r); /* one more instruction goes out */
/* The charge at the beginning of a fused sequence for all up to its end, MORE instructions behind the charge, and the
   test behind it, two of these; FAR: what follows has to lie at the end of a bundle.  What it returns goes to
   x86_test_end behind the sequence.  */
struct x86_test {
    unsigned start, trap; /* labels: where it may begin again, or 0; to be placed, or 0 */
};
unsigned x86_tested_length(const struct rewriter *r, int more, bool far);
struct x86_test x86_test(struct rewriter *r, int more, bool far);
void x86_test_end(struct rewriter *r, struct x86_test test);
/* The beginning of a fused sequence with repetition: rcx is charged.  So many bytes.  */
enum { CHARGE_COUNT = 2 + 3 + 6 };
void x86_charge_count(struct rewriter *r);
/* A direct branch of the input, of LONGEST bytes at most; one that is known to go forward; one to a label that was
   placed, where flags are dead.  */
void x86_jump(struct rewriter *r, struct slice name, struct slice target, unsigned longest);
void x86_jump_ahead(struct rewriter *r, struct slice name, struct slice target, unsigned longest);
void x86_jump_back(struct rewriter *r, const char *name, unsigned label);
/* In any profile: to a label that will be placed.  */
void x86_jump_to(struct rewriter *r, const char *name, unsigned label, unsigned longest);
void x86_flow_ends(struct rewriter *r);  /* control does not go on here: room for traps */
void x86_meter_line(struct rewriter *r); /* before an instruction of the input */
void x86_meter_end(struct rewriter *r, struct chunk *c);

/* base.c: how the profile reaches the base of the box */
bool x86_has_register(const struct rewriter *r, unsigned reg); /* the program, that is */
unsigned x86_base_length(const struct rewriter *r);
void x86_add_base(struct rewriter *r, unsigned reg); /* changes flags; that many bytes */
/* A register that has the base (not ZERO): r14, or r11, loaded by that many bytes.  */
unsigned x86_hold_base(struct rewriter *r);
unsigned x86_hold_length(const struct rewriter *r);
const char *x86_raw_prefixes(const struct rewriter *r);
unsigned x86_guard_length(const struct rewriter *r); /* of those prefixes */

/* The passes.  Each emits everything that stands for the instruction.  */
void x86_access(struct rewriter *r, struct insn *in); /* memory.c */
void x86_access_as(struct rewriter *r, struct insn *in, bool changed);
bool x86_written(const struct insn *in, int op);
void x86_load_scratch(struct rewriter *r, struct insn *in); /* r11 = the operand, 64 bits */
void x86_through_scratch(struct rewriter *r, unsigned len, const char *name, const char *reg,
                         bool store);
struct slice x86_operand_text(struct rewriter *r, const struct insn *in, bool gs, unsigned size);
void x86_use_scratch(struct rewriter *r, const struct insn *in); /* tls.c: r11 will change */
bool x86_tls(struct rewriter *r, struct insn *in);               /* whether it was handled */
void x86_add_tp(struct rewriter *r, struct insn *in);
void x86_get_tp(struct rewriter *r, const struct insn *in, unsigned reg);
bool x86_tls_sequence(struct rewriter *r, struct insn *in);
bool x86_is_tls_call(const struct insn *in); /* that becomes a load */
void x86_append(struct rewriter *r);
bool x86_tls_data(struct rewriter *r, const struct stmt *s);
void x86_string(struct rewriter *r, struct insn *in); /* string.c */
unsigned x86_other_register(const struct insn *in, uint32_t not ); /* never rax */
void x86_bit_test(struct rewriter *r, struct insn *in);
void x86_xlat(struct rewriter *r, struct insn *in);
bool x86_stack(struct rewriter *r, struct insn *in); /* stack.c: whether rsp is written */
void x86_frame(struct rewriter *r, struct insn *in); /* enter, leave */
void x86_drop_stack(struct rewriter *r, int bytes); /* where flags and r11 are dead */
void x86_branch(struct rewriter *r, struct insn *in); /* branch.c */
void x86_call(struct rewriter *r, const char *function); /* one of ours */
bool x86_fuses(struct rewriter *r, const struct insn *in); /* with the jump behind it */
void x86_system(struct rewriter *r, struct insn *in); /* system.c */
void x86_rtcall(struct rewriter *r, int k);
bool x86_data(struct rewriter *r, const struct stmt *s);
enum code_data x86_code_data(struct rewriter *r, const struct stmt *s);
void x86_insn(struct rewriter *r, const struct stmt *s); /* x86_64.c: any instruction */
/* A prefix in a statement of its own, S: for the next instruction.  */
void x86_take_prefix(struct rewriter *r, const struct insn *in, const struct stmt *s);
/* bytes.c: the instruction that the bytes are, in AT&T syntax; its length, 0 if it is unknown.  */
size_t x86_decode(const uint8_t *p, size_t n, struct buf *out);

/* oblivious.c: where the profile wants that, before an instruction is dispatched; it may change.  */
void x86_oblivious(struct rewriter *r, struct insn *in);
void x86_narrow(struct rewriter *r, struct insn *in, int op); /* a register becomes its low half */
void x86_read_stack(struct rewriter *r, unsigned reg);        /* reg = rsp, as the profile has it */
/* A call is these around a jump: the label to come back to is pushed, and placed.  */
unsigned x86_push_return(struct rewriter *r);
void x86_come_back(struct rewriter *r, unsigned back);
void x86_cut_strings(struct rewriter *r, bool rdi, bool rsi); /* what a string instruction left */

/* live.c: what nobody will look at again behind the statement */
bool x86_flags_dead(struct rewriter *r, const struct stmt *s);
bool x86_flags_dead_at(struct rewriter *r, const struct stmt *label);
bool x86_scratch_dead(struct rewriter *r, const struct stmt *s);
/* Whether functions of the file expect r11 to be what another one left, as no compiler does; and whether what
   follows the call may.  */
bool x86_scratch_handed(struct rewriter *r);
bool x86_scratch_awaited(struct rewriter *r, const struct insn *call);

/* Whether flags are certainly used behind the statement before anything could write them.  */
bool x86_flags_used(struct rewriter *r, const struct stmt *s);

#endif
