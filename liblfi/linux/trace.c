/* Prints system calls, from the kinds of their arguments.
   SPDX-License-Identifier: Apache-2.0  */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "liblfi/linux/linux.h"

struct line {
    char text[512];
    size_t n;
};

static void add(struct line *l, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static void add(struct line *l, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    int n = vsnprintf(l->text + l->n, sizeof l->text - l->n, fmt, ap);
    va_end(ap);
    if (n > 0)
        l->n += (size_t)n < sizeof l->text - l->n ? (size_t)n : sizeof l->text - l->n - 1;
}

/* The first bytes of what a buffer holds, as a string.  */
static void add_bytes(struct line *l, const struct call *c, int i, size_t len)
{
    enum { SHOWN = 32 };
    unsigned char b[SHOWN];
    size_t n = len < SHOWN ? len : SHOWN;
    if (copy_in(c, b, c->raw[i], n) != 0) {
        add(l, "0x%llx", (unsigned long long)c->raw[i]);
        return;
    }
    add(l, "\"");
    for (size_t k = 0; k < n; k++)
        if (b[k] == '\n')
            add(l, "\\n");
        else if (b[k] == '"' || b[k] == '\\')
            add(l, "\\%c", b[k]);
        else if (b[k] >= 0x20 && b[k] < 0x7f)
            add(l, "%c", b[k]);
        else
            add(l, "\\x%02x", b[k]);
    add(l, len > SHOWN ? "\"..." : "\"");
}

static void add_arg(struct line *l, const struct call *c, int i, long result)
{
    uint64_t raw = c->raw[i];
    switch (c->row->arg[i].kind) {
    case ARG_DIRFD:
    case ARG_FD:
    case ARG_INT:
        if (c->row->arg[i].kind == ARG_DIRFD && (int32_t)raw == BOX_AT_FDCWD)
            add(l, "AT_FDCWD");
        else
            add(l, "%d", (int32_t)raw);
        return;
    case ARG_UINT:
        add(l, "%u", (uint32_t)raw);
        return;
    case ARG_FLAGS:
        add(l, "%#x", (uint32_t)raw);
        return;
    case ARG_MODE:
        add(l, "%#o", (uint32_t)raw);
        return;
    case ARG_LONG:
        add(l, "%lld", (long long)raw);
        return;
    case ARG_PATH:
    case ARG_PATH_OPT:
        if (c->a[i].path) {
            add(l, "\"%.200s\"", c->a[i].path);
            return;
        }
        break;
    case ARG_IN_BUF:
        if (c->a[i].ptr) {
            add_bytes(l, c, i, c->len[i]);
            return;
        }
        break;
    case ARG_OUT_BUF:
        if (result >= 0 && c->a[i].ptr && c->row->arg[i].with) {
            add_bytes(l, c, i, (size_t)result < c->len[i] ? (size_t)result : c->len[i]);
            return;
        }
        break;
    }
    add(l, raw ? "0x%llx" : "%llu", (unsigned long long)raw);
}

void lx_trace(const struct call *c, long result)
{
    struct line l = {.n = 0};
    add(&l, "[%d] %s(", c->t->tid, c->row->name);
    for (int i = 0; i < 6 && c->row->arg[i].kind != ARG_NONE; i++) {
        if (i)
            add(&l, ", ");
        add_arg(&l, c, i, result);
    }
    const char *name = result < 0 ? strerrorname_np((int)-result) : NULL;
    if (name)
        add(&l, ") = -%s", name);
    else
        add(&l, result > 0xffff ? ") = 0x%lx" : ") = %ld", result);
    lx_log(c->p->lx, "%s", l.text);
}
