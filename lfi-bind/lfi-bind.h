/* lfi-bind: what its files share.
   SPDX-License-Identifier: Apache-2.0  */
#ifndef LFI_BIND_TOOL_H
#define LFI_BIND_TOOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "profiles/profile.h"

/* How a parameter travels.  */
enum travel {
    TRAVEL_PLAIN,   /* as it is */
    TRAVEL_IN,      /* what it points to is copied into the box */
    TRAVEL_OUT,     /* ... out of it after the call */
    TRAVEL_INOUT,   /* both */
    TRAVEL_STRING,  /* in, up to its NUL */
    TRAVEL_CALLBACK /* a function of the host */
};

struct parameter {
    enum travel travel;
    char *type;
    char *name;
    char *count; /* of what it points to, an expression; NULL: one */
};

struct function {
    char *name;
    size_t stack, result;
    /* With a declaration:  */
    bool typed;
    char *type;  /* of the result */
    bool string; /* which is a string of the box */
    struct parameter *params;
    size_t nparams;
};

struct binding {
    const struct LFIProfile *profile; /* of the library */
    const char *library, *output, *prefix;
    bool embed;
    size_t stack; /* where nothing else is said */
    char **includes;
    size_t nincludes;
    struct function *functions;
    size_t nfunctions;
};

/* The function of that name, added if it is not there.  */
struct function *binding_function(struct binding *b, const char *name, size_t len);
bool is_identifier(const char *s, size_t len);

/* symbols.c: adds the functions that the library exports, or that an object file or archive
   defines. Exits with a message when the file is not one.  */
void symbols_exported(struct binding *b, const char *path);
void symbols_defined(struct binding *b, const char *path);
/* The file's profile; exits when it is no program for boxes.  */
const struct LFIProfile *symbols_profile(const char *path);
/* Exits when a function is missing in the library.  */
void symbols_check(const struct binding *b);

/* annotations.c: reads a file of declarations.  Exits with file and line when it is wrong.  */
void annotations_read(struct binding *b, const char *path);

/* write.c */
void write_binding(const struct binding *b, FILE *out);

#endif
