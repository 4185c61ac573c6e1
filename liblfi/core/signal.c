/* Faults: which are a box's, what becomes of the others; alternate signal stacks.
   SPDX-License-Identifier: Apache-2.0

   The only state of the library that is not in an object of its user is here: signal
   handlers belong to the process, and the handler finds its context by the thread.  */
#include "config.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "liblfi/core/internal.h"

#ifndef AT_MINSIGSTKSZ
#define AT_MINSIGSTKSZ 51
#endif

/* Size of alternate stacks; and what one that a thread brought must have at least beyond the
   frame that the kernel writes.  */
enum { ALTSTACK_SIZE = 64 * 1024, ALTSTACK_SPARE = 4096 };

static const int fault_signals[] = {SIGSEGV, SIGBUS, SIGILL, SIGTRAP, SIGFPE};
enum { NFAULTS = sizeof fault_signals / sizeof fault_signals[0] };

static struct sigaction previous[NFAULTS];
static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_key_t altstack_key;
static int init_error;
static _Thread_local bool attached;

static unsigned fault_index(int sig)
{
    unsigned i = 0;
    while (i < NFAULTS - 1 && fault_signals[i] != sig)
        i++;
    return i;
}

/* As if no handler had been there: the default action, on return.  */
static void default_action(int sig, const siginfo_t *info)
{
    struct sigaction sa = {.sa_handler = SIG_DFL};
    sigaction(sig, &sa, NULL);
    /* A fault comes again by itself; a signal that was sent has to be sent again.  */
    if (info->si_code <= 0)
        syscall(SYS_tgkill, getpid(), (pid_t)syscall(SYS_gettid), sig);
}

static void call_previous(const struct sigaction *sa, int sig, siginfo_t *info, void *uc)
{
    sigset_t saved;
    /* The signal itself is blocked here.  */
    pthread_sigmask(SIG_BLOCK, &sa->sa_mask, &saved);
    if (sa->sa_flags & SA_NODEFER) {
        sigset_t self;
        sigemptyset(&self);
        sigaddset(&self, sig);
        pthread_sigmask(SIG_UNBLOCK, &self, NULL);
    }
    if (sa->sa_flags & SA_SIGINFO)
        sa->sa_sigaction(sig, info, uc);
    else
        sa->sa_handler(sig);
    pthread_sigmask(SIG_SETMASK, &saved, NULL);
}

static void chain(int sig, siginfo_t *info, void *uc)
{
    const struct sigaction *sa = &previous[fault_index(sig)];
    if (sa->sa_handler == SIG_DFL)
        default_action(sig, info);
    else if (sa->sa_handler == SIG_IGN) {
        /* The kernel ignores what was sent, but no fault.  */
        if (info->si_code > 0)
            default_action(sig, info);
    } else
        call_previous(sa, sig, info, uc);
}

/* Interrupted on the alternate stack: host code of a signal handler, even if the thread was
   in a box when that handler started.  Every thread in a box has such a stack.  */
bool lfi_signal_on_altstack(const ucontext_t *uc)
{
    return lfi_arch_uc_sp(uc) - (uintptr_t)uc->uc_stack.ss_sp <= uc->uc_stack.ss_size;
}

static bool in_copy(const ucontext_t *uc)
{
    uint64_t pc = lfi_arch_uc_pc(uc);
    return pc >= (uintptr_t)lfi_arch_copy_begin && pc < (uintptr_t)lfi_arch_copy_end;
}

/* Caused by the interrupted instruction, not sent by a process or about memory elsewhere.  */
static bool is_synchronous(int sig, const siginfo_t *info)
{
    return info->si_code > 0 && !(sig == SIGBUS && info->si_code == BUS_MCEERR_AO);
}

/* The thread's own flag.  Not an atomic access: in one of those ThreadSanitizer would call the
   handlers of signals that it has held back, among them ours that ends the same run.  */
static bool runs_box(const struct LFIContext *ctx)
{
    const volatile void *flag = &ctx->in_box;
    return *(const volatile uint64_t *)flag != 0;
}

static void on_fault(int sig, siginfo_t *info, void *arg)
{
    ucontext_t *uc = arg;
    struct LFIContext *ctx = lfi_current;
    bool synchronous = is_synchronous(sig, info);
    bool in_box = ctx && runs_box(ctx) && !lfi_signal_on_altstack(uc);
    int saved = errno;
    if (synchronous && ctx && !in_box && lfi_arch_uc_at_trap(ctx, uc)) {
        lfi_resume_enter(ctx, uc);
        errno = saved;
        return;
    }
    if (in_box && sig == SIGTRAP && info->si_code == TRAP_TRACE && lfi_arch_uc_stepped(ctx, uc)) {
        lfi_interrupt_in_box(ctx, uc);
        errno = saved;
        return;
    }
    uint64_t before = in_box ? lfi_arch_signal_begin(ctx) : 0;
    if (synchronous && in_box)
        lfi_ctx_fault_leave(ctx, uc, sig, info->si_code, (uintptr_t)info->si_addr);
    else if (synchronous && in_copy(uc) && (sig == SIGSEGV || sig == SIGBUS))
        lfi_arch_uc_set_pc(uc, (uintptr_t)lfi_arch_copy_fault);
    else
        chain(sig, info, uc);
    if (in_box)
        lfi_arch_signal_end(ctx, before);
    errno = saved;
}

static void free_altstack(void *p)
{
    stack_t old, off = {.ss_flags = SS_DISABLE};
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    attached = false;
    if (sigaltstack(NULL, &old) == 0 && old.ss_sp == (char *)p + page)
        sigaltstack(&off, NULL);
    munmap(p, ALTSTACK_SIZE + 2 * page);
}

static void init(void)
{
    lfi_arch_init();
    init_error = pthread_key_create(&altstack_key, free_altstack);
    for (unsigned i = 0; i < NFAULTS && !init_error; i++) {
        struct sigaction sa = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO | SA_ONSTACK};
        sigemptyset(&sa.sa_mask);
        /* previous[] is complete before the handler can look at it.  */
        if (sigaction(fault_signals[i], NULL, &previous[i]) < 0
            || sigaction(fault_signals[i], &sa, NULL) < 0)
            init_error = errno;
    }
}

bool lfi_signal_init(void)
{
    pthread_once(&once, init);
    if (init_error)
        lfi_fail(LFI_ERR_SIGNAL, "cannot install signal handlers: %s", strerror(init_error));
    return init_error == 0 && lfi_interrupt_init();
}

/* The kernel's structure: libc hides its own handlers.  */
struct kernel_sigaction {
    void (*handler)(int);
    unsigned long flags;
    void (*restorer)(void);
    uint64_t mask;
};

static bool is_fault_signal(int sig)
{
    return fault_signals[fault_index(sig)] == sig;
}

/* ThreadSanitizer's own handler is in front of every other, and calls it at once for faults, on the
   same stack; its sigaction tells which.  */
extern void __tsan_init(void) __attribute__((weak));

/* Whether a signal of ours has another handler by now.  */
static bool replaced(int sig, const struct kernel_sigaction *sa)
{
    struct sigaction libc;
    uintptr_t handler = (uintptr_t)sa->handler;
    if (!is_fault_signal(sig) && sig != lfi_interrupt_signal())
        return false;
    if (__tsan_init && sigaction(sig, NULL, &libc) == 0)
        handler = (uintptr_t)libc.sa_sigaction;
    return is_fault_signal(sig) ? handler != (uintptr_t)on_fault
                                : !lfi_interrupt_installed(handler);
}

static bool check_signal(int sig)
{
    struct kernel_sigaction sa = {0};
    if (syscall(SYS_rt_sigaction, sig, NULL, &sa, sizeof sa.mask) < 0)
        return true;
    const char *name = sigabbrev_np(sig);
    if (replaced(sig, &sa))
        lfi_fail(LFI_ERR_SIGNAL,
                 "the handler of SIG%s was replaced: install handlers before lfi_new",
                 name ? name : "RTMIN+7, which the library needs,");
    else if (sa.handler != SIG_DFL && sa.handler != SIG_IGN && !(sa.flags & SA_ONSTACK))
        lfi_fail(LFI_ERR_SIGNAL,
                 "the handler of signal %d (SIG%s) lacks SA_ONSTACK: it would run on "
                 "the stack of a box",
                 sig,
                 name       ? name
                 : sig < 34 ? "CANCEL or SIGSETXID"
                            : "RT");
    else
        return true;
    return false;
}

bool lfi_sigaction_check(void)
{
    for (int sig = 1; sig <= 64; sig++)
        if (!check_signal(sig))
            return false;
    return true;
}

static size_t needed_altstack(void)
{
    size_t frame = getauxval(AT_MINSIGSTKSZ);
    return (frame ? frame : (size_t)MINSIGSTKSZ) + ALTSTACK_SPARE;
}

static bool make_altstack(void)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE), size = ALTSTACK_SIZE + 2 * page;
    char *p = mmap(NULL, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (p == MAP_FAILED)
        return false;
    stack_t ss = {.ss_sp = p + page, .ss_size = ALTSTACK_SIZE};
    if (mprotect(p + page, ALTSTACK_SIZE, PROT_READ | PROT_WRITE) == 0
        && pthread_setspecific(altstack_key, p) == 0) {
        if (sigaltstack(&ss, NULL) == 0)
            return true;
        pthread_setspecific(altstack_key, NULL);
    }
    munmap(p, size);
    return false;
}

static bool have_altstack(const struct LFIOptions *opts)
{
    stack_t old;
    if (sigaltstack(NULL, &old) == 0 && !(old.ss_flags & SS_DISABLE)) {
        if (old.ss_size >= needed_altstack())
            return true;
        lfi_fail(LFI_ERR_SIGALTSTACK,
                 "the thread's alternate signal stack is smaller than %zu bytes",
                 needed_altstack());
        return false;
    }
    if (opts->no_init_sigaltstack) {
        lfi_fail(LFI_ERR_SIGALTSTACK, "the thread has no alternate signal stack");
        return false;
    }
    if (make_altstack())
        return true;
    lfi_fail(LFI_ERR_SIGALTSTACK, "cannot make an alternate signal stack: %s", strerror(errno));
    return false;
}

/* A fault whose signal is blocked would end the process; an interrupt would wait.  */
void lfi_signal_unblock(void)
{
    sigset_t set;
    sigemptyset(&set);
    for (unsigned i = 0; i < NFAULTS; i++)
        sigaddset(&set, fault_signals[i]);
    sigaddset(&set, lfi_interrupt_signal());
    pthread_sigmask(SIG_UNBLOCK, &set, NULL);
}

bool lfi_signal_attach(const struct LFIOptions *opts)
{
    if (attached)
        return true;
    if (!lfi_sigaction_check() || !have_altstack(opts))
        return false;
    lfi_signal_unblock();
    attached = true;
    return true;
}
