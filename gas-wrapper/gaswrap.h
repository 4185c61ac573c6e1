/* The assembly rewriter: types shared by all passes.
   SPDX-License-Identifier: Apache-2.0

   GNU assembly goes in, GNU assembly that keeps the rules of a box comes out.  In
   order: macros are expanded if there are any (expand.c, macro.c); the parser (parse.c, cond.c,
   expr.c, directive.c, section.c) turns the text into statements; data among the code are marked
   (pool.c); the architecture (arm64/) rewrites one statement at a time
   into the output (output.c); the range pass (range.c) repairs branches that the
   growth has put out of reach.  Line structure is kept: what replaces a statement
   stays on its line, so line numbers, comments, .loc and CFI need no care.  */
#ifndef GASWRAP_H
#define GASWRAP_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "profiles/profile.h"

struct rewriter;
struct directive;
struct stmt;

/* -- memory (arena.c) ---------------------------------------------------------------- */

struct arena {
    struct arena_block *blocks;
    char *at, *end;
};
void *arena_alloc(struct arena *a, size_t size); /* zeroed; lives as long as the arena */
char *arena_copy(struct arena *a, const char *s, size_t len); /* NUL-terminated */
void arena_free(struct arena *a);

struct buf {
    char *p;
    size_t len, cap;
};
char *buf_room(struct buf *b, size_t more); /* where the next MORE bytes go */
void buf_free(struct buf *b);
void buf_put(struct buf *b, const char *s, size_t len);
/* A small printf: %d int, %c char, %s string, %S pointer to a slice, %% percent.  */
void buf_format(struct buf *b, const char *fmt, ...);
void buf_vformat(struct buf *b, const char *fmt, va_list ap);

struct slice {
    const char *p;
    size_t len;
};
bool slice_is(struct slice s, const char *word);        /* equal */
bool slice_is_nocase(struct slice s, const char *word); /* equal; WORD is lower case */
struct slice slice_trim(struct slice s);

/* -- symbols (symbol.c) -------------------------------------------------------------- */

struct symbol {
    struct symbol *next; /* same hash */
    const char *name;
    uint32_t len, hash;
    bool function; /* .type says so */
    bool entry;    /* at the beginning of its unit (arm64/units.c) */
    bool inside;   /* control goes from before it to behind it otherwise than through it */
    size_t unit, stmt; /* the unit's number from 1 on, and the statement */
    size_t place;      /* meter.c: the number of the label's statement, from 1 on */
    bool defined;  /* so far in the text, for .ifdef */
    bool predefined; /* on the command line */
    bool target;   /* more than debug information refers to it */
    bool address;  /* and something other than a direct branch does */
    bool exported; /* to other files */
    bool weak;
    bool marked;   /* the compiler says that indirect branches go there */
    bool constant; /* .set to VALUE */
    bool pooled;   /* a label of data that move to read-only data */
    uint8_t entry_size, entry_was; /* of the offset table that it is the label of, in bytes */
    unsigned table;                /* number of that table, 0: of none */
    int8_t alias;  /* of a register (.req): the architecture's number; -1 if none */
    char alias_class;
    int64_t value;
    struct section *section; /* of that name; such symbols have names of their own */
    struct chunk *chunk;     /* where the label ended up; NULL if not a label here */
    uint64_t pos;
};

struct symtab {
    struct symbol **slots;
    size_t count, mask;
};
struct symbol *symbol_find(struct rewriter *r, const char *name, size_t len); /* or NULL */
struct symbol *symbol_get(struct rewriter *r, const char *name, size_t len);
/* Numeric local labels: 'N:' starts the next instance, 'Nb' and 'Nf' name one.  */
struct symbol *symbol_local(struct rewriter *r, unsigned n, char which);
/* Forgets values and definitions, but for those of the command line.  */
void symbols_forget(struct rewriter *r);
void symbols_mark_functions(struct rewriter *r); /* as .type says */
/* Whether control may arrive at the label (NULL: a numeric one) from elsewhere.  */
bool symbol_is_target(const struct symbol *s);
/* Whether an indirect branch may go to the label of the statement: in doubt it may.  */
bool symbol_is_indirect(struct rewriter *r, const struct stmt *s);
/* The name stands for a register from here on; none if REG is negative.  */
void set_alias(struct rewriter *r, struct slice name, int reg, char cls);
/* The symbol or local label that is all of S, or NULL (not interned if new and local).  */
struct symbol *symbol_of(struct rewriter *r, struct slice s);

/* -- sections (section.c) ------------------------------------------------------------ */

struct section {
    const char *name;
    struct chunk *chunks;
    bool exec, debug, unwind; /* unwind: tables of the compiler about ranges of code */
    bool flags_known;         /* flags were written, or the name implies them */
    struct section *next;     /* in the order of the text */
    struct slice args;        /* of the .section directive that says most */
    bool code;                /* instructions were put there */
    unsigned anchor;          /* number of a label on a bundle boundary, 0 if none yet */
};

/* Metered code that can be resumed: a trap that is still to come, and the sequence that jumps there; labels
   by number.  */
struct stop {
    struct stop *next;
    unsigned trap, start;
};

/* One subsection: what is contiguous in the object file.  POS is the offset after
   rewriting, never less than the true one (alignment is counted in full).  */
struct chunk {
    struct chunk *next;
    struct section *section;
    int64_t sub;
    uint64_t pos;
    bool flows; /* pool.c: control may arrive at the end */
    int uncharged; /* metered code: instructions since the last charge; less than 0: charged before */
    unsigned trap;        /* metered code: number of a label of a trap that is still to come, or 0 */
    struct stop *stops, **last_stop; /* the same where each has its own; valid unless stops is NULL */
    uint64_t trap_wanted; /* arm64: where the first of these was referred to */
};

enum { SECTION_STACK = 64 };
/* Arguments of DIR_SECTION in directives.def.  */
enum { SEC_NAMED, SEC_PUSH, SEC_POP, SEC_PREVIOUS, SEC_SUBSECTION, SEC_TEXT, SEC_DATA, SEC_BSS };
struct sections {
    struct chunk *now, *previous;
    struct {
        struct chunk *now, *previous;
    } stack[SECTION_STACK];
    int depth;
};
void sections_begin(struct rewriter *r);
struct chunk *section_pool(struct rewriter *r); /* of data that were among the code */

/* -- statements (lex.c, parse.c) ----------------------------------------------------- */

enum stmt_kind {
    STMT_EMPTY,     /* white space and comments */
    STMT_LABEL,     /* symbol: */
    STMT_ASSIGN,    /* symbol = expression */
    STMT_DIRECTIVE, /* .name arguments */
    STMT_ALIAS,     /* name .req register */
    STMT_INSN       /* mnemonic operands */
};

/* A statement covers text[begin, end): leading white space and comments, the
   statement proper at [at, tail), then comments and the terminator.  */
struct stmt {
    uint32_t begin, at, args, tail, end;
    uint32_t name_len; /* of the mnemonic, directive or symbol at AT */
    uint8_t kind;
    uint8_t pool;  /* POOL_*, of data among the code */
    bool skipped;  /* in the false part of a conditional */
    bool comments; /* there are comments inside [at, tail) */
    union {
        struct symbol *symbol;             /* LABEL, ASSIGN, ALIAS; NULL for 'N:' */
        const struct directive *directive; /* NULL if unknown */
        const void *insn;                  /* the architecture's row, NULL if unknown */
    };
};

enum {
    POOL_IN = 1,     /* moves to read-only data */
    POOL_FIRST = 2,  /* of those that move together */
    POOL_LAST = 4,   /* the same */
    POOL_ANCHOR = 8, /* label of an offset table */
    POOL_WIDE = 16,  /* entries that become words */
    POOL_TABLE = 32  /* the first of such labels */
};

void parse(struct rewriter *r);
/* A statement of that text, which the input does not have, in place of the current one: valid until
   that is done.  */
const struct stmt *stmt_made(struct rewriter *r, const char *fmt, ...);
/* The statement of the text behind which execution goes on after S; NULL if more is made first.  */
const struct stmt *stmt_place(const struct rewriter *r, const struct stmt *s);
struct slice stmt_name(const struct rewriter *r, const struct stmt *s);
struct slice stmt_args(const struct rewriter *r, const struct stmt *s); /* trimmed */
/* Cuts the next operand off *REST at a comma outside brackets and strings; false at
   the end.  */
bool next_operand(struct slice *rest, struct slice *operand);

/* -- expressions (expr.c) ------------------------------------------------------------ */

/* (PLUS - MINUS + ADDEND) / DIVISOR; a constant if both symbols are NULL.  */
struct value {
    struct symbol *plus, *minus;
    int64_t addend, divisor;
};
bool expr_value(struct rewriter *r, struct slice text, struct value *out);
/* Whether the text speaks of the current location or of a distance from a label.  */
bool expr_is_place(struct rewriter *r, struct slice text);
bool expr_constant(struct rewriter *r, struct slice text, int64_t *out);

/* -- directives (directive.c, directives.def) ---------------------------------------- */

enum dir_class {
    DIR_NOTHING,   /* emits nothing into the current section */
    DIR_TYPE,      /* nothing either, but not every type has a loader */
    DIR_EXPORT,    /* the same, and other files may refer to the symbols */
    DIR_SECTION,   /* changes the current section */
    DIR_ALIGN,     /* pads */
    DIR_DATA,      /* emits bytes */
    DIR_SPACE,     /* emits a given number of bytes */
    DIR_SET,       /* defines a symbol */
    DIR_IF,        /* conditional assembly */
    DIR_MACRO,     /* text that expand.c expands */
    DIR_ERROR,     /* the user's own */
    DIR_END,       /* the assembler reads no further */
    DIR_NEXT_INSN, /* applies to the instruction that follows */
    DIR_UNREQ,     /* forgets an alias of a register */
    DIR_SYNTAX,    /* .att_syntax and .intel_syntax */
    DIR_SWITCH,    /* .lfi_rewrite_disable and .lfi_rewrite_enable */
    DIR_REFUSED    /* not understood by the rewriter */
};
struct directive {
    const char *name;
    enum dir_class cls;
    int arg; /* meaning depends on the class, see directives.def */
};
const struct directive *directive_find(struct slice name);
/* A directive between two instructions of which the second follows the first.  */
bool directive_is_inert(const struct stmt *s);

/* Arguments of DIR_ALIGN.  */
enum { ALIGN_BYTES, ALIGN_POWER, ALIGN_ARCH };

/* Arguments of DIR_MACRO.  */
enum {
    MACRO_MACRO,
    MACRO_ENDM,
    MACRO_EXIT,
    MACRO_PURGE,
    MACRO_REPT,
    MACRO_IRP,
    MACRO_IRPC,
    MACRO_ENDR,
    MACRO_ALTERNATE,
    MACRO_ORDINARY,
    MACRO_INCLUDE,
    MACRO_UNKNOWN
};

/* Arguments of DIR_IF.  */
enum {
    IF_NE,
    IF_EQ,
    IF_GE,
    IF_GT,
    IF_LE,
    IF_LT,
    IF_DEF,
    IF_NDEF,
    IF_BLANK,
    IF_NBLANK,
    IF_SAME,
    IF_DIFFERENT,
    IF_ELSEIF,
    IF_ELSE,
    IF_ENDIF
};

enum { IF_DEPTH = 128 };
struct conditionals {
    int depth, floor; /* of which those below FLOOR belong to the text around a macro */
    bool off;         /* the text is skipped */
    struct {
        bool outer_off, taken;
        uint32_t at;
    } ifs[IF_DEPTH];
};
/* Follows a directive of that class; AT is its place in the text.  False if there are too many.  */
bool cond_directive(struct rewriter *r, struct conditionals *c, int which, uint32_t at,
                 struct slice args);

/* What the text pass and the rewriting pass both do to follow the assembler's state.  */
void section_directive(struct rewriter *r, const struct stmt *s);
void set_symbol(struct rewriter *r, struct symbol *sym, struct slice expr);
void assign(struct rewriter *r, const struct stmt *s, struct symbol *sym, struct slice expr);
void directive(struct rewriter *r, const struct stmt *s); /* rewriting pass */
void straight_line_ends(struct rewriter *r);              /* before the current statement */

/* -- data among the code (pool.c) ------------------------------------------------------ */

/* What the back end thinks of a data directive: instructions that it knows, and whether control
   may go on behind them.  */
enum code_data { CODE_NO, CODE_NOTHING, CODE_FLOWS, CODE_ENDS };
void pool_find(struct rewriter *r); /* marks statements and symbols */
/* Before, instead of (ANCHOR, WIDE) and after rewriting a statement.  */
void pool_begin(struct rewriter *r, const struct stmt *s);
void pool_statement(struct rewriter *r, const struct stmt *s);
void pool_end(struct rewriter *r, const struct stmt *s);

/* -- output (output.c) --------------------------------------------------------------- */

/* Statements not mentioned go out as they are.  For the current one: */
void out_keep(struct rewriter *r);                       /* it stays, as one instruction */
void out_follow(struct rewriter *r);                     /* it stays, after what was put out */
void out_insn(struct rewriter *r, const char *fmt, ...); /* one more instruction */
/* The same for the instruction that a held directive (.tlsdesccall) belongs to.  */
void out_main(struct rewriter *r, const char *fmt, ...);
void out_drop(struct rewriter *r);                       /* nothing stands for it */
void out_text(struct rewriter *r, const char *fmt, ...); /* text that is no instruction */
void out_hold(struct rewriter *r);                       /* to be put before the main one */
/* The same as keep and main for a branch of limited reach to LABEL.  */
void out_branch(struct rewriter *r, uint32_t reach, struct slice label, const char *fmt, ...);
void out_line(struct rewriter *r, const char *fmt, ...); /* a line before the current one */
void out_note(struct rewriter *r);    /* the profile, for loaders */
void out_release(struct rewriter *r); /* what is held, now */
void out_begin(struct rewriter *r, const struct stmt *s);
void out_end(struct rewriter *r);

/* -- ranges (range.c) ---------------------------------------------------------------- */

struct branch {
    size_t begin, end; /* text in the output */
    const struct stmt *stmt;
    struct symbol *label; /* NULL: not a plain symbol */
    struct chunk *chunk;
    uint64_t pos;
    uint32_t reach; /* bytes in either direction */
    bool far;
};
void ranges_fix(struct rewriter *r);
/* Remembers .byte (L1-L2)/4 and the like for ranges_fix to check.  */
void ranges_table_entry(struct rewriter *r, const struct stmt *s, int size, struct slice expr);

struct table_entry {
    struct value value;
    uint32_t at;
    int size;
};

/* -- mnemonics (mnemonic.c) ---------------------------------------------------------- */

enum { MNEMONIC_MAX = 24, MNEMONIC_SLOTS = 8192 };
struct mnemonic {
    char name[MNEMONIC_MAX];
    const void *row; /* of the architecture's table */
    char suffix;     /* that is part of the name; 0: none */
};
/* Adds the blank-separated NAMES, and each with each of the SUFFIXES.  */
void mnemonics_add(struct mnemonic *table, const char *names, const char *suffixes,
                   const void *row);
/* NULL if there is none; upper and lower case are the same.  */
const struct mnemonic *mnemonics_find(struct mnemonic *table, const char *name, size_t len);

/* -- stack drift (drift.c) ----------------------------------------------------------- */

/* What a statement does to an open drift of the stack pointer.  */
enum verdict { CLOSES, GOES_ON, DOES_NOT };
/* Whether the statements after S (or that it was made for), as far as they follow each other for certain, close a
   drift; LOOK judges an instruction.  */
bool drift_closes(struct rewriter *r, const struct stmt *s,
                  enum verdict (*look)(struct rewriter *r, const struct stmt *s));
/* The verdict on an access at that distance from the stack pointer, which happens for
   certain if TOUCH.  */
enum verdict drift_access(int64_t disp, bool touch);

/* -- metered code (meter.c) ------------------------------------------------------------ */

void meter_find_labels(struct rewriter *r); /* before anything is rewritten */
/* The statement of a label of the file; NULL if it has none.  */
const struct stmt *meter_target(struct rewriter *r, struct slice label);
/* Whether that comes behind the current statement, with certainty.  */
bool meter_is_ahead(const struct rewriter *r, const struct stmt *target);
/* Whether a run that is out of fuel may be given more, and go on: then each test has a trap of its own, and behind that a
   branch back to START, which begins the sequence of the test.  */
bool meter_resumes(const struct rewriter *r);
void meter_add_stop(struct rewriter *r, unsigned trap, unsigned start);
bool meter_wants_trap(const struct chunk *c);

/* -- the architecture ---------------------------------------------------------------- */

struct arch {
    enum LFIArch id;
    const char *gas;   /* name of the real assembler */
    const char *package; /* of the distribution, which has it */
    char line_comment;   /* starts a comment at the beginning of a statement */
    char comment;        /* starts one anywhere; 0: none does */
    bool slash_slash;    /* "//" does */
    bool slash_line;     /* "/" does at the beginning of a line */
    char separator;
    bool brace_names;    /* "{name}" may start a statement */
    bool align_bytes;    /* .align takes bytes, not a power of two */
    bool any_order;      /* labels that only direct branches reach need no alignment, so
                            references are told apart */
    unsigned insn_size;  /* of each instruction; 0: the back end counts */
    bool zero_traps;     /* bytes of zero are instructions that trap */

    const void *(*find_insn)(const char *name, size_t len);
    size_t state_size;
    void (*begin)(struct rewriter *r);
    void (*insn)(struct rewriter *r, const struct stmt *s);
    /* Control may arrive here, at the label of that statement.  */
    void (*label)(struct rewriter *r, const struct stmt *s);
    /* Straight-line code ends before the current statement.  */
    void (*barrier)(struct rewriter *r); /* called by straight_line_ends */
    /* .inst and such in an executable section; false: refuse.  */
    bool (*data)(struct rewriter *r, const struct stmt *s);
    enum code_data (*code_data)(struct rewriter *r, const struct stmt *s);
    bool (*flow_ends)(const struct stmt *s); /* control never goes on behind the instruction */
    bool offset_tables;                      /* loads from them are redirected */
    /* The rest may be NULL.  */
    void (*append)(struct rewriter *r); /* before parsing: what the source needs besides */
    bool (*names_target)(const void *insn, struct slice args); /* a direct branch */
    /* Before an alignment of the input, by MOST bytes at most; true: nothing is left of it.  */
    bool (*align)(struct rewriter *r, uint64_t bytes, uint64_t most);
    void (*syntax)(struct rewriter *r, const struct stmt *s);
    void (*end)(struct rewriter *r); /* after everything, before the note */
    /* What does the same as the text of a branch, at any distance.  */
    void (*expand_branch)(struct rewriter *r, struct slice branch, struct buf *out);
    unsigned branch_growth; /* bytes that adds */
    /* A register's number and class for .req, or -1.  */
    int (*register_number)(struct rewriter *r, struct slice name, char *cls);
};
extern const struct arch arch_arm64, arch_x86_64;
const struct arch *arch_find(enum LFIArch id);

/* -- macros (expand.c, macro.c) ------------------------------------------------------ */

/* Text from AT on is a line of a macro or repetition; MACRO is empty where it is of a file.  */
struct origin {
    uint32_t at;
    unsigned line;
    struct slice file, macro;
};
struct expander;
/* Replaces the source by what it expands to.  */
void expand(struct rewriter *r);
/* Where it is: line and file of the outermost invocation, the line in the macro, the text of the
   statement.  True in macros.  */
bool expand_location(const struct expander *x, struct slice *file, unsigned *line,
                     struct origin *origin, struct slice *text);

/* -- the whole ----------------------------------------------------------------------- */

struct linemark {
    uint32_t at; /* the line that starts here ... */
    uint32_t line;
    struct slice file; /* ... is this one */
};

struct rewriter {
    const struct arch *arch;
    const struct LFIProfile *profile;
    bool guard_elim;

    struct buf source;     /* as read, or expanded */
    struct buf unexpanded; /* as read, if that differs */
    bool wants_expansion, expanded;
    struct expander *expanding;
    struct origin *origins;
    size_t norigins;
    const char **includes; /* directories for .include */
    size_t nincludes;
    char *text;        /* the same; comments inside statements may be blanked, and made ones follow */
    struct stmt *stmts;
    size_t nstmts;
    struct linemark *linemarks;
    size_t nlinemarks;

    struct arena arena;
    struct symtab symtab;
    bool has_aliases; /* there was a .req */
    unsigned ntables; /* offset tables */
    struct sections outside_pool;
    bool text_data;   /* there are data directives in executable sections */
    struct chunk **homes; /* meter.c: of each statement that is a label */
    int64_t widest;       /* meter.c: alignment that the text asks for */
    struct sections sections;
    struct section *first_section, *last_section;
    bool marked; /* some label is */

    bool stop, again;       /* the back end wants to begin again, and did */
    bool parsing;           /* errors of what the second pass repeats are not told */
    bool disabled;          /* between .lfi_rewrite_disable and _enable */
    const struct stmt *cur; /* being rewritten */
    struct stmt made;       /* what stands for it, if MADE_LEN */
    size_t made_len;
    bool more_made; /* there are others to come in place of the current one */
    void *state;            /* the architecture's */

    struct buf out;
    uint32_t copied; /* the text before this is in OUT */
    unsigned emitted;
    bool kept;
    const struct stmt *held;
    struct branch *branches;
    size_t nbranches;
    bool branches_mixed; /* not grouped by chunk */
    struct table_entry *entries;
    size_t nentries;

    unsigned errors;
};

/* One line, the source line and a caret on stderr (diag.c).  AT points into the text.  */
void error_at(struct rewriter *r, const char *at, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

struct rewriter *rewriter_new(const struct LFIProfile *profile); /* NULL: no such back end */
void rewriter_define(struct rewriter *r, const char *name, int64_t value); /* --defsym */
void rewriter_include(struct rewriter *r, const char *dir); /* -I; DIR is not copied */
/* Appends a file; SIZE bytes at DATA are copied.  NAME is for messages.  */
void rewriter_add(struct rewriter *r, const char *name, const char *data, size_t size);
/* True if everything was rewritten; messages are on stderr otherwise.  */
bool rewriter_run(struct rewriter *r);
void rewriter_write(struct rewriter *r, FILE *f, bool line_markers);
/* As a complete file of that name ("-": standard output), without line markers; ends with a
   message if that fails.  */
void rewriter_save(struct rewriter *r, const char *name);
void rewriter_free(struct rewriter *r);

#endif
