/* Programs that are libraries: the host calls functions of them.
   SPDX-License-Identifier: Apache-2.0

   Such a program is linked with libboxrt, whose main function waits for calls: the thread's context
   stays where it is, and calls run on its stack.  A further thread of the host gets a thread of the
   box: pthread_create runs in the box, on a thread that the process keeps for that (the service);
   the clone it makes starts no thread of the host but is run by the one that wants to call, until
   it waits, too.  When a host thread ends, its threads of boxes end by pthread_exit.

   Of a longjmp in the box the host knows the number that it gave to _lfi_setjmp.  Everything else
   is looked up here: the box can name no address of the host.  */
#include "config.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "lfi_boxcall.h"
#include "liblfi/core/internal.h"
#include "liblfi/linux/linux.h"

/* What this thread of the host has attached; the lock guards all lists and a thread's link to
   its entry, since a process that is freed takes its threads off the lists of others.  */
struct attached {
    struct LFILinuxThread *t; /* NULL: gone */
    struct attached *next;
};
static pthread_mutex_t attached_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_once_t attached_once = PTHREAD_ONCE_INIT;
static pthread_key_t attached_key;
static int attached_error;

/* Symbols of libboxrt.  */
enum rt { RT_MALLOC, RT_REALLOC, RT_CALLOC, RT_FREE, RT_CREATE, RT_DESTROY, RT_SETJMP };
static const char *const rt_names[LX_NRT] = {
    [RT_MALLOC] = "_lfi_malloc",        [RT_REALLOC] = "_lfi_realloc",
    [RT_CALLOC] = "_lfi_calloc",        [RT_FREE] = "_lfi_free",
    [RT_CREATE] = "_lfi_thread_create", [RT_DESTROY] = "_lfi_thread_destroy",
    [RT_SETJMP] = "_lfi_setjmp"};
static_assert(RT_SETJMP + 1 == LX_NRT, "as many as struct LFILinuxProc has");

/* Looked up once.  */
static lfiptr rt_symbol(struct LFILinuxProc *p, enum rt which)
{
    lfiptr fn = atomic_load_explicit(&p->rt[which], memory_order_relaxed);
    if (!fn) {
        fn = lfi_proc_sym(p, rt_names[which]);
        atomic_store(&p->rt[which], fn);
    }
    if (!fn)
        lx_fail(LFI_ERR_STATE, "the program lacks %s: link it with -lboxrt", rt_names[which]);
    return fn;
}

static struct LFILinuxProc *box_proc(struct LFIBox *box)
{
    if (!box->owner)
        lx_fail(LFI_ERR_STATE, "the box has no program");
    return box->owner;
}

/* The function of the program in the box; 0 with the error set.  */
static lfiptr box_function(struct LFIBox *box, enum rt which)
{
    struct LFILinuxProc *p = box_proc(box);
    return p ? rt_symbol(p, which) : 0;
}

static bool returned(void)
{
    if (lfi_invoke_info.end == LFI_INVOKE_RETURNED)
        return true;
    if (lfi_invoke_info.end != LFI_INVOKE_REFUSED)
        lx_fail(LFI_ERR_STATE, "the call into the box did not return");
    return false;
}

/* Runs a thread on this one until it waits for calls.  */
static bool library_start(struct LFILinuxThread *t)
{
    thread_on_host(t, true);
    lfi_ctx_run(t->ctx, t->entry);
    thread_on_host(t, false);
    return t->waiting;
}

/* Threads of the host.  */

static void end_attached(struct LFILinuxThread *t)
{
    lfiptr fn = rt_symbol(t->proc, RT_DESTROY);
    if (fn && !atomic_load(&t->proc->ending))
        LFI_INVOKE(t->proc->box, &t->ctx, fn, void, (void));
    thread_gone(t);
}

/* The thread ends: the lock is not held while code of boxes runs; a process is not freed while a
   thread of the host ends that is attached to it.  */
static void detach_all(void *list)
{
    struct attached *a = list;
    while (a) {
        struct attached *next = a->next;
        pthread_mutex_lock(&attached_lock);
        struct LFILinuxThread *t = a->t;
        if (t)
            t->attached = NULL;
        pthread_mutex_unlock(&attached_lock);
        if (t)
            end_attached(t);
        free(a);
        a = next;
    }
}

static void make_key(void)
{
    attached_error = pthread_key_create(&attached_key, detach_all);
}

/* Notes that the thread of the host has t; false if out of memory.  */
static bool note_attached(struct LFILinuxThread *t)
{
    struct attached *a = calloc(1, sizeof *a);
    pthread_once(&attached_once, make_key);
    if (!a || attached_error) {
        free(a);
        return lx_fail(LFI_ERR_ALLOC, "out of memory");
    }
    a->t = t;
    a->next = pthread_getspecific(attached_key);
    if (pthread_setspecific(attached_key, a) != 0) {
        free(a);
        return lx_fail(LFI_ERR_ALLOC, "out of memory");
    }
    pthread_mutex_lock(&attached_lock);
    t->attached = &a->t;
    pthread_mutex_unlock(&attached_lock);
    return true;
}

/* Off the list of whichever thread has it.  */
void library_forget(struct LFILinuxThread *t)
{
    pthread_mutex_lock(&attached_lock);
    if (t->attached)
        *t->attached = NULL;
    t->attached = NULL;
    pthread_mutex_unlock(&attached_lock);
}

/* A new thread of the box, made by code that ctxp's thread runs; NULL on failure.  */
static struct LFILinuxThread *make_thread(struct LFILinuxProc *p, struct LFIContext **ctxp)
{
    lfiptr fn = rt_symbol(p, RT_CREATE);
    if (!fn)
        return NULL;
    p->made = NULL;
    p->making = true;
    int err = LFI_INVOKE(p->box, ctxp, fn, int, (void));
    p->making = false;
    struct LFILinuxThread *t = p->made;
    if (t && returned() && err == 0 && library_start(t))
        return t;
    if (t)
        thread_gone(t);
    else if (returned())
        lx_fail(LFI_ERR_ALLOC, "the box cannot have another thread: error %d", err);
    return NULL;
}

/* The clone that make_thread asked for.  */
bool library_takes(struct LFILinuxThread *maker, struct LFILinuxThread *t)
{
    struct LFILinuxProc *p = t->proc;
    if (!p->making || maker != p->maker || p->made)
        return false;
    p->made = t;
    return true;
}

static struct LFIContext *attach(struct LFIBox *box)
{
    struct LFILinuxProc *p = box_proc(box);
    if (!p || !p->service) {
        lx_fail(LFI_ERR_STATE, "the thread has no context of the box: lfi_linux_init_clone was not "
                               "called for its program");
        return NULL;
    }
    pthread_mutex_lock(&p->service_lock);
    p->maker = p->service;
    struct LFILinuxThread *t = make_thread(p, &p->service->ctx);
    pthread_mutex_unlock(&p->service_lock);
    if (t && note_attached(t))
        return t->ctx;
    if (t)
        end_attached(t);
    return NULL;
}

bool lfi_linux_init_clone(struct LFILinuxThread *main_thread)
{
    struct LFILinuxProc *p = main_thread->proc;
    if (!main_thread->waiting)
        return lx_fail(LFI_ERR_STATE, "the program does not wait for calls: run it first, linked "
                                      "with -lboxrt");
    pthread_mutex_lock(&p->service_lock);
    if (!p->service) {
        p->maker = main_thread;
        p->service = make_thread(p, &main_thread->ctx);
    }
    bool ok = p->service != NULL;
    pthread_mutex_unlock(&p->service_lock);
    if (ok)
        lfi_set_clone_cb(p->lx->engine, attach);
    return ok;
}

void lfi_linux_detach_thread(struct LFILinuxProc *p)
{
    pthread_once(&attached_once, make_key);
    struct attached *list = attached_error ? NULL : pthread_getspecific(attached_key);
    for (struct attached *a = list; a; a = a->next) {
        pthread_mutex_lock(&attached_lock);
        struct LFILinuxThread *t = a->t && a->t->proc == p ? a->t : NULL;
        if (t) {
            t->attached = NULL;
            a->t = NULL;
        }
        pthread_mutex_unlock(&attached_lock);
        if (t)
            end_attached(t);
    }
}

/* Memory of the box.  */

lfiptr library_address(struct LFIBox *box, const void *p)
{
    return p && lfi_box_profile(box)->poc ? lfi_box_p2l(box, (uintptr_t)p) : (lfiptr)p;
}

lfiptr library_pointer(struct LFIBox *box, lfiptr p)
{
    return p && lfi_box_profile(box)->poc ? lfi_box_l2p(box, p) : p;
}

/* What the box says it is.  */
static void *checked(struct LFIBox *box, lfiptr p, size_t size)
{
    if (!returned() || !p)
        return NULL;
    p = library_pointer(box, p);
    if (lfi_box_bufvalid(box, p, size))
        return (void *)p;
    lx_fail(LFI_ERR_STATE, "the box gave memory that is not its own");
    return NULL;
}

void *lfi_lib_malloc(struct LFIBox *box, struct LFIContext **ctxp, size_t size)
{
    lfiptr fn = box_function(box, RT_MALLOC);
    return fn ? checked(box, LFI_INVOKE(box, ctxp, fn, lfiptr, (size_t), size), size) : NULL;
}

void *lfi_lib_realloc(struct LFIBox *box, struct LFIContext **ctxp, void *old, size_t size)
{
    lfiptr fn = box_function(box, RT_REALLOC);
    if (!fn)
        return NULL;
    return checked(box, LFI_INVOKE(box, ctxp, fn, lfiptr, (lfiptr, size_t), library_address(box, old), size),
                   size);
}

void *lfi_lib_calloc(struct LFIBox *box, struct LFIContext **ctxp, size_t n, size_t size)
{
    lfiptr fn = box_function(box, RT_CALLOC);
    size_t bytes;
    if (!fn || __builtin_mul_overflow(n, size, &bytes))
        return NULL;
    return checked(box, LFI_INVOKE(box, ctxp, fn, lfiptr, (size_t, size_t), n, size), bytes);
}

void lfi_lib_free(struct LFIBox *box, struct LFIContext **ctxp, void *p)
{
    lfiptr fn = box_function(box, RT_FREE);
    if (fn)
        LFI_INVOKE(box, ctxp, fn, void, (lfiptr), library_address(box, p));
}

/* longjmp.  */

/* One for each jmp_buf of the box; a thread's.  */
struct jump {
    struct jump *next;
    lfiptr env;
    uint64_t number;
    uint64_t serial; /* of the run that the host's setjmp was in */
    void (*cb)(void *, int);
    void *host_env;
};

static struct jump *find_jump(struct LFILinuxThread *t, lfiptr env)
{
    struct jump *j = t->jumps;
    while (j && j->env != env)
        j = j->next;
    return j;
}

static void drop_jump(struct LFILinuxThread *t, struct jump *gone)
{
    for (struct jump **link = &t->jumps; *link; link = &(*link)->next)
        if (*link == gone) {
            *link = gone->next;
            free(gone);
            return;
        }
}

void jumps_free(struct LFILinuxThread *t)
{
    while (t->jumps)
        drop_jump(t, t->jumps);
}

static bool add_jump(struct LFILinuxThread *t, const struct jump *want)
{
    struct jump *j = find_jump(t, want->env);
    if (!j) {
        j = calloc(1, sizeof *j);
        if (!j)
            return lx_fail(LFI_ERR_ALLOC, "out of memory");
        j->next = t->jumps;
        t->jumps = j;
    }
    struct jump *next = j->next;
    *j = *want;
    j->next = next;
    return true;
}

int lfi_lib_setjmp(struct LFIBox *box, struct LFIContext **ctxp, void *env, void *host_env,
                   void (*cb)(void *host_env, int value))
{
    lfiptr fn = box_function(box, RT_SETJMP);
    if (!fn)
        return -1;
    if (!*ctxp && !(*ctxp = lfi_clone(box)))
        return -1;
    struct LFILinuxThread *t = lfi_ctx_data(*ctxp);
    if (!cb) {
        drop_jump(t, find_jump(t, (lfiptr)env));
        return 0;
    }
    struct jump want = {.env = (lfiptr)env,
                        .number = ++t->last_jump,
                        .serial = lfi_run_serial(),
                        .cb = cb,
                        .host_env = host_env};
    if (!add_jump(t, &want))
        return -1;
    LFI_INVOKE(box, ctxp, fn, void, (lfiptr, unsigned long), library_address(box, env), want.number);
    if (returned())
        return 0;
    drop_jump(t, find_jump(t, want.env));
    return -1;
}

/* The box's longjmp: the call that the host made from where its setjmp was ends, and with it all
   that began after it.  */
static long jump(struct LFILinuxThread *t, uint64_t number, int value)
{
    struct jump *j = t->jumps;
    while (j && j->number != number)
        j = j->next;
    struct LFIRun *run = j ? lfi_run_above(t->ctx, j->serial) : NULL;
    if (run)
        lfi_run_end(run, j->cb, j->host_env, value ? value : 1);
    return -1;
}

long library_call(struct LFILinuxThread *t, const uint64_t a[6])
{
    switch (a[0]) {
    case LFI_BOXCALL_WAIT:
        t->waiting = true;
        lfi_ctx_exit(t->ctx, 0);
        break;
    case LFI_BOXCALL_JUMP:
        return jump(t, a[1], (int)a[2]);
    }
    return -1;
}

/* An engine for hosts that need no more than one.  */

/* More would cost much memory under qemu-user, which keeps a record of each page.  */
enum { LIB_BOXES = 32 };
static struct LFIEngine *lib_engine;
static struct LFILinuxEngine *lib_linux;

bool lfi_linux_lib_init(struct LFIOptions opts, struct LFILinuxOptions linux_opts)
{
    if (lib_linux)
        return lx_fail(LFI_ERR_STATE, "there is a library engine already");
    size_t n = opts.layout == LFI_LAYOUT_ONE ? 1 : LIB_BOXES;
    for (; n && !lib_engine; n /= 2) {
        lib_engine = lfi_new(opts, n);
        if (!lib_engine && lfi_errno() != LFI_ERR_RESERVE)
            return false;
    }
    lib_linux = lib_engine ? lfi_linux_new(lib_engine, linux_opts) : NULL;
    if (lib_linux)
        return true;
    lfi_free(lib_engine);
    lib_engine = NULL;
    return false;
}

struct LFILinuxEngine *lfi_linux_lib_engine(void)
{
    return lib_linux;
}

void lfi_linux_lib_free(void)
{
    lfi_linux_free(lib_linux);
    lfi_free(lib_engine);
    lib_linux = NULL;
    lib_engine = NULL;
}
