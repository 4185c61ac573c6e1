/* signalfd: what is read, when it is ready, and for whom.
   SPDX-License-Identifier: Apache-2.0  */
#include "show.h"

static sigset_t set_of(int a, int b)
{
    sigset_t s;
    sigemptyset(&s);
    if (a)
        sigaddset(&s, a);
    if (b)
        sigaddset(&s, b);
    return s;
}

static void show_one(const struct signalfd_siginfo *s)
{
    printf("signal %u code %d err %d pid %d uid %d tid %u overrun %u int %d ptr %llx addr %llx\n",
           s->ssi_signo, s->ssi_code, s->ssi_errno, s->ssi_pid == (unsigned)getpid(),
           s->ssi_uid == getuid(), s->ssi_tid, s->ssi_overrun, s->ssi_int,
           (unsigned long long)s->ssi_ptr, (unsigned long long)s->ssi_addr);
}

/* Reads room for n, and shows what came.  */
static void reading(int line, int fd, int n)
{
    struct signalfd_siginfo s[8];
    memset(s, 0x55, sizeof s);
    errno = 0;
    ssize_t r = read(fd, s, (size_t)n * sizeof *s);
    printf("line %d: %zd, errno %d\n", line, r, errno);
    for (int i = 0; r > 0 && i < r / (ssize_t)sizeof *s; i++)
        show_one(s + i);
}
#define READ(fd, n) reading(__LINE__, fd, n)

static int ready(int fd)
{
    struct pollfd p = {fd, POLLIN | POLLOUT, 0};
    return poll(&p, 1, 0) * 1000 + p.revents;
}

static int caught;
static void handler(int sig)
{
    caught = sig;
}

static void one_thread(void)
{
    sigset_t two = set_of(SIGUSR1, SIGRTMIN + 1), one = set_of(SIGUSR2, 0), none = set_of(0, 0);
    union sigval value = {.sival_ptr = (void *)0x123456789a};
    int fd = signalfd(-1, &two, SFD_NONBLOCK | SFD_CLOEXEC);
    signal(SIGUSR1, handler);
    signal(SIGUSR2, handler);
    sigprocmask(SIG_BLOCK, &two, NULL);
    SHOW(fcntl(fd, F_GETFD));
    SHOW(fcntl(fd, F_GETFL));
    READ(fd, 1);
    SHOW(ready(fd));
    raise(SIGUSR1);
    kill(getpid(), SIGUSR1);
    sigqueue(getpid(), SIGRTMIN + 1, value);
    value.sival_int = -7;
    sigqueue(getpid(), SIGRTMIN + 1, value);
    SHOW(ready(fd));
    READ(fd, 0);
    READ(fd, 1);
    READ(fd, 8);
    READ(fd, 8);
    SHOW(ready(fd));
    SHOW(caught);
    /* Others are not for it; the same one becomes another's.  */
    raise(SIGUSR2);
    SHOW(caught);
    sigprocmask(SIG_BLOCK, &one, NULL);
    raise(SIGUSR2);
    SHOW(ready(fd));
    SHOW(signalfd(fd, &one, 0) == fd);
    SHOW(ready(fd));
    raise(SIGUSR1);
    SHOW(signalfd(fd, &two, 0) == fd);
    SHOW(ready(fd));
    READ(fd, 2);
    SHOW(signalfd(fd, &none, 0) == fd);
    SHOW(ready(fd));
    SHOW(signalfd(fd, &one, 0) == fd);
    /* Taken by others.  */
    SHOW(sigwaitinfo(&one, NULL));
    SHOW(ready(fd));
    raise(SIGUSR2);
    caught = 0;
    sigprocmask(SIG_UNBLOCK, &one, NULL);
    SHOW(caught);
    SHOW(ready(fd));
    sigprocmask(SIG_BLOCK, &one, NULL);
    raise(SIGUSR2);
    signal(SIGUSR2, SIG_IGN);
    SHOW(ready(fd));
    /* Twice, and by parts.  */
    int other = dup(fd), third = signalfd(-1, &one, SFD_NONBLOCK);
    signal(SIGUSR2, handler);
    raise(SIGUSR2);
    printf("%d %d %d\n", ready(fd), ready(other), ready(third));
    struct signalfd_siginfo s;
    struct iovec v[4] = {{&s, 5}, {NULL, 0}, {(char *)&s + 5, 100}, {(char *)&s + 105, 30}};
    memset(&s, 0, sizeof s);
    SHOW(readv(other, v, 4));
    show_one(&s);
    printf("%d %d %d\n", ready(fd), ready(other), ready(third));
    close(fd);
    raise(SIGUSR2);
    READ(other, 1);
    close(other);
    close(third);
}

static void timers_and_edges(void)
{
    sigset_t one = set_of(SIGRTMIN + 2, 0);
    struct sigevent ev = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGRTMIN + 2};
    struct itimerspec soon = {{0, 0}, {0, 1000000}};
    struct epoll_event e = {EPOLLIN | EPOLLET, {.u64 = 5}};
    timer_t t;
    sigprocmask(SIG_BLOCK, &one, NULL);
    int fd = signalfd(-1, &one, 0), ep = epoll_create1(0);
    ev.sigev_value.sival_int = 77;
    SHOW(timer_create(CLOCK_MONOTONIC, &ev, &t));
    SHOW(timer_settime(t, 0, &soon, NULL));
    struct signalfd_siginfo s;
    SHOW(read(fd, &s, sizeof s));
    printf("%u %d %d\n", s.ssi_signo, s.ssi_code, s.ssi_int);
    timer_delete(t);
    SHOW(epoll_ctl(ep, EPOLL_CTL_ADD, fd, &e));
    SHOW(epoll_wait(ep, &e, 1, 0));
    for (int i = 0; i < 2; i++) {
        kill(getpid(), SIGRTMIN + 2);
        SHOW(epoll_wait(ep, &e, 1, 0));
        SHOW(epoll_wait(ep, &e, 1, 0));
    }
    READ(fd, 1);
    READ(fd, 1);
    SHOW(epoll_wait(ep, &e, 1, 0));
    close(ep);
    close(fd);
}

static int shared;
static volatile int woken;

static void *reads(void *arg)
{
    READ(shared, 1);
    woken = 1;
    return arg;
}

static void *cancelled(void *arg)
{
    struct signalfd_siginfo s;
    for (;;) {
        read(shared, &s, sizeof s);
        woken = 2;
    }
    return arg;
}

static void threads(void)
{
    sigset_t one = set_of(SIGUSR1, 0);
    pthread_t t;
    void *how;
    sigprocmask(SIG_BLOCK, &one, NULL);
    shared = signalfd(-1, &one, 0);
    pthread_create(&t, NULL, reads, NULL);
    usleep(10000);
    SHOW(woken);
    kill(getpid(), SIGUSR1);
    pthread_join(t, NULL);
    pthread_create(&t, NULL, cancelled, NULL);
    kill(getpid(), SIGUSR1);
    while (woken != 2) /* else the cancellation may come before the signal is read */
        usleep(1000);
    pthread_cancel(t);
    pthread_join(t, &how);
    SHOW(how == PTHREAD_CANCELED);
    /* A handler of something else interrupts; the first time may be before the call.  */
    struct itimerval soon = {{0, 2000}, {0, 2000}}, never = {{0, 0}, {0, 0}};
    struct sigaction sa = {.sa_handler = handler};
    sigaction(SIGALRM, &sa, NULL);
    setitimer(ITIMER_REAL, &soon, NULL);
    READ(shared, 1);
    setitimer(ITIMER_REAL, &never, NULL);
    SHOW(caught == SIGALRM);
    close(shared);
}

#ifdef SYS_signalfd
enum { OLD = SYS_signalfd };
#else
enum { OLD = SYS_signalfd4 };
#endif

static void bad(void)
{
    sigset_t one = set_of(SIGUSR1, 0), all;
    struct signalfd_siginfo s;
    int fd = signalfd(-1, &one, SFD_NONBLOCK), p[2];
    off_t at = 0;
    pipe(p);
    SHOW(signalfd(p[0], &one, 0));
    SHOW(signalfd(900, &one, 0));
    SHOW(signalfd(-2, &one, 0));
    SHOW(syscall(SYS_signalfd4, -1, &one, 7, 0));
    SHOW(syscall(SYS_signalfd4, -1, &one, 16, 0));
    SHOW(syscall(SYS_signalfd4, -1, 8, 8, 0));
    SHOW(syscall(SYS_signalfd4, -1, &one, 8, 1));
    SHOW(close((int)syscall(OLD, -1, &one, 8, 0)));
    SHOW(syscall(OLD, -1, &one, 4, 0));
    /* These two it never has.  */
    all = set_of(SIGKILL, SIGSTOP);
    SHOW(signalfd(fd, &all, 0) == fd);
    SHOW(signalfd(fd, &one, 0) == fd);
    kill(getpid(), SIGUSR1);
    SHOW(read(fd, &s, sizeof s - 1));
    SHOW(read(fd, (void *)8, sizeof s));
    read(fd, &s, sizeof s); /* the kernel has lost it */
    SHOW(write(fd, &s, sizeof s));
    SHOW(write(fd, &s, 8));
    SHOW(write(fd, &s, 0));
    SHOW(writev(fd, &(struct iovec){&s, 8}, 1));
    SHOW(pread(fd, &s, sizeof s, 0));
    SHOW(pwrite(fd, &s, 8, 0));
    SHOW(ftruncate(fd, 0));
    SHOW(sendfile(fd, p[0], NULL, 8));
    SHOW(sendfile(p[1], fd, &at, 128));
    SHOW(mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0) == MAP_FAILED);
    for (int i = 0; i < 3; i++)
        READ(fd, 8);
    close(fd);
}

int main(void)
{
    setvbuf(stdout, NULL, _IOFBF, 65536);
    drop_privileges();
    one_thread();
    timers_and_edges();
    threads();
    bad();
    return 0;
}
