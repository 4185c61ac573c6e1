/* NULL where it means something, buffers of which a part is accessible, strings without an end,
   counts: what hostile.c does not generate from the table.
   SPDX-License-Identifier: Apache-2.0  */
#include "show.h"

#undef pread64
#undef pwrite64
#undef getdents64
#undef prlimit64

static char *page_ro, *page_none, *edge; /* edge: the last byte before an inaccessible page */
static long page;
static int fd, dirfd_, pipefd[2];

static void make_pages(void)
{
    page = sysconf(_SC_PAGESIZE);
    char *p =
        mmap(NULL, (size_t)page * 4, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    mprotect(p + page, (size_t)page, PROT_NONE);
    page_none = p + page;
    edge = p + page - 1;
    page_ro = p + 2 * page;
    mprotect(page_ro, (size_t)page, PROT_READ);
}

int main(void)
{
    struct timespec ts = {0, 1};
    char name[2000];
    setvbuf(stdout, NULL, _IOFBF, 65536);
    make_pages();
    fd = open("f", O_RDWR | O_CREAT, 0600);
    write(fd, "0123456789", 10);
    dirfd_ = open(".", O_RDONLY);
    pipe(pipefd);
    symlink("target", "link");
    lseek(fd, 0, SEEK_SET);

    /* NULL, where it means something and where it does not.  */
    SHOW(syscall(SYS_clock_gettime, CLOCK_REALTIME, NULL));
    SHOW(syscall(SYS_clock_getres, CLOCK_REALTIME, NULL));
    SHOW(syscall(SYS_nanosleep, NULL, NULL));
    SHOW(syscall(SYS_nanosleep, &ts, NULL));
    SHOW(syscall(SYS_nanosleep, &ts, page_none));
    SHOW(syscall(SYS_fstat, fd, NULL));
    SHOW(syscall(SYS_uname, NULL));
    SHOW(syscall(SYS_pipe2, NULL, 0));
    SHOW(syscall(SYS_openat, AT_FDCWD, NULL, O_RDONLY));
    SHOW(syscall(SYS_utimensat, AT_FDCWD, NULL, NULL, 0));
    SHOW(syscall(SYS_utimensat, fd, NULL, NULL, 0));
    SHOW(syscall(SYS_rt_sigaction, 10, NULL, NULL, 8));
    SHOW(syscall(SYS_rt_sigprocmask, 0, NULL, NULL, 8));
    SHOW(syscall(SYS_sigaltstack, NULL, NULL));
    SHOW(syscall(SYS_prlimit64, 0, RLIMIT_NOFILE, NULL, NULL));
    SHOW(syscall(SYS_ppoll, NULL, 1, &ts, NULL, 0));
    SHOW(syscall(SYS_getrandom, NULL, 1, 0));
    SHOW(syscall(SYS_getrandom, NULL, 0, 0));
    SHOW(syscall(SYS_writev, fd, NULL, 1));
    SHOW(syscall(SYS_writev, fd, NULL, 0));
    SHOW(syscall(SYS_futex, NULL, 1, 1));

    /* Descriptors that are none; lengths of 32 bits in registers of 64.  */
    SHOW(read(AT_FDCWD, name, 1));
    SHOW(syscall(SYS_fstat, AT_FDCWD, name));
    SHOW(syscall(SYS_newfstatat, -1, "f", name, 0));
    SHOW(syscall(SYS_readlinkat, AT_FDCWD, "link", name, 0x100000003));
    lseek(dirfd_, 0, SEEK_SET);
    SHOW(syscall(SYS_getdents64, dirfd_, name, 0x100000400) > 0);
    lseek(dirfd_, 0, SEEK_SET);
    struct pollfd none = {-1, 0, 0};
    SHOW(poll(&none, 1, 0));
    SHOW(syscall(SYS_ppoll, page_none, 1, NULL, NULL, 8));

    /* What a call leaves unset does not show what an earlier one was given.  */
    struct rusage ru;
    memset(name, 'n', sizeof name);
    name[sizeof name - 1] = 0;
    SHOW(open(name, O_RDONLY));
    SHOW(getrusage(RUSAGE_SELF, &ru));
    TRUE(ru.ru_ixrss == 0 && ru.ru_idrss == 0 && ru.ru_isrss == 0 && ru.ru_msgsnd == 0);

    /* Structures and buffers of which a part lies in accessible memory.  */
    SHOW(syscall(SYS_clock_gettime, CLOCK_REALTIME, edge - 7));
    SHOW(syscall(SYS_nanosleep, edge - 7, NULL));
    SHOW(syscall(SYS_uname, edge - 100));
    SHOW(syscall(SYS_fstat, fd, edge - 30));
    *edge = 'x';
    SHOW(open(edge, O_RDONLY));
    SHOW(syscall(SYS_writev, fd, edge - 7, 1));
    edge[0] = 0;
    edge[-1] = 'f';
    SHOW(access(edge - 1, F_OK));
    SHOW(getcwd(edge, 1) == NULL);
    /* Output into memory that is only readable.  */
    SHOW(read(fd, page_ro, 5));
    SHOW(getrandom(page_ro, 5, 0));
    SHOW(syscall(SYS_clock_gettime, CLOCK_REALTIME, page_ro));
    SHOW(syscall(SYS_uname, page_ro));
    SHOW(syscall(SYS_pipe2, page_ro, 0));
    lseek(dirfd_, 0, SEEK_SET);
    SHOW(syscall(SYS_getdents64, dirfd_, page_ro, 1000));
    SHOW(readlink("link", page_ro, 10));
    /* A path without an end.  */
    char *big = mmap(NULL, 3 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    memset(big, 'a', 3 * 4096);
    SHOW(open(big, O_RDONLY));
    SHOW(mkdir(big, 0700));
    SHOW(symlink(big, "x"));
    /* Counts.  */
    struct iovec v[2] = {{big, 10}, {big, SIZE_MAX}};
    SHOW(writev(fd, v, 2));
    v[1].iov_len = (size_t)-4096;
    SHOW(readv(fd, v, 2));
    v[0] = (struct iovec){page_none, 10};
    lseek(fd, 0, SEEK_SET);
    SHOW(readv(fd, v, 1));
    SHOW(writev(fd, v, INT_MAX));
    SHOW(writev(fd, v, INT_MIN));
    static struct iovec many[1025];
    SHOW(writev(fd, many, 1024));
    SHOW(writev(fd, many, 1025));
    static struct pollfd idle[1025];
    for (int i = 0; i < 1025; i++)
        idle[i].fd = -1;
    SHOW(poll(idle, 1024, 0));
    SHOW(read(fd, big, 0));
    SHOW(read(fd, NULL, 0));
    SHOW(write(fd, NULL, 0));
    SHOW(read(fd, big, SIZE_MAX));
    SHOW(write(fd, big, SIZE_MAX));
    SHOW(write(fd, big, (size_t)1 << 63));
    SHOW(pread(fd, big, SIZE_MAX - 100, 0));
    SHOW(getcwd(big, 0) == NULL);
    SHOW(syscall(SYS_readlinkat, AT_FDCWD, "link", big, -1));
    SHOW(syscall(SYS_readlinkat, AT_FDCWD, "link", big, 0));
    SHOW(syscall(SYS_rt_sigprocmask, 0, big, 0, 16));
    SHOW(syscall(SYS_rt_sigaction, 10, 0, big, 0));
    SHOW(syscall(SYS_set_robust_list, big, 1));
    SHOW(syscall(SYS_futex, big + 1, 0, 0, 0));
    SHOW(syscall(SYS_futex, page_none, 0, 0, 0));
    SHOW(syscall(SYS_futex, (char *)-4096, 0, 0, 0));
    SHOW(syscall(SYS_futex, big, 99, 0, 0));
    return 0;
}
