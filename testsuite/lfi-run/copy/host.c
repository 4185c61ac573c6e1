/* Copies a program, in one of several ways, and has all copies go on.
   SPDX-License-Identifier: Apache-2.0

   host at POINT PROGRAM ARGUMENT...   runs the program with its output in a file, once alone, and once with three
                        copies that are made when it calls copy_point(POINT), before it goes on; the copies' output has to
                        be what the program's is from there on, and no word of the memory of any box the address of
                        its base.  POINT "all": 0, 1, ... until the program does not come there.
   host while N PROGRAM...  copies the program N times from another thread while it runs, at moments that differ; each
                        copy has to write what is left of the output, and end as the program does
   host chain PROGRAM...  a copy of a copy of a copy goes on when all before it are gone
   host refused WHAT PROGRAM...  copies it at its first call, which fails with WHAT in the message
   host before PROGRAM...  copies it before it has a thread, and with one that does not run yet
   host calls PROGRAM  copies a program that waits for calls; functions of each know their own past

   Of programs with a dynamic linker COPY_LINKER is that, and COPY_LIBRARIES the directory of their libraries.  */
#include <dirent.h>
#include <fcntl.h>
#include <lfi_linux.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { COPIES = 3, BOXES = 8, MOST_COPIES = BOXES - 1 };

static struct LFILinuxEngine *lx;
static int out; /* what the program has as its standard output */
static const char *path, **arguments;
static int nargs;

/* Of the program that runs.  */
static struct LFILinuxProc *proc, *copies[MOST_COPIES];
static struct LFILinuxThread *threads[MOST_COPIES];
static int ncopies, wanted, came;
static off_t written; /* when the copies were made */
static const char *refusal;

__attribute__((noreturn)) static void give_up(const char *what)
{
    fprintf(stderr, "host: %s: %s\n", what, lfi_errmsg());
    exit(1);
}

static bool is_in_file(const char *name, uint64_t word)
{
    struct stat st;
    int fd = name ? open(name, O_RDONLY) : -1;
    if (fd < 0 || fstat(fd, &st) < 0)
        return false;
    char *bytes = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    close(fd);
    if (bytes == MAP_FAILED)
        return false;
    bool found = memmem(bytes, (size_t)st.st_size, &word, sizeof word);
    munmap(bytes, (size_t)st.st_size);
    return found;
}

/* Nothing that was in a file before knows the base: two numbers of a table, side by side, can look like an address.  */
static bool was_in_file(uint64_t word)
{
    const char *directory = getenv("COPY_LIBRARIES");
    bool found = is_in_file(path, word) || is_in_file(getenv("COPY_LINKER"), word);
    DIR *d = directory ? opendir(directory) : NULL;
    for (struct dirent *e; d && !found && (e = readdir(d));) {
        char name[4096];
        snprintf(name, sizeof name, "%s/%s", directory, e->d_name);
        found = is_in_file(name, word);
    }
    if (d)
        closedir(d);
    return found;
}

/* Words of the box's memory that are addresses of its memory, with the base.  */
static unsigned addresses_in(struct LFIBox *box)
{
    static uint64_t page[4096 / 8];
    struct LFIBoxInfo info = lfi_box_info(box);
    struct LFIMapInfo map;
    unsigned found = 0;
    for (lfiptr at = info.min; at < info.max; at += sizeof page) {
        if (!lfi_box_mquery(box, at, &map)) {
            at += 65536 - sizeof page;
            continue;
        }
        if (!(map.prot & LFI_PROT_READ) || map.prot & LFI_PROT_EXEC) {
            at = map.start + map.size - sizeof page;
            continue;
        }
        if (!lfi_box_copyfm(box, page, at, sizeof page))
            continue;
        for (size_t i = 0; i < sizeof page / sizeof *page; i++)
            if (page[i] >> 32 == info.base >> 32 && lfi_box_mquery(box, page[i], &map)
                && !was_in_file(page[i]) && found++ < 4)
                fprintf(stderr, "host: 0x%llx, 0x%llx of the image, at offset 0x%llx\n", (unsigned long long)page[i], (unsigned long long)(page[i] - lfi_proc_image(proc)),
                        (unsigned long long)(at + i * 8 - info.base));
    }
    return found;
}

static void make_copies(struct LFILinuxProc *from)
{
    for (ncopies = 0; ncopies < COPIES; ncopies++) {
        copies[ncopies] = lfi_proc_copy(from, &threads[ncopies]);
        if (!copies[ncopies] || !threads[ncopies])
            give_up("lfi_proc_copy");
        for (int i = 0; i < ncopies; i++)
            if (lfi_box_info(lfi_proc_box(copies[i])).base
                == lfi_box_info(lfi_proc_box(copies[ncopies])).base)
                give_up("the same base");
    }
}

/* Called by the program.  */
static void at_point(int n)
{
    struct LFILinuxThread *thread;
    if (refusal) {
        if (lfi_proc_copy(proc, &thread) || thread || !strstr(lfi_errmsg(), refusal))
            give_up("was not refused as it should");
        came++;
        return;
    }
    if (n != wanted || ncopies)
        return;
    came = 1;
    if (addresses_in(lfi_proc_box(proc)))
        give_up("an address in memory");
    written = lseek(out, 0, SEEK_CUR);
    make_copies(proc);
}

static struct LFILinuxProc *load(void)
{
    struct LFILinuxProc *p = lfi_proc_new(lx);
    if (!p || !lfi_proc_load_file(p, path))
        give_up(path);
    return p;
}

static struct LFILinuxThread *make_thread(struct LFILinuxProc *p)
{
    static const char *envp[] = {"A=b", "LD_LIBRARY_PATH=/lib", NULL};
    struct LFILinuxThread *thread = lfi_thread_new(p, nargs, arguments, envp);
    if (!thread)
        give_up("lfi_thread_new");
    return thread;
}

static void tell_program(struct LFILinuxProc *p)
{
    lfiptr at = (lfiptr)lfi_proc_sym(p, "copy_point");
    void *function = lfi_box_register_cb(lfi_proc_box(p), (void *)at_point);
    if (!at || !function || !lfi_box_copyto(lfi_proc_box(p), at, &function, sizeof function))
        give_up("copy_point");
}

static void restart_output(void)
{
    if (ftruncate(out, 0) != 0 || lseek(out, 0, SEEK_SET) != 0)
        give_up("output");
}

static char *read_output(off_t from, size_t *size)
{
    off_t end = lseek(out, 0, SEEK_CUR);
    char *text = calloc(1, (size_t)(end - from) + 1);
    *size = (size_t)(end - from);
    if (!text || pread(out, text, *size, from) != (ssize_t)*size)
        give_up("output");
    return text;
}

static int run_alone(char **text, size_t *size)
{
    restart_output();
    struct LFILinuxProc *p = load();
    struct LFILinuxThread *t = make_thread(p);
    int status = lfi_thread_run(t);
    lfi_thread_free(t);
    lfi_proc_free(p);
    *text = read_output(0, size);
    return status;
}

/* What the thread's process writes from now on has to be the expected text behind the first SKIP bytes, after what is
   already there.  */
static void finish(struct LFILinuxThread *t, struct LFILinuxProc *p, int status, const char *expected,
                   size_t size, off_t skip, const char *who)
{
    size_t got;
    off_t before = lseek(out, 0, SEEK_CUR);
    int ended = lfi_thread_run(t);
    char *text = read_output(before, &got);
    if (ended != status || got != size - (size_t)skip || memcmp(text, expected + skip, got) != 0) {
        fprintf(stderr, "host: %s: status %d and not %d, %zu bytes and not %zu: %s\n", who, ended, status,
                got, size - (size_t)skip, text);
        exit(1);
    }
    if (addresses_in(lfi_proc_box(p)))
        give_up("an address in memory at the end");
    free(text);
    lfi_thread_free(t);
    lfi_proc_free(p);
}

static bool at(int n, const char *expected, size_t size, int status)
{
    restart_output();
    wanted = n;
    came = ncopies = 0;
    proc = load();
    struct LFILinuxThread *thread = make_thread(proc);
    tell_program(proc);
    finish(thread, proc, status, expected, size, 0, "the program");
    for (int i = 0; i < ncopies; i++)
        finish(threads[i], copies[i], status, expected, size, written, "a copy");
    return came;
}

static void points(const char *which, const char *expected, size_t size, int status)
{
    int n = atoi(which);
    if (strcmp(which, "all") != 0) {
        if (!at(n, expected, size, status))
            give_up("the program did not come there");
        return;
    }
    for (n = 0; at(n, expected, size, status); n++)
        ;
    printf("%d points\n", n);
}

/* Each copy of the copy before.  */
static void chain(const char *expected, size_t size, int status)
{
    restart_output();
    wanted = 0;
    proc = load();
    struct LFILinuxThread *thread = make_thread(proc);
    tell_program(proc);
    finish(thread, proc, status, expected, size, 0, "the program");
    struct LFILinuxProc *last = copies[0];
    struct LFILinuxThread *its = threads[0];
    for (int i = 1; i < ncopies; i++) {
        lfi_thread_free(threads[i]);
        lfi_proc_free(copies[i]);
    }
    for (int i = 0; i < 3; i++) {
        struct LFILinuxThread *next;
        struct LFILinuxProc *p = lfi_proc_copy(last, &next);
        if (!p || !next)
            give_up("a copy of a copy");
        lfi_thread_free(its);
        lfi_proc_free(last);
        last = p;
        its = next;
    }
    finish(its, last, status, expected, size, written, "the last copy");
}

static void *run_thread(void *arg)
{
    static int status;
    status = lfi_thread_run(arg);
    return &status;
}

/* What was written before a copy was made is not known exactly: the copy's output is the end of the whole.  */
static void while_running(int n, const char *expected, size_t size, int status)
{
    pthread_t runner;
    void *ended;
    restart_output();
    proc = load();
    struct LFILinuxThread *thread = make_thread(proc);
    if (pthread_create(&runner, NULL, run_thread, thread) != 0)
        give_up("pthread_create");
    for (ncopies = 0; ncopies < n && ncopies < MOST_COPIES; ncopies++) {
        struct timespec wait = {0, 300000 * (ncopies + 1)};
        nanosleep(&wait, NULL);
        copies[ncopies] = lfi_proc_copy(proc, &threads[ncopies]);
        if (!copies[ncopies])
            break;
    }
    pthread_join(runner, &ended);
    if (*(int *)ended != status)
        give_up("the program's status");
    lfi_thread_free(thread);
    lfi_proc_free(proc);
    for (int i = 0; i < ncopies; i++) {
        size_t got;
        off_t before = lseek(out, 0, SEEK_CUR);
        int s = threads[i] ? lfi_thread_run(threads[i]) : -1;
        char *text = read_output(before, &got);
        if (s != status || got > size || memcmp(text, expected + size - got, got) != 0) {
            struct LFIProcEnd end = {.code = 0};
            lfi_proc_end(copies[i], &end);
            fprintf(stderr, "host: signal %d, pc 0x%llx, %s+0x%llx, address 0x%llx\n", end.sig,
                    (unsigned long long)end.info.pc, end.symbol ? end.symbol : "?",
                    (unsigned long long)end.distance, (unsigned long long)end.info.addr);
            fprintf(stderr, "host: copy %d: status %d, %s\n", i, s, text);
            exit(1);
        }
        free(text);
        lfi_thread_free(threads[i]);
        lfi_proc_free(copies[i]);
    }
    if (ncopies == 0)
        give_up("the program ended too soon");
}

static void before(const char *expected, size_t size, int status)
{
    restart_output();
    proc = load();
    struct LFILinuxThread *none, *thread;
    struct LFILinuxProc *first = lfi_proc_copy(proc, &none);
    if (!first || none)
        give_up("a copy without thread");
    struct LFILinuxThread *own = make_thread(proc);
    struct LFILinuxProc *second = lfi_proc_copy(proc, &thread);
    if (!second || !thread)
        give_up("a copy with a thread");
    finish(own, proc, status, expected, size, 0, "the program");
    finish(make_thread(first), first, status, expected, size, 0, "the copy without a thread");
    finish(thread, second, status, expected, size, 0, "the copy with a thread");
}

static int tenfold(int n)
{
    return 10 * n;
}

static int call(struct LFILinuxProc *p, struct LFILinuxThread *t, const char *name)
{
    return LFI_INVOKE(lfi_proc_box(p), lfi_thread_ctxp(t), (lfiptr)lfi_proc_sym(p, name), int, (void));
}

static int apply(struct LFILinuxProc *p, struct LFILinuxThread *t, void *function, int n)
{
    return LFI_INVOKE(lfi_proc_box(p), lfi_thread_ctxp(t), (lfiptr)lfi_proc_sym(p, "apply"), int,
                      (void *, int), function, n);
}

static void calls(void)
{
    proc = load();
    struct LFILinuxThread *first = make_thread(proc), *second;
    if (lfi_thread_run(first) != 0)
        give_up("the program does not wait");
    void *function = lfi_box_register_cb(lfi_proc_box(proc), (void *)tenfold);
    if (call(proc, first, "next") != 1 || call(proc, first, "next") != 2 || apply(proc, first, function, 2) != 21)
        give_up("calls");
    struct LFILinuxProc *copy = lfi_proc_copy(proc, &second);
    if (!copy || !second)
        give_up("lfi_proc_copy");
    if (call(proc, first, "next") != 3 || call(copy, second, "next") != 3 || call(copy, second, "next") != 4
        || call(proc, first, "sum") != 6 || call(copy, second, "sum") != 10
        || apply(copy, second, function, 3) != 31)
        give_up("calls of the copy");
    struct LFIContext **ctxp = lfi_thread_ctxp(second);
    char *memory = lfi_lib_malloc(lfi_proc_box(copy), ctxp, 100);
    if (!memory || !lfi_box_bufvalid(lfi_proc_box(copy), (lfiptr)memory, 100))
        give_up("lfi_lib_malloc");
    memory = lfi_lib_realloc(lfi_proc_box(copy), ctxp, strcpy(memory, "kept"), 100000);
    if (!memory || strcmp(memory, "kept") != 0)
        give_up("lfi_lib_realloc");
    lfi_lib_free(lfi_proc_box(copy), ctxp, memory);
    if (addresses_in(lfi_proc_box(copy)) || addresses_in(lfi_proc_box(proc)))
        give_up("an address in memory");
    lfi_thread_free(first);
    lfi_proc_free(proc);
    if (call(copy, second, "next") != 5)
        give_up("the copy alone");
    lfi_thread_free(second);
    lfi_proc_free(copy);
}

static void refused(const char *what)
{
    refusal = what;
    proc = load();
    struct LFILinuxThread *thread = make_thread(proc);
    tell_program(proc);
    int status = lfi_thread_run(thread);
    if (!came || status != 0)
        give_up("the program was not there or did not go on");
    refusal = "has ended";
    at_point(0);
    lfi_thread_free(thread);
    lfi_proc_free(proc);
}

int main(int argc, char **argv)
{
    char name[] = "/tmp/lfi-copy.XXXXXX";
    bool has_value = argc > 2 && strcmp(argv[1], "chain") != 0 && strcmp(argv[1], "before") != 0
                     && strcmp(argv[1], "calls") != 0;
    int program = has_value ? 3 : 2;
    if (argc <= program)
        return 2;
    out = mkstemp(name);
    if (out < 0 || unlink(name) != 0)
        give_up("mkstemp");
    FILE *log = fdopen(dup(1), "w");
    if (!log || dup2(out, 1) < 0)
        give_up("dup2");
    stdout = log;
    path = argv[program];
    arguments = (const char **)argv + program;
    nargs = argc - program;
    struct LFIOptions options = {0};
    char map[512];
    const char *maps[] = {map, NULL}, *libraries = getenv("COPY_LIBRARIES");
    struct LFILinuxOptions linux_options = {.linker = getenv("COPY_LINKER"),
                                            .dir_maps = libraries ? maps : NULL};
    snprintf(map, sizeof map, "/lib=%s:ro", libraries ? libraries : "");
    struct LFIEngine *engine = lfi_new(options, BOXES);
    lx = engine ? lfi_linux_new(engine, linux_options) : NULL;
    if (!lx)
        give_up("lfi");
    char *expected = NULL;
    size_t size;
    if (strcmp(argv[1], "refused") == 0) {
        refused(argv[2]);
    } else if (strcmp(argv[1], "calls") == 0) {
        calls();
    } else {
        int status = run_alone(&expected, &size);
        if (strcmp(argv[1], "at") == 0)
            points(argv[2], expected, size, status);
        else if (strcmp(argv[1], "while") == 0)
            while_running(atoi(argv[2]), expected, size, status);
        else if (strcmp(argv[1], "chain") == 0)
            chain(expected, size, status);
        else
            before(expected, size, status);
    }
    free(expected);
    lfi_linux_free(lx);
    lfi_free(engine);
    fprintf(log, "equal\n");
    return fclose(log) != 0;
}
