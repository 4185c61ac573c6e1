/* System calls on paths.
   SPDX-License-Identifier: Apache-2.0

   Every path goes through where_resolve; what follows here names (w.dir, w.name) to host calls that
   do not follow links.  */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "liblfi/linux/linux.h"

static long answer(long result)
{
    return result < 0 ? -errno : result;
}

static mode_t masked(struct LFILinuxProc *p, uint64_t mode)
{
    return (mode_t)(mode & 01777 & ~(uint64_t)atomic_load(&p->umask));
}

/* The open file for a descriptor of the host, a directory of the tree if there is none.  */
static struct file *file_at(const struct where *w, int host, bool dir)
{
    struct file *f = file_new(host < 0 ? FILE_TREE : FILE_HOST, host);
    if (!f)
        return NULL;
    f->mount = w->kind == WHERE_HOST ? w->mount : NULL;
    f->dir = dir;
    f->fixed = w->kind != WHERE_HOST;
    f->path = dir ? strdup(w->path) : NULL;
    if (dir && !f->path) {
        file_drop(f);
        return NULL;
    }
    return f;
}

/* Opening.  */

/* What must not or need not be opened, decided before it is.  0: go on; -errno.  */
static long open_check(const struct where *w, int *flags, const struct stat *st, bool exists)
{
    bool tmpfile = (*flags & O_TMPFILE) == O_TMPFILE;
    if (w->want_dir && *flags & O_CREAT)
        return -EISDIR;
    if (w->want_dir && exists && !S_ISDIR(st->st_mode))
        return -ENOTDIR;
    if (!w->mount->ro || *flags & O_PATH)
        return 0;
    if (*flags & O_CREAT && !exists)
        return -EROFS;
    if (*flags & O_CREAT && *flags & O_EXCL)
        return -EEXIST;
    *flags &= ~O_CREAT;
    if (!exists)
        return -ENOENT;
    if (S_ISDIR(st->st_mode) && !tmpfile)
        return *flags & O_TRUNC ? -EISDIR : 0;
    return (*flags & O_ACCMODE) != O_RDONLY || *flags & O_TRUNC || tmpfile ? -EROFS : 0;
}

/* Opens an object of the host.  What it is is looked at before, so that no device is touched,
   and again afterwards, since the name can mean something else by then.  */
static long open_host(struct LFILinuxThread *t, const struct where *w, int flags, mode_t mode,
                      struct file **out)
{
    struct stat st;
    struct where emulated = {.kind = WHERE_DEVICE};
    bool exists = fstatat(w->dir, w->name, &st, AT_SYMLINK_NOFOLLOW) == 0;
    bool path_only = flags & O_PATH;
    if (exists && !path_only && device_of(&st) >= 0) {
        int fd = device_open((unsigned)device_of(&st), flags);
        *out = fd < 0 ? NULL : file_at(&emulated, fd, false);
        return fd < 0 ? fd : *out ? 0 : -ENOMEM;
    }
    if (exists && (S_ISCHR(st.st_mode) || S_ISBLK(st.st_mode)))
        return -EACCES;
    long err = open_check(w, &flags, &st, exists);
    if (err)
        return err;
    /* A FIFO waits for its other end.  */
    flags |= O_NOFOLLOW | O_CLOEXEC | O_NOCTTY;
    long result = path_only ? answer(openat(w->dir, w->name, flags))
                            : host_call(t, SYS_openat, w->dir, (long)w->name, flags, mode, 0, 0);
    int fd = (int)result;
    if (fd < 0)
        return fd;
    if (fstat(fd, &st) != 0 || forbidden_object(fd, &st, w->mount)) {
        close(fd);
        return -EACCES;
    }
    *out = file_at(w, fd, S_ISDIR(st.st_mode));
    return *out ? 0 : -ENOMEM;
}

/* Opens what /proc/self/fd/N means: the same open file again, if it can do what is asked for.  */
static long open_again(struct file *f, int flags, struct file **out)
{
    int have = f->kind == FILE_TREE ? O_RDONLY : fcntl(f->host, F_GETFL), want = flags & O_ACCMODE;
    if (flags & O_CREAT && flags & O_EXCL)
        return -EEXIST;
    if (flags & O_DIRECTORY && !f->dir)
        return -ENOTDIR;
    if (have < 0 || (have & O_PATH && !(flags & O_PATH)))
        return have < 0 ? -errno : -ELOOP;
    if (!(flags & O_PATH) && (have & O_ACCMODE) != O_RDWR && (have & O_ACCMODE) != want)
        return -EACCES;
    file_hold(f);
    *out = f;
    return 0;
}

static long open_where(struct LFILinuxThread *t, const struct where *w, int flags, mode_t mode,
                       struct file **out)
{
    bool write = (flags & O_ACCMODE) != O_RDONLY && !(flags & O_PATH);
    int fd;
    switch (w->kind) {
    case WHERE_HOST:
        return open_host(t, w, flags, mode, out);
    case WHERE_ABSENT:
        return flags & O_CREAT ? -EROFS : -ENOENT;
    case WHERE_LINK:
        return flags & O_CREAT && flags & O_EXCL ? -EEXIST : -ELOOP;
    case WHERE_FILE:
        return open_again(w->hold, flags, out);
    case WHERE_TREE:
        if ((flags & O_TMPFILE) == O_TMPFILE)
            return -EROFS;
        if (flags & O_CREAT)
            return flags & O_EXCL ? -EEXIST : -EISDIR;
        if (write)
            return -EISDIR;
        *out = file_at(w, -1, true);
        return *out ? 0 : -ENOMEM;
    case WHERE_DEVICE:
        if (flags & O_DIRECTORY)
            return -ENOTDIR;
        if (flags & O_CREAT && flags & O_EXCL)
            return -EEXIST;
        fd = device_open(w->device, flags);
        *out = fd < 0 ? NULL : file_at(w, fd, false);
        return fd < 0 ? fd : *out ? 0 : -ENOMEM;
    }
    return -ENOENT;
}

/* The thread is needed, and NULL otherwise, unless flags have O_PATH.  */
static long open_path(struct LFILinuxProc *p, struct LFILinuxThread *t, struct file *dir,
                      const char *path, int flags, mode_t mode, struct file **out)
{
    struct where w;
    bool link = flags & O_NOFOLLOW || (flags & O_CREAT && flags & O_EXCL);
    long err = -ELOOP;
    /* A name that became a link after it was looked at is looked at again.  */
    for (int tries = 0; tries < 3 && err == -ELOOP; tries++) {
        err = where_resolve(p, dir, path, link ? FOLLOW_SLASH : FOLLOW_LAST, &w);
        if (err)
            return err;
        err = open_where(t, &w, flags, mode, out);
        if (!err && w.kind != WHERE_FILE)
            (*out)->hidden = O_NOFOLLOW & ~flags;
        where_done(&w);
        if (link)
            break;
    }
    return err;
}

long sys_openat(struct call *c)
{
    uint32_t flags = (uint32_t)c->a[2].u;
    struct file *f = NULL;
    int host = open_flags_to_host(flags);
    if (flags & BOX_O_DIRECT && !(flags & BOX_O_PATH))
        return -EINVAL;
    if (host & O_TMPFILE & ~O_DIRECTORY && !(host & O_DIRECTORY) && !(host & O_PATH))
        return -EINVAL;
    if (host & O_PATH)
        host &= O_PATH | O_DIRECTORY | O_NOFOLLOW;
    long err = open_path(c->p, c->t, c->a[0].file, c->a[1].path, host, masked(c->p, c->a[3].u), &f);
    return err ? err : fd_add(c->p, f, 0, flags & BOX_O_CLOEXEC);
}

long sys_truncate(struct call *c)
{
    struct file *f;
    if (c->a[1].i < 0)
        return -EINVAL;
    long err = open_path(c->p, c->t, NULL, c->a[0].path, O_WRONLY | O_NONBLOCK, 0, &f);
    if (err)
        return err;
    err = answer(ftruncate(f->host, c->a[1].i));
    file_drop(f);
    return err;
}

/* Looking.  */

static bool empty_path(const struct call *c, const char *path, uint64_t flags)
{
    (void)c;
    return flags & BOX_AT_EMPTY_PATH && !*path;
}

/* Resolves (DIRFD, PATH) with flags; with AT_EMPTY_PATH and "" the file itself, which is
   returned in *self unless it is a directory.  */
static long look_at(struct call *c, uint64_t flags, struct where *w, struct file **self)
{
    struct file *dir = c->a[0].file;
    *self = NULL;
    if (!empty_path(c, c->a[1].path, flags))
        return where_resolve(c->p, dir, c->a[1].path,
                             flags & BOX_AT_SYMLINK_NOFOLLOW ? FOLLOW_SLASH : FOLLOW_LAST, w);
    if (!dir || dir->dir || dir == &bad_file)
        return where_file(c->p, dir, w);
    *self = dir;
    return 0;
}

long sys_newfstatat(struct call *c)
{
    struct where w;
    struct stat st;
    struct file *self;
    uint64_t flags = c->a[3].u;
    if (flags
        & ~(uint64_t)(BOX_AT_SYMLINK_NOFOLLOW | BOX_AT_NO_AUTOMOUNT | BOX_AT_EMPTY_PATH
                      | BOX_AT_STATX_SYNC_TYPE))
        return -EINVAL;
    long err = look_at(c, flags, &w, &self);
    if (err)
        return err;
    if (self) {
        err = answer(fstat(self->host, &st));
    } else {
        err = where_stat(&w, &st);
        where_done(&w);
    }
    if (!err)
        stat_to_box(c->a[2].ptr, &st);
    return err;
}

enum { STATX_BASIC = 0x7ff };

static void stat_to_statx(struct box_statx *b, const struct stat *st)
{
    b->mask = STATX_BASIC;
    b->blksize = (uint32_t)st->st_blksize;
    b->nlink = (uint32_t)st->st_nlink;
    b->uid = uid_to_box(st->st_uid);
    b->gid = gid_to_box(st->st_gid);
    b->mode = (uint16_t)st->st_mode;
    b->ino = st->st_ino;
    b->size = (uint64_t)st->st_size;
    b->blocks = (uint64_t)st->st_blocks;
    b->atime = (struct box_statx_timestamp){st->st_atim.tv_sec, (uint32_t)st->st_atim.tv_nsec, 0};
    b->ctime = (struct box_statx_timestamp){st->st_ctim.tv_sec, (uint32_t)st->st_ctim.tv_nsec, 0};
    b->mtime = (struct box_statx_timestamp){st->st_mtim.tv_sec, (uint32_t)st->st_mtim.tv_nsec, 0};
    b->rdev_major = major(st->st_rdev);
    b->rdev_minor = minor(st->st_rdev);
    b->dev_major = major(st->st_dev);
    b->dev_minor = minor(st->st_dev);
}

/* What only the host's statx knows: the time of birth and the attributes.  */
static void add_statx(struct box_statx *b, int dir, const char *name, int flags)
{
    struct statx x;
    if (statx(dir, name, flags | AT_SYMLINK_NOFOLLOW, STATX_BTIME, &x) != 0)
        return;
    b->attributes = x.stx_attributes;
    b->attributes_mask = x.stx_attributes_mask;
    if (x.stx_mask & STATX_BTIME) {
        b->mask |= STATX_BTIME;
        b->btime = (struct box_statx_timestamp){x.stx_btime.tv_sec, x.stx_btime.tv_nsec, 0};
    }
}

long sys_statx(struct call *c)
{
    struct where w;
    struct stat st;
    struct file *self;
    struct box_statx *b = c->a[4].ptr;
    uint64_t flags = c->a[2].u, known = BOX_AT_SYMLINK_NOFOLLOW | BOX_AT_NO_AUTOMOUNT
                                        | BOX_AT_EMPTY_PATH | BOX_AT_STATX_SYNC_TYPE;
    if (flags & ~known || (flags & BOX_AT_STATX_SYNC_TYPE) == BOX_AT_STATX_SYNC_TYPE
        || c->a[3].u & 0x80000000u)
        return -EINVAL;
    long err = look_at(c, flags, &w, &self);
    if (err)
        return err;
    err = self ? answer(fstat(self->host, &st)) : where_stat(&w, &st);
    if (!err) {
        stat_to_statx(b, &st);
        if (self)
            add_statx(b, self->host, "", AT_EMPTY_PATH);
        else if (w.kind == WHERE_HOST)
            add_statx(b, w.dir, w.name, 0);
    }
    if (!self)
        where_done(&w);
    return err;
}

static long access_at(struct call *c, int mode, uint64_t flags)
{
    struct where w;
    struct file *self;
    if (mode & ~(R_OK | W_OK | X_OK))
        return -EINVAL;
    long err = look_at(c, flags, &w, &self);
    if (err)
        return err;
    if (self)
        return answer(faccessat(self->host, "", mode, AT_EMPTY_PATH | AT_EACCESS));
    switch (w.kind) {
    case WHERE_ABSENT:
        err = -ENOENT;
        break;
    case WHERE_TREE:
        err = mode & W_OK ? -EROFS : 0;
        break;
    case WHERE_DEVICE:
        err = mode & X_OK ? -EACCES : 0;
        break;
    case WHERE_LINK:
    case WHERE_FILE:
        break;
    case WHERE_HOST:
        err = answer(faccessat(w.dir, w.name, mode, AT_SYMLINK_NOFOLLOW | AT_EACCESS));
        if (!err && mode & W_OK)
            err = where_writable(&w);
        if (!err && w.want_dir) {
            struct stat st;
            err = where_stat(&w, &st);
        }
    }
    where_done(&w);
    return err;
}

long sys_faccessat(struct call *c)
{
    return access_at(c, (int)c->a[2].u, 0);
}

long sys_faccessat2(struct call *c)
{
    uint64_t flags = c->a[3].u;
    if (flags & ~(uint64_t)(BOX_AT_EACCESS | BOX_AT_SYMLINK_NOFOLLOW | BOX_AT_EMPTY_PATH))
        return -EINVAL;
    return access_at(c, (int)c->a[2].u, flags);
}

/* What a link leads to goes to the box as far as there is room for it.  */
static long link_out(struct call *c, const char *target, size_t n)
{
    size_t room = (size_t)c->a[3].i;
    n = n < room ? n : room;
    long err = copy_out(c, c->raw[2], target, n);
    return err ? err : (long)n;
}

static long link_at(struct call *c, int dir, const char *name)
{
    char target[LX_PATH_MAX];
    ssize_t n = readlinkat(dir, name, target, sizeof target);
    return n < 0 ? -errno : link_out(c, target, (size_t)n);
}

long sys_readlinkat(struct call *c)
{
    struct where w;
    struct stat st;
    struct file *dir = c->a[0].file;
    const char *path = c->a[1].path;
    if (c->a[3].i <= 0)
        return -EINVAL;
    if (!*path && dir && dir != &bad_file && dir->kind == FILE_HOST && dir->mount)
        return link_at(c, dir->host, "");
    long err = where_resolve(c->p, dir, path, FOLLOW_SLASH, &w);
    if (err)
        return err;
    err = where_stat(&w, &st);
    if (!err && w.kind == WHERE_LINK) {
        char target[LX_PATH_MAX];
        err = where_link(c->p, &w, target);
        err = err ? err : link_out(c, target, strlen(target));
    } else if (!err) {
        err = w.kind == WHERE_HOST ? link_at(c, w.dir, w.name) : -EINVAL;
    }
    where_done(&w);
    return err;
}

/* Changing.  */

/* True for the directory that a mapping gives.  */
static bool is_mount(const struct where *w)
{
    return w->kind != WHERE_HOST || strcmp(w->path, w->mount->path) == 0;
}

/* Whether something that is no directory can be made there: 0 or -errno.  */
static long new_place(struct where *w)
{
    struct stat st;
    bool slash = w->want_dir;
    w->want_dir = false;
    if (w->dots || where_stat(w, &st) == 0)
        return -EEXIST;
    return slash ? -ENOENT : where_writable(w);
}

long sys_mkdirat(struct call *c)
{
    struct where w;
    struct stat st;
    long err = where_resolve(c->p, c->a[0].file, c->a[1].path, FOLLOW_NEVER, &w);
    if (err)
        return err;
    w.want_dir = false;
    if (where_stat(&w, &st) == 0)
        err = -EEXIST;
    else
        err = where_writable(&w);
    if (!err)
        err = answer(mkdirat(w.dir, w.name, masked(c->p, c->a[2].u)));
    where_done(&w);
    return err;
}

long sys_mknodat(struct call *c)
{
    struct where w;
    uint64_t type = c->a[2].u & BOX_S_IFMT;
    mode_t host = type == BOX_S_IFIFO ? S_IFIFO : S_IFREG;
    bool known = type == S_IFCHR || type == S_IFBLK || type == S_IFDIR || type == S_IFSOCK;
    if (type && type != BOX_S_IFREG && type != BOX_S_IFIFO)
        return known ? -EPERM : -EINVAL;
    long err = where_resolve(c->p, c->a[0].file, c->a[1].path, FOLLOW_NEVER, &w);
    if (err)
        return err;
    err = new_place(&w);
    if (!err)
        err = answer(mknodat(w.dir, w.name, host | masked(c->p, c->a[2].u), 0));
    where_done(&w);
    return err;
}

static long unlink_where(const struct where *w, bool rmdir)
{
    struct stat st;
    long err = where_stat(w, &st);
    if (err)
        return err;
    if (w->dots && rmdir)
        return w->dots == 1 ? -EINVAL : -ENOTEMPTY;
    if (w->kind != WHERE_DEVICE && w->kind != WHERE_LINK && is_mount(w))
        return rmdir ? -EBUSY : -EISDIR;
    err = where_writable(w);
    return err ? err : answer(unlinkat(w->dir, w->name, rmdir ? AT_REMOVEDIR : 0));
}

long sys_unlinkat(struct call *c)
{
    struct where w;
    if (c->a[2].u & ~(uint64_t)BOX_AT_REMOVEDIR)
        return -EINVAL;
    long err = where_resolve(c->p, c->a[0].file, c->a[1].path, FOLLOW_NEVER, &w);
    if (err)
        return err;
    err = unlink_where(&w, c->a[2].u & BOX_AT_REMOVEDIR);
    where_done(&w);
    return err;
}

/* 0 if both places lie in one mount that can be changed, and from exists.  */
static long two_places(const struct where *from, const struct where *to)
{
    struct stat st;
    if (from->dots || to->dots)
        return -EBUSY;
    long err = where_stat(from, &st);
    if (err)
        return err;
    if (to->want_dir && to->kind == WHERE_HOST && !is_mount(to) && !S_ISDIR(st.st_mode))
        return -ENOTDIR;
    if (from->kind != WHERE_HOST || is_mount(from))
        return -EBUSY;
    if (to->kind == WHERE_ABSENT)
        return -EROFS;
    if (to->kind != WHERE_HOST || is_mount(to))
        return -EBUSY;
    if (from->mount != to->mount)
        return -EXDEV;
    return where_writable(to);
}

static long rename_at(struct call *c, uint64_t flags)
{
    struct where from, to;
    long err = where_resolve(c->p, c->a[0].file, c->a[1].path, FOLLOW_NEVER, &from);
    if (err)
        return err;
    err = where_resolve(c->p, c->a[2].file, c->a[3].path, FOLLOW_NEVER, &to);
    if (!err) {
        err = two_places(&from, &to);
        if (!err && flags)
            err = answer(syscall(SYS_renameat2, from.dir, from.name, to.dir, to.name, flags));
        else if (!err)
            err = answer(renameat(from.dir, from.name, to.dir, to.name));
        where_done(&to);
    }
    where_done(&from);
    return err;
}

long sys_renameat(struct call *c)
{
    return rename_at(c, 0);
}

long sys_renameat2(struct call *c)
{
    enum { NOREPLACE = 1, EXCHANGE = 2 };
    uint64_t flags = c->a[4].u;
    if (flags & ~(uint64_t)(NOREPLACE | EXCHANGE) || flags == (NOREPLACE | EXCHANGE))
        return -EINVAL;
    return rename_at(c, flags);
}

/* The same for a link, which replaces nothing.  */
static long link_check(const struct where *from, struct where *to)
{
    struct stat st;
    bool slash = to->want_dir;
    long err = where_stat(from, &st);
    if (err)
        return err;
    to->want_dir = false;
    if (to->dots || where_stat(to, &(struct stat){0}) == 0)
        return -EEXIST;
    if (slash)
        return -ENOENT;
    if (from->kind == WHERE_HOST && S_ISDIR(st.st_mode))
        return -EPERM;
    err = two_places(from, to);
    /* A link to a device would outlive the checks of open in another mapping.  */
    return !err && (S_ISCHR(st.st_mode) || S_ISBLK(st.st_mode)) ? -EPERM : err;
}

long sys_linkat(struct call *c)
{
    struct where from, to;
    uint64_t flags = c->a[4].u;
    if (flags & ~(uint64_t)(BOX_AT_SYMLINK_FOLLOW | BOX_AT_EMPTY_PATH))
        return -EINVAL;
    long err = where_resolve(c->p, c->a[0].file, c->a[1].path,
                             flags & BOX_AT_SYMLINK_FOLLOW ? FOLLOW_LAST : FOLLOW_SLASH, &from);
    if (err)
        return err;
    err = where_resolve(c->p, c->a[2].file, c->a[3].path, FOLLOW_NEVER, &to);
    if (!err) {
        err = link_check(&from, &to);
        if (!err)
            err = answer(linkat(from.dir, from.name, to.dir, to.name, 0));
        where_done(&to);
    }
    where_done(&from);
    return err;
}

long sys_symlinkat(struct call *c)
{
    struct where w;
    if (!*c->a[0].path)
        return -ENOENT;
    long err = where_resolve(c->p, c->a[1].file, c->a[2].path, FOLLOW_NEVER, &w);
    if (err)
        return err;
    err = new_place(&w);
    if (!err)
        err = answer(symlinkat(c->a[0].path, w.dir, w.name));
    where_done(&w);
    return err;
}

/* Resolves (DIRFD, PATH) to something that exists and can be changed.  */
static long change_at(struct call *c, uint64_t flags, struct where *w, struct file **self)
{
    struct stat st;
    long err = look_at(c, flags, w, self);
    if (err)
        return err;
    if (*self) {
        struct file *f = *self;
        return f->mount && f->mount->ro ? -EROFS : f->fixed ? -EPERM : 0;
    }
    err = where_stat(w, &st);
    if (!err)
        err = where_writable(w);
    if (err)
        where_done(w);
    return err;
}

static long set_times(struct call *c, const struct timespec *ts)
{
    struct where w;
    struct file *self = c->a[0].file;
    uint64_t flags = c->a[3].u;
    long err;
    if (!c->a[1].path) {
        /* The file itself, by descriptor.  */
        if (flags)
            return -EINVAL;
        if (!self || self == &bad_file)
            return self ? -EBADF : -EFAULT;
        if (self->kind == FILE_TREE || (self->mount && self->mount->ro))
            return -EROFS;
        return self->fixed ? -EPERM : self->mount ? answer(futimens(self->host, ts)) : 0;
    }
    err = change_at(c, flags, &w, &self);
    if (err)
        return err;
    if (self)
        return self->mount ? answer(futimens(self->host, ts)) : 0;
    err = answer(utimensat(w.dir, w.name, ts, AT_SYMLINK_NOFOLLOW));
    where_done(&w);
    return err;
}

long sys_utimensat(struct call *c)
{
    const struct box_timespec2 *b = c->a[2].ptr;
    struct timespec ts[2];
    if (b) {
        ts[0] = time_to_host(&b->t[0]);
        ts[1] = time_to_host(&b->t[1]);
        /* UTIME_NOW and UTIME_OMIT are the same everywhere.  */
        if (ts[0].tv_nsec == UTIME_OMIT && ts[1].tv_nsec == UTIME_OMIT)
            return 0;
    }
    if (c->a[3].u & ~(uint64_t)(BOX_AT_SYMLINK_NOFOLLOW | BOX_AT_EMPTY_PATH))
        return -EINVAL;
    return set_times(c, b ? ts : NULL);
}

long sys_fchmodat(struct call *c)
{
    struct where w;
    struct file *self;
    long err = change_at(c, 0, &w, &self);
    if (err)
        return err;
    err = answer(fchmodat(w.dir, w.name, (mode_t)c->a[2].u & 01777, AT_SYMLINK_NOFOLLOW));
    where_done(&w);
    return err;
}

long sys_fchownat(struct call *c)
{
    struct where w;
    struct file *self;
    struct stat st;
    uint32_t uid = (uint32_t)c->a[2].i, gid = (uint32_t)c->a[3].i;
    if (c->a[4].u & ~(uint64_t)(BOX_AT_SYMLINK_NOFOLLOW | BOX_AT_EMPTY_PATH))
        return -EINVAL;
    long err = change_at(c, c->a[4].u, &w, &self);
    if (err)
        return err;
    if (self) {
        err = answer(fstat(self->host, &st));
    } else {
        err = where_stat(&w, &st);
        where_done(&w);
    }
    bool same = !err && (uid == UINT32_MAX || uid == uid_to_box(st.st_uid))
                && (gid == UINT32_MAX || gid == gid_to_box(st.st_gid));
    return err ? err : same ? 0 : -EPERM;
}

/* The working directory.  */

long sys_getcwd(struct call *c)
{
    char path[LX_PATH_MAX];
    long err = dir_path(c->p, NULL, path);
    if (err)
        return err;
    size_t n = strlen(path) + 1;
    if (n > c->a[1].u)
        return -ERANGE;
    err = copy_out(c, c->raw[0], path, n);
    return err ? err : (long)n;
}

static void set_cwd(struct LFILinuxProc *p, struct file *f)
{
    pthread_mutex_lock(&p->fs_lock);
    struct file *old = p->cwd;
    p->cwd = f;
    pthread_mutex_unlock(&p->fs_lock);
    if (old)
        file_drop(old);
}

static bool may_enter(const struct file *f)
{
    return f->kind == FILE_TREE || faccessat(f->host, ".", X_OK, AT_EACCESS) == 0;
}

long chdir_path(struct LFILinuxProc *p, const char *path)
{
    struct file *f;
    long err = open_path(p, NULL, NULL, path, O_PATH | O_DIRECTORY, 0, &f);
    if (err)
        return err;
    if (!may_enter(f)) {
        file_drop(f);
        return -EACCES;
    }
    set_cwd(p, f);
    return 0;
}

long sys_chdir(struct call *c)
{
    return chdir_path(c->p, c->a[0].path);
}

long sys_fchdir(struct call *c)
{
    struct file *f = c->a[0].file;
    if (!f->dir)
        return -ENOTDIR;
    if (!may_enter(f))
        return -EACCES;
    file_hold(f);
    set_cwd(c->p, f);
    return 0;
}

long sys_umask(struct call *c)
{
    return (long)atomic_exchange(&c->p->umask, (unsigned)c->a[0].u & 0777);
}
