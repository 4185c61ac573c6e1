/* A second wall around the runtime: the calls of the kernel that this process may still make.
   SPDX-License-Identifier: Apache-2.0

   Code of a box cannot call the kernel at all; the verifier and the core of liblfi see to that.  If
   they failed, what runs here could do what this table allows, and no more: no other program, no
   network without --net, no other process, no memory that is writable and executable.  The table holds exactly
   what liblfi, its Linux layer and the C library under them use from when the program is loaded
   until the end.  Anything else kills the process: code that calls it is not ours.

   A filter sees numbers, not what pointers point to, so it cannot tell paths apart.  Without a
   writable directory nothing can be created or truncated by path.  */
#include "config.h"

#include "lfi-run/lfi-run.h"
#include "common/tool.h"

#include <asm/termbits.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <netinet/in.h>
#include <seccomp.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

/* When a row counts.  */
enum { ALWAYS, IF_DIR, IF_WRITABLE, UNLESS_WRITABLE, IF_NET };

/* Threads and nothing but threads.  */
#define THREAD (CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM)
#define NEW                                                                                        \
    (CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID    \
     | CLONE_NEWNET | CLONE_VFORK | CLONE_PTRACE | CLONE_UNTRACED)
/* libseccomp may not know it.  */
#define FCHMODAT2 452
/* How files in memory are made: since Linux 6.3, before.  */
#define NOT_EXECUTABLE (MFD_CLOEXEC | 8)
#define NOT_SEALED (MFD_CLOEXEC | MFD_ALLOW_SEALING)
#define MAKES (O_CREAT | O_TRUNC | (O_TMPFILE & ~O_DIRECTORY))

/* clang-format off */
/* Conditions: argument n is v; all bits of mask in argument n are as in v.  */
#define NONE {0, _SCMP_CMP_MIN, 0, 0}
#define IS(n, v) {n, SCMP_CMP_EQ, v, 0}
#define BITS(n, mask, v) {n, SCMP_CMP_MASKED_EQ, mask, v}
#define CALL(name) {SCMP_SYS(name), ALWAYS, SCMP_ACT_ALLOW, NONE}
#define CALL_IF(name, when) {SCMP_SYS(name), when, SCMP_ACT_ALLOW, NONE}
#define CALL_WITH(name, when, ...) {SCMP_SYS(name), when, SCMP_ACT_ALLOW, __VA_ARGS__}
#define MISSING(name) {SCMP_SYS(name), ALWAYS, SCMP_ACT_ERRNO(ENOSYS), NONE}

static const struct row {
    int call;
    int when;
    uint32_t action;
    struct scmp_arg_cmp condition;
} rows[] = {
    /* Open files.  */
    CALL(read), CALL(write), CALL(readv), CALL(writev), CALL(pread64), CALL(pwrite64), CALL(preadv),
    CALL(pwritev), CALL(lseek), CALL(close), CALL(fstat), CALL(newfstatat), CALL(fstatfs),
    CALL(ftruncate), CALL(fallocate), CALL(fadvise64), CALL(fsync), CALL(fdatasync),
    CALL(sync_file_range), CALL(readahead), CALL(flock), CALL(pipe2), CALL(sendfile),
    CALL(copy_file_range), CALL(ppoll), CALL(getdents64),
    CALL_WITH(fcntl, ALWAYS, IS(1, F_GETFL)),
    CALL_WITH(fcntl, ALWAYS, IS(1, F_SETFL)),
    CALL_WITH(fcntl, ALWAYS, IS(1, F_GETLK)),
    CALL_WITH(fcntl, ALWAYS, IS(1, F_SETLK)),
    CALL_WITH(fcntl, ALWAYS, IS(1, F_SETLKW)),
    CALL_WITH(fcntl, ALWAYS, IS(1, F_OFD_GETLK)),
    CALL_WITH(fcntl, ALWAYS, IS(1, F_OFD_SETLK)),
    CALL_WITH(fcntl, ALWAYS, IS(1, F_OFD_SETLKW)),
    CALL_WITH(fcntl, ALWAYS, IS(1, F_GETPIPE_SZ)),
    CALL_WITH(fcntl, ALWAYS, IS(1, F_SETPIPE_SZ)),
    CALL_WITH(fcntl, ALWAYS, IS(1, F_ADD_SEALS)),
    CALL_WITH(fcntl, ALWAYS, IS(1, F_GET_SEALS)),
    CALL_WITH(memfd_create, ALWAYS, IS(1, NOT_EXECUTABLE)),
    CALL_WITH(memfd_create, ALWAYS, IS(1, NOT_SEALED)),
    CALL(fgetxattr), CALL(flistxattr), CALL_IF(getxattr, IF_DIR), CALL_IF(listxattr, IF_DIR),
    CALL_WITH(ioctl, ALWAYS, IS(1, TCGETS)),
    CALL_WITH(ioctl, ALWAYS, IS(1, TCSETS)),
    CALL_WITH(ioctl, ALWAYS, IS(1, TCSETSW)),
    CALL_WITH(ioctl, ALWAYS, IS(1, TCSETSF)),
    CALL_WITH(ioctl, ALWAYS, IS(1, TCSBRK)),
    CALL_WITH(ioctl, ALWAYS, IS(1, TCXONC)),
    CALL_WITH(ioctl, ALWAYS, IS(1, TCFLSH)),
    CALL_WITH(ioctl, ALWAYS, IS(1, TIOCGPGRP)),
    CALL_WITH(ioctl, ALWAYS, IS(1, TIOCGWINSZ)),
    CALL_WITH(ioctl, ALWAYS, IS(1, FIONREAD)),
    /* Events and timers; a file that is in an epoll more than once is duplicated.  */
    CALL(epoll_create1), CALL(epoll_ctl), CALL(epoll_pwait), CALL(epoll_pwait2), CALL(eventfd2),
    CALL(timerfd_create), CALL(timerfd_settime), CALL(timerfd_gettime),
    CALL_WITH(fcntl, ALWAYS, IS(1, F_DUPFD_CLOEXEC)),
    /* Pairs of sockets, without addresses and control messages; with --net, sockets of IP.  */
    CALL_WITH(socketpair, ALWAYS, IS(0, AF_UNIX)),
    CALL_WITH(sendto, ALWAYS, IS(4, 0)),
    CALL_WITH(setsockopt, ALWAYS, IS(1, SOL_SOCKET)),
    CALL(recvfrom), CALL(getsockopt), CALL(shutdown), CALL(getsockname), CALL(getpeername),
    CALL_WITH(socket, IF_NET, IS(0, AF_INET)),
    CALL_WITH(socket, IF_NET, IS(0, AF_INET6)),
    CALL_WITH(setsockopt, IF_NET, IS(1, IPPROTO_TCP)),
    CALL_WITH(setsockopt, IF_NET, IS(1, IPPROTO_IP)),
    CALL_WITH(setsockopt, IF_NET, IS(1, IPPROTO_IPV6)),
    CALL_IF(bind, IF_NET), CALL_IF(connect, IF_NET), CALL_IF(listen, IF_NET),
    CALL_IF(accept4, IF_NET), CALL_IF(sendto, IF_NET), CALL_IF(sendmsg, IF_NET),
    CALL_IF(recvmsg, IF_NET),
    /* Paths.  Devices are opened even without a directory.  */
    CALL_WITH(openat, UNLESS_WRITABLE, BITS(2, MAKES, 0)),
    CALL_IF(openat, IF_WRITABLE),
    CALL_IF(openat2, IF_DIR), CALL_IF(statx, IF_DIR), CALL_IF(readlinkat, IF_DIR),
    CALL_IF(faccessat, IF_DIR), CALL_IF(faccessat2, IF_DIR),
    CALL_IF(mkdirat, IF_WRITABLE), CALL_IF(mknodat, IF_WRITABLE), CALL_IF(unlinkat, IF_WRITABLE),
    CALL_IF(renameat, IF_WRITABLE), CALL_IF(renameat2, IF_WRITABLE), CALL_IF(linkat, IF_WRITABLE),
    CALL_IF(symlinkat, IF_WRITABLE), CALL_IF(utimensat, IF_WRITABLE),
    CALL_IF(fchmod, IF_WRITABLE), CALL_IF(fchmodat, IF_WRITABLE),
    /* What the C library makes of fchmodat that does not follow links; newer ones ask for 2 first.  */
    CALL_IF(chmod, IF_WRITABLE), {FCHMODAT2, ALWAYS, SCMP_ACT_ERRNO(ENOSYS), NONE},
    /* Memory: nothing is both writable and executable, and only mprotect makes executable.  */
    CALL_WITH(mmap, ALWAYS, BITS(2, PROT_EXEC, 0)),
    CALL_WITH(mprotect, ALWAYS, BITS(2, PROT_EXEC, 0)),
    CALL_WITH(mprotect, ALWAYS, IS(2, PROT_READ | PROT_EXEC)),
    CALL(munmap), CALL(mremap), CALL(madvise), CALL(msync), CALL(brk), CALL(membarrier),
    /* Threads.  clone3 hides its flags in memory: the C library then takes clone.  */
    CALL_WITH(clone, ALWAYS, BITS(0, THREAD | NEW, THREAD)),
    MISSING(clone3),
    CALL(futex), CALL(set_robust_list), CALL(rseq), CALL(exit), CALL(exit_group), CALL(sched_yield),
    CALL(sched_getaffinity), CALL(getcpu), CALL(gettid), CALL(getpid), CALL(getpgrp), CALL(getpgid),
    CALL(geteuid), CALL(getegid), CALL(getrandom),
    /* Signals; tgkill: see restrict_calls.  */
    CALL(rt_sigaction), CALL(rt_sigprocmask), CALL(rt_sigreturn), CALL(rt_sigtimedwait),
    CALL(sigaltstack), CALL(restart_syscall),
    /* Time.  */
    CALL(clock_gettime), CALL(clock_getres), CALL(clock_nanosleep), CALL(times), CALL(getrusage),
    /* Newer C libraries name their mappings.  */
    MISSING(prctl),
};
/* clang-format on */
enum { NROWS = sizeof rows / sizeof rows[0] };

static bool counts(int when, struct needs needs)
{
    switch (when) {
    case IF_DIR:
        return needs.dir;
    case IF_WRITABLE:
        return needs.writable;
    case UNLESS_WRITABLE:
        return !needs.writable;
    case IF_NET:
        return needs.net;
    default:
        return true;
    }
}

static int add_rows(scmp_filter_ctx filter, struct needs needs)
{
    int err = 0;
    for (size_t i = 0; i < NROWS && err == 0; i++) {
        const struct row *r = &rows[i];
        /* Other architectures' calls: this one does not have all.  */
        if (r->call >= 0 && counts(r->when, needs))
            err = seccomp_rule_add_array(filter, r->action, r->call,
                                         r->condition.op != _SCMP_CMP_MIN, &r->condition);
    }
    return err;
}

void restrict_calls(struct needs needs)
{
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_KILL_PROCESS);
    int err = filter ? add_rows(filter, needs) : -ENOMEM;
    /* The library's default ends one thread alone, and the others would wait for it.  */
    if (err == 0)
        err = seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);
    if (err == 0)
        err = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(tgkill), 1,
                               SCMP_A0_64(SCMP_CMP_EQ, (uint64_t)getpid()));
    if (err == 0)
        err = seccomp_load(filter);
    if (err != 0)
        tool_fail("the kernel's filter of system calls cannot be installed: %s; --no-seccomp runs "
                  "without it",
                  strerror(-err));
    seccomp_release(filter);
}
