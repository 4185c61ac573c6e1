/* What each architecture gives to the core.
   SPDX-License-Identifier: Apache-2.0

   One directory per architecture beside this file, with files of the same names:
   layout.h, offsets.h, crossing.S, copy.S, arch.c.  */
#ifndef LFI_ARCH_INTERNAL_H
#define LFI_ARCH_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <ucontext.h>

#include "profiles/profile.h"

#if defined(__aarch64__)
#include "liblfi/arch/aarch64/layout.h"
#elif defined(__x86_64__)
#include "liblfi/arch/x86_64/layout.h"
#endif

/* Symbols of the library's own, not of its interface.  */
#define LFI_HIDDEN __attribute__((visibility("hidden")))

struct LFIContext;

/* crossing.S.  enter returns when leave is called or jumped to for the same context on the
   same thread.  */
LFI_HIDDEN int lfi_arch_enter(struct LFIContext *ctx, bool resume);
LFI_HIDDEN _Noreturn void lfi_arch_leave(struct LFIContext *ctx, int code);

/* Called by crossing.S, after a crossing out; implemented by core/context.c.  stop comes before
   lfi_arch_leave.  */
LFI_HIDDEN void lfi_ctx_syscall(struct LFIContext *ctx);
LFI_HIDDEN void lfi_ctx_stop(struct LFIContext *ctx);
LFI_HIDDEN _Noreturn void lfi_ctx_bad_rtcall(struct LFIContext *ctx);

/* copy.S.  Code in [begin, end) that faults continues at fault.  */
LFI_HIDDEN size_t lfi_arch_copy(void *dst, const void *src, size_t n);
LFI_HIDDEN size_t lfi_arch_strnlen(const char *s, size_t max);
LFI_HIDDEN extern const char lfi_arch_copy_begin[], lfi_arch_copy_end[], lfi_arch_copy_fault[];

/* arch.c.  */

LFI_HIDDEN extern const enum LFIArch lfi_arch_this;

/* What this host lacks to run boxes, one line in static storage; NULL if it can.  */
LFI_HIDDEN const char *lfi_arch_missing(void);

/* Looks at the processor; once per process, before anything is entered, where nothing is
   missing.  */
LFI_HIDDEN void lfi_arch_init(void);

/* Address of the entry code of rtcall k < LFI_RTCALL_REACHABLE.  */
LFI_HIDDEN uint64_t lfi_arch_rtcall(unsigned k);

/* All registers zero but tp, then as lfi_ctx_regs_relink_ctxreg.  */
LFI_HIDDEN void lfi_arch_regs_init(struct LFIContext *ctx);
LFI_HIDDEN void lfi_arch_regs_relink(struct LFIContext *ctx);

/* Prepares the context's registers for entry at the address of the box; true if it is a
   resumption that leaves all registers alone.  */
LFI_HIDDEN bool lfi_arch_regs_entry(struct LFIContext *ctx, uint64_t entry);

/* The instruction that called the rtcall whose registers are saved.  */
LFI_HIDDEN uint64_t lfi_arch_rtcall_site(const struct LFIContext *ctx);

/* Fills code with trapping instructions; size is a multiple of the instruction size.  */
LFI_HIDDEN void lfi_arch_fill_traps(void *code, size_t size);

/* Makes code that was written, perhaps at another address, visible to execution at addr.  */
LFI_HIDDEN void lfi_arch_sync_code(void *addr, size_t size);

/* A handler that interrupted the box of ctx: what the kernel left as the box had it becomes the
   host's; and again what it was, the result of begin, before the handler returns.  */
LFI_HIDDEN uint64_t lfi_arch_signal_begin(const struct LFIContext *ctx);
LFI_HIDDEN void lfi_arch_signal_end(uint64_t before);

/* Signal frames.  */
LFI_HIDDEN uint64_t lfi_arch_uc_pc(const ucontext_t *uc);
LFI_HIDDEN uint64_t lfi_arch_uc_sp(const ucontext_t *uc);
LFI_HIDDEN void lfi_arch_uc_set_pc(ucontext_t *uc, uint64_t pc);
/* Copies the registers of the frame into the context's.  */
LFI_HIDDEN void lfi_arch_uc_save(struct LFIContext *ctx, const ucontext_t *uc);
/* Makes the return from the handler a call of lfi_arch_leave(ctx, code).  */
LFI_HIDDEN void lfi_arch_uc_leave(struct LFIContext *ctx, int code, ucontext_t *uc);

#endif
