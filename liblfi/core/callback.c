/* Functions of the host that boxes can call: the stubs in the box, and who is behind them.
   SPDX-License-Identifier: Apache-2.0

   A page of stubs is code like any other: verified, and the box may do with it what it likes.  A
   stub says its number and calls the runtime, which looks the number up: a number without a
   function is a fault of the box.  Whoever calls a function has read the table without a lock; a
   function that is unregistered meanwhile may still be called once.  */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "liblfi/core/internal.h"

/* At most one of fn is not 0: the first for plain functions, the second for those whose result is
   in memory.  */
struct LFICallback {
    _Atomic uintptr_t fn[2];
    unsigned count;
};

struct LFICallbackPage {
    lfiptr at;
    struct LFICallback slot[];
};

/* Stubs in a page.  */
static size_t per_page(const struct LFIBox *box)
{
    const struct LFIProfile *p = box->profile;
    size_t n = (box->engine->pagesize - lfi_arch_stub_first(p)) / lfi_arch_stub_size(p);
    return n < LFI_MAX_CALLBACKS ? n : LFI_MAX_CALLBACKS;
}

/* Code and table of the page with that number; NULL with the error set.  */
static struct LFICallbackPage *make_page(struct LFIBox *box, size_t number)
{
    size_t n = per_page(box), first = number * n;
    unsigned char *code = malloc(box->engine->pagesize);
    struct LFICallbackPage *page = calloc(1, sizeof *page + n * sizeof *page->slot);
    if (!code || !page) {
        lfi_fail(LFI_ERR_ALLOC, "out of memory");
    } else {
        lfi_arch_stubs(box->profile, code, (unsigned)first, n);
        page->at = lfi_mem_map_code(
            box, code, lfi_arch_stub_first(box->profile) + n * lfi_arch_stub_size(box->profile));
        if (page->at != (lfiptr)-1) {
            free(code);
            atomic_store_explicit(&box->callbacks[number], page, memory_order_release);
            return page;
        }
    }
    free(code);
    free(page);
    return NULL;
}

/* The slot with that number; NULL if there is none, or not yet a page for it.  */
static struct LFICallback *slot_at(struct LFIBox *box, uint64_t number)
{
    size_t n = per_page(box);
    if (number >= LFI_MAX_CALLBACKS)
        return NULL;
    struct LFICallbackPage *page =
        atomic_load_explicit(&box->callbacks[number / n], memory_order_acquire);
    return page ? &page->slot[number % n] : NULL;
}

/* The callbacks are locked in what follows, up to the public functions.  */

static struct LFICallbackPage *get_page(struct LFIBox *box, size_t number)
{
    struct LFICallbackPage *page = atomic_load(&box->callbacks[number]);
    return page ? page : make_page(box, number);
}

/* The function's slot and its number; NULL if it has none.  */
static struct LFICallback *find(struct LFIBox *box, uintptr_t fn, bool hidden, size_t *number)
{
    struct LFICallback *slot;
    for (*number = 0; (slot = slot_at(box, *number)); ++*number)
        if (atomic_load(&slot->fn[hidden]) == fn)
            return slot;
    return NULL;
}

/* The lowest slot that is free, LFI_MAX_CALLBACKS if none is.  */
static size_t find_free(struct LFIBox *box)
{
    size_t number = 0;
    for (struct LFICallback *slot; (slot = slot_at(box, number)) && slot->count;)
        number++;
    return number;
}

static void *add(struct LFIBox *box, uintptr_t fn, bool hidden)
{
    size_t number, n = per_page(box);
    if (!find(box, fn, hidden, &number))
        number = find_free(box);
    if (number >= LFI_MAX_CALLBACKS) {
        lfi_fail(LFI_ERR_BOXMAP, "the box has %d callbacks already", LFI_MAX_CALLBACKS);
        return NULL;
    }
    struct LFICallbackPage *page = get_page(box, number / n);
    if (!page)
        return NULL;
    page->slot[number % n].count++;
    atomic_store(&page->slot[number % n].fn[hidden], fn);
    return (void *)lfi_box_p2l(box, page->at + lfi_arch_stub_first(box->profile)
                                        + number % n * lfi_arch_stub_size(box->profile));
}

static void *register_function(struct LFIBox *box, void *fn, bool hidden)
{
    if (!fn) {
        lfi_fail(LFI_ERR_ARG, "no function");
        return NULL;
    }
    pthread_mutex_lock(&box->callback_lock);
    void *stub = add(box, (uintptr_t)fn, hidden);
    pthread_mutex_unlock(&box->callback_lock);
    return stub;
}

void *lfi_box_register_cb(struct LFIBox *box, void *fn)
{
    return register_function(box, fn, false);
}

void *lfi_box_register_cb_struct(struct LFIBox *box, void *fn)
{
    return register_function(box, fn, true);
}

void lfi_box_unregister_cb(struct LFIBox *box, void *fn)
{
    size_t number;
    if (!fn)
        return;
    pthread_mutex_lock(&box->callback_lock);
    struct LFICallback *slot = find(box, (uintptr_t)fn, false, &number);
    if (!slot)
        slot = find(box, (uintptr_t)fn, true, &number);
    if (slot && --slot->count == 0) {
        atomic_store(&slot->fn[0], 0);
        atomic_store(&slot->fn[1], 0);
    }
    pthread_mutex_unlock(&box->callback_lock);
}

/* The stub at the beginning of the first page.  */
lfiptr lfi_callback_return_stub(struct LFIBox *box)
{
    lfiptr ret = atomic_load_explicit(&box->ret, memory_order_relaxed);
    if (ret)
        return ret;
    pthread_mutex_lock(&box->callback_lock);
    struct LFICallbackPage *page = get_page(box, 0);
    pthread_mutex_unlock(&box->callback_lock);
    if (page)
        atomic_store(&box->ret, page->at);
    return page ? page->at : 0;
}

void lfi_box_init_ret(struct LFIBox *box)
{
    lfi_callback_return_stub(box);
}

void lfi_box_register_ret(struct LFIBox *box, lfiptr ret)
{
    (void)ret;
    lfi_callback_return_stub(box);
}

bool lfi_box_cbinit(struct LFIBox *box)
{
    return lfi_callback_return_stub(box) != 0;
}

void lfi_callback_free(struct LFIBox *box)
{
    for (size_t i = 0; i < LFI_MAX_CALLBACK_PAGES; i++) {
        free(atomic_load(&box->callbacks[i]));
        atomic_store(&box->callbacks[i], NULL);
    }
    atomic_store(&box->ret, 0);
}

bool lfi_callback_copy(struct LFIBox *from, struct LFIBox *to)
{
    size_t size = sizeof(struct LFICallbackPage) + per_page(from) * sizeof(struct LFICallback);
    for (size_t i = 0; i < LFI_MAX_CALLBACK_PAGES; i++) {
        struct LFICallbackPage *page = atomic_load(&from->callbacks[i]), *copy;
        if (!page)
            continue;
        copy = malloc(size);
        if (!copy) {
            lfi_callback_free(to);
            lfi_fail(LFI_ERR_ALLOC, "out of memory");
            return false;
        }
        memcpy(copy, page, size);
        copy->at = lfi_box_l2p(to, page->at);
        atomic_store(&to->callbacks[i], copy);
    }
    lfiptr ret = atomic_load(&from->ret);
    atomic_store(&to->ret, ret ? lfi_box_l2p(to, ret) : 0);
    return true;
}

void lfi_callback_reset(struct LFIBox *box)
{
    for (size_t i = 0; i < LFI_MAX_CALLBACK_PAGES; i++) {
        struct LFICallbackPage *page = atomic_load(&box->callbacks[i]);
        if (page)
            lfi_box_munmap(box, page->at, box->engine->pagesize);
    }
    lfi_callback_free(box);
}

/* Calls.  */

/* As much from addr on as can be read, the rest zeros.  */
static void read_some(struct LFIBox *box, void *to, lfiptr addr, size_t size)
{
    size_t page = box->engine->pagesize;
    char *p = to;
    if (lfi_box_copyfm(box, to, addr, size))
        return;
    memset(to, 0, size);
    while (size) {
        size_t n = page - addr % page < size ? page - addr % page : size;
        if (!lfi_box_copyfm(box, p, addr, n))
            return;
        p += n, addr += n, size -= n;
    }
}

static void call(struct LFIContext *ctx, uintptr_t fn, struct LFICallRegs *regs)
{
    struct LFIVector stack[LFI_CALLBACK_STACK / sizeof(struct LFIVector)];
    read_some(ctx->box, stack, lfi_arch_stack_arguments(ctx), sizeof stack);
    lfi_arch_call((void *)fn, regs, stack, sizeof stack);
}

/* The function writes a copy of the box's memory, of a size that nobody knows: what it changed is
   the result.  */
static __attribute__((noinline)) void call_hidden(struct LFIContext *ctx, uintptr_t fn,
                                                  struct LFICallRegs *regs)
{
    struct LFIVector before[LFI_CALLBACK_RESULT / sizeof(struct LFIVector)],
        after[sizeof before / sizeof *before];
    const char *old = (const char *)before, *new = (const char *)after;
    uint64_t pointer = *lfi_arch_hidden(regs);
    lfiptr to = lfi_box_l2p(ctx->box, pointer);
    read_some(ctx->box, before, to, sizeof before);
    memcpy(after, before, sizeof after);
    *lfi_arch_hidden(regs) = (uintptr_t)after;
    call(ctx, fn, regs);
    lfi_arch_return_hidden(regs, (void *)pointer);
    for (size_t i = 0, n; i < sizeof after; i += n) {
        bool same = old[i] == new[i];
        for (n = 1; i + n < sizeof after && (old[i + n] == new[i + n]) == same; n++)
            ;
        if (!same)
            lfi_box_copyto(ctx->box, to + i, new + i, n);
    }
}

bool lfi_callback_call(struct LFIContext *ctx)
{
    struct LFICallback *slot = slot_at(ctx->box, lfi_arch_stub_number(ctx));
    uintptr_t plain = slot ? atomic_load(&slot->fn[0]) : 0;
    uintptr_t hidden = slot ? atomic_load(&slot->fn[1]) : 0;
    struct LFICallRegs regs;
    if (!plain && !hidden)
        return false;
    lfi_arch_get_arguments(ctx, &regs);
    if (plain)
        call(ctx, plain, &regs);
    else
        call_hidden(ctx, hidden, &regs);
    lfi_arch_set_results(ctx, &regs);
    return true;
}
