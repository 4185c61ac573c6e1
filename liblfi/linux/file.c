/* System calls on open files.
   SPDX-License-Identifier: Apache-2.0  */
#include "config.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "liblfi/linux/linux.h"

static long answer(ssize_t result)
{
    return result < 0 ? -errno : (long)result;
}

void forget_sigpipe(void)
{
    sigset_t set;
    struct timespec now = {0, 0};
    sigemptyset(&set);
    sigaddset(&set, SIGPIPE);
    while (sigtimedwait(&set, NULL, &now) < 0 && errno == EINTR)
        ;
}

long written(struct call *c, long result)
{
    if (result != -EPIPE)
        return result;
    forget_sigpipe();
    signal_self(c, SIGPIPE);
    return -EPIPE;
}

/* The call on the first argument's file, with memory and offset.  */
static long transfer(struct call *c, long nr, const void *mem, size_t n, int64_t off)
{
    return host_call(c->t, nr, c->a[0].file->host, (long)mem, (long)n, off, 0, 0);
}

bool path_only(const struct file *f)
{
    return f->kind == FILE_HOST && fcntl(f->host, F_GETFL) & O_PATH;
}

/* The same for what is written, within the limit on output.  */
static long output(struct call *c, long nr, const void *mem, size_t n, int64_t off)
{
    struct file *f = c->a[0].file;
    uint64_t may = output_begin(c, f, n);
    long done = may || !n ? written(c, transfer(c, nr, mem, may, off)) : -EFBIG;
    return output_end(c, f, n, may, done);
}

/* Elements of the vector that hold that many bytes; the last one is cut.  */
static size_t cut_vector(struct iovec *v, size_t n, uint64_t bytes)
{
    size_t i = 0;
    for (; i < n && bytes > 0; i++) {
        v[i].iov_len = v[i].iov_len < bytes ? v[i].iov_len : bytes;
        bytes -= v[i].iov_len;
    }
    return i;
}

static long output_vector(struct call *c, long nr, int64_t off)
{
    struct file *f = c->a[0].file;
    uint64_t n = 0;
    for (size_t i = 0; i < c->len[1]; i++)
        n += c->a[1].iov[i].iov_len;
    uint64_t may = output_begin(c, f, n);
    size_t count = may < n ? cut_vector(c->a[1].iov, c->len[1], may) : c->len[1];
    long done = may || !n ? written(c, transfer(c, nr, c->a[1].iov, count, off)) : -EFBIG;
    return output_end(c, f, n, may, done);
}

static long not_readable(const struct file *f)
{
    return f->kind == FILE_HOST ? 0 : -EISDIR;
}

static long not_writable(const struct file *f)
{
    return f->kind == FILE_HOST ? 0 : -EBADF;
}

long sys_read(struct call *c)
{
    struct file *f = c->a[0].file;
    long err = not_readable(f);
    if (f->use == USE_SIGNAL)
        return signal_file_read(c, &(struct iovec){c->a[1].ptr, c->len[1]}, 1);
    return err ? err : transfer(c, SYS_read, c->a[1].ptr, c->len[1], 0);
}

long sys_write(struct call *c)
{
    struct file *f = c->a[0].file;
    long err = not_writable(f);
    return err ? err : output(c, SYS_write, c->a[1].ptr, c->len[1], 0);
}

long sys_readv(struct call *c)
{
    struct file *f = c->a[0].file;
    long err = not_readable(f);
    if (f->use == USE_SIGNAL)
        return signal_file_read(c, c->a[1].iov, c->len[1]);
    return err ? err : transfer(c, SYS_readv, c->a[1].iov, c->len[1], 0);
}

long sys_writev(struct call *c)
{
    struct file *f = c->a[0].file;
    long err = not_writable(f);
    return err ? err : output_vector(c, SYS_writev, 0);
}

long sys_pread64(struct call *c)
{
    struct file *f = c->a[0].file;
    long err = not_readable(f);
    return err ? err : transfer(c, SYS_pread64, c->a[1].ptr, c->len[1], c->a[3].i);
}

long sys_pwrite64(struct call *c)
{
    struct file *f = c->a[0].file;
    long err = not_writable(f);
    return err ? err : output(c, SYS_pwrite64, c->a[1].ptr, c->len[1], c->a[3].i);
}

long sys_preadv(struct call *c)
{
    struct file *f = c->a[0].file;
    long err = not_readable(f);
    return err ? err : transfer(c, SYS_preadv, c->a[1].iov, c->len[1], c->a[3].i);
}

long sys_pwritev(struct call *c)
{
    struct file *f = c->a[0].file;
    long err = not_writable(f);
    return err ? err : output_vector(c, SYS_pwritev, c->a[3].i);
}

long sys_lseek(struct call *c)
{
    struct file *f = c->a[0].file;
    if (f->kind == FILE_HOST)
        return answer(lseek(f->host, c->a[1].i, (int)c->a[2].i));
    if (c->a[2].i == SEEK_SET && c->a[1].i >= 0)
        atomic_store(&f->pos, (unsigned long long)c->a[1].i);
    else if (c->a[2].i != SEEK_CUR || c->a[1].i != 0)
        return -EINVAL;
    return (long)atomic_load(&f->pos);
}

long sys_close(struct call *c)
{
    return fd_close(c->p, (int)c->a[0].i);
}

long sys_close_range(struct call *c)
{
    uint64_t first = c->a[0].u, last = c->a[1].u;
    enum { UNSHARE = 2, CLOEXEC = 4 };
    if (first > last || c->a[2].u & ~(uint64_t)(UNSHARE | CLOEXEC))
        return -EINVAL;
    for (uint64_t fd = first; fd <= last && fd < LX_MAX_FDS; fd++) {
        if (c->a[2].u & CLOEXEC)
            fd_flags(c->p, (int)fd, BOX_FD_CLOEXEC);
        else
            fd_close(c->p, (int)fd);
    }
    return 0;
}

long sys_dup(struct call *c)
{
    file_hold(c->a[0].file);
    return fd_add(c->p, c->a[0].file, 0, false);
}

long sys_dup3(struct call *c)
{
    int fd = (int)c->a[1].i;
    if (c->a[2].u & ~(uint64_t)BOX_O_CLOEXEC || (int)c->raw[0] == fd)
        return -EINVAL;
    file_hold(c->a[0].file);
    return fd_install(c->p, c->a[0].file, fd, c->a[2].u & BOX_O_CLOEXEC);
}

static int lock_command(int cmd)
{
    switch (cmd) {
    case BOX_F_GETLK:
        return F_GETLK;
    case BOX_F_SETLK:
        return F_SETLK;
    case BOX_F_SETLKW:
        return F_SETLKW;
    case BOX_F_OFD_GETLK:
        return F_OFD_GETLK;
    case BOX_F_OFD_SETLK:
        return F_OFD_SETLK;
    }
    return F_OFD_SETLKW;
}

/* Record locks are those of the host's process.  */
static long file_lock(struct call *c, struct file *f, int cmd)
{
    bool get = cmd == BOX_F_GETLK || cmd == BOX_F_OFD_GETLK;
    bool ofd = cmd >= BOX_F_OFD_GETLK;
    struct box_flock b;
    if (f->kind != FILE_HOST)
        return -EBADF;
    if (copy_in(c, &b, c->raw[2], sizeof b) != 0)
        return -EFAULT;
    struct flock host = {.l_type = b.type,
                         .l_whence = b.whence,
                         .l_start = b.start,
                         .l_len = b.len,
                         .l_pid = ofd ? b.pid : 0};
    long err = host_call(c->t, SYS_fcntl, f->host, lock_command(cmd), (long)&host, 0, 0, 0);
    if (err || !get)
        return err;
    b.type = host.l_type;
    if (host.l_type != F_UNLCK) {
        b.whence = host.l_whence;
        b.start = host.l_start;
        b.len = host.l_len;
        b.pid = ofd ? -1 : 0;
    }
    return copy_out(c, c->raw[2], &b, sizeof b);
}

static long get_status_flags(const struct file *f)
{
    if (f->kind == FILE_TREE)
        return BOX_O_DIRECTORY | BOX_O_LARGEFILE;
    int flags = fcntl(f->host, F_GETFL);
    if (flags < 0)
        return -errno;
    uint32_t box = open_flags_to_box(flags & ~f->hidden);
    return f->use == USE_PLAIN ? box : box & ~(uint32_t)BOX_O_LARGEFILE; /* what open adds */
}

static long set_status_flags(const struct file *f, uint64_t arg)
{
    if (f->kind == FILE_TREE)
        return 0;
    int old = fcntl(f->host, F_GETFL), may = O_APPEND | O_NONBLOCK;
    if (old < 0)
        return -errno;
    int flags = (old & ~may) | (open_flags_to_host((uint32_t)arg) & may);
    return answer(fcntl(f->host, F_SETFL, flags));
}

static long file_control(struct call *c, struct file *f, int cmd)
{
    uint64_t arg = c->a[2].u;
    switch (cmd) {
    case BOX_F_DUPFD:
    case BOX_F_DUPFD_CLOEXEC:
        if ((int32_t)arg < 0 || (uint32_t)arg >= LX_MAX_FDS)
            return -EINVAL;
        file_hold(f);
        return fd_add(c->p, f, (int)arg, cmd == BOX_F_DUPFD_CLOEXEC);
    case BOX_F_GETFD:
        return fd_flags(c->p, (int)c->a[0].i, -1);
    case BOX_F_SETFD:
        return fd_flags(c->p, (int)c->a[0].i, arg & BOX_FD_CLOEXEC);
    case BOX_F_GETFL:
        return get_status_flags(f);
    case BOX_F_SETFL:
        return set_status_flags(f, arg);
    case BOX_F_GETLK:
    case BOX_F_SETLK:
    case BOX_F_SETLKW:
    case BOX_F_OFD_GETLK:
    case BOX_F_OFD_SETLK:
    case BOX_F_OFD_SETLKW:
        return file_lock(c, f, cmd);
    case BOX_F_ADD_SEALS:
        return memory_file_seal(f, (uint32_t)arg);
    case BOX_F_GET_SEALS:
        return memory_file_seals(f);
    case BOX_F_GETPIPE_SZ:
        return f->kind != FILE_HOST ? -EBADF : answer(fcntl(f->host, F_GETPIPE_SZ));
    case BOX_F_SETPIPE_SZ:
        if (f->kind != FILE_HOST)
            return -EBADF;
        /* A privileged host would be given more.  */
        return (uint32_t)arg > LX_PIPE_MAX ? -EPERM
                                           : answer(fcntl(f->host, F_SETPIPE_SZ, (int)arg));
    }
    return -EINVAL;
}

long sys_fcntl(struct call *c)
{
    struct file *f = fd_get(c->p, (int)c->a[0].i);
    if (!f)
        return -EBADF;
    long result = file_control(c, f, (int)c->a[1].i);
    file_drop(f);
    return result;
}

static long get_termios(struct call *c, int fd)
{
    struct termios t;
    struct box_termios b = {0};
    if (tcgetattr(fd, &t) != 0)
        return -errno;
    b.iflag = t.c_iflag;
    b.oflag = t.c_oflag;
    b.cflag = t.c_cflag;
    b.lflag = t.c_lflag;
    b.line = t.c_line;
    memcpy(b.cc, t.c_cc, sizeof b.cc);
    return copy_out(c, c->raw[2], &b, sizeof b);
}

/* The line discipline stays what it is.  */
static long set_termios(struct call *c, int fd, int when)
{
    struct termios t;
    struct box_termios b;
    if (tcgetattr(fd, &t) != 0)
        return -errno;
    if (copy_in(c, &b, c->raw[2], sizeof b) != 0)
        return -EFAULT;
    /* What waits for output waits here, where it can be interrupted.  */
    long err = when == TCSANOW ? 0 : host_call(c->t, SYS_ioctl, fd, TCSBRK, 1, 0, 0, 0);
    if (err)
        return err;
    t.c_iflag = b.iflag;
    t.c_oflag = b.oflag;
    t.c_cflag = b.cflag;
    t.c_lflag = b.lflag;
    memcpy(t.c_cc, b.cc, sizeof b.cc);
    return answer(tcsetattr(fd, when, &t));
}

/* The box's group is in the foreground when the host's is.  */
static long get_foreground(struct call *c, int fd)
{
    pid_t group = tcgetpgrp(fd);
    if (group < 0)
        return -errno;
    int32_t b = group == getpgrp() ? c->p->pid : BOX_INIT_PID;
    return copy_out(c, c->raw[2], &b, sizeof b);
}

static long get_winsize(struct call *c, int fd)
{
    struct winsize w;
    if (ioctl(fd, TIOCGWINSZ, &w) != 0)
        return -errno;
    struct box_winsize b = {w.ws_row, w.ws_col, w.ws_xpixel, w.ws_ypixel};
    return copy_out(c, c->raw[2], &b, sizeof b);
}

static long get_available(struct call *c, int fd)
{
    int n;
    if (ioctl(fd, FIONREAD, &n) != 0)
        return -errno;
    int32_t b = n;
    return copy_out(c, c->raw[2], &b, sizeof b);
}

static long set_nonblock(struct call *c, const struct file *f)
{
    int32_t on;
    if (copy_in(c, &on, c->raw[2], sizeof on) != 0)
        return -EFAULT;
    long flags = get_status_flags(f);
    if (flags < 0)
        return flags;
    flags = on ? flags | BOX_O_NONBLOCK : flags & ~(long)BOX_O_NONBLOCK;
    return set_status_flags(f, (uint64_t)flags);
}

long sys_ioctl(struct call *c)
{
    struct file *f = c->a[0].file;
    uint64_t request = c->a[1].u;
    if (path_only(f))
        return -EBADF;
    if (request == BOX_FIOCLEX || request == BOX_FIONCLEX)
        return fd_flags(c->p, (int)c->raw[0], request == BOX_FIOCLEX);
    /* Newer kernels know requests of an epoll, which the host's is.  */
    if (f->kind != FILE_HOST || (f->use == USE_SIGNAL && request != BOX_FIONBIO))
        return -ENOTTY;
    switch (request) {
    case BOX_TCGETS:
        return get_termios(c, f->host);
    case BOX_TCSETS:
        return set_termios(c, f->host, TCSANOW);
    case BOX_TCSETSW:
        return set_termios(c, f->host, TCSADRAIN);
    case BOX_TCSETSF:
        return set_termios(c, f->host, TCSAFLUSH);
    case BOX_TCSBRK:
        return host_call(c->t, SYS_ioctl, f->host, TCSBRK, (int)c->a[2].u, 0, 0, 0);
    case BOX_TCXONC:
        return answer(tcflow(f->host, (int)c->a[2].u));
    case BOX_TCFLSH:
        return answer(tcflush(f->host, (int)c->a[2].u));
    case BOX_TIOCGPGRP:
        return get_foreground(c, f->host);
    case BOX_TIOCGWINSZ:
        return get_winsize(c, f->host);
    case BOX_FIONREAD:
        return get_available(c, f->host);
    case BOX_FIONBIO:
        return set_nonblock(c, f);
    }
    return -ENOTTY;
}

long sys_flock(struct call *c)
{
    struct file *f = c->a[0].file;
    return f->kind != FILE_HOST ? -EBADF
                                : host_call(c->t, SYS_flock, f->host, c->a[1].i, 0, 0, 0, 0);
}

long sys_fstat(struct call *c)
{
    struct file *f = c->a[0].file;
    struct stat st;
    if (f->kind == FILE_TREE)
        tree_stat(f->path, &st);
    else if (fstat(f->host, &st) != 0)
        return -errno;
    stat_to_box(c->a[1].ptr, &st);
    return 0;
}

static void statfs_to_box(struct box_statfs *b, const struct statfs *s)
{
    b->type = s->f_type;
    b->bsize = s->f_bsize;
    b->blocks = s->f_blocks;
    b->bfree = s->f_bfree;
    b->bavail = s->f_bavail;
    b->files = s->f_files;
    b->ffree = s->f_ffree;
    memcpy(b->fsid, &s->f_fsid, sizeof b->fsid);
    b->namelen = s->f_namelen;
    b->frsize = s->f_frsize;
    b->flags = s->f_flags;
}

static long statfs_of(int fd, struct box_statfs *b)
{
    struct statfs s = {
        .f_type = 0x01021994 /* tmpfs */, .f_bsize = 4096, .f_namelen = 255, .f_frsize = 4096};
    if (fd >= 0 && fstatfs(fd, &s) != 0)
        return -errno;
    statfs_to_box(b, &s);
    return 0;
}

long sys_fstatfs(struct call *c)
{
    return statfs_of(c->a[0].file->host, c->a[1].ptr);
}

long sys_statfs(struct call *c)
{
    struct where w;
    long err = where_resolve(c->p, NULL, c->a[0].path, FOLLOW_LAST, &w);
    if (err)
        return err;
    if (w.kind == WHERE_HOST) {
        int fd = where_path_fd(&w);
        err = fd < 0 ? fd : statfs_of(fd, c->a[1].ptr);
        if (fd >= 0)
            close(fd);
    } else {
        err = w.kind == WHERE_ABSENT ? -ENOENT : statfs_of(-1, c->a[1].ptr);
    }
    where_done(&w);
    return err;
}

long sys_ftruncate(struct call *c)
{
    struct file *f = c->a[0].file;
    return f->kind != FILE_HOST ? -EINVAL : answer(ftruncate(f->host, c->a[1].i));
}

long sys_fallocate(struct call *c)
{
    struct file *f = c->a[0].file;
    long err = not_writable(f);
    uint64_t n = c->a[3].i > 0 ? c->a[3].u : 0;
    if (err)
        return err;
    if (!output_reserve(c, f, n)) {
        if (f->use == USE_MEMORY)
            return -ENOSPC;
        proc_end_reason(c->p, c->t, LFI_ENDED_OUTPUT);
        return -EFBIG;
    }
    err = answer(fallocate(f->host, (int)c->a[1].u, c->a[2].i, c->a[3].i));
    output_end(c, f, n, n, err ? err : (long)n);
    return err;
}

long sys_fadvise64(struct call *c)
{
    struct file *f = c->a[0].file;
    if (f->kind != FILE_HOST)
        return 0;
    return -posix_fadvise(f->host, c->a[1].i, c->a[2].i, (int)c->a[3].i);
}

long sys_fsync(struct call *c)
{
    struct file *f = c->a[0].file;
    return f->kind != FILE_HOST ? 0 : answer(fsync(f->host));
}

long sys_fdatasync(struct call *c)
{
    struct file *f = c->a[0].file;
    return f->kind != FILE_HOST ? 0 : answer(fdatasync(f->host));
}

long sys_sync(struct call *c)
{
    (void)c;
    return 0;
}

long sys_syncfs(struct call *c)
{
    return path_only(c->a[0].file) ? -EBADF : 0;
}

long sys_sync_file_range(struct call *c)
{
    struct file *f = c->a[0].file;
    if (f->kind != FILE_HOST)
        return 0;
    return answer(sync_file_range(f->host, c->a[1].i, c->a[2].i, (unsigned)c->a[3].u));
}

long sys_readahead(struct call *c)
{
    struct file *f = c->a[0].file;
    if (f->kind != FILE_HOST)
        return -EINVAL;
    return answer(readahead(f->host, c->a[1].i, c->a[2].u));
}

long sys_fchmod(struct call *c)
{
    struct file *f = c->a[0].file;
    if (f->kind == FILE_TREE || (f->mount && f->mount->ro))
        return -EROFS;
    if (f->fixed)
        return -EPERM;
    if (!f->mount)
        return 0; /* nobody else sees it */
    return answer(fchmod(f->host, (mode_t)c->a[1].u & 01777));
}

long sys_fchown(struct call *c)
{
    struct file *f = c->a[0].file;
    struct stat st;
    if (f->kind == FILE_TREE || (f->mount && f->mount->ro))
        return -EROFS;
    if (path_only(f))
        return -EBADF;
    if (fstat(f->host, &st) != 0)
        return -errno;
    uint32_t uid = (uint32_t)c->a[1].i, gid = (uint32_t)c->a[2].i;
    bool same = (uid == UINT32_MAX || uid == uid_to_box(st.st_uid))
                && (gid == UINT32_MAX || gid == gid_to_box(st.st_gid));
    return same ? 0 : -EPERM;
}

struct file *own_file(int host, enum file_use use)
{
    struct file *f = file_new(FILE_HOST, host);
    if (f) {
        f->use = use;
        /* These have an inode that all processes share.  */
        f->fixed = use == USE_EPOLL || use == USE_EVENT || use == USE_TIMER || use == USE_SIGNAL;
    }
    return f;
}

long add_host(struct call *c, int host, enum file_use use, bool cloexec)
{
    return fd_add(c->p, own_file(host, use), 0, cloexec);
}

long add_pair(struct call *c, struct file *first, struct file *second, bool cloexec, int arg)
{
    struct box_fdpair *pair = c->a[arg].ptr;
    long a = fd_add(c->p, first, 0, cloexec), b = fd_add(c->p, second, 0, cloexec);
    *pair = (struct box_fdpair){{(int32_t)a, (int32_t)b}};
    if (a >= 0 && b >= 0 && copy_out(c, c->raw[arg], pair, sizeof *pair) == 0)
        return 0;
    if (a >= 0)
        fd_close(c->p, (int)a);
    if (b >= 0)
        fd_close(c->p, (int)b);
    return a < 0 ? a : b < 0 ? b : -EFAULT;
}

long sys_pipe2(struct call *c)
{
    uint32_t flags = (uint32_t)c->a[1].u;
    int host[2];
    if (flags & ~(uint32_t)(BOX_O_CLOEXEC | BOX_O_NONBLOCK))
        return -EINVAL;
    if (pipe2(host, O_CLOEXEC | (flags & BOX_O_NONBLOCK ? O_NONBLOCK : 0)) != 0)
        return -errno;
    return add_pair(c, own_file(host[0], USE_PLAIN), own_file(host[1], USE_PLAIN),
                    flags & BOX_O_CLOEXEC, 0);
}

long sys_sendfile(struct call *c)
{
    struct file *out = c->a[0].file, *in = c->a[1].file;
    struct box_offset *off = c->a[2].ptr;
    off_t at = off ? off->value : 0;
    size_t n = c->a[3].u < LX_RW_MAX ? c->a[3].u : LX_RW_MAX;
    if (out->kind != FILE_HOST)
        return -EBADF;
    if (in->kind != FILE_HOST || c->a[3].u > INT64_MAX)
        return -EINVAL;
    uint64_t may = output_begin(c, out, n);
    long done = may || !n ? host_call(c->t, SYS_sendfile, out->host, in->host, off ? (long)&at : 0,
                                      (long)may, 0, 0)
                          : -EFBIG;
    if (done >= 0 && off)
        off->value = at;
    return output_end(c, out, n, may, written(c, done));
}

long sys_copy_file_range(struct call *c)
{
    struct file *in = c->a[0].file, *out = c->a[2].file;
    struct box_offset *in_off = c->a[1].ptr, *out_off = c->a[3].ptr;
    if (in->kind != FILE_HOST || out->kind != FILE_HOST)
        return -EISDIR;
    off_t from = in_off ? in_off->value : 0, to = out_off ? out_off->value : 0;
    size_t n = c->a[4].u < LX_RW_MAX ? c->a[4].u : LX_RW_MAX;
    uint64_t may = output_begin(c, out, n);
    long done = -EFBIG;
    if (may || !n)
        done = host_call(c->t, SYS_copy_file_range, in->host, in_off ? (long)&from : 0, out->host,
                         out_off ? (long)&to : 0, (long)may, (unsigned)c->a[5].u);
    if (done >= 0 && in_off)
        in_off->value = from;
    if (done >= 0 && out_off)
        out_off->value = to;
    return output_end(c, out, n, may, done);
}

/* Waits for the box's descriptors; those that are not open are POLLNVAL.  */
static long poll_box(struct call *c, struct box_pollfd *box, size_t n, const struct timespec *limit)
{
    struct pollfd host[LX_MAX_FDS];
    struct file *files[LX_MAX_FDS];
    struct timespec left = {0, 0};
    long ready = 0;
    if (limit && (limit->tv_sec || limit->tv_nsec))
        left = call_left(call_deadline(c->t, limit));
    for (size_t i = 0; i < n; i++) {
        struct file *f = files[i] = box[i].fd < 0 ? NULL : fd_get(c->p, box[i].fd);
        host[i] = (struct pollfd){f ? f->host : -1, box[i].events, 0};
        box[i].revents = 0;
        if (box[i].fd >= 0 && !f)
            box[i].revents = POLLNVAL;
        else if (f && f->kind == FILE_TREE)
            box[i].revents = box[i].events & (POLLIN | POLLOUT | POLLRDNORM | POLLWRNORM);
        ready += box[i].revents != 0;
    }
    if (ready)
        left = (struct timespec){0, 0};
    long r =
        host_call(c->t, SYS_ppoll, (long)host, (long)n, ready || limit ? (long)&left : 0, 0, 0, 0);
    long err = r < 0 ? r : 0;
    for (size_t i = 0; i < n; i++) {
        if (!err && host[i].revents) {
            box[i].revents = host[i].revents;
            ready++;
        }
        if (files[i])
            file_drop(files[i]);
    }
    return err ? err : ready;
}

long mask_size(const void *mask, uint64_t size)
{
    return mask && size != sizeof(struct box_sigset) ? -EINVAL : 0;
}

long limit_of(const struct box_timespec *t, struct timespec *host)
{
    if (t && !time_valid(t))
        return -EINVAL;
    if (t)
        *host = time_to_host(t);
    return 0;
}

long sys_ppoll(struct call *c)
{
    struct timespec limit;
    long err = limit_of(c->a[2].ptr, &limit);
    if (!err)
        err = mask_size(c->a[3].ptr, c->a[4].u);
    if (err)
        return err;
    if (c->a[3].ptr)
        signal_wait_mask(c->t, ((struct box_sigset *)c->a[3].ptr)->bits);
    return poll_box(c, c->a[0].ptr, c->len[0], c->a[2].ptr ? &limit : NULL);
}

enum {
    SELECT_IN = POLLRDNORM | POLLRDBAND | POLLIN | POLLHUP | POLLERR,
    SELECT_OUT = POLLWRBAND | POLLWRNORM | POLLOUT | POLLERR,
    SELECT_EX = POLLPRI
};
static const int select_events[3] = {SELECT_IN, SELECT_OUT, SELECT_EX};

/* The last argument of pselect6 points to a pointer and a size.  */
static long select_mask(const struct call *c, struct box_sigset *mask, bool *given)
{
    const struct box_sigset_arg *arg = c->a[5].ptr;
    *given = arg && arg->set;
    if (!*given)
        return 0;
    long err = mask_size(arg, arg->size);
    return err ? err : copy_in(c, mask, arg->set, sizeof *mask);
}

static bool bit_of(const struct box_fdset *s, int fd)
{
    return s && s->bits[fd / 64] >> (fd % 64) & 1;
}

long sys_pselect6(struct call *c)
{
    struct box_pollfd list[LX_MAX_FDS];
    struct box_fdset *set[3] = {c->a[1].ptr, c->a[2].ptr, c->a[3].ptr};
    struct timespec limit;
    struct box_sigset mask;
    bool masked = false;
    size_t n = 0;
    int nfds = (int)c->a[0].i;
    long err = limit_of(c->a[4].ptr, &limit);
    if (!err)
        err = select_mask(c, &mask, &masked);
    if (err || nfds < 0)
        return err ? err : -EINVAL;
    if (masked)
        signal_wait_mask(c->t, mask.bits);
    for (int fd = 0; fd < nfds && fd < LX_MAX_FDS; fd++) {
        int events = 0;
        for (int k = 0; k < 3; k++)
            events |= bit_of(set[k], fd) ? select_events[k] & ~(POLLHUP | POLLERR) : 0;
        if (events)
            list[n++] = (struct box_pollfd){fd, (int16_t)events, 0};
    }
    long ready = poll_box(c, list, n, c->a[4].ptr ? &limit : NULL);
    if (ready < 0)
        return ready;
    struct box_fdset out[3] = {{{0}}, {{0}}, {{0}}};
    ready = 0;
    for (size_t i = 0; i < n; i++) {
        if (list[i].revents & POLLNVAL)
            return -EBADF;
        for (int k = 0; k < 3; k++)
            if (bit_of(set[k], list[i].fd) && list[i].revents & select_events[k]) {
                out[k].bits[list[i].fd / 64] |= UINT64_C(1) << (list[i].fd % 64);
                ready++;
            }
    }
    for (int k = 0; k < 3; k++)
        if (set[k])
            *set[k] = out[k];
    return ready;
}

/* Entries of a FILE_TREE directory, as many as fit.  */
static long tree_dents(struct call *c, struct file *f, size_t room)
{
    size_t used = 0;
    for (;;) {
        struct box_dirent d = {0};
        char rec[sizeof d + LX_NAME_MAX + 8] = {0}, name[LX_NAME_MAX + 1];
        unsigned char type;
        unsigned n = (unsigned)atomic_load(&f->pos), next = n;
        if (!tree_entry(c->p, f->path, &next, name, &type))
            return (long)used;
        size_t len = (BOX_DIRENT_NAME + strlen(name) + 1 + 7) & ~(size_t)7;
        if (len > room - used)
            return used ? (long)used : -EINVAL;
        d.ino = n + 1;
        d.off = next;
        d.reclen = (uint16_t)len;
        d.type = type;
        memcpy(rec, &d, BOX_DIRENT_NAME);
        memcpy(rec + BOX_DIRENT_NAME, name, strlen(name) + 1);
        if (copy_out(c, c->raw[1] + used, rec, len) != 0)
            return -EFAULT;
        atomic_store(&f->pos, next);
        used += len;
    }
}

long sys_getdents64(struct call *c)
{
    struct file *f = c->a[0].file;
    if (f->kind == FILE_TREE)
        return tree_dents(c, f, c->len[1]);
    if (!f->dir)
        return path_only(f) ? -EBADF : -ENOTDIR;
    return answer(syscall(SYS_getdents64, f->host, c->a[1].ptr, c->len[1]));
}
