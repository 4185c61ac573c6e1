/* Memory calls at the edges of the box; prints what does not go as it must.
   SPDX-License-Identifier: Apache-2.0  */
#include "show.h"

enum { RW = PROT_READ | PROT_WRITE, AP = MAP_ANONYMOUS | MAP_PRIVATE };
#define FUTEX_WAKE_ONE 1
#define CLONE_VM_ONLY 0x100
/* What is never mapped, at least; code that is refused; code that is not.  */
#if defined(__aarch64__)
enum { LEAST_LOW = 4096 + 80 * 1024, LEAST_HIGH = 80 * 1024 };
static const uint32_t bad_code[] = {0xd503201f, 0xd4000001}; /* nop; svc */
static const uint32_t nops[] = {0xd503201f};
#else
enum { LEAST_LOW = 4096, LEAST_HIGH = 4096 };
static const unsigned char bad_code[] = {0x90, 0x0f, 0x05, 0x90}; /* nop; syscall; nop */
static const unsigned char nops[] = {0x90, 0x90, 0x90, 0x90};
#endif
static char *base, *low, *high; /* the mappable part of the box */
static size_t page;
static int checks, failures;

static void check(int line, const char *what, int ok)
{
    checks++;
    if (!ok) {
        failures++;
        printf("line %d: %s (errno %d)\n", line, what, errno);
    }
}
#define CHECK(e) (errno = 0, check(__LINE__, #e, (e) ? 1 : 0))

static int refused(char *at, size_t size, int flags)
{
    char *p = mmap(at, size, RW, AP | flags, -1, 0);
    return p == MAP_FAILED;
}

/* The first and last page that can be mapped; steps of 64 KiB are the largest page.  */
static void find_edges(void)
{
    for (low = base; refused(low, page, MAP_FIXED | MAP_FIXED_NOREPLACE) && errno != EEXIST;)
        low += page;
    for (high = base + 0x100000000; refused(high - page, page, MAP_FIXED | MAP_FIXED_NOREPLACE)
                                    && errno != EEXIST;)
        high -= page;
}

static void outside(void)
{
    CHECK(low - base >= LEAST_LOW);
    CHECK(base + 0x100000000 - high >= LEAST_HIGH);
    CHECK(refused(low - page, page, MAP_FIXED));
    CHECK(refused(low - page, 2 * page, MAP_FIXED));
    CHECK(refused(high, page, MAP_FIXED));
    CHECK(refused(high - page, 2 * page, MAP_FIXED));
    CHECK(refused(base, 0x100000000, MAP_FIXED));
    CHECK(refused(base, 0x100000000, 0));
    CHECK(refused(low, SIZE_MAX - 4095, MAP_FIXED));
    CHECK(refused(low, SIZE_MAX, MAP_FIXED));
    CHECK(refused(high - page, (size_t)1 << 32, MAP_FIXED));
    CHECK(refused(high - page, ((size_t)1 << 32) + page, MAP_FIXED));
    CHECK(refused(high - page, (size_t)1 << 63, MAP_FIXED));
    CHECK(refused(base - page, page, MAP_FIXED));
    CHECK(refused(low + 1, page, MAP_FIXED));
    CHECK(mprotect(base, page, RW) == -1);
    CHECK(mprotect(base - page, page, RW) == -1);
    CHECK(mprotect(base - page, 2 * page, RW) == -1);
    CHECK(mprotect(high, page, RW) == -1);
    CHECK(mprotect(high - page, SIZE_MAX - page, RW) == -1);
    CHECK(munmap(base - page, page) == -1);
    CHECK(munmap(base, page) == -1);
    CHECK(munmap(high, page) == -1);
    CHECK(munmap(low, SIZE_MAX) == -1);
    CHECK(madvise(base, page, MADV_DONTNEED) == -1);
    CHECK(madvise(base - page, page, MADV_DONTNEED) == -1);
    CHECK(msync(base, page, MS_SYNC) == -1);
}

static void moving(void)
{
    char *p = mmap(NULL, 4 * page, RW, AP, -1, 0);
    strcpy(p, "kept");
    CHECK(mremap(p, page, page, MREMAP_MAYMOVE | MREMAP_FIXED, base) == MAP_FAILED);
    CHECK(mremap(p, page, page, MREMAP_MAYMOVE | MREMAP_FIXED, high) == MAP_FAILED);
    CHECK(mremap(p, page, 2 * page, MREMAP_MAYMOVE | MREMAP_FIXED, high - page) == MAP_FAILED);
    CHECK(mremap(p, page, (size_t)1 << 32, MREMAP_MAYMOVE) == MAP_FAILED);
    CHECK(mremap(p, SIZE_MAX, page, MREMAP_MAYMOVE) == MAP_FAILED);
    CHECK(mremap(p, page, SIZE_MAX, MREMAP_MAYMOVE) == MAP_FAILED);
    CHECK(mremap(base, page, 2 * page, MREMAP_MAYMOVE) == MAP_FAILED);
    CHECK(strcmp(p, "kept") == 0);
}

static void executable(void)
{
    char *p = mmap(NULL, page, RW, AP, -1, 0);
    memcpy(p, bad_code, sizeof bad_code);
    CHECK(mprotect(p, page, PROT_READ | PROT_EXEC) == -1);
    CHECK(mprotect(p, page, PROT_READ | PROT_WRITE | PROT_EXEC) == -1);
    CHECK(mmap(NULL, page, RW | PROT_EXEC, AP, -1, 0) == MAP_FAILED);
    CHECK(mmap(NULL, page, PROT_READ | PROT_EXEC, MAP_ANONYMOUS | MAP_SHARED, -1, 0) == MAP_FAILED);
    int fd = open("code", O_RDWR | O_CREAT | O_TRUNC, 0600);
    CHECK(write(fd, bad_code, sizeof bad_code) == sizeof bad_code);
    CHECK(ftruncate(fd, (off_t)page) == 0);
    CHECK(mmap(NULL, page, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 0) == MAP_FAILED);
    CHECK(mmap(NULL, page, PROT_READ | PROT_EXEC, MAP_SHARED, fd, 0) == MAP_FAILED);
    for (size_t i = 0; i < page; i += sizeof nops)
        memcpy(p + i, nops, sizeof nops);
    CHECK(mprotect(p, page, PROT_READ | PROT_EXEC) == 0);
    CHECK(read(fd, p, 4) == -1 && errno == EFAULT);
    close(fd);
}

/* Buffers that end where the box ends, begin where it begins, and reach over.  */
static void buffers(void)
{
    int fd = open("buf", O_RDWR | O_CREAT | O_TRUNC, 0600);
    char *top = mmap(high - page, page, RW, AP | MAP_FIXED, -1, 0);
    CHECK(top == high - page);
    memset(top, 'a', page);
    CHECK(write(fd, high - 10, 10) == 10);
    CHECK(write(fd, high - 10, 11) == -1 && errno == EFAULT);
    CHECK(write(fd, high - 10, (size_t)1 << 32) == -1 && errno == EFAULT);
    CHECK(write(fd, high - 10, SIZE_MAX) == -1 && errno == EFAULT);
    CHECK(write(fd, high - 10, SIZE_MAX / 2) == -1 && errno == EFAULT);
    CHECK(write(fd, high, 1) == -1 && errno == EFAULT);
    CHECK(pread(fd, high - 5, 6, 0) == -1 && errno == EFAULT);
    CHECK(pread(fd, high - 5, 5, 0) == 5);
    CHECK(open(high - 5, O_RDONLY) == -1 && errno == EFAULT);
    CHECK(access(high - 1, F_OK) == -1 && errno == EFAULT);
    high[-1] = 0;
    CHECK(access(high - 3, F_OK) == -1 && errno == ENOENT);
    CHECK(access(high - 1, F_OK) == -1 && errno == ENOENT);
    struct iovec v[3] = {{high - 8, 4}, {high - 4, 5}, {base, 1}};
    CHECK(writev(fd, v, 1) == 4);
    CHECK(writev(fd, v, 2) == -1 && errno == EFAULT);
    v[1].iov_len = SIZE_MAX / 2;
    CHECK(writev(fd, v, 2) == -1);
    v[1] = v[2];
    CHECK(writev(fd, v, 2) == -1 && errno == EFAULT);
    memcpy(high - 16, &v[0], 16);
    CHECK(syscall(SYS_writev, fd, high - 16, 1) == 4);
    CHECK(syscall(SYS_writev, fd, high - 16, 2) == -1 && errno == EFAULT);
    CHECK(syscall(SYS_clock_gettime, 0, high - 16) == 0);
    CHECK(syscall(SYS_clock_gettime, 0, high - 15) == -1 && errno == EFAULT);
    CHECK(syscall(SYS_ppoll, high - 8, 1, 0, 0) == -1 || errno == 0);
    CHECK(syscall(SYS_ppoll, high - 8, 2, 0, 0) == -1 && errno == EFAULT);
    CHECK(syscall(SYS_getrandom, high - 4, 5, 0) == -1 && errno == EFAULT);
    CHECK(getcwd(high - 1, 2) == NULL);
    CHECK(syscall(SYS_futex, high - 4, FUTEX_WAKE_ONE, 1, 0) == 0);
    CHECK(syscall(SYS_futex, high, FUTEX_WAKE_ONE, 1, 0) == -1 && errno == EFAULT);
    char *bottom = mmap(low, page, RW, AP | MAP_FIXED, -1, 0);
    CHECK(bottom == low);
    CHECK(pread(fd, low, 5, 0) == 5);
    CHECK(pread(fd, low - 1, 5, 0) == -1 && errno == EFAULT);
    CHECK(syscall(SYS_clock_gettime, 0, low - 1) == -1 && errno == EFAULT);
    CHECK(write(fd, base - 8, 8) == -1 && errno == EFAULT);
    CHECK(write(fd, base + 0x100000000 - 8, 8) == -1 && errno == EFAULT);
    CHECK(write(fd, base - 8, 16) == -1 && errno == EFAULT);
    CHECK(pread(fd, base - 264, 8, 0) == -1 && errno == EFAULT);
    close(fd);
}

static void too_much(void)
{
    int n = 0, fd;
    while ((fd = dup(0)) >= 0 && n < 5000)
        n++;
    int full = errno == EMFILE;
    CHECK(full && n < 1100);
    for (int i = 3; i < 1100; i++)
        close(i);
    char *start = sbrk(0);
    CHECK(brk(start + (size_t)3 * (1 << 30)) == -1);
    CHECK(syscall(SYS_brk, base) == (long)start);
    CHECK(syscall(SYS_brk, high) == (long)start);
    CHECK(syscall(SYS_brk, start - page) == (long)start);
    CHECK(syscall(SYS_clone, 17, 0, 0, 0, 0) == -1);
    CHECK(syscall(SYS_clone, CLONE_VM_ONLY, start, 0, 0, 0) == -1);
}

/* Not on the first stack, which may lie at the end of the box.  */
static volatile int stack_unused;

static void *all(void *arg)
{
    while (!stack_unused)
        sched_yield();
    (void)arg;
    page = (size_t)sysconf(_SC_PAGESIZE);
    base = (char *)((uintptr_t)&page & ~(uintptr_t)UINT32_MAX);
    find_edges();
    outside();
    moving();
    executable();
    buffers();
    too_much();
    printf("%d checks, %d failures\n", checks, failures);
    exit(failures != 0);
}

int main(void)
{
    pthread_t t;
    if (pthread_create(&t, NULL, all, NULL) != 0)
        return 1;
    /* The checks overwrite this thread's stack: it uses none until they end the process.  */
    stack_unused = 1;
    for (;;)
        __asm__ volatile("");
}
