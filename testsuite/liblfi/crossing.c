/* Crossings: registers, floating-point state, system calls, ends of runs.
   SPDX-License-Identifier: Apache-2.0  */
#include "test.h"

unsigned long callee_saved_changed(int (*run)(struct LFIContext *, uintptr_t),
                                   struct LFIContext *ctx, uintptr_t entry);

enum { EXITS = 5, ADDS = 6, CLOBBERS = 7, NESTS = 8, OUTER_EXIT = 9, FREES = 10 };

/* The state that functions written in C rely on, as the last handler found it.  */
static void look_at_state(void);
/* Overwrites what C code may overwrite.  */
static void clobber(void);

static struct LFIContext *seen_ctx, *outer_ctx, *inner_ctx;
static lfiptr inner_entry;
static int inner_result;
static unsigned ncalls;
static uint64_t resume_in_handler;

static void handler(struct LFIContext *ctx)
{
    struct LFIRegs *regs = lfi_ctx_regs(ctx);
    look_at_state();
    ncalls++;
    resume_in_handler = regs->RESUME;
    seen_ctx = lfi_cur_ctx();
    switch (regs->NR) {
    case EXITS:
        lfi_ctx_exit(ctx, (int)regs->A0);
        break;
    case ADDS:
        regs->A0 = regs->A0 + regs->A1;
        break;
    case NESTS:
        inner_result = lfi_ctx_run(inner_ctx, inner_entry);
        regs->A0 = 100;
        break;
    case FREES:
        lfi_ctx_free(ctx);
        regs->A0 = lfi_errno() == LFI_ERR_STATE;
        break;
    case OUTER_EXIT:
        lfi_ctx_exit(outer_ctx, 55);
        break;
    default:
        clobber();
        regs->A0 = 0;
    }
}

static void reset(struct LFIContext *ctx, lfiptr sp)
{
    lfi_ctx_regs_init(ctx);
    lfi_ctx_regs(ctx)->SP = sp;
}

#if defined(__aarch64__)
#include "registers_aarch64.h"
#else
#include "registers_x86_64.h"
#endif

static void test_calls(struct LFIBox *box, struct LFIContext *ctx, lfiptr sp)
{
    struct LFIRegs *regs = lfi_ctx_regs(ctx);
    lfiptr call = load_or_die(box, 0, CODE(syscall_return));
    reset(ctx, sp);
    regs->NR = ADDS;
    regs->A0 = 40;
    regs->A1 = 2;
    CHECK("system call: result", lfi_ctx_run(ctx, call) == 42 && !lfi_ctx_fault(ctx));
    CHECK("system call: where it resumes is in the box",
          resume_in_handler > call && resume_in_handler <= call + ENTRY_ALIGN * 4);
    CHECK("system call: current context in the handler", seen_ctx == ctx && !lfi_cur_ctx());
    reset(ctx, sp);
    regs->NR = EXITS;
    regs->A0 = 77;
    CHECK("exit from a handler", lfi_ctx_run(ctx, call) == 77 && !lfi_ctx_fault(ctx));
    reset(ctx, sp);
    CHECK("rtcall 3 ends with x0", lfi_ctx_run(ctx, load_or_die(box, 0, CODE(add_return))) == 0);
    regs->A0 = (uint64_t)-3;
    regs->A1 = 1;
    CHECK("entry reduced to the box",
          lfi_ctx_run(ctx, (load_or_die(box, 0, CODE(add_return)) & 0xffffffff) | (ENTRY_ALIGN - 1))
              == -2);
    reset(ctx, sp);
    CHECK("every register survives a system call",
          lfi_ctx_run(ctx, load_or_die(box, 0, CODE(preserved))) == 0 && !lfi_ctx_fault(ctx));
    reset(ctx, sp);
    regs->NR = ADDS;
    CHECK("callee-saved registers of the host",
          callee_saved_changed(lfi_ctx_run, ctx, load_or_die(box, 0, CODE(preserved))) == 0);
    CHECK("host_tp", regs->host_tp == (uintptr_t)__builtin_thread_pointer());
    reset(ctx, sp);
    CHECK("callee-saved registers of the host after a fault",
          callee_saved_changed(lfi_ctx_run, ctx, load_or_die(box, 0, CODE(brk))) == 0
              && lfi_ctx_fault(ctx));
}

static void test_new(struct LFIBox *box, struct LFIContext *ctx, lfiptr sp)
{
    reset(ctx, sp);
    lfi_ctx_regs(ctx)->NR = FREES;
    CHECK("a running context is not freed",
          lfi_ctx_run(ctx, load_or_die(box, 0, CODE(syscall_return))) == 1);
    for (int i = 0; i < 2; i++) {
        struct LFIContext *c = lfi_ctx_new(box, &i);
        struct LFIRegs *regs = lfi_ctx_regs(c);
        uint64_t base = lfi_box_info(box).base;
        if (i == 1)
            CHECK("new context: registers", regs->tp == 0 && regs->BASE == base
                                                && regs->CTXREG == (uintptr_t)regs && regs->A0 == 0
                                                && regs->SP == base);
        CHECK(i ? "new context: box" : "new context: data",
              lfi_ctx_box(c) == box && lfi_ctx_data(c) == &i && !lfi_ctx_fault(c));
        memset(regs, 0x55, sizeof *regs);
        lfi_ctx_free(c);
    }
}

static void test_sp(struct LFIBox *box, struct LFIContext *ctx)
{
    lfiptr entry = load_or_die(box, 0, CODE(set_sp));
    reset(ctx, 0);
    lfi_ctx_regs(ctx)->A0 = 0;
    CHECK("sp at the base crosses", lfi_ctx_run(ctx, entry) == 0 && !lfi_ctx_fault(ctx));
    reset(ctx, 0);
    lfi_ctx_regs(ctx)->A0 = 0x7ffffff0;
    CHECK("sp where nothing is mapped crosses",
          lfi_ctx_run(ctx, entry) == 0x7ffffff0 && !lfi_ctx_fault(ctx));
    reset(ctx, 0);
    lfi_ctx_regs(ctx)->SP = UINT64_C(0xdeadbeef12345678);
    CHECK("stored sp is reduced to the box",
          lfi_ctx_run(ctx, load_or_die(box, 0, CODE(one))) == 1
              && lfi_ctx_regs(ctx)->SP == lfi_box_info(box).base + 0x12345678);
}

static void test_tp(struct LFIBox *box, struct LFIContext *ctx)
{
    reset(ctx, 0);
    lfi_ctx_set_tp(ctx, 1000);
    lfi_ctx_regs(ctx)->A0 = 234;
    CHECK("thread pointer by the context register",
          lfi_ctx_run(ctx, load_or_die(box, 0, CODE(tp_slot))) == 1234
              && lfi_ctx_get_tp(ctx) == 234);
    lfi_ctx_regs_init(ctx);
    CHECK("thread pointer survives regs_init", lfi_ctx_get_tp(ctx) == 234);
}

static void test_unused(struct LFIBox *box, struct LFIContext *ctx, lfiptr sp)
{
    lfiptr entry = load_or_die(box, 0, CODE(unused_entries));
    unsigned good = 0;
    for (unsigned k = 4; k < 32; k++) {
        reset(ctx, sp);
        lfi_ctx_regs(ctx)->A0 = 0x4444;
        int r = lfi_ctx_run(ctx, entry + (k - 4) * UNUSED_ENTRY);
        const struct LFIFault *f = lfi_ctx_fault(ctx);
        good += r == -1 && f && f->kind == LFI_FAULT_RTCALL && f->sig == SIGSYS && f->code == (int)k
                && f->pc == entry + (k - 4) * UNUSED_ENTRY + UNUSED_PC
                && lfi_ctx_regs(ctx)->A0 == 0x4444;
    }
    CHECK("unused rtcalls end the box", good == 28);
    /* The number of a callback is whatever the box says.  */
    static const uint64_t numbers[] = {0, 4095, 4096, 4097, 1 << 20, UINT64_C(1) << 40, UINT64_MAX};
    good = 0;
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        reset(ctx, sp);
        lfi_ctx_regs(ctx)->NUMBER = numbers[i];
        good += lfi_ctx_run(ctx, entry) == -1 && lfi_ctx_fault(ctx)
                && lfi_ctx_fault(ctx)->kind == LFI_FAULT_RTCALL && lfi_ctx_fault(ctx)->code == 4;
    }
    CHECK("a callback that does not exist ends the box", good == 7);
}

static void test_nesting(struct LFIEngine *engine, struct LFIBox *box, struct LFIContext *ctx,
                         lfiptr sp)
{
    struct LFIBox *second = new_box(engine);
    lfiptr call = load_or_die(box, 0, CODE(syscall_return));
    struct LFIContext *other = inner_ctx = new_ctx(second);
    inner_entry = load_or_die(second, 0, CODE(one));
    reset(ctx, sp);
    lfi_ctx_regs(ctx)->NR = NESTS;
    CHECK("a handler runs another box", lfi_ctx_run(ctx, call) == 100 && inner_result == 1);
    inner_entry = load_or_die(second, 0, CODE(brk));
    reset(ctx, sp);
    lfi_ctx_regs(ctx)->NR = NESTS;
    CHECK("a fault of the inner box leaves the outer one",
          lfi_ctx_run(ctx, call) == 100 && inner_result == -1 && lfi_ctx_fault(inner_ctx)
              && !lfi_ctx_fault(ctx));
    inner_entry = load_or_die(second, 0, CODE(syscall_return));
    lfi_ctx_regs_init(inner_ctx);
    lfi_ctx_regs(inner_ctx)->NR = OUTER_EXIT;
    outer_ctx = ctx;
    reset(ctx, sp);
    lfi_ctx_regs(ctx)->NR = NESTS;
    CHECK("exit of the outer context ends both",
          lfi_ctx_run(ctx, call) == 55 && lfi_cur_ctx() == NULL);
    lfi_ctx_regs_init(inner_ctx);
    lfi_ctx_regs(inner_ctx)->NR = EXITS;
    CHECK("the inner context can run again", lfi_ctx_run(inner_ctx, inner_entry) == 0);
    inner_ctx = ctx;
    inner_entry = call;
    reset(ctx, sp);
    lfi_ctx_regs(ctx)->NR = NESTS;
    CHECK("a context does not run twice at once",
          lfi_ctx_run(ctx, call) == 100 && inner_result == -1 && lfi_errno() == LFI_ERR_STATE);
    struct LFIContext *idle = new_ctx(second);
    lfi_ctx_exit(idle, 3);
    CHECK("exit of a context that never ran is refused", lfi_errno() == LFI_ERR_STATE);
    lfi_ctx_free(idle);
    lfi_ctx_free(other);
    lfi_box_free(second);
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
    test_registers(engine, box, ctx, sp);
    test_sp(box, ctx);
    test_tp(box, ctx);
    test_unused(box, ctx, sp);
    test_nesting(engine, box, ctx, sp);
    lfi_ctx_free(ctx);
    lfi_box_free(box);
    lfi_free(engine);
    puts("DONE");
    return 0;
}
