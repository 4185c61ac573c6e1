/* The map of a box: which pages are mapped, and how.
   SPDX-License-Identifier: Apache-2.0

   A treap: a search tree by address whose shape is that of random priorities, so that no
   order of calls makes it deep.  Every change is made of split and merge.  */
#include "config.h"

#include <stdlib.h>
#include <sys/random.h>

#include "liblfi/core/internal.h"

/* One cut or split makes at most two more ranges, one set adds another.  */
enum { NODES_PER_CHANGE = 3, MAX_SPARE = 64 };

static uint64_t next_random(struct LFIMap *map)
{
    uint64_t z = map->random += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

void lfi_map_init(struct LFIMap *map, size_t max)
{
    *map = (struct LFIMap){.max = max};
    if (getrandom(&map->random, sizeof map->random, GRND_NONBLOCK) < 0)
        map->random = (uintptr_t)map;
}

static size_t larger(size_t a, size_t b)
{
    return a > b ? a : b;
}

/* Recomputes what a node knows about its subtree.  */
static void update(struct LFIRange *n)
{
    n->lo = n->start;
    n->hi = n->end;
    n->gap = 0;
    if (n->left) {
        n->lo = n->left->lo;
        n->gap = larger(n->left->gap, n->start - n->left->hi);
    }
    if (n->right) {
        n->hi = n->right->hi;
        n->gap = larger(n->gap, larger(n->right->gap, n->right->lo - n->end));
    }
}

/* Into the ranges that start below key and the others.  */
static void split(struct LFIRange *n, uintptr_t key, struct LFIRange **below,
                  struct LFIRange **rest)
{
    if (!n) {
        *below = *rest = NULL;
    } else if (n->start < key) {
        *below = n;
        split(n->right, key, &n->right, rest);
        update(n);
    } else {
        *rest = n;
        split(n->left, key, below, &n->left);
        update(n);
    }
}

static struct LFIRange *merge(struct LFIRange *a, struct LFIRange *b)
{
    if (!a || !b)
        return a ? a : b;
    if (a->priority >= b->priority) {
        a->right = merge(a->right, b);
        update(a);
        return a;
    }
    b->left = merge(a, b->left);
    update(b);
    return b;
}

/* A node of its own with that content, from those set aside.  */
static struct LFIRange *take(struct LFIMap *map, const struct LFIRange *content)
{
    struct LFIRange *n = map->spare;
    map->spare = n->right;
    map->count++;
    *n = *content;
    n->left = n->right = NULL;
    n->priority = next_random(map);
    update(n);
    return n;
}

static size_t used_bytes(const struct LFIRange *n)
{
    return n->used ? n->end - n->start : 0;
}

static void give_back(struct LFIMap *map, struct LFIRange *n)
{
    if (!n)
        return;
    give_back(map, n->left);
    give_back(map, n->right);
    map->count--;
    map->used -= used_bytes(n);
    n->right = map->spare;
    map->spare = n;
}

static void trim_spare(struct LFIMap *map, unsigned keep)
{
    struct LFIRange **p = &map->spare;
    while (*p && keep-- > 0)
        p = &(*p)->right;
    while (*p) {
        struct LFIRange *n = *p;
        *p = n->right;
        free(n);
    }
}

void lfi_map_clear(struct LFIMap *map)
{
    give_back(map, map->root);
    map->root = NULL;
    trim_spare(map, 0);
}

struct LFIRange *lfi_map_find(struct LFIMap *map, uintptr_t addr)
{
    struct LFIRange *best = NULL;
    for (struct LFIRange *n = map->root; n;) {
        if (n->end > addr) {
            best = n;
            n = n->left;
        } else {
            n = n->right;
        }
    }
    return best;
}

/* Whether addr is inside a range, so that a change there makes two of it.  */
static bool crosses(struct LFIMap *map, uintptr_t addr)
{
    struct LFIRange *n = lfi_map_find(map, addr);
    return n && n->start < addr;
}

bool lfi_map_prepare(struct LFIMap *map, uintptr_t start, uintptr_t end, bool mapping)
{
    size_t more = (size_t)crosses(map, start) + crosses(map, end) + mapping;
    if (map->count + more > map->max)
        return false;
    unsigned have = 0;
    for (struct LFIRange *n = map->spare; n && have < NODES_PER_CHANGE; n = n->right)
        have++;
    for (; have < NODES_PER_CHANGE; have++) {
        struct LFIRange *n = malloc(sizeof *n);
        if (!n)
            return false;
        n->right = map->spare;
        map->spare = n;
    }
    return true;
}

/* Makes end the end of the range, whose neighbours leave room for it.  */
static void resize(struct LFIMap *map, struct LFIRange *n, uintptr_t end)
{
    struct LFIRange *below, *self, *above;
    split(map->root, n->start, &below, &above);
    split(above, n->start + 1, &self, &above);
    map->used -= used_bytes(self);
    self->end = end;
    map->used += used_bytes(self);
    update(self);
    map->root = merge(merge(below, self), above);
}

static void insert(struct LFIMap *map, struct LFIRange *n)
{
    struct LFIRange *below, *above;
    split(map->root, n->start, &below, &above);
    map->root = merge(merge(below, n), above);
    map->used += used_bytes(n);
}

static void split_at(struct LFIMap *map, uintptr_t addr)
{
    struct LFIRange *n = lfi_map_find(map, addr);
    if (!n || n->start >= addr)
        return;
    struct LFIRange upper = *n;
    upper.start = addr;
    upper.offset += (off_t)(addr - n->start);
    resize(map, n, addr);
    insert(map, take(map, &upper));
}

void lfi_map_split(struct LFIMap *map, uintptr_t start, uintptr_t end)
{
    split_at(map, start);
    split_at(map, end);
}

void lfi_map_cut(struct LFIMap *map, uintptr_t start, uintptr_t end)
{
    struct LFIRange *below, *inside, *above;
    lfi_map_split(map, start, end);
    split(map->root, start, &below, &above);
    split(above, end, &inside, &above);
    map->root = merge(below, above);
    give_back(map, inside);
    trim_spare(map, MAX_SPARE);
}

void lfi_map_set(struct LFIMap *map, const struct LFIRange *range)
{
    lfi_map_cut(map, range->start, range->end);
    insert(map, take(map, range));
}

size_t lfi_map_used(struct LFIMap *map, uintptr_t start, uintptr_t end)
{
    size_t used = 0;
    for (struct LFIRange *n = lfi_map_find(map, start); n && n->start < end;
         n = lfi_map_find(map, n->end))
        if (n->used)
            used += (n->end < end ? n->end : end) - (n->start > start ? n->start : start);
    return used;
}

void lfi_map_use(struct LFIMap *map, uintptr_t start, uintptr_t end)
{
    for (struct LFIRange *n = lfi_map_find(map, start); n && n->start < end;
         n = lfi_map_find(map, n->end)) {
        map->used -= used_bytes(n);
        n->used = true;
        map->used += used_bytes(n);
    }
}

static bool joinable(const struct LFIRange *a, const struct LFIRange *b)
{
    return a->end == b->start && a->prot == b->prot && a->flags == b->flags && a->used == b->used
           && !a->code && a->fd < 0 && a->original == b->original;
}

void lfi_map_join(struct LFIMap *map, uintptr_t start, uintptr_t end)
{
    struct LFIRange *n = lfi_map_find(map, start - 1);
    while (n && n->start <= end) {
        struct LFIRange *next = lfi_map_find(map, n->end);
        if (next && joinable(n, next)) {
            uintptr_t joined = next->end;
            lfi_map_cut(map, next->start, joined);
            resize(map, n, joined);
        } else {
            n = next;
        }
    }
}

/* The free bytes between left and right, around and inside a subtree.  */
static uintptr_t gap_in(const struct LFIRange *n, uintptr_t left, uintptr_t right, uintptr_t min,
                        uintptr_t max, size_t size)
{
    if (!n) {
        uintptr_t lo = left > min ? left : min, hi = right < max ? right : max;
        return hi > lo && hi - lo >= size ? hi - size : 0;
    }
    if (n->gap < size && n->lo - left < size && right - n->hi < size)
        return 0;
    uintptr_t found = gap_in(n->right, n->end, right, min, max, size);
    return found ? found : gap_in(n->left, left, n->start, min, max, size);
}

uintptr_t lfi_map_gap(struct LFIMap *map, uintptr_t min, uintptr_t max, size_t size)
{
    return gap_in(map->root, 0, UINTPTR_MAX, min, max, size);
}
