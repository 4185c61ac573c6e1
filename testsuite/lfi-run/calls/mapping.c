/* Files in memory, moving and growing mappings, the break.
   SPDX-License-Identifier: Apache-2.0  */
#include "show.h"

/* A word of code that does nothing.  */
#ifdef __aarch64__
#define NOPS 0xd503201fu
#else
#define NOPS 0x90909090u
#endif

enum { RW = PROT_READ | PROT_WRITE, AP = MAP_PRIVATE | MAP_ANONYMOUS };
static size_t page;

#define MAPPED(e)                                                                                  \
    do {                                                                                           \
        errno = 0;                                                                                 \
        void *m_ = (e);                                                                            \
        printf("%s: %s, errno %d\n", #e, m_ == MAP_FAILED ? "failed" : "mapped", errno);           \
    } while (0)

static int letters(const char *name, int pages)
{
    int fd = open(name, O_RDWR | O_CREAT | O_TRUNC, 0600);
    char *b = malloc(page);
    for (int i = 0; i < pages; i++) {
        memset(b, 'a' + i, page);
        write(fd, b, page);
    }
    free(b);
    return fd;
}

static void of_files(void)
{
    int fd = letters("letters", 4), ro = open("letters", O_RDONLY), wo = open("letters", O_WRONLY);
    char buf[8] = {0};
    char *s = mmap(NULL, 2 * page, PROT_READ, MAP_SHARED, fd, (off_t)page);
    char *m = mmap(NULL, 4 * page, RW, MAP_PRIVATE, ro, 0);
    char *w = mmap(NULL, page, RW, MAP_SHARED, fd, 3 * (off_t)page);
    printf("%c %c %c %c %c\n", s[0], s[page], m[0], m[3 * page], w[0]);
    SHOW(pwrite(fd, "XYZ", 3, (off_t)page));
    printf("%.3s %c\n", s, m[page]); /* shared mappings see it */
    m[0] = '!';
    w[1] = '!';
    SHOW(pread(fd, buf, 2, 0));
    printf("%.2s\n", buf);
    SHOW(pread(fd, buf, 2, 3 * (off_t)page));
    printf("%.2s\n", buf);
    SHOW(msync(w, page, MS_SYNC));
    SHOW(msync(w, page, MS_ASYNC | MS_INVALIDATE));
    SHOW(msync(w, 100 * page, 8));
    /* Protections that the descriptor does not allow.  */
    SHOW(mprotect(s, page, RW));
    char *r = mmap(NULL, page, PROT_READ, MAP_SHARED, ro, 0);
    SHOW(mprotect(r, page, RW));
    MAPPED(mmap(NULL, page, PROT_READ, MAP_PRIVATE, wo, 0));
    MAPPED(mmap(NULL, page, PROT_WRITE, MAP_SHARED, wo, 0));
    MAPPED(mmap(NULL, page, PROT_READ, MAP_PRIVATE, fd, -(off_t)page));
    MAPPED(mmap(NULL, page, PROT_READ, MAP_PRIVATE, fd, LONG_MAX - (off_t)page + 1));
    MAPPED(mmap(NULL, page, PROT_READ, MAP_SHARED | MAP_ANONYMOUS | MAP_SYNC, -1, 0));
    MAPPED(mmap(NULL, page, PROT_READ, MAP_SHARED_VALIDATE, ro, 0));
    SHOW(mprotect(m + 1, 0, PROT_READ));
    SHOW(mprotect(m, 0, PROT_READ));
    SHOW(munmap(m + 1, page));
    SHOW(munmap(m, 0));
    int p[2];
    signal(SIGPIPE, SIG_IGN);
    pipe(p);
    MAPPED(mmap(NULL, page, PROT_READ, MAP_PRIVATE, p[0], 0));
    close(p[0]); /* and so it is not open any more */
    SHOW(write(p[1], "x", 1));
    close(p[1]);
    pipe(p);
    /* Reading a file into its own mapping, and writing from one.  */
    SHOW(pread(fd, w, 4, 0));
    printf("%.4s\n", w);
    SHOW(pwrite(fd, s + page, 4, 0));
    SHOW(pread(fd, buf, 4, 0));
    printf("%.4s\n", buf);
    /* A page that is only in part of the file ends in zeros.  */
    SHOW(ftruncate(fd, (off_t)page + 10));
    char *e = mmap(NULL, 2 * page, PROT_READ, MAP_SHARED, fd, 0);
    TRUE(e[page + 9] == 'b' && e[page + 10] == 0 && e[2 * page - 1] == 0);
    SHOW(ftruncate(fd, 2 * (off_t)page));
    TRUE(e[2 * page - 1] == 0);
    /* What lies behind the end of the file: EFAULT for the kernel.  */
    char *past = mmap(NULL, 4 * page, PROT_READ, MAP_SHARED, fd, 0);
    SHOW(write(p[1], past + 3 * page, 1));
    SHOW(open(past + 3 * page, O_RDONLY));
    SHOW(syscall(SYS_nanosleep, past + 3 * page, NULL));
    SHOW(munmap(past, 4 * page));
    close(fd);
    SHOW(unlink("letters"));
    TRUE(s[0] == 'X');
    munmap(s, 2 * page);
    close(ro);
    close(wo);
    /* A file mapped again and again.  */
    fd = letters("again", 2);
    int bad = 0;
    for (int i = 0; i < 2000; i++) {
        char *t = mmap(NULL, 2 * page, PROT_READ, MAP_PRIVATE, fd, 0);
        bad += t == MAP_FAILED || t[0] != 'a' || t[page] != 'b' || munmap(t, 2 * page) != 0;
    }
    SHOW(bad);
    close(fd);
    unlink("again");
}

static void devices(void)
{
    int z = open("/dev/zero", O_RDWR);
    char *m = mmap(NULL, page, RW, MAP_PRIVATE, z, 0);
    TRUE(m != MAP_FAILED && m[0] == 0);
    m[0] = 1;
    SHOW(munmap(m, page));
    int n = open("/dev/null", O_RDWR);
    MAPPED(mmap(NULL, page, PROT_READ, MAP_PRIVATE, n, 0));
    close(z);
    close(n);
}

/* Memory of which parts have different protections, unmapped in the middle, moved.  */
static void parts(void)
{
    char *m = mmap(NULL, 16 * page, RW, AP, -1, 0);
    for (int i = 0; i < 16; i++)
        m[(size_t)i * page] = (char)i;
    for (int i = 0; i < 16; i += 2)
        if (mprotect(m + (size_t)i * page, page, PROT_READ) != 0)
            printf("mprotect %d: errno %d\n", i, errno);
    SHOW(munmap(m + 4 * page, 4 * page));
    SHOW(mprotect(m, 16 * page, RW));
    SHOW(msync(m, 16 * page, MS_ASYNC));
    SHOW(madvise(m, 16 * page, MADV_WILLNEED));
    SHOW(mremap(m, 8 * page, 16 * page, MREMAP_MAYMOVE) == MAP_FAILED);
    SHOW(mprotect(m, 4 * page, RW));
    char *g = mremap(m, 4 * page, 8 * page, 0);
    TRUE(g == m); /* into the hole */
    g = mremap(m, 8 * page, 9 * page, 0);
    TRUE(g == MAP_FAILED);
    TRUE(m[3 * page] == 3 && m[4 * page] == 0);
    SHOW(mprotect(m + 8 * page, 8 * page, RW));
    g = mremap(m + 8 * page, 8 * page, 80 * page, MREMAP_MAYMOVE);
    int good = 1;
    for (int i = 8; i < 16; i++)
        good &= g[(size_t)(i - 8) * page] == i;
    TRUE(good);
    SHOW(mremap(m, page, 0, 0) == MAP_FAILED);
    SHOW(munmap(g, 80 * page));
    SHOW(munmap(m, 16 * page));
}

static void grow_and_shrink(void)
{
    size_t size = page;
    char *m = mmap(NULL, size, RW, AP, -1, 0);
    m[0] = 'k';
    for (int i = 0; i < 12; i++) {
        m = mremap(m, size, size * 2, MREMAP_MAYMOVE);
        if (m == MAP_FAILED)
            break;
        size *= 2;
        m[size - 1] = 'k';
    }
    TRUE(m != MAP_FAILED && m[0] == 'k' && m[size - 1] == 'k' && m[size / 2 - 1] == 'k');
    m = mremap(m, size, page, 0);
    TRUE(m[0] == 'k');
    SHOW(munmap(m, page));
    /* The break, up and down; what comes back is zero.  */
    char *start = sbrk(0);
    int bad = 0;
    for (int i = 1; i <= 50; i++) {
        char *b = sbrk(0);
        bad += (void *)syscall(SYS_brk, b + 100000) != b + 100000;
        bad += b[99999] != 0;
        memset(b, i, 100000);
        if (i % 3 == 0)
            bad += (void *)syscall(SYS_brk, b) != b;
    }
    SHOW(bad);
    bad = (void *)syscall(SYS_brk, start) != start;
    SHOW(bad);
    TRUE((char *)syscall(SYS_brk, start + 4 * page) == start + 4 * page);
    bad = 0;
    for (size_t i = page; i < 4 * page; i++)
        bad += start[i] != 0;
    SHOW(bad);
    syscall(SYS_brk, start);
}

/* Mappings with less than all access, in parts, of files and of code.  */
static void moving(void)
{
    int fd = letters("moved", 4);
    char *m = mmap(NULL, 4 * page, RW, AP, -1, 0);
    MAPPED(mremap(m + 2 * page, 4 * page, 8 * page, MREMAP_MAYMOVE));
    MAPPED(mremap(m, 5 * page, 8 * page, MREMAP_MAYMOVE));
    MAPPED(mremap(m, page, page, MREMAP_MAYMOVE | MREMAP_FIXED, m + 4 * page + 1));
    char *gone = mmap(NULL, page, RW, AP, -1, 0);
    munmap(gone, page);
    MAPPED(mremap(gone, page, 2 * page, MREMAP_MAYMOVE));
    memset(m, 'm', 4 * page);
    TRUE(mremap(m, 4 * page, 2 * page, 0) == m);
    SHOW(msync(m + 2 * page, page, MS_ASYNC));
    SHOW(msync(m, 2 * page, MS_ASYNC));
    /* In the way of growing.  */
    mmap(m + 2 * page, page, RW, AP | MAP_FIXED, -1, 0);
    mprotect(m + 2 * page, page, PROT_NONE);
    SHOW(mprotect(m, 2 * page, PROT_READ));
    MAPPED(mremap(m, 2 * page, 6 * page, 0));
    char *r = mremap(m, 2 * page, 6 * page, MREMAP_MAYMOVE);
    TRUE(r != MAP_FAILED && r != m && r[0] == 'm' && r[2 * page - 1] == 'm' && r[2 * page] == 0);
    SHOW(pread(fd, r, 1, 0)); /* still only readable */
    SHOW(pread(fd, r + 5 * page, 1, 0));
    SHOW(msync(m, page, MS_ASYNC)); /* gone there */
    mmap(r + 6 * page, page, PROT_READ, AP | MAP_FIXED_NOREPLACE, -1, 0);
    SHOW(mprotect(r, 6 * page, PROT_NONE));
    char *n = mremap(r, 6 * page, 12 * page, MREMAP_MAYMOVE);
    TRUE(n != MAP_FAILED);
    SHOW(pread(fd, n, 1, 0));
    SHOW(mprotect(n, 12 * page, RW));
    TRUE(n[0] == 'm' && n[2 * page - 1] == 'm' && n[12 * page - 1] == 0);
    SHOW(munmap(n, 12 * page));
    /* Files: smaller, but neither larger nor elsewhere.  */
    char *f = mmap(NULL, 3 * page, PROT_READ, MAP_PRIVATE, fd, 0);
    BOX(mremap(f, 3 * page, 4 * page, MREMAP_MAYMOVE) == MAP_FAILED && errno == ENOMEM);
    char *s = mmap(NULL, 3 * page, PROT_READ, MAP_SHARED, fd, 0);
    BOX(mremap(s, 3 * page, 4 * page, MREMAP_MAYMOVE) == MAP_FAILED && errno == ENOMEM);
    BOX(mremap(f, 3 * page, page, 0) == f && f[0] == 'a');
    /* Code: as it is, or less; never another place.  */
    uint32_t *c = mmap(NULL, 2 * page, RW, AP, -1, 0);
    for (size_t i = 0; i < 2 * page / 4; i++)
        c[i] = NOPS;
    char *to = mmap(NULL, 4 * page, PROT_NONE, AP, -1, 0);
    BOX(mprotect(c, 2 * page, PROT_READ | PROT_EXEC) == 0);
    BOX(mremap(c, 2 * page, 4 * page, MREMAP_MAYMOVE) == MAP_FAILED && errno == ENOMEM);
    BOX(mremap(c, 2 * page, 2 * page, MREMAP_MAYMOVE | MREMAP_FIXED, to) == MAP_FAILED
        && errno == ENOMEM);
    BOX(c[0] == NOPS && mremap(c, 2 * page, page, 0) == (void *)c && c[0] == NOPS);
    close(fd);
    unlink("moved");
}

/* A wish for an address is granted where there is room.  */
static void wishes(void)
{
    char *m = mmap(NULL, 4 * page, RW, AP, -1, 0);
    munmap(m + page, 2 * page);
    char *w = mmap(m + page, page, RW, AP, -1, 0);
    TRUE(w == m + page);
    w = mmap(m + 2 * page + 5, page, RW, AP, -1, 0);
    TRUE(w == m + 2 * page);
    m[0] = 'k';
    w = mmap(m, page, RW, AP, -1, 0);
    TRUE(w != MAP_FAILED && w != m && m[0] == 'k');
    munmap(w, page);
    w = mmap((void *)4096, page, RW, AP, -1, 0);
    TRUE(w != MAP_FAILED && w != (void *)4096);
    munmap(w, page);
    w = mmap((void *)-4096, page, RW, AP, -1, 0);
    TRUE(w != MAP_FAILED);
    munmap(w, page);
    munmap(m, 4 * page);
}

static void resident(void)
{
    unsigned char in[8] = {0};
    char *m = mmap(NULL, 4 * page, RW, AP, -1, 0);
    memset(m, 1, 4 * page);
    SHOW(mincore(m, 4 * page, in));
    printf("%d %d\n", in[0] & 1, in[3] & 1);
    SHOW(mincore(m + 1, page, in));
    SHOW(mincore(m, page, (void *)8));
    munmap(m + page, page);
    SHOW(mincore(m, 4 * page, in));
    SHOW(mlock(m, page));
    SHOW(mlock(m, 2 * page));
    SHOW(munlock(m, page));
    SHOW(munlock(m, 2 * page));
    SHOW(mlockall(64));
    int locked = 0;
#ifdef __LFI__ /* Linux may set a limit */
    locked = mlockall(1);
#endif
    SHOW(locked);
    SHOW(munlockall());
    SHOW(madvise(m, page, MADV_FREE));
    SHOW(madvise(m, page, MADV_DONTFORK));
    SHOW(madvise(m, page, 9999));
    SHOW(madvise(m, 2 * page, MADV_DONTNEED));
    SHOW(madvise(m, page, MADV_DONTNEED));
    TRUE(m[0] == 0);
    munmap(m, 4 * page);
}

int main(void)
{
    setvbuf(stdout, NULL, _IOFBF, 65536);
    page = (size_t)sysconf(_SC_PAGESIZE);
    of_files();
    devices();
    parts();
    grow_and_shrink();
    moving();
    wishes();
    resident();
    return 0;
}
