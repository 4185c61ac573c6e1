/* lfi-bind: C that makes a library in a box callable by the names of its functions.
   SPDX-License-Identifier: Apache-2.0  */
#include "config.h"

#include "lfi-bind/lfi-bind.h"
#include "common/options.h"
#include "common/tool.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_STACK = 65536 };

struct options {
    struct binding binding;
    const char **functions, **from, **annotations; /* NULL-terminated */
    bool load;
};

bool is_identifier(const char *s, size_t len)
{
    if (!len || isdigit((unsigned char)*s))
        return false;
    for (size_t i = 0; i < len; i++)
        if (!isalnum((unsigned char)s[i]) && s[i] != '_')
            return false;
    return true;
}

struct function *binding_function(struct binding *b, const char *name, size_t len)
{
    for (size_t i = 0; i < b->nfunctions; i++)
        if (strlen(b->functions[i].name) == len && memcmp(b->functions[i].name, name, len) == 0)
            return &b->functions[i];
    b->functions = tool_realloc(b->functions, (b->nfunctions + 1) * sizeof *b->functions);
    struct function *f = &b->functions[b->nfunctions++];
    *f = (struct function){.name = tool_printf("%.*s", (int)len, name), .stack = b->stack};
    return f;
}

static void append(const char ***list, const char *s)
{
    size_t n = 0;
    while (*list && (*list)[n])
        n++;
    *list = tool_realloc(*list, (n + 2) * sizeof **list);
    (*list)[n] = s;
    (*list)[n + 1] = NULL;
}

static void take_output(struct options *o, const char *arg)
{
    o->binding.output = arg;
}

static void take_prefix(struct options *o, const char *arg)
{
    if (!is_identifier(arg, strlen(arg)))
        tool_usage("--prefix '%s': an identifier of C is needed", arg);
    o->binding.prefix = arg;
}

static void take_function(struct options *o, const char *arg)
{
    if (!is_identifier(arg, strlen(arg)))
        tool_usage("--function '%s': not the name of a function", arg);
    append(&o->functions, arg);
}

static void take_from(struct options *o, const char *arg)
{
    append(&o->from, arg);
}

static void take_annotations(struct options *o, const char *arg)
{
    append(&o->annotations, arg);
}

static void take_stack(struct options *o, const char *arg)
{
    char *end;
    unsigned long n = isdigit((unsigned char)*arg) ? strtoul(arg, &end, 10) : MAX_STACK + 1;
    if (n > MAX_STACK || *end || n % 8)
        tool_usage("--stack '%s': give a multiple of 8, at most %d", arg, MAX_STACK);
    o->binding.stack = n;
}

static void take_load(struct options *o, const char *arg)
{
    (void)arg;
    o->load = true;
}

static const struct tool_option rows[] = {
    {"output", "FILE", take_output, "write the C there, not to standard output"},
    {"prefix", "NAME", take_prefix, "NAME_open, NAME_close, NAME_library [the library's name]"},
    {"function", "NAME", take_function, "a function to make callable; repeatable"},
    {"from", "FILE", take_from,
     "all functions that the archive or object file defines; repeatable"},
    {"annotations", "FILE", take_annotations,
     "declarations with what is to be copied, sizes, further\n"
     "functions; see lfi-bind(1); repeatable"},
    {"stack", "BYTES", take_stack,
     "of arguments on the stack, for functions without annotations [0]"},
    {"load", NULL, take_load,
     "load LIBRARY from where it is when the host runs, instead of\n"
     "having it in the host"},
    {"help", NULL, NULL, "print this and exit"},
    {"version", NULL, NULL, "print the version and exit"},
};

static const struct tool_options table = {
    .rows = rows,
    .n = sizeof rows / sizeof rows[0],
    .column = 24,
    .usage =
        "Usage: lfi-bind [OPTION]... LIBRARY\n"
        "Writes C that opens a library in a box and defines its functions for a host program.\n"
        "LIBRARY was linked by an LFI toolchain: -static-pie ... -lboxrt.  Without --function,\n"
        "--from and --annotations the functions that it exports are meant.\n\n",
    .notes = "",
};

/* -o FILE, as compilers have it.  */
static void parse(struct options *o, char **argv)
{
    char **next = argv + 1;
    while (*next) {
        if (strncmp(*next, "-o", 2) == 0) {
            const char *value = (*next)[2] ? *next + 2 : next[1];
            if (!value)
                tool_usage("-o needs a value");
            next += (*next)[2] ? 1 : 2;
            take_output(o, value);
        } else if (strncmp(*next, "--", 2) == 0 && (*next)[2]) {
            tool_option_take(&table, o, &next);
        } else if (**next == '-' && (*next)[1]) {
            tool_usage("unknown option %s", *next);
        } else if (o->binding.library) {
            tool_usage("too many arguments: '%s'", *next);
        } else {
            o->binding.library = *next++;
        }
    }
    if (!o->binding.library)
        tool_usage("a library is missing");
}

/* Letters and digits of the file's name.  */
static const char *default_prefix(const char *path)
{
    const char *base = strrchr(path, '/') ? strrchr(path, '/') + 1 : path;
    char *name = tool_strdup(base);
    name[strcspn(name, ".")] = 0;
    for (char *s = name; *s; s++)
        if (!isalnum((unsigned char)*s))
            *s = '_';
    return is_identifier(name, strlen(name)) ? name : tool_printf("lib%s", name);
}

static void collect(struct options *o)
{
    struct binding *b = &o->binding;
    for (const char **s = o->from; s && *s; s++)
        symbols_defined(b, *s);
    for (const char **s = o->functions; s && *s; s++)
        binding_function(b, *s, strlen(*s));
    for (const char **s = o->annotations; s && *s; s++)
        annotations_read(b, *s);
    if (!o->from && !o->functions && !o->annotations)
        symbols_exported(b, b->library);
    symbols_check(b);
}

int main(int argc, char **argv)
{
    (void)argc;
    tool_name = "lfi-bind";
    struct options o = {.binding = {.output = "-"}};
    FILE *f;
    parse(&o, argv);
    o.binding.embed = !o.load;
    if (!o.binding.prefix)
        o.binding.prefix = default_prefix(o.binding.library);
    o.binding.profile = symbols_profile(o.binding.library);
    collect(&o);
    struct tool_output *out = tool_output_open(o.binding.output, &f);
    if (!out)
        tool_fail("cannot write %s: %s", o.binding.output, strerror(errno));
    write_binding(&o.binding, f);
    if (tool_output_commit(out) != 0)
        tool_fail("cannot write %s: %s", o.binding.output, strerror(errno));
    return 0;
}
