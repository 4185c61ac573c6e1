/* System calls that only x86-64 has, and threads, as a program of profile "none" makes them.
   SPDX-License-Identifier: Apache-2.0

   Compiled by the host's compiler, without a C library: runs with --no-verify, in a mapped
   directory that is empty.  */
typedef unsigned char uint8_t;
typedef unsigned short uint16_t;
typedef unsigned int uint32_t;
typedef unsigned long uint64_t;

long sys(long number, ...);
long start_thread(long flags, void *stack, int *parent, int *child, long tls,
                  int (*function)(void *), void *arg);
long thread_pointer(void);

enum {
    READ = 0, WRITE = 1, OPEN = 2, CLOSE = 3, STAT = 4, FSTAT = 5, LSTAT = 6, POLL = 7, MMAP = 9,
    ACCESS = 21, PIPE = 22, SELECT = 23, DUP2 = 33, PAUSE = 34, ALARM = 37, GETPID = 39, FORK = 57,
    VFORK = 58, GETDENTS = 78, RENAME = 82, MKDIR = 83, RMDIR = 84, CREAT = 85, LINK = 86,
    UNLINK = 87, SYMLINK = 88, READLINK = 89, CHMOD = 90, CHOWN = 92, LCHOWN = 94, GETPGRP = 111,
    UTIME = 132, MKNOD = 133, ARCH_PRCTL = 158, TIME = 201, FUTEX = 202, CLOCK_GETTIME = 228, UTIMES = 235,
    FUTIMESAT = 261, EPOLL_CREATE = 213, EPOLL_WAIT = 232, EPOLL_CTL = 233, EVENTFD = 284
};
enum {
    EPERM = 1, ENOENT = 2, EINTR = 4, EBADF = 9, EFAULT = 14, EEXIST = 17, ENOTDIR = 20,
    EINVAL = 22, ENOSYS = 38
};
enum { O_WRONLY = 1, O_RDWR = 2, O_CREAT = 0100, O_EXCL = 0200, O_DIRECTORY = 0200000,
       O_NOFOLLOW = 0400000, ELOOP = 40 };

struct stat {
    uint64_t dev, ino, nlink;
    uint32_t mode, uid, gid, pad;
    uint64_t rdev;
    long size, blksize, blocks, atime, atime_nsec, mtime, mtime_nsec, ctime, ctime_nsec, unused[3];
};

static unsigned checks, failures;

static unsigned long length(const char *s)
{
    unsigned long n = 0;
    while (s[n])
        n++;
    return n;
}

static void print(const char *s)
{
    sys(WRITE, 1, s, length(s));
}

static void number(long n)
{
    char text[24], *p = text + sizeof text - 1;
    *p = 0;
    unsigned long u = n < 0 ? -(unsigned long)n : (unsigned long)n;
    do
        *--p = (char)('0' + u % 10);
    while (u /= 10);
    if (n < 0)
        *--p = '-';
    print(p);
}

static void check(const char *what, long got, long want)
{
    checks++;
    if (got == want)
        return;
    failures++;
    print(what);
    print(": ");
    number(got);
    print(", expected ");
    number(want);
    print("\n");
}

static int equal(const char *a, const char *b, unsigned long n)
{
    while (n && *a == *b)
        a++, b++, n--;
    return n == 0;
}

static void test_files(void)
{
    struct stat st;
    char text[16];
    long fd = sys(OPEN, "f", O_RDWR | O_CREAT | O_EXCL, 0640);
    check("open creates", fd, 3);
    check("write", sys(WRITE, fd, "hello", 5L), 5);
    check("open of what exists", sys(OPEN, "f", O_RDWR | O_CREAT | O_EXCL, 0640), -EEXIST);
    check("open of what does not", sys(OPEN, "none", 0L), -ENOENT);
    check("open of a bad pointer", sys(OPEN, 8L, 0L), -EFAULT);
    check("stat", sys(STAT, "f", &st), 0);
    check("stat: size", st.size, 5);
    check("stat: mode", st.mode, 0100640);
    check("stat: links", (long)st.nlink, 1);
    check("stat: owner", st.uid, 1000);
    check("stat: block size", st.blksize >= 512, 1);
    check("stat of what does not exist", sys(STAT, "none", &st), -ENOENT);
    check("close", sys(CLOSE, fd), 0);
    check("link", sys(LINK, "f", "g"), 0);
    check("link: count", sys(STAT, "g", &st) == 0 ? (long)st.nlink : -1, 2);
    check("symlink", sys(SYMLINK, "f", "s"), 0);
    check("lstat", sys(LSTAT, "s", &st), 0);
    check("lstat: a link", st.mode & 0170000, 0120000);
    check("stat follows", sys(STAT, "s", &st) == 0 ? (long)(st.mode & 0170000) : -1, 0100000);
    check("readlink", sys(READLINK, "s", text, 16L), 1);
    check("readlink: text", text[0], 'f');
    check("readlink of no link", sys(READLINK, "f", text, 16L), -EINVAL);
    check("O_NOFOLLOW", sys(OPEN, "s", O_NOFOLLOW), -ELOOP);
    check("O_DIRECTORY", sys(OPEN, "f", O_DIRECTORY), -ENOTDIR);
    check("access", sys(ACCESS, "f", 6L), 0);
    check("access of what does not exist", sys(ACCESS, "none", 0L), -ENOENT);
    check("rename", sys(RENAME, "g", "h"), 0);
    check("rename: the old name", sys(ACCESS, "g", 0L), -ENOENT);
    check("rename: the new name", sys(ACCESS, "h", 0L), 0);
    check("chmod", sys(CHMOD, "h", 0600L), 0);
    check("chmod: mode", sys(STAT, "h", &st) == 0 ? (long)st.mode : -1, 0100600);
    check("chown to another", sys(CHOWN, "h", 0L, -1L), -EPERM);
    check("chown to itself", sys(CHOWN, "h", 1000L, -1L), 0);
    check("lchown to itself", sys(LCHOWN, "s", 1000L, -1L), 0);
    check("lchown of what does not exist", sys(LCHOWN, "none", 1000L, -1L), -ENOENT);
    check("mknod of a FIFO", sys(MKNOD, "p", 0010600L, 0L), 0);
    check("mknod: a FIFO", sys(STAT, "p", &st) == 0 ? (long)st.mode : -1, 0010600);
    check("mknod again", sys(MKNOD, "p", 0010600L, 0L), -EEXIST);
    check("mknod of a device", sys(MKNOD, "q", 0020600L, 0x103L), -EPERM);
    sys(UNLINK, "p");
    check("readlink into nothing", sys(READLINK, "s", text, 0L), -EINVAL);
    check("readlink to a bad pointer", sys(READLINK, "s", 8L, 16L), -EFAULT);
    fd = sys(CREAT, "h", 0600L);
    check("creat", fd, 3);
    check("creat: empty", sys(STAT, "h", &st) == 0 ? st.size : -1, 0);
    check("creat: cannot be read", sys(READ, fd, text, 1L), -EBADF);
    check("creat: can be written", sys(WRITE, fd, "x", 1L), 1);
    sys(CLOSE, fd);
    check("unlink", sys(UNLINK, "h"), 0);
    check("unlink again", sys(UNLINK, "h"), -ENOENT);
}

static void test_times(void)
{
    struct stat st;
    long tv[4] = {1000000000, 250000, 1100000000, 500000}, buf[2] = {5, 6}, now, ts[2];
    check("utimes", sys(UTIMES, "f", tv), 0);
    check("utimes: times", sys(STAT, "f", &st) == 0 && st.atime == 1000000000
                               && st.atime_nsec == 250000000 && st.mtime == 1100000000
                               && st.mtime_nsec == 500000000, 1);
    check("utime", sys(UTIME, "f", buf), 0);
    check("utime: times", sys(STAT, "f", &st) == 0 && st.atime == 5 && st.mtime == 6
                              && st.mtime_nsec == 0, 1);
    check("futimesat", sys(FUTIMESAT, -100L, "f", tv), 0);
    check("futimesat: times", sys(STAT, "f", &st) == 0 && st.mtime == 1100000000, 1);
    tv[1] = 1000000;
    check("utimes with too many microseconds", sys(UTIMES, "f", tv), -EINVAL);
    check("utimes to now", sys(UTIMES, "f", 0L), 0);
    sys(CLOCK_GETTIME, 0L, ts);
    check("utimes to now: times", sys(STAT, "f", &st) == 0 && ts[0] - st.mtime < 100, 1);
    check("time", sys(TIME, &now) - ts[0] < 100, 1);
    check("time: stored", now - ts[0] < 100 && now >= ts[0], 1);
    check("time without a place", sys(TIME, 0L) >= now, 1);
}

/* The old records: number, offset, length, name, type as the last byte.  */
static void test_directories(void)
{
    char buf[1024];
    unsigned names = 0, files = 0, dirs = 0, links = 0;
    check("mkdir", sys(MKDIR, "d", 0755L), 0);
    check("mkdir again", sys(MKDIR, "d", 0755L), -EEXIST);
    long fd = sys(OPEN, ".", O_DIRECTORY);
    for (long n; (n = sys(GETDENTS, fd, buf, (long)sizeof buf)) > 0;)
        for (long at = 0; at < n;) {
            uint16_t size = *(uint16_t *)(buf + at + 16);
            const char *name = buf + at + 18;
            unsigned type = (uint8_t)buf[at + size - 1];
            names++;
            files += type == 8 && equal(name, "f", 2);
            dirs += type == 4 && (equal(name, "d", 2) || equal(name, ".", 2) || equal(name, "..", 3));
            links += type == 10 && equal(name, "s", 2);
            at += size;
        }
    check("getdents: entries", names, 5);
    check("getdents: the file", files, 1);
    check("getdents: the directories", dirs, 3);
    check("getdents: the link", links, 1);
    check("getdents of a file", sys(GETDENTS, 1L, buf, (long)sizeof buf), -ENOTDIR);
    sys(CLOSE, fd);
    check("rmdir", sys(RMDIR, "d"), 0);
    check("rmdir of a file", sys(RMDIR, "f"), -ENOTDIR);
    check("unlink of a link", sys(UNLINK, "s"), 0);
    check("unlink of the file", sys(UNLINK, "f"), 0);
}

static void test_descriptors(void)
{
    int p[2] = {-1, -1};
    char c = 0;
    struct {
        int fd;
        short events, revents;
    } poll[2];
    uint64_t set[16] = {0};
    long tv[2] = {0, 0};
    check("pipe", sys(PIPE, p), 0);
    check("pipe: numbers", p[0] * 10 + p[1], 34);
    poll[0].fd = p[0];
    poll[0].events = 1;
    check("poll of an empty pipe", sys(POLL, poll, 1L, 0L), 0);
    check("poll waits", sys(POLL, poll, 1L, 20L), 0);
    set[0] = 1ul << p[0];
    check("select of an empty pipe", sys(SELECT, (long)p[0] + 1, set, 0L, 0L, tv), 0);
    check("select: nothing", (long)set[0], 0);
    check("write to a pipe", sys(WRITE, (long)p[1], "x", 1L), 1);
    check("poll", sys(POLL, poll, 1L, -1L), 1);
    check("poll: events", poll[0].revents, 1);
    set[0] = 1ul << p[0];
    check("select", sys(SELECT, (long)p[0] + 1, set, 0L, 0L, 0L), 1);
    check("select: which", (long)set[0], 1l << p[0]);
    tv[0] = -1;
    check("select with a bad time", sys(SELECT, 0L, 0L, 0L, 0L, tv), -EINVAL);
    check("dup2", sys(DUP2, (long)p[0], 9L), 9);
    check("dup2: the same file", sys(READ, 9L, &c, 1L), 1);
    check("dup2: what was written", c, 'x');
    check("dup2 to itself", sys(DUP2, 9L, 9L), 9);
    check("dup2 of what is not open", sys(DUP2, 77L, 9L), -EBADF);
    check("dup2 of what is not open to itself", sys(DUP2, 77L, 77L), -EBADF);
    sys(CLOSE, 9L);
    sys(CLOSE, (long)p[0]);
    sys(CLOSE, (long)p[1]);
    poll[0].fd = 9;
    check("poll of what is not open", sys(POLL, poll, 1L, -1L) == 1 && poll[0].revents == 32, 1);
}

static void test_events(void)
{
    struct {
        uint32_t events, data[2];
    } event = {1, {77, 0}}, got[2];
    check("eventfd", sys(EVENTFD, 1L), 3);
    check("epoll_create", sys(EPOLL_CREATE, 1L), 4);
    check("epoll_create of nothing", sys(EPOLL_CREATE, 0L), -EINVAL);
    check("epoll_ctl", sys(EPOLL_CTL, 4L, 1L, 3L, &event), 0);
    check("epoll_wait", sys(EPOLL_WAIT, 4L, got, 2L, -1L), 1);
    check("epoll_wait: which", got[0].data[0], 77);
    check("epoll_wait for none", sys(EPOLL_WAIT, 4L, got, 0L, 0L), -EINVAL);
    sys(CLOSE, 3L);
    check("epoll_wait: it is gone", sys(EPOLL_WAIT, 4L, got, 2L, 0L), 0);
    sys(CLOSE, 4L);
}

static void test_system(void)
{
    uint64_t tp = 0;
    check("fork", sys(FORK), -ENOSYS);
    check("vfork", sys(VFORK), -ENOSYS);
    check("alarm", sys(ALARM, 100L), 0);
    check("alarm, called off", sys(ALARM, 0L) > 0, 1);
    check("no such call", sys(1000L), -ENOSYS);
    check("getpgrp", sys(GETPGRP), sys(GETPID));
    check("arch_prctl: set", sys(ARCH_PRCTL, 0x1002L, 0x123456789abcL), 0);
    check("arch_prctl: what the code finds", thread_pointer(), 0x123456789abc);
    check("arch_prctl: get", sys(ARCH_PRCTL, 0x1003L, &tp), 0);
    check("arch_prctl: what it gets", (long)tp, 0x123456789abc);
    check("arch_prctl: get to nowhere", sys(ARCH_PRCTL, 0x1003L, 8L), -EFAULT);
    check("arch_prctl: gs", sys(ARCH_PRCTL, 0x1001L, 0L), -EINVAL);
}

static volatile int shared, child_tid;

static int thread(void *arg)
{
    shared = *(int *)arg + (thread_pointer() == 0x777);
    return 0;
}

/* CLONE_VM, FS, FILES, SIGHAND, THREAD, SYSVSEM, SETTLS, PARENT_SETTID, CHILD_CLEARTID.  */
static void test_threads(void)
{
    const long flags = 0x3d0f00;
    int arg = 41, parent = 0;
    child_tid = 1;
    char *stack = (char *)sys(MMAP, 0L, 65536L, 3L, 0x22L, -1L, 0L);
    long tid = start_thread(flags, stack + 65536, &parent, (int *)&child_tid, 0x777, thread, &arg);
    check("clone", tid > sys(GETPID), 1);
    check("clone: parent's word", parent, tid);
    while (child_tid)
        sys(FUTEX, &child_tid, 0L, 1L, 0L);
    check("clone: the thread ran with its own thread pointer", shared, 42);
    check("clone: the first thread's pointer is its own", thread_pointer(), 0x123456789abc);
    check("clone of a process", start_thread(17, 0, 0, 0, 0, thread, &arg), -ENOSYS);
}

int main(void);
int main(void)
{
    test_files();
    test_times();
    test_directories();
    test_descriptors();
    test_events();
    test_system();
    test_threads();
    number(checks);
    print(" checks, ");
    number(failures);
    print(" failures\n");
    return failures != 0;
}
