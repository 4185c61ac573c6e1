/* System calls on events and timers: epoll, eventfd, timerfd.
   SPDX-License-Identifier: Apache-2.0

   An epoll of a box is one of the host; the data of its events are the box's, which the host
   only keeps.  Linux knows a registration by the open file and its number, and ends it when the
   last number of that file is closed.  Several numbers of a box can be one of the host's, so
   registrations are kept here: the first of a file is under the host's number, others under a
   duplicate of it, and all end with the box's file.  */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "liblfi/linux/linux.h"

/* A file in an epoll, in the lists of both.  */
struct watch {
    struct LFILinuxProc *proc; /* whose epoll it is */
    struct file *epoll, *file; /* no references: each takes the watch along */
    int fd;                    /* the box's number */
    int host;                  /* the host's in its epoll */
    bool own;                  /* a duplicate */
    struct watch *next_of_file, *next_of_epoll;
};

/* Of all watches: files of one engine can be in epolls of several processes.  */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static void unlink_watch(struct watch *w)
{
    struct watch **link = &w->file->watches;
    while (*link != w)
        link = &(*link)->next_of_file;
    *link = w->next_of_file;
    link = &w->epoll->watching;
    while (*link != w)
        link = &(*link)->next_of_epoll;
    *link = w->next_of_epoll;
}

static void watch_delete(struct watch *w)
{
    epoll_ctl(w->epoll->host, EPOLL_CTL_DEL, w->host, NULL);
    unlink_watch(w);
    w->proc->watches--;
    if (w->own) {
        w->proc->watch_fds--;
        close(w->host);
    }
    free(w);
}

void watches_forget(struct file *f)
{
    pthread_mutex_lock(&lock);
    while (f->watches)
        watch_delete(f->watches);
    while (f->watching)
        watch_delete(f->watching);
    pthread_mutex_unlock(&lock);
}

/* The registration, or whether the host's number of the file is one.  */
static struct watch *find_watch(const struct file *epoll, const struct file *f, int fd)
{
    struct watch *w = f->watches;
    while (w && (w->epoll != epoll || w->fd != fd))
        w = w->next_of_file;
    return w;
}

static bool host_number_used(const struct file *epoll, const struct file *f)
{
    struct watch *w = f->watches;
    while (w && (w->epoll != epoll || w->own))
        w = w->next_of_file;
    return w != NULL;
}

static struct watch *watch_new(struct LFILinuxProc *p, struct file *epoll, struct file *f, int fd)
{
    bool own = host_number_used(epoll, f);
    if (p->watches >= LX_MAX_WATCHES || (own && p->watch_fds >= LX_MAX_WATCH_FDS))
        return NULL;
    struct watch *w = calloc(1, sizeof *w);
    if (!w)
        return NULL;
    *w = (struct watch){.proc = p, .epoll = epoll, .file = f, .fd = fd, .own = own};
    w->host = own ? fcntl(f->host, F_DUPFD_CLOEXEC, 3) : f->host;
    if (w->host >= 0)
        return w;
    free(w);
    return NULL;
}

static long watch_add(struct call *c, struct epoll_event *e)
{
    struct file *epoll = c->a[0].file, *f = c->a[2].file;
    if (find_watch(epoll, f, (int)c->raw[2]))
        return -EEXIST;
    struct watch *w = watch_new(c->p, epoll, f, (int)c->raw[2]);
    if (!w)
        return -ENOSPC;
    if (epoll_ctl(epoll->host, EPOLL_CTL_ADD, w->host, e) != 0) {
        long err = -errno;
        if (w->own)
            close(w->host);
        free(w);
        return err;
    }
    w->next_of_file = f->watches;
    f->watches = w;
    w->next_of_epoll = epoll->watching;
    epoll->watching = w;
    atomic_store(&f->watched, true);
    c->p->watches++;
    c->p->watch_fds += w->own;
    return 0;
}

/* Files that are always ready can be in no epoll: a new one tells.  */
static long no_watch(const struct file *f)
{
    struct epoll_event e = {0};
    int probe = epoll_create1(EPOLL_CLOEXEC);
    bool never = epoll_ctl(probe, EPOLL_CTL_ADD, f->host, &e) != 0 && errno == EPERM;
    if (probe >= 0)
        close(probe);
    return never ? -EPERM : -ENOENT;
}

static long watch_change(struct call *c, int op, struct epoll_event *e)
{
    struct watch *w = find_watch(c->a[0].file, c->a[2].file, (int)c->raw[2]);
    switch (op) {
    case BOX_EPOLL_CTL_ADD:
        return watch_add(c, e);
    case BOX_EPOLL_CTL_MOD:
        if (!w)
            return no_watch(c->a[2].file);
        return epoll_ctl(w->epoll->host, EPOLL_CTL_MOD, w->host, e) == 0 ? 0 : -errno;
    case BOX_EPOLL_CTL_DEL:
        if (!w)
            return no_watch(c->a[2].file);
        watch_delete(w);
        return 0;
    }
    return -EINVAL;
}

/* The box's own of that sort: 0 or -errno.  */
static long made_as(const struct file *f, enum file_use use)
{
    return f->use == use ? 0 : path_only(f) ? -EBADF : -EINVAL;
}

long sys_epoll_create1(struct call *c)
{
    uint32_t flags = (uint32_t)c->a[0].u;
    if (flags & ~(uint32_t)BOX_O_CLOEXEC)
        return -EINVAL;
    int host = epoll_create1(EPOLL_CLOEXEC);
    return host < 0 ? -errno : add_host(c, host, USE_EPOLL, flags & BOX_O_CLOEXEC);
}

long sys_epoll_ctl(struct call *c)
{
    struct file *epoll = c->a[0].file, *f = c->a[2].file;
    struct box_epoll_event b;
    struct epoll_event e = {0};
    int op = (int)c->a[1].i;
    if (op != BOX_EPOLL_CTL_DEL) {
        if (copy_in(c, &b, c->raw[3], sizeof b) != 0)
            return -EFAULT;
        /* Nothing in a box keeps the machine awake.  */
        e.events = b.events & ~(uint32_t)EPOLLWAKEUP;
        memcpy(&e.data, b.data, sizeof b.data);
    }
    if (path_only(f) || path_only(epoll))
        return -EBADF;
    if (f->kind != FILE_HOST)
        return -EPERM;
    if (epoll->use != USE_EPOLL || epoll == f)
        return -EINVAL;
    pthread_mutex_lock(&lock);
    long result = watch_change(c, op, &e);
    pthread_mutex_unlock(&lock);
    return result;
}

/* 0, or why the epoll cannot be waited for.  */
static long wait_check(const struct call *c)
{
    if (c->a[2].i <= 0 || c->a[2].i > INT32_MAX / (int)sizeof(struct box_epoll_event))
        return -EINVAL;
    long err = mask_size(c->a[4].ptr, c->a[5].u);
    return err ? err : made_as(c->a[0].file, USE_EPOLL);
}

/* The kernel writes into the box, as it does for read.  */
long sys_epoll_pwait(struct call *c)
{
    long err = wait_check(c);
    if (!err && c->a[4].ptr)
        signal_wait_mask(c->t, ((struct box_sigset *)c->a[4].ptr)->bits);
    return err ? err
               : host_call(c->t, SYS_epoll_pwait, c->a[0].file->host, (long)c->a[1].ptr, c->a[2].i,
                           c->a[3].i, 0, 0);
}

/* Milliseconds, rounded up, as far as epoll_pwait can wait.  */
static long whole_ms(const struct timespec *t)
{
    if (t->tv_sec >= INT32_MAX / 1000)
        return INT32_MAX;
    return t->tv_sec * 1000 + (t->tv_nsec + 999999) / 1000000;
}

long sys_epoll_pwait2(struct call *c)
{
    struct timespec limit;
    long err = wait_check(c);
    if (!err)
        err = limit_of(c->a[3].ptr, &limit);
    if (err)
        return err;
    if (c->a[4].ptr)
        signal_wait_mask(c->t, ((struct box_sigset *)c->a[4].ptr)->bits);
    int host = c->a[0].file->host;
    long events = (long)c->a[1].ptr, max = c->a[2].i;
    long r = host_call(c->t, 441 /* epoll_pwait2 */, host, events, max,
                       c->a[3].ptr ? (long)&limit : 0, 0, 0);
    return r != -ENOSYS ? r
                        : host_call(c->t, SYS_epoll_pwait, host, events, max,
                                    c->a[3].ptr ? whole_ms(&limit) : -1, 0, 0);
}

long sys_eventfd2(struct call *c)
{
    enum { SEMAPHORE = 1 };
    uint32_t flags = (uint32_t)c->a[1].u;
    if (flags & ~(uint32_t)(SEMAPHORE | BOX_O_CLOEXEC | BOX_O_NONBLOCK))
        return -EINVAL;
    int host = eventfd((unsigned)c->a[0].u, EFD_CLOEXEC | (flags & SEMAPHORE ? EFD_SEMAPHORE : 0)
                                                | (flags & BOX_O_NONBLOCK ? EFD_NONBLOCK : 0));
    return host < 0 ? -errno : add_host(c, host, USE_EVENT, flags & BOX_O_CLOEXEC);
}

/* Timers.  */

long sys_timerfd_create(struct call *c)
{
    uint32_t flags = (uint32_t)c->a[1].u;
    int64_t clock = c->a[0].i;
    if (flags & ~(uint32_t)(BOX_O_CLOEXEC | BOX_O_NONBLOCK))
        return -EINVAL;
    if (clock == CLOCK_REALTIME_ALARM || clock == CLOCK_BOOTTIME_ALARM)
        return -EPERM;
    if (clock != CLOCK_REALTIME && clock != CLOCK_MONOTONIC && clock != CLOCK_BOOTTIME)
        return -EINVAL;
    int host =
        timerfd_create((clockid_t)clock, TFD_CLOEXEC | (flags & BOX_O_NONBLOCK ? TFD_NONBLOCK : 0));
    return host < 0 ? -errno : add_host(c, host, USE_TIMER, flags & BOX_O_CLOEXEC);
}

static void timer_to_box(struct box_itimerspec *b, const struct itimerspec *t)
{
    b->interval = (struct box_timespec){t->it_interval.tv_sec, t->it_interval.tv_nsec};
    b->value = (struct box_timespec){t->it_value.tv_sec, t->it_value.tv_nsec};
}

long sys_timerfd_settime(struct call *c)
{
    enum { ABSTIME = 1, CANCEL_ON_SET = 2 };
    const struct box_itimerspec *want = c->a[2].ptr;
    struct itimerspec old;
    if (c->a[1].u & ~(uint64_t)(ABSTIME | CANCEL_ON_SET) || !time_valid(&want->interval)
        || !time_valid(&want->value))
        return -EINVAL;
    long err = made_as(c->a[0].file, USE_TIMER);
    if (err)
        return err;
    struct itimerspec new = {time_to_host(&want->interval), time_to_host(&want->value)};
    int flags = (c->a[1].u & ABSTIME ? TFD_TIMER_ABSTIME : 0)
                | (c->a[1].u & CANCEL_ON_SET ? TFD_TIMER_CANCEL_ON_SET : 0);
    if (timerfd_settime(c->a[0].file->host, flags, &new, &old) != 0)
        return -errno;
    if (c->a[3].ptr)
        timer_to_box(c->a[3].ptr, &old);
    return 0;
}

long sys_timerfd_gettime(struct call *c)
{
    struct itimerspec now;
    long err = made_as(c->a[0].file, USE_TIMER);
    if (err)
        return err;
    if (timerfd_gettime(c->a[0].file->host, &now) != 0)
        return -errno;
    timer_to_box(c->a[1].ptr, &now);
    return 0;
}
