/* Futexes, ends of threads, cancellation, thread-local memory: beyond thread.c.
   SPDX-License-Identifier: Apache-2.0  */
#include "show.h"
#include <semaphore.h>

enum {
    WAIT,
    WAKE,
    REQUEUE = 3,
    CMP_REQUEUE,
    WAKE_OP,
    LOCK_PI,
    WAIT_BITSET = 9,
    WAKE_BITSET,
    PRIVATE = 128,
    REALTIME = 256
};

static volatile int word, other, arrived, woken;

static long futex(volatile int *at, int op, unsigned val, const void *limit, volatile int *to,
                  unsigned val3)
{
    return syscall(SYS_futex, at, op, val, limit, to, val3);
}

/* Waits until n threads have begun.  */
static void settle(volatile int *counter, int n)
{
    while (__atomic_load_n(counter, __ATOMIC_SEQ_CST) < n)
        sched_yield();
}

static void *sleeper(void *arg)
{
    int op = (int)(intptr_t)arg;
    __atomic_add_fetch(&arrived, 1, __ATOMIC_SEQ_CST);
    while (__atomic_load_n(&word, __ATOMIC_SEQ_CST) == 0)
        futex(&word, op, 0, NULL, NULL, 1 << 3);
    __atomic_add_fetch(&woken, 1, __ATOMIC_SEQ_CST);
    return NULL;
}

static void values(void)
{
    static int words[4];
    struct timespec t = {0, 1000000}, bad = {0, 1000000000}, past = {1, 0};
    SHOW(futex(&word, WAIT, 1, NULL, NULL, 0));
    SHOW(futex(&word, WAIT | PRIVATE, 1, NULL, NULL, 0));
    SHOW(futex(&word, WAIT, 0, &t, NULL, 0));
    SHOW(futex(&word, WAIT | PRIVATE, 0, &t, NULL, 0));
    SHOW(futex(&word, WAIT, 0, &bad, NULL, 0));
    SHOW(futex(&word, WAIT_BITSET, 0, &past, NULL, -1));
    SHOW(futex(&word, WAIT_BITSET | REALTIME, 0, &past, NULL, -1));
    SHOW(futex(&word, WAIT_BITSET, 0, &past, NULL, 0));
    SHOW(futex(&word, WAKE, 1, NULL, NULL, 0));
    SHOW(futex(&word, WAKE, INT_MAX, NULL, NULL, 0));
    SHOW(futex(&word, WAKE_BITSET, 1, NULL, NULL, 0));
    SHOW(futex(&word, WAKE_BITSET, 1, NULL, NULL, 1));
    SHOW(futex(&word, REQUEUE, 1, (void *)1, &other, 0));
    SHOW(futex(&word, CMP_REQUEUE, 1, (void *)1, &other, 0));
    SHOW(futex(&word, CMP_REQUEUE, 1, (void *)1, &other, 5));
    SHOW(futex(&word, CMP_REQUEUE, -1, (void *)1, &other, 0));
    SHOW(futex(&word, REQUEUE, 1, (void *)1, (int *)((char *)words + 2), 0));
    SHOW(futex((int *)((char *)words + 1), WAKE, 1, NULL, NULL, 0));
    SHOW(futex(&word, 100, 1, NULL, NULL, 0));
}

/* Whether the kernel woke nobody by itself: a waiter that it wakes for a reason of its own sleeps
   again where it first lay down, whatever it had been moved to.  */
static int requeue_undisturbed(void)
{
    enum { N = 6 };
    pthread_t t[N];
    arrived = woken = word = other = 0;
    for (int i = 0; i < N; i++)
        pthread_create(&t[i], NULL, sleeper, (void *)(intptr_t)(WAIT | PRIVATE));
    settle(&arrived, N);
    /* All that sleep are moved; those that come later are moved by the next turn.  */
    int moved = 0;
    while (moved < N) {
        long r = futex(&word, CMP_REQUEUE | PRIVATE, 0, (void *)(long)INT_MAX, &other, 0);
        moved += r > 0 ? (int)r : 0;
        sched_yield();
    }
    long left = futex(&word, WAKE | PRIVATE, INT_MAX, NULL, NULL, 0);
    int woken_early = woken;
    word = 1;
    long two = futex(&other, WAKE | PRIVATE, 2, NULL, NULL, 0);
    long others = futex(&other, REQUEUE | PRIVATE, 1, (void *)(long)INT_MAX, &word, 0);
    long none = futex(&other, WAKE | PRIVATE, INT_MAX, NULL, NULL, 0);
    long rest = futex(&word, WAKE | PRIVATE, INT_MAX, NULL, NULL, 0);
    for (int i = 0; i < N; i++)
        pthread_join(t[i], NULL);
    if (left || two + others != N)
        return 0;
    SHOW(moved);
    SHOW(woken_early);
    SHOW(two);
    SHOW(others);
    SHOW(none);
    SHOW(rest);
    SHOW(woken);
    return 1;
}

static void requeue(void)
{
    for (int tries = 0; tries < 100; tries++)
        if (requeue_undisturbed())
            return;
    puts("requeue: never undisturbed");
}

static void bitsets(void)
{
    pthread_t t;
    arrived = woken = word = 0;
    pthread_create(&t, NULL, sleeper, (void *)(intptr_t)WAIT_BITSET);
    settle(&arrived, 1);
    SHOW(futex(&word, WAKE_BITSET, 1, NULL, NULL, 1 << 4));
    word = 1;
    while (futex(&word, WAKE_BITSET, 1, NULL, NULL, 1 << 3) == 0
           && !__atomic_load_n(&woken, __ATOMIC_SEQ_CST))
        sched_yield();
    SHOW(pthread_join(t, NULL));
    SHOW(woken);
}

/* Many threads, all at once and one after the other.  */
static __thread int local = 5;
static __thread char zeros[3000];
static int sum;

static void *counted(void *arg)
{
    int bad = local != 5;
    for (size_t i = 0; i < sizeof zeros; i++)
        bad += zeros[i] != 0;
    memset(zeros, 1, sizeof zeros);
    local = (int)(intptr_t)arg;
    sched_yield();
    bad += local != (int)(intptr_t)arg;
    __atomic_add_fetch(&sum, local, __ATOMIC_RELAXED);
    return (void *)(intptr_t)bad;
}

static void many(void)
{
    enum { N = 200 };
    static pthread_t t[N];
    pthread_attr_t attr;
    void *r;
    int bad = 0;
    pthread_attr_init(&attr);
    pthread_attr_setstacksize(&attr, 32768);
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < N; i++)
            bad += pthread_create(&t[i], &attr, counted, (void *)(intptr_t)i) != 0;
        for (int i = 0; i < N; i++) {
            bad += pthread_join(t[i], &r) != 0;
            bad += (int)(intptr_t)r;
        }
    }
    SHOW(bad);
    SHOW(sum);
    for (int i = 0; i < 500; i++) {
        bad += pthread_create(&t[0], &attr, counted, (void *)1) != 0;
        bad += pthread_join(t[0], &r) != 0;
    }
    SHOW(bad);
    SHOW(sum);
}

/* Cancellation.  */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t cond = PTHREAD_COND_INITIALIZER;
static int cleaned, fds[2];

static void cleanup(void *arg)
{
    cleaned += (int)(intptr_t)arg;
    if ((intptr_t)arg == 100)
        pthread_mutex_unlock(&lock);
}

static void *waits(void *arg)
{
    pthread_cleanup_push(cleanup, (void *)1);
    pthread_mutex_lock(&lock);
    pthread_cleanup_push(cleanup, (void *)100);
    __atomic_add_fetch(&arrived, 1, __ATOMIC_SEQ_CST);
    for (;;)
        pthread_cond_wait(&cond, &lock);
    pthread_cleanup_pop(0);
    pthread_cleanup_pop(0);
    return arg;
}

static void *tests(void *arg)
{
    __atomic_add_fetch(&arrived, 1, __ATOMIC_SEQ_CST);
    for (;;) {
        pthread_testcancel();
        sched_yield();
    }
    return arg;
}

static void *refuses(void *arg)
{
    int old;
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &old);
    __atomic_add_fetch(&arrived, 1, __ATOMIC_SEQ_CST);
    while (!__atomic_load_n(&word, __ATOMIC_SEQ_CST))
        sched_yield();
    pthread_testcancel();
    pthread_setcancelstate(old, NULL);
    cleaned += 1000;
    pthread_testcancel();
    return arg;
}

static void *cancels_itself(void *arg)
{
    pthread_cancel(pthread_self());
    pthread_testcancel();
    return arg;
}

static void *reads(void *arg)
{
    char c;
    __atomic_add_fetch(&arrived, 1, __ATOMIC_SEQ_CST);
    for (;;)
        read(fds[0], &c, 1);
    return arg;
}

static void *sleeps(void *arg)
{
    __atomic_add_fetch(&arrived, 1, __ATOMIC_SEQ_CST);
    for (;;)
        sleep(1000);
    return arg;
}

static void *joins(void *arg)
{
    __atomic_add_fetch(&arrived, 1, __ATOMIC_SEQ_CST);
    pthread_join(*(pthread_t *)arg, NULL);
    return NULL;
}

static int cancelled(void *(*fn)(void *), void *arg)
{
    pthread_t t;
    void *r = NULL;
    arrived = word = 0;
    if (pthread_create(&t, NULL, fn, arg) != 0)
        return -1;
    settle(&arrived, fn == cancels_itself ? 0 : 1);
    if (fn != cancels_itself)
        pthread_cancel(t);
    word = 1;
    pthread_join(t, &r);
    return r == PTHREAD_CANCELED;
}

static void cancellation(void)
{
    pthread_t idle;
    pipe(fds);
    SHOW(cancelled(waits, NULL));
    SHOW(cleaned);
    SHOW(pthread_mutex_trylock(&lock));
    SHOW(pthread_mutex_unlock(&lock));
    SHOW(cancelled(tests, NULL));
    SHOW(cancelled(refuses, NULL));
    SHOW(cleaned);
    SHOW(cancelled(cancels_itself, NULL));
    pthread_create(&idle, NULL, sleeps, NULL);
    int bad = 0;
    for (int i = 0; i < 20; i++) {
        bad += cancelled(reads, NULL) != 1;
        bad += cancelled(sleeps, NULL) != 1;
        bad += cancelled(joins, &idle) != 1;
        bad += cancelled(waits, NULL) != 1;
    }
    SHOW(bad);
    pthread_cancel(idle);
    SHOW(pthread_join(idle, NULL));
}

/* Locks.  */
static pthread_mutex_t robust;
int shared_value(void);
static pthread_rwlock_t rw = PTHREAD_RWLOCK_INITIALIZER;

static void *dies_with(void *arg)
{
    pthread_mutex_lock(&robust);
    return arg;
}

static void *reader(void *arg)
{
    pthread_rwlock_rdlock(&rw);
    int v = shared_value();
    pthread_rwlock_unlock(&rw);
    return (void *)(intptr_t)v;
}

static volatile int shared;
int shared_value(void)
{
    return shared;
}

static void locks(void)
{
    pthread_t t[4];
    pthread_mutexattr_t attr;
    struct timespec past = {1, 0};
    void *r;
    pthread_mutexattr_init(&attr);
    SHOW(pthread_mutexattr_setrobust(&attr, PTHREAD_MUTEX_ROBUST));
    pthread_mutex_init(&robust, &attr);
    pthread_create(&t[0], NULL, dies_with, NULL);
    pthread_join(t[0], NULL);
    SHOW(pthread_mutex_lock(&robust));
    SHOW(pthread_mutex_consistent(&robust));
    SHOW(pthread_mutex_unlock(&robust));
    SHOW(pthread_mutex_lock(&robust));
    SHOW(pthread_mutex_timedlock(&robust, &past));
    SHOW(pthread_mutex_unlock(&robust));
    pthread_mutexattr_settype(&attr, PTHREAD_MUTEX_ERRORCHECK);
    pthread_mutex_init(&robust, &attr);
    SHOW(pthread_mutex_lock(&robust));
    SHOW(pthread_mutex_lock(&robust));
    SHOW(pthread_mutex_unlock(&robust));
    SHOW(pthread_mutex_unlock(&robust));
    pthread_rwlock_wrlock(&rw);
    for (int i = 0; i < 4; i++)
        pthread_create(&t[i], NULL, reader, NULL);
    shared = 9;
    SHOW(pthread_rwlock_tryrdlock(&rw));
    pthread_rwlock_unlock(&rw);
    for (int i = 0; i < 4; i++) {
        pthread_join(t[i], &r);
        SHOW((intptr_t)r);
    }
    SHOW(pthread_rwlock_timedwrlock(&rw, &past));
}

/* The kernel gives up what a thread has that ends without a word to the C library.  */
static pthread_mutex_t left;
static volatile int has_it;

static void *leaves_with(void *arg)
{
    pthread_mutex_lock(&left);
    has_it = 1;
    if (arg)
        usleep(2000);
    syscall(SYS_exit, 0);
    return arg;
}

static void dead_owners(void)
{
    pthread_t t;
    pthread_mutexattr_t attr;
    for (int i = 0; i < 4; i++) {
        pthread_mutexattr_init(&attr);
        pthread_mutexattr_setrobust(&attr, PTHREAD_MUTEX_ROBUST);
        pthread_mutexattr_setpshared(&attr, PTHREAD_PROCESS_SHARED);
        SHOW(pthread_mutexattr_setprotocol(&attr, i < 2 ? PTHREAD_PRIO_NONE : PTHREAD_PRIO_INHERIT));
        pthread_mutex_init(&left, &attr);
        has_it = 0;
        pthread_create(&t, NULL, leaves_with, i % 2 ? &left : NULL);
        while (!has_it)
            sched_yield();
        SHOW(pthread_mutex_lock(&left));
        SHOW(pthread_mutex_consistent(&left));
        SHOW(pthread_mutex_unlock(&left));
        SHOW(pthread_mutex_trylock(&left));
        SHOW(pthread_mutex_unlock(&left));
    }
}

static void *bad_list(void *arg)
{
    syscall(SYS_set_robust_list, arg, 24);
    syscall(SYS_exit, 0);
    return NULL;
}

/* A list of the thread's own making is followed as far as it goes.  */
static void bad_lists(void)
{
    static struct {
        uint64_t next;
        int64_t offset;
        uint64_t pending;
    } lists[4];
    static uint64_t loop[2];
    pthread_t t;
    loop[0] = (uintptr_t)loop;
    lists[0].next = (uintptr_t)loop;
    lists[1].next = 8;
    lists[2].next = (uintptr_t)&lists[2];
    lists[2].pending = 9;
    lists[3].next = (uintptr_t)loop;
    lists[3].offset = INT64_MIN;
    for (int i = 0; i < 5; i++)
        pthread_create(&t, NULL, bad_list, i < 4 ? &lists[i] : (void *)8);
    usleep(3000);
    printf("survived\n");
}

/* Locks that know their owner.  */
static pthread_mutex_t owned;
static int counter;

static void *counts(void *arg)
{
    for (int i = 0; i < 2000; i++) {
        pthread_mutex_lock(&owned);
        counter++;
        if (i % 100 == 0)
            sched_yield();
        pthread_mutex_unlock(&owned);
    }
    return arg;
}

static void *tries(void *arg)
{
    struct timespec past = {1, 0};
    SHOW(pthread_mutex_trylock(&owned));
    SHOW(pthread_mutex_timedlock(&owned, &past));
    SHOW(pthread_mutex_unlock(&owned));
    return arg;
}

static void owners(void)
{
    pthread_t t[4];
    pthread_mutexattr_t attr;
    static int word;
    struct timespec bad = {1, -1};
    pthread_mutexattr_init(&attr);
    SHOW(pthread_mutexattr_setprotocol(&attr, PTHREAD_PRIO_INHERIT));
    pthread_mutexattr_settype(&attr, PTHREAD_MUTEX_ERRORCHECK);
    pthread_mutex_init(&owned, &attr);
    SHOW(pthread_mutex_lock(&owned));
    SHOW(pthread_mutex_lock(&owned));
    pthread_create(&t[0], NULL, tries, NULL);
    pthread_join(t[0], NULL);
    SHOW(pthread_mutex_unlock(&owned));
    for (int i = 0; i < 4; i++)
        pthread_create(&t[i], NULL, counts, NULL);
    for (int i = 0; i < 4; i++)
        pthread_join(t[i], NULL);
    SHOW(counter);
    enum { LOCK = 6, UNLOCK = 7, TRY = 8 };
    int tid = (int)syscall(SYS_gettid);
    SHOW(syscall(SYS_futex, &word, LOCK, 0, NULL));
    TRUE(word == tid);
    SHOW(syscall(SYS_futex, &word, LOCK, 0, NULL));
    SHOW(syscall(SYS_futex, &word, TRY, 0, NULL));
    SHOW(syscall(SYS_futex, &word, UNLOCK, 0));
    SHOW(word);
    SHOW(syscall(SYS_futex, &word, UNLOCK, 0));
    SHOW(syscall(SYS_futex, &word, TRY, 0, NULL));
    TRUE(word == tid);
    word = 0x20000000;
    SHOW(syscall(SYS_futex, &word, LOCK, 0, NULL));
    SHOW(syscall(SYS_futex, &word, TRY, 0, NULL));
    SHOW(syscall(SYS_futex, &word, UNLOCK, 0));
    SHOW(syscall(SYS_futex, &word, LOCK, 0, &bad));
    SHOW(syscall(SYS_futex, &word, LOCK, 0, 8));
    SHOW(syscall(SYS_futex, 8, LOCK, 0, NULL));
    SHOW(syscall(SYS_futex, 8, UNLOCK, 0));
    SHOW(syscall(SYS_futex, (char *)&word + 1, LOCK, 0, NULL));
}

/* Calls of the layer below.  */
static void *nothing(void *arg)
{
    sem_t *s = arg;
    sem_wait(s);
    return NULL;
}

/* As many threads as a box may have, and again when they are gone.  */
static void too_many(void)
{
#ifdef __LFI__
    enum { MOST = 512 };
    static pthread_t t[2 * MOST];
    pthread_attr_t attr;
    sem_t s;
    pthread_attr_init(&attr);
    pthread_attr_setstacksize(&attr, 16384);
    sem_init(&s, 0, 0);
    for (int round = 0; round < 2; round++) {
        int n = 0, r = 0;
        while (n < 2 * MOST && (r = pthread_create(&t[n], &attr, nothing, &s)) == 0)
            n++;
        if (n != MOST - 1 || r != EAGAIN)
            printf("%d threads, then %d\n", n, r);
        for (int i = 0; i < n; i++)
            sem_post(&s);
        for (int i = 0; i < n; i++)
            pthread_join(t[i], NULL);
    }
#endif
}

static void raw(void)
{
    enum { VM = 0x100, FS = 0x200, FILES = 0x400, SIGHAND = 0x800, THREAD = 0x10000 };
    sem_t s;
    pthread_t t;
    pthread_attr_t attr;
    void *base;
    size_t size;
    TRUE(syscall(SYS_set_tid_address, &word) == syscall(SYS_gettid));
    SHOW(syscall(SYS_set_robust_list, &word, 24));
    SHOW(syscall(SYS_set_robust_list, &word, 1));
    void *head;
    size_t head_size;
    SHOW(syscall(SYS_get_robust_list, 0, &head, &head_size));
    TRUE(head == (void *)&word && head_size == 24);
    SHOW(syscall(SYS_get_robust_list, 99999999, &head, &head_size));
    int absent = -ENOSYS;
#ifdef __LFI__
    absent = syscall(SYS_rseq, NULL, 0, 0, 0) == -1 ? -errno : 0;
#endif
    SHOW(absent);
    SHOW(syscall(SYS_clone, THREAD, &word, 0, 0, 0));
    SHOW(syscall(SYS_clone, THREAD | VM, &word, 0, 0, 0));
    SHOW(syscall(SYS_tkill, 99999999, 0));
    SHOW(syscall(SYS_tkill, -1, 0));
    SHOW(syscall(SYS_tkill, syscall(SYS_gettid), 0));
    SHOW(syscall(SYS_tkill, syscall(SYS_gettid), 65));
    SHOW(syscall(SYS_tgkill, getpid(), syscall(SYS_gettid), 0));
    SHOW(syscall(SYS_tgkill, getpid(), 99999999, 0));
    SHOW(syscall(SYS_tgkill, 99999999, syscall(SYS_gettid), 0));
    SHOW(syscall(SYS_tgkill, getpid(), syscall(SYS_gettid), -1));
    SHOW(pthread_getattr_np(pthread_self(), &attr));
    pthread_attr_getstack(&attr, &base, &size);
    TRUE((char *)&size > (char *)base && (char *)&size < (char *)base + size && size > 4096);
    /* The identity of a process with several threads.  */
    sem_init(&s, 0, 0);
    pthread_create(&t, NULL, nothing, &s);
    SHOW(setuid(getuid()));
    sem_post(&s);
    SHOW(pthread_join(t, NULL));
    SHOW(setuid(getuid()));
}

int main(void)
{
    setvbuf(stdout, NULL, _IOFBF, 65536);
    values();
    requeue();
    bitsets();
    many();
    cancellation();
    locks();
    owners();
    raw();
    too_many();
    /* Last: the C library takes their threads for living ones.  */
    dead_owners();
    bad_lists();
    return 0;
}
