/* The process, its user, the system.
   SPDX-License-Identifier: Apache-2.0  */
#include "show.h"
#include <sched.h>
#include <sys/auxv.h>
#include <sys/prctl.h>

static __thread int per_thread = 5;

int main(int argc, char **argv)
{
    struct utsname u;
    SHOW(argc);
    TRUE(argv[argc] == NULL);
    TRUE(getpid() > 1);
    TRUE(syscall(SYS_gettid) == getpid());
    TRUE(getppid() > 0);
    TRUE(getuid() == geteuid() && getgid() == getegid());
    TRUE(getauxval(AT_UID) == getuid());
    TRUE(getauxval(AT_SECURE) == 0);
    TRUE(getauxval(AT_PAGESZ) == (unsigned long)sysconf(_SC_PAGESIZE));
    TRUE(getauxval(AT_RANDOM) != 0);
    TRUE(strlen((char *)getauxval(AT_EXECFN)) > 0);
    TRUE(getauxval(AT_SYSINFO_EHDR) == 0 || 1);
    uid_t r, e, s;
    SHOW(getresuid(&r, &e, &s));
    TRUE(r == getuid() && e == r && s == r);
    SHOW(uname(&u));
    printf("%s\n", u.sysname);
    TRUE(strlen(u.machine) > 0);
    TRUE(strlen(u.release) > 0);
    struct sysinfo si;
    SHOW(sysinfo(&si));
    TRUE(si.totalram > 0 && si.uptime > 0 && si.mem_unit > 0);
    char a[32] = {0}, b[32] = {0};
    SHOW(getrandom(a, sizeof a, 0));
    SHOW(getrandom(b, sizeof b, GRND_NONBLOCK));
    TRUE(memcmp(a, b, sizeof a) != 0);
    SHOW(getrandom(a, sizeof a, 0x1000));
    SHOW(getentropy(a, 16));
    struct rlimit l;
    SHOW(getrlimit(RLIMIT_NOFILE, &l));
    TRUE(l.rlim_cur >= 256);
    l.rlim_cur = 64;
    SHOW(setrlimit(RLIMIT_NOFILE, &l));
    SHOW(getrlimit(RLIMIT_NOFILE, &l));
    SHOW(l.rlim_cur);
    SHOW(dup2(0, 64));
    SHOW(dup2(0, 63));
    l.rlim_cur = l.rlim_max + 1;
    SHOW(setrlimit(RLIMIT_NOFILE, &l));
    SHOW(getrlimit(99, &l));
    SHOW(getrlimit(RLIMIT_STACK, &l));
    TRUE(sysconf(_SC_NPROCESSORS_ONLN) > 0);
    cpu_set_t set;
    TRUE(sched_getaffinity(0, sizeof set, &set) == 0);
    SHOW(sched_yield());
    TRUE(sched_getcpu() >= 0);
    SHOW(prctl(PR_SET_NAME, "a-long-name-that-is-cut"));
    SHOW(prctl(PR_GET_NAME, a));
    printf("%s\n", a);
    SHOW(prctl(12345));
    SHOW(getpgid(0) >= 0);
    SHOW(getgroups(-1, NULL));
    SHOW(syscall(5000));
    SHOW(per_thread);
    SHOW(umask(0123));
    SHOW(umask(0777));
    errno = 77;
    getpid();
    SHOW(errno);
    printf("%.3f %e %s\n", 1.0 / 3, 1e100, strerror(ENOENT));
    return 42;
}
