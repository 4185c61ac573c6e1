/* ARCH-lfi-linux-musl-run: programs of this toolchain where a build wants to run them.
   SPDX-License-Identifier: Apache-2.0

   TRIPLE-run [OPTION of lfi-run]... PROGRAM [ARGUMENT]...
   TRIPLE-run --wrap FILE...

   The emulator of CMake, the exe_wrapper of Meson, the LOG_COMPILER of Automake.  The baseline's
   runs its programs as they are, under qemu-user where they are not the build machine's.  */
#include "config.h"

#include "common/tool.h"
#include "driver/driver.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

/* Where --wrap puts the program itself, beside what it leaves in its place.  */
static const char hidden[] = ".box";

/* The first bytes of a file; fewer if it is shorter.  */
static size_t head(const char *path, char *buf, size_t size)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? -1 : read(fd, buf, size);
    if (n < 0)
        tool_fail("%s: %s", path, strerror(errno));
    close(fd);
    return (size_t)n;
}

static bool starts_with(const char *path, const char *bytes)
{
    char buf[8];
    size_t n = strlen(bytes);
    return head(path, buf, n) == n && memcmp(buf, bytes, n) == 0;
}

static void wrap(const char *path)
{
    FILE *f;
    struct tool_output *out;
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
    if (starts_with(path, "#!"))
        return; /* wrapped already, or nothing that a box could run */
    if (!starts_with(path, "\177ELF"))
        tool_fail("%s: not a program", path);
    if (strchr(tool_prefix(), '\''))
        tool_fail("--wrap: the path of the installation has a quotation mark: %s", tool_prefix());
    char *dir = tool_printf("%.*s%s", (int)(name - path), path, hidden);
    char *moved = tool_printf("%s/%s", dir, name);
    if ((mkdir(dir, 0777) != 0 && errno != EEXIST) || rename(path, moved) != 0)
        tool_fail("%s: %s", moved, strerror(errno));
    out = tool_output_open(path, &f);
    int err = errno;
    if (out) {
        fprintf(f,
                "#!/bin/sh\np=$(readlink -f \"$0\")\nexec '%s/bin/%s' \"${p%%/*}/%s/${p##*/}\" "
                "\"$@\"\n",
                tool_prefix(), tool_name, hidden);
        err = tool_output_commit(out) == 0 && chmod(path, 0755) == 0 ? 0 : errno;
    }
    if (err) {
        rename(moved, path);
        tool_fail("%s: %s", path, strerror(err));
    }
}

/* The words of $LFI_RUN_FLAGS, behind the N arguments that there are.  */
static char **add_flags(char **args, size_t *n)
{
    const char *flags = getenv("LFI_RUN_FLAGS");
    char *copy = tool_strdup(flags ? flags : ""), *save;
    for (char *w = strtok_r(copy, " ", &save); w; w = strtok_r(NULL, " ", &save)) {
        args = tool_realloc(args, (*n + 1) * sizeof *args);
        args[(*n)++] = w;
    }
    return args;
}

/* A file in the current directory too, as emulators take it.  */
static char *path_of(const char *program)
{
    return strchr(program, '/') ? tool_strdup(program) : tool_printf("./%s", program);
}

/* A script is the build machine's: what it starts comes here again, or was wrapped.  */
static _Noreturn void run_here(char *path, char **argv)
{
    argv[0] = path;
    execv(path, argv);
    tool_fail("%s: %s", path, strerror(errno));
}

static _Noreturn void run_baseline(const struct Invocation *inv, char *path, char **argv,
                                   size_t argc)
{
    struct utsname host;
    if (uname(&host) == 0 && strcmp(host.machine, inv->arch) == 0)
        run_here(path, argv);
    char *qemu = tool_printf("qemu-%s", inv->arch);
    char **args = tool_alloc((argc + 2) * sizeof *args);
    memcpy(args + 1, argv, (argc + 1) * sizeof *args);
    args[1] = path;
    execute(qemu, args);
}

static _Noreturn void run_boxed(char **options, size_t noptions, char *path, char **argv,
                                size_t argc)
{
    size_t n = 0;
    char **args = tool_alloc(4 * sizeof *args);
    char *runner = tool_printf("%s/bin/lfi-run", tool_prefix());
    args[n++] = runner;
    args[n++] = tool_strdup("--env-all");
    args = add_flags(args, &n);
    args = tool_realloc(args, (n + noptions + argc + 2) * sizeof *args);
    memcpy(args + n, options, noptions * sizeof *args);
    n += noptions;
    args[n++] = tool_strdup("--");
    memcpy(args + n, argv, (argc + 1) * sizeof *args);
    args[n] = path;
    execute(runner, args);
}

void run_program(struct Invocation *inv, char **argv)
{
    char **options = ++argv;
    if (*argv && strcmp(*argv, "--wrap") == 0) {
        if (!*++argv)
            tool_fail("--wrap: no file given");
        for (; *argv; argv++)
            wrap(*argv);
        exit(0);
    }
    while (*argv && (*argv)[0] == '-' && strcmp(*argv, "--") != 0)
        argv++;
    size_t noptions = (size_t)(argv - options), argc = 0;
    if (*argv && strcmp(*argv, "--") == 0)
        argv++;
    if (!*argv)
        tool_fail(
            "no program given; usage: %s [--OPTION=VALUE of lfi-run]... PROGRAM [ARGUMENT]...",
            tool_name);
    while (argv[argc])
        argc++;
    char *path = path_of(argv[0]);
    if (starts_with(path, "#!"))
        run_here(path, argv);
    if (!inv->sandboxed)
        run_baseline(inv, path, argv, argc);
    run_boxed(options, noptions, path, argv, argc);
}
