/* Users, priorities, scheduling, children: beyond process.c.
   SPDX-License-Identifier: Apache-2.0  */
#include "show.h"
#include <sched.h>
#include <sys/prctl.h>
#include <sys/wait.h>

static void users(void)
{
    uid_t u = getuid(), r, e, s;
    gid_t g = getgid(), list[64];
    SHOW(syscall(SYS_setuid, u));
    SHOW(syscall(SYS_setuid, u + 1));
    SHOW(syscall(SYS_setuid, -1));
    SHOW(syscall(SYS_setgid, g));
    SHOW(syscall(SYS_setgid, g + 1));
    SHOW(syscall(SYS_setreuid, -1, u));
    SHOW(syscall(SYS_setreuid, u + 1, -1));
    SHOW(syscall(SYS_setregid, g, -1));
    SHOW(syscall(SYS_setregid, -1, g + 1));
    SHOW(syscall(SYS_setresuid, -1, -1, -1));
    SHOW(syscall(SYS_setresuid, u, u, u));
    SHOW(syscall(SYS_setresuid, u, u, u + 1));
    SHOW(syscall(SYS_setresgid, g, g, -1));
    SHOW(syscall(SYS_setresgid, g + 1, g, -1));
    SHOW(getresgid(&r, &e, &s));
    TRUE(r == g && e == g && s == g);
    SHOW(syscall(SYS_getresgid, &r, &e, 8));
    SHOW(syscall(SYS_getresuid, &r, 8, &e));
    TRUE(getgroups(0, list) >= 0);
    BOX(getgroups(64, list) == 0);
    SHOW(getgroups(-1, list));
    SHOW(issetugid());
}

static void groups_of_processes(void)
{
    TRUE(getpgid(0) > 0 && getpgid(getpid()) == getpgid(0) && getpgrp() == getpgid(0));
    TRUE(getsid(0) > 0 && getsid(getpid()) == getsid(0));
    SHOW(getpgid(99999999));
    SHOW(getsid(99999999));
    SHOW(getpgid(-5));
}

static void priorities(void)
{
    SHOW(setpriority(PRIO_PROCESS, 0, 19));
    SHOW(getpriority(PRIO_PROCESS, 0));
    SHOW(getpriority(PRIO_PROCESS, getpid()));
    SHOW(setpriority(PRIO_PROCESS, 0, 5));
    SHOW(setpriority(PRIO_PROCESS, 0, 100));
    SHOW(getpriority(PRIO_PROCESS, 0));
    SHOW(getpriority(PRIO_PROCESS, 99999999));
    SHOW(setpriority(PRIO_PROCESS, 99999999, 19));
    SHOW(getpriority(77, 0));
    SHOW(setpriority(77, 0, 0));
    SHOW(nice(0));
}

static void scheduling(void)
{
    struct sched_param p = {7};
    cpu_set_t set, none;
    SHOW(syscall(SYS_sched_getscheduler, 0));
    SHOW(syscall(SYS_sched_getscheduler, getpid()));
    SHOW(syscall(SYS_sched_getscheduler, 99999999));
    SHOW(syscall(SYS_sched_getscheduler, -1));
    SHOW(syscall(SYS_sched_getparam, 0, &p));
    SHOW(p.sched_priority);
    SHOW(syscall(SYS_sched_getparam, 99999999, &p));
    SHOW(syscall(SYS_sched_setparam, 0, &p));
    SHOW(syscall(SYS_sched_setscheduler, 0, SCHED_OTHER, &p));
    p.sched_priority = 5;
    SHOW(syscall(SYS_sched_setparam, 0, &p));
    SHOW(syscall(SYS_sched_setscheduler, 0, SCHED_OTHER, &p));
    SHOW(syscall(SYS_sched_setscheduler, 0, SCHED_FIFO, &p));
    SHOW(syscall(SYS_sched_setscheduler, 0, 99, &p));
    p.sched_priority = 100;
    SHOW(syscall(SYS_sched_setscheduler, 0, SCHED_RR, &p));
    for (int i = -1; i < 9; i++)
        if (i != 7) /* newer kernels have it */
            printf("policy %d: %ld to %ld\n", i, syscall(SYS_sched_get_priority_min, i),
                   syscall(SYS_sched_get_priority_max, i));
    CPU_ZERO(&none);
    SHOW(sched_getaffinity(0, sizeof set, &set));
    SHOW(sched_setaffinity(0, sizeof set, &set));
    SHOW(sched_setaffinity(0, sizeof none, &none));
    SHOW(sched_setaffinity(99999999, sizeof set, &set));
    SHOW(sched_getaffinity(99999999, sizeof set, &set));
    SHOW(syscall(SYS_sched_getaffinity, 0, 7, &set));
    TRUE(CPU_COUNT(&set) == sysconf(_SC_NPROCESSORS_ONLN));
    pthread_attr_t attr;
    pthread_attr_init(&attr);
    SHOW(pthread_getschedparam(pthread_self(), &(int){0}, &p));
    SHOW(pthread_setschedprio(pthread_self(), 0));
    SHOW(syscall(SYS_getcpu, &(unsigned){0}, NULL, NULL));
    SHOW(syscall(SYS_getcpu, 8, NULL, NULL));
}

static void children(void)
{
    int status;
    siginfo_t info;
    SHOW(wait(&status));
    SHOW(waitpid(-1, &status, WNOHANG));
    SHOW(waitpid(99999999, &status, 0));
    SHOW(waitpid(-1, &status, 0x100));
    SHOW(syscall(SYS_wait4, INT_MIN, &status, 0, NULL));
    SHOW(waitid(P_ALL, 0, &info, WEXITED | WNOHANG));
    SHOW(waitid(P_PID, 99999999, &info, WEXITED));
    SHOW(waitid(P_PID, 0, &info, WEXITED));
    SHOW(waitid(P_ALL, 0, &info, 0));
    SHOW(waitid(77, 0, &info, WEXITED));
}

static void usage(void)
{
    struct rusage ru;
    struct rlimit l;
    struct sysinfo si;
    struct timeval tv;
    volatile char *m = malloc(1 << 22);
    for (int i = 0; i < 1 << 22; i += 4096)
        m[i] = 1;
    SHOW(getrusage(RUSAGE_SELF, &ru));
    TRUE(ru.ru_maxrss > 0 && ru.ru_minflt > 0);
    TRUE(ru.ru_utime.tv_usec >= 0 && ru.ru_utime.tv_usec < 1000000);
    SHOW(getrusage(RUSAGE_CHILDREN, &ru));
    TRUE(ru.ru_utime.tv_sec == 0);
    SHOW(getrusage(RUSAGE_THREAD, &ru));
    SHOW(getrusage(5, &ru));
    for (int i = 0; i < RLIM_NLIMITS; i++) {
        int r = getrlimit(i, &l);
        printf("limit %d: %d %d\n", i, r, l.rlim_cur <= l.rlim_max);
    }
    SHOW(getrlimit(RLIM_NLIMITS, &l));
    SHOW(getrlimit(-1, &l));
    getrlimit(RLIMIT_CORE, &l);
    l.rlim_cur = 0;
    SHOW(setrlimit(RLIMIT_CORE, &l));
    l.rlim_cur = 10;
    l.rlim_max = 5;
    SHOW(setrlimit(RLIMIT_NOFILE, &l));
    SHOW(syscall(SYS_prlimit64, 99999999, RLIMIT_NOFILE, NULL, &l));
    SHOW(syscall(SYS_prlimit64, getpid(), RLIMIT_NOFILE, NULL, &l));
    SHOW(sysinfo(&si));
    TRUE(si.freeram <= si.totalram && si.procs > 0);
    SHOW(syscall(SYS_sysinfo, 8));
    SHOW(syscall(SYS_times, 8));
    SHOW(syscall(SYS_gettimeofday, &tv, NULL));
    SHOW(syscall(SYS_gettimeofday, 8, NULL));
    TRUE(tv.tv_sec > 1600000000 && tv.tv_usec >= 0 && tv.tv_usec < 1000000);
}

static void control(void)
{
    enum { QUERY = 0, PRIVATE_EXPEDITED = 8, REGISTER = 16, MEMBARRIER_BAD = 12345 };
    char name[16];
    TRUE((syscall(SYS_membarrier, QUERY, 0, 0) & (PRIVATE_EXPEDITED | REGISTER))
         == (PRIVATE_EXPEDITED | REGISTER));
    SHOW(syscall(SYS_membarrier, REGISTER, 0, 0));
    SHOW(syscall(SYS_membarrier, PRIVATE_EXPEDITED, 0, 0));
    SHOW(syscall(SYS_membarrier, MEMBARRIER_BAD, 0, 0));
    SHOW(syscall(SYS_membarrier, QUERY, 1, 0));
    SHOW(prctl(PR_SET_NAME, ""));
    SHOW(prctl(PR_GET_NAME, name));
    SHOW(name[0]);
    SHOW(prctl(PR_SET_NAME, "fifteen letters"));
    SHOW(prctl(PR_GET_NAME, name));
    printf("%s\n", name);
    SHOW(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
    SHOW(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0));
    SHOW(prctl(PR_SET_NO_NEW_PRIVS, 2, 0, 0, 0));
    SHOW(prctl(PR_SET_DUMPABLE, 0, 0, 0, 0));
    SHOW(prctl(PR_GET_DUMPABLE, 0, 0, 0, 0));
    SHOW(prctl(PR_SET_DUMPABLE, 9, 0, 0, 0));
    SHOW(pthread_setname_np(pthread_self(), "a thread"));
    SHOW(pthread_setname_np(pthread_self(), "longer than sixteen"));
    sigset_t set;
    SHOW(syscall(SYS_rt_sigpending, &set, 16));
    SHOW(syscall(SYS_rt_sigprocmask, 0, &set, NULL, 4));
}

int main(void)
{
    setvbuf(stdout, NULL, _IOFBF, 65536);
    drop_privileges();
    users();
    groups_of_processes();
    priorities();
    scheduling();
    children();
    usage();
    control();
    return 0;
}
