/* Types and functions that the files of the core share.
   SPDX-License-Identifier: Apache-2.0  */
#ifndef LFI_INTERNAL_H
#define LFI_INTERNAL_H

#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/mman.h>

#include "lfi_core.h"
#include "lfi_layout.h"
#include "liblfi/arch/arch.h"

/* A reservation: edges and slots.  */
struct LFIArena {
    uintptr_t start;
    size_t size;
    uintptr_t first; /* base of its first slot */
    size_t nslots;
};

struct LFIEngine {
    struct LFIOptions opts;
    size_t pagesize;
    const struct LFIArchLayout *layout;
    struct LFIArena arena[LFI_MAX_ARENAS]; /* slots are counted through */
    unsigned narenas;
    uintptr_t lowest; /* no box has memory below */
    size_t nslots;
    void (*_Atomic sys_handler)(struct LFIContext *);
    bool (*_Atomic stopped)(struct LFIContext *, const struct LFIFault *); /* lfi_set_stopped */
    bool (*_Atomic refill)(struct LFIContext *, const struct LFIFault *);
    struct LFIContext *(*_Atomic clone)(struct LFIBox *); /* of lfi_set_clone_cb */
    pthread_mutex_t lock;                                 /* of what follows */
    size_t nfree;
    uint32_t *free; /* slots that are free, in no order */
};

/* A range of pages that are mapped alike.  A node of a search tree by address, balanced by
   random priorities, that knows the largest gap in every subtree.  */
struct LFIRange {
    uintptr_t start, end;
    int prot, flags;
    int fd;
    off_t offset; /* of start */
    bool code;    /* a verified region: one range, as long as it is executable */
    bool original; /* mapped when lfi_box_mark_original was called, not replaced since */
    bool used;    /* accessible at some time: counts as memory, even if it is not any more */
    struct LFIRange *left, *right;
    uint64_t priority;
    uintptr_t lo, hi; /* of the subtree */
    size_t gap;       /* largest between two ranges of the subtree */
};

struct LFIMap {
    struct LFIRange *root;
    struct LFIRange *spare; /* nodes set aside, linked by right */
    size_t count, max;
    size_t used; /* bytes of the ranges that are */
    uint64_t random;
};

/* Addresses that were executable until revocation number epoch.  */
struct LFIRetired {
    uintptr_t start, end;
    uint64_t epoch;
};
enum { LFI_MAX_RETIRED = 32 };

/* Pages of stubs: as many as the smallest pages and the largest stubs need.  */
enum {
    LFI_STUBS_IN_PAGE = (4096 - LFI_STUBS_FIRST_MOST) / LFI_STUB_MOST,
    LFI_MAX_CALLBACK_PAGES = (LFI_MAX_CALLBACKS + LFI_STUBS_IN_PAGE - 1) / LFI_STUBS_IN_PAGE
};

struct LFIBox {
    struct LFIEngine *engine;
    uintptr_t base, min, max, max_exec;
    uintptr_t table; /* page of the rtcall table below the base */
    size_t slot;
    void *data;
    void *owner;            /* the process of the Linux layer */
    atomic_bool closed;     /* it has ended: no more calls */
    _Atomic uint64_t epoch; /* number of times that code lost execute permission */
    const struct LFICrossing *_Atomic crossing; /* of the profile */
    _Atomic bool single;                        /* the profile has one thread in the box */
    _Atomic uintptr_t inside;                   /* which thread that is, 0: none */
    unsigned depth;                             /* how often; the thread's */
    pthread_mutex_t callback_lock;              /* of changes to callbacks; taken before lock */
    struct LFICallbackPage *_Atomic callbacks[LFI_MAX_CALLBACK_PAGES];
    _Atomic lfiptr ret;   /* where functions that are called return to; 0: not known yet */
    pthread_mutex_t lock; /* of what follows, and of the box's mappings */
    const struct LFIProfile *profile;
    bool had_code;
    size_t memory_limit; /* of map.used; 0: none */
    struct LFIMap map;
    struct LFIRetired retired[LFI_MAX_RETIRED];
    unsigned nretired;
    struct LFIContext *contexts;
};

/* How a run ended.  */
enum LFIEnd { LFI_END_RETURN = 1, LFI_END_EXIT, LFI_END_FAULT, LFI_END_ABORT, LFI_END_JUMP };

/* What a call into a context that runs already puts aside: all that the crossings change.  */
struct LFISaved {
    struct LFIRegs regs;
    uint64_t host_fp, host_gs;
    uint64_t pc;
    bool exact;
};

/* A context that this thread is in.  One that is called again from its own handlers is in the list
   more than once: its first run is in the context, the others come from lfi_run_nested.  None is on
   a stack, since a host can leave by longjmp and say so later.  */
struct LFIRun {
    struct LFIContext *ctx;
    struct LFIRun *outer;   /* entered before on the same thread */
    struct LFISaved *saved; /* of the run of the same context that it interrupted, or NULL */
    uint64_t serial;        /* no other run of the thread has it */
    bool call;              /* of invoke.c */
    enum LFIEnd end;
    void (*then)(void *arg, int value); /* LFI_END_JUMP: to be called when all is undone */
    void *then_arg;
    int then_value;
    bool counted;         /* in box->depth */
    struct LFIRun *spare; /* another one that is not in use */
};

/* crossing.S knows the first part: arch/ARCH/offsets.h.  */
struct LFIContext {
    struct LFIRegs regs;
    _Atomic uint64_t in_box; /* non-zero while code of the box runs */
    uint64_t base;
    uint64_t host_fp; /* floating-point control state of the host */
    uint64_t rtcall;  /* number of an unused rtcall that was called */
    uint64_t host_gs; /* x86-64: the host's base of gs */
    _Atomic uint32_t interrupted; /* non-zero: look before going in; set by its own thread alone */
    int64_t fuel; /* of metered code: what is left */

    struct LFIBox *box;
    struct LFIEngine *engine;
    const struct LFICrossing *crossing; /* the box's when it was last looked at */
    void *data;
    _Atomic uint64_t seen; /* the box's epoch when this context was last outside */
    _Atomic uint64_t running; /* 0: no; see interrupt.c */
    uint64_t pc;              /* exact: where it goes on; see resume.c */
    bool exact;
    bool endless;      /* nobody limits its fuel, nor that of threads it makes */
    uint64_t time;     /* what is left, in nanoseconds, while deadline is 0 */
    uint64_t deadline; /* by the thread's own clock; 0: it does not run, or has no end */
    atomic_bool promised;            /* is about to be in the box, at pc */
    struct LFIFault stop;            /* why lfi_ctx_stopped is called; kind 0: no fault */
    struct LFIFault fault;           /* kind 0: none */
    struct LFIRun first, *spare;     /* the second are nested ones that are not in use */
    bool abort;                      /* the callback ends the run when it returns */
    bool aborted;                    /* the last call ended so */
    struct LFIContext *next, **link; /* in box->contexts */
};

/* error.c: sets the thread's error; the results are -1 and (lfiptr)-1 for convenience.
   lfi_fail_errno sets errno too.  */
LFI_HIDDEN void lfi_fail(int err, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
LFI_HIDDEN int lfi_fail_errno(int err, int errnum, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* range.c: the map of a box.  Nothing here allocates but lfi_map_prepare, so that what
   follows a change of mappings cannot fail.  */
/* Sets an aligned word of the box to new if it is old, at once (copy.c): what it was, or UINT64_MAX with
   the error set if it cannot be written.  */
LFI_HIDDEN uint64_t lfi_box_cas(struct LFIBox *box, lfiptr addr, uint32_t old, uint32_t new);

LFI_HIDDEN void lfi_map_init(struct LFIMap *map, size_t max);
LFI_HIDDEN void lfi_map_clear(struct LFIMap *map);
/* Sets nodes aside for one lfi_map_cut or lfi_map_split of [start, end) and, if mapping,
   one lfi_map_set there; false if out of memory or the map would have more ranges than
   its maximum.  A change that makes no more of them is always possible.  */
LFI_HIDDEN bool lfi_map_prepare(struct LFIMap *map, uintptr_t start, uintptr_t end, bool mapping);
/* The range that holds addr, or the first one above it.  */
LFI_HIDDEN struct LFIRange *lfi_map_find(struct LFIMap *map, uintptr_t addr);
/* Splits ranges so that none crosses start or end.  */
LFI_HIDDEN void lfi_map_split(struct LFIMap *map, uintptr_t start, uintptr_t end);
/* Forgets all of [start, end).  */
LFI_HIDDEN void lfi_map_cut(struct LFIMap *map, uintptr_t start, uintptr_t end);
/* Records a range over whatever was there.  */
LFI_HIDDEN void lfi_map_set(struct LFIMap *map, const struct LFIRange *range);
/* Bytes of [start, end) that count as memory; use makes all that is mapped there count.  use only
   where no range crosses start or end.  */
LFI_HIDDEN size_t lfi_map_used(struct LFIMap *map, uintptr_t start, uintptr_t end);
LFI_HIDDEN void lfi_map_use(struct LFIMap *map, uintptr_t start, uintptr_t end);
/* Joins equal neighbours around [start, end).  */
LFI_HIDDEN void lfi_map_join(struct LFIMap *map, uintptr_t start, uintptr_t end);
/* Start of the highest free size bytes in [min, max); 0 if there are none.  */
LFI_HIDDEN uintptr_t lfi_map_gap(struct LFIMap *map, uintptr_t min, uintptr_t max, size_t size);

/* host.c */
/* What could be behind a failure of the kernel with that errno, to be put after strerror: "",
   or that the process has all mappings that it may have.  In the buffer or static.  */
enum { LFI_HINT_SIZE = 128 };
LFI_HIDDEN const char *lfi_host_hint(int errnum, char text[LFI_HINT_SIZE]);
/* Reserves all addresses from the lowest one to end, for the box at base 0; the lowest goes
   into *start.  False with the error set.  */
LFI_HIDDEN bool lfi_host_reserve_low(uintptr_t end, size_t pagesize, uintptr_t *start);

/* engine.c */
/* The first profile that confines all and fits engine and host; NULL with the error set.  */
LFI_HIDDEN const struct LFIProfile *lfi_engine_profile(const struct LFIEngine *engine);
/* Whether code of the profile is confined in such a layout.  */
LFI_HIDDEN bool lfi_layout_fits(const struct LFIArchLayout *layout,
                                const struct LFIProfile *profile);
LFI_HIDDEN bool lfi_engine_take_slot(struct LFIEngine *engine, size_t *slot);
LFI_HIDDEN uintptr_t lfi_engine_base(const struct LFIEngine *engine, size_t slot);
LFI_HIDDEN void lfi_engine_give_slot(struct LFIEngine *engine, size_t slot);

/* memory.c */
/* Makes the range reserved and inaccessible; aborts the process where the kernel cannot, as
   a hole between boxes could fill with memory of the host.  */
LFI_HIDDEN void lfi_mem_reserve(uintptr_t start, size_t size);
/* Reserves the range again after the kernel refused a change to it, in case that left a
   hole.  True if contents were lost: the range is unmapped.  */
LFI_HIDDEN bool lfi_mem_mend(uintptr_t start, size_t size);

/* Copies code of the host's into the box, where there is room, and makes it executable.  Its
   address, or (lfiptr)-1 as lfi_box_mapany.  */
LFI_HIDDEN lfiptr lfi_mem_map_code(struct LFIBox *box, const void *code, size_t size);

/* Whether the box has memory that is shared and writable.  The box is locked.  */
LFI_HIDDEN bool lfi_mem_shared_writable(struct LFIBox *box);

/* code.c: executable memory.  The box is locked.  Failures set the error and errno.  */
/* Takes execute permission from all regions that touch the range.  */
LFI_HIDDEN int lfi_code_revoke(struct LFIBox *box, uintptr_t start, uintptr_t end);
/* The same for one region whose memory has been taken away already.  */
LFI_HIDDEN void lfi_code_retire(struct LFIBox *box, uintptr_t start, uintptr_t end);
/* A private read-only copy of size bytes, the rest of the last page filled with traps: from
   memory of the box if src (and fd < 0), else from the file if fd >= 0, else traps too.  NULL
   on failure.  */
LFI_HIDDEN void *lfi_code_stage(struct LFIBox *box, const void *src, size_t size, int fd,
                                off_t off);
LFI_HIDDEN void lfi_code_unstage(struct LFIBox *box, void *stage, size_t size);
/* Verifies the copy for execution at addr.  */
LFI_HIDDEN int lfi_code_verify(struct LFIBox *box, void *stage, uintptr_t addr, size_t size);
/* Waits, not for long, until no thread can be inside code that was there before.  */
LFI_HIDDEN int lfi_code_wait(struct LFIBox *box, uintptr_t start, uintptr_t end);
/* Moves the copy to addr, over what is there, and makes it executable.  The copy is gone
   even on failure (errno only).  */
LFI_HIDDEN int lfi_code_place(struct LFIBox *box, void *stage, uintptr_t addr, size_t size);

/* context.c */
/* Whether this thread is in the context.  */
LFI_HIDDEN bool lfi_run_here(const struct LFIContext *ctx);
/* Puts the context on top of the thread's runs: one that does not run, or nested one that the
   thread is in.  NULL with the error set.  Then enter, which returns when the run is off the list
   again; then lfi_run_done, which restores what a nested one interrupted.  */
LFI_HIDDEN struct LFIRun *lfi_run_begin(struct LFIContext *ctx, bool nested);
LFI_HIDDEN void lfi_run_done(struct LFIRun *run);
/* Takes it off the list without entering.  */
LFI_HIDDEN void lfi_run_cancel(struct LFIRun *run);
/* Ends the run and those that began after it.  */
LFI_HIDDEN void lfi_run_stop(struct LFIRun *run, enum LFIEnd end);
/* The serial number of this thread's innermost run, 0 outside of all.  */
LFI_HIDDEN uint64_t lfi_run_serial(void);
/* The call into the context that this thread began in the run with that number; NULL if it is in
   none.  */
LFI_HIDDEN struct LFIRun *lfi_run_above(const struct LFIContext *ctx, uint64_t serial);
/* From a handler: ends such a call and all that began after it; then is called in its place.  */
LFI_HIDDEN _Noreturn void lfi_run_end(struct LFIRun *run, void (*then)(void *, int), void *arg,
                                      int value);
/* Where the box goes on when the handler that it is in returns, and how to change that: any
   address, reduced to the box.  All registers are those of the context, whatever pc is, but for
   what lfi_arch_settle takes care of.  */
LFI_HIDDEN uint64_t lfi_ctx_pc(const struct LFIContext *ctx);
LFI_HIDDEN void lfi_ctx_set_pc(struct LFIContext *ctx, uint64_t pc);
/* True if every context of the box but the caller's was outside since that epoch.  */
LFI_HIDDEN bool lfi_ctx_all_seen(struct LFIBox *box, uint64_t epoch);
LFI_HIDDEN void lfi_ctx_fault_leave(struct LFIContext *ctx, ucontext_t *uc, int sig, int code,
                                    uint64_t addr);

/* resume.c */
/* Who looks at boxes of the engine that were stopped: called on the thread, outside of its signal
   handlers, as a handler of system calls is.  fault: what stopped it, or NULL; false: the run ends
   with the fault.  */
LFI_HIDDEN void lfi_set_stopped(struct LFIEngine *engine,
                                bool (*stopped)(struct LFIContext *, const struct LFIFault *));
/* In a signal handler that interrupted code of the box: makes its return a call of lfi_ctx_stopped.
 */
LFI_HIDDEN void lfi_resume_stop(struct LFIContext *ctx, ucontext_t *uc,
                                const struct LFIFault *fault);
/* Last look at a context that goes on at ctx->pc.  */
LFI_HIDDEN void lfi_resume_settle(struct LFIContext *ctx);
/* In a signal handler, at the crossing's trap: makes its return the entry into the box.  */
LFI_HIDDEN void lfi_resume_enter(struct LFIContext *ctx, ucontext_t *uc);

/* callback.c */
/* Calls the host function whose stub the box called; false if there is none.  */
LFI_HIDDEN bool lfi_callback_call(struct LFIContext *ctx);
/* Address of the stub that ends a call of the box, made on first use; 0 with the error set.  */
LFI_HIDDEN lfiptr lfi_callback_return_stub(struct LFIBox *box);
LFI_HIDDEN void lfi_callback_free(struct LFIBox *box);
/* What can be called from one box can be from its copy.  The callbacks of the first are locked, the
   second is nobody else's.  False with the error set.  */
LFI_HIDDEN bool lfi_callback_copy(struct LFIBox *from, struct LFIBox *to);
/* All are unregistered and their stubs unmapped.  Nobody is in the box.  */
LFI_HIDDEN void lfi_callback_reset(struct LFIBox *box);

/* interrupt.c */
/* Claims the signal, once per process; false with the error set.  */
LFI_HIDDEN bool lfi_interrupt_init(void);
LFI_HIDDEN int lfi_interrupt_signal(void);
/* Whether that is the handler of it, as the kernel tells.  */
LFI_HIDDEN bool lfi_interrupt_installed(uintptr_t handler);
/* The first run of a context: claim makes the context this thread's (false: it runs already), release
   is its end.  Any run: begin makes it the innermost.  */
LFI_HIDDEN bool lfi_interrupt_claim(struct LFIContext *ctx);
LFI_HIDDEN void lfi_interrupt_begin(struct LFIRun *run);
LFI_HIDDEN void lfi_interrupt_release(struct LFIContext *ctx);
LFI_HIDDEN bool lfi_interrupt_running(struct LFIContext *ctx);
/* As lfi_ctx_interrupt; if the context does not run, its next run ends before its first
   instruction.  */
LFI_HIDDEN void lfi_interrupt_for_good(struct LFIContext *ctx);
/* Stops the context, wherever it runs, or when it does: its thread calls what lfi_set_stopped was
   given, soon if code of the box is running, else on the next way in.  Then the box goes on.  Any
   thread.  */
LFI_HIDDEN void lfi_ctx_preempt(struct LFIContext *ctx);
/* Sends the signal alone: what the thread waits for in the kernel ends with EINTR.  */
LFI_HIDDEN void lfi_interrupt_poke(struct LFIContext *ctx);
/* In a signal handler: a thread that is, or by now may be, at an instruction of the box stops
   there, if somebody wants that.  */
LFI_HIDDEN void lfi_interrupt_in_box(struct LFIContext *ctx, ucontext_t *uc);
/* Whether a mark is on the context or those outside of it, in which case the next look sees it.  */
LFI_HIDDEN bool lfi_interrupt_marked(struct LFIContext *ctx);
/* What else a signal does that found the thread in the host; NULL at first.  */
LFI_HIDDEN extern void (*_Atomic lfi_interrupt_host)(ucontext_t *uc);

/* Own thread: the context is to be stopped.  Async-signal-safe.  */
LFI_HIDDEN void lfi_interrupt_mark(struct LFIContext *ctx);

/* time.c.  All by the thread that the context belongs to.  */
/* Before a run: what it takes to notice that its time is over; false with the error set.  */
LFI_HIDDEN bool lfi_time_prepare(const struct LFIContext *ctx);
/* A context that is on the thread's list uses its time; is about to leave, or has left, that.  */
LFI_HIDDEN void lfi_time_begin(struct LFIContext *ctx);
LFI_HIDDEN void lfi_time_end(struct LFIContext *ctx);
/* Marks those whose time is over.  Async-signal-safe.  */
LFI_HIDDEN void lfi_time_look(void);
LFI_HIDDEN bool lfi_time_is_over(const struct LFIContext *ctx);

/* signal.c: the only process-wide state.  */
/* Lets this thread's faults and interrupts through.  */
LFI_HIDDEN void lfi_signal_unblock(void);
/* Whether the interrupted code ran on the thread's alternate stack.  */
LFI_HIDDEN bool lfi_signal_on_altstack(const ucontext_t *uc);
/* Installs the handlers, once per process; false with the error set.  */
LFI_HIDDEN bool lfi_signal_init(void);
/* Makes this thread fit for entering boxes; false with the error set.  */
LFI_HIDDEN bool lfi_signal_attach(const struct LFIOptions *opts);

/* The runs of this thread, the innermost first; and its context, for crossings without a context
   register.  initial-exec: the signal handler reads them.  */
LFI_HIDDEN extern _Thread_local struct LFIRun *lfi_runs __attribute__((tls_model("initial-exec")));
LFI_HIDDEN extern _Thread_local struct LFIContext *lfi_current
    __attribute__((tls_model("initial-exec")));

static inline size_t lfi_page_up(const struct LFIEngine *engine, size_t size)
{
    return (size + engine->pagesize - 1) & ~(engine->pagesize - 1);
}

#endif
