/* System calls on clocks and time used.
   SPDX-License-Identifier: Apache-2.0  */
#include "config.h"

#include <errno.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/times.h>
#include <time.h>

#include "liblfi/linux/linux.h"

/* The clocks that a box may ask for have the host's numbers.  */
static bool clock_known(int64_t clock)
{
    switch (clock) {
    case CLOCK_REALTIME:
    case CLOCK_MONOTONIC:
    case CLOCK_PROCESS_CPUTIME_ID:
    case CLOCK_THREAD_CPUTIME_ID:
    case CLOCK_MONOTONIC_RAW:
    case CLOCK_REALTIME_COARSE:
    case CLOCK_MONOTONIC_COARSE:
    case CLOCK_BOOTTIME:
    case CLOCK_TAI:
        return true;
    }
    return false;
}

/* Clocks of processes and threads have negative numbers, made of theirs.  */
static bool cpu_clock(struct call *c, int64_t clock, clockid_t *host)
{
    enum { KIND = 3, SCHED = 2, PER_THREAD = 4 };
    int64_t id = ~(clock >> 3);
    if ((clock & KIND) != SCHED)
        return false;
    *host = clock & PER_THREAD ? CLOCK_THREAD_CPUTIME_ID : CLOCK_PROCESS_CPUTIME_ID;
    if (id == 0 || id == (clock & PER_THREAD ? c->t->tid : c->p->pid))
        return true;
    return clock & PER_THREAD && thread_clock(c->p, id, host);
}

/* The host's clock for the box's number: 0 or -errno.  */
static long clock_host(struct call *c, clockid_t *host)
{
    *host = (clockid_t)c->a[0].i;
    return clock_known(*host) || (*host < 0 && cpu_clock(c, *host, host)) ? 0 : -EINVAL;
}

/* The C library asks the host's vDSO, where the kernel has one for the clock: no call of the host.  */
long sys_clock_gettime(struct call *c)
{
    struct timespec ts;
    clockid_t clock;
    long err = clock_host(c, &clock);
    if (err)
        return err;
    if (clock_gettime(clock, &ts) != 0)
        return -errno;
    *(struct box_timespec *)c->a[1].ptr = (struct box_timespec){ts.tv_sec, ts.tv_nsec};
    return 0;
}

long sys_clock_getres(struct call *c)
{
    struct timespec ts;
    clockid_t clock;
    long err = clock_host(c, &clock);
    if (err)
        return err;
    if (clock_getres(clock, &ts) != 0)
        return -errno;
    if (c->a[1].ptr)
        *(struct box_timespec *)c->a[1].ptr = (struct box_timespec){ts.tv_sec, ts.tv_nsec};
    return 0;
}

/* What is left goes to the box only when a relative sleep was interrupted.  */
static long sleep_on(struct call *c, clockid_t clock, int flags, const struct box_timespec *want,
                     struct box_timespec *left)
{
    struct timespec req = time_to_host(want), rem = req;
    /* A relative sleep that goes on after a signal without a handler ends when it would have.  */
    if (!flags && time_valid(want))
        req = call_left(call_deadline(c->t, &req));
    long err = host_call(c->t, SYS_clock_nanosleep, clock, flags, (long)&req, (long)&rem, 0, 0);
    if (left && err == -EINTR && !flags) {
        *left = (struct box_timespec){rem.tv_sec, rem.tv_nsec};
        c->out = true;
    }
    return err;
}

/* The structure is the caller's as it was, unless it is written.  */
static struct box_timespec *keep(struct call *c, int i)
{
    struct box_timespec *t = c->a[i].ptr;
    c->a[i].ptr = NULL;
    return t;
}

long sys_clock_nanosleep(struct call *c)
{
    struct box_timespec *left = keep(c, 3);
    if (!clock_known(c->a[0].i) || c->a[0].i == CLOCK_THREAD_CPUTIME_ID)
        return -EINVAL;
    long err = sleep_on(c, (clockid_t)c->a[0].i, (int)c->a[1].u & TIMER_ABSTIME, c->a[2].ptr, left);
    if (c->out)
        c->a[3].ptr = left;
    return err;
}

long sys_nanosleep(struct call *c)
{
    struct box_timespec *left = keep(c, 1);
    long err = sleep_on(c, CLOCK_REALTIME, 0, c->a[0].ptr, left);
    if (c->out)
        c->a[1].ptr = left;
    return err;
}

long sys_gettimeofday(struct call *c)
{
    struct timespec ts;
    if (clock_gettime(CLOCK_REALTIME, &ts) != 0)
        return -errno;
    if (c->a[0].ptr)
        *(struct box_timeval *)c->a[0].ptr = (struct box_timeval){ts.tv_sec, ts.tv_nsec / 1000};
    return 0;
}

long sys_times(struct call *c)
{
    struct tms t;
    clock_t now = times(&t);
    if (c->a[0].ptr)
        *(struct box_tms *)c->a[0].ptr =
            (struct box_tms){t.tms_utime, t.tms_stime, t.tms_cutime, t.tms_cstime};
    return now;
}

long sys_getrusage(struct call *c)
{
    struct rusage r;
    struct box_rusage *b = c->a[1].ptr;
    if (getrusage((int)c->a[0].i, &r) != 0)
        return -errno;
    b->utime = (struct box_timeval){r.ru_utime.tv_sec, r.ru_utime.tv_usec};
    b->stime = (struct box_timeval){r.ru_stime.tv_sec, r.ru_stime.tv_usec};
    b->maxrss = r.ru_maxrss;
    b->minflt = r.ru_minflt;
    b->majflt = r.ru_majflt;
    b->inblock = r.ru_inblock;
    b->oublock = r.ru_oublock;
    b->nvcsw = r.ru_nvcsw;
    b->nivcsw = r.ru_nivcsw;
    return 0;
}
