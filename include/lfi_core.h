/* liblfi: sandboxes ("boxes") of 4 GiB inside one process.
   SPDX-License-Identifier: Apache-2.0

   An engine reserves address space for boxes.  A box is one sandbox: 4 GiB of addresses
   that its code can reach, and nothing else.  A context is one thread of execution in a
   box.  Design: docs/runtime.md; what a box may do: docs/sandbox.md.

   Threads.  Every function may be called from any thread, on different objects at the
   same time.  Calls on one engine or one box are serialised inside the library.  A
   context belongs to one host thread at a time: the one inside lfi_ctx_run, or whoever
   owns it while it does not run; the library does not lock it.  Not async-signal-safe,
   but for lfi_cur_ctx and lfi_ctx_interrupt.

   Errors.  A function that fails says so in its result; lfi_errno() and lfi_errmsg() of
   the same thread tell why.  Memory calls of boxes set errno too, to what a kernel would
   answer a program that made the same mistake.

   Sizes are in bytes.  Addresses (lfiptr) are those that code of the box uses: absolute,
   base + offset.  Where a function takes one, high bits other than the base's make it
   invalid; lfi_box_l2p reduces any 64-bit value to an address of the box first.

   Code of a position-oblivious profile (lfi_box_copy) uses offsets without the base instead.  The functions
   here take and give absolute addresses for such boxes too, but for lfi_box_p2l and lfi_box_register_cb,
   whose results are for the box: a host passes what it gets from such a box through lfi_box_l2p, and
   what it gives it through lfi_box_p2l.  With other boxes both are harmless.  */
#ifndef LFI_CORE_H
#define LFI_CORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "lfi_arch.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef uintptr_t lfiptr;

struct LFIEngine;
struct LFIBox;
struct LFIContext;
struct LFIProfile; /* a row of the table of profiles, see lfi_profile_named */

/* Errors.  */

enum {
    LFI_ERR_NONE = 0,
    LFI_ERR_ALLOC = 1,       /* out of memory */
    LFI_ERR_BOXMAP = 2,      /* no free slot for another box */
    LFI_ERR_RESERVE = 3,     /* address space could not be reserved */
    LFI_ERR_MMAP = 4,        /* a memory call of a box was refused or failed; see errno */
    LFI_ERR_SIGALTSTACK = 5, /* the thread has no usable alternate signal stack */
    LFI_ERR_PKU = 6,         /* protection keys; not used */
    /* Ours.  */
    LFI_ERR_VERIFY = 7,  /* code was rejected by the verifier */
    LFI_ERR_ARG = 8,     /* an argument is out of range */
    LFI_ERR_STATE = 9,   /* not possible in the present state of the object */
    LFI_ERR_SIGNAL = 10, /* a host signal handler would run on the stack of a box */
    LFI_ERR_PROFILE = 11, /* the engine does not accept the profile */
    LFI_ERR_HOST = 12     /* the host cannot run boxes at all, or none of the profile */
};

/* The error of this thread's last call that failed, and one line about it, which stays
   valid until the next failure on this thread.  Calls that succeed change neither.  */
int lfi_errno(void);
const char *lfi_errmsg(void);

/* Engine.  */

/* Ours: how the boxes of an engine lie.  */
enum LFILayout {
    LFI_LAYOUT_DEFAULT = 0, /* arm64: DENSE, the only one there; x86-64: SPARSE */
    LFI_LAYOUT_SPARSE = 1,  /* 40 GiB between two boxes: 2,977 in a process at most */
    LFI_LAYOUT_DENSE = 2,   /* a box every 4 GiB: on x86-64 some 32,000 in a process */
    LFI_LAYOUT_ONE = 3      /* the only box of the process, at address 0: addresses below 8 GiB
                               must be free when lfi_new reserves them, so the host is linked
                               as PIE and has no AddressSanitizer or ThreadSanitizer */
};

/* Zero in every field asks for the default.  */
struct LFIOptions {
    size_t pagesize;          /* the host's, or 0 */
    size_t boxsize;           /* 4 GiB, or 0 */
    bool verbose;             /* accepted; the library prints nothing */
    bool stores_only;         /* accept profiles that do not confine loads */
    bool no_verify;           /* UNSAFE: run code unverified, whatever its profile */
    bool allow_wx;            /* UNSAFE: not supported, lfi_new refuses it */
    bool no_aslr;             /* boxes at predictable addresses */
    bool no_init_sigaltstack; /* threads bring their own alternate signal stack */
    /* Ours.  */
    size_t maxmaps; /* ranges of different mappings in one box; 0 means 8192 */
    enum LFILayout layout;
};

/* Reserves address space for nsandboxes boxes (at least 1) and prepares the process:
   handlers for SIGSEGV, SIGBUS, SIGILL, SIGTRAP and SIGFPE are installed once, in front of
   the ones that are there, which go on to see every fault that is not a box's, and one for
   SIGRTMIN + 7, which must have none (lfi_ctx_interrupt).  NULL on
   failure: LFI_ERR_HOST, ARG, ALLOC, RESERVE, SIGNAL (as lfi_sigaction_check).  */
struct LFIEngine *lfi_new(struct LFIOptions opts, size_t nsandboxes);

/* Gives everything back.  An engine with boxes left is not freed (LFI_ERR_STATE).  NULL is
   ignored.  The signal handlers stay.  */
void lfi_free(struct LFIEngine *engine);

/* The options in force, defaults filled in.  */
struct LFIOptions lfi_opts(struct LFIEngine *engine);

/* The function that answers the system calls (rtcall 0) of all boxes of the engine: it
   finds the arguments in lfi_ctx_regs(ctx), writes results there, and returns to resume
   the box or calls lfi_ctx_exit.  It runs on the stack of the thread that called
   lfi_ctx_run, with the host's floating-point state.  Set it before the first
   lfi_ctx_run; while it is NULL a system call is a fault.  */
void lfi_sys_handler(struct LFIEngine *engine, void (*handler)(struct LFIContext *ctx));

/* True if no installed handler of a host signal could run on the stack of a box, that is,
   if every handler has SA_ONSTACK and the handlers of lfi_new are still in place.  False
   with LFI_ERR_SIGNAL, the message naming the signal.  lfi_new checks, and so does every
   thread before it first enters a box; call it after installing handlers later.  */
bool lfi_sigaction_check(void);

/* Boxes.  */

/* A new, empty box of profile "full" or, where that does not fit the engine's layout or the host,
   of the first profile that confines all and does.  NULL: LFI_ERR_ALLOC, BOXMAP, MMAP; HOST if
   there is no such profile.  */
struct LFIBox *lfi_box_new(struct LFIEngine *engine);

/* Unmaps all memory of the box and frees it.  A box with contexts left is not freed
   (LFI_ERR_STATE).  NULL is ignored.  */
void lfi_box_free(struct LFIBox *box);

/* Sets what the box's code is verified against, before anything in it was executable.
   False: LFI_ERR_STATE, or PROFILE when the engine does not accept the profile (or it is
   not one of the table's): profiles that confine all always, those that confine stores with
   stores_only, "bundle-jumps" and "none" with no_verify.  PROFILE too if the code would not be
   confined in the engine's layout: each runs in its own, code for DENSE in SPARSE too.
   HOST: the processor or the kernel lacks what the profile needs.  MMAP.

   Profiles for one thread: while the box runs nothing else may write its memory.  The library
   sees to it that one host thread at a time is in it, that it has no memory that is
   shared and writable (STATE if it has already), and that threads are refused to
   programs; the host's other threads must not write to it meanwhile.  */
bool lfi_box_set_profile(struct LFIBox *box, const struct LFIProfile *profile);
const struct LFIProfile *lfi_box_profile(struct LFIBox *box);

/* Ours: a profile of this architecture by its name (docs/profiles.md), valid for ever; NULL with
   LFI_ERR_PROFILE if there is none.  And the name of a profile.  */
const struct LFIProfile *lfi_profile_named(const char *name);
const char *lfi_profile_name(const struct LFIProfile *profile);

struct LFIEngine *lfi_box_engine(struct LFIBox *box);
/* A pointer for the host's own use; NULL at first.  */
void lfi_box_setdata(struct LFIBox *box, void *data);
void *lfi_box_data(struct LFIBox *box);

struct LFIBoxInfo {
    uintptr_t base;
    size_t size;
    lfiptr min, max; /* [min, max) can be mapped; the rest are guards and rtcall tables */
    lfiptr max_exec; /* nothing at or above it is executable */
};
struct LFIBoxInfo lfi_box_info(struct LFIBox *box);

/* Memory of a box.  Addresses and offsets are multiples of the page size; sizes are
   rounded up to it.  Everything lies in [min, max) or is refused.  */

enum {
    LFI_PROT_NONE = 0,
    LFI_PROT_READ = 1,
    LFI_PROT_WRITE = 2,
    LFI_PROT_EXEC = 4,
    LFI_PROT_BTI = 16 /* accepted with EXEC, no effect */
};

enum {
    LFI_MAP_SHARED = 1,
    LFI_MAP_PRIVATE = 2,
    LFI_MAP_FIXED = 16, /* accepted by mapat, which always places at addr */
    LFI_MAP_ANONYMOUS = 32,
    LFI_MAP_EXECUTABLE = 0x1000, /* accepted, no effect */
    /* Ours.  */
    LFI_MAP_FIXED_NOREPLACE = 0x100000 /* mapat: fail with EEXIST where something is mapped */
};

/* Maps at addr, replacing what is there (mapat), or where there is room (mapany).  Of
   SHARED and PRIVATE exactly one is given; without ANONYMOUS the file fd is mapped from
   off, and stays mapped when fd is closed.  The address, or (lfiptr)-1 with LFI_ERR_MMAP
   or LFI_ERR_VERIFY and errno:
     EINVAL  a flag, protection, address, size or offset that is not allowed
     EACCES  WRITE and EXEC together, EXEC and SHARED, rejected code, or the file's mode
     EEXIST  something is mapped there and FIXED_NOREPLACE was given
     ENOMEM  no room, no memory, outside [min, max), EXEC beyond max_exec, maxmaps or the limit
             on memory reached
     EAGAIN  these addresses held other code that a thread of the box may still be running
     ...     what mmap or pread answers for the file
   On failure nothing that was mapped is lost, unless the host ran out of memory for the
   mapping itself: then the range is unmapped.

   With EXEC the size bytes (a multiple of 4) are copied to private memory, verified for
   the address where they will run, and become readable and executable together; the
   rest of the last page is filled with trapping instructions.  Such a region is one unit:
   unmapping, protecting or replacing a part of it takes execute permission from all of
   it first.  A file may end in the last page of the size bytes and not before it; what it lacks are
   zeros, and zeros at the end of that page, from a bundle on, are traps where bytes of zero are
   not.  */
lfiptr lfi_box_mapat(struct LFIBox *box, lfiptr addr, size_t size, int prot, int flags, int fd,
                     off_t off);
lfiptr lfi_box_mapany(struct LFIBox *box, size_t size, int prot, int flags, int fd, off_t off);

/* As mapat, but what is to be there the host has placed itself already, in a range of the box that
   nothing else used: by mmap with MAP_FIXED or by mremap, such as memory that it shares with the
   box.  The library takes it into the box's map, gives it the protection prot, and unmaps it with
   the rest; flags say what it is (SHARED if anything else can write it: the library cannot see
   that), fd and off only what mquery answers.  What the host did not map becomes anonymous memory.
   With EXEC the bytes are copied and verified like all code; the memory that held them is gone.
   The same errors; when the arguments were accepted and it still fails (rejected code, or the
   kernel refuses) the range is unmapped, so that nothing is in the box that its map does not know.

   A range for this is found by mapany with PROT_NONE, which keeps others out of it.  */
lfiptr lfi_box_mapat_register(struct LFIBox *box, lfiptr addr, size_t size, int prot, int flags,
                              int fd, off_t off);

/* 0, or -1 as above.  Unmapping what is not mapped succeeds.  Protecting it gives ENOMEM
   and changes nothing.  With EXEC the range is verified as by mapat, the bytes being what is
   mapped there now; memory that was executable can lose EXEC and gain WRITE.  */
int lfi_box_munmap(struct LFIBox *box, lfiptr addr, size_t size);
int lfi_box_mprotect(struct LFIBox *box, lfiptr addr, size_t size, int prot);

/* UNSAFE.  As lfi_box_mapany and lfi_box_mprotect, in an engine that was made with no_verify,
   whose boxes run whatever code they get.  In every other engine refused, whatever the protection:
   LFI_ERR_STATE, EPERM.  There is no way for unverified code into a box of an engine that
   verifies.  */
lfiptr lfi_box_mapany_noverify(struct LFIBox *box, size_t size, int prot, int flags, int fd,
                               off_t off);
int lfi_box_mprotect_noverify(struct LFIBox *box, lfiptr addr, size_t size, int prot);

/* To use a box again.  mark_original: all that is mapped now is original from now on, beside what
   was marked before.  unmap_non_original: unmaps all that is not: what was mapped since, or never
   marked.  A mapping over an original one, and code made of it, is not original.

   What is left is not restored: an original range keeps the contents and the protection that it has
   by now, and one that was unmapped or replaced is gone.  Code is the exception that needs no
   restoring: as long as a range is executable and original it is what it was.  lfi_box_mquery
   tells; lfi_proc_reload does all of this for a program.  Both cannot fail.  */
void lfi_box_mark_original(struct LFIBox *box);
void lfi_box_unmap_non_original(struct LFIBox *box);

/* Gives the memory of private anonymous ranges back, so that it reads as zeros; ranges
   that are not plain readable and writable private anonymous memory keep their contents.
   0, or -1 with EINVAL or, where something is not mapped, ENOMEM.  */
int lfi_box_discard(struct LFIBox *box, lfiptr addr, size_t size);

/* Ours: how many bytes of memory the box has, and how many it may have (0, at first: as many as
   fit).  Pages count from when they are accessible until they are unmapped or replaced by pages
   without access, whether or not they were touched; reservations without access do not.  Calls that
   would exceed the limit fail with ENOMEM.  A limit below what the box has takes nothing away.  */
void lfi_box_set_memory_limit(struct LFIBox *box, size_t bytes);
size_t lfi_box_memory(struct LFIBox *box);

struct LFIMapInfo {
    int prot, flags; /* LFI_PROT_*, LFI_MAP_*; flags as given, less FIXED and the like */
    int fd;          /* as given when it was mapped, -1 if anonymous; may be closed by now */
    off_t offset;    /* of the page asked about, in the file */
    /* Ours.  */
    lfiptr start; /* the range of equal mapping around it */
    size_t size;
    bool original; /* as lfi_box_mark_original left it */
};

/* What is mapped at addr (any address); false if nothing is.  */
bool lfi_box_mquery(struct LFIBox *box, lfiptr addr, struct LFIMapInfo *info);

/* Pointers that come from a box.  */

/* True if addr, or all of [addr, addr + size), lies in [min, max) of the box.  Says nothing
   about what is mapped there.  size 0 is valid where addr is.  */
bool lfi_box_ptrvalid(struct LFIBox *box, lfiptr addr);
bool lfi_box_bufvalid(struct LFIBox *box, lfiptr addr, size_t size);

/* Length of the string at addr, at most max; SIZE_MAX if the pointer is not valid or
   memory that cannot be read comes before a NUL and before max bytes.  */
size_t lfi_box_strnlen(struct LFIBox *box, lfiptr addr, size_t max);

/* Copies from or to memory of the box, whatever other threads of the box do with the
   mapping meanwhile.  The destination, or NULL and 0 when the range is not valid or a part
   of it cannot be accessed (a part before it may have been copied).  Copies of 1, 2, 4 or 8
   bytes whose two addresses are multiples of the size are single accesses.  */
void *lfi_box_copyfm(struct LFIBox *box, void *dst, lfiptr src, size_t size);
lfiptr lfi_box_copyto(struct LFIBox *box, lfiptr dst, const void *src, size_t size);

/* l2p: the host address that any 64-bit value means as a pointer of the box: base + its low 32
   bits; always inside the 4 GiB of the box, mapped or not.  p2l: the pointer of the
   box for a host address inside it: the same, in position-oblivious boxes the offset from the base.  */
uintptr_t lfi_box_l2p(struct LFIBox *box, lfiptr addr);
lfiptr lfi_box_p2l(struct LFIBox *box, uintptr_t addr);

/* Contexts.  */

/* A new context, its registers as by lfi_ctx_regs_init.  NULL: LFI_ERR_ALLOC.  */
struct LFIContext *lfi_ctx_new(struct LFIBox *box, void *userdata);

/* A context inside lfi_ctx_run is not freed (LFI_ERR_STATE).  NULL is ignored.  */
void lfi_ctx_free(struct LFIContext *ctx);

void *lfi_ctx_data(struct LFIContext *ctx);
struct LFIBox *lfi_ctx_box(struct LFIContext *ctx);

/* Valid as long as the context.  */
struct LFIRegs *lfi_ctx_regs(struct LFIContext *ctx);

/* Zeroes all registers but tp and those that hold the box's base and context, where the profile
   reserves such.  Then, or at any time the box does not run, relink_ctxreg alone sets those
   again, for instance after registers of another context were copied over these.  */
void lfi_ctx_regs_init(struct LFIContext *ctx);
void lfi_ctx_regs_relink_ctxreg(struct LFIContext *ctx);

/* The thread pointer of the box.  A value that the box stored itself is any 64 bits.  */
uint64_t lfi_ctx_get_tp(struct LFIContext *ctx);
void lfi_ctx_set_tp(struct LFIContext *ctx, uint64_t tp);

/* Runs the box on this thread from entry (an address of the box; the low 32 bits count, the
   lowest two, x86-64 five or in bundles of 16 bytes four, are cleared) with the registers of the context, until it ends:
     - by lfi_ctx_exit from a handler: returns its code;
     - by rtcall 3: returns its first argument register as an int;
     - by a fault, by lfi_ctx_interrupt or since its fuel or time is used up: returns -1, and
       lfi_ctx_fault tells which;
     - not at all, since the thread has no alternate signal stack, a host signal handler is
       in the way, or the box's profile is for one thread and another is in it (LFI_ERR_STATE;
       a handler of the same thread may enter): returns -1, lfi_ctx_fault gives a structure with kind LFI_FAULT_ENTRY,
       lfi_errno the reason; or since the context runs already: returns -1, lfi_errno is
       LFI_ERR_STATE, and the context is left alone.
   After a run lfi_ctx_regs holds the registers at its end.  Where entry is the
   address in x30 (arm64), the box finds every register as stored; for other
   entries x16 is overwritten, as by a call; on x86-64 always r11.  Contexts of other boxes, or others of
   this box, may be run from a handler.  */
int lfi_ctx_run(struct LFIContext *ctx, uintptr_t entry);

/* Ours: ends the run of a context that goes on at this moment, on whichever thread: its lfi_ctx_run
   returns -1, and lfi_ctx_fault gives LFI_FAULT_INTERRUPT.  In code of the box that happens at once,
   even in a loop; in a handler of system calls when the handler returns, and what it waits for
   in the kernel ends with EINTR (a handler that may just be about to wait is interrupted again by
   calling this once more).  If the context was called again from its own handlers all its runs end,
   and so do those of contexts that were entered later on that thread, as by lfi_ctx_exit.  True: the run ends, unless it was just about to end otherwise.  False: it does
   not run; then nothing happens, to a later run neither, and no error is set.

   Any thread may call this, also from a signal handler.  The caller sees to it that the context
   is not freed meanwhile.  Whoever runs a context again waits until nobody is about to interrupt
   its last run any more: else it is the new one that ends.

   The library sends the signal SIGRTMIN + 7 to the thread, which must not block it; where the run is
   just over, a call of the host may end with EINTR instead.  lfi_new claims the signal, and fails with LFI_ERR_SIGNAL if it has a handler already.  */
bool lfi_ctx_interrupt(struct LFIContext *ctx);

/* Ours: fuel.  Code of a metered profile (docs/profiles.md) counts its instructions against what is
   left of the fuel of its context, and its run ends with LFI_FAULT_FUEL soon after nothing is left: at the next
   branch that goes back, indirectly or out of the box; always at the same instruction for the same
   program, input and fuel.  docs/sandbox.md says what is counted.  Calls of the host are not, and calls
   into the box from its handlers use what the context has left.

   set_fuel: from now on so much is left, 0 to LFI_FUEL_MAX, which is what a new context has, and no limit for threads
   that a program makes.  fuel: what is left; 0 when it is used up, and then the context runs only after set_fuel.  By the thread that the
   context belongs to, while its box does not run: before lfi_ctx_run, after it, or in a handler.
   set_fuel returns false with LFI_ERR_ARG for more than LFI_FUEL_MAX, and with LFI_ERR_STATE where the
   profile of the box counts nothing; there fuel returns LFI_FUEL_MAX.  */
#define LFI_FUEL_MAX ((UINT64_C(1) << 56) - 1)
bool lfi_ctx_set_fuel(struct LFIContext *ctx, uint64_t fuel);
uint64_t lfi_ctx_fuel(struct LFIContext *ctx);

/* Ours: time.  The processor time of the thread that runs the context, from the beginning of the run to its
   end, what the host does in handlers and other contexts that these run included, counts against what
   is left of the context's time; at 0 the run ends with LFI_FAULT_TIME, soon: when the kernel looks, every few milliseconds.  So this stops code
   of every profile and costs nothing, but elsewhere each time: what must be the same on every run
   takes fuel.  Where handlers run another context, the outer one is stopped when it goes on.

   set_time: from now on so many nanoseconds are left, up to LFI_TIME_MAX, or LFI_TIME_ENDLESS, which is what a new
   context has.  time: what is left; at 0 the context runs only after set_time.  By the thread that the context belongs
   to, in a handler too.  False with LFI_ERR_ARG for more than LFI_TIME_MAX, LFI_ERR_ALLOC if the kernel has no timer (each thread that
   runs such contexts has one).

   The timer sends the signal of lfi_ctx_interrupt, so that a call of the kernel that the host makes in a handler may
   end with EINTR.  */
#define LFI_TIME_MAX (UINT64_MAX / 4)
#define LFI_TIME_ENDLESS UINT64_MAX
bool lfi_ctx_set_time(struct LFIContext *ctx, uint64_t ns);
uint64_t lfi_ctx_time(struct LFIContext *ctx);

/* Ours: copies.  A box of a position-oblivious profile ("poc": lfi_profile_named, -mlfi-poc) can be copied to another
   place, and its contexts go on there as they would have here: docs/position.md.

   lfi_box_copy: a new box of the engine (NULL: the one of the box itself), with the same profile, limit on memory and
   callbacks, and with the same memory at the same offsets: private memory has the contents that it
   has now, whatever it was made of, shared memory is shared with the box.  Code is verified for its new place.  What is
   original is so in the copy.  It has no contexts, and no data of lfi_box_setdata.  Until this returns nobody may run the
   box or write its memory; a thread may call it from a handler of the box's own calls.  NULL: LFI_ERR_PROFILE
   if the profile is another one; STATE while another thread runs the box; MMAP, VERIFY (in an engine that verifies, for code of
   one that does not); the errors of lfi_box_new and lfi_box_set_profile.

   lfi_ctx_copy: a new context of such a copy (or of the same box) with all registers, the thread pointer and the fuel of one
   that does not run, or that is in a handler on this thread.  NULL: LFI_ERR_PROFILE if either box has not
   that profile; STATE if another thread runs it, or if it was called by LFI_INVOKE from its own handlers, since frames of the
   host lie in between then; ALLOC.

   lfi_ctx_resume: as lfi_ctx_run, but goes on where the context is: behind the call whose handler it was copied
   in, with the registers that it has now (a handler's result is still to be set), or where the box was stopped.  */
struct LFIBox *lfi_box_copy(struct LFIBox *box, struct LFIEngine *engine);
struct LFIContext *lfi_ctx_copy(struct LFIContext *from, struct LFIBox *box, void *userdata);
int lfi_ctx_resume(struct LFIContext *ctx);

/* From a handler: ends the run of a context that this thread is in, at once, without
   unwinding the frames in between, as longjmp does.  Contexts that were entered later on
   this thread end with it; their lfi_ctx_run never returns.  Returns only if this thread
   does not run the context: LFI_ERR_STATE.  */
void lfi_ctx_exit(struct LFIContext *ctx, int code);

/* The context that this thread entered last and has not left; NULL outside.
   Async-signal-safe.  */
struct LFIContext *lfi_cur_ctx(void);

/* Ours: how a run ended that did not end by itself.  */
enum LFIFaultKind {
    LFI_FAULT_SIGNAL = 1, /* the box's code trapped: sig, code, pc, addr as in siginfo_t */
    LFI_FAULT_RTCALL = 2, /* it called an rtcall that does not exist: sig SIGSYS, code the entry */
    LFI_FAULT_ENTRY = 3,  /* it was not run */
    LFI_FAULT_INTERRUPT = 4, /* by lfi_ctx_interrupt: pc is where the box was, or the system call
                                that it was in (x86-64: the call's bundle) */
    LFI_FAULT_FUEL = 5, /* its fuel was used up (lfi_ctx_set_fuel): pc is the instruction that found
                          that, or where it would have been entered */
    LFI_FAULT_TIME = 6 /* its time was used up (lfi_ctx_set_time) */
};

struct LFIFault {
    enum LFIFaultKind kind;
    int sig;       /* signal number; 0 for all but the first two kinds */
    int code;      /* si_code, or the number of the rtcall */
    uint64_t pc;   /* the instruction (x86-64, of an rtcall: its bundle); may lie outside the
                      box after a bad jump */
    uint64_t addr; /* the address it could not use, for SIGSEGV and SIGBUS */
};

/* How the last run of the context ended; NULL if it ended by lfi_ctx_exit or rtcall 3, or
   was not started yet.  Valid until the next lfi_ctx_run.  */
const struct LFIFault *lfi_ctx_fault(struct LFIContext *ctx);

/* Ours: the function that is asked before a run of the engine's boxes ends for lack of fuel or time.  It is
   called as a handler of system calls is, on the thread of the run; the context is stopped, its registers
   are in lfi_ctx_regs.  fault, valid during the call, is what the run would end with.  If it returns true, having given
   LFI_FUEL_STEP or more by lfi_ctx_set_fuel, or any time by lfi_ctx_set_time, the box goes on where it was with
   all its registers, as if nothing had happened; else the run ends.  So boxes can be given slices; those of
   fuel end at the same instructions every time.  What was executed beyond
   the last one is not taken from the next.  The function may run other contexts, and end the run by lfi_ctx_exit, but not
   call into the box by this context.

   Of fuel it is asked for code that can go on (-mlfi-meter=branch-resume) alone; also when a signal for a program that
   handles it leaves less than LFI_FUEL_STEP.  Set it before the first lfi_ctx_run; NULL, as at first: runs end.  */
#define LFI_FUEL_STEP 8192
void lfi_refill_handler(struct LFIEngine *engine,
                        bool (*handler)(struct LFIContext *ctx, const struct LFIFault *fault));

#ifdef __cplusplus
}
#endif

#include "lfi_invoke.h"
#endif
