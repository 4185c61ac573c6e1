/* A host program that runs programs again in one box.  Prints PASS and FAIL lines.
   SPDX-License-Identifier: Apache-2.0

   usage: reload PROGRAM OTHER PROFILED  (calls/reloaded.c, calls/embedded.c, and one of another
   profile)  */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../lib/blocks.h"
#include "../lib/counts.h"
#include "lfi_linux.h"

#if defined(__aarch64__)
#define STACK sp
#else
#define STACK rsp
#endif

static void check(const char *what, bool ok)
{
    printf("%s: %s%s%s\n", ok ? "PASS" : "FAIL", what, ok ? "" : " - ", ok ? "" : lfi_errmsg());
    fflush(stdout);
}

struct bytes {
    uint8_t *at;
    size_t size;
};

static struct bytes program, other, profiled;

static struct bytes read_file(const char *path)
{
    struct bytes b = {NULL, 0};
    FILE *f = fopen(path, "rb");
    if (!f)
        exit(1);
    fseek(f, 0, SEEK_END);
    b.size = (size_t)ftell(f);
    rewind(f);
    b.at = malloc(b.size);
    if (!b.at || fread(b.at, 1, b.size, f) != b.size)
        exit(1);
    fclose(f);
    return b;
}

static char last_line[300];
static void take_line(void *arg, const char *line)
{
    (void)arg;
    snprintf(last_line, sizeof last_line, "%s", line);
}

static bool kept(unsigned n)
{
    char text[60];
    snprintf(text, sizeof text, "loaded again, code segments kept: %u", n);
    return strstr(last_line, text) != NULL;
}

typedef bool loader(struct LFILinuxProc *, const uint8_t *, size_t, const char *);

static struct LFILinuxProc *load(struct LFILinuxEngine *lx, loader *how)
{
    struct LFILinuxProc *p = lfi_proc_new(lx);
    if (!p || !how(p, program.at, program.size, "/bin/reloaded"))
        exit(1);
    return p;
}

static const char *argv[] = {"reloaded", NULL, NULL};

/* Reloads and runs; -2 if it cannot be reloaded.  */
static int again(struct LFILinuxProc *p, struct LFILinuxThread *t, const char *what)
{
    argv[1] = what;
    if (!lfi_proc_reload(p, NULL, 0) || !lfi_thread_reload(t, 2, argv, NULL))
        return -2;
    return lfi_thread_run(t);
}

/* The rounds end as they should, whatever the one before did.  */
static void rounds(struct LFILinuxEngine *lx, const char *name, loader *how)
{
    struct LFILinuxProc *p = load(lx, how);
    char what[100];
    argv[1] = "look";
    struct LFILinuxThread *t = lfi_thread_new(p, 2, argv, NULL);
    lfiptr image = lfi_proc_image(p);
    uint64_t code = lfi_proc_sym(p, "reloaded_code");
#define ROUND(text, condition)                                                                     \
    (snprintf(what, sizeof what, "%s: " text, name), check(what, condition))
    ROUND("a new program", t && lfi_thread_run(t) == 0);
    ROUND("spoiled, then new again", again(p, t, "spoil") == 3 && again(p, t, "look") == 0);
    ROUND("its code stays",
          kept(1) && lfi_proc_image(p) == image && lfi_proc_sym(p, "reloaded_code") == code);
    ROUND("pending signals are gone", again(p, t, "signal") == 4 && again(p, t, "unblock") == 5);
    ROUND("after a fault", again(p, t, "fault") == 128 + SIGSEGV && again(p, t, "look") == 0
                               && kept(1) && !lfi_ctx_fault(*lfi_thread_ctxp(t)));
    ROUND("after threads", again(p, t, "threads") == 6 && again(p, t, "look") == 0);
    ROUND("after threads that were ended", again(p, t, "spin") == 8 && again(p, t, "look") == 0);
    ROUND("its code stays once more",
          again(p, t, "look") == 0 && kept(1) && again(p, t, "code") == 7 && kept(1));
    int pid = again(p, t, "pid"), next = again(p, t, "pid");
    ROUND("the end is the last one's",
          pid >= 0 && next >= 0 && lfi_proc_exited(p, &pid) && pid == next);
    lfi_thread_free(t);
    lfi_proc_free(p);
}

/* The byte of the program's code at the symbol, changed by the host as a tenant could do: other
   code in a region of the same place and size.  */
static bool replace_code(struct LFILinuxProc *p)
{
    struct LFIBox *box = lfi_proc_box(p);
    uint64_t at = lfi_proc_sym(p, "reloaded_code");
    struct LFIMapInfo info;
    unsigned char code[16];
    if (!lfi_box_mquery(box, at, &info)
        || lfi_box_mprotect(box, info.start, info.size, LFI_PROT_READ | LFI_PROT_WRITE) != 0
        || !lfi_box_copyfm(box, code, at, sizeof code))
        return false;
#if defined(__x86_64__)
    for (int i = 0; i < 12; i++)
        if (code[i] == 0xb8 && code[i + 1] == 7) { /* mov $7, %eax */
            code[i + 1] = 9;
            i = 12;
        }
#else
    uint32_t insn;
    memcpy(&insn, code, 4);
    if (insn != 0x528000e0) /* mov w0, #7 */
        return false;
    insn = 0x52800120;
    memcpy(code, &insn, 4);
#endif
    return lfi_box_copyto(box, at, code, sizeof code)
           && lfi_box_mprotect(box, info.start, info.size, LFI_PROT_READ | LFI_PROT_EXEC) == 0;
}

static void replaced(struct LFILinuxEngine *lx)
{
    struct LFILinuxProc *p = load(lx, lfi_proc_load);
    argv[1] = "code";
    bool changed = replace_code(p);
    struct LFILinuxThread *t = lfi_thread_new(p, 2, argv, NULL);
    check("replaced code runs", changed && t && lfi_thread_run(t) == 9);
    check("replaced code is not kept", again(p, t, "code") == 7 && kept(0));
    check(
        "removed code is not kept",
        lfi_box_munmap(lfi_proc_box(p), lfi_proc_sym(p, "reloaded_code") & ~(lfiptr)0xffff, 0x10000)
                == 0
            && again(p, t, "code") == 7 && kept(0) && again(p, t, "code") == 7 && kept(1));
    struct LFIMapInfo info;
    check("code that cannot be executed any more is not kept",
          lfi_box_mquery(lfi_proc_box(p), lfi_proc_sym(p, "reloaded_code"), &info)
              && lfi_box_mprotect(lfi_proc_box(p), info.start, info.size, LFI_PROT_READ) == 0
              && again(p, t, "code") == 7 && kept(0));
    lfi_thread_free(t);
    lfi_proc_free(p);
}

static void *run_thread(void *arg)
{
    return (void *)(intptr_t)lfi_thread_run(arg);
}

static void states(struct LFILinuxEngine *lx)
{
    struct LFILinuxProc *p = lfi_proc_new(lx);
    check("nothing to reload", !lfi_proc_reload(p, NULL, 0) && lfi_errno() == LFI_ERR_STATE);
    lfi_proc_free(p);

    p = load(lx, lfi_proc_load_remap);
    check("reloaded before it ran", lfi_proc_reload(p, program.at, program.size) && kept(1));
    argv[1] = "look";
    struct LFILinuxThread *t = lfi_thread_new(p, 2, argv, NULL);
    check("a thread is reloaded only after its process",
          t && !lfi_thread_reload(t, 2, argv, NULL) && lfi_errno() == LFI_ERR_STATE);
    check("a thread that ran", lfi_thread_run(t) == 0);
    check("a process without its thread cannot run",
          lfi_proc_reload(p, NULL, 0) && lfi_thread_run(t) == -1 && lfi_errno() == LFI_ERR_STATE);
    check("no second first thread while there is one",
          !lfi_thread_new(p, 2, argv, NULL) && lfi_errno() == LFI_ERR_STATE);
    char *big = malloc(8 << 20);
    memset(big, 'x', (8 << 20) - 1);
    big[(8 << 20) - 1] = 0;
    check("arguments that do not fit", !lfi_thread_reload(t, 1, (const char *[]){big, NULL}, NULL)
                                           && lfi_errno() == LFI_ERR_ARG);
    free(big);
    struct LFIRegs *regs = lfi_ctx_regs(*lfi_thread_ctxp(t)), fresh;
    check("no register is left",
          lfi_thread_reload(t, 2, argv, NULL) && lfi_ctx_get_tp(*lfi_thread_ctxp(t)) == 0);
    fresh = *regs;
    lfi_ctx_regs_init(*lfi_thread_ctxp(t));
    regs->STACK = fresh.STACK;
    check("but the stack", memcmp(&fresh, regs, sizeof fresh) == 0 && lfi_proc_reload(p, NULL, 0));
    check("and then some that do", lfi_thread_reload(t, 2, argv, NULL) && lfi_thread_run(t) == 0);
    lfi_thread_free(t);
    check("a freed first thread is followed by a new one",
          !lfi_thread_new(p, 2, argv, NULL) && lfi_proc_reload(p, NULL, 0)
              && (t = lfi_thread_new(p, 2, argv, NULL)) && lfi_thread_run(t) == 0);
    lfi_thread_free(t);
    lfi_proc_free(p);

    p = load(lx, lfi_proc_load);
    argv[1] = "wait";
    t = lfi_thread_new(p, 2, argv, NULL);
    uint64_t word = lfi_proc_sym(p, "reloaded_wait");
    int go = 1, waits = 0;
    pthread_t host;
    pthread_create(&host, NULL, run_thread, t);
    while (lfi_box_copyfm(lfi_proc_box(p), &waits, word + 4, 4) && !waits)
        usleep(1000);
    check("not while it runs", !lfi_proc_reload(p, NULL, 0) && lfi_errno() == LFI_ERR_STATE);
    lfi_box_copyto(lfi_proc_box(p), word, &go, 4);
    void *code = NULL;
    pthread_join(host, &code);
    check("and nothing changed", (intptr_t)code == 10);
    check("but when it has ended", again(p, t, "look") == 0);
    lfi_thread_free(t);
    lfi_proc_free(p);
}

static void others(struct LFILinuxEngine *lx)
{
    struct LFILinuxProc *copied = load(lx, lfi_proc_load);
    int before = count_entries("/proc/self/fd");
    struct LFILinuxProc *p = load(lx, lfi_proc_load_remap);
    check("mapped data takes a descriptor", count_entries("/proc/self/fd") == before + 1);
    lfi_proc_free(copied);
    argv[1] = "spoil";
    struct LFILinuxThread *t = lfi_thread_new(p, 2, argv, NULL);
    bool ran = t && lfi_thread_run(t) == 3;
    argv[1] = "7";
    check("another program in the same box",
          ran && lfi_proc_reload(p, other.at, other.size) && lfi_thread_reload(t, 2, argv, NULL)
              && lfi_thread_run(t) == 7 && lfi_proc_sym(p, "embedded_value")
              && !lfi_proc_sym(p, "reloaded_code"));
    check("and back", lfi_proc_reload(p, program.at, program.size) && again(p, t, "look") == 0);
    check("it is still one", count_entries("/proc/self/fd") == before + 1);
    check("a program of another profile is refused",
          !lfi_proc_reload(p, profiled.at, profiled.size) && lfi_errno() == LFI_ERR_STATE);
    check("nothing runs after that",
          !lfi_thread_reload(t, 2, argv, NULL) && !lfi_proc_reload(p, NULL, 0));
    lfi_thread_free(t);
    lfi_proc_free(p);
    p = load(lx, lfi_proc_load);
    uint8_t *copy = malloc(program.size);
    memcpy(copy, program.at, program.size);
    copy[15] ^= 1; /* nobody's */
    check("a byte less equal is another program",
          lfi_proc_reload(p, program.at, program.size) && kept(1)
              && lfi_proc_reload(p, copy, program.size) && !kept(1));
    check("the beginning of it is refused",
          !lfi_proc_reload(p, copy, 100) && lfi_errno() == LFI_ERR_ARG);
    free(copy);
    lfi_proc_free(p);
}

static void leaks(struct LFILinuxEngine *lx)
{
    struct LFILinuxProc *p = load(lx, lfi_proc_load_remap);
    argv[1] = "look";
    struct LFILinuxThread *t = lfi_thread_new(p, 2, argv, NULL);
    int bad = !t || lfi_thread_run(t) != 0;
    for (int i = 0; i < 4; i++)
        bad += again(p, t, i % 2 ? "look" : "spoil") != (i % 2 ? 0 : 3);
    int fds = count_entries("/proc/self/fd"), maps = count_lines("/proc/self/maps");
    long before = blocks;
    for (int i = 0; i < 200; i++)
        bad += again(p, t, i % 2 ? "look" : "spoil") != (i % 2 ? 0 : 3);
    check("many rounds", bad == 0);
    check("no descriptor is lost", count_entries("/proc/self/fd") == fds);
    check("no mapping is lost", count_lines("/proc/self/maps") <= maps);
    check("no memory is lost", blocks <= before);
    lfi_thread_free(t);
    lfi_proc_free(p);
}

int main(int argc, char **args)
{
    if (argc < 4)
        return 2;
    umask(022);
    program = read_file(args[1]);
    other = read_file(args[2]);
    profiled = read_file(args[3]);
    struct LFIEngine *engine = lfi_new((struct LFIOptions){.stores_only = true}, 2);
    struct LFILinuxEngine *lx = lfi_linux_new(
        engine, (struct LFILinuxOptions){.umask = 022, .verbose = true, .log = take_line});
    if (!lx) {
        printf("FAIL: engine: %s\n", lfi_errmsg());
        return 1;
    }
    rounds(lx, "copied", lfi_proc_load);
    rounds(lx, "remapped", lfi_proc_load_remap);
    replaced(lx);
    states(lx);
    others(lx);
    leaks(lx);
    int fds = count_entries("/proc/self/fd");
    struct LFILinuxProc *p = load(lx, lfi_proc_load_remap);
    lfi_proc_free(p);
    check("no process has no descriptors", count_entries("/proc/self/fd") == fds);
    lfi_linux_free(lx);
    lfi_free(engine);
    free(program.at);
    free(other.at);
    free(profiled.at);
    printf("DONE\n");
    return 0;
}
