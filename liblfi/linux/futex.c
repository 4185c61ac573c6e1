/* Futexes whose words the kernel would write: locks that know their owner, by its thread number,
   and what becomes of a thread's locks when it ends. SPDX-License-Identifier: Apache-2.0

   The numbers are the box's, so the kernel cannot do it.  What is missing is the priority that a
   waiter lends to the owner; boxes have no priorities.  */
#include "config.h"

#include <errno.h>
#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "liblfi/core/internal.h"
#include "liblfi/linux/linux.h"

enum { MAX_ROBUST = 2048 }; /* entries of a list, as the kernel has it */

/* The word, or UINT64_MAX.  */
static uint64_t load(struct LFILinuxProc *p, lfiptr word)
{
    uint32_t value;
    return lfi_box_copyfm(p->box, &value, word, sizeof value) ? value : UINT64_MAX;
}

/* Wakes one.  */
static void wake(lfiptr word, int flags)
{
    syscall(SYS_futex, (void *)word, FUTEX_WAKE | flags, 1, NULL, NULL, 0);
}

/* One look at the lock: 0 if it is the caller's now, -EAGAIN to look again, 1 to wait until it is
   not *value any more, or another error.  */
static long try_lock(struct call *c, lfiptr word, bool waited, uint32_t *value)
{
    uint64_t seen = load(c->p, word);
    if (seen == UINT64_MAX)
        return -EFAULT;
    uint32_t now = (uint32_t)seen, owner = now & FUTEX_TID_MASK, tid = (uint32_t)c->t->tid;
    uint32_t kept = (now & (FUTEX_WAITERS | FUTEX_OWNER_DIED)) | (waited ? FUTEX_WAITERS : 0);
    *value = now | FUTEX_WAITERS;
    if (owner == tid)
        return -EDEADLK;
    if (owner && !thread_exists(c->p, owner))
        return -ESRCH;
    if (owner && now & FUTEX_WAITERS)
        return 1;
    uint64_t old = lfi_box_cas(c->p->box, word, now, owner ? *value : kept | tid);
    if (old == UINT64_MAX)
        return -EFAULT;
    return old != now ? -EAGAIN : owner != 0;
}

/* Another thread of the box can keep the word from ever being still: the process's end is noticed.
 */
static long lock_pi(struct call *c, int flags, bool try, const struct timespec *limit)
{
    lfiptr word = (lfiptr)c->a[0].ptr;
    uint32_t value;
    bool waited = false;
    for (;;) {
        long r = try_lock(c, word, waited, &value);
        if (r == -EAGAIN && !atomic_load(&c->p->ending))
            continue;
        if (r <= 0)
            return r == -EAGAIN ? -EINTR : r;
        if (try)
            return -EAGAIN;
        r = host_call(c->t, SYS_futex, (long)word, FUTEX_WAIT_BITSET | FUTEX_CLOCK_REALTIME | flags,
                      value, (long)limit, 0, (long)FUTEX_BITSET_MATCH_ANY);
        if (r < 0 && r != -EAGAIN)
            return r;
        waited = true;
    }
}

static long unlock_pi(struct call *c, int flags)
{
    lfiptr word = (lfiptr)c->a[0].ptr;
    uint64_t now, old;
    do {
        now = load(c->p, word);
        if (now == UINT64_MAX)
            return -EFAULT;
        if ((now & FUTEX_TID_MASK) != (uint32_t)c->t->tid)
            return -EPERM;
        old = lfi_box_cas(c->p->box, word, (uint32_t)now, 0);
    } while (old != now && old != UINT64_MAX && !atomic_load(&c->p->ending));
    if (old == UINT64_MAX)
        return -EFAULT;
    wake(word, flags);
    return 0;
}

long futex_pi(struct call *c, int op, int flags)
{
    struct box_timespec box;
    struct timespec limit;
    bool timed = op == BOX_FUTEX_LOCK_PI && c->raw[3];
    if (op != BOX_FUTEX_LOCK_PI && op != BOX_FUTEX_UNLOCK_PI && op != BOX_FUTEX_TRYLOCK_PI)
        return -ENOSYS;
    if (flags & BOX_FUTEX_CLOCK_REALTIME)
        return -ENOSYS;
    if (timed && copy_in(c, &box, c->raw[3], sizeof box) != 0)
        return -EFAULT;
    long err = limit_of(timed ? &box : NULL, &limit);
    if (err)
        return err;
    return op == BOX_FUTEX_UNLOCK_PI
               ? unlock_pi(c, flags)
               : lock_pi(c, flags, op == BOX_FUTEX_TRYLOCK_PI, timed ? &limit : NULL);
}

/* The end of a thread.  */

/* A lock that the thread has becomes one whose owner died.  pending: it may just have given it
   up.  */
static void owner_died(struct LFILinuxThread *t, lfiptr word, bool pending)
{
    uint64_t now = load(t->proc, word), old = now;
    do {
        now = old;
        if (now == UINT64_MAX || atomic_load(&t->proc->ending))
            return;
        if (pending && now == 0)
            break;
        if ((now & FUTEX_TID_MASK) != (uint32_t)t->tid)
            return;
        old = lfi_box_cas(t->proc->box, word, (uint32_t)now,
                          (uint32_t)(now & FUTEX_WAITERS) | FUTEX_OWNER_DIED);
    } while (old != now);
    if (now & FUTEX_WAITERS || now == 0)
        wake(word, 0);
}

/* Entries have a bit for locks of the kind above, which are treated alike.  */
static void entry_died(struct LFILinuxThread *t, const struct box_robust_list *list, uint64_t entry,
                       bool pending)
{
    uint64_t at = (entry & ~UINT64_C(1)) + (uint64_t)list->offset;
    lfiptr word = lfi_box_l2p(t->proc->box, at);
    if (word % 4 == 0)
        owner_died(t, word, pending);
}

/* The list is the box's: it may lead anywhere, and have no end.  */
void robust_exit(struct LFILinuxThread *t)
{
    struct LFIBox *box = t->proc->box;
    struct box_robust_list list;
    lfiptr head = lfi_box_l2p(box, t->robust_list);
    if (!t->robust_list || !lfi_box_copyfm(box, &list, head, sizeof list))
        return;
    uint64_t entry = list.next;
    for (int n = 0; n < MAX_ROBUST; n++) {
        lfiptr at = lfi_box_l2p(box, entry & ~UINT64_C(1));
        uint64_t next;
        if (at == head)
            break;
        /* Before the lock is given away, and with it the entry.  */
        bool more = lfi_box_copyfm(box, &next, at, sizeof next);
        if (entry != list.pending)
            entry_died(t, &list, entry, false);
        if (!more)
            return;
        entry = next;
    }
    if (list.pending)
        entry_died(t, &list, list.pending, true);
}
