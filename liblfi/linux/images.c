/* Which ELF image an address of a box belongs to, for messages: the program, its dynamic linker, or
   a library that they loaded. SPDX-License-Identifier: Apache-2.0

   Of a library it is remembered that a piece of a file was mapped with its code.  The file is read
   when a message needs it, and may be another one by then: nothing here is trusted.  */
#include "config.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "liblfi/linux/linux.h"

enum { MOST_LIBRARIES = 64, MOST_BYTES = 256 << 20 };

struct library {
    struct library *next;
    lfiptr start, end; /* where its code is */
    int64_t offset;    /* of that in the file */
    struct file *file; /* NULL once it was looked at */
    char name[64];
    struct loaded im;
};

/* Only of what the box opened itself: a host that gave it no directory may not be able to ask.  */
static void find_name(struct library *l)
{
    char link[64], path[512];
    if (!l->file->mount) {
        strcpy(l->name, "?");
        return;
    }
    snprintf(link, sizeof link, "/proc/self/fd/%d", l->file->host);
    ssize_t n = readlinkat(AT_FDCWD, link, path, sizeof path - 1);
    path[n < 0 ? 0 : n] = 0;
    const char *slash = strrchr(path, '/');
    snprintf(l->name, sizeof l->name, "%.60s", slash ? slash + 1 : "?");
}

/* Where the file's address 0 is, from where its code was mapped.  */
static bool place(const struct LFILinuxProc *p, struct library *l)
{
    const uint64_t page = p->page;
    if (lfiv_elf_check(l->im.file, l->im.size, p->page, &l->im.elf))
        return false;
    for (unsigned i = 0; i < l->im.elf.nsegs; i++) {
        const struct LFIVElfSegment *s = &l->im.elf.segs[i];
        if (s->prot & LFIV_ELF_EXEC && s->offset / page * page == (uint64_t)l->offset) {
            l->im.image = l->start - s->vaddr / page * page;
            return true;
        }
    }
    return false;
}

static void look(const struct LFILinuxProc *p, struct library *l)
{
    l->im.file = read_image(l->file->host, MOST_BYTES, &l->im.size);
    file_drop(l->file);
    l->file = NULL;
    if (!l->im.file || !place(p, l))
        loaded_free(&l->im);
}

/* Now, since the program does not say when it has ended.  */
static void tell_perf(const struct LFILinuxProc *p, struct library *l)
{
    look(p, l);
    if (l->im.file)
        perf_add(&l->im);
}

void library_add(struct LFILinuxProc *p, lfiptr at, uint64_t size, struct file *f, int64_t offset)
{
    struct library *l = calloc(1, sizeof *l);
    if (!l)
        return;
    *l = (struct library){
        .start = at, .end = at + size, .offset = offset, .file = f, .im.data_fd = -1};
    find_name(l);
    pthread_mutex_lock(&p->mem_lock);
    bool room = p->nlibraries < MOST_LIBRARIES;
    if (room) {
        p->nlibraries++;
        file_hold(f);
        l->next = p->libraries;
        p->libraries = l;
        if (p->lx->opts.perf)
            tell_perf(p, l);
    }
    pthread_mutex_unlock(&p->mem_lock);
    if (!room)
        free(l);
}

void libraries_free(struct LFILinuxProc *p)
{
    while (p->libraries) {
        struct library *l = p->libraries;
        p->libraries = l->next;
        if (l->file)
            file_drop(l->file);
        loaded_free(&l->im);
        free(l);
    }
    p->nlibraries = 0;
}

static bool copy_library(struct library *to, const struct library *from, struct LFIBox *box)
{
    *to = *from;
    to->next = NULL;
    to->start = lfi_box_l2p(box, from->start);
    to->end = to->start + (from->end - from->start);
    if (to->file)
        file_hold(to->file);
    return image_copy(&to->im, &from->im, box);
}

bool libraries_copy(struct LFILinuxProc *to, struct LFILinuxProc *from)
{
    struct library **link = &to->libraries;
    for (const struct library *l = from->libraries; l; l = l->next) {
        struct library *copy = calloc(1, sizeof *copy);
        if (!copy)
            return lx_fail(LFI_ERR_ALLOC, "out of memory");
        *link = copy;
        link = &copy->next;
        to->nlibraries++;
        if (!copy_library(copy, l, to->box))
            return false;
    }
    return true;
}

const struct loaded *image_at(struct LFILinuxProc *p, lfiptr pc, const char **name)
{
    const struct loaded *found = NULL;
    *name = NULL;
    if (pc - p->prog.image < p->prog.elf.end)
        return &p->prog;
    if (p->linker.file && pc - p->linker.image < p->linker.elf.end) {
        *name = "libc.so";
        return &p->linker;
    }
    pthread_mutex_lock(&p->mem_lock);
    for (struct library *l = p->libraries; l && !found; l = l->next) {
        if (pc < l->start || pc >= l->end)
            continue;
        if (l->file)
            look(p, l);
        *name = l->name;
        found = l->im.file ? &l->im : NULL;
    }
    pthread_mutex_unlock(&p->mem_lock);
    return found;
}
