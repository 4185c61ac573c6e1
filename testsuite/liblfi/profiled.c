/* A host with handlers of its own: it recovers from faults by SIGSEGV, and a timer profiles it while it
   calls a library in a box.
   SPDX-License-Identifier: Apache-2.0

   usage: profiled LIBRARY  */
#define _GNU_SOURCE
#include <setjmp.h>
#include <sys/time.h>
#include <ucontext.h>

#include "invoke.h"
#include "lfi_linux.h"
#include "test.h"

static struct LFIBoxInfo info;
static sigjmp_buf recover;
static volatile unsigned host_faults, samples, in_box, bad_stack, in_handlers;
static volatile bool in_callback;

static void on_segv(int sig)
{
    (void)sig;
    host_faults++;
    siglongjmp(recover, 1);
}

static bool inside(uint64_t p)
{
    return p - info.base < info.size;
}

static void on_prof(int sig, siginfo_t *si, void *context)
{
    const ucontext_t *uc = context;
    char here;
    (void)sig, (void)si;
#if defined(__aarch64__)
    uint64_t pc = uc->uc_mcontext.pc;
#else
    uint64_t pc = (uint64_t)uc->uc_mcontext.gregs[REG_RIP];
#endif
    samples++;
    in_box += inside(pc);
    in_handlers += in_callback;
    bad_stack += inside((uintptr_t)&here);
}

static void install(int sig, void (*fn)(int), void (*info_fn)(int, siginfo_t *, void *), int flags)
{
    struct sigaction sa = {.sa_flags = flags};
    if (info_fn)
        sa.sa_sigaction = info_fn;
    else
        sa.sa_handler = fn;
    sigemptyset(&sa.sa_mask);
    sigaction(sig, &sa, NULL);
}

static int host_work(int x)
{
    volatile unsigned sum = 0;
    in_callback = true;
    for (unsigned i = 0; i < 20000; i++)
        sum += i;
    in_callback = false;
    return x + 1;
}

static void plain(int sig)
{
    (void)sig;
}

int main(int argc, char **argv)
{
    const char *args[] = {"library", NULL};
    struct itimerval fast = {{0, 1000}, {0, 1000}}, off = {{0, 0}, {0, 0}};
    install(SIGSEGV, on_segv, NULL, SA_ONSTACK | SA_NODEFER);
    install(SIGPROF, plain, NULL, 0);
    CHECK("a SIGPROF handler without SA_ONSTACK is refused by name",
          argc > 1 && !lfi_new((struct LFIOptions){0}, 1) && lfi_errno() == LFI_ERR_SIGNAL
              && strstr(lfi_errmsg(), "SIGPROF"));
    install(SIGPROF, NULL, on_prof, SA_ONSTACK | SA_SIGINFO | SA_RESTART);
    struct LFIEngine *engine = new_engine((struct LFIOptions){0}, 1);
    struct LFILinuxEngine *lx = lfi_linux_new(engine, (struct LFILinuxOptions){0});
    struct LFILinuxProc *proc = lfi_proc_new(lx);
    if (!proc || !lfi_proc_load_file(proc, argv[1]))
        give_up("loading the library");
    struct LFILinuxThread *t = lfi_thread_new(proc, 1, args, NULL);
    struct LFIBox *box = lfi_proc_box(proc);
    info = lfi_box_info(box);
    if (!t || lfi_thread_run(t) != 0)
        give_up("starting the library");
    struct LFIContext **ctxp = lfi_thread_ctxp(t);
    lfiptr burn = lfi_proc_sym(proc, "burn"), call_int = lfi_proc_sym(proc, "call_int"),
           crash = lfi_proc_sym(proc, "crash");
    lfiptr work = (lfiptr)lfi_box_register_cb(box, (void *)host_work);
    setitimer(ITIMER_PROF, &fast, NULL);
    unsigned good = 0, rounds = 0;
    /* Until there are samples enough; a box that is not sampled would take for ever.  */
    while (rounds < 200000 && (samples < 200 || in_box < 20 || in_handlers < 5)) {
        rounds++;
        good += LFI_INVOKE(box, ctxp, burn, int, (int), 2000) == 2001000;
        good += LFI_INVOKE(box, ctxp, call_int, int, (lfiptr, int), work, 5) == 7;
        LFI_INVOKE(box, ctxp, crash, int, (void));
        good += lfi_invoke_info.end == LFI_INVOKE_FAULT;
        if (rounds % 16 == 0 && sigsetjmp(recover, 1) == 0)
            *(volatile int *)64 = 1;
    }
    setitimer(ITIMER_PROF, &off, NULL);
    CHECK("every call was right, whatever was interrupted", good == 3 * rounds);
    CHECK("the profiler saw the box and the callbacks", in_box >= 20 && in_handlers >= 5);
    CHECK("no handler ran on the stack of the box", bad_stack == 0);
    CHECK("faults of the host go to its handler, those of the box do not",
          host_faults == rounds / 16);
    install(SIGPROF, plain, NULL, 0);
    CHECK("a handler installed later is found by lfi_sigaction_check",
          !lfi_sigaction_check() && strstr(lfi_errmsg(), "SIGPROF"));
    lfi_thread_free(t);
    lfi_proc_free(proc);
    lfi_linux_free(lx);
    lfi_free(engine);
    puts("DONE");
    return 0;
}
