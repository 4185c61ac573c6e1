/* Signals that a box sends to itself.
   SPDX-License-Identifier: Apache-2.0

   Dispositions, masks and pending signals are kept as the kernel does.  A signal that is neither
   ignored nor blocked ends the process: handlers of the box are not called.  */
#include "config.h"

#include <errno.h>
#include <signal.h>
#include <string.h>

#include "liblfi/linux/linux.h"

enum {
    BOX_SIG_DFL = 0,
    BOX_SIG_IGN = 1,
    SIGSET_SIZE = 8,
    FIRST_LIBC_SIGNAL = 32,
    LIBC_CALL_ALL = 34, /* every thread shall run a function, which it cannot */
    LAST_LIBC_SIGNAL = 34
};

static uint64_t bit(int sig)
{
    return UINT64_C(1) << (sig - 1);
}

/* True for those that do nothing unless there is a handler; a box is never stopped either.  */
static bool ignored_by_default(int sig)
{
    return sig == SIGCHLD || sig == SIGCONT || sig == SIGURG || sig == SIGWINCH || sig == SIGSTOP
           || sig == SIGTSTP || sig == SIGTTIN || sig == SIGTTOU;
}

static void deliver(struct LFILinuxThread *t, int sig, uint64_t handler, int code)
{
    if (handler == BOX_SIG_IGN || (handler == BOX_SIG_DFL && ignored_by_default(sig)))
        return;
    if (handler != BOX_SIG_DFL && t->proc->lx->opts.verbose)
        lx_log(t->proc->lx, "signal %d: handlers are not called; the process ends", sig);
    proc_end_signal(t, sig, code);
}

/* The first one counts, as for the kernel.  */
static void pend(struct sigstate *s, int sig, int code)
{
    if (!(s->pending & bit(sig)))
        s->directed = code == SI_TKILL ? s->directed | bit(sig) : s->directed & ~bit(sig);
    s->pending |= bit(sig);
}

/* si_code.  */
static int sent_by(const struct call *c)
{
    bool to_thread = c->row->handler == sys_tkill || c->row->handler == sys_tgkill;
    return to_thread ? SI_TKILL : SI_USER;
}

long signal_self(struct call *c, int sig)
{
    struct LFILinuxProc *p = c->p;
    if (sig < 0 || sig > BOX_NSIG)
        return -EINVAL;
    if (sig == 0)
        return 0;
    bool certain = sig == SIGKILL || sig == SIGSTOP;
    pthread_mutex_lock(&p->lock);
    uint64_t handler = p->sig.action[sig - 1].handler;
    bool blocked = !certain && c->t->sigmask & bit(sig);
    if (blocked)
        pend(&p->sig, sig, sent_by(c));
    pthread_mutex_unlock(&p->lock);
    if (!blocked)
        deliver(c->t, sig, certain ? BOX_SIG_DFL : handler, sent_by(c));
    return 0;
}

/* Signals between threads.  The C library's own mean "look whether you are cancelled", which an
   interrupted call does; but for the one that makes a call in all threads, which fails.  */
static long signal_thread(struct call *c, int64_t tid, int sig)
{
    struct LFILinuxProc *p = c->p;
    bool found = false;
    if (sig < 0 || sig > BOX_NSIG || tid <= 0)
        return -EINVAL;
    bool libc = sig >= FIRST_LIBC_SIGNAL && sig <= LAST_LIBC_SIGNAL;
    if (sig == LIBC_CALL_ALL)
        return -ENOSYS;
    pthread_mutex_lock(&p->lock);
    for (struct LFILinuxThread *t = p->threads; t && !found; t = t->next) {
        found = t->tid == tid;
        if (found && libc && t != c->t)
            thread_kick(t);
    }
    pthread_mutex_unlock(&p->lock);
    if (!found)
        return -ESRCH;
    return libc ? 0 : signal_self(c, sig);
}

long sys_kill(struct call *c)
{
    int64_t pid = c->a[0].i;
    if (c->a[1].i < 0 || c->a[1].i > BOX_NSIG)
        return -EINVAL;
    if (pid != c->p->pid && pid != 0 && pid != -c->p->pid && pid != -1)
        return -ESRCH;
    return signal_self(c, (int)c->a[1].i);
}

long sys_tkill(struct call *c)
{
    return signal_thread(c, c->a[0].i, (int)c->a[1].i);
}

long sys_tgkill(struct call *c)
{
    if (c->a[0].i <= 0)
        return -EINVAL;
    if (c->a[0].i != c->p->pid)
        return -ESRCH;
    return signal_thread(c, c->a[1].i, (int)c->a[2].i);
}

long sys_rt_sigaction(struct call *c)
{
    struct LFILinuxProc *p = c->p;
    int64_t sig = c->a[0].i;
    const struct box_sigaction *set = c->a[1].ptr;
    struct box_sigaction *old = c->a[2].ptr;
    if (c->a[3].u != SIGSET_SIZE || sig < 1 || sig > BOX_NSIG
        || (set && (sig == SIGKILL || sig == SIGSTOP)))
        return -EINVAL;
    pthread_mutex_lock(&p->lock);
    struct box_sigaction now = p->sig.action[sig - 1];
    if (set)
        p->sig.action[sig - 1] = *set;
    pthread_mutex_unlock(&p->lock);
    if (old)
        *old = now;
    return 0;
}

/* The lowest signal that is pending and not blocked any more; 0 if there is none.  */
static int take_pending(struct LFILinuxThread *t, uint64_t *handler, int *code)
{
    struct LFILinuxProc *p = t->proc;
    int sig = 0;
    pthread_mutex_lock(&p->lock);
    uint64_t ready = p->sig.pending & ~t->sigmask;
    if (ready) {
        sig = __builtin_ctzll(ready) + 1;
        p->sig.pending &= ~bit(sig);
        *handler = p->sig.action[sig - 1].handler;
        *code = p->sig.directed & bit(sig) ? SI_TKILL : SI_USER;
    }
    pthread_mutex_unlock(&p->lock);
    return sig;
}

long sys_rt_sigprocmask(struct call *c)
{
    struct LFILinuxThread *t = c->t;
    const struct box_sigset *set = c->a[1].ptr;
    struct box_sigset *old = c->a[2].ptr;
    uint64_t now = t->sigmask, handler = 0;
    if (c->a[3].u != SIGSET_SIZE)
        return -EINVAL;
    if (set && c->a[0].i == BOX_SIG_BLOCK)
        t->sigmask |= set->bits;
    else if (set && c->a[0].i == BOX_SIG_UNBLOCK)
        t->sigmask &= ~set->bits;
    else if (set && c->a[0].i == BOX_SIG_SETMASK)
        t->sigmask = set->bits;
    else if (set)
        return -EINVAL;
    t->sigmask &= ~(bit(SIGKILL) | bit(SIGSTOP));
    if (old)
        old->bits = now;
    for (int sig, code; (sig = take_pending(t, &handler, &code)) != 0;)
        deliver(t, sig, handler, code);
    return 0;
}

long sys_rt_sigpending(struct call *c)
{
    if (c->a[1].u > SIGSET_SIZE)
        return -EINVAL;
    pthread_mutex_lock(&c->p->lock);
    uint64_t bits = c->p->sig.pending & c->t->sigmask;
    pthread_mutex_unlock(&c->p->lock);
    return copy_out(c, c->raw[0], &bits, c->a[1].u);
}

long sys_sigaltstack(struct call *c)
{
    enum { DISABLE = 2, AUTODISARM = (int)(1u << 31), MIN_SIZE = 2048 };
    const struct box_stack *set = c->a[0].ptr;
    struct box_stack *old = c->a[1].ptr;
    struct box_stack now = c->t->altstack;
    if (now.size == 0)
        now.flags = DISABLE;
    if (set && memcmp(set, &c->t->altstack, sizeof *set) == 0)
        set = NULL;
    if (set && set->flags & ~(DISABLE | AUTODISARM))
        return -EINVAL;
    if (set && !(set->flags & DISABLE) && set->size < MIN_SIZE)
        return -ENOMEM;
    if (set)
        c->t->altstack = set->flags & DISABLE ? (struct box_stack){0} : *set;
    if (old)
        *old = now;
    return 0;
}
