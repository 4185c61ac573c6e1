/* What each architecture gives to the core.
   SPDX-License-Identifier: Apache-2.0

   One directory per architecture beside this file, with files of the same names:
   layout.h, offsets.h, crossing.S, call.S, copy.S, arch.c.  */
#ifndef LFI_ARCH_INTERNAL_H
#define LFI_ARCH_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <ucontext.h>

#include "lfi_core.h"
#include "lfi_layout.h"
#include "profiles/profile.h"

#if defined(__aarch64__)
#include "liblfi/arch/aarch64/layout.h"
#elif defined(__x86_64__)
#include "liblfi/arch/x86_64/layout.h"
#endif

/* Symbols of the library's own, not of its interface.  */
#define LFI_HIDDEN __attribute__((visibility("hidden")))

/* The ways in and out of boxes that agree in what their profile reserves (crossing.S).  enter
   returns when leave is called or jumped to for the same context on the same thread.  */
struct LFICrossing {
    int (*enter)(struct LFIContext *ctx, bool resume);
    void (*leave)(struct LFIContext *ctx, int code); /* does not return */
    bool meter; /* the register of the counter is ctx->fuel, not one of ctx->regs */
};

enum { LFI_MAX_ARENAS = 16 };

/* How boxes lie in an engine; all but the numbers in bytes.  */
struct LFIArchLayout {
    enum LFILayout layout;
    enum LFIGuard guard; /* what profiles call it */
    const char *name;
    /* Offsets in the box: [min, max) can be mapped, nothing from max_exec on is executable; the
       rtcall table is the page that ends at table.  */
    uint64_t min, max, max_exec, table;
    /* From one box to the next, and the inaccessible bytes at the edges of an array of boxes:
       below the first (its table included), above the last.  */
    uint64_t stride, edge_below, edge_above;
    /* All that fit into an engine, and in how many reservations.  */
    size_t max_boxes;
    unsigned max_arenas;
};

/* Called by crossing.S, after a crossing out; implemented by core/context.c.  stop comes before
   leave.  */
LFI_HIDDEN void lfi_ctx_syscall(struct LFIContext *ctx);
LFI_HIDDEN void lfi_ctx_stop(struct LFIContext *ctx);
/* Called on the way in where LFIContext.interrupted is set (core/interrupt.c): ends the run, or
   lets the Linux layer look at it; entry is where the box would go on.  True: the box is entered by
   the crossing's trap (core/resume.c); else the look is repeated.  */
LFI_HIDDEN bool lfi_ctx_interrupted(struct LFIContext *ctx, uint64_t entry);
/* Called when the signal handler took a thread out of code of its box (lfi_arch_uc_stop); then the
   box is entered again.  */
LFI_HIDDEN void lfi_ctx_stopped(struct LFIContext *ctx);
LFI_HIDDEN _Noreturn void lfi_ctx_bad_rtcall(struct LFIContext *ctx);

/* Called by crossing.S for rtcall 4, after a crossing out.  */
LFI_HIDDEN void lfi_ctx_callback(struct LFIContext *ctx);

/* call.S.  The trampolines of lfi_invoke.h, which give what they were called with to core/invoke.c;
   stack is where the arguments are that were passed there.  What is in regs afterwards they return.
   hidden: the result is in memory; vectors: regs has vector registers.  */
struct LFIBinding;
LFI_HIDDEN void lfi_invoke_call(struct LFICallRegs *regs, const void *stack, bool hidden, bool vectors);
LFI_HIDDEN void lfi_invoke_bound(struct LFICallRegs *regs, const void *stack,
                                 const struct LFIBinding *binding);
/* Calls a function of the host with the registers and bytes (a multiple of 16) of stack arguments;
   the results replace those of regs.  */
LFI_HIDDEN void lfi_arch_call(void *fn, struct LFICallRegs *regs, const void *stack, size_t bytes);

/* copy.S.  Code in [begin, end) that faults continues at fault.  */
LFI_HIDDEN size_t lfi_arch_copy(void *dst, const void *src, size_t n);
LFI_HIDDEN size_t lfi_arch_strnlen(const char *s, size_t max);
LFI_HIDDEN uint64_t lfi_arch_cas(uint32_t *p, uint32_t old, uint32_t new);
LFI_HIDDEN extern const char lfi_arch_copy_begin[], lfi_arch_copy_end[], lfi_arch_copy_fault[];

/* arch.c.  */

LFI_HIDDEN extern const enum LFIArch lfi_arch_this;

/* The first is the default; lfi_arch_nlayouts of them.  */
LFI_HIDDEN extern const struct LFIArchLayout lfi_arch_layouts[];
LFI_HIDDEN extern const size_t lfi_arch_nlayouts;

/* What this host lacks to run boxes of the profile, one line in static storage; NULL if it can.
   Without a profile: what it lacks for any.  */
LFI_HIDDEN const char *lfi_arch_missing(const struct LFIProfile *profile);

/* The crossings for code of the profile; NULL if there are none.  */
LFI_HIDDEN const struct LFICrossing *lfi_arch_crossing(const struct LFIProfile *profile);

/* Changes the crossings of a context that does not run: what only the old ones reserve is
   forgotten.  */
LFI_HIDDEN void lfi_arch_set_crossing(struct LFIContext *ctx, const struct LFICrossing *crossing);

/* Looks at the processor; once per process, before anything is entered, where nothing is
   missing.  */
LFI_HIDDEN void lfi_arch_init(void);

/* Address of the entry code of rtcall k < LFI_RTCALL_REACHABLE.  */
LFI_HIDDEN uint64_t lfi_arch_rtcall(const struct LFICrossing *crossing, unsigned k);

/* All registers zero but tp, then as lfi_ctx_regs_relink_ctxreg.  */
LFI_HIDDEN void lfi_arch_regs_init(struct LFIContext *ctx);
LFI_HIDDEN void lfi_arch_regs_relink(struct LFIContext *ctx);

/* Prepares the context's registers for entry at the address of the box; true if it is a
   resumption that leaves all registers alone.  */
LFI_HIDDEN bool lfi_arch_regs_entry(struct LFIContext *ctx, uint64_t entry);

/* Calls.  From the context's registers what a function called there has as arguments or gave as
   results, and the other way round; set_arguments puts the rest of the state that functions share
   into the one they expect at entry; the vector registers apart, which not all calls need.  */
LFI_HIDDEN void lfi_arch_get_arguments(const struct LFIContext *ctx, struct LFICallRegs *regs);
LFI_HIDDEN void lfi_arch_set_arguments(struct LFIContext *ctx, const struct LFICallRegs *regs);
LFI_HIDDEN void lfi_arch_set_vectors(struct LFIContext *ctx, const struct LFICallRegs *regs);
LFI_HIDDEN void lfi_arch_get_results(const struct LFIContext *ctx, struct LFICallRegs *regs);
LFI_HIDDEN void lfi_arch_get_vectors(const struct LFIContext *ctx, struct LFICallRegs *regs,
                                     bool long_double);
LFI_HIDDEN void lfi_arch_set_results(struct LFIContext *ctx, const struct LFICallRegs *regs);
/* The register with the address of a result in memory.  */
LFI_HIDDEN uint64_t *lfi_arch_hidden(struct LFICallRegs *regs);
/* What a function whose result is there returns.  */
LFI_HIDDEN void lfi_arch_return_hidden(struct LFICallRegs *regs, void *to);
/* As a call instruction does: sp is the stack below the arguments, where the function finds ret as
   its return address.  False if the stack cannot be written.  */
LFI_HIDDEN bool lfi_arch_push_return(struct LFIContext *ctx, uint64_t sp, uint64_t ret);
/* The context's stack pointer, and where the stack arguments of the function are that it called. */
LFI_HIDDEN uint64_t lfi_arch_sp(const struct LFIContext *ctx);
LFI_HIDDEN uint64_t lfi_arch_stack_arguments(const struct LFIContext *ctx);
LFI_HIDDEN void lfi_arch_set_sp(struct LFIContext *ctx, uint64_t sp);

/* A page of code for boxes of the profile: first what ends a call, from lfi_arch_stub_first on
   stubs of lfi_arch_stub_size bytes, number first to first + n - 1, for calls of the host.  The most that these
   two are for any profile, which each architecture asserts: callback.c has so many pages.  */
enum { LFI_STUB_MOST = 64, LFI_STUBS_FIRST_MOST = 192 };
LFI_HIDDEN size_t lfi_arch_stub_size(const struct LFIProfile *profile);
LFI_HIDDEN size_t lfi_arch_stub_first(const struct LFIProfile *profile);
LFI_HIDDEN void lfi_arch_stubs(const struct LFIProfile *profile, unsigned char *page,
                               unsigned first, size_t n);
/* The number of the stub that the box called.  */
LFI_HIDDEN uint64_t lfi_arch_stub_number(const struct LFIContext *ctx);

/* The instruction that called the rtcall whose registers are saved.  */
LFI_HIDDEN uint64_t lfi_arch_rtcall_site(const struct LFIContext *ctx);

/* Fills code with trapping instructions; size is a multiple of the instruction size.  */
LFI_HIDDEN void lfi_arch_fill_traps(void *code, size_t size);

/* Makes code that was written, perhaps at another address, visible to execution at addr.  */
LFI_HIDDEN void lfi_arch_sync_code(void *addr, size_t size);

/* A handler that interrupted the box of ctx: what the kernel left as the box had it becomes the
   host's; and again what it was, the result of begin, before the handler returns.  */
LFI_HIDDEN uint64_t lfi_arch_signal_begin(const struct LFIContext *ctx);
LFI_HIDDEN void lfi_arch_signal_end(const struct LFIContext *ctx, uint64_t before);

/* Signal frames.  */
LFI_HIDDEN uint64_t lfi_arch_uc_pc(const ucontext_t *uc);
LFI_HIDDEN uint64_t lfi_arch_uc_sp(const ucontext_t *uc);
LFI_HIDDEN void lfi_arch_uc_set_pc(ucontext_t *uc, uint64_t pc);
/* The register of the counter.  */
LFI_HIDDEN int64_t lfi_arch_uc_fuel(const ucontext_t *uc);
/* Whether the interrupted code was on the way into the box of ctx, behind where it looks at
   ctx->interrupted: nothing of the registers in the context has changed.  */
LFI_HIDDEN bool lfi_arch_entering(const struct LFIContext *ctx, const ucontext_t *uc);
/* Copies the registers of the frame into the context's.  */
LFI_HIDDEN void lfi_arch_uc_save(struct LFIContext *ctx, const ucontext_t *uc);
/* Makes the return from the handler a call of the crossing's leave(ctx, code).  */
LFI_HIDDEN void lfi_arch_uc_leave(struct LFIContext *ctx, int code, ucontext_t *uc);

/* Stopping and going on (core/resume.c).  */

/* Makes the return from the handler a call of lfi_ctx_stopped(ctx).  */
LFI_HIDDEN void lfi_arch_uc_stop(struct LFIContext *ctx, ucontext_t *uc);
/* Where the processor goes on behind the handler, of which lfi_arch_uc_pc is what is reported.  */
LFI_HIDDEN uint64_t lfi_arch_uc_next(const ucontext_t *uc);
/* Where the box would go on that was interrupted where lfi_arch_entering holds.  */
LFI_HIDDEN uint64_t lfi_arch_uc_entry(const struct LFIContext *ctx, const ucontext_t *uc);
/* Whether the way in that a system call ends with leads to pc.  */
LFI_HIDDEN bool lfi_arch_returns_to(const struct LFIContext *ctx, uint64_t pc);
/* Makes pc, an address of the box, and the registers of the context what code of the box can have
   there.  code: the region of size bytes that pc lies in, or NULL; the box is locked.  Returns the
   address that takes its place.  */
LFI_HIDDEN uint64_t lfi_arch_settle(struct LFIContext *ctx, uint64_t pc, const char *code,
                                    size_t size);
/* Whether the frame is the trap's of the crossing of ctx, which asks for what follows: makes the
   return from the handler the entry into the box at pc, with all registers of the context.  */
LFI_HIDDEN bool lfi_arch_uc_at_trap(const struct LFIContext *ctx, const ucontext_t *uc);
LFI_HIDDEN void lfi_arch_uc_enter(struct LFIContext *ctx, ucontext_t *uc, uint64_t pc);
/* Makes the return from the handler go on behind the trap.  */
LFI_HIDDEN void lfi_arch_uc_skip_trap(ucontext_t *uc);
/* Of a thread that was interrupted in one of the rtcalls without a crossing: it goes on to the end
   of that, where it is stopped again.  True: it is there now.  False: the processor takes steps
   (TRAP_TRACE) until it is, and stepped tells whether this is one of them; or it is in none.  */
LFI_HIDDEN bool lfi_arch_uc_finish_rtcall(struct LFIContext *ctx, ucontext_t *uc);
LFI_HIDDEN bool lfi_arch_uc_stepped(const struct LFIContext *ctx, ucontext_t *uc);

#endif
