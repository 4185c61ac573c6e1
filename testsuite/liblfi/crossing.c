/* Crossings: registers, floating-point state, system calls, ends of runs.
   SPDX-License-Identifier: Apache-2.0  */
#include "test.h"

unsigned long callee_saved_changed(int (*run)(struct LFIContext *, uintptr_t),
                                   struct LFIContext *ctx, uintptr_t entry);

enum { EXITS = 5, ADDS = 6, CLOBBERS = 7, NESTS = 8, OUTER_EXIT = 9, FREES = 10 };

static struct LFIContext *seen_ctx, *outer_ctx, *inner_ctx;
static lfiptr inner_entry;
static int inner_result;
static unsigned ncalls;

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

/* Overwrites what C code may overwrite.  */
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

static void handler(struct LFIContext *ctx)
{
    struct LFIRegs *regs = lfi_ctx_regs(ctx);
    __asm__ volatile("mov %0, x18" : "=r"(x18_in_handler));
    ncalls++;
    seen_ctx = lfi_cur_ctx();
    fpcr_in_handler = host_fpcr();
    fpsr_in_handler = host_fpsr();
    switch (regs->x8) {
    case EXITS:
        lfi_ctx_exit(ctx, (int)regs->x0);
        break;
    case ADDS:
        regs->x0 = regs->x0 + regs->x1;
        break;
    case NESTS:
        inner_result = lfi_ctx_run(inner_ctx, inner_entry);
        regs->x0 = 100;
        break;
    case FREES:
        lfi_ctx_free(ctx);
        regs->x0 = lfi_errno() == LFI_ERR_STATE;
        break;
    case OUTER_EXIT:
        lfi_ctx_exit(outer_ctx, 55);
        break;
    default:
        clobber();
        regs->x0 = 0;
    }
}

static void reset(struct LFIContext *ctx, lfiptr sp)
{
    lfi_ctx_regs_init(ctx);
    lfi_ctx_regs(ctx)->sp = sp;
}

static void test_calls(struct LFIBox *box, struct LFIContext *ctx, lfiptr sp)
{
    struct LFIRegs *regs = lfi_ctx_regs(ctx);
    lfiptr call = load_or_die(box, 0, CODE(syscall_return));
    reset(ctx, sp);
    regs->x8 = ADDS;
    regs->x0 = 40;
    regs->x1 = 2;
    CHECK("system call: result", lfi_ctx_run(ctx, call) == 42 && !lfi_ctx_fault(ctx));
    CHECK("system call: current context in the handler", seen_ctx == ctx && !lfi_cur_ctx());
    reset(ctx, sp);
    regs->x8 = EXITS;
    regs->x0 = 77;
    CHECK("exit from a handler", lfi_ctx_run(ctx, call) == 77 && !lfi_ctx_fault(ctx));
    reset(ctx, sp);
    CHECK("rtcall 3 ends with x0", lfi_ctx_run(ctx, load_or_die(box, 0, CODE(add_return))) == 0);
    regs->x0 = (uint64_t)-3;
    regs->x1 = 1;
    CHECK("entry reduced to the box",
          lfi_ctx_run(ctx, (load_or_die(box, 0, CODE(add_return)) & 0xffffffff) | 3) == -2);
    reset(ctx, sp);
    CHECK("every register survives a system call",
          lfi_ctx_run(ctx, load_or_die(box, 0, CODE(preserved))) == 0 && !lfi_ctx_fault(ctx));
    reset(ctx, sp);
    ncalls = 0;
    lfi_ctx_run(ctx, load_or_die(box, 0, CODE(jump_entry)));
    CHECK("a jump into an entry resumes inside the box",
          ncalls == 1 && lfi_ctx_fault(ctx) && lfi_ctx_fault(ctx)->kind == LFI_FAULT_SIGNAL
              && lfi_ctx_fault(ctx)->pc >> 32 == lfi_box_info(box).base >> 32);
    reset(ctx, sp);
    regs->x8 = ADDS;
    CHECK("callee-saved registers of the host",
          callee_saved_changed(lfi_ctx_run, ctx, load_or_die(box, 0, CODE(preserved))) == 0);
    CHECK("the platform's register in a handler", x18_in_handler == 0x7712);
    CHECK("host_tp", regs->host_tp == (uintptr_t)__builtin_thread_pointer());
    reset(ctx, sp);
    CHECK("callee-saved registers of the host after a fault",
          callee_saved_changed(lfi_ctx_run, ctx, load_or_die(box, 0, CODE(brk))) == 0
              && lfi_ctx_fault(ctx));
}

static void test_new(struct LFIBox *box, struct LFIContext *ctx, lfiptr sp)
{
    reset(ctx, sp);
    lfi_ctx_regs(ctx)->x8 = FREES;
    CHECK("a running context is not freed",
          lfi_ctx_run(ctx, load_or_die(box, 0, CODE(syscall_return))) == 1);
    for (int i = 0; i < 2; i++) {
        struct LFIContext *c = lfi_ctx_new(box, &i);
        struct LFIRegs *regs = lfi_ctx_regs(c);
        uint64_t base = lfi_box_info(box).base;
        if (i == 1)
            CHECK("new context: registers", regs->tp == 0 && regs->x27 == base
                                                && regs->x25 == (uintptr_t)regs && regs->x0 == 0
                                                && regs->sp == base);
        CHECK(i ? "new context: box" : "new context: data",
              lfi_ctx_box(c) == box && lfi_ctx_data(c) == &i && !lfi_ctx_fault(c));
        memset(regs, 0x55, sizeof *regs);
        lfi_ctx_free(c);
    }
}

static void test_entry_state(struct LFIBox *box, struct LFIContext *ctx, lfiptr sp)
{
    uint64_t dump[32 + 64];
    lfiptr at = lfi_box_mapany(box, 4096, RW, ANON, -1, 0);
    lfiptr entry = load_or_die(box, 0, CODE(dump));
    uint64_t base = lfi_box_info(box).base;
    reset(ctx, sp);
    lfi_ctx_regs(ctx)->x0 = at;
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
    regs->x0 = at;
    regs->x16 = 0x1616;
    regs->x26 = 0x2626;
    regs->x30 = entry;
    CHECK("resume: runs", lfi_ctx_run(other, entry) == 7);
    lfi_box_copyfm(box, dump, at, sizeof dump);
    CHECK("resume: every register as stored", dump[16] == 0x1616 && dump[25] == 0x2626);
    CHECK("resume: x25 is the new context", dump[31] == (uintptr_t)regs);
    reset(other, sp);
    regs->x0 = at;
    regs->x25 = regs->x27 = 0x1234567;
    CHECK("stored x25 and x27 have no effect", lfi_ctx_run(other, entry) == 7);
    lfi_ctx_free(other);
}

static void test_fp(struct LFIBox *box, struct LFIContext *ctx, lfiptr sp)
{
    lfiptr entry = load_or_die(box, 0, CODE(set_fpcr));
    uint64_t fpcr = UINT64_C(3) << 22, before_cr, before_sr;
    reset(ctx, sp);
    lfi_ctx_regs(ctx)->x0 = fpcr;
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

static void test_sp(struct LFIBox *box, struct LFIContext *ctx)
{
    lfiptr entry = load_or_die(box, 0, CODE(set_sp));
    reset(ctx, 0);
    lfi_ctx_regs(ctx)->x0 = 0;
    CHECK("sp at the base crosses", lfi_ctx_run(ctx, entry) == 0 && !lfi_ctx_fault(ctx));
    reset(ctx, 0);
    lfi_ctx_regs(ctx)->x0 = 0x7ffffff0;
    CHECK("sp where nothing is mapped crosses",
          lfi_ctx_run(ctx, entry) == 0x7ffffff0 && !lfi_ctx_fault(ctx));
    reset(ctx, 0);
    lfi_ctx_regs(ctx)->sp = 0x12345678;
    lfi_ctx_regs(ctx)->x28 = (uint64_t)-1;
    CHECK("stored sp and x28 are reduced to the box",
          lfi_ctx_run(ctx, load_or_die(box, 0, CODE(one))) == 1
              && lfi_ctx_regs(ctx)->sp == lfi_box_info(box).base + 0x12345678
              && lfi_ctx_regs(ctx)->x28 == lfi_box_info(box).base + 0xffffffff);
}

static void test_tp(struct LFIEngine *engine, struct LFIBox *box, struct LFIContext *ctx)
{
    reset(ctx, 0);
    lfi_ctx_set_tp(ctx, 1000);
    lfi_ctx_regs(ctx)->x0 = 234;
    CHECK("thread pointer by the context register",
          lfi_ctx_run(ctx, load_or_die(box, 0, CODE(tp_slot))) == 1234
              && lfi_ctx_get_tp(ctx) == 234);
    lfi_ctx_regs_init(ctx);
    CHECK("thread pointer survives regs_init", lfi_ctx_get_tp(ctx) == 234);
    struct LFIBox *spec = new_box(engine);
    CHECK("profile spec", lfi_box_set_profile(spec, lfi_profile_find(LFI_ARCH_AARCH64, "spec")));
    struct LFIContext *c = new_ctx(spec);
    lfi_ctx_set_tp(c, 5000);
    lfi_ctx_regs(c)->x0 = 4;
    CHECK("thread pointer by rtcalls of the published layout",
          lfi_ctx_run(c, load_or_die(spec, 0, CODE(spec_tp))) == 5004 && lfi_ctx_get_tp(c) == 4);
    lfi_ctx_free(c);
    lfi_box_free(spec);
}

static void test_unused(struct LFIBox *box, struct LFIContext *ctx, lfiptr sp)
{
    lfiptr entry = load_or_die(box, 0, CODE(unused_entries));
    unsigned good = 0;
    for (unsigned k = 4; k < 32; k++) {
        reset(ctx, sp);
        lfi_ctx_regs(ctx)->x0 = 0x4444;
        int r = lfi_ctx_run(ctx, entry + (k - 4) * 12);
        const struct LFIFault *f = lfi_ctx_fault(ctx);
        good += r == -1 && f && f->kind == LFI_FAULT_RTCALL && f->sig == SIGSYS && f->code == (int)k
                && f->pc == entry + (k - 4) * 12 + 4 && lfi_ctx_regs(ctx)->x0 == 0x4444;
    }
    CHECK("unused rtcalls end the box", good == 28);
}

static void test_nesting(struct LFIEngine *engine, struct LFIBox *box, struct LFIContext *ctx,
                         lfiptr sp)
{
    struct LFIBox *second = new_box(engine);
    lfiptr call = load_or_die(box, 0, CODE(syscall_return));
    inner_ctx = new_ctx(second);
    inner_entry = load_or_die(second, 0, CODE(one));
    reset(ctx, sp);
    lfi_ctx_regs(ctx)->x8 = NESTS;
    CHECK("a handler runs another box", lfi_ctx_run(ctx, call) == 100 && inner_result == 1);
    inner_entry = load_or_die(second, 0, CODE(brk));
    reset(ctx, sp);
    lfi_ctx_regs(ctx)->x8 = NESTS;
    CHECK("a fault of the inner box leaves the outer one",
          lfi_ctx_run(ctx, call) == 100 && inner_result == -1 && lfi_ctx_fault(inner_ctx)
              && !lfi_ctx_fault(ctx));
    inner_entry = load_or_die(second, 0, CODE(syscall_return));
    lfi_ctx_regs_init(inner_ctx);
    lfi_ctx_regs(inner_ctx)->x8 = OUTER_EXIT;
    outer_ctx = ctx;
    reset(ctx, sp);
    lfi_ctx_regs(ctx)->x8 = NESTS;
    CHECK("exit of the outer context ends both",
          lfi_ctx_run(ctx, call) == 55 && lfi_cur_ctx() == NULL);
    lfi_ctx_regs_init(inner_ctx);
    lfi_ctx_regs(inner_ctx)->x8 = EXITS;
    CHECK("the inner context can run again", lfi_ctx_run(inner_ctx, inner_entry) == 0);
    inner_ctx = ctx;
    inner_entry = call;
    reset(ctx, sp);
    lfi_ctx_regs(ctx)->x8 = NESTS;
    CHECK("a context does not run twice at once",
          lfi_ctx_run(ctx, call) == 100 && inner_result == -1 && lfi_errno() == LFI_ERR_STATE);
    struct LFIContext *idle = new_ctx(second);
    lfi_ctx_exit(idle, 3);
    CHECK("exit of a context that never ran is refused", lfi_errno() == LFI_ERR_STATE);
    lfi_ctx_free(idle);
}

int main(void)
{
    struct LFIEngine *engine = new_engine((struct LFIOptions){0}, 3);
    struct LFIBox *box = new_box(engine);
    struct LFIContext *ctx = new_ctx(box);
    lfiptr sp = new_stack(box);
    lfi_ctx_run(ctx, load_or_die(box, 0, CODE(syscall_return)));
    CHECK("a system call without a handler is a fault",
          lfi_ctx_fault(ctx) && lfi_ctx_fault(ctx)->kind == LFI_FAULT_RTCALL
              && lfi_ctx_fault(ctx)->code == 0);
    lfi_sys_handler(engine, handler);
    test_calls(box, ctx, sp);
    test_new(box, ctx, sp);
    test_entry_state(box, ctx, sp);
    test_resume(box, ctx, sp);
    test_fp(box, ctx, sp);
    test_sp(box, ctx);
    test_tp(engine, box, ctx);
    test_unused(box, ctx, sp);
    test_nesting(engine, box, ctx, sp);
    puts("DONE");
    return 0;
}
