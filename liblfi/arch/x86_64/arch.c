/* x86-64: the host's features, registers, signal frames.
   SPDX-License-Identifier: Apache-2.0  */
#include "config.h"

#include <asm/sigcontext.h>
#include <cpuid.h>
#include <string.h>
#include <sys/auxv.h>

#include "lfi-verify/x86_64/resume.h"
#include "lfiv.h"
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
CHECK_OFFSET(CTX_INTERRUPTED, interrupted);
CHECK_OFFSET(CTX_FUEL, fuel);
static_assert(CTX_XSAVE % 64 == 0, "XSAVE wants its area aligned");
static_assert(sizeof(struct LFIRegs) == 1024 && _Alignof(struct LFIRegs) == 64, "as published");

#define CHECK_CALL(offset, field)                                                                  \
    static_assert(offsetof(struct LFICallRegs, field) == (offset), "offsets.h: " #field)
CHECK_CALL(CALL_GP(0), gp);
CHECK_CALL(CALL_RAX, rax);
CHECK_CALL(CALL_X87, x87);
CHECK_CALL(CALL_XMM(0), vector);
static_assert(sizeof(struct LFICallRegs) == CALL_SIZE, "offsets.h: CALL_SIZE");

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
    TRAP_BREAKPOINT = 3,
    TRAP_SIZE = 2, /* ud2 */
    XSTATE_SSE = 2
};
/* "HygonGenuine".  */
#define HYGON_EBX 0x6f677948
#define HYGON_EDX 0x6e65476e
#define CPUID_AMD_CAPACITY 0x80000008u
#define FLAGS_BOX UINT64_C(0xcd5)          /* CF PF AF ZF SF DF OF */
#define FLAGS_HOST_CLEAR UINT64_C(0x40500) /* TF DF AC */
#define FLAG_TF UINT64_C(0x100)

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
    const char *rtcall[LFI_RTCALL_CALLBACK + 1], *unused;
    const char *leave_fault;
    const char *entering, *entered; /* lfi_arch_entering */
    const char *stopped, *trap;
};

#define FUNCTIONS(kind)                                                                            \
    LFI_HIDDEN int lfi_arch_enter_##kind(struct LFIContext *ctx, bool resume);                     \
    LFI_HIDDEN _Noreturn void lfi_arch_leave_##kind(struct LFIContext *ctx, int code);             \
    LFI_HIDDEN extern const char lfi_arch_leave_fault_##kind[], lfi_arch_rtcall_syscall_##kind[],  \
        lfi_arch_rtcall_get_tp_##kind[], lfi_arch_rtcall_set_tp_##kind[],                          \
        lfi_arch_rtcall_return_##kind[], lfi_arch_rtcall_callback_##kind[],                        \
        lfi_arch_rtcall_unused_##kind[], lfi_arch_resume_##kind[], lfi_arch_resume_end_##kind[],   \
        lfi_arch_stopped_##kind[], lfi_arch_trap_##kind[];
#define ROW(kind, base, ctxreg, bundle, meter)                                                     \
    {                                                                                              \
        {lfi_arch_enter_##kind, lfi_arch_leave_##kind, meter}, base, ctxreg, bundle,               \
            {[LFI_RTCALL_SYSCALL] = lfi_arch_rtcall_syscall_##kind,                                \
             [LFI_RTCALL_GET_TP] = lfi_arch_rtcall_get_tp_##kind,                                  \
             [LFI_RTCALL_SET_TP] = lfi_arch_rtcall_set_tp_##kind,                                  \
             [LFI_RTCALL_RETURN] = lfi_arch_rtcall_return_##kind,                                  \
             [LFI_RTCALL_CALLBACK] = lfi_arch_rtcall_callback_##kind},                             \
            lfi_arch_rtcall_unused_##kind, lfi_arch_leave_fault_##kind, lfi_arch_resume_##kind,    \
            lfi_arch_resume_end_##kind, lfi_arch_stopped_##kind, lfi_arch_trap_##kind              \
    }

FUNCTIONS(segment)
FUNCTIONS(segment16)
FUNCTIONS(metered)
FUNCTIONS(register)
FUNCTIONS(zero)
FUNCTIONS(slot)
static const struct Crossing crossings[] = {
    ROW(segment, LFI_BASE_SEGMENT, true, 32, false),
    ROW(segment16, LFI_BASE_SEGMENT, true, 16, false),
    ROW(metered, LFI_BASE_SEGMENT, true, 32, true),
    ROW(register, LFI_BASE_REGISTER, true, 32, false),
    ROW(zero, LFI_BASE_ZERO, true, 32, false),
    ROW(slot, LFI_BASE_SLOT, false, 32, false),
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
    bool amd =
        (b == signature_AMD_ebx && d == signature_AMD_edx) || (b == HYGON_EBX && d == HYGON_EDX);
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
            && c->bundle == profile->bundle && c->to.meter == (profile->meter != LFI_METER_NONE))
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
    const char *entry =
        k < sizeof c->rtcall / sizeof c->rtcall[0] ? c->rtcall[k] : c->unused + STUB_SIZE * k;
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

/* Calls.  */

void lfi_arch_get_arguments(const struct LFIContext *ctx, struct LFICallRegs *regs)
{
    const struct LFIRegs *r = &ctx->regs;
    *regs =
        (struct LFICallRegs){.gp = {r->rdi, r->rsi, r->rdx, r->rcx, r->r8, r->r9}, .rax = r->rax};
    memcpy(regs->vector, r->vector, sizeof regs->vector);
}

/* The x87 stack is empty, DF clear, the upper halves of vectors zero.  */
void lfi_arch_set_arguments(struct LFIContext *ctx, const struct LFICallRegs *regs)
{
    struct LFIRegs *r = &ctx->regs;
    r->rdi = regs->gp[0], r->rsi = regs->gp[1], r->rdx = regs->gp[2];
    r->rcx = regs->gp[3], r->r8 = regs->gp[4], r->r9 = regs->gp[5];
    r->rax = regs->rax;
    r->r10 = 0;
    r->rflags = 0;
    r->xstate = 0;
}

void lfi_arch_set_vectors(struct LFIContext *ctx, const struct LFICallRegs *regs)
{
    memcpy(ctx->regs.vector, regs->vector, sizeof regs->vector);
}

void lfi_arch_get_results(const struct LFIContext *ctx, struct LFICallRegs *regs)
{
    regs->rax = ctx->regs.rax;
    regs->gp[2] = ctx->regs.rdx;
}

void lfi_arch_get_vectors(const struct LFIContext *ctx, struct LFICallRegs *regs, bool long_double)
{
    const struct LFIRegs *r = &ctx->regs;
    regs->vector[0] = r->vector[0];
    regs->vector[1] = r->vector[1];
    regs->x87 = long_double;
    if (long_double)
        regs->vector[2] = r->xstate & LFI_XSTATE_X87 ? r->st[0] : (struct LFIVector){{0, 0}};
}

void lfi_arch_set_results(struct LFIContext *ctx, const struct LFICallRegs *regs)
{
    struct LFIRegs *r = &ctx->regs;
    r->rax = regs->rax;
    r->rdx = regs->gp[2];
    r->vector[0] = regs->vector[0];
    r->vector[1] = regs->vector[1];
}

uint64_t *lfi_arch_hidden(struct LFICallRegs *regs)
{
    return &regs->gp[0];
}

void lfi_arch_return_hidden(struct LFICallRegs *regs, void *to)
{
    regs->rax = (uintptr_t)to;
}

uint64_t lfi_arch_sp(const struct LFIContext *ctx)
{
    return ctx->base + (uint32_t)ctx->regs.rsp;
}

void lfi_arch_set_sp(struct LFIContext *ctx, uint64_t sp)
{
    ctx->regs.rsp = sp;
}

bool lfi_arch_push_return(struct LFIContext *ctx, uint64_t sp, uint64_t ret)
{
    ctx->regs.rsp = sp - sizeof ret;
    return lfi_box_copyto(ctx->box, sp - sizeof ret, &ret, sizeof ret) != 0;
}

/* Above the return address.  */
uint64_t lfi_arch_stack_arguments(const struct LFIContext *ctx)
{
    return lfi_arch_sp(ctx) + sizeof(uint64_t);
}

/* Stubs: a bundle each.  The first is what ends a call, two more are the stubs' common part: rtcall
   4, and the return from the stub.  */
enum { STUBS_COMMON = 3 };

/* Metered ones have at the end of their bundle a trap, and another bundle with the way back.  */
enum { STUB_BUNDLES = 1, METERED_STUB_BUNDLES = 2 };
size_t lfi_arch_stub_size(const struct LFIProfile *profile)
{
    unsigned bundles = profile->meter == LFI_METER_NONE ? STUB_BUNDLES : METERED_STUB_BUNDLES;
    return (size_t)bundles * profile->bundle;
}

#define PROFILE(arch, name, sandbox, bundle, ...)                                                 \
    static_assert(METERED_STUB_BUNDLES * bundle <= LFI_STUB_MOST                                   \
                      && STUBS_COMMON * METERED_STUB_BUNDLES * bundle <= LFI_STUBS_FIRST_MOST,     \
                  "more pages of stubs than boxes have room for");
#include "profiles/profiles.def"
#undef PROFILE

size_t lfi_arch_stub_first(const struct LFIProfile *profile)
{
    return STUBS_COMMON * lfi_arch_stub_size(profile);
}

static unsigned char *put(unsigned char *to, const void *bytes, size_t n)
{
    memcpy(to, bytes, n);
    return to + n;
}

static unsigned char *put32(unsigned char *to, int32_t value)
{
    return put(to, &value, sizeof value);
}

/* ud2 ; lea -3(%r12), %r12 ; test %r12, %r12 ; jns START: behind the trap a run goes on that was given more fuel.  */
static unsigned char *put_way_back(const struct LFIProfile *profile, unsigned char *stub,
                                   const unsigned char *start)
{
    unsigned char *trap = stub + profile->bundle - 2;
    unsigned char *to = put(trap, "\x0f\x0b\x4d\x8d\x64\x24\xfd\x4d\x85\xe4\x79", 11);
    *to = (unsigned char)(start - (to + 1));
    return trap;
}

/* Metered code: lea -n(%r12), %r12 ; test %r12, %r12 ; js to the trap.  The charge is for all instructions of a
   stub.  */
static unsigned char *put_meter(const struct LFIProfile *profile, unsigned char *stub,
                                unsigned char *to)
{
    enum { CHARGE = 8 };
    if (profile->meter == LFI_METER_NONE)
        return to;
    const unsigned char *trap = put_way_back(profile, stub, to);
    to = put(to, (const unsigned char[]){0x4d, 0x8d, 0x64, 0x24, 0x100 - CHARGE}, 5);
    to = put(to, "\x4d\x85\xe4\x78", 4);
    *to = (unsigned char)(trap - (to + 1));
    return to + 1;
}

/* lea next(%rip), %r11 ; jmp *slot, as macros.def has it; next is the stub behind.  */
static void put_rtcall(const struct LFIProfile *profile, unsigned char *stub, int k)
{
    enum { LEA_SIZE = 7 };
    const bool reg = profile->base == LFI_BASE_REGISTER, zero = profile->base == LFI_BASE_ZERO;
    unsigned char *to = put_meter(profile, stub, stub);
    int32_t next = (int32_t)(lfi_arch_stub_size(profile) - (size_t)(to - stub));
    to = put(to, "\x4c\x8d\x1d", 3);
    to = put32(to, next - LEA_SIZE);
    to = reg    ? put(to, "\x41\xff\xa6", 3)
         : zero ? put(to, "\x67\xff\x24\x25", 4)
                : put(to, "\x65\xff\x24\x25", 4);
    put32(to, -8 * (k + 1));
}

/* pop %r11 ; and $-B, %r11d ; the base added ; jmp *%r11.  */
static void put_return(const struct LFIProfile *profile, unsigned char *stub)
{
    unsigned char mask = (unsigned char)-profile->bundle;
    unsigned char *to = put(stub, "\x41\x5b", 2);
    to = put_meter(profile, stub, to);
    to = put(to, "\x41\x83\xe3", 3);
    to = put(to, &mask, 1);
    if (profile->base == LFI_BASE_SLOT)
        to = put32(put(to, "\x65\x4c\x03\x1c\x25", 5), -8 * (LFI_RTCALL_BASE_SLOT + 1));
    else if (profile->base != LFI_BASE_ZERO)
        to = put(to, "\x4d\x01\xf3", 3);
    put(to, "\x41\xff\xe3", 3);
}

/* mov $number, %r10d ; jmp to the common part.  */
static void put_stub(const struct LFIProfile *profile, unsigned char *stub, unsigned number,
                     const unsigned char *common)
{
    unsigned char *to = put(stub, "\x41\xba", 2);
    to = put32(to, (int32_t)number);
    to = put_meter(profile, stub, to);
    to = put(to, "\xe9", 1);
    put32(to, (int32_t)(common - (to + 4)));
}

void lfi_arch_stubs(const struct LFIProfile *profile, unsigned char *page, unsigned first, size_t n)
{
    size_t size = lfi_arch_stub_size(profile);
    lfi_arch_fill_traps(page, (STUBS_COMMON + n) * size);
    put_rtcall(profile, page, LFI_RTCALL_RETURN);
    put_rtcall(profile, page + size, LFI_RTCALL_CALLBACK);
    put_return(profile, page + 2 * size);
    for (size_t i = 0; i < n; i++)
        put_stub(profile, page + (STUBS_COMMON + i) * size, first + (unsigned)i, page + size);
}

uint64_t lfi_arch_stub_number(const struct LFIContext *ctx)
{
    return ctx->regs.r10;
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

int64_t lfi_arch_uc_fuel(const ucontext_t *uc)
{
    return uc->uc_mcontext.gregs[REG_R12];
}

bool lfi_arch_entering(const struct LFIContext *ctx, const ucontext_t *uc)
{
    uint64_t pc = lfi_arch_uc_pc(uc);
    const struct Crossing *c = crossing_of(ctx);
    return pc >= (uintptr_t)c->entering && pc < (uintptr_t)c->entered;
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

/* The general registers as they are encoded: in the context, and in a frame.  */
enum { NREGS = 16, REG_RSP_CODE = 4 };

static void registers(struct LFIRegs *r, uint64_t *of[NREGS])
{
    uint64_t *const all[NREGS] = {&r->rax, &r->rcx, &r->rdx, &r->rbx, &r->rsp, &r->rbp,
                                  &r->rsi, &r->rdi, &r->r8,  &r->r9,  &r->r10, &r->r11,
                                  &r->r12, &r->r13, &r->r14, &r->r15};
    memcpy(of, all, sizeof all);
}

static const int frame_registers[NREGS] = {REG_RAX, REG_RCX, REG_RDX, REG_RBX, REG_RSP, REG_RBP,
                                           REG_RSI, REG_RDI, REG_R8,  REG_R9,  REG_R10, REG_R11,
                                           REG_R12, REG_R13, REG_R14, REG_R15};

void lfi_arch_uc_save(struct LFIContext *ctx, const ucontext_t *uc)
{
    const greg_t *from = uc->uc_mcontext.gregs;
    struct LFIRegs *r = &ctx->regs;
    uint64_t *to[NREGS];
    registers(r, to);
    for (size_t i = 0; i < NREGS; i++)
        *to[i] = (uint64_t)from[frame_registers[i]];
    if (ctx->crossing->meter)
        ctx->fuel = lfi_arch_uc_fuel(uc);
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

/* Stopping and going on.  */

void lfi_arch_uc_stop(struct LFIContext *ctx, ucontext_t *uc)
{
    greg_t *r = uc->uc_mcontext.gregs;
    r[REG_R15] = (greg_t)(uintptr_t)ctx;
    r[REG_RSP] = (greg_t)ctx->regs.host_sp;
    r[REG_EFL] &= ~(greg_t)FLAGS_HOST_CLEAR;
    lfi_arch_uc_set_pc(uc, (uintptr_t)crossing_of(ctx)->stopped);
}

uint64_t lfi_arch_uc_next(const ucontext_t *uc)
{
    return (uint64_t)uc->uc_mcontext.gregs[REG_RIP];
}

uint64_t lfi_arch_uc_entry(const struct LFIContext *ctx, const ucontext_t *uc)
{
    (void)uc;
    return ctx->regs.r11;
}

bool lfi_arch_returns_to(const struct LFIContext *ctx, uint64_t pc)
{
    return pc == ctx->regs.r11 && pc % crossing_of(ctx)->bundle == 0;
}

/* As the instructions of the macro before the pc left them.  */
static void redo_macro(struct LFIContext *ctx, const struct LFIVX64Resume *r)
{
    uint64_t *regs[NREGS], mask = UINT32_MAX;
    registers(&ctx->regs, regs);
    if (r->aligned)
        mask &= -(uint64_t)crossing_of(ctx)->bundle;
    for (unsigned i = 0; i < NREGS; i++) {
        if (r->word >> i & 1)
            *regs[i] &= mask;
        else if (r->in_box >> i & 1)
            *regs[i] = ctx->base + (*regs[i] & mask);
        else if (r->base >> i & 1)
            *regs[i] = ctx->base;
    }
}

/* Any bundle can be jumped to; behind its start the verifier is asked.  rsp is reduced to the box,
   but for a macro that is about to do that.  */
uint64_t lfi_arch_settle(struct LFIContext *ctx, uint64_t pc, const char *code, size_t size)
{
    struct LFIVX64Resume r = {.word = 0};
    struct LFIVerifier verifier;
    uint64_t bundle = crossing_of(ctx)->bundle;
    lfi_arch_regs_relink(ctx);
    if (pc % bundle && !ctx->engine->opts.no_verify
        && !(code && lfiv_for_profile(ctx->box->profile, &verifier)
             && lfiv_x64_resume(code, size, (uintptr_t)code, pc - (uintptr_t)code, &verifier.opts,
                                &r)))
        pc &= -bundle;
    redo_macro(ctx, &r);
    if (!(r.word >> REG_RSP_CODE & 1))
        ctx->regs.rsp = lfi_arch_sp(ctx) + (r.pushed ? sizeof(uint64_t) : 0);
    return pc - r.back;
}

bool lfi_arch_uc_at_trap(const struct LFIContext *ctx, const ucontext_t *uc)
{
    return lfi_arch_uc_next(uc) == (uintptr_t)crossing_of(ctx)->trap;
}

void lfi_arch_uc_skip_trap(ucontext_t *uc)
{
    uc->uc_mcontext.gregs[REG_RIP] += TRAP_SIZE;
}

/* Into the kernel's frame; what verified code cannot reach stays as it is there.  */
static void load_fp(const struct LFIRegs *regs, ucontext_t *uc)
{
    static const struct LFIRegs initial = {.fcw = FCW_DEFAULT};
    enum { X87_SIZE = CTX_MXCSR - CTX_XSAVE };
    const struct LFIRegs *x87 = regs->xstate & LFI_XSTATE_X87 ? regs : &initial;
    unsigned char *frame = (unsigned char *)uc->uc_mcontext.fpregs;
    struct _fpstate *legacy = (void *)frame;
    memcpy(frame, &x87->fcw, X87_SIZE);
    memcpy(frame + offsetof(struct LFIRegs, st) - CTX_XSAVE, x87->st, sizeof x87->st);
    memcpy(frame + offsetof(struct LFIRegs, vector) - CTX_XSAVE, regs->vector, sizeof regs->vector);
    legacy->mxcsr = regs->mxcsr & lfi_arch_host.mxcsr_mask;
    if (legacy->sw_reserved.magic1 != FP_XSTATE_MAGIC1)
        return;
    uint64_t parts, box = LFI_XSTATE_X87 | LFI_XSTATE_AVX;
    memcpy(&parts, frame + CTX_XSTATE - CTX_XSAVE, sizeof parts);
    parts = (parts & ~box) | XSTATE_SSE | (regs->xstate & box & lfi_arch_host.xmask);
    memcpy(frame + CTX_XSTATE - CTX_XSAVE, &parts, sizeof parts);
    if (parts & LFI_XSTATE_AVX)
        memcpy(frame + CTX_YMM_HIGH - CTX_XSAVE, regs->vector_high, sizeof regs->vector_high);
}

void lfi_arch_uc_enter(struct LFIContext *ctx, ucontext_t *uc, uint64_t pc)
{
    greg_t *to = uc->uc_mcontext.gregs;
    uint64_t *from[NREGS];
    registers(&ctx->regs, from);
    for (size_t i = 0; i < NREGS; i++)
        to[frame_registers[i]] = (greg_t)*from[i];
    if (ctx->crossing->meter)
        to[REG_R12] = ctx->fuel;
    to[REG_EFL] = (greg_t)((((uint64_t)to[REG_EFL] & ~FLAGS_BOX) & ~FLAGS_HOST_CLEAR)
                           | (ctx->regs.rflags & FLAGS_BOX));
    load_fp(&ctx->regs, uc);
    lfi_arch_uc_set_pc(uc, pc);
    if (uses_gs(crossing_of(ctx)->base))
        __asm__ volatile("wrgsbase %0" ::"r"(ctx->base) : "memory");
}

/* rtcalls 1 and 2, which change flags for a while: the processor takes one step, and again.  */
bool lfi_arch_uc_finish_rtcall(struct LFIContext *ctx, ucontext_t *uc)
{
    const struct Crossing *c = crossing_of(ctx);
    uint64_t pc = lfi_arch_uc_next(uc);
    if (pc >= (uintptr_t)c->rtcall[LFI_RTCALL_GET_TP]
        && pc < (uintptr_t)c->rtcall[LFI_RTCALL_RETURN])
        uc->uc_mcontext.gregs[REG_EFL] |= FLAG_TF;
    return false;
}

/* Code of boxes cannot set TF.  */
bool lfi_arch_uc_stepped(const struct LFIContext *ctx, ucontext_t *uc)
{
    if (!(uc->uc_mcontext.gregs[REG_EFL] & (greg_t)FLAG_TF))
        return false;
    if (lfi_arch_uc_next(uc) - ctx->base < LFI_BOX_SIZE)
        uc->uc_mcontext.gregs[REG_EFL] &= ~(greg_t)FLAG_TF;
    return true;
}
