/* Processes are copied: a program goes on in two boxes, from where it is.
   SPDX-License-Identifier: Apache-2.0

   What is the program's memory the core copies (core/position.c); here it is what a kernel has of a
   process.  The rules are those of fork, but that the program is not told, so that all copies do the
   same: numbers of process and thread stay, signals that wait still do (it may be about to take one that
   it sent itself); open files are shared, and there are no timers.

   A program that runs is copied by its own thread, which is stopped as for a signal: what it was in the
   middle of it does once more in the copy, if the registers say that a system call is to be made again.  */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "liblfi/core/internal.h"
#include "liblfi/linux/linux.h"

/* Of a host thread that waits until the program's thread has made the copy; in its lock.  */
struct copying {
    bool done;
    struct LFILinuxProc *copy;
    struct LFILinuxThread *thread;
    int error;
    char message[128];
};

bool image_copy(struct loaded *to, const struct loaded *from, struct LFIBox *box)
{
    *to = *from;
    to->data_fd = -1; /* its data are copied like all memory */
    to->file = NULL;
    if (!from->file)
        return true;
    to->image = lfi_box_l2p(box, from->image);
    to->file = malloc(from->size ? from->size : 1);
    if (!to->file)
        return lx_fail(LFI_ERR_ALLOC, "out of memory");
    memcpy(to->file, from->file, from->size);
    return true;
}

/* Files whose contents are the process's own.  */
static const char *own_use(const struct file *f)
{
    switch (f->use) {
    case USE_EPOLL:
        return "an epoll";
    case USE_SIGNAL:
        return "a signalfd";
    case USE_MEMORY:
        return "a memory file";
    default:
        return NULL;
    }
}

static bool copy_files(struct LFILinuxProc *to, struct LFILinuxProc *from)
{
    const char *use = NULL;
    int bad = -1;
    pthread_mutex_lock(&from->fds.lock);
    for (int fd = 0; fd < LX_MAX_FDS && !use; fd++)
        if (from->fds.slot[fd].file && (use = own_use(from->fds.slot[fd].file)))
            bad = fd;
    if (!use)
        fds_share(to, from);
    pthread_mutex_unlock(&from->fds.lock);
    if (use)
        return lx_fail(LFI_ERR_STATE, "the process cannot be copied: its descriptor %d is %s", bad, use);
    pthread_mutex_lock(&from->fs_lock);
    file_hold(from->cwd);
    file_drop(to->cwd);
    to->cwd = from->cwd;
    pthread_mutex_unlock(&from->fs_lock);
    return true;
}

/* What is in memory of the host's, as plain values.  */
static void copy_state(struct LFILinuxProc *to, struct LFILinuxProc *from)
{
    to->pid = from->pid;
    to->next_tid = from->next_tid;
    to->fuel = from->fuel;
    to->loaded = from->loaded;
    to->started = from->started;
    limits_set(to, &from->limits);
    memcpy(to->rlimit, from->rlimit, sizeof to->rlimit);
    atomic_store(&to->umask, atomic_load(&from->umask));
    atomic_store(&to->nice, atomic_load(&from->nice));
    to->brk_start = lfi_box_l2p(to->box, from->brk_start);
    to->brk_now = lfi_box_l2p(to->box, from->brk_now);
    to->brk_end = lfi_box_l2p(to->box, from->brk_end);
}

static void copy_signals(struct LFILinuxProc *to, struct LFILinuxProc *from)
{
    pthread_mutex_lock(&from->lock);
    memcpy(to->sig.action, from->sig.action, sizeof to->sig.action);
    to->ignored = from->ignored;
    signal_copy(to, &to->sig.queue, &from->sig.queue);
    pthread_mutex_unlock(&from->lock);
}

static bool copy_images(struct LFILinuxProc *to, struct LFILinuxProc *from)
{
    to->name = strdup(from->name);
    if (!to->name)
        return lx_fail(LFI_ERR_ALLOC, "out of memory");
    return image_copy(&to->prog, &from->prog, to->box)
           && image_copy(&to->linker, &from->linker, to->box) && libraries_copy(to, from);
}

/* The box and all that belongs to the process; the first is locked against calls on its memory.  */
static struct LFILinuxProc *copy_process(struct LFILinuxProc *from)
{
    pthread_mutex_lock(&from->mem_lock);
    struct LFIBox *box = lfi_box_copy(from->box, NULL);
    struct LFILinuxProc *to = box ? proc_make(from->lx, box) : NULL;
    bool ok = to && copy_images(to, from);
    if (ok)
        copy_state(to, from);
    pthread_mutex_unlock(&from->mem_lock);
    if (ok && copy_files(to, from)) {
        copy_signals(to, from);
        program_tell(to);
        return to;
    }
    if (to)
        lfi_proc_free(to);
    return NULL;
}

/* The program's only thread.  begun: it is not only to begin; again: its registers are those of a call that is to be
   made.  */
static struct LFILinuxThread *copy_thread(struct LFILinuxProc *to, struct LFILinuxThread *from,
                                          bool begun, bool again)
{
    struct LFILinuxThread *t = calloc(1, sizeof *t);
    if (!t) {
        lx_fail(LFI_ERR_ALLOC, "out of memory");
        return NULL;
    }
    t->proc = to;
    t->ctx = lfi_ctx_copy(from->ctx, to->box, t);
    if (!t->ctx) {
        free(t);
        return NULL;
    }
    t->main = true;
    t->entry = lfi_box_l2p(to->box, from->entry);
    t->copied = begun || from->copied;
    t->redo = again || from->redo;
    t->sigmask = from->sigmask;
    t->mask_kept = from->mask_kept;
    t->old_mask = from->old_mask;
    t->deadline = from->deadline;
    t->clear_tid = from->clear_tid;
    t->robust_list = from->robust_list;
    t->altstack = from->altstack;
    memcpy(t->name, from->name, sizeof t->name);
    pthread_mutex_lock(&from->proc->lock);
    signal_copy(to, &t->queue, &from->queue);
    pthread_mutex_unlock(&from->proc->lock);
    to->first = t;
    if (t->redo)
        lfi_ctx_preempt(t->ctx);
    /* Calls of the host run on the thread's stack.  */
    if (from->waiting && thread_enter(t))
        t->ran = t->waiting = true;
    return t;
}

static struct LFILinuxProc *copy_both(struct LFILinuxProc *from, struct LFILinuxThread *running, bool again,
                                      struct LFILinuxThread **thread)
{
    struct LFILinuxThread *t = running ? running : from->first;
    struct LFILinuxProc *to = copy_process(from);
    *thread = NULL;
    if (to && t && !(*thread = copy_thread(to, t, running != NULL, again))) {
        lfi_proc_free(to);
        to = NULL;
    }
    return to;
}

/* Whether there is one thread at most, and not one of which the host has nothing; the process is locked.  */
static bool can_copy(struct LFILinuxProc *p)
{
    if (p->ended)
        return lx_fail(LFI_ERR_STATE, "the process has ended");
    if (p->copying)
        return lx_fail(LFI_ERR_STATE, "the process is being copied");
    if (p->nthreads > 1)
        return lx_fail(LFI_ERR_STATE, "the process has %u threads: only programs of one thread are copied",
                       p->nthreads);
    if (p->threads && !p->threads->main)
        return lx_fail(LFI_ERR_STATE, "the first thread of the process has ended");
    return true;
}

/* Has the thread make the copy, and waits for it; the process is locked.  */
static struct LFILinuxProc *ask_for_copy(struct LFILinuxProc *p, struct LFILinuxThread **thread)
{
    struct copying c = {.done = false};
    p->copying = &c;
    atomic_store(&p->copy_wanted, true);
    atomic_store(&p->threads->kicked, 1);
    lfi_ctx_preempt(p->threads->ctx);
    while (!c.done && p->nthreads)
        pthread_cond_wait(&p->idle, &p->lock);
    p->copying = NULL;
    atomic_store(&p->copy_wanted, false);
    *thread = c.thread;
    if (!c.done)
        lx_fail(LFI_ERR_STATE, "the process has ended");
    else if (!c.copy)
        lx_fail(c.error, "%s", c.message);
    return c.copy;
}

void copy_here(struct LFILinuxThread *t, bool again)
{
    struct LFILinuxProc *p = t->proc;
    struct copying c = {.done = true};
    pthread_mutex_lock(&p->lock);
    bool wanted = p->copying && !p->copying->done;
    /* It may have made others since it was asked.  */
    bool alone = p->nthreads == 1;
    pthread_mutex_unlock(&p->lock);
    if (!wanted)
        return;
    if (alone)
        c.copy = copy_both(p, t, again, &c.thread);
    else
        lx_fail(LFI_ERR_STATE, "the process has threads: only programs of one thread are copied");
    if (!c.copy) {
        c.error = lfi_errno();
        strncpy(c.message, lfi_errmsg(), sizeof c.message - 1);
    }
    pthread_mutex_lock(&p->lock);
    *p->copying = c;
    atomic_store(&p->copy_wanted, false);
    pthread_cond_broadcast(&p->idle);
    pthread_mutex_unlock(&p->lock);
}

struct LFILinuxProc *lfi_proc_copy(struct LFILinuxProc *p, struct LFILinuxThread **thread)
{
    struct LFILinuxProc *copy = NULL;
    struct copying itself = {.done = true};
    *thread = NULL;
    if (!p->loaded) {
        lx_fail(LFI_ERR_STATE, "the process has no program");
        return NULL;
    }
    pthread_mutex_lock(&p->lock);
    struct LFILinuxThread *t = p->threads;
    bool ok = can_copy(p), elsewhere = ok && t && !t->waiting && !lfi_run_here(t->ctx);
    if (elsewhere)
        copy = ask_for_copy(p, thread);
    else if (ok)
        p->copying = &itself;
    pthread_mutex_unlock(&p->lock);
    if (!ok || elsewhere)
        return copy;
    copy = copy_both(p, t, false, thread);
    pthread_mutex_lock(&p->lock);
    p->copying = NULL;
    pthread_cond_broadcast(&p->idle);
    pthread_mutex_unlock(&p->lock);
    return copy;
}
