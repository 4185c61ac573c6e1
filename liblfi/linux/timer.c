/* Timers of a process: setitimer, alarm, timer_create.
   SPDX-License-Identifier: Apache-2.0

   The engine's watcher (limits.c) looks at them: it sends what is due and sleeps until the next one
   is.  The kernel's own timers are not used: they would be the host process's.  Those on processor
   time are looked at again when all processors together could have used up what is left.  */
#include "config.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "liblfi/linux/linux.h"

enum { US = 1000000, MAX_TIMERS = 1024, CPU_STEP = 1000000 /* ns */ };
enum { ITIMER_OF_REAL, ITIMER_OF_VIRTUAL, ITIMER_OF_PROF, ITIMERS };
enum { NO_ID = -1 }; /* of setitimer's */
#define NEVER UINT64_MAX

/* What its time is counted by.  */
enum timer_clock { BY_HOST, BY_THREAD, BY_PROCESS };

struct timer {
    struct timer *next;
    int id;
    enum timer_clock by;
    clockid_t clock;       /* of the host, but for BY_PROCESS */
    uint64_t at, interval; /* ns; 0: not set, once */
    int notify, signo, tid;
    uint64_t value;
    int overrun, last_overrun; /* of the signal that is queued, of the last one delivered */
};

/* Times.  */

/* In the lock.  */
static uint64_t clock_now(struct LFILinuxProc *p, const struct timer *t)
{
    return t->by == BY_PROCESS ? proc_cpu_locked(p) : clock_ns(t->clock);
}

/* What is too far away never comes.  */
static uint64_t sum(uint64_t a, uint64_t b)
{
    return a > NEVER - 1 - b ? NEVER - 1 : a + b;
}

static uint64_t ns_of(const struct box_timespec *t)
{
    struct timespec host = time_to_host(t);
    return time_ns(&host);
}

static struct box_timespec timespec_of(uint64_t ns)
{
    return (struct box_timespec){(int64_t)(ns / NS), (int64_t)(ns % NS)};
}

static struct box_itimerspec time_of(struct LFILinuxProc *p, const struct timer *t)
{
    uint64_t now = t && t->at ? clock_now(p, t) : 0;
    /* One that is due has not gone off yet.  */
    uint64_t left = !t || !t->at ? 0 : t->at > now ? t->at - now : 1;
    return (struct box_itimerspec){timespec_of(t ? t->interval : 0), timespec_of(left)};
}

/* Going off.  In the lock.  */

static void add_overrun(struct timer *t, uint64_t times)
{
    uint64_t n = (uint64_t)t->overrun + times;
    t->overrun = n < INT32_MAX ? (int)n : INT32_MAX;
}

static void go_off(struct LFILinuxProc *p, struct timer *t, uint64_t times)
{
    struct LFILinuxThread *to = t->notify == BOX_SIGEV_THREAD_ID ? thread_by_tid(p, t->tid) : NULL;
    struct box_siginfo info = {.signo = t->signo, .code = SI_KERNEL};
    if (t->notify == BOX_SIGEV_NONE || (t->notify == BOX_SIGEV_THREAD_ID && !to))
        return;
    if (t->id != NO_ID) {
        info.code = BOX_SI_TIMER;
        info.u.timer.id = t->id;
        info.u.timer.value = t->value;
        bool queued = signal_timer_queued(p, to, t->signo, t->id);
        add_overrun(t, queued ? times : times - 1);
        if (queued)
            return;
    }
    signal_send_locked(p, to, NULL, &info);
}

static struct timer *find(struct LFILinuxProc *p, int64_t id)
{
    struct timer *t = p->timers;
    while (t && (t->id != id || id == NO_ID))
        t = t->next;
    return t;
}

int timer_overrun(struct LFILinuxProc *p, int id)
{
    struct timer *t = find(p, id);
    if (!t)
        return 0;
    t->last_overrun = t->overrun;
    t->overrun = 0;
    return t->last_overrun;
}

/* ns until it has to be looked at again.  */
static uint64_t look_at(struct LFILinuxProc *p, struct timer *t)
{
    if (!t->at)
        return NEVER;
    uint64_t now = clock_now(p, t);
    if (now >= t->at) {
        uint64_t times = t->interval ? (now - t->at) / t->interval + 1 : 1;
        t->at = t->interval ? sum(t->at, times * t->interval) : 0;
        go_off(p, t, times);
    }
    if (!t->at)
        return NEVER;
    uint64_t left = t->at - now;
    if (t->by == BY_HOST)
        return left;
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    left /= (uint64_t)(processors > 0 ? processors : 1);
    return left > CPU_STEP ? left : CPU_STEP;
}

uint64_t timers_look(struct LFILinuxProc *p, uint64_t now)
{
    uint64_t next = NEVER;
    pthread_mutex_lock(&p->lock);
    for (struct timer *t = p->timers; t; t = t->next) {
        uint64_t left = look_at(p, t), at = left == NEVER ? NEVER : sum(now, left);
        next = at < next ? at : next;
    }
    pthread_mutex_unlock(&p->lock);
    return next;
}

void timers_free(struct LFILinuxProc *p)
{
    for (struct timer *t = p->timers, *next; t; t = next) {
        next = t->next;
        free(t);
    }
    p->timers = NULL;
    p->next_timer = 0;
    memset(p->itimer, 0, sizeof p->itimer);
}

/* Making them.  */

static struct timer *new_timer(struct LFILinuxProc *p, int id)
{
    unsigned n = 0;
    for (struct timer *t = p->timers; t; t = t->next)
        n++;
    struct timer *t = n < MAX_TIMERS ? calloc(1, sizeof *t) : NULL;
    if (!t)
        return NULL;
    t->id = id;
    t->next = p->timers;
    p->timers = t;
    return t;
}

/* Relative to now, or absolute; what it was goes into *old.  In the lock.  */
static void set(struct LFILinuxProc *p, struct timer *t, const struct box_itimerspec *to,
                bool absolute, struct box_itimerspec *old)
{
    uint64_t value = ns_of(&to->value);
    *old = time_of(p, t);
    t->interval = ns_of(&to->interval);
    t->at = !value ? 0 : absolute ? value : sum(clock_now(p, t), value);
    t->overrun = 0;
}

static bool ready(struct LFILinuxProc *p, const struct box_itimerspec *to)
{
    return (!to->value.sec && !to->value.nsec) || watch_poke(p);
}

/* setitimer's.  */

static struct timer *itimer(struct LFILinuxProc *p, int which)
{
    static const int signals[ITIMERS] = {SIGALRM, SIGVTALRM, SIGPROF};
    if (p->itimer[which])
        return p->itimer[which];
    struct timer *t = p->itimer[which] = new_timer(p, NO_ID);
    if (!t)
        return NULL;
    t->by = which == ITIMER_OF_REAL ? BY_HOST : BY_PROCESS;
    t->clock = CLOCK_MONOTONIC;
    t->signo = signals[which];
    return t;
}

static long set_itimer(struct LFILinuxProc *p, int which, const struct box_itimerspec *to,
                       struct box_itimerspec *old)
{
    pthread_mutex_lock(&p->lock);
    struct timer *t = itimer(p, which);
    if (t)
        set(p, t, to, false, old);
    pthread_mutex_unlock(&p->lock);
    return !t ? -ENOMEM : ready(p, to) ? 0 : -EAGAIN;
}

static bool timeval_valid(const struct box_timeval *t)
{
    return t->sec >= 0 && t->usec >= 0 && t->usec < US;
}

static struct box_timespec from_timeval(const struct box_timeval *t)
{
    return (struct box_timespec){t->sec, t->usec * (NS / US)};
}

static struct box_itimerval to_timevals(const struct box_itimerspec *s)
{
    enum { NS_PER_US = NS / US };
    struct box_itimerval v = {{s->interval.sec, s->interval.nsec / NS_PER_US},
                              {s->value.sec, s->value.nsec / NS_PER_US}};
    /* Not 0, which means that it is not set.  */
    if (!v.value.sec && !v.value.usec && s->value.nsec)
        v.value.usec = 1;
    return v;
}

long sys_setitimer(struct call *c)
{
    const struct box_itimerval *to = c->a[1].ptr;
    struct box_itimerspec spec = {{0, 0}, {0, 0}}, old;
    int64_t which = c->a[0].i;
    if (to && (!timeval_valid(&to->value) || !timeval_valid(&to->interval)))
        return -EINVAL;
    if (which < 0 || which >= ITIMERS)
        return -EINVAL;
    if (to)
        spec = (struct box_itimerspec){from_timeval(&to->interval), from_timeval(&to->value)};
    long err = set_itimer(c->p, (int)which, &spec, &old);
    if (!err && c->a[2].ptr)
        *(struct box_itimerval *)c->a[2].ptr = to_timevals(&old);
    return err;
}

long sys_getitimer(struct call *c)
{
    int64_t which = c->a[0].i;
    if (which < 0 || which >= ITIMERS)
        return -EINVAL;
    pthread_mutex_lock(&c->p->lock);
    struct box_itimerspec now = time_of(c->p, c->p->itimer[which]);
    pthread_mutex_unlock(&c->p->lock);
    *(struct box_itimerval *)c->a[1].ptr = to_timevals(&now);
    return 0;
}

/* The seconds that were left, rounded, but not to 0.  */
long sys_alarm(struct call *c)
{
    struct box_itimerspec spec = {{0, 0}, {(int64_t)(uint32_t)c->a[0].u, 0}}, old;
    long err = set_itimer(c->p, ITIMER_OF_REAL, &spec, &old);
    if (err)
        return err;
    bool up = old.value.nsec >= NS / 2 || (!old.value.sec && old.value.nsec);
    return old.value.sec + up;
}

/* timer_create's.  */

static long timer_clock(struct call *c, struct timer *t)
{
    int64_t clock = c->a[0].i;
    t->clock = (clockid_t)clock;
    switch (clock) {
    case CLOCK_REALTIME:
    case CLOCK_MONOTONIC:
    case CLOCK_BOOTTIME:
    case CLOCK_TAI:
        t->by = BY_HOST;
        return 0;
    case CLOCK_PROCESS_CPUTIME_ID:
        t->by = BY_PROCESS;
        return 0;
    case CLOCK_THREAD_CPUTIME_ID:
        t->by = BY_THREAD;
        return pthread_getcpuclockid(c->t->host, &t->clock) == 0 ? 0 : -EINVAL;
    default:
        return -EINVAL;
    }
}

/* Without one, SIGALRM with the timer's number.  */
static long timer_event(struct call *c, const struct box_sigevent *e, struct timer *t)
{
    t->notify = e ? e->notify : BOX_SIGEV_SIGNAL;
    t->signo = e ? e->signo : SIGALRM;
    t->value = e ? e->value : (uint64_t)t->id;
    t->tid = e ? e->tid : 0;
    if (t->notify != BOX_SIGEV_SIGNAL && t->notify != BOX_SIGEV_NONE
        && t->notify != BOX_SIGEV_THREAD_ID)
        return -EINVAL;
    if (t->notify == BOX_SIGEV_THREAD_ID && !thread_by_tid(c->p, t->tid))
        return -EINVAL;
    return t->notify != BOX_SIGEV_NONE && (t->signo < 1 || t->signo > BOX_NSIG) ? -EINVAL : 0;
}

static void remove_timer(struct LFILinuxProc *p, struct timer *t)
{
    struct timer **link = &p->timers;
    while (*link != t)
        link = &(*link)->next;
    *link = t->next;
    free(t);
}

long sys_timer_create(struct call *c)
{
    struct LFILinuxProc *p = c->p;
    pthread_mutex_lock(&p->lock);
    struct timer *t = new_timer(p, p->next_timer);
    long err = t ? timer_clock(c, t) : -EAGAIN;
    if (!err)
        err = timer_event(c, c->a[1].ptr, t);
    if (!err)
        p->next_timer = (p->next_timer + 1) & INT32_MAX;
    else if (t)
        remove_timer(p, t);
    if (!err)
        ((struct box_id *)c->a[2].ptr)->value = (uint32_t)t->id;
    pthread_mutex_unlock(&p->lock);
    return err;
}

long sys_timer_settime(struct call *c)
{
    const struct box_itimerspec *to = c->a[2].ptr;
    struct box_itimerspec old;
    if (!to || !time_valid(&to->value) || !time_valid(&to->interval))
        return -EINVAL;
    pthread_mutex_lock(&c->p->lock);
    struct timer *t = find(c->p, c->a[0].i);
    if (t)
        set(c->p, t, to, c->a[1].u & TIMER_ABSTIME, &old);
    pthread_mutex_unlock(&c->p->lock);
    if (!t)
        return -EINVAL;
    if (c->a[3].ptr)
        *(struct box_itimerspec *)c->a[3].ptr = old;
    return ready(c->p, to) ? 0 : -EAGAIN;
}

long sys_timer_gettime(struct call *c)
{
    pthread_mutex_lock(&c->p->lock);
    struct timer *t = find(c->p, c->a[0].i);
    if (t)
        *(struct box_itimerspec *)c->a[1].ptr = time_of(c->p, t);
    pthread_mutex_unlock(&c->p->lock);
    return t ? 0 : -EINVAL;
}

long sys_timer_getoverrun(struct call *c)
{
    pthread_mutex_lock(&c->p->lock);
    struct timer *t = find(c->p, c->a[0].i);
    long n = t ? t->last_overrun : -EINVAL;
    pthread_mutex_unlock(&c->p->lock);
    return n;
}

long sys_timer_delete(struct call *c)
{
    pthread_mutex_lock(&c->p->lock);
    struct timer *t = find(c->p, c->a[0].i);
    if (t)
        remove_timer(c->p, t);
    pthread_mutex_unlock(&c->p->lock);
    return t ? 0 : -EINVAL;
}
