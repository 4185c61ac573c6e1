/* lfi-as: the assembler that the compiler driver finds.
   SPDX-License-Identifier: Apache-2.0

   Installed as libexec/lfi/ARCH/PROFILE/as, from which it knows what to do.  It takes
   every command line of the real assembler, rewrites the inputs in memory and gives the
   result to the real one on standard input.  */
#include "config.h"

#include "gas-wrapper/gaswrap.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/tool.h"

extern char **environ;

struct command {
    const struct LFIProfile *profile;
    char **args; /* for the real assembler, without the inputs */
    size_t nargs;
    const char **inputs;
    size_t ninputs;
    const char *output;
    struct {
        const char *name;
        int64_t value;
    } * defsyms;
    size_t ndefsyms;
    const char **includes;
    size_t nincludes;
    bool info_only; /* --help, --version: there is nothing to rewrite */
    bool text;      /* --lfi-text: what was rewritten is the output */
    const char *text_suffix;
};

/* Options of gas, common to all targets, whose argument is the next word.  */
static const char *const separate_argument[] = {
    "-o",
    "-I",
    "--defsym",
    "--MD",
    "--debug-prefix-map",
    "--listing-lhs-width",
    "--listing-lhs-width2",
    "--listing-rhs-width",
    "--listing-cont-lines",
    "-t",
    NULL,
};

/* Options of gas that would change the code that comes out of here, or read it otherwise than it
   was read here.  */
static const struct {
    enum LFIArch arch;
    const char *prefix;
    const char *advice;
} refused[] = {
    {LFI_ARCH_X86_64, "-madd-bnd-prefix", "no branch of a box has this prefix; leave it out"},
    {LFI_ARCH_X86_64, "-mlfence-before-", "it breaks the sandbox's branches; leave it out"},
    {LFI_ARCH_X86_64, "-msyntax=intel", "write '.intel_syntax noprefix' into the file instead"},
    {LFI_ARCH_X86_64, "-mnaked-reg", "write '.att_syntax noprefix' into the file instead"},
};

static bool listed(const char *word, const char *const *list)
{
    for (; list && *list; list++)
        if (strcmp(word, *list) == 0)
            return true;
    return false;
}

/* libexec/lfi/ARCH/PROFILE/as */
static void profile_of_path(const char *argv0, const char **arch, const char **profile)
{
    char *path = tool_strdup(argv0);
    char *dir = dirname(path);
    *profile = basename(tool_strdup(dir));
    *arch = basename(dirname(tool_strdup(dir)));
    if (!lfi_arch_find(*arch))
        *arch = *profile = NULL;
    free(path);
}

static void add_arg(struct command *c, char *arg)
{
    c->args = tool_realloc(c->args, (c->nargs + 2) * sizeof *c->args);
    c->args[c->nargs++] = arg;
    c->args[c->nargs] = NULL;
}

static void add_defsym(struct command *c, const char *text)
{
    const char *eq = strchr(text, '=');
    char *end;
    if (!eq)
        return; /* the assembler complains */
    int64_t value = (int64_t)strtoull(eq + 1, &end, 0);
    if (*end)
        return;
    char *name = tool_strdup(text);
    name[eq - text] = 0;
    c->defsyms = tool_realloc(c->defsyms, (c->ndefsyms + 1) * sizeof *c->defsyms);
    c->defsyms[c->ndefsyms].name = name;
    c->defsyms[c->ndefsyms++].value = value;
}

static void add_include(struct command *c, const char *dir)
{
    c->includes = tool_realloc(c->includes, (c->nincludes + 1) * sizeof *c->includes);
    c->includes[c->nincludes++] = dir;
}

static void take_option(struct command *c, char *arg, char *value)
{
    add_arg(c, arg);
    if (value)
        add_arg(c, value);
    if (strcmp(arg, "-o") == 0)
        c->output = value;
    else if (strncmp(arg, "-o", 2) == 0 && arg[2])
        c->output = arg + 2;
    else if (strncmp(arg, "-I", 2) == 0)
        add_include(c, value ? value : arg + 2);
    else if (strcmp(arg, "--defsym") == 0)
        add_defsym(c, value);
    else if (strncmp(arg, "--defsym=", 9) == 0)
        add_defsym(c, arg + 9);
    else if (strcmp(arg, "--help") == 0 || strcmp(arg, "--target-help") == 0
             || strcmp(arg, "--version") == 0)
        c->info_only = true;
}

static char **read_response_file(const char *path, size_t *n);

static void parse_args(struct command *c, char **args, size_t n, const char **arch,
                       const char **profile, int depth)
{
    for (size_t i = 0; i < n; i++) {
        char *arg = args[i];
        if (arg[0] == '@' && depth < 4) {
            size_t count;
            char **words = read_response_file(arg + 1, &count);
            if (words) {
                parse_args(c, words, count, arch, profile, depth + 1);
                free(words);
                continue;
            }
        }
        if (strncmp(arg, "--lfi-profile=", 14) == 0) {
            *profile = arg + 14;
        } else if (strncmp(arg, "--lfi-arch=", 11) == 0) {
            *arch = arg + 11;
        } else if (strcmp(arg, "--lfi-text") == 0 || strncmp(arg, "--lfi-text=", 11) == 0) {
            c->text = true;
            c->text_suffix = arg[10] ? arg + 11 : NULL;
        } else if (arg[0] != '-' || !arg[1] || strcmp(arg, "--") == 0) {
            if (strcmp(arg, "--") != 0 || !arg[1]) {
                c->inputs = tool_realloc(c->inputs, (c->ninputs + 1) * sizeof *c->inputs);
                c->inputs[c->ninputs++] = arg;
            }
        } else if (listed(arg, separate_argument)) {
            if (i + 1 == n)
                tool_fail("option '%s' needs an argument", arg);
            take_option(c, arg, args[++i]);
        } else {
            take_option(c, arg, NULL);
        }
    }
}

static void check_options(const struct command *c)
{
    for (size_t i = 1; i < c->nargs; i++)
        for (size_t k = 0; k < sizeof refused / sizeof *refused; k++)
            if (refused[k].arch == c->profile->arch
                && strncmp(c->args[i], refused[k].prefix, strlen(refused[k].prefix)) == 0)
                tool_fail("option '%s': %s", c->args[i], refused[k].advice);
}

/* The words of a response file, quoted as a shell would; NULL if it cannot be read.  */
static char **read_response_file(const char *path, size_t *n)
{
    size_t size;
    char *p = tool_read_file(path, &size), **words = NULL;
    *n = 0;
    if (!p)
        return NULL;
    words = tool_alloc((size / 2 + 2) * sizeof *words);
    while (*p) {
        p += strspn(p, " \t\r\n\f\v");
        if (!*p)
            break;
        char *to = words[(*n)++] = p;
        bool end = false;
        for (char quote = 0; *p && !end;) {
            char ch = *p++;
            if (ch == '\\' && *p)
                *to++ = *p++;
            else if (quote ? ch == quote : ch == '"' || ch == '\'')
                quote = quote ? 0 : ch;
            else if (!quote && strchr(" \t\r\n\f\v", ch))
                end = true;
            else
                *to++ = ch;
        }
        if (!*p && !end) {
            *to = 0;
            break;
        }
        *to = 0;
    }
    return words;
}

static bool same_file(const char *path, const struct stat *self)
{
    struct stat st;
    return stat(path, &st) == 0 && st.st_dev == self->st_dev && st.st_ino == self->st_ino;
}

/* The distribution's assembler: $LFI_REAL_AS, else on PATH, never this program.  */
static char *find_assembler(const char *name, const char *package)
{
    const char *chosen = getenv("LFI_REAL_AS"), *path = getenv("PATH");
    struct stat self;
    if (chosen && *chosen)
        return tool_strdup(chosen);
    if (stat("/proc/self/exe", &self) != 0)
        memset(&self, 0, sizeof self);
    char *dirs = tool_printf("%s:/usr/bin:/usr/local/bin", path ? path : "");
    for (char *save, *dir = strtok_r(dirs, ":", &save); dir; dir = strtok_r(NULL, ":", &save)) {
        char *file = tool_printf("%s/%s", dir, name);
        if (access(file, X_OK) == 0 && !same_file(file, &self)) {
            free(dirs);
            return file;
        }
        free(file);
    }
    tool_fail("%s is not on PATH (Debian: apt-get install %s)", name, package);
}

static void add_input(struct rewriter *r, const char *name)
{
    size_t size;
    bool standard = strcmp(name, "-") == 0;
    char *data = tool_read_file(name, &size);
    if (!data)
        tool_fail("%s: %s", standard ? "standard input" : name, strerror(errno));
    rewriter_add(r, standard ? "{standard input}" : name, data, size);
    free(data);
}

static struct rewriter *rewrite(const struct command *c)
{
    struct rewriter *r = rewriter_new(c->profile);
    if (!r)
        tool_fail("this version does not rewrite %s", lfi_arch_name(c->profile->arch));
    for (size_t i = 0; i < c->ndefsyms; i++)
        rewriter_define(r, c->defsyms[i].name, c->defsyms[i].value);
    for (size_t i = 0; i < c->nincludes; i++)
        rewriter_include(r, c->includes[i]);
    for (size_t i = 0; i < c->ninputs; i++)
        add_input(r, c->inputs[i]);
    if (c->ninputs == 0)
        add_input(r, "-");
    return rewriter_run(r) ? r : NULL;
}

/* The rewritten text as an open file.  */
static int temporary_text(struct rewriter *r)
{
    int fd = memfd_create("lfi-as", MFD_CLOEXEC);
    FILE *f = fd < 0 ? tmpfile() : fdopen(dup(fd), "w");
    if (!f)
        tool_fail("temporary file: %s", strerror(errno));
    if (fd < 0)
        fd = dup(fileno(f));
    rewriter_write(r, f, true);
    if (fflush(f) != 0 || ferror(f))
        tool_fail("temporary file: %s", strerror(errno));
    fclose(f);
    if (fd < 0 || lseek(fd, 0, SEEK_SET) < 0)
        tool_fail("temporary file: %s", strerror(errno));
    return fd;
}

/* Where the rewritten text goes: the output's name, with another suffix if that was asked for.  */
static const char *text_name(const struct command *c)
{
    const char *name = c->output ? c->output : "-", *dot = strrchr(name, '.');
    if (!c->text_suffix)
        return name;
    bool has_suffix = dot && !strchr(dot, '/');
    return tool_printf("%.*s%s", has_suffix ? (int)(dot - name) : (int)strlen(name), name, c->text_suffix);
}

/* Runs the real assembler with FD as its standard input; its exit status.  */
static int assemble(const struct command *c, const char *gas, int fd)
{
    posix_spawn_file_actions_t actions;
    pid_t pid;
    int status;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, fd, STDIN_FILENO);
    int err = posix_spawn(&pid, gas, &actions, NULL, c->args, environ);
    if (err)
        tool_fail("%s: %s", gas, strerror(err));
    posix_spawn_file_actions_destroy(&actions);
    while (waitpid(pid, &status, 0) < 0)
        if (errno != EINTR)
            tool_fail("%s: %s", gas, strerror(errno));
    if (WIFSIGNALED(status)) {
        tool_warn("%s was ended by signal %d", gas, WTERMSIG(status));
        return 128 + WTERMSIG(status);
    }
    return WEXITSTATUS(status);
}

static void remove_output(const struct command *c)
{
    const char *output = c->output ? c->output : "a.out";
    struct stat st;
    if (lstat(output, &st) == 0 && S_ISREG(st.st_mode))
        unlink(output);
}

int main(int argc, char **argv)
{
    const char *arch = NULL, *profile = NULL;
    struct command c = {0};
    tool_name = "lfi-as";
    profile_of_path(argv[0], &arch, &profile);
    add_arg(&c, argv[0]);
    parse_args(&c, argv + 1, (size_t)argc - 1, &arch, &profile, 0);
    if (!profile)
        tool_fail("no profile: run it as libexec/lfi/ARCH/PROFILE/as, or give --lfi-profile=NAME");
    enum LFIArch id = lfi_arch_find(arch ? arch : "aarch64");
    if (!id || !arch_find(id))
        tool_fail("unknown architecture '%s'", arch);
    c.profile = lfi_profile_find(id, profile);
    if (!c.profile)
        tool_fail("%s has no profile '%s'; see lfi-rewrite --help", lfi_arch_name(id), profile);
    check_options(&c);

    char *gas = find_assembler(arch_find(id)->gas, arch_find(id)->package);
    c.args[0] = gas;
    if (c.info_only)
        return assemble(&c, gas, open("/dev/null", O_RDONLY | O_CLOEXEC));
    struct rewriter *r = rewrite(&c);
    if (c.text && r) {
        rewriter_save(r, text_name(&c));
        return 0;
    }
    int status = r ? assemble(&c, gas, temporary_text(r)) : 1;
    if (status != 0)
        remove_output(&c);
    return status;
}
