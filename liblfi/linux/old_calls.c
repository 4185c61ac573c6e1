/* System calls that newer architectures do not have any more: each is a case of another call.
   SPDX-License-Identifier: Apache-2.0

   The arguments were checked by the row of the old call; here they take the places that the
   other's handler expects.  */
#include "config.h"

#include <errno.h>
#include <string.h>
#include <time.h>

#include "liblfi/linux/linux.h"

/* The call without what was in the registers of arguments that it does not have.  */
static struct call plain(const struct call *c)
{
    struct call n = *c;
    for (int i = 0; i < 6; i++)
        if (c->row->arg[i].kind == ARG_NONE)
            n.raw[i] = 0;
    return n;
}

/* An argument of value 0 before the one at i: no file, which means the working directory.  */
static void insert(struct call *c, int i)
{
    for (int k = 5; k > i; k--) {
        c->raw[k] = c->raw[k - 1];
        c->a[k] = c->a[k - 1];
        c->len[k] = c->len[k - 1];
    }
    c->raw[i] = 0;
    c->a[i] = (union arg){.u = 0};
    c->len[i] = 0;
}

static struct call in_cwd(const struct call *c)
{
    struct call n = plain(c);
    insert(&n, 0);
    return n;
}

/* The same for calls with two paths.  */
static struct call both_in_cwd(const struct call *c)
{
    struct call n = in_cwd(c);
    insert(&n, 2);
    return n;
}

long sys_open(struct call *c)
{
    struct call n = in_cwd(c);
    return sys_openat(&n);
}

long sys_creat(struct call *c)
{
    struct call n = in_cwd(c);
    insert(&n, 2);
    n.a[2].u = BOX_O_CREAT | BOX_O_TRUNC | 1;
    return sys_openat(&n);
}

static long stat_as(const struct call *c, uint64_t flags)
{
    struct call n = in_cwd(c);
    n.a[3].u = flags;
    return sys_newfstatat(&n);
}

long sys_stat(struct call *c)
{
    return stat_as(c, 0);
}

long sys_lstat(struct call *c)
{
    return stat_as(c, BOX_AT_SYMLINK_NOFOLLOW);
}

long sys_access(struct call *c)
{
    struct call n = in_cwd(c);
    return sys_faccessat(&n);
}

long sys_readlink(struct call *c)
{
    struct call n = in_cwd(c);
    return sys_readlinkat(&n);
}

long sys_mkdir(struct call *c)
{
    struct call n = in_cwd(c);
    return sys_mkdirat(&n);
}

long sys_mknod(struct call *c)
{
    struct call n = in_cwd(c);
    return sys_mknodat(&n);
}

static long unlink_as(const struct call *c, uint64_t flags)
{
    struct call n = in_cwd(c);
    n.a[2].u = flags;
    return sys_unlinkat(&n);
}

long sys_unlink(struct call *c)
{
    return unlink_as(c, 0);
}

long sys_rmdir(struct call *c)
{
    return unlink_as(c, BOX_AT_REMOVEDIR);
}

long sys_rename(struct call *c)
{
    struct call n = both_in_cwd(c);
    return sys_renameat(&n);
}

long sys_link(struct call *c)
{
    struct call n = both_in_cwd(c);
    n.a[4].u = 0;
    return sys_linkat(&n);
}

long sys_symlink(struct call *c)
{
    struct call n = plain(c);
    insert(&n, 1);
    return sys_symlinkat(&n);
}

long sys_chmod(struct call *c)
{
    struct call n = in_cwd(c);
    return sys_fchmodat(&n);
}

static long chown_as(const struct call *c, uint64_t flags)
{
    struct call n = in_cwd(c);
    n.a[4].u = flags;
    return sys_fchownat(&n);
}

long sys_chown(struct call *c)
{
    return chown_as(c, 0);
}

long sys_lchown(struct call *c)
{
    return chown_as(c, BOX_AT_SYMLINK_NOFOLLOW);
}

long sys_pipe(struct call *c)
{
    struct call n = plain(c);
    return sys_pipe2(&n);
}

long sys_dup2(struct call *c)
{
    struct call n = plain(c);
    if ((int32_t)c->raw[0] == c->a[1].i)
        return c->a[1].i;
    n.a[2].u = 0;
    return sys_dup3(&n);
}

/* Waiting.  */

long sys_poll(struct call *c)
{
    struct call n = plain(c);
    int64_t ms = c->a[2].i;
    struct box_timespec limit = {ms / 1000, ms % 1000 * 1000000};
    n.a[2].ptr = ms < 0 ? NULL : &limit;
    return sys_ppoll(&n);
}

long sys_select(struct call *c)
{
    struct call n = plain(c);
    const struct box_timeval *tv = c->a[4].ptr;
    struct box_timespec limit;
    if (tv && (tv->sec < 0 || tv->usec < 0))
        return -EINVAL;
    if (tv)
        limit = (struct box_timespec){tv->sec + tv->usec / 1000000, tv->usec % 1000000 * 1000};
    n.a[4].ptr = tv ? &limit : NULL;
    return sys_pselect6(&n);
}

long sys_epoll_create(struct call *c)
{
    struct call n = plain(c);
    if (c->a[0].i <= 0)
        return -EINVAL;
    n.a[0].u = 0;
    return sys_epoll_create1(&n);
}

long sys_epoll_wait(struct call *c)
{
    struct call n = plain(c);
    return sys_epoll_pwait(&n);
}

long sys_eventfd(struct call *c)
{
    struct call n = plain(c);
    return sys_eventfd2(&n);
}

long sys_signalfd(struct call *c)
{
    struct call n = plain(c);
    n.a[3].u = 0;
    return sys_signalfd4(&n);
}

long sys_pause(struct call *c)
{
    struct call n = plain(c);
    n.a[0].ptr = n.a[2].ptr = NULL;
    n.len[0] = 0;
    return sys_ppoll(&n);
}

/* Times.  */

/* utimensat with times in microseconds.  */
static long set_times(struct call *n, const struct box_timeval2 *tv)
{
    struct box_timespec2 ts;
    for (int i = 0; tv && i < 2; i++) {
        if (tv->t[i].usec < 0 || tv->t[i].usec >= 1000000)
            return -EINVAL;
        ts.t[i] = (struct box_timespec){tv->t[i].sec, tv->t[i].usec * 1000};
    }
    n->a[2].ptr = tv ? &ts : NULL;
    n->a[3].u = 0;
    return sys_utimensat(n);
}

long sys_utimes(struct call *c)
{
    struct call n = in_cwd(c);
    return set_times(&n, c->a[1].ptr);
}

long sys_futimesat(struct call *c)
{
    struct call n = plain(c);
    return set_times(&n, c->a[2].ptr);
}

long sys_utime(struct call *c)
{
    struct call n = in_cwd(c);
    const struct box_utimbuf *b = c->a[1].ptr;
    struct box_timeval2 tv;
    if (b)
        tv = (struct box_timeval2){{{b->actime, 0}, {b->modtime, 0}}};
    return set_times(&n, b ? &tv : NULL);
}

long sys_time(struct call *c)
{
    struct box_offset *out = c->a[0].ptr;
    int64_t now = time(NULL);
    if (out)
        out->value = now;
    return now;
}

/* Directories: the name follows the length, the type is the last byte.  */

enum { OLD_NAME = 18 };

/* Converts a record of getdents64 in place; the old one is never longer.  */
static void old_dirent(unsigned char *rec)
{
    struct box_dirent d;
    memcpy(&d, rec, BOX_DIRENT_NAME);
    memmove(rec + OLD_NAME, rec + BOX_DIRENT_NAME, d.reclen - (size_t)BOX_DIRENT_NAME);
    rec[d.reclen - 1] = d.type;
}

long sys_getdents(struct call *c)
{
    unsigned char rec[BOX_DIRENT_NAME + LX_NAME_MAX + 8];
    long size = sys_getdents64(c);
    for (long at = 0; at < size;) {
        struct box_dirent d;
        /* What another thread of the box writes meanwhile is its own loss.  */
        if (copy_in(c, &d, c->raw[1] + (uint64_t)at, BOX_DIRENT_NAME) != 0)
            return -EFAULT;
        if (d.reclen <= BOX_DIRENT_NAME || d.reclen > sizeof rec || d.reclen > size - at
            || copy_in(c, rec, c->raw[1] + (uint64_t)at, d.reclen) != 0)
            return -EFAULT;
        memcpy(&rec[16], &d.reclen, sizeof d.reclen);
        old_dirent(rec);
        if (copy_out(c, c->raw[1] + (uint64_t)at, rec, d.reclen) != 0)
            return -EFAULT;
        at += d.reclen;
    }
    return size;
}

/* The thread pointer.  */

#if defined(__x86_64__)
long sys_arch_prctl(struct call *c)
{
    uint64_t tp = lfi_ctx_get_tp(c->t->ctx);
    switch (c->a[0].i) {
    case BOX_ARCH_SET_FS:
        lfi_ctx_set_tp(c->t->ctx, c->raw[1]);
        return 0;
    case BOX_ARCH_GET_FS:
        return copy_out(c, c->raw[1], &tp, sizeof tp);
    }
    return -EINVAL;
}
#endif
