/* Engines, processes and first threads of the Linux layer.
   SPDX-License-Identifier: Apache-2.0  */
#include "config.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "liblfi/core/internal.h"
#include "liblfi/linux/linux.h"

enum { MIN_STACK = 64 << 10, MAX_STACK = 1 << 30 };

bool lx_fail(int code, const char *fmt, ...)
{
    char buf[256];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(buf, sizeof buf, fmt, ap);
    va_end(ap);
    lfi_fail(code, "%s", buf);
    return false;
}

/* Text of a box must not reach a terminal as escapes.  */
void lx_log(struct LFILinuxEngine *lx, const char *fmt, ...)
{
    char text[2048], line[4 * sizeof text];
    size_t n = 0;
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    for (const char *s = text; *s; s++) {
        unsigned char c = (unsigned char)*s;
        if (c >= 0x20 && c != 0x7f)
            line[n++] = *s;
        else
            n += (size_t)snprintf(line + n, 5, "\\x%02x", c);
    }
    line[n] = 0;
    if (lx->opts.log)
        lx->opts.log(lx->opts.log_arg, line);
    else
        fprintf(stderr, "%s\n", line);
}

/* Engine.  */

static bool options_ok(const struct LFILinuxOptions *o)
{
    if (o->sys_passthrough)
        return lx_fail(LFI_ERR_ARG, "LFILinuxOptions.sys_passthrough is not supported");
    if (o->stacksize && (o->stacksize < MIN_STACK || o->stacksize > MAX_STACK))
        return lx_fail(LFI_ERR_ARG, "stacksize %zu: give 64 KiB to 1 GiB", o->stacksize);
    if (o->net > LFI_NET_ALL)
        return lx_fail(LFI_ERR_ARG, "LFILinuxOptions.net: there is no such network");
    return limits_ok(&o->limits) && (!o->perf || perf_init());
}

struct LFILinuxEngine *lfi_linux_new(struct LFIEngine *engine, struct LFILinuxOptions opts)
{
    if (!options_ok(&opts))
        return NULL;
    struct LFILinuxEngine *lx = calloc(1, sizeof *lx);
    if (!lx || !(lx->wd = strdup(opts.wd ? opts.wd : "/"))
        || (opts.linker && !(lx->linker = strdup(opts.linker)))) {
        if (lx)
            free(lx->wd);
        free(lx);
        lx_fail(LFI_ERR_ALLOC, "out of memory");
        return NULL;
    }
    lx->engine = engine;
    lx->opts = opts;
    lx->next_pid = LX_FIRST_PID;
    pthread_mutex_init(&lx->std_lock, NULL);
    watch_init(lx);
    if (!mounts_open(lx, opts.dir_maps)) {
        lfi_linux_free(lx);
        return NULL;
    }
    lx->opts.dir_maps = NULL;
    lx->opts.wd = NULL;
    lx->opts.linker = NULL;
    kick_init();
    lfi_set_stopped(engine, signal_stopped);
    if (opts.refill)
        lfi_refill_handler(engine, thread_refill);
    lfi_sys_handler(engine, lx_syscall);
    return lx;
}

void lfi_linux_free(struct LFILinuxEngine *lx)
{
    if (!lx)
        return;
    watch_free(lx);
    mounts_close(lx);
    pthread_mutex_destroy(&lx->std_lock);
    free(lx->wd);
    free(lx->linker);
    free(lx);
}

/* Processes.  */

static void limits_init(struct LFILinuxProc *p)
{
    for (int i = 0; i < BOX_RLIM_NLIMITS; i++)
        p->rlimit[i] = (struct box_rlimit){UINT64_MAX, UINT64_MAX};
    p->rlimit[BOX_RLIMIT_CORE] = (struct box_rlimit){0, 0};
    limits_show(p);
    atomic_store(&p->output, 0);
    p->cpu_done = p->cpu_look = p->cpu_seen = 0;
}

static struct file *root_directory(void)
{
    struct file *f = file_new(FILE_TREE, -1);
    if (!f)
        return NULL;
    f->dir = true;
    f->path = strdup("/");
    if (f->path)
        return f;
    file_drop(f);
    return NULL;
}

/* What every program finds when it starts, but memory and files.  */
static void state_init(struct LFILinuxProc *p)
{
    p->pid = (int)atomic_fetch_add(&p->lx->next_pid, LX_MAX_THREADS) & 0x3fffffff;
    p->next_tid = p->pid + 1;
    atomic_store(&p->umask, p->lx->opts.umask & 0777);
    atomic_store(&p->nice, 0);
    atomic_store(&p->rejections, 0);
    timers_free(p);
    signal_clear(p, &p->sig.queue);
    signal_init(p);
    limits_init(p);
    p->ended = false;
    p->backtrace.n = 0;
    atomic_store(&p->ending, false);
    memset(&p->end, 0, sizeof p->end);
    p->ender = NULL;
    p->main_code = 0;
    atomic_store(&p->box->closed, false);
    for (int i = 0; i < LX_NRT; i++)
        atomic_store(&p->rt[i], 0);
    p->service = NULL;
}

/* A directory that does not exist leaves "/"; with "/" mapped that is the host's.  */
static bool enter_wd(struct LFILinuxProc *p)
{
    return chdir_path(p, p->lx->wd) == 0 || chdir_path(p, "/") == 0;
}

struct LFILinuxProc *proc_make(struct LFILinuxEngine *lx, struct LFIBox *box)
{
    struct LFILinuxProc *p = calloc(1, sizeof *p);
    struct file *root = root_directory();
    if (!p || !root) {
        free(p);
        if (root)
            file_drop(root);
        lfi_box_free(box);
        lx_fail(LFI_ERR_ALLOC, "out of memory");
        return NULL;
    }
    p->box = box;
    p->box->owner = p;
    p->lx = lx;
    p->info = lfi_box_info(p->box);
    p->page = lfi_opts(lx->engine).pagesize;
    p->prog.data_fd = p->linker.data_fd = -1;
    p->cwd = root;
    pthread_mutex_init(&p->lock, NULL);
    pthread_mutex_init(&p->fs_lock, NULL);
    pthread_mutex_init(&p->mem_lock, NULL);
    pthread_mutex_init(&p->service_lock, NULL);
    pthread_cond_init(&p->idle, NULL);
    limits_set(p, &lx->opts.limits);
    state_init(p);
    fds_init(p);
    enter_wd(p);
    return p;
}

struct LFILinuxProc *lfi_proc_new(struct LFILinuxEngine *lx)
{
    struct LFIBox *box = lfi_box_new(lx->engine);
    return box ? proc_make(lx, box) : NULL;
}

bool proc_reset(struct LFILinuxProc *p)
{
    if (!threads_release(p))
        return lx_fail(LFI_ERR_STATE, "threads of the process are running");
    lfi_callback_reset(p->box);
    pthread_mutex_lock(&p->lock);
    state_init(p);
    pthread_mutex_unlock(&p->lock);
    p->started = false;
    libraries_free(p);
    fds_reset(p);
    return enter_wd(p) || lx_fail(LFI_ERR_ALLOC, "out of memory");
}

struct LFIBox *lfi_proc_box(struct LFILinuxProc *p)
{
    return p->box;
}

lfiptr lfi_proc_image(struct LFILinuxProc *p)
{
    return p->prog.image;
}

bool lfi_proc_set_limits(struct LFILinuxProc *p, const struct LFILimits *limits)
{
    if (p->prog.file)
        return lx_fail(LFI_ERR_STATE, "the process has a program already");
    if (!limits_ok(limits))
        return false;
    limits_set(p, limits);
    limits_show(p);
    return true;
}

void lfi_proc_interrupt(struct LFILinuxProc *p)
{
    proc_end_reason(p, NULL, LFI_ENDED_INTERRUPT);
}

bool lfi_proc_exited(struct LFILinuxProc *p, int *code)
{
    pthread_mutex_lock(&p->lock);
    bool ended = p->ended;
    if (ended && code)
        *code = p->end.code;
    pthread_mutex_unlock(&p->lock);
    return ended;
}

bool lfi_proc_end(struct LFILinuxProc *p, struct LFIProcEnd *end)
{
    pthread_mutex_lock(&p->lock);
    bool ended = p->ended;
    if (ended)
        *end = p->end;
    pthread_mutex_unlock(&p->lock);
    return ended;
}

void lfi_proc_free(struct LFILinuxProc *p)
{
    if (!p)
        return;
    proc_stop(p);
    timers_free(p);
    signal_clear(p, &p->sig.queue);
    debugger_unregister(p);
    fds_free(p);
    file_drop(p->cwd);
    lfi_box_free(p->box);
    pthread_mutex_destroy(&p->lock);
    pthread_mutex_destroy(&p->fs_lock);
    pthread_mutex_destroy(&p->mem_lock);
    pthread_mutex_destroy(&p->service_lock);
    pthread_cond_destroy(&p->idle);
    libraries_free(p);
    loaded_free(&p->prog);
    loaded_free(&p->linker);
    free(p->name);
    free(p);
}

/* The first thread.  */

/* Gives the thread what it needs to start the program.  */
static bool prepare(struct LFILinuxThread *t, int argc, const char **argv, const char **envp)
{
    struct LFILinuxProc *p = t->proc;
    lfiptr sp;
    if ((p->limits.fuel && !lfi_ctx_set_fuel(t->ctx, p->limits.fuel))
        || !stack_build(p, argc, argv, envp, &sp))
        return false;
    const char *base = strrchr(p->name, '/');
    snprintf(t->name, sizeof t->name, "%s", base ? base + 1 : p->name);
    t->main = true;
    const struct loaded *first = p->linker.file ? &p->linker : &p->prog;
    t->entry = first->image + first->elf.entry;
    abi_set_stack(lfi_ctx_regs(t->ctx), sp);
    p->started = true;
    p->first = t;
    return true;
}

struct LFILinuxThread *lfi_thread_new(struct LFILinuxProc *p, int argc, const char **argv,
                                      const char **envp)
{
    if (!p->loaded || p->started || p->first) {
        lx_fail(LFI_ERR_STATE,
                p->loaded ? "the process has a thread already" : "the process has no program");
        return NULL;
    }
    struct LFILinuxThread *t = thread_make(p);
    if (t && !prepare(t, argc, argv, envp)) {
        thread_destroy(t);
        return NULL;
    }
    return t;
}

bool lfi_thread_reload(struct LFILinuxThread *t, int argc, const char **argv, const char **envp)
{
    struct LFILinuxProc *p = t->proc;
    if (!t->main || !p->loaded || p->started)
        return lx_fail(LFI_ERR_STATE, "the process of the thread has not been reloaded");
    struct LFIContext *ctx = lfi_ctx_new(p->box, t);
    if (!ctx)
        return false;
    /* Nothing of the program that ran before is left in it.  */
    jumps_free(t);
    lfi_ctx_free(t->ctx);
    memset(t, 0, sizeof *t);
    t->proc = p;
    t->ctx = ctx;
    t->main = true;
    return prepare(t, argc, argv, envp);
}

/* SIGPIPE of a write by the box must not reach the host; see written() in file.c.  Faults and
   interrupts must; threads of the program inherit that.  */
static void mask_signals(sigset_t *old)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &set, old);
    lfi_signal_unblock();
}

int lfi_thread_run(struct LFILinuxThread *t)
{
    struct LFILinuxProc *p = t->proc;
    sigset_t old;
    int code = -1;
    if (!p->started) {
        lx_fail(LFI_ERR_STATE, "the process was reloaded, the thread was not");
        return -1;
    }
    if (t->ran) {
        lx_fail(LFI_ERR_STATE, "the process has ended already");
        return -1;
    }
    if (!watch_begin(p))
        return -1;
    t->ran = true;
    mask_signals(&old);
    t->blocks_pipe = true;
    /* Otherwise the process has ended before it began.  */
    bool ran = !thread_enter(t) || thread_loop(t);
    t->blocks_pipe = false;
    if (t->waiting)
        thread_on_host(t, false);
    else
        threads_wait(p);
    watch_end(p);
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    if (t->waiting)
        return 0;
    return ran && lfi_proc_exited(p, &code) ? code : -1;
}

void lfi_thread_free(struct LFILinuxThread *t)
{
    if (!t)
        return;
    if (t->proc->first == t)
        t->proc->first = NULL;
    if (t->waiting) {
        t->main = false; /* nobody has it any more */
        thread_gone(t);
    } else {
        signal_clear(t->proc, &t->queue);
        thread_destroy(t);
    }
}

struct LFIContext **lfi_thread_ctxp(struct LFILinuxThread *t)
{
    return &t->ctx;
}
