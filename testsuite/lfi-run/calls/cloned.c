/* Threads made by clone itself, with every pointer of it bad.
   SPDX-License-Identifier: Apache-2.0  */
#include "show.h"
#include <sched.h>

enum {
    NEED = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM,
    N = 8
};
static volatile int ran, tids[N];
static char stacks[N][16384] __attribute__((aligned(64)));

static long raw(long nr, long a, long b)
{
#if defined(__aarch64__)
    register long x8 __asm__("x8") = nr, x0 __asm__("x0") = a, x1 __asm__("x1") = b;
    __asm__ volatile("svc #0" : "+r"(x0) : "r"(x8), "r"(x1) : "memory");
    return x0;
#else
    long r;
    __asm__ volatile("syscall" : "=a"(r) : "a"(nr), "D"(a), "S"(b) : "rcx", "r11", "memory");
    return r;
#endif
}

/* No thread-local memory here: the thread pointer may be anything.  */
static int child(void *arg)
{
    (void)arg;
    __atomic_add_fetch(&ran, 1, __ATOMIC_SEQ_CST);
    for (;;)
        raw(SYS_exit, 5, 0);
}

static int started;
static void try(const char *what, int flags, void *ptid, void *tls, void *ctid)
{
    int r =
        clone(child, stacks[started] + sizeof stacks[0] - 64, NEED | flags, NULL, ptid, tls, ctid);
    printf("%s: %s\n", what, r > 0 ? "made" : "not made");
    started += r > 0;
    while (__atomic_load_n(&ran, __ATOMIC_SEQ_CST) < started)
        sched_yield();
}

int main(void)
{
    void *bad = (void *)8, *high = (void *)0xfffffffffffffff0;
    setvbuf(stdout, NULL, _IOFBF, 65536);
    try("no pointers", 0, NULL, NULL, NULL);
    try("thread pointer", CLONE_SETTLS, NULL, bad, NULL);
    try("parent's word", CLONE_PARENT_SETTID, bad, NULL, NULL);
    try("child's word", CLONE_CHILD_SETTID, NULL, NULL, bad);
    try("cleared word", CLONE_CHILD_CLEARTID, NULL, NULL, high);
    try("all", CLONE_PARENT_SETTID | CLONE_CHILD_SETTID | CLONE_CHILD_CLEARTID | CLONE_SETTLS, high,
        (void *)16, (void *)main);
    tids[1] = -1;
    try("good ones", CLONE_PARENT_SETTID | CLONE_CHILD_CLEARTID, (void *)&tids[0], NULL,
        (void *)&tids[1]);
    TRUE(tids[0] > 0);
    while (__atomic_load_n(&tids[1], __ATOMIC_SEQ_CST) != 0)
        sched_yield();
    SHOW(tids[1]);
    SHOW(ran);
    SHOW(syscall(SYS_clone, CLONE_THREAD | CLONE_SIGHAND, stacks[0], 0, 0, 0));
    BOX(syscall(SYS_clone, NEED | CLONE_VFORK, stacks[0], 0, 0, 0) == -1 && errno == EINVAL);
    BOX(syscall(SYS_clone, NEED | CLONE_NEWUSER, stacks[0], 0, 0, 0) == -1 && errno == EINVAL);
    BOX(syscall(SYS_clone, NEED | CLONE_PTRACE, stacks[0], 0, 0, 0) == -1 && errno == EINVAL);
    BOX(syscall(SYS_clone, NEED, 0, 0, 0, 0) == -1 && errno == EINVAL);
    BOX(syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0) == -1 && errno == ENOSYS);
    return 0;
}
