/* Signals of the host for the program in the box.
   SPDX-License-Identifier: Apache-2.0

   What a terminal or another process sends to this one is meant for the program.  A handler, on
   whatever thread, writes the signal's number into a pipe; a thread reads it and passes it on,
   which takes locks.  SIGTSTP stops this process, and with it the program; what stops a program of
   itself does nothing in a box.  */
#include "config.h"

#include "lfi-run/lfi-run.h"
#include "common/tool.h"
#include "lfi_linux.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

static const int passed_on[] = {SIGHUP,  SIGINT,  SIGQUIT, SIGUSR1, SIGUSR2,
                                SIGALRM, SIGTERM, SIGCONT, SIGWINCH};
enum { NPASSED = sizeof passed_on / sizeof passed_on[0], END = 0, STACK = 256 << 10 };

static int in = -1, out = -1;
static pthread_t reader;
static atomic_ullong came; /* bit n-1: signal n */

static void handler(int sig)
{
    unsigned char c = (unsigned char)sig;
    int saved = errno;
    /* A pipe that is full has enough of them.  */
    if (write(out, &c, 1) == 1)
        atomic_fetch_or(&came, 1ull << (sig - 1));
    errno = saved;
}

static void *pass_on(void *proc)
{
    unsigned char sig;
    for (;;) {
        ssize_t n = read(in, &sig, 1);
        if (n < 0 && errno == EINTR)
            continue;
        if (n != 1 || sig == END)
            return NULL;
        lfi_proc_signal(proc, sig);
    }
}

/* Never one of the descriptors that the box inherits, should the user have closed them.  */
static int keep(int fd)
{
    int kept = fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
    close(fd);
    return kept;
}

/* As after exec: what this process was told to ignore the program finds ignored.  */
static void ignore(struct LFILinuxProc *proc)
{
    struct sigaction sa;
    for (int sig = 1; sig < SIGRTMIN; sig++)
        if (sigaction(sig, NULL, &sa) == 0 && sa.sa_handler == SIG_IGN)
            lfi_proc_ignore(proc, sig);
}

/* It stays ignored here too.  */
static void install(int sig)
{
    struct sigaction sa = {.sa_handler = handler, .sa_flags = SA_ONSTACK | SA_RESTART}, old;
    sigfillset(&sa.sa_mask);
    if (sigaction(sig, NULL, &old) == 0 && old.sa_handler == SIG_DFL)
        sigaction(sig, &sa, NULL);
}

void signals_begin(struct LFILinuxProc *proc)
{
    int fds[2] = {-1, -1};
    sigset_t all, before;
    pthread_attr_t attr;
    if (pipe(fds) == 0) {
        in = keep(fds[0]);
        out = keep(fds[1]);
    }
    if (in < 0 || out < 0 || fcntl(out, F_SETFL, O_NONBLOCK) != 0)
        tool_fail("no pipe for signals: %s", strerror(errno));
    sigfillset(&all);
    pthread_attr_init(&attr);
    pthread_attr_setstacksize(&attr, STACK);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int err = pthread_create(&reader, &attr, pass_on, proc);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&attr);
    if (err)
        tool_fail("no thread for signals: %s", strerror(err));
    ignore(proc);
    for (int i = 0; i < NPASSED; i++)
        install(passed_on[i]);
}

void signals_end(void)
{
    const unsigned char end = END;
    /* A full pipe is being read.  */
    while (write(out, &end, 1) < 0 && (errno == EAGAIN || errno == EINTR))
        sched_yield();
    pthread_join(reader, NULL);
}

void signals_die(int sig)
{
    sigset_t set;
    if (sig < 1 || !(atomic_load(&came) >> (sig - 1) & 1))
        return;
    signal(sig, SIG_DFL);
    sigemptyset(&set);
    sigaddset(&set, sig);
    pthread_sigmask(SIG_UNBLOCK, &set, NULL);
    raise(sig);
}
