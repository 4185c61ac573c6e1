/* Tens of thousands of boxes in one process, a program run in each: mappings and time per box.
   SPDX-License-Identifier: Apache-2.0

   usage: boxes COUNT PROGRAM

   The program, of profile dense, must end with the same status in each.  Its output is thrown
   away.  Ten lines, one for each tenth of the boxes: the processor's time per box does not grow if
   creating them is linear.  */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "lfi_core.h"
#include "lfi_linux.h"

enum { PARTS = 10, SPARE_MAPPINGS = 1000 };

_Noreturn static void fail(const char *what)
{
    fprintf(stderr, "boxes: %s: %s\n", what, lfi_errmsg());
    exit(1);
}

static double seconds(clockid_t clock)
{
    struct timespec ts;
    clock_gettime(clock, &ts);
    return (double)ts.tv_sec + (double)ts.tv_nsec * 1e-9;
}

static unsigned long mappings(void)
{
    FILE *f = fopen("/proc/self/maps", "r");
    unsigned long n = 0;
    for (int c; f && (c = getc(f)) != EOF;)
        n += c == '\n';
    if (f)
        fclose(f);
    return n;
}

static unsigned long most_mappings(void)
{
    unsigned long n = 0;
    FILE *f = fopen("/proc/sys/vm/max_map_count", "r");
    if (f && fscanf(f, "%lu", &n) != 1)
        n = 0;
    if (f)
        fclose(f);
    return n;
}

static struct LFILinuxProc *start(struct LFILinuxEngine *lx, const char *program, int *status)
{
    const char *argv[] = {program, NULL};
    struct LFILinuxProc *p = lfi_proc_new(lx);
    if (!p || !lfi_proc_load_file(p, program))
        fail(program);
    struct LFILinuxThread *t = lfi_thread_new(p, 1, argv, NULL);
    *status = t ? lfi_thread_run(t) : -1;
    if (*status < 0)
        fail(program);
    lfi_thread_free(t);
    return p;
}

int main(int argc, char **argv)
{
    size_t n = argc == 3 ? strtoul(argv[1], NULL, 10) : 0;
    if (n < PARTS) {
        fprintf(stderr, "usage: boxes COUNT PROGRAM\n");
        return 2;
    }
    /* Programs write to descriptor 1.  */
    FILE *report = fdopen(dup(STDOUT_FILENO), "w");
    int null = open("/dev/null", O_WRONLY);
    if (!report || null < 0 || dup2(null, STDOUT_FILENO) < 0)
        fail("standard output");
    struct LFIEngine *engine = lfi_new((struct LFIOptions){.layout = LFI_LAYOUT_DENSE}, n);
    struct LFILinuxEngine *lx =
        engine ? lfi_linux_new(engine, (struct LFILinuxOptions){.wd = "/"}) : NULL;
    struct LFILinuxProc **procs = calloc(n, sizeof *procs);
    if (!lx || !procs)
        fail("an engine");
    int status, first;
    procs[0] = start(lx, argv[2], &first);
    unsigned long before = mappings(), most = most_mappings();
    procs[1] = start(lx, argv[2], &status);
    unsigned long each = mappings() - before, need = each * n + SPARE_MAPPINGS;
    if (most && need > most) {
        fprintf(stderr,
                "boxes: %zu boxes need %lu mappings, %lu each, of which a process may have %lu: "
                "sysctl -w vm.max_map_count=%lu\n",
                n, need, each, most, need);
        return 1;
    }
    double begin = seconds(CLOCK_MONOTONIC), last = seconds(CLOCK_PROCESS_CPUTIME_ID);
    size_t done = 2, counted = 2;
    for (unsigned part = 1; part <= PARTS; part++) {
        for (; done < n * part / PARTS; done++) {
            procs[done] = start(lx, argv[2], &status);
            if (status != first) {
                fprintf(stderr, "boxes: box %zu: status %d, not %d\n", done, status, first);
                return 1;
            }
        }
        double now = seconds(CLOCK_PROCESS_CPUTIME_ID);
        fprintf(report, "%6zu boxes: %7.1f us of processor time each\n", done,
                (now - last) * 1e6 / (double)(done - counted));
        counted = done;
        last = now;
    }
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    unsigned long total = mappings();
    fprintf(
        report,
        "%zu boxes, each of which ran %s (status %d): %.1f s, %lu mappings (%.1f each), %ld MiB\n",
        n, argv[2], first, seconds(CLOCK_MONOTONIC) - begin, total, (double)total / (double)n,
        usage.ru_maxrss >> 10);
    begin = seconds(CLOCK_PROCESS_CPUTIME_ID);
    for (size_t i = 0; i < n; i++)
        lfi_proc_free(procs[i]);
    fprintf(report, "all freed: %.1f s of processor time\n",
            seconds(CLOCK_PROCESS_CPUTIME_ID) - begin);
    free(procs);
    lfi_linux_free(lx);
    lfi_free(engine);
    return fclose(report) != 0;
}
