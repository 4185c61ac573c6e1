/* Boxes that are stopped anywhere in their code, and go on there.
   SPDX-License-Identifier: Apache-2.0

   A signal finds a thread in code of its box.  The handler puts all registers into the context and
   sends the thread to a crossing, which calls the Linux layer on the host's stack, as for a system
   call; that may change registers and pc, and they may come from the box's memory.  Then the box
   goes on at pc.  The way in of system calls cannot do that: it jumps through a register.  So the
   crossing ends in an instruction that traps, and the handler of that signal gives the kernel the
   registers of the context as those to return to.

   Nothing is believed of what the context has by then: the pc becomes an address where control
   may arrive, and the registers those that code there may find (lfi_arch_settle).  Where that
   depends on what the code is, as on x86-64, the look and the promise to be in the box are one step
   for all that changes code, which has the box's lock.  docs/sandbox.md, "Stopping and going on",
   has the argument.  */
#include "config.h"

#include "liblfi/core/internal.h"

void lfi_set_stopped(struct LFIEngine *engine,
                     bool (*stopped)(struct LFIContext *, const struct LFIFault *))
{
    atomic_store(&engine->stopped, stopped);
}

uint64_t lfi_ctx_pc(const struct LFIContext *ctx)
{
    return ctx->exact ? ctx->pc : lfi_box_l2p(ctx->box, ctx->regs.retaddr);
}

void lfi_ctx_set_pc(struct LFIContext *ctx, uint64_t pc)
{
    ctx->pc = lfi_box_l2p(ctx->box, pc);
    ctx->exact = !lfi_arch_returns_to(ctx, ctx->pc);
    if (ctx->exact)
        atomic_store(&ctx->interrupted, 1);
}

void lfi_resume_stop(struct LFIContext *ctx, ucontext_t *uc, const struct LFIFault *fault)
{
    atomic_store(&ctx->in_box, 0);
    /* Code that asks for fuel goes on behind its trap, with what it is given.  */
    if (fault && fault->kind == LFI_FAULT_FUEL)
        lfi_arch_uc_skip_trap(uc);
    lfi_arch_uc_save(ctx, uc);
    /* For what was executed since the last charge.  */
    if (ctx->crossing->meter)
        ctx->fuel -= LFI_METER_BLOCK;
    lfi_ctx_set_pc(ctx, lfi_arch_uc_next(uc));
    ctx->stop = fault ? *fault : (struct LFIFault){.kind = 0};
    lfi_arch_uc_stop(ctx, uc);
}

void lfi_resume_settle(struct LFIContext *ctx)
{
    struct LFIBox *box = ctx->box;
    pthread_mutex_lock(&box->lock);
    const struct LFIRange *r = lfi_map_find(&box->map, ctx->pc);
    bool code = r && r->code && ctx->pc >= r->start;
    ctx->pc = lfi_arch_settle(ctx, ctx->pc, code ? (const char *)r->start : NULL,
                              code ? r->end - r->start : 0);
    atomic_store(&ctx->promised, true);
    pthread_mutex_unlock(&box->lock);
}

void lfi_resume_enter(struct LFIContext *ctx, ucontext_t *uc)
{
    if (lfi_interrupt_marked(ctx)) {
        /* The mark may be newer than what the handler of its signal saw: without this the way in
           would go through its register, to wherever that points.  */
        atomic_store_explicit(&ctx->interrupted, 1, memory_order_relaxed);
        lfi_arch_uc_skip_trap(uc);
        return;
    }
    atomic_store_explicit(&ctx->interrupted, 0, memory_order_relaxed);
    ctx->exact = false;
    lfi_arch_uc_enter(ctx, uc, ctx->pc);
    atomic_store(&ctx->in_box, 1);
    atomic_store(&ctx->promised, false);
}
