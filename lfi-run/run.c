/* Runs a program in a box of this process.
   SPDX-License-Identifier: Apache-2.0  */
#include "config.h"

#include "lfi-run/lfi-run.h"
#include "common/tool.h"
#include "lfi_linux.h"
#include "lfiv_elf.h"
#include "profiles/profile.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* As much as one read gives.  */
#define MAX_PROGRAM 0x7ffff000

static void log_line(void *arg, const char *line)
{
    (void)arg;
    /* One write: lines of several threads stay whole.  */
    char *text = tool_printf("%s: %s\n", tool_name, line);
    if (write(STDERR_FILENO, text, strlen(text)) < 0)
        exit(1);
    free(text);
}

static int trace_fd = STDERR_FILENO;

static void trace_line(void *arg, const char *line)
{
    (void)arg;
    char *text = tool_printf("%s\n", line);
    if (write(trace_fd, text, strlen(text)) < 0)
        exit(1);
    free(text);
}

/* Never one of the descriptors that the box inherits, should the user have closed them.  */
static void open_trace(const char *path)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOCTTY | O_CLOEXEC, 0666);
    trace_fd = fd < 0 ? -1 : fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
    if (trace_fd < 0)
        tool_fail("--trace=%s: %s", path, strerror(errno));
    close(fd);
}

/* What the user can do about a program that is refused.  */
static const char *advice(const struct options *o)
{
    switch (lfi_errno()) {
    case LFI_ERR_VERIFY:
        return "; recompile it with an LFI toolchain (lfi-verify shows all rejections)";
    case LFI_ERR_PROFILE:
        return "; --allow=stores accepts programs whose loads are not confined, --no-verify "
               "(unsafe)"
               " all";
    case LFI_ERR_MMAP:
        return o->memory.value ? "; see --memory and --stack-size" : "";
    }
    return "";
}

enum { WHERE_SIZE = 512 };

static void describe(const struct LFIProcEnd *end, char where[WHERE_SIZE])
{
    const char *object = end->object ? end->object : "the program";
    snprintf(where, WHERE_SIZE, "outside the program");
    if (end->in_image && end->symbol)
        snprintf(where, WHERE_SIZE, "0x%" PRIx64 " in %.64s, %.256s+0x%" PRIx64,
                 end->image_offset, object, end->symbol, end->distance);
    else if (end->in_image)
        snprintf(where, WHERE_SIZE, "0x%" PRIx64 " in %.64s", end->image_offset, object);
}

static void report_fault(const char *program, const struct LFIProcEnd *end)
{
    const struct LFIFault *f = &end->info;
    const char *name = sigabbrev_np(f->sig), *text = sigdescr_np(f->sig);
    char where[WHERE_SIZE], addr[64] = "";
    describe(end, where);
    if (f->kind == LFI_FAULT_SIGNAL && (f->sig == SIGSEGV || f->sig == SIGBUS))
        snprintf(addr, sizeof addr, ", address 0x%" PRIx64, f->addr);
    if (f->kind == LFI_FAULT_RTCALL)
        snprintf(addr, sizeof addr, ", runtime call %d does not exist", f->code);
    tool_warn("%s: SIG%s (%s) at pc 0x%" PRIx64 " (%s)%s", program, name ? name : "?",
              text ? text : "?", f->pc, where, addr);
}

/* Addresses are those of the program's file, which addr2line and objdump know.  */
static void report_frames(struct LFILinuxProc *proc)
{
    struct LFIFrame f;
    unsigned n = 0;
    for (; lfi_proc_frame(proc, n, &f); n++)
        if (f.symbol)
            tool_warn("#%u 0x%" PRIx64 " %.256s+0x%" PRIx64 "%s%.64s", n, f.image_offset, f.symbol,
                      f.distance, f.object ? " in " : "", f.object ? f.object : "");
        else if (f.in_image)
            tool_warn("#%u 0x%" PRIx64 "%s%.64s", n, f.image_offset, f.object ? " in " : "",
                      f.object ? f.object : "");
        else
            tool_warn("#%u 0x%" PRIx64 " outside the program", n, f.pc);
    if (n == LFI_MAX_FRAMES)
        tool_warn("more frames are not shown");
}

/* --fuel-slice: what is given at a time of what there is.  */
struct slices {
    const char *program;
    uint64_t size;
    _Atomic uint64_t left;
    _Atomic unsigned long long count;
};

/* Another slice; 0: nothing is left.  The last one is a little longer, where what remained
   would be too little for one.  */
static uint64_t take_slice(struct slices *s)
{
    uint64_t left = atomic_load(&s->left), slice;
    do
        slice = left < s->size || left - s->size < LFI_FUEL_STEP ? left : s->size;
    while (!atomic_compare_exchange_weak(&s->left, &left, left - slice));
    return slice;
}

static bool refill(void *arg, struct LFILinuxThread *t, const struct LFIProcEnd *end)
{
    struct slices *s = arg;
    char where[WHERE_SIZE];
    uint64_t slice = take_slice(s);
    describe(end, where);
    tool_warn("%s: slice %llu used, at pc 0x%" PRIx64 " (%s)", s->program,
              atomic_fetch_add(&s->count, 1) + 1, end->info.pc, where);
    return slice && lfi_ctx_set_fuel(*lfi_thread_ctxp(t), slice);
}

static struct slices make_slices(const struct options *o, const struct LFIProfile *profile)
{
    struct slices s = {.program = o->argv[0], .size = o->slice.value};
    s.left = o->fuel.value ? o->fuel.value : LFI_FUEL_MAX;
    if (s.size && profile && profile->meter != LFI_METER_RESUME)
        tool_fail("%s: code of profile '%s' does not go on after a slice: compile it with "
                  "-mlfi-meter=branch-resume",
                  o->argv[0], profile->name);
    return s;
}

/* As timeout(1) has it.  */
enum { STATUS_TIMEOUT = 124 };

/* What stopped the program, if that was one of the limits.  */
static void report_limit(const struct options *o, const struct LFIProcEnd *end)
{
    char where[WHERE_SIZE];
    switch (end->reason) {
    case LFI_ENDED_OUTPUT:
        tool_warn("%s: stopped: it wrote as much as --output %s allows", o->argv[0],
                  o->output.text);
        break;
    case LFI_ENDED_CPU:
        tool_warn("%s: stopped: it used the processor time of --cpu %s", o->argv[0], o->cpu.text);
        break;
    case LFI_ENDED_WALL:
        tool_warn("%s: stopped: it ran for --timeout %s", o->argv[0], o->timeout.text);
        break;
    case LFI_ENDED_FUEL:
        describe(end, where);
        tool_warn("%s: stopped: it used the instructions of --fuel %s, at pc 0x%" PRIx64 " (%s)",
                  o->argv[0], o->fuel.value ? o->fuel.text : "(the most there is)", end->info.pc, where);
        break;
    default:
        break;
    }
}

static int finish(const struct options *o, struct LFILinuxProc *proc, int code)
{
    struct LFIProcEnd end;
    if (code == 0 && !lfi_proc_exited(proc, NULL))
        tool_fail(
            "%s: a library that waits for calls of a host (linked with -lboxrt), not a program",
            o->argv[0]);
    if (!lfi_proc_end(proc, &end) || code < 0)
        tool_fail("%s: %s", o->argv[0], lfi_errmsg());
    if (end.fault && end.reason != LFI_ENDED_FUEL) {
        report_fault(o->argv[0], &end);
        report_frames(proc);
    }
    report_limit(o, &end);
    return end.reason == LFI_ENDED_WALL ? STATUS_TIMEOUT : code;
}

/* Code for one box in a process runs in no other layout; all other code in the default one.  */
static enum LFILayout layout_for(const struct LFIProfile *profile)
{
    return profile->guard == LFI_GUARD_ONE ? LFI_LAYOUT_ONE : LFI_LAYOUT_DEFAULT;
}

const char *check_native(const struct LFIProfile *profile)
{
    struct LFIOptions eo = {.stores_only = true, .no_verify = true, .layout = layout_for(profile)};
    struct LFIEngine *engine = lfi_new(eo, 1);
    struct LFIBox *box = engine ? lfi_box_new(engine) : NULL;
    bool ok = box && lfi_box_set_profile(box, profile);
    const char *why = ok ? NULL : tool_strdup(lfi_errmsg());
    lfi_box_free(box);
    lfi_free(engine);
    return why;
}

/* What is known of a program before it is loaded; if it cannot be read or is no program, which
   loading it reports, nothing.  */
struct program {
    const struct LFIProfile *profile; /* NULL: unknown */
    bool dynamic;
};

static struct program look_at(const char *path)
{
    struct LFIVElf elf;
    struct stat st;
    struct program program = {NULL, false};
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return program;
    size_t size = fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size < MAX_PROGRAM
                      ? (size_t)st.st_size
                      : 0;
    void *file = tool_alloc(size + 1);
    if (size && pread(fd, file, size, 0) == (ssize_t)size
        && !lfiv_elf_check(file, size, (size_t)sysconf(_SC_PAGESIZE), &elf))
        program = (struct program){elf.profile, elf.interpsz != 0};
    free(file);
    close(fd);
    return program;
}

/* Where the libraries of dynamically linked programs are on the host; NULL for other programs.  */
static const char *library_directory(const struct options *o, const struct program *program)
{
    if (!program->dynamic)
        return NULL;
    if (o->lib_dir)
        return o->lib_dir;
    return tool_printf("%s/%s-lfi-linux-musl/lib/%s", tool_prefix(), native_arch,
                       program->profile->multilib);
}

/* Whether a debugger of this process started it.  */
static bool being_traced(void)
{
    char text[4096], *line;
    int fd = open("/proc/self/status", O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof text - 1);
    if (fd >= 0)
        close(fd);
    text[n < 0 ? 0 : n] = 0;
    line = strstr(text, "\nTracerPid:");
    return line && strtoul(line + strlen("\nTracerPid:"), NULL, 10) != 0;
}

/* The second wall; where the runtime is built without it, or with a sanitizer, whose own calls are
   many, there is none.  */
static void restrict_self(const struct options *o, const char *const *maps)
{
#if defined(HAVE_SECCOMP)
    bool writable = false;
    for (size_t i = 0; i < o->ndirs; i++) {
        size_t n = strlen(o->dirs[i]);
        writable = writable || n < 3 || strcmp(o->dirs[i] + n - 3, ":ro") != 0;
    }
    if (!o->no_seccomp)
        restrict_calls((struct needs){maps[0] != NULL, writable, o->net != LFI_NET_NONE});
#else
    (void)o, (void)maps;
#endif
}

int run_program(const struct options *o)
{
    struct program program = look_at(o->argv[0]);
    const char *libraries = library_directory(o, &program);
    const char **maps = box_directories(o, libraries);
    struct slices slices = make_slices(o, program.profile);
    struct LFILinuxOptions lo = {
        .stacksize = o->stack_size,
        .verbose = o->verbose,
        .perf = o->perf,
        .debug = o->trace,
        .dir_maps = maps,
        .linker = libraries ? tool_printf("%s/ld-musl-%s.so.1", libraries, native_arch) : NULL,
        .wd = box_working_directory(maps),
        .umask = umask(0),
        .log = log_line,
        .trace = trace_line,
        .gdb = o->gdb || being_traced(),
        .net = o->net,
        .limits = {.memory = o->memory.value,
                   .threads = (unsigned)o->threads.value,
                   .files = (unsigned)o->files.value,
                   .output = o->output.value,
                   .cpu = o->cpu.value,
                   .wall = o->timeout.value,
                   .fuel = slices.size ? take_slice(&slices) : o->fuel.value},
        .refill = slices.size ? refill : NULL,
        .refill_arg = &slices};
    struct LFIOptions eo = {.stores_only = o->allow_stores,
                            .no_verify = o->no_verify,
                            .no_aslr = o->no_aslr,
                            .verbose = o->verbose,
                            .layout =
                                program.profile ? layout_for(program.profile) : LFI_LAYOUT_DEFAULT};
    if (o->trace_file)
        open_trace(o->trace_file);
    if (o->no_verify)
        tool_warn("warning: --no-verify is unsafe: '%s' is not checked and can do all that you can",
                  o->argv[0]);
    struct LFIEngine *engine = lfi_new(eo, 1);
    if (!engine)
        tool_fail("%s", lfi_errmsg());
    struct LFILinuxEngine *lx = lfi_linux_new(engine, lo);
    if (!lx)
        tool_fail("%s", lfi_errmsg());
    struct LFILinuxProc *proc = lfi_proc_new(lx);
    if (!proc)
        tool_fail("%s", lfi_errmsg());
    if (!lfi_proc_load_file(proc, o->argv[0]))
        tool_fail("%s: %s%s", o->argv[0], lfi_errmsg(), advice(o));
    struct LFILinuxThread *t = lfi_thread_new(proc, o->argc, o->argv, box_environment(o));
    if (!t)
        tool_fail("%s: %s%s", o->argv[0], lfi_errmsg(), advice(o));
    signals_begin(proc);
    restrict_self(o, maps);
    int code = lfi_thread_run(t);
    signals_end();
    code = finish(o, proc, code);
    struct LFIProcEnd end = {.sig = 0};
    bool by_signal = lfi_proc_end(proc, &end) && end.reason == LFI_ENDED_SIGNAL;
    lfi_thread_free(t);
    lfi_proc_free(proc);
    lfi_linux_free(lx);
    lfi_free(engine);
    signals_die(by_signal ? end.sig : 0);
    return code;
}
