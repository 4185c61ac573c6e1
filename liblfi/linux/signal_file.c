/* Signals as files: signalfd.
   SPDX-License-Identifier: Apache-2.0

   Behind one is an eventfd, which is written whenever a signal of the set comes, and read when none is
   left; so poll, select and epoll see what they would, edges too.  It is never full, which they would
   see as well: the box's number is an epoll of the host around it.  What was sent to one thread alone
   is readable by all: the host's file is one for all of them.  */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "liblfi/linux/linux.h"

/* In the process's lock.  */

static bool any_pending(const struct LFILinuxProc *p, uint64_t set)
{
    uint64_t pending = p->sig.queue.pending;
    for (const struct LFILinuxThread *t = p->threads; t; t = t->next)
        pending |= t->queue.pending;
    return pending & set;
}

static void make_ready(struct file *f)
{
    f->ready = eventfd_write(f->event, 1) == 0;
}

static void make_unready(struct file *f)
{
    eventfd_t n;
    if (f->ready)
        eventfd_read(f->event, &n);
    f->ready = false;
}

void signal_files_sent(struct LFILinuxProc *p, int sig)
{
    for (struct file *f = p->sig.files; f; f = f->next_signal_file)
        if (f->signals >> (sig - 1) & 1)
            make_ready(f);
}

void signal_files_taken(struct LFILinuxProc *p)
{
    for (struct file *f = p->sig.files; f; f = f->next_signal_file)
        if (f->ready && !any_pending(p, f->signals))
            make_unready(f);
}

static void set_signals(struct file *f, uint64_t set)
{
    make_unready(f);
    f->signals = set & ~((1ull << (SIGKILL - 1)) | (1ull << (SIGSTOP - 1)));
    if (any_pending(f->owner, f->signals))
        make_ready(f);
}

void signal_file_forget(struct file *f)
{
    struct LFILinuxProc *p = f->owner;
    pthread_mutex_lock(&p->lock);
    struct file **link = &p->sig.files;
    while (*link && *link != f)
        link = &(*link)->next_signal_file;
    if (*link)
        *link = f->next_signal_file;
    pthread_mutex_unlock(&p->lock);
    close(f->event);
}

/* The file at the number: its set is another from now on.  0 or -errno.  */
static long change(struct call *c, uint64_t set)
{
    struct file *f = fd_get(c->p, (int)c->a[0].i);
    if (!f)
        return -EBADF;
    long err = f->use != USE_SIGNAL || f->owner != c->p ? -EINVAL : 0;
    if (!err) {
        pthread_mutex_lock(&c->p->lock);
        set_signals(f, set);
        pthread_mutex_unlock(&c->p->lock);
    }
    file_drop(f);
    return err ? err : c->a[0].i;
}

static long create(struct call *c, uint64_t set, uint32_t flags)
{
    struct epoll_event readable = {EPOLLIN, {0}};
    int event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), host = epoll_create1(EPOLL_CLOEXEC);
    bool ok = event >= 0 && host >= 0 && epoll_ctl(host, EPOLL_CTL_ADD, event, &readable) == 0
              && (!(flags & BOX_O_NONBLOCK) || fcntl(host, F_SETFL, O_NONBLOCK) == 0);
    long err = ok ? -ENOMEM : -errno;
    struct file *f = ok ? own_file(host, USE_SIGNAL) : NULL;
    if (!f) {
        if (event >= 0)
            close(event);
        if (!ok && host >= 0)
            close(host);
        return err;
    }
    f->owner = c->p;
    f->event = event;
    pthread_mutex_lock(&c->p->lock);
    f->next_signal_file = c->p->sig.files;
    c->p->sig.files = f;
    set_signals(f, set);
    pthread_mutex_unlock(&c->p->lock);
    return fd_add(c->p, f, 0, flags & BOX_O_CLOEXEC);
}

long sys_signalfd4(struct call *c)
{
    const struct box_sigset *set = c->a[1].ptr;
    uint32_t flags = (uint32_t)c->a[3].u;
    if (c->a[2].u != sizeof *set || flags & ~(uint32_t)(BOX_O_CLOEXEC | BOX_O_NONBLOCK))
        return -EINVAL;
    return c->a[0].i == -1 ? create(c, set->bits, flags) : change(c, set->bits);
}

/* Reading.  */

/* Which of its fields a signal has is in its code, as the kernel tells them apart.  */
static struct box_signalfd_siginfo describe(const struct box_siginfo *info)
{
    const uint64_t faults = 1ull << (SIGILL - 1) | 1ull << (SIGFPE - 1) | 1ull << (SIGSEGV - 1)
                            | 1ull << (SIGBUS - 1) | 1ull << (SIGTRAP - 1);
    struct box_signalfd_siginfo s = {
        .signo = (uint32_t)info->signo, .err = info->err, .code = info->code};
    if (info->code == BOX_SI_TIMER) {
        s.tid = (uint32_t)info->u.timer.id;
        s.overrun = (uint32_t)info->u.timer.overrun;
        s.ptr = info->u.timer.value;
    } else if (info->code > 0 && info->code < SI_KERNEL && faults >> (info->signo - 1) & 1) {
        s.addr = info->u.fault.addr;
    } else {
        s.pid = (uint32_t)info->u.sent.pid;
        s.uid = info->u.sent.uid;
        s.ptr = info->code < 0 ? info->u.sent.value : 0;
    }
    s.value = (int32_t)s.ptr;
    return s;
}

/* To the vector from byte "at" on.  */
static bool put(struct call *c, const struct iovec *v, size_t n, size_t at,
                const struct box_signalfd_siginfo *s)
{
    size_t done = 0;
    for (size_t i = 0; i < n && done < sizeof *s; i++) {
        size_t skip = at < v[i].iov_len ? at : v[i].iov_len, room = v[i].iov_len - skip;
        size_t part = room < sizeof *s - done ? room : sizeof *s - done;
        at -= skip;
        if (part
            && !lfi_box_copyto(c->p->box, (lfiptr)v[i].iov_base + skip, (const char *)s + done, part))
            return false;
        done += part;
    }
    return done == sizeof *s;
}

/* What is there, as far as there is room: bytes or -EFAULT.  */
static long read_some(struct call *c, struct file *f, const struct iovec *v, size_t n, uint64_t room)
{
    struct box_siginfo info;
    struct box_signalfd_siginfo s;
    uint64_t done = 0;
    while (room - done >= sizeof s && signal_take_any(c->t, f, &info)) {
        s = describe(&info);
        if (!put(c, v, n, done, &s))
            return done ? (long)done : -EFAULT;
        done += sizeof s;
    }
    return (long)done;
}

long signal_file_read(struct call *c, const struct iovec *v, size_t n)
{
    struct file *f = c->a[0].file;
    uint64_t room = 0;
    for (size_t i = 0; i < n; i++)
        room += v[i].iov_len;
    room = room < LX_RW_MAX ? room : LX_RW_MAX;
    if (room < sizeof(struct box_signalfd_siginfo))
        return -EINVAL;
    for (;;) {
        long r = read_some(c, f, v, n, room);
        if (r)
            return r;
        if (fcntl(f->host, F_GETFL) & O_NONBLOCK)
            return -EAGAIN;
        struct pollfd fd = {f->host, POLLIN, 0};
        r = host_call(c->t, SYS_ppoll, (long)&fd, 1, 0, 0, 0, 0);
        if (r < 0)
            return r;
    }
}
