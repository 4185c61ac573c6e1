/* Extended attributes of files: those of users can be read.
   SPDX-License-Identifier: Apache-2.0

   Others say what the host's system makes of a file, and are none of a box's business.  No call
   of the kernel takes a directory and a name, so a file that a path means is opened (O_PATH) and
   named by its descriptor.  */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "liblfi/linux/linux.h"

enum { LONGEST_NAME = 255, LONGEST_LIST = 65536 };
static const char user[] = "user.";

static bool is_user(const char *name)
{
    return strncmp(name, user, sizeof user - 1) == 0;
}

/* What is said of an attribute that a box does not see; 0 for one that it does.  */
static long name_check(const char *name)
{
    static const char *const others[] = {"security.", "system.", "trusted."};
    size_t n = strlen(name);
    if (n == 0 || n > LONGEST_NAME)
        return -ERANGE;
    if (is_user(name))
        return n == sizeof user - 1 ? -EINVAL : 0;
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        if (strncmp(name, others[i], strlen(others[i])) == 0)
            return -ENODATA;
    return -EOPNOTSUPP;
}

/* The name of an open file, for calls that take paths.  */
struct by_fd {
    char path[32];
    int fd;
};

/* Opens what the first argument means: 0, then close fd.  */
static long open_path_of(struct call *c, enum follow follow, struct by_fd *out)
{
    struct where w;
    struct stat st;
    long err = where_resolve(c->p, NULL, c->a[0].path, follow, &w);
    if (err)
        return err;
    err = where_stat(&w, &st);
    out->fd = -1;
    if (!err)
        err = out->fd = w.kind == WHERE_HOST ? where_path_fd(&w) : -ENODATA;
    where_done(&w);
    if (err < 0)
        return err;
    snprintf(out->path, sizeof out->path, "/proc/self/fd/%d", out->fd);
    return 0;
}

static long get(struct call *c, enum follow follow)
{
    struct by_fd f;
    long err = name_check(c->a[1].path);
    if (!err)
        err = open_path_of(c, follow, &f);
    if (err)
        return err;
    ssize_t n = getxattr(f.path, c->a[1].path, c->a[2].ptr, c->len[2]);
    err = n < 0 ? -errno : n;
    close(f.fd);
    return err;
}

long sys_getxattr(struct call *c)
{
    return get(c, FOLLOW_LAST);
}

long sys_lgetxattr(struct call *c)
{
    return get(c, FOLLOW_SLASH);
}

/* 0, or why a file has no attributes for the box: it must have been opened by path.  */
static long has_attributes(const struct file *f)
{
    return path_only(f) ? -EBADF : f->mount ? 0 : -ENODATA;
}

long sys_fgetxattr(struct call *c)
{
    const struct file *f = c->a[0].file;
    long err = name_check(c->a[1].path);
    if (!err)
        err = has_attributes(f);
    if (err)
        return err;
    ssize_t n = fgetxattr(f->host, c->a[1].path, c->a[2].ptr, c->len[2]);
    return n < 0 ? -errno : n;
}

/* Of the names in list, n bytes with their NULs, those that the box may see; as much of it.  */
static size_t keep_user(char *list, size_t n)
{
    size_t kept = 0;
    for (size_t at = 0, len; at < n; at += len) {
        len = strnlen(list + at, n - at - 1) + 1;
        if (is_user(list + at)) {
            memmove(list + kept, list + at, len);
            kept += len;
        }
    }
    return kept;
}

/* path: NULL for the descriptor.  */
static long list(struct call *c, const char *path, int fd)
{
    char *names = malloc(LONGEST_LIST);
    if (!names)
        return -ENOMEM;
    ssize_t n = path ? listxattr(path, names, LONGEST_LIST) : flistxattr(fd, names, LONGEST_LIST);
    long result = n < 0 ? -errno : 0;
    if (!result) {
        size_t kept = keep_user(names, (size_t)n), room = c->len[1];
        result = (long)kept;
        if (room && kept > room)
            result = -ERANGE;
        else if (room && copy_out(c, c->raw[1], names, kept) != 0)
            result = -EFAULT;
    }
    free(names);
    return result;
}

static long list_path(struct call *c, enum follow follow)
{
    struct by_fd f;
    long err = open_path_of(c, follow, &f);
    if (err)
        return err == -ENODATA ? 0 : err;
    err = list(c, f.path, -1);
    close(f.fd);
    return err;
}

long sys_listxattr(struct call *c)
{
    return list_path(c, FOLLOW_LAST);
}

long sys_llistxattr(struct call *c)
{
    return list_path(c, FOLLOW_SLASH);
}

long sys_flistxattr(struct call *c)
{
    long err = has_attributes(c->a[0].file);
    if (err)
        return err == -ENODATA ? 0 : err;
    return list(c, NULL, c->a[0].file->host);
}
