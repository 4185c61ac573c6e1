/* Calls on descriptors that file.c does not make, and how each fails.
   SPDX-License-Identifier: Apache-2.0  */
#include "show.h"

static char buf[70000];
static int file, closed, dir, p[2];

static void vectors(void)
{
    struct iovec v[2] = {{buf, 3}, {buf + 10, 4}};
    SHOW(readv(closed, v, 2));
    SHOW(writev(closed, v, 2));
    SHOW(preadv(closed, v, 2, 0));
    SHOW(preadv(file, v, 2, -1));
    SHOW(preadv(p[0], v, 2, 0));
    SHOW(pwrite(closed, buf, 3, 0));
    SHOW(pwrite(file, buf, 3, -1));
    SHOW(pwritev(closed, v, 2, 0));
    SHOW(pwritev(file, v, 2, -5));
    SHOW(pwritev(p[1], v, 2, 0));
    SHOW(pwritev(dir, v, 2, 0));
    memcpy(buf, "abc", 3);
    memcpy(buf + 10, "defg", 4);
    SHOW(pwritev(file, v, 2, 5));
    memset(buf, 0, 100);
    SHOW(preadv(file, v, 2, 5));
    printf("%.3s %.4s\n", buf, buf + 10);
    SHOW(preadv(file, v, 2, 9));
    SHOW(lseek(file, 0, SEEK_CUR));
}

static void numbers(void)
{
    SHOW(dup(closed));
    SHOW(dup2(file, 30));
    SHOW(dup2(file, 31));
    SHOW(dup2(file, 33));
    SHOW(syscall(SYS_close_range, 31, 30, 0));
    SHOW(syscall(SYS_close_range, 30, 32, 64));
    SHOW(syscall(SYS_close_range, 30, 32, 4)); /* CLOEXEC */
    SHOW(fcntl(30, F_GETFD));
    SHOW(fcntl(33, F_GETFD));
    SHOW(syscall(SYS_close_range, 31, UINT_MAX, 0));
    SHOW(fcntl(30, F_GETFD));
    SHOW(fcntl(31, F_GETFD));
    SHOW(fcntl(33, F_GETFD));
    SHOW(close(30));
    SHOW(syscall(SYS_dup3, file, 40, 1));
    SHOW(syscall(SYS_dup3, closed, 40, 0));
    SHOW(syscall(SYS_dup3, file, file, 0));
    SHOW(fcntl(file, F_DUPFD, 1 << 20));
}

static void files(void)
{
    struct statfs fs;
    struct stat st;
    SHOW(fstatfs(file, &fs));
    TRUE(fs.f_bsize > 0 && fs.f_namelen > 0);
    SHOW(fstatfs(closed, &fs));
    SHOW(fallocate(file, 0, 0, 0));
    SHOW(fallocate(file, 0, -1, 10));
    SHOW(fallocate(closed, 0, 0, 10));
    SHOW(fallocate(p[1], 0, 0, 10));
    SHOW(fallocate(dir, 0, 0, 10));
    SHOW(fallocate(file, 1, 0, 100000)); /* KEEP_SIZE */
    SHOW(fstat(file, &st));
    SHOW(st.st_size);
    SHOW(posix_fadvise(file, 0, 0, 77));
    SHOW(posix_fadvise(closed, 0, 0, 0));
    SHOW(posix_fadvise(p[0], 0, 0, 0));
    SHOW(fsync(closed));
    SHOW(fsync(p[0]));
    SHOW(fdatasync(closed));
    SHOW(fdatasync(p[1]));
    SHOW(fsync(dir));
    sync();
    SHOW(syncfs(file));
    SHOW(syncfs(closed));
    SHOW(sync_file_range(file, 0, 10, 2));
    SHOW(sync_file_range(file, -1, 10, 2));
    SHOW(sync_file_range(file, 0, 10, 8));
    SHOW(sync_file_range(closed, 0, 10, 2));
    SHOW(sync_file_range(p[0], 0, 10, 2));
    SHOW(readahead(file, 0, 100));
    SHOW(readahead(closed, 0, 100));
    SHOW(fchmod(closed, 0600));
    SHOW(fchmod(file, 0640));
    SHOW(fstat(file, &st));
    printf("%o\n", st.st_mode);
    SHOW(fchown(file, -1, -1));
    SHOW(fchown(file, st.st_uid, st.st_gid));
    SHOW(fchown(closed, -1, -1));
    SHOW(ftruncate(closed, 0));
    SHOW(ftruncate(p[1], 0));
    SHOW(ftruncate(dir, 0));
    SHOW(ftruncate(file, 100));
    SHOW(syscall(SYS_getdents64, file, buf, 1000));
    SHOW(syscall(SYS_getdents64, dir, buf, 5));
    SHOW(syscall(SYS_getdents64, closed, buf, 1000));
    SHOW(lseek(p[0], 0, SEEK_CUR));
    SHOW(lseek(closed, 0, SEEK_CUR));
    SHOW(sendfile(p[1], closed, NULL, 1));
    SHOW(sendfile(closed, file, NULL, 1));
    SHOW(sendfile(p[1], p[0], NULL, 1));
    off_t minus = -1;
    SHOW(sendfile(p[1], file, &minus, 1));
    SHOW(isatty(closed));
    SHOW(isatty(file));
}

/* Holes, and reading past the end.  */
static void holes(void)
{
    int fd = open("holes", O_RDWR | O_CREAT | O_TRUNC, 0600);
    SHOW(pwrite(fd, "end", 3, 1 << 20));
    SHOW(lseek(fd, 0, SEEK_HOLE));
    SHOW(lseek(fd, 1 << 20, SEEK_DATA));
    SHOW(lseek(fd, 2 << 20, SEEK_DATA));
    SHOW(pread(fd, buf, 10, 100));
    TRUE(buf[0] == 0 && buf[9] == 0);
    SHOW(pread(fd, buf, 10, (1 << 20) + 1));
    SHOW(pread(fd, buf, 10, 1 << 21));
    SHOW(lseek(fd, 5ll << 32, SEEK_SET) == 5ll << 32);
    SHOW(read(fd, buf, 10));
    SHOW(ftruncate(fd, 5ll << 32));
    SHOW(lseek(fd, 0, SEEK_END) == 5ll << 32);
    SHOW(ftruncate(fd, 0));
    SHOW(close(fd));
    SHOW(unlink("holes"));
}

static void show_lock(int fd, int cmd, int type, int whence, long start, long len)
{
    struct flock l = {
        .l_type = (short)type, .l_whence = (short)whence, .l_start = start, .l_len = len};
    errno = 0;
    int r = fcntl(fd, cmd, &l);
    printf("lock %d type %d from %d+%ld for %ld: %d errno %d, type %d\n", cmd, type, whence, start,
           len, r, errno, l.l_type);
}

static void locks(void)
{
    enum { OFD_GETLK = 36, OFD_SETLK, OFD_SETLKW };
    int other = open("data", O_RDWR), ro = open("data", O_RDONLY);
    show_lock(file, F_SETLK, F_WRLCK, SEEK_SET, 0, 10);
    show_lock(file, F_SETLKW, F_RDLCK, SEEK_SET, 10, 10);
    show_lock(other, F_SETLK, F_WRLCK, SEEK_SET, 0, 0);
    show_lock(file, F_GETLK, F_WRLCK, SEEK_SET, 0, 0);
    show_lock(file, F_SETLK, F_UNLCK, SEEK_SET, 0, 0);
    show_lock(file, F_SETLK, F_WRLCK, SEEK_SET, -5, 10);
    show_lock(file, F_SETLK, F_WRLCK, SEEK_END, -5, 10);
    show_lock(file, F_SETLK, F_WRLCK, SEEK_SET, LONG_MAX, 10);
    show_lock(file, F_SETLK, F_WRLCK, SEEK_SET, 0, LONG_MIN);
    show_lock(file, F_SETLK, F_WRLCK, 7, 0, 10);
    show_lock(file, F_SETLK, 77, SEEK_SET, 0, 10);
    show_lock(ro, F_SETLK, F_WRLCK, SEEK_SET, 0, 10);
    show_lock(ro, F_SETLK, F_RDLCK, SEEK_SET, 0, 10);
    show_lock(closed, F_SETLK, F_RDLCK, SEEK_SET, 0, 10);
    show_lock(p[0], F_GETLK, F_RDLCK, SEEK_SET, 0, 10);
    show_lock(file, F_SETLK, F_UNLCK, SEEK_SET, 0, 0);
    show_lock(file, OFD_SETLK, F_WRLCK, SEEK_SET, 0, 10);
    show_lock(other, OFD_SETLK, F_WRLCK, SEEK_SET, 5, 10);
    show_lock(other, OFD_GETLK, F_WRLCK, SEEK_SET, 5, 10);
    show_lock(other, OFD_SETLKW, F_WRLCK, SEEK_SET, 10, 10);
    show_lock(file, OFD_SETLK, F_UNLCK, SEEK_SET, 0, 0);
    show_lock(other, OFD_SETLK, F_UNLCK, SEEK_SET, 0, 0);
    struct flock pid = {.l_type = F_WRLCK, .l_pid = 5};
    SHOW(fcntl(file, OFD_SETLK, &pid));
    SHOW(flock(file, LOCK_EX));
    SHOW(flock(other, LOCK_EX | LOCK_NB));
    SHOW(flock(other, LOCK_SH | LOCK_NB));
    SHOW(flock(file, LOCK_SH));
    SHOW(flock(other, LOCK_SH | LOCK_NB));
    SHOW(flock(file, LOCK_UN));
    SHOW(flock(file, 99));
    SHOW(flock(closed, LOCK_SH));
    close(other);
    close(ro);
}

static void pipes(void)
{
    int q[2];
    SHOW(pipe2(q, O_NONBLOCK));
    SHOW(fcntl(q[0], F_GETPIPE_SZ));
    SHOW(fcntl(q[0], F_SETPIPE_SZ, 4096));
    SHOW(fcntl(q[1], F_GETPIPE_SZ));
    SHOW(fcntl(file, F_GETPIPE_SZ));
    SHOW(fcntl(q[0], F_SETPIPE_SZ, 70000));
    SHOW(fcntl(q[0], F_SETPIPE_SZ, 1 << 20));
    BOX(fcntl(q[0], F_SETPIPE_SZ, (1 << 20) + 1) == -1 && errno == EPERM);
    BOX(fcntl(q[0], F_SETPIPE_SZ, -1) == -1 && errno == EPERM);
    SHOW(fcntl(q[0], F_SETPIPE_SZ, 65536));
    SHOW(write(q[1], buf, 4096));
    SHOW(write(q[1], buf, sizeof buf));
    int n = 0;
    SHOW(ioctl(q[0], FIONREAD, &n));
    TRUE(n == 4096 + 65536 - 4096 || n > 4096);
    SHOW(read(q[0], buf, 100));
    n = 0;
    SHOW(ioctl(q[0], FIONBIO, &n));
    SHOW(fcntl(q[0], F_GETFL) & O_NONBLOCK);
    n = 1;
    SHOW(ioctl(q[0], FIONBIO, &n));
    SHOW(fcntl(q[0], F_GETFL) & O_NONBLOCK);
    SHOW(ioctl(q[0], FIOCLEX));
    SHOW(fcntl(q[0], F_GETFD));
    SHOW(ioctl(q[0], FIONCLEX));
    SHOW(fcntl(q[0], F_GETFD));
    SHOW(ioctl(closed, FIOCLEX));
    SHOW(write(q[0], "x", 1));
    SHOW(read(q[1], buf, 1));
    close(q[0]);
    close(q[1]);
    SHOW(pipe2(q, 1));
    SHOW(syscall(SYS_pipe2, NULL, 0));
}

static void no_descriptors_left(void)
{
    struct rlimit l = {20, 1024}, old;
    int n = 0;
    getrlimit(RLIMIT_NOFILE, &old);
    l.rlim_max = old.rlim_max;
    SHOW(setrlimit(RLIMIT_NOFILE, &l));
    while (dup(file) >= 0)
        n++;
    SHOW(errno);
    SHOW(open("data", O_RDONLY));
    SHOW(pipe(p));
    SHOW(fcntl(file, F_DUPFD, 0));
    SHOW(dup2(file, 20));
    SHOW(dup2(file, 19));
    close(19);
    SHOW(pipe(p));
    SHOW(dup(file));
    SHOW(syscall(SYS_close_range, 8, 19, 0));
    SHOW(setrlimit(RLIMIT_NOFILE, &old));
}

int main(void)
{
    setvbuf(stdout, NULL, _IOFBF, 65536);
    file = open("data", O_RDWR | O_CREAT | O_TRUNC, 0600);
    dir = open(".", O_RDONLY);
    closed = 90;
    pipe2(p, O_NONBLOCK);
    vectors();
    numbers();
    files();
    holes();
    locks();
    pipes();
    no_descriptors_left();
    return 0;
}
