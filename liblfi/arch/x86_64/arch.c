/* x86-64: the host's features, registers, signal frames.
   SPDX-License-Identifier: Apache-2.0  */
#include "config.h"

#include <asm/sigcontext.h>
#include <cpuid.h>
#include <string.h>
#include <sys/auxv.h>

#include "liblfi/arch/x86_64/offsets.h"
#include "liblfi/core/internal.h"

#define CHECK_OFFSET(offset, field)                                                                \
    static_assert(offsetof(struct LFIContext, field) == (offset), "offsets.h: " #field)

CHECK_OFFSET(CTX_HOST_SP, regs.host_sp);
CHECK_OFFSET(CTX_HOST_TP, regs.host_tp);
CHECK_OFFSET(CTX_TP, regs.tp);
CHECK_OFFSET(LFI_CTX_TP_OFFSET, regs.tp);
CHECK_OFFSET(CTX_RSP, regs.rsp);
CHECK_OFFSET(CTX_RAX, regs.rax);
CHECK_OFFSET(CTX_RCX, regs.rcx);
CHECK_OFFSET(CTX_RDX, regs.rdx);
CHECK_OFFSET(CTX_RBX, regs.rbx);
CHECK_OFFSET(CTX_RBP, regs.rbp);
CHECK_OFFSET(CTX_RSI, regs.rsi);
CHECK_OFFSET(CTX_RDI, regs.rdi);
CHECK_OFFSET(CTX_R8, regs.r8);
CHECK_OFFSET(CTX_R9, regs.r9);
CHECK_OFFSET(CTX_R10, regs.r10);
CHECK_OFFSET(CTX_R11, regs.r11);
CHECK_OFFSET(CTX_R12, regs.r12);
CHECK_OFFSET(CTX_R13, regs.r13);
CHECK_OFFSET(CTX_R14, regs.r14);
CHECK_OFFSET(CTX_R15, regs.r15);
CHECK_OFFSET(CTX_FLAGS, regs.rflags);
CHECK_OFFSET(CTX_XSAVE, regs.fcw);
CHECK_OFFSET(CTX_MXCSR, regs.mxcsr);
CHECK_OFFSET(CTX_XSAVE + 32, regs.st);
CHECK_OFFSET(CTX_XMM(0), regs.vector);
CHECK_OFFSET(CTX_XSTATE, regs.xstate);
CHECK_OFFSET(CTX_YMM_HIGH, regs.vector_high);
CHECK_OFFSET(CTX_IN_BOX, in_box);
CHECK_OFFSET(CTX_BASE, base);
CHECK_OFFSET(CTX_HOST_MXCSR, host_fp);
CHECK_OFFSET(CTX_RTCALL, rtcall);
CHECK_OFFSET(CTX_HOST_GS, host_gs);
static_assert(CTX_XSAVE % 64 == 0, "XSAVE wants its area aligned");
static_assert(sizeof(struct LFIRegs) == 1024 && _Alignof(struct LFIRegs) == 64, "as published");

/* What the crossings need to know about the processor.  */
struct HostState {
    uint32_t xmask;  /* of the parts beyond SSE those that are there: LFI_XSTATE_* */
    uint32_t xinuse; /* whether xgetbv tells which parts are in use */
    uint32_t mxcsr_mask;
    uint32_t pointers_stay; /* XRSTOR leaves the pointers of the last x87 instruction alone */
};
LFI_HIDDEN extern struct HostState lfi_arch_host;
struct HostState lfi_arch_host;
static_assert(offsetof(struct HostState, xmask) == HOST_XMASK
                  && offsetof(struct HostState, xinuse) == HOST_XINUSE
                  && offsetof(struct HostState, mxcsr_mask) == HOST_MXCSR_MASK
                  && offsetof(struct HostState, pointers_stay) == HOST_POINTERS_STAY,
              "offsets.h: struct HostState");

enum {
    STUB_SIZE = 16,
    HWCAP2_FSGSBASE = 2,
    CPUID_XSAVE = 0xd,
    XSAVE_XINUSE = 1 << 2,
    AMD_POINTERS_RESTORED = 1 << 2,
    MXCSR_DEFAULT = 0x1f80,
    MXCSR_MASK_DEFAULT = 0xffbf,
    FCW_DEFAULT = 0x37f,
    TRAP_BREAKPOINT = 3
};
/* "HygonGenuine".  */
#define HYGON_EBX 0x6f677948
#define HYGON_EDX 0x6e65476e
#define CPUID_AMD_CAPACITY 0x80000008u
#define FLAGS_BOX UINT64_C(0xcd5)          /* CF PF AF ZF SF DF OF */
#define FLAGS_HOST_CLEAR UINT64_C(0x40500) /* TF DF AC */

const enum LFIArch lfi_arch_this = LFI_ARCH_X86_64;

/* Sparse: all that fit into the 47 bits of user space, in as many reservations: the program, its
   heap and its libraries lie in the middle of them.  Dense: below the first box is what would be
   the end of another.  One: the only box has its table at its end.  */
#define ADDRESSES (UINT64_C(1) << 47)
const struct LFIArchLayout lfi_arch_layouts[] = {
    {.layout = LFI_LAYOUT_SPARSE,
     .guard = LFI_GUARD_SPARSE,
     .name = "sparse",
     .min = LFI_X86_64_LOW,
     .max = LFI_BOX_SIZE - LFI_X86_64_HIGH,
     .max_exec = LFI_BOX_SIZE - LFI_X86_64_HIGH,
     .table = 0,
     .stride = LFI_X86_64_STRIDE,
     .edge_below = LFI_X86_64_GUARD,
     .edge_above = LFI_X86_64_GUARD,
     .max_boxes = (ADDRESSES - LFI_X86_64_GUARD) / LFI_X86_64_STRIDE - 1,
     .max_arenas = LFI_MAX_ARENAS},
    {.layout = LFI_LAYOUT_DENSE,
     .guard = LFI_GUARD_DENSE,
     .name = "dense",
     .min = LFI_X86_64_DENSE_LOW,
     .max = LFI_BOX_SIZE - LFI_X86_64_DENSE_HIGH,
     .max_exec = LFI_BOX_SIZE - LFI_X86_64_DENSE_HIGH,
     .table = 0,
     .stride = LFI_BOX_SIZE,
     .edge_below = LFI_X86_64_DENSE_HIGH,
     .edge_above = LFI_BOX_SIZE,
     .max_boxes = ADDRESSES / LFI_BOX_SIZE - 2,
     .max_arenas = LFI_MAX_ARENAS},
    {.layout = LFI_LAYOUT_ONE,
     .guard = LFI_GUARD_ONE,
     .name = "one",
     .min = LFI_X86_64_LOW,
     .max = LFI_BOX_SIZE - LFI_X86_64_ONE_HIGH,
     .max_exec = LFI_BOX_SIZE - LFI_X86_64_ONE_HIGH,
     .table = LFI_BOX_SIZE,
     .stride = LFI_BOX_SIZE,
     .edge_below = 0,
     .edge_above = LFI_X86_64_ONE_END - LFI_BOX_SIZE,
     .max_boxes = 1,
     .max_arenas = 1},
};
const size_t lfi_arch_nlayouts = sizeof lfi_arch_layouts / sizeof lfi_arch_layouts[0];

/* The kinds of crossing.S.  */
struct Crossing {
    struct LFICrossing to;
    enum LFIBase base;
    bool ctxreg;
    unsigned bundle;
    const char *rtcall[LFI_RTCALL_RETURN + 1], *unused;
    const char *leave_fault;
};

#define FUNCTIONS(kind)                                                                            \
    LFI_HIDDEN int lfi_arch_enter_##kind(struct LFIContext *ctx, bool resume);                     \
    LFI_HIDDEN _Noreturn void lfi_arch_leave_##kind(struct LFIContext *ctx, int code);             \
    LFI_HIDDEN extern const char lfi_arch_leave_fault_##kind[], lfi_arch_rtcall_syscall_##kind[],  \
        lfi_arch_rtcall_get_tp_##kind[], lfi_arch_rtcall_set_tp_##kind[],                          \
        lfi_arch_rtcall_return_##kind[], lfi_arch_rtcall_unused_##kind[];
#define ROW(kind, base, ctxreg, bundle)                                                            \
    {{lfi_arch_enter_##kind, lfi_arch_leave_##kind},                                               \
     base,                                                                                         \
     ctxreg,                                                                                       \
     bundle,                                                                                       \
     {[LFI_RTCALL_SYSCALL] = lfi_arch_rtcall_syscall_##kind,                                       \
      [LFI_RTCALL_GET_TP] = lfi_arch_rtcall_get_tp_##kind,                                         \
      [LFI_RTCALL_SET_TP] = lfi_arch_rtcall_set_tp_##kind,                                         \
      [LFI_RTCALL_RETURN] = lfi_arch_rtcall_return_##kind},                                        \
     lfi_arch_rtcall_unused_##kind,                                                                \
     lfi_arch_leave_fault_##kind}

FUNCTIONS(segment)
FUNCTIONS(segment16)
FUNCTIONS(register)
FUNCTIONS(zero)
FUNCTIONS(slot)
static const struct Crossing crossings[] = {
    ROW(segment, LFI_BASE_SEGMENT, true, 32),   ROW(segment16, LFI_BASE_SEGMENT, true, 16),
    ROW(register, LFI_BASE_REGISTER, true, 32), ROW(zero, LFI_BASE_ZERO, true, 32),
    ROW(slot, LFI_BASE_SLOT, false, 32),
};

static const struct Crossing *crossing_of(const struct LFIContext *ctx)
{
    return (const struct Crossing *)ctx->crossing;
}

static bool uses_gs(enum LFIBase base)
{
    return base == LFI_BASE_SEGMENT || base == LFI_BASE_SLOT;
}

static bool reserves_r14(const struct Crossing *c)
{
    return c->base == LFI_BASE_SEGMENT || c->base == LFI_BASE_REGISTER;
}

static bool have_xsave(void)
{
    unsigned a, b, c, d;
    return __get_cpuid(1, &a, &b, &c, &d) && (c & bit_OSXSAVE) && (c & bit_XSAVE);
}

const char *lfi_arch_missing(const struct LFIProfile *profile)
{
    if (profile && uses_gs(profile->base) && !(getauxval(AT_HWCAP2) & HWCAP2_FSGSBASE))
        return "rdgsbase and wrgsbase cannot be used here: they need a processor with fsgsbase "
               "and Linux 5.9 or newer";
    /* Slow in a virtual machine: not for each box.  */
    if (!profile && !have_xsave())
        return "xsave cannot be used here: the processor lacks it or Linux was told not to use it";
    return NULL;
}

static uint32_t enabled_parts(void)
{
    uint32_t low, high;
    __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    return low & (LFI_XSTATE_X87 | LFI_XSTATE_AVX);
}

/* AMD's processors say whether XRSTOR loads them; all others do.  */
static bool pointers_stay(void)
{
    unsigned a, b, c, d;
    __cpuid(0, a, b, c, d);
    bool amd = (b == signature_AMD_ebx && d == signature_AMD_edx)
               || (b == HYGON_EBX && d == HYGON_EDX);
    return amd && !(__get_cpuid(CPUID_AMD_CAPACITY, &a, &b, &c, &d) && (b & AMD_POINTERS_RESTORED));
}

void lfi_arch_init(void)
{
    struct LFIRegs area = {.mxcsr = 0};
    unsigned a, b, c, d;
    lfi_arch_host.xmask = enabled_parts();
    lfi_arch_host.pointers_stay = pointers_stay();
    lfi_arch_host.xinuse =
        __get_cpuid_count(CPUID_XSAVE, 1, &a, &b, &c, &d) && (a & XSAVE_XINUSE) != 0;
    __asm__ volatile("fxsave64 %0" : "=m"(*(char(*)[512]) & area.fcw));
    lfi_arch_host.mxcsr_mask = area.mxcsr_mask ? area.mxcsr_mask : MXCSR_MASK_DEFAULT;
}

const struct LFICrossing *lfi_arch_crossing(const struct LFIProfile *profile)
{
    for (size_t i = 0; i < sizeof crossings / sizeof crossings[0]; i++) {
        const struct Crossing *c = &crossings[i];
        if (c->base == profile->base && c->ctxreg == profile->ctxreg
            && c->bundle == profile->bundle)
            return &c->to;
    }
    return NULL;
}

void lfi_arch_set_crossing(struct LFIContext *ctx, const struct LFICrossing *crossing)
{
    const struct Crossing *old = crossing_of(ctx);
    if (old && reserves_r14(old))
        ctx->regs.r14 = 0;
    if (old && old->ctxreg)
        ctx->regs.r15 = 0;
    ctx->crossing = crossing;
    lfi_arch_regs_relink(ctx);
}

uint64_t lfi_arch_rtcall(const struct LFICrossing *crossing, unsigned k)
{
    const struct Crossing *c = (const struct Crossing *)crossing;
    const char *entry = k < sizeof c->rtcall / sizeof c->rtcall[0] ? c->rtcall[k]
                                                                  : c->unused + STUB_SIZE * k;
    return (uintptr_t)entry;
}

void lfi_arch_regs_relink(struct LFIContext *ctx)
{
    if (reserves_r14(crossing_of(ctx)))
        ctx->regs.r14 = ctx->base;
    if (crossing_of(ctx)->ctxreg)
        ctx->regs.r15 = (uintptr_t)ctx;
}

void lfi_arch_regs_init(struct LFIContext *ctx)
{
    uint64_t tp = ctx->regs.tp;
    memset(&ctx->regs, 0, sizeof ctx->regs);
    ctx->regs.tp = tp;
    ctx->regs.rsp = ctx->regs.r11 = ctx->base;
    ctx->regs.fcw = FCW_DEFAULT;
    ctx->regs.mxcsr = MXCSR_DEFAULT;
    lfi_arch_regs_relink(ctx);
}

/* Every entry and every resumption goes through r11.  */
bool lfi_arch_regs_entry(struct LFIContext *ctx, uint64_t entry)
{
    ctx->regs.r11 = ctx->base + (entry & (LFI_BOX_SIZE - crossing_of(ctx)->bundle));
    return true;
}

/* Where in its bundle the call was is not known.  */
uint64_t lfi_arch_rtcall_site(const struct LFIContext *ctx)
{
    return ctx->regs.r11 - crossing_of(ctx)->bundle;
}

void lfi_arch_fill_traps(void *code, size_t size)
{
    memset(code, 0xcc, size);
}

/* The processor sees to it.  */
void lfi_arch_sync_code(void *addr, size_t size)
{
    (void)addr, (void)size;
}

/* A signal handler finds the base of gs as the interrupted code had it; the host's, where code of
   the box does not use it.  */

static uint64_t read_gs_base(void)
{
    uint64_t base;
    __asm__ volatile("rdgsbase %0" : "=r"(base));
    return base;
}

uint64_t lfi_arch_signal_begin(const struct LFIContext *ctx)
{
    if (!uses_gs(crossing_of(ctx)->base))
        return 0;
    uint64_t now = read_gs_base();
    __asm__ volatile("wrgsbase %0" ::"r"(ctx->host_gs) : "memory");
    return now;
}

void lfi_arch_signal_end(const struct LFIContext *ctx, uint64_t before)
{
    if (uses_gs(crossing_of(ctx)->base))
        __asm__ volatile("wrgsbase %0" ::"r"(before) : "memory");
}

/* A breakpoint is reported with the address behind it.  */
uint64_t lfi_arch_uc_pc(const ucontext_t *uc)
{
    const greg_t *r = uc->uc_mcontext.gregs;
    return (uint64_t)r[REG_RIP] - (r[REG_TRAPNO] == TRAP_BREAKPOINT);
}

uint64_t lfi_arch_uc_sp(const ucontext_t *uc)
{
    return (uint64_t)uc->uc_mcontext.gregs[REG_RSP];
}

void lfi_arch_uc_set_pc(ucontext_t *uc, uint64_t pc)
{
    uc->uc_mcontext.gregs[REG_RIP] = (greg_t)pc;
}

/* The kernel's frame is an XSAVE area whose last reserved bytes say how much of it is
   there.  */
static void save_fp(struct LFIRegs *regs, const ucontext_t *uc)
{
    const unsigned char *frame = (const unsigned char *)uc->uc_mcontext.fpregs;
    const struct _fpstate *legacy = (const void *)frame;
    memcpy((unsigned char *)regs + CTX_XSAVE, frame,
           offsetof(struct LFIRegs, reserved3) - CTX_XSAVE);
    regs->xstate = LFI_XSTATE_X87;
    if (legacy->sw_reserved.magic1 != FP_XSTATE_MAGIC1)
        return;
    memcpy(&regs->xstate, frame + CTX_XSTATE - CTX_XSAVE, sizeof regs->xstate);
    regs->xstate &= lfi_arch_host.xmask;
    if (regs->xstate & LFI_XSTATE_AVX)
        memcpy(regs->vector_high, frame + CTX_YMM_HIGH - CTX_XSAVE, sizeof regs->vector_high);
}

void lfi_arch_uc_save(struct LFIContext *ctx, const ucontext_t *uc)
{
    const greg_t *from = uc->uc_mcontext.gregs;
    struct LFIRegs *r = &ctx->regs;
    const struct {
        uint64_t *to;
        int reg;
    } regs[] = {{&r->rsp, REG_RSP}, {&r->rax, REG_RAX}, {&r->rcx, REG_RCX}, {&r->rdx, REG_RDX},
                {&r->rbx, REG_RBX}, {&r->rbp, REG_RBP}, {&r->rsi, REG_RSI}, {&r->rdi, REG_RDI},
                {&r->r8, REG_R8},   {&r->r9, REG_R9},   {&r->r10, REG_R10}, {&r->r11, REG_R11},
                {&r->r12, REG_R12}, {&r->r13, REG_R13}, {&r->r14, REG_R14}, {&r->r15, REG_R15}};
    for (size_t i = 0; i < sizeof regs / sizeof regs[0]; i++)
        *regs[i].to = (uint64_t)from[regs[i].reg];
    r->rflags = (uint64_t)from[REG_EFL] & FLAGS_BOX;
    save_fp(r, uc);
}

void lfi_arch_uc_leave(struct LFIContext *ctx, int code, ucontext_t *uc)
{
    greg_t *r = uc->uc_mcontext.gregs;
    r[REG_RDI] = (greg_t)(uintptr_t)ctx;
    r[REG_RSI] = code;
    r[REG_RSP] = (greg_t)ctx->regs.host_sp;
    r[REG_EFL] &= ~(greg_t)FLAGS_HOST_CLEAR;
    lfi_arch_uc_set_pc(uc, (uintptr_t)crossing_of(ctx)->leave_fault);
}
