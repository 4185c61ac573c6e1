/* Clocks.
   SPDX-License-Identifier: Apache-2.0  */
#include "show.h"

static int64_t ns(struct timespec t)
{
    return t.tv_sec * INT64_C(1000000000) + t.tv_nsec;
}

static volatile int stop;

static void *spin(void *arg)
{
    while (!stop)
        __atomic_add_fetch((int *)arg, 1, __ATOMIC_RELAXED);
    return NULL;
}

/* Clocks of processes and threads.  */
static void processor_time(void)
{
    struct timespec own, of, process;
    clockid_t id;
    pthread_t t;
    int turns = 0;
    SHOW(clock_getcpuclockid(getpid(), &id));
    SHOW(clock_gettime(id, &process));
    SHOW(clock_getres(id, &own));
    SHOW(clock_getcpuclockid(99999999, &id));
    SHOW(clock_gettime((clockid_t)(~99999999u << 3 | 2), &own));
    SHOW(clock_gettime((clockid_t)(~99999999u << 3 | 6), &own));
    SHOW(clock_gettime((clockid_t)(~0u << 3 | 3), &own));
    pthread_getcpuclockid(pthread_self(), &id);
    SHOW(clock_gettime(id, &own));
    SHOW(clock_gettime(CLOCK_THREAD_CPUTIME_ID, &of));
    TRUE(ns(of) >= ns(own));
    pthread_create(&t, NULL, spin, &turns);
    SHOW(pthread_getcpuclockid(t, &id));
    do
        clock_gettime(id, &of);
    while (ns(of) < 1000000);
    SHOW(clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &process));
    TRUE(ns(process) >= ns(of));
    stop = 1;
    SHOW(pthread_join(t, NULL));
    BOX(clock_gettime(CLOCK_REALTIME_ALARM, &own) == -1 && errno == EINVAL);
    BOX(clock_getres(CLOCK_BOOTTIME_ALARM, &own) == -1 && errno == EINVAL);
}

static void nothing(int sig)
{
}

/* A sleep that is interrupted says how much is left.  */
static void *sleep_long(void *arg)
{
    struct timespec left = {0, 0}, want = {1000, 0};
    int r = arg ? clock_nanosleep(CLOCK_MONOTONIC, 0, &want, &left)
                : (nanosleep(&want, &left) == -1 ? errno : 0);
    stop = 1;
    return (void *)(intptr_t)(r == EINTR && left.tv_sec > 0 && left.tv_sec <= 1000);
}

static int interrupted(void *arg)
{
    pthread_t t;
    void *r;
    stop = 0;
    signal(SIGUSR1, nothing);
    pthread_create(&t, NULL, sleep_long, arg);
    while (!stop) {
        pthread_kill(t, SIGUSR1);
        sched_yield();
    }
    pthread_join(t, &r);
    return (int)(intptr_t)r;
}

int main(void)
{
    struct timespec a, b;
    for (int id = -2; id < 16; id++) {
        if (id == 10) /* removed from Linux */
            continue;
        int r = clock_gettime(id, &a);
        if (id < 0 || (id > 7 && id != 11) || id == 8 || id == 9)
            continue;
        printf("clock %d: %d\n", id, r);
    }
    SHOW(clock_gettime(1000, &a));
    a.tv_sec = 77;
    SHOW(clock_getres(CLOCK_MONOTONIC, &a));
    TRUE(a.tv_sec == 0 && a.tv_nsec > 0);
    SHOW(clock_getres(CLOCK_MONOTONIC, NULL));
    SHOW(clock_getres(1000, NULL));
    clock_gettime(CLOCK_MONOTONIC, &a);
    struct timespec d = {0, 20000000};
    SHOW(nanosleep(&d, NULL));
    clock_gettime(CLOCK_MONOTONIC, &b);
    TRUE(ns(b) - ns(a) >= 20000000);
    d = (struct timespec){0, 1000000000};
    SHOW(nanosleep(&d, NULL));
    d = (struct timespec){-1, 0};
    SHOW(nanosleep(&d, NULL));
    clock_gettime(CLOCK_MONOTONIC, &a);
    a.tv_sec -= 1;
    SHOW(clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &a, NULL));
    SHOW(clock_nanosleep(1000, 0, &b, NULL));
    SHOW(usleep(1000));
    struct timeval tv;
    clock_gettime(CLOCK_REALTIME, &a);
    SHOW(gettimeofday(&tv, NULL));
    TRUE(tv.tv_sec >= a.tv_sec && tv.tv_sec - a.tv_sec < 5);
    TRUE(time(NULL) >= a.tv_sec);
    struct tms t = {-1, -1, -1, -1};
    TRUE(times(&t) != (clock_t)-1);
    TRUE(t.tms_utime >= 0 && t.tms_stime >= 0 && t.tms_cutime == 0 && t.tms_cstime == 0);
    struct rusage ru;
    SHOW(getrusage(RUSAGE_SELF, &ru));
    TRUE(ru.ru_utime.tv_sec >= 0 && ru.ru_maxrss > 0);
    SHOW(getrusage(99, &ru));
    TRUE(clock() != (clock_t)-1);
    processor_time();
    TRUE(interrupted(NULL));
    TRUE(interrupted(&a));
    return 0;
}
