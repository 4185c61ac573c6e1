/* Registers across crossings, arm64.  Part of crossing.c.
   SPDX-License-Identifier: Apache-2.0  */

static uint64_t host_fpcr(void)
{
    uint64_t v;
    __asm__ volatile("mrs %0, fpcr" : "=r"(v));
    return v;
}

static uint64_t host_fpsr(void)
{
    uint64_t v;
    __asm__ volatile("mrs %0, fpsr" : "=r"(v));
    return v;
}

static uint64_t fpcr_in_handler, fpsr_in_handler, x18_in_handler;

static void clobber(void)
{
    __asm__ volatile("mov x1, #-1\n mov x2, #-1\n mov x3, #-1\n mov x4, #-1\n mov x5, #-1\n"
                     "mov x6, #-1\n mov x7, #-1\n mov x8, #-1\n mov x9, #-1\n mov x10, #-1\n"
                     "mov x11, #-1\n mov x12, #-1\n mov x13, #-1\n mov x14, #-1\n mov x15, #-1\n"
                     "mov x16, #-1\n mov x17, #-1\n"
                     "movi v0.16b, #1\n movi v1.16b, #1\n movi v2.16b, #1\n movi v3.16b, #1\n"
                     "movi v4.16b, #1\n movi v5.16b, #1\n movi v6.16b, #1\n movi v7.16b, #1\n"
                     "mov v8.d[1], x1\n mov v15.d[1], x1\n"
                     "movi v16.16b, #1\n movi v31.16b, #1\n cmp xzr, xzr\n" ::
                         : "x1", "x2", "x3", "x4", "x5", "x6", "x7", "x8", "x9", "x10", "x11",
                           "x12", "x13", "x14", "x15", "x16", "x17", "v0", "v1", "v2", "v3", "v4",
                           "v5", "v6", "v7", "v16", "v31", "cc");
}

static void look_at_state(void)
{
    __asm__ volatile("mov %0, x18" : "=r"(x18_in_handler));
    fpcr_in_handler = host_fpcr();
    fpsr_in_handler = host_fpsr();
}

static void test_entry_state(struct LFIBox *box, struct LFIContext *ctx, lfiptr sp)
{
    uint64_t dump[32 + 64];
    lfiptr at = lfi_box_mapany(box, 4096, RW, ANON, -1, 0);
    lfiptr entry = load_or_die(box, 0, CODE(dump));
    uint64_t base = lfi_box_info(box).base;
    reset(ctx, sp);
    lfi_ctx_regs(ctx)->A0 = at;
    __asm__ volatile("movi v3.16b, #9\n movi v20.16b, #9\n mov x9, #0x1f\n msr fpsr, x9\n"
                     "cmp xzr, xzr" ::
                         : "v3", "v20", "x9", "cc");
    CHECK("entry: runs", lfi_ctx_run(ctx, entry) == 7);
    lfi_box_copyfm(box, dump, at, sizeof dump);
    uint64_t leaked = 0;
    for (int i = 1; i < 26; i++)
        leaked |= i == 16 ? 0 : dump[i];
    CHECK("entry: no general register but those of the profile holds anything", leaked == 0);
    CHECK("entry: x16 is the entry, x29 zero, x30 the base",
          dump[16] == entry && dump[26] == 0 && dump[27] == base);
    CHECK("entry: fpcr, fpsr, flags are clear", dump[28] == 0 && dump[29] == 0 && dump[30] == 0);
    CHECK("entry: x25 is the context", dump[31] == (uintptr_t)lfi_ctx_regs(ctx));
    leaked = 0;
    for (int i = 32; i < 96; i++)
        leaked |= dump[i];
    CHECK("entry: vector registers are clear, whole", leaked == 0);
}

/* Resuming another context where this one stands, as clone does: nothing changes.  */
static void test_resume(struct LFIBox *box, struct LFIContext *ctx, lfiptr sp)
{
    struct LFIContext *other = new_ctx(box);
    lfiptr entry = load_or_die(box, 0, CODE(dump));
    lfiptr at = lfi_box_mapany(box, 4096, RW, ANON, -1, 0);
    uint64_t dump[32];
    reset(ctx, sp);
    *lfi_ctx_regs(other) = *lfi_ctx_regs(ctx);
    lfi_ctx_regs_relink_ctxreg(other);
    struct LFIRegs *regs = lfi_ctx_regs(other);
    regs->A0 = at;
    regs->x16 = 0x1616;
    regs->x26 = 0x2626;
    regs->x30 = entry;
    CHECK("resume: runs", lfi_ctx_run(other, entry) == 7);
    lfi_box_copyfm(box, dump, at, sizeof dump);
    CHECK("resume: every register as stored", dump[16] == 0x1616 && dump[25] == 0x2626);
    CHECK("resume: x25 is the new context", dump[31] == (uintptr_t)regs);
    reset(other, sp);
    regs->A0 = at;
    regs->x25 = regs->BASE = 0x1234567;
    CHECK("stored x25 and x27 have no effect", lfi_ctx_run(other, entry) == 7);
    lfi_ctx_free(other);
}

static void test_fp(struct LFIBox *box, struct LFIContext *ctx, lfiptr sp)
{
    lfiptr entry = load_or_die(box, 0, CODE(set_fpcr));
    uint64_t fpcr = UINT64_C(3) << 22, before_cr, before_sr;
    reset(ctx, sp);
    lfi_ctx_regs(ctx)->A0 = fpcr;
    __asm__ volatile("msr fpcr, %0\n msr fpsr, %1" ::"r"(UINT64_C(1) << 24), "r"(UINT64_C(4)));
    before_cr = host_fpcr();
    before_sr = host_fpsr();
    int r = lfi_ctx_run(ctx, entry);
    uint64_t after_cr = host_fpcr(), after_sr = host_fpsr();
    __asm__ volatile("msr fpcr, xzr");
    CHECK("fpcr of the box survives a call", (unsigned)r == fpcr);
    CHECK("handler runs with the host's fpcr and fpsr",
          fpcr_in_handler == before_cr && fpsr_in_handler == before_sr);
    CHECK("the host's fpcr and fpsr survive a run", after_cr == before_cr && after_sr == before_sr);
    reset(ctx, sp);
    __asm__ volatile("msr fpcr, %0" ::"r"(UINT64_C(1) << 24));
    lfi_ctx_run(ctx, load_or_die(box, 0, CODE(brk)));
    after_cr = host_fpcr();
    __asm__ volatile("msr fpcr, xzr");
    CHECK("the host's fpcr survives a fault", after_cr == before_cr);
}

static void test_reserved(struct LFIBox *box, struct LFIContext *ctx, lfiptr sp)
{
    reset(ctx, sp);
    ncalls = 0;
    lfi_ctx_run(ctx, load_or_die(box, 0, CODE(jump_entry)));
    CHECK("a jump into an entry resumes inside the box",
          ncalls == 1 && resume_in_handler >> 32 == lfi_box_info(box).base >> 32
              && lfi_ctx_fault(ctx) && lfi_ctx_fault(ctx)->kind == LFI_FAULT_SIGNAL
              && lfi_ctx_fault(ctx)->pc >> 32 == lfi_box_info(box).base >> 32);
    reset(ctx, sp);
    lfi_ctx_regs(ctx)->NR = ADDS;
    callee_saved_changed(lfi_ctx_run, ctx, load_or_die(box, 0, CODE(preserved)));
    CHECK("the platform's register in a handler", x18_in_handler == 0x7712);
    reset(ctx, 0);
    lfi_ctx_regs(ctx)->x28 = (uint64_t)-1;
    CHECK("stored x28 is reduced to the box",
          lfi_ctx_run(ctx, load_or_die(box, 0, CODE(one))) == 1
              && lfi_ctx_regs(ctx)->x28 == lfi_box_info(box).base + 0xffffffff);
}

static void test_spec_tp(struct LFIEngine *engine)
{
    struct LFIBox *spec = new_box(engine);
    CHECK("profile spec", lfi_box_set_profile(spec, lfi_profile_find(ARCH, "spec")));
    struct LFIContext *c = new_ctx(spec);
    lfi_ctx_set_tp(c, 5000);
    lfi_ctx_regs(c)->A0 = 4;
    CHECK("thread pointer by rtcalls of the published layout",
          lfi_ctx_run(c, load_or_die(spec, 0, CODE(spec_tp))) == 5004 && lfi_ctx_get_tp(c) == 4);
    lfi_ctx_free(c);
    lfi_box_free(spec);
}

static void test_registers(struct LFIEngine *engine, struct LFIBox *box, struct LFIContext *ctx,
                           lfiptr sp)
{
    test_reserved(box, ctx, sp);
    test_entry_state(box, ctx, sp);
    test_resume(box, ctx, sp);
    test_fp(box, ctx, sp);
    test_spec_tp(engine);
}
