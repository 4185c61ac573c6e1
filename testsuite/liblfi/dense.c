/* Thousands of boxes side by side: few mappings each, every box on its own, as fast at the end as
   at the beginning; and what is said when the process has no mappings left.
   SPDX-License-Identifier: Apache-2.0  */
#include "test.h"

#include <sys/resource.h>

/* A sanitizer leaves room for few.  */
enum { BOXES = SANITIZER ? 64 : 4000, SLOTS = SANITIZER ? 64 : 32000, MOST_MAPPINGS = 6 };

static struct LFIBox *boxes[BOXES];

static unsigned count_mappings(void)
{
    FILE *f = fopen("/proc/self/maps", "r");
    unsigned n = 0;
    for (int c; f && (c = getc(f)) != EOF;)
        n += c == '\n';
    if (f)
        fclose(f);
    return n;
}

/* A box with code, a page of data and a stack, that stores its number.  */
static bool runs(struct LFIBox *box, uint64_t number)
{
    struct LFIContext *ctx = new_ctx(box);
    uint64_t stored = 0;
    lfiptr data = lfi_box_mapany(box, page_size(), RW, ANON, -1, 0);
    lfiptr entry = load_or_die(box, 0, CODE(store_x0));
    lfi_ctx_regs(ctx)->SP = new_stack(box);
    lfi_ctx_regs(ctx)->A0 = data;
    lfi_ctx_regs(ctx)->A1 = number;
    bool ok = lfi_ctx_run(ctx, entry) == 0 && !lfi_ctx_fault(ctx)
              && lfi_box_copyfm(box, &stored, data, 8) && stored == number;
    lfi_ctx_free(ctx);
    return ok;
}

static int by_base(const void *a, const void *b)
{
    uintptr_t x = lfi_box_info(*(struct LFIBox *const *)a).base;
    uintptr_t y = lfi_box_info(*(struct LFIBox *const *)b).base;
    return x < y ? -1 : x > y;
}

static void test_boxes(struct LFIEngine *engine)
{
    unsigned before = count_mappings(), running = 0, apart = 0, n = 0;
    while (n < BOXES && (boxes[n] = lfi_box_new(engine))) {
        running += runs(boxes[n], n);
        n++;
    }
    CHECK("thousands of boxes run", n == BOXES && running == BOXES);
    unsigned each = (count_mappings() - before) / BOXES;
    CHECK("mappings of a box", each <= MOST_MAPPINGS);
    qsort(boxes, n, sizeof boxes[0], by_base);
    for (unsigned i = 0; i + 1 < n; i++)
        apart += lfi_box_info(boxes[i + 1]).base - lfi_box_info(boxes[i]).base >= LFI_BOX_SIZE;
    CHECK("no two are at one place", apart == n - 1);
    for (unsigned i = 0; i < n; i++)
        lfi_box_free(boxes[i]);
    /* The heap and the thread's alternate stack are new.  */
    CHECK("freed boxes leave no mappings", count_mappings() < before + 10 || SANITIZER);
}

/* All mappings of the process but few are in use.  */
static void test_no_mappings(struct LFIEngine *engine)
{
    enum { MOST = 300000, MORE = 16 };
    unsigned long max = 0;
    FILE *f = fopen("/proc/sys/vm/max_map_count", "r");
    if (!f || fscanf(f, "%lu", &max) != 1 || max > MOST) {
        puts("vm.max_map_count is too large to try it");
        return;
    }
    fclose(f);
    size_t page = page_size(), size = 2 * max * page;
    char *p = mmap(NULL, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    struct LFIBox *box = new_box(engine);
    lfiptr at = lfi_box_info(box).min;
    for (size_t i = 0; i < max && mprotect(p + 2 * i * page, page, PROT_READ) == 0; i++)
        ;
    /* One more or less: a mapping can be new, or divide another.  */
    bool refused = !lfi_box_new(engine) && lfi_errno() == LFI_ERR_MMAP;
    CHECK("no mappings left to divide", refused && strstr(lfi_errmsg(), "vm.max_map_count"));
    void *more[MORE];
    for (unsigned i = 0; i < MORE; i++)
        more[i] =
            mmap(NULL, page, i % 2 ? PROT_READ : PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    refused = !lfi_box_new(engine) && lfi_errno() == LFI_ERR_MMAP;
    CHECK("no mappings left: a new box", refused && strstr(lfi_errmsg(), "vm.max_map_count"));
    refused = lfi_box_mapat(box, at + 65536, page, RW, ANON, -1, 0) == FAILED && errno == ENOMEM;
    CHECK("no mappings left: memory", refused && strstr(lfi_errmsg(), "vm.max_map_count"));
    refused = lfi_box_mapat(box, at + 65536, page, RX, ANON, -1, 0) == FAILED && errno == ENOMEM;
    CHECK("no mappings left: code", refused && strstr(lfi_errmsg(), "vm.max_map_count"));
    for (unsigned i = 0; i < MORE; i++)
        if (more[i] != MAP_FAILED)
            munmap(more[i], page);
    munmap(p, size);
    CHECK("no mappings left: afterwards", runs(box, 1));
    lfi_box_free(box);
}

/* The same error, another reason.  */
static void test_limit(struct LFIEngine *engine)
{
    struct rlimit old, now;
    getrlimit(RLIMIT_AS, &old);
    now = (struct rlimit){1 << 20, old.rlim_max};
    setrlimit(RLIMIT_AS, &now);
    bool refused = !lfi_box_new(engine) && lfi_errno() == LFI_ERR_MMAP;
    bool claims = strstr(lfi_errmsg(), "vm.max_map_count");
    setrlimit(RLIMIT_AS, &old);
    CHECK("a limit on virtual memory is no lack of mappings", refused && !claims);
}

int main(void)
{
    struct LFIEngine *engine = new_engine((struct LFIOptions){.layout = LFI_LAYOUT_DENSE}, SLOTS);
    test_boxes(engine);
    if (!skipped(SAN_ANY, "no mappings left", "it cannot go on without"))
        test_no_mappings(engine);
    if (!skipped(SAN_ANY, "a limit on virtual memory", "it cannot go on with one"))
        test_limit(engine);
    lfi_free(engine);
    puts("DONE");
    return 0;
}
