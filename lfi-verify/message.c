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
static size_t put_hex(char *line, size_t at, uint64_t value, int digits)
{
    while (digits < 16 && value >> (4 * digits) != 0)
        digits++;
    while (digits-- > 0)
        line[at++] = "0123456789abcdef"[value >> (4 * digits) & 15];
    return at;
}

void lfiv_error_hex(const struct LFIVError *error, char text[LFIV_HEX_SIZE])
{
    size_t at = 0;
    for (unsigned i = 0; i < error->length && i < sizeof error->bytes; i++)
        at = put_hex(text, at, error->bytes[i], 2);
    if (error->length == 0)
        at = put_hex(text, at, error->word, 8);
    text[at] = 0;
}

bool lfiv_reject(const struct LFIVOptions *opts, const struct LFIVError *error)
{
    if (opts->err) {
        char line[LINE], code[LFIV_HEX_SIZE];
        lfiv_error_hex(error, code);
        size_t at = put_hex(line, 0, error->addr, 8);
        at = put_text(line, at, ": ");
        at = put_text(line, at, code);
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
