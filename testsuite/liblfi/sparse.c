/* The sparse layout: thousands of boxes in one process, far apart.
   SPDX-License-Identifier: Apache-2.0  */
#include "test.h"

/* A sanitizer leaves room for few.  */
enum { BOXES = SANITIZER ? 16 : 2900 };

static struct LFIBox *boxes[BOXES];
static struct LFIBoxInfo info[BOXES];

static int by_base(const void *a, const void *b)
{
    const struct LFIBoxInfo *x = a, *y = b;
    return x->base < y->base ? -1 : x->base > y->base;
}

/* A hint for a mapping at addr is not honoured where something is reserved.  */
static bool reserved(uintptr_t addr)
{
    void *p = mmap((void *)addr, page_size(), PROT_NONE,
                   MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
    if (p != MAP_FAILED)
        munmap(p, page_size());
    return p == MAP_FAILED && errno == EEXIST;
}

static bool runs(struct LFIBox *box)
{
    struct LFIContext *ctx = new_ctx(box);
    lfiptr entry = load_or_die(box, 0, CODE(two));
    bool ok = lfi_ctx_run(ctx, entry) == 2 && !lfi_ctx_fault(ctx);
    lfi_ctx_free(ctx);
    return ok;
}

/* Every box works, and between and around all of them 40 GiB are reserved.  */
static void test_apart(unsigned n)
{
    const uint64_t guard = UINT64_C(40) << 30;
    unsigned running = 0, apart = 0, guarded = 0;
    for (unsigned i = 0; i < n; i++) {
        running += runs(boxes[i]);
        info[i] = lfi_box_info(boxes[i]);
    }
    CHECK("thousands of boxes run", running == n);
    qsort(info, n, sizeof info[0], by_base);
    for (unsigned i = 0; i < n; i++) {
        uintptr_t base = info[i].base, end = base + LFI_BOX_SIZE;
        apart += i + 1 == n || info[i + 1].base - end >= guard;
        guarded += base % LFI_BOX_SIZE == 0 && end + guard <= UINT64_C(1) << 47
                   && reserved(base - guard) && reserved(base - 2 * page_size())
                   && reserved(end - page_size()) && reserved(end)
                   && reserved(end + guard - page_size());
    }
    CHECK("boxes are 40 GiB apart", apart == n);
    CHECK("40 GiB on both sides of every box are reserved", guarded == n);
}

/* The whole guard, by one mapping that must not fit anywhere in it.  */
static void test_whole_guard(void)
{
    const uint64_t step = UINT64_C(1) << 24;
    uintptr_t base = info[1].base;
    unsigned free_pages = 0;
    for (uint64_t at = LFI_BOX_SIZE; at < UINT64_C(44) << 30; at += step)
        free_pages += !reserved(base + at) || !reserved(base - at + LFI_BOX_SIZE);
    CHECK("no page of a guard is free", free_pages == 0);
}

int main(void)
{
    struct LFIEngine *engine = lfi_new((struct LFIOptions){0}, BOXES);
    unsigned n = 0;
    CHECK("an engine of all boxes", engine);
    if (!engine)
        return 1;
    while (n < BOXES && (boxes[n] = lfi_box_new(engine)))
        n++;
    CHECK("all slots can be taken", n == BOXES && !lfi_box_new(engine));
    test_apart(n);
    test_whole_guard();
    uintptr_t base = info[0].base;
    for (unsigned i = 0; i < n; i++)
        lfi_box_free(boxes[i]);
    CHECK("freed boxes stay reserved", reserved(base) && reserved(base - page_size()));
    lfi_free(engine);
    CHECK("a freed engine is not reserved", !reserved(base));
    puts("DONE");
    return 0;
}
