/* Branches that the growth of the code has put out of reach, and tables of distances.
   SPDX-License-Identifier: Apache-2.0  */
#include "config.h"

#include "gas-wrapper/gaswrap.h"

#include <stdlib.h>

#include "common/tool.h"

void ranges_table_entry(struct rewriter *r, const struct stmt *s, int size, struct slice expr)
{
    struct value v;
    if (!expr_value(r, expr, &v) || !v.plus || !v.minus)
        return;
    if ((r->nentries & (r->nentries + 1)) == 0) /* full at 2^n - 1 */
        r->entries = tool_realloc(r->entries, 2 * (r->nentries + 1) * sizeof *r->entries);
    r->entries[r->nentries++] = (struct table_entry){v, s->at, size};
}

enum { MAX_ROUNDS = 16 };

/* Positions of far branches of one chunk.  */
struct far_list {
    uint64_t *pos;
    size_t count;
};

static size_t far_before(const struct far_list *list, uint64_t pos)
{
    size_t low = 0, high = list->count;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        if (list->pos[mid] < pos)
            low = mid + 1;
        else
            high = mid;
    }
    return low;
}

static bool is_far(const struct rewriter *r, const struct branch *b, const struct far_list *list)
{
    if (!b->label || b->label->chunk != b->chunk)
        return true; /* the linker may put it anywhere */
    uint64_t low = b->pos, high = b->label->pos;
    if (low > high)
        low = b->label->pos, high = b->pos;
    uint64_t growth = (far_before(list, high) - far_before(list, low)) * r->arch->branch_growth;
    return high - low + growth + 8 > b->reach;
}

static int by_chunk(const void *a, const void *b)
{
    const struct branch *x = *(struct branch *const *)a, *y = *(struct branch *const *)b;
    if (x->chunk != y->chunk)
        return (uintptr_t)x->chunk < (uintptr_t)y->chunk ? -1 : 1;
    return x->pos < y->pos ? -1 : x->pos > y->pos;
}

static bool mark_far(struct rewriter *r, struct branch **b, size_t n, const struct far_list *list)
{
    bool changed = false;
    for (size_t i = 0; i < n; i++)
        if (!b[i]->far && is_far(r, b[i], list))
            b[i]->far = changed = true;
    return changed;
}

/* Positions are ascending within a chunk.  Far ones only ever become more; if that goes
   on for long, all others are taken to be far when distances are reckoned.  */
static void fix_chunk(struct rewriter *r, struct branch **b, size_t n, uint64_t *room)
{
    struct far_list list = {room, 0};
    for (int round = 0; mark_far(r, b, n, &list); round++) {
        list.count = 0;
        for (size_t i = 0; i < n; i++)
            if (b[i]->far || round >= MAX_ROUNDS)
                room[list.count++] = b[i]->pos;
        if (round > MAX_ROUNDS)
            return;
    }
}

static void check_tables(struct rewriter *r)
{
    for (size_t i = 0; i < r->nentries; i++) {
        const struct table_entry *e = &r->entries[i];
        const struct symbol *plus = e->value.plus, *minus = e->value.minus;
        if (!plus->chunk || plus->chunk != minus->chunk || !plus->chunk->section->exec)
            continue;
        int64_t n = ((int64_t)(plus->pos - minus->pos) + e->value.addend) / e->value.divisor;
        int64_t limit = (int64_t)1 << (8 * e->size - 1);
        if (n < -limit || n >= 2 * limit)
            error_at(r, r->text + e->at,
                     "after rewriting, the distance between two labels of this table does not "
                     "fit %d byte%s; use .word (the compiler plugin does)",
                     e->size, e->size == 1 ? "" : "s");
    }
}

void ranges_fix(struct rewriter *r)
{
    check_tables(r);
    if (r->nbranches == 0)
        return;
    struct branch **sorted = tool_alloc(r->nbranches * sizeof *sorted);
    uint64_t *room = tool_alloc(r->nbranches * sizeof *room);
    for (size_t i = 0; i < r->nbranches; i++)
        sorted[i] = &r->branches[i];
    if (r->branches_mixed)
        qsort(sorted, r->nbranches, sizeof *sorted, by_chunk);
    for (size_t i = 0, end; i < r->nbranches; i = end) {
        for (end = i; end < r->nbranches && sorted[end]->chunk == sorted[i]->chunk;)
            end++;
        fix_chunk(r, sorted + i, end - i, room);
    }
    free(sorted);
    free(room);
}
