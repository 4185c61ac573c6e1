/* Frames of signal handlers on arm64, as Linux lays them out.
   SPDX-License-Identifier: Apache-2.0

   What is read back is hostile: it names registers and nothing else, and the way into the box makes
   of them what code of the box may have (liblfi/core/resume.c).  */
#include "config.h"

#include <stddef.h>
#include <string.h>

#include "liblfi/linux/linux.h"

enum { RESERVED_SIZE = 4096, INSN_SIZE = 4 };
#define NZCV UINT64_C(0xf0000000)
#define VECTORS_MAGIC 0x46508001u
/* add x30, x27, w26, uxtw: the end of a system call's sequence.  */
#define ADD_X30_X27_W26 0x8b3a437eu

struct vectors {
    uint32_t magic, size, fpsr, fpcr;
    struct LFIVector v[32];
};

struct layout {
    struct box_siginfo info;
    uint64_t flags, link;
    struct box_stack stack;
    uint64_t mask;
    uint8_t unused[128];
    uint64_t address, x[31], sp, pc, pstate, pad;
    struct vectors vectors;
    uint64_t end; /* of the records */
};
static_assert(offsetof(struct layout, flags) == 128 && offsetof(struct layout, address) == 304
                  && offsetof(struct layout, vectors) == 592 && sizeof(struct vectors) == 528,
              "as Linux has it");
/* The whole of what a handler is given has more room for records.  */
enum { FRAME_SIZE = offsetof(struct layout, vectors) + RESERVED_SIZE };

uint64_t frame_stack(const struct LFIRegs *r)
{
    return r->sp;
}

/* A record of the frame pointer, below that the frame.  */
void frame_place(uint64_t top, struct frame_place *place)
{
    place->end = top;
    place->state = (top - 2 * sizeof(uint64_t)) & -UINT64_C(16);
    place->at = place->state - FRAME_SIZE;
}

/* Registers that hold addresses of the box whatever the profile is, as its code would read them; the
   others are the program's.  */
static void hide_base(struct LFIBox *box, uint64_t x[31])
{
    static const uint8_t guards[] = {26, 27, 28, 30};
    for (size_t i = 0; lfi_box_profile(box)->poc && i < sizeof guards; i++)
        x[guards[i]] = lfi_box_p2l(box, x[guards[i]]);
}

bool frame_push(struct LFILinuxThread *t, const struct frame_place *place, const struct frame *f,
                const struct box_sigaction *action)
{
    enum { SIGINFO = 4 };
    struct LFIBox *box = t->proc->box;
    struct LFIRegs *r = lfi_ctx_regs(t->ctx);
    struct layout l = {.info = f->info,
                       .flags = f->flags,
                       .stack = f->stack,
                       .mask = f->mask,
                       .address = f->address,
                       .sp = lfi_box_p2l(box, r->sp),
                       .pc = lfi_box_p2l(box, f->pc),
                       .pstate = r->nzcv & NZCV};
    const uint64_t record[2] = {r->x29, lfi_box_p2l(box, r->x30)};
    lfiptr at = lfi_box_l2p(box, place->at), next = lfi_box_l2p(box, place->state);
    memcpy(l.x, &r->x0, sizeof l.x);
    hide_base(box, l.x);
    l.vectors = (struct vectors){VECTORS_MAGIC, sizeof l.vectors, r->fpsr, r->fpcr, {{{0}}}};
    memcpy(l.vectors.v, r->vector, sizeof l.vectors.v);
    if (!lfi_box_copyto(box, next, record, sizeof record) || !lfi_box_copyto(box, at, &l, sizeof l))
        return false;
    r->x0 = (uint64_t)f->info.signo;
    if (action->flags & SIGINFO) {
        r->x1 = lfi_box_p2l(box, at);
        r->x2 = r->x1 + offsetof(struct layout, flags);
    }
    r->x29 = lfi_box_p2l(box, next);
    r->x30 = action->restorer;
    r->sp = at;
    return true;
}

bool frame_pop(struct LFILinuxThread *t, struct frame *f)
{
    struct LFIBox *box = t->proc->box;
    struct LFIRegs *r = lfi_ctx_regs(t->ctx);
    struct layout l;
    if (!lfi_box_copyfm(box, &l, lfi_box_l2p(box, r->sp), sizeof l)
        || l.vectors.magic != VECTORS_MAGIC || l.vectors.size != sizeof l.vectors)
        return false;
    memcpy(&r->x0, l.x, sizeof l.x);
    r->sp = l.sp;
    r->nzcv = l.pstate & NZCV;
    r->fpsr = l.vectors.fpsr;
    r->fpcr = l.vectors.fpcr;
    memcpy(r->vector, l.vectors.v, sizeof l.vectors.v);
    *f = (struct frame){.flags = l.flags, .pc = l.pc, .mask = l.mask, .stack = l.stack};
    return true;
}

/* The jump through x30.  */
uint64_t frame_call(struct LFILinuxThread *t, uint64_t pc)
{
    (void)t;
    return pc - INSN_SIZE;
}

void frame_call_again(struct LFILinuxThread *t, uint64_t pc)
{
    lfi_ctx_regs(t->ctx)->x30 = pc + INSN_SIZE;
}

/* Programs see one instruction where there is a sequence, the last of which is done here.  */
uint64_t frame_after_call(struct LFILinuxThread *t, uint64_t pc)
{
    struct LFIBox *box = t->proc->box;
    struct LFIRegs *r = lfi_ctx_regs(t->ctx);
    uint32_t insn;
    if (!lfi_box_copyfm(box, &insn, lfi_box_l2p(box, pc), sizeof insn) || insn != ADD_X30_X27_W26)
        return pc;
    r->x30 = lfi_box_l2p(box, (uint32_t)r->x26);
    return pc + INSN_SIZE;
}
