/* System calls of many kinds, whose trace is compared with strace's.
   SPDX-License-Identifier: Apache-2.0  */
#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

static char b[100];
static struct stat st;

static void files(void)
{
    int p[2], fd = open("file\n\"x", O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0640);
    write(fd, "hello\0\1\200\33[2J \0017 and a string of more than 32 bytes", 50);
    struct iovec iov[2] = {{"ab", 2}, {"cde", 3}}, in[2] = {{b, 3}, {b + 50, 40}};
    writev(fd, iov, 2);
    lseek(fd, 0, SEEK_SET);
    read(fd, b, 20);
    lseek(fd, -5, SEEK_END);
    readv(fd, in, 2);
    readv(fd, in, 0);
    pread(fd, b, 10, 2);
    pwrite(fd, "tab\t\v\f\r\\", 8, 1);
    fstat(fd, &st);
    fcntl(fd, F_GETFL);
    fcntl(fd, F_SETFL, O_APPEND | O_NONBLOCK);
    fcntl(fd, F_GETFD);
    fcntl(fd, F_DUPFD, 30);
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = 1, .l_len = 2};
    fcntl(fd, F_SETLK, &lock);
    dup(fd);
    dup3(fd, 21, O_CLOEXEC);
    pipe2(p, O_CLOEXEC | O_NONBLOCK);
    struct pollfd pf[] = {{p[0], POLLIN, 0}, {p[1], POLLOUT | POLLPRI, 0}, {-1, POLLIN, 0}};
    poll(pf, 3, 500);
    poll(pf, 1, 0);
    read(p[0], b, 10);
    ftruncate(fd, 100);
    fsync(fd);
    fallocate(fd, FALLOC_FL_KEEP_SIZE, 0, 10);
    posix_fadvise(fd, 0, 10, POSIX_FADV_RANDOM);
    close(fd);
    close(77);
    write(99, "abc", 3);
    write(1, (char *)8, 3);
}

static void paths(void)
{
    stat("nothing", &st);
    stat("file\n\"x", &st);
    lstat("/dev/null", &st);
    mkdir("dir", 0755);
    rename("file\n\"x", "dir/f");
    symlink("dir/f", "ln");
    readlink("ln", b, sizeof b);
    access("ln", R_OK | W_OK);
    access("none", F_OK);
    chmod("dir/f", 0600);
    link("dir/f", "dir/g");
    DIR *d = opendir("dir");
    while (d && readdir(d))
        ;
    closedir(d);
    utimensat(AT_FDCWD, "dir/f", (struct timespec[]){{1, 2}, {0, UTIME_NOW}}, 0);
    utimensat(AT_FDCWD, "none", NULL, AT_SYMLINK_NOFOLLOW);
    unlink("dir/f");
    unlink("dir/g");
    rmdir("dir");
    unlinkat(AT_FDCWD, "ln", 0);
    unlinkat(AT_FDCWD, "none", AT_REMOVEDIR);
    open("/", O_RDONLY | O_DIRECTORY);
    open("none", O_RDONLY);
    open(".", O_PATH);
    openat(77, "none", O_WRONLY | O_TRUNC);
    mknod("fifo", S_IFIFO | 0600, 0);
    chdir("/none");
    truncate("none", 5);
}

static void memory(void)
{
    void *m = mmap(NULL, 131072, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    mprotect(m, 65536, PROT_READ);
    madvise(m, 65536, MADV_DONTNEED);
    msync(m, 65536, MS_SYNC);
    munmap(m, 131072);
    mmap(NULL, 0, PROT_READ, MAP_PRIVATE, 99, 0);
    mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_SHARED, 99, 65536);
    munmap((void *)1, 5);
}

static void times(void)
{
    struct timespec ts;
    struct timeval tv;
    syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &ts);
    syscall(SYS_clock_gettime, 99, &ts);
    nanosleep(&(struct timespec){0, 1000}, NULL);
    nanosleep(&(struct timespec){0, -1}, NULL);
    syscall(SYS_clock_nanosleep, CLOCK_MONOTONIC, 0, &(struct timespec){0, 100}, NULL);
    syscall(SYS_clock_nanosleep, CLOCK_MONOTONIC, TIMER_ABSTIME, &(struct timespec){1, 0}, NULL);
    syscall(SYS_gettimeofday, &tv, NULL);
    clock_getres(CLOCK_REALTIME, &ts);
}

static void processes(void)
{
    struct utsname u;
    struct rlimit limit = {0, 0};
    struct rusage usage;
    struct sigaction sa = {.sa_handler = (void (*)(int))files, .sa_flags = SA_RESTART | SA_SIGINFO};
    sigset_t s;
    uname(&u);
    getpid();
    umask(022);
    umask(022);
    sigemptyset(&s);
    sigaddset(&s, SIGUSR1);
    sigaddset(&s, SIGCHLD);
    sigprocmask(SIG_BLOCK, &s, NULL);
    sigfillset(&s);
    sigdelset(&s, SIGINT);
    sigprocmask(SIG_SETMASK, &s, &s);
    signal(SIGUSR2, SIG_IGN);
    sigaction(SIGTERM, &sa, NULL);
    setrlimit(RLIMIT_CORE, &limit);
    getrusage(RUSAGE_SELF, &usage);
    syscall(SYS_getrandom, b, 8, 1);
    sched_yield();
    kill(getpid(), 0);
    syscall(5000, 1, 2, 3, 4, 5, 6);
}

static void *thread(void *arg)
{
    syscall(SYS_futex, arg, 129, 1);
    mkdir("/none/thread", 0700);
    return NULL;
}

int main(int argc, char **argv)
{
    files();
    paths();
    memory();
    times();
    processes();
    if (argc > 1 && strcmp(argv[1], "thread") == 0) {
        pthread_t t;
        pthread_create(&t, NULL, thread, b);
        pthread_join(t, NULL);
    }
    if (argc > 1 && strcmp(argv[1], "fault") == 0)
        *(volatile int *)0x8000 = 1;
    if (argc > 1 && strcmp(argv[1], "abort") == 0)
        abort();
    return 3;
}
