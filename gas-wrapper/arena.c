/* Memory that is freed all at once, and growing buffers.
   SPDX-License-Identifier: Apache-2.0  */
#include "config.h"

#include "gas-wrapper/gaswrap.h"

#include <stdlib.h>
#include <string.h>

#include "common/tool.h"

struct arena_block {
    struct arena_block *next;
};

enum { BLOCK_SIZE = 256 * 1024, BLOCK_HEADER = 16 };

void *arena_alloc(struct arena *a, size_t size)
{
    size = (size + 15) & ~(size_t)15;
    if ((size_t)(a->end - a->at) < size) {
        size_t room = size > BLOCK_SIZE ? size : BLOCK_SIZE;
        struct arena_block *block = tool_alloc(BLOCK_HEADER + room);
        block->next = a->blocks;
        a->blocks = block;
        a->at = (char *)block + BLOCK_HEADER;
        a->end = a->at + room;
    }
    void *p = a->at;
    a->at += size;
    return p;
}

char *arena_copy(struct arena *a, const char *s, size_t len)
{
    char *p = arena_alloc(a, len + 1);
    memcpy(p, s, len);
    return p;
}

void arena_free(struct arena *a)
{
    while (a->blocks) {
        struct arena_block *next = a->blocks->next;
        free(a->blocks);
        a->blocks = next;
    }
    a->at = a->end = NULL;
}

char *buf_room(struct buf *b, size_t more)
{
    if (b->cap - b->len < more) {
        size_t cap = b->cap ? b->cap : 4096;
        while (cap - b->len < more)
            cap *= 2;
        b->p = tool_realloc(b->p, cap);
        b->cap = cap;
    }
    return b->p + b->len;
}

void buf_free(struct buf *b)
{
    free(b->p);
    *b = (struct buf){NULL, 0, 0};
}

void buf_put(struct buf *b, const char *s, size_t len)
{
    if (len == 0)
        return;
    memcpy(buf_room(b, len), s, len);
    b->len += len;
}

static void put_number(struct buf *b, long n)
{
    char digits[24], *end = digits + sizeof digits, *p = end;
    unsigned long u = n < 0 ? 0ul - (unsigned long)n : (unsigned long)n;
    do
        *--p = (char)('0' + u % 10);
    while (u /= 10);
    if (n < 0)
        *--p = '-';
    buf_put(b, p, (size_t)(end - p));
}

void buf_vformat(struct buf *b, const char *fmt, va_list ap)
{
    for (const char *p = fmt; *p; p = fmt) {
        fmt = strchrnul(p, '%');
        buf_put(b, p, (size_t)(fmt - p));
        if (!*fmt)
            return;
        const struct slice *slice;
        const char *s;
        char c;
        switch (fmt[1]) {
        case 'd':
            put_number(b, va_arg(ap, int));
            break;
        case 'c':
            c = (char)va_arg(ap, int);
            buf_put(b, &c, 1);
            break;
        case 's':
            s = va_arg(ap, const char *);
            buf_put(b, s, strlen(s));
            break;
        case 'S':
            slice = va_arg(ap, const struct slice *);
            buf_put(b, slice->p, slice->len);
            break;
        default:
            buf_put(b, fmt + 1, 1);
        }
        fmt += 2;
    }
}

void buf_format(struct buf *b, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    buf_vformat(b, fmt, ap);
    va_end(ap);
}

bool slice_is(struct slice s, const char *word)
{
    return strlen(word) == s.len && memcmp(s.p, word, s.len) == 0;
}

bool slice_is_nocase(struct slice s, const char *word)
{
    return strlen(word) == s.len && strncasecmp(s.p, word, s.len) == 0;
}

struct slice slice_trim(struct slice s)
{
    while (s.len && (*s.p == ' ' || *s.p == '\t' || *s.p == '\n' || *s.p == '\r'))
        s.p++, s.len--;
    while (s.len && strchr(" \t\n\r", s.p[s.len - 1]))
        s.len--;
    return s;
}
