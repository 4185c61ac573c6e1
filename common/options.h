/* Command lines of long options, from one table.
   SPDX-License-Identifier: Apache-2.0  */
#ifndef LFI_OPTIONS_H
#define LFI_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

/* What the options are taken into: each tool has its own.  */
struct options;

struct tool_option {
    const char *name; /* without the dashes */
    const char *arg;  /* what --help calls its argument; NULL: takes none */
    /* NULL for "help" and "version", which every tool has.  */
    void (*take)(struct options *o, const char *arg);
    const char *help; /* lines */
    bool optional;    /* the argument may be missing, and follows '=' if it is there */
};

struct tool_options {
    const struct tool_option *rows;
    size_t n;
    int column;        /* where the help of each starts */
    const char *usage; /* what --help prints before the table, and after it */
    const char *notes;
};

/* Takes "--NAME", "--NAME=ARGUMENT" or "--NAME ARGUMENT" at *next and moves on.  Wrong ones end the
   tool with a message, "--help" and "--version" too.  */
void tool_option_take(const struct tool_options *table, struct options *o, char ***next);

_Noreturn void tool_options_help(const struct tool_options *table);

#endif
