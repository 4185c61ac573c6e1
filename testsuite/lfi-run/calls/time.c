/* Clocks.
   SPDX-License-Identifier: Apache-2.0  */
#include "show.h"

static int64_t ns(struct timespec t)
{
    return t.tv_sec * INT64_C(1000000000) + t.tv_nsec;
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
    SHOW(clock_getres(CLOCK_MONOTONIC, &a));
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
    struct tms t;
    TRUE(times(&t) != (clock_t)-1);
    struct rusage ru;
    SHOW(getrusage(RUSAGE_SELF, &ru));
    TRUE(ru.ru_utime.tv_sec >= 0 && ru.ru_maxrss > 0);
    SHOW(getrusage(99, &ru));
    TRUE(clock() != (clock_t)-1);
    return 0;
}
