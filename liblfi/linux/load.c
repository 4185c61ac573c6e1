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
#include <sys/mman.h>
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
/* Compilers make addresses of so many bytes before an object, of which code takes differences: without a base
   they must not become less than 0.  */
#define LOAD_BEFORE ((uint64_t)16 << 20)

static uint64_t round_up(uint64_t n, uint64_t to)
{
    return (n + to - 1) & ~(to - 1);
}

/* From the largest page that has the first byte of the image (lfiv_elf_check saw to it that there
   is a segment) to the end of that with the last one.  */
static uint64_t image_low(const struct loaded *im)
{
    return im->elf.segs[0].vaddr & ~(LFI_MAX_PAGE - 1);
}

static uint64_t image_size(const struct loaded *im)
{
    return round_up(im->elf.end, LFI_MAX_PAGE) - image_low(im);
}

/* Picks the addresses: multiples of the largest page, so that every segment keeps its place in a
   page. After the program its brk, and then the dynamic linker, with a page in between.  */
static bool choose_address(struct LFILinuxProc *p, uint64_t brk_size)
{
    uint64_t size = image_size(&p->prog) + LFI_MAX_PAGE + brk_size, before = size;
    uint64_t before_it = p->prog.elf.profile->poc ? LOAD_BEFORE : 0;
    uint64_t first = round_up(p->info.min, LFI_MAX_PAGE) + before_it, room = p->info.max_exec - first;
    uint64_t random = 0;
    if (p->linker.file) {
        before = round_up(size, LFI_MAX_PAGE) + LFI_MAX_PAGE;
        size = before + image_size(&p->linker);
    }
    if (size > room)
        return lx_fail(LFI_ERR_ARG, "the program does not fit into a box");
    uint64_t places = (room - size < LOAD_RANGE ? room - size : LOAD_RANGE) / LFI_MAX_PAGE + 1;
    if (!lfi_opts(p->lx->engine).no_aslr
        && getrandom(&random, sizeof random, 0) != (ssize_t)sizeof random)
        return lx_fail(LFI_ERR_STATE, "no random address: %s", strerror(errno));
    lfiptr at = first + random % places * LFI_MAX_PAGE;
    p->prog.image = at - image_low(&p->prog);
    if (p->linker.file)
        p->linker.image = at + before - image_low(&p->linker);
    return true;
}

static int segment_prot(const struct LFIVElfSegment *s)
{
    return (s->prot & LFIV_ELF_READ ? LFI_PROT_READ : 0)
           | (s->prot & LFIV_ELF_WRITE ? LFI_PROT_WRITE : 0)
           | (s->prot & LFIV_ELF_EXEC ? LFI_PROT_EXEC : 0);
}

/* Where a segment is in the box: whole pages.  */
struct place {
    lfiptr start, at;      /* its first page, its first byte */
    uint64_t size, filesz; /* of the pages; of those with bytes of the file */
};

static struct place segment_place(const struct LFILinuxProc *p, const struct loaded *im,
                                  const struct LFIVElfSegment *s)
{
    lfiptr at = im->image + s->vaddr, start = at & ~(lfiptr)(p->page - 1);
    return (struct place){.start = start,
                          .at = at,
                          .size = round_up(at + s->memsz - start, p->page),
                          .filesz = s->filesz ? round_up(at + s->filesz - start, p->page) : 0};
}

static bool map_zeros(struct LFILinuxProc *p, lfiptr at, uint64_t size, int prot)
{
    const int flags = LFI_MAP_PRIVATE | LFI_MAP_ANONYMOUS | LFI_MAP_FIXED;
    return size == 0 || lfi_box_mapat(p->box, at, size, prot, flags, -1, 0) == at;
}

static bool map_copied(struct LFILinuxProc *p, const struct loaded *im,
                       const struct LFIVElfSegment *s)
{
    struct place w = segment_place(p, im, s);
    int prot = segment_prot(s);
    if (!map_zeros(p, w.start, w.size, LFI_PROT_READ | LFI_PROT_WRITE))
        return false;
    if (!lfi_box_copyto(p->box, w.at, im->file + s->offset, s->filesz))
        return lx_fail(LFI_ERR_MMAP, "segment at 0x%llx: cannot be filled",
                       (unsigned long long)s->vaddr);
    /* Code is verified by its exact size: what follows in its last page is filled with traps.  */
    uint64_t size = prot & LFI_PROT_EXEC ? w.at + s->memsz - w.start : w.size;
    return lfi_box_mprotect(p->box, w.start, size, prot) == 0;
}

static bool map_remapped(struct LFILinuxProc *p, const struct loaded *im, unsigned i)
{
    const struct LFIVElfSegment *s = &im->elf.segs[i];
    struct place w = segment_place(p, im, s);
    int prot = segment_prot(s);
    if (w.filesz
        && lfi_box_mapat(p->box, w.start, w.filesz, prot, LFI_MAP_PRIVATE | LFI_MAP_FIXED,
                         im->data_fd, (off_t)im->data_at[i])
               != w.start)
        return false;
    return map_zeros(p, w.start + w.filesz, w.size - w.filesz, prot);
}

/* Code that was verified there and has never been anything else since: what was mapped later is
   gone by now (lfi_box_unmap_non_original), and of what is left only that is executable.  */
static bool intact(struct LFILinuxProc *p, const struct loaded *im, const struct LFIVElfSegment *s)
{
    struct LFIMapInfo info;
    return lfi_box_mquery(p->box, segment_place(p, im, s).start, &info)
           && (info.prot & LFI_PROT_EXEC);
}

static bool map_segment(struct LFILinuxProc *p, const struct loaded *im, unsigned i, unsigned *kept)
{
    const struct LFIVElfSegment *s = &im->elf.segs[i];
    if (!(s->prot & LFIV_ELF_EXEC))
        return im->data_fd >= 0 ? map_remapped(p, im, i) : map_copied(p, im, s);
    if (!intact(p, im, s))
        return map_copied(p, im, s);
    ++*kept;
    return true;
}

static bool write_all(int fd, const uint8_t *bytes, uint64_t size, uint64_t at)
{
    while (size > 0) {
        ssize_t n = pwrite(fd, bytes, size, (off_t)at);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        bytes += n;
        at += (uint64_t)n;
        size -= (uint64_t)n;
    }
    return true;
}

/* The memory file that data is mapped from: nothing can change it once it is sealed.  Without it,
   where the host has no such files, data is copied.  */
static void make_data_file(const struct LFILinuxProc *p, struct loaded *im)
{
    const int seals = F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL;
    uint64_t end = 0;
    int fd = memfd_create("lfi-data", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    bool ok = fd >= 0;
    for (unsigned i = 0; ok && i < im->elf.nsegs; i++) {
        const struct LFIVElfSegment *s = &im->elf.segs[i];
        struct place w = segment_place(p, im, s);
        im->data_at[i] = end;
        if (s->prot & LFIV_ELF_EXEC)
            continue;
        ok = write_all(fd, im->file + s->offset, s->filesz, end + (w.at - w.start));
        end += w.filesz;
    }
    if (ok && ftruncate(fd, (off_t)end) == 0 && fcntl(fd, F_ADD_SEALS, seals) == 0)
        im->data_fd = fd;
    else if (fd >= 0)
        close(fd);
}

static bool reserve_brk(struct LFILinuxProc *p, uint64_t size)
{
    p->brk_start = p->brk_now = p->brk_end =
        round_up(p->prog.image + p->prog.elf.end, LFI_MAX_PAGE) + LFI_MAX_PAGE;
    if (!map_zeros(p, p->brk_start, size, LFI_PROT_NONE))
        return false;
    p->brk_end = p->brk_start + size;
    return true;
}

static bool map_image(struct LFILinuxProc *p, const struct loaded *im, unsigned *kept)
{
    for (unsigned i = 0; im->file && i < im->elf.nsegs; i++)
        if (!map_segment(p, im, i, kept))
            return false;
    return true;
}

/* All memory that the program starts with; what is there already of its code stays.  */
static bool map_program(struct LFILinuxProc *p, uint64_t brk_size, unsigned *kept)
{
    if (!map_image(p, &p->prog, kept) || !map_image(p, &p->linker, kept)
        || !reserve_brk(p, brk_size))
        return false;
    if (p->prog.elf.profile->threads == LFI_THREADS_SINGLE)
        p->rlimit[BOX_RLIMIT_NPROC] = (struct box_rlimit){1, 1};
    lfi_box_mark_original(p->box);
    return true;
}

uint8_t *read_image(int fd, int64_t most, size_t *size)
{
    struct stat st;
    if (fstat(fd, &st) != 0) {
        lx_fail(LFI_ERR_ARG, "%s", strerror(errno));
        return NULL;
    }
    if (!S_ISREG(st.st_mode)) {
        lx_fail(LFI_ERR_ARG, "not a regular file");
        return NULL;
    }
    if (st.st_size > most) {
        lx_fail(LFI_ERR_ARG, "the file is too large for a box");
        return NULL;
    }
    *size = (size_t)st.st_size;
    uint8_t *file = malloc(*size ? *size : 1);
    if (!file) {
        lx_fail(LFI_ERR_ALLOC, "out of memory");
        return NULL;
    }
    for (size_t got = 0; got < *size;) {
        ssize_t n = pread(fd, file + got, *size - got, (off_t)got);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0) {
            lx_fail(LFI_ERR_ARG, "%s", n < 0 ? strerror(errno) : "the file became shorter");
            free(file);
            return NULL;
        }
        got += (size_t)n;
    }
    return file;
}

static const char *check_linker(const struct LFILinuxProc *p, struct loaded *im)
{
    const char *why = lfiv_elf_check(im->file, im->size, p->page, &im->elf);
    if (why)
        return why;
    if (im->elf.profile != p->prog.elf.profile)
        return "it is of another profile than the program";
    if (im->elf.interpsz || !im->elf.has_entry)
        return "it is not a dynamic linker";
    return NULL;
}

/* The dynamic linker is the host's choice, whatever the program calls it, and runs in the box like
   the program: what it loads is mapped by calls of the box.  */
static bool read_linker(struct LFILinuxProc *p)
{
    static const char name[] = "/lib/ld-musl-" ABI_MACHINE ".so.1";
    const char *wanted = (const char *)p->prog.file + p->prog.elf.interp, *path = p->lx->linker;
    if (strcmp(wanted, name) != 0)
        return lx_fail(LFI_ERR_ARG,
                       "its dynamic linker is '%.80s' and not %s: link it with this toolchain",
                       wanted, name);
    if (!path)
        return lx_fail(LFI_ERR_ARG, "no dynamic linker was given for it; link with -static-pie");
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return lx_fail(LFI_ERR_ARG, "the dynamic linker %s: %s", path, strerror(errno));
    p->linker.file = read_image(fd, MAX_FILE, &p->linker.size);
    close(fd);
    const char *why = p->linker.file ? check_linker(p, &p->linker) : lfi_errmsg();
    return !why || lx_fail(LFI_ERR_ARG, "the dynamic linker %s: %s", path, why);
}

bool load_program(struct LFILinuxProc *p)
{
    const struct LFILinuxOptions *o = &p->lx->opts;
    const struct LFIVElf *elf = &p->prog.elf;
    const char *why = lfiv_elf_check(p->prog.file, p->prog.size, p->page, &p->prog.elf);
    unsigned kept = 0;
    if (why)
        return lx_fail(LFI_ERR_ARG, "%s", why);
    if (elf->interpsz && !read_linker(p))
        return false;
    if (elf->profile != lfi_box_profile(p->box) && !lfi_box_set_profile(p->box, elf->profile))
        return false;
    uint64_t brk_size = o->brk_control || o->brk_size ? o->brk_size : DEFAULT_BRK;
    brk_size = brk_size < p->info.size ? round_up(brk_size, p->page) : p->info.size;
    if (!choose_address(p, brk_size))
        return false;
    if (p->remap)
        make_data_file(p, &p->prog);
    if (p->remap && p->linker.file)
        make_data_file(p, &p->linker);
    if (!map_program(p, brk_size, &kept))
        return false;
    if (o->verbose)
        lx_log(p->lx, "%s: profile %s, %s, image at 0x%llx", p->name, elf->profile->name,
               lfi_opts(p->lx->engine).no_verify ? "NOT verified" : "verified",
               (unsigned long long)p->prog.image);
    return true;
}

void loaded_free(struct loaded *im)
{
    free(im->file);
    if (im->data_fd >= 0)
        close(im->data_fd);
    *im = (struct loaded){.data_fd = -1};
}

static bool load_again(struct LFILinuxProc *p)
{
    unsigned kept = 0;
    lfi_box_unmap_non_original(p->box);
    if (!map_program(p, p->brk_end - p->brk_start, &kept))
        return false;
    if (p->lx->opts.verbose)
        lx_log(p->lx, "%s: loaded again, code segments kept: %u", p->name, kept);
    return true;
}

/* Another program in the same box.  */
static bool load_other(struct LFILinuxProc *p, uint8_t *file, size_t size)
{
    loaded_free(&p->prog);
    loaded_free(&p->linker);
    p->prog.file = file;
    p->prog.size = size;
    return lfi_box_munmap(p->box, p->info.min, p->info.max - p->info.min) == 0 && load_program(p);
}

/* Public.  */

void program_tell(struct LFILinuxProc *p)
{
    debugger_unregister(p);
    if (p->lx->opts.gdb)
        debugger_register(p);
    if (p->lx->opts.perf)
        perf_add(&p->prog);
    if (p->lx->opts.perf && p->linker.file)
        perf_add(&p->linker);
}

static bool load_owned(struct LFILinuxProc *p, uint8_t *file, size_t size, const char *path)
{
    if (p->prog.file) {
        free(file);
        return lx_fail(LFI_ERR_STATE, "the process has a program already");
    }
    p->prog.file = file;
    p->prog.size = size;
    p->name = strdup(path ? path : "");
    if (!p->name)
        return lx_fail(LFI_ERR_ALLOC, "out of memory");
    p->loaded = load_program(p);
    if (p->loaded)
        program_tell(p);
    return p->loaded;
}

static uint8_t *copy_of(const uint8_t *prog, size_t size)
{
    uint8_t *copy = malloc(size ? size : 1);
    if (!copy)
        lx_fail(LFI_ERR_ALLOC, "out of memory");
    else if (size)
        memcpy(copy, prog, size);
    return copy;
}

bool lfi_proc_load(struct LFILinuxProc *p, const uint8_t *prog, size_t size, const char *path)
{
    uint8_t *copy = copy_of(prog, size);
    return copy && load_owned(p, copy, size, path);
}

bool lfi_proc_load_remap(struct LFILinuxProc *p, const uint8_t *prog, size_t size, const char *path)
{
    if (!p->prog.file)
        p->remap = true;
    return lfi_proc_load(p, prog, size, path);
}

bool lfi_proc_reload(struct LFILinuxProc *p, const uint8_t *prog, size_t size)
{
    uint8_t *other = NULL;
    if (!p->loaded)
        return lx_fail(LFI_ERR_STATE, "the process has no program");
    if (prog && (size != p->prog.size || memcmp(prog, p->prog.file, size) != 0)
        && !(other = copy_of(prog, size)))
        return false;
    if (!proc_reset(p)) {
        p->loaded = lfi_errno() == LFI_ERR_STATE;
        free(other);
        return false;
    }
    p->loaded = other ? load_other(p, other, size) : load_again(p);
    if (p->loaded && other) /* else it is where it was */
        program_tell(p);
    return p->loaded;
}

bool lfi_proc_load_fd(struct LFILinuxProc *p, int fd, const char *path)
{
    size_t size;
    uint8_t *file = read_image(fd, MAX_FILE, &size);
    return file && load_owned(p, file, size, path);
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
