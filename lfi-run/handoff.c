/* Hands a program of another architecture to that architecture's runner under qemu-user.
   SPDX-License-Identifier: Apache-2.0  */
#include "config.h"

#include "lfi-run/lfi-run.h"
#include "common/tool.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct {
    unsigned machine;
    const char *arch;
    const char *qemu;       /* name of the program */
    const char *configured; /* path that configure found; empty if none */
    const char *package;
} archs[] = {
    {EM_AARCH64, "aarch64", "qemu-aarch64", QEMU_AARCH64, "qemu-user"},
    {EM_X86_64, "x86_64", "qemu-x86_64", "", "qemu-user"},
};
enum { NARCHS = sizeof archs / sizeof archs[0] };

const char *program_arch(const char *path)
{
    unsigned char h[20];
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        tool_fail("%s: %s", path, strerror(errno));
    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
        tool_fail("%s: not a regular file", path);
    ssize_t n = pread(fd, h, sizeof h, 0);
    close(fd);
    if (n < 0)
        tool_fail("%s: %s", path, strerror(errno));
    if (n < (ssize_t)sizeof h || memcmp(h, ELFMAG, SELFMAG) != 0)
        tool_fail("%s: not an ELF program; compile it with ARCH-lfi-linux-musl-gcc", path);
    for (size_t i = 0; i < NARCHS; i++)
        if (h[EI_CLASS] == ELFCLASS64 && h[EI_DATA] == ELFDATA2LSB
            && (h[18] | h[19] << 8) == (int)archs[i].machine)
            return archs[i].arch;
    tool_fail("%s: an ELF file for a machine that LFI does not know", path);
}

/* The path of the first such program in PATH, or NULL.  */
static char *search_path(const char *name)
{
    const char *dirs = getenv("PATH");
    while (dirs && *dirs) {
        int len = (int)strcspn(dirs, ":");
        char *file = tool_printf("%.*s%s%s", len, dirs, len ? "/" : "./", name);
        if (access(file, X_OK) == 0)
            return file;
        free(file);
        dirs += len + (dirs[len] == ':');
    }
    return NULL;
}

static const char *find_qemu(size_t i)
{
    if (archs[i].configured[0] && access(archs[i].configured, X_OK) == 0)
        return archs[i].configured;
    const char *found = search_path(archs[i].qemu);
    if (!found) {
        char *name = tool_printf("%s-static", archs[i].qemu);
        found = search_path(name);
        free(name);
    }
    return found;
}

static char *runner_of(const char *arch)
{
    return tool_printf("%s/libexec/lfi/%s/lfi-run", tool_prefix(), arch);
}

const char *find_emulator(const char *arch, const char **why)
{
    size_t i = 0;
    while (strcmp(archs[i].arch, arch) != 0)
        i++;
    const char *qemu = find_qemu(i);
    char *runner = runner_of(arch);
    if (access(runner, X_OK) != 0) {
        *why = tool_printf("this installation has no runtime for %s programs: %s: %s", arch, runner,
                           strerror(errno));
        qemu = NULL;
    } else if (!qemu) {
        *why = tool_printf("%s programs run under %s here, which is missing (Debian: apt-get "
                           "install %s)",
                           arch, archs[i].qemu, archs[i].package);
    }
    free(runner);
    return qemu;
}

/* Splits at blanks; appends the words.  */
static size_t add_words(char **list, size_t n, char *words)
{
    char *save;
    for (char *w = strtok_r(words, " \t", &save); w; w = strtok_r(NULL, " \t", &save))
        list[n++] = w;
    return n;
}

void handoff(const char *arch, char **argv)
{
    size_t n = 0, argc = 0;
    const char *why, *qemu = find_emulator(arch, &why);
    char *runner = runner_of(arch);
    if (!qemu)
        tool_fail("%s", why);
    while (argv[argc])
        argc++;
    const char *flags = getenv("LFI_QEMU_FLAGS");
    char *words = tool_strdup(flags ? flags : "");
    char **list = tool_alloc((argc + strlen(words) + 4) * sizeof *list);
    list[n++] = tool_strdup(qemu);
    n = add_words(list, n, words);
    list[n++] = runner;
    for (size_t k = 1; k < argc; k++)
        list[n++] = argv[k];
    execv(list[0], list);
    tool_fail("%s: %s", list[0], strerror(errno));
}
