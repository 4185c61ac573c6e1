/* The driver's arguments with every @file expanded, to look at and not to pass on.
   SPDX-License-Identifier: Apache-2.0  */
#include "config.h"

#include "driver/scan.h"

#include "common/tool.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { MAX_DEPTH = 200 };

static void append(struct ScannedArgs *out, char *value)
{
    if (out->count == out->room) {
        out->room = out->room ? 2 * out->room : 64;
        out->values = tool_realloc(out->values, out->room * sizeof *out->values);
    }
    out->values[out->count++] = value;
}

/* One word of a response file: white space separates, quotes of both kinds group, a
   backslash takes the next character as it is.  Written over the text itself.  */
static char *next_word(char **text)
{
    char *in = *text, quote = 0;
    while (isspace((unsigned char)*in))
        in++;
    if (!*in)
        return NULL;
    char *word = in, *to = in;
    for (; *in && (quote || !isspace((unsigned char)*in)); in++) {
        if (*in == '\\' && in[1])
            *to++ = *++in;
        else if (quote && *in == quote)
            quote = 0;
        else if (!quote && (*in == '\'' || *in == '"'))
            quote = *in;
        else
            *to++ = *in;
    }
    *text = *in ? in + 1 : in;
    *to = 0;
    return word;
}

static void scan_one(struct ScannedArgs *out, const char *arg, int depth)
{
    struct stat st;
    size_t size;
    char *text = NULL;
    if (arg[0] == '@' && stat(arg + 1, &st) == 0 && S_ISREG(st.st_mode))
        text = tool_read_file(arg + 1, &size);
    if (!text) {
        append(out, tool_strdup(arg));
        return;
    }
    if (depth == MAX_DEPTH)
        tool_fail("%s: includes itself", arg);
    char *rest = text;
    for (char *word; (word = next_word(&rest));)
        scan_one(out, word, depth + 1);
    free(text);
}

void scan_args(struct ScannedArgs *out, int argc, char *const *argv)
{
    for (int i = 0; i < argc; i++)
        scan_one(out, argv[i], 0);
}

bool scan_has(const struct ScannedArgs *args, const char *arg)
{
    for (size_t i = 0; i < args->count; i++)
        if (strcmp(args->values[i], arg) == 0)
            return true;
    return false;
}

bool scan_is_one_of(const char *arg, const char *const *list)
{
    while (*list && strcmp(arg, *list) != 0)
        list++;
    return *list != NULL;
}
