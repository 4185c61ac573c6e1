/* The output: the input as it is, but for the statements that were rewritten.
   SPDX-License-Identifier: Apache-2.0  */
#include "config.h"

#include "gas-wrapper/gaswrap.h"

#include <errno.h>
#include <string.h>

#include "common/tool.h"

static void flush(struct rewriter *r, uint32_t upto)
{
    if (upto > r->copied) {
        buf_put(&r->out, r->source.p + r->copied, upto - r->copied);
        r->copied = upto;
    }
}

static void separate(struct rewriter *r)
{
    flush(r, r->kept ? r->cur->tail : r->cur->at);
    if (r->emitted)
        buf_put(&r->out, "; ", 2);
    else if (!r->out.len || r->out.p[r->out.len - 1] == '\n')
        buf_put(&r->out, "\t", 1);
}

static void count(struct rewriter *r)
{
    r->emitted++;
    r->sections.now->pos += r->arch->insn_size;
    r->sections.now->uncharged += r->arch->insn_size != 0;
}

static void release_held(struct rewriter *r)
{
    const struct stmt *held = r->held;
    if (!held)
        return;
    r->held = NULL;
    separate(r);
    buf_put(&r->out, r->text + held->at, held->tail - held->at);
    buf_put(&r->out, "; ", 2);
    r->emitted = 0; /* the separator is there */
}

void out_begin(struct rewriter *r, const struct stmt *s)
{
    r->cur = s;
    r->emitted = 0;
    r->kept = false;
    r->made_len = 0;
}

void out_keep(struct rewriter *r)
{
    if (r->held)
        release_held(r);
    if (r->made_len) {
        struct slice text = {r->text + r->made.at, r->made.tail - r->made.at};
        out_insn(r, "%S", &text);
        return;
    }
    if (r->emitted) {
        separate(r);
        r->copied = r->cur->at;
    }
    r->kept = true;
    count(r);
}

void out_follow(struct rewriter *r)
{
    if (r->emitted) {
        separate(r);
        r->copied = r->cur->at;
    }
    r->kept = true;
    r->emitted++;
}

void out_insn(struct rewriter *r, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    separate(r);
    buf_vformat(&r->out, fmt, ap);
    count(r);
    va_end(ap);
}

void out_main(struct rewriter *r, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    release_held(r);
    separate(r);
    buf_vformat(&r->out, fmt, ap);
    count(r);
    va_end(ap);
}

void out_text(struct rewriter *r, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    separate(r);
    buf_vformat(&r->out, fmt, ap);
    r->emitted++;
    va_end(ap);
}

void out_drop(struct rewriter *r)
{
    flush(r, r->cur->at);
    r->emitted++;
}

void out_hold(struct rewriter *r)
{
    if (r->held)
        error_at(r, r->text + r->cur->at, "two directives for the same instruction");
    r->held = r->cur;
    out_drop(r);
}

void out_branch(struct rewriter *r, uint32_t reach, struct slice label, const char *fmt, ...)
{
    va_list ap;
    if ((r->nbranches & (r->nbranches + 1)) == 0) /* full at 2^n - 1 */
        r->branches = tool_realloc(r->branches, 2 * (r->nbranches + 1) * sizeof *r->branches);
    struct branch *b = &r->branches[r->nbranches++];
    if (r->nbranches > 1 && b[-1].chunk != r->sections.now)
        r->branches_mixed = true;
    *b = (struct branch){
        .stmt = r->cur, .label = symbol_of(r, label), .chunk = r->sections.now, .reach = reach};
    release_held(r);
    separate(r);
    b->pos = r->sections.now->pos;
    b->begin = r->out.len;
    if (fmt) {
        va_start(ap, fmt);
        buf_vformat(&r->out, fmt, ap);
        va_end(ap);
    } else {
        const struct stmt *s = r->made_len ? &r->made : r->cur;
        buf_put(&r->out, r->text + s->at, s->tail - s->at);
    }
    b->end = r->out.len;
    count(r);
    /* What it may become is charged and has room.  */
    if (r->profile->meter != LFI_METER_NONE) {
        r->sections.now->pos += r->arch->branch_growth;
        r->sections.now->uncharged++;
    }
}

void out_line(struct rewriter *r, const char *fmt, ...)
{
    va_list ap;
    flush(r, r->cur->at);
    if (r->out.len && r->out.p[r->out.len - 1] != '\n')
        buf_put(&r->out, "\n", 1);
    va_start(ap, fmt);
    buf_vformat(&r->out, fmt, ap);
    va_end(ap);
    buf_put(&r->out, "\n", 1);
}

/* Comments between the operands of a statement that was replaced.  */
static void put_comments(struct rewriter *r)
{
    const char *text = r->text, *source = r->source.p;
    for (uint32_t i = r->cur->at; i < r->cur->tail; i++)
        if (source[i] != text[i]) {
            const char *end = memmem(source + i + 2, r->cur->tail - i - 2, "*/", 2);
            if (!end)
                return;
            buf_put(&r->out, " ", 1);
            buf_put(&r->out, source + i, (size_t)(end - source) + 2 - i);
            i = (uint32_t)(end - source) + 1;
        }
}

void out_end(struct rewriter *r)
{
    if (r->emitted && !r->kept) {
        if (r->cur->comments)
            put_comments(r);
        r->copied = r->cur->tail;
    }
}

void out_release(struct rewriter *r)
{
    release_held(r);
}

/* note = the section that tells loaders and the linker which profile this is */
void out_note(struct rewriter *r)
{
    uint8_t desc[LFI_NOTE_DESCSZ];
    lfi_note_write(r->profile, desc);
    flush(r, r->cur->at);
    buf_format(&r->out,
               "%s\t.pushsection %s,\"aGR\",%%note,__lfi_profile_%s,comdat\n"
               "\t.balign 4\n\t.4byte %d,%d,%d\n\t.asciz \"%s\"\n\t.balign 4\n\t.byte ",
               r->out.len && r->out.p[r->out.len - 1] != '\n' ? "\n" : "", LFI_NOTE_SECTION,
               r->profile->name, (int)sizeof LFI_NOTE_OWNER, (int)LFI_NOTE_DESCSZ,
               (int)LFI_NOTE_PROFILE, LFI_NOTE_OWNER);
    for (int i = 0; i < LFI_NOTE_DESCSZ; i++)
        buf_format(&r->out, "%s%d", i ? "," : "", (int)desc[i]);
    buf_format(&r->out, "\n\t.popsection\n");
    flush(r, (uint32_t)r->source.len);
}

void rewriter_write(struct rewriter *r, FILE *f, bool line_markers)
{
    size_t done = 0;
    if (!line_markers) /* the first line is ours */
        done = (size_t)((char *)memchr(r->out.p, '\n', r->out.len) + 1 - r->out.p);
    for (size_t i = 0; i < r->nbranches; i++) {
        struct branch *b = &r->branches[i];
        if (!b->far)
            continue;
        struct buf text = {NULL, 0, 0};
        r->arch->expand_branch(r, (struct slice){r->out.p + b->begin, b->end - b->begin}, &text);
        fwrite(r->out.p + done, 1, b->begin - done, f);
        fwrite(text.p, 1, text.len, f);
        done = b->end;
        buf_free(&text);
    }
    fwrite(r->out.p + done, 1, r->out.len - done, f);
}

void rewriter_save(struct rewriter *r, const char *name)
{
    const char *shown = strcmp(name, "-") == 0 ? "standard output" : name;
    FILE *f;
    struct tool_output *out = tool_output_open(name, &f);
    if (!out)
        tool_fail("%s: %s", shown, strerror(errno));
    rewriter_write(r, f, false);
    if (tool_output_commit(out) != 0)
        tool_fail("%s: %s", shown, strerror(errno));
}
