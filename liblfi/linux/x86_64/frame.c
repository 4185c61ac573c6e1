/* Frames of signal handlers on x86-64, as Linux lays them out.
   SPDX-License-Identifier: Apache-2.0

   What is read back is hostile: it names registers and nothing else, and the way into the box makes
   of them what code of the box may have (liblfi/core/resume.c).  */
#include "config.h"

#include <stddef.h>
#include <string.h>

#include "liblfi/core/internal.h"
#include "liblfi/linux/linux.h"

enum {
    RED_ZONE = 256, /* the ABI's 128, and what the rewriter saves below (gas-wrapper/x86_64) */
    FP_ALIGN = 64,
    LEGACY_SIZE = 512, /* x87 and SSE */
    HEADER_SIZE = 64,
    AREA_SIZE = LEGACY_SIZE + HEADER_SIZE + 256,
    X87_POINTERS = 8,
    X87_END = 24, /* mxcsr */
    X87_REGISTERS = 32,
    RESERVED_AT = 464,
    SSE = 2,
    FLAGS_ALWAYS = 0x202,
    CODE_SEGMENT = 0x33,
    STACK_SEGMENT = 0x2b,
    FCW_DEFAULT = 0x37f,
    MXCSR_DEFAULT = 0x1f80
};
#define FLAGS_BOX UINT64_C(0xcd5) /* CF PF AF ZF SF DF OF */
#define FLAG_DF UINT64_C(0x400)
#define XSTATE_BOX ((uint64_t)LFI_XSTATE_X87 | LFI_XSTATE_AVX)
#define MAGIC1 0x46505853u
#define MAGIC2 0x46505845u

struct mcontext {
    uint64_t r8, r9, r10, r11, r12, r13, r14, r15, rdi, rsi, rbp, rbx, rdx, rax, rcx, rsp, rip,
        flags;
    uint16_t cs, gs, fs, ss;
    uint64_t err, trapno, oldmask, cr2, fp, reserved[8];
};

struct layout {
    uint64_t restorer; /* where the handler returns to */
    uint64_t flags, link;
    struct box_stack stack;
    struct mcontext m;
    uint64_t mask;
    struct box_siginfo info;
};
static_assert(sizeof(struct mcontext) == 256 && sizeof(struct layout) == 440, "as Linux has it");

/* The x87, SSE and AVX registers.  */
struct area {
    unsigned char xsave[AREA_SIZE];
    uint32_t magic2;
};
struct area_info {
    uint32_t magic1, extended_size;
    uint64_t parts;
    uint32_t size, pad[7];
};
static_assert(RESERVED_AT + sizeof(struct area_info) == LEGACY_SIZE, "as Linux has it");
static_assert(offsetof(struct LFIRegs, vector_high) + 256 - offsetof(struct LFIRegs, fcw)
                  == AREA_SIZE,
              "the context has the processor's layout");

static void put_area(const struct LFIRegs *r, struct area *a)
{
    static const uint16_t fcw = FCW_DEFAULT;
    const uint64_t parts = (r->xstate & XSTATE_BOX) | SSE;
    const struct area_info info = {MAGIC1, sizeof *a, XSTATE_BOX | SSE, AREA_SIZE, {0}};
    memset(a, 0, sizeof *a);
    memcpy(a->xsave, &r->fcw, RESERVED_AT);
    if (!(r->xstate & LFI_XSTATE_X87)) {
        memset(a->xsave, 0, X87_END);
        memcpy(a->xsave, &fcw, sizeof fcw);
        memset(a->xsave + X87_REGISTERS, 0, sizeof r->st);
    }
    memcpy(a->xsave + RESERVED_AT, &info, sizeof info);
    memcpy(a->xsave + LEGACY_SIZE, &parts, sizeof parts);
    if (parts & LFI_XSTATE_AVX)
        memcpy(a->xsave + LEGACY_SIZE + HEADER_SIZE, r->vector_high, sizeof r->vector_high);
    a->magic2 = MAGIC2;
}

static void initial_area(struct LFIRegs *r)
{
    r->xstate = 0;
    r->mxcsr = MXCSR_DEFAULT;
    memset(r->vector, 0, sizeof r->vector);
}

/* False if it cannot be read.  */
static bool get_area(struct LFILinuxProc *p, uint64_t at, struct LFIRegs *r)
{
    struct area a;
    struct area_info info;
    uint64_t parts;
    initial_area(r);
    if (!at)
        return true;
    lfiptr from = lfi_box_l2p(p->box, at);
    if (!lfi_box_copyfm(p->box, a.xsave, from, LEGACY_SIZE))
        return false;
    memcpy(&info, a.xsave + RESERVED_AT, sizeof info);
    memcpy(&r->fcw, a.xsave, RESERVED_AT);
    r->xstate = LFI_XSTATE_X87;
    if (info.magic1 != MAGIC1 || info.size < AREA_SIZE)
        return true;
    if (!lfi_box_copyfm(p->box, a.xsave, from, AREA_SIZE))
        return false;
    memcpy(&r->fcw, a.xsave, RESERVED_AT);
    memcpy(&parts, a.xsave + LEGACY_SIZE, sizeof parts);
    r->xstate = parts & XSTATE_BOX;
    memcpy(r->vector_high, a.xsave + LEGACY_SIZE + HEADER_SIZE, sizeof r->vector_high);
    if (!(parts & SSE))
        memset(r->vector, 0, sizeof r->vector);
    return true;
}

static void put_registers(const struct LFIRegs *r, struct mcontext *m)
{
    *m = (struct mcontext){.r8 = r->r8,
                           .r9 = r->r9,
                           .r10 = r->r10,
                           .r11 = r->r11,
                           .r12 = r->r12,
                           .r13 = r->r13,
                           .r14 = r->r14,
                           .r15 = r->r15,
                           .rdi = r->rdi,
                           .rsi = r->rsi,
                           .rbp = r->rbp,
                           .rbx = r->rbx,
                           .rdx = r->rdx,
                           .rax = r->rax,
                           .rcx = r->rcx,
                           .rsp = r->rsp};
    m->flags = (r->rflags & FLAGS_BOX) | FLAGS_ALWAYS;
    m->cs = CODE_SEGMENT;
    m->ss = STACK_SEGMENT;
}

static void get_registers(struct LFIRegs *r, const struct mcontext *m)
{
    r->r8 = m->r8, r->r9 = m->r9, r->r10 = m->r10, r->r11 = m->r11;
    r->r12 = m->r12, r->r13 = m->r13, r->r14 = m->r14, r->r15 = m->r15;
    r->rdi = m->rdi, r->rsi = m->rsi, r->rbp = m->rbp, r->rbx = m->rbx;
    r->rdx = m->rdx, r->rax = m->rax, r->rcx = m->rcx, r->rsp = m->rsp;
    r->rflags = m->flags & FLAGS_BOX;
}

uint64_t frame_stack(const struct LFIRegs *r)
{
    return r->rsp - RED_ZONE;
}

void frame_place(uint64_t top, struct frame_place *place)
{
    uint64_t fp = (top - sizeof(struct area)) & -(uint64_t)FP_ALIGN;
    place->end = top;
    place->state = fp;
    place->at = ((fp - sizeof(struct layout)) & -UINT64_C(16)) - sizeof(uint64_t);
}

/* What is an address of the box whatever the profile is, as its code would read it.  */
static void hide_base(struct LFIContext *ctx, struct mcontext *m, struct area *a)
{
    struct LFIBox *box = lfi_ctx_box(ctx);
    uint64_t pointers[2]; /* of the last x87 instruction and its operand */
    if (!lfi_box_profile(box)->poc)
        return;
    m->rsp = lfi_box_p2l(box, m->rsp);
    m->r14 = 0; /* the base */
    if (!ctx->exact)
        m->r11 = lfi_box_p2l(box, m->r11); /* where the call returns to */
    memcpy(pointers, a->xsave + X87_POINTERS, sizeof pointers);
    for (int i = 0; i < 2; i++)
        pointers[i] = (uint32_t)pointers[i];
    memcpy(a->xsave + X87_POINTERS, pointers, sizeof pointers);
}

bool frame_push(struct LFILinuxThread *t, const struct frame_place *place, const struct frame *f,
                const struct box_sigaction *action)
{
    struct LFIBox *box = t->proc->box;
    struct LFIRegs *r = lfi_ctx_regs(t->ctx);
    struct layout l = {.restorer = action->restorer,
                       .flags = FRAME_XSTATE | f->flags,
                       .stack = f->stack,
                       .mask = f->mask,
                       .info = f->info};
    struct area a;
    put_registers(r, &l.m);
    l.m.rip = lfi_box_p2l(box, f->pc);
    l.m.err = f->error;
    l.m.trapno = f->trap;
    l.m.oldmask = f->mask;
    l.m.cr2 = f->address;
    l.m.fp = lfi_box_p2l(box, place->state);
    put_area(r, &a);
    hide_base(t->ctx, &l.m, &a);
    lfiptr at = lfi_box_l2p(box, place->at), seen = lfi_box_p2l(box, at);
    if (!lfi_box_copyto(box, lfi_box_l2p(box, place->state), &a, sizeof a) || !lfi_box_copyto(box, at, &l, sizeof l))
        return false;
    initial_area(r);
    r->rsp = at;
    r->rax = 0;
    r->rdi = (uint64_t)f->info.signo;
    r->rsi = seen + offsetof(struct layout, info);
    r->rdx = seen + offsetof(struct layout, flags);
    r->rflags &= ~FLAG_DF;
    r->r11 = lfi_box_l2p(box, action->handler); /* the short way in */
    return true;
}

bool frame_pop(struct LFILinuxThread *t, struct frame *f)
{
    struct LFIBox *box = t->proc->box;
    struct LFIRegs *r = lfi_ctx_regs(t->ctx);
    struct layout l;
    /* The handler's return has taken the address.  */
    uint64_t at = r->rsp - sizeof(uint64_t);
    if (!lfi_box_copyfm(box, &l, lfi_box_l2p(box, at), sizeof l) || !get_area(t->proc, l.m.fp, r))
        return false;
    get_registers(r, &l.m);
    *f = (struct frame){.flags = l.flags, .pc = l.m.rip, .mask = l.mask, .stack = l.stack};
    return true;
}

/* Where the kernel would have found the instruction: two bytes before.  */
enum { CALL_SIZE = 2 };

uint64_t frame_call(struct LFILinuxThread *t, uint64_t pc)
{
    (void)t;
    return pc - CALL_SIZE;
}

void frame_call_again(struct LFILinuxThread *t, uint64_t pc)
{
    lfi_ctx_regs(t->ctx)->r11 = pc + CALL_SIZE;
}

uint64_t frame_after_call(struct LFILinuxThread *t, uint64_t pc)
{
    (void)t;
    return pc;
}
