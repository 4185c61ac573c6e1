/* A host program that uses the Linux layer as a library.  Prints PASS and FAIL lines.
   SPDX-License-Identifier: Apache-2.0

   usage: embed PROGRAM [ROUNDS]  (calls/embedded.c, compiled for the box)  */
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "../lib/blocks.h"
#include "../lib/counts.h"
#include "lfi_linux.h"

static void check(const char *what, bool ok)
{
    printf("%s: %s%s%s\n", ok ? "PASS" : "FAIL", what, ok ? "" : " - ", ok ? "" : lfi_errmsg());
    fflush(stdout);
}

static const char *program;
static char *bytes;
static size_t size;

static void read_program(void)
{
    FILE *f = fopen(program, "rb");
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

/* Loads, runs, frees; the code, or -2.  */
static int run(struct LFILinuxEngine *lx, const char *how)
{
    const char *argv[] = {"embedded", how, NULL};
    int code = -2;
    struct LFILinuxProc *p = lfi_proc_new(lx);
    if (!p)
        return -2;
    struct LFILinuxThread *t = NULL;
    if (lfi_proc_load(p, (const uint8_t *)bytes, size, "embedded"))
        t = lfi_thread_new(p, 2, argv, NULL);
    if (t)
        code = lfi_thread_run(t);
    lfi_thread_free(t);
    lfi_proc_free(p);
    return code;
}

static void *run_many(void *arg)
{
    for (int i = 0; i < 25; i++)
        if (run(arg, i % 2 ? "7" : "threads") != (i % 2 ? 7 : 11))
            return arg;
    return NULL;
}

static char last_line[300];
static void take_line(void *arg, const char *line)
{
    (void)arg;
    snprintf(last_line, sizeof last_line, "%s", line);
}

static void refusals(struct LFIEngine *engine)
{
    static char long_name[400] = "/a/", long_box[6000] = "/", long_host[6000] = "/m=/";
    const char *missing[] = {"/m=/nowhere", NULL};
    const char *maps[][2] = {{"m=/tmp"}, {"/tmp"},    {"/m="},    {"=/tmp"},
                             {""},       {long_name}, {long_box}, {long_host}};
    memset(long_name + 3, 'n', 256);
    strcat(long_name, "/b=/tmp");
    for (int i = 1; i < 4100; i++)
        long_box[i] = i % 2 ? 'm' : '/';
    strcat(long_box, "=/tmp");
    memset(long_host + 4, '/', 4200);
    struct LFILinuxOptions o = {.sys_passthrough = true};
    check("sys_passthrough is refused", !lfi_linux_new(engine, o) && lfi_errno() == LFI_ERR_ARG);
    o = (struct LFILinuxOptions){.stacksize = 1};
    check("a tiny stack is refused", !lfi_linux_new(engine, o) && lfi_errno() == LFI_ERR_ARG);
    const struct LFILimits bad[] = {
        {.threads = 513}, {.files = 1025}, {.cpu = UINT64_MAX}, {.wall = UINT64_MAX}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        o = (struct LFILinuxOptions){.limits = bad[i]};
        check("a limit out of range is refused",
              !lfi_linux_new(engine, o) && lfi_errno() == LFI_ERR_ARG
                  && strstr(lfi_errmsg(), i < 2 ? "give at most" : "too large"));
    }
    for (size_t i = 0; i < sizeof maps / sizeof *maps; i++) {
        char what[100];
        o = (struct LFILinuxOptions){.dir_maps = maps[i]};
        snprintf(what, sizeof what, "the mapping '%.20s' is refused", maps[i][0]);
        check(what, !lfi_linux_new(engine, o) && lfi_errno() == LFI_ERR_ARG
                        && (strstr(lfi_errmsg(), "give /BOX=HOST")
                            || strstr(lfi_errmsg(), "a name is too long")));
    }
    o = (struct LFILinuxOptions){.dir_maps = (const char *[]){"/a=/", "/b=/nowhere", NULL}};
    check("a missing second directory is refused",
          !lfi_linux_new(engine, o) && strstr(lfi_errmsg(), "/nowhere"));
    o = (struct LFILinuxOptions){.dir_maps = (const char *[]){"/a=:rw", NULL}};
    check("a directory called :rw is a directory",
          !lfi_linux_new(engine, o) && strstr(lfi_errmsg(), "directory :rw:"));
    o = (struct LFILinuxOptions){.dir_maps = missing};
    check("a missing directory is refused",
          !lfi_linux_new(engine, o) && strstr(lfi_errmsg(), "/nowhere"));
    lfi_linux_free(NULL);
    lfi_proc_free(NULL);
    lfi_thread_free(NULL);
}

/* False for a reason that says so.  */
static bool not_loaded(struct LFILinuxEngine *lx, int fd, const char *reason)
{
    struct LFILinuxProc *p = lfi_proc_new(lx);
    bool refused = !lfi_proc_load_fd(p, fd, "x") && lfi_errno() == LFI_ERR_ARG
                   && strstr(lfi_errmsg(), reason) && !lfi_proc_image(p)
                   && !lfi_thread_new(p, 0, NULL, NULL);
    lfi_proc_free(p);
    return refused;
}

static void files(struct LFILinuxEngine *lx)
{
    FILE *f = tmpfile();
    int fd = fileno(f), p[2];
    check("a closed descriptor is refused", not_loaded(lx, -1, "Bad file descriptor"));
    check("a pipe is refused", pipe(p) == 0 && not_loaded(lx, p[0], "not a regular file"));
    check("an empty file is refused", not_loaded(lx, fd, "file"));
    check("a huge file is refused",
          ftruncate(fd, (off_t)3 << 30) == 0 && not_loaded(lx, fd, "too large"));
    close(p[0]);
    close(p[1]);
    fclose(f);
    check("a missing file is refused",
          !lfi_proc_load_file(NULL, "/nowhere") && strstr(lfi_errmsg(), "No such file"));
    check("no bytes are refused", run(lx, "1") == 1 && (size = 0, run(lx, "1") == -2));
    free(bytes);
    read_program();
}

static void one_process(struct LFILinuxEngine *lx)
{
    struct LFIProcEnd end;
    const char *argv[] = {"embedded", "5", NULL};
    int code = 0;
    struct LFILinuxProc *p = lfi_proc_new(lx);
    check("a new process has not ended", p && !lfi_proc_exited(p, &code) && !lfi_proc_end(p, &end));
    check("no thread without a program",
          !lfi_thread_new(p, 2, argv, NULL) && lfi_errno() == LFI_ERR_STATE);
    check("no symbol without a program", lfi_proc_sym(p, "main") == 0);
    check("a program is loaded from a file", lfi_proc_load_file(p, program));
    check("a second program is refused",
          !lfi_proc_load_file(p, program) && lfi_errno() == LFI_ERR_STATE);
    uint64_t value = lfi_proc_sym(p, "embedded_value");
    int number = 0;
    check("symbols are found", value >= lfi_proc_image(p)
                                   && lfi_box_copyfm(lfi_proc_box(p), &number, value, sizeof number)
                                   && number == 12345);
    check("a missing symbol is 0", lfi_proc_sym(p, "no_such_symbol") == 0);
    struct LFILinuxThread *t = lfi_thread_new(p, 2, argv, NULL);
    check("a first thread", t && *lfi_thread_ctxp(t));
    check("a second first thread is refused",
          !lfi_thread_new(p, 2, argv, NULL) && lfi_errno() == LFI_ERR_STATE);
    sigset_t before, after;
    pthread_sigmask(SIG_SETMASK, NULL, &before);
    check("the exit status is returned", lfi_thread_run(t) == 5);
    pthread_sigmask(SIG_SETMASK, NULL, &after);
    check("the signal mask is as before",
          sigismember(&before, SIGPIPE) == sigismember(&after, SIGPIPE));
    check("the end is known", lfi_proc_exited(p, &code) && code == 5 && lfi_proc_end(p, &end)
                                  && end.code == 5 && !end.sig && !end.fault);
    check("memory can be looked at after the end",
          lfi_box_copyfm(lfi_proc_box(p), &number, value, sizeof number) && number == 54321);
    check("it cannot be run again", lfi_thread_run(t) == -1 && lfi_errno() == LFI_ERR_STATE);
    lfi_thread_free(t);
    lfi_proc_free(p);
}

/* Two boxes side by side: neither sees the other's runtime call table.  */
static void neighbours(void)
{
    struct LFIEngine *engine = lfi_new((struct LFIOptions){0}, 2);
    struct LFILinuxEngine *lx = lfi_linux_new(engine, (struct LFILinuxOptions){0});
    struct LFILinuxProc *p[2];
    struct LFILinuxThread *t[2];
    const char *argv[] = {"embedded", "neighbour", NULL};
    int code[2] = {-1, -1};
    uintptr_t base[2];
    for (int i = 0; i < 2; i++) {
        p[i] = lfi_proc_new(lx);
        base[i] = lfi_box_info(lfi_proc_box(p[i])).base;
        t[i] = lfi_proc_load(p[i], (const uint8_t *)bytes, size, "embedded")
                   ? lfi_thread_new(p[i], 2, argv, NULL)
                   : NULL;
    }
    /* x86-64 has 40 GiB between them.  */
#if defined(__x86_64__)
    const uint64_t apart = (uint64_t)44 << 30;
#else
    const uint64_t apart = (uint64_t)4 << 30;
#endif
    check("two boxes are neighbours", base[0] - base[1] == apart || base[1] - base[0] == apart);
    for (int i = 0; i < 2; i++) {
        code[i] = t[i] ? lfi_thread_run(t[i]) : -1;
        lfi_thread_free(t[i]);
    }
    lfi_proc_free(p[0]);
    lfi_proc_free(p[1]);
    lfi_linux_free(lx);
    lfi_free(engine);
    check("no call takes memory of a neighbour", code[0] == 0 && code[1] == 0);
}

static void endings(struct LFILinuxEngine *lx)
{
    struct LFIProcEnd end;
    const char *argv[] = {"embedded", "fault", NULL};
    struct LFILinuxProc *p = lfi_proc_new(lx);
    struct LFILinuxThread *t = NULL;
    if (p && lfi_proc_load(p, (const uint8_t *)bytes, size, "embedded"))
        t = lfi_thread_new(p, 2, argv, NULL);
    check("a fault ends the process", t && lfi_thread_run(t) == 128 + SIGSEGV);
    check("the fault is described",
          lfi_proc_end(p, &end) && end.fault && end.sig == SIGSEGV && end.in_image && end.symbol
              && strcmp(end.symbol, "embedded_fault") == 0 && (uint32_t)end.info.addr == 16);
    lfi_thread_free(t);
    lfi_proc_free(p);
    check("another process runs after it", run(lx, "3") == 3);
    check("abort", run(lx, "abort") == 128 + SIGABRT);
    check("a closed pipe", run(lx, "pipe") == 128 + SIGPIPE);
    check("an unknown call is an error", run(lx, "unknown") == 38);
    check("threads that wait and threads that run end with the process", run(lx, "busy") == 9);
}

/* Ends from outside, before and while it runs.  */

static struct LFILinuxThread *prepare(struct LFILinuxProc *p, const char *how)
{
    const char *argv[] = {"embedded", how, NULL};
    if (!p || !lfi_proc_load(p, (const uint8_t *)bytes, size, "embedded"))
        exit(1);
    return lfi_thread_new(p, 2, argv, NULL);
}

static void *interrupt_context(void *arg)
{
    while (!lfi_ctx_interrupt(arg))
        ;
    return NULL;
}

static void interrupts(struct LFILinuxEngine *lx)
{
    struct LFIProcEnd end;
    struct LFILinuxProc *p = lfi_proc_new(lx);
    struct LFILinuxThread *t = prepare(p, "3");
    lfi_proc_interrupt(p);
    check("a process that is interrupted before it runs",
          lfi_thread_run(t) == 128 + SIGKILL && lfi_proc_end(p, &end)
              && end.reason == LFI_ENDED_INTERRUPT && end.sig == SIGKILL && !end.fault);
    check("it cannot be run again", lfi_thread_run(t) == -1 && lfi_errno() == LFI_ERR_STATE);
    lfi_proc_interrupt(p);
    lfi_thread_free(t);
    check("limits after a program",
          !lfi_proc_set_limits(p, &(struct LFILimits){0}) && lfi_errno() == LFI_ERR_STATE);
    lfi_proc_free(p);
    p = lfi_proc_new(lx);
    t = prepare(p, "spin");
    pthread_t helper;
    pthread_create(&helper, NULL, interrupt_context, *lfi_thread_ctxp(t));
    check("a context of a process that is interrupted", lfi_thread_run(t) == 128 + SIGKILL
                                                            && lfi_proc_end(p, &end)
                                                            && end.reason == LFI_ENDED_INTERRUPT);
    pthread_join(helper, NULL);
    lfi_thread_free(t);
    lfi_proc_free(p);
    p = lfi_proc_new(lx);
    check("limits of one process",
          !lfi_proc_set_limits(p, &(struct LFILimits){.files = 2000}) && lfi_errno() == LFI_ERR_ARG
              && lfi_proc_set_limits(p, &(struct LFILimits){.memory = 4096})
              && !lfi_proc_load(p, (const uint8_t *)bytes, size, "x") && lfi_errno() == LFI_ERR_MMAP
              && strstr(lfi_errmsg(), "may not have more than 4096"));
    lfi_proc_free(p);
}

/* Descriptors 0, 1 and 2: processes share them; one whose host had another file there has that,
   and nothing keeps a file open that no process has.  */
static void standard_descriptors(struct LFILinuxEngine *lx)
{
    int before = count_entries("/proc/self/fd"), saved = dup(1), ends[2];
    bool tells = syscall(SYS_kcmp, getpid(), getpid(), 0, 1, saved) == 0;
    close(saved);
    struct LFILinuxProc *a = lfi_proc_new(lx);
    int one = count_entries("/proc/self/fd") - before;
    struct LFILinuxProc *b = lfi_proc_new(lx);
    int two = count_entries("/proc/self/fd") - before;
    check("a second process takes no descriptors", one == 3 && two == (tells ? 3 : 6));
    fflush(stdout);
    saved = dup(1);
    if (pipe(ends) != 0)
        exit(1);
    dup2(ends[1], 1);
    struct LFILinuxProc *c = lfi_proc_new(lx);
    const char *argv[] = {"embedded", "pipe", NULL};
    bool loaded = lfi_proc_load(c, (const uint8_t *)bytes, size, "embedded");
    struct LFILinuxThread *t = loaded ? lfi_thread_new(c, 2, argv, NULL) : NULL;
    dup2(saved, 1);
    close(saved);
    close(ends[1]);
    lfi_proc_free(a);
    a = lfi_proc_new(lx);
    lfi_thread_free(t);
    lfi_proc_free(c);
    char byte;
    fcntl(ends[0], F_SETFL, O_NONBLOCK);
    check("a freed process leaves no file open", t && read(ends[0], &byte, 1) == 0);
    close(ends[0]);
    lfi_proc_free(a);
    lfi_proc_free(b);
    check("no process has no descriptors", count_entries("/proc/self/fd") == before);
}

int main(int argc, char **argv)
{
    int rounds = argc > 2 ? atoi(argv[2]) : 1000;
    if (argc < 2)
        return 2;
    /* Memory pools of threads come and go as they like, unless there is one.  */
    mallopt(M_ARENA_MAX, 1);
    program = argv[1];
    read_program();
    struct LFIEngine *engine = lfi_new((struct LFIOptions){0}, 4);
    if (!engine) {
        printf("FAIL: lfi_new: %s\n", lfi_errmsg());
        return 1;
    }
    refusals(engine);
    struct LFILinuxEngine *lx = lfi_linux_new(engine, (struct LFILinuxOptions){0});
    check("an engine", lx != NULL);
    files(lx);
    one_process(lx);
    standard_descriptors(lx);
    neighbours();
    endings(lx);
    interrupts(lx);

    for (int i = 0; i < 5; i++)
        run(lx, "threads");
    int tasks = count_entries("/proc/self/task");
    int fds = count_entries("/proc/self/fd"), maps = count_lines("/proc/self/maps"), bad = 0;
    long before = blocks;
    for (int i = 0; i < rounds; i++)
        bad += run(lx, i % 3 ? "6" : "threads") != (i % 3 ? 6 : 11);
    check("many processes one after the other", bad == 0);
    check("no descriptor is lost", count_entries("/proc/self/fd") == fds);
    check("no mapping is lost", count_lines("/proc/self/maps") <= maps + 10);
    /* What the C library keeps with the stacks of threads: less than one block per process.  */
    check("no memory is lost", blocks <= before + 20);
    pthread_t t[3];
    void *failed[3];
    for (int i = 0; i < 3; i++)
        pthread_create(&t[i], NULL, run_many, lx);
    for (int i = 0; i < 3; i++)
        pthread_join(t[i], &failed[i]);
    check("processes side by side", !failed[0] && !failed[1] && !failed[2]);
    /* A thread that has left its process may still be on its way out.  */
    for (int i = 0; i < 100 && count_entries("/proc/self/task") > tasks; i++)
        usleep(10000);
    check("no thread is left", count_entries("/proc/self/task") <= tasks);
    lfi_linux_free(lx);

    lx = lfi_linux_new(
        engine,
        (struct LFILinuxOptions){.exit_unknown_syscalls = true, .verbose = true, .log = take_line});
    check("exit_unknown_syscalls", run(lx, "unknown") == 128 + SIGSYS);
    check("log gets lines", strstr(last_line, "system call 4242 is not supported"));
    lfi_linux_free(lx);
    lx = lfi_linux_new(engine, (struct LFILinuxOptions){.brk_control = true, .brk_size = 0});
    check("brk_control without brk", run(lx, "brk") == 0);
    lfi_linux_free(lx);
    lx = lfi_linux_new(engine, (struct LFILinuxOptions){.brk_size = 1 << 20});
    check("brk_size", run(lx, "brk") == 1);
    lfi_linux_free(lx);
    lfi_free(engine);
    free(bytes);
    printf("DONE\n");
    return 0;
}
