/* Kernel calls that fail: nothing is lost that need not be, no hole is left.  Linked with
   wrappers of the calls.
   SPDX-License-Identifier: Apache-2.0  */
#include "test.h"

#include <sys/auxv.h>

static struct LFIBox *box;
static struct LFIContext *ctx;
static size_t page;

/* Each fails the call with that errno when its turn comes; 0: never.  */
static struct {
    int mmap, mmap_hole, mmap_elsewhere, mremap, mremap_hole, mprotect, pread, pread_eintr;
    int malloc, calloc, memalign;
    bool mmap_all, hwcap2;
    int lowest;        /* errno of mappings at address 0 that replace nothing */
    int low;           /* of all that replace nothing, or -1: the kernel does not know the flag */
    uintptr_t low_was; /* where the last of those that succeeded is */
} fail;

void *__real_mmap(void *addr, size_t size, int prot, int flags, int fd, off_t off);
void *__wrap_mmap(void *addr, size_t size, int prot, int flags, int fd, off_t off);
void *__real_mremap(void *old, size_t old_size, size_t size, int flags, void *addr);
void *__wrap_mremap(void *old, size_t old_size, size_t size, int flags, void *addr);
int __real_mprotect(void *addr, size_t size, int prot);
int __wrap_mprotect(void *addr, size_t size, int prot);
ssize_t __real_pread(int fd, void *to, size_t size, off_t off);
ssize_t __wrap_pread(int fd, void *to, size_t size, off_t off);

static bool turn(int *which)
{
    if (*which == 0 || --*which > 0)
        return false;
    errno = ENOMEM;
    return true;
}

void *__wrap_mmap(void *addr, size_t size, int prot, int flags, int fd, off_t off)
{
    if (turn(&fail.mmap_hole)) {
        munmap(addr, size);
        errno = ENOMEM;
        return MAP_FAILED;
    }
    /* As where something is there already.  */
    if (fail.mmap_elsewhere > 0 && addr && !(flags & MAP_FIXED)) {
        fail.mmap_elsewhere--;
        addr = (void *)((uintptr_t)addr + 16 * page_size());
    }
    if (flags & MAP_FIXED_NOREPLACE) {
        int err = addr || fail.low ? fail.low : fail.lowest;
        if (err == -1)
            return __real_mmap(NULL, size, prot, flags & ~MAP_FIXED_NOREPLACE, -1, 0);
        if (err) {
            errno = err;
            return MAP_FAILED;
        }
        fail.low_was = (uintptr_t)addr;
    }
    return fail.mmap_all || turn(&fail.mmap) ? MAP_FAILED
                                             : __real_mmap(addr, size, prot, flags, fd, off);
}

void *__wrap_mremap(void *old, size_t old_size, size_t size, int flags, void *addr)
{
    if (turn(&fail.mremap_hole)) {
        munmap(addr, size);
        errno = ENOMEM;
        return MAP_FAILED;
    }
    return turn(&fail.mremap) ? MAP_FAILED : __real_mremap(old, old_size, size, flags, addr);
}

int __wrap_mprotect(void *addr, size_t size, int prot)
{
    return turn(&fail.mprotect) ? -1 : __real_mprotect(addr, size, prot);
}

ssize_t __wrap_pread(int fd, void *to, size_t size, off_t off)
{
    if (turn(&fail.pread))
        return -1;
    if (turn(&fail.pread_eintr)) {
        errno = EINTR;
        return -1;
    }
    return __real_pread(fd, to, size, off);
}

unsigned long __real_getauxval(unsigned long type);
unsigned long __wrap_getauxval(unsigned long type);
unsigned long __wrap_getauxval(unsigned long type)
{
    return type == AT_HWCAP2 && fail.hwcap2 ? 0 : __real_getauxval(type);
}

void *__real_malloc(size_t n);
void *__wrap_malloc(size_t n);
void *__wrap_malloc(size_t n)
{
    return turn(&fail.malloc) ? NULL : __real_malloc(n);
}

void *__real_calloc(size_t n, size_t each);
void *__wrap_calloc(size_t n, size_t each);
void *__wrap_calloc(size_t n, size_t each)
{
    return turn(&fail.calloc) ? NULL : __real_calloc(n, each);
}

int __real_posix_memalign(void **to, size_t align, size_t n);
int __wrap_posix_memalign(void **to, size_t align, size_t n);
int __wrap_posix_memalign(void **to, size_t align, size_t n)
{
    return turn(&fail.memalign) ? ENOMEM : __real_posix_memalign(to, align, n);
}

static bool hole(lfiptr at)
{
    return msync((void *)at, page, MS_ASYNC) < 0 && errno == ENOMEM;
}

static bool mapped(lfiptr at)
{
    struct LFIMapInfo q;
    return lfi_box_mquery(box, at, &q);
}

static bool readable(lfiptr at, int expected)
{
    int value;
    return lfi_box_copyfm(box, &value, at, 4) && value == expected;
}

static unsigned host_maps(void)
{
    FILE *f = fopen("/proc/self/maps", "r");
    unsigned n = 0;
    for (int c; (c = getc(f)) != EOF;)
        n += c == '\n';
    fclose(f);
    return n;
}

static lfiptr fresh(int value)
{
    lfiptr at = lfi_box_mapat(box, lfi_box_info(box).min, page, RW, ANON, -1, 0);
    lfi_box_copyto(box, at, &value, 4);
    return at;
}

static void test_data(void)
{
    lfiptr at = fresh(5);
    fail.mmap = 1;
    CHECK("mapat: a kernel that refuses leaves the old mapping",
          lfi_box_mapat(box, at, page, RW, ANON, -1, 0) == FAILED && errno == ENOMEM
              && lfi_errno() == LFI_ERR_MMAP && mapped(at) && readable(at, 5));
    fail.mmap_hole = 1;
    CHECK("mapat: a kernel that fails half-way leaves no hole",
          lfi_box_mapat(box, at, page, RW, ANON, -1, 0) == FAILED && errno == ENOMEM && !hole(at)
              && !mapped(at) && !readable(at, 5));
    at = fresh(6);
    fail.mmap_hole = 1;
    CHECK("munmap: a kernel that fails half-way leaves no hole",
          lfi_box_munmap(box, at, page) == -1 && !hole(at) && !mapped(at));
    at = fresh(7);
    fail.mmap = 1;
    CHECK("munmap: a kernel that refuses",
          lfi_box_munmap(box, at, page) == -1 && errno == ENOMEM && mapped(at) && readable(at, 7));
    fail.mprotect = 1;
    CHECK("mprotect: a kernel that refuses",
          lfi_box_mprotect(box, at, page, LFI_PROT_READ) == -1 && errno == ENOMEM
              && lfi_box_copyto(box, at, &(int){8}, 4) && readable(at, 8));
}

static void test_file(void)
{
    lfiptr at = fresh(5);
    int fd = open("/proc/self/exe", O_RDONLY);
    unsigned maps = host_maps();
    fail.mremap = 1;
    CHECK("mapat: a file that cannot be moved leaves the old mapping",
          lfi_box_mapat(box, at, page, LFI_PROT_READ, LFI_MAP_PRIVATE, fd, 0) == FAILED
              && errno == ENOMEM && readable(at, 5) && (host_maps() == maps || SANITIZER));
    fail.mremap_hole = 1;
    CHECK("mapat: a file, half-way",
          lfi_box_mapat(box, at, page, LFI_PROT_READ, LFI_MAP_PRIVATE, fd, 0) == FAILED && !hole(at)
              && !mapped(at));
    close(fd);
}

static void test_code(void)
{
    lfiptr at = fresh(0);
    char path[] = "/tmp/lfi-refused-XXXXXX";
    struct code one = CODE(one);
    size_t size = (size_t)(one.end - one.start);
    int fd = mkstemp(path);
    unlink(path);
    if (write(fd, one.start, size) < 0)
        give_up("writing a file");
    unsigned maps = host_maps();
    fail.mmap = 1;
    CHECK("code: no memory for the copy",
          lfi_box_mapat(box, at, size, RX, LFI_MAP_PRIVATE, fd, 0) == FAILED && errno == ENOMEM
              && readable(at, 0));
    fail.pread = 1;
    CHECK("code: a file that cannot be read",
          lfi_box_mapat(box, at, size, RX, LFI_MAP_PRIVATE, fd, 0) == FAILED && errno == ENOMEM
              && strstr(lfi_errmsg(), "read") && readable(at, 0));
    fail.mprotect = 1;
    CHECK("code: a copy that cannot be protected",
          lfi_box_mapat(box, at, size, RX, LFI_MAP_PRIVATE, fd, 0) == FAILED && errno == ENOMEM
              && readable(at, 0));
    fail.mremap = 1;
    CHECK("code: a copy that cannot be moved",
          lfi_box_mapat(box, at, size, RX, LFI_MAP_PRIVATE, fd, 0) == FAILED && errno == ENOMEM
              && readable(at, 0));
    CHECK("code: no copy is left", (host_maps() == maps || SANITIZER));
    fail.mremap_hole = 1;
    CHECK("code: half-way", lfi_box_mapat(box, at, size, RX, LFI_MAP_PRIVATE, fd, 0) == FAILED
                                && !hole(at) && !mapped(at));
    at = fresh(0);
    fail.mprotect = 2;
    CHECK("code: a kernel that refuses execution leaves nothing there",
          lfi_box_mapat(box, at, size, RX, LFI_MAP_PRIVATE, fd, 0) == FAILED && errno == ENOMEM
              && !hole(at) && !mapped(at) && !readable(at, 0));
    fail.pread_eintr = 1;
    CHECK("code: an interrupted read goes on",
          lfi_box_mapat(box, at, size, RX, LFI_MAP_PRIVATE, fd, 0) == at
              && lfi_ctx_run(ctx, at) == 1);
    fail.mprotect = 1;
    CHECK("code: execution that cannot be taken",
          lfi_box_munmap(box, at, page) == -1 && errno == ENOMEM && lfi_ctx_run(ctx, at) == 1);
    fail.mprotect = 1;
    CHECK("code: execution that cannot be taken, mprotect",
          lfi_box_mprotect(box, at, page, RW) == -1 && lfi_ctx_run(ctx, at) == 1);
    fail.mprotect = 1;
    CHECK("code: execution that cannot be taken, mapat",
          lfi_box_mapat(box, at, page, RW, ANON, -1, 0) == FAILED && lfi_ctx_run(ctx, at) == 1);
    close(fd);
}

static void test_objects(void)
{
    struct LFIEngine *engine = lfi_box_engine(box);
    unsigned maps = host_maps();
    fail.mmap = 1;
    CHECK("lfi_box_new: no table", !lfi_box_new(engine) && lfi_errno() == LFI_ERR_MMAP
                                       && !strstr(lfi_errmsg(), "vm.max_map_count"));
    fail.mprotect = 1;
    CHECK("lfi_box_new: a table that stays writable",
          !lfi_box_new(engine) && lfi_errno() == LFI_ERR_MMAP);
    CHECK("lfi_box_new: nothing is left", (host_maps() == maps || SANITIZER));
    struct LFIBox *b = lfi_box_new(engine);
#if HAVE_SPEC
    fail.mmap = 1;
    CHECK("lfi_box_set_profile: no page 0",
          b && !lfi_box_set_profile(b, lfi_profile_find(ARCH, "spec"))
              && lfi_errno() == LFI_ERR_MMAP && strcmp(lfi_box_profile(b)->name, "full") == 0);
#endif
#if defined(__x86_64__)
    unsigned with_box = host_maps();
    for (int i = 0; i < 2; i++) {
        *(i ? &fail.mprotect : &fail.mmap) = 1;
        CHECK("lfi_box_set_profile: no table",
              b && !lfi_box_set_profile(b, lfi_profile_find(ARCH, "nosegue"))
                  && lfi_errno() == LFI_ERR_MMAP && strcmp(lfi_box_profile(b)->name, "full") == 0
                  && host_maps() == with_box);
    }
#endif
    lfi_box_free(b);
    CHECK("lfi_box_set_profile: nothing is left", (host_maps() == maps || SANITIZER));
}

static void test_memory(void)
{
    struct LFIEngine *e = lfi_new((struct LFIOptions){0}, 1);
    fail.calloc = 1;
    CHECK("lfi_box_new: no memory", !lfi_box_new(e) && lfi_errno() == LFI_ERR_ALLOC);
    struct LFIBox *b = lfi_box_new(e);
    lfiptr at = lfi_box_info(b).min;
    struct LFIMapInfo q;
    for (int n = 1; n <= 2; n++) {
        fail.malloc = n;
        CHECK("mapat: no memory", lfi_box_mapat(b, at, page, RW, ANON, -1, 0) == FAILED
                                      && errno == ENOMEM && !lfi_box_mquery(b, at, &q)
                                      && fail.malloc == 0);
    }
    CHECK("mapat: memory again", lfi_box_mapat(b, at, page, RW, ANON, -1, 0) == at);
    fail.memalign = 1;
    CHECK("lfi_ctx_new: no memory", !lfi_ctx_new(b, NULL) && lfi_errno() == LFI_ERR_ALLOC);
    lfi_box_free(b);
    lfi_free(e);
    for (int n = 1; n <= 2; n++) {
        fail.calloc = n;
        e = lfi_new((struct LFIOptions){0}, 1);
        CHECK("lfi_new: no memory", !e && lfi_errno() == LFI_ERR_ALLOC && fail.calloc == 0);
    }
    struct code one = CODE(one);
    size_t size = (size_t)(one.end - one.start);
    at = lfi_box_mapany(box, page, RW, ANON, -1, 0);
    lfi_box_copyto(box, at, one.start, size);
    /* What a change of mappings needs is there after one that failed late.  */
    fail.mprotect = 1;
    lfi_box_mprotect(box, at, size, RX);
    fail.malloc = 1;
    CHECK("code: no memory for what the verifier wants to know",
          lfi_box_mprotect(box, at, size, RX) == 0 && lfi_ctx_run(ctx, at) == 1);
    fail.malloc = 0;
    lfi_box_munmap(box, at, page);
}

static bool usable(struct LFIEngine *e)
{
    struct LFIBox *b = e ? lfi_box_new(e) : NULL;
    uintptr_t base = b ? lfi_box_info(b).base : 1;
    lfi_box_free(b);
    return base % LFI_BOX_SIZE == 0 && !hole(base - page - EDGE_BELOW)
           && !hole(base + LFI_BOX_SIZE + EDGE_ABOVE - page);
}

static void test_engine(void)
{
    unsigned maps = host_maps();
    fail.mmap_elsewhere = 3;
    struct LFIEngine *e = lfi_new((struct LFIOptions){0}, 1);
    CHECK("lfi_new: other places are tried", usable(e));
    lfi_free(e);
    fail.mmap_elsewhere = 1000;
    e = lfi_new((struct LFIOptions){0}, 1);
    CHECK("lfi_new: the kernel's choice, aligned", usable(e));
    lfi_free(e);
    fail.mmap_elsewhere = 0;
    CHECK("lfi_new: nothing is left", (host_maps() == maps || SANITIZER));
    fail.mmap_all = true;
    e = lfi_new((struct LFIOptions){0}, 1);
    fail.mmap_all = false;
    CHECK("lfi_new: no addresses",
          !e && lfi_errno() == LFI_ERR_RESERVE && (host_maps() == maps || SANITIZER));
}

/* The box at address 0: who can map how low, and kernels that do not take addresses.  */
static void test_lowest(void)
{
#if defined(__x86_64__)
    struct LFIOptions one = {.layout = LFI_LAYOUT_ONE};
    const int errors[] = {EPERM, EACCES};
    for (int i = 0; i < 2; i++) {
        fail.lowest = errors[i];
        struct LFIEngine *e = lfi_new(one, 1);
        struct LFIBox *b = e ? lfi_box_new(e) : NULL;
        CHECK("lfi_new: the lowest address is not 0",
              b && fail.low_was > 0 && fail.low_was <= lfi_box_info(b).min
                  && lfi_box_info(b).base == 0 && !hole(lfi_box_info(b).min));
        lfi_box_free(b);
        lfi_free(e);
    }
    fail.lowest = ENOMEM;
    fail.low_was = 1;
    CHECK("lfi_new: no other address is tried for other reasons",
          !lfi_new(one, 1) && lfi_errno() == LFI_ERR_RESERVE && fail.low_was == 1
              && strstr(lfi_errmsg(), "limit"));
    fail.lowest = 0;
    fail.low = EPERM;
    CHECK("lfi_new: no low address can be mapped", !lfi_new(one, 1)
                                                       && lfi_errno() == LFI_ERR_RESERVE
                                                       && strstr(lfi_errmsg(), "not permitted"));
    unsigned maps = host_maps();
    fail.low = -1;
    bool refused = !lfi_new(one, 1) && lfi_errno() == LFI_ERR_RESERVE
                   && strstr(lfi_errmsg(), "in the way is unknown");
    fail.low = 0;
    CHECK("lfi_new: a kernel that maps elsewhere", refused);
    CHECK("lfi_new: what it mapped is gone", host_maps() <= maps);
#endif
}

/* What the processor must have.  */
static void test_host(void)
{
    fail.hwcap2 = true;
    struct LFIEngine *e = lfi_new((struct LFIOptions){.stores_only = true, .no_verify = true}, 1);
    CHECK("lfi_new: a host without second capabilities", e);
#if defined(__x86_64__)
    struct LFIBox *b = new_box(e);
    CHECK("a host without fsgsbase: profile of a new box",
          strcmp(lfi_box_profile(b)->name, "nosegue") == 0);
    const struct LFIProfile *p;
    for (size_t i = 0; (p = lfi_profile_at(i)); i++) {
        char name[80];
        bool gs = p->base == LFI_BASE_SEGMENT || p->base == LFI_BASE_SLOT;
        if (p->arch != ARCH || p->guard == LFI_GUARD_ONE)
            continue;
        bool ok = lfi_box_set_profile(b, p);
        snprintf(name, sizeof name, "a host without fsgsbase: profile %s", p->name);
        CHECK(name, ok == !gs
                        && (ok
                            || (lfi_errno() == LFI_ERR_HOST && strstr(lfi_errmsg(), p->name)
                                && strstr(lfi_errmsg(), "fsgsbase"))));
    }
    struct LFIContext *c = new_ctx(b);
    lfiptr entry = load_or_die(b, 0, CODE(one_nosegue));
    CHECK("a host without fsgsbase: a box runs", lfi_ctx_run(c, entry) == 1 && !lfi_ctx_fault(c));
    lfi_ctx_free(c);
    lfi_box_free(b);
    struct LFIEngine *dense = lfi_new((struct LFIOptions){.layout = LFI_LAYOUT_DENSE}, 1);
    CHECK("a host without fsgsbase: no box of layout dense",
          dense && !lfi_box_new(dense) && lfi_errno() == LFI_ERR_HOST
              && strstr(lfi_errmsg(), "fsgsbase"));
    lfi_free(dense);
#endif
    fail.hwcap2 = false;
    lfi_free(e);
}

static void *no_altstack(void *arg)
{
    fail.mmap = 1;
    struct LFIContext *c = arg;
    lfiptr entry = lfi_box_info(box).min;
    CHECK("first entry: no memory for an alternate stack",
          lfi_ctx_run(c, entry) == -1 && lfi_errno() == LFI_ERR_SIGALTSTACK && lfi_ctx_fault(c)
              && lfi_ctx_fault(c)->kind == LFI_FAULT_ENTRY);
    fail.mprotect = 1;
    CHECK("first entry: an alternate stack that cannot be written",
          lfi_ctx_run(c, entry) == -1 && lfi_errno() == LFI_ERR_SIGALTSTACK);
    return NULL;
}

/* The first page of stubs.  */
static void test_callbacks(void)
{
    fail.malloc = 1;
    CHECK("callback: no memory for its code",
          !lfi_box_register_cb(box, (void *)test_callbacks) && lfi_errno() == LFI_ERR_ALLOC);
    fail.calloc = 1;
    CHECK("callback: no memory for its slot",
          !lfi_box_register_cb(box, (void *)test_callbacks) && lfi_errno() == LFI_ERR_ALLOC);
    fail.mmap = 1;
    CHECK("callback: no memory in the box", !lfi_box_cbinit(box) && lfi_errno() == LFI_ERR_MMAP);
    struct LFIContext *c = new_ctx(box);
    fail.mmap = 1;
    CHECK("call: no memory for where it returns to",
          LFI_INVOKE(box, &c, lfi_box_info(box).min, int, (void)) == 0
              && lfi_invoke_info.end == LFI_INVOKE_REFUSED && !lfi_cur_ctx());
    lfi_ctx_free(c);
    CHECK("callback: then there is", lfi_box_register_cb(box, (void *)test_callbacks) != NULL);
    lfi_box_unregister_cb(box, (void *)test_callbacks);
}

/* Whatever fails while a box is copied: the box is what it was, and nothing is left of the copy.  */
static void test_copies(void)
{
    static const struct {
        const char *name;
        int *turn;
    } kinds[] = {{"mmap", &fail.mmap},     {"mprotect", &fail.mprotect}, {"mremap", &fail.mremap},
                 {"malloc", &fail.malloc}, {"calloc", &fail.calloc},     {"memalign", &fail.memalign}};
    struct LFIEngine *e = new_engine((struct LFIOptions){0}, 2);
    struct LFIBox *from = new_box(e);
    struct LFIContext *c = new_ctx(from);
    int value = 77, got = 0;
    char name[64];
    lfi_box_set_profile(from, lfi_profile_named("poc"));
    lfiptr hidden = lfi_box_mapany(from, page, RW, ANON, -1, 0);
    load_or_die(from, 0, CODE(one));
    lfi_box_copyto(from, hidden, &value, sizeof value);
    lfi_box_mark_original(from);
    lfi_box_mprotect(from, hidden, page, LFI_PROT_NONE);
    lfi_box_mapany(from, page, RW, ANON, -1, 0);
    lfi_box_register_cb(from, (void *)test_copies);
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        unsigned maps = host_maps(), n = 0, refused = 0;
        bool otherwise = true;
        for (bool came = true; came;) {
            lfi_profile_named("another error");
            *kinds[i].turn = (int)++n;
            struct LFIBox *copy = lfi_box_copy(from, NULL);
            came = *kinds[i].turn == 0;
            *kinds[i].turn = 0;
            /* The verifier does without some memory.  */
            refused += came && !copy;
            otherwise = otherwise && (came || copy) && (copy || lfi_errno() != LFI_ERR_PROFILE);
            lfi_box_free(copy);
        }
        snprintf(name, sizeof name, "copies: %s fails", kinds[i].name);
        CHECK(name, otherwise && (refused || kinds[i].turn == &fail.memalign));
        snprintf(name, sizeof name, "copies: nothing is left, %s", kinds[i].name);
        CHECK(name, host_maps() <= maps);
    }
    fail.memalign = 1;
    CHECK("copies: no memory for a context",
          !lfi_ctx_copy(c, from, NULL) && lfi_errno() == LFI_ERR_ALLOC);
    fail.memalign = 0;
    struct LFIBox *copy = lfi_box_copy(from, NULL);
    lfiptr there = copy ? lfi_box_l2p(copy, hidden) : 0;
    CHECK("copies: then it works", copy && lfi_box_mprotect(copy, there, page, LFI_PROT_READ) == 0
                                       && lfi_box_copyfm(copy, &got, there, 4) && got == value);
    lfi_box_free(copy);
    lfi_ctx_free(c);
    lfi_box_free(from);
    lfi_free(e);
}

int main(void)
{
    struct LFIEngine *engine = new_engine((struct LFIOptions){0}, 2);
    pthread_t t;
    box = new_box(engine);
    ctx = new_ctx(box);
    page = page_size();
    test_data();
    test_file();
    test_code();
    test_objects();
    test_memory();
    test_callbacks();
    test_copies();
    test_engine();
    test_host();
    if (!skipped(SAN_ANY, "lfi_new: the lowest addresses", "they are the sanitizer's"))
        test_lowest();
    struct LFIContext *c = new_ctx(box);
    if (!skipped(SAN_ADDRESS, "first entry", "every thread has an alternate stack")) {
        pthread_create(&t, NULL, no_altstack, c);
        pthread_join(t, NULL);
    }
    lfi_ctx_free(c);
    lfi_ctx_free(ctx);
    lfi_box_free(box);
    lfi_free(engine);
    puts("DONE");
    return 0;
}
