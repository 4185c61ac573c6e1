/* Executable memory: verified, whole regions, never written.
   SPDX-License-Identifier: Apache-2.0  */
#include "test.h"

#include <stdatomic.h>

/* The library's own: liblfi/core/internal.h.  */
void lfi_set_stopped(struct LFIEngine *engine,
                     bool (*stopped)(struct LFIContext *, const struct LFIFault *));
void lfi_ctx_preempt(struct LFIContext *ctx);

static struct LFIEngine *engine;
static struct LFIBox *box;
static struct LFIContext *ctx;
static struct LFIBoxInfo info;
static size_t page;
static uint64_t base;

static int run(lfiptr entry)
{
    lfi_ctx_regs_init(ctx);
    return lfi_ctx_run(ctx, entry);
}

static bool runs(lfiptr entry, int result)
{
    return run(entry) == result && !lfi_ctx_fault(ctx);
}

/* A jump there is a fault of instruction fetch.  */
static bool not_executable(lfiptr entry)
{
    return run(entry) == -1 && lfi_ctx_fault(ctx)->sig == SIGSEGV
           && lfi_ctx_fault(ctx)->pc == entry;
}

static bool refused(struct code code, const char *why)
{
    return load(box, 0, code) == FAILED && errno == EACCES && lfi_errno() == LFI_ERR_VERIFY
           && strstr(lfi_errmsg(), why);
}

static int prot_at(lfiptr at)
{
    struct LFIMapInfo q;
    return lfi_box_mquery(box, at, &q) ? q.prot : -1;
}

static void test_verification(void)
{
    CHECK("bad code: an unguarded load", refused(CODE(bad_load), "rule"));
    CHECK("bad code: a system call of its own", refused(CODE(bad_svc), "rule"));
    CHECK("bad code: not the first instruction", refused(CODE(bad_second), "rule"));
    lfiptr at = lfi_box_mapat(box, base + 0x100000, page, RW, ANON, -1, 0);
    struct code bad = CODE(bad_svc);
    size_t bad_size = (size_t)(bad.end - bad.start);
    lfi_box_copyto(box, at, bad.start, bad_size);
    CHECK("bad code: not installed",
          lfi_box_mprotect(box, at, bad_size, RX) == -1 && prot_at(at) == RW && not_executable(at));
    char zero[64] = {1};
    CHECK("bad code: the contents stay",
          lfi_box_copyfm(box, zero, at, bad_size) && memcmp(zero, bad.start, bad_size) == 0);
    struct code good = CODE(one);
    lfi_box_copyto(box, at, good.start, (size_t)(good.end - good.start));
    CHECK("good code at the same place",
          lfi_box_mprotect(box, at, (size_t)(good.end - good.start), RX) == 0 && runs(at, 1));
#if defined(__aarch64__)
    CHECK("size that is no number of instructions",
          lfi_box_mprotect(box, at, 6, RX) == -1 && errno == EINVAL);
#endif
    lfiptr end = info.max_exec;
    CHECK("code up to max_exec",
          load(box, end - page - base, good) == end - page && runs(end - page, 1));
    CHECK("no code beyond max_exec",
          lfi_box_mapat(box, end - page, 2 * page, RX, ANON, -1, 0) == FAILED && errno == ENOMEM
              && (end == info.max
                  || (load(box, end - base, good) == FAILED && errno == ENOMEM
                      && lfi_box_munmap(box, end, page) == 0)));
    unsigned char tail[65536];
    size_t used = (size_t)(good.end - good.start);
    CHECK("the rest of the page traps",
          lfi_box_copyfm(box, tail, at + used, page - used) && is_traps(tail, page - used));
    lfi_box_munmap(box, at, page);
    lfi_box_munmap(box, end - page, page);
}

/* A region of three pages of 'one' at each page's start; the rest is nops.  */
static lfiptr three_pages(uint64_t offset)
{
    struct code one = CODE(one);
    static unsigned char words[3 * 65536];
    fill_nops(words, 3 * page);
    for (size_t i = 0; i < 3; i++)
        memcpy(&words[i * page], one.start, (size_t)(one.end - one.start));
    lfiptr at = lfi_box_mapat(box, base + offset, 3 * page, RW, ANON, -1, 0);
    if (at == FAILED || !lfi_box_copyto(box, at, words, 3 * page)
        || lfi_box_mprotect(box, at, 3 * page, RX) < 0 || !runs(at, 1) || !runs(at + 2 * page, 1))
        give_up("three pages of code");
    return at;
}

static bool none_executable(lfiptr at)
{
    bool all = true;
    for (int i = 0; i < 3; i++)
        all = all && not_executable(at + i * page) && prot_at(at + i * page) != RX;
    return all;
}

static void test_regions(void)
{
    uint32_t at_word;
    lfiptr at = three_pages(0x200000);
    CHECK("region: RX again changes nothing",
          lfi_box_mprotect(box, at + page, page, RX) == 0 && runs(at, 1) && runs(at + page, 1));
    CHECK("region: discard is ignored", lfi_box_discard(box, at, 3 * page) == 0 && runs(at, 1));
    static unsigned char nops[65536];
    fill_nops(nops, page);
    lfi_box_mapat(box, at + 3 * page, page, RW, ANON, -1, 0);
    lfi_box_copyto(box, at + 3 * page, nops, page);
    CHECK("region: RX for more than the region verifies the rest",
          lfi_box_mprotect(box, at, 4 * page, RX) == 0 && runs(at, 1)
              && prot_at(at + 3 * page) == RX);
    CHECK("executable is readable",
          lfi_box_mapat(box, at, 4 * page, RW, ANON, -1, 0) == at
              && load(box, at - base, CODE(one)) == at && lfi_box_mprotect(box, at, page, RW) == 0
              && lfi_box_mprotect(box, at, page, LFI_PROT_EXEC) == 0 && prot_at(at) == RX
              && lfi_box_copyfm(box, &at_word, at, 4) && runs(at, 1));
    CHECK("anonymous code is full of traps", lfi_box_mapat(box, at, page, RX, ANON, -1, 0) == at
                                                 && run(at) == -1
                                                 && lfi_ctx_fault(ctx)->sig == TRAP_SIGNAL);
    lfi_box_munmap(box, at, 4 * page);
    at = three_pages(0x200000);
    CHECK("region: mprotect of a part", lfi_box_mprotect(box, at + page, page, RW) == 0
                                            && none_executable(at) && prot_at(at + page) == RW
                                            && prot_at(at) == LFI_PROT_READ);
    at = three_pages(0x200000);
    CHECK("region: mprotect of its last page to read",
          lfi_box_mprotect(box, at + 2 * page, page, LFI_PROT_READ) == 0 && none_executable(at));
    at = three_pages(0x200000);
    CHECK("region: munmap of a part", lfi_box_munmap(box, at + 2 * page, page) == 0
                                          && none_executable(at) && prot_at(at + 2 * page) == -1
                                          && prot_at(at) == LFI_PROT_READ);
    at = three_pages(0x200000);
    CHECK("region: mapping over a part",
          lfi_box_mapat(box, at, page, RW, ANON, -1, 0) == at && none_executable(at));
    at = three_pages(0x200000);
    CHECK("region: mapping across its end",
          lfi_box_mapat(box, at + 2 * page, 2 * page, LFI_PROT_READ, ANON, -1, 0) == at + 2 * page
              && none_executable(at));
    at = three_pages(0x200000);
    CHECK("region: other code over a part", load(box, 0x200000 + page, CODE(two)) == at + page
                                                && runs(at + page, 2) && not_executable(at)
                                                && not_executable(at + 2 * page));
    at = three_pages(0x200000);
    CHECK("region: unmapped whole",
          lfi_box_munmap(box, at, 3 * page) == 0 && none_executable(at) && prot_at(at) == -1);
    at = three_pages(0x200000);
    CHECK("region: stores to it fail", !lfi_box_copyto(box, at, &at, 4) && runs(at, 1));
    lfiptr other = load_or_die(box, 0x200000 + 3 * page, CODE(two));
    CHECK("region: neighbours are apart",
          lfi_box_munmap(box, at + 2 * page, page) == 0 && runs(other, 2) && none_executable(at));
    CHECK("region: made of a region and data",
          lfi_box_mapat(box, at, 3 * page, RW, ANON, -1, 0) == at
              && load(box, 0x200000, CODE(one)) == at && runs(at, 1)
              && lfi_box_mprotect(box, at, page, RW) == 0);
    lfi_box_munmap(box, at, 4 * page);
}

/* Other bytes at the same addresses: the new ones run.  */
static void test_replaced(void)
{
    unsigned good = 0;
    for (int i = 0; i < 200; i++) {
        lfiptr a = load_or_die(box, 0x300000, i & 1 ? CODE(one) : CODE(two));
        good += runs(a, i & 1 ? 1 : 2);
    }
    CHECK("code replaced 200 times runs as installed", good == 200);
    good = 0;
    for (int i = 0; i < 100; i++) {
        lfiptr a = load_or_die(box, 0x400000 + (uint64_t)i * page, CODE(one));
        good += runs(a, 1) && lfi_box_munmap(box, a, page) == 0;
    }
    CHECK("100 places in turn", good == 100);
}

static void test_files(void)
{
    char path[] = "/tmp/lfi-code-XXXXXX";
    struct code one = CODE(one), two = CODE(two);
    size_t size = (size_t)(one.end - one.start);
    int fd = mkstemp(path);
    unlink(path);
    if (write(fd, one.start, size) < 0)
        give_up("writing a file");
    lfiptr at = lfi_box_mapat(box, base + 0x500000, size, RX, LFI_MAP_PRIVATE, fd, 0);
    CHECK("file: private code runs", at == base + 0x500000 && runs(at, 1));
    if (pwrite(fd, two.start, size, 0) < 0)
        give_up("writing a file");
    CHECK("file: changed after it was mapped, the box runs what was verified", runs(at, 1));
    if (ftruncate(fd, 0) < 0)
        give_up("ftruncate");
    CHECK("file: truncated, the box runs what was verified", runs(at, 1));
    lfiptr region = three_pages(0x200000);
    CHECK("file: code over a part of a region",
          pwrite(fd, two.start, size, 0) == (ssize_t)size
              && lfi_box_mapat(box, region + page, size, RX, LFI_MAP_PRIVATE, fd, 0)
                     == region + page
              && runs(region + page, 2) && not_executable(region)
              && not_executable(region + 2 * page) && ftruncate(fd, 0) == 0);
    CHECK("file: shorter than the code",
          lfi_box_mapat(box, at, size, RX, LFI_MAP_PRIVATE, fd, 0) == FAILED && errno == EINVAL
              && runs(at, 1));
    CHECK("file: descriptor 0",
          pwrite(fd, two.start, size, 0) == (ssize_t)size && dup2(fd, 0) == 0
              && lfi_box_mapat(box, at, size, RX, LFI_MAP_PRIVATE, 0, 0) == at && runs(at, 2)
              && pwrite(fd, one.start, size, 0) == (ssize_t)size
              && lfi_box_mapat(box, at, size, RX, LFI_MAP_PRIVATE, 0, 0) == at);
    if (pwrite(fd, CODE(bad_svc).start, ENTRY_ALIGN, 0) < 0)
        give_up("writing a file");
    size_t bad_size = (size_t)(CODE(bad_svc).end - CODE(bad_svc).start);
    CHECK("file: bad code", lfi_box_mapat(box, at, bad_size, RX, LFI_MAP_PRIVATE, fd, 0) == FAILED
                                && errno == EACCES && runs(at, 1));
    CHECK("file: a private mapping becomes executable as it is",
          pwrite(fd, two.start, size, 0) == (ssize_t)size && ftruncate(fd, (off_t)page) == 0
              && lfi_box_mapat(box, at, page, LFI_PROT_READ, LFI_MAP_PRIVATE, fd, 0) == at
              && lfi_box_mprotect(box, at, size, RX) == 0 && runs(at, 2));
    lfi_box_mapat(box, at, page, LFI_PROT_READ, LFI_MAP_PRIVATE, fd, 0);
    CHECK("file: truncated before it becomes executable",
          ftruncate(fd, 0) == 0 && lfi_box_mprotect(box, at, size, RX) == -1 && errno == EACCES);
    lfi_box_mapat(box, at, page, LFI_PROT_NONE, ANON, -1, 0);
    CHECK("inaccessible memory does not become executable",
          lfi_box_mprotect(box, at, page, RX) == -1 && errno == EACCES
              && lfi_errno() == LFI_ERR_MMAP);
    close(fd);
}

/* A thread of the box in an endless loop: addresses that it could be running do not get
   other code.  */
static struct LFIContext *looper;
static lfiptr loop_entry, word;

static void *loop(void *arg)
{
    lfi_ctx_regs_init(looper);
    lfi_ctx_regs(looper)->A0 = word;
    lfi_ctx_run(looper, loop_entry);
    return arg;
}

/* More places than are remembered one by one.  */
static void test_many_retired(void)
{
    enum { PLACES = 40 };
    unsigned refused_places = 0;
    for (unsigned i = 0; i < PLACES; i++) {
        lfiptr at = load_or_die(box, 0xa00000 + (uint64_t)i * 2 * page, CODE(one));
        lfi_box_munmap(box, at, page);
    }
    for (unsigned i = 0; i < PLACES; i += 13)
        refused_places +=
            load(box, 0xa00000 + (uint64_t)i * 2 * page, CODE(one)) == FAILED && errno == EAGAIN;
    CHECK("other thread: none of many places takes other code", refused_places == 4);
}

static void nothing(struct LFIContext *c)
{
    (void)c;
}

static void test_threads(void)
{
    pthread_t t;
    lfiptr at = load_or_die(box, 0x600000, CODE(one));
    word = lfi_box_mapat(box, base + 0x700000, page, RW, ANON, -1, 0);
    loop_entry = load_or_die(box, 0x710000, CODE(spin_word));
    looper = new_ctx(box);
    spin_reset(box, word);
    pthread_create(&t, NULL, loop, NULL);
    spin_wait(box, word);
    CHECK("other thread: code loses execution at once",
          lfi_box_mprotect(box, at, page, RW) == 0 && not_executable(at));
    size_t size = (size_t)(CODE(two).end - CODE(two).start);
    lfi_box_copyto(box, at, CODE(two).start, size);
    CHECK("other thread: while it runs, no other code at that place",
          lfi_box_mprotect(box, at, size, RX) == -1 && errno == EAGAIN && prot_at(at) == RW);
    CHECK("other thread: neighbouring addresses can hold code",
          load(box, 0x600000 - page, CODE(two)) != FAILED
              && load(box, 0x600000 + page, CODE(two)) != FAILED);
    test_many_retired();
    CHECK("other thread: fresh addresses can hold code", load(box, 0x800000, CODE(two)) != FAILED);
    spin_end(box, word, 3);
    pthread_join(t, NULL);
    lfi_box_copyto(box, at, CODE(two).start, size);
    CHECK("other thread: once it was seen outside, other code is installed",
          lfi_box_mprotect(box, at, size, RX) == 0 && runs(at, 2));
    lfiptr spin = loop_entry;
    loop_entry = load_or_die(box, 0x720000, CODE(spin_call_spin));
    spin_reset(box, word);
    lfi_sys_handler(engine, nothing);
    pthread_create(&t, NULL, loop, NULL);
    spin_wait(box, word);
    lfi_box_mprotect(box, at, page, RW);
    spin_end(box, word, 1);
    spin_wait(box, word + 4);
    lfi_box_copyto(box, at, CODE(one).start, size);
    CHECK("other thread: inside again after a system call, it is no obstacle",
          lfi_box_mprotect(box, at, size, RX) == 0 && runs(at, 1));
    spin_end(box, word + 4, 1);
    pthread_join(t, NULL);
    loop_entry = spin;
    spin_reset(box, word);
    pthread_create(&t, NULL, loop, NULL);
    spin_wait(box, word);
    CHECK("other thread: stopped inside removed code, it is ended",
          lfi_box_munmap(box, loop_entry, page) == 0 && pthread_join(t, NULL) == 0
              && lfi_ctx_fault(looper) && lfi_ctx_fault(looper)->sig == SIGSEGV);
    lfi_ctx_free(looper);
}

/* A thread that was stopped goes on by a trap, whose handler enters the box.  Before it does, it is
   not in the box, but will be: held there, it is an obstacle like one that runs.  */
static struct sigaction trap_action;
static atomic_int holding; /* 1: whoever comes next is held, 2: it is */

static void hold(int sig, siginfo_t *trap, void *uc)
{
    int next = 1;
    if (atomic_compare_exchange_strong(&holding, &next, 2))
        while (atomic_load(&holding))
            ;
    trap_action.sa_sigaction(sig, trap, uc);
}

static bool goes_on(struct LFIContext *c, const struct LFIFault *fault)
{
    (void)c;
    return !fault;
}

static void test_promised(void)
{
    struct sigaction held = {.sa_sigaction = hold, .sa_flags = SA_SIGINFO | SA_ONSTACK};
    pthread_t t;
    struct code two = CODE(two);
    lfiptr at = load_or_die(box, 0x740000, CODE(one));
    loop_entry = load_or_die(box, 0x750000, CODE(spin_word));
    looper = new_ctx(box);
    spin_reset(box, word);
    lfi_set_stopped(engine, goes_on);
    pthread_create(&t, NULL, loop, NULL);
    spin_wait(box, word);
    /* No run begins with a handler that is not the library's.  */
    sigaction(SIGILL, &held, &trap_action);
    atomic_store(&holding, 1);
    lfi_ctx_preempt(looper);
    while (atomic_load(&holding) != 2)
        usleep(100);
    lfi_box_mprotect(box, at, page, RW);
    lfi_box_copyto(box, at, two.start, (size_t)(two.end - two.start));
    CHECK("other thread: about to go on after a stop, no other code",
          lfi_box_mprotect(box, at, page, RX) == -1 && errno == EAGAIN && prot_at(at) == RW);
    atomic_store(&holding, 0);
    spin_end(box, word, 3);
    pthread_join(t, NULL);
    sigaction(SIGILL, &trap_action, NULL);
    CHECK("other thread: once that has ended, other code",
          !lfi_ctx_fault(looper) && lfi_box_mprotect(box, at, page, RX) == 0 && runs(at, 2));
    lfi_set_stopped(engine, NULL);
    lfi_ctx_free(looper);
}

/* Threads that make system calls all the time are seen outside.  */
static atomic_bool stop_calls;

static void handler(struct LFIContext *c)
{
    if (stop_calls && c != ctx)
        lfi_ctx_exit(c, 0);
}

static void *caller(void *arg)
{
    struct LFIContext *c = new_ctx(box);
    lfi_ctx_run(c, loop_entry);
    lfi_ctx_free(c);
    return arg;
}

static void test_busy_threads(void)
{
    pthread_t t[2];
    unsigned good = 0;
    loop_entry = load_or_die(box, 0x910000, CODE(syscall_loop));
    lfi_sys_handler(engine, handler);
    for (int i = 0; i < 2; i++)
        pthread_create(&t[i], NULL, caller, NULL);
    for (int i = 0; i < 50; i++) {
        lfiptr at;
        /* On a busy machine a thread can be preempted for longer than the library waits.  */
        do
            at = load(box, 0x900000, i & 1 ? CODE(one) : CODE(two));
        while (at == FAILED && errno == EAGAIN);
        good += at != FAILED && runs(at, i & 1 ? 1 : 2);
    }
    stop_calls = true;
    for (int i = 0; i < 2; i++)
        pthread_join(t[i], NULL);
    CHECK("other threads that make system calls: code is replaced", good == 50);
}

static bool set(struct LFIEngine *e, const char *name)
{
    struct LFIBox *b = new_box(e);
    bool ok = lfi_box_set_profile(b, lfi_profile_find(ARCH, name));
    ok = ok && strcmp(lfi_box_profile(b)->name, name) == 0;
    lfi_box_free(b);
    return ok;
}

static bool stores_accepts(struct LFIEngine *e, const char *name)
{
    struct LFIBox *b = new_box(e);
    bool ok = lfi_box_set_profile(b, lfi_profile_find(ARCH, name))
              && load(b, 0, CODE(bad_load)) != FAILED && load(b, 0, CODE(bad_svc)) == FAILED;
    lfi_box_free(b);
    return ok;
}

static void test_profiles(void)
{
    const enum LFIArch foreign = ARCH == LFI_ARCH_AARCH64 ? LFI_ARCH_X86_64 : LFI_ARCH_AARCH64;
    struct LFIProfile forged = *lfi_profile_find(ARCH, "full");
    struct LFIBox *b = new_box(engine);
    CHECK("profile: full by default", strcmp(lfi_box_profile(b)->name, "full") == 0);
    CHECK("profile: a row that is not of the table", !lfi_box_set_profile(b, &forged)
                                                         && !lfi_box_set_profile(b, NULL)
                                                         && lfi_errno() == LFI_ERR_PROFILE);
    CHECK("profile: a row of another architecture",
          !lfi_box_set_profile(b, lfi_profile_find(foreign, "full"))
              && lfi_errno() == LFI_ERR_PROFILE && lfi_box_profile(b)->arch == ARCH);
#if HAVE_SPEC
    CHECK("profile: spec has its table in page 0, full does not",
          lfi_box_set_profile(b, lfi_profile_find(ARCH, "spec"))
              && *(uint64_t *)lfi_box_info(b).base == ((uint64_t *)lfi_box_info(b).base)[-1]
              && ((uint64_t *)lfi_box_info(b).base)[32] == lfi_box_info(b).base);
    CHECK("profile: set again, the table stays",
          lfi_box_set_profile(b, lfi_box_profile(b))
              && *(uint64_t *)lfi_box_info(b).base == ((uint64_t *)lfi_box_info(b).base)[-1]);
    struct LFIContext *c = new_ctx(b);
    CHECK("profile: back to full, page 0 is unmapped",
          lfi_box_set_profile(b, lfi_profile_find(ARCH, "full"))
              && lfi_ctx_run(c, load_or_die(b, 0, CODE(load_x0))) == -1
              && lfi_ctx_fault(c)->addr == lfi_box_info(b).base);
    lfi_ctx_free(c);
#endif
    lfi_box_free(b);
    b = new_box(engine);
    struct LFIContext *d = new_ctx(b);
    CHECK("profile: full again, page 0 stays unmapped",
          lfi_box_set_profile(b, lfi_box_profile(b))
              && lfi_ctx_run(d, load_or_die(b, 0, CODE(load_x0))) == -1
              && lfi_ctx_fault(d)->addr == lfi_box_info(b).base);
    lfi_ctx_free(d);
    lfi_box_free(b);
    b = new_box(engine);
#if HAVE_SPEC
    lfi_box_set_profile(b, lfi_profile_find(ARCH, "spec"));
#endif
    load_or_die(b, 0, CODE(fall_off));
    CHECK("profile: fixed once there was code",
          !lfi_box_set_profile(b, lfi_profile_find(ARCH, "full")) && lfi_errno() == LFI_ERR_STATE);
#if HAVE_SPEC
    CHECK("profile: spec rejects the table below the base",
          load(b, 0, CODE(syscall_return)) == FAILED);
    CHECK("profile: full rejects the table in page 0", load(box, 0, CODE(spec_tp)) == FAILED);
#endif
    lfi_box_free(b);
    CHECK("profile: accepted by default",
          set(engine, "full") && (!HAVE_SPEC || set(engine, "spec")));
    CHECK("profile: not accepted by default", !set(engine, "stores") && !set(engine, "spec-stores")
                                                  && !set(engine, "none")
                                                  && lfi_errno() == LFI_ERR_PROFILE);
    struct LFIEngine *e = new_engine((struct LFIOptions){.stores_only = true}, 1);
    CHECK("profile: stores_only accepts stores", set(e, "stores")
                                                     && (!HAVE_SPEC || set(e, "spec-stores"))
                                                     && set(e, "full") && !set(e, "none"));
    CHECK("profile: stores frees loads alone", stores_accepts(e, "stores"));
    lfi_free(e);
}

static void test_no_verify(void)
{
    struct LFIEngine *e = new_engine((struct LFIOptions){.no_verify = true}, 1);
    struct LFIBox *b = new_box(e);
    CHECK("no_verify: runs what the verifier rejects", load(b, 0, CODE(bad_load)) != FAILED);
    CHECK("no_verify: still never writable and executable",
          lfi_box_mapany(b, page, RW | LFI_PROT_EXEC, ANON, -1, 0) == FAILED);
    lfi_box_free(b);
    CHECK("no_verify: profile none", set(e, "none"));
    lfi_free(e);
}

int main(void)
{
    engine = new_engine((struct LFIOptions){0}, 2);
    box = new_box(engine);
    ctx = new_ctx(box);
    info = lfi_box_info(box);
    base = info.base;
    page = page_size();
    test_verification();
    test_regions();
    test_replaced();
    test_files();
    test_threads();
    test_promised();
    test_busy_threads();
    test_profiles();
    test_no_verify();
    lfi_ctx_free(ctx);
    lfi_box_free(box);
    lfi_free(engine);
    puts("DONE");
    return 0;
}
