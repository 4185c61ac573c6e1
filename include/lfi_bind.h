/* liblfi: what the C that lfi-bind writes is made of.
   SPDX-License-Identifier: Apache-2.0

   lfi-bind(1) writes one C file for a library in a box.  It has the library, opens it, and defines
   its functions, so that a host calls them by their own names.  docs/runtime.md, "Bindings".  */
#ifndef LFI_BIND_H
#define LFI_BIND_H

#include "lfi_linux.h"

#ifdef __cplusplus
extern "C" {
#endif

struct LFILibrary;

/* A function of the library.  */
struct LFIBinding {
    struct LFILibrary *library;
    const char *name;
    size_t stack;  /* bytes of arguments on the stack */
    size_t result; /* bytes of a result in memory, 0: none */
    lfiptr fn;     /* set by lfi_library_open */
};

struct LFILibrary {
    /* As written by lfi-bind.  */
    const char *name;
    const uint8_t *image; /* the program; NULL: it is in the file path */
    size_t size;
    const char *path;
    struct LFIBinding *functions;
    size_t nfunctions;
    struct LFIContext **(*ctxp)(void); /* where the calling thread keeps its context */
    bool stores_only;                  /* the program's loads are not confined */
    enum LFILayout layout;
    /* The host's: called when a function did not return (enum LFIInvokeEnd), which then gives 0.
       NULL: nothing.  */
    void (*failed)(const struct LFIBinding *binding, enum LFIInvokeEnd end);
    /* Options for lfi_linux_new, when the library opens an engine of its own.  */
    struct LFILinuxOptions linux_options;
    /* Set by lfi_library_open.  */
    struct LFIEngine *engine; /* NULL: it was given */
    struct LFILinuxEngine *linux_engine;
    struct LFILinuxProc *proc;
    struct LFILinuxThread *thread;
    struct LFIBox *box; /* NULL: not open */
};

/* Loads the library into a new box of the engine (NULL: one made for it), runs its constructors,
   and finds its functions.  Threads of the host may call them from then on, those of programs for
   one thread that which opened it.  False with the errors of lfi_new, lfi_linux_new, lfi_proc_load
   and lfi_thread_run, LFI_ERR_STATE if it is open, LFI_ERR_ARG if it lacks a function.  Not
   thread-safe.  */
bool lfi_library_open(struct LFILibrary *library, struct LFILinuxEngine *linux_engine);

/* By the thread that opened it, when no other thread is in it or will be; other threads' contexts
   are gone.  Can be opened again.  */
void lfi_library_close(struct LFILibrary *library);

/* Memory of the box, for the calling thread; as lfi_lib_malloc and lfi_lib_free.  */
void *lfi_library_malloc(struct LFILibrary *library, size_t size);
void lfi_library_free(struct LFILibrary *library, void *p);

/* A copy in the box of size bytes of the host's; NULL for NULL, and where there is no memory, with
 *ok (if it was true) set to false.  in NULL: memory without contents.  */
void *lfi_library_copy_in(struct LFILibrary *library, const void *p, size_t size, bool copy,
                          bool *ok);
/* Copies it back, unless to is NULL or *ok false, and frees it.  */
void lfi_library_copy_out(struct LFILibrary *library, void *to, void *p, size_t size, bool *ok);

/* A string of the box: p, or NULL if it does not lie in the box up to its NUL.  The box's threads
   can change it at any time.  */
const char *lfi_library_string(struct LFILibrary *library, const char *p);

/* Pointer for the box to a function of the host: lfi_box_register_cb; NULL for NULL.  */
void *lfi_library_callback(struct LFILibrary *library, void *fn);

/* What calls a function with the struct LFIBinding in r11 (arm64: x9) as it was called itself; for
   the code that lfi-bind writes.  */
void lfi_trampoline_bound(void);

#ifdef __cplusplus
}
#endif
#endif
