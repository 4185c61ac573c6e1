/* Registers across crossings, x86-64.  Part of crossing.c.
   SPDX-License-Identifier: Apache-2.0  */

/* liblfi/arch/x86_64/arch.c.  */
extern struct {
    uint32_t xmask, xinuse, mxcsr_mask, pointers_stay;
} lfi_arch_host;

/* code_x86_64.S.  */
void forget_gs(struct LFIContext *ctx);
extern uint64_t base_of_gs;

enum { FLAG_DF = 0x400, FLAG_AC = 0x40000, MXCSR_INIT = 0x1f80, FCW_INIT = 0x37f };
static const uint64_t odd_gs = UINT64_C(0x123456789000);

struct state {
    uint32_t mxcsr;
    uint16_t fcw, ftw;
    uint64_t flags, gs;
};
static struct state in_handler;
static bool aligned_in_handler, set_gs_in_handler, x87_in_handler;

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

static struct state state_now(void)
{
    struct state s;
    uint16_t env[14];
    __asm__ volatile("pushfq\n popq %0" : "=r"(s.flags));
    __asm__ volatile("stmxcsr %0\n fnstcw %1" : "=m"(s.mxcsr), "=m"(s.fcw));
    /* It masks the exceptions.  Loading the control word would count as a use.  */
    __asm__ volatile("fnstenv %0" : "=m"(env));
    if (s.fcw != FCW_INIT)
        __asm__ volatile("fldcw %0" ::"m"(s.fcw));
    s.ftw = env[4];
    s.gs = gs_base();
    return s;
}

static void look_at_state(void)
{
    in_handler = state_now();
    aligned_in_handler = (uintptr_t)__builtin_frame_address(0) % 16 == 0;
    if (set_gs_in_handler)
        set_gs_base(odd_gs);
}

static bool have_avx(void)
{
    return __builtin_cpu_supports("avx");
}

/* Something in every register that a call need not preserve, and in what lies behind them.  */
static void dirty(void)
{
    __asm__ volatile("mov $-1, %%eax\n movd %%eax, %%xmm0\n pshufd $0, %%xmm0, %%xmm0\n"
                     "movaps %%xmm0, %%xmm1\n movaps %%xmm0, %%xmm2\n movaps %%xmm0, %%xmm3\n"
                     "movaps %%xmm0, %%xmm4\n movaps %%xmm0, %%xmm5\n movaps %%xmm0, %%xmm6\n"
                     "movaps %%xmm0, %%xmm7\n movaps %%xmm0, %%xmm8\n movaps %%xmm0, %%xmm9\n"
                     "movaps %%xmm0, %%xmm10\n movaps %%xmm0, %%xmm11\n movaps %%xmm0, %%xmm12\n"
                     "movaps %%xmm0, %%xmm13\n movaps %%xmm0, %%xmm14\n movaps %%xmm0, %%xmm15\n"
                     "mov $-1, %%rcx\n mov $-1, %%rdx\n mov $-1, %%rsi\n mov $-1, %%rdi\n"
                     "mov $-1, %%r8\n mov $-1, %%r9\n mov $-1, %%r10\n mov $-1, %%r11\n stc\n" ::
                         : "rax", "rcx", "rdx", "rsi", "rdi", "r8", "r9", "r10", "r11", "xmm0",
                           "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9",
                           "xmm10", "xmm11", "xmm12", "xmm13", "xmm14", "xmm15", "cc");
}

static void dirty_x87(void)
{
    __asm__ volatile("fldpi\n fldpi\n fldpi\n fldpi\n fldpi\n fldpi\n fldpi\n fldpi\n emms\n" ::
                         : "st");
}

static void dirty_avx(void)
{
    __asm__ volatile(".irp n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15\n"
                     "vinsertf128 $1, %%xmm\\n, %%ymm\\n, %%ymm\\n\n .endr\n" ::
                         : "memory");
}

static void clobber(void)
{
    dirty();
    if (x87_in_handler) {
        dirty_x87();
        if (have_avx())
            dirty_avx();
    }
}

struct dump {
    uint64_t r[15]; /* of rbx rcx rdx rsi rdi rbp r8 r9 r10 r11 r12 r13 r14 r15, from 1 on */
    uint64_t flags;
    uint32_t mxcsr, pad;
    uint32_t env[7];
    uint8_t pad2[256 - 164];
    uint64_t xmm[32], mm[8];
};
static_assert(offsetof(struct dump, xmm) == 256 && offsetof(struct dump, env) == 136,
              "as code_x86_64.S has it");

static bool zeros(const uint64_t *v, unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        if (v[i])
            return false;
    return true;
}

static bool x87_is_initial(const struct dump *d)
{
    return (d->env[0] & 0xffff) == FCW_INIT && (d->env[1] & 0xffff) == 0
           && (d->env[2] & 0xffff) == 0xffff && d->env[3] == 0 && d->env[5] == 0 && zeros(d->mm, 8);
}

static void test_entry_state(struct LFIBox *box, struct LFIContext *ctx, lfiptr sp)
{
    struct dump d;
    uint64_t high[32];
    lfiptr at = lfi_box_mapany(box, 4096, RW, ANON, -1, 0);
    lfiptr entry = load_or_die(box, 0, CODE(dump));
    reset(ctx, sp);
    lfi_ctx_regs(ctx)->A0 = at;
    dirty();
    dirty_x87();
    CHECK("entry: runs", lfi_ctx_run(ctx, entry) == 7);
    lfi_box_copyfm(box, &d, at, sizeof d);
    CHECK("entry: no general register but those of the profile holds anything",
          zeros(&d.r[1], 9) && zeros(&d.r[11], 2));
    CHECK("entry: r11 is the entry", d.r[10] == entry);
    CHECK("entry: r14 and r15 are base and context",
          d.r[13] == lfi_box_info(box).base && d.r[14] == (uintptr_t)lfi_ctx_regs(ctx));
    /* ah: bit 1 is always set.  */
    CHECK("entry: the flags are clear", d.flags == 0x200);
    CHECK("entry: mxcsr is initial", d.mxcsr == MXCSR_INIT);
    CHECK("entry: vector registers are clear", zeros(d.xmm, 32));
    CHECK("entry: x87 and MMX registers are clear", x87_is_initial(&d));
    if (have_avx()) {
        reset(ctx, sp);
        lfi_ctx_regs(ctx)->A0 = at;
        dirty();
        dirty_avx();
        CHECK("entry: runs with AVX", lfi_ctx_run(ctx, load_or_die(box, 0, CODE(dump_high))) == 7);
        lfi_box_copyfm(box, high, at, sizeof high);
        CHECK("entry: upper halves are clear", zeros(high, 32));
    }
    reset(ctx, sp);
    lfi_ctx_regs(ctx)->A0 = at;
    x87_in_handler = true;
    CHECK("after a call: runs", lfi_ctx_run(ctx, load_or_die(box, 0, CODE(dump_after_call))) == 7);
    x87_in_handler = false;
    lfi_box_copyfm(box, &d, at, sizeof d);
    CHECK("after a call: nothing of the host is in the registers",
          zeros(&d.r[2], 8) && zeros(&d.r[11], 2) && zeros(d.xmm, 32) && x87_is_initial(&d));
    lfi_box_munmap(box, at, 4096);
}

static bool survives(struct LFIBox *box, struct LFIContext *ctx, lfiptr sp, struct code code)
{
    reset(ctx, sp);
    return lfi_ctx_run(ctx, load_or_die(box, 0, code)) == 0 && !lfi_ctx_fault(ctx);
}

static void test_survival(struct LFIBox *box, struct LFIContext *ctx, lfiptr sp)
{
    x87_in_handler = true;
    CHECK("x87 survives a system call", survives(box, ctx, sp, CODE(preserved_x87)));
    CHECK("vectors survive a handler that uses AVX", survives(box, ctx, sp, CODE(preserved)));
    CHECK("what is there is x87 registers and upper halves",
          !(lfi_ctx_regs(ctx)->xstate & ~(uint64_t)lfi_arch_host.xmask));
    CHECK("upper halves survive a system call",
          !have_avx() || survives(box, ctx, sp, CODE(preserved_avx)));
    x87_in_handler = false;
    CHECK("x87 survives a system call without effects",
          survives(box, ctx, sp, CODE(preserved_x87)));
    CHECK("x87 that is initial again counts as unused",
          !lfi_arch_host.xinuse || !(lfi_ctx_regs(ctx)->xstate & LFI_XSTATE_X87));
    reset(ctx, sp);
    CHECK("DF survives a system call",
          lfi_ctx_run(ctx, load_or_die(box, 0, CODE(preserved_df))) == 1
              && lfi_ctx_regs(ctx)->rflags & FLAG_DF && !(in_handler.flags & FLAG_DF));
    reset(ctx, sp);
    CHECK("DF is clear at the entry and after a system call",
          lfi_ctx_run(ctx, load_or_die(box, 0, CODE(forward))) == -2);
    reset(ctx, sp);
    lfi_ctx_regs(ctx)->A0 = 0x7fbf;
    CHECK("mxcsr survives a system call",
          lfi_ctx_run(ctx, load_or_die(box, 0, CODE(set_mxcsr))) == 0x7fbf
              && in_handler.mxcsr == MXCSR_INIT);
    reset(ctx, sp);
    CHECK("a pending x87 exception comes back with the box",
          lfi_ctx_run(ctx, load_or_die(box, 0, CODE(pending))) == -1 && lfi_ctx_fault(ctx)
              && lfi_ctx_fault(ctx)->sig == SIGFPE && in_handler.ftw == 0xffff);
}

/* What the box leaves behind at each of its ways out.  */
static void test_ways_out(struct LFIBox *box, struct LFIContext *ctx, lfiptr sp)
{
    static const struct {
        const char *name;
        bool fault, exits;
    } ways[] = {{"return", false, false},
                {"system call", false, false},
                {"exit", false, true},
                {"fault", true, false},
                {"unused rtcall", true, false}};
    const struct code codes[] = {CODE(bad_state_return), CODE(bad_state_call), CODE(bad_state_call),
                                 CODE(bad_state_fault), CODE(bad_state_unused)};
    for (unsigned i = 0; i < sizeof ways / sizeof ways[0]; i++) {
        char name[64];
        lfiptr entry = load_or_die(box, 0, codes[i]);
        reset(ctx, sp);
        lfi_ctx_regs(ctx)->NR = ways[i].exits ? EXITS : ADDS;
        in_handler = (struct state){.mxcsr = 0x3fa0, .fcw = 0xf7f, .ftw = 0xffff};
        unsigned long changed = callee_saved_changed(lfi_ctx_run, ctx, entry);
        snprintf(name, sizeof name, "%s: the host's registers and control words", ways[i].name);
        CHECK(name, changed == 0 && !lfi_ctx_fault(ctx) == !ways[i].fault);
        snprintf(name, sizeof name, "%s: the host's gs", ways[i].name);
        CHECK(name, gs_base() == 0);
        snprintf(name, sizeof name, "%s: a handler's state", ways[i].name);
        CHECK(name, in_handler.mxcsr == 0x3fa0 && in_handler.fcw == 0xf7f
                        && in_handler.ftw == 0xffff && !(in_handler.flags & (FLAG_DF | FLAG_AC)));
    }
    CHECK("a handler's stack is aligned", aligned_in_handler);
}

static void test_gs(struct LFIBox *box, struct LFIContext *ctx, lfiptr sp)
{
    int word = 4711;
    lfiptr at = lfi_box_mapany(box, 4096, RW, ANON, -1, 0);
    lfi_box_copyto(box, at, &word, 4);
    reset(ctx, sp);
    lfi_ctx_regs(ctx)->A0 = at;
    set_gs_in_handler = true;
    int r = lfi_ctx_run(ctx, load_or_die(box, 0, CODE(load_after_call)));
    set_gs_in_handler = false;
    CHECK("gs that a handler changed is the box's again", r == 4711 && gs_base() == 0);
    set_gs_base(lfi_box_info(box).base);
    reset(ctx, sp);
    lfi_ctx_run(ctx, load_or_die(box, 0, CODE(one)));
    CHECK("the box's own base is not a use of gs by the host", gs_base() == 0);
    set_gs_base(odd_gs);
    reset(ctx, sp);
    lfi_ctx_regs(ctx)->A0 = at;
    r = lfi_ctx_run(ctx, load_or_die(box, 0, CODE(load_after_call)));
    CHECK("a host that uses gs: in a handler, after a run",
          r == 4711 && in_handler.gs == odd_gs && gs_base() == odd_gs);
    reset(ctx, sp);
    lfi_ctx_run(ctx, load_or_die(box, 0, CODE(brk)));
    CHECK("a host that uses gs: after a fault", lfi_ctx_fault(ctx) && gs_base() == odd_gs);
    set_gs_base(0);
}

/* Whatever a handler leaves in rax.  */
static void test_gs_and_rax(struct LFIEngine *engine, struct LFIBox *box, struct LFIContext *ctx,
                            lfiptr sp)
{
    int word = 4712;
    lfiptr at = lfi_box_mapany(box, 4096, RW, ANON, -1, 0);
    lfi_box_copyto(box, at, &word, 4);
    base_of_gs = lfi_box_info(box).base;
    reset(ctx, sp);
    lfi_ctx_regs(ctx)->A0 = at;
    lfi_sys_handler(engine, forget_gs);
    CHECK("gs is looked at, not what a handler leaves in rax",
          lfi_ctx_run(ctx, load_or_die(box, 0, CODE(load_after_call))) == 4712);
    lfi_sys_handler(engine, handler);
    lfi_box_munmap(box, at, 4096);
}

/* Whatever the host stores.  */
static void test_stored(struct LFIBox *box, struct LFIContext *ctx, lfiptr sp)
{
    struct LFIRegs *regs = lfi_ctx_regs(ctx);
    struct dump d;
    lfiptr at = lfi_box_mapany(box, 4096, RW, ANON, -1, 0);
    reset(ctx, sp);
    regs->A0 = at;
    regs->r14 = regs->r15 = 0x1234567;
    regs->rflags = ~UINT64_C(0x400);
    regs->mxcsr = 0xffffffff;
    regs->xstate = regs->reserved4[0] = regs->reserved4[6] = ~UINT64_C(0);
    regs->mxcsr_mask = 0;
    CHECK("stored: nonsense runs", lfi_ctx_run(ctx, load_or_die(box, 0, CODE(dump))) == 7);
    lfi_box_copyfm(box, &d, at, sizeof d);
    CHECK("stored: r14 and r15 have no effect",
          d.r[13] == lfi_box_info(box).base && d.r[14] == (uintptr_t)regs);
    CHECK("stored: flags that programs can set", d.flags == 0xd701);
    CHECK("stored: bits of mxcsr that exist", d.mxcsr == lfi_arch_host.mxcsr_mask);
    reset(ctx, sp);
    regs->A0 = at;
    uint64_t *const r[] = {&regs->rbx, &regs->rcx, &regs->rdx, &regs->rsi, &regs->rdi, &regs->rbp,
                           &regs->r8,  &regs->r9,  &regs->r10, &regs->r11, &regs->r12, &regs->r13};
    for (unsigned i = 0; i < 12; i++)
        *r[i] = 0x1100 + i;
    for (unsigned i = 0; i < 16; i++)
        regs->vector[i] = (struct LFIVector){{0x2200 + i, 0x3300 + i}};
    for (unsigned i = 0; i < 8; i++)
        regs->st[i] = (struct LFIVector){{0x4400 + i, 0x5500 + i}};
    regs->xstate = LFI_XSTATE_X87;
    regs->fcw = 0x27f;
    regs->mxcsr = 0x3f80;
    CHECK("stored: runs", lfi_ctx_run(ctx, load_or_die(box, 0, CODE(dump))) == 7);
    lfi_box_copyfm(box, &d, at, sizeof d);
    bool same = (d.env[0] & 0xffff) == 0x27f && d.mxcsr == 0x3f80;
    for (unsigned i = 0; i < 12; i++)
        same = same && (i == 9 || d.r[i + 1] == 0x1100 + i);
    CHECK("stored: general registers are what the box finds", same);
    for (unsigned i = 0; i < 16; i++)
        same = same && d.xmm[2 * i] == 0x2200 + i && d.xmm[2 * i + 1] == 0x3300 + i;
    for (unsigned i = 0; i < 8; i++)
        same = same && d.mm[i] == 0x4400 + i;
    CHECK("stored: vector, MMX and x87 registers are what the box finds", same);
    lfi_box_munmap(box, at, 4096);
}

static void test_tp_rtcalls(struct LFIBox *box, struct LFIContext *ctx, lfiptr sp)
{
    reset(ctx, sp);
    lfi_ctx_set_tp(ctx, 500);
    lfi_ctx_regs(ctx)->A0 = 4;
    int r = lfi_ctx_run(ctx, load_or_die(box, 0, CODE(tp_rtcalls)));
    CHECK("thread pointer by rtcalls: nothing else changes", r == 504);
    CHECK("thread pointer by rtcalls: set", lfi_ctx_get_tp(ctx) == 0x80);
}

/* Code that no verifier accepted.  */
static void test_unverified(void)
{
    struct LFIEngine *e = new_engine((struct LFIOptions){.no_verify = true}, 1);
    struct LFIBox *box = new_box(e);
    struct LFIContext *ctx = new_ctx(box);
    lfiptr sp = new_stack(box);
    uint64_t base = lfi_box_info(box).base;
    lfi_sys_handler(e, handler);
    reset(ctx, sp);
    ncalls = 0;
    lfi_ctx_run(ctx, load_or_die(box, 0, CODE(bad_r11)));
    CHECK("a system call resumes inside the box whatever r11 says",
          ncalls == 1 && resume_in_handler == base + 0xffffffe0 && lfi_ctx_fault(ctx)
              && lfi_ctx_fault(ctx)->pc == base + 0xffffffe0);
    reset(ctx, sp);
    lfi_ctx_run(ctx, load_or_die(box, 0, CODE(bad_r11_tp)));
    CHECK("rtcall 1 resumes inside the box whatever r11 says",
          lfi_ctx_fault(ctx) && lfi_ctx_fault(ctx)->pc == base + 0xffffffe0);
    reset(ctx, sp);
    lfi_ctx_run(ctx, load_or_die(box, 0, CODE(bad_ac)));
    uint64_t flags = state_now().flags;
    __asm__ volatile("pushq $2\n popfq" ::: "cc");
    CHECK("AC of the box does not reach the host", !(flags & FLAG_AC) && !lfi_ctx_fault(ctx));
    lfi_ctx_free(ctx);
    lfi_box_free(box);
    lfi_free(e);
}

static void test_all_registers(struct LFIBox *box, struct LFIContext *ctx, lfiptr sp)
{
    test_entry_state(box, ctx, sp);
    test_survival(box, ctx, sp);
    test_ways_out(box, ctx, sp);
    test_gs(box, ctx, sp);
    test_stored(box, ctx, sp);
}

static void test_registers(struct LFIEngine *engine, struct LFIBox *box, struct LFIContext *ctx,
                           lfiptr sp)
{
    test_all_registers(box, ctx, sp);
    test_gs_and_rax(engine, box, ctx, sp);
    test_tp_rtcalls(box, ctx, sp);
    test_unverified();
    /* As on a processor that does not tell what is in use.  */
    uint32_t xinuse = lfi_arch_host.xinuse;
    lfi_arch_host.xinuse = 0;
    puts("without XINUSE:");
    test_all_registers(box, ctx, sp);
    reset(ctx, sp);
    lfi_ctx_regs(ctx)->reserved4[0] = 1;
    CHECK("everything is loaded at every entry",
          lfi_ctx_run(ctx, load_or_die(box, 0, CODE(one))) == 1
              && lfi_ctx_regs(ctx)->reserved4[0] == 0);
    lfi_arch_host.xinuse = xinuse;
    uint32_t stay = lfi_arch_host.pointers_stay;
    lfi_arch_host.pointers_stay = 1;
    puts("where XRSTOR leaves pointers alone:");
    test_all_registers(box, ctx, sp);
    lfi_arch_host.pointers_stay = stay;
}
