/* Calls into boxes and out of them: arguments, results, ends, threads, longjmp.
   SPDX-License-Identifier: Apache-2.0

   usage: invoke LIBRARY [stores] [dense] [one] [single] [meter]: what the library's profile needs  */
#include <fenv.h>
#include <setjmp.h>
#include <sys/wait.h>

#include "invoke.h"
#include "lfi_linux.h"
#include "test.h"

static struct LFIEngine *engine;
static struct LFILinuxEngine *lx;
static const char *library;
static bool one, single; /* box in the process; thread in a box */
static bool meter;       /* with a limit, which all threads are within */

/* A box with the library, waiting for calls.  */
struct lib {
    struct LFILinuxProc *proc;
    struct LFIBox *box;
    struct LFILinuxThread *t;
};
static struct lib lib, other;
static __thread struct LFIContext **ctxp; /* of lib, this thread's */
static __thread struct LFIContext *own;

static lfiptr sym(const char *name)
{
    uint64_t at = lfi_proc_sym(lib.proc, name);
    if (!at)
        give_up(name);
    return at;
}

static struct lib open_lib(void)
{
    struct lib l;
    const char *argv[] = {"library", NULL};
    l.proc = lfi_proc_new(lx);
    if (!l.proc
        || (meter
            && !lfi_proc_set_limits(l.proc, &(struct LFILimits){.fuel = UINT64_C(1) << 36}))
        || !lfi_proc_load_file(l.proc, library))
        give_up("loading the library");
    l.box = lfi_proc_box(l.proc);
    l.t = lfi_thread_new(l.proc, 1, argv, NULL);
    if (!l.t || lfi_thread_run(l.t) != 0 || lfi_proc_exited(l.proc, NULL))
        give_up("starting the library");
    return l;
}

static void close_lib(struct lib *l)
{
    lfi_thread_free(l->t);
    lfi_proc_free(l->proc);
}

#define CALL(name, ...) LFI_INVOKE(lib.box, ctxp, sym(name), __VA_ARGS__)
#define RETURNED (lfi_invoke_info.end == LFI_INVOKE_RETURNED)

static void test_arguments(void)
{
    CHECK("constructors have run", CALL("get_constructed", int, (void)) == 42 && RETURNED);
    CALL("nothing", void, (void));
    CHECK("no arguments, no result", RETURNED);
    CHECK("integers", CALL("add", int, (int, int), 40, 2) == 42 && RETURNED);
    lfiptr seen = sym("seen_in_vectors");
    const long secret = 0x5ec4e7;
#if defined(__x86_64__)
#define FILL(n) __asm__ volatile("movq %0, %%xmm" #n ::"r"(secret))
#else
#define FILL(n) __asm__ volatile("fmov d" #n ", %0" ::"r"(secret))
#endif
    FILL(0);
    FILL(1);
    FILL(2);
    FILL(3);
    FILL(4);
    FILL(5);
    FILL(6);
    FILL(7);
    CHECK("a call of integers shows no vector register of the host",
          LFI_INVOKE(lib.box, ctxp, seen, int, (long), secret) == 0 && RETURNED);
    CHECK("a call in an argument", CALL("add", int, (int, int), CALL("add", int, (int, int), 1, 2),
                                        CALL("add", int, (int, int), 3, 4))
                                       == 10);
    CHECK("arguments on the stack",
          CALL("sum12", long,
               (long, long, long, long, long, long, long, long, long, long, long, long), 1, 2, 3, 4,
               5, 6, 7, 8, 9, 10, 11, 12)
              == 650);
    CHECK("integers and floating point, both on the stack too",
          CALL("mix", double,
               (int, double, char, float, long, double, double, double, double, double, double,
                double, float, int, int, int, int),
               1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17)
              == 1 + 4 + 9 + 16 + 25 + 6 + 7 + 8 + 9 + 10 + 66 + 84 + 104 + 14 + 135 + 160 + 187);
    CHECK("float", CALL("halve", float, (float), 3.0f) == 1.5f);
    vec4 v = CALL("vadd", vec4, (vec4, vec4), (vec4){1, 2, 3, 4}, (vec4){10, 20, 30, 40});
    CHECK("vectors", v[0] == 11 && v[1] == 22 && v[2] == 33 && v[3] == 44);
    CHECK("a variadic function, the size of the stack given",
          LFI_INVOKE_STACK(8 * (10 - LFI_GENERAL_REGISTERS_), lib.box, ctxp, sym("sum_all"), int,
                           (int, ...), 9, 1, 2, 3, 4, 5, 6, 7, 8, 9)
              == 45);
}

static void test_structures(void)
{
    struct small s = CALL("small_swap", struct small, (struct small), ((struct small){1, 2}));
    CHECK("a structure in a register", s.a == 2 && s.b == 1);
    struct mixed m = CALL("mixed_twice", struct mixed, (struct mixed), ((struct mixed){21, 1.5}));
    CHECK("a structure in two registers of different kinds", m.a == 42 && m.b == 3);
    struct floats f =
        CALL("floats_twice", struct floats, (struct floats), ((struct floats){1, 2, 3}));
    CHECK("a structure of floats", f.x == 2 && f.y == 4 && f.z == 6);
    struct big b = CALL("big_make", struct big, (long), 100);
    CHECK("a result by a hidden pointer", b.v[0] == 100 && b.v[4] == 104);
#if defined(__x86_64__)
    CHECK("a structure on the stack",
          CALL("big_sum", long, (int, struct big, int), 1, b, 2) == 513 && RETURNED);
    struct quad q = CALL("quad_make", struct quad, (double), 1.5);
    CHECK("long double", CALL("ld_twice", long double, (long double), 1.25L) == 2.5L);
#else
    lfiptr copy = (lfiptr)lfi_lib_malloc(lib.box, ctxp, sizeof b);
    lfi_box_copyto(lib.box, copy, &b, sizeof b);
    CHECK("a structure by a hidden pointer",
          CALL("big_sum", long, (int, lfiptr, int), 1, copy, 2) == 513 && RETURNED);
    lfi_lib_free(lib.box, ctxp, (void *)copy);
    struct quad q = LFI_INVOKE_NAMED(lfi_trampoline, lib.box, ctxp, sym("quad_make"), struct quad,
                                     (double), 1.5);
    CHECK("long double", CALL("ld_twice", long double, (long double), 1.25L) == 2.5L);
#endif
    CHECK("a structure of four doubles", q.v[0] == 1.5 && q.v[3] == 6);
}

/* Callbacks.  */

static int host_twice(int x)
{
    return 2 * x;
}
static double host_mix(int a, double b, char c, float d, long e, double f, double g, double h,
                       double i, double j, double k, double l, float m, int n, int o, int p, int q)
{
    return a + b * 2 + c * 3 + d * 4 + e * 5 + f + g + h + i + j + k * 6 + l * 7 + m * 8 + n + o * 9
           + p * 10 + q * 11;
}
static vec4 host_vadd(vec4 a, vec4 b)
{
    return a + b;
}
static struct mixed host_mixed(struct mixed m)
{
    return (struct mixed){m.a + 1, m.b + 1};
}
static struct big host_big(long x)
{
    return (struct big){{x, x, x, x, x + 1}};
}
static lfiptr recurse_cb;
static long host_recurse(long n)
{
    return CALL("recurse", long, (lfiptr, long), recurse_cb, n) + 1000;
}
static int host_calls(int x)
{
    return CALL("add", int, (int, int), x, 1);
}
static struct LFIContext **other_ctxp;
static int host_other(int x)
{
    return LFI_INVOKE(other.box, other_ctxp, lfi_proc_sym(other.proc, "add"), int, (int, int), x,
                      100)
           + CALL("add", int, (int, int), x, 1);
}
static int host_aborts(int x)
{
    lfi_ctx_abort_cb(*ctxp);
    return x;
}
static int host_crashes_inside(int x)
{
    int r = CALL("crash", int, (void));
    return lfi_invoke_info.end == LFI_INVOKE_FAULT && r == 0 && lfi_ctx_fault(*ctxp) ? x : -1;
}
static int host_exits(int x)
{
    lfi_ctx_exit(*ctxp, x);
    return 0;
}
#if defined(__x86_64__)
static long host_big_arg(int a, struct big b, int c)
{
    return a + b.v[0] + b.v[4] + c;
}
#endif

static lfiptr cb(void *fn)
{
    void *stub = lfi_box_register_cb(lib.box, fn);
    if (!stub)
        give_up("registering a callback");
    return (lfiptr)stub;
}

static void test_callbacks(void)
{
    lfiptr twice = cb(host_twice);
    CHECK("callback", CALL("call_int", int, (lfiptr, int), twice, 20) == 41);
    CHECK("callback: the pointer is the box's", lfi_box_ptrvalid(lib.box, lfi_box_l2p(lib.box, twice)));
    CHECK("callback: registered twice, the same", cb(host_twice) == twice);
    CHECK("callback: all kinds of arguments",
          CALL("call_mix", double, (lfiptr), cb(host_mix))
              == 1 + 4 + 9 + 16 + 25 + 6 + 7 + 8 + 9 + 10 + 66 + 84 + 104 + 14 + 135 + 160 + 187);
    vec4 v = CALL("call_vec", vec4, (lfiptr, vec4), cb(host_vadd), (vec4){1, 2, 3, 4});
    CHECK("callback: vectors", v[0] == 2 && v[3] == 8);
    struct mixed m = CALL("call_mixed", struct mixed, (lfiptr, struct mixed), cb(host_mixed),
                          ((struct mixed){1, 2}));
    CHECK("callback: a structure in registers", m.a == 2 && m.b == 3);
    lfiptr big = (lfiptr)lfi_box_register_cb_struct(lib.box, host_big);
    CHECK("callback: a result by a hidden pointer",
          CALL("call_big", long, (lfiptr, long), big, 3) == 16);
#if defined(__x86_64__)
    CHECK("callback: a structure on the stack",
          CALL("call_big_arg", long, (lfiptr), cb(host_big_arg)) == 9);
    static struct {
        long before;
        struct big b;
        long after;
    } target = {1, {{2, 2, 2, 2, 2}}, 3};
    CALL("call_bad_result", long, (lfiptr, uint64_t), big, (uint64_t)&target.b);
    CHECK("callback: a result never goes outside of the box",
          target.b.v[0] == 2 && target.b.v[4] == 2);
#endif
    CHECK("callback: keeps the box's registers",
          CALL("keep", double, (lfiptr, double), cb(host_calls), 7.0) == 8 + 21 + 1);
    recurse_cb = cb(host_recurse);
    CHECK("re-entrant, 50 deep",
          CALL("recurse", long, (lfiptr, long), recurse_cb, 50) == 50 * 1000 + 4 * (50 * 51 / 2));
    if (!one) {
        other_ctxp = lfi_thread_ctxp(other.t);
        CHECK("across boxes and back",
              CALL("call_int", int, (lfiptr, int), cb(host_other), 5) == 105 + 6 + 1);
    }
    CHECK("abort", CALL("call_int", int, (lfiptr, int), cb(host_aborts), 5) == 0
                       && lfi_invoke_info.end == LFI_INVOKE_ABORT
                       && lfi_ctx_abort_cb_status(*ctxp));
    CHECK("after an abort", CALL("call_int", int, (lfiptr, int), twice, 20) == 41 && RETURNED
                                && !lfi_ctx_abort_cb_status(*ctxp));
    CHECK("a fault in a nested call ends that alone",
          CALL("call_int", int, (lfiptr, int), cb(host_crashes_inside), 5) == 6 && RETURNED
              && !lfi_ctx_fault(*ctxp));
    CHECK("exit from a callback", CALL("call_int", int, (lfiptr, int), cb(host_exits), 5) == 0
                                      && lfi_invoke_info.end == LFI_INVOKE_EXIT);
    lfi_box_unregister_cb(lib.box, host_twice);
    CHECK("unregistered as often as not registered",
          CALL("call_int", int, (lfiptr, int), twice, 20) == 41);
    lfi_box_unregister_cb(lib.box, host_twice);
    CALL("call_int", int, (lfiptr, int), twice, 20);
    CHECK("unregistered: a fault of the box", lfi_invoke_info.end == LFI_INVOKE_FAULT
                                                  && lfi_ctx_fault(*ctxp)->kind == LFI_FAULT_RTCALL
                                                  && lfi_ctx_fault(*ctxp)->code == 4);
}

static void test_many_callbacks(void)
{
    static char fns[LFI_MAX_CALLBACKS + 1]; /* addresses alone */
    struct LFIBox *box = other.box;
    size_t n = 0;
    bool distinct = true;
    lfiptr last = 0;
    for (; n <= LFI_MAX_CALLBACKS; n++) {
        lfiptr at = (lfiptr)lfi_box_register_cb(box, &fns[n]);
        if (!at)
            break;
        distinct = distinct && at != last && lfi_box_ptrvalid(box, lfi_box_l2p(box, at));
        last = at;
    }
    CHECK("4096 callbacks, no more",
          n == LFI_MAX_CALLBACKS && distinct && lfi_errno() == LFI_ERR_BOXMAP);
    lfi_box_unregister_cb(box, &fns[7]);
    lfiptr at = (lfiptr)lfi_box_register_cb(box, host_twice);
    CHECK("a free slot is used again",
          at
              && LFI_INVOKE(other.box, other_ctxp, lfi_proc_sym(other.proc, "call_int"), int,
                            (lfiptr, int), at, 4)
                     == 9);
    for (size_t i = 0; i < n; i++)
        lfi_box_unregister_cb(box, &fns[i]);
    at = (lfiptr)lfi_box_register_cb(box, host_calls);
    CHECK("the last one is called", at != 0 && lfi_box_register_cb(box, NULL) == NULL);
}

/* What a host gets wrong: refused, with a reason and a result of zeros.  */

static bool refused(struct LFIContext **where, struct LFIBox *box, size_t stack, size_t result)
{
    lfiptr add = sym("add");
    lfi_proc_sym(lib.proc, "there is no such function"); /* leaves another error */
    lfi_set_invoke_info(where, add, box);
    lfi_invoke_info.stack = stack;
    lfi_invoke_info.result = result;
    int (*trampoline)(int, int) = (int (*)(int, int))(void *)lfi_trampoline;
    return trampoline(40, 2) == 0 && lfi_invoke_info.end == LFI_INVOKE_REFUSED && lfi_errno() == LFI_ERR_ARG;
}

static void test_refused(void)
{
    enum { MOST = 64 << 10 };
    lfi_box_register_cb(lib.box, NULL);
    CHECK("no function to be called back", lfi_errno() == LFI_ERR_ARG);
    lfi_box_unregister_cb(lib.box, NULL);
    lfi_box_unregister_cb(lib.box, (void *)test_refused);
    CHECK("no place for the context", refused(NULL, lib.box, 0, 0));
    CHECK("no box", refused(ctxp, NULL, 0, 0));
    CHECK("arguments on the stack that are no words", refused(ctxp, lib.box, 12, 0));
    CHECK("more arguments on the stack than can be", refused(ctxp, lib.box, MOST + 8, 0));
    CHECK("a larger result than can be", refused(ctxp, lib.box, 0, MOST + 1));
    CHECK("and the next call works", CALL("add", int, (int, int), 40, 2) == 42 && RETURNED);
}

/* Ends.  */

static void test_ends(void)
{
    CHECK("fault: zero", CALL("crash", int, (void)) == 0 && lfi_invoke_info.end == LFI_INVOKE_FAULT
                             && lfi_ctx_fault(*ctxp)->sig == SIGSEGV);
    CHECK("fault: the next call works",
          CALL("add", int, (int, int), 1, 2) == 3 && RETURNED && !lfi_ctx_fault(*ctxp));
#if defined(__x86_64__)
    CALL("divide", int, (int, int), 1, 0);
    CHECK("division by zero",
          lfi_invoke_info.end == LFI_INVOKE_FAULT && lfi_ctx_fault(*ctxp)->sig == SIGFPE);
#endif
    CALL("deep", long, (long), 0);
    CHECK("stack overflow",
          lfi_invoke_info.end == LFI_INVOKE_FAULT && lfi_ctx_fault(*ctxp)->sig == SIGSEGV);
    CHECK("after a stack overflow", CALL("burn", int, (int), 100) == 5050);
    LFI_INVOKE(lib.box, ctxp, lfi_box_info(lib.box).base + 64, int, (void));
    CHECK("a function that is none", lfi_invoke_info.end == LFI_INVOKE_FAULT);
    feclearexcept(FE_ALL_EXCEPT);
    CALL("spoil", void, (void));
    CHECK("the host's floating point is its own",
          RETURNED && fegetround() == FE_TONEAREST && (volatile long double)1 / 3 * 3 == 1);
    CHECK("spoilt state does not reach the next call", CALL("halve", float, (float), 3.0f) == 1.5f);
    struct LFIContext *none = NULL;
    lfi_set_clone_cb(engine, NULL);
    CHECK("no context and nobody to make one",
          LFI_INVOKE(lib.box, &none, sym("add"), int, (int, int), 1, 2) == 0
              && lfi_invoke_info.end == LFI_INVOKE_REFUSED && lfi_errno() == LFI_ERR_STATE);
    CHECK("the context of another box",
          one
              || (LFI_INVOKE(other.box, ctxp, sym("add"), int, (int, int), 1, 2) == 0
                  && lfi_invoke_info.end == LFI_INVOKE_REFUSED && lfi_errno() == LFI_ERR_ARG));
    struct LFIContext *bare = new_ctx(lib.box);
    CHECK("a context without a stack",
          LFI_INVOKE(lib.box, &bare, sym("add"), int, (int, int), 1, 2) == 0
              && lfi_invoke_info.end == LFI_INVOKE_REFUSED);
    lfi_ctx_free(bare);
}

/* longjmp.  */

static jmp_buf host_env;
static int came_back;
static void go_back(void *env, int value)
{
    came_back = value;
    longjmp(env, value);
}
static int host_jumps(int x)
{
    CALL("jump", void, (int), x);
    return -1;
}
static jmp_buf escape;
static int host_longjmps(int x)
{
    longjmp(escape, x);
}

static void test_jumps(void)
{
    void *env = (void *)CALL("get_env", lfiptr, (void));
    volatile int step = 0;
    int v = setjmp(host_env);
    if (v == 0) {
        CHECK("setjmp", lfi_lib_setjmp(lib.box, ctxp, env, host_env, go_back) == 0);
        CALL("burn", int, (int), 200);
        step = 1;
        CALL("jump", void, (int), 7);
        step = 2;
    }
    CHECK("longjmp of the box comes back to the host's setjmp",
          v == 7 && step == 1 && came_back == 7);
    CHECK("calls afterwards", CALL("add", int, (int, int), 1, 2) == 3 && !lfi_cur_ctx());
    v = setjmp(host_env);
    if (v == 0)
        CALL("call_int", int, (lfiptr, int), cb(host_jumps), 9);
    CHECK("longjmp across a callback", v == 9 && !lfi_cur_ctx());
    v = setjmp(host_env);
    if (v == 0)
        CALL("call_then_jump", int, (lfiptr, int), cb(host_calls), 10);
    CHECK("longjmp after a callback", v == 11);
    v = setjmp(host_env);
    if (v == 0)
        CALL("jump", void, (int), 0);
    CHECK("longjmp with 0 is 1", v == 1);
    CHECK("cancelled", lfi_lib_setjmp(lib.box, ctxp, env, NULL, NULL) == 0);
    came_back = 0;
    CALL("jump", void, (int), 5);
    CHECK("longjmp without a setjmp is a fault of the box",
          lfi_invoke_info.end == LFI_INVOKE_FAULT && came_back == 0);
    if (setjmp(escape) == 0)
        CALL("call_int", int, (lfiptr, int), cb(host_longjmps), 1);
    CHECK("the host's own longjmp: the context is still in use",
          lfi_cur_ctx() == *ctxp && lfi_ctx_run(*ctxp, sym("nothing")) == -1
              && lfi_errno() == LFI_ERR_STATE);
    lfi_ctx_abandon(*ctxp);
    CHECK("the host's own longjmp: abandoned",
          !lfi_cur_ctx() && CALL("add", int, (int, int), 1, 2) == 3 && RETURNED);
}

/* Memory.  */

static void test_memory(void)
{
    char *p = lfi_lib_malloc(lib.box, ctxp, 100);
    CHECK("malloc", p && lfi_box_bufvalid(lib.box, (lfiptr)p, 100)
                        && CALL("fill", int, (char *, int), p, 100) == 7 && p[99] == 7);
    p = lfi_lib_realloc(lib.box, ctxp, p, 100000);
    CHECK("realloc", p && p[99] == 7);
    lfi_lib_free(lib.box, ctxp, p);
    p = lfi_lib_calloc(lib.box, ctxp, 10, 10);
    CHECK("calloc", p && p[0] == 0 && p[99] == 0);
    lfi_lib_free(lib.box, ctxp, p);
    CHECK("calloc that wraps", !lfi_lib_calloc(lib.box, ctxp, SIZE_MAX / 2, 4));
    CHECK("more than the box has", !lfi_lib_malloc(lib.box, ctxp, (size_t)1 << 33));
    CHECK("a broken pipe is the box's alone", CALL("broken_pipe", int, (void)) == EPIPE);
    CHECK("the library knows how many threads it may have",
          (CALL("threads_limit", long, (void)) == 1) == single);
    CHECK("the library's own threads", CALL("own_thread", int, (void)) == (single ? -1 : 5));
}

/* Threads.  */

static void *thread(void *arg)
{
    long n = (long)arg, good = 0;
    ctxp = &own;
    good += CALL("add", int, (int, int), 1, (int)n) == n + 1 && RETURNED;
    good += CALL("set_mine", int, (int), (int)n + 1) == 0;
    for (int i = 0; i < 100; i++)
        good += CALL("sum12", long,
                     (long, long, long, long, long, long, long, long, long, long, long, long), n, 2,
                     3, 4, 5, 6, 7, 8, 9, 10, 11, 12)
                == 649 + n;
    good += CALL("set_mine", int, (int), 0) == n + 1;
    good += CALL("specific", int, (void)) == 0;
    good += CALL("self", lfiptr, (void)) != 0;
    return (void *)(good == 105 ? arg : NULL);
}

static void *thread_detaches(void *arg)
{
    ctxp = &own;
    bool ok = CALL("add", int, (int, int), 1, 2) == 3;
    lfi_linux_detach_thread(lib.proc);
    own = NULL;
    return ok && CALL("add", int, (int, int), 1, 2) == 3 ? arg : NULL;
}

enum { NTHREADS = 8 };

static void test_threads(void)
{
    pthread_t t[NTHREADS];
    long good = 0;
    CHECK("init_clone", lfi_linux_init_clone(lib.t));
    for (int round = 0; round < 5; round++) {
        for (long i = 0; i < NTHREADS; i++)
            pthread_create(&t[i], NULL, thread, (void *)(i + 1));
        for (long i = 0; i < NTHREADS; i++) {
            void *r;
            pthread_join(t[i], &r);
            good += r == (void *)(i + 1);
        }
    }
    CHECK("threads of the host, each with its own in the box", good == 5 * NTHREADS);
    CHECK("ended with the host's: destructors ran", CALL("get_freed", int, (void)) == 5 * NTHREADS);
    void *r;
    pthread_create(&t[0], NULL, thread_detaches, &t);
    pthread_join(t[0], &r);
    CHECK("detached and attached again", r == &t);
}

static void test_fork(void)
{
    lfiptr word = (lfiptr)lfi_lib_calloc(lib.box, ctxp, 1, 8);
    int status;
    pid_t pid = fork();
    if (pid == 0) {
        CALL("fill", int, (lfiptr, int), word, 8);
        bool ok = CALL("add", int, (int, int), 1, 2) == 3 && *(char *)word == 7
                  && CALL("crash", int, (void)) == 0 && lfi_invoke_info.end == LFI_INVOKE_FAULT;
        _exit(ok ? 0 : 1);
    }
    CHECK("fork: the child's boxes are copies", waitpid(pid, &status, 0) == pid && status == 0
                                                    && *(volatile char *)word == 0
                                                    && CALL("add", int, (int, int), 1, 2) == 3);
}

static void test_end(void)
{
    int code = 0;
    CALL("leave", void, (int), 9);
    CHECK("exit ends the process",
          lfi_invoke_info.end == LFI_INVOKE_EXIT && lfi_proc_exited(lib.proc, &code) && code == 9);
    CALL("add", int, (int, int), 1, 2);
    CHECK("calls after the end are refused", lfi_invoke_info.end == LFI_INVOKE_REFUSED);
    close_lib(&lib);
    lib = open_lib();
    ctxp = lfi_thread_ctxp(lib.t);
    if (!single)
        CALL("exit_in_thread", void, (void));
    if (!single)
        CHECK("exit in a thread of the library ends the process",
              !RETURNED && lfi_proc_exited(lib.proc, &code) && code == 3);
    close_lib(&lib);
    if (!one)
        close_lib(&other);
    lfi_linux_free(lx);
    lfi_free(engine);
}

static void test_lib_engine(void)
{
    CHECK("lib engine", lfi_linux_lib_init((struct LFIOptions){0}, (struct LFILinuxOptions){0})
                            && lfi_linux_lib_engine());
    CHECK("lib engine: once",
          !lfi_linux_lib_init((struct LFIOptions){0}, (struct LFILinuxOptions){0})
              && lfi_errno() == LFI_ERR_STATE);
    lfi_linux_lib_free();
    CHECK("lib engine: freed", !lfi_linux_lib_engine());
}

static bool has(char **argv, const char *word)
{
    for (; *argv; argv++)
        if (strcmp(*argv, word) == 0)
            return true;
    return false;
}

int main(int argc, char **argv)
{
    if (argc < 2)
        return 2;
    library = argv[1];
    one = has(argv, "one");
    single = has(argv, "single");
    meter = has(argv, "meter");
    engine = new_engine((struct LFIOptions){.stores_only = has(argv, "stores"),
                                            .layout = one                  ? LFI_LAYOUT_ONE
                                                      : has(argv, "dense") ? LFI_LAYOUT_DENSE
                                                                           : LFI_LAYOUT_DEFAULT},
                        one ? 1 : 4);
    lx = lfi_linux_new(engine, (struct LFILinuxOptions){0});
    lib = open_lib();
    if (!one)
        other = open_lib();
    ctxp = lfi_thread_ctxp(lib.t);
    test_arguments();
    test_structures();
    test_callbacks();
    if (!one)
        test_many_callbacks();
    test_refused();
    test_ends();
    test_jumps();
    test_memory();
    if (single)
        CHECK("init_clone: one thread", !lfi_linux_init_clone(lib.t));
    else
        test_threads();
    test_fork();
    test_end();
    if (!one)
        test_lib_engine();
    puts("DONE");
    return 0;
}
