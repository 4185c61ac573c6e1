/* How a rejection reaches the caller.
   SPDX-License-Identifier: Apache-2.0  */
#include "lfi-verify/message.h"

enum { LINE = 256 };

static size_t put_text(char line[LINE], size_t at, const char *text)
{
    while (*text && at < LINE)
        line[at++] = *text++;
    return at;
}

/* The numbers come first, so they fit.  */
static size_t put_hex(char line[LINE], size_t at, uint64_t value, int digits)
{
    while (digits < 16 && value >> (4 * digits) != 0)
        digits++;
    while (digits-- > 0)
        line[at++] = "0123456789abcdef"[value >> (4 * digits) & 15];
    return at;
}

bool lfiv_reject(const struct LFIVOptions *opts, const struct LFIVError *error)
{
    if (opts->err) {
        char line[LINE];
        size_t at = put_hex(line, 0, error->addr, 8);
        at = put_text(line, at, ": ");
        at = put_hex(line, at, error->word, 8);
        at = put_text(line, at, " ");
        at = put_text(line, at, error->insn);
        at = put_text(line, at, ": ");
        at = put_text(line, at, error->rule);
        opts->err(line, at);
    }
    if (opts->report)
        return opts->report(opts->arg, error);
    return opts->err != NULL;
}
