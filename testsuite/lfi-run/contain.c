/* Thousands of boxes that each do their worst: the host and the neighbours go on as before, nothing
   is left behind, and each end is reported.  Prints PASS and FAIL lines.
   SPDX-License-Identifier: Apache-2.0

   usage: contain PROGRAM BOXES  (calls/contained.c, compiled for the box)
   The environment's GLIBC_TUNABLES make the C library keep no stacks and arenas (contain.exp).  */
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "../lib/blocks.h"
#include "../lib/counts.h"
#include "lfi_linux.h"

enum { THREADS = 2, RESIDENT = 1 << 20 };

static char *bytes;
static size_t size;
static struct LFILinuxEngine *lx;

static void check(const char *what, bool ok)
{
    printf("%s: %s%s%s\n", ok ? "PASS" : "FAIL", what, ok ? "" : " - ", ok ? "" : lfi_errmsg());
    fflush(stdout);
}

static void read_program(const char *path)
{
    FILE *f = fopen(path, "rb");
    if (!f)
        exit(1);
    fseek(f, 0, SEEK_END);
    size = (size_t)ftell(f);
    rewind(f);
    bytes = malloc(size);
    if (fread(bytes, 1, size, f) != size)
        exit(1);
    fclose(f);
}

/* What a box does, what limits it, and how it has to end.  */
static const struct way {
    const char *name;
    struct LFILimits limits;
    enum LFIEndReason reason;
    int code, sig;    /* of sig 0: any; where the architectures differ */
    bool interrupted; /* by the host, from another thread */
    uint64_t time;    /* of lfi_ctx_set_time, ns; 0: endless */
} ways[] = {
    {.name = "fault", .reason = LFI_ENDED_FAULT, .code = 139, .sig = SIGSEGV},
    {.name = "trap", .reason = LFI_ENDED_FAULT},
#if defined(__x86_64__)
    {.name = "divide", .reason = LFI_ENDED_FAULT, .code = 136, .sig = SIGFPE},
#else
    {.name = "divide", .reason = LFI_ENDED_EXIT, .code = 8},
#endif
    {.name = "stack", .reason = LFI_ENDED_FAULT, .code = 139, .sig = SIGSEGV},
    {.name = "memory", {.memory = 16 << 20}, LFI_ENDED_EXIT, .code = 5},
    {.name = "loop", {.wall = 2}, LFI_ENDED_WALL, .code = 137, .sig = SIGKILL},
    {.name = "loop", {.cpu = 2}, LFI_ENDED_CPU, .code = 152, .sig = SIGXCPU},
    {.name = "loop", {0}, LFI_ENDED_CPU, .code = 152, .sig = SIGXCPU, .time = 2000000},
    {.name = "loop", {0}, LFI_ENDED_INTERRUPT, .code = 137, .sig = SIGKILL, .interrupted = true},
    {.name = "block", {.wall = 2}, LFI_ENDED_WALL, .code = 137, .sig = SIGKILL},
    {.name = "flood", {.output = 20000}, LFI_ENDED_OUTPUT, .code = 153, .sig = SIGXFSZ},
    {.name = "thread-exit", {0}, LFI_ENDED_EXIT, .code = 11},
    {.name = "thread-fault", {0}, LFI_ENDED_FAULT, .code = 139, .sig = SIGSEGV},
    {.name = "thread-loops", {.threads = 4}, LFI_ENDED_EXIT, .code = 4},
    {.name = "files", {.files = 20}, LFI_ENDED_EXIT, .code = 20},
    {.name = "compute", {0}, LFI_ENDED_EXIT, .code = 7},
};
enum { NWAYS = sizeof ways / sizeof *ways };

static void *interrupt_soon(void *arg)
{
    usleep(1000);
    lfi_proc_interrupt(arg);
    return NULL;
}

static bool ended_so(struct LFILinuxProc *p, const struct way *w, int code)
{
    struct LFIProcEnd end;
    if (!lfi_proc_end(p, &end))
        return false;
    bool ok = end.code == code && end.reason == w->reason
              && end.fault == (w->reason == LFI_ENDED_FAULT || w->time)
              && (!w->code || code == w->code) && (!w->sig || end.sig == w->sig);
    if (!ok)
        fprintf(stderr, "%s: code %d, reason %d, signal %d\n", w->name, code, end.reason, end.sig);
    return ok;
}

/* Whether one box that goes that way ends as it should.  */
static bool one_box(const struct way *w)
{
    const char *argv[] = {"contained", w->name, NULL};
    struct LFILinuxProc *p = lfi_proc_new(lx);
    struct LFILinuxThread *t = NULL;
    pthread_t helper;
    bool ok = false;
    if (!p)
        return false;
    if (lfi_proc_set_limits(p, &w->limits)
        && lfi_proc_load(p, (const uint8_t *)bytes, size, "contained"))
        t = lfi_thread_new(p, 2, argv, NULL);
    if (t && w->time)
        lfi_ctx_set_time(*lfi_thread_ctxp(t), w->time);
    if (t && (!w->interrupted || pthread_create(&helper, NULL, interrupt_soon, p) == 0)) {
        ok = ended_so(p, w, lfi_thread_run(t));
        if (w->interrupted)
            pthread_join(helper, NULL);
    }
    lfi_thread_free(t);
    lfi_proc_free(p);
    return ok;
}

struct count {
    int fds, maps, threads;
    long blocks;
};

static struct count count(void)
{
    struct count c = {.blocks = blocks};
    c.fds = count_entries("/proc/self/fd");
    c.maps = count_lines("/proc/self/maps");
    c.threads = count_entries("/proc/self/task");
    return c;
}

/* A thread of a box has left its process before the host's thread is gone.  */
static struct count settled(int threads)
{
    for (int i = 0; i < 300 && count_entries("/proc/self/task") > threads; i++)
        usleep(10000);
    return count();
}

/* A neighbour in memory: its bytes are there afterwards.  */
static struct LFIBox *resident;
static lfiptr resident_memory;

static void resident_start(struct LFIEngine *engine)
{
    static unsigned char pattern[RESIDENT];
    resident = lfi_box_new(engine);
    for (int i = 0; i < RESIDENT; i++)
        pattern[i] = (unsigned char)(i * 7 + i / 256);
    resident_memory = lfi_box_mapany(resident, RESIDENT, LFI_PROT_READ | LFI_PROT_WRITE,
                                     LFI_MAP_PRIVATE | LFI_MAP_ANONYMOUS, -1, 0);
    lfi_box_copyto(resident, resident_memory, pattern, RESIDENT);
}

static bool resident_intact(void)
{
    static unsigned char now[RESIDENT];
    bool ok = lfi_box_copyfm(resident, now, resident_memory, RESIDENT) != NULL;
    for (int i = 0; i < RESIDENT; i++)
        ok = ok && now[i] == (unsigned char)(i * 7 + i / 256);
    return ok;
}

/* A neighbour that computes all the time.  */
static atomic_bool done;
static atomic_uint computed, miscomputed;

static void *neighbour(void *arg)
{
    while (!done) {
        bool ok = one_box(arg);
        computed++;
        miscomputed += !ok;
    }
    return NULL;
}

static unsigned boxes, good[NWAYS], tried[NWAYS];
static atomic_uint next_box;

static void *worst(void *arg)
{
    static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    sigset_t all;
    for (unsigned i; (i = next_box++) < boxes;) {
        /* What the host blocks for itself does not make its boxes unstoppable.  */
        sigfillset(&all);
        pthread_sigmask(SIG_BLOCK, &all, NULL);
        bool ok = one_box(&ways[i % NWAYS]);
        pthread_mutex_lock(&lock);
        tried[i % NWAYS]++;
        good[i % NWAYS] += ok;
        pthread_mutex_unlock(&lock);
    }
    return arg;
}

static void run_all(unsigned n)
{
    pthread_t t[THREADS];
    boxes = n;
    next_box = 0;
    memset(good, 0, sizeof good);
    memset(tried, 0, sizeof tried);
    for (int i = 0; i < THREADS; i++)
        pthread_create(&t[i], NULL, worst, NULL);
    for (int i = 0; i < THREADS; i++)
        pthread_join(t[i], NULL);
}

static void report(void)
{
    for (unsigned i = 0; i < NWAYS; i++) {
        char what[100];
        snprintf(what, sizeof what, "contained: %s (%s): each is reported", ways[i].name,
                 ways[i].limits.wall   ? "wall"
                 : ways[i].limits.cpu  ? "cpu"
                 : ways[i].interrupted ? "interrupted"
                                       : "by itself");
        check(what, tried[i] > 0 && good[i] == tried[i]);
    }
}

/* What the host does itself, and how its own signals are.  */
static volatile sig_atomic_t ticks;

static void tick(int sig)
{
    (void)sig;
    ticks++;
}

int main(int argc, char **argv)
{
    struct sigaction sa = {.sa_handler = tick, .sa_flags = SA_ONSTACK | SA_RESTART};
    if (argc < 3)
        return 2;
    read_program(argv[1]);
    sigaction(SIGUSR1, &sa, NULL);
    /* Where the flood goes.  */
    int out = dup(1), null = open("/dev/null", O_WRONLY);
    FILE *results = fdopen(out, "w");
    setvbuf(stdout, NULL, _IONBF, 0);
    struct LFIEngine *engine = lfi_new((struct LFIOptions){0}, THREADS + 2);
    lx = engine ? lfi_linux_new(engine, (struct LFILinuxOptions){0}) : NULL;
    if (!lx || !results)
        return 1;
    resident_start(engine);
    fflush(stdout);
    dup2(null, 1);
    pthread_t t;
    /* The C library and the watcher keep what they need once.  */
    run_all(10 * NWAYS);
    struct count before = settled(2 + 2); /* "." and "..", this thread and the watcher */
    pthread_create(&t, NULL, neighbour, (void *)&ways[NWAYS - 1]);
    run_all((unsigned)strtoul(argv[2], NULL, 10));
    done = true;
    pthread_join(t, NULL);
    struct count after = settled(before.threads);
    dup2(out, 1);
    report();
    check("contained: the neighbours computed right", computed > 0 && miscomputed == 0);
    check("contained: a neighbour's memory is as it was", resident_intact());
    raise(SIGUSR1);
    check("contained: the host's signals work", ticks == 1);
    printf("%u boxes, %u neighbours; descriptors %d and %d, mappings %d and %d, threads %d and %d, "
           "blocks %ld and %ld\n",
           boxes, computed, before.fds, after.fds, before.maps, after.maps, before.threads,
           after.threads, before.blocks, after.blocks);
    check("contained: no descriptor is left", after.fds == before.fds);
    check("contained: no thread is left", after.threads <= before.threads);
    check("contained: no memory is left", after.blocks <= before.blocks);
    check("contained: no mapping is left", after.maps <= before.maps);
    lfi_box_free(resident);
    lfi_linux_free(lx);
    lfi_free(engine);
    printf("DONE\n");
    return 0;
}
