/* Threads.
   SPDX-License-Identifier: Apache-2.0  */
#include "show.h"
#include <semaphore.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t cond = PTHREAD_COND_INITIALIZER;
static pthread_key_t key;
static __thread int mine = 7;
static int shared, turn, destroyed;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void *count(void *arg)
{
    for (int i = 0; i < 2000; i++) {
        pthread_mutex_lock(&lock);
        shared++;
        pthread_mutex_unlock(&lock);
    }
    mine += (int)(intptr_t)arg;
    return (void *)(intptr_t)mine;
}

static void *ping(void *arg)
{
    int me = (int)(intptr_t)arg;
    for (int i = 0; i < 50; i++) {
        pthread_mutex_lock(&lock);
        while (turn != me)
            pthread_cond_wait(&cond, &lock);
        turn = !me;
        pthread_cond_broadcast(&cond);
        pthread_mutex_unlock(&lock);
    }
    return NULL;
}

static void destroy(void *v)
{
    __atomic_add_fetch(&destroyed, (int)(intptr_t)v, __ATOMIC_SEQ_CST);
}

static void run_once(void)
{
    shared++;
}

static void *keyed(void *arg)
{
    pthread_setspecific(key, arg);
    pthread_once(&once, run_once);
    return NULL;
}

static void *sleeper(void *arg)
{
    int *p = arg;
    char c;
    read(p[0], &c, 1);
    return NULL;
}

static void *deep(void *arg)
{
    char buf[60000];
    memset(buf, 1, sizeof buf);
    return (void *)(intptr_t)(buf[59999] + (arg != NULL));
}

static void *detached(void *arg)
{
    sem_post(arg);
    return NULL;
}

static pthread_barrier_t barrier;
static void *at_barrier(void *arg)
{
    (void)arg;
    return (void *)(intptr_t)(pthread_barrier_wait(&barrier) == PTHREAD_BARRIER_SERIAL_THREAD);
}

int main(void)
{
    pthread_t t[8];
    void *r;
    int sum = 0;
    setvbuf(stdout, NULL, _IOFBF, 65536);
    for (int i = 0; i < 8; i++)
        SHOW(pthread_create(&t[i], NULL, count, (void *)(intptr_t)i));
    for (int i = 0; i < 8; i++) {
        SHOW(pthread_join(t[i], &r));
        SHOW((intptr_t)r);
    }
    SHOW(shared);
    SHOW(mine);
    for (int i = 0; i < 2; i++)
        pthread_create(&t[i], NULL, ping, (void *)(intptr_t)i);
    for (int i = 0; i < 2; i++)
        SHOW(pthread_join(t[i], NULL));
    pthread_key_create(&key, destroy);
    for (int i = 0; i < 4; i++)
        pthread_create(&t[i], NULL, keyed, (void *)(intptr_t)(i + 1));
    for (int i = 0; i < 4; i++)
        pthread_join(t[i], NULL);
    SHOW(destroyed);
    SHOW(shared);
    int p[2];
    pipe(p);
    pthread_create(&t[0], NULL, sleeper, p);
    usleep(50000);
    SHOW(pthread_cancel(t[0]));
    SHOW(pthread_join(t[0], &r));
    TRUE(r == PTHREAD_CANCELED);
    pthread_attr_t attr;
    pthread_attr_init(&attr);
    SHOW(pthread_attr_setstacksize(&attr, 128 * 1024));
    pthread_create(&t[0], &attr, deep, NULL);
    pthread_join(t[0], &r);
    SHOW((intptr_t)r);
    sem_t sem;
    sem_init(&sem, 0, 0);
    pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
    for (int i = 0; i < 20; i++)
        pthread_create(&t[0], &attr, detached, &sem);
    for (int i = 0; i < 20; i++)
        sem_wait(&sem);
    pthread_barrier_init(&barrier, NULL, 4);
    for (int i = 0; i < 4; i++)
        pthread_create(&t[i], NULL, at_barrier, NULL);
    for (int i = 0; i < 4; i++) {
        pthread_join(t[i], &r);
        sum += (int)(intptr_t)r;
    }
    SHOW(sum);
    struct timespec ts;
    clock_gettime(CLOCK_REALTIME, &ts);
    ts.tv_nsec += 10000000;
    if (ts.tv_nsec >= 1000000000) {
        ts.tv_nsec -= 1000000000;
        ts.tv_sec++;
    }
    SHOW(sem_timedwait(&sem, &ts));
    pthread_mutex_lock(&lock);
    SHOW(pthread_cond_timedwait(&cond, &lock, &ts));
    SHOW(pthread_mutex_trylock(&lock));
    for (int i = 0; i < 300; i++) {
        pthread_create(&t[0], NULL, deep, &sem);
        pthread_join(t[0], &r);
        sum += (int)(intptr_t)r;
    }
    SHOW(sum);
    return 0;
}
