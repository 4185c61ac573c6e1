/* Files in memory.
   SPDX-License-Identifier: Apache-2.0

   What such a file takes is memory of the host that the core does not see, so it is counted here:
   what the kernel has given it, as it says after each call that writes, what such a call may still
   take while it is made, and what is or was mapped of it, which stores could fill at any time.  */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "liblfi/linux/linux.h"

enum {
    LONGEST_NAME = 249, /* as the kernel has it */
    KNOWN_SEALS = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | 0x10 /* FUTURE_WRITE */
};

static uint64_t limit(const struct LFILinuxProc *p)
{
    return p->limits.memory ? p->limits.memory : p->info.size;
}

/* What a write can take beyond its bytes: two pages that it fills in part.  */
static uint64_t edges(const struct LFILinuxProc *p)
{
    return 2 * p->page;
}

uint64_t memory_file_begin(struct call *c, uint64_t n)
{
    struct LFILinuxProc *p = c->p;
    uint64_t may = 0;
    pthread_mutex_lock(&p->mem_lock);
    if (p->memory_files + edges(p) < limit(p))
        may = limit(p) - p->memory_files - edges(p);
    may = n < may ? n : may;
    p->memory_files += may ? may + edges(p) : 0;
    pthread_mutex_unlock(&p->mem_lock);
    return may;
}

void memory_file_end(struct call *c, struct file *f, uint64_t may)
{
    struct LFILinuxProc *p = c->p;
    struct stat st;
    pthread_mutex_lock(&p->mem_lock);
    p->memory_files -= may ? may + edges(p) : 0;
    if (fstat(f->host, &st) == 0) {
        uint64_t now = (uint64_t)st.st_blocks * 512 + f->mapped;
        p->memory_files += now - f->charged;
        f->charged = now;
    }
    pthread_mutex_unlock(&p->mem_lock);
}

bool memory_file_map(struct call *c, struct file *f, uint64_t end)
{
    struct LFILinuxProc *p = c->p;
    pthread_mutex_lock(&p->mem_lock);
    uint64_t more = end > f->mapped ? end - f->mapped : 0;
    bool ok = more <= limit(p) && p->memory_files <= limit(p) - more;
    if (ok) {
        p->memory_files += more;
        f->charged += more;
        f->mapped += more;
    }
    pthread_mutex_unlock(&p->mem_lock);
    return ok;
}

void memory_file_forget(struct file *f)
{
    pthread_mutex_lock(&f->owner->mem_lock);
    f->owner->memory_files -= f->charged;
    pthread_mutex_unlock(&f->owner->mem_lock);
}

long memory_file_seal(struct file *f, uint64_t seals)
{
    if (f->use != USE_MEMORY || seals & ~(uint64_t)KNOWN_SEALS)
        return path_only(f) ? -EBADF : -EINVAL;
    return fcntl(f->host, F_ADD_SEALS, (int)seals) == 0 ? 0 : -errno;
}

/* That against executing it is the layer's own.  */
long memory_file_seals(struct file *f)
{
    if (f->use != USE_MEMORY)
        return path_only(f) ? -EBADF : -EINVAL;
    int seals = fcntl(f->host, F_GET_SEALS);
    return seals < 0 ? -errno : seals & KNOWN_SEALS;
}

/* Never executable, as far as the kernel knows how; the filter of lfi-run has the same flags.  */
static int make(bool sealing)
{
    int host = memfd_create("lfi", MFD_CLOEXEC | 8 /* NOEXEC_SEAL */);
    if (host < 0 && errno == EINVAL)
        host = memfd_create("lfi", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (host >= 0 && !sealing)
        fcntl(host, F_ADD_SEALS, F_SEAL_SEAL);
    return host;
}

long sys_memfd_create(struct call *c)
{
    enum { CLOEXEC = 1, ALLOW_SEALING = 2, NOEXEC_SEAL = 8, EXEC = 16 };
    uint64_t flags = c->a[1].u;
    if (flags & ~(uint64_t)(CLOEXEC | ALLOW_SEALING | NOEXEC_SEAL | EXEC)
        || (flags & EXEC && flags & NOEXEC_SEAL) || strlen(c->a[0].path) > LONGEST_NAME)
        return -EINVAL;
    if (flags & EXEC)
        return -EACCES;
    int host = make(flags & (ALLOW_SEALING | NOEXEC_SEAL));
    if (host < 0)
        return -errno;
    struct file *f = own_file(host, USE_MEMORY);
    if (f)
        f->owner = c->p;
    return fd_add(c->p, f, 0, flags & CLOEXEC);
}
