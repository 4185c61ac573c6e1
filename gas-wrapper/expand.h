/* Expansion of macros: types shared by its files.
   SPDX-License-Identifier: Apache-2.0  */
#ifndef GASWRAP_EXPAND_H
#define GASWRAP_EXPAND_H

#include "gas-wrapper/gaswrap.h"

/* What the text of hostile macros may come to.  */
enum { EXPAND_DEPTH = 100, EXPAND_BYTES = 64 << 20, EXPAND_STEPS = 2000000 };

struct param {
    struct slice name, value, initial; /* INITIAL: the default */
    bool required, vararg;
};

struct macro {
    struct macro *next;
    struct slice name, body, file;
    unsigned line; /* of the first line of the body */
    bool purged;
    struct param *params;
    size_t nparams;
};

/* Text that statements are read from: a file, or what a macro or repetition stands for.  */
struct frame {
    const char *p, *end;
    struct slice file, macro; /* MACRO: its name; empty in files */
    unsigned line;
    int depth; /* of macros and repetitions; 0 in files */
    bool left; /* by .exitm */
    const char *stmt; /* being read, for messages */
};

struct expander {
    struct rewriter *r;
    struct buf out;
    struct frame *frame;  /* innermost */
    struct slice file;    /* of the outermost invocation */
    unsigned line;
    struct conditionals ifs;
    struct macro *macros;
    unsigned number; /* for \@ */
    unsigned locals; /* for LOCAL */
    bool alternate, ended;
    int includes;
    uint64_t bytes, steps;
};

/* expand.c */
void expand_error(struct expander *x, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void expand_text(struct expander *x, struct slice text, struct slice file, unsigned line,
                 struct slice macro);
bool expand_name_char(char c);

/* macro.c */
void macro_define(struct expander *x, struct slice args, struct slice body, unsigned line);
struct macro *macro_find(struct expander *x, struct slice name); /* or NULL */
void macro_purge(struct expander *x, struct slice name);
void macro_invoke(struct expander *x, struct macro *m, struct slice args);
/* .irp, or .irpc if CHARACTERS */
void macro_iterate(struct expander *x, struct slice args, struct slice body, unsigned line,
                   bool characters);

#endif
