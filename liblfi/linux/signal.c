/* Signals of a process: what is pending, who gets it, and the handlers of the box.
   SPDX-License-Identifier: Apache-2.0

   As the kernel does it.  What is pending is kept for each thread and for the process; who sends a
   signal wakes one thread that does not block it: its waiting ends, and the core takes it out of
   code that computes.  The thread then delivers what is there, at the end of its system call or
   where it was stopped: the handler's frame goes onto its stack, in the box's memory, and its
   registers become those that the handler starts with.  Nothing about that is kept here.  So
   rt_sigreturn believes its frame whatever it is, which needs no more than any program of the box
   can have anyway: registers, a mask, an address in the box.

   A call that a signal ended is made again where the kernel would do that.  If there is no handler,
   at once.  If there is one and it has SA_RESTART, after it: then the frame's pc is the call's
   address, and the high half of uc_flags repeats it, which asks rt_sigreturn to make the call.  */
#include "config.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "liblfi/core/internal.h"
#include "liblfi/linux/linux.h"

enum { BOX_SIG_DFL = 0, BOX_SIG_IGN = 1, MAX_QUEUED = 4096 };
#define RESETHAND UINT64_C(0x80000000)

struct signode {
    struct signode *next;
    struct box_siginfo info;
};

static uint64_t bit(int sig)
{
    return UINT64_C(1) << (sig - 1);
}

#define BITS(sig) (UINT64_C(1) << ((sig)-1))
/* Neither blocked nor handled.  */
static const uint64_t certain = BITS(SIGKILL) | BITS(SIGSTOP);
/* Come before others: the thread could not go on.  */
static const uint64_t synchronous =
    BITS(SIGSEGV) | BITS(SIGBUS) | BITS(SIGILL) | BITS(SIGTRAP) | BITS(SIGFPE) | BITS(SIGSYS);
/* Do nothing unless there is a handler; a box is never stopped either.  */
static const uint64_t ignored_by_default = BITS(SIGCHLD) | BITS(SIGCONT) | BITS(SIGURG)
                                           | BITS(SIGWINCH) | BITS(SIGSTOP) | BITS(SIGTSTP)
                                           | BITS(SIGTTIN) | BITS(SIGTTOU);

static bool does_nothing(const struct LFILinuxProc *p, int sig)
{
    uint64_t handler = p->sig.action[sig - 1].handler;
    return handler == BOX_SIG_IGN || (handler == BOX_SIG_DFL && ignored_by_default & bit(sig));
}

/* Queues.  */

void signal_init(struct LFILinuxProc *p)
{
    memset(&p->sig, 0, sizeof p->sig);
    for (int sig = 1; sig <= BOX_NSIG; sig++)
        if (p->ignored & bit(sig))
            p->sig.action[sig - 1].handler = BOX_SIG_IGN;
}

static void add(struct LFILinuxProc *p, struct sigqueue *q, const struct box_siginfo *info)
{
    struct signode *n = p->sig.queued < MAX_QUEUED ? malloc(sizeof *n) : NULL;
    q->pending |= bit(info->signo);
    signal_files_sent(p, info->signo);
    if (!n)
        return;
    p->sig.queued++;
    *n = (struct signode){.info = *info};
    struct signode **link = &q->first;
    while (*link)
        link = &(*link)->next;
    *link = n;
}

/* Those of the set, the first alone or all; false if there is none.  One for which there was no
   memory has no information.  */
static bool remove_from(struct LFILinuxProc *p, struct sigqueue *q, int sig, bool all,
                        struct box_siginfo *info)
{
    bool more = false, found = false;
    if (!(q->pending & bit(sig)))
        return false;
    *info = (struct box_siginfo){.signo = sig};
    for (struct signode **link = &q->first, *n; (n = *link) != NULL;) {
        if (n->info.signo != sig || (found && !all)) {
            more |= n->info.signo == sig;
            link = &n->next;
            continue;
        }
        if (!found)
            *info = n->info;
        found = true;
        *link = n->next;
        p->sig.queued--;
        free(n);
    }
    if (!more)
        q->pending &= ~bit(sig);
    signal_files_taken(p);
    return true;
}

void signal_copy(struct LFILinuxProc *p, struct sigqueue *to, const struct sigqueue *from)
{
    uint64_t timers = 0;
    for (const struct signode *n = from->first; n; n = n->next)
        if (n->info.code == BOX_SI_TIMER)
            timers |= bit(n->info.signo);
        else
            add(p, to, &n->info);
    to->pending |= from->pending & ~timers;
}

void signal_clear(struct LFILinuxProc *p, struct sigqueue *q)
{
    struct box_siginfo info;
    while (q->pending)
        remove_from(p, q, __builtin_ctzll(q->pending) + 1, true, &info);
}

void signal_flush(struct LFILinuxProc *p, int sig)
{
    struct box_siginfo info;
    if (!does_nothing(p, sig))
        return;
    remove_from(p, &p->sig.queue, sig, true, &info);
    for (struct LFILinuxThread *t = p->threads; t; t = t->next)
        remove_from(p, &t->queue, sig, true, &info);
}

bool signal_timer_queued(const struct LFILinuxProc *p, const struct LFILinuxThread *to, int sig,
                         int id)
{
    const struct sigqueue *q = to ? &to->queue : &p->sig.queue;
    for (const struct signode *n = q->first; n; n = n->next)
        if (n->info.signo == sig && n->info.code == BOX_SI_TIMER && n->info.u.timer.id == id)
            return true;
    return false;
}

/* The next of the set: the thread's own first; in the lock.  */
static bool take(struct LFILinuxThread *t, uint64_t set, struct box_siginfo *info)
{
    struct LFILinuxProc *p = t->proc;
    struct sigqueue *q = t->queue.pending & set ? &t->queue : &p->sig.queue;
    uint64_t ready = q->pending & set;
    if (!ready)
        return false;
    if (ready & synchronous)
        ready &= synchronous;
    remove_from(p, q, __builtin_ctzll(ready) + 1, false, info);
    if (info->code == BOX_SI_TIMER)
        info->u.timer.overrun = timer_overrun(p, info->u.timer.id);
    return true;
}

bool signal_take(struct LFILinuxThread *t, uint64_t set, struct box_siginfo *info)
{
    pthread_mutex_lock(&t->proc->lock);
    bool found = take(t, set & ~certain, info);
    pthread_mutex_unlock(&t->proc->lock);
    return found;
}

bool signal_take_any(struct LFILinuxThread *t, const struct file *f, struct box_siginfo *info)
{
    struct LFILinuxProc *p = t->proc;
    pthread_mutex_lock(&p->lock);
    bool found = take(t, f->signals, info);
    for (struct LFILinuxThread *other = p->threads; other && !found; other = other->next)
        found = other->queue.pending & f->signals && take(other, f->signals, info);
    pthread_mutex_unlock(&p->lock);
    return found;
}

/* Sending.  In the lock.  */

static bool wants(const struct LFILinuxThread *t, int sig)
{
    return !t->leaving && (!(t->sigmask & bit(sig)) || t->waits & bit(sig));
}

static void wake(struct LFILinuxThread *t, const struct LFILinuxThread *self)
{
    atomic_store(&t->attention, true);
    if (t == self)
        return;
    atomic_store(&t->kicked, 1);
    lfi_ctx_preempt(t->ctx);
}

static void wake_one(struct LFILinuxProc *p, struct LFILinuxThread *self, int sig)
{
    struct LFILinuxThread *to = NULL;
    for (struct LFILinuxThread *t = p->threads; t; t = t->next)
        if (wants(t, sig) && (!to || t == self || (t->main && to != self)))
            to = t;
    if (to)
        wake(to, self);
}

void signal_retarget(struct LFILinuxThread *self)
{
    struct LFILinuxProc *p = self->proc;
    for (uint64_t left = p->sig.queue.pending; left; left &= left - 1)
        wake_one(p, self, __builtin_ctzll(left) + 1);
}

/* Blocked by somebody who could want it later.  */
static bool is_blocked(const struct LFILinuxProc *p, const struct LFILinuxThread *to, int sig)
{
    for (const struct LFILinuxThread *t = p->threads; t; t = t->next)
        if ((!to || t == to) && t->sigmask & bit(sig))
            return true;
    return false;
}

long signal_send_locked(struct LFILinuxProc *p, struct LFILinuxThread *to,
                        struct LFILinuxThread *self, const struct box_siginfo *info)
{
    int sig = info->signo;
    struct sigqueue *q = to ? &to->queue : &p->sig.queue;
    if (does_nothing(p, sig) && !is_blocked(p, to, sig))
        return 0;
    if (sig < BOX_SIGRTMIN && q->pending & bit(sig))
        return 0;
    if (sig >= BOX_SIGRTMIN && info->code != SI_USER && p->sig.queued >= MAX_QUEUED)
        return -EAGAIN;
    add(p, q, info);
    if (!to)
        wake_one(p, self, sig);
    else if (wants(to, sig))
        wake(to, self);
    return 0;
}

long signal_send(struct LFILinuxProc *p, struct LFILinuxThread *to, struct LFILinuxThread *self,
                 const struct box_siginfo *info)
{
    if (info->signo == SIGKILL) {
        proc_end_sent(p, self, SIGKILL, info->code);
        return 0;
    }
    pthread_mutex_lock(&p->lock);
    long r = signal_send_locked(p, to, self, info);
    pthread_mutex_unlock(&p->lock);
    return r;
}

void signal_self(struct call *c, int sig)
{
    struct box_siginfo info = {.signo = sig, .code = SI_USER};
    info.u.sent.pid = c->p->pid;
    info.u.sent.uid = BOX_UID;
    signal_send(c->p, c->t, c->t, &info);
}

bool lfi_proc_signal(struct LFILinuxProc *p, int sig)
{
    const struct box_siginfo info = {.signo = sig, .code = SI_USER};
    if (sig < 1 || sig > BOX_NSIG)
        return lx_fail(LFI_ERR_ARG, "there is no signal %d", sig);
    signal_send(p, NULL, NULL, &info);
    return true;
}

bool lfi_proc_ignore(struct LFILinuxProc *p, int sig)
{
    if (sig < 1 || sig > BOX_NSIG || certain & bit(sig))
        return lx_fail(LFI_ERR_ARG, "signal %d cannot be ignored", sig);
    p->ignored |= bit(sig);
    p->sig.action[sig - 1].handler = BOX_SIG_IGN;
    return true;
}

/* Masks.  */

/* In the lock.  */
static void change_mask(struct LFILinuxThread *t, uint64_t mask)
{
    struct LFILinuxProc *p = t->proc;
    uint64_t more = mask & ~t->sigmask;
    t->sigmask = mask & ~certain;
    if ((t->queue.pending | p->sig.queue.pending) & ~t->sigmask)
        atomic_store(&t->attention, true);
    if (p->sig.queue.pending & more)
        signal_retarget(t);
}

void signal_set_mask(struct LFILinuxThread *t, uint64_t mask)
{
    pthread_mutex_lock(&t->proc->lock);
    change_mask(t, mask);
    pthread_mutex_unlock(&t->proc->lock);
}

void signal_wait_mask(struct LFILinuxThread *t, uint64_t mask)
{
    pthread_mutex_lock(&t->proc->lock);
    if (!t->mask_kept)
        t->old_mask = t->sigmask;
    t->mask_kept = true;
    change_mask(t, mask);
    /* What is there already ends the waiting.  */
    if ((t->queue.pending | t->proc->sig.queue.pending) & ~t->sigmask)
        atomic_store(&t->kicked, 1);
    pthread_mutex_unlock(&t->proc->lock);
}

static void restore_mask(struct LFILinuxThread *t)
{
    if (t->mask_kept)
        signal_set_mask(t, t->old_mask);
    t->mask_kept = false;
}

/* Time.  */

uint64_t call_deadline(struct LFILinuxThread *t, const struct timespec *wait)
{
    if (!t->deadline)
        t->deadline = clock_ns(CLOCK_MONOTONIC) + time_ns(wait);
    return t->deadline;
}

struct timespec call_left(uint64_t deadline)
{
    uint64_t now = clock_ns(CLOCK_MONOTONIC), left = deadline > now ? deadline - now : 0;
    return (struct timespec){(time_t)(left / NS), (long)(left % NS)};
}

/* Handlers.  */

/* One that goes with the handler is never in use.  */
bool on_altstack(const struct LFILinuxThread *t)
{
    struct LFIBox *box = t->proc->box;
    uint64_t from = lfi_box_l2p(box, t->altstack.sp);
    return t->altstack.size && !((uint32_t)t->altstack.flags & BOX_SS_AUTODISARM)
           && lfi_arch_sp(t->ctx) - from - 1 < t->altstack.size;
}

struct box_stack altstack_state(const struct LFILinuxThread *t)
{
    struct box_stack s = t->altstack;
    if (!s.size)
        s.flags = BOX_SS_DISABLE;
    return s;
}

static bool place_frame(struct LFILinuxThread *t, const struct box_sigaction *action,
                        struct frame_place *place)
{
    const struct LFIRegs *regs = lfi_ctx_regs(t->ctx);
    uint64_t from = lfi_box_l2p(t->proc->box, t->altstack.sp);
    bool on = on_altstack(t);
    bool to = action->flags & BOX_SA_ONSTACK && t->altstack.size && !on;
    frame_place(lfi_box_l2p(t->proc->box, to ? from + t->altstack.size : frame_stack(regs)), place);
    return !(on || to) || lfi_box_l2p(t->proc->box, place->at) - from < t->altstack.size;
}

/* Makes the thread go on in the handler.  False if there is no room for its frame.  */
static bool enter_handler(struct LFILinuxThread *t, const struct box_sigaction *action,
                          struct frame *f)
{
    struct frame_place place;
    f->mask = t->mask_kept ? t->old_mask : t->sigmask;
    f->stack = altstack_state(t);
    if (!place_frame(t, action, &place) || !frame_push(t, &place, f, action))
        return false;
    lfi_ctx_set_pc(t->ctx, action->handler);
    if ((uint32_t)t->altstack.flags & BOX_SS_AUTODISARM)
        t->altstack = (struct box_stack){0};
    t->mask_kept = false;
    uint64_t self = action->flags & BOX_SA_NODEFER ? 0 : bit(f->info.signo);
    signal_set_mask(t, t->sigmask | action->mask | self);
    return true;
}

/* The next signal that is not blocked, and what is to be done about it.  */
static bool next_signal(struct LFILinuxThread *t, struct box_siginfo *info,
                        struct box_sigaction *action)
{
    struct LFILinuxProc *p = t->proc;
    pthread_mutex_lock(&p->lock);
    bool found = take(t, ~t->sigmask, info);
    while (found && does_nothing(p, info->signo))
        found = take(t, ~t->sigmask, info);
    if (found) {
        struct box_sigaction *a = &p->sig.action[info->signo - 1];
        *action = *a;
        if (a->flags & RESETHAND && a->handler > BOX_SIG_IGN)
            a->handler = BOX_SIG_DFL;
    }
    pthread_mutex_unlock(&p->lock);
    return found;
}

/* A call that has ended, or that a signal has.  */
struct done_call {
    const struct call_row *row;
    long result;
    bool unbegun; /* EINTR, but it may not have begun */
    bool set;     /* the registers have the result, or the call is to be made again */
};

/* Calls that are not made again after a handler; others that return EINTR are.  */
static bool ends_by_signal(const struct LFILinuxThread *t, const struct call_row *row)
{
    static long (*const calls[])(struct call *) = {
        sys_nanosleep,
        sys_clock_nanosleep,
        sys_ppoll,
        sys_pselect6,
        sys_rt_sigsuspend,
        sys_rt_sigtimedwait,
        sys_epoll_pwait,
        sys_epoll_pwait2,
#if defined(__x86_64__)
        sys_epoll_wait,
        sys_poll,
        sys_select,
        sys_pause,
#endif
    };
    enum { TIMEOUT = 3 };
    uint64_t a[6];
    for (size_t i = 0; row && i < sizeof calls / sizeof calls[0]; i++)
        if (row->handler == calls[i])
            return true;
    abi_arguments(lfi_ctx_regs(t->ctx), a);
    return !row || (row->handler == sys_futex && a[TIMEOUT]);
}

/* What a call that reads or writes waits for its file to be; 0 for others.  */
static short events_of(const struct call_row *row)
{
    static const struct {
        long (*call)(struct call *);
        short events;
    } calls[] = {
        {sys_read, POLLIN},     {sys_readv, POLLIN},    {sys_pread64, POLLIN},
        {sys_preadv, POLLIN},   {sys_recvfrom, POLLIN}, {sys_recvmsg, POLLIN},
        {sys_accept, POLLIN},   {sys_accept4, POLLIN},  {sys_write, POLLOUT},
        {sys_writev, POLLOUT},  {sys_pwrite64, POLLOUT}, {sys_pwritev, POLLOUT},
        {sys_sendto, POLLOUT},  {sys_sendmsg, POLLOUT}, {sys_sendfile, POLLOUT},
    };
    for (size_t i = 0; row && i < sizeof calls / sizeof calls[0]; i++)
        if (row->handler == calls[i].call)
            return calls[i].events;
    return 0;
}

/* The signal came before the call, which then would not have waited: on Linux the handler comes first,
   and the call is made.  (If it would have waited, nobody can tell.)  */
static bool comes_after(struct LFILinuxThread *t, const struct done_call *call)
{
    const struct timespec now = {0, 0};
    struct pollfd fd = {-1, events_of(call->row), 0};
    uint64_t a[6];
    if (!call->unbegun || !fd.events)
        return false;
    abi_arguments(lfi_ctx_regs(t->ctx), a);
    struct file *f = fd_get(t->proc, (int)a[0]);
    if (!f)
        return false;
    fd.fd = f->host;
    bool ready = f->kind == FILE_HOST && ppoll(&fd, 1, &now, NULL) == 1;
    file_drop(f);
    return ready;
}

/* Where the first handler returns to, as the frame says it.  */
static void come_back(struct LFILinuxThread *t, const struct box_sigaction *action,
                      struct done_call *call, struct frame *f)
{
    f->pc = lfi_ctx_pc(t->ctx);
    f->flags = 0;
    if (!call || call->set)
        return;
    call->set = true;
    bool again = call->result == -EINTR
                 && (comes_after(t, call)
                     || (action->flags & BOX_SA_RESTART && !ends_by_signal(t, call->row)));
    if (!again)
        abi_result(lfi_ctx_regs(t->ctx), call->result);
    f->pc = again ? frame_call(t, f->pc) : frame_after_call(t, f->pc);
    f->flags = again ? f->pc << 32 : 0;
}

static void die(struct LFILinuxThread *t, int sig, int code)
{
    proc_end_sent(t->proc, t, sig, code);
}

/* Everything that is there.  */
static void deliver(struct LFILinuxThread *t, struct done_call *call)
{
    struct frame f = {.flags = 0};
    struct box_sigaction action;
    atomic_store(&t->attention, false);
    while (next_signal(t, &f.info, &action)) {
        if (action.handler == BOX_SIG_DFL) {
            die(t, f.info.signo, f.info.code);
            return;
        }
        come_back(t, &action, call, &f);
        if (!enter_handler(t, &action, &f)) {
            die(t, SIGSEGV, SI_KERNEL);
            return;
        }
    }
}

bool signal_after_call(struct LFILinuxThread *t, const struct call_row *row, long result)
{
    struct done_call call = {row, result, t->unbegun, t->returned};
    bool again = t->returned && t->again;
    t->returned = t->again = t->unbegun = false;
    if (again)
        return true;
    if (result != -EINTR || call.set)
        restore_mask(t);
    if (atomic_load(&t->attention) || (result == -EINTR && !call.set))
        deliver(t, &call);
    if (call.set)
        return false;
    if (result == -EINTR)
        return true;
    abi_result(lfi_ctx_regs(t->ctx), result);
    return false;
}

/* An address that the box computed, as it sees it: what its code adds the base to is below that. */
static uint64_t box_address(struct LFILinuxThread *t, uint64_t address)
{
    lfiptr in_box = lfi_box_l2p(t->proc->box, address);
    uint64_t offset = in_box - t->proc->info.base;
    return in_box < t->proc->info.min ? offset : lfi_box_p2l(t->proc->box, in_box);
}

/* What is not mapped is reserved without permissions; the box does not see the difference.  */
static int fault_code(struct LFILinuxThread *t, const struct LFIFault *fault)
{
    struct LFIMapInfo info;
    lfiptr at = lfi_box_l2p(t->proc->box, fault->addr);
    bool mapped = lfi_box_mquery(t->proc->box, at, &info);
    return fault->sig == SIGSEGV && fault->code == SEGV_ACCERR && !mapped ? SEGV_MAPERR
                                                                          : fault->code;
}

/* A fault that the box has a handler for, and does not block.  */
static bool deliver_fault(struct LFILinuxThread *t, const struct LFIFault *fault)
{
    enum { PAGE_FAULT = 14, USER = 4 };
    struct LFILinuxProc *p = t->proc;
    int sig = fault->sig;
    pthread_mutex_lock(&p->lock);
    struct box_sigaction *a = &p->sig.action[sig - 1], action = *a;
    bool handled = !(t->sigmask & bit(sig)) && action.handler > BOX_SIG_IGN;
    if (handled && action.flags & RESETHAND)
        a->handler = BOX_SIG_DFL;
    pthread_mutex_unlock(&p->lock);
    if (!handled || fault->kind != LFI_FAULT_SIGNAL)
        return false;
    struct frame f = {.info = {.signo = sig, .code = fault_code(t, fault)},
                      .pc = lfi_ctx_pc(t->ctx)};
    bool memory = sig == SIGSEGV || sig == SIGBUS;
    f.address = f.info.u.fault.addr = memory ? box_address(t, fault->addr) : lfi_box_p2l(p->box, f.pc);
    if (memory) {
        f.trap = PAGE_FAULT;
        f.error = USER;
    }
    return enter_handler(t, &action, &f);
}

/* Hosts can make contexts in the box that are none of its program's threads: NULL.  */
static struct LFILinuxThread *thread_of(struct LFIContext *ctx)
{
    struct LFILinuxProc *p = ctx->box->owner;
    struct LFILinuxThread *t = NULL;
    if (!p)
        return NULL;
    pthread_mutex_lock(&p->lock);
    for (t = p->threads; t && t->ctx != ctx;)
        t = t->next;
    pthread_mutex_unlock(&p->lock);
    return t;
}

bool signal_stopped(struct LFIContext *ctx, const struct LFIFault *fault)
{
    struct LFILinuxThread *t = thread_of(ctx);
    if (!t || (fault && !deliver_fault(t, fault)))
        return false;
    if (t->redo) {
        t->redo = false;
        call_again(t);
    }
    deliver(t, NULL);
    if (atomic_load(&t->proc->copy_wanted))
        copy_here(t, false);
    if (atomic_load(&t->proc->ending) || t->leaving)
        lfi_ctx_exit(t->ctx, 0);
    return true;
}
