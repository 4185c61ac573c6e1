/* Loads an ELF program into a box.
   SPDX-License-Identifier: Apache-2.0

   The file is copied first and lfiv_elf_check looks at the copy: nothing can change under the
   checks.  Segments are copied in while they are writable and get their permissions then; code
   becomes executable only through the core, which verifies it.  */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lfi_layout.h"
#include "liblfi/linux/linux.h"
#include "profiles/profile.h"

#define MAX_FILE ((off_t)2 << 30)
#define DEFAULT_BRK ((uint64_t)256 << 20)
/* The image starts in the first GiB of the box, so that there is room for the rest.  */
#define LOAD_RANGE ((uint64_t)1 << 30)

static uint64_t round_up(uint64_t n, uint64_t to)
{
    return (n + to - 1) & ~(to - 1);
}

/* Picks the address of the image (lfiv_elf_check saw to it that there is a segment): a multiple of the largest page, so that every segment keeps its
   place in a page.  */
static bool choose_address(struct LFILinuxProc *p, uint64_t brk_size)
{
    uint64_t low = p->elf.segs[0].vaddr & ~(LFI_MAX_PAGE - 1);
    uint64_t size = round_up(p->elf.end, LFI_MAX_PAGE) - low + LFI_MAX_PAGE + brk_size;
    uint64_t first = round_up(p->info.min, LFI_MAX_PAGE), room = p->info.max_exec - first;
    uint64_t random = 0;
    if (size > room)
        return lx_fail(LFI_ERR_ARG, "the program does not fit into a box");
    uint64_t places = (room - size < LOAD_RANGE ? room - size : LOAD_RANGE) / LFI_MAX_PAGE + 1;
    if (!lfi_opts(p->lx->engine).no_aslr
        && getrandom(&random, sizeof random, 0) != (ssize_t)sizeof random)
        return lx_fail(LFI_ERR_STATE, "no random address: %s", strerror(errno));
    p->image = first + random % places * LFI_MAX_PAGE - low;
    return true;
}

static bool map_segment(struct LFILinuxProc *p, const struct LFIVElfSegment *s)
{
    lfiptr at = p->image + s->vaddr, start = at & ~(lfiptr)(p->page - 1);
    uint64_t size = round_up(at + s->memsz - start, p->page);
    int rw = LFI_PROT_READ | LFI_PROT_WRITE;
    int prot = (s->prot & LFIV_ELF_READ ? LFI_PROT_READ : 0)
               | (s->prot & LFIV_ELF_WRITE ? LFI_PROT_WRITE : 0)
               | (s->prot & LFIV_ELF_EXEC ? LFI_PROT_EXEC : 0);
    if (lfi_box_mapat(p->box, start, size, rw, LFI_MAP_PRIVATE | LFI_MAP_ANONYMOUS | LFI_MAP_FIXED,
                      -1, 0)
        != start)
        return false;
    if (!lfi_box_copyto(p->box, at, p->file + s->offset, s->filesz))
        return lx_fail(LFI_ERR_MMAP, "segment at 0x%llx: cannot be filled",
                       (unsigned long long)s->vaddr);
    /* Code is verified by its exact size: what follows in its last page is filled with traps.  */
    return lfi_box_mprotect(p->box, start, prot & LFI_PROT_EXEC ? at + s->memsz - start : size,
                            prot)
           == 0;
}

static bool reserve_brk(struct LFILinuxProc *p, uint64_t size)
{
    p->brk_start = p->brk_now = p->brk_end =
        round_up(p->image + p->elf.end, LFI_MAX_PAGE) + LFI_MAX_PAGE;
    if (size == 0)
        return true;
    if (lfi_box_mapat(p->box, p->brk_start, size, LFI_PROT_NONE,
                      LFI_MAP_PRIVATE | LFI_MAP_ANONYMOUS | LFI_MAP_FIXED, -1, 0)
        != p->brk_start)
        return false;
    p->brk_end = p->brk_start + size;
    return true;
}

bool load_program(struct LFILinuxProc *p)
{
    const struct LFILinuxOptions *o = &p->lx->opts;
    const char *why = lfiv_elf_check(p->file, p->file_size, p->page, &p->elf);
    if (why)
        return lx_fail(LFI_ERR_ARG, "%s", why);
    if (p->elf.interpsz)
        return lx_fail(LFI_ERR_ARG, "dynamically linked programs are not supported yet; link with "
                                    "-static-pie");
    if (!lfi_box_set_profile(p->box, p->elf.profile))
        return false;
    uint64_t brk_size = o->brk_control || o->brk_size ? o->brk_size : DEFAULT_BRK;
    brk_size = brk_size < p->info.size ? round_up(brk_size, p->page) : p->info.size;
    if (!choose_address(p, brk_size))
        return false;
    for (unsigned i = 0; i < p->elf.nsegs; i++)
        if (!map_segment(p, &p->elf.segs[i]))
            return false;
    if (!reserve_brk(p, brk_size))
        return false;
    if (p->elf.profile->threads == LFI_THREADS_SINGLE)
        p->rlimit[BOX_RLIMIT_NPROC] = (struct box_rlimit){1, 1};
    if (o->verbose)
        lx_log(p->lx, "%s: profile %s, %s, image at 0x%llx", p->name, p->elf.profile->name,
               lfi_opts(p->lx->engine).no_verify ? "NOT verified" : "verified",
               (unsigned long long)p->image);
    return true;
}

/* Public.  */

static bool load_owned(struct LFILinuxProc *p, uint8_t *file, size_t size, const char *path)
{
    if (p->file) {
        free(file);
        return lx_fail(LFI_ERR_STATE, "the process has a program already");
    }
    p->file = file;
    p->file_size = size;
    p->name = strdup(path ? path : "");
    if (!p->name)
        return lx_fail(LFI_ERR_ALLOC, "out of memory");
    p->loaded = load_program(p);
    return p->loaded;
}

bool lfi_proc_load(struct LFILinuxProc *p, const uint8_t *prog, size_t size, const char *path)
{
    uint8_t *copy = malloc(size ? size : 1);
    if (!copy)
        return lx_fail(LFI_ERR_ALLOC, "out of memory");
    memcpy(copy, prog, size);
    return load_owned(p, copy, size, path);
}

bool lfi_proc_load_fd(struct LFILinuxProc *p, int fd, const char *path)
{
    struct stat st;
    if (fstat(fd, &st) != 0)
        return lx_fail(LFI_ERR_ARG, "%s", strerror(errno));
    if (!S_ISREG(st.st_mode))
        return lx_fail(LFI_ERR_ARG, "not a regular file");
    if (st.st_size > MAX_FILE)
        return lx_fail(LFI_ERR_ARG, "the file is too large for a box");
    size_t size = (size_t)st.st_size, got = 0;
    uint8_t *file = malloc(size ? size : 1);
    if (!file)
        return lx_fail(LFI_ERR_ALLOC, "out of memory");
    while (got < size) {
        ssize_t n = pread(fd, file + got, size - got, (off_t)got);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0) {
            lx_fail(LFI_ERR_ARG, "%s", n < 0 ? strerror(errno) : "the file became shorter");
            free(file);
            return false;
        }
        got += (size_t)n;
    }
    return load_owned(p, file, size, path);
}

bool lfi_proc_load_file(struct LFILinuxProc *p, const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return lx_fail(LFI_ERR_ARG, "%s", strerror(errno));
    bool ok = lfi_proc_load_fd(p, fd, path);
    close(fd);
    return ok;
}
