/* Memory of boxes: mapping, unmapping, protecting.
   SPDX-License-Identifier: Apache-2.0

   Every call follows one pattern: check the request, lock the box, set aside what the map
   will need, take execute permission from the regions it touches, let the kernel make the
   change, record it.  Nothing ever leaves an address of a box without a mapping.  */
#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "liblfi/core/internal.h"

#define FAILED ((lfiptr)-1)

enum {
    PROTS = LFI_PROT_READ | LFI_PROT_WRITE | LFI_PROT_EXEC | LFI_PROT_BTI,
    FLAGS = LFI_MAP_SHARED | LFI_MAP_PRIVATE | LFI_MAP_FIXED | LFI_MAP_ANONYMOUS
            | LFI_MAP_EXECUTABLE | LFI_MAP_FIXED_NOREPLACE,
    FLAGS_KEPT = LFI_MAP_SHARED | LFI_MAP_PRIVATE | LFI_MAP_ANONYMOUS
};

/* A checked request; size is the caller's, end - start whole pages.  */
struct request {
    uintptr_t start, end;
    size_t size;
    int prot, flags, fd;
    off_t off;
};

static int refuse(int errnum, const char *why)
{
    return lfi_fail_errno(LFI_ERR_MMAP, errnum, "%s", why);
}

static int host_failed(const char *what)
{
    int saved = errno;
    char hint[LFI_HINT_SIZE];
    return lfi_fail_errno(LFI_ERR_MMAP, saved, "%s: %s%s", what, strerror(saved),
                          lfi_host_hint(saved, hint));
}

static int host_prot(int prot)
{
    return (prot & LFI_PROT_READ ? PROT_READ : 0) | (prot & LFI_PROT_WRITE ? PROT_WRITE : 0)
           | (prot & LFI_PROT_EXEC ? PROT_EXEC : 0);
}

static int map_none(uintptr_t start, size_t size)
{
    void *p = mmap((void *)start, size, PROT_NONE,
                   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0);
    return p == MAP_FAILED ? -1 : 0;
}

void lfi_mem_reserve(uintptr_t start, size_t size)
{
    static const char message[] = "liblfi: the kernel refuses to keep a box reserved\n";
    if (map_none(start, size) == 0)
        return;
    ssize_t ignored = write(STDERR_FILENO, message, sizeof message - 1);
    (void)ignored;
    abort();
}

bool lfi_mem_mend(uintptr_t start, size_t size)
{
    int saved = errno;
    /* ENOMEM: a part of the range has no mapping at all.  */
    bool hole = msync((void *)start, size, MS_ASYNC) < 0 && errno == ENOMEM;
    if (hole)
        lfi_mem_reserve(start, size);
    errno = saved;
    return hole;
}

/* Page-rounds [addr, addr + size) into the request; it must lie in [min, max).  */
static int check_range(struct LFIBox *box, lfiptr addr, size_t size, struct request *r)
{
    size_t page = box->engine->pagesize;
    if (addr % page != 0 || size == 0)
        return refuse(EINVAL, "address or size of the mapping is not valid");
    if (addr < box->min || addr >= box->max || size > box->max - addr)
        return refuse(ENOMEM, "the range is not in the part of the box that can be mapped");
    r->start = addr;
    r->size = size;
    r->end = addr + lfi_page_up(box->engine, size);
    return 0;
}

static int check_prot(struct LFIBox *box, struct request *r, int prot)
{
    if (prot & ~PROTS)
        return refuse(EINVAL, "unknown protection bits");
    if ((prot & LFI_PROT_WRITE) && (prot & LFI_PROT_EXEC))
        return refuse(EACCES, "memory is never writable and executable");
    /* What is executable is readable, whatever was asked for.  */
    r->prot = prot & (LFI_PROT_READ | LFI_PROT_WRITE | LFI_PROT_EXEC);
    if (prot & LFI_PROT_EXEC)
        r->prot |= LFI_PROT_READ;
    if ((prot & LFI_PROT_EXEC) && r->end > box->max_exec)
        return refuse(ENOMEM, "nothing is executable that close to the end of a box");
    if ((prot & LFI_PROT_EXEC) && r->size % LFI_ARCH_INSN_ALIGN != 0)
        return refuse(EINVAL, "the size of code is a whole number of instructions");
    return 0;
}

static int check_flags(struct LFIBox *box, struct request *r, int flags, int fd, off_t off)
{
    bool shared = flags & LFI_MAP_SHARED, private = flags & LFI_MAP_PRIVATE;
    if ((flags & ~FLAGS) || shared == private)
        return refuse(EINVAL, "flags of the mapping are not allowed");
    r->flags = flags & FLAGS_KEPT;
    r->fd = flags & LFI_MAP_ANONYMOUS ? -1 : fd;
    r->off = flags & LFI_MAP_ANONYMOUS ? 0 : off;
    if (shared && (r->prot & LFI_PROT_EXEC))
        return refuse(EACCES, "shared memory is never executable");
    if (!(flags & LFI_MAP_ANONYMOUS) && fd < 0)
        return refuse(EBADF, "not a file to map");
    if (r->off < 0 || r->off % (off_t)box->engine->pagesize != 0
        || __builtin_add_overflow(r->off, (off_t)(r->end - r->start), &off))
        return refuse(EINVAL, "offset of the mapping is not valid");
    return 0;
}

/* Anonymous memory is mapped in place.  Files are mapped elsewhere first, so that what the
   file makes fail leaves the old mapping alone.  Both replace atomically.  */
static int map_data(const struct request *r)
{
    size_t size = r->end - r->start;
    int share = r->flags & LFI_MAP_SHARED ? MAP_SHARED : MAP_PRIVATE;
    int prot = host_prot(r->prot);
    if (r->fd < 0) {
        void *p = mmap((void *)r->start, size, prot,
                       share | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0);
        return p == MAP_FAILED ? -1 : 0;
    }
    void *p = mmap(NULL, size, prot, share | MAP_NORESERVE, r->fd, r->off);
    if (p == MAP_FAILED)
        return -1;
    if (mremap(p, size, size, MREMAP_MAYMOVE | MREMAP_FIXED, (void *)r->start) != MAP_FAILED)
        return 0;
    int saved = errno;
    munmap(p, size);
    errno = saved;
    return -1;
}

static void record(struct LFIBox *box, const struct request *r)
{
    struct LFIRange range = {.start = r->start,
                             .end = r->end,
                             .prot = r->prot,
                             .flags = r->flags,
                             .fd = r->fd,
                             .offset = r->off,
                             .code = (r->prot & LFI_PROT_EXEC) != 0,
                             .used = r->prot != LFI_PROT_NONE};
    lfi_map_set(&box->map, &range);
    lfi_map_join(&box->map, r->start, r->end);
}

/* The kernel refused a change: the map follows what is really there.  */
static int failed_change(struct LFIBox *box, const struct request *r, const char *what)
{
    if (lfi_mem_mend(r->start, r->end - r->start))
        lfi_map_cut(&box->map, r->start, r->end);
    return host_failed(what);
}

/* Before a change of the map in the range, by a new mapping or not.  */
static int set_aside(struct LFIBox *box, const struct request *r, bool mapping)
{
    if (lfi_map_prepare(&box->map, r->start, r->end, mapping))
        return 0;
    return refuse(ENOMEM, "the box has too many mappings");
}

static int replace_data(struct LFIBox *box, const struct request *r)
{
    if (lfi_code_revoke(box, r->start, r->end) < 0)
        return -1;
    if (map_data(r) < 0)
        return failed_change(box, r, "cannot map memory");
    record(box, r);
    return 0;
}

static int replace_code(struct LFIBox *box, const struct request *r, const void *src)
{
    void *stage = lfi_code_stage(box, src, r->size, r->fd, r->off);
    if (!stage)
        return -1;
    if (lfi_code_verify(box, stage, r->start, r->size) < 0
        || lfi_code_revoke(box, r->start, r->end) < 0 || lfi_code_wait(box, r->start, r->end) < 0) {
        lfi_code_unstage(box, stage, r->size);
        return -1;
    }
    if (lfi_code_place(box, stage, r->start, r->size) < 0)
        return failed_change(box, r, "cannot install code");
    record(box, r);
    return 0;
}

/* Where a profile has one thread in the box nothing else can write its memory.  */
static int check_alone(struct LFIBox *box, bool shared, int prot)
{
    if (shared && (prot & LFI_PROT_WRITE) && box->profile->threads == LFI_THREADS_SINGLE)
        return refuse(EACCES, "the profile allows no memory that others can write too");
    return 0;
}

/* From the bytes that are mapped there.  */
static int become_code(struct LFIBox *box, struct request *r)
{
    r->flags = LFI_MAP_PRIVATE | LFI_MAP_ANONYMOUS;
    r->fd = -1;
    r->off = 0;
    return replace_code(box, r, (const void *)r->start);
}

/* Whether the box may have that much.  What does not make it more is always allowed.  */
static int check_memory(struct LFIBox *box, const struct request *r)
{
    size_t more = r->end - r->start - lfi_map_used(&box->map, r->start, r->end);
    size_t used = box->map.used, limit = box->memory_limit;
    if (!limit || r->prot == LFI_PROT_NONE || more == 0 || (used <= limit && more <= limit - used))
        return 0;
    return lfi_fail_errno(LFI_ERR_MMAP, ENOMEM,
                          "the box may not have more than %zu bytes of memory", limit);
}

static bool occupied(struct LFIBox *box, const struct request *r)
{
    struct LFIRange *n = lfi_map_find(&box->map, r->start);
    return n && n->start < r->end;
}

/* What every new mapping needs; with room in the map set aside.  */
static int may_map(struct LFIBox *box, const struct request *r, bool replace)
{
    if (check_alone(box, r->flags & LFI_MAP_SHARED, r->prot) < 0)
        return -1;
    if (!replace && occupied(box, r))
        return refuse(EEXIST, "something is mapped there");
    if (check_memory(box, r) < 0)
        return -1;
    return set_aside(box, r, true);
}

static int map_at(struct LFIBox *box, const struct request *r, bool replace)
{
    if (may_map(box, r, replace) < 0)
        return -1;
    return r->prot & LFI_PROT_EXEC ? replace_code(box, r, NULL) : replace_data(box, r);
}

lfiptr lfi_box_mapat(struct LFIBox *box, lfiptr addr, size_t size, int prot, int flags, int fd,
                     off_t off)
{
    struct request r;
    if (check_range(box, addr, size, &r) < 0 || check_prot(box, &r, prot) < 0
        || check_flags(box, &r, flags, fd, off) < 0)
        return FAILED;
    pthread_mutex_lock(&box->lock);
    int result = map_at(box, &r, !(flags & LFI_MAP_FIXED_NOREPLACE));
    pthread_mutex_unlock(&box->lock);
    return result < 0 ? FAILED : addr;
}

/* Of memory that the host placed: nothing in it is executable from here on, and code is taken
   from it as by mprotect.  */
static int take_over(struct LFIBox *box, struct request *r)
{
    bool code = r->prot & LFI_PROT_EXEC;
    if (mprotect((void *)r->start, r->end - r->start, code ? PROT_READ : host_prot(r->prot)) < 0)
        return host_failed("cannot register memory");
    if (code)
        return become_code(box, r);
    record(box, r);
    return 0;
}

static int register_at(struct LFIBox *box, struct request *r, bool replace)
{
    if (may_map(box, r, replace) < 0 || lfi_code_revoke(box, r->start, r->end) < 0)
        return -1;
    if (take_over(box, r) == 0)
        return 0;
    /* No address of a box has memory that the map does not know.  */
    int saved = errno;
    lfi_mem_reserve(r->start, r->end - r->start);
    lfi_map_cut(&box->map, r->start, r->end);
    errno = saved;
    return -1;
}

lfiptr lfi_box_mapat_register(struct LFIBox *box, lfiptr addr, size_t size, int prot, int flags,
                              int fd, off_t off)
{
    struct request r;
    if (check_range(box, addr, size, &r) < 0 || check_prot(box, &r, prot) < 0
        || check_flags(box, &r, flags, fd, off) < 0)
        return FAILED;
    pthread_mutex_lock(&box->lock);
    int result = register_at(box, &r, !(flags & LFI_MAP_FIXED_NOREPLACE));
    pthread_mutex_unlock(&box->lock);
    return result < 0 ? FAILED : addr;
}

/* For a size that wraps when it is rounded any answer will do: it is refused later.
   Below max_exec first, so that what is mapped here can become executable later.  */
static uintptr_t find_room(struct LFIBox *box, size_t size, int prot)
{
    uintptr_t at = lfi_map_gap(&box->map, box->min, box->max_exec, size);
    if (!at && !(prot & LFI_PROT_EXEC))
        at = lfi_map_gap(&box->map, box->min, box->max, size);
    return at;
}

lfiptr lfi_box_mapany(struct LFIBox *box, size_t size, int prot, int flags, int fd, off_t off)
{
    struct request r;
    lfiptr result = FAILED;
    pthread_mutex_lock(&box->lock);
    uintptr_t at = find_room(box, lfi_page_up(box->engine, size ? size : 1), prot);
    if (!at)
        refuse(ENOMEM, "the box has no room");
    else if (check_range(box, at, size, &r) == 0 && check_prot(box, &r, prot) == 0
             && check_flags(box, &r, flags, fd, off) == 0 && map_at(box, &r, true) == 0)
        result = at;
    pthread_mutex_unlock(&box->lock);
    return result;
}

lfiptr lfi_mem_map_code(struct LFIBox *box, const void *code, size_t size)
{
    struct request r = {.fd = -1};
    lfiptr at = FAILED;
    pthread_mutex_lock(&box->lock);
    uintptr_t room = find_room(box, lfi_page_up(box->engine, size), LFI_PROT_READ | LFI_PROT_EXEC);
    if (!room)
        refuse(ENOMEM, "the box has no room");
    else if (check_range(box, room, size, &r) == 0
             && check_prot(box, &r, LFI_PROT_READ | LFI_PROT_EXEC) == 0
             && check_flags(box, &r, LFI_MAP_PRIVATE | LFI_MAP_ANONYMOUS, -1, 0) == 0
             && set_aside(box, &r, true) == 0 && replace_code(box, &r, code) == 0)
        at = room;
    pthread_mutex_unlock(&box->lock);
    return at;
}

/* Engines that verify have no way around it.  */
static bool may_skip_verifier(struct LFIBox *box)
{
    if (!box->engine->opts.no_verify)
        lfi_fail_errno(LFI_ERR_STATE, EPERM,
                       "code runs unverified only in an engine made with no_verify");
    return box->engine->opts.no_verify;
}

lfiptr lfi_box_mapany_noverify(struct LFIBox *box, size_t size, int prot, int flags, int fd,
                               off_t off)
{
    return may_skip_verifier(box) ? lfi_box_mapany(box, size, prot, flags, fd, off) : FAILED;
}

int lfi_box_mprotect_noverify(struct LFIBox *box, lfiptr addr, size_t size, int prot)
{
    return may_skip_verifier(box) ? lfi_box_mprotect(box, addr, size, prot) : -1;
}

static int unmap(struct LFIBox *box, const struct request *r)
{
    if (set_aside(box, r, false) < 0)
        return -1;
    if (lfi_code_revoke(box, r->start, r->end) < 0)
        return -1;
    if (map_none(r->start, r->end - r->start) < 0)
        return failed_change(box, r, "cannot unmap");
    lfi_map_cut(&box->map, r->start, r->end);
    return 0;
}

void lfi_box_set_memory_limit(struct LFIBox *box, size_t bytes)
{
    pthread_mutex_lock(&box->lock);
    box->memory_limit = bytes;
    pthread_mutex_unlock(&box->lock);
}

size_t lfi_box_memory(struct LFIBox *box)
{
    pthread_mutex_lock(&box->lock);
    size_t used = box->map.used;
    pthread_mutex_unlock(&box->lock);
    return used;
}

int lfi_box_munmap(struct LFIBox *box, lfiptr addr, size_t size)
{
    struct request r;
    if (check_range(box, addr, size, &r) < 0)
        return -1;
    pthread_mutex_lock(&box->lock);
    int result = unmap(box, &r);
    pthread_mutex_unlock(&box->lock);
    return result;
}

/* The range without holes?  */
static bool covered(struct LFIBox *box, const struct request *r)
{
    uintptr_t at = r->start;
    while (at < r->end) {
        struct LFIRange *n = lfi_map_find(&box->map, at);
        if (!n || n->start > at)
            return false;
        at = n->end;
    }
    return true;
}

/* Calls the function for each range of [start, end), until it returns other than 0.  */
static int each(struct LFIBox *box, uintptr_t start, uintptr_t end,
                int (*f)(struct LFIRange *, uintptr_t, uintptr_t, int), int arg)
{
    int result = 0;
    for (struct LFIRange *n = lfi_map_find(&box->map, start); n && n->start < end && result == 0;
         n = lfi_map_find(&box->map, n->end))
        result = f(n, n->start > start ? n->start : start, n->end < end ? n->end : end, arg);
    return result;
}

static int is_shared(struct LFIRange *n, uintptr_t start, uintptr_t end, int arg)
{
    (void)start, (void)end, (void)arg;
    return (n->flags & LFI_MAP_SHARED) != 0;
}

static int is_shared_writable(struct LFIRange *n, uintptr_t start, uintptr_t end, int arg)
{
    (void)start, (void)end, (void)arg;
    return (n->flags & LFI_MAP_SHARED) && (n->prot & LFI_PROT_WRITE);
}

bool lfi_mem_shared_writable(struct LFIBox *box)
{
    return each(box, box->min, box->max, is_shared_writable, 0) != 0;
}

static int protect_one(struct LFIRange *n, uintptr_t start, uintptr_t end, int prot)
{
    (void)n;
    return mprotect((void *)start, end - start, host_prot(prot));
}

static int restore_one(struct LFIRange *n, uintptr_t start, uintptr_t end, int arg)
{
    (void)arg;
    (void)mprotect((void *)start, end - start, host_prot(n->prot));
    return 0;
}

static int note_prot(struct LFIRange *n, uintptr_t start, uintptr_t end, int prot)
{
    (void)start, (void)end;
    n->prot = prot;
    return 0;
}

static int protect_data(struct LFIBox *box, const struct request *r)
{
    if (lfi_code_revoke(box, r->start, r->end) < 0)
        return -1;
    if (each(box, r->start, r->end, protect_one, r->prot) < 0) {
        int saved = errno;
        each(box, r->start, r->end, restore_one, 0);
        errno = saved;
        return host_failed("cannot protect memory");
    }
    lfi_map_split(&box->map, r->start, r->end);
    each(box, r->start, r->end, note_prot, r->prot);
    if (r->prot != LFI_PROT_NONE)
        lfi_map_use(&box->map, r->start, r->end);
    lfi_map_join(&box->map, r->start, r->end);
    return 0;
}

/* Of a range that is covered.  */
static bool within_region(struct LFIBox *box, const struct request *r)
{
    struct LFIRange *n = lfi_map_find(&box->map, r->start);
    return n->code && r->end <= n->end;
}

static int protect_code(struct LFIBox *box, struct request *r)
{
    if (within_region(box, r))
        return 0;
    if (each(box, r->start, r->end, is_shared, 0))
        return refuse(EACCES, "shared memory is never executable");
    return become_code(box, r);
}

static int protect(struct LFIBox *box, struct request *r)
{
    if (!covered(box, r))
        return refuse(ENOMEM, "not all of the range is mapped");
    if (check_alone(box, each(box, r->start, r->end, is_shared, 0), r->prot) < 0)
        return -1;
    if (check_memory(box, r) < 0 || set_aside(box, r, (r->prot & LFI_PROT_EXEC) != 0) < 0)
        return -1;
    return r->prot & LFI_PROT_EXEC ? protect_code(box, r) : protect_data(box, r);
}

int lfi_box_mprotect(struct LFIBox *box, lfiptr addr, size_t size, int prot)
{
    struct request r;
    if (check_range(box, addr, size, &r) < 0 || check_prot(box, &r, prot) < 0)
        return -1;
    pthread_mutex_lock(&box->lock);
    int result = protect(box, &r);
    pthread_mutex_unlock(&box->lock);
    return result;
}

void lfi_box_mark_original(struct LFIBox *box)
{
    pthread_mutex_lock(&box->lock);
    for (struct LFIRange *n = lfi_map_find(&box->map, 0); n; n = lfi_map_find(&box->map, n->end))
        n->original = true;
    pthread_mutex_unlock(&box->lock);
}

/* Nothing here can fail but what lfi_mem_reserve ends the process for.  */
void lfi_box_unmap_non_original(struct LFIBox *box)
{
    uintptr_t end;
    pthread_mutex_lock(&box->lock);
    for (struct LFIRange *n = lfi_map_find(&box->map, 0); n; n = lfi_map_find(&box->map, end)) {
        uintptr_t start = n->start;
        end = n->end;
        if (n->original)
            continue;
        lfi_mem_reserve(start, end - start);
        if (n->code)
            lfi_code_retire(box, start, end);
        lfi_map_cut(&box->map, start, end);
    }
    pthread_mutex_unlock(&box->lock);
}

static int discard_one(struct LFIRange *n, uintptr_t start, uintptr_t end, int arg)
{
    (void)arg;
    if (n->prot != (LFI_PROT_READ | LFI_PROT_WRITE)
        || n->flags != (LFI_MAP_PRIVATE | LFI_MAP_ANONYMOUS))
        return 0;
    return madvise((void *)start, end - start, MADV_DONTNEED);
}

int lfi_box_discard(struct LFIBox *box, lfiptr addr, size_t size)
{
    struct request r;
    if (check_range(box, addr, size, &r) < 0)
        return -1;
    pthread_mutex_lock(&box->lock);
    int result = covered(box, &r) ? 0 : refuse(ENOMEM, "not all of the range is mapped");
    if (result == 0 && each(box, r.start, r.end, discard_one, 0) < 0)
        result = host_failed("cannot discard memory");
    pthread_mutex_unlock(&box->lock);
    return result;
}

bool lfi_box_mquery(struct LFIBox *box, lfiptr addr, struct LFIMapInfo *info)
{
    size_t page = box->engine->pagesize;
    pthread_mutex_lock(&box->lock);
    struct LFIRange *n = lfi_map_find(&box->map, addr);
    bool found = n && n->start <= addr;
    if (found)
        *info = (struct LFIMapInfo){
            .prot = n->prot,
            .flags = n->flags,
            .fd = n->fd,
            .offset = n->fd < 0 ? 0 : n->offset + (off_t)(addr / page * page - n->start),
            .start = n->start,
            .size = n->end - n->start,
            .original = n->original};
    pthread_mutex_unlock(&box->lock);
    return found;
}
