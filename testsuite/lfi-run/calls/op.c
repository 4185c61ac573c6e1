/* Operations on paths, given as arguments and separated by ",": prints one line for each.
   SPDX-License-Identifier: Apache-2.0  */
#include "show.h"

static const char *answer(long r)
{
    static char text[20];
    if (r != -1)
        return "ok";
    switch (errno) {
    case ENOENT:
        return "ENOENT";
    case EACCES:
        return "EACCES";
    case EROFS:
        return "EROFS";
    case EXDEV:
        return "EXDEV";
    case ELOOP:
        return "ELOOP";
    case ENOTDIR:
        return "ENOTDIR";
    case EISDIR:
        return "EISDIR";
    case EPERM:
        return "EPERM";
    case EBUSY:
        return "EBUSY";
    case EEXIST:
        return "EEXIST";
    case EBADF:
        return "EBADF";
    case ENXIO:
        return "ENXIO";
    }
    snprintf(text, sizeof text, "errno %d", errno);
    return text;
}

static const char *cat_fd(int fd)
{
    static char buf[200];
    if (fd < 0)
        return answer(-1);
    ssize_t n = read(fd, buf, sizeof buf - 1);
    close(fd);
    if (n < 0)
        return answer(-1);
    buf[n] = 0;
    buf[strcspn(buf, "\n")] = 0;
    return buf;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static const char *ls(const char *path)
{
    static char out[4000];
    char *names[100];
    int n = 0;
    DIR *d = opendir(path);
    if (!d)
        return answer(-1);
    for (struct dirent *e; (e = readdir(d)) && n < 100;)
        names[n++] = strdup(e->d_name);
    closedir(d);
    qsort(names, (size_t)n, sizeof *names, by_name);
    out[0] = 0;
    for (int i = 0; i < n; i++) {
        strcat(out, i ? " " : "");
        strcat(out, names[i]);
    }
    return out;
}

static int held = -1; /* "hold DIR" */

static const char *run(char **a, int n)
{
    static char buf[5000];
    struct stat st;
    const char *op = a[0], *p = n > 1 ? a[1] : "", *q = n > 2 ? a[2] : "";
    ssize_t len;
#define IS(name) (strcmp(op, name) == 0)
    if (IS("cat"))
        return cat_fd(open(p, O_RDONLY));
    if (IS("ls"))
        return ls(p);
    if (IS("hold"))
        return answer(held = open(p, O_RDONLY | O_DIRECTORY));
    if (IS("catat"))
        return cat_fd(openat(held, p, O_RDONLY));
    if (IS("statat"))
        return answer(fstatat(held, p, &st, 0));
    if (IS("fchdir"))
        return answer(fchdir(held));
    if (IS("fdls"))
        return answer(syscall(SYS_getdents64, atoi(p), buf, sizeof buf));
    if (IS("fdcat"))
        return cat_fd(openat(atoi(p), q, O_RDONLY));
    if (IS("stat"))
        return answer(stat(p, &st));
    if (IS("lstat"))
        return answer(lstat(p, &st));
    if (IS("access"))
        return answer(access(p, W_OK));
    if (IS("write"))
        return answer(open(p, O_WRONLY));
    if (IS("rdwr"))
        return answer(open(p, O_RDWR));
    if (IS("trunc"))
        return answer(open(p, O_RDONLY | O_TRUNC));
    if (IS("create"))
        return answer(open(p, O_RDONLY | O_CREAT, 0600));
    if (IS("excl"))
        return answer(open(p, O_WRONLY | O_CREAT | O_EXCL, 0600));
    if (IS("tmpfile"))
        return answer(open(p, O_WRONLY | O_TMPFILE, 0600));
    if (IS("truncate"))
        return answer(truncate(p, 1));
    if (IS("mkdir"))
        return answer(mkdir(p, 0700));
    if (IS("rmdir"))
        return answer(rmdir(p));
    if (IS("rm"))
        return answer(unlink(p));
    if (IS("mv"))
        return answer(rename(p, q));
    if (IS("ln"))
        return answer(link(p, q));
    if (IS("symlink"))
        return answer(symlink(p, q));
    if (IS("chmod"))
        return answer(chmod(p, 0600));
    if (IS("fchmod"))
        return answer(fchmod(atoi(p), 0600));
    if (IS("fchmod-of"))
        return answer(fchmod(open(p, O_RDONLY), 0600));
    if (IS("touch"))
        return answer(utimensat(AT_FDCWD, p, NULL, 0));
    if (IS("ftouch-of"))
        return answer(futimens(open(p, O_RDONLY), NULL));
    if (IS("chown"))
        return answer(chown(p, 12345, -1));
    if (IS("cd"))
        return answer(chdir(p));
    if (IS("pwd"))
        return getcwd(buf, sizeof buf) ? buf : answer(-1);
    if (IS("readlink")) {
        len = readlink(p, buf, sizeof buf - 1);
        if (len < 0)
            return answer(-1);
        buf[len] = 0;
        return buf;
    }
    return "unknown operation";
}

int main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        int n = 0;
        while (i + n < argc && strcmp(argv[i + n], ",") != 0)
            n++;
        printf("%s", argv[i]);
        for (int k = 1; k < n; k++)
            printf(" %s", argv[i + k]);
        printf(": %s\n", run(argv + i, n));
        i += n;
    }
    return 0;
}
