/* Messages: where, the source line, a caret.
   SPDX-License-Identifier: Apache-2.0  */
#include "config.h"

#include "gas-wrapper/gaswrap.h"

#include <stdlib.h>
#include <string.h>

enum { MAX_ERRORS = 20, MAX_LINE = 400 };

/* The file and line that the input says the position comes from.  */
static unsigned locate(const struct rewriter *r, uint32_t at, struct slice *file)
{
    size_t i = r->nlinemarks;
    while (i > 0 && r->linemarks[i - 1].at > at)
        i--;
    const char *from = r->source.p;
    unsigned line = 1;
    if (i > 0) {
        from += r->linemarks[i - 1].at;
        line = r->linemarks[i - 1].line;
        *file = r->linemarks[i - 1].file;
    }
    for (const char *end = r->source.p + at; (from = memchr(from, '\n', (size_t)(end - from)));
         from++)
        line++;
    return line;
}

/* GCC writes "#APP", "// LINE "FILE" 1" (x86: "# LINE ..."), inline assembly, "#NO_APP".  */
static bool inline_asm(const struct rewriter *r, uint32_t at, struct slice *file, unsigned *line)
{
    const char *text = r->source.p, *app = NULL;
    for (const char *p = text + at; p > text && text + at - p < 65536; p--) {
        if (p[0] != '#' || p[-1] != '\n')
            continue;
        if (strncmp(p, "#NO_APP", 7) == 0)
            return false;
        if (strncmp(p, "#APP\n", 5) == 0) {
            app = p + 5;
            break;
        }
    }
    if (!app || (strncmp(app, "// ", 3) != 0 && strncmp(app, "# ", 2) != 0))
        return false;
    char *end;
    *line = (unsigned)strtoul(app + 2, &end, 10);
    const char *nl = strchrnul(end, '\n'), *quote;
    if (end[0] != ' ' || end[1] != '"' || nl > text + at
        || !(quote = memchr(end + 2, '"', (size_t)(nl - end - 2))))
        return false;
    *file = (struct slice){end + 2, (size_t)(quote - end - 2)};
    for (const char *p = nl + 1; (p = memchr(p, '\n', (size_t)(text + at - p))); p++)
        ++*line;
    return true;
}

static void put(const char *s, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)s[i];
        if ((c < 0x20 && c != '\t') || c == 0x7f)
            fprintf(stderr, "\\x%02x", c);
        else
            putc(c, stderr);
    }
}

/* The line of which macro the position is from, if it is from one.  */
static const struct origin *origin_of(const struct rewriter *r, uint32_t at)
{
    size_t low = 0, high = r->norigins;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        if (r->origins[mid].at <= at)
            low = mid + 1;
        else
            high = mid;
    }
    return low && r->origins[low - 1].macro.len ? &r->origins[low - 1] : NULL;
}

static void put_message(struct slice file, unsigned line, const struct origin *from,
                        const char *fmt, va_list ap)
{
    char message[1024];
    put(file.p, file.len);
    fprintf(stderr, ":%u: error: ", line);
    int len = vsnprintf(message, sizeof message, fmt, ap);
    if (len > 0)
        put(message, (size_t)len < sizeof message ? (size_t)len : sizeof message - 1);
    if (from) {
        fputs(" (in ", stderr);
        put(from->macro.p, from->macro.len);
        fputs(", ", stderr);
        put(from->file.p, from->file.len);
        fprintf(stderr, ":%u)", from->line);
    }
    fputs("\n", stderr);
}

static void error_in_expansion(struct rewriter *r, const char *fmt, va_list ap)
{
    struct slice file, text;
    unsigned line;
    struct origin from;
    bool macro = expand_location(r->expanding, &file, &line, &from, &text);
    put_message(file, line, macro ? &from : NULL, fmt, ap);
    put(text.p, text.len < MAX_LINE ? text.len : MAX_LINE);
    fputs("\n", stderr);
}

void error_at(struct rewriter *r, const char *at, const char *fmt, ...)
{
    va_list ap;
    if (r->parsing)
        return;
    if (++r->errors > MAX_ERRORS)
        return;
    va_start(ap, fmt);
    if (r->expanding) {
        error_in_expansion(r, fmt, ap);
        va_end(ap);
        return;
    }
    uint32_t pos = (uint32_t)(at - r->text);
    if (pos > r->source.len)
        pos = r->made_len ? r->cur->at : (uint32_t)r->source.len;
    const char *text = r->source.p, *p = text + pos, *start = p, *end;
    while (start > text && start[-1] != '\n' && p - start < MAX_LINE)
        start--;
    end = memchr(p, '\n', r->source.len - pos);
    if (!end)
        end = text + r->source.len;
    if (end - start > MAX_LINE)
        end = start + MAX_LINE;
    struct slice file = {"<input>", 7};
    unsigned line;
    if (!inline_asm(r, pos, &file, &line))
        line = locate(r, pos, &file);
    put_message(file, line, origin_of(r, pos), fmt, ap);
    va_end(ap);
    put(start, (size_t)(end - start));
    putc('\n', stderr);
    for (; start < p; start++)
        if (((unsigned char)*start & 0xc0) != 0x80) /* not inside a UTF-8 character */
            putc(*start == '\t' ? '\t' : ' ', stderr);
    fputs("^\n", stderr);
    if (r->errors == MAX_ERRORS)
        fputs("further errors are not shown\n", stderr);
}
