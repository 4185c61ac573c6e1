/* Structures and constants as code of a box sees them.
   SPDX-License-Identifier: Apache-2.0

   Fixed-width types throughout: nothing here depends on the host's headers.  What differs
   between architectures is in the directory of each.  */
#ifndef LFI_LINUX_ABI_H
#define LFI_LINUX_ABI_H

#include <assert.h>
#include <stdint.h>

#if defined(__aarch64__)
#include "liblfi/linux/aarch64/abi.h"
#elif defined(__x86_64__)
#include "liblfi/linux/x86_64/abi.h"
#else
#error "the Linux layer does not know this architecture"
#endif

struct box_iovec {
    uint64_t base, len;
};
struct box_timespec {
    int64_t sec, nsec;
};
struct box_timeval {
    int64_t sec, usec;
};
struct box_timespec2 {
    struct box_timespec t[2];
};
struct box_timeval2 {
    struct box_timeval t[2];
};
struct box_utimbuf {
    int64_t actime, modtime;
};
struct box_timezone {
    int32_t minuteswest, dsttime;
};
struct box_statfs {
    int64_t type, bsize;
    uint64_t blocks, bfree, bavail, files, ffree;
    int32_t fsid[2];
    int64_t namelen, frsize, flags, spare[4];
};
struct box_statx_timestamp {
    int64_t sec;
    uint32_t nsec;
    int32_t pad;
};
struct box_statx {
    uint32_t mask, blksize;
    uint64_t attributes;
    uint32_t nlink, uid, gid;
    uint16_t mode, pad0;
    uint64_t ino, size, blocks, attributes_mask;
    struct box_statx_timestamp atime, btime, ctime, mtime;
    uint32_t rdev_major, rdev_minor, dev_major, dev_minor;
    uint64_t pad1[14];
};
struct box_utsname {
    char sysname[65], nodename[65], release[65], version[65], machine[65], domainname[65];
};
struct box_sysinfo {
    int64_t uptime;
    uint64_t loads[3], totalram, freeram, sharedram, bufferram, totalswap, freeswap;
    uint16_t procs, pad0;
    uint32_t pad1;
    uint64_t totalhigh, freehigh;
    uint32_t mem_unit, pad2;
};
struct box_rusage {
    struct box_timeval utime, stime;
    int64_t maxrss, ixrss, idrss, isrss, minflt, majflt, nswap, inblock, oublock, msgsnd, msgrcv,
        nsignals, nvcsw, nivcsw;
};
struct box_tms {
    int64_t utime, stime, cutime, cstime;
};
struct box_rlimit {
    uint64_t cur, max;
};
struct box_stack {
    uint64_t sp;
    int32_t flags, pad;
    uint64_t size;
};
struct box_pollfd {
    int32_t fd;
    int16_t events, revents;
};
struct box_robust_list { /* of a thread; a list of struct {next, ...} that ends where it began */
    uint64_t next;
    int64_t offset; /* from an entry to its futex */
    uint64_t pending;
};
struct box_itimerspec {
    struct box_timespec interval, value;
};
struct box_sockaddr {
    uint16_t family;
    uint8_t data[126];
};
struct box_msghdr {
    uint64_t name;
    uint32_t namelen, pad;
    uint64_t iov, iovlen, control, controllen;
    int32_t flags, pad2;
};
struct box_flock {
    int16_t type, whence;
    int32_t pad0;
    int64_t start, len;
    int32_t pid, pad1;
};
struct box_termios {
    uint32_t iflag, oflag, cflag, lflag;
    uint8_t line, cc[19];
};
struct box_winsize {
    uint16_t row, col, xpixel, ypixel;
};
struct box_fdpair {
    int32_t fd[2];
};
struct box_fdset {
    uint64_t bits[16]; /* 1024 descriptors */
};
struct box_offset {
    int64_t value;
};
struct box_word64 {
    uint64_t value;
};
struct box_id {
    uint32_t value;
};
struct box_sigset {
    uint64_t bits;
};
struct box_siginfo {
    int32_t signo, err, code, pad;
    union {
        struct {
            int32_t pid;
            uint32_t uid;
            uint64_t value;
        } sent;
        struct {
            int32_t id, overrun;
            uint64_t value;
        } timer;
        struct {
            uint64_t addr;
        } fault;
        uint8_t bytes[112];
    } u;
};
struct box_signalfd_siginfo {
    uint32_t signo;
    int32_t err, code;
    uint32_t pid, uid;
    int32_t fd;
    uint32_t tid, band, overrun, trapno;
    int32_t status, value;
    uint64_t ptr, utime, stime, addr;
    uint8_t unused[48];
};
struct box_sigevent {
    uint64_t value;
    int32_t signo, notify, tid, unused[11];
};
struct box_itimerval {
    struct box_timeval interval, value;
};
struct box_sigset_arg { /* pselect6 */
    uint64_t set, size;
};
struct box_dirent { /* d_name and its NUL follow */
    uint64_t ino;
    int64_t off;
    uint16_t reclen;
    uint8_t type;
};
enum { BOX_DIRENT_NAME = 19 };

static_assert(sizeof(struct box_statfs) == 120, "as the kernel has it");
static_assert(sizeof(struct box_statx) == 256, "as the kernel has it");
static_assert(sizeof(struct box_utsname) == 390, "as the kernel has it");
static_assert(sizeof(struct box_sysinfo) == 112, "as the kernel has it");
static_assert(sizeof(struct box_rusage) == 144, "as the kernel has it");
static_assert(sizeof(struct box_sockaddr) == 128, "as the kernel has it");
static_assert(sizeof(struct box_msghdr) == 56, "as the kernel has it");
static_assert(sizeof(struct box_flock) == 32, "as the kernel has it");
static_assert(sizeof(struct box_termios) == 36, "as the kernel has it");
static_assert(sizeof(struct box_stack) == 24, "as the kernel has it");
static_assert(sizeof(struct box_siginfo) == 128, "as the kernel has it");
static_assert(sizeof(struct box_sigevent) == 64, "as the kernel has it");
static_assert(sizeof(struct box_signalfd_siginfo) == 128, "as the kernel has it");

enum {
    BOX_AT_FDCWD = -100,
    BOX_AT_SYMLINK_NOFOLLOW = 0x100,
    BOX_AT_REMOVEDIR = 0x200,
    BOX_AT_EACCESS = 0x200,
    BOX_AT_SYMLINK_FOLLOW = 0x400,
    BOX_AT_NO_AUTOMOUNT = 0x800,
    BOX_AT_EMPTY_PATH = 0x1000,
    BOX_AT_STATX_SYNC_TYPE = 0x6000,

    BOX_MAP_SHARED = 1,
    BOX_MAP_PRIVATE = 2,
    BOX_MAP_SHARED_VALIDATE = 3,
    BOX_MAP_TYPE = 15,
    BOX_MAP_FIXED = 0x10,
    BOX_MAP_ANONYMOUS = 0x20,
    BOX_MAP_GROWSDOWN = 0x100,
    BOX_MAP_HUGETLB = 0x40000,
    BOX_MAP_SYNC = 0x80000,
    BOX_MAP_FIXED_NOREPLACE = 0x100000,

    BOX_MREMAP_MAYMOVE = 1,
    BOX_MREMAP_FIXED = 2,

    BOX_CLONE_VM = 0x100,
    BOX_CLONE_FS = 0x200,
    BOX_CLONE_FILES = 0x400,
    BOX_CLONE_SIGHAND = 0x800,
    BOX_CLONE_THREAD = 0x10000,
    BOX_CLONE_SYSVSEM = 0x40000,
    BOX_CLONE_SETTLS = 0x80000,
    BOX_CLONE_PARENT_SETTID = 0x100000,
    BOX_CLONE_CHILD_CLEARTID = 0x200000,
    BOX_CLONE_DETACHED = 0x400000,
    BOX_CLONE_CHILD_SETTID = 0x1000000,

    BOX_FUTEX_WAIT = 0,
    BOX_FUTEX_WAKE = 1,
    BOX_FUTEX_REQUEUE = 3,
    BOX_FUTEX_CMP_REQUEUE = 4,
    BOX_FUTEX_LOCK_PI = 6,
    BOX_FUTEX_UNLOCK_PI = 7,
    BOX_FUTEX_TRYLOCK_PI = 8,
    BOX_FUTEX_WAIT_BITSET = 9,
    BOX_FUTEX_WAKE_BITSET = 10,
    BOX_FUTEX_PRIVATE = 128,
    BOX_FUTEX_CLOCK_REALTIME = 256,

    BOX_S_IFMT = 0170000,
    BOX_S_IFIFO = 0010000,
    BOX_S_IFCHR = 0020000,
    BOX_S_IFBLK = 0060000,
    BOX_S_IFREG = 0100000,

    BOX_SCHED_OTHER = 0,
    BOX_SCHED_FIFO = 1,
    BOX_SCHED_RR = 2,
    BOX_SCHED_BATCH = 3,
    BOX_SCHED_IDLE = 5,

    BOX_SIG_BLOCK = 0,
    BOX_SIG_UNBLOCK = 1,
    BOX_SIG_SETMASK = 2,
    BOX_NSIG = 64,
    BOX_SIGRTMIN = 32,
    BOX_SA_SIGINFO = 4,
    BOX_SA_ONSTACK = 0x08000000,
    BOX_SA_RESTART = 0x10000000,
    BOX_SA_NODEFER = 0x40000000,
    BOX_SS_ONSTACK = 1,
    BOX_SS_DISABLE = 2,
    BOX_SI_TIMER = -2,
    BOX_SI_TKILL = -6,
    BOX_SIGEV_SIGNAL = 0,
    BOX_SIGEV_NONE = 1,
    BOX_SIGEV_THREAD_ID = 4,

    BOX_F_DUPFD = 0,
    BOX_F_GETFD = 1,
    BOX_F_SETFD = 2,
    BOX_F_GETFL = 3,
    BOX_F_SETFL = 4,
    BOX_F_GETLK = 5,
    BOX_F_SETLK = 6,
    BOX_F_SETLKW = 7,
    BOX_F_OFD_GETLK = 36,
    BOX_F_OFD_SETLK = 37,
    BOX_F_OFD_SETLKW = 38,
    BOX_F_DUPFD_CLOEXEC = 1030,
    BOX_F_SETPIPE_SZ = 1031,
    BOX_F_GETPIPE_SZ = 1032,
    BOX_F_ADD_SEALS = 1033,
    BOX_F_GET_SEALS = 1034,
    BOX_FD_CLOEXEC = 1,

    BOX_EPOLL_CTL_ADD = 1,
    BOX_EPOLL_CTL_DEL = 2,
    BOX_EPOLL_CTL_MOD = 3,

    BOX_TCGETS = 0x5401,
    BOX_TCSETS = 0x5402,
    BOX_TCSETSW = 0x5403,
    BOX_TCSETSF = 0x5404,
    BOX_TCSBRK = 0x5409,
    BOX_TCXONC = 0x540a,
    BOX_TCFLSH = 0x540b,
    BOX_TIOCGPGRP = 0x540f,
    BOX_TIOCGWINSZ = 0x5413,
    BOX_FIONREAD = 0x541b,
    BOX_FIONBIO = 0x5421,
    BOX_FIONCLEX = 0x5450,
    BOX_FIOCLEX = 0x5451,

    BOX_RLIMIT_CPU = 0,
    BOX_RLIMIT_STACK = 3,
    BOX_RLIMIT_CORE = 4,
    BOX_RLIMIT_NPROC = 6,
    BOX_RLIMIT_NOFILE = 7,
    BOX_RLIMIT_AS = 9,
    BOX_RLIM_NLIMITS = 16,

    BOX_SECCOMP_NONE = 0
};
#define BOX_SS_AUTODISARM (1u << 31)

/* What a box is told about its user, whoever runs it.  */
enum { BOX_UID = 1000, BOX_GID = 1000, BOX_INIT_PID = 1 };

#endif
