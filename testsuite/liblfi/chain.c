/* Signals that are not a box's, and what handled them before lfi_new: each case in a process
   of its own.
   SPDX-License-Identifier: Apache-2.0  */
#include "test.h"

#include <sys/wait.h>

static volatile sig_atomic_t calls, blocked_self, blocked_other, was_simple;

static void look(int sig)
{
    sigset_t now;
    pthread_sigmask(SIG_SETMASK, NULL, &now);
    calls++;
    blocked_self = sigismember(&now, sig);
    blocked_other = sigismember(&now, SIGUSR2);
}

static void simple(int sig)
{
    was_simple = 1;
    look(sig);
}

static void detailed(int sig, siginfo_t *info, void *uc)
{
    if (info && uc && info->si_signo == sig)
        look(sig);
}

/* Any handler that returns from a fault would meet it again.  */
static void leave(int sig)
{
    _exit(sig);
}

static void host_fault(void)
{
    *(volatile int *)16 = 1;
}

/* In libc's text, behind that of the library.  */
static void libc_fault(void)
{
    size_t (*volatile length)(const char *) = strlen;
    length((const char *)16);
}

static void install(int sig, void (*handler)(int), int flags)
{
    struct sigaction sa = {.sa_handler = handler, .sa_flags = flags};
    sigaddset(&sa.sa_mask, SIGUSR2);
    sigaction(sig, &sa, NULL);
}

static void start(void)
{
    new_engine((struct LFIOptions){0}, 1);
}

static int sent_default(void)
{
    start();
    raise(SIGSEGV);
    return 0;
}

static int sent_default_other(void)
{
    start();
    raise(SIGFPE);
    return 0;
}

static int fault_default(void)
{
    start();
    host_fault();
    return 0;
}

static int sent_ignored(void)
{
    signal(SIGSEGV, SIG_IGN);
    start();
    raise(SIGSEGV);
    return 1;
}

static int fault_ignored(void)
{
    signal(SIGSEGV, SIG_IGN);
    start();
    host_fault();
    return 0;
}

static int fault_handled(void)
{
    install(SIGSEGV, leave, 0);
    start();
    host_fault();
    return 0;
}

static int libc_handled(void)
{
    install(SIGSEGV, leave, 0);
    start();
    libc_fault();
    return 0;
}

static int mask_is_applied(void)
{
    sigset_t now;
    install(SIGILL, simple, 0);
    start();
    raise(SIGILL);
    pthread_sigmask(SIG_SETMASK, NULL, &now);
    return calls == 1 && was_simple && blocked_self && blocked_other && !sigismember(&now, SIGUSR2)
           && !sigismember(&now, SIGILL);
}

static int nodefer_is_respected(void)
{
    struct sigaction sa = {.sa_sigaction = detailed, .sa_flags = SA_SIGINFO | SA_NODEFER};
    sigaction(SIGFPE, &sa, NULL);
    start();
    raise(SIGFPE);
    return calls == 1 && !was_simple && !blocked_self && !blocked_other;
}

static int ignored_signals_are_fine(void)
{
    signal(SIGPIPE, SIG_IGN);
    start();
    return lfi_sigaction_check();
}

static const struct {
    const char *name;
    int (*run)(void);
    int status; /* of the process: exit status, or 128 + signal */
    int not_with; /* sanitizers that have handlers of their own, or wait with signals */
} cases[] = {
    {"sent, default action", sent_default, 128 + SIGSEGV, SAN_ANY},
    {"sent, default action, another signal", sent_default_other, 128 + SIGFPE, SAN_ANY},
    {"fault, default action", fault_default, 128 + SIGSEGV, SAN_ANY},
    {"sent, ignored", sent_ignored, 1, 0},
    {"fault, ignored: the kernel does not", fault_ignored, 128 + SIGSEGV, 0},
    {"fault, handled", fault_handled, SIGSEGV, 0},
    {"fault in libc, handled", libc_handled, SIGSEGV, 0},
    {"the handler's mask", mask_is_applied, 1, 0},
    {"SA_NODEFER and SA_SIGINFO", nodefer_is_respected, 1, SAN_THREAD},
    {"ignored signals need no SA_ONSTACK", ignored_signals_are_fine, 1, 0},
};

int main(void)
{
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        int status = 0;
        if (skipped(cases[i].not_with, cases[i].name, "handlers are the sanitizer's"))
            continue;
        fflush(stdout);
        pid_t pid = fork();
        if (pid == 0)
            _exit(cases[i].run());
        waitpid(pid, &status, 0);
        status = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
        CHECK(cases[i].name, status == cases[i].status);
    }
    puts("DONE");
    return 0;
}
