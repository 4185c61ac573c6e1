/* Calls on open files.
   SPDX-License-Identifier: Apache-2.0  */
#include "show.h"

static char buf[8192];

static void reading_and_writing(void)
{
    int fd = open("data", O_RDWR | O_CREAT | O_TRUNC, 0640);
    TRUE(fd == 3);
    SHOW(write(fd, "hello, world\n", 13));
    SHOW(lseek(fd, 0, SEEK_SET));
    SHOW(read(fd, buf, 5));
    SHOW(lseek(fd, 0, SEEK_CUR));
    SHOW(lseek(fd, -3, SEEK_END));
    SHOW(lseek(fd, -100, SEEK_SET));
    SHOW(lseek(fd, 0, 17));
    SHOW(pwrite(fd, "HELLO", 5, 0));
    SHOW(pread(fd, buf, sizeof buf, 0));
    printf("%.13s", buf);
    SHOW(pread(fd, buf, 10, -1));
    SHOW(pread(fd, buf, 10, 1000));
    struct iovec v[3] = {{"one ", 4}, {"", 0}, {"two\n", 4}};
    SHOW(writev(fd, v, 3));
    SHOW(pwritev(fd, v, 3, 100));
    struct iovec r[2] = {{buf, 2}, {buf + 100, 5}};
    SHOW(preadv(fd, r, 2, 0));
    SHOW(readv(fd, r, 2));
    SHOW(writev(fd, v, -1));
    SHOW(writev(fd, v, 0));
    SHOW(writev(fd, v, 1025));
    struct stat st;
    SHOW(fstat(fd, &st));
    printf("size %lld mode %o nlink %d\n", (long long)st.st_size, st.st_mode, (int)st.st_nlink);
    TRUE(st.st_uid == getuid());
    SHOW(ftruncate(fd, 4));
    SHOW(ftruncate(fd, -1));
    SHOW(fstat(fd, &st));
    printf("size %lld\n", (long long)st.st_size);
    SHOW(fallocate(fd, 0, 0, 4096));
    SHOW(posix_fallocate(fd, 0, 8192));
    SHOW(posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL));
    SHOW(fsync(fd));
    SHOW(fdatasync(fd));
    SHOW(fchmod(fd, 0600));
    SHOW(fstat(fd, &st));
    printf("size %lld mode %o\n", (long long)st.st_size, st.st_mode);
    SHOW(close(fd));
    SHOW(close(fd));
    SHOW(read(fd, buf, 1));
    SHOW(close(-1));
    SHOW(close(100000));
}

static void open_flags(void)
{
    int fd;
    SHOW(open("data", O_RDONLY | O_CREAT | O_EXCL, 0600));
    SHOW(open("missing", O_RDONLY));
    SHOW(open("", O_RDONLY));
    SHOW(open("data", O_RDONLY | O_DIRECTORY));
    SHOW(open(".", O_WRONLY));
    SHOW(open("data/x", O_RDONLY));
    SHOW(symlink("data", "link"));
    SHOW(open("link", O_RDONLY | O_NOFOLLOW));
    SHOW(fd = open("link", O_PATH | O_NOFOLLOW));
    SHOW(read(fd, buf, 1));
    SHOW(close(fd));
    SHOW(open("link", O_RDWR | O_CREAT | O_EXCL, 0600));
    SHOW(fd = open("data", O_WRONLY | O_APPEND));
    SHOW(lseek(fd, 0, SEEK_SET));
    SHOW(write(fd, "end", 3));
    SHOW(lseek(fd, 0, SEEK_CUR));
    SHOW(read(fd, buf, 1));
    SHOW(fcntl(fd, F_GETFL) & (O_ACCMODE | O_APPEND | O_NONBLOCK));
    SHOW(fcntl(fd, F_GETFL) & O_NOFOLLOW);
    SHOW(fcntl(fd, F_SETFL, O_NONBLOCK));
    SHOW(fcntl(fd, F_GETFL) & (O_ACCMODE | O_APPEND | O_NONBLOCK));
    SHOW(fcntl(fd, F_GETFD));
    SHOW(close(fd));
    SHOW(fd = open("data", O_RDONLY | O_CLOEXEC));
    SHOW(fcntl(fd, F_GETFD));
    SHOW(fcntl(fd, F_SETFD, 0));
    SHOW(fcntl(fd, F_GETFD));
    SHOW(write(fd, "x", 1));
    SHOW(ftruncate(fd, 0));
    SHOW(close(fd));
    SHOW(fd = open("data", O_WRONLY | O_TRUNC));
    SHOW(lseek(fd, 0, SEEK_END));
    SHOW(close(fd));
    SHOW(unlink("link"));
}

static void descriptors(void)
{
    int fd, p[2];
    SHOW(fd = open("data", O_RDWR));
    SHOW(dup(fd));
    SHOW(dup2(fd, 10));
    SHOW(dup2(fd, fd));
    SHOW(dup3(fd, fd, 0));
    SHOW(dup3(fd, 11, O_CLOEXEC));
    SHOW(fcntl(11, F_GETFD));
    SHOW(dup2(fd, -1));
    SHOW(dup2(99, 12));
    SHOW(fcntl(fd, F_DUPFD, 20));
    SHOW(fcntl(fd, F_DUPFD_CLOEXEC, 20));
    SHOW(fcntl(21, F_GETFD));
    SHOW(fcntl(fd, F_DUPFD, -1));
    SHOW(fcntl(fd, 12345, 0));
    SHOW(fcntl(99, F_GETFD));
    SHOW(write(10, "abc", 3));
    SHOW(lseek(20, 0, SEEK_CUR));
    for (int i = 4; i < 22; i++)
        close(i);
    struct flock l = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    SHOW(fcntl(fd, F_SETLK, &l));
    SHOW(fcntl(fd, F_GETLK, &l));
    SHOW(l.l_type);
    SHOW(flock(fd, LOCK_EX | LOCK_NB));
    SHOW(close(fd));
    SHOW(pipe(p));
    printf("pipe %d %d\n", p[0], p[1]);
    SHOW(write(p[1], "through", 7));
    int n = 0;
    SHOW(ioctl(p[0], FIONREAD, &n));
    SHOW(n);
    SHOW(read(p[0], buf, 100));
    SHOW(lseek(p[0], 0, SEEK_SET));
    SHOW(fcntl(p[0], F_SETFL, O_NONBLOCK));
    SHOW(read(p[0], buf, 100));
    SHOW(close(p[1]));
    SHOW(read(p[0], buf, 100));
    SHOW(close(p[0]));
    SHOW(pipe2(p, 0x12345678));
    SHOW(pipe2(p, O_CLOEXEC | O_NONBLOCK));
    SHOW(fcntl(p[0], F_GETFD));
    SHOW(fcntl(p[1], F_GETFL) & O_NONBLOCK);
    close(p[0]);
    signal(SIGPIPE, SIG_IGN);
    SHOW(write(p[1], "x", 1));
    close(p[1]);
    SHOW(isatty(0));
    SHOW(ioctl(0, TIOCGWINSZ, buf));
    SHOW(ioctl(0, 0xdeadbeef, buf));
}

static void copying(void)
{
    int in, out, p[2];
    off_t off = 2, to = 0;
    SHOW(in = open("data", O_RDWR | O_TRUNC));
    SHOW(write(in, "0123456789", 10));
    SHOW(out = open("copy", O_RDWR | O_CREAT | O_TRUNC, 0600));
    SHOW(pipe(p));
    SHOW(sendfile(p[1], in, &off, 5));
    SHOW(off);
    SHOW(read(p[0], buf, 100));
    printf("%.5s\n", buf);
    SHOW(sendfile(p[1], in, NULL, 5));
    off = 1;
    SHOW(copy_file_range(in, &off, out, &to, 4, 0));
    SHOW(off);
    SHOW(to);
    SHOW(copy_file_range(in, &off, out, &to, 4, 99));
    SHOW(pread(out, buf, 100, 0));
    printf("%.4s\n", buf);
    close(in);
    close(out);
    close(p[0]);
    close(p[1]);
}

static void devices(void)
{
    static const char *names[] = {"/dev/null", "/dev/zero", "/dev/full", "/dev/urandom",
                                  "/dev/random"};
    for (int i = 0; i < 5; i++) {
        struct stat st;
        int fd = open(names[i], O_RDWR);
        printf("%s\n", names[i]);
        TRUE(fd >= 0);
        SHOW(stat(names[i], &st));
        printf("%o %x\n", st.st_mode & S_IFMT, (unsigned)st.st_rdev);
        SHOW(fstat(fd, &st));
        printf("%o %x\n", st.st_mode & S_IFMT, (unsigned)st.st_rdev);
        SHOW(access(names[i], R_OK | W_OK));
        SHOW(read(fd, buf, 16));
        SHOW(write(fd, "x", 1));
        SHOW(close(fd));
    }
    SHOW(open("/dev/null", O_WRONLY | O_CREAT | O_TRUNC, 0666) >= 0);
    SHOW(open("/dev/null/x", O_RDONLY));
    SHOW(open("/dev/null", O_RDONLY | O_DIRECTORY));
    SHOW(open("/dev/missing", O_RDONLY));
}

int main(void)
{
    setvbuf(stdout, NULL, _IOFBF, 65536);
    reading_and_writing();
    open_flags();
    descriptors();
    copying();
    devices();
    return 0;
}
