/* Calls on memory.
   SPDX-License-Identifier: Apache-2.0  */
#include "show.h"

#define FAILED(e)                                                                                  \
    do {                                                                                           \
        errno = 0;                                                                                 \
        void *p_ = (e);                                                                            \
        printf("%s: %s %d\n", #e, p_ == MAP_FAILED ? "failed" : "mapped", errno);                  \
    } while (0)

static size_t page;

static void anonymous(void)
{
    char *p = mmap(NULL, 10 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    TRUE(p != MAP_FAILED);
    TRUE(p[0] == 0 && p[10 * page - 1] == 0);
    memset(p, 1, 10 * page);
    SHOW(munmap(p + 2 * page, page));
    SHOW(munmap(p + 2 * page, page));
    SHOW(mprotect(p + page, 2 * page, PROT_READ));
    SHOW(mprotect(p, page, PROT_READ));
    SHOW(mprotect(p, page, PROT_NONE));
    SHOW(mprotect(p, page, PROT_READ | PROT_WRITE));
    TRUE(p[0] == 1);
    SHOW(mprotect(p + 1, page, PROT_READ));
    SHOW(mprotect(p, 0, PROT_READ));
    char *q = mmap(p + 2 * page, page, PROT_READ | PROT_WRITE,
                   MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
    TRUE(q == p + 2 * page && q[0] == 0);
    errno = 0;
    FAILED(mmap(p, page, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0));
    SHOW(madvise(p + 5 * page, 2 * page, MADV_DONTNEED));
    TRUE(p[4 * page] == 1 && p[5 * page] == 0 && p[6 * page] == 0 && p[7 * page] == 1);
    SHOW(madvise(p, page, MADV_WILLNEED));
    SHOW(madvise(p + 1, page, MADV_DONTNEED));
    SHOW(madvise(p, page, 12345));
    SHOW(munmap(p, 10 * page));
    SHOW(madvise(p, page, MADV_DONTNEED));
    SHOW(munmap(p, 0));
    SHOW(munmap(p + 1, page));
}

static void errors(void)
{
    const int ap = MAP_ANONYMOUS | MAP_PRIVATE;
    FAILED(mmap(NULL, 0, PROT_READ, ap, -1, 0));
    FAILED(mmap(NULL, page, PROT_READ, MAP_ANONYMOUS, -1, 0));
    FAILED(mmap(NULL, page, PROT_READ, MAP_PRIVATE, -1, 0));
    FAILED(mmap(NULL, page, PROT_READ, MAP_PRIVATE, 99, 0));
    FAILED(mmap(NULL, SIZE_MAX / 2 - page, PROT_READ, ap, -1, 0));
    FAILED(mmap((void *)1, page, PROT_READ, ap | MAP_FIXED, -1, 0));
}

static void moving(void)
{
    const int rw = PROT_READ | PROT_WRITE, ap = MAP_ANONYMOUS | MAP_PRIVATE;
    char *p = mmap(NULL, 8 * page, rw, ap, -1, 0);
    for (int i = 0; i < 8; i++)
        p[i * page] = (char)i;
    char *q = mremap(p, 8 * page, 4 * page, 0);
    TRUE(q == p);
    q = mremap(p, 4 * page, 64 * page, MREMAP_MAYMOVE);
    TRUE(q != MAP_FAILED);
    int ok = 1;
    for (int i = 0; i < 4; i++)
        ok &= q[i * page] == i;
    TRUE(ok);
    TRUE(q[4 * page] == 0 && q[64 * page - 1] == 0);
    char *r = mmap(NULL, 70 * page, PROT_NONE, ap, -1, 0);
    char *s = mremap(q, 64 * page, 70 * page, MREMAP_MAYMOVE | MREMAP_FIXED, r);
    TRUE(s == r && s[3 * page] == 3);
    FAILED(mremap(s + 1, page, page, 0));
    FAILED(mremap(s, page, 0, 0));
    FAILED(mremap(s, page, 2 * page, MREMAP_FIXED, s));
    FAILED(mremap(s, 4 * page, 4 * page, MREMAP_MAYMOVE | MREMAP_FIXED, s + page));
    FAILED(mremap(s, page, page, 64));
    FAILED(mremap(s, 1000 * page, 2000 * page, MREMAP_MAYMOVE));
    /* A block that realloc moves in the kernel.  */
    char *big = malloc(1 << 20);
    memset(big, 7, 1 << 20);
    big = realloc(big, 8 << 20);
    TRUE(big && big[0] == 7 && big[(1 << 20) - 1] == 7);
    free(big);
    munmap(s, 70 * page);
}

static void files(void)
{
    int fd = open("mapped", O_RDWR | O_CREAT | O_TRUNC, 0600);
    int ro = open("mapped", O_RDONLY);
    char buf[10] = {0};
    SHOW(ftruncate(fd, (off_t)(2 * page)));
    SHOW(pwrite(fd, "file", 4, (off_t)page));
    char *p = mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, (off_t)page);
    TRUE(p != MAP_FAILED && memcmp(p, "file", 4) == 0);
    p[0] = 'F';
    SHOW(pread(fd, buf, 4, (off_t)page));
    printf("%s\n", buf);
    char *s = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    TRUE(s != MAP_FAILED);
    memcpy(s + page, "FILE", 4);
    SHOW(msync(s, 2 * page, MS_SYNC));
    SHOW(msync(s + 1, page, MS_SYNC));
    SHOW(msync(s, page, MS_SYNC | MS_ASYNC));
    SHOW(pread(fd, buf, 4, (off_t)page));
    printf("%s\n", buf);
    FAILED(mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_SHARED, ro, 0));
    FAILED(mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_PRIVATE, ro, 0));
    FAILED(mmap(NULL, page, PROT_READ, MAP_PRIVATE, ro, 1));
    SHOW(close(fd));
    TRUE(memcmp(s + page, "FILE", 4) == 0);
    SHOW(munmap(s, 2 * page));
    SHOW(munmap(p, page));
    int d = open(".", O_RDONLY);
    FAILED(mmap(NULL, page, PROT_READ, MAP_PRIVATE, d, 0));
    close(d);
    close(ro);
}

static void breaks(void)
{
    char *start = (char *)syscall(SYS_brk, 0);
    char *end = (char *)syscall(SYS_brk, start + 100000);
    TRUE(end == start + 100000);
    memset(start, 1, 100000);
    TRUE((char *)syscall(SYS_brk, start + 10) == start + 10);
    TRUE((char *)syscall(SYS_brk, start + 200000) == start + 200000);
    TRUE(start[9] == 1 && start[150000] == 0);
    TRUE(start[page] == 0 || (uintptr_t)start % page != 0);
    TRUE((char *)syscall(SYS_brk, 0) == start + 200000);
    TRUE((char *)syscall(SYS_brk, 1) == start + 200000);
    TRUE((char *)syscall(SYS_brk, start) == start);
}

static void allocator(void)
{
    void *p[1000];
    for (int i = 0; i < 1000; i++) {
        p[i] = malloc((size_t)i * 37 + 1);
        memset(p[i], i, (size_t)i * 37 + 1);
    }
    int ok = 1;
    for (int i = 0; i < 1000; i += 2)
        free(p[i]);
    for (int i = 1; i < 1000; i += 2)
        ok &= ((unsigned char *)p[i])[i * 37] == (unsigned char)i;
    TRUE(ok);
}

int main(void)
{
    page = (size_t)sysconf(_SC_PAGESIZE);
    setvbuf(stdout, NULL, _IOFBF, 65536);
    anonymous();
    errors();
    moving();
    files();
    breaks();
    allocator();
    return 0;
}
