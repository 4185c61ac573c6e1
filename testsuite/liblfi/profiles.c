/* Every profile of x86-64, in every layout that it fits: crossings, faults, tables, limits.
   SPDX-License-Identifier: Apache-2.0  */
#include "test.h"

unsigned long callee_saved_changed(int (*run)(struct LFIContext *, uintptr_t),
                                   struct LFIContext *ctx, uintptr_t entry);

#define NAMES(X, kind)                                                                             \
    X(kind, call)                                                                                  \
    X(kind, one)                                                                                   \
    X(kind, preserved)                                                                             \
    X(kind, preserved_avx)                                                                         \
    X(kind, tp)                                                                                    \
    X(kind, dump)                                                                                  \
    X(kind, unused)                                                                                \
    X(kind, set_sp)                                                                                \
    X(kind, load_after_call)                                                                       \
    X(kind, load)                                                                                  \
    X(kind, store)                                                                                 \
    X(kind, jump)                                                                                  \
    X(kind, push)                                                                                  \
    X(kind, trap)                                                                                  \
    X(kind, spin)                                                                                  \
    X(kind, state_return)                                                                          \
    X(kind, state_call)                                                                            \
    X(kind, state_fault)                                                                           \
    X(kind, state_unused)                                                                          \
    X(kind, single_return)                                                                         \
    X(kind, bad_r11)                                                                               \
    X(kind, bad_jump)                                                                              \
    X(kind, bad_ac)                                                                                \
    X(kind, bad_store)

#define FIELD(kind, name) struct code name;
#define DECLARE(kind, name) extern const char code_##kind##_##name[], code_##kind##_##name##_end[];
#define VALUE(kind, name) .name = {code_##kind##_##name, code_##kind##_##name##_end},

struct blobs {
    NAMES(FIELD, )
};
NAMES(DECLARE, segment)
NAMES(DECLARE, segment16)
NAMES(DECLARE, register)
NAMES(DECLARE, zero)
NAMES(DECLARE, slot)
static const struct blobs segment = {NAMES(VALUE, segment)}, segment16 = {NAMES(VALUE, segment16)},
                          reg = {NAMES(VALUE, register)}, zero = {NAMES(VALUE, zero)},
                          slot = {NAMES(VALUE, slot)};

/* What a profile is and where it runs.  */
struct row {
    const char *name;
    enum LFILayout layout;
    const struct blobs *code;
    unsigned bundle;
    bool gs, r14, r15; /* what the profile reserves */
    bool single, unverified;
};
static const struct row rows[] = {
    {"full", LFI_LAYOUT_SPARSE, &segment, 32, true, true, true, false, false},
    {"stores", LFI_LAYOUT_SPARSE, &segment, 32, true, true, true, false, false},
    {"bundle16", LFI_LAYOUT_SPARSE, &segment16, 16, true, true, true, false, false},
    {"nosegue", LFI_LAYOUT_SPARSE, &reg, 32, false, true, true, false, false},
    {"dense", LFI_LAYOUT_DENSE, &segment, 32, true, true, true, false, false},
    {"dense", LFI_LAYOUT_SPARSE, &segment, 32, true, true, true, false, false},
    {"single", LFI_LAYOUT_SPARSE, &segment, 32, true, true, true, true, false},
    {"one", LFI_LAYOUT_ONE, &zero, 32, false, false, true, false, false},
    {"one-single", LFI_LAYOUT_ONE, &zero, 32, false, false, true, true, false},
    {"allregs", LFI_LAYOUT_SPARSE, &slot, 32, true, false, false, false, false},
    {"bundle-jumps", LFI_LAYOUT_SPARSE, &segment, 32, true, true, true, false, true},
    {"none", LFI_LAYOUT_SPARSE, &segment, 32, true, true, true, false, true},
};
enum { NROWS = sizeof rows / sizeof rows[0] };
static const char *const layouts[] = {"default", "sparse", "dense", "one"};

static const struct row *row;
static struct LFIEngine *engine;
static struct LFIBox *box;
static struct LFIContext *ctx;
static struct LFIBoxInfo info;
static uint64_t base;
static lfiptr sp;

static void test(const char *what, bool ok, const char *condition, int line)
{
    char name[128];
    snprintf(name, sizeof name, "%s, %s: %s", row->name, layouts[row->layout], what);
    check(name, ok, condition, line);
}
#define TEST(name, condition) test(name, condition, #condition, __LINE__)

/* The host's state, as a handler finds it.  */
enum { ADDS = 6, EXITS = 5, NESTS = 8 };
enum { FLAG_DF = 0x400, FLAG_AC = 0x40000, MXCSR_INIT = 0x1f80, FCW_INIT = 0x37f };
static const uint64_t odd_gs = UINT64_C(0x123456789000);

static uint64_t gs_base(void)
{
    uint64_t v;
    __asm__ volatile("rdgsbase %0" : "=r"(v));
    return v;
}

static void set_gs_base(uint64_t v)
{
    __asm__ volatile("wrgsbase %0" ::"r"(v));
}

struct state {
    uint32_t mxcsr;
    uint16_t fcw, ftw;
    uint64_t flags, gs;
};

static struct state state_now(void)
{
    struct state s;
    uint16_t env[14];
    __asm__ volatile("pushfq\n popq %0" : "=r"(s.flags));
    __asm__ volatile("stmxcsr %0\n fnstcw %1" : "=m"(s.mxcsr), "=m"(s.fcw));
    __asm__ volatile("fnstenv %0" : "=m"(env));
    if (s.fcw != FCW_INIT)
        __asm__ volatile("fldcw %0" ::"m"(s.fcw));
    s.ftw = env[4];
    s.gs = gs_base();
    return s;
}

static bool have_avx(void)
{
    return __builtin_cpu_supports("avx");
}

/* Something in every register that a call need not preserve.  */
static void dirty(void)
{
    __asm__ volatile("fldpi\n fldpi\n fldpi\n fldpi\n fldpi\n fldpi\n fldpi\n fldpi\n emms\n" ::
                         : "st");
    __asm__ volatile("mov $-1, %%eax\n movd %%eax, %%xmm0\n pshufd $0, %%xmm0, %%xmm0\n"
                     ".irp n, 1,2,3,4,5,6,7,8,9,10,11,12,13,14,15\n"
                     "movaps %%xmm0, %%xmm\\n\n .endr\n"
                     "mov $-1, %%rcx\n mov $-1, %%rdx\n mov $-1, %%rsi\n mov $-1, %%rdi\n"
                     "mov $-1, %%r8\n mov $-1, %%r9\n mov $-1, %%r10\n mov $-1, %%r11\n stc\n" ::
                         : "rax", "rcx", "rdx", "rsi", "rdi", "r8", "r9", "r10", "r11", "xmm0",
                           "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9",
                           "xmm10", "xmm11", "xmm12", "xmm13", "xmm14", "xmm15", "cc");
    if (have_avx())
        __asm__ volatile(".irp n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15\n"
                         "vinsertf128 $1, %%xmm\\n, %%ymm\\n, %%ymm\\n\n .endr\n" ::
                             : "memory");
}

static struct state in_handler;
static uint64_t handler_rsp, handler_r11, gs_in_handler;
static void *second_thread(void *arg);
static lfiptr inner_entry;
static struct LFIContext *inner_ctx;
static int inner_result;

static void handler(struct LFIContext *c)
{
    struct LFIRegs *regs = lfi_ctx_regs(c);
    in_handler = state_now();
    handler_rsp = regs->rsp;
    handler_r11 = regs->r11;
    if (gs_in_handler)
        set_gs_base(gs_in_handler);
    if (regs->rdx == EXITS)
        lfi_ctx_exit(c, (int)regs->rax);
    if (regs->rdx == NESTS) {
        pthread_t t;
        inner_result = lfi_ctx_run(inner_ctx, inner_entry);
        pthread_create(&t, NULL, second_thread, NULL);
        pthread_join(t, NULL);
    }
    regs->rax = regs->rdx == ADDS ? regs->rax + regs->rdi : 0;
    dirty();
}

/* Another thread, while this one is in a handler: refused where one may be in the box.  */
static bool second_ran;

static void *second_thread(void *arg)
{
    struct LFIContext *c = lfi_ctx_new(box, NULL);
    second_ran = lfi_ctx_run(c, load_or_die(box, 0, row->code->one)) == 1;
    lfi_ctx_free(c);
    return arg;
}

static lfiptr put(struct code code)
{
    return load_or_die(box, 0, code);
}

static int run_with(lfiptr entry, uint64_t rax)
{
    lfi_ctx_regs_init(ctx);
    lfi_ctx_regs(ctx)->rsp = sp;
    lfi_ctx_regs(ctx)->rax = rax;
    return lfi_ctx_run(ctx, entry);
}

static bool faults(lfiptr entry, uint64_t rax, int sig)
{
    int r = run_with(entry, rax);
    const struct LFIFault *f = lfi_ctx_fault(ctx);
    return r == -1 && f && f->kind == LFI_FAULT_SIGNAL && f->sig == sig && !lfi_cur_ctx();
}

static bool alive(void)
{
    return run_with(put(row->code->one), 0) == 1 && !lfi_ctx_fault(ctx);
}

/* Calls.  */

static void test_calls(void)
{
    struct LFIRegs *regs = lfi_ctx_regs(ctx);
    lfiptr call = put(row->code->call);
    lfi_ctx_regs_init(ctx);
    regs->rdx = ADDS;
    regs->rdi = 40;
    regs->rax = 2;
    TEST("system call", lfi_ctx_run(ctx, call) == 42 && !lfi_ctx_fault(ctx));
    TEST("system call: it resumes at the next bundle", handler_r11 == call + row->bundle);
    lfi_ctx_regs_init(ctx);
    regs->rdx = EXITS;
    regs->rax = 77;
    TEST("exit from a handler", lfi_ctx_run(ctx, call) == 77 && !lfi_ctx_fault(ctx));
    TEST("the entry is reduced to a bundle of the box",
         lfi_ctx_run(ctx, (call & 0xffffffff) | (row->bundle - 1) | UINT64_C(0x777) << 32) == 77);
    inner_ctx = lfi_ctx_new(box, NULL);
    inner_entry = put(row->code->one);
    lfi_ctx_regs_init(ctx);
    regs->rdx = NESTS;
    TEST("a handler runs the box on the same thread",
         lfi_ctx_run(ctx, call) == 0 && inner_result == 1);
    TEST("a second thread after that, before the outer run has ended", second_ran == !row->single);
    inner_entry = put(row->code->trap);
    lfi_ctx_regs_init(ctx);
    regs->rdx = NESTS;
    TEST("a fault in there leaves the outer run",
         lfi_ctx_run(ctx, call) == 0 && inner_result == -1 && !lfi_ctx_fault(ctx));
    lfi_ctx_free(inner_ctx);
}

struct dump {
    uint64_t r[15]; /* of rbx rcx rdx rsi rdi rbp r8 r9 r10 r11 r12 r13 r14 r15, from 1 on */
    uint64_t flags;
    uint32_t mxcsr, pad;
    uint32_t env[7];
    uint8_t pad2[256 - 164];
    uint64_t xmm[32], mm[8];
};

static bool zeros(const uint64_t *v, unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        if (v[i])
            return false;
    return true;
}

static void test_registers(void)
{
    struct LFIRegs *regs = lfi_ctx_regs(ctx);
    struct dump d;
    lfiptr at = lfi_box_mapany(box, 4096, RW, ANON, -1, 0), dump = put(row->code->dump);
    uint64_t self = (uintptr_t)regs;
    lfi_ctx_regs_init(ctx);
    TEST("new registers", regs->r14 == (row->r14 ? base : 0) && regs->r15 == (row->r15 ? self : 0)
                              && regs->rsp == base && regs->rax == 0);
    regs->rax = at;
    dirty();
    TEST("entry: runs", lfi_ctx_run(ctx, dump) == 7);
    lfi_box_copyfm(box, &d, at, sizeof d);
    TEST("entry: no register holds anything of the host",
         zeros(&d.r[1], 9) && zeros(&d.r[11], 2) && d.r[13] == (row->r14 ? base : 0)
             && d.r[14] == (row->r15 ? self : 0) && zeros(d.xmm, 32) && zeros(d.mm, 8));
    TEST("entry: r11, flags and control words",
         d.r[10] == dump && d.flags == 0x200 && d.mxcsr == MXCSR_INIT
             && (d.env[0] & 0xffff) == FCW_INIT && (d.env[2] & 0xffff) == 0xffff && d.env[3] == 0);
    lfi_ctx_regs_init(ctx);
    regs->rax = at;
    uint64_t *const r[] = {&regs->rbx, &regs->rcx, &regs->rdx, &regs->rsi, &regs->rdi,
                           &regs->rbp, &regs->r8,  &regs->r9,  &regs->r10, &regs->r11,
                           &regs->r12, &regs->r13, &regs->r14, &regs->r15};
    for (unsigned i = 0; i < 14; i++)
        *r[i] = 0x110000000000 + i;
    regs->rflags = ~UINT64_C(0x400);
    regs->mxcsr = 0x3f80;
    for (unsigned i = 0; i < 16; i++)
        regs->vector[i] = (struct LFIVector){{0x2200 + i, 0x3300 + i}};
    TEST("stored: runs", lfi_ctx_run(ctx, dump) == 7);
    lfi_box_copyfm(box, &d, at, sizeof d);
    bool same = d.mxcsr == 0x3f80 && d.flags == 0xd701;
    for (unsigned i = 0; i < 14; i++)
        same = same
               && d.r[i + 1]
                      == (i == 9                ? dump
                          : i == 12 && row->r14 ? base
                          : i == 13 && row->r15 ? self
                                                : UINT64_C(0x110000000000) + i);
    for (unsigned i = 0; i < 16; i++)
        same = same && d.xmm[2 * i] == 0x2200 + i && d.xmm[2 * i + 1] == 0x3300 + i;
    TEST("stored: what the box finds, reserved registers as they must be", same);
    regs->r14 = regs->r15 = 0x99;
    lfi_ctx_regs_relink_ctxreg(ctx);
    TEST("relink: reserved registers alone",
         regs->r14 == (row->r14 ? base : 0x99) && regs->r15 == (row->r15 ? self : 0x99));
    lfi_box_munmap(box, at, 4096);
    /* Nothing of those that another profile reserved.  */
    struct LFIBox *b = row->layout == LFI_LAYOUT_ONE ? NULL : lfi_box_new(engine);
    struct LFIContext *c = b ? lfi_ctx_new(b, NULL) : NULL;
    if (c && lfi_box_set_profile(b, lfi_profile_find(ARCH, row->name))) {
        lfiptr word = lfi_box_mapany(b, 4096, RW, ANON, -1, 0);
        lfi_ctx_regs(c)->rax = word;
        TEST("a context made before the profile was set",
             lfi_ctx_run(c, load_or_die(b, 0, row->code->dump)) == 7
                 && lfi_box_copyfm(b, &d, word, sizeof d)
                 && d.r[13] == (row->r14 ? lfi_box_info(b).base : 0)
                 && d.r[14] == (row->r15 ? (uintptr_t)lfi_ctx_regs(c) : 0));
    }
    lfi_ctx_free(c);
    lfi_box_free(b);
}

static void test_survival(void)
{
    TEST("registers survive a system call",
         run_with(put(row->code->preserved), 0) == 0 && !lfi_ctx_fault(ctx));
    TEST("upper halves survive a system call",
         !have_avx() || (run_with(put(row->code->preserved_avx), 0) == 0 && !lfi_ctx_fault(ctx)));
    lfi_ctx_set_tp(ctx, 500);
    TEST("thread pointer by rtcalls: nothing else changes",
         run_with(put(row->code->tp), 4) == 504 && !lfi_ctx_fault(ctx));
    TEST("rsp is the box's", run_with(put(row->code->set_sp), 0x7ffffff0) == 0x7ffffff0
                                 && handler_rsp == base + 0x7ffffff0
                                 && run_with(put(row->code->set_sp), 0) == 0
                                 && handler_rsp == base);
    lfi_ctx_regs_init(ctx);
    lfi_ctx_regs(ctx)->rsp = UINT64_C(0xdeadbeef12345678);
    TEST("stored rsp is reduced to the box",
         lfi_ctx_run(ctx, put(row->code->one)) == 1 && lfi_ctx_regs(ctx)->rsp == base + 0x12345678);
}

static void test_ways_out(void)
{
    const struct {
        const char *name;
        const struct code *code;
        bool fault, exits;
    } ways[] = {{"return", &row->code->state_return, false, false},
                {"system call", &row->code->state_call, false, false},
                {"exit", &row->code->state_call, false, true},
                {"fault", &row->code->state_fault, true, false},
                {"unused rtcall", &row->code->state_unused, true, false}};
    for (unsigned with_gs = 0; with_gs < 2; with_gs++)
        for (unsigned i = 0; i < sizeof ways / sizeof ways[0]; i++) {
            char name[80];
            lfiptr entry = put(*ways[i].code);
            uint64_t gs = with_gs ? odd_gs : 0;
            lfi_ctx_regs_init(ctx);
            lfi_ctx_regs(ctx)->rsp = sp;
            lfi_ctx_regs(ctx)->rdx = ways[i].exits ? EXITS : ADDS;
            in_handler = (struct state){.mxcsr = 0x3fa0, .fcw = 0xf7f, .ftw = 0xffff, .gs = gs};
            set_gs_base(gs);
            unsigned long changed = callee_saved_changed(lfi_ctx_run, ctx, entry);
            uint64_t after = gs_base();
            set_gs_base(0);
            snprintf(name, sizeof name, "%s: the host's registers%s", ways[i].name,
                     with_gs ? ", gs in use" : "");
            TEST(name, changed == 0 && !lfi_ctx_fault(ctx) == !ways[i].fault && after == gs);
            snprintf(name, sizeof name, "%s: a handler's state%s", ways[i].name,
                     with_gs ? ", gs in use" : "");
            TEST(name, in_handler.mxcsr == 0x3fa0 && in_handler.fcw == 0xf7f
                           && in_handler.ftw == 0xffff && !(in_handler.flags & (FLAG_DF | FLAG_AC))
                           && (in_handler.gs == gs || (row->gs && !gs)));
        }
    TEST("gs in a handler is the box's only where the profile uses it",
         run_with(put(row->code->call), 0) == 0 && in_handler.gs == (row->gs ? base : 0));
    int word = 4711;
    lfiptr at = lfi_box_mapany(box, 4096, RW, ANON, -1, 0);
    lfi_box_copyto(box, at, &word, 4);
    lfi_ctx_regs_init(ctx);
    lfi_ctx_regs(ctx)->rbx = at;
    gs_in_handler = odd_gs;
    int r = lfi_ctx_run(ctx, put(row->code->load_after_call));
    gs_in_handler = 0;
    TEST("a handler that changes gs", r == 4711 && gs_base() == (row->gs ? 0 : odd_gs));
    set_gs_base(0);
    lfi_box_munmap(box, at, 4096);
}

static void test_unused(void)
{
    lfiptr entry = put(row->code->unused);
    unsigned good = 0;
    for (unsigned k = 4; k < 32; k++) {
        lfiptr at = entry + (k - 4) * row->bundle;
        int r = run_with(at, 0x4444);
        const struct LFIFault *f = lfi_ctx_fault(ctx);
        good += r == -1 && f && f->kind == LFI_FAULT_RTCALL && f->sig == SIGSYS && f->code == (int)k
                && f->pc == at && lfi_ctx_regs(ctx)->rax == 0x4444;
    }
    TEST("unused rtcalls end the box", good == 28);
}

/* Faults and guards.  */

static void test_faults(void)
{
    lfiptr ld = put(row->code->load), st = put(row->code->store), jump = put(row->code->jump);
    const uint64_t min = info.min - base, max = info.max - base, code = ld - base;
    const struct {
        const char *what;
        lfiptr entry;
        uint64_t at;
    } cases[] = {{"load at 0", ld, 0},
                 {"store at 0", st, 0},
                 {"load below min", ld, min - 4},
                 {"store below min", st, min - 8},
                 {"load at max", ld, max},
                 {"store at max", st, max},
                 {"store at the end of the box", st, 0xfffffff8},
                 {"store that straddles the end of the box", st, 0xfffffffc},
                 {"store to code", st, code},
                 {"jump to 0", jump, 0},
                 {"jump below min", jump, min - 32},
                 {"jump to max", jump, max},
                 {"jump to the end of the box", jump, 0xffffffe0},
                 {"jump to data", jump, (sp - 64) & 0xffffffe0}};
    for (unsigned i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        bool ok = faults(cases[i].entry, cases[i].at, SIGSEGV);
        const struct LFIFault *f = lfi_ctx_fault(ctx);
        TEST(cases[i].what, ok && f->addr - base - cases[i].at < 8
                                && (cases[i].entry != jump || f->pc == base + cases[i].at));
    }
    TEST("the end of memory is usable", run_with(st, max - 8) == 0 && run_with(ld, max - 4) == 0);
    TEST("the start of memory is usable",
         lfi_box_mapat(box, info.min, page_size(), RW, ANON, -1, 0) == info.min
             && run_with(st, min) == 0 && run_with(ld, min) == 0
             && lfi_box_munmap(box, info.min, page_size()) == 0);
    TEST("push at the bottom",
         faults(put(row->code->push), min, SIGSEGV) && faults(put(row->code->push), 0, SIGSEGV));
    TEST("push at the top", faults(put(row->code->push), max + 8, SIGSEGV));
    lfiptr trap = put(row->code->trap);
    const struct LFIRegs *r = lfi_ctx_regs(ctx);
    TEST("a trap: its registers",
         faults(trap, 0x33, SIGTRAP) && lfi_ctx_fault(ctx)->pc > trap && r->rax == 0x33
             && r->rbx == 0x5501 && r->r13 == 0x550d && r->rsp == sp && r->rbp == sp
             && r->r14 == (row->r14 ? base : UINT64_C(0x550e550e550e550e))
             && r->r15 == (row->r15 ? (uintptr_t)r : UINT64_C(0x550f550f550f550f)));
    TEST("everything still works", alive());
}

/* In profiles whose table lies in the box it can be read.  */
static void test_table(void)
{
    const uint64_t *end =
        (const uint64_t *)(base + (row->layout == LFI_LAYOUT_ONE ? LFI_BOX_SIZE : 0));
    bool entries = end[-33] == base;
    for (unsigned k = 1; k <= 32; k++)
        entries = entries && end[-(int)k] >> 32;
    TEST("the table: 32 entries and the base", entries && end[-34] == 0);
    if (row->layout == LFI_LAYOUT_ONE) {
        uint32_t low;
        TEST("the table is not memory of the box",
             !lfi_box_copyfm(box, &low, 0xfffffff8, 4)
                 && lfi_box_mapat(box, 0xfffff000, 4096, RW, ANON, -1, 0) == FAILED
                 && lfi_box_munmap(box, 0xfffff000, 4096) == -1);
    }
}

/* Code that no verifier accepts.  */
static void test_unverified(void)
{
    lfiptr bad = put(row->code->bad_r11);
    in_handler.gs = 1;
    lfi_ctx_regs_init(ctx);
    lfi_ctx_run(ctx, bad);
    TEST("a system call resumes inside the box whatever r11 says",
         handler_r11 == base + 0x100000000 - row->bundle && lfi_ctx_fault(ctx)
             && lfi_ctx_fault(ctx)->pc == handler_r11);
    TEST("the table cannot be written", faults(put(row->code->bad_store), 0, SIGSEGV));
    lfiptr jump = put(row->code->bad_jump);
    const uint64_t outside[] = {0, base + 0x180000000, UINT64_C(0x7000) << 32, (uint64_t)1 << 63};
    for (unsigned i = 0; i < 4; i++) {
        bool ok = faults(jump, outside[i], SIGSEGV);
        /* An address that is none faults at the jump.  */
        TEST("a jump to nowhere is the box's fault",
             ok && (i == 3 || lfi_ctx_fault(ctx)->pc == outside[i]));
    }
    run_with(put(row->code->bad_ac), 0);
    uint64_t flags = state_now().flags;
    __asm__ volatile("pushq $2\n popfq" ::: "cc");
    TEST("AC of the box does not reach the host", !(flags & FLAG_AC) && !lfi_ctx_fault(ctx));
}

/* One thread in the box.  */

static lfiptr word, spin_entry;

static void *spinner(void *arg)
{
    struct LFIContext *c = new_ctx(box);
    lfi_ctx_regs(c)->rax = word;
    int *result = arg;
    *result = lfi_ctx_run(c, spin_entry);
    lfi_ctx_free(c);
    return NULL;
}

static void test_threads(void)
{
    pthread_t t;
    int result = 0;
    word = lfi_box_mapany(box, 4096, RW, ANON, -1, 0);
    spin_entry = put(row->code->spin);
    lfiptr one = put(row->code->one);
    spin_reset(box, word);
    pthread_create(&t, NULL, spinner, &result);
    spin_wait(box, word);
    int r = run_with(one, 0);
    const struct LFIFault *f = lfi_ctx_fault(ctx);
    if (row->single)
        TEST("a second thread is refused while one is in the box",
             r == -1 && lfi_errno() == LFI_ERR_STATE && strstr(lfi_errmsg(), row->name) && f
                 && f->kind == LFI_FAULT_ENTRY && !lfi_cur_ctx());
    else
        TEST("a second thread runs beside the first", r == 1 && !f);
    spin_end(box, word, 9);
    pthread_join(t, NULL);
    TEST("the first thread's run", result == 9);
    TEST("afterwards others can run", alive());
    faults(put(row->code->trap), 0, SIGTRAP);
    lfi_ctx_regs(ctx)->rdx = EXITS;
    lfi_ctx_run(ctx, put(row->code->call));
    spin_reset(box, word);
    spin_end(box, word, 8);
    pthread_create(&t, NULL, spinner, &result);
    pthread_join(t, NULL);
    TEST("after a fault and an exit other threads can run", result == 8);
    lfi_box_munmap(box, word, 4096);
}

/* An interrupt leaves the host's state as every other end does.  */

static struct state before_run, after_run;

static void *interrupted_spinner(void *arg)
{
    struct LFIContext *c = arg;
    lfi_ctx_regs(c)->rax = word;
    set_gs_base(odd_gs);
    before_run = state_now();
    int r = lfi_ctx_run(c, spin_entry);
    after_run = state_now();
    set_gs_base(0);
    return (void *)(intptr_t)r;
}

static bool same_state(void)
{
    const uint64_t flags = FLAG_DF | FLAG_AC;
    return before_run.mxcsr == after_run.mxcsr && before_run.fcw == after_run.fcw
           && before_run.ftw == after_run.ftw && after_run.gs == odd_gs
           && (before_run.flags & flags) == (after_run.flags & flags);
}

/* Runs c on a thread of its own until the code in box spins, and interrupts it.  */
static bool interrupt_spinning(struct LFIContext *c)
{
    pthread_t t;
    void *r;
    spin_reset(box, word);
    pthread_create(&t, NULL, interrupted_spinner, c);
    spin_wait(box, word);
    bool ran = lfi_ctx_interrupt(c);
    pthread_join(t, &r);
    const struct LFIFault *f = lfi_ctx_fault(c);
    return ran && (intptr_t)r == -1 && f && f->kind == LFI_FAULT_INTERRUPT;
}

static void spin_in_handler(struct LFIContext *c)
{
    (void)c;
    lfi_ctx_regs(ctx)->rax = word;
    lfi_ctx_run(ctx, put(row->code->spin));
}

/* The inner box's profile differs from the outer's in what it does to gs.  */
static void test_interrupt_nested(void)
{
    struct LFIBox *spinning = box, *outer = new_box(engine);
    lfi_box_set_profile(outer, lfi_profile_find(ARCH, row->gs ? "nosegue" : "full"));
    box = outer;
    spin_entry = put(row->gs ? reg.call : segment.call);
    box = spinning;
    struct LFIContext *c = new_ctx(outer);
    lfi_sys_handler(engine, spin_in_handler);
    TEST("interrupt: in another profile's handler", interrupt_spinning(c));
    TEST("interrupt: the host's state, from another profile's handler", same_state());
    lfi_sys_handler(engine, handler);
    lfi_ctx_free(c);
    lfi_box_free(outer);
}

static void test_interrupt(void)
{
    if (skipped(SAN_THREAD, "interrupts", "signals wait while a box runs"))
        return;
    word = lfi_box_mapany(box, 4096, RW, ANON, -1, 0);
    spin_entry = put(row->code->spin);
    TEST("interrupt: the run ends", interrupt_spinning(ctx));
    TEST("interrupt: the host's state", same_state());
    TEST("interrupt: afterwards it can run", alive());
    if (row->layout == LFI_LAYOUT_SPARSE && !row->unverified)
        test_interrupt_nested();
    lfi_box_munmap(box, word, 4096);
}

static void test_shared(void)
{
    struct LFIBoxInfo i = lfi_box_info(box);
    const int shared = LFI_MAP_SHARED | LFI_MAP_ANONYMOUS;
    lfiptr at = lfi_box_mapat(box, i.min, 4096, RW, shared, -1, 0);
    TEST("shared memory that is writable",
         (at == FAILED) == row->single && (at != FAILED || errno == EACCES));
    at = lfi_box_mapat(box, i.min, 4096, LFI_PROT_READ, shared, -1, 0);
    TEST("shared memory that is not", at == i.min);
    lfi_box_mapat(box, i.min + 4096, 4096, RW, ANON, -1, 0);
    lfi_box_mapat(box, i.min + 8192, 4096, RW, ANON, -1, 0);
    TEST("shared memory that becomes writable",
         (lfi_box_mprotect(box, i.min, 4096, RW) == -1) == row->single
             && (!row->single || errno == EACCES));
    TEST("shared memory that becomes writable with its neighbours",
         (lfi_box_mprotect(box, i.min, 3 * 4096, RW) == -1) == row->single);
    TEST("other memory becomes writable", lfi_box_mprotect(box, i.min + 4096, 8192, RW) == 0);
    TEST("shared memory that is protected", lfi_box_mprotect(box, i.min, 4096, LFI_PROT_NONE) == 0);
    lfi_box_munmap(box, i.min, 3 * 4096);
}

/* Before there is code: memory that is there already.  */
static void test_shared_before(const struct LFIProfile *profile)
{
    struct LFIBox *b = lfi_box_new(engine);
    lfiptr at = lfi_box_mapat(b, lfi_box_info(b).min + 65536, 4096, RW,
                              LFI_MAP_SHARED | LFI_MAP_ANONYMOUS, -1, 0);
    bool ok = lfi_box_set_profile(b, profile);
    TEST("a box that has shared writable memory",
         at != FAILED && ok == !row->single && (ok || lfi_errno() == LFI_ERR_STATE));
    lfi_box_mprotect(b, at, 4096, LFI_PROT_READ);
    TEST("a box that has shared memory", lfi_box_set_profile(b, profile));
    lfi_box_free(b);
}

static void start(bool no_verify)
{
    engine = new_engine((struct LFIOptions){.layout = row->layout,
                                            .stores_only = true,
                                            .no_verify = no_verify || row->unverified},
                        row->layout == LFI_LAYOUT_ONE ? 1 : 3);
    lfi_sys_handler(engine, handler);
}

static void start_box(const struct LFIProfile *profile)
{
    box = new_box(engine);
    TEST("the profile is set",
         lfi_box_set_profile(box, profile) && lfi_box_profile(box) == profile);
    info = lfi_box_info(box);
    base = info.base;
    ctx = new_ctx(box);
    TEST("memory up to the end",
         lfi_box_mapat(box, info.max - page_size(), page_size(), RW, ANON, -1, 0) != FAILED);
    sp = new_stack(box);
}

static void stop(void)
{
    lfi_ctx_free(ctx);
    lfi_box_free(box);
    lfi_free(engine);
}

static void test_row(void)
{
    const struct LFIProfile *profile = lfi_profile_find(ARCH, row->name);
    start(false);
    test_shared_before(profile);
    start_box(profile);
    TEST("the base", row->layout == LFI_LAYOUT_ONE ? base == 0 : base && base % LFI_BOX_SIZE == 0);
    test_calls();
    test_registers();
    test_survival();
    test_ways_out();
    test_unused();
    test_faults();
    test_table();
    test_threads();
    test_interrupt();
    test_shared();
    if (row->single)
        TEST("a return by ret", run_with(put(row->code->single_return), 40) == 42);
    stop();
    start(true);
    start_box(profile);
    test_unverified();
    stop();
}

/* Which profile is accepted where.  */
static void test_fit(void)
{
    static const struct {
        enum LFIGuard guard;
        enum LFILayout layout;
    } fit[] = {{LFI_GUARD_SPARSE, LFI_LAYOUT_SPARSE},
               {LFI_GUARD_DENSE, LFI_LAYOUT_SPARSE},
               {LFI_GUARD_DENSE, LFI_LAYOUT_DENSE},
               {LFI_GUARD_ONE, LFI_LAYOUT_ONE}};
    static const char *const defaults[] = {"full", "full", "dense", "one"};
    for (enum LFILayout l = LFI_LAYOUT_DEFAULT; l <= LFI_LAYOUT_ONE; l++) {
        char name[80];
        if (l == LFI_LAYOUT_ONE && skipped(SAN_ANY, "layout one", "its addresses are not free"))
            continue;
        struct LFIEngine *e =
            new_engine((struct LFIOptions){.layout = l, .no_verify = true, .stores_only = true}, 1);
        struct LFIBox *b = new_box(e);
        enum LFILayout now = lfi_opts(e).layout;
        snprintf(name, sizeof name, "layout %s: options and first profile", layouts[l]);
        CHECK(name, now == (l ? l : LFI_LAYOUT_SPARSE)
                        && strcmp(lfi_box_profile(b)->name, defaults[l]) == 0);
        const struct LFIProfile *p;
        for (size_t i = 0; (p = lfi_profile_at(i)); i++) {
            bool fits = false;
            for (unsigned k = 0; k < sizeof fit / sizeof fit[0]; k++)
                fits = fits || (fit[k].guard == p->guard && fit[k].layout == now);
            fits = fits && p->arch == ARCH;
            bool ok = lfi_box_set_profile(b, p);
            snprintf(name, sizeof name, "layout %s, profile %s of %s", layouts[l], p->name,
                     lfi_arch_name(p->arch));
            CHECK(name, ok == fits && (ok || lfi_errno() == LFI_ERR_PROFILE));
        }
        lfi_box_free(b);
        lfi_free(e);
    }
    struct LFIEngine *e = new_engine((struct LFIOptions){0}, 1);
    struct LFIBox *b = new_box(e);
    CHECK("profile bundle-jumps is accepted unverified alone",
          !lfi_box_set_profile(b, lfi_profile_find(ARCH, "bundle-jumps"))
              && lfi_errno() == LFI_ERR_PROFILE
              && !lfi_box_set_profile(b, lfi_profile_find(ARCH, "none")));
    lfi_box_free(b);
    lfi_free(e);
    CHECK("a layout that there is not",
          !lfi_new((struct LFIOptions){.layout = 4}, 1) && lfi_errno() == LFI_ERR_ARG
              && !lfi_new((struct LFIOptions){.layout = (enum LFILayout) - 1}, 1)
              && lfi_errno() == LFI_ERR_ARG);
}

/* Addresses that an engine keeps.  */

static bool reserved(uintptr_t addr)
{
    void *p = mmap((void *)addr, page_size(), PROT_NONE,
                   MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
    if (p != MAP_FAILED)
        munmap(p, page_size());
    return p == MAP_FAILED && errno == EEXIST;
}

static void test_dense(void)
{
    enum { N = 5 };
    struct LFIBox *b[N];
    uint64_t lowest = UINT64_MAX, bases = 0;
    char pattern[4096], now[4096];
    struct LFIEngine *e =
        new_engine((struct LFIOptions){.layout = LFI_LAYOUT_DENSE, .no_aslr = true}, N);
    const struct LFIProfile *p = lfi_profile_find(ARCH, "dense");
    memset(pattern, 0x5a, sizeof pattern);
    for (unsigned i = 0; i < N; i++) {
        b[i] = new_box(e);
        struct LFIBoxInfo in = lfi_box_info(b[i]);
        lowest = in.base < lowest ? in.base : lowest;
        bases += in.base;
        lfi_box_mapat(b[i], in.min, 4096, RW, ANON, -1, 0);
        lfi_box_copyto(b[i], in.min, pattern, 4096);
        lfi_box_mapat(b[i], in.max - 4096, 4096, RW, ANON, -1, 0);
        lfi_box_copyto(b[i], in.max - 4096, pattern, 4096);
    }
    CHECK("dense: boxes side by side", bases == N * lowest + 10 * LFI_BOX_SIZE && !lfi_box_new(e));
    CHECK("dense: without randomness they come in order",
          lfi_box_info(b[0]).base == lowest
              && lfi_box_info(b[N - 1]).base == lowest + (N - 1) * LFI_BOX_SIZE);
    struct LFIBoxInfo in = lfi_box_info(b[2]);
    CHECK("dense: guards", in.min - in.base == LFI_X86_64_DENSE_LOW
                               && in.base + LFI_BOX_SIZE - in.max == LFI_X86_64_DENSE_HIGH
                               && in.max_exec == in.max);
    CHECK("dense: edges", reserved(lowest - LFI_MAX_PAGE - LFI_GUARD_BELOW_MIN / 4096 * 4096)
                              && reserved(lowest + (N + 1) * LFI_BOX_SIZE - 4096));
    lfi_box_set_profile(b[2], p);
    struct LFIContext *c = new_ctx(b[2]);
    lfiptr st = load_or_die(b[2], 0, segment.store), push = load_or_die(b[2], 0, segment.push);
    uint64_t at[] = {0, in.min - in.base - 8, in.max - in.base, 0xfffffff8, 0xfffffffc};
    unsigned faulted = 0;
    for (unsigned i = 0; i < 5; i++) {
        lfi_ctx_regs_init(c);
        lfi_ctx_regs(c)->rax = at[i];
        lfi_ctx_run(c, st);
        faulted += lfi_ctx_fault(c) != NULL;
        lfi_ctx_regs_init(c);
        lfi_ctx_regs(c)->rax = at[i] + 8;
        lfi_ctx_run(c, push);
        faulted += lfi_ctx_fault(c) != NULL;
    }
    CHECK("dense: what leaves the box faults", faulted == 10);
    unsigned same = 0;
    for (unsigned i = 0; i < N; i++) {
        struct LFIBoxInfo k = lfi_box_info(b[i]);
        same += lfi_box_copyfm(b[i], now, k.min, 4096) && memcmp(now, pattern, 4096) == 0
                && lfi_box_copyfm(b[i], now, k.max - 4096, 4096) && memcmp(now, pattern, 4096) == 0;
    }
    CHECK("dense: the neighbours are untouched", same == N);
    lfi_ctx_free(c);
    for (unsigned i = 0; i < N; i++)
        lfi_box_free(b[i]);
    CHECK("dense: freed boxes stay reserved",
          reserved(in.base) && reserved(in.base - 4096) && reserved(in.max - 4096));
    lfi_free(e);
    CHECK("dense: a freed engine is not reserved", !reserved(in.base));
    CHECK("dense: more boxes than addresses",
          !lfi_new((struct LFIOptions){.layout = LFI_LAYOUT_DENSE}, 32767)
              && lfi_errno() == LFI_ERR_ARG);
    if (skipped(SAN_ANY, "dense: 32000 boxes", "there is no room"))
        return;
    e = lfi_new((struct LFIOptions){.layout = LFI_LAYOUT_DENSE}, 32000);
    CHECK("dense: 32000 boxes", e);
    lfi_free(e);
}

static void test_one(void)
{
    struct LFIOptions opts = {.layout = LFI_LAYOUT_ONE};
    CHECK("one: not two boxes", !lfi_new(opts, 2) && lfi_errno() == LFI_ERR_ARG);
    struct LFIEngine *e = new_engine(opts, 1);
    CHECK("one: not two engines", !lfi_new(opts, 1) && lfi_errno() == LFI_ERR_RESERVE
                                      && strstr(lfi_errmsg(), "PIE")
                                      && strstr(lfi_errmsg(), "in the way is"));
    struct LFIBox *b = new_box(e);
    struct LFIBoxInfo in = lfi_box_info(b);
    CHECK("one: where it is", in.base == 0 && in.min >= LFI_MAX_PAGE && in.min % LFI_MAX_PAGE == 0
                                  && in.max == LFI_BOX_SIZE - 2 * LFI_MAX_PAGE
                                  && in.max_exec == in.max && !lfi_box_new(e));
    CHECK("one: pointers", lfi_box_l2p(b, 0x700000010) == 16 && lfi_box_p2l(b, in.min) == in.min
                               && !lfi_box_ptrvalid(b, 0) && lfi_box_ptrvalid(b, in.min)
                               && !lfi_box_ptrvalid(b, in.min - 1)
                               && !lfi_box_ptrvalid(b, LFI_BOX_SIZE + in.min)
                               && lfi_box_strnlen(b, 0, 10) == SIZE_MAX);
    unsigned free_pages = 0;
    for (uint64_t at = in.min; at < 2 * LFI_BOX_SIZE; at += 1 << 24)
        free_pages += !reserved(at);
    CHECK("one: the lowest 8 GiB are reserved",
          free_pages == 0 && reserved(2 * LFI_BOX_SIZE - 4096) && reserved(LFI_MAX_PAGE));
    lfi_box_free(b);
    CHECK("one: freed, it stays reserved", reserved(0xfffff000) && reserved(LFI_MAX_PAGE));
    lfi_free(e);
    CHECK("one: a freed engine is not reserved", !reserved(LFI_BOX_SIZE));
    void *p = mmap((void *)0x123450000, 4096, PROT_READ,
                   MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
    CHECK("one: something is in the way",
          p != MAP_FAILED && !lfi_new(opts, 1) && lfi_errno() == LFI_ERR_RESERVE
              && strstr(lfi_errmsg(), "in the way is 123450000-123451000 "));
    munmap(p, 4096);
    e = lfi_new(opts, 1);
    CHECK("one: again", e);
    lfi_free(e);
}

int main(void)
{
    test_fit();
    if (!skipped(SAN_ANY, "one", "the lowest addresses are the sanitizer's"))
        test_one();
    test_dense();
    for (unsigned i = 0; i < NROWS; i++) {
        row = &rows[i];
        if (row->layout != LFI_LAYOUT_ONE
            || !skipped(SAN_ANY, row->name, "the lowest addresses are the sanitizer's"))
            test_row();
    }
    puts("DONE");
    return 0;
}
