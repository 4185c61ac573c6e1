/* What a program may do to its host and its neighbours: one way per run.
   SPDX-License-Identifier: Apache-2.0  */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

static volatile int zero;
static const char *path;

static int fault(void)
{
    return *(volatile int *)16;
}

static int trap(void)
{
    __builtin_trap();
}

static int divide(void)
{
    /* arm64's division by zero gives zero.  */
    return 10 / zero == 0 ? 8 : 9;
}

__attribute__((noinline)) static int deeper(volatile char *above)
{
    volatile char here[512];
    here[0] = *above + 1;
    return deeper(here) + here[0];
}

static int stack(void)
{
    char top = 0;
    return deeper(&top);
}

/* All that mmap gives, and all that malloc gives after that.  */
static int memory(void)
{
    const size_t size = 1 << 20;
    for (char *p; (p = mmap(NULL, size, 3, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)) != MAP_FAILED;)
        p[0] = p[size - 1] = 1;
    if (errno != ENOMEM)
        return 1;
    while (malloc(4096))
        ;
    return errno == ENOMEM ? 5 : 1;
}

static int loop(void)
{
    for (;;)
        ;
}

static int flood(void)
{
    static const char text[1000] = "flood", much[70000];
    int p[2];
    /* What does not count is not given back either.  */
    pipe(p);
    fcntl(p[1], F_SETFL, O_NONBLOCK);
    write(p[1], much, sizeof much);
    for (;;)
        if (write(1, text, sizeof text) < 0)
            return errno;
}

static void *exits(void *arg)
{
    exit((int)(intptr_t)arg);
}

static void *faults(void *arg)
{
    fault();
    return arg;
}

static void *loops(void *arg)
{
    loop();
    return arg;
}

static int thread_exit(void)
{
    pthread_t t;
    pthread_create(&t, NULL, exits, (void *)(intptr_t)11);
    return loop();
}

static int thread_fault(void)
{
    pthread_t t;
    pthread_create(&t, NULL, faults, NULL);
    return pause();
}

/* As many as there may be; then the first one ends.  */
static int thread_loops(void)
{
    pthread_t t;
    int n = 1;
    while (pthread_create(&t, NULL, loops, NULL) == 0)
        n++;
    return n;
}

static int files(void)
{
    int n = 3;
    while (open("/dev/null", O_RDONLY) >= 0)
        n++;
    return errno == EMFILE ? n : 1;
}

/* The smallest possible ranges, so that the host's mappings could run out.  */
static int mappings(void)
{
    char *p = mmap(NULL, 64 << 20, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    for (size_t i = 0; i < 64 << 20; i += 8192)
        if (mprotect(p + i, 4096, PROT_READ) != 0)
            return errno == ENOMEM ? 6 : 1;
    return 1;
}

static int block(void)
{
    int p[2];
    char c;
    pipe(p);
    return (int)read(p[0], &c, 1);
}

/* Always the same number.  */
static int compute(void)
{
    static uint32_t table[65536];
    uint32_t x = 1;
    for (int round = 0; round < 4; round++)
        for (int i = 0; i < 65536; i++) {
            x = x * 1664525 + 1013904223;
            table[(x >> 8) & 65535] += x ^ table[i];
        }
    for (int i = 0; i < 65536; i++)
        x = (x ^ table[i]) * 16777619;
    return x == 0xeb4c9e6f ? 7 : (printf("%#x\n", x), 1);
}

/* With a file: the limits on output.  */

static int file_write(void)
{
    static char text[700];
    int fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
    struct iovec {
        void *base;
        size_t size;
    } v[2] = {{text, 100}, {text, 700}};
    extern ssize_t writev(int, const struct iovec *, int);
    /* Nothing is written.  */
    write(fd, (void *)8, 800);
    write(fd, text, 100);
    pwrite(fd, text, 100, 100);
    lseek(fd, 200, SEEK_SET);
    /* Of these 800 bytes there is room for 300.  */
    writev(fd, v, 2);
    return 1;
}

static int file_map(void)
{
    static char text[4000];
    int fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600), none = open(path, O_RDONLY);
    if (ftruncate(fd, 8192) != 0 || mmap(NULL, 4096, 3, MAP_SHARED, fd, 0) != MAP_FAILED
        || errno != ENOMEM || write(fd, text, sizeof text) != sizeof text)
        return 1;
    return mmap(NULL, 4096, PROT_READ, MAP_SHARED, none, 0) != MAP_FAILED
                   && mmap(NULL, 4096, 3, MAP_PRIVATE, fd, 0) != MAP_FAILED
               ? 12
               : 1;
}

static int file_allocate(void)
{
    int fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
    posix_fallocate(fd, 0, 100000);
    return 1;
}

static int file_send(void)
{
    extern ssize_t sendfile(int, int, off_t *, size_t);
    int in = open("/dev/zero", O_RDONLY), fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
    sendfile(fd, in, NULL, 100000);
    return 1;
}

static int file_copy(void)
{
    extern ssize_t copy_file_range(int, off_t *, int, off_t *, size_t, unsigned);
    static char text[400];
    char other[200];
    snprintf(other, sizeof other, "%s.from", path);
    int in = open(other, O_RDONLY), fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
    write(fd, text, sizeof text);
    copy_file_range(in, NULL, fd, NULL, 100000, 0);
    return 1;
}

/* What does not count: own pipes and devices.  */
static int file_own(void)
{
    static char text[4000];
    int p[2], fd = open("/dev/null", O_WRONLY);
    pipe(p);
    return write(p[1], text, sizeof text) == 4000 && write(fd, text, sizeof text) == 4000 ? 13 : 1;
}

/* Opens a FIFO that nobody writes to.  */
static int fifo(void)
{
    return open(path, O_RDONLY);
}

static int limits(void)
{
    static const int kinds[] = {RLIMIT_AS, RLIMIT_NPROC, RLIMIT_NOFILE, RLIMIT_CPU};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        struct rlimit l;
        getrlimit(kinds[i], &l);
        printf("%lld ", (long long)l.rlim_max);
    }
    printf("\n");
    return 0;
}

static const struct {
    const char *name;
    int (*f)(void);
} ways[] = {{"fault", fault},
            {"trap", trap},
            {"divide", divide},
            {"stack", stack},
            {"memory", memory},
            {"loop", loop},
            {"flood", flood},
            {"thread-exit", thread_exit},
            {"thread-fault", thread_fault},
            {"thread-loops", thread_loops},
            {"files", files},
            {"mappings", mappings},
            {"block", block},
            {"compute", compute},
            {"file-write", file_write},
            {"file-map", file_map},
            {"file-allocate", file_allocate},
            {"file-send", file_send},
            {"file-copy", file_copy},
            {"file-own", file_own},
            {"fifo", fifo},
            {"limits", limits}};

int main(int argc, char **argv)
{
    path = argc > 2 ? argv[2] : NULL;
    for (size_t i = 0; argc > 1 && i < sizeof ways / sizeof *ways; i++)
        if (strcmp(ways[i].name, argv[1]) == 0)
            return ways[i].f();
    return 99;
}
