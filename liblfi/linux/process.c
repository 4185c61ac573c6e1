/* System calls on the process, its user and the system.
   SPDX-License-Identifier: Apache-2.0  */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "liblfi/linux/linux.h"

long sys_exit(struct call *c)
{
    c->t->leaving = true;
    c->t->code = (int)c->a[0].i & 0xff;
    return 0;
}

long sys_exit_group(struct call *c)
{
    proc_end_exit(c->t, (int)c->a[0].i & 0xff);
    return 0;
}

long sys_getpid(struct call *c)
{
    return c->p->pid;
}

long sys_getppid(struct call *c)
{
    (void)c;
    return BOX_INIT_PID;
}

long sys_gettid(struct call *c)
{
    return c->t->tid;
}

static long own_group(const struct call *c)
{
    return c->a[0].i == 0 || c->a[0].i == c->p->pid ? c->p->pid : -ESRCH;
}

long sys_getpgid(struct call *c)
{
    return own_group(c);
}

long sys_getsid(struct call *c)
{
    return own_group(c);
}

long sys_getuid(struct call *c)
{
    (void)c;
    return BOX_UID;
}

long sys_getgid(struct call *c)
{
    (void)c;
    return BOX_GID;
}

static long three_ids(struct call *c, uint32_t id)
{
    for (int i = 0; i < 3; i++)
        ((struct box_id *)c->a[i].ptr)->value = id;
    return 0;
}

long sys_getresuid(struct call *c)
{
    return three_ids(c, BOX_UID);
}

long sys_getresgid(struct call *c)
{
    return three_ids(c, BOX_GID);
}

/* True if all of the first n arguments are the id, or -1 where that means to leave it.  */
static long keep_ids(const struct call *c, int n, uint32_t id)
{
    for (int i = 0; i < n; i++)
        if ((uint32_t)c->a[i].i != id && (n == 1 || (uint32_t)c->a[i].i != UINT32_MAX))
            return n == 1 && (uint32_t)c->a[i].i == UINT32_MAX ? -EINVAL : -EPERM;
    return 0;
}

long sys_setuid(struct call *c)
{
    return keep_ids(c, 1, BOX_UID);
}

long sys_setgid(struct call *c)
{
    return keep_ids(c, 1, BOX_GID);
}

long sys_setreuid(struct call *c)
{
    return keep_ids(c, 2, BOX_UID);
}

long sys_setregid(struct call *c)
{
    return keep_ids(c, 2, BOX_GID);
}

long sys_setresuid(struct call *c)
{
    return keep_ids(c, 3, BOX_UID);
}

long sys_setresgid(struct call *c)
{
    return keep_ids(c, 3, BOX_GID);
}

long sys_getgroups(struct call *c)
{
    return c->a[0].i < 0 ? -EINVAL : 0;
}

long sys_uname(struct call *c)
{
    static const struct box_utsname name = {"Linux",  "box",       "6.1.0",
                                            "#1 lfi", ABI_MACHINE, "(none)"};
    *(struct box_utsname *)c->a[0].ptr = name;
    return 0;
}

long sys_sysinfo(struct call *c)
{
    struct box_sysinfo *b = c->a[0].ptr;
    struct timespec up = {0, 0};
    clock_gettime(CLOCK_BOOTTIME, &up);
    b->uptime = up.tv_sec;
    b->totalram = c->p->limits.memory ? c->p->limits.memory : c->p->info.size;
    b->freeram = b->totalram;
    b->procs = 1;
    b->mem_unit = 1;
    return 0;
}

long sys_getrandom(struct call *c)
{
    long n = syscall(SYS_getrandom, c->a[0].ptr, c->len[0], (unsigned)c->a[2].u);
    return n < 0 ? -errno : n;
}

static bool limit_changes(unsigned resource)
{
    return resource == BOX_RLIMIT_NOFILE || resource == BOX_RLIMIT_STACK
           || resource == BOX_RLIMIT_CORE;
}

long sys_prlimit64(struct call *c)
{
    struct LFILinuxProc *p = c->p;
    const struct box_rlimit *set = c->a[2].ptr;
    struct box_rlimit *old = c->a[3].ptr;
    long err = 0;
    if (c->a[0].i != 0 && c->a[0].i != p->pid)
        return -ESRCH;
    if (c->a[1].i < 0 || c->a[1].i >= BOX_RLIM_NLIMITS)
        return -EINVAL;
    unsigned n = (unsigned)c->a[1].i;
    pthread_mutex_lock(&p->lock);
    struct box_rlimit now = p->rlimit[n];
    if (set && set->cur > set->max)
        err = -EINVAL;
    else if (set && set->max > now.max)
        err = -EPERM;
    else if (set && !limit_changes(n) && (set->cur != now.cur || set->max != now.max))
        err = -EPERM;
    else if (set)
        p->rlimit[n] = *set;
    pthread_mutex_unlock(&p->lock);
    if (old)
        *old = now;
    return err;
}

/* Whether arguments 0 and 1 mean this process: 0 or -errno.  */
static long own_priority(const struct call *c)
{
    enum { PROCESS, GROUP, USER };
    int64_t which = c->a[0].i, who = c->a[1].i;
    if (which < PROCESS || which > USER)
        return -EINVAL;
    bool own = who == 0 || who == (which == USER ? BOX_UID : c->p->pid)
               || (which == PROCESS && who == c->t->tid);
    return own ? 0 : -ESRCH;
}

long sys_getpriority(struct call *c)
{
    /* The kernel answers 20 minus the priority.  */
    long err = own_priority(c);
    return err ? err : 20 - atomic_load(&c->p->nice);
}

long sys_setpriority(struct call *c)
{
    enum { LEAST = -20, MOST = 19 };
    int64_t want = c->a[2].i;
    int nice = want < LEAST ? LEAST : want > MOST ? MOST : (int)want;
    long err = own_priority(c);
    if (err)
        return err;
    if (nice < atomic_load(&c->p->nice))
        return -EACCES;
    atomic_store(&c->p->nice, nice);
    return 0;
}

/* There are no children.  */

#define ANY_CHILD UINT64_C(0xe0000000) /* __WNOTHREAD, __WALL, __WCLONE */

long sys_wait4(struct call *c)
{
    enum { NOHANG = 1, UNTRACED = 2, CONTINUED = 8 };
    if (c->a[2].u & ~(NOHANG | UNTRACED | CONTINUED | ANY_CHILD))
        return -EINVAL;
    return c->a[0].i == INT32_MIN ? -ESRCH : -ECHILD;
}

long sys_waitid(struct call *c)
{
    enum { ALL, PID, PGID, NOHANG = 1, STOPPED = 2, EXITED = 4, CONTINUED = 8 };
    const uint64_t events = STOPPED | EXITED | CONTINUED, more = NOHANG | 0x01000000 | ANY_CHILD;
    int64_t type = c->a[0].i, id = c->a[1].i;
    if (c->a[3].u & ~(events | more) || !(c->a[3].u & events))
        return -EINVAL;
    if (type < ALL || type > PGID || (type == PID && id <= 0) || (type == PGID && id < 0))
        return -EINVAL;
    return -ECHILD;
}

long sys_prctl(struct call *c)
{
    enum {
        GET_DUMPABLE = 3,
        SET_DUMPABLE = 4,
        SET_NAME = 15,
        GET_NAME = 16,
        SET_NNP = 38,
        GET_NNP = 39
    };
    char name[sizeof c->t->name] = {0};
    switch (c->a[0].i) {
    case SET_NAME:
        for (size_t i = 0; i < sizeof name - 1; i++)
            if (copy_in(c, name + i, c->raw[1] + i, 1) != 0)
                return -EFAULT;
            else if (!name[i])
                break;
        memcpy(c->t->name, name, sizeof name);
        return 0;
    case GET_NAME:
        return copy_out(c, c->raw[1], c->t->name, sizeof c->t->name);
    case GET_DUMPABLE:
        return 0;
    case SET_DUMPABLE:
        return c->raw[1] > 1 ? -EINVAL : 0;
    case SET_NNP:
        return c->raw[1] == 1 ? 0 : -EINVAL;
    case GET_NNP:
        return 1;
    }
    return -EINVAL;
}

long sys_membarrier(struct call *c)
{
    enum { QUERY = 0, PRIVATE_EXPEDITED = 1 << 3, REGISTER_PRIVATE_EXPEDITED = 1 << 4 };
    const long known = PRIVATE_EXPEDITED | REGISTER_PRIVATE_EXPEDITED;
    long cmd = c->a[0].i;
    if (c->a[1].u
        || (cmd != QUERY && cmd != PRIVATE_EXPEDITED && cmd != REGISTER_PRIVATE_EXPEDITED))
        return -EINVAL;
    long r = syscall(SYS_membarrier, cmd, 0, 0);
    return r < 0 ? -errno : r & known;
}

long sys_sched_yield(struct call *c)
{
    (void)c;
    return syscall(SYS_sched_yield);
}

/* Whether argument 0 means this process or a thread of it: 0 or -errno.  */
static long own_thread(struct call *c)
{
    int64_t tid = c->a[0].i;
    if (tid < 0)
        return -EINVAL;
    return tid == 0 || tid == c->t->tid || thread_exists(c->p, tid) ? 0 : -ESRCH;
}

long sys_sched_getscheduler(struct call *c)
{
    long err = own_thread(c);
    return err ? err : BOX_SCHED_OTHER;
}

long sys_sched_getparam(struct call *c)
{
    return c->a[1].ptr ? own_thread(c) : -EINVAL;
}

/* What a policy allows: 0 or -errno.  */
static long policy(int64_t policy, uint32_t priority)
{
    switch (policy) {
    case BOX_SCHED_OTHER:
        return priority ? -EINVAL : 0;
    case BOX_SCHED_BATCH:
    case BOX_SCHED_IDLE:
        return priority ? -EINVAL : -EPERM;
    case BOX_SCHED_FIFO:
    case BOX_SCHED_RR:
        return priority >= 1 && priority <= 99 ? -EPERM : -EINVAL;
    }
    return -EINVAL;
}

long sys_sched_setscheduler(struct call *c)
{
    if (c->a[1].i < 0 || !c->a[2].ptr)
        return -EINVAL;
    long err = own_thread(c);
    return err ? err : policy(c->a[1].i, ((struct box_id *)c->a[2].ptr)->value);
}

long sys_sched_setparam(struct call *c)
{
    long err = c->a[1].ptr ? own_thread(c) : -EINVAL;
    return err ? err : policy(BOX_SCHED_OTHER, ((struct box_id *)c->a[1].ptr)->value);
}

static bool real_time(const struct call *c)
{
    return c->a[0].i == BOX_SCHED_FIFO || c->a[0].i == BOX_SCHED_RR;
}

static bool known_policy(const struct call *c)
{
    enum { DEADLINE = 6 };
    return real_time(c) || c->a[0].i == BOX_SCHED_OTHER || c->a[0].i == BOX_SCHED_BATCH
           || c->a[0].i == BOX_SCHED_IDLE || c->a[0].i == DEADLINE;
}

long sys_sched_get_priority_max(struct call *c)
{
    return !known_policy(c) ? -EINVAL : real_time(c) ? 99 : 0;
}

long sys_sched_get_priority_min(struct call *c)
{
    return !known_policy(c) ? -EINVAL : real_time(c);
}

/* The mask must have a processor that the thread can use.  */
long sys_sched_setaffinity(struct call *c)
{
    uint64_t want[16] = {0}, have[16] = {0}, both = 0;
    size_t n = c->a[1].u < sizeof want ? c->a[1].u : sizeof want;
    if (copy_in(c, want, c->raw[2], n) != 0)
        return -EFAULT;
    long err = c->a[0].i < 0 ? -ESRCH : own_thread(c);
    if (err)
        return err;
    if (syscall(SYS_sched_getaffinity, 0, sizeof have, have) < 0)
        return -errno;
    for (size_t i = 0; i < sizeof want / sizeof *want; i++)
        both |= want[i] & have[i];
    return both ? 0 : -EINVAL;
}

long sys_sched_getaffinity(struct call *c)
{
    uint64_t mask[128];
    uint64_t room = c->a[1].u;
    if (room % 8)
        return -EINVAL;
    if (c->a[0].i < 0 || own_thread(c) != 0)
        return -ESRCH;
    long n = syscall(SYS_sched_getaffinity, 0, room < sizeof mask ? room : sizeof mask, mask);
    if (n < 0)
        return -errno;
    long err = copy_out(c, c->raw[2], mask, (size_t)n);
    return err ? err : n;
}

long sys_getcpu(struct call *c)
{
    unsigned cpu, node;
    if (syscall(SYS_getcpu, &cpu, &node, NULL) != 0)
        return -errno;
    if (c->a[0].ptr)
        ((struct box_id *)c->a[0].ptr)->value = cpu;
    if (c->a[1].ptr)
        ((struct box_id *)c->a[1].ptr)->value = node;
    return 0;
}
