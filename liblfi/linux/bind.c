/* Libraries in boxes whose functions the host calls by name; see lfi-bind.
   SPDX-License-Identifier: Apache-2.0  */
#include "config.h"

#include <string.h>

#include "lfi_bind.h"
#include "liblfi/linux/linux.h"
#include "profiles/profile.h"

enum { OWN_BOXES = 1 };

static bool make_engine(struct LFILibrary *l)
{
    struct LFIOptions opts = {.stores_only = l->stores_only, .layout = l->layout};
    l->engine = lfi_new(opts, OWN_BOXES);
    if (l->engine)
        l->linux_engine = lfi_linux_new(l->engine, l->linux_options);
    return l->linux_engine != NULL;
}

static bool start(struct LFILibrary *l)
{
    const char *argv[] = {l->name, NULL};
    l->proc = lfi_proc_new(l->linux_engine);
    if (!l->proc
        || !(l->image ? lfi_proc_load(l->proc, l->image, l->size, l->name)
                      : lfi_proc_load_file(l->proc, l->path)))
        return false;
    l->thread = lfi_thread_new(l->proc, 1, argv, NULL);
    if (!l->thread || lfi_thread_run(l->thread) < 0)
        return false;
    if (lfi_proc_exited(l->proc, NULL))
        return lx_fail(LFI_ERR_STATE,
                       "%s: its constructors or its main function ended it; link it "
                       "with -lboxrt",
                       l->name);
    return true;
}

static bool find_functions(struct LFILibrary *l)
{
    for (size_t i = 0; i < l->nfunctions; i++) {
        l->functions[i].fn = lfi_proc_sym(l->proc, l->functions[i].name);
        if (!l->functions[i].fn)
            return lx_fail(LFI_ERR_ARG, "%s: function '%s' is missing", l->name,
                           l->functions[i].name);
    }
    return true;
}

/* Programs for one thread have no others to be made.  */
static bool allow_threads(struct LFILibrary *l)
{
    return l->proc->prog.elf.profile->threads == LFI_THREADS_SINGLE
           || lfi_linux_init_clone(l->thread);
}

static void close_all(struct LFILibrary *l)
{
    lfi_thread_free(l->thread);
    lfi_proc_free(l->proc);
    if (l->engine) {
        lfi_linux_free(l->linux_engine);
        lfi_free(l->engine);
    }
    l->engine = NULL;
    l->linux_engine = NULL;
    l->proc = NULL;
    l->thread = NULL;
    l->box = NULL;
}

bool lfi_library_open(struct LFILibrary *l, struct LFILinuxEngine *linux_engine)
{
    if (l->box)
        return lx_fail(LFI_ERR_STATE, "%s is open already", l->name);
    l->linux_engine = linux_engine;
    if ((linux_engine || make_engine(l)) && start(l) && find_functions(l) && allow_threads(l)) {
        l->box = lfi_proc_box(l->proc);
        *l->ctxp() = *lfi_thread_ctxp(l->thread);
        return true;
    }
    close_all(l);
    return false;
}

void lfi_library_close(struct LFILibrary *l)
{
    if (!l->box)
        return;
    *l->ctxp() = NULL;
    close_all(l);
}

void *lfi_library_malloc(struct LFILibrary *l, size_t size)
{
    return l->box ? lfi_lib_malloc(l->box, l->ctxp(), size) : NULL;
}

void lfi_library_free(struct LFILibrary *l, void *p)
{
    if (l->box)
        lfi_lib_free(l->box, l->ctxp(), p);
}

void *lfi_library_copy_in(struct LFILibrary *l, const void *p, size_t size, bool copy, bool *ok)
{
    if (!p || !*ok)
        return NULL;
    void *in = lfi_library_malloc(l, size ? size : 1);
    if (in && (!copy || !size || lfi_box_copyto(l->box, (lfiptr)in, p, size)))
        return (void *)library_address(l->box, in);
    *ok = false;
    return NULL;
}

void lfi_library_copy_out(struct LFILibrary *l, void *to, void *p, size_t size, bool *ok)
{
    if (!p)
        return;
    p = (void *)library_pointer(l->box, (lfiptr)p);
    if (to && *ok && size && !lfi_box_copyfm(l->box, to, (lfiptr)p, size))
        *ok = false;
    lfi_library_free(l, p);
}

const char *lfi_library_string(struct LFILibrary *l, const char *p)
{
    if (l->box)
        p = (const char *)library_pointer(l->box, (lfiptr)p);
    bool good = l->box && p && lfi_box_strnlen(l->box, (lfiptr)p, SIZE_MAX) != SIZE_MAX;
    return good ? p : NULL;
}

void *lfi_library_callback(struct LFILibrary *l, void *fn)
{
    return l->box && fn ? lfi_box_register_cb(l->box, fn) : NULL;
}
