/* Executable memory of boxes: copied, verified, installed and revoked as whole regions.
   SPDX-License-Identifier: Apache-2.0

   The box is locked in all functions here.  */
#include "config.h"

#include <errno.h>
#include <linux/membarrier.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "lfiv.h"
#include "liblfi/core/internal.h"

/* How long to wait for threads to be seen outside the box: 0.1 s, more than a thread that
   is about to make a system call is likely to be preempted.  */
enum { WAIT_STEPS = 500, WAIT_STEP_NS = 200000 };

/* What is mapped of a file's last page is zeros behind its end.  off is a multiple of the page.  */
static int read_file(char *to, size_t size, size_t page, int fd, off_t off)
{
    while (size > 0) {
        ssize_t n = pread(fd, to, size, off);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return lfi_fail_errno(LFI_ERR_MMAP, errno, "cannot read code: %s", strerror(errno));
        size_t in_page = (size_t)off % page;
        if (n == 0 && in_page && size <= page - in_page)
            break;
        if (n == 0)
            return lfi_fail_errno(LFI_ERR_MMAP, EINVAL, "the file ends inside the code");
        to += n;
        size -= (size_t)n;
        off += n;
    }
    return 0;
}

void lfi_code_unstage(struct LFIBox *box, void *stage, size_t size)
{
    int saved = errno;
    munmap(stage, lfi_page_up(box->engine, size));
    errno = saved;
}

/* Loaders map whole pages of a file, and linkers and strip leave zeros behind the code of the last
   one: traps on arm64, which become traps elsewhere, from the first bundle on that has nothing
   else.  */
static void fill_tail(struct LFIBox *box, char *stage, size_t size)
{
    size_t bundle = box->profile->bundle, page = box->engine->pagesize, end = size;
    size_t limit = size > page ? size - page : 0;
    if (!bundle)
        return;
    while (end > limit && stage[end - 1] == 0)
        end--;
    end = (end + bundle - 1) / bundle * bundle;
    if (end < size)
        lfi_arch_fill_traps(stage + end, size - end);
}

void *lfi_code_stage(struct LFIBox *box, const void *src, size_t size, int fd, off_t off)
{
    size_t pages = lfi_page_up(box->engine, size);
    int r = 0;
    char *stage = mmap(NULL, pages, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (stage == MAP_FAILED) {
        int saved = errno;
        char hint[LFI_HINT_SIZE];
        lfi_fail_errno(LFI_ERR_MMAP, saved, "no memory for %zu bytes of code%s", size,
                       lfi_host_hint(saved, hint));
        return NULL;
    }
    if (src && lfi_arch_copy(stage, src, size) != 0)
        r = lfi_fail_errno(LFI_ERR_MMAP, EACCES, "code that cannot be read");
    else if (fd >= 0)
        r = read_file(stage, size, box->engine->pagesize, fd, off);
    else if (!src)
        lfi_arch_fill_traps(stage, size);
    if (r == 0 && fd >= 0)
        fill_tail(box, stage, size);
    lfi_arch_fill_traps(stage + size, pages - size);
    if (r == 0 && mprotect(stage, pages, PROT_READ) < 0)
        r = lfi_fail_errno(LFI_ERR_MMAP, errno, "cannot protect code: %s", strerror(errno));
    if (r == 0)
        return stage;
    lfi_code_unstage(box, stage, size);
    return NULL;
}

struct rejection {
    struct LFIBox *box;
    bool reported;
};

/* Keeps the first rejection.  */
static bool report(void *arg, const struct LFIVError *error)
{
    struct rejection *r = arg;
    char code[LFIV_HEX_SIZE];
    lfiv_error_hex(error, code);
    lfi_fail(LFI_ERR_VERIFY, "code rejected at offset 0x%llx (%s, %s): %s",
             (unsigned long long)(error->addr - r->box->base), code, error->insn, error->rule);
    r->reported = true;
    return false;
}

int lfi_code_verify(struct LFIBox *box, void *stage, uintptr_t addr, size_t size)
{
    struct LFIVerifier verifier;
    struct rejection rejection = {.box = box};
    box->had_code = true;
    if (box->engine->opts.no_verify)
        return 0;
    if (!lfiv_for_profile(box->profile, &verifier))
        return lfi_fail_errno(LFI_ERR_VERIFY, EACCES, "code of profile '%s' cannot be verified",
                              box->profile->name);
    verifier.opts.report = report;
    verifier.opts.arg = &rejection;
    /* Where instructions have no fixed places; without memory for it the code is read more than
       once.  */
    verifier.opts.bitmap_words = box->profile->bundle ? lfiv_bitmap_words(size) : 0;
    if (verifier.opts.bitmap_words)
        verifier.opts.bitmap = malloc(verifier.opts.bitmap_words * sizeof *verifier.opts.bitmap);
    bool ok = lfiv_verify(&verifier, stage, size, addr);
    free(verifier.opts.bitmap);
    if (ok)
        return 0;
    if (!rejection.reported)
        lfi_fail(LFI_ERR_VERIFY, "code rejected by the verifier");
    errno = EACCES;
    return -1;
}

int lfi_code_place(struct LFIBox *box, void *stage, uintptr_t addr, size_t size)
{
    size_t pages = lfi_page_up(box->engine, size);
    void *to = (void *)addr;
    if (mremap(stage, pages, pages, MREMAP_MAYMOVE | MREMAP_FIXED, to) == MAP_FAILED) {
        lfi_code_unstage(box, stage, size);
        return -1;
    }
    /* Read-only so far: synchronise at the address of execution, then let it run.  */
    lfi_arch_sync_code(to, pages);
    if (mprotect(to, pages, PROT_READ | PROT_EXEC) == 0)
        return 0;
    int saved = errno;
    lfi_mem_reserve(addr, pages);
    lfi_map_cut(&box->map, addr, addr + pages);
    errno = saved;
    return -1;
}

/* Makes what other threads wrote before, in particular their in_box flags, visible here.
   Where the kernel has no such call (qemu-user) only the fence is left; see docs/runtime.md.  */
static void barrier(void)
{
    atomic_thread_fence(memory_order_seq_cst);
    if (syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0) < 0 && errno == EPERM
        && syscall(SYS_membarrier, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, 0, 0) == 0)
        syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0);
}

/* Remembers that the range held code.  When the list is full its last entry grows to
   cover the range too: more than needed, never less.  */
void lfi_code_retire(struct LFIBox *box, uintptr_t start, uintptr_t end)
{
    uint64_t epoch = atomic_fetch_add(&box->epoch, 1) + 1;
    if (box->nretired < LFI_MAX_RETIRED) {
        box->retired[box->nretired++] = (struct LFIRetired){start, end, epoch};
        return;
    }
    struct LFIRetired *last = &box->retired[LFI_MAX_RETIRED - 1];
    last->start = start < last->start ? start : last->start;
    last->end = end > last->end ? end : last->end;
    last->epoch = epoch;
}

int lfi_code_revoke(struct LFIBox *box, uintptr_t start, uintptr_t end)
{
    for (struct LFIRange *n = lfi_map_find(&box->map, start); n && n->start < end;
         n = lfi_map_find(&box->map, n->end)) {
        if (!n->code)
            continue;
        if (mprotect((void *)n->start, n->end - n->start, PROT_READ) < 0)
            return lfi_fail_errno(LFI_ERR_MMAP, errno, "cannot take execute permission: %s",
                                  strerror(errno));
        n->code = false;
        n->prot = LFI_PROT_READ;
        lfi_code_retire(box, n->start, n->end);
    }
    return 0;
}

/* Drops what every context has left since.  */
static void forget_seen(struct LFIBox *box)
{
    unsigned kept = 0;
    barrier();
    for (unsigned i = 0; i < box->nretired; i++)
        if (!lfi_ctx_all_seen(box, box->retired[i].epoch))
            box->retired[kept++] = box->retired[i];
    box->nretired = kept;
}

static bool still_running(struct LFIBox *box, uintptr_t start, uintptr_t end)
{
    for (unsigned i = 0; i < box->nretired; i++) {
        const struct LFIRetired *r = &box->retired[i];
        if (r->start < end && start < r->end)
            return true;
    }
    return false;
}

int lfi_code_wait(struct LFIBox *box, uintptr_t start, uintptr_t end)
{
    struct timespec step = {.tv_nsec = WAIT_STEP_NS};
    for (int i = 0; still_running(box, start, end); i++) {
        if (i == WAIT_STEPS)
            return lfi_fail_errno(LFI_ERR_MMAP, EAGAIN,
                                  "a thread of the box may still run the old code there");
        if (i > 0)
            nanosleep(&step, NULL);
        forget_seen(box);
    }
    return 0;
}
