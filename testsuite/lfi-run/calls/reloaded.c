/* The program that reload.c runs again and again in one box.
   SPDX-License-Identifier: Apache-2.0  */
#include <sys/prctl.h>

#include "show.h"

/* Whole pages of any size each.  */
enum { N = 32768, BYTES = 4 * N };
#define PAGES __attribute__((aligned(65536)))
PAGES volatile int reloaded_data[N] = {1, [N - 1] = 2};
PAGES volatile int reloaded_zeros[N];
PAGES const volatile int reloaded_const[N] = {3, [N - 1] = 4};

/* The host sets the first when the second is set.  */
volatile int reloaded_wait[2];

/* What the host makes into other code.  */
__attribute__((noinline)) int reloaded_code(void)
{
    return 7;
}

static char *elsewhere(void)
{
    return (char *)(((uintptr_t)reloaded_data & ~UINT64_C(0xffffffff)) + 0xa0000000);
}

static int mapped(char *p)
{
    return msync(p, 4096, MS_ASYNC) == 0;
}

static void *nothing(void *arg)
{
    return arg;
}

static void *spin(void *arg)
{
    for (;;)
        reloaded_data[1]++;
    return arg;
}

/* Changes all that can be changed.  */
static void spoil(void)
{
    struct rlimit limit = {64, 64};
    for (int i = 0; i < N; i++)
        reloaded_data[i] = reloaded_zeros[i] = 99;
    mprotect((void *)reloaded_zeros, BYTES, PROT_READ);
    mprotect((void *)reloaded_const, BYTES, PROT_READ | PROT_WRITE);
    for (int i = 0; i < N; i++)
        ((volatile int *)reloaded_const)[i] = 98;
    mprotect((void *)reloaded_const, BYTES, PROT_READ);
    char *brk = (char *)syscall(SYS_brk, 0);
    syscall(SYS_brk, brk + 0x10000);
    memset(brk, 97, 0x10000);
    memset(mmap(elsewhere(), 0x10000, PROT_READ | PROT_WRITE,
                MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0),
           96, 0x10000);
    dup2(1, 40);
    close(0);
    chdir("/dev");
    umask(0);
    signal(SIGPIPE, SIG_IGN);
    setrlimit(RLIMIT_NOFILE, &limit);
    prctl(PR_SET_NAME, "spoiled");
}

/* A bit for everything that is not as it is for a new program.  */
static int look(void)
{
    char dir[100] = "", name[16] = "";
    struct rlimit limit;
    int bad = 0;
    for (int i = 0; i < N; i++) {
        bad |= reloaded_data[i] != (i == 0) + 2 * (i == N - 1) ? 1 : 0;
        bad |= reloaded_zeros[i] != 0 ? 2 : 0;
        bad |= reloaded_const[i] != 3 * (i == 0) + 4 * (i == N - 1) ? 4 : 0;
    }
    reloaded_zeros[0] = 1; /* writable */
    char *brk = (char *)syscall(SYS_brk, 0);
    bad |= mapped(elsewhere()) ? 8 : 0;
    syscall(SYS_brk, brk + 0x10000);
    for (int i = 0; i < 0x10000; i++)
        bad |= brk[i] ? 16 : 0;
    bad |= fcntl(40, F_GETFD) >= 0 || fcntl(0, F_GETFD) < 0 ? 32 : 0;
    bad |= !getcwd(dir, sizeof dir) || strcmp(dir, "/") != 0 || umask(0) != 022 ? 64 : 0;
    getrlimit(RLIMIT_NOFILE, &limit);
    prctl(PR_GET_NAME, name);
    bad |= limit.rlim_cur != 1024 || strcmp(name, "reloaded") != 0
                   || signal(SIGPIPE, SIG_DFL) != SIG_DFL
               ? 128
               : 0;
    return bad;
}

int main(int argc, char **argv)
{
    const char *how = argc > 1 ? argv[1] : "";
    pthread_t t;
    if (strcmp(how, "spoil") == 0) {
        spoil();
        return 3;
    }
    if (strcmp(how, "pid") == 0)
        return getpid() & 0x7f;
    if (strcmp(how, "fault") == 0)
        *(volatile int *)16 = 1;
    if (strcmp(how, "signal") == 0) {
        /* Blocked and pending; it must not reach the next program.  */
        static char stack[8192];
        sigset_t set;
        sigfillset(&set);
        sigprocmask(SIG_BLOCK, &set, NULL);
        sigaltstack(&(stack_t){.ss_sp = stack, .ss_size = sizeof stack}, NULL);
        raise(SIGTERM);
        return 4;
    }
    if (strcmp(how, "unblock") == 0) {
        sigset_t set, old;
        stack_t stack;
        sigfillset(&set);
        sigprocmask(SIG_UNBLOCK, &set, &old);
        sigaltstack(NULL, &stack);
        return sigismember(&old, SIGUSR1) || !(stack.ss_flags & SS_DISABLE) ? 50 : 5;
    }
    if (strcmp(how, "threads") == 0) {
        pthread_create(&t, NULL, nothing, NULL);
        pthread_join(t, NULL);
        return 6;
    }
    if (strcmp(how, "spin") == 0) {
        pthread_create(&t, NULL, spin, NULL);
        while (!*(volatile int *)&reloaded_data[1])
            ;
        return 8;
    }
    if (strcmp(how, "wait") == 0) {
        reloaded_wait[1] = 1;
        while (!reloaded_wait[0])
            ;
        return 10;
    }
    if (strcmp(how, "code") == 0)
        return reloaded_code();
    return look();
}
