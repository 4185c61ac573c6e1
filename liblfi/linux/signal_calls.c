/* System calls on signals.
   SPDX-License-Identifier: Apache-2.0  */
#include "config.h"

#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/syscall.h>

#include "liblfi/core/internal.h"
#include "liblfi/linux/linux.h"

enum { SIGSET_SIZE = 8 };

/* Sending.  */

static struct box_siginfo from_self(const struct call *c, int sig, int code)
{
    struct box_siginfo info = {.signo = sig, .code = code};
    info.u.sent.pid = c->p->pid;
    info.u.sent.uid = BOX_UID;
    return info;
}

static bool is_signal(int64_t sig)
{
    return sig >= 0 && sig <= BOX_NSIG;
}

/* To a thread of the process: 0 or -errno.  Signal 0 asks whether it is there.  */
static long send_to(struct call *c, int64_t tid, const struct box_siginfo *info)
{
    long r = -ESRCH;
    if (tid <= 0 || !is_signal(info->signo))
        return -EINVAL;
    if (info->signo == SIGKILL && thread_exists(c->p, tid))
        return signal_send(c->p, NULL, c->t, info);
    pthread_mutex_lock(&c->p->lock);
    struct LFILinuxThread *to = thread_by_tid(c->p, tid);
    if (to)
        r = info->signo ? signal_send_locked(c->p, to, c->t, info) : 0;
    pthread_mutex_unlock(&c->p->lock);
    return r;
}

long sys_kill(struct call *c)
{
    int64_t pid = c->a[0].i;
    int sig = (int)c->a[1].i;
    struct box_siginfo info = from_self(c, sig, SI_USER);
    if (!is_signal(sig))
        return -EINVAL;
    if (pid != c->p->pid && pid != 0 && pid != -c->p->pid && pid != -1)
        return -ESRCH;
    return sig ? signal_send(c->p, NULL, c->t, &info) : 0;
}

long sys_tkill(struct call *c)
{
    struct box_siginfo info = from_self(c, (int)c->a[1].i, BOX_SI_TKILL);
    return send_to(c, c->a[0].i, &info);
}

long sys_tgkill(struct call *c)
{
    struct box_siginfo info = from_self(c, (int)c->a[2].i, BOX_SI_TKILL);
    if (c->a[0].i <= 0)
        return -EINVAL;
    return c->a[0].i != c->p->pid ? -ESRCH : send_to(c, c->a[1].i, &info);
}

/* What the kernel knows the fields of; of others, what lies behind the fields that there are is 0.  */
static bool known_code(int64_t sig, int32_t code)
{
    enum { USER_FIRST = -7, RESOLVER = -60, OF_POLL = 6 };
    static const struct {
        int sig, most;
    } own[] = {{SIGILL, 11}, {SIGFPE, 15},  {SIGSEGV, 10}, {SIGBUS, 5},
               {SIGTRAP, 6}, {SIGCHLD, 6}, {SIGSYS, 2}};
    int most = OF_POLL;
    for (size_t i = 0; i < sizeof own / sizeof own[0]; i++)
        if (own[i].sig == sig)
            most = own[i].most;
    return code == SI_KERNEL || code == RESOLVER || (code >= USER_FIRST && code <= most);
}

static bool rest_is_zero(const struct box_siginfo *info)
{
    enum { FIELDS = 48 };
    for (size_t i = FIELDS - offsetof(struct box_siginfo, u); i < sizeof info->u.bytes; i++)
        if (info->u.bytes[i])
            return false;
    return true;
}

/* The number of the signal is the argument's: 0 or -errno.  */
static long queued(struct box_siginfo *info, int64_t sig)
{
    info->signo = (int32_t)sig;
    return known_code(sig, info->code) || rest_is_zero(info) ? 0 : -E2BIG;
}

/* To itself a thread may say anything, to others not that the kernel said it.  */
static bool forged(const struct call *c, const struct box_siginfo *info, int64_t to)
{
    return to != c->t->tid && (info->code >= 0 || info->code == BOX_SI_TKILL);
}

long sys_rt_sigqueueinfo(struct call *c)
{
    struct box_siginfo *info = c->a[2].ptr;
    long err = queued(info, c->a[1].i);
    if (err)
        return err;
    if (forged(c, info, c->a[0].i))
        return -EPERM;
    if (!is_signal(info->signo))
        return -EINVAL;
    if (c->a[0].i != c->p->pid)
        return -ESRCH;
    return info->signo ? signal_send(c->p, NULL, c->t, info) : 0;
}

long sys_rt_tgsigqueueinfo(struct call *c)
{
    struct box_siginfo *info = c->a[3].ptr;
    long err = queued(info, c->a[2].i);
    if (err)
        return err;
    if (c->a[0].i <= 0 || c->a[1].i <= 0)
        return -EINVAL;
    if (forged(c, info, c->a[1].i))
        return -EPERM;
    return c->a[0].i != c->p->pid ? -ESRCH : send_to(c, c->a[1].i, info);
}

/* Dispositions and masks.  */

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
    if (set) {
        p->sig.action[sig - 1] = *set;
        signal_flush(p, (int)sig);
    }
    pthread_mutex_unlock(&p->lock);
    if (old)
        *old = now;
    return 0;
}

long sys_rt_sigprocmask(struct call *c)
{
    const struct box_sigset *set = c->a[1].ptr;
    struct box_sigset *old = c->a[2].ptr;
    uint64_t now = c->t->sigmask;
    if (c->a[3].u != SIGSET_SIZE)
        return -EINVAL;
    if (set && c->a[0].i == BOX_SIG_BLOCK)
        signal_set_mask(c->t, now | set->bits);
    else if (set && c->a[0].i == BOX_SIG_UNBLOCK)
        signal_set_mask(c->t, now & ~set->bits);
    else if (set && c->a[0].i == BOX_SIG_SETMASK)
        signal_set_mask(c->t, set->bits);
    else if (set)
        return -EINVAL;
    if (old)
        old->bits = now;
    return 0;
}

long sys_rt_sigpending(struct call *c)
{
    if (c->a[1].u > SIGSET_SIZE)
        return -EINVAL;
    pthread_mutex_lock(&c->p->lock);
    uint64_t bits = (c->p->sig.queue.pending | c->t->queue.pending) & c->t->sigmask;
    pthread_mutex_unlock(&c->p->lock);
    return copy_out(c, c->raw[0], &bits, c->a[1].u);
}

/* Waiting.  */

static long wait_for_signal(struct call *c, const struct timespec *limit)
{
    struct timespec left = limit ? *limit : (struct timespec){0, 0};
    return host_call(c->t, SYS_ppoll, 0, 0, limit ? (long)&left : 0, 0, 0, 0);
}

long sys_rt_sigsuspend(struct call *c)
{
    if (c->a[1].u != SIGSET_SIZE)
        return -EINVAL;
    signal_wait_mask(c->t, ((struct box_sigset *)c->a[0].ptr)->bits);
    return wait_for_signal(c, NULL);
}

/* While it waits for signals that are blocked they are sent to it.  */
static void set_waits(struct call *c, uint64_t set)
{
    pthread_mutex_lock(&c->p->lock);
    c->t->waits = set;
    pthread_mutex_unlock(&c->p->lock);
}

long sys_rt_sigtimedwait(struct call *c)
{
    const struct box_sigset *set = c->a[0].ptr;
    const struct box_timespec *limit = c->a[2].ptr;
    struct box_siginfo info;
    struct timespec left = {0, 0};
    long r = 0;
    if (c->a[3].u != SIGSET_SIZE || (limit && !time_valid(limit)))
        return -EINVAL;
    if (limit) {
        struct timespec wait = time_to_host(limit);
        left = call_left(call_deadline(c->t, &wait));
    }
    set_waits(c, set->bits);
    bool found = signal_take(c->t, set->bits, &info);
    if (!found && (!limit || limit->sec || limit->nsec))
        r = wait_for_signal(c, limit ? &left : NULL);
    set_waits(c, 0);
    if (!found && !signal_take(c->t, set->bits, &info))
        return r < 0 ? r : -EAGAIN;
    if (c->raw[1] && copy_out(c, c->raw[1], &info, sizeof info) != 0)
        return -EFAULT;
    return info.signo;
}

/* Stacks.  */

/* 0 or -errno.  */
static long set_altstack(struct LFILinuxThread *t, const struct box_stack *set)
{
    enum { MIN_SIZE = 2048 };
    uint32_t mode = (uint32_t)set->flags & ~BOX_SS_AUTODISARM;
    if (on_altstack(t))
        return -EPERM;
    if (mode != BOX_SS_DISABLE && mode != BOX_SS_ONSTACK && mode != 0)
        return -EINVAL;
    /* No change, even if it would not be allowed.  */
    if (set->sp == t->altstack.sp && set->size == t->altstack.size
        && set->flags == t->altstack.flags)
        return 0;
    if (mode == BOX_SS_DISABLE)
        t->altstack = (struct box_stack){0};
    else if (set->size < MIN_SIZE)
        return -ENOMEM;
    else
        t->altstack = (struct box_stack){.sp = set->sp,
                                         .flags = (int32_t)((uint32_t)set->flags & BOX_SS_AUTODISARM),
                                         .size = set->size};
    return 0;
}

long sys_sigaltstack(struct call *c)
{
    const struct box_stack *set = c->a[0].ptr;
    struct box_stack *old = c->a[1].ptr;
    struct box_stack now = altstack_state(c->t);
    if (on_altstack(c->t))
        now.flags |= BOX_SS_ONSTACK;
    long err = set ? set_altstack(c->t, set) : 0;
    if (!err && old)
        *old = now;
    return err;
}

/* The frame of the handler that returns is hostile; see frame_pop and lfi_ctx_set_pc.  */
long sys_rt_sigreturn(struct call *c)
{
    struct LFILinuxThread *t = c->t;
    struct frame f;
    t->returned = true;
    if (!frame_pop(t, &f)) {
        proc_end_sent(c->p, t, SIGSEGV, SI_KERNEL);
        return 0;
    }
    signal_set_mask(t, f.mask);
    set_altstack(t, &f.stack);
    uint32_t again = (uint32_t)(f.flags >> 32);
    t->again = again && again == (uint32_t)f.pc;
    if (t->again)
        frame_call_again(t, f.pc);
    else
        lfi_ctx_set_pc(t->ctx, f.pc);
    return 0;
}
