/* epoll, eventfd, timerfd: what they answer, and when a registration ends.
   SPDX-License-Identifier: Apache-2.0  */
#include "show.h"

static int closed = 900, file, dir;

static int add(int ep, int fd, uint32_t events, uint64_t data)
{
    struct epoll_event e = {events, {.u64 = data}};
    return epoll_ctl(ep, EPOLL_CTL_ADD, fd, &e);
}

static int change(int ep, int fd, uint32_t events, uint64_t data)
{
    struct epoll_event e = {events, {.u64 = data}};
    return epoll_ctl(ep, EPOLL_CTL_MOD, fd, &e);
}

static int by_data(const void *a, const void *b)
{
    uint64_t x = ((const struct epoll_event *)a)->data.u64,
             y = ((const struct epoll_event *)b)->data.u64;
    return x < y ? -1 : x > y;
}

/* What is ready, by data: the order is the kernel's.  */
static void ready(int line, int ep, int most)
{
    struct epoll_event e[8] = {{0}};
    int n = epoll_wait(ep, e, most, 0);
    printf("line %d: %d ready:", line, n);
    if (n > 0)
        qsort(e, (size_t)n, sizeof *e, by_data);
    for (int i = 0; i < n; i++)
        printf(" %x/%llx", e[i].events, (unsigned long long)e[i].data.u64);
    printf("\n");
}
#define READY(ep) ready(__LINE__, ep, 8)

static void registrations(void)
{
    int p[2], ep = epoll_create1(EPOLL_CLOEXEC), other = epoll_create(1);
    pipe(p);
    SHOW(fcntl(ep, F_GETFD));
    SHOW(fcntl(other, F_GETFD));
    SHOW(epoll_create1(1));
    SHOW(epoll_create(0));
    SHOW(add(ep, p[0], EPOLLIN, 0xfedcba9876543210));
    SHOW(add(ep, p[0], EPOLLIN, 1));
    SHOW(add(ep, p[1], EPOLLOUT | EPOLLET, 2));
    SHOW(change(ep, file, EPOLLIN, 3));
    SHOW(epoll_ctl(ep, EPOLL_CTL_DEL, file, NULL));
    SHOW(epoll_ctl(ep, 4, p[0], &(struct epoll_event){0}));
    SHOW(epoll_ctl(ep, EPOLL_CTL_ADD, p[0], (void *)8));
    SHOW(epoll_ctl(ep, EPOLL_CTL_MOD, p[0], NULL));
    SHOW(add(ep, closed, EPOLLIN, 0));
    SHOW(add(closed, p[0], EPOLLIN, 0));
    SHOW(add(p[0], p[1], EPOLLIN, 0));
    SHOW(add(ep, ep, EPOLLIN, 0));
    SHOW(add(ep, file, EPOLLIN, 0));
    SHOW(add(ep, dir, EPOLLIN, 0));
    READY(ep);
    READY(ep);
    write(p[1], "x", 1);
    READY(ep);
    SHOW(change(ep, p[0], EPOLLIN | EPOLLONESHOT, 5));
    READY(ep);
    READY(ep);
    SHOW(change(ep, p[0], EPOLLIN, 6));
    READY(ep);
    /* An epoll in another.  */
    SHOW(add(other, ep, EPOLLIN, 7));
    READY(other);
    SHOW(add(ep, other, EPOLLIN, 8));
    SHOW(epoll_ctl(ep, EPOLL_CTL_DEL, p[0], (void *)8));
    READY(other);
    SHOW(epoll_ctl(ep, EPOLL_CTL_DEL, p[0], NULL));
    READY(ep);
    close(ep);
    READY(other);
    close(other);
    close(p[0]);
    close(p[1]);
}

/* A registration is of an open file and a number; it ends with the file.  */
static void duplicates(void)
{
    int p[2], ep = epoll_create1(0), second = epoll_create1(0);
    pipe(p);
    write(p[1], "x", 1);
    int twin = dup(p[0]), third = dup(p[0]);
    SHOW(add(ep, p[0], EPOLLIN, 1));
    SHOW(add(ep, twin, EPOLLIN, 2));
    SHOW(add(ep, third, EPOLLIN | EPOLLET, 3));
    SHOW(add(second, twin, EPOLLIN, 4));
    READY(ep);
    READY(ep);
    SHOW(change(ep, twin, EPOLLIN, 5));
    SHOW(epoll_ctl(ep, EPOLL_CTL_DEL, p[0], NULL));
    READY(ep);
    SHOW(add(ep, p[0], EPOLLIN, 6));
    READY(ep);
    /* The number is free; the file is still there under others.  */
    close(p[0]);
    READY(ep);
    SHOW(epoll_ctl(ep, EPOLL_CTL_DEL, p[0], NULL));
    int again = dup2(twin, p[0]);
    SHOW(again == p[0]);
    SHOW(add(ep, again, EPOLLIN, 7));
    SHOW(change(ep, again, EPOLLIN, 8));
    READY(ep);
    close(again);
    close(third);
    READY(ep);
    READY(second);
    close(twin);
    READY(ep);
    READY(second);
    /* Nothing holds the read end any more.  */
    signal(SIGPIPE, SIG_IGN);
    SHOW(write(p[1], "y", 1));
    close(p[1]);
    close(ep);
    close(second);
}

static void waiting(void)
{
    struct epoll_event e[3];
    int ep = epoll_create1(0), v = eventfd(1, 0), w = eventfd(1, 0);
    uint64_t mask = 0;
    struct timespec none = {0, 0}, some = {0, 2000000}, bad = {0, -1};
    add(ep, v, EPOLLIN, 1);
    add(ep, w, EPOLLIN, 2);
    SHOW(epoll_wait(ep, e, 0, 0));
    SHOW(epoll_wait(ep, e, -1, 0));
    SHOW(epoll_wait(ep, e, INT_MAX, 0));
    SHOW(epoll_wait(ep, (void *)8, 1, 0));
    SHOW(epoll_wait(ep, e, 1, 0));
    SHOW(epoll_wait(ep, e, 3, -1));
    SHOW(epoll_wait(v, e, 3, 0));
    SHOW(epoll_wait(closed, e, 3, 0));
    SHOW(epoll_wait(dir, e, 3, 0));
    SHOW(epoll_pwait(ep, e, 3, -1, (sigset_t *)&mask));
    SHOW(syscall(SYS_epoll_pwait, ep, e, 3, 0, &mask, 8));
    SHOW(syscall(SYS_epoll_pwait, ep, e, 3, 0, &mask, 7));
    SHOW(syscall(SYS_epoll_pwait, ep, e, 3, 0, 8, 8));
    SHOW(poll(&(struct pollfd){ep, POLLIN, 0}, 1, 0));
    SHOW(read(ep, e, 8));
    SHOW(write(ep, e, 8));
    SHOW(lseek(ep, 0, SEEK_SET));
    read(v, &mask, 8);
    read(w, &mask, 8);
    SHOW(epoll_wait(ep, e, 3, 0));
    SHOW(epoll_wait(ep, e, 3, 2));
    SHOW(poll(&(struct pollfd){ep, POLLIN, 0}, 1, 0));
#ifndef SYS_epoll_pwait2
#define SYS_epoll_pwait2 441
#endif
    /* qemu has none.  */
    if (syscall(SYS_epoll_pwait2, ep, e, 3, &none, NULL, 8) == 0) {
        BOX(syscall(SYS_epoll_pwait2, ep, e, 3, &some, NULL, 8) == 0);
        BOX(syscall(SYS_epoll_pwait2, ep, e, 3, &bad, NULL, 8) == -1 && errno == EINVAL);
        write(v, &(uint64_t){1}, 8);
        BOX(syscall(SYS_epoll_pwait2, ep, e, 3, NULL, NULL, 8) == 1 && e[0].data.u64 == 1);
    } else {
        BOX(0);
        BOX(0);
        BOX(0);
    }
    close(ep);
    close(v);
    close(w);
}

static void events(void)
{
    uint64_t n = 0;
    int v = eventfd(5, EFD_NONBLOCK), s = eventfd(2, EFD_SEMAPHORE | EFD_CLOEXEC);
    SHOW(fcntl(v, F_GETFL));
    SHOW(fcntl(s, F_GETFD));
    SHOW(eventfd(0, 2));
    SHOW(read(v, &n, 8));
    SHOW(n);
    SHOW(read(v, &n, 8));
    SHOW(read(v, &n, 7));
    n = 3;
    SHOW(write(v, &n, 8));
    SHOW(write(v, &n, 8));
    n = UINT64_MAX;
    SHOW(write(v, &n, 8));
    n--;
    SHOW(write(v, &n, 8));
    SHOW(read(v, &n, 8));
    SHOW(n);
    SHOW(read(s, &n, 8));
    SHOW(n);
    SHOW(read(s, &n, 8));
    SHOW(fcntl(s, F_SETFL, O_NONBLOCK));
    SHOW(read(s, &n, 8));
    SHOW(pread(s, &n, 8, 0));
    SHOW(ftruncate(s, 0));
    SHOW(syscall(SYS_eventfd2, 0, 0x80000000));
    close(v);
    close(s);
}

static void timers(void)
{
    struct itimerspec in = {{0, 0}, {0, 0}}, out;
    uint64_t n = 0;
    int t = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC), ep = epoll_create1(0);
    SHOW(fcntl(t, F_GETFD));
    SHOW(timerfd_create(CLOCK_REALTIME, 1));
    SHOW(timerfd_create(77, 0));
    SHOW(timerfd_create(CLOCK_THREAD_CPUTIME_ID, 0));
    SHOW(timerfd_create(CLOCK_REALTIME_ALARM, 0));
    SHOW(close(timerfd_create(CLOCK_BOOTTIME, 0)));
    SHOW(timerfd_gettime(t, &out));
    printf("%ld %ld %ld %ld\n", (long)out.it_interval.tv_sec, (long)out.it_interval.tv_nsec,
           (long)out.it_value.tv_sec, (long)out.it_value.tv_nsec);
    in.it_value.tv_sec = 1000;
    in.it_interval.tv_nsec = 5;
    SHOW(timerfd_settime(t, 0, &in, NULL));
    SHOW(timerfd_settime(t, 0, &in, &out));
    printf("%ld %d\n", (long)out.it_interval.tv_nsec, out.it_value.tv_sec > 900);
    SHOW(timerfd_gettime(t, &out));
    printf("%ld %d\n", (long)out.it_interval.tv_nsec, out.it_value.tv_sec > 900);
    add(ep, t, EPOLLIN, 9);
    READY(ep);
    in = (struct itimerspec){{0, 0}, {0, 1}};
    SHOW(timerfd_settime(t, TFD_TIMER_ABSTIME, &in, NULL));
    SHOW(read(t, &n, 8));
    SHOW(n);
    in.it_value.tv_nsec = 1000000;
    SHOW(timerfd_settime(t, 0, &in, NULL));
    SHOW(epoll_wait(ep, &(struct epoll_event){0}, 1, -1));
    SHOW(read(t, &n, 7));
    SHOW(read(t, &n, 8));
    SHOW(n);
    SHOW(fcntl(t, F_SETFL, O_NONBLOCK));
    SHOW(read(t, &n, 8));
    SHOW(write(t, &n, 8));
    in.it_value.tv_nsec = 1000000000;
    SHOW(timerfd_settime(t, 0, &in, NULL));
    in.it_value = (struct timespec){-1, 0};
    SHOW(timerfd_settime(t, 0, &in, NULL));
    in.it_value = (struct timespec){0, 0};
    SHOW(timerfd_settime(t, 4, &in, NULL));
    SHOW(timerfd_settime(t, 0, (void *)8, NULL));
    SHOW(timerfd_settime(ep, 0, &in, NULL));
    SHOW(timerfd_settime(dir, 0, &in, NULL));
    SHOW(timerfd_settime(closed, 0, &in, NULL));
    SHOW(timerfd_gettime(file, &out));
    SHOW(timerfd_gettime(t, (void *)8));
    SHOW(timerfd_gettime(closed, &out));
    close(t);
    close(ep);
}

/* A thread waits while another makes the event, or is cancelled.  */
static int shared_ep, shared_event;

static void *wakes(void *arg)
{
    usleep(1000);
    write(shared_event, &(uint64_t){1}, 8);
    return arg;
}

static void *waits(void *arg)
{
    struct epoll_event e;
    for (;;)
        epoll_wait(shared_ep, &e, 1, -1);
    return arg;
}

static void *reads(void *arg)
{
    uint64_t n;
    read(*(int *)arg, &n, sizeof n);
    return NULL;
}

static void threads(void)
{
    struct epoll_event e;
    pthread_t t;
    void *how;
    shared_ep = epoll_create1(0);
    shared_event = eventfd(0, 0);
    add(shared_ep, shared_event, EPOLLIN, 11);
    pthread_create(&t, NULL, wakes, NULL);
    SHOW(epoll_wait(shared_ep, &e, 1, -1));
    printf("%d\n", (int)e.data.u64);
    pthread_join(t, NULL);
    read(shared_event, &(uint64_t){0}, 8);
    int timer = timerfd_create(CLOCK_MONOTONIC, 0);
    for (int i = 0; i < 3; i++) {
        pthread_create(&t, NULL, i ? reads : waits, i == 1 ? &shared_event : &timer);
        usleep(1000);
        pthread_cancel(t);
        pthread_join(t, &how);
        SHOW(how == PTHREAD_CANCELED);
    }
    close(timer);
    close(shared_event);
    close(shared_ep);
}

int main(void)
{
    setvbuf(stdout, NULL, _IOFBF, 65536);
    drop_privileges();
    file = open("file", O_RDWR | O_CREAT, 0600);
    dir = open(".", O_RDONLY);
    registrations();
    duplicates();
    waiting();
    events();
    timers();
    threads();
    return 0;
}
