/* Using a box again; memory that the host placed; what skips the verifier.
   SPDX-License-Identifier: Apache-2.0  */
#include "test.h"

static struct LFIEngine *engine;
static struct LFIBox *box;
static struct LFIBoxInfo info;
static size_t page;

/* How often something got execute permission.  */
static _Atomic unsigned made_executable; /* by any thread */
int __real_mprotect(void *addr, size_t size, int prot);
int __wrap_mprotect(void *addr, size_t size, int prot);
int __wrap_mprotect(void *addr, size_t size, int prot)
{
    made_executable += (prot & PROT_EXEC) != 0;
    return __real_mprotect(addr, size, prot);
}

static lfiptr map(lfiptr addr, size_t size, int prot)
{
    return lfi_box_mapat(box, addr, size, prot, ANON, -1, 0);
}

static struct LFIMapInfo query(lfiptr at)
{
    struct LFIMapInfo q = {.prot = -1};
    lfi_box_mquery(box, at, &q);
    return q;
}

static bool mapped(lfiptr at)
{
    return query(at).prot != -1;
}

static bool runs(lfiptr at, int result)
{
    struct LFIContext *ctx = new_ctx(box);
    int code = lfi_ctx_run(ctx, at);
    bool ok = !lfi_ctx_fault(ctx) && code == result;
    lfi_ctx_free(ctx);
    return ok;
}

/* Whether the kernel lets the host read there.  */
static bool readable(lfiptr at)
{
    char byte;
    return lfi_box_copyfm(box, &byte, at, 1) != NULL;
}

static void test_reset(void)
{
    lfiptr at = info.min + 64 * page, code = load_or_die(box, 0x400000, CODE(one));
    size_t size = (size_t)(CODE(one).end - CODE(one).start);
    int value = 5, got = 0;
    map(at, 8 * page, RW);
    CHECK("original: nothing before the mark", !query(at).original && !query(code).original);
    lfi_box_mark_original(box);
    CHECK("original: all that was mapped", query(at).original && query(code).original);
    map(at + 8 * page, page, RW);
    CHECK("original: a new neighbour is not, and stays apart",
          !query(at + 8 * page).original && query(at).size == 8 * page);
    lfi_box_mprotect(box, at + page, page, LFI_PROT_READ);
    map(at + 4 * page, page, RW);
    lfi_box_munmap(box, at + 6 * page, page);
    lfiptr more = load_or_die(box, 0x800000, CODE(two));
    lfi_box_copyto(box, at, &value, 4);
    CHECK("original: not after a mapping over it", !query(at + 4 * page).original
                                                       && query(at + 3 * page).original
                                                       && query(at + 5 * page).original);
    lfi_box_unmap_non_original(box);
    CHECK("reset: what was mapped since is gone",
          !mapped(at + 8 * page) && !mapped(more) && !readable(at + 8 * page) && !readable(more));
    CHECK("reset: what was mapped over an original is gone",
          !mapped(at + 4 * page) && !readable(at + 4 * page) && mapped(at + 3 * page)
              && mapped(at + 5 * page));
    CHECK("reset: what was unmapped is not restored", !mapped(at + 6 * page));
    CHECK("reset: contents and protection stay", lfi_box_copyfm(box, &got, at, 4) && got == 5
                                                     && query(at + page).prot == LFI_PROT_READ
                                                     && query(at + 2 * page).prot == RW);
    CHECK("reset: original code runs", query(code).original && runs(code, 1));
    CHECK("reset: other code where there was some",
          load(box, 0x800000, CODE(one)) == more && runs(more, 1));
    CHECK("original: not code that was data or other code before",
          lfi_box_mprotect(box, code, page, LFI_PROT_READ) == 0 && query(code).original
              && lfi_box_mprotect(box, code, size, RX) == 0 && !query(code).original);
    lfi_box_unmap_non_original(box);
    CHECK("reset: that is gone", !mapped(code) && !readable(code));
    lfi_box_munmap(box, info.min, info.max - info.min);
    lfi_box_unmap_non_original(box);
    CHECK("reset: an empty box", !mapped(at));
}

/* Code that another thread may still be in is waited for, as after munmap.  */
struct spinner {
    struct LFIContext *ctx;
    lfiptr at;
    int code;
};

static void *spin(void *arg)
{
    struct spinner *s = arg;
    s->code = lfi_ctx_run(s->ctx, s->at);
    return NULL;
}

static void test_reset_threads(void)
{
    lfiptr word = lfi_box_mapany(box, page, RW, ANON, -1, 0);
    lfi_box_mark_original(box);
    struct spinner s = {new_ctx(box), load_or_die(box, 0x400000, CODE(spin_word)), 0};
    pthread_t thread;
    lfi_ctx_regs(s.ctx)->A0 = word;
    spin_reset(box, word);
    pthread_create(&thread, NULL, spin, &s);
    spin_wait(box, word);
    lfi_box_unmap_non_original(box);
    pthread_join(thread, NULL);
    CHECK("reset: a thread in code that goes away faults",
          s.code == -1 && lfi_ctx_fault(s.ctx) && lfi_ctx_fault(s.ctx)->sig == SIGSEGV);
    CHECK("reset: new code is there as soon as it has left",
          load(box, 0x400000, CODE(one)) == s.at && runs(s.at, 1));
    lfi_ctx_free(s.ctx);
    lfi_box_munmap(box, info.min, info.max - info.min);
}

static void test_reset_running(void)
{
    lfiptr word = lfi_box_mapany(box, page, RW, ANON, -1, 0);
    struct spinner s = {new_ctx(box), load_or_die(box, 0x400000, CODE(spin_word)), 0};
    pthread_t thread;
    lfi_box_mark_original(box);
    lfiptr more = load_or_die(box, 0x800000, CODE(one));
    lfi_ctx_regs(s.ctx)->A0 = word;
    spin_reset(box, word);
    pthread_create(&thread, NULL, spin, &s);
    spin_wait(box, word);
    lfi_box_unmap_non_original(box);
    CHECK("reset: while a thread runs, no other code where there was some",
          load(box, 0x800000, CODE(two)) == FAILED && errno == EAGAIN);
    spin_end(box, word, 3);
    pthread_join(thread, NULL);
    CHECK("reset: when it has ended there is",
          s.code == 3 && load(box, 0x800000, CODE(two)) == more && runs(more, 2));
    lfi_ctx_free(s.ctx);
    lfi_box_munmap(box, info.min, info.max - info.min);
}

static lfiptr take(lfiptr at, size_t size, int prot, int flags)
{
    return lfi_box_mapat_register(box, at, size, prot, flags, -1, 0);
}

static void *place(lfiptr at, size_t size, int prot, int flags)
{
    void *p = mmap((void *)at, size, prot, MAP_ANONYMOUS | MAP_FIXED | flags, -1, 0);
    if (p == MAP_FAILED)
        give_up("mmap");
    return p;
}

/* A region that begins with 'one'; the rest is nops.  */
static lfiptr load_two_pages(void)
{
    char *bytes = malloc(2 * page);
    struct code one = CODE(one);
    lfiptr at = lfi_box_mapat(box, info.base + 0x400000, 2 * page, RW, ANON, -1, 0);
    fill_nops(bytes, 2 * page);
    memcpy(bytes, one.start, (size_t)(one.end - one.start));
    lfi_box_copyto(box, at, bytes, 2 * page);
    free(bytes);
    if (lfi_box_mprotect(box, at, 2 * page, RX) != 0 || !runs(at, 1))
        give_up("two pages of code");
    return at;
}

static void test_register(void)
{
    struct code one = CODE(one), bad = CODE(bad_svc);
    lfiptr at = lfi_box_mapany(box, 4 * page, LFI_PROT_NONE, ANON, -1, 0);
    int value = 7, got = 0;
    memcpy(place(at, page, PROT_READ | PROT_WRITE, MAP_SHARED), &value, 4);
    CHECK("register: what the host placed is the box's",
          take(at, page, RW, LFI_MAP_SHARED | LFI_MAP_ANONYMOUS) == at
              && lfi_box_copyfm(box, &got, at, 4) && got == 7
              && query(at).flags == (LFI_MAP_SHARED | LFI_MAP_ANONYMOUS) && query(at).prot == RW);
    CHECK("register: shared memory does not become code",
          lfi_box_mprotect(box, at, 8, RX) == -1 && errno == EACCES
              && take(at, 8, RX, LFI_MAP_SHARED | LFI_MAP_ANONYMOUS) == FAILED && errno == EACCES);
    CHECK("register: its protection is what was said",
          take(at, page, LFI_PROT_NONE, ANON) == at && !readable(at)
              && take(at, page, LFI_PROT_READ, ANON) == at && readable(at));
    CHECK("register: NOREPLACE", take(at, page, RW, ANON | LFI_MAP_FIXED_NOREPLACE) == FAILED
                                     && errno == EEXIST && mapped(at));
    CHECK("register: arguments", take(at + 1, page, RW, ANON) == FAILED && errno == EINVAL
                                     && take(info.base, page, RW, ANON) == FAILED && errno == ENOMEM
                                     && take(at, page, RW | LFI_PROT_EXEC, ANON) == FAILED
                                     && errno == EACCES && take(at, page, RW, 0) == FAILED
                                     && errno == EINVAL && mapped(at));

    char *code = place(at + page, page, PROT_READ | PROT_WRITE, MAP_PRIVATE);
    size_t size = (size_t)(one.end - one.start);
    memcpy(code, one.start, size);
    CHECK("register: code is verified",
          take(at + page, size, RX, ANON) == at + page && runs(at + page, 1));
    code = place(at + 2 * page, page, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE);
    size = (size_t)(bad.end - bad.start);
    memcpy(code, bad.start, size);
    made_executable = 0;
    CHECK("register: bad code is refused, and not left there",
          take(at + 2 * page, size, RX, ANON) == FAILED && errno == EACCES
              && lfi_errno() == LFI_ERR_VERIFY && !mapped(at + 2 * page)
              && !readable(at + 2 * page));
    CHECK("register: and was not executable meanwhile", made_executable == 0);
    place(at + 2 * page, page, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE);
    struct LFIContext *ctx = new_ctx(box);
    memcpy((void *)(at + 2 * page), one.start, (size_t)(one.end - one.start));
    CHECK("register: data is never executable", take(at + 2 * page, page, RW, ANON) == at + 2 * page
                                                    && lfi_ctx_run(ctx, at + 2 * page) == -1
                                                    && lfi_ctx_fault(ctx)->sig == SIGSEGV);
    lfi_ctx_free(ctx);
    munmap((void *)(at + 3 * page), page);
    CHECK("register: a hole is refused and filled",
          take(at + 3 * page, page, RW, ANON) == FAILED && !mapped(at + 3 * page)
              && msync((void *)(at + 3 * page), page, MS_ASYNC) == 0);
    lfiptr two_pages = load_two_pages();
    place(two_pages + page, page, PROT_READ | PROT_WRITE, MAP_PRIVATE);
    CHECK("register: over a part of code takes execute permission from all of it",
          take(two_pages + page, page, RW, ANON) == two_pages + page
              && query(two_pages + page).prot == RW && query(two_pages).prot == LFI_PROT_READ
              && !runs(two_pages, 1));
    lfi_box_munmap(box, info.min, info.max - info.min);
    CHECK("register: unmapped with the rest", !mapped(at) && !readable(at));
}

static void test_register_single(void)
{
    struct LFIBox *single = lfi_box_new(engine);
    const struct LFIProfile *profile = lfi_profile_find(ARCH, "single");
    if (single && profile && lfi_box_set_profile(single, profile))
        CHECK("register: memory that others write in a box for one thread",
              lfi_box_mapat_register(single, lfi_box_info(single).min, page, RW,
                                     LFI_MAP_SHARED | LFI_MAP_ANONYMOUS, -1, 0)
                      == FAILED
                  && errno == EACCES);
    lfi_box_free(single);
}

static bool refused(void)
{
    return errno == EPERM && lfi_errno() == LFI_ERR_STATE;
}

static void test_noverify(void)
{
    struct code bad = CODE(bad_second);
    size_t size = (size_t)(bad.end - bad.start);
    lfiptr at = lfi_box_mapany(box, page, RW, ANON, -1, 0);
    lfi_box_copyto(box, at, bad.start, size);
    CHECK("noverify: an engine that verifies has no way around it",
          lfi_box_mprotect_noverify(box, at, size, RX) == -1 && refused() && query(at).prot == RW
              && lfi_box_mapany_noverify(box, page, RX, ANON, -1, 0) == FAILED && refused());
    CHECK("noverify: whatever the protection",
          lfi_box_mprotect_noverify(box, at, page, LFI_PROT_READ) == -1 && refused()
              && lfi_box_mapany_noverify(box, page, RW, ANON, -1, 0) == FAILED && refused());
    struct LFIEngine *unsafe = new_engine((struct LFIOptions){.no_verify = true}, 1);
    struct LFIBox *b = new_box(unsafe);
    at = lfi_box_mapany_noverify(b, page, RW, ANON, -1, 0);
    lfi_box_copyto(b, at, bad.start, size);
    CHECK("noverify: an engine that was made for it",
          at != FAILED && lfi_box_mprotect_noverify(b, at, size, RX) == 0);
    CHECK("noverify: not writable and executable",
          lfi_box_mprotect_noverify(b, at, page, RW | LFI_PROT_EXEC) == -1 && errno == EACCES);
    lfi_box_free(b);
    lfi_free(unsafe);
}

static void test_profiles(void)
{
    const struct LFIProfile *full = lfi_profile_named("full");
    CHECK("profile: by name",
          full && full == lfi_profile_find(ARCH, "full") && full == lfi_box_profile(box));
    CHECK("profile: its name", strcmp(lfi_profile_name(full), "full") == 0);
    CHECK("profile: none", !lfi_profile_named("nothing") && lfi_errno() == LFI_ERR_PROFILE);
}

int main(void)
{
    page = page_size();
    engine = new_engine((struct LFIOptions){0}, 2);
    box = new_box(engine);
    info = lfi_box_info(box);
    test_reset();
    test_reset_threads();
    test_reset_running();
    test_register();
    test_register_single();
    test_noverify();
    test_profiles();
    lfi_box_free(box);
    lfi_free(engine);
    printf("DONE\n");
    return 0;
}
