/* The program that embed.c runs.
   SPDX-License-Identifier: Apache-2.0  */
#include "show.h"

volatile int embedded_value = 12345;

__attribute__((noinline)) void embedded_fault(void)
{
    *(volatile int *)16 = 1;
}

static void *nothing(void *arg)
{
    return arg;
}

static void *spin(void *arg)
{
    for (;;)
        embedded_value++;
    return arg;
}

static void *block(void *arg)
{
    char c;
    read(*(int *)arg, &c, 1);
    return NULL;
}

/* How many calls take memory of the box above, whose runtime call table is in the last page of this
   one's addresses.  */
static int neighbour(void)
{
    char *table = (char *)((uintptr_t)&embedded_value | 0xfffffff8);
    struct iovec v = {table, 8};
    struct timespec now = {0, 0};
    int p[2], taken = 0;
    pipe(p);
    taken += write(p[1], table, 8) >= 0;
    taken += writev(p[1], &v, 1) >= 0;
    taken += write(p[1], table - 1000, 8) >= 0;
    taken += write(p[1], table, 16) >= 0;
    taken += syscall(SYS_futex, table, 128, 1, &now) >= 0 || errno != EFAULT;
    taken += syscall(SYS_nanosleep, table - 8, NULL) >= 0 || errno != EFAULT;
    taken += open(table, O_RDONLY) >= 0 || errno != EFAULT;
    taken += syscall(SYS_ppoll, table, 1, &now, NULL, 8) >= 0 || errno != EFAULT;
    taken += mprotect((char *)((uintptr_t)table & ~UINT64_C(4095)), 4096, PROT_READ) == 0;
    return taken;
}

/* How many MiB the break can be moved up, at most 8.  */
static int break_mib(void)
{
    long start = syscall(SYS_brk, 0);
    for (int n = 1; n <= 8; n++)
        if (syscall(SYS_brk, start + ((long)n << 20)) != start + ((long)n << 20))
            return n - 1;
    return 8;
}

int main(int argc, char **argv)
{
    const char *how = argv[1];
    pthread_t t[4];
    static int p[2];
    (void)argc;
    embedded_value = 54321;
    if (strcmp(how, "fault") == 0)
        embedded_fault();
    if (strcmp(how, "spin") == 0)
        spin(NULL);
    if (strcmp(how, "abort") == 0)
        abort();
    if (strcmp(how, "unknown") == 0)
        return syscall(4242) == -1 ? errno : 0;
    if (strcmp(how, "neighbour") == 0)
        return neighbour();
    if (strcmp(how, "brk") == 0)
        return break_mib();
    if (strcmp(how, "pipe") == 0) {
        pipe(p);
        close(p[0]);
        write(p[1], "x", 1);
    }
    if (strcmp(how, "threads") == 0) {
        struct stat st;
        fstatat(0, "x", &st, 0); /* refused, and nothing is kept of it */
        for (int i = 0; i < 4; i++)
            pthread_create(&t[i], NULL, nothing, NULL);
        for (int i = 0; i < 4; i++)
            pthread_join(t[i], NULL);
        return 11;
    }
    if (strcmp(how, "busy") == 0) {
        pipe(p);
        pthread_create(&t[0], NULL, spin, NULL);
        pthread_create(&t[1], NULL, block, p);
        usleep(10000);
        return 9;
    }
    return atoi(how);
}
