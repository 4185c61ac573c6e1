/* What the command-line tools share: messages, memory, whole files.
   SPDX-License-Identifier: Apache-2.0  */
#include "config.h"

#include "common/tool.h"

#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

const char *tool_name = "lfi";

#if defined(__SANITIZE_ADDRESS__)
#define TOOL_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define TOOL_ASAN 1
#endif
#endif
#ifdef TOOL_ASAN
/* --enable-sanitizers: tools end with what they allocated, and that is no error.  */
const char *__lsan_default_options(void);
const char *__lsan_default_options(void)
{
    return "detect_leaks=0";
}
#endif

/* Names from hostile files must not reach a terminal as escapes.  */
static void put_escaped(const char *s)
{
    for (; *s; s++) {
        unsigned char c = (unsigned char)*s;
        if ((c < 0x20 && c != '\n' && c != '\t') || c == 0x7f)
            fprintf(stderr, "\\x%02x", c);
        else
            putc(c, stderr);
    }
}

static __attribute__((format(printf, 1, 0))) void vmessage(const char *fmt, va_list ap)
{
    char buf[4096];
    int n = vsnprintf(buf, sizeof buf, fmt, ap);
    fprintf(stderr, "%s: ", tool_name);
    put_escaped(n < 0 ? fmt : buf);
}

void tool_warn(const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    flockfile(stderr); /* threads of a program in a box have lines of their own */
    vmessage(fmt, ap);
    putc('\n', stderr);
    funlockfile(stderr);
    va_end(ap);
}

void tool_fail(const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    vmessage(fmt, ap);
    va_end(ap);
    putc('\n', stderr);
    exit(1);
}

void tool_usage(const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    vmessage(fmt, ap);
    va_end(ap);
    fprintf(stderr, "; try '%s --help'\n", tool_name);
    exit(2);
}

static _Noreturn void finish_stdout(void)
{
    if (fflush(stdout) != 0 || ferror(stdout))
        tool_fail("standard output: %s", strerror(errno));
    exit(0);
}

void tool_help(const char *text)
{
    fputs(text, stdout);
    finish_stdout();
}

void tool_version(void)
{
    printf("%s (lfi) %s\n", tool_name, PACKAGE_VERSION);
    finish_stdout();
}

void *tool_alloc(size_t size)
{
    void *p = calloc(1, size ? size : 1);
    if (!p)
        tool_fail("out of memory");
    return p;
}

void *tool_realloc(void *p, size_t size)
{
    p = realloc(p, size ? size : 1);
    if (!p)
        tool_fail("out of memory");
    return p;
}

char *tool_strdup(const char *s)
{
    char *p = strdup(s);
    if (!p)
        tool_fail("out of memory");
    return p;
}

char *tool_printf(const char *fmt, ...)
{
    va_list ap;
    char *s;
    va_start(ap, fmt);
    if (vasprintf(&s, fmt, ap) < 0)
        tool_fail("out of memory");
    va_end(ap);
    return s;
}

char *tool_read_file(const char *path, size_t *size)
{
    FILE *f = strcmp(path, "-") == 0 ? stdin : fopen(path, "rb");
    if (!f)
        return NULL;
    struct stat st;
    size_t cap = 65536, len = 0;
    if (fstat(fileno(f), &st) == 0 && S_ISREG(st.st_mode) && st.st_size > 0)
        cap = (size_t)st.st_size + 2;
    char *buf = tool_alloc(cap);
    for (;;) {
        size_t n = fread(buf + len, 1, cap - len - 1, f);
        len += n;
        if (n == 0)
            break;
        if (cap - len < 2)
            buf = tool_realloc(buf, cap *= 2);
    }
    int err = ferror(f) ? (errno ? errno : EIO) : 0;
    if (f != stdin)
        fclose(f);
    if (err) {
        free(buf);
        errno = err;
        return NULL;
    }
    buf[len] = 0;
    *size = len;
    return buf;
}

struct tool_output {
    FILE *stream;
    char *path; /* NULL where the stream is written directly */
    char *temp;
};

struct tool_output *tool_output_open(const char *path, FILE **stream)
{
    struct tool_output *out = tool_alloc(sizeof *out);
    struct stat st;
    bool exists = stat(path, &st) == 0;
    if (strcmp(path, "-") == 0) {
        out->stream = stdout;
    } else if (exists && !S_ISREG(st.st_mode)) {
        out->stream = fopen(path, "wb");
    } else {
        if (exists && access(path, W_OK) != 0) {
            free(out);
            return NULL;
        }
        out->path = tool_strdup(path);
        out->temp = tool_printf("%s.XXXXXX", path);
        int fd = mkstemp(out->temp);
        if (fd >= 0) {
            mode_t mask = umask(0);
            umask(mask);
            if (fchmod(fd, exists ? st.st_mode & 07777 : 0666 & ~mask) == 0)
                out->stream = fdopen(fd, "wb");
            if (!out->stream) {
                close(fd);
                unlink(out->temp);
            }
        }
    }
    if (!out->stream) {
        int err = errno;
        free(out->path);
        free(out->temp);
        free(out);
        errno = err;
        return NULL;
    }
    *stream = out->stream;
    return out;
}

static void release(struct tool_output *out)
{
    free(out->path);
    free(out->temp);
    free(out);
}

int tool_output_commit(struct tool_output *out)
{
    int err = 0;
    errno = 0;
    if (fflush(out->stream) != 0 || ferror(out->stream))
        err = errno ? errno : EIO;
    if (out->stream != stdout && fclose(out->stream) != 0 && !err)
        err = errno;
    if (out->path) {
        if (!err && rename(out->temp, out->path) != 0)
            err = errno;
        if (err)
            unlink(out->temp);
    }
    release(out);
    errno = err;
    return err ? -1 : 0;
}

void tool_output_discard(struct tool_output *out)
{
    if (out->stream != stdout)
        fclose(out->stream);
    if (out->path)
        unlink(out->temp);
    release(out);
}

const char *tool_prefix(void)
{
    static char prefix[PATH_MAX];
    if (prefix[0])
        return prefix;
    char path[PATH_MAX];
    ssize_t n = readlink("/proc/self/exe", path, sizeof path - 1);
    if (n <= 0)
        tool_fail("/proc/self/exe: %s", strerror(errno));
    path[n] = 0;
    for (char *slash; (slash = strrchr(path, '/')) && slash != path;) {
        *slash = 0;
        char *probe = tool_printf("%s/libexec/lfi", path);
        bool found = access(probe, F_OK) == 0;
        free(probe);
        if (found)
            return strcpy(prefix, path);
    }
    tool_fail("not inside an installation: no libexec/lfi above the executable; run 'make install'");
}
