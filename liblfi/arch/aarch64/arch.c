/* arm64: registers, signal frames, instruction cache.
   SPDX-License-Identifier: Apache-2.0  */
#include "config.h"

#include <asm/sigcontext.h>
#include <string.h>

#include "lfi-verify/arm64/resume.h"
#include "lfiv.h"
#include "liblfi/arch/aarch64/offsets.h"
#include "liblfi/core/internal.h"

#define CHECK_OFFSET(offset, field)                                                                \
    static_assert(offsetof(struct LFIContext, field) == (offset), "offsets.h: " #field)

CHECK_OFFSET(CTX_HOST_SP, regs.host_sp);
CHECK_OFFSET(CTX_HOST_TP, regs.host_tp);
CHECK_OFFSET(CTX_TP, regs.tp);
CHECK_OFFSET(LFI_CTX_TP_OFFSET, regs.tp);
CHECK_OFFSET(CTX_SP, regs.sp);
CHECK_OFFSET(CTX_X(0), regs.x0);
CHECK_OFFSET(CTX_X(30), regs.x30);
CHECK_OFFSET(CTX_FPCR, regs.fpcr);
CHECK_OFFSET(CTX_FPSR, regs.fpsr);
CHECK_OFFSET(CTX_NZCV, regs.nzcv);
CHECK_OFFSET(CTX_V(0), regs.vector);
CHECK_OFFSET(CTX_IN_BOX, in_box);
CHECK_OFFSET(CTX_BASE, base);
CHECK_OFFSET(CTX_HOST_FPCR, host_fp);
CHECK_OFFSET(CTX_RTCALL, rtcall);
CHECK_OFFSET(CTX_INTERRUPTED, interrupted);
CHECK_OFFSET(CTX_FUEL, fuel);

static_assert(offsetof(struct LFICallRegs, x) == CALL_X(0)
                  && offsetof(struct LFICallRegs, vector) == CALL_V(0)
                  && sizeof(struct LFICallRegs) == CALL_SIZE,
              "offsets.h: struct LFICallRegs");

enum { STUB_SIZE = 16 };

#define NZCV_MASK UINT64_C(0xf0000000)
#define PSTATE_BTYPE UINT64_C(0xc00)

/* The kinds of crossing.S.  */
struct Crossing {
    struct LFICrossing to;
    uint64_t pc_mask; /* where indirect branches arrive */
    const char *rtcall[LFI_RTCALL_CALLBACK + 1], *unused;
    const char *entering, *entered, *resume; /* lfi_arch_entering */
    const char *stopped, *trap;
};

#define FUNCTIONS(kind)                                                                            \
    LFI_HIDDEN int lfi_arch_enter_##kind(struct LFIContext *ctx, bool resume);                     \
    LFI_HIDDEN _Noreturn void lfi_arch_leave_##kind(struct LFIContext *ctx, int code);             \
    LFI_HIDDEN extern const char lfi_arch_rtcall_syscall_##kind[],                                 \
        lfi_arch_rtcall_get_tp_##kind[], lfi_arch_rtcall_set_tp_##kind[],                          \
        lfi_arch_rtcall_return_##kind[], lfi_arch_rtcall_callback_##kind[],                        \
        lfi_arch_rtcall_unused_##kind[], lfi_arch_entering_begin_##kind[],                         \
        lfi_arch_entering_end_##kind[], lfi_arch_resume_##kind[], lfi_arch_stopped_##kind[],       \
        lfi_arch_trap_##kind[];
#define ROW(kind, meter, pc_mask)                                                                  \
    {                                                                                              \
        {lfi_arch_enter_##kind, lfi_arch_leave_##kind, meter}, pc_mask,                            \
            {[LFI_RTCALL_SYSCALL] = lfi_arch_rtcall_syscall_##kind,                                \
             [LFI_RTCALL_GET_TP] = lfi_arch_rtcall_get_tp_##kind,                                  \
             [LFI_RTCALL_SET_TP] = lfi_arch_rtcall_set_tp_##kind,                                  \
             [LFI_RTCALL_RETURN] = lfi_arch_rtcall_return_##kind,                                  \
             [LFI_RTCALL_CALLBACK] = lfi_arch_rtcall_callback_##kind},                             \
            lfi_arch_rtcall_unused_##kind, lfi_arch_entering_begin_##kind,                         \
            lfi_arch_entering_end_##kind, lfi_arch_resume_##kind, lfi_arch_stopped_##kind,         \
            lfi_arch_trap_##kind                                                                   \
    }

FUNCTIONS(plain)
FUNCTIONS(metered)
static const struct Crossing crossings[] = {
    ROW(plain, false, 0xfffffffc),
    ROW(metered, true, 0xfffffff0),
};

static const struct Crossing *crossing_of(const struct LFIContext *ctx)
{
    return (const struct Crossing *)ctx->crossing;
}

const enum LFIArch lfi_arch_this = LFI_ARCH_AARCH64;

/* Nothing is executable within the reach of a direct branch of a box's end.  */
const struct LFIArchLayout lfi_arch_layouts[] = {
    {.layout = LFI_LAYOUT_DENSE,
     .guard = LFI_GUARD_DENSE,
     .name = "dense",
     .min = LFI_ARM64_GUARD_LOW,
     .max = LFI_BOX_SIZE - LFI_ARM64_GUARD_HIGH,
     .max_exec = LFI_BOX_SIZE - LFI_ARM64_BRANCH_REACH,
     .table = 0,
     .stride = LFI_BOX_SIZE,
     .edge_below = LFI_ARM64_BRANCH_REACH + LFI_MAX_PAGE,
     .edge_above = LFI_BOX_SIZE,
     .max_boxes = (UINT64_C(1) << 48) / LFI_BOX_SIZE,
     .max_arenas = 1},
};
const size_t lfi_arch_nlayouts = sizeof lfi_arch_layouts / sizeof lfi_arch_layouts[0];

const char *lfi_arch_missing(const struct LFIProfile *profile)
{
    (void)profile;
    return NULL;
}

const struct LFICrossing *lfi_arch_crossing(const struct LFIProfile *profile)
{
    if (profile->base != LFI_BASE_REGISTER || !profile->ctxreg)
        return NULL;
    return &crossings[profile->meter != LFI_METER_NONE].to;
}

void lfi_arch_set_crossing(struct LFIContext *ctx, const struct LFICrossing *to)
{
    ctx->crossing = to;
}

void lfi_arch_init(void)
{
}

uint64_t lfi_arch_rtcall(const struct LFICrossing *crossing, unsigned k)
{
    const struct Crossing *c = (const struct Crossing *)crossing;
    const char *entry = k < sizeof c->rtcall / sizeof c->rtcall[0]
                            ? c->rtcall[k]
                            : c->unused + STUB_SIZE * (k % LFI_RTCALL_REACHABLE);
    return (uintptr_t)entry;
}

void lfi_arch_regs_relink(struct LFIContext *ctx)
{
    ctx->regs.x25 = (uintptr_t)ctx;
    ctx->regs.x27 = ctx->base;
}

void lfi_arch_regs_init(struct LFIContext *ctx)
{
    uint64_t tp = ctx->regs.tp;
    memset(&ctx->regs, 0, sizeof ctx->regs);
    ctx->regs.tp = tp;
    ctx->regs.sp = ctx->regs.x28 = ctx->regs.x30 = ctx->base;
    lfi_arch_regs_relink(ctx);
}

bool lfi_arch_regs_entry(struct LFIContext *ctx, uint64_t entry)
{
    uint64_t mask = crossing_of(ctx)->pc_mask, offset = entry & mask;
    if (offset == (ctx->regs.x30 & mask))
        return true;
    ctx->regs.x16 = ctx->base + offset;
    return false;
}

uint64_t lfi_arch_rtcall_site(const struct LFIContext *ctx)
{
    return ctx->regs.x30 - 4;
}

/* Calls.  */

void lfi_arch_get_arguments(const struct LFIContext *ctx, struct LFICallRegs *regs)
{
    memset(regs, 0, sizeof *regs);
    memcpy(regs->x, &ctx->regs.x0, 9 * sizeof regs->x[0]);
    memcpy(regs->vector, ctx->regs.vector, sizeof regs->vector);
}

void lfi_arch_set_arguments(struct LFIContext *ctx, const struct LFICallRegs *regs)
{
    memcpy(&ctx->regs.x0, regs->x, 9 * sizeof regs->x[0]);
}

void lfi_arch_set_vectors(struct LFIContext *ctx, const struct LFICallRegs *regs)
{
    memcpy(ctx->regs.vector, regs->vector, sizeof regs->vector);
}

void lfi_arch_get_results(const struct LFIContext *ctx, struct LFICallRegs *regs)
{
    memcpy(regs->x, &ctx->regs.x0, 2 * sizeof regs->x[0]);
}

void lfi_arch_get_vectors(const struct LFIContext *ctx, struct LFICallRegs *regs, bool long_double)
{
    (void)long_double;
    memcpy(regs->vector, ctx->regs.vector, 4 * sizeof regs->vector[0]);
}

void lfi_arch_set_results(struct LFIContext *ctx, const struct LFICallRegs *regs)
{
    memcpy(&ctx->regs.x0, regs->x, 2 * sizeof regs->x[0]);
    memcpy(ctx->regs.vector, regs->vector, 4 * sizeof regs->vector[0]);
}

uint64_t *lfi_arch_hidden(struct LFICallRegs *regs)
{
    return &regs->x[8];
}

void lfi_arch_return_hidden(struct LFICallRegs *regs, void *to)
{
    (void)regs, (void)to;
}

uint64_t lfi_arch_sp(const struct LFIContext *ctx)
{
    return ctx->base + (uint32_t)ctx->regs.sp;
}

void lfi_arch_set_sp(struct LFIContext *ctx, uint64_t sp)
{
    ctx->regs.sp = sp;
}

bool lfi_arch_push_return(struct LFIContext *ctx, uint64_t sp, uint64_t ret)
{
    ctx->regs.sp = sp;
    ctx->regs.x30 = ret;
    return true;
}

uint64_t lfi_arch_stack_arguments(const struct LFIContext *ctx)
{
    return lfi_arch_sp(ctx);
}

/* Stubs: two instructions each, after what ends a call and their common part.  */
enum { STUBS_COMMON = 10, STUBS_CALLBACK = 4, STUB_WORDS = 2 };
#define MOV_X26_X30 0xaa1e03fau
#define BLR_X30 0xd63f03c0u
#define ADD_X30_X27_W26 0x8b3a437eu
#define RET 0xd65f03c0u
#define BRK 0xd4200000u
#define NOP 0xd503201fu
#define UDF 0u
#define MOVZ_W17(n) (0x52800011u | (uint32_t)(n) << 5)
#define B(words) (0x14000000u | ((uint32_t)(words)&0x3ffffff))

/* Of metered code: two bundles each.  A charge is for all words since the last one.  Behind each trap is
   the way back for a run that was given more fuel.  */
enum { METERED_COMMON = 32, METERED_CALLBACK = 11, METERED_STUB_WORDS = 8 };
#define CHARGE_X23(n) (0xd10002f7u | (uint32_t)(n) << 10)
#define TBZ_X23(words) (0xb6f80017u | ((uint32_t)(words)&0x3fff) << 5)
#define TBNZ_X23(words) (0xb7f80017u | ((uint32_t)(words)&0x3fff) << 5)
#define AND_X30 0x927cefdeu

static_assert(4u * METERED_STUB_WORDS <= LFI_STUB_MOST && 4u * METERED_COMMON <= LFI_STUBS_FIRST_MOST
                  && 4u * STUB_WORDS <= LFI_STUB_MOST && 4u * STUBS_COMMON <= LFI_STUBS_FIRST_MOST,
              "more pages of stubs than boxes have room for");

/* ldur x30, [x27, #-8(k+1)], or ldr x30, [x27, #8k].  */
static uint32_t load_entry(const struct LFIProfile *profile, int k)
{
    if (profile->table == LFI_TABLE_PAGE0)
        return 0xf940037eu | (uint32_t)k << 10;
    return 0xf840037eu | ((uint32_t)(-8 * (k + 1)) & 0x1ff) << 12;
}

static bool is_metered(const struct LFIProfile *profile)
{
    return profile->meter != LFI_METER_NONE;
}

size_t lfi_arch_stub_size(const struct LFIProfile *profile)
{
    return (is_metered(profile) ? METERED_STUB_WORDS : STUB_WORDS) * sizeof(uint32_t);
}

size_t lfi_arch_stub_first(const struct LFIProfile *profile)
{
    return (is_metered(profile) ? METERED_COMMON : STUBS_COMMON) * sizeof(uint32_t);
}

static void metered_stubs(const struct LFIProfile *profile, unsigned char *page, unsigned first,
                          size_t n)
{
    const uint32_t common[METERED_COMMON] = {
        CHARGE_X23(4), TBNZ_X23(4 - 1), load_entry(profile, LFI_RTCALL_RETURN), BLR_X30,
        UDF, CHARGE_X23(2), TBZ_X23(0 - 6), BRK,
        NOP, NOP, NOP, MOV_X26_X30,
        CHARGE_X23(8), TBNZ_X23(24 - 13), load_entry(profile, LFI_RTCALL_CALLBACK), BLR_X30,
        ADD_X30_X27_W26, NOP, NOP, NOP,
        CHARGE_X23(8), TBNZ_X23(28 - 21), AND_X30, RET,
        UDF, CHARGE_X23(2), TBZ_X23(12 - 26), BRK,
        UDF, CHARGE_X23(2), TBZ_X23(20 - 30), BRK};
    memcpy(page, common, sizeof common);
    for (size_t i = 0; i < n; i++) {
        int at = (int)(METERED_COMMON + METERED_STUB_WORDS * i);
        const uint32_t stub[METERED_STUB_WORDS] = {
            MOVZ_W17(first + i), CHARGE_X23(4), TBNZ_X23(4 - 2), B(METERED_CALLBACK - (at + 3)),
            UDF, CHARGE_X23(3), TBNZ_X23(8 - 6), B(METERED_CALLBACK - (at + 7))};
        memcpy(page + (size_t)at * sizeof *stub, stub, sizeof stub);
    }
}

void lfi_arch_stubs(const struct LFIProfile *profile, unsigned char *page, unsigned first, size_t n)
{
    const uint32_t common[STUBS_COMMON] = {load_entry(profile, LFI_RTCALL_RETURN),
                                           BLR_X30,
                                           BRK,
                                           BRK,
                                           [STUBS_CALLBACK] = MOV_X26_X30,
                                           load_entry(profile, LFI_RTCALL_CALLBACK),
                                           BLR_X30,
                                           ADD_X30_X27_W26,
                                           RET,
                                           BRK};
    if (is_metered(profile)) {
        metered_stubs(profile, page, first, n);
        return;
    }
    memcpy(page, common, sizeof common);
    for (size_t i = 0; i < n; i++) {
        int at = (int)(STUBS_COMMON + STUB_WORDS * i);
        const uint32_t stub[STUB_WORDS] = {MOVZ_W17(first + i), B(STUBS_CALLBACK - (at + 1))};
        memcpy(page + (size_t)at * sizeof *stub, stub, sizeof stub);
    }
}

uint64_t lfi_arch_stub_number(const struct LFIContext *ctx)
{
    return ctx->regs.x17;
}

/* udf #0 is the all-zero word.  */
void lfi_arch_fill_traps(void *code, size_t size)
{
    memset(code, 0, size);
}

void lfi_arch_sync_code(void *addr, size_t size)
{
    __builtin___clear_cache((char *)addr, (char *)addr + size);
}

/* The kernel leaves nothing that a handler written in C looks at.  */
uint64_t lfi_arch_signal_begin(const struct LFIContext *ctx)
{
    (void)ctx;
    return 0;
}

void lfi_arch_signal_end(const struct LFIContext *ctx, uint64_t before)
{
    (void)ctx, (void)before;
}

uint64_t lfi_arch_uc_pc(const ucontext_t *uc)
{
    return uc->uc_mcontext.pc;
}

uint64_t lfi_arch_uc_sp(const ucontext_t *uc)
{
    return uc->uc_mcontext.sp;
}

void lfi_arch_uc_set_pc(ucontext_t *uc, uint64_t pc)
{
    uc->uc_mcontext.pc = pc;
    uc->uc_mcontext.pstate &= ~PSTATE_BTYPE;
}

int64_t lfi_arch_uc_fuel(const ucontext_t *uc)
{
    return (int64_t)uc->uc_mcontext.regs[23];
}

bool lfi_arch_entering(const struct LFIContext *ctx, const ucontext_t *uc)
{
    uint64_t pc = lfi_arch_uc_pc(uc);
    const struct Crossing *c = crossing_of(ctx);
    return pc >= (uintptr_t)c->entering && pc < (uintptr_t)c->entered;
}

/* The kernel's record of that kind with so many bytes at least, from __reserved; or NO_RECORD.  */
#define NO_RECORD SIZE_MAX
static size_t find_record(const ucontext_t *uc, uint32_t magic, size_t least)
{
    size_t at = 0, size = sizeof uc->uc_mcontext.__reserved;
    struct _aarch64_ctx head;
    while (size - at >= sizeof head) {
        memcpy(&head, uc->uc_mcontext.__reserved + at, sizeof head);
        if (head.magic == 0 || head.size < sizeof head || head.size > size - at)
            break;
        if (head.magic == magic && head.size >= least)
            return at;
        at += head.size;
    }
    return NO_RECORD;
}

static size_t find_vectors(const ucontext_t *uc)
{
    return find_record(uc, FPSIMD_MAGIC, sizeof(struct fpsimd_context));
}

static void save_vectors(struct LFIRegs *regs, const ucontext_t *uc)
{
    size_t at = find_vectors(uc);
    if (at == NO_RECORD)
        return;
    const struct fpsimd_context *fp = (const void *)(uc->uc_mcontext.__reserved + at);
    regs->fpcr = fp->fpcr;
    regs->fpsr = fp->fpsr;
    memcpy(regs->vector, fp->vregs, sizeof regs->vector);
}

void lfi_arch_uc_save(struct LFIContext *ctx, const ucontext_t *uc)
{
    memcpy(&ctx->regs.x0, uc->uc_mcontext.regs, 31 * sizeof ctx->regs.x0);
    ctx->regs.sp = uc->uc_mcontext.sp;
    if (ctx->crossing->meter)
        ctx->fuel = lfi_arch_uc_fuel(uc);
    ctx->regs.nzcv = uc->uc_mcontext.pstate & NZCV_MASK;
    save_vectors(&ctx->regs, uc);
}

void lfi_arch_uc_leave(struct LFIContext *ctx, int code, ucontext_t *uc)
{
    uc->uc_mcontext.regs[0] = (uintptr_t)ctx;
    uc->uc_mcontext.regs[1] = (unsigned)code;
    uc->uc_mcontext.sp = ctx->regs.host_sp;
    lfi_arch_uc_set_pc(uc, (uintptr_t)ctx->crossing->leave);
}

/* Stopping and going on.  */

void lfi_arch_uc_stop(struct LFIContext *ctx, ucontext_t *uc)
{
    uc->uc_mcontext.regs[25] = (uintptr_t)ctx;
    uc->uc_mcontext.sp = ctx->regs.host_sp;
    lfi_arch_uc_set_pc(uc, (uintptr_t)crossing_of(ctx)->stopped);
}

uint64_t lfi_arch_uc_next(const ucontext_t *uc)
{
    return uc->uc_mcontext.pc;
}

uint64_t lfi_arch_uc_entry(const struct LFIContext *ctx, const ucontext_t *uc)
{
    return uc->uc_mcontext.pc < (uintptr_t)crossing_of(ctx)->resume ? ctx->regs.x16 : ctx->regs.x30;
}

bool lfi_arch_returns_to(const struct LFIContext *ctx, uint64_t pc)
{
    return pc == ctx->base + (ctx->regs.x30 & crossing_of(ctx)->pc_mask);
}

#define LOAD_BELOW(word) (((word)&0xffe00fffu) == 0xf840037eu)
#define LOAD_PAGE0(word) (((word)&0xffc003ffu) == 0xf940037eu)

/* Between the load of an entry of the table and the jump through it x30 is no address of the box,
   and would not become one again: the load is done again.  */
static bool has_entry(const struct LFIContext *ctx, uint64_t pc, const char *code, size_t size)
{
    uint32_t words[2];
    size_t at = pc - (uintptr_t)code;
    if (!code || at < sizeof words[0] || at + sizeof words[0] > size
        || ctx->regs.x30 - ctx->base < LFI_BOX_SIZE)
        return false;
    memcpy(words, code + at - sizeof words[0], sizeof words);
    return words[1] == BLR_X30 && (LOAD_BELOW(words[0]) || LOAD_PAGE0(words[0]));
}

/* Any word of the box can be jumped to, but for the inside of macros of metered code: these are done
   again.  Without code there is no knowing what is a macro: the bundle is.  */
static uint64_t place_in(const struct LFIContext *ctx, uint64_t pc, const char *code, size_t size)
{
    struct LFIVerifier verifier;
    if (!ctx->crossing->meter || ctx->engine->opts.no_verify)
        return pc;
    if (!code || !lfiv_for_profile(ctx->box->profile, &verifier))
        return pc & ~(uint64_t)0xf;
    uint64_t start = (uintptr_t)code;
    return start + lfiv_arm64_resume(code, size, start, pc - start, &verifier.opts);
}

uint64_t lfi_arch_settle(struct LFIContext *ctx, uint64_t pc, const char *code, size_t size)
{
    struct LFIRegs *r = &ctx->regs;
    pc &= ~UINT64_C(3);
    if (has_entry(ctx, pc, code, size))
        pc -= sizeof(uint32_t);
    pc = place_in(ctx, pc, code, size);
    lfi_arch_regs_relink(ctx);
    r->sp = lfi_arch_sp(ctx);
    r->x28 = ctx->base + (uint32_t)r->x28;
    r->x30 = ctx->base + (uint32_t)r->x30;
    return pc;
}

bool lfi_arch_uc_at_trap(const struct LFIContext *ctx, const ucontext_t *uc)
{
    return uc->uc_mcontext.pc == (uintptr_t)crossing_of(ctx)->trap;
}

void lfi_arch_uc_skip_trap(ucontext_t *uc)
{
    lfi_arch_uc_set_pc(uc, uc->uc_mcontext.pc + sizeof(uint32_t));
}

/* Longer vectors, whose low parts are the same registers: the kernel takes these from the other
   record, qemu from this one.  */
static void load_long_vectors(const struct LFIRegs *regs, ucontext_t *uc)
{
    enum { HEAD = 16, COUNT = 32 };
    struct sve_context sve;
    size_t at = find_record(uc, SVE_MAGIC, HEAD);
    if (at == NO_RECORD)
        return;
    unsigned char *p = uc->uc_mcontext.__reserved + at;
    memcpy(&sve, p, sizeof sve);
    if (sve.head.size < HEAD + COUNT * (size_t)sve.vl)
        return;
    memset(p + HEAD, 0, COUNT * (size_t)sve.vl);
    for (size_t i = 0; i < COUNT; i++)
        memcpy(p + HEAD + i * sve.vl, &regs->vector[i], sizeof regs->vector[i]);
}

static void load_vectors(const struct LFIRegs *regs, ucontext_t *uc)
{
    size_t at = find_vectors(uc);
    load_long_vectors(regs, uc);
    if (at == NO_RECORD)
        return;
    struct fpsimd_context *fp = (void *)(uc->uc_mcontext.__reserved + at);
    fp->fpcr = regs->fpcr;
    fp->fpsr = regs->fpsr;
    memcpy(fp->vregs, regs->vector, sizeof regs->vector);
}

void lfi_arch_uc_enter(struct LFIContext *ctx, ucontext_t *uc, uint64_t pc)
{
    memcpy(uc->uc_mcontext.regs, &ctx->regs.x0, 31 * sizeof ctx->regs.x0);
    if (ctx->crossing->meter)
        uc->uc_mcontext.regs[23] = (uint64_t)ctx->fuel;
    uc->uc_mcontext.sp = ctx->regs.sp;
    uc->uc_mcontext.pstate = (uc->uc_mcontext.pstate & ~NZCV_MASK) | (ctx->regs.nzcv & NZCV_MASK);
    lfi_arch_uc_set_pc(uc, pc);
    load_vectors(&ctx->regs, uc);
}

/* rtcalls 1 and 2: every instruction of them may be done again.  */
bool lfi_arch_uc_finish_rtcall(struct LFIContext *ctx, ucontext_t *uc)
{
    unsigned long long *x = uc->uc_mcontext.regs;
    const struct Crossing *c = crossing_of(ctx);
    uint64_t pc = uc->uc_mcontext.pc;
    if (pc >= (uintptr_t)c->rtcall[LFI_RTCALL_SET_TP]
        && pc < (uintptr_t)c->rtcall[LFI_RTCALL_RETURN])
        ctx->regs.tp = x[0];
    else if (pc >= (uintptr_t)c->rtcall[LFI_RTCALL_GET_TP]
             && pc < (uintptr_t)c->rtcall[LFI_RTCALL_SET_TP])
        x[0] = ctx->regs.tp;
    else
        return false;
    x[30] = ctx->base + (x[30] & c->pc_mask);
    lfi_arch_uc_set_pc(uc, x[30]);
    return true;
}

bool lfi_arch_uc_stepped(const struct LFIContext *ctx, ucontext_t *uc)
{
    (void)ctx, (void)uc;
    return false;
}
