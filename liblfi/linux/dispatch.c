/* From a box's system call to its handler.
   SPDX-License-Identifier: Apache-2.0  */
#include "config.h"

#include <errno.h>
#include <signal.h>

#include "lfi_boxcall.h"
#include "liblfi/linux/linux.h"
#include "liblfi/linux/trace.h"

/* The kinds of syscalls.def.  */
/* clang-format off */
#define INT {ARG_INT, 0, 0, 0}
#define UINT {ARG_UINT, 0, 0, 0}
#define MODE {ARG_MODE, 0, 0, 0}
#define FILEMODE {ARG_MODE, 0, SHOW_FILEMODE, 0}
#define HEX32 {ARG_FLAGS, 0, 0, 0}
#define ONE(s) {ARG_INT, 0, SHOW_##s, 0}
#define FLAGS(s) {ARG_FLAGS, 0, SHOW_##s, 0}
#define LONG {ARG_LONG, 0, 0, 0}
#define ADDR {ARG_ADDR, 0, 0, 0}
#define SIZE {ARG_ADDR, 0, SHOW_SIZE, 0}
#define HEX {ARG_ADDR, 0, SHOW_HEX, 0}
#define STRING {ARG_ADDR, 0, SHOW_STRING, 0}
#define RESULT {ARG_ADDR, 0, SHOW_RESULT, 0}
#define FD {ARG_FD, 0, 0, 0}
#define DIRFD {ARG_DIRFD, 0, 0, 0}
#define PATH {ARG_PATH, 0, 0, 0}
#define PATH_OPT {ARG_PATH_OPT, 0, 0, 0}
#define IN(t) {ARG_IN, 0, SHOW_STRUCT_##t, sizeof(struct box_##t)}
#define IN_OPT(t) {ARG_IN_OPT, 0, SHOW_STRUCT_##t, sizeof(struct box_##t)}
#define OUT(t) {ARG_OUT, 0, SHOW_STRUCT_##t, sizeof(struct box_##t)}
#define OUT_OPT(t) {ARG_OUT_OPT, 0, SHOW_STRUCT_##t, sizeof(struct box_##t)}
#define INOUT(t) {ARG_INOUT, 0, SHOW_STRUCT_##t, sizeof(struct box_##t)}
#define INOUT_OPT(t) {ARG_INOUT_OPT, 0, SHOW_STRUCT_##t, sizeof(struct box_##t)}
#define IN_BUF(n) {ARG_IN_BUF, n, 0, 0}
#define OUT_BUF(n) {ARG_OUT_BUF, n, 0, 0}
#define OUT_RANDOM(n) {ARG_OUT_BUF, n, SHOW_HEX, 0}
#define DIRENTS(n) {ARG_OUT_BUF, n, SHOW_DIRENTS, 0}
#define IN_IOV(n) {ARG_IN_IOV, n, 0, 0}
#define OUT_IOV(n) {ARG_OUT_IOV, n, 0, 0}
#define INOUT_ARRAY(t, n) {ARG_INOUT_ARRAY, n, SHOW_STRUCT_##t, sizeof(struct box_##t)}
#define OUT_ARRAY(t, n) {ARG_OUT_ARRAY, n, SHOW_STRUCT_##t, sizeof(struct box_##t)}
#define SOCKADDR(n) {ARG_SOCKADDR, n, 0, 0}
#define SOCKADDR_OPT(n) {ARG_SOCKADDR_OPT, n, 0, 0}
#define SOCKADDR_OUT(n) {ARG_SOCKADDR_OUT, n, 0, 0}
#define WORD {ARG_WORD, 0, 0, 0}
#define ARGS(...) {__VA_ARGS__}
/* clang-format on */

/* A row whose number is NONE, which makes IS_NONE_NONE a comma and so the third of the four
   SKIP_ROW, becomes nothing.  */
/* clang-format off */
#define IS_NONE_NONE ,
#define THIRD(a, b, c, ...) c
#define CHOOSE(...) THIRD(__VA_ARGS__)
#define KEEP_ROW(nr, ...) [nr] = {__VA_ARGS__},
#define SKIP_ROW(nr, ...)
#define ROW_AT(nr, ...) CHOOSE(IS_NONE_##nr, SKIP_ROW, KEEP_ROW, )(nr, __VA_ARGS__)
#define ROW(nr, ...) ROW_AT(nr, __VA_ARGS__)
/* clang-format on */

static const struct call_row rows[] = {
#define SYS(name, aarch64, x86_64, handler, args, note)                                            \
    ROW(ABI_NR(aarch64, x86_64), #name, sys_##handler, args)
#include "liblfi/linux/syscalls.def"
#undef SYS
};
enum { NROWS = sizeof rows / sizeof rows[0] };

/* Says once per engine and number what is missing.  */
static long unknown_call(struct LFILinuxThread *t, uint64_t nr, const struct LFIRegs *regs)
{
    struct LFILinuxEngine *lx = t->proc->lx;
    if (lx->opts.debug)
        lx_trace_unknown(t, nr, regs);
    if (lx->opts.verbose) {
        uint64_t bit = UINT64_C(1) << (nr & 63);
        bool seen = nr < 512 && (atomic_fetch_or(&lx->logged[nr / 64], bit) & bit);
        if (!seen)
            lx_log(lx, "system call %llu is not supported", (unsigned long long)nr);
    }
    if (lx->opts.exit_unknown_syscalls)
        proc_end_signal(t, SIGSYS, 0);
    return -ENOSYS;
}

static long known_call(struct LFILinuxThread *t, const struct call_row *row,
                       const struct LFIRegs *regs)
{
    struct call c;
    c.t = t;
    c.p = t->proc;
    c.row = row;
    c.out = false;
    c.used = 0;
    abi_arguments(regs, c.raw);
    long result = call_begin(&c);
    if (result == 0)
        result = row->handler(&c);
    result = call_end(&c, result);
    if (t->proc->lx->opts.debug)
        lx_trace(&c, result);
    return result;
}

/* In a call of the host: SIGPIPE is not blocked all the time (see written() in file.c), and it may
   be any thread's.  */
static long called(struct LFILinuxThread *t, const struct call_row *row, const struct LFIRegs *regs)
{
    sigset_t set, old;
    sigemptyset(&set);
    sigaddset(&set, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &set, &old);
    thread_on_host(t, true);
    long result = known_call(t, row, regs);
    thread_on_host(t, false);
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    return result;
}

static long own_call(struct LFILinuxThread *t, const struct LFIRegs *regs)
{
    uint64_t a[6];
    abi_arguments(regs, a);
    return library_call(t, a);
}

static void leave_if_ended(struct LFILinuxThread *t)
{
    if (atomic_load_explicit(&t->proc->ending, memory_order_relaxed) || t->leaving)
        lfi_ctx_exit(t->ctx, 0);
}

/* Makes the call that the registers ask for, but for its result.  True: it is to be made again.  */
static bool call(struct LFILinuxThread *t, const struct LFIRegs *regs)
{
    uint64_t nr = abi_number(regs);
    const struct call_row *row = nr < NROWS && rows[nr].handler ? &rows[nr] : NULL;
    long result;
    if (row)
        result = t->blocks_pipe ? known_call(t, row, regs) : called(t, row, regs);
    else if (nr == LFI_BOXCALL)
        result = own_call(t, regs);
    else
        result = unknown_call(t, nr, regs);
    /* The handler may have ended this thread or process; another thread may have, too.  */
    leave_if_ended(t);
    bool again = signal_after_call(t, row, result);
    leave_if_ended(t);
    if (atomic_load_explicit(&t->proc->copy_wanted, memory_order_relaxed))
        copy_here(t, again);
    return again;
}

void call_again(struct LFILinuxThread *t)
{
    while (call(t, lfi_ctx_regs(t->ctx)))
        ;
}

void lx_syscall(struct LFIContext *ctx)
{
    struct LFILinuxThread *t = lfi_ctx_data(ctx);
    t->deadline = 0;
    call_again(t);
}

long sys_nosys(struct call *c)
{
    (void)c;
    return -ENOSYS;
}
