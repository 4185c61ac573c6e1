/* Waiting for descriptors; signals to oneself.
   SPDX-License-Identifier: Apache-2.0  */
#include "show.h"

static void polling(void)
{
    int p[2];
    char c;
    pipe(p);
    struct pollfd f[4] = {{p[0], POLLIN, 0}, {p[1], POLLOUT, 0}, {99, POLLIN, 0}, {-1, POLLIN, 0}};
    SHOW(poll(f, 1, 0));
    SHOW(poll(f, 2, -1));
    printf("%x %x\n", f[0].revents, f[1].revents);
    SHOW(poll(f, 4, 0));
    printf("%x %x %x %x\n", f[0].revents, f[1].revents, f[2].revents, f[3].revents);
    SHOW(poll(NULL, 0, 1));
    SHOW(poll(f, 1, 10));
    write(p[1], "x", 1);
    SHOW(poll(f, 1, -1));
    printf("%x\n", f[0].revents);
    fd_set r, w;
    FD_ZERO(&r);
    FD_ZERO(&w);
    FD_SET(p[0], &r);
    FD_SET(p[1], &w);
    struct timeval tv = {0, 1000};
    SHOW(select(p[1] + 1, &r, &w, NULL, &tv));
    printf("%d %d\n", FD_ISSET(p[0], &r) != 0, FD_ISSET(p[1], &w) != 0);
    read(p[0], &c, 1);
    FD_ZERO(&r);
    FD_SET(p[0], &r);
    SHOW(select(p[0] + 1, &r, NULL, NULL, &tv));
    printf("%d\n", FD_ISSET(p[0], &r) != 0);
    FD_SET(50, &r);
    SHOW(select(51, &r, NULL, NULL, &tv));
    SHOW(select(-1, NULL, NULL, NULL, &tv));
    close(p[1]);
    f[0].revents = 0;
    SHOW(poll(f, 1, 0));
    printf("%x\n", f[0].revents);
    SHOW(poll(f, 100000000, 0));
}

/* Ends of pipes, several sets, masks, the calls themselves.  */
static void more_polling(void)
{
    int p[2], q[2];
    struct timespec none = {0, 0}, bad = {0, -1};
    uint64_t mask = 0;
    struct {
        const void *set;
        size_t size;
    } arg = {&mask, 8};
    fd_set r, w, e;
    pipe(p);
    pipe2(q, O_NONBLOCK);
    struct pollfd f[3] = {{p[0], POLLIN | POLLHUP, 0}, {q[1], POLLOUT | POLLERR, 0}, {q[0], 0, 0}};
    SHOW(ppoll(f, 3, &none, NULL));
    printf("%x %x %x\n", f[0].revents, f[1].revents, f[2].revents);
    close(p[1]);
    close(q[0]);
    SHOW(ppoll(f, 2, NULL, (sigset_t *)&mask));
    printf("%x %x\n", f[0].revents, f[1].revents);
    SHOW(poll(f, 0, 0));
    SHOW(poll(f, 2, -7));
    SHOW(ppoll(f, 2, &bad, NULL));
    SHOW(syscall(SYS_ppoll, f, 2, &none, &mask, 8));
    SHOW(syscall(SYS_ppoll, f, 2, &none, &mask, 4));
    SHOW(syscall(SYS_ppoll, f, 2, &none, 8, 8));
    int file = open("polled", O_RDWR | O_CREAT, 0600), dir = open(".", O_RDONLY);
    struct pollfd g[2] = {{file, POLLIN | POLLOUT | POLLPRI, 0}, {dir, POLLIN | POLLOUT, 0}};
    SHOW(poll(g, 2, -1));
    printf("%x %x\n", g[0].revents, g[1].revents);
    FD_ZERO(&r);
    FD_ZERO(&w);
    FD_ZERO(&e);
    FD_SET(file, &r);
    FD_SET(file, &w);
    FD_SET(file, &e);
    FD_SET(p[0], &r);
    FD_SET(q[1], &w);
    SHOW(pselect(64, &r, &w, &e, &none, NULL));
    printf("%d %d %d %d %d\n", FD_ISSET(file, &r) != 0, FD_ISSET(file, &w) != 0,
           FD_ISSET(file, &e) != 0, FD_ISSET(p[0], &r) != 0, FD_ISSET(q[1], &w) != 0);
    SHOW(pselect(0, NULL, NULL, NULL, &none, (sigset_t *)&mask));
    SHOW(syscall(SYS_pselect6, 0, NULL, NULL, NULL, &none, &arg));
    arg.size = 7;
    SHOW(syscall(SYS_pselect6, 0, NULL, NULL, NULL, &none, &arg));
    arg.set = NULL;
    SHOW(syscall(SYS_pselect6, 0, NULL, NULL, NULL, &none, &arg));
    arg = (typeof(arg)){(void *)8, 8};
    SHOW(syscall(SYS_pselect6, 0, NULL, NULL, NULL, &none, &arg));
    SHOW(pselect(64, NULL, NULL, NULL, &bad, NULL));
    FD_ZERO(&r);
    SHOW(select(2000, &r, NULL, NULL, &(struct timeval){0, 0}));
    close(file);
    close(dir);
    close(p[0]);
    close(q[1]);
    unlink("polled");
}

static void handler(int sig)
{
    (void)sig;
}

static void signals(void)
{
    struct sigaction sa = {.sa_handler = handler, .sa_flags = SA_RESTART}, old;
    sigset_t set, now;
    SHOW(sigaction(SIGUSR1, &sa, NULL));
    SHOW(sigaction(SIGUSR1, NULL, &old));
    TRUE(old.sa_handler == handler && old.sa_flags & SA_RESTART);
    SHOW(sigaction(SIGKILL, &sa, NULL));
    SHOW(sigaction(65, &sa, NULL));
    SHOW(sigaction(SIGKILL, NULL, &old));
    sigemptyset(&set);
    sigaddset(&set, SIGUSR2);
    SHOW(sigprocmask(SIG_BLOCK, &set, &now));
    SHOW(raise(SIGUSR2));
    SHOW(kill(getpid(), SIGUSR2));
    SHOW(sigpending(&now));
    SHOW(sigismember(&now, SIGUSR2));
    SHOW(sigismember(&now, SIGUSR1));
    signal(SIGUSR2, SIG_IGN);
    SHOW(sigprocmask(SIG_UNBLOCK, &set, NULL));
    SHOW(sigprocmask(99, &set, NULL));
    SHOW(raise(SIGUSR2));
    SHOW(raise(SIGCHLD));
    SHOW(raise(SIGWINCH));
    SHOW(kill(getpid(), 0));
    SHOW(kill(getpid(), 99));
    SHOW(kill(99999999, 0));
    stack_t ss = {.ss_sp = malloc(65536), .ss_size = 65536}, was;
    SHOW(sigaltstack(&ss, &was));
    SHOW(was.ss_flags);
    SHOW(sigaltstack(NULL, &was));
    TRUE(was.ss_sp == ss.ss_sp);
    SHOW(syscall(SYS_sigaltstack, 8, NULL));
    ss.ss_size = 10;
    SHOW(sigaltstack(&ss, NULL));
}

int main(void)
{
    setvbuf(stdout, NULL, _IOFBF, 65536);
    polling();
    more_polling();
    signals();
    return 0;
}
