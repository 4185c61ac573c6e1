/* Calls of functions in boxes.
   SPDX-License-Identifier: Apache-2.0

   A call is a run of the context whose entry is the function: what the trampoline was called with
   goes into the context's registers and onto its stack, the return address is a stub that ends the
   run, and what is in the registers then is the result.  */
#include "config.h"

#include <string.h>

#include "lfi_bind.h"
#include "liblfi/core/internal.h"

/* The most of the stack that a call moves, and what a function may use below its stack pointer.  */
enum { MAX_STACK = 64 << 10, MAX_RESULT = 64 << 10, RED_ZONE = 128, STACK_ALIGN = 16 };

__thread struct LFIInvokeInfo lfi_invoke_info;

void lfi_set_invoke_info(struct LFIContext **ctxp, lfiptr fn, struct LFIBox *box)
{
    lfi_invoke_info = (struct LFIInvokeInfo){.ctx = ctxp, .targetfn = fn, .box = box};
}

void lfi_set_clone_cb(struct LFIEngine *engine, struct LFIContext *(*clone)(struct LFIBox *))
{
    atomic_store(&engine->clone, clone);
}

struct LFIContext *lfi_clone(struct LFIBox *box)
{
    struct LFIContext *(*clone)(struct LFIBox *) = atomic_load(&box->engine->clone);
    if (clone)
        return clone(box);
    lfi_fail(LFI_ERR_STATE, "the thread has no context of the box, and the engine no function "
                            "that makes one (lfi_set_clone_cb)");
    return NULL;
}

/* The caller's context of the box, made if it has none.  */
static struct LFIContext *find_context(const struct LFIInvokeInfo *info)
{
    if (!info->ctx || !info->box || info->stack % 8 || info->stack > MAX_STACK
        || info->result > MAX_RESULT) {
        lfi_fail(LFI_ERR_ARG, "a call without context or box, or with too large arguments");
        return NULL;
    }
    if (atomic_load_explicit(&info->box->closed, memory_order_relaxed)) {
        lfi_fail(LFI_ERR_STATE, "the program in the box has ended");
        return NULL;
    }
    if (!*info->ctx)
        *info->ctx = lfi_clone(info->box);
    if (*info->ctx && (*info->ctx)->box != info->box) {
        lfi_fail(LFI_ERR_ARG, "the context is of another box");
        return NULL;
    }
    return *info->ctx;
}

/* Arguments into registers and onto the stack, room for a result in memory there too: its address
   goes into *result.  */
static bool set_up(struct LFIContext *ctx, const struct LFIInvokeInfo *info,
                   struct LFICallRegs *regs, const void *stack, bool hidden, bool vectors,
                   uint64_t *result)
{
    uint64_t ret = lfi_callback_return_stub(ctx->box);
    uint64_t sp = lfi_arch_sp(ctx) - RED_ZONE;
    if (!ret)
        return false;
    if (hidden)
        sp -= info->result;
    sp &= -(uint64_t)STACK_ALIGN;
    *result = sp;
    sp = (sp - info->stack) & -(uint64_t)STACK_ALIGN;
    if (hidden)
        *lfi_arch_hidden(regs) = lfi_box_p2l(ctx->box, *result);
    if (lfi_box_bufvalid(ctx->box, sp - STACK_ALIGN, STACK_ALIGN)
        && (!info->stack || lfi_box_copyto(ctx->box, sp, stack, info->stack))
        && lfi_arch_push_return(ctx, sp, lfi_box_p2l(ctx->box, ret))) {
        lfi_arch_set_arguments(ctx, regs);
        if (vectors)
            lfi_arch_set_vectors(ctx, regs);
        return true;
    }
    lfi_fail(LFI_ERR_ARG, "the context has no stack that the call could use");
    return false;
}

/* The results of the call that has returned.  */
static enum LFIInvokeEnd take_results(struct LFIContext *ctx, const struct LFIInvokeInfo *info,
                                      struct LFICallRegs *regs, bool vectors, void *to,
                                      uint64_t result)
{
    lfi_arch_get_results(ctx, regs);
    if (vectors)
        lfi_arch_get_vectors(ctx, regs, info->long_double);
    if (!to || lfi_box_copyfm(ctx->box, to, result, info->result))
        return LFI_INVOKE_RETURNED;
    return LFI_INVOKE_FAULT;
}

/* The run that has ended; what is to be called in its place goes into *then.  */
static enum LFIInvokeEnd run_ended(struct LFIRun *run, struct LFIRun *then)
{
    static const enum LFIInvokeEnd ends[] = {
        [LFI_END_RETURN] = LFI_INVOKE_RETURNED, [LFI_END_EXIT] = LFI_INVOKE_EXIT,
        [LFI_END_FAULT] = LFI_INVOKE_FAULT,     [LFI_END_ABORT] = LFI_INVOKE_ABORT,
        [LFI_END_JUMP] = LFI_INVOKE_ABORT,
    };
    if (run->end == LFI_END_JUMP)
        *then = *run;
    run->ctx->aborted = run->end == LFI_END_ABORT;
    return ends[run->end];
}

static enum LFIInvokeEnd call(struct LFIContext *ctx, const struct LFIInvokeInfo *info,
                              struct LFICallRegs *regs, const void *stack, bool vectors, void *to,
                              struct LFIRun *then)
{
    bool nested = atomic_load_explicit(&ctx->running, memory_order_relaxed) && lfi_run_here(ctx);
    struct LFIRun *run = lfi_run_begin(ctx, nested);
    enum LFIInvokeEnd end = LFI_INVOKE_REFUSED;
    uint64_t result, sp;
    if (!run)
        return end;
    run->call = true;
    sp = lfi_arch_sp(ctx);
    if (!set_up(ctx, info, regs, stack, to != NULL, vectors, &result)) {
        lfi_run_cancel(run);
    } else {
        ctx->crossing->enter(ctx, lfi_arch_regs_entry(ctx, info->targetfn));
        end = run_ended(run, then);
        if (end == LFI_INVOKE_RETURNED)
            end = take_results(ctx, info, regs, vectors, to, result);
    }
    /* Where the next call finds it.  */
    lfi_arch_set_sp(ctx, sp);
    lfi_run_done(run);
    return end;
}

static void refuse(struct LFICallRegs *regs, const char *why)
{
    lfi_fail(LFI_ERR_STATE, "%s", why);
    memset(regs, 0, sizeof *regs);
    lfi_invoke_info.end = LFI_INVOKE_REFUSED;
}

void lfi_invoke_call(struct LFICallRegs *regs, const void *stack, bool hidden, bool vectors)
{
    struct LFIInvokeInfo info = lfi_invoke_info;
    void *to = hidden ? (void *)*lfi_arch_hidden(regs) : NULL;
    enum LFIInvokeEnd end = LFI_INVOKE_REFUSED;
    struct LFIRun then = {.then = NULL};
    struct LFIContext *ctx = find_context(&info);
    if (ctx)
        end = call(ctx, &info, regs, stack, vectors, to, &then);
    if (end != LFI_INVOKE_RETURNED) {
        memset(regs, 0, sizeof *regs);
        if (to)
            memset(to, 0, info.result);
    }
    if (to)
        lfi_arch_return_hidden(regs, to);
    lfi_invoke_info.end = end;
    /* Does not return, if it is what it should be.  */
    if (then.then)
        then.then(then.then_arg, then.then_value);
}

/* Of a library that lfi-bind made callable: the caller knows nothing of boxes.  */
void lfi_invoke_bound(struct LFICallRegs *regs, const void *stack, const struct LFIBinding *binding)
{
    struct LFIInvokeInfo outer = lfi_invoke_info;
    const struct LFILibrary *library = binding->library;
    lfi_set_invoke_info(library->ctxp(), binding->fn, library->box);
    lfi_invoke_info.stack = binding->stack;
    lfi_invoke_info.result = binding->result;
    if (library->box)
        lfi_invoke_call(regs, stack, binding->result != 0, true);
    else
        refuse(regs, "the library was not opened");
    enum LFIInvokeEnd end = lfi_invoke_info.end;
    lfi_invoke_info = outer;
    lfi_invoke_info.end = end;
    if (end != LFI_INVOKE_RETURNED && library->failed)
        library->failed(binding, end);
}

void lfi_ctx_abort_cb(struct LFIContext *ctx)
{
    ctx->abort = true;
}

bool lfi_ctx_abort_cb_status(struct LFIContext *ctx)
{
    return ctx->aborted;
}
