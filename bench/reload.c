/* What a program in a new box costs, and in a box that is used again: medians of alternating
   runs, in microseconds, loading, running and taking down included.
   SPDX-License-Identifier: Apache-2.0

   usage: reload RUNS PROGRAM [ARGUMENT...]  */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lfi_linux.h"

enum { MAX_RUNS = 10000 };

static struct LFILinuxEngine *lx;
static struct LFILinuxProc *copied, *remapped;
static struct LFILinuxThread *copied_thread, *remapped_thread;
static uint8_t *program;
static size_t program_size;
static int argc;
static const char **argv;

_Noreturn static void fail(const char *what)
{
    fprintf(stderr, "reload: %s: %s\n", what, lfi_errmsg());
    exit(1);
}

static void read_program(const char *path)
{
    FILE *f = fopen(path, "rb");
    if (!f || fseek(f, 0, SEEK_END) != 0)
        fail(path);
    program_size = (size_t)ftell(f);
    program = malloc(program_size);
    rewind(f);
    if (!program || fread(program, 1, program_size, f) != program_size)
        fail(path);
    fclose(f);
}

static struct LFILinuxProc *new_process(bool remap)
{
    struct LFILinuxProc *p = lfi_proc_new(lx);
    if (!p || !(remap ? lfi_proc_load_remap : lfi_proc_load)(p, program, program_size, argv[0]))
        fail(argv[0]);
    return p;
}

static struct LFILinuxThread *first_run(struct LFILinuxProc *p)
{
    struct LFILinuxThread *t = lfi_thread_new(p, argc, argv, NULL);
    if (!t || lfi_thread_run(t) != 0)
        fail("run");
    return t;
}

static void run_new(void)
{
    struct LFILinuxProc *p = new_process(false);
    lfi_thread_free(first_run(p));
    lfi_proc_free(p);
}

static void run_again(struct LFILinuxProc *p, struct LFILinuxThread *t)
{
    if (!lfi_proc_reload(p, NULL, 0) || !lfi_thread_reload(t, argc, argv, NULL)
        || lfi_thread_run(t) != 0)
        fail("reload");
}

static void run_copied(void)
{
    run_again(copied, copied_thread);
}

static void run_remapped(void)
{
    run_again(remapped, remapped_thread);
}

static const struct {
    const char *name;
    void (*run)(void);
} rows[] = {
    {"new box", run_new},
    {"again, data copied", run_copied},
    {"again, data mapped", run_remapped},
};
enum { NROWS = sizeof rows / sizeof rows[0] };
static double times[NROWS][MAX_RUNS];

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

int main(int n, char **args)
{
    int runs = n > 2 ? atoi(args[1]) : 0;
    if (runs < 1 || runs > MAX_RUNS) {
        fprintf(stderr, "usage: reload RUNS PROGRAM [ARGUMENT...]\n");
        return 2;
    }
    argc = n - 2;
    argv = (const char **)(args + 2);
    read_program(argv[0]);
    struct LFIEngine *engine = lfi_new((struct LFIOptions){.stores_only = true}, 3);
    if (!engine || !(lx = lfi_linux_new(engine, (struct LFILinuxOptions){0})))
        fail("engine");
    copied = new_process(false);
    copied_thread = first_run(copied);
    remapped = new_process(true);
    remapped_thread = first_run(remapped);
    for (int i = 0; i < runs; i++)
        for (int k = 0; k < NROWS; k++) {
            double start = now();
            rows[k].run();
            times[k][i] = now() - start;
        }
    fprintf(stderr, "%-20s %10s %10s\n", "microseconds", "median", "fastest");
    for (int k = 0; k < NROWS; k++) {
        qsort(times[k], (size_t)runs, sizeof times[k][0], compare);
        fprintf(stderr, "%-20s %10.0f %10.0f\n", rows[k].name, times[k][runs / 2], times[k][0]);
    }
    return 0;
}
