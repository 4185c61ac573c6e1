/* Every system call of the table, with one argument at a time that is bad in every way its kind
   allows.

   SPDX-License-Identifier: Apache-2.0

   Generated from liblfi/linux/syscalls.def: a new row is tried without a change here, unless its
   good arguments are not what good() makes of the kinds.  Prints "CALL/VARIANT ARGUMENT CLASS
   RESULT" per call, to be compared with the same on Linux.  The classes of bad pointers have one
   name and two addresses: the box's edges are for the box what the edges of user space are for a
   process.  A call of a box that fails and
   wrote its result all the same prints WROTE.  */
#include "show.h"
#include <sched.h>
#include <stddef.h>

enum kind {
    K_END,
    K_INT,
    K_UINT,
    K_FLAGS,
    K_MODE,
    K_LONG,
    K_ADDR,
    K_FD,
    K_DIRFD,
    K_PATH,
    K_IN,
    K_OUT,
    K_INOUT,
    K_IN_BUF,
    K_OUT_BUF,
    K_IN_IOV,
    K_OUT_IOV,
    K_ARRAY,
    K_WORD
};
struct arg {
    enum kind kind;
    int with;
};
#define INT                                                                                        \
    {                                                                                              \
        K_INT                                                                                      \
    }
#define UINT                                                                                       \
    {                                                                                              \
        K_UINT                                                                                     \
    }
#define FLAGS(s)                                                                                    \
    {                                                                                              \
        K_FLAGS                                                                                    \
    }
#define MODE                                                                                       \
    {                                                                                              \
        K_MODE                                                                                     \
    }
#define LONG                                                                                       \
    {                                                                                              \
        K_LONG                                                                                     \
    }
#define ADDR                                                                                       \
    {                                                                                              \
        K_ADDR                                                                                     \
    }
#define FILEMODE                                                                                   \
    {                                                                                              \
        K_MODE                                                                                     \
    }
#define ONE(s)                                                                                     \
    {                                                                                              \
        K_INT                                                                                      \
    }
#define HEX32                                                                                      \
    {                                                                                              \
        K_UINT                                                                                     \
    }
#define SIZE                                                                                       \
    {                                                                                              \
        K_ADDR                                                                                     \
    }
#define HEX                                                                                        \
    {                                                                                              \
        K_ADDR                                                                                     \
    }
#define STRING                                                                                     \
    {                                                                                              \
        K_ADDR                                                                                     \
    }
#define RESULT                                                                                     \
    {                                                                                              \
        K_ADDR                                                                                     \
    }
#define OUT_RANDOM(n)                                                                              \
    {                                                                                              \
        K_OUT_BUF, n                                                                               \
    }
#define DIRENTS(n)                                                                                 \
    {                                                                                              \
        K_OUT_BUF, n                                                                               \
    }
#define FD                                                                                         \
    {                                                                                              \
        K_FD                                                                                       \
    }
#define DIRFD                                                                                      \
    {                                                                                              \
        K_DIRFD                                                                                    \
    }
#define PATH                                                                                       \
    {                                                                                              \
        K_PATH                                                                                     \
    }
#define PATH_OPT                                                                                   \
    {                                                                                              \
        K_PATH                                                                                     \
    }
#define IN(t)                                                                                      \
    {                                                                                              \
        K_IN                                                                                       \
    }
#define IN_OPT(t)                                                                                  \
    {                                                                                              \
        K_IN                                                                                       \
    }
#define OUT(t)                                                                                     \
    {                                                                                              \
        K_OUT                                                                                      \
    }
#define OUT_OPT(t)                                                                                 \
    {                                                                                              \
        K_OUT                                                                                      \
    }
#define INOUT(t)                                                                                   \
    {                                                                                              \
        K_INOUT                                                                                    \
    }
#define INOUT_OPT(t)                                                                               \
    {                                                                                              \
        K_INOUT                                                                                    \
    }
#define IN_BUF(n)                                                                                  \
    {                                                                                              \
        K_IN_BUF, n                                                                                \
    }
#define OUT_BUF(n)                                                                                 \
    {                                                                                              \
        K_OUT_BUF, n                                                                               \
    }
#define IN_IOV(n)                                                                                  \
    {                                                                                              \
        K_IN_IOV, n                                                                                \
    }
#define OUT_IOV(n)                                                                                 \
    {                                                                                              \
        K_OUT_IOV, n                                                                               \
    }
#define INOUT_ARRAY(t, n)                                                                          \
    {                                                                                              \
        K_ARRAY, n                                                                                 \
    }
#define OUT_ARRAY(t, n)                                                                            \
    {                                                                                              \
        K_OUT_BUF, n                                                                               \
    }
#define SOCKADDR(n)                                                                                \
    {                                                                                              \
        K_IN_BUF, n                                                                                \
    }
#define SOCKADDR_OPT(n)                                                                            \
    {                                                                                              \
        K_IN_BUF, n                                                                                \
    }
#define SOCKADDR_OUT(n)                                                                            \
    {                                                                                              \
        K_ADDR                                                                                     \
    }
#define WORD                                                                                       \
    {                                                                                              \
        K_WORD                                                                                     \
    }
#define ARGS(...)                                                                                  \
    {                                                                                              \
        __VA_ARGS__                                                                                \
    }
#define NONE -1 /* not a call of this architecture */
#ifdef __aarch64__
#define SYS(name, aarch64, x86_64, handler, args, note) {#name, aarch64, args},
#else
#define SYS(name, aarch64, x86_64, handler, args, note) {#name, x86_64, args},
#endif
static const struct row {
    const char *name;
    long nr;
    struct arg arg[6];
} rows[] = {
#include "syscalls.def"
};
enum { NROWS = sizeof rows / sizeof *rows, CANARY = 0x5a };

/* Memory: area is [none][slots][edge][none][read-only][hole][scratch][hole].  */
static char *area, *slots, *edge, *none, *ro, *hole, *scratch, *before_hole, *data;
static size_t page;
static int start_dir;
/* Descriptors with fixed numbers, so that new ones are small.  */
enum {
    F_RW = 100,
    F_RO,
    F_WO,
    F_PATH,
    F_DIR,
    P_IN,
    P_OUT,
    F_NULL,
    F_ZERO,
    F_DIRPATH,
    F_ROOT,
    F_EPOLL,
    F_EVENT,
    F_TIMER,
    F_SIGNAL,
    F_SOCKET,  /* of a pair of streams */
    F_UDP,     /* bound, receives from itself */
    F_LISTEN,  /* nobody connects */
    F_CLOSED
};
enum { SLOT = 640 };

static int is(const struct row *r, const char *names)
{
    size_t n = strlen(r->name);
    for (const char *s = names; (s = strstr(s, r->name)) != NULL; s += n)
        if ((s == names || s[-1] == ' ') && (s[n] == ' ' || !s[n]))
            return 1;
    return 0;
}

static volatile int racing; /* memory changes all the time */

/* The argument that says how long a call waits, which must not change: at most for no time.  */
static const struct timespec calm;

static int limit_of(const struct row *r)
{
    static const struct {
        const char *row;
        int arg;
    } waits[] = {{"ppoll", 2},       {"pselect6", 4},     {"rt_sigtimedwait", 2},
                 {"epoll_pwait", 3}, {"epoll_pwait2", 3}, {"epoll_wait", 3},
                 {"poll", 2},        {"select", 4}};
    for (size_t i = 0; i < sizeof waits / sizeof *waits; i++)
        if (strcmp(waits[i].row, r->name) == 0)
            return waits[i].arg;
    return -1;
}

/* Rows whose call does not come back, or that are not tried here for the reason given.  */
static int skipped(const struct row *r)
{
#ifndef __LFI__
    if (is(r, "sync syncfs mlockall munlockall")) /* the host has other things to do */
        return 1;
#endif
    /* With limits of its own making it could not go on.  */
    if (racing && is(r, "prlimit64 nanosleep clock_nanosleep"))
        return 1;
    /* signals.c and frames.c try the first two with bad arguments: they jump, or wait without an
       end, as pause does, which has no arguments.  A box does not fork.  */
    return is(r, "rt_sigreturn rt_sigsuspend pause exit exit_group clone fork vfork");
}

/* Values that would do harm: signals to others, numbers of descriptors that this program needs,
   limits that it cannot take back.  */
static int harmful(const struct row *r, int k, long v)
{
    if (is(r, "kill tkill tgkill"))
        return k == 0 && (int)v <= 0 && (int)v > INT_MIN;
    if (is(r, "close_range"))
        return k == 0 ? (unsigned)v < 60 : k == 1 && (unsigned)v > 90;
    if (is(r, "arch_prctl")) /* sets the thread pointer */
        return k == 0 && ((int)v == 0x1001 || (int)v == 0x1002);
    if (is(r, "close dup2 dup3"))
        return (int)v >= 0 && (int)v < 3;
    if (is(r, "madvise")) /* Linux discards what lies before the first hole */
        return k == 1 && (unsigned long)v > page;
    if (is(r, "prlimit64"))
        return k == 1 && (int)v >= 0 && (int)v < 16;
    return 0;
}

static void put_file(const char *name)
{
    int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    write(fd, "0123456789abcdefghijklmnopqrstuvwxyz", 36);
    close(fd);
}

static void to(int fd, int number)
{
    dup2(fd, number);
    if (fd != number)
        close(fd);
}

/* The epoll has one event, which is always there.  */
static void fill_epoll(void)
{
    struct epoll_event e = {EPOLLIN, {0}};
    for (int fd = F_RW; fd <= F_CLOSED; fd++)
        epoll_ctl(F_EPOLL, EPOLL_CTL_DEL, fd, NULL);
    write(F_EVENT, &(uint64_t){1}, 8);
    epoll_ctl(F_EPOLL, EPOLL_CTL_ADD, F_EVENT, &e);
}

/* What rt_sigtimedwait is tried with, blocked in all threads.  */
static sigset_t waited_for;
static void block_waited_for(void)
{
    sigemptyset(&waited_for);
    sigaddset(&waited_for, SIGUSR2);
    sigprocmask(SIG_BLOCK, &waited_for, NULL);
}

/* One that sends nothing.  */
static int timer;
static void make_timer(void)
{
    struct sigevent e = {.sigev_notify = SIGEV_NONE};
    syscall(SYS_timer_create, CLOCK_MONOTONIC, &e, &timer);
}

static struct sockaddr_in udp_address;

static void make_sockets(void)
{
    int p[2];
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t len = sizeof a;
    socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, p);
    to(p[0], F_SOCKET);
    to(p[1], 98);
    to(socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0), F_UDP);
    bind(F_UDP, (struct sockaddr *)&a, sizeof a);
    getsockname(F_UDP, (struct sockaddr *)&udp_address, &len);
    to(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), F_LISTEN);
    bind(F_LISTEN, (struct sockaddr *)&a, sizeof a);
    listen(F_LISTEN, 5);
}

/* Each has some bytes, or one datagram.  */
static void fill_sockets(void)
{
    char rest[64];
    while (recv(F_SOCKET, rest, sizeof rest, MSG_DONTWAIT) > 0)
        ;
    while (recv(98, rest, sizeof rest, MSG_DONTWAIT) > 0)
        ;
    while (recv(F_UDP, rest, sizeof rest, MSG_DONTWAIT) >= 0)
        ;
    send(98, "0123456789abcdefghij", 20, 0);
    sendto(F_UDP, "0123456789abcdefghij", 20, 0, (struct sockaddr *)&udp_address,
           sizeof udp_address);
}

static void make_files(void)
{
    static const char *const gone[] = {"n", "f",    "missing",  "nothing", "d/x",
                                       "d", "link", "dangling", "loop"};
    fchdir(start_dir);
    fchmod(start_dir, 0700);
    fchmod(F_DIR, 0700);
    rename("n", "full");
    for (size_t i = 0; i < sizeof gone / sizeof *gone; i++)
        if (unlink(gone[i]) != 0)
            rmdir(gone[i]);
    mkdir("d", 0700);
    put_file("f");
    symlink("f", "link");
    symlink("nothing", "dangling");
    symlink("loop", "loop");
}

static void fill_file(void)
{
    fill_sockets();
    ftruncate(F_RW, 0);
    pwrite(F_RW, "0123456789abcdefghijklmnopqrstuvwxyz", 36, 0);
    lseek(F_RW, 0, SEEK_SET);
    lseek(F_RO, 0, SEEK_SET);
    lseek(F_WO, 0, SEEK_SET);
    lseek(F_DIR, 0, SEEK_SET);
}

static void set_up(void)
{
    const int ap = MAP_PRIVATE | MAP_ANONYMOUS, rw = PROT_READ | PROT_WRITE;
    struct rlimit l;
    int p[2];
    drop_privileges();
    page = (size_t)sysconf(_SC_PAGESIZE);
    area = mmap(NULL, 9 * page, rw, ap, -1, 0);
    slots = area + page;
    edge = area + 3 * page; /* its last byte is edge[-1] */
    none = edge;
    ro = area + 4 * page;
    hole = area + 5 * page;
    scratch = area + 6 * page;
    memset(ro, 'r', page);
    ro[page - 1] = 0;
    before_hole = hole; /* the page before it is read-only */
    mprotect(area, page, PROT_NONE);
    mprotect(none, page, PROT_NONE);
    mprotect(ro, page, PROT_READ);
    munmap(hole, page);
    munmap(scratch + page, 2 * page);
    data = malloc(1 << 16);
    getrlimit(RLIMIT_NOFILE, &l); /* as low on both sides; never raised */
    l.rlim_cur = l.rlim_max = l.rlim_max < 512 ? l.rlim_max : 512;
    setrlimit(RLIMIT_NOFILE, &l);
    signal(SIGPIPE, SIG_IGN);
    signal(SIGUSR1, SIG_IGN);
    start_dir = open(".", O_RDONLY);
    to(start_dir, 99);
    start_dir = 99;
    put_file("g");
    to(open("g", O_RDWR), F_RW);
    to(open("g", O_RDONLY), F_RO);
    to(open("g", O_WRONLY), F_WO);
    to(open("g", O_PATH), F_PATH);
    mkdir("full", 0700);
    to(open("full", O_RDONLY), F_DIR);
    to(open("full", O_PATH), F_DIRPATH);
    put_file("full/f");
    to(open("/dev/null", O_RDWR), F_NULL);
    to(open("/dev/zero", O_RDWR), F_ZERO);
    to(open("/", O_RDONLY), F_ROOT);
    pipe2(p, O_NONBLOCK);
    to(p[0], P_IN);
    to(p[1], P_OUT);
    to(epoll_create1(0), F_EPOLL);
    to(eventfd(0, EFD_NONBLOCK), F_EVENT);
    to(timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK), F_TIMER);
    to(signalfd(-1, &(sigset_t){0}, SFD_NONBLOCK), F_SIGNAL);
    block_waited_for();
    make_timer();
    make_sockets();
    fill_epoll();
    make_files();
    fill_file();
}

static char *slot(int i)
{
    return slots + i * SLOT;
}

/* Good arguments, from the kinds and then by name.  The slots are filled anew.  */
static void from_kinds(const struct row *r, long a[6])
{
    memset(slots, CANARY, (size_t)(edge - slots));
    for (int i = 0; i < 6; i++) {
        struct iovec *v = (struct iovec *)slot(i);
        a[i] = (long)slot(i);
        switch (r->arg[i].kind) {
        case K_FD:
            a[i] = F_RW;
            break;
        case K_DIRFD:
            a[i] = AT_FDCWD;
            break;
        case K_PATH:
            strcpy(slot(i), i > 1 && !is(r, "symlinkat") ? "n" : "f");
            break;
        case K_IN:
        case K_INOUT:
            memset(slot(i), 0, 256);
            break;
        case K_IN_IOV:
        case K_OUT_IOV:
            v[0] = (struct iovec){data, 5};
            v[1] = (struct iovec){data + 100, 6};
            break;
        case K_ARRAY:
            *(struct pollfd *)slot(i) = (struct pollfd){F_RW, POLLIN, 0};
            break;
        case K_WORD:
            memset(slot(i), 0, 4);
            break;
        case K_MODE:
            a[i] = 0600;
            break;
        case K_OUT:
        case K_IN_BUF:
        case K_OUT_BUF:
            break;
        default:
            a[i] = 0;
        }
    }
    for (int i = 0; i < 6; i++) {
        enum kind k = r->arg[i].kind;
        if (k == K_IN_BUF || k == K_OUT_BUF)
            a[r->arg[i].with] = 16;
        if (k == K_IN_IOV || k == K_OUT_IOV)
            a[r->arg[i].with] = 2;
        if (k == K_ARRAY)
            a[r->arg[i].with] = 1;
    }
}

/* Contents of slots for calls on sockets.  */
static void good_socket(const struct row *r, int variant)
{
    int room = 16;
    if (is(r, "bind connect"))
        memcpy(slot(1), &udp_address, 16);
    if (is(r, "sendto"))
        memcpy(slot(4), &udp_address, 16);
    if (is(r, "accept accept4 getsockname getpeername"))
        memcpy(slot(2), &room, sizeof room);
    if (is(r, "getsockopt"))
        memcpy(slot(4), &room, sizeof room);
    if (is(r, "recvfrom"))
        memcpy(slot(5), &room, sizeof room);
    if (is(r, "setsockopt"))
        memset(slot(3), 0, 16);
    if (!is(r, "sendmsg recvmsg"))
        return;
    struct msghdr *m = (struct msghdr *)slot(1);
    *m = (struct msghdr){.msg_iov = (struct iovec *)slot(3), .msg_iovlen = 2};
    m->msg_iov[0] = (struct iovec){data, 5};
    m->msg_iov[1] = (struct iovec){data + 100, 6};
    if (variant == 1) {
        m->msg_name = slot(4);
        m->msg_namelen = 16;
        memcpy(slot(4), &udp_address, 16);
    }
}

/* What the kinds do not say: variants of a call, arguments that are pointers by the meaning of
   others.  False when there is no such variant.  */
static int good(const struct row *r, int variant, long a[6])
{
    /* clang-format off */
    static const struct {
        const char *row;
        int variant;
        long set[6]; /* 0: as it is; P(i): the address of slot i */
    } by_name[] = {
#define P(i) (LONG_MIN + (i))
#define ZERO (LONG_MIN + 10)
        {"setpriority", 0, {0, 0, 19}},
        {"waitid", 0, {0, 0, 0, 4}},
        {"sched_setaffinity", 0, {0, 128, P(2)}},
        {"mlockall", 0, {1}},
        {"mincore", 0, {P(0), 1, P(2)}},
        {"mlock", 0, {P(0), 1}},
        {"munlock", 0, {P(0), 1}},
        {"fcntl", 7, {P_IN, F_GETPIPE_SZ}},
        {"fcntl", 8, {F_RW, 36, P(2)}},
        {"ioctl", 5, {0, 0x5402, P(2)}},
        {"epoll_ctl", 0, {F_EPOLL, EPOLL_CTL_ADD, P_IN, P(3)}},
        {"epoll_ctl", 1, {F_EPOLL, EPOLL_CTL_MOD, F_EVENT, P(3)}},
        {"epoll_ctl", 2, {F_EPOLL, EPOLL_CTL_DEL, F_EVENT, ZERO}},
        {"epoll_pwait", 0, {F_EPOLL, 0, 0, 0, ZERO, 8}},
        {"epoll_pwait", 1, {F_EPOLL, 0, 0, 0, P(4), 8}},
        {"epoll_wait", 0, {F_EPOLL}},
        {"epoll_pwait2", 0, {F_EPOLL, 0, 0, 0, ZERO, 8}},
        {"timerfd_create", 0, {1}},
        {"signalfd4", 0, {-1, 0, 8}},
        {"signalfd4", 1, {F_SIGNAL, 0, 8}},
        {"signalfd", 0, {-1, 0, 8}},
        {"timerfd_settime", 0, {F_TIMER}},
        {"timerfd_gettime", 0, {F_TIMER}},
        {"socket", 0, {AF_INET, SOCK_STREAM}},
        {"socketpair", 0, {AF_UNIX, SOCK_DGRAM}},
        {"bind", 0, {F_UDP}},
        {"listen", 0, {F_LISTEN, 5}},
        {"accept", 0, {F_LISTEN, P(1), P(2)}},
        {"accept4", 0, {F_LISTEN, P(1), P(2)}},
        {"connect", 0, {F_LISTEN}},
        {"getsockname", 0, {F_UDP, P(1), P(2)}},
        {"getpeername", 0, {F_SOCKET, P(1), P(2)}},
        {"sendto", 0, {F_UDP}},
        {"sendto", 1, {F_SOCKET, 0, 0, 0, ZERO}},
        {"recvfrom", 0, {F_UDP, 0, 0, 0, P(4), P(5)}},
        {"recvfrom", 1, {F_SOCKET, 0, 0, 0, ZERO}},
        {"setsockopt", 0, {F_SOCKET, SOL_SOCKET, SO_KEEPALIVE, P(3), 4}},
        {"setsockopt", 1, {F_LISTEN, IPPROTO_TCP, 1, P(3), 4}},
        {"getsockopt", 0, {F_SOCKET, SOL_SOCKET, SO_TYPE, P(3), P(4)}},
        {"getsockopt", 1, {F_UDP, SOL_SOCKET, SO_LINGER, P(3), P(4)}},
        {"shutdown", 0, {F_UDP}},
        {"sendmsg", 0, {F_SOCKET}},
        {"sendmsg", 1, {F_UDP}},
        {"recvmsg", 0, {F_SOCKET}},
        {"recvmsg", 1, {F_UDP}},
        {"memfd_create", 1, {0, 3}},
        {"close", 0, {50}},
        {"close_range", 0, {60, 61}},
        {"dup3", 0, {0, 51}},
        {"dup2", 0, {0, 51}},
        {"fcntl", 0, {F_RW, F_GETFD}},
        {"fcntl", 1, {F_RW, F_GETLK, P(2)}},
        {"fcntl", 2, {F_RW, F_SETLK, P(2)}},
        {"fcntl", 3, {F_RW, F_DUPFD, 3}},
        {"fcntl", 4, {F_RW, F_SETFL, O_RDWR}},
        {"fcntl", 5, {F_RW, F_GETFL}},
        {"fcntl", 6, {F_RW, F_SETFD}},
        {"ioctl", 0, {P_IN, FIONREAD, P(2)}},
        {"ioctl", 1, {0, FIONBIO, P(2)}},
        {"ioctl", 2, {0, FIOCLEX, P(2)}},
        {"ioctl", 3, {0, TIOCGWINSZ, P(2)}},
        {"ioctl", 4, {0, 0x5401, P(2)}},
        {"flock", 0, {0, LOCK_SH}},
        {"ftruncate", 0, {0, 5}},
        {"fallocate", 0, {0, 0, 0, 8}},
        {"sendfile", 0, {P_OUT, F_RO, 0, 4}},
        {"copy_file_range", 0, {F_RO, 0, 0, 0, 4}},
        {"ppoll", 0, {0, 0, 0, ZERO, 8}},
        {"ppoll", 1, {0, 0, 0, P(3), 8}},
        {"pselect6", 0, {F_CLOSED}},
        {"select", 0, {F_CLOSED}},
        {"getdents64", 0, {F_DIR, 0, 512}},
        {"getdents", 0, {F_DIR, 0, 512}},
        {"newfstatat", 1, {F_RW, 0, 0, AT_EMPTY_PATH}},
        {"statx", 0, {0, 0, 0, 0x7ff}},
        {"readlinkat", 0, {AT_FDCWD, 0, P(2), 16}},
        {"readlink", 0, {0, P(1), 16}},
        {"open", 1, {0, O_RDWR | O_CREAT}},
        {"open", 2, {0, O_PATH}},
        {"openat", 1, {0, 0, O_RDWR | O_CREAT}},
        {"openat", 2, {0, 0, O_PATH}},
        {"faccessat", 0, {0, 0, R_OK}},
        {"faccessat2", 0, {0, 0, R_OK}},
        {"unlinkat", 1, {0, 0, AT_REMOVEDIR}},
        {"truncate", 0, {0, 5}},
        {"fchown", 0, {0, -1, -1}},
        {"fchownat", 0, {0, 0, -1, -1}},
        {"chown", 0, {0, -1, -1}},
        {"lchown", 0, {0, -1, -1}},
        {"utimensat", 1, {F_RW, ZERO}},
        {"getcwd", 0, {P(0), 600}},
        {"fchdir", 0, {F_DIR}},
        {"getgroups", 0, {0, P(1)}},
        {"getgroups", 1, {100, P(1)}},
        {"prlimit64", 0, {0, RLIMIT_NOFILE}},
        {"prctl", 0, {15, P(1)}},
        {"prctl", 1, {16, P(1)}},
        {"arch_prctl", 0, {0x1003, P(1)}},
        {"sched_getaffinity", 0, {0, 128, P(2)}},
        {"set_robust_list", 0, {P(0), 24}},
        {"set_tid_address", 0, {P(0)}},
        {"futex", 0, {0, 1, 1}},
        {"futex", 1, {0, 0, 1, P(3)}},
        {"futex", 2, {0, 9, 1, P(3), 0, 1}},
        {"futex", 3, {0, 3, 1, 1, P(4)}},
        {"futex", 4, {0, 4, 1, 1, P(4), 0}},
        {"futex", 5, {0, 6, ZERO, P(3)}},
        {"futex", 6, {0, 8, ZERO, P(3)}},
        {"futex", 7, {0, 7, ZERO, P(3)}},
        {"kill", 0, {-1, 0}},
        {"tkill", 0, {-1, 0}},
        {"tgkill", 0, {-1, -1, 0}},
        {"rt_sigaction", 0, {SIGUSR1, 0, 0, 8}},
        {"rt_sigtimedwait", 0, {0, 0, 0, 8}},
        {"rt_sigtimedwait", 1, {0, ZERO, 0, 8}},
        {"rt_sigqueueinfo", 0, {-1, ZERO}},
        {"rt_tgsigqueueinfo", 0, {-1, -1, ZERO}},
        {"rt_sigprocmask", 0, {0, 0, 0, 8}},
        {"rt_sigpending", 0, {P(0), 8}},
        {"mmap", 0, {P(0), 1, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1}},
        {"mmap", 1, {P(0), 1, PROT_READ, MAP_SHARED, F_RO}},
        {"munmap", 0, {P(0), 1}},
        {"mprotect", 0, {P(0), 1, PROT_READ | PROT_WRITE}},
        {"mremap", 0, {P(0), 1, 1, 0}},
        {"madvise", 0, {P(0), 1, 0}},
        {"madvise", 1, {P(0), 1, MADV_DONTNEED}},
        {"msync", 0, {P(0), 1, MS_ASYNC}},
    };
    /* clang-format on */
    int found = 0;
    from_kinds(r, a);
    for (size_t i = 0; i < sizeof by_name / sizeof *by_name; i++) {
        if (strcmp(by_name[i].row, r->name) != 0 || by_name[i].variant != variant)
            continue;
        found = 1;
        for (int k = 0; k < 6; k++) {
            long v = by_name[i].set[k];
            if (v == ZERO)
                a[k] = 0;
            else if (v >= P(0) && v <= P(5))
                a[k] = (long)slot((int)(v - P(0)));
            else if (v)
                a[k] = v;
        }
    }
    if (is(r, "kill tkill tgkill"))
        a[0] = getpid(), a[1] = is(r, "tgkill") ? syscall(SYS_gettid) : a[1];
    if (is(r, "rt_sigqueueinfo rt_tgsigqueueinfo"))
        a[0] = getpid(), a[1] = is(r, "rt_tgsigqueueinfo") ? syscall(SYS_gettid) : 0;
    if (is(r, "rt_sigtimedwait"))
        ((uint64_t *)slot(0))[0] = 1ul << (SIGUSR2 - 1);
    if (is(r, "timer_settime timer_gettime timer_getoverrun timer_delete"))
        a[0] = timer;
    if (is(r, "kill tkill"))
        a[1] = 0;
    if (is(r, "getpgid getsid"))
        a[0] = 0;
    if (is(r, "prlimit64"))
        getrlimit(RLIMIT_NOFILE, (struct rlimit *)slot(2)); /* others may need what there is */
    if (is(r, "setuid setreuid setresuid"))
        a[0] = a[1] = a[2] = getuid();
    if (is(r, "setgid setregid setresgid"))
        a[0] = a[1] = a[2] = getgid();
    if (is(r, "sched_setaffinity"))
        memset(slot(2), 0xff, 128);
    if (is(r, "unlinkat") && variant == 1)
        strcpy(slot(1), "d");
    if (is(r, "mkdirat mknodat rename link symlink"))
        strcpy(slot(1), "n");
    if (is(r, "mkdir mknod"))
        strcpy(slot(0), "n");
    if (is(r, "symlinkat"))
        strcpy(slot(2), "n");
    if (is(r, "chdir rmdir"))
        strcpy(slot(0), "d");
    if (is(r, "readlinkat"))
        strcpy(slot(1), "link");
    if (is(r, "readlink"))
        strcpy(slot(0), "link");
    if (is(r, "select pselect6"))
        FD_SET(F_RW, (fd_set *)slot(1));
    if (is(r, "pselect6"))
        memset(slot(5), 0, 16);
    if (is(r, "epoll_ctl fcntl futex prctl ppoll ioctl"))
        for (int k = 1; k < 5; k++)
            if (a[k] == (long)slot(k))
                memset(slot(k), 0, 64);
    if (is(r, "epoll_ctl"))
        ((struct epoll_event *)slot(3))->events = EPOLLIN;
    good_socket(r, variant);
    if (is(r, "getxattr lgetxattr fgetxattr"))
        strcpy(slot(1), "user.none");
    if (is(r, "newfstatat") && variant == 1)
        slot(1)[0] = 0;
    if (is(r, "mmap munmap mprotect mremap madvise msync mincore mlock munlock")) {
        if (a[0] == (long)slot(0))
            a[0] = (long)scratch;
        a[1] = (long)page;
        if (is(r, "mremap"))
            a[2] = (long)page;
    }
    return found || variant == 0;
}

/* One call.  */

static const struct row *row;
static int row_variant, row_arg;
static long base_result;

static int is_memory(void)
{
    return is(row, "mmap munmap mprotect mremap madvise msync mincore mlock munlock brk");
}

static void before(void)
{
    if (is(row, "rt_sigtimedwait")) {
        block_waited_for();
        kill(getpid(), SIGUSR2);
    }
    if (is(row, "close"))
        dup2(F_RW, 50);
    if (is_memory() && !is(row, "brk mmap"))
        mmap(scratch, page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
}

static void after(long r)
{
    char rest[100];
    int big = sizeof rest;
    if (is(row, "open openat creat dup dup3 fcntl pipe pipe2 epoll_create epoll_create1 eventfd "
                "eventfd2 timerfd_create signalfd signalfd4 socket socketpair accept accept4 memfd_create"))
        for (int fd = 3; fd < 8; fd++)
            close(fd);
    if (is(row, "dup2 dup3"))
        close(51);
    if (is(row, "alarm"))
        alarm(0);
    if (is(row, "rt_sigtimedwait"))
        sigtimedwait(&waited_for, NULL, &calm);
    if (is(row, "timer_delete"))
        make_timer();
    if (is(row, "sendfile write writev"))
        while (read(P_IN, rest, (size_t)big) > 0)
            ;
    if (is(row, "fchmod"))
        fchmod(F_RW, 0600);
    if (is(row, "epoll_ctl"))
        fill_epoll();
    if (is(row, "read readv write writev"))
        write(F_EVENT, &(uint64_t){1}, 8);
    if (is(row, "recvfrom recvmsg"))
        fill_sockets();
    if (is(row, "bind connect listen setsockopt shutdown")) {
        for (int fd = F_SOCKET; fd <= F_LISTEN; fd++)
            close(fd);
        make_sockets();
        fill_sockets();
    }
    if (is(row, "mmap") && r > 0)
        munmap((void *)r, page);
    if (is(row, "umask"))
        umask(022);
    if (is(row, "rt_sigprocmask")) {
        uint64_t nothing = 0;
        syscall(SYS_rt_sigprocmask, SIG_SETMASK, &nothing, NULL, 8);
    }
    if (is(row, "fcntl ioctl") && r >= 0) {
        fcntl(F_RW, F_SETFL, 0);
        fcntl(F_RW, F_SETFD, 0);
        fcntl(P_IN, F_SETFL, O_NONBLOCK);
    }
    if (r >= 0
        && is(row, "open openat creat mkdir mkdirat mknod mknodat rmdir unlink unlinkat rename renameat "
                   "renameat2 link linkat symlink symlinkat truncate chmod fchmodat fchmod chdir "
                   "fchdir"))
        make_files();
    if (r >= 0 || is(row, "getdents getdents64"))
        fill_file();
}

/* How a result is printed: what differs between processes is "+".  */
static void show(const char *class, long r, int wrote)
{
    char text[30];
    if (r == 0 && is(row, "getgroups"))
        r = 1;
    if (r > 0
        && (r >= 4096
            || is(row, "getpid gettid getppid getpgid getpgrp getsid getuid geteuid getgid "
                       "getegid getgroups getpriority times set_tid_address getcwd")))
        strcpy(text, "+");
    else
        snprintf(text, sizeof text, "%ld", r);
    printf("%s/%d %d %s %s%s\n", row->name, row_variant, row_arg, class, text,
           wrote ? " WROTE" : "");
}

/* True if a call of a box that failed changed memory.  The last byte is the first of a buffer
   that ends in memory without access; and Linux itself may have written one result already.  */
static int changed(const char *image)
{
#ifdef __LFI__
    int outputs = 0;
    for (int i = 0; i < 6; i++)
        outputs += row->arg[i].kind == K_OUT;
    if (is(row, "accept accept4 getsockname getpeername getsockopt recvfrom recvmsg"))
        outputs = 2;
    return outputs < 2 && memcmp(image, slots, (size_t)(edge - slots - 1)) != 0;
#else
    (void)image;
    return 0;
#endif
}

static long call(const char *class, long a[6])
{
    static char *image;
    int limit = limit_of(row);
    if (!image)
        image = malloc((size_t)(edge - slots));
    if (racing && limit >= 0)
        a[limit] = is(row, "poll epoll_wait epoll_pwait") ? 0 : (long)&calm;
    if (racing && is(row, "futex") && row_variant != 3 && row_variant != 4)
        a[3] = (long)&calm;
    before();
    memcpy(image, slots, (size_t)(edge - slots));
    long r = syscall(row->nr, a[0], a[1], a[2], a[3], a[4], a[5]);
    r = r == -1 ? -errno : r;
    if (is(row, "brk"))
        r = 1 << 16;
    show(class, r, r < 0 && changed(image));
    after(r);
    return r;
}

/* With argument k as given; the others are good.  */
static long with(const char *class, int k, long v)
{
    long a[6];
    good(row, row_variant, a);
    row_arg = k;
    if (harmful(row, k, v))
        return 0;
    a[k] = v;
    return call(class, a);
}

/* Kinds.  */

struct pointer {
    const char *class;
    long box, process;
};

static char *box_base(void)
{
    return (char *)((uintptr_t)area & ~(uintptr_t)UINT32_MAX);
}

static long choose(long box, long process)
{
#ifdef __LFI__
    (void)process;
    return (long)box_base() + box;
#else
    (void)box;
    return process;
#endif
}

/* A class whose members must all have one answer, here and there.  */
static void pointers(int k, int out)
{
    with("null", k, 0);
    with("low", k, choose(8, 8));
    with("page-zero", k, choose(4095, 4095));
    with("last-byte", k, -1);
    with("last-word", k, -8);
    with("last-page", k, -4096);
    with("below", k, choose(-8, (long)0xffff800000000000));
    with("below-table", k, choose(-4096, (long)0xffff800000001000));
    with("bottom-guard", k, choose(4096 + 8, 4096 + 8));
    with("bottom-guard-end", k, choose(80 * 1024 - 8, 60 * 1024));
    with("top-word", k, choose(0xfffffff8, (long)0xfffffffffffffff0));
    with("top-guard", k, choose(0xffff0000, (long)0xffffffffffff0000));
    with("above", k, choose(0x100000000, (long)0xffffc00000000000));
    with("above-word", k, choose(0x100000008, (long)0xffffc00000000008));
    with("unmapped", k, (long)hole);
    with("unmapped-middle", k, (long)hole + 64);
    with("no-access", k, (long)none);
    with("no-access-last", k, (long)none + (long)page - 1);
    with("straddle-1", k, (long)edge - 1);
    if (out) {
        with("read-only", k, (long)ro);
        with("read-only-end", k, (long)ro + (long)page - 1);
        with("code", k, (long)(uintptr_t)set_up & ~7l);
    }
#ifdef __LFI__
    /* A box's addresses have 32 bits; what is above them is ignored, as by its own loads.  */
    long a[6], high[] = {1l << 32, 1l << 40, 1l << 47, 1l << 62, LONG_MIN, -1l << 32};
    good(row, row_variant, a);
    for (size_t i = 0; i < sizeof high / sizeof *high; i++)
        if (a[k])
            with("alias", k, a[k] ^ high[i]);
#endif
}

static void ints(int k)
{
    with("-1", k, -1);
    with("min", k, INT_MIN);
    with("max", k, INT_MAX);
    with("odd", k, 99999999);
    with("high", k, 1l << 32);
    with("high2", k, -1l << 32);
}

static void unsigneds(int k)
{
    with("all", k, UINT_MAX);
    with("half", k, 0x80000000u);
    with("high", k, 1l << 32);
}

static void longs(int k)
{
    with("-1", k, -1);
    with("min", k, LONG_MIN);
    with("max", k, LONG_MAX);
    with("2^62", k, 1l << 62);
    with("int-min", k, INT_MIN);
}

/* The flags of open have other numbers on other architectures.  */
static void open_flags(int k, long base)
{
    static const struct {
        const char *class;
        int flag;
    } list[] = {{"wronly", O_WRONLY},
                {"rdwr", O_RDWR},
                {"accmode", 3},
                {"creat", O_CREAT},
                {"excl", O_EXCL},
                {"noctty", O_NOCTTY},
                {"trunc", O_TRUNC},
                {"append", O_APPEND},
                {"nonblock", O_NONBLOCK},
                {"dsync", O_DSYNC},
                {"async", O_ASYNC},
                {"directory", O_DIRECTORY},
                {"nofollow", O_NOFOLLOW},
                {"noatime", O_NOATIME},
                {"cloexec", O_CLOEXEC},
                {"sync", O_SYNC},
                {"path", O_PATH},
                {"tmpfile", O_TMPFILE},
                {"bit2", 4},
                {"bit3", 8},
                {"bit4", 16},
                {"bit5", 32},
                {"bit30", 1 << 30}};
    for (size_t i = 0; i < sizeof list / sizeof *list; i++)
        with(list[i].class, k, base ^ list[i].flag);
    with("high", k, base | 1l << 32);
}

static void flags(int k)
{
    char class[20];
    long a[6];
    good(row, row_variant, a);
    long base = a[k];
    if (is(row, "open openat pipe2 dup3 epoll_create1 eventfd2 timerfd_create signalfd4 "
              "socket socketpair accept4")) {
        open_flags(k, base);
        return;
    }
    for (int bit = 0; bit < 32; bit++) {
        snprintf(class, sizeof class, "bit%d", bit);
        with(class, k, base ^ (long)(1ul << bit));
    }
    with("all", k, UINT_MAX);
    with("high", k, base | 1l << 32);
}

static void modes(int k)
{
    with("all", k, UINT_MAX);
    with("7777", k, 07777);
    with("none", k, 0);
}

/* Sizes of buffers, and numbers that mean a size.  */
static void sizes(int k, int buffer)
{
    with("zero", k, 0);
    if (buffer)
        with("past", k, edge - slot(k) + 4 * (long)page);
    with("over", k, choose(1, 0) ? (long)0x100000000 : 1l << 47);
    with("over-some", k, choose(1, 0) ? (long)0x100000010 : (1l << 47) + 16);
    with("2^63", k, LONG_MIN);
    with("wrap", k, -1);
    with("wrap-word", k, -8);
    with("wrap-page", k, -4096);
}

/* Numbers that the kernel takes as int or unsigned int.  */
static void short_sizes(int k)
{
    with("zero", k, 0);
    with("-1", k, -1);
    with("min", k, INT_MIN);
    with("max", k, INT_MAX);
    with("high", k, (1l << 32) | 16);
}

static void counts(int k)
{
    with("zero", k, 0);
    with("-1", k, -1);
    with("min", k, INT_MIN);
    with("max", k, INT_MAX);
    with("1025", k, 1025);
    with("wrap", k, 0x10000000);
    with("wrap-more", k, 0x10000001);
    with("high", k, (1l << 32) | 1);
}

static void descriptors(int k)
{
    static const struct {
        const char *class;
        long fd;
    } list[] = {{"-1", -1},
                {"cwd", AT_FDCWD},
                {"min", INT_MIN},
                {"max", INT_MAX},
                {"1023", 1023},
                {"1024", 1024},
                {"closed", F_CLOSED},
                {"high", (1l << 32) | F_RW},
                {"ro", F_RO},
                {"wo", F_WO},
                {"path", F_PATH},
                {"dir", F_DIR},
                {"dir-path", F_DIRPATH},
                {"pipe-in", P_IN},
                {"pipe-out", P_OUT},
                {"null", F_NULL},
                {"zero", F_ZERO},
                {"root", F_ROOT},
                {"epoll", F_EPOLL},
                {"event", F_EVENT},
                {"timer", F_TIMER},
                {"signal", F_SIGNAL},
                {"socket", F_SOCKET},
                {"udp", F_UDP},
                {"listen", F_LISTEN}};
    for (size_t i = 0; i < sizeof list / sizeof *list; i++)
        with(list[i].class, k, list[i].fd);
}

static void text(const char *class, int k, const char *s)
{
    long a[6];
    good(row, row_variant, a);
    row_arg = k;
    strcpy(data, s);
    a[k] = (long)data;
    call(class, a);
}

static void paths(int k)
{
    static const char *const names[] = {
        "",      ".",        "./",        "f/",   "f/.",     "f/..",     "f/x",       "d",
        "d/",    "d/.",      "d/x",       "full", "missing", "missing/", "missing/x", "link",
        "link/", "dangling", "dangling/", "loop", "loop/x",  "d/../f",   "././f"};
    char class[40];
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        snprintf(class, sizeof class, "'%s'", names[i]);
        text(class, k, names[i]);
    }
    static char big[5000];
    memset(big, 'a', sizeof big - 1);
    text("'5000'", k, big);
    big[4096] = 0;
    text("'4096'", k, big);
    big[4095] = 0;
    text("'4095'", k, big);
    big[256] = 0;
    text("'256'", k, big);
    big[255] = 0;
    text("'255'", k, big);
    unlink(big);
    rmdir(big);
    for (int i = 0; i < 4094; i += 2)
        memcpy(big + i, "./", 2);
    strcpy(big + 4094, "f");
    text("'4095/'", k, big);
    memset(edge - 100, 'a', 100);
    with("no-end", k, (long)edge - 100);
    memset(data, 'x', 1 << 16);
    with("no-end-long", k, (long)data);
    static char edge_name[] = "f";
    long a[6];
    good(row, row_variant, a);
    memcpy(edge - 2, edge_name, 2);
    a[k] = (long)edge - 2;
    row_arg = k;
    call("up-to-edge", a);
}

/* Contents of structures: bytes that are all alike.  */
static void contents(int k)
{
    static const int fill[] = {0xff, 0x7f, 1, 0x80};
    char class[20];
    if (is(row, "prlimit64"))
        return;
    for (size_t i = 0; i < sizeof fill / sizeof *fill; i++) {
        long a[6];
        good(row, row_variant, a);
        memset(slot(k), fill[i], 128);
        a[k] = (long)slot(k);
        row_arg = k;
        snprintf(class, sizeof class, "fill%x", fill[i]);
        call(class, a);
    }
}

static void vectors(int k)
{
    static const struct {
        const char *class;
        int element;
        long base; /* 0: good; 1: hole; 2: none; 3: below; 4: above; 5: null */
        size_t len;
    } list[] = {{"first-unmapped", 0, 1, 10},  {"second-unmapped", 1, 1, 10},
                {"first-none", 0, 2, 10},      {"first-below", 0, 3, 10},
                {"second-below", 1, 3, 10},    {"first-above", 0, 4, 10},
                {"first-null", 0, 5, 10},      {"bad-but-empty", 0, 1, 0},
                {"len-2^63", 0, 0, 1ul << 63}, {"second-2^63", 1, 0, 1ul << 63},
                {"len-all", 0, 0, SIZE_MAX},   {"len-wrap", 1, 0, SIZE_MAX - 4},
                {"len-max", 0, 0, LONG_MAX},   {"second-max", 1, 0, LONG_MAX}};
    long bad[] = {(long)data,
                  (long)hole,
                  (long)none,
                  choose(-8, (long)0xffff800000000000),
                  choose(0x100000000, (long)0xffffc00000000000),
                  0};
    for (size_t i = 0; i < sizeof list / sizeof *list; i++) {
        long a[6];
        good(row, row_variant, a);
        struct iovec *v = (struct iovec *)slot(k);
        v[list[i].element] = (struct iovec){(void *)bad[list[i].base], list[i].len};
        row_arg = k;
        call(list[i].class, a);
    }
}

/* Arguments that the kinds call ADDR.  */
static void addresses(int k)
{
    long a[6];
    good(row, row_variant, a);
    if (is_memory() && k == 2 && a[k] == (long)slot(k)) {
        pointers(k, 1);
    } else if (is_memory() && k == 0) {
        with("odd", k, (long)scratch + 1);
        with("unmapped", k, (long)hole);
        if (!is(row, "mmap"))
            with("bottom-guard", k, choose(4096, 4096));
    } else if (is(row, "brk") || (is(row, "mremap") && k == 4)) {
        with("odd", k, 1);
    } else if (is_memory()) {
        sizes(k, 0);
    } else if (a[k] >= (long)slots && a[k] < (long)edge) {
        pointers(k, !is(row, "epoll_ctl fcntl prctl set_tid_address set_robust_list"));
        contents(k);
    } else {
        sizes(k, 0);
    }
}

/* The length of which buffer or vector the argument is, or -1.  */
static int length_of(int k)
{
    for (int i = 0; i < 6; i++)
        if (row->arg[i].with == k && k != i && row->arg[i].kind >= K_IN_BUF
            && row->arg[i].kind != K_WORD)
            return i;
    return -1;
}

static void argument(int k)
{
    enum kind kind = row->arg[k].kind;
    int of = length_of(k);
    if (of >= 0 && row->arg[of].kind >= K_IN_IOV) {
        counts(k);
        return;
    }
    if (of >= 0 && kind == K_ADDR) {
        sizes(k, 1);
        return;
    }
    if (of >= 0) {
        short_sizes(k);
        return;
    }
    switch (kind) {
    case K_INT:
        ints(k);
        break;
    case K_UINT:
        unsigneds(k);
        break;
    case K_FLAGS:
        flags(k);
        break;
    case K_MODE:
        modes(k);
        break;
    case K_LONG:
        longs(k);
        break;
    case K_ADDR:
        addresses(k);
        break;
    case K_FD:
    case K_DIRFD:
        descriptors(k);
        break;
    case K_PATH:
        pointers(k, 0);
        paths(k);
        break;
    case K_IN:
    case K_INOUT:
        pointers(k, kind == K_INOUT);
        contents(k);
        break;
    case K_IN_IOV:
    case K_OUT_IOV:
        pointers(k, 0);
        vectors(k);
        break;
    case K_IN_BUF:
    case K_WORD:
        pointers(k, 0);
        break;
    case K_OUT:
    case K_OUT_BUF:
        pointers(k, 1);
        break;
    case K_ARRAY:
        pointers(k, 1);
        contents(k);
        break;
    case K_END:
        break;
    }
}

/* Racing, setitimer sets timers that were not meant, whose signals would end the program.  */
static const int of_timers[] = {SIGALRM, SIGVTALRM, SIGPROF};

/* While calls are made, their memory changes: words that mean something, in every place.  What
   they answer does not matter, only that they do.  */
static void *race(void *arg)
{
    const uint64_t words[] = {0, 1, 2, 16, UINT64_MAX, (uint64_t)data, (uint64_t)hole, 8,
                              (uint64_t)none, (uint64_t)ro, 0x6666666666, 1ull << 63, 4096};
    uint32_t random = 1;
    while (racing) {
        random = random * 1664525 + 1013904223;
        size_t at = (random >> 8) % (size_t)(edge - slots - 8);
        uint64_t word = words[(random >> 4) % (sizeof words / sizeof *words)];
        if (random >> 31)
            memcpy(slots + (at & ~7ul), &word, 8);
        else
            slots[at] = (char)random;
    }
    return arg;
}

int main(int argc, char **argv)
{
    pthread_t racer;
    setvbuf(stdout, NULL, _IOFBF, 1 << 16);
    set_up();
    if (argc > 1 && strcmp(argv[1], "race") == 0) {
        racing = 1;
        argc = 1;
        for (size_t i = 0; i < sizeof of_timers / sizeof *of_timers; i++)
            signal(of_timers[i], SIG_IGN);
        pthread_create(&racer, NULL, race, NULL);
    }
    for (int i = 0; i < NROWS; i++) {
        if (rows[i].nr < 0)
            continue;
        long a[6];
        row = &rows[i];
        if (row->nr < 0 || skipped(row) || (argc > 1 && !is(row, argv[1])))
            continue;
        for (row_variant = 0; good(row, row_variant, a); row_variant++) {
            row_arg = 9;
            base_result = call("good", a);
            for (int k = 0; k < 6 && row->arg[k].kind != K_END; k++)
                argument(k);
        }
    }
    if (racing) {
        racing = 0;
        pthread_join(racer, NULL);
        printf("done\n");
    }
    return 0;
}
