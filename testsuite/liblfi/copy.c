/* Copies of boxes: what is in them, what runs in them, what is refused.
   SPDX-License-Identifier: Apache-2.0  */
#define _GNU_SOURCE
#include "test.h"

#include "lfi_invoke.h"

/* The library's own: liblfi/core/internal.h.  */
void lfi_ctx_set_pc(struct LFIContext *ctx, uint64_t pc);

#if defined(__x86_64__)
enum { FIRST_INSN = 3 };
#else
enum { FIRST_INSN = 4 };
#endif

static struct LFIEngine *engine;
static struct LFIBox *box;
static lfiptr base;
static size_t page;

static struct LFIBox *new_oblivious(struct LFIEngine *e)
{
    struct LFIBox *b = new_box(e);
    if (!lfi_box_set_profile(b, lfi_profile_named("poc")))
        give_up("lfi_box_set_profile");
    return b;
}

static struct LFIBox *copy_or_die(void)
{
    struct LFIBox *copy = lfi_box_copy(box, NULL);
    if (!copy)
        give_up("lfi_box_copy");
    return copy;
}

static lfiptr in(struct LFIBox *b, lfiptr at)
{
    return lfi_box_info(b).base + (at - base);
}

static struct LFIMapInfo query(struct LFIBox *b, lfiptr at)
{
    struct LFIMapInfo q = {.prot = -1};
    lfi_box_mquery(b, at, &q);
    return q;
}

static bool has(struct LFIBox *b, lfiptr at, const char *text)
{
    char got[64];
    return lfi_box_copyfm(b, got, at, strlen(text) + 1) && strcmp(got, text) == 0;
}

static lfiptr map(size_t size, int prot, int flags, int fd)
{
    lfiptr at = lfi_box_mapany(box, size, prot, flags, fd, 0);
    if (at == FAILED)
        give_up("mapping");
    return at;
}

static void put(lfiptr at, const char *text)
{
    if (!lfi_box_copyto(box, at, text, strlen(text) + 1))
        give_up("filling");
}

static int file_with(const char *text)
{
    char name[] = "/tmp/lfi-copy.XXXXXX";
    int fd = mkstemp(name);
    if (fd < 0 || unlink(name) != 0 || write(fd, text, strlen(text) + 1) < 0
        || ftruncate(fd, (off_t)page) != 0)
        give_up("file");
    return fd;
}

static void test_pointers(void)
{
    lfiptr at = map(page, RW, ANON, -1);
    CHECK("pointers for the box have no base", lfi_box_p2l(box, at) == at - base);
    CHECK("pointers of the box get it", lfi_box_l2p(box, at - base) == at);
    CHECK("functions take addresses as the host has them",
          lfi_box_ptrvalid(box, at) && !lfi_box_ptrvalid(box, at - base));
    lfi_box_munmap(box, at, page);
}

/* qemu-user has no such call.  */
static bool can_share(void)
{
    void *p = mmap(NULL, page, PROT_READ, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    void *q = mremap(p, 0, page, MREMAP_MAYMOVE);
    munmap(p, page);
    return q != MAP_FAILED && munmap(q, page) == 0;
}

static void test_shared(void)
{
    int fd = file_with("text");
    lfiptr shared = map(page, RW, LFI_MAP_SHARED, fd);
    lfiptr between = map(3 * page, RW, LFI_MAP_SHARED | LFI_MAP_ANONYMOUS, -1);
    /* Of another object, which the box does not tell apart.  */
    lfiptr near = lfi_box_mapat(box, between + 2 * page, page, RW, LFI_MAP_SHARED | LFI_MAP_ANONYMOUS,
                                -1, 0);
    struct LFIBox *copy = lfi_box_copy(box, NULL);
    if (!can_share()) {
        printf("SKIP: shared memory: this host cannot map it once more\n");
        CHECK("which is said", !copy && strstr(lfi_errmsg(), "shared memory"));
    } else {
        put(shared, "through the file");
        put(between + page, "through memory");
        put(near, "nearby");
        CHECK("shared memory is shared", copy && has(copy, in(copy, shared), "through the file")
                                             && has(copy, in(copy, between + page), "through memory")
                                             && has(copy, in(copy, near), "nearby"));
        lfi_box_copyto(copy, in(copy, between), "back", 5);
        CHECK("in both directions", has(box, between, "back"));
        CHECK("and known as that", query(copy, in(copy, between)).flags & LFI_MAP_SHARED);
        lfi_box_free(copy);
        CHECK("shared memory stays when the copy goes", has(box, between + page, "through memory"));
    }
    lfi_box_munmap(box, shared, page);
    lfi_box_munmap(box, between, 3 * page);
    close(fd);
}

static void test_memory(void)
{
    const char text[] = "text in a page", file_text[] = "text in a file";
    int fd = file_with(file_text);
    lfiptr plain = map(4 * page, RW, ANON, -1), hidden = map(page, RW, ANON, -1);
    lfiptr only = map(page, RW, ANON, -1), room = map(1 << 30, LFI_PROT_NONE, ANON, -1);
    lfiptr file = map(page, RW, LFI_MAP_PRIVATE, fd), old = map(page, RW, ANON, -1);
    put(plain + 2 * page, text);
    put(hidden, text);
    put(only, text);
    put(old, text);
    lfi_box_mark_original(box);
    lfiptr new = map(page, RW, ANON, -1);
    lfi_box_mprotect(box, hidden, page, LFI_PROT_NONE);
    lfi_box_mprotect(box, only, page, LFI_PROT_READ);
    lfi_box_set_memory_limit(box, 64 << 20);

    struct LFIBox *copy = copy_or_die();
    CHECK("another base", lfi_box_info(copy).base != base);
    CHECK("the profile", lfi_box_profile(copy) == lfi_box_profile(box));
    CHECK("contents", has(copy, in(copy, plain + 2 * page), text));
    CHECK("permissions", query(copy, in(copy, only)).prot == LFI_PROT_READ
                             && query(copy, in(copy, hidden)).prot == LFI_PROT_NONE
                             && query(copy, in(copy, plain)).prot == RW
                             && !lfi_box_copyto(copy, in(copy, only), "x", 1));
    CHECK("contents of memory that cannot be accessed",
          lfi_box_mprotect(copy, in(copy, hidden), page, LFI_PROT_READ) == 0
              && has(copy, in(copy, hidden), text) && !has(box, hidden, text));
    CHECK("reserved ranges", query(copy, in(copy, room)).size == (size_t)1 << 30
                                 && query(copy, in(copy, room)).prot == LFI_PROT_NONE);
    CHECK("as much memory as there was",
          lfi_box_memory(copy) == lfi_box_memory(box) && lfi_box_memory(box) < 1 << 20);
    CHECK("the limit on memory",
          lfi_box_mapany(copy, 65 << 20, RW, ANON, -1, 0) == FAILED && errno == ENOMEM);
    CHECK("private memory of a file", has(copy, in(copy, file), file_text));
    CHECK("what was original", query(copy, in(copy, old)).original
                                   && !query(copy, in(copy, new)).original);

    put(plain + 2 * page, "changed");
    put(file, "changed");
    CHECK("private memory is private", has(copy, in(copy, plain + 2 * page), text)
                                           && has(copy, in(copy, file), file_text));
    lfi_box_free(copy);
    lfi_box_set_memory_limit(box, 0);

    lfi_box_munmap(box, file, page);
    lfiptr gone = map(page, LFI_PROT_READ, LFI_MAP_PRIVATE, fd);
    if (ftruncate(fd, 0) != 0)
        give_up("ftruncate");
    copy = copy_or_die();
    CHECK("pages behind the end of a file are zeros",
          !has(box, gone, "") && has(copy, in(copy, gone), ""));
    lfi_box_free(copy);
    lfi_box_munmap(box, gone, page);
    close(fd);
}

static int result_of(struct LFIBox *b, lfiptr code)
{
    struct LFIContext *ctx = new_ctx(b);
    int result = lfi_ctx_run(ctx, code);
    lfi_ctx_free(ctx);
    return result;
}

static void test_code(void)
{
    lfiptr code = load_or_die(box, 0, CODE(one));
    struct LFIBox *copy = copy_or_die();
    CHECK("code runs in the copy", query(copy, in(copy, code)).prot == RX
                                       && result_of(copy, in(copy, code)) == result_of(box, code));
    CHECK("and is not writable",
          lfi_box_mprotect(copy, in(copy, code), page, RW | LFI_PROT_EXEC) == -1);
    lfi_box_munmap(box, code, page);
    CHECK("also when the first is gone", result_of(copy, in(copy, code)) == 1);
    lfi_box_free(copy);
}

/* Bytes that were never verified do not run, whatever they were copied from.  */
static void test_unverified(void)
{
    struct LFIEngine *unsafe = new_engine((struct LFIOptions){.no_verify = true}, 2);
    struct LFIBox *hostile = new_oblivious(unsafe);
    lfiptr code = load_or_die(hostile, 0, CODE(bad_svc));
    struct LFIBox *copy = lfi_box_copy(hostile, NULL);
    CHECK("an engine that does not verify copies what it has", copy != NULL);
    lfi_box_free(copy);
    copy = lfi_box_copy(hostile, engine);
    CHECK("one that verifies refuses it", !copy && lfi_errno() == LFI_ERR_VERIFY);
    lfi_box_munmap(hostile, code, page);
    copy = lfi_box_copy(hostile, engine);
    CHECK("and takes the box without it", copy && lfi_box_engine(copy) == engine);
    lfi_box_free(copy);
    lfi_box_free(hostile);
    lfi_free(unsafe);
}

/* The handler of the system call: the first makes a copy.  */
static struct LFIBox *made_box;
static struct LFIContext *made_ctx;

static void handler(struct LFIContext *ctx)
{
    if (!made_box) {
        made_box = lfi_box_copy(box, NULL);
        made_ctx = made_box ? lfi_ctx_copy(ctx, made_box, &made_ctx) : NULL;
    }
    lfi_ctx_regs(ctx)->A0 = 17;
}

static void test_contexts(void)
{
    lfiptr code = load_or_die(box, 0, CODE(syscall_return)), word = map(page, RW, ANON, -1);
    struct LFIContext *ctx = new_ctx(box);
    lfi_ctx_set_tp(ctx, 0x123456789abcdef0);
    lfi_ctx_regs(ctx)->SP = word + 512;
    lfi_sys_handler(engine, handler);
    CHECK("a box is copied in a handler", lfi_ctx_run(ctx, code) == 17 && made_ctx);
    struct LFIRegs *regs = lfi_ctx_regs(made_ctx);
    CHECK("the context is the copy's", lfi_ctx_box(made_ctx) == made_box
                                           && lfi_ctx_data(made_ctx) == &made_ctx);
    CHECK("its registers", lfi_ctx_get_tp(made_ctx) == 0x123456789abcdef0
                               && regs->SP == in(made_box, word) + 512
                               && regs->BASE == lfi_box_info(made_box).base
                               && regs->CTXREG == (uintptr_t)made_ctx);
    regs->A0 = 18;
    CHECK("it goes on behind the call", lfi_ctx_resume(made_ctx) == 18);
    CHECK("a context that was run to its end can be resumed no less than run",
          lfi_ctx_run(made_ctx, in(made_box, code)) == 17);
    lfi_ctx_free(made_ctx);
    lfi_box_free(made_box);

    /* Stopped anywhere, also behind the first instruction of a bundle.  */
    struct LFIBox *copy;
    struct LFIContext *other, *same;
    lfiptr sum = load_or_die(box, 0, CODE(add_return));
    lfi_ctx_regs(ctx)->A0 = 40;
    lfi_ctx_regs(ctx)->A1 = 2;
    lfi_ctx_set_pc(ctx, sum);
    copy = copy_or_die();
    other = lfi_ctx_copy(ctx, copy, NULL), same = lfi_ctx_copy(ctx, box, NULL);
    CHECK("a context that was stopped goes on there", lfi_ctx_resume(other) == 42);
    CHECK("in the same box too", same && lfi_ctx_resume(same) == 42);
    lfi_ctx_free(other);
    lfi_ctx_set_pc(ctx, sum + FIRST_INSN);
    other = lfi_ctx_copy(ctx, copy, NULL);
    CHECK("exactly there", lfi_ctx_resume(other) == 40);
    lfi_ctx_free(other);
    lfi_ctx_free(same);
    lfi_box_free(copy);
    lfi_ctx_free(ctx);
    lfi_box_munmap(box, code, page);
    lfi_box_munmap(box, sum, page);
}

static long from_box(long n)
{
    return 3 * n;
}

/* In a call that a handler of the same context made.  */
static bool nested_refused;

static void from_nested(void)
{
    nested_refused = !lfi_ctx_copy(lfi_cur_ctx(), box, NULL) && lfi_errno() == LFI_ERR_STATE;
}

static lfiptr nested_stub;

static void calling_handler(struct LFIContext *ctx)
{
    LFI_INVOKE(box, &ctx, nested_stub, void, (void));
}

static void test_nested(void)
{
    lfiptr code = load_or_die(box, 0, CODE(syscall_return));
    struct LFIContext *ctx = new_ctx(box);
    nested_stub = lfi_box_l2p(box, (lfiptr)lfi_box_register_cb(box, (void *)from_nested));
    lfi_ctx_regs(ctx)->SP = new_stack(box);
    lfi_sys_handler(engine, calling_handler);
    lfi_ctx_run(ctx, code);
    CHECK("a context that was called from its own handler is not copied", nested_refused);
    lfi_ctx_free(ctx);
    lfi_box_munmap(box, code, page);
}

static void test_callbacks(void)
{
    void *stub = lfi_box_register_cb(box, (void *)from_box);
    struct LFIContext *ctx = new_ctx(box), *other;
    CHECK("a callback is an offset", stub && (uintptr_t)stub < LFI_BOX_SIZE);
    lfi_ctx_regs(ctx)->SP = new_stack(box);
    lfiptr fn = lfi_box_l2p(box, (lfiptr)stub);
    CHECK("it is called", LFI_INVOKE(box, &ctx, fn, long, (long), 5) == 15);
    struct LFIBox *copy = copy_or_die();
    other = lfi_ctx_copy(ctx, copy, NULL);
    lfiptr there = lfi_box_l2p(copy, (lfiptr)stub);
    CHECK("from the copy too", LFI_INVOKE(copy, &other, there, long, (long), 6) == 18);
    lfi_box_unregister_cb(box, (void *)from_box);
    CHECK("each has its own table", LFI_INVOKE(copy, &other, there, long, (long), 7) == 21);
    lfi_ctx_free(other);
    lfi_box_free(copy);
    lfi_ctx_free(ctx);
}

static void *run_spin(void *arg)
{
    struct LFIContext *ctx = arg;
    lfi_ctx_run(ctx, (lfiptr)lfi_ctx_data(ctx));
    return NULL;
}

static void test_refused(void)
{
    struct LFIBox *plain = new_box(engine), *target = copy_or_die();
    struct LFIContext *c = new_ctx(plain), *own = new_ctx(box);
    CHECK("code that has the base in it is refused",
          !lfi_box_copy(plain, NULL) && lfi_errno() == LFI_ERR_PROFILE
              && strstr(lfi_errmsg(), "compile it with -mlfi-poc"));
    CHECK("its contexts too", !lfi_ctx_copy(c, target, NULL) && lfi_errno() == LFI_ERR_PROFILE
                                  && !lfi_ctx_copy(own, plain, NULL)
                                  && lfi_errno() == LFI_ERR_PROFILE
                                  && !lfi_ctx_copy(c, plain, NULL)
                                  && lfi_errno() == LFI_ERR_PROFILE);
    lfi_ctx_free(c);
    lfi_ctx_free(own);
    lfi_box_free(plain);
    lfi_box_free(target);

    lfiptr spin = load_or_die(box, 0, CODE(loop));
    struct LFIContext *ctx = lfi_ctx_new(box, (void *)spin);
    pthread_t thread;
    if (!ctx || pthread_create(&thread, NULL, run_spin, ctx) != 0)
        give_up("a thread");
    bool refused = false;
    for (int i = 0; i < 10000 && !refused; i++) {
        struct LFIBox *copy = lfi_box_copy(box, NULL);
        refused = !copy && lfi_errno() == LFI_ERR_STATE;
        lfi_box_free(copy);
        usleep(1000);
    }
    CHECK("a box that another thread runs is not copied", refused);
    target = new_oblivious(engine);
    CHECK("nor resumed twice", lfi_ctx_resume(ctx) == -1 && lfi_errno() == LFI_ERR_STATE);
    CHECK("nor is the context", !lfi_ctx_copy(ctx, target, NULL) && lfi_errno() == LFI_ERR_STATE);
    while (!lfi_ctx_interrupt(ctx))
        usleep(1000);
    pthread_join(thread, NULL);
    lfi_ctx_free(ctx);
    lfi_box_free(target);

    struct LFIBox *all[8];
    int n = 0;
    while (n < 8 && (all[n] = lfi_box_new(engine)))
        n++;
    CHECK("no box is left", !lfi_box_copy(box, NULL) && lfi_errno() == LFI_ERR_BOXMAP);
    while (n > 0)
        lfi_box_free(all[--n]);
    lfi_box_munmap(box, spin, page);
}

int main(void)
{
    page = page_size();
    engine = new_engine((struct LFIOptions){0}, 4);
    box = new_oblivious(engine);
    base = lfi_box_info(box).base;
    test_pointers();
    test_shared();
    test_memory();
    test_code();
    test_unverified();
    test_contexts();
    test_callbacks();
    test_nested();
    test_refused();
    lfi_box_free(box);
    lfi_free(engine);
    puts("DONE");
    return 0;
}
