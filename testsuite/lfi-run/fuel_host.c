/* What a host sees of the fuel of a program's threads.  The program is calls/fuel.c.
   SPDX-License-Identifier: Apache-2.0  */
#include <stdio.h>
#include <stdlib.h>

#include "lfi_core.h"
#include "lfi_linux.h"

static struct LFILinuxEngine *lx;
static const char *program;

static void check(const char *what, bool ok)
{
    printf("%s: %s\n", ok ? "PASS" : "FAIL", what);
}

/* What the first thread has left after a run, whose status goes into *code.  */
static uint64_t run(const char *way, uint64_t fuel, int *code)
{
    const char *argv[] = {"fuel", way, NULL};
    struct LFILinuxProc *proc = lfi_proc_new(lx);
    struct LFILinuxThread *t = NULL;
    if (!proc || !lfi_proc_set_limits(proc, &(struct LFILimits){.fuel = fuel})
        || !lfi_proc_load_file(proc, program) || !(t = lfi_thread_new(proc, 2, argv, NULL))) {
        printf("FAIL: %s: %s\n", way, lfi_errmsg());
        exit(1);
    }
    *code = lfi_thread_run(t);
    uint64_t left = lfi_ctx_fuel(*lfi_thread_ctxp(t));
    lfi_thread_free(t);
    lfi_proc_free(proc);
    return left;
}

int main(int argc, char **argv)
{
    const uint64_t fuel = 3000000;
    int code;
    if (argc != 2)
        return 2;
    program = argv[1];
    struct LFIEngine *engine = lfi_new((struct LFIOptions){0}, 2);
    lx = lfi_linux_new(engine, (struct LFILinuxOptions){0});
    uint64_t left = run("one-by-one", fuel, &code);
    check("what is left after the end", code == 0 && left > 0 && left < fuel);
    left = run("first-ends", fuel, &code);
    check("the first thread has ended, and others had what it left", code == 0 && left == 0);
    left = run("at-once", 0, &code);
    check("no limit, many threads", code == 0 && left > LFI_FUEL_MAX / 2 && left < LFI_FUEL_MAX);
    lfi_linux_free(lx);
    lfi_free(engine);
    puts("DONE");
    return 0;
}
