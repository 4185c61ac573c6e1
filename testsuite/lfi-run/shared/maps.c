/* Maps the code of the library that is given, properly and otherwise; argv[2] says what then.
   SPDX-License-Identifier: Apache-2.0  */
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static Elf64_Ehdr head;
static Elf64_Phdr text;
static int fd, page;
static size_t size;

static const char *answer(void *p)
{
    return p != MAP_FAILED ? "mapped" : strerror(errno);
}

static void find_text(const char *path)
{
    fd = strcmp(path, "-") == 0 ? 0 : open(path, O_RDWR);
    page = (int)sysconf(_SC_PAGESIZE);
    pread(fd, &head, sizeof head, 0);
    for (int i = 0; i < head.e_phnum && !(text.p_type == PT_LOAD && text.p_flags & PF_X); i++)
        pread(fd, &text, sizeof text, (off_t)(head.e_phoff + i * sizeof text));
    size = (text.p_filesz + (size_t)page - 1) & ~((size_t)page - 1);
}

static void *map(int prot, int flags, size_t bytes, off_t offset)
{
    return mmap(NULL, bytes, prot, flags, fd, offset);
}

static void ask(void)
{
    const int rx = PROT_READ | PROT_EXEC;
    off_t at = (off_t)text.p_offset;
    printf("code: %s\n", answer(map(rx, MAP_PRIVATE, size, at)));
    printf("writable: %s\n", answer(map(rx | PROT_WRITE, MAP_PRIVATE, size, at)));
    printf("shared: %s\n", answer(map(rx, MAP_SHARED, size, at)));
    printf("headers: %s\n", answer(map(rx, MAP_PRIVATE, size, 0)));
    printf("beyond the end: %s\n", answer(map(rx, MAP_PRIVATE, size + (64 << 20), at)));
    char *p = map(PROT_READ, MAP_PRIVATE, size, at);
    printf("made executable: %s\n", mprotect(p, size, rx) ? strerror(errno) : "yes");
    p = map(PROT_READ | PROT_WRITE, MAP_PRIVATE, size, at);
    memset(p + size / 2, 0x0f, 64);
    printf("changed: %s\n", mprotect(p, size, rx) ? strerror(errno) : "yes");
    p = map(rx, MAP_PRIVATE, size, at);
    printf("writable later: %s\n",
           mprotect(p, (size_t)page, PROT_READ | PROT_WRITE) ? strerror(errno) : "yes");
    printf("both later: %s\n",
           mprotect(p, (size_t)page, rx | PROT_WRITE) ? strerror(errno) : "yes");
    ftruncate(fd, at + page / 2);
    printf("cut off: %s\n", answer(map(rx, MAP_PRIVATE, size, at)));
}

/* The first bytes of the code are a return of no arguments, at a place that can be gone to.  */
static void part_replaced(void)
{
    char *p = map(PROT_READ | PROT_EXEC, MAP_PRIVATE, size, (off_t)text.p_offset);
    void (*function)(void) = (void (*)(void))(p + (head.e_entry - text.p_vaddr));
    function();
    puts("called");
    mmap(p + size - (size_t)page, (size_t)page, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED,
         -1, 0);
    puts("replaced");
    fflush(stdout);
    function();
}

/* One thread writes what no box may run into the file, others map it.  */
static volatile int stop;

static void *scribble(void *arg)
{
    char good[256], bad[256];
    off_t at = (off_t)text.p_offset + 512;
    pread(fd, good, sizeof good, at);
    memset(bad, 0x0f, sizeof bad);
    while (!stop) {
        pwrite(fd, bad, sizeof bad, at);
        pwrite(fd, good, sizeof good, at);
    }
    return arg;
}

static void race(void)
{
    pthread_t thread;
    int refused = 0, wrong = 0;
    pthread_create(&thread, NULL, scribble, NULL);
    for (int i = 0; i < 200; i++) {
        char *p = map(PROT_READ | PROT_EXEC, MAP_PRIVATE, size, (off_t)text.p_offset);
        if (p == MAP_FAILED) {
            refused++;
            continue;
        }
        wrong += p[512] == 0x0f && p[513] == 0x0f && p[514] == 0x0f;
        munmap(p, size);
    }
    stop = 1;
    pthread_join(thread, NULL);
    printf("wrong: %d\n", wrong);
    (void)refused;
}

int main(int argc, char **argv)
{
    find_text(argv[1]);
    if (argc > 2 && strcmp(argv[2], "part") == 0)
        part_replaced();
    else if (argc > 2 && strcmp(argv[2], "race") == 0)
        race();
    else
        ask();
    return 0;
}
