/* Thousands of boxes, one after the other and at the same time: nothing is left behind.
   SPDX-License-Identifier: Apache-2.0  */
#include "../lib/blocks.h"
#include "test.h"

#include <dirent.h>

enum { SLOTS = 4, ROUNDS = 2500, THREADS = 4, PER_THREAD = 300 };

static struct LFIEngine *engine;

static unsigned count_lines(const char *path)
{
    FILE *f = fopen(path, "r");
    unsigned n = 0;
    for (int c; f && (c = getc(f)) != EOF;)
        n += c == '\n';
    if (f)
        fclose(f);
    return n;
}

static unsigned count_files(const char *path)
{
    DIR *d = opendir(path);
    unsigned n = 0;
    while (d && readdir(d))
        n++;
    if (d)
        closedir(d);
    return n;
}

struct count {
    unsigned maps, fds, threads;
    long blocks;
};

static struct count count(void)
{
    return (struct count){count_lines("/proc/self/maps"), count_files("/proc/self/fd"),
                          count_files("/proc/self/task"), blocks};
}

static void handler(struct LFIContext *ctx)
{
    lfi_ctx_exit(ctx, (int)lfi_ctx_regs(ctx)->A0);
}

/* A box with code, data, a file and a stack that ends by itself, by an exit or by a fault.  */
static bool one_box(unsigned i)
{
    struct LFIBox *box = lfi_box_new(engine);
    struct LFIContext *ctx = box ? lfi_ctx_new(box, NULL) : NULL;
    if (!ctx)
        return false;
    struct code code = i % 3 == 0 ? CODE(one) : i % 3 == 1 ? CODE(syscall_return) : CODE(brk);
    int expected = i % 3 == 0 ? 1 : i % 3 == 1 ? (int)i : -1;
    lfi_ctx_regs(ctx)->SP = new_stack(box);
    lfi_ctx_regs(ctx)->A0 = i;
    lfiptr entry = load(box, 0, code);
    int fd = open("/proc/self/exe", O_RDONLY);
    lfiptr file = lfi_box_mapany(box, page_size(), LFI_PROT_READ, LFI_MAP_PRIVATE, fd, 0);
    close(fd);
    bool ok = entry != FAILED && file != FAILED && lfi_ctx_run(ctx, entry) == expected;
    lfi_ctx_free(ctx);
    lfi_box_free(box);
    return ok;
}

/* The slot of a freed box holds nothing of its tenant.  */
static void test_fresh(void)
{
    struct LFIEngine *e = new_engine((struct LFIOptions){0}, 1);
    struct LFIBox *box = new_box(e);
    uintptr_t base = lfi_box_info(box).base;
    lfiptr at = base + 0x100000;
#if HAVE_SPEC
    lfi_box_set_profile(box, lfi_profile_find(ARCH, "spec"));
#endif
    lfi_box_mapat(box, at, page_size(), RW, ANON, -1, 0);
    lfi_box_copyto(box, at, "tenant", 7);
    lfi_box_free(box);
    box = new_box(e);
    struct LFIMapInfo q;
    char text[7];
    CHECK("fresh box: same slot, nothing mapped",
          lfi_box_info(box).base == base && !lfi_box_mquery(box, at, &q)
              && !lfi_box_copyfm(box, text, at, 7)
              && strcmp(lfi_box_profile(box)->name, "full") == 0);
    struct LFIContext *ctx = new_ctx(box);
    lfiptr load_entry = load_or_die(box, 0, CODE(load_x0));
    CHECK("fresh box: page 0 is unmapped again",
          lfi_ctx_run(ctx, load_entry) == -1 && lfi_ctx_fault(ctx)->addr == base);
    lfi_box_mapat(box, at, page_size(), RW, ANON, -1, 0);
    CHECK("fresh box: memory is zero", lfi_box_copyfm(box, text, at, 7) && text[0] == 0);
    lfi_ctx_free(ctx);
    lfi_box_free(box);
    lfi_free(e);
}

static void *worker(void *arg)
{
    uintptr_t good = 0;
    for (unsigned i = 0; i < PER_THREAD; i++)
        good += one_box((unsigned)(uintptr_t)arg + i);
    return (void *)good;
}

int main(void)
{
    unsigned good = 0;
    struct count before = {0}, after;
    test_fresh();
    for (int i = 0; i < 2; i++)
        lfi_free(new_engine((struct LFIOptions){0}, 1));
    /* The first rounds warm up what the C library and this thread keep.  */
    engine = new_engine((struct LFIOptions){0}, SLOTS);
    lfi_sys_handler(engine, handler);
    for (unsigned i = 0; i < ROUNDS; i++) {
        if (i == 100)
            before = count();
        good += one_box(i);
    }
    after = count();
    CHECK("boxes one after the other", good == ROUNDS);
    CHECK("mappings, descriptors, threads: none left",
          (before.maps == after.maps || SANITIZER) && before.fds == after.fds && before.threads == after.threads);
    CHECK("memory: none left", after.blocks <= before.blocks);
    pthread_t t[THREADS];
    uintptr_t total = 0;
    for (uintptr_t i = 0; i < THREADS; i++)
        pthread_create(&t[i], NULL, worker, (void *)(i * 1000));
    for (int i = 0; i < THREADS; i++) {
        void *r;
        pthread_join(t[i], &r);
        total += (uintptr_t)r;
    }
    CHECK("boxes at the same time", total == THREADS * PER_THREAD);
    lfi_free(engine);
    /* A thread that was waited for is still counted for a moment.  */
    unsigned own = SANITIZER == SAN_THREAD; /* since there were several threads */
    for (int i = 0; (after = count()).threads != before.threads + own && i < 1000; i++)
        usleep(10000);
    CHECK("descriptors and threads of all threads: none left",
          before.fds == after.fds && before.threads + own == after.threads);
    puts("DONE");
    return 0;
}
