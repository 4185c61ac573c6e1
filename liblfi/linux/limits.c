/* Limits of a process: memory, threads, files, output, processor time, time.
   SPDX-License-Identifier: Apache-2.0

   Memory is counted by the core, threads and files where they are made.  Output is counted here,
   before it is written.  For limits of time, and timers (timer.c), an engine has one thread, which
   sleeps until the next one can be reached.  Processor time passes at most as fast as all
   processors of the machine together, so it is looked at again when they could have used up what
   was left.  */
#include "config.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "liblfi/linux/linux.h"

#define MS UINT64_C(1000000)
#define NEVER UINT64_MAX

enum {
    WATCHER_STACK = 256 << 10,
    SHORTEST_LOOK = 5,  /* ms between two looks at the processor time */
    SHORTEST_IDLE = 100 /* and if it did not pass in between */
};

bool limits_ok(const struct LFILimits *l)
{
    if (l->threads > LX_MAX_THREADS)
        return lx_fail(LFI_ERR_ARG, "limit of %u threads: give at most %d", l->threads,
                       LX_MAX_THREADS);
    if (l->files > LX_MAX_FDS)
        return lx_fail(LFI_ERR_ARG, "limit of %u files: give at most %d", l->files, LX_MAX_FDS);
    if (l->cpu > UINT64_MAX / MS / 2 || l->wall > UINT64_MAX / MS / 2)
        return lx_fail(LFI_ERR_ARG, "a limit of time is too large");
    if (l->fuel > LFI_FUEL_MAX)
        return lx_fail(LFI_ERR_ARG, "a limit of %llu instructions is too large",
                       (unsigned long long)l->fuel);
    return true;
}

void limits_set(struct LFILinuxProc *p, const struct LFILimits *l)
{
    p->limits = *l;
    if (!l->threads)
        p->limits.threads = LX_MAX_THREADS;
    if (!l->files)
        p->limits.files = LX_MAX_FDS;
    lfi_box_set_memory_limit(p->box, l->memory);
}

static void show(struct LFILinuxProc *p, int resource, uint64_t limit)
{
    p->rlimit[resource] = (struct box_rlimit){limit, limit};
}

void limits_show(struct LFILinuxProc *p)
{
    const struct LFILimits *l = &p->limits;
    show(p, BOX_RLIMIT_NPROC, l->threads);
    show(p, BOX_RLIMIT_NOFILE, l->files);
    show(p, BOX_RLIMIT_AS, l->memory ? l->memory : UINT64_MAX);
    show(p, BOX_RLIMIT_CPU, l->cpu ? (l->cpu + 999) / 1000 : UINT64_MAX);
}

/* Output.  */

/* Pipes that the program made itself and emulated devices do not count.  */
static bool counts(const struct LFILinuxProc *p, const struct file *f)
{
    return p->limits.output && (f->std || f->mount);
}

uint64_t output_begin(struct call *c, struct file *f, uint64_t n)
{
    struct LFILinuxProc *p = c->p;
    unsigned long long now = atomic_load(&p->output), may;
    if (f->use == USE_MEMORY)
        return memory_file_begin(c, n);
    if (!counts(p, f))
        return n;
    do {
        uint64_t left = now < p->limits.output ? p->limits.output - now : 0;
        may = n < left ? n : left;
    } while (!atomic_compare_exchange_weak(&p->output, &now, now + may));
    return may;
}

long output_end(struct call *c, struct file *f, uint64_t n, uint64_t may, long done)
{
    uint64_t written = done > 0 ? (uint64_t)done : 0;
    if (f->use == USE_MEMORY) {
        memory_file_end(c, f, may);
        return n && !may ? -ENOSPC : done;
    }
    if (!counts(c->p, f))
        return done;
    atomic_fetch_sub(&c->p->output, may - written);
    if (may < n && written == may)
        proc_end_reason(c->p, c->t, LFI_ENDED_OUTPUT);
    return done;
}

bool output_reserve(struct call *c, struct file *f, uint64_t n)
{
    uint64_t may = output_begin(c, f, n);
    if (may < n && f->use == USE_MEMORY)
        memory_file_end(c, f, may);
    else if (may < n)
        atomic_fetch_sub(&c->p->output, may);
    return may == n;
}

/* Time.  */

static uint64_t earlier(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* When the processor time of p is to be looked at next.  */
static uint64_t look_at_cpu(struct LFILinuxProc *p, uint64_t now)
{
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    uint64_t used = proc_cpu(p), limit = p->limits.cpu * MS;
    if (used >= limit) {
        proc_end_reason(p, NULL, LFI_ENDED_CPU);
        return NEVER;
    }
    uint64_t step = (limit - used) / (uint64_t)(processors > 0 ? processors : 1);
    uint64_t shortest = (used == p->cpu_seen ? SHORTEST_IDLE : SHORTEST_LOOK) * MS;
    p->cpu_seen = used;
    return now + (step < shortest ? shortest : step);
}

/* Ends p if its time is over; else when to look again.  */
static uint64_t look_at(struct LFILinuxProc *p, uint64_t now)
{
    if (atomic_load(&p->ending))
        return NEVER;
    if (now >= p->wall_end) {
        proc_end_reason(p, NULL, LFI_ENDED_WALL);
        return NEVER;
    }
    if (p->limits.cpu && now >= p->cpu_look)
        p->cpu_look = look_at_cpu(p, now);
    return earlier(timers_look(p, now), earlier(p->wall_end, p->limits.cpu ? p->cpu_look : NEVER));
}

static void wait_until(struct LFILinuxEngine *lx, uint64_t at)
{
    struct timespec ts = {(time_t)(at / NS), (long)(at % NS)};
    if (at == NEVER)
        pthread_cond_wait(&lx->watch_change, &lx->watch_lock);
    else
        pthread_cond_timedwait(&lx->watch_change, &lx->watch_lock, &ts);
}

static void *watch(void *arg)
{
    struct LFILinuxEngine *lx = arg;
    pthread_mutex_lock(&lx->watch_lock);
    while (!lx->watch_quit) {
        uint64_t now = clock_ns(CLOCK_MONOTONIC), next = NEVER;
        for (struct LFILinuxProc *p = lx->watched; p; p = p->next_watched)
            next = earlier(next, look_at(p, now));
        wait_until(lx, next);
    }
    pthread_mutex_unlock(&lx->watch_lock);
    return NULL;
}

/* Signals of the host are not for this thread.  */
static bool start_watcher(struct LFILinuxEngine *lx)
{
    pthread_attr_t attr;
    sigset_t all, old;
    if (pthread_attr_init(&attr) != 0)
        return false;
    sigfillset(&all);
    pthread_attr_setstacksize(&attr, WATCHER_STACK);
    pthread_sigmask(SIG_SETMASK, &all, &old);
    lx->watching = pthread_create(&lx->watcher, &attr, watch, lx) == 0;
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    pthread_attr_destroy(&attr);
    return lx->watching;
}

bool watch_begin(struct LFILinuxProc *p)
{
    struct LFILinuxEngine *lx = p->lx;
    uint64_t now = clock_ns(CLOCK_MONOTONIC);
    p->wall_end = p->limits.wall ? now + p->limits.wall * MS : NEVER;
    pthread_mutex_lock(&lx->watch_lock);
    bool ok = lx->watching || (!p->limits.cpu && !p->limits.wall) || start_watcher(lx);
    if (ok) {
        p->next_watched = lx->watched;
        lx->watched = p;
        pthread_cond_signal(&lx->watch_change);
    }
    pthread_mutex_unlock(&lx->watch_lock);
    return ok || lx_fail(LFI_ERR_ALLOC, "no thread to look after limits of time");
}

bool watch_poke(struct LFILinuxProc *p)
{
    struct LFILinuxEngine *lx = p->lx;
    pthread_mutex_lock(&lx->watch_lock);
    bool ok = lx->watching || start_watcher(lx);
    pthread_cond_signal(&lx->watch_change);
    pthread_mutex_unlock(&lx->watch_lock);
    return ok;
}

void watch_end(struct LFILinuxProc *p)
{
    struct LFILinuxEngine *lx = p->lx;
    pthread_mutex_lock(&lx->watch_lock);
    for (struct LFILinuxProc **link = &lx->watched; *link; link = &(*link)->next_watched)
        if (*link == p) {
            *link = p->next_watched;
            break;
        }
    pthread_mutex_unlock(&lx->watch_lock);
}

void watch_init(struct LFILinuxEngine *lx)
{
    pthread_condattr_t attr;
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&lx->watch_change, &attr);
    pthread_condattr_destroy(&attr);
    pthread_mutex_init(&lx->watch_lock, NULL);
}

void watch_free(struct LFILinuxEngine *lx)
{
    pthread_mutex_lock(&lx->watch_lock);
    lx->watch_quit = true;
    pthread_cond_signal(&lx->watch_change);
    pthread_mutex_unlock(&lx->watch_lock);
    if (lx->watching)
        pthread_join(lx->watcher, NULL);
    pthread_mutex_destroy(&lx->watch_lock);
    pthread_cond_destroy(&lx->watch_change);
}
