/* Uses every name of the interface (api.def).  Prints PASS and FAIL lines.
   SPDX-License-Identifier: Apache-2.0

   usage: api PROGRAM BOX-LIBRARY [LIBRARY]  (lfi-run/calls/embedded.c and api-box.c, compiled for a
   box)

   Written in what C11 and C++11 have in common: api.cc is the same in C++.  All functions are
   called through a table, filled by the linker or (API_DLOPEN) from LIBRARY.  Code for boxes comes
   from liblfi/code*.S.  */
#include "lfi_core.h"
#include "lfi_linux.h"
#include "lfi_bind.h"
#include "lfi_arch.h"
#include "lfiv.h"
#include "lfiv_elf.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* What the compiler can check.  */

typedef void err_function(char *, size_t);
typedef bool verify_function(char *, size_t, uintptr_t, struct LFIVOptions *);
typedef struct LFIVector vectors16[16], vectors32[32];

#ifdef __cplusplus
#include <type_traits>
#define SAME(what, type) static_assert(std::is_same<decltype(what), type>::value, #what)
#define DATA(name, type) SAME(name, type);
#define FIELD(tag, type, name) SAME(tag::name, type);
#define VALUE(name, value) static_assert(name == value, #name);
#else
#define SAME(what, type) _Static_assert(_Generic((what), type : 1, default : 0), #what)
#define DATA(name, type) SAME(&name, __typeof__(type) *);
#define FIELD(tag, type, name) SAME(&((struct tag *)0)->name, __typeof__(type) *);
#define VALUE(name, value) _Static_assert((name) == (value), #name);
#endif
#define API(name, result, arguments) SAME(&name, result(*) arguments);
#include "api.def"

/* The table; of variables their addresses.  */

static struct {
#define API(name, result, arguments) result(*name) arguments;
#define DATA(name, type) type *name;
#include "api.def"
} api;

#ifdef API_DLOPEN
static bool find(void *handle, const char *name, void *where)
{
    void *symbol = dlvsym(handle, name, "LFI_0.1");
    if (!symbol)
        printf("FAIL: dlvsym: %s\n", dlerror());
    memcpy(where, &symbol, sizeof symbol);
    return symbol != NULL;
}

static void *open_api(const char *library)
{
    void *handle = dlopen(library, RTLD_NOW | RTLD_LOCAL);
    bool found = handle != NULL;
    if (!handle)
        printf("FAIL: dlopen: %s\n", dlerror());
#define API(name, result, arguments) found = found && find(handle, #name, &api.name);
#define DATA(name, type) found = found && find(handle, #name, &api.name);
#include "api.def"
    return found ? handle : NULL;
}
#else
static void *open_api(const char *library)
{
    (void)library;
#define API(name, result, arguments) api.name = name;
#define DATA(name, type) api.name = &name;
#include "api.def"
    return &api;
}
#endif

#define FIELD(tag, type, name) {#tag, #name, offsetof(struct tag, name)},
static const struct {
    const char *tag, *name;
    size_t offset;
} fields[] = {
#include "api.def"
};

static void check(const char *what, bool ok)
{
    printf("%s: %s%s%s\n", ok ? "PASS" : "FAIL", what, ok ? "" : " - ", ok ? "" : api.lfi_errmsg());
    fflush(stdout);
}

/* Programs that fill structures without naming fields find ours after the others.  */
static void test_fields(void)
{
    bool ok = true;
    for (size_t i = 1; i < sizeof fields / sizeof fields[0]; i++)
        if (strcmp(fields[i].tag, fields[i - 1].tag) == 0
            && fields[i].offset <= fields[i - 1].offset) {
            printf("%s.%s comes before %s\n", fields[i].tag, fields[i].name, fields[i - 1].name);
            ok = false;
        }
    check("fields of structures are in their order", ok);
}

/* Boxes.  */

#ifdef __cplusplus
extern "C" {
#endif
extern const char code_one[], code_one_end[], code_add_return[], code_add_return_end[];
extern const char code_syscall_return[], code_syscall_return_end[], code_udf[], code_udf_end[];
extern const char code_bad_svc[], code_bad_svc_end[];
#ifdef __cplusplus
}
#endif
#define SIZE(blob) (size_t)(blob##_end - blob)

#if defined(__aarch64__)
#define A0 x0
#define A1 x1
#define RESUME x30
#define FIRST_VECTOR vector
#else
#define A0 rax
#define A1 rdi
#define RESUME r11
#define FIRST_VECTOR xmm
#endif

enum {
    RW = LFI_PROT_READ | LFI_PROT_WRITE,
    RX = LFI_PROT_READ | LFI_PROT_EXEC,
    ANON = LFI_MAP_PRIVATE | LFI_MAP_ANONYMOUS
};
static const lfiptr failed = (lfiptr)-1;

static struct LFIOptions options;
static struct LFILinuxOptions linux_options;
static struct LFIVOptions verifier_options;
static size_t page;

/* Code in a box.  */
static lfiptr load(struct LFIBox *box, const char *code, size_t size)
{
    lfiptr at = api.lfi_box_mapany(box, size, RW, ANON, -1, 0);
    if (at == failed || !api.lfi_box_copyto(box, at, code, size)
        || api.lfi_box_mprotect(box, at, size, RX) != 0)
        return failed;
    return at;
}

static void test_engine(void)
{
    struct LFIOptions bad = options;
    bad.boxsize = 1;
    check("lfi_errno, lfi_errmsg: at first",
          api.lfi_errno() == LFI_ERR_NONE && strcmp(api.lfi_errmsg(), "no error") == 0);
    check("lfi_new: refused", !api.lfi_new(bad, 1) && api.lfi_errno() == LFI_ERR_ARG
                                  && strstr(api.lfi_errmsg(), "boxsize"));
    struct LFIEngine *engine = api.lfi_new(options, 1);
    struct LFIOptions got = api.lfi_opts(engine);
    check("lfi_opts", got.pagesize == page && got.boxsize == (size_t)1 << 32 && !got.no_verify);
    check("lfi_sigaction_check", api.lfi_sigaction_check());
    struct LFIBox *box = api.lfi_box_new(engine);
    check("lfi_box_new", box && !api.lfi_box_new(engine) && api.lfi_errno() == LFI_ERR_BOXMAP);
    check("lfi_box_engine", api.lfi_box_engine(box) == engine);
    check("lfi_box_data", !api.lfi_box_data(box));
    api.lfi_box_setdata(box, &page);
    check("lfi_box_setdata", api.lfi_box_data(box) == &page);
    struct LFIBoxInfo info = api.lfi_box_info(box);
    check("lfi_box_info", info.base < info.min && info.min < info.max_exec
                              && info.max_exec <= info.max && info.max - info.base < info.size);
    const struct LFIProfile *full = api.lfi_profile_named("full");
    check("lfi_profile_named, lfi_profile_name",
          full && strcmp(api.lfi_profile_name(full), "full") == 0 && !api.lfi_profile_named("?"));
    check("lfi_box_profile", api.lfi_box_profile(box) == full);
    check("lfi_box_set_profile", api.lfi_box_set_profile(box, full)
                                     && !api.lfi_box_set_profile(box, api.lfi_profile_named("none"))
                                     && api.lfi_errno() == LFI_ERR_PROFILE);
    api.lfi_free(engine);
    check("lfi_free: not with boxes", api.lfi_errno() == LFI_ERR_STATE);
    api.lfi_box_free(box);
    box = api.lfi_box_new(engine);
    check("lfi_box_free: there is room for another", box != NULL);
    api.lfi_box_free(box);
    api.lfi_free(engine);
}

static void test_memory(struct LFIBox *box)
{
    struct LFIBoxInfo info = api.lfi_box_info(box);
    struct LFIMapInfo map;
    lfiptr at = info.min;
    int value = 0x01020304, got = 0;
    check("lfi_box_mapat", api.lfi_box_mapat(box, at, 4 * page, RW, ANON, -1, 0) == at);
    lfiptr any = api.lfi_box_mapany(box, page, RW, ANON, -1, 0);
    check("lfi_box_mapany", any != failed && any != at);
    check("lfi_box_mquery", api.lfi_box_mquery(box, at + page, &map) && map.prot == RW
                                && map.flags == ANON && map.fd == -1 && map.start == at
                                && map.size == 4 * page && !map.original);
    size_t memory = api.lfi_box_memory(box);
    api.lfi_box_set_memory_limit(box, memory);
    check("lfi_box_memory, lfi_box_set_memory_limit",
          memory >= 5 * page && api.lfi_box_mapany(box, page, RW, ANON, -1, 0) == failed
              && errno == ENOMEM);
    api.lfi_box_set_memory_limit(box, 0);
    check("lfi_box_copyto", api.lfi_box_copyto(box, at, &value, sizeof value) == at);
    check("lfi_box_copyfm", api.lfi_box_copyfm(box, &got, at, sizeof got) == &got && got == value
                                && !api.lfi_box_copyfm(box, &got, info.base, 4) && errno == EFAULT);
    check("lfi_box_strnlen", api.lfi_box_strnlen(box, at, 100) == 4
                                 && api.lfi_box_strnlen(box, info.base, 100) == SIZE_MAX);
    check("lfi_box_ptrvalid",
          api.lfi_box_ptrvalid(box, at) && !api.lfi_box_ptrvalid(box, info.max));
    check("lfi_box_bufvalid", api.lfi_box_bufvalid(box, at, info.max - at)
                                  && !api.lfi_box_bufvalid(box, at, info.max - at + 1));
    check("lfi_box_l2p", api.lfi_box_l2p(box, at & 0xffffffff) == at);
    check("lfi_box_p2l", api.lfi_box_p2l(box, at) == at);
    check("lfi_box_discard", api.lfi_box_discard(box, at, page) == 0
                                 && api.lfi_box_copyfm(box, &got, at, 4) && got == 0);
    check("lfi_box_mprotect", api.lfi_box_mprotect(box, at, page, LFI_PROT_READ) == 0
                                  && !api.lfi_box_copyto(box, at, &value, 4)
                                  && api.lfi_box_mprotect(box, at, page, RW | LFI_PROT_EXEC) == -1
                                  && errno == EACCES);
    check("lfi_box_mprotect_noverify", api.lfi_box_mprotect_noverify(box, at, page, RW) == -1
                                           && errno == EPERM && api.lfi_errno() == LFI_ERR_STATE);
    check("lfi_box_mapany_noverify",
          api.lfi_box_mapany_noverify(box, page, RX, ANON, -1, 0) == failed && errno == EPERM);
    api.lfi_box_mark_original(box);
    check("lfi_box_mark_original", api.lfi_box_mquery(box, at, &map) && map.original);
    lfiptr later = api.lfi_box_mapany(box, page, RW, ANON, -1, 0);
    api.lfi_box_unmap_non_original(box);
    check("lfi_box_unmap_non_original",
          !api.lfi_box_mquery(box, later, &map) && api.lfi_box_mquery(box, at, &map));
    void *mine = mmap((void *)at, page, PROT_READ | PROT_WRITE,
                      MAP_SHARED | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
    memcpy(mine, &value, 4);
    check("lfi_box_mapat_register",
          api.lfi_box_mapat_register(box, at, page, RW, LFI_MAP_SHARED | LFI_MAP_ANONYMOUS, -1, 0)
                  == at
              && api.lfi_box_copyfm(box, &got, at, 4) && got == value);
    check("lfi_box_munmap",
          api.lfi_box_munmap(box, at, 4 * page) == 0 && !api.lfi_box_mquery(box, at, &map));
}

/* Contexts.  */

static int calls;

/* Call 1 answers, call 2 ends the run.  */
static void handler(struct LFIContext *ctx)
{
    struct LFIRegs *regs = api.lfi_ctx_regs(ctx);
    calls++;
    if (api.lfi_cur_ctx() != ctx)
        return;
    if (regs->A1 == 2)
        api.lfi_ctx_exit(ctx, 55);
    if (regs->A1 == 3 && !api.lfi_ctx_interrupt(ctx))
        return;
    regs->A0 = 44;
}

static void test_contexts(struct LFIEngine *engine, struct LFIBox *box)
{
    int data = 0;
    struct LFIContext *ctx = api.lfi_ctx_new(box, &data);
    struct LFIRegs *regs = api.lfi_ctx_regs(ctx);
    lfiptr add = load(box, code_add_return, SIZE(code_add_return));
    lfiptr call = load(box, code_syscall_return, SIZE(code_syscall_return));
    lfiptr udf = load(box, code_udf, SIZE(code_udf));
    check("lfi_ctx_new, lfi_ctx_data, lfi_ctx_box",
          api.lfi_ctx_data(ctx) == &data && api.lfi_ctx_box(ctx) == box);
    check("lfi_cur_ctx", !api.lfi_cur_ctx());
    regs->A0 = 40;
    regs->A1 = 2;
    check("lfi_ctx_run", add != failed && api.lfi_ctx_run(ctx, add) == 42 && regs->A0 == 42);
    regs->RESUME = add;
    check("lfi_ctx_resume", api.lfi_ctx_resume(ctx) == 44);
    check("lfi_box_copy, lfi_ctx_copy: of another profile",
          !api.lfi_box_copy(box, NULL) && api.lfi_errno() == LFI_ERR_PROFILE
              && !api.lfi_ctx_copy(ctx, box, NULL) && api.lfi_errno() == LFI_ERR_PROFILE);
    regs->A1 = 1;
    check("lfi_ctx_run: a system call nobody answers is a fault",
          call != failed && api.lfi_ctx_run(ctx, call) == -1 && api.lfi_ctx_fault(ctx)
              && api.lfi_ctx_fault(ctx)->kind == LFI_FAULT_RTCALL);
    api.lfi_sys_handler(engine, handler);
    check("lfi_sys_handler", api.lfi_ctx_run(ctx, call) == 44 && calls == 1);
    regs->A1 = 2;
    check("lfi_ctx_exit", api.lfi_ctx_run(ctx, call) == 55 && calls == 2);
    regs->A1 = 3;
    check("lfi_ctx_interrupt", !api.lfi_ctx_interrupt(ctx) && api.lfi_ctx_run(ctx, call) == -1
                                   && api.lfi_ctx_fault(ctx)
                                   && api.lfi_ctx_fault(ctx)->kind == LFI_FAULT_INTERRUPT);
    regs->A1 = 2;
    check("lfi_ctx_interrupt: the next run", api.lfi_ctx_run(ctx, call) == 55);
    check("lfi_ctx_set_fuel, lfi_ctx_fuel", !api.lfi_ctx_set_fuel(ctx, 1000)
                                                && api.lfi_errno() == LFI_ERR_STATE
                                                && api.lfi_ctx_fuel(ctx) == LFI_FUEL_MAX);
    check("lfi_ctx_set_time, lfi_ctx_time",
          api.lfi_ctx_time(ctx) == LFI_TIME_ENDLESS && api.lfi_ctx_set_time(ctx, LFI_TIME_MAX)
              && api.lfi_ctx_time(ctx) == LFI_TIME_MAX
              && !api.lfi_ctx_set_time(ctx, LFI_TIME_MAX + 1) && api.lfi_errno() == LFI_ERR_ARG
              && api.lfi_ctx_set_time(ctx, LFI_TIME_ENDLESS));
    api.lfi_refill_handler(engine, NULL);
    check("lfi_refill_handler", api.lfi_ctx_run(ctx, call) == 55);
    api.lfi_ctx_exit(ctx, 1);
    check("lfi_ctx_exit: returns outside", api.lfi_errno() == LFI_ERR_STATE);
    check("lfi_ctx_fault", !api.lfi_ctx_fault(ctx) && api.lfi_ctx_run(ctx, udf) == -1
                               && api.lfi_ctx_fault(ctx)->kind == LFI_FAULT_SIGNAL
                               && api.lfi_ctx_fault(ctx)->pc - udf < SIZE(code_udf));
    api.lfi_ctx_set_tp(ctx, 4711);
    check("lfi_ctx_set_tp, lfi_ctx_get_tp", api.lfi_ctx_get_tp(ctx) == 4711);
    regs->A0 = regs->retaddr = regs->FIRST_VECTOR[0].d[0] = 77;
    api.lfi_ctx_regs_relink_ctxreg(ctx);
    check("lfi_ctx_regs_relink_ctxreg", regs->A0 == 77);
    api.lfi_ctx_regs_init(ctx);
    check("lfi_ctx_regs_init",
          regs->A0 == 0 && regs->FIRST_VECTOR[0].d[0] == 0 && api.lfi_ctx_get_tp(ctx) == 4711);
    regs->retaddr = 80;
    check("retaddr is where the box resumes", regs->RESUME == 80);
    api.lfi_box_free(box);
    check("lfi_box_free: not with contexts", api.lfi_errno() == LFI_ERR_STATE);
    api.lfi_ctx_free(ctx);
}

/* Threads: on boxes of their own, and in one.  */

static struct LFIEngine *shared_engine;
static struct LFIBox *shared_box;
static lfiptr shared_code;

static void *run_boxes(void *arg)
{
    bool ok = true;
    for (uint64_t i = 0; ok && i < 50; i++) {
        struct LFIBox *box = i % 2 ? shared_box : api.lfi_box_new(shared_engine);
        lfiptr code = i % 2 ? shared_code : load(box, code_add_return, SIZE(code_add_return));
        struct LFIContext *ctx = api.lfi_ctx_new(box, NULL);
        api.lfi_ctx_regs(ctx)->A0 = i;
        api.lfi_ctx_regs(ctx)->A1 = (uintptr_t)arg;
        ok = code != failed && api.lfi_ctx_run(ctx, code) == (int)(i + (uintptr_t)arg);
        api.lfi_ctx_free(ctx);
        if (!(i % 2))
            api.lfi_box_free(box);
    }
    ok = ok && api.lfi_errno() == LFI_ERR_NONE && !api.lfi_box_mquery(shared_box, 0, NULL);
    return ok ? arg : NULL;
}

static void test_threads(struct LFIEngine *engine, struct LFIBox *box)
{
    enum { N = 4 };
    pthread_t thread[N];
    bool ok = true;
    shared_engine = engine;
    shared_box = box;
    shared_code = load(box, code_add_return, SIZE(code_add_return));
    for (uintptr_t i = 0; i < N; i++)
        pthread_create(&thread[i], NULL, run_boxes, (void *)(i + 1));
    for (uintptr_t i = 0; i < N; i++) {
        void *result = NULL;
        pthread_join(thread[i], &result);
        ok = ok && result == (void *)(i + 1);
    }
    check("threads, with errors of their own", ok);
}

/* Programs.  */

static uint8_t *program;
static size_t program_size;

static bool read_program(const char *path)
{
    FILE *f = fopen(path, "rb");
    if (!f)
        return false;
    fseek(f, 0, SEEK_END);
    program_size = (size_t)ftell(f);
    rewind(f);
    program = (uint8_t *)malloc(program_size);
    bool ok = fread(program, 1, program_size, f) == program_size;
    fclose(f);
    return ok;
}

typedef bool load_function(struct LFILinuxProc *, const char *);

static bool load_bytes(struct LFILinuxProc *p, const char *path)
{
    return api.lfi_proc_load(p, program, program_size, path);
}

static bool load_remap(struct LFILinuxProc *p, const char *path)
{
    return api.lfi_proc_load_remap(p, program, program_size, path);
}

static bool load_fd(struct LFILinuxProc *p, const char *path)
{
    int fd = open(path, O_RDONLY);
    bool ok = api.lfi_proc_load_fd(p, fd, path);
    close(fd);
    return ok;
}

static bool load_file(struct LFILinuxProc *p, const char *path)
{
    return api.lfi_proc_load_file(p, path);
}

static void test_program(struct LFILinuxEngine *lx, const char *name, load_function *how,
                         const char *path)
{
    const char *args[] = {"program", "7", NULL}, *more[] = {"program", "8", NULL}, *none[] = {NULL};
    struct LFILinuxProc *p = api.lfi_proc_new(lx);
    const struct LFILimits limits = {64 << 20, 4, 20, 1 << 20, 60000, 60000, 0};
    struct LFIProcEnd end;
    int code = -1;
    check("lfi_proc_set_limits", p && api.lfi_proc_set_limits(p, &limits));
    check(name, p && how(p, path));
    struct LFILinuxThread *t = api.lfi_thread_new(p, 2, args, none);
    struct LFIContext **ctxp = api.lfi_thread_ctxp(t);
    uint64_t at = api.lfi_proc_sym(p, "embedded_value");
    check("lfi_proc_sym, lfi_proc_image, lfi_proc_box",
          api.lfi_box_ptrvalid(api.lfi_proc_box(p), at) && at > api.lfi_proc_image(p)
              && !api.lfi_proc_sym(p, "nothing"));
    uint64_t function = api.lfi_proc_sym(p, "embedded_fault") - api.lfi_proc_image(p), off = 0;
    const char *symbol = api.lfiv_elf_symbol(program, program_size, function + 4, &off);
    check("lfiv_elf_symbol", symbol && strcmp(symbol, "embedded_fault") == 0 && off == 4);
    struct LFILinuxThread *copied;
    check("lfi_proc_copy: of another profile", !api.lfi_proc_copy(p, &copied) && !copied
                                                    && api.lfi_errno() == LFI_ERR_PROFILE);
    check("lfi_thread_ctxp", api.lfi_ctx_box(*ctxp) == api.lfi_proc_box(p));
    check("lfi_thread_new, lfi_thread_run",
          !api.lfi_proc_exited(p, &code) && api.lfi_thread_run(t) == 7);
    check("lfi_proc_exited, lfi_proc_end", api.lfi_proc_exited(p, &code) && code == 7
                                               && api.lfi_proc_end(p, &end) && end.code == 7
                                               && end.sig == 0 && !end.fault);
    struct LFIFrame frame;
    check("lfi_proc_frame: none without a fault", !api.lfi_proc_frame(p, 0, &frame));
    check("lfi_proc_reload, lfi_thread_reload",
          api.lfi_proc_reload(p, program, program_size) && !api.lfi_proc_exited(p, &code)
              && api.lfi_thread_reload(t, 2, more, none) && api.lfi_thread_run(t) == 8);
    if (api.lfi_proc_reload(p, program, program_size) && api.lfi_thread_reload(t, 2, more, none))
        api.lfi_proc_interrupt(p);
    check("lfi_proc_interrupt", api.lfi_thread_run(t) == 137 && api.lfi_proc_end(p, &end)
                                    && end.reason == LFI_ENDED_INTERRUPT);
    bool again = api.lfi_proc_reload(p, program, program_size)
                 && api.lfi_thread_reload(t, 2, more, none) && api.lfi_proc_signal(p, SIGTERM);
    check("lfi_proc_signal", again && !api.lfi_proc_signal(p, 65)
                                 && api.lfi_thread_run(t) == 128 + SIGTERM
                                 && api.lfi_proc_end(p, &end) && end.reason == LFI_ENDED_SIGNAL);
    again = api.lfi_proc_ignore(p, SIGTERM) && api.lfi_proc_reload(p, program, program_size)
            && api.lfi_thread_reload(t, 2, more, none) && api.lfi_proc_signal(p, SIGTERM);
    check("lfi_proc_ignore", again && !api.lfi_proc_ignore(p, 0) && !api.lfi_proc_ignore(p, 65)
                                 && !api.lfi_proc_ignore(p, SIGKILL) && api.lfi_thread_run(t) == 8);
    api.lfi_thread_free(t);
    api.lfi_proc_free(p);
}

static void test_programs(struct LFIEngine *engine, const char *path)
{
    const char *maps[] = {"/tmp=/tmp", NULL};
    linux_options.dir_maps = maps;
    linux_options.wd = "/tmp";
    struct LFILinuxEngine *lx = api.lfi_linux_new(engine, linux_options);
    check("lfi_linux_new", lx != NULL);
    test_program(lx, "lfi_proc_load", load_bytes, path);
    test_program(lx, "lfi_proc_load_remap", load_remap, path);
    test_program(lx, "lfi_proc_load_fd", load_fd, path);
    test_program(lx, "lfi_proc_load_file", load_file, path);
    api.lfi_linux_free(lx);
    linux_options.perf = linux_options.sys_passthrough = true;
    check("lfi_linux_new: refused",
          !api.lfi_linux_new(engine, linux_options) && api.lfi_errno() == LFI_ERR_ARG);
}

/* Libraries in boxes.  The macros call what is linked; without that, calls are made by hand.  */

struct api_big {
    long v[4];
};
typedef long add_function(long, long);
typedef struct api_big make_function(long);
typedef int call_function(void *, int);
typedef long call_big_function(void *, long);
typedef void jump_function(int);

static struct LFIBox *lib_box;
static struct LFIContext **lib_ctx, *thread_ctx;
static lfiptr lib_add, lib_make, lib_call, lib_call_big, lib_jump;

#define CALL(type, fn) (api.lfi_set_invoke_info(lib_ctx, fn, lib_box), (type *)api.lfi_trampoline)

static int twice(int x)
{
    return 2 * x;
}

static int give_up(int x)
{
    api.lfi_ctx_abort_cb(*lib_ctx);
    return x;
}

static struct api_big make_big(long x)
{
    struct api_big b = {{x, 2 * x, 3 * x, 4 * x}};
    return b;
}

static void *pointer(int (*f)(int))
{
    void *p;
    memcpy(&p, &f, sizeof p);
    return p;
}

static void *pointer_big(struct api_big (*f)(long))
{
    void *p;
    memcpy(&p, &f, sizeof p);
    return p;
}

static void test_calls(void)
{
    api.lfi_box_init_ret(lib_box);
    api.lfi_box_register_ret(lib_box, 0);
    check("lfi_box_cbinit", api.lfi_box_cbinit(lib_box));
    check("lfi_set_invoke_info, lfi_trampoline",
          CALL(add_function, lib_add)(40, 2) == 42
              && api.lfi_invoke_info->end == LFI_INVOKE_RETURNED);
    api.lfi_set_invoke_info(lib_ctx, lib_add, lib_box);
    check("lfi_trampoline_general", ((add_function *)api.lfi_trampoline_general)(41, 2) == 43);
    api.lfi_set_invoke_info(lib_ctx, lib_make, lib_box);
    api.lfi_invoke_info->result = sizeof(struct api_big);
    struct api_big b = ((make_function *)api.lfi_trampoline_struct)(5);
    check("lfi_trampoline_struct", b.v[0] == 5 && b.v[3] == 8);
#ifndef API_DLOPEN
    check("LFI_INVOKE", LFI_INVOKE(lib_box, lib_ctx, lib_add, long, (long, long), 1, 2) == 3);
    b = LFI_INVOKE(lib_box, lib_ctx, lib_make, struct api_big, (long), 6);
    check("LFI_INVOKE: a structure", b.v[3] == 9);
    check("LFI_INVOKE_STACK",
          LFI_INVOKE_STACK(0, lib_box, lib_ctx, lib_add, long, (long, long), 3, 4) == 7);
    check("LFI_INVOKE_NAMED",
          LFI_INVOKE_NAMED(lfi_trampoline, lib_box, lib_ctx, lib_add, long, (long, long), 5, 6)
              == 11);
#endif
    void *stub = api.lfi_box_register_cb(lib_box, pointer(twice));
    check("lfi_box_register_cb", stub && CALL(call_function, lib_call)(stub, 4) == 9);
    void *big = api.lfi_box_register_cb_struct(lib_box, pointer_big(make_big));
    check("lfi_box_register_cb_struct", big && CALL(call_big_function, lib_call_big)(big, 4) == 16);
    void *end = api.lfi_box_register_cb(lib_box, pointer(give_up));
    check("lfi_ctx_abort_cb", CALL(call_function, lib_call)(end, 4) == 0
                                  && api.lfi_invoke_info->end == LFI_INVOKE_ABORT);
    check("lfi_ctx_abort_cb_status", api.lfi_ctx_abort_cb_status(*lib_ctx));
    api.lfi_box_unregister_cb(lib_box, pointer(twice));
    void *again = api.lfi_box_register_cb(lib_box, pointer(twice));
    check("lfi_box_unregister_cb: its slot is free", again == stub);
    api.lfi_ctx_abandon(*lib_ctx);
    check("lfi_ctx_abandon: not a context that does not run", api.lfi_errno() == LFI_ERR_STATE);
}

static void test_lib_memory(void)
{
    char *p = (char *)api.lfi_lib_malloc(lib_box, lib_ctx, 100);
    check("lfi_lib_malloc", p && api.lfi_box_bufvalid(lib_box, (lfiptr)p, 100));
    p[0] = 'x';
    p = (char *)api.lfi_lib_realloc(lib_box, lib_ctx, p, 100000);
    check("lfi_lib_realloc", p && p[0] == 'x');
    char *q = (char *)api.lfi_lib_calloc(lib_box, lib_ctx, 10, 10);
    check("lfi_lib_calloc", q && q[99] == 0);
    api.lfi_lib_free(lib_box, lib_ctx, p);
    api.lfi_lib_free(lib_box, lib_ctx, q);
    check("lfi_lib_free", api.lfi_invoke_info->end == LFI_INVOKE_RETURNED);
}

static void jump_back(void *env, int value)
{
    longjmp(*(jmp_buf *)env, value);
}

static void test_setjmp(lfiptr env)
{
    static jmp_buf here;
    static volatile int jumps;
    int value = setjmp(here);
    if (value == 0 && jumps++ == 0) {
        api.lfi_lib_setjmp(lib_box, lib_ctx, (void *)env, &here, jump_back);
        CALL(jump_function, lib_jump)(17);
    }
    check("lfi_lib_setjmp", value == 17 && jumps == 1);
    api.lfi_lib_setjmp(lib_box, lib_ctx, (void *)env, NULL, NULL);
}

static struct LFIContext *no_clone(struct LFIBox *box)
{
    (void)box;
    return NULL;
}

static void *other_thread(void *arg)
{
    struct LFILinuxProc *p = (struct LFILinuxProc *)arg;
    void *block = api.lfi_lib_malloc(lib_box, &thread_ctx, 10);
    api.lfi_linux_detach_thread(p);
    return block && thread_ctx ? arg : NULL;
}

static void test_attach(struct LFIEngine *engine, struct LFILinuxProc *p, struct LFILinuxThread *t)
{
    pthread_t thread;
    void *result = NULL;
    check("lfi_linux_init_clone", api.lfi_linux_init_clone(t));
    pthread_create(&thread, NULL, other_thread, p);
    pthread_join(thread, &result);
    check("lfi_linux_detach_thread", result == p);
    api.lfi_set_clone_cb(engine, no_clone);
    check("lfi_set_clone_cb, lfi_clone", !api.lfi_clone(lib_box));
}

static void find_symbols(struct LFILinuxProc *p)
{
    lib_add = api.lfi_proc_sym(p, "api_add");
    lib_make = api.lfi_proc_sym(p, "api_make");
    lib_call = api.lfi_proc_sym(p, "api_call");
    lib_call_big = api.lfi_proc_sym(p, "api_call_big");
    lib_jump = api.lfi_proc_sym(p, "api_jump");
}

static void test_library(const char *path)
{
    struct LFILinuxOptions plain;
    const char *args[] = {"library", NULL}, *none[] = {NULL};
    memset(&plain, 0, sizeof plain);
    check("lfi_linux_lib_init", api.lfi_linux_lib_init(options, plain));
    struct LFILinuxProc *p = api.lfi_proc_new(api.lfi_linux_lib_engine());
    check("lfi_linux_lib_engine", p && api.lfi_proc_load_file(p, path));
    struct LFILinuxThread *t = api.lfi_thread_new(p, 1, args, none);
    int count = -1;
    check("a library waits for calls", t && api.lfi_thread_run(t) == 0);
    lib_box = api.lfi_proc_box(p);
    lib_ctx = api.lfi_thread_ctxp(t);
    find_symbols(p);
    lfiptr counter = api.lfi_proc_sym(p, "api_count");
    test_calls();
    test_lib_memory();
    test_setjmp(api.lfi_proc_sym(p, "api_env"));
    test_attach(api.lfi_box_engine(lib_box), p, t);
    check("a library is reloaded", api.lfi_box_copyfm(lib_box, &count, counter, sizeof count)
                                       && count > 0 && api.lfi_proc_reload(p, NULL, 0)
                                       && api.lfi_thread_reload(t, 1, args, none)
                                       && api.lfi_thread_run(t) == 0);
    check("it is new", CALL(add_function, lib_add)(1, 1) == 2
                           && api.lfi_box_copyfm(lib_box, &count, counter, sizeof count)
                           && count == 1);
    lfiptr stub = (lfiptr)api.lfi_box_register_cb(lib_box, pointer(twice));
    struct LFIMapInfo map;
    check("callbacks are registered again",
          api.lfi_box_mquery(lib_box, stub, &map) && (map.prot & LFI_PROT_EXEC)
              && CALL(call_function, lib_call)((void *)stub, 5) == 11);
    api.lfi_thread_free(t);
    api.lfi_proc_free(p);
    api.lfi_linux_lib_free();
    check("lfi_linux_lib_free", !api.lfi_linux_lib_engine());
}

/* What lfi-bind writes.  */

static struct LFIContext *bound_ctx;

static struct LFIContext **bound_ctxp(void)
{
    return &bound_ctx;
}

static struct LFILibrary bound_library;
static struct LFIBinding bound_add;

/* As its stubs: the binding goes into a register of its own.  */
static long call_bound(long a, long b)
{
    void (*go)(void) = api.lfi_trampoline_bound;
    const struct LFIBinding *binding = &bound_add;
    long result;
#if defined(__aarch64__)
    register long x0 __asm__("x0") = a;
    register long x1 __asm__("x1") = b;
    register const struct LFIBinding *x9 __asm__("x9") = binding;
    __asm__ volatile("blr %[go]"
                     : "+r"(x0), "+r"(x1), "+r"(x9)
                     : [go] "r"(go)
                     : "x2", "x3", "x4", "x5", "x6", "x7", "x8", "x10", "x11", "x12", "x13", "x14",
                       "x15", "x16", "x17", "x30", "memory", "cc", "v0", "v1", "v2", "v3", "v4",
                       "v5", "v6", "v7");
    result = x0;
#else
    register const struct LFIBinding *r11 __asm__("r11") = binding;
    /* Below the red zone.  */
    __asm__ volatile("mov %%rsp, %%rbx; sub $256, %%rsp; and $-16, %%rsp; call *%[go]; mov %%rbx, %%rsp"
                     : "=&a"(result), "+D"(a), "+S"(b), "+r"(r11)
                     : [go] "r"(go), "0"(0L)
                     : "rbx", "rcx", "rdx", "r8", "r9", "r10", "memory", "cc", "xmm0", "xmm1",
                       "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7");
#endif
    return result;
}

static void test_bound(const char *path)
{
    char text[4] = "abc";
    bool ok = true;
    memset(&bound_library, 0, sizeof bound_library);
    bound_library.name = "bound";
    bound_library.path = path;
    bound_library.functions = &bound_add;
    bound_library.nfunctions = 1;
    bound_library.ctxp = bound_ctxp;
    bound_add.library = &bound_library;
    bound_add.name = "api_add";
    check("lfi_library_open", api.lfi_library_open(&bound_library, NULL) && bound_add.fn);
    check("lfi_trampoline_bound", call_bound(40, 2) == 42);
    void *p = api.lfi_library_copy_in(&bound_library, text, sizeof text, true, &ok);
    check("lfi_library_copy_in, lfi_library_string",
          p && ok && !strcmp(api.lfi_library_string(&bound_library, (const char *)p), "abc")
              && !api.lfi_library_string(&bound_library, text));
    ((char *)p)[0] = 'x';
    api.lfi_library_copy_out(&bound_library, text, p, sizeof text, &ok);
    check("lfi_library_copy_out", ok && !strcmp(text, "xbc"));
    p = api.lfi_library_malloc(&bound_library, 10);
    check("lfi_library_malloc", p && api.lfi_box_ptrvalid(bound_library.box, (lfiptr)p));
    api.lfi_library_free(&bound_library, p);
    p = api.lfi_library_callback(&bound_library, pointer(twice));
    check("lfi_library_callback", p && api.lfi_box_ptrvalid(bound_library.box, (lfiptr)p));
    api.lfi_library_close(&bound_library);
    check("lfi_library_close", !bound_library.box);
}

/* The verifier.  */

static char message[300], hex[LFIV_HEX_SIZE];

static void take_message(char *msg, size_t size)
{
    if (size < sizeof message)
        memcpy(message, msg, size);
}

static bool take_error(void *arg, const struct LFIVError *error)
{
    api.lfiv_error_hex(error, hex);
    ++*(int *)arg;
    return true;
}

static char *copy(const char *code, size_t size)
{
    static char bytes[4096];
    memcpy(bytes, code, size);
    return bytes;
}

static void test_verifier(void)
{
    struct LFIVOptions opts = verifier_options;
    struct LFIVerifier v;
    int errors = 0;
    static char nop_x64[32], syscall_x64[32];
    static const unsigned char nop_arm64[] = {0x1f, 0x20, 0x03, 0xd5},
                               svc_arm64[] = {0x01, 0x00, 0x00, 0xd4};
    memset(nop_x64, 0x90, sizeof nop_x64);
    memset(syscall_x64, 0x90, sizeof syscall_x64);
    memcpy(syscall_x64, "\x0f\x05", 2);
    opts.box = LFI_BOX_FULL;
    opts.ctxreg = true;
    opts.err = take_message;
    opts.report = take_error;
    opts.arg = &errors;
    check("lfiv_verify_x64", api.lfiv_verify_x64(nop_x64, 32, 0x10000, &opts) && !errors
                                 && !api.lfiv_verify_x64(syscall_x64, 32, 0x10000, &opts)
                                 && errors == 1 && message[0]);
    check("lfiv_error_hex", strstr(hex, "0f05") != NULL);
    char *nop = copy((const char *)nop_arm64, 4);
    bool good = api.lfiv_verify_arm64(nop, 4, 0x10000, &opts);
    char *svc = copy((const char *)svc_arm64, 4);
    check("lfiv_verify_arm64",
          good && !api.lfiv_verify_arm64(svc, 4, 0x10000, &opts) && errors == 2);
    check(
        "lfiv_for_profile, lfiv_verify",
        api.lfiv_for_profile(api.lfi_profile_named("full"), &v)
            && lfiv_verify(&v, copy(code_one, SIZE(code_one)), SIZE(code_one), 0x10000)
            && !lfiv_verify(&v, copy(code_bad_svc, SIZE(code_bad_svc)), SIZE(code_bad_svc), 0x10000)
            && !api.lfiv_for_profile(api.lfi_profile_named("none"), &v));
    struct LFIVElf elf;
    check("lfiv_elf_check", !api.lfiv_elf_check(program, program_size, page, &elf) && elf.has_entry
                                && elf.nsegs > 1 && api.lfiv_elf_check(program, 10, page, &elf));
}

static bool test_all(const char *path, const char *library)
{
    page = (size_t)sysconf(_SC_PAGESIZE);
    if (!read_program(path)) {
        printf("FAIL: no program %s\n", path);
        return false;
    }
    test_fields();
    test_engine();
    struct LFIEngine *engine = api.lfi_new(options, 8);
    struct LFIBox *box = api.lfi_box_new(engine);
    test_memory(box);
    test_contexts(engine, box);
    test_threads(engine, box);
    api.lfi_box_free(box);
    test_programs(engine, path);
    test_verifier();
    api.lfi_free(engine);
    free(program);
    test_library(library);
    test_bound(library);
    return true;
}

#ifdef API_DLOPEN
/* The process has the library's signal handlers: it stays.  */
static void test_close(void *handle, const char *library)
{
    int (*before)(void) = api.lfi_errno;
    const struct LFIOptions none = options;
    check("dlclose", dlclose(handle) == 0);
    check("dlclose: the library stays", before() == api.lfi_errno() && api.lfi_sigaction_check());
    handle = open_api(library);
    struct LFIEngine *engine = api.lfi_new(none, 1);
    struct LFIBox *box = api.lfi_box_new(engine);
    struct LFIContext *ctx = api.lfi_ctx_new(box, NULL);
    check("dlopen: the same library again",
          handle && api.lfi_errno == before
              && api.lfi_ctx_run(ctx, load(box, code_one, SIZE(code_one))) == 1);
    api.lfi_ctx_free(ctx);
    api.lfi_box_free(box);
    api.lfi_free(engine);
}
#endif

int main(int argc, char **argv)
{
    void *handle = open_api(argc > 3 ? argv[3] : "");
    if (argc < 3 || !handle || !test_all(argv[1], argv[2]))
        return 1;
#ifdef API_DLOPEN
    test_close(handle, argv[3]);
#endif
    printf("DONE\n");
    return 0;
}
