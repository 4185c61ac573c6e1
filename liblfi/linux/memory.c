/* System calls on memory.
   SPDX-License-Identifier: Apache-2.0

   What may be mapped where is decided by the core; here Linux's flags are put into its
   words.  The list of those that pass is the list of those that are named here.  */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "liblfi/linux/linux.h"

static uint64_t page_up(const struct LFILinuxProc *p, uint64_t n)
{
    return (n + p->page - 1) & ~(uint64_t)(p->page - 1);
}

static bool aligned(const struct LFILinuxProc *p, uint64_t n)
{
    return (n & (p->page - 1)) == 0;
}

static long failed(void)
{
    return errno ? -errno : -ENOMEM;
}

static int prot_of(uint64_t prot)
{
    return (prot & 1 ? LFI_PROT_READ : 0) | (prot & 2 ? LFI_PROT_WRITE : 0)
           | (prot & 4 ? LFI_PROT_EXEC : 0);
}

/* What is mapped in all of [addr, addr + size).  */
static bool all_mapped(struct LFILinuxProc *p, lfiptr addr, uint64_t size)
{
    struct LFIMapInfo info;
    for (lfiptr at = addr; at - addr < size; at = info.start + info.size)
        if (!lfi_box_mquery(p->box, at, &info))
            return false;
    return true;
}

static lfiptr map(struct LFILinuxProc *p, lfiptr addr, uint64_t size, int prot, int flags, int fd,
                  int64_t off, uint64_t box_flags)
{
    errno = 0;
    if (box_flags & BOX_MAP_FIXED_NOREPLACE)
        return lfi_box_mapat(p->box, addr, size, prot, flags | LFI_MAP_FIXED_NOREPLACE, fd, off);
    if (box_flags & BOX_MAP_FIXED)
        return lfi_box_mapat(p->box, addr, size, prot, flags | LFI_MAP_FIXED, fd, off);
    if (addr) { /* a wish */
        lfiptr at = lfi_box_mapat(p->box, addr & ~(lfiptr)(p->page - 1), size, prot,
                                  flags | LFI_MAP_FIXED_NOREPLACE, fd, off);
        if (at != (lfiptr)-1)
            return at;
        errno = 0;
    }
    return lfi_box_mapany(p->box, size, prot, flags, fd, off);
}

/* Whether the limit on output allows that so much is written by stores.  */
static bool output_by_mapping(struct call *c, struct file *f, uint64_t size)
{
    bool writable = f->kind == FILE_HOST && f->use != USE_MEMORY
                    && (fcntl(f->host, F_GETFL) & O_ACCMODE) == O_RDWR;
    return !writable || output_reserve(c, f, size);
}

/* A loader in the box says no more than that it was not permitted.  */
static void tell_rejected(struct LFILinuxProc *p)
{
    enum { MOST = 4 };
    if (lfi_errno() == LFI_ERR_VERIFY && atomic_fetch_add(&p->rejections, 1) < MOST)
        lx_log(p->lx, "%s: %s", p->name, lfi_errmsg());
}

long sys_mmap(struct call *c)
{
    struct LFILinuxProc *p = c->p;
    uint64_t size = c->a[1].u, flags = c->a[3].u, type = flags & BOX_MAP_TYPE;
    bool anon = flags & BOX_MAP_ANONYMOUS;
    lfiptr addr = c->a[0].u ? lfi_box_l2p(p->box, c->a[0].u) : 0;
    struct file *f = NULL;
    if (!aligned(p, c->a[5].u))
        return -EINVAL;
    if (!anon && c->a[5].u > INT64_MAX - page_up(p, size < p->info.size ? size : p->info.size))
        return -EOVERFLOW;
    if (type != BOX_MAP_SHARED && type != BOX_MAP_PRIVATE
        && (type != BOX_MAP_SHARED_VALIDATE || anon))
        return -EINVAL;
    if (!anon && flags & BOX_MAP_SYNC)
        return -EOPNOTSUPP;
    if (flags & BOX_MAP_GROWSDOWN || (!anon && flags & BOX_MAP_HUGETLB))
        return -EINVAL;
    if (flags & BOX_MAP_HUGETLB)
        return -ENOMEM;
    if (!anon && !(f = fd_get(p, (int)c->a[4].i)))
        return -EBADF;
    lfiptr at = (lfiptr)-1;
    errno = ENODEV;
    if (!anon && type != BOX_MAP_PRIVATE && !output_by_mapping(c, f, size))
        errno = ENOMEM;
    else if (!anon && f->use == USE_MEMORY && !memory_file_map(c, f, c->a[5].u + page_up(p, size)))
        errno = ENOMEM;
    else if (anon || f->kind == FILE_HOST)
        at = map(p, addr, size, prot_of(c->a[2].u),
                 (type == BOX_MAP_PRIVATE ? LFI_MAP_PRIVATE : LFI_MAP_SHARED)
                     | (anon ? LFI_MAP_ANONYMOUS : 0),
                 anon ? -1 : f->host, anon ? 0 : c->a[5].i, flags);
    long result = at == (lfiptr)-1 ? failed() : (long)lfi_box_p2l(p->box, at);
    if (result == -EACCES)
        tell_rejected(p);
    if (f && result > 0 && prot_of(c->a[2].u) & LFI_PROT_EXEC)
        library_add(p, at, size, f, c->a[5].i);
    if (f)
        file_drop(f);
    return result;
}

long sys_munmap(struct call *c)
{
    uint64_t size = c->a[1].u;
    lfiptr addr = lfi_box_l2p(c->p->box, c->a[0].u);
    if (!lfi_box_bufvalid(c->p->box, addr, size))
        return -EINVAL;
    errno = 0;
    return lfi_box_munmap(c->p->box, addr, page_up(c->p, size)) == 0 ? 0 : failed();
}

long sys_mprotect(struct call *c)
{
    uint64_t size = c->a[1].u, prot = c->a[2].u;
    lfiptr addr = lfi_box_l2p(c->p->box, c->a[0].u);
    if (!aligned(c->p, addr) || c->raw[2] & ~(uint64_t)BOX_PROT_KNOWN)
        return -EINVAL;
    if (size == 0)
        return 0;
    if (size > c->p->info.size)
        return -ENOMEM;
    errno = 0;
    if (lfi_box_mprotect(c->p->box, addr, page_up(c->p, size), prot_of(prot)) == 0)
        return 0;
    long result = failed();
    if (result == -EACCES)
        tell_rejected(c->p);
    return result;
}

/* Copies through memory that no box can reach: either side may be unmapped meanwhile.  */
static bool copy_inside(struct LFILinuxProc *p, lfiptr to, lfiptr from, uint64_t size)
{
    enum { CHUNK = 256 << 10 };
    char *buf = malloc(CHUNK);
    bool ok = buf != NULL;
    for (uint64_t done = 0; ok && done < size; done += CHUNK) {
        size_t n = size - done < CHUNK ? size - done : CHUNK;
        ok = lfi_box_copyfm(p->box, buf, from + done, n)
             && lfi_box_copyto(p->box, to + done, buf, n);
    }
    free(buf);
    return ok;
}

struct remap {
    lfiptr from, to; /* to: for FIXED */
    uint64_t old_size, size;
    uint64_t flags;
};

/* New mapping, copy, unmapping: no address is ever without a reservation.  */
static long move(struct LFILinuxProc *p, const struct remap *r, const struct LFIMapInfo *info)
{
    int prot = LFI_PROT_READ | LFI_PROT_WRITE;
    lfiptr to;
    errno = 0;
    if (r->flags & BOX_MREMAP_FIXED)
        to = lfi_box_mapat(p->box, r->to, r->size, prot, info->flags | LFI_MAP_FIXED, -1, 0);
    else
        to = lfi_box_mapany(p->box, r->size, prot, info->flags, -1, 0);
    if (to == (lfiptr)-1)
        return failed();
    uint64_t size = r->old_size < r->size ? r->old_size : r->size;
    /* What is there without access moves as well.  */
    if (!(info->prot & LFI_PROT_READ))
        lfi_box_mprotect(p->box, r->from, r->old_size, LFI_PROT_READ);
    if (!copy_inside(p, to, r->from, size)) {
        lfi_box_munmap(p->box, to, r->size);
        lfi_box_mprotect(p->box, r->from, r->old_size, info->prot);
        return -ENOMEM;
    }
    if (info->prot != prot)
        lfi_box_mprotect(p->box, to, r->size, info->prot);
    lfi_box_munmap(p->box, r->from, r->old_size);
    return (long)lfi_box_p2l(p->box, to);
}

static long remap(struct LFILinuxProc *p, const struct remap *r)
{
    struct LFIMapInfo info;
    if (!lfi_box_mquery(p->box, r->from, &info)
        || r->from - info.start > info.size - (r->old_size < info.size ? r->old_size : info.size)
        || r->old_size > info.size)
        return -EFAULT;
    if (!(r->flags & BOX_MREMAP_FIXED) && r->size <= r->old_size) {
        if (r->size < r->old_size)
            lfi_box_munmap(p->box, r->from + r->size, r->old_size - r->size);
        return (long)lfi_box_p2l(p->box, r->from);
    }
    bool anon = (info.flags & (LFI_MAP_ANONYMOUS | LFI_MAP_PRIVATE))
                == (LFI_MAP_ANONYMOUS | LFI_MAP_PRIVATE);
    if (!anon || info.prot & LFI_PROT_EXEC)
        return -ENOMEM;
    lfiptr end = r->from + r->old_size;
    if (!(r->flags & BOX_MREMAP_FIXED)
        && lfi_box_mapat(p->box, end, r->size - r->old_size, info.prot,
                         info.flags | LFI_MAP_FIXED_NOREPLACE, -1, 0)
               == end)
        return (long)lfi_box_p2l(p->box, r->from);
    return r->flags & BOX_MREMAP_MAYMOVE ? move(p, r, &info) : -ENOMEM;
}

long sys_mremap(struct call *c)
{
    struct LFILinuxProc *p = c->p;
    struct remap r = {lfi_box_l2p(p->box, c->a[0].u), lfi_box_l2p(p->box, c->a[4].u), c->a[1].u,
                      c->a[2].u, c->a[3].u};
    uint64_t max = p->info.size;
    if (c->raw[3] & ~(uint64_t)(BOX_MREMAP_MAYMOVE | BOX_MREMAP_FIXED)
        || (r.flags & BOX_MREMAP_FIXED && !(r.flags & BOX_MREMAP_MAYMOVE)) || !aligned(p, r.from)
        || !r.size || !r.old_size)
        return -EINVAL;
    if (r.old_size > max)
        return -EFAULT;
    if (r.size > max)
        return -ENOMEM;
    r.size = page_up(p, r.size);
    r.old_size = page_up(p, r.old_size);
    if (r.flags & BOX_MREMAP_FIXED && r.to < r.from + r.old_size && r.from < r.to + r.size)
        return -EINVAL;
    pthread_mutex_lock(&p->mem_lock);
    long result = remap(p, &r);
    pthread_mutex_unlock(&p->mem_lock);
    return result;
}

long sys_madvise(struct call *c)
{
    enum { DONTNEED = 4 };
    /* NORMAL to WILLNEED, FREE, DONTFORK to UNMERGEABLE, HUGEPAGE to DODUMP, COLD, PAGEOUT: only
       the kernel's business, or only of use with fork.  */
    const uint64_t ignored = 0xf | 1 << 8 | 0xf << 10 | 0xf << 14 | 3 << 20;
    struct LFILinuxProc *p = c->p;
    lfiptr addr = lfi_box_l2p(p->box, c->a[0].u);
    uint64_t size = c->a[1].u, advice = (uint64_t)c->a[2].i;
    if (!aligned(p, addr) || advice > 63 || (advice != DONTNEED && !(ignored >> advice & 1)))
        return -EINVAL;
    if (size == 0)
        return 0;
    size = page_up(p, size);
    if (addr + size <= addr)
        return -EINVAL;
    if (size > p->info.size)
        return -ENOMEM;
    if (advice != DONTNEED)
        return all_mapped(p, addr, size) ? 0 : -ENOMEM;
    errno = 0;
    return lfi_box_discard(p->box, addr, size) == 0 ? 0 : failed();
}

long sys_msync(struct call *c)
{
    enum { ASYNC = 1, INVALIDATE = 2, SYNC = 4 };
    struct LFILinuxProc *p = c->p;
    lfiptr addr = lfi_box_l2p(p->box, c->a[0].u);
    uint64_t size = c->a[1].u, flags = c->a[2].u;
    if (!aligned(p, addr) || flags & ~(uint64_t)(ASYNC | INVALIDATE | SYNC)
        || (flags & (ASYNC | SYNC)) == (ASYNC | SYNC))
        return -EINVAL;
    size = page_up(p, size);
    if (size == 0)
        return 0;
    if (!lfi_box_bufvalid(p->box, addr, size) || !all_mapped(p, addr, size))
        return -ENOMEM;
    return msync((void *)addr, size, (int)(flags & (ASYNC | SYNC))) == 0 ? 0 : -errno;
}

/* Whether all of the argument's range is mapped: 0 or -errno.  */
static long mapped_range(struct call *c, uint64_t *pages)
{
    struct LFILinuxProc *p = c->p;
    lfiptr addr = lfi_box_l2p(p->box, c->a[0].u), start = addr & ~(lfiptr)(p->page - 1);
    uint64_t size = c->a[1].u;
    if (size > p->info.size)
        return -ENOMEM;
    size = page_up(p, size + (addr - start));
    *pages = size / p->page;
    return size == 0 || all_mapped(p, start, size) ? 0 : -ENOMEM;
}

long sys_mincore(struct call *c)
{
    uint8_t in[256];
    uint64_t pages;
    if (!aligned(c->p, c->a[0].u))
        return -EINVAL;
    long err = mapped_range(c, &pages);
    memset(in, 1, sizeof in);
    for (uint64_t n = 0; !err && n < pages; n += sizeof in)
        err = copy_out(c, c->raw[2] + n, in, pages - n < sizeof in ? pages - n : sizeof in);
    return err;
}

/* Memory of boxes is not locked.  */
long sys_mlock(struct call *c)
{
    uint64_t pages;
    return mapped_range(c, &pages);
}

long sys_mlockall(struct call *c)
{
    enum { CURRENT = 1, FUTURE = 2, ONFAULT = 4 };
    uint64_t flags = c->a[0].u;
    return flags & ~(uint64_t)(CURRENT | FUTURE | ONFAULT) || !(flags & (CURRENT | FUTURE))
               ? -EINVAL
               : 0;
}

long sys_munlockall(struct call *c)
{
    (void)c;
    return 0;
}

/* The area was mapped without access when the program was loaded.  */
long sys_brk(struct call *c)
{
    struct LFILinuxProc *p = c->p;
    lfiptr want = lfi_box_l2p(p->box, c->a[0].u);
    pthread_mutex_lock(&p->mem_lock);
    if (want >= p->brk_start && want <= p->brk_end) {
        lfiptr old = page_up(p, p->brk_now), now = page_up(p, want);
        bool ok = true;
        if (now > old)
            ok = lfi_box_mprotect(p->box, old, now - old, LFI_PROT_READ | LFI_PROT_WRITE) == 0;
        else if (now < old)
            ok = lfi_box_mapat(p->box, now, old - now, LFI_PROT_NONE,
                               LFI_MAP_PRIVATE | LFI_MAP_ANONYMOUS | LFI_MAP_FIXED, -1, 0)
                 == now;
        if (ok)
            p->brk_now = want;
    }
    lfiptr now = p->brk_now;
    pthread_mutex_unlock(&p->mem_lock);
    return (long)lfi_box_p2l(p->box, now);
}
