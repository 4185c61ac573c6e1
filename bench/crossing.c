/* What a crossing costs: the median of alternating runs, in nanoseconds.
   SPDX-License-Identifier: Apache-2.0

   usage: crossing [RUNS]  */
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "lfi_core.h"
#include "lfi_linux.h"

enum { REPEAT = 200000, MAX_RUNS = 1000 };

extern const char code_return[], code_return_end[], code_calls[], code_calls_end[];
extern const char code_function[], code_function_end[], code_back[], code_back_end[];

static struct LFIContext *ctx;
static struct LFIBox *box;
static lfiptr entry_return, entry_calls, entry_function, entry_back, stub;

_Noreturn static void fail(const char *what)
{
    fprintf(stderr, "crossing: %s: %s\n", what, lfi_errmsg());
    exit(1);
}

static lfiptr load(const char *code, const char *end)
{
    const int rw = LFI_PROT_READ | LFI_PROT_WRITE, rx = LFI_PROT_READ | LFI_PROT_EXEC;
    size_t size = (size_t)(end - code);
    lfiptr at = lfi_box_mapany(box, size, rw, LFI_MAP_PRIVATE | LFI_MAP_ANONYMOUS, -1, 0);
    if (at == (lfiptr)-1 || !lfi_box_copyto(box, at, code, size)
        || lfi_box_mprotect(box, at, size, rx) != 0)
        fail("loading code");
    return at;
}

static void empty(struct LFIContext *c)
{
    (void)c;
}

static void run_calls(void)
{
    lfi_ctx_regs_init(ctx);
#if defined(__x86_64__)
    lfi_ctx_regs(ctx)->rdi = REPEAT;
#else
    lfi_ctx_regs(ctx)->x0 = REPEAT;
#endif
    lfi_ctx_run(ctx, entry_calls);
}

static void run_return(void)
{
    for (unsigned i = 0; i < REPEAT; i++)
        lfi_ctx_run(ctx, entry_return);
}

static void run_invoke(void)
{
    for (unsigned i = 0; i < REPEAT; i++)
        LFI_INVOKE(box, &ctx, entry_function, int, (int), (int)i);
}

/* The box calls back as often.  */
static void run_callbacks(void)
{
    LFI_INVOKE(box, &ctx, entry_back, void, (lfiptr, long), stub, REPEAT);
}

static int host_function(int x)
{
    __asm__ volatile("" : "+r"(x));
    return x;
}

static void run_host_call(void)
{
    int (*volatile f)(int) = host_function;
    for (unsigned i = 0; i < REPEAT; i++)
        f((int)i);
}

static void run_host_syscall(void)
{
    for (unsigned i = 0; i < REPEAT; i++)
        syscall(SYS_getpid);
}

static const struct {
    const char *name;
    void (*run)(void);
} cases[] = {
    {"host: a call of a function", run_host_call},
    {"host: getpid", run_host_syscall},
    {"box: run and return", run_return},
    {"box: system call, empty handler", run_calls},
    {"box: LFI_INVOKE of a function", run_invoke},
    {"box: call of a function of the host", run_callbacks},
};
enum { NCASES = sizeof cases / sizeof cases[0] };
static double times[NCASES][MAX_RUNS];

static double seconds(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (double)ts.tv_sec + (double)ts.tv_nsec * 1e-9;
}

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

int main(int argc, char **argv)
{
    unsigned runs = argc > 1 ? (unsigned)atoi(argv[1]) : 15;
    if (runs < 1 || runs > MAX_RUNS) {
        fprintf(stderr, "usage: crossing [RUNS]\n");
        return 2;
    }
    struct LFIEngine *engine = lfi_new((struct LFIOptions){0}, 1);
    const int rw = LFI_PROT_READ | LFI_PROT_WRITE;
    box = engine ? lfi_box_new(engine) : NULL;
    ctx = box ? lfi_ctx_new(box, NULL) : NULL;
    if (!ctx)
        fail("a box");
    lfi_sys_handler(engine, empty);
    entry_return = load(code_return, code_return_end);
    entry_calls = load(code_calls, code_calls_end);
    entry_function = load(code_function, code_function_end);
    entry_back = load(code_back, code_back_end);
    stub = (lfiptr)lfi_box_register_cb(box, (void *)host_function);
    lfiptr stack = lfi_box_mapany(box, 65536, rw, LFI_MAP_PRIVATE | LFI_MAP_ANONYMOUS, -1, 0);
    if (!stub || stack == (lfiptr)-1)
        fail("a stack");
#if defined(__x86_64__)
#define SP rsp
#else
#define SP sp
#endif
    for (unsigned r = 0; r < runs; r++)
        for (unsigned c = 0; c < NCASES; c++) {
            lfi_ctx_regs(ctx)->SP = stack + 65536 - 64;
            double start = seconds();
            cases[c].run();
            times[c][r] = (seconds() - start) * 1e9 / REPEAT;
            if (lfi_ctx_fault(ctx))
                fail(cases[c].name);
        }
    for (unsigned c = 0; c < NCASES; c++) {
        qsort(times[c], runs, sizeof times[c][0], ascending);
        printf("%-36s %6.1f ns  (%.1f to %.1f)\n", cases[c].name, times[c][runs / 2], times[c][0],
               times[c][runs - 1]);
    }
    lfi_ctx_free(ctx);
    lfi_box_free(box);
    lfi_free(engine);
    return 0;
}
