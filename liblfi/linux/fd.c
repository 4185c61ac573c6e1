/* Open files and the numbers a box has for them.
   SPDX-License-Identifier: Apache-2.0

   A box never sees a number of the host.  Every call that uses a file holds a reference, so
   that another thread's close cannot turn the host's descriptor into another file.  */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/kcmp.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "liblfi/linux/linux.h"

struct file *file_new(enum file_kind kind, int host)
{
    struct file *f = calloc(1, sizeof *f);
    if (!f) {
        if (host >= 0)
            close(host);
        return NULL;
    }
    f->refs = 1;
    f->kind = kind;
    f->host = host;
    return f;
}

void file_hold(struct file *f)
{
    atomic_fetch_add(&f->refs, 1);
}

static void std_forget(struct LFILinuxEngine *lx, struct file *f)
{
    pthread_mutex_lock(&lx->std_lock);
    for (int fd = 0; fd <= 2; fd++)
        if (lx->std[fd] == f)
            lx->std[fd] = NULL;
    pthread_mutex_unlock(&lx->std_lock);
}

void file_drop(struct file *f)
{
    if (atomic_fetch_sub(&f->refs, 1) != 1)
        return;
    if (f->std)
        std_forget(f->std, f);
    if (f->use == USE_MEMORY)
        memory_file_forget(f);
    if (f->use == USE_SIGNAL)
        signal_file_forget(f);
    if (f->use == USE_EPOLL || atomic_load(&f->watched))
        watches_forget(f);
    if (f->host >= 0)
        close(f->host);
    free(f->path);
    free(f);
}

struct file *fd_get(struct LFILinuxProc *p, int fd)
{
    struct file *f = NULL;
    if (fd < 0 || fd >= LX_MAX_FDS)
        return NULL;
    pthread_mutex_lock(&p->fds.lock);
    f = p->fds.slot[fd].file;
    if (f)
        file_hold(f);
    pthread_mutex_unlock(&p->fds.lock);
    return f;
}

static int fd_limit(struct LFILinuxProc *p)
{
    pthread_mutex_lock(&p->lock);
    uint64_t n = p->rlimit[BOX_RLIMIT_NOFILE].cur;
    pthread_mutex_unlock(&p->lock);
    return n < LX_MAX_FDS ? (int)n : LX_MAX_FDS;
}

long fd_add(struct LFILinuxProc *p, struct file *f, int least, bool cloexec)
{
    int limit = fd_limit(p);
    if (!f)
        return -ENOMEM;
    pthread_mutex_lock(&p->fds.lock);
    for (int fd = least; fd < limit; fd++) {
        if (p->fds.slot[fd].file)
            continue;
        p->fds.slot[fd].file = f;
        p->fds.slot[fd].cloexec = cloexec;
        pthread_mutex_unlock(&p->fds.lock);
        return fd;
    }
    pthread_mutex_unlock(&p->fds.lock);
    file_drop(f);
    return -EMFILE;
}

long fd_install(struct LFILinuxProc *p, struct file *f, int fd, bool cloexec)
{
    if (fd < 0 || fd >= fd_limit(p)) {
        file_drop(f);
        return -EBADF;
    }
    pthread_mutex_lock(&p->fds.lock);
    struct file *old = p->fds.slot[fd].file;
    p->fds.slot[fd].file = f;
    p->fds.slot[fd].cloexec = cloexec;
    pthread_mutex_unlock(&p->fds.lock);
    if (old)
        file_drop(old);
    return fd;
}

long fd_close(struct LFILinuxProc *p, int fd)
{
    if (fd < 0 || fd >= LX_MAX_FDS)
        return -EBADF;
    pthread_mutex_lock(&p->fds.lock);
    struct file *old = p->fds.slot[fd].file;
    p->fds.slot[fd].file = NULL;
    pthread_mutex_unlock(&p->fds.lock);
    if (!old)
        return -EBADF;
    file_drop(old);
    return 0;
}

long fd_flags(struct LFILinuxProc *p, int fd, int set)
{
    long result = -EBADF;
    if (fd < 0 || fd >= LX_MAX_FDS)
        return -EBADF;
    pthread_mutex_lock(&p->fds.lock);
    if (p->fds.slot[fd].file) {
        result = p->fds.slot[fd].cloexec ? BOX_FD_CLOEXEC : 0;
        if (set >= 0) {
            p->fds.slot[fd].cloexec = set & BOX_FD_CLOEXEC;
            result = 0;
        }
    }
    pthread_mutex_unlock(&p->fds.lock);
    return result;
}

/* Whether both are one open file.  A kernel that does not tell costs descriptors, nothing else.  */
static bool same_file(int a, int b)
{
    pid_t self = getpid();
    return syscall(SYS_kcmp, self, self, KCMP_FILE, a, b) == 0;
}

/* A reference to a file that may just be losing its last one.  */
static bool try_hold(struct file *f)
{
    unsigned refs = atomic_load(&f->refs);
    while (refs && !atomic_compare_exchange_weak(&f->refs, &refs, refs + 1))
        ;
    return refs > 0;
}

/* The host's descriptor, with a reference; NULL if it is not open.  It is a duplicate, so that a
   box that closes its own leaves the host's; processes share it as long as the host has the same
   file there, so that thousands of them do not need thousands.  */
static struct file *std_file(struct LFILinuxEngine *lx, int fd)
{
    pthread_mutex_lock(&lx->std_lock);
    struct file *f = lx->std[fd];
    if (!f || !same_file(fd, f->host) || !try_hold(f)) {
        int host = fcntl(fd, F_DUPFD_CLOEXEC, 3);
        f = host < 0 ? NULL : file_new(FILE_HOST, host);
        if (f) {
            f->fixed = true;
            f->std = lx;
        }
        lx->std[fd] = f;
    }
    pthread_mutex_unlock(&lx->std_lock);
    return f;
}

/* 0, 1 and 2 of the host, as far as they are open.  They are not the start of any path.  */
static void open_std(struct LFILinuxProc *p)
{
    for (int fd = 0; fd <= 2; fd++)
        p->fds.slot[fd].file = std_file(p->lx, fd);
}

static void close_all(struct LFILinuxProc *p)
{
    for (int fd = 0; fd < LX_MAX_FDS; fd++) {
        if (p->fds.slot[fd].file)
            file_drop(p->fds.slot[fd].file);
        p->fds.slot[fd].file = NULL;
        p->fds.slot[fd].cloexec = false;
    }
}

void fds_init(struct LFILinuxProc *p)
{
    pthread_mutex_init(&p->fds.lock, NULL);
    open_std(p);
}

void fds_reset(struct LFILinuxProc *p)
{
    pthread_mutex_lock(&p->fds.lock);
    close_all(p);
    open_std(p);
    pthread_mutex_unlock(&p->fds.lock);
}

void fds_share(struct LFILinuxProc *to, struct LFILinuxProc *from)
{
    close_all(to);
    for (int fd = 0; fd < LX_MAX_FDS; fd++) {
        to->fds.slot[fd] = from->fds.slot[fd];
        if (to->fds.slot[fd].file)
            file_hold(to->fds.slot[fd].file);
    }
}

void fds_free(struct LFILinuxProc *p)
{
    close_all(p);
    pthread_mutex_destroy(&p->fds.lock);
}
