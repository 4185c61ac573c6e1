/* Threads of a process, and how they and the process end.
   SPDX-License-Identifier: Apache-2.0

   A thread of a box is a host thread with a context of its own.  What the kernel would do to
   the box's memory when a thread starts or ends is done here, through checked copies.

   The first thread to call exit_group, to fault or to raise a deadly signal ends the process, and
   so does a limit: the reason is recorded, and all other threads are interrupted once, wherever
   they are; a thread that is only about to run does not.  Each then finds its own way out.  */
#include "config.h"

#include <errno.h>
#include <linux/futex.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "liblfi/core/internal.h"
#include "liblfi/linux/linux.h"
#include "profiles/profile.h"

enum { HOST_STACK = 512 << 10, ROBUST_HEAD_SIZE = 24 };

/* Objects.  */

struct LFILinuxThread *thread_make(struct LFILinuxProc *p)
{
    struct LFILinuxThread *t = calloc(1, sizeof *t);
    if (!t) {
        lx_fail(LFI_ERR_ALLOC, "out of memory");
        return NULL;
    }
    t->proc = p;
    t->ctx = lfi_ctx_new(p->box, t);
    if (!t->ctx) {
        free(t);
        return NULL;
    }
    return t;
}

void thread_destroy(struct LFILinuxThread *t)
{
    jumps_free(t);
    lfi_ctx_free(t->ctx);
    free(t);
}

/* Counts the thread in; false when the process ends or has too many.  */
bool thread_enter(struct LFILinuxThread *t)
{
    struct LFILinuxProc *p = t->proc;
    pthread_mutex_lock(&p->lock);
    while (p->copying && !p->nthreads) /* as it is before it runs */
        pthread_cond_wait(&p->idle, &p->lock);
    bool ok = !p->ended && p->nthreads < p->limits.threads;
    if (ok) {
        t->tid = t->main ? p->pid : p->next_tid++;
        t->next = p->threads;
        p->threads = t;
        p->nthreads++;
        atomic_store(&t->attention, true);
        /* Of what came before there was anybody.  */
        if (p->sig.queue.pending)
            lfi_ctx_preempt(t->ctx);
    }
    pthread_mutex_unlock(&p->lock);
    return ok;
}

struct LFILinuxThread *thread_by_tid(struct LFILinuxProc *p, int64_t tid)
{
    struct LFILinuxThread *t = p->threads;
    while (t && t->tid != tid)
        t = t->next;
    return t;
}

bool thread_exists(struct LFILinuxProc *p, int64_t tid)
{
    pthread_mutex_lock(&p->lock);
    bool found = thread_by_tid(p, tid) != NULL;
    pthread_mutex_unlock(&p->lock);
    return found;
}

bool thread_clock(struct LFILinuxProc *p, int64_t tid, clockid_t *clock)
{
    pthread_mutex_lock(&p->lock);
    struct LFILinuxThread *t = thread_by_tid(p, tid);
    bool found = t && t->running && pthread_getcpuclockid(t->host, clock) == 0;
    pthread_mutex_unlock(&p->lock);
    return found;
}

static void unlink_thread(struct LFILinuxThread *t)
{
    for (struct LFILinuxThread **link = &t->proc->threads; *link; link = &(*link)->next)
        if (*link == t) {
            *link = t->next;
            return;
        }
}

uint64_t proc_cpu_locked(struct LFILinuxProc *p)
{
    clockid_t clock;
    uint64_t used = p->cpu_done;
    for (struct LFILinuxThread *t = p->threads; t; t = t->next)
        if (t->running && pthread_getcpuclockid(t->host, &clock) == 0)
            used += clock_ns(clock) - t->cpu_start;
    return used;
}

uint64_t proc_cpu(struct LFILinuxProc *p)
{
    pthread_mutex_lock(&p->lock);
    uint64_t used = proc_cpu_locked(p);
    pthread_mutex_unlock(&p->lock);
    return used;
}

/* The thread is the caller's, if it runs; in the lock.  */
static void stop_clock(struct LFILinuxThread *t)
{
    if (t->running)
        t->proc->cpu_done += clock_ns(CLOCK_THREAD_CPUTIME_ID) - t->cpu_start;
    t->running = false;
}

/* The last that a thread does with its process: the box can be freed at once.  The first
   thread's object is its maker's.  */
static void thread_out(struct LFILinuxThread *t)
{
    struct LFILinuxProc *p = t->proc;
    bool keep = t->main;
    int code = t->code;
    pthread_mutex_lock(&p->lock);
    unlink_thread(t);
    stop_clock(t);
    signal_clear(p, &t->queue);
    if (p->sig.queue.pending)
        signal_retarget(t);
    if (keep)
        p->main_code = code;
    else
        thread_destroy(t);
    p->nthreads--;
    if (p->nthreads == 0 && !p->ended) {
        p->ended = true;
        p->end.code = p->main_code;
    }
    pthread_cond_broadcast(&p->idle);
    pthread_mutex_unlock(&p->lock);
}

/* The end.  */

/* ThreadSanitizer holds signals back while code of a box runs: there its threads fault.  */
extern void __tsan_init(void) __attribute__((weak));

/* self: the caller, if it is a thread of the process; backtrace: of a fault, else NULL.  */
static void proc_end(struct LFILinuxProc *p, struct LFILinuxThread *self,
                     const struct LFIProcEnd *end, const struct backtrace *backtrace)
{
    bool first = false;
    pthread_mutex_lock(&p->lock);
    if (!p->ended) {
        p->ended = true;
        p->end = *end;
        if (backtrace)
            p->backtrace = *backtrace;
        p->ender = self;
        first = true;
        atomic_store(&p->ending, true);
        atomic_store(&p->box->closed, true);
        for (struct LFILinuxThread *t = p->threads; t; t = t->next)
            if (t != self)
                thread_end(t);
    }
    pthread_mutex_unlock(&p->lock);
    if (first && __tsan_init)
        lfi_box_munmap(p->box, p->info.min, p->info.max - p->info.min);
}

void proc_end_exit(struct LFILinuxThread *t, int code)
{
    proc_end(t->proc, t, &(struct LFIProcEnd){.code = code, .reason = LFI_ENDED_EXIT}, NULL);
}

void proc_end_sent(struct LFILinuxProc *p, struct LFILinuxThread *self, int sig, int code)
{
    proc_end(p, self,
             &(struct LFIProcEnd){
                 .code = 128 + sig, .sig = sig, .info.code = code, .reason = LFI_ENDED_SIGNAL},
             NULL);
}

void proc_end_signal(struct LFILinuxThread *t, int sig, int code)
{
    proc_end_sent(t->proc, t, sig, code);
}

void proc_end_reason(struct LFILinuxProc *p, struct LFILinuxThread *self, enum LFIEndReason reason)
{
    static const int signals[] = {[LFI_ENDED_INTERRUPT] = SIGKILL,
                                  [LFI_ENDED_OUTPUT] = SIGXFSZ,
                                  [LFI_ENDED_CPU] = SIGXCPU,
                                  [LFI_ENDED_WALL] = SIGKILL};
    int sig = signals[reason];
    proc_end(p, self, &(struct LFIProcEnd){.code = 128 + sig, .sig = sig, .reason = reason}, NULL);
}

static struct LFIProcEnd end_of_fault(struct LFILinuxProc *p, const struct LFIFault *fault)
{
    bool fuel = fault->kind == LFI_FAULT_FUEL, time = fault->kind == LFI_FAULT_TIME;
    int sig = fuel || time ? SIGXCPU : fault->sig;
    struct LFIProcEnd end = {.code = 128 + sig,
                             .sig = sig,
                             .fault = true,
                             .info = *fault,
                             .reason = fuel   ? LFI_ENDED_FUEL
                                       : time ? LFI_ENDED_CPU
                                              : LFI_ENDED_FAULT};
    const struct loaded *im = image_at(p, fault->pc, &end.object);
    if (im) {
        end.in_image = true;
        end.image_offset = fault->pc - im->image;
        end.symbol = lfiv_elf_symbol(im->file, im->size, end.image_offset, &end.distance);
    }
    return end;
}

static void proc_end_fault(struct LFILinuxThread *t, const struct LFIFault *fault)
{
    struct LFIProcEnd end = end_of_fault(t->proc, fault);
    struct backtrace backtrace;
    backtrace_take(t, fault->pc, &backtrace);
    proc_end(t->proc, t, &end, &backtrace);
}

bool thread_refill(struct LFIContext *ctx, const struct LFIFault *fault)
{
    struct LFILinuxThread *t = lfi_ctx_data(ctx);
    const struct LFILinuxOptions *o = &t->proc->lx->opts;
    struct LFIProcEnd where = end_of_fault(t->proc, fault);
    return o->refill(o->refill_arg, t, &where);
}

/* Until all other threads that run have gone.  */
static void wait_for_others(struct LFILinuxThread *self)
{
    struct LFILinuxProc *p = self->proc;
    pthread_mutex_lock(&p->lock);
    for (struct LFILinuxThread *t = p->threads; t;)
        if (t != self && !t->waiting) {
            pthread_cond_wait(&p->idle, &p->lock);
            t = p->threads;
        } else {
            t = t->next;
        }
    pthread_mutex_unlock(&p->lock);
}

void threads_wait(struct LFILinuxProc *p)
{
    pthread_mutex_lock(&p->lock);
    while (p->nthreads)
        pthread_cond_wait(&p->idle, &p->lock);
    pthread_mutex_unlock(&p->lock);
}

/* CLONE_CHILD_CLEARTID: the kernel would do this.  */
static void clear_tid(struct LFILinuxThread *t)
{
    uint32_t zero = 0;
    if (!atomic_load(&t->proc->ending))
        robust_exit(t);
    if (!t->clear_tid || atomic_load(&t->proc->ending))
        return;
    lfiptr p = lfi_box_l2p(t->proc->box, t->clear_tid);
    if (p % 4 == 0 && lfi_box_copyto(t->proc->box, p, &zero, sizeof zero))
        syscall(SYS_futex, (void *)p, FUTEX_WAKE, 1, NULL, NULL, 0);
}

void thread_on_host(struct LFILinuxThread *t, bool on)
{
    pthread_mutex_lock(&t->proc->lock);
    stop_clock(t);
    t->host = pthread_self();
    t->cpu_start = clock_ns(CLOCK_THREAD_CPUTIME_ID);
    t->running = on;
    pthread_mutex_unlock(&t->proc->lock);
}

void thread_gone(struct LFILinuxThread *t)
{
    fuel_put_back(t);
    clear_tid(t);
    thread_out(t);
}

/* One that waits for calls; in the lock.  */
static struct LFILinuxThread *find_waiting(struct LFILinuxProc *p)
{
    struct LFILinuxThread *t = p->threads;
    while (t && !t->waiting)
        t = t->next;
    return t;
}

/* In the lock, which is not held meanwhile.  */
static void take_out_waiting(struct LFILinuxProc *p)
{
    for (struct LFILinuxThread *t = find_waiting(p); t; t = find_waiting(p)) {
        t->waiting = false;
        pthread_mutex_unlock(&p->lock);
        library_forget(t);
        thread_out(t);
        pthread_mutex_lock(&p->lock);
    }
}

bool threads_release(struct LFILinuxProc *p)
{
    bool running = false;
    pthread_mutex_lock(&p->lock);
    for (struct LFILinuxThread *t = p->threads; t; t = t->next)
        running |= !t->waiting || t->running || lfi_interrupt_running(t->ctx);
    if (!running)
        take_out_waiting(p);
    pthread_mutex_unlock(&p->lock);
    return !running;
}

void proc_stop(struct LFILinuxProc *p)
{
    proc_end(p, NULL, &(struct LFIProcEnd){.reason = LFI_ENDED_EXIT}, NULL);
    pthread_mutex_lock(&p->lock);
    take_out_waiting(p);
    pthread_mutex_unlock(&p->lock);
    threads_wait(p);
}

static bool ends_process(struct LFILinuxThread *t)
{
    pthread_mutex_lock(&t->proc->lock);
    bool ends = t->proc->ender == t;
    pthread_mutex_unlock(&t->proc->lock);
    return ends;
}

bool thread_loop(struct LFILinuxThread *t)
{
    thread_on_host(t, true);
    int code = t->copied ? lfi_ctx_resume(t->ctx) : lfi_ctx_run(t->ctx, t->entry);
    const struct LFIFault *fault = lfi_ctx_fault(t->ctx);
    bool ran = !fault || fault->kind != LFI_FAULT_ENTRY;
    if (t->waiting)
        return true;
    if (!ran)
        proc_end(t->proc, t, &(struct LFIProcEnd){.code = 1, .reason = LFI_ENDED_NOT_RUN}, NULL);
    else if (fault && fault->kind == LFI_FAULT_INTERRUPT)
        proc_end_reason(t->proc, t, LFI_ENDED_INTERRUPT);
    else if (fault)
        proc_end_fault(t, fault);
    else if (!t->leaving && !atomic_load(&t->proc->ending))
        proc_end_exit(t, code & 0xff); /* it returned to the host */
    /* Whoever waits for the thread comes after its line; the process's is the last.  */
    bool trace = t->proc->lx->opts.debug && ran, last = ends_process(t);
    if (trace && !last)
        lx_trace_end(t);
    fuel_put_back(t);
    clear_tid(t);
    if (trace && last) {
        wait_for_others(t);
        lx_trace_end(t);
    }
    thread_out(t);
    return ran;
}

/* clone.  */

static void *thread_main(void *arg)
{
    struct LFILinuxThread *t = arg;
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    t->blocks_pipe = true;
    thread_loop(t);
    return NULL;
}

static long host_thread(struct LFILinuxThread *t)
{
    pthread_attr_t attr;
    if (pthread_attr_init(&attr) != 0)
        return -ENOMEM;
    pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
    pthread_attr_setstacksize(&attr, HOST_STACK);
    pthread_t host;
    int err = pthread_create(&host, &attr, thread_main, t);
    pthread_attr_destroy(&attr);
    return err ? -EAGAIN : 0;
}

static long clone_flags(uint64_t flags, uint64_t stack)
{
    const uint64_t need =
        BOX_CLONE_VM | BOX_CLONE_FS | BOX_CLONE_FILES | BOX_CLONE_SIGHAND | BOX_CLONE_THREAD;
    const uint64_t may = need | BOX_CLONE_SYSVSEM | BOX_CLONE_SETTLS | BOX_CLONE_PARENT_SETTID
                         | BOX_CLONE_CHILD_CLEARTID | BOX_CLONE_CHILD_SETTID | BOX_CLONE_DETACHED;
    if (!(flags & BOX_CLONE_THREAD))
        return -ENOSYS;
    return (flags & need) != need || flags & ~may || !stack ? -EINVAL : 0;
}

static long clone_start(struct call *c, struct LFILinuxThread *t)
{
    uint64_t flags = c->a[0].u;
    uint32_t tid = (uint32_t)t->tid;
    struct LFIRegs *regs = lfi_ctx_regs(t->ctx);
    abi_copy_registers(regs, lfi_ctx_regs(c->t->ctx));
    lfi_ctx_regs_relink_ctxreg(t->ctx);
    abi_result(regs, 0);
    abi_set_stack(regs, c->raw[1]);
    if (flags & BOX_CLONE_SETTLS)
        lfi_ctx_set_tp(t->ctx, c->raw[ABI_CLONE_TLS]);
    fuel_share(c->t, t);
    t->entry = abi_resume(regs);
    t->sigmask = c->t->sigmask;
    atomic_store(&t->attention, true);
    memcpy(t->name, c->t->name, sizeof t->name);
    if (flags & BOX_CLONE_CHILD_CLEARTID)
        t->clear_tid = c->raw[ABI_CLONE_CTID];
    /* As for the kernel, a pointer that is bad does not matter.  */
    if (flags & BOX_CLONE_PARENT_SETTID)
        copy_out(c, c->raw[2], &tid, sizeof tid);
    if (flags & BOX_CLONE_CHILD_SETTID)
        copy_out(c, c->raw[ABI_CLONE_CTID], &tid, sizeof tid);
    return library_takes(c->t, t) ? 0 : host_thread(t);
}

long sys_clone(struct call *c)
{
    long err = clone_flags(c->a[0].u, c->raw[1]);
    if (err)
        return err;
    /* As where the limit on threads is 1.  */
    if (c->p->prog.elf.profile->threads == LFI_THREADS_SINGLE)
        return -EAGAIN;
    struct LFILinuxThread *t = thread_make(c->p);
    if (!t)
        return -ENOMEM;
    if (!thread_enter(t)) {
        thread_destroy(t);
        return -EAGAIN;
    }
    int tid = t->tid;
    err = clone_start(c, t);
    if (!err)
        return tid;
    fuel_put_back(t);
    thread_out(t);
    return err;
}

long sys_set_tid_address(struct call *c)
{
    c->t->clear_tid = c->raw[0];
    return c->t->tid;
}

long sys_set_robust_list(struct call *c)
{
    if (c->a[1].u != ROBUST_HEAD_SIZE)
        return -EINVAL;
    c->t->robust_list = c->raw[0];
    return 0;
}

long sys_get_robust_list(struct call *c)
{
    int64_t tid = c->a[0].i;
    if (tid != 0 && tid != c->t->tid)
        return tid > 0 && thread_exists(c->p, tid) ? -EPERM : -ESRCH;
    ((struct box_word64 *)c->a[1].ptr)->value = c->t->robust_list;
    ((struct box_word64 *)c->a[2].ptr)->value = ROBUST_HEAD_SIZE;
    return 0;
}

/* futex.  The rest is in futex.c.  The kernel reads the word at an address of the box and nothing else; operations that
   would write there, or show numbers of host threads, are not passed on.  */

static long futex_wait(struct call *c, int op, int flags)
{
    struct box_timespec limit;
    struct timespec ts;
    if (c->raw[3] && copy_in(c, &limit, c->raw[3], sizeof limit) != 0)
        return -EFAULT;
    if (c->raw[3] && !time_valid(&limit))
        return -EINVAL;
    if (c->raw[3])
        ts = time_to_host(&limit);
    uint32_t bits = op == BOX_FUTEX_WAIT ? UINT32_MAX : (uint32_t)c->a[5].u;
    return host_call(c->t, SYS_futex, (long)c->a[0].ptr, op | flags, (long)c->a[2].u,
                     c->raw[3] ? (long)&ts : 0, 0, bits);
}

static long futex_requeue(struct call *c, int op, int flags)
{
    lfiptr to = lfi_box_l2p(c->p->box, c->raw[4]);
    if (to % 4)
        return -EINVAL;
    if (!lfi_box_bufvalid(c->p->box, to, 4))
        return -EFAULT;
    long r = syscall(SYS_futex, c->a[0].ptr, op | flags, (uint32_t)c->a[2].u,
                     (unsigned long)(uint32_t)c->raw[3], (void *)to, (uint32_t)c->a[5].u);
    return r < 0 ? -errno : r;
}

long sys_futex(struct call *c)
{
    int op = (int)c->a[1].i & ~(BOX_FUTEX_PRIVATE | BOX_FUTEX_CLOCK_REALTIME);
    int flags = (int)c->a[1].i & (BOX_FUTEX_PRIVATE | BOX_FUTEX_CLOCK_REALTIME);
    long r;
    switch (op) {
    case BOX_FUTEX_WAIT:
    case BOX_FUTEX_WAIT_BITSET:
        return futex_wait(c, op, flags);
    case BOX_FUTEX_WAKE:
    case BOX_FUTEX_WAKE_BITSET:
        r = syscall(SYS_futex, c->a[0].ptr, op | flags, (uint32_t)c->a[2].u, NULL, NULL,
                    (uint32_t)c->a[5].u);
        return r < 0 ? -errno : r;
    case BOX_FUTEX_REQUEUE:
    case BOX_FUTEX_CMP_REQUEUE:
        return futex_requeue(c, op, flags);
    }
    return futex_pi(c, op, flags);
}
