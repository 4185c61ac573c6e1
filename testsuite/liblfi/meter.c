/* Fuel: what it stops, where, and that nothing gets around it.
   SPDX-License-Identifier: Apache-2.0  */
#include "test.h"

#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/user.h>
#include <sys/wait.h>

/* The library's own: liblfi/core/internal.h.  */
void lfi_set_stopped(struct LFIEngine *engine,
                     bool (*stopped)(struct LFIContext *, const struct LFIFault *));
void lfi_ctx_set_pc(struct LFIContext *ctx, uint64_t pc);
uint64_t lfi_ctx_pc(const struct LFIContext *ctx);

enum { BLOCK = 4095, PER_LOOP = 4, PER_RETURN = 5, STARTS = 32 };
/* Sequences of meter_resume that can find nothing left; on x86-64 one jump keeps flags, and one
 * repeats.  */
#if defined(__x86_64__)
enum { RESUME_STOPS = 9 };
#else
enum { RESUME_STOPS = 7 };
#endif

static struct LFIEngine *engine;
static struct LFIBox *box;
static struct LFIContext *ctx;
static lfiptr sp;

static struct LFIBox *box_of(const char *profile)
{
    struct LFIBox *b = new_box(engine);
    if (!lfi_box_set_profile(b, lfi_profile_named(profile)))
        give_up("lfi_box_set_profile");
    return b;
}

static struct LFIBox *metered_box(void)
{
    return box_of("meter");
}

static int run(lfiptr entry, uint64_t fuel)
{
    lfi_ctx_regs(ctx)->A1 = 0;
    lfi_ctx_regs(ctx)->SP = sp;
    if (!lfi_ctx_set_fuel(ctx, fuel))
        give_up("lfi_ctx_set_fuel");
    return lfi_ctx_run(ctx, entry);
}

static bool empty(void)
{
    const struct LFIFault *fault = lfi_ctx_fault(ctx);
    return fault && fault->kind == LFI_FAULT_FUEL && fault->sig == 0 && lfi_ctx_fuel(ctx) == 0;
}

static void test_refused(void)
{
    struct LFIBox *plain = new_box(engine);
    struct LFIContext *c = new_ctx(plain);
    CHECK("fuel of code that counts nothing",
          !lfi_ctx_set_fuel(c, 1000) && lfi_errno() == LFI_ERR_STATE
              && strstr(lfi_errmsg(), "-mlfi-meter=branch") && lfi_ctx_fuel(c) == LFI_FUEL_MAX);
    CHECK("too much fuel", !lfi_ctx_set_fuel(ctx, LFI_FUEL_MAX + 1) && lfi_errno() == LFI_ERR_ARG
                               && !lfi_ctx_set_fuel(ctx, UINT64_MAX)
                               && lfi_ctx_fuel(ctx) == LFI_FUEL_MAX);
    CHECK("as much as there is", lfi_ctx_set_fuel(ctx, LFI_FUEL_MAX));
    lfi_ctx_free(c);
    lfi_box_free(plain);
    CHECK("code without charges", load(box, 0, CODE(bad_uncharged)) == FAILED
                                      && lfi_errno() == LFI_ERR_VERIFY
                                      && strstr(lfi_errmsg(), "rule 9"));
    CHECK("without tests",
          load(box, 0, CODE(bad_untested)) == FAILED && strstr(lfi_errmsg(), "rule 9"));
    CHECK("with a branch around a charge", load(box, 0, CODE(bad_around)) == FAILED);
    CHECK("with a counter of its own",
          load(box, 0, CODE(bad_refuel)) == FAILED && strstr(lfi_errmsg(), "counter"));
}

/* The same instruction for the same fuel, and one more round for each PER_LOOP.  */
static void test_loop(void)
{
    lfiptr loop = load_or_die(box, 0, CODE(meter_loop));
    uint64_t pc = 0;
    bool same = true, kind = true, count = true;
    for (uint64_t fuel = 0; fuel < 200; fuel++)
        for (int again = 0; again < 2; again++) {
            kind &= run(loop, fuel) == -1 && empty();
            pc = pc ? pc : lfi_ctx_fault(ctx)->pc;
            same &= lfi_ctx_fault(ctx)->pc == pc;
            count &= lfi_ctx_regs(ctx)->A1 == fuel / PER_LOOP + 1;
        }
    CHECK("a loop ends for lack of fuel", kind);
    CHECK("at the same instruction", same && pc > loop && pc < loop + 64);
    CHECK("after as many rounds as there was fuel for", count);
    CHECK("a long loop", run(loop, 100000000) == -1 && empty()
                             && lfi_ctx_regs(ctx)->A1 == 100000000 / PER_LOOP + 1);
    lfi_ctx_regs(ctx)->A1 = 7;
    CHECK("without fuel nothing runs", lfi_ctx_run(ctx, loop) == -1 && empty()
                                           && lfi_ctx_regs(ctx)->A1 == 7
                                           && strstr(lfi_errmsg(), "no fuel"));
    lfi_ctx_regs_init(ctx);
    CHECK("initial registers are no fuel", lfi_ctx_run(ctx, loop) == -1 && empty());
}

static void test_return(void)
{
    lfiptr code = load_or_die(box, 0, CODE(meter_return));
    lfi_ctx_regs(ctx)->A0 = 42;
    CHECK("what is executed is charged",
          run(code, 1000) == 42 && lfi_ctx_fuel(ctx) == 1000 - PER_RETURN && !lfi_ctx_fault(ctx));
    CHECK("the last instruction", run(code, PER_RETURN) == 42 && lfi_ctx_fuel(ctx) == 0);
    CHECK("one too many", run(code, PER_RETURN - 1) == -1 && empty());
    CHECK("other traps are others",
          run(load_or_die(box, 0, CODE(meter_trap)), 1000) == -1 && lfi_ctx_fault(ctx)
              && lfi_ctx_fault(ctx)->kind == LFI_FAULT_SIGNAL && lfi_ctx_fuel(ctx) == 1000);
}

/* Handlers.  */
enum { LOOKS = 1, FILLS, EMPTIES, TAMPERS, NESTS };
static int what;
static uint64_t seen;
static lfiptr nested; /* code that NESTS runs, in the same box by another context */

static void set_counter_register(struct LFIRegs *regs, uint64_t value)
{
#if defined(__x86_64__)
    regs->r12 = value;
#else
    regs->x23 = value;
#endif
}

static void handler(struct LFIContext *c)
{
    seen = lfi_ctx_fuel(c);
    if (what == FILLS)
        lfi_ctx_set_fuel(c, 5000);
    else if (what == EMPTIES)
        lfi_ctx_set_fuel(c, 0);
    else if (what == TAMPERS)
        set_counter_register(lfi_ctx_regs(c), UINT64_C(1) << 40);
    else if (what == NESTS && c == ctx) {
        struct LFIContext *other = new_ctx(box);
        lfi_ctx_set_fuel(other, 100);
        lfi_ctx_run(other, nested);
        lfi_ctx_free(other);
    }
}

static void test_handlers(void)
{
    lfiptr code = load_or_die(box, 0, CODE(meter_call));
    lfi_sys_handler(engine, handler);
    what = LOOKS;
    int code_of_run = run(code, 1000);
    uint64_t left = lfi_ctx_fuel(ctx);
    uint64_t behind = seen - left;
    CHECK("a handler sees what is left",
          code_of_run != -1 && seen == 1000 - PER_RETURN && behind >= PER_RETURN);
    what = FILLS;
    run(code, 10);
    CHECK("and may give more", !lfi_ctx_fault(ctx) && lfi_ctx_fuel(ctx) == 5000 - behind);
    what = NESTS;
    nested = load_or_die(box, 0, CODE(meter_loop));
    run(code, 1000);
    CHECK("contexts have fuel of their own", !lfi_ctx_fault(ctx) && lfi_ctx_fuel(ctx) == left);
    what = EMPTIES;
    CHECK("or take it", run(code, 1000) == -1 && empty());
    what = TAMPERS;
    run(code, 1000);
    CHECK("the register in the context is not the counter", lfi_ctx_fuel(ctx) == left);
    set_counter_register(lfi_ctx_regs(ctx), UINT64_C(1) << 40);
    CHECK("nor before a run", run(load_or_die(box, 0, CODE(meter_loop)), 100) == -1 && empty()
                                  && lfi_ctx_regs(ctx)->A1 == 100 / PER_LOOP + 1);
}

/* A box that is stopped anywhere pays for what may not have been charged, and goes on with what is
 * left.  */

static bool stopped_there;

static bool goes_on(struct LFIContext *c, const struct LFIFault *fault)
{
    stopped_there = fault && lfi_ctx_pc(c) == fault->pc;
    lfi_ctx_set_pc(c, nested);
    return fault;
}

static void test_stops(void)
{
    lfiptr trap = load_or_die(box, 0, CODE(meter_trap));
    nested = load_or_die(box, 0, CODE(meter_loop));
    CHECK("a trap with nothing left is a trap",
          run(trap, 0) == -1 && lfi_ctx_fault(ctx)->kind == LFI_FAULT_SIGNAL);
    lfi_set_stopped(engine, goes_on);
    for (uint64_t fuel = 0; fuel < BLOCK; fuel += BLOCK / 3)
        CHECK("a stop that takes the last does not go on",
              run(trap, fuel) == -1 && empty() && lfi_ctx_regs(ctx)->A1 == 0);
    CHECK("another trap is where a box would go on", stopped_there);
    CHECK("a stop that leaves something does",
          run(trap, BLOCK + 10 * PER_LOOP) == -1 && empty() && lfi_ctx_regs(ctx)->A1 == 11);
    lfi_set_stopped(engine, NULL);
    struct LFIBox *plain = new_box(engine);
    struct LFIContext *c = new_ctx(plain);
    set_counter_register(lfi_ctx_regs(c), UINT64_MAX);
    CHECK("a trap where nothing counts is a trap",
          lfi_ctx_run(c, load_or_die(plain, 0, CODE(meter_trap))) == -1
              && lfi_ctx_fault(c)->kind == LFI_FAULT_SIGNAL);
    lfi_ctx_free(c);
    lfi_box_free(plain);
}

static uint64_t host_function(void)
{
    seen = lfi_ctx_fuel(lfi_cur_ctx());
    return 77;
}

static void test_callback(void)
{
    lfiptr code = load_or_die(box, 0, CODE(meter_callback));
    void *stub = lfi_box_register_cb(box, (void *)host_function);
    CHECK("stubs of calls of the host are metered code", stub != NULL);
    lfi_ctx_regs(ctx)->SP = sp;
    lfi_ctx_set_fuel(ctx, 1000);
    lfi_ctx_regs(ctx)->A1 = (uintptr_t)stub;
    CHECK("a call of the host",
          lfi_ctx_run(ctx, code) == 77 && seen < 1000 && lfi_ctx_fuel(ctx) < seen);
    uint64_t used = 1000 - lfi_ctx_fuel(ctx);
    for (uint64_t fuel = 0; fuel < used; fuel++) {
        lfi_ctx_regs(ctx)->SP = sp;
        lfi_ctx_set_fuel(ctx, fuel);
        lfi_ctx_regs(ctx)->A1 = (uintptr_t)stub;
        if (lfi_ctx_run(ctx, code) != -1 || !empty()) {
            CHECK("and with less fuel", false);
            return;
        }
    }
    CHECK("and with less fuel", true);
}

/* A run that is given more goes on where it was.  */

static uint64_t refills[4]; /* what is given, one after the other; 0: nothing, and false */
static unsigned refilled;
static uint64_t refilled_at[4];
static bool refill_right; /* what the handler saw */
static struct LFIContext *leaves, *interrupts;

static bool refill(struct LFIContext *c, const struct LFIFault *fault)
{
    struct LFIBoxInfo info = lfi_box_info(lfi_ctx_box(c));
    uint64_t amount = refills[refilled & 3];
    refill_right &= fault->kind == LFI_FAULT_FUEL && fault->sig == 0 && fault->pc > info.min
                    && fault->pc < info.max && lfi_ctx_fuel(c) == 0 && lfi_cur_ctx() == c;
    refilled_at[refilled++ & 3] = fault->pc;
    if (leaves == c)
        lfi_ctx_exit(c, 33);
    if (interrupts == c)
        lfi_ctx_interrupt(c);
    return amount && lfi_ctx_set_fuel(c, amount);
}

static void give(uint64_t first, uint64_t second)
{
    refilled = 0;
    refill_right = true;
    memset(refilled_at, 0, sizeof refilled_at);
    refills[0] = first;
    refills[1] = second;
    refills[2] = refills[3] = 0;
}

/* Runs it with so much fuel, and more as often as something is given.  */
static int run_refilled(lfiptr entry, uint64_t fuel, uint64_t first, uint64_t second)
{
    give(first, second);
    lfi_ctx_regs_init(ctx);
    return run(entry, fuel);
}

static void test_each_stop(lfiptr code)
{
    uint64_t places[32];
    unsigned nplaces = 0;
    int result = run_refilled(code, 100000, 0, 0);
    uint64_t used = 100000 - lfi_ctx_fuel(ctx);
    CHECK("code that can be resumed runs as other code", !lfi_ctx_fault(ctx) && refilled == 0);
    bool same = true, once = true, again = true, right = true;
    for (uint64_t fuel = 0; fuel < used; fuel++) {
        same &= run_refilled(code, fuel, LFI_FUEL_STEP, 0) == result && !lfi_ctx_fault(ctx);
        uint64_t pc = refilled_at[0], left = lfi_ctx_fuel(ctx);
        once &= refilled == 1 && left < LFI_FUEL_STEP;
        right &= refill_right;
        run_refilled(code, fuel, LFI_FUEL_STEP, 0);
        again &= refilled_at[0] == pc && lfi_ctx_fuel(ctx) == left;
        unsigned i = 0;
        while (i < nplaces && places[i] != pc)
            i++;
        if (i == nplaces && nplaces < 32)
            places[nplaces++] = pc;
    }
    CHECK("a run that is given more has the same result", same);
    CHECK("and is given it once", once);
    CHECK("always at the same instruction", again);
    CHECK("what the handler sees", right);
    CHECK("every kind of sequence stops", nplaces == RESUME_STOPS);
}

static void test_refused_refills(lfiptr code)
{
    int result = run_refilled(code, 100000, 0, 0);
    CHECK("a run that is given nothing ends",
          run_refilled(code, 10, 0, 0) == -1 && empty() && refilled == 1);
    CHECK("nor with too little", run_refilled(code, 10, LFI_FUEL_STEP - 1, 0) == -1 && refilled == 1
                                     && lfi_ctx_fault(ctx)->kind == LFI_FAULT_FUEL);
    leaves = ctx;
    CHECK("the handler may end it", run_refilled(code, 10, 0, 0) == 33 && !lfi_ctx_fault(ctx));
    leaves = NULL;
    interrupts = ctx;
    CHECK("or another thread meanwhile", run_refilled(code, 10, LFI_FUEL_STEP, 0) == -1
                                             && lfi_ctx_fault(ctx)->kind == LFI_FAULT_INTERRUPT);
    interrupts = NULL;
    lfi_refill_handler(engine, NULL);
    CHECK("without a handler it ends", run_refilled(code, 10, LFI_FUEL_STEP, 0) == -1 && empty());
    lfi_refill_handler(engine, refill);
    CHECK("after that it runs again", run_refilled(code, 10, LFI_FUEL_STEP, 0) == result);
}

static void test_slices(void)
{
    lfiptr loop = load_or_die(lfi_ctx_box(ctx), 0, CODE(meter_slices));
    /* The way back is charged, and the round that finds nothing left was.  */
    uint64_t first = 2 * LFI_FUEL_STEP / PER_LOOP + 1, more = (LFI_FUEL_STEP - 2) / PER_LOOP + 1;
    run_refilled(loop, 2 * LFI_FUEL_STEP, LFI_FUEL_STEP, LFI_FUEL_STEP);
    CHECK("slices: as many rounds as there was fuel for",
          refilled == 3 && empty() && lfi_ctx_regs(ctx)->A1 == first + 2 * more
              && refilled_at[0] == refilled_at[1] && refilled_at[1] == refilled_at[2]);
}

/* A stop for another reason that leaves little.  */
static void test_refilled_stops(void)
{
    lfiptr trap = load_or_die(lfi_ctx_box(ctx), 0, CODE(meter_trap));
    nested = load_or_die(lfi_ctx_box(ctx), 0, CODE(meter_loop));
    lfi_set_stopped(engine, goes_on);
    CHECK("a stop that leaves too little asks for more",
          run_refilled(trap, BLOCK + LFI_FUEL_STEP - 1, LFI_FUEL_STEP, 0) == -1 && refilled == 2
              && lfi_ctx_regs(ctx)->A1 == LFI_FUEL_STEP / PER_LOOP + 1);
    CHECK("and one that leaves enough does not",
          run_refilled(trap, BLOCK + LFI_FUEL_STEP, 0, 0) == -1 && refilled == 1
              && lfi_ctx_regs(ctx)->A1 == LFI_FUEL_STEP / PER_LOOP + 1);
    lfi_set_stopped(engine, NULL);
    lfiptr brk = load_or_die(lfi_ctx_box(ctx), 0, CODE(meter_brk));
    CHECK("a breakpoint ends it",
          run_refilled(brk, 10, LFI_FUEL_STEP, 0) == -1 && empty() && refilled == 0);
    CHECK("a trap with fuel left asks for nothing",
          run_refilled(trap, 1000, LFI_FUEL_STEP, 0) == -1 && refilled == 0
              && lfi_ctx_fault(ctx)->kind == LFI_FAULT_SIGNAL);
}

static void test_refilled_callback(void)
{
    lfiptr code = load_or_die(lfi_ctx_box(ctx), 0, CODE(meter_resume_callback));
    void *stub = lfi_box_register_cb(lfi_ctx_box(ctx), (void *)host_function);
    bool same = true;
    uint64_t used = 1000;
    for (uint64_t fuel = 1000; stub && fuel <= 1000; fuel = fuel == 1000 ? 0 : fuel + 1) {
        if (fuel == used)
            break;
        give(LFI_FUEL_STEP, 0);
        lfi_ctx_regs_init(ctx);
        lfi_ctx_regs(ctx)->SP = sp;
        lfi_ctx_set_fuel(ctx, fuel);
        lfi_ctx_regs(ctx)->A1 = (uintptr_t)stub;
        same &= lfi_ctx_run(ctx, code) == 77 && refilled == (fuel != 1000);
        if (fuel == 1000)
            used = 1000 - lfi_ctx_fuel(ctx);
    }
    CHECK("calls of the host, with more fuel given on each way", stub && same && used > 20);
}

static void test_resume(void)
{
    struct LFIContext *of_branch = ctx;
    struct LFIBox *b = box_of("meter-resume");
    lfiptr of_branch_sp = sp;
    lfi_refill_handler(engine, refill);
    lfi_sys_handler(engine, handler);
    what = LOOKS;
    give(LFI_FUEL_STEP, 0);
    CHECK("nobody is asked for code that cannot go on",
          run(load_or_die(box, 0, CODE(meter_loop)), 100) == -1 && empty() && refilled == 0);
    ctx = new_ctx(b);
    sp = new_stack(b);
    lfiptr code = load_or_die(b, 0, CODE(meter_resume));
    test_each_stop(code);
    test_refused_refills(code);
    test_slices();
    test_refilled_stops();
    test_refilled_callback();
    lfi_refill_handler(engine, NULL);
    lfi_ctx_free(ctx);
    lfi_box_free(b);
    ctx = of_branch;
    sp = of_branch_sp;
}

static void on_timer(int sig)
{
    struct LFIContext *c = lfi_cur_ctx();
    (void)sig;
    if (c)
        lfi_ctx_interrupt(c);
}

/* A run that is interrupted on its way out of the box has used what it was charged: one that stops
   itself in its first system call takes N steps from there, and is interrupted.  */
#if defined(__x86_64__)
enum { STEPS_MOST = 1000, USED_MOST = 100, UNTRACED = 200, BAD };

static bool stops_itself;

static void stop_here(struct LFIContext *c)
{
    if (stops_itself) {
        seen = lfi_ctx_fuel(c);
        stops_itself = false;
        syscall(SYS_tgkill, getpid(), syscall(SYS_gettid), SIGSTOP);
    }
}

static _Noreturn void stepped_child(lfiptr code)
{
    struct sigaction sa = {.sa_handler = on_timer, .sa_flags = SA_ONSTACK};
    sigaction(SIGUSR1, &sa, NULL);
    if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) != 0)
        _exit(UNTRACED);
    alarm(10); /* a lost interrupt */
    stops_itself = true;
    lfi_sys_handler(engine, stop_here);
    int result = run(code, 1 << 30);
    uint64_t used = seen - lfi_ctx_fuel(ctx);
    bool interrupted =
        result == -1 && lfi_ctx_fault(ctx) && lfi_ctx_fault(ctx)->kind == LFI_FAULT_INTERRUPT;
    _exit(interrupted ? (int)(used < USED_MOST ? used : USED_MOST) : BAD);
}

/* What it had used; *looped: the steps led to the loop.  */
static int used_after(lfiptr code, int steps, bool *looped)
{
    int status;
    pid_t child = fork();
    if (child == 0)
        stepped_child(code);
    waitpid(child, &status, 0);
    for (int i = 0; i < steps && WIFSTOPPED(status); i++) {
        ptrace(PTRACE_SINGLESTEP, child, NULL, NULL);
        waitpid(child, &status, 0);
    }
    uint64_t pc = (uint64_t)ptrace(PTRACE_PEEKUSER, child, offsetof(struct user, regs.rip), NULL);
    *looped = pc - (code + 64) < 64;
    for (int sig = SIGUSR1; WIFSTOPPED(status); sig = WSTOPSIG(status)) {
        ptrace(PTRACE_CONT, child, NULL, (void *)(intptr_t)(sig == SIGTRAP ? 0 : sig));
        waitpid(child, &status, 0);
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : BAD;
}

static void test_interrupted_on_the_way(void)
{
    lfiptr code = load_or_die(box, 0, CODE(meter_calls));
    int before = 0, bad = 0, n = 0;
    for (bool looped = false; n < STEPS_MOST && !bad && !looped; n++) {
        int used = used_after(code, n, &looped);
        if (used == UNTRACED) {
            printf("SKIP: an interrupt on the way out: processes cannot be traced here\n");
            return;
        }
        if (!looped && (used < before || used > PER_RETURN))
            bad = printf("  after %d steps: used %d, before %d\n", n, used, before);
        before = used;
    }
    CHECK("an interrupt on the way out leaves what there is", !bad && n > 50 && n < STEPS_MOST);
}
#endif

/* What one or two changed bits make of code that the verifier still accepts ends in time.  */

static void answer(struct LFIContext *c)
{
    (void)c;
}

static uint64_t random_state = 88172645463325252u;
static uint64_t next_random(void)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    return random_state ^= random_state << 17;
}

/* 0: refused, 1: ended, -1: it would not have.  */
static int run_mutant(struct LFIBox *b, lfiptr at, const unsigned char *code, size_t size)
{
    struct itimerval soon = {.it_value = {.tv_sec = 2}}, never = {0};
    lfiptr stack = at + 0x100000;
    if (lfi_box_mapat(b, at, size, RW, ANON, -1, 0) == FAILED
        || lfi_box_mapat(b, stack, 65536, RW, ANON, -1, 0) == FAILED
        || !lfi_box_copyto(b, at, code, size))
        give_up("mapping a mutant");
    if (lfi_box_mprotect(b, at, size, RX) != 0)
        return 0;
    int ended = 1;
    for (unsigned start = 0; start < size && ended == 1; start += STARTS) {
        struct LFIContext *c = new_ctx(b);
        lfi_ctx_regs(c)->SP = stack + 65536 - 64;
        lfi_ctx_set_fuel(c, 20000);
        setitimer(ITIMER_REAL, &soon, NULL);
        lfi_ctx_run(c, at + start);
        setitimer(ITIMER_REAL, &never, NULL);
        const struct LFIFault *fault = lfi_ctx_fault(c);
        if (fault && fault->kind == LFI_FAULT_INTERRUPT)
            ended = -1;
        lfi_ctx_free(c);
    }
    return ended;
}

static void test_mutants(int rounds)
{
    struct code c = CODE(meter_mixture);
    size_t size = (size_t)(c.end - c.start);
    static unsigned char code[4096];
    struct sigaction sa = {.sa_handler = on_timer, .sa_flags = SA_ONSTACK};
    int accepted = 0, endless = 0;
    sigaction(SIGALRM, &sa, NULL);
    lfi_sys_handler(engine, answer);
    struct LFIBox *b = metered_box();
    lfiptr at = lfi_box_info(b).min + 0x10000;
    for (int i = 0; i < rounds; i++) {
        memcpy(code, c.start, size);
        unsigned flips = i == 0 ? 0 : 1 + (unsigned)(next_random() % 2);
        for (unsigned k = 0; k < flips; k++) {
            uint64_t bit = next_random() % (8 * size);
            code[bit / 8] ^= (unsigned char)(1 << bit % 8);
        }
        int result = run_mutant(b, at, code, size);
        accepted += result != 0;
        endless += result < 0;
    }
    CHECK("some changed code is accepted", accepted > rounds / 50);
    CHECK("all of it ends when its fuel does", endless == 0);
    printf("  %d of %d accepted\n", accepted, rounds);
    lfi_box_free(b);
}

/* Stubs take more room than elsewhere; how many callbacks there may be is the same, and what the box says that it
   called is looked up in all of them.  */
static void test_numbers(const char *profile)
{
    static char fns[LFI_MAX_CALLBACKS + 1]; /* addresses alone */
    static const uint64_t numbers[] = {0,    1,    2012, 2013,    2073,      2074,
                                       4094, 4095, 4096, 1 << 20, 1ull << 40, UINT64_MAX};
    struct LFIBox *b = box_of(profile);
    struct LFIContext *c = new_ctx(b);
    lfiptr entry = load_or_die(b, 0, CODE(meter_number)), last = 0;
    char name[80];
    size_t good = 0, n = 0;
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        lfi_ctx_regs(c)->NUMBER = numbers[i];
        good += lfi_ctx_run(c, entry) == -1 && lfi_ctx_fault(c)
                && lfi_ctx_fault(c)->kind == LFI_FAULT_RTCALL && lfi_ctx_fault(c)->code == 4;
    }
    snprintf(name, sizeof name, "%s: a callback that does not exist ends the box", profile);
    CHECK(name, good == sizeof numbers / sizeof numbers[0]);
    for (lfiptr at; n <= LFI_MAX_CALLBACKS && (at = (lfiptr)lfi_box_register_cb(b, &fns[n])); n++) {
        if (at == last)
            break;
        last = at;
    }
    snprintf(name, sizeof name, "%s: 4096 callbacks, no more", profile);
    CHECK(name, n == LFI_MAX_CALLBACKS && lfi_errno() == LFI_ERR_BOXMAP);
    lfi_ctx_free(c);
    lfi_box_free(b);
}

int main(int argc, char **argv)
{
    engine = new_engine((struct LFIOptions){.no_aslr = true}, 4);
    box = metered_box();
    ctx = new_ctx(box);
    sp = new_stack(box);
    CHECK("a new context has all there is", lfi_ctx_fuel(ctx) == LFI_FUEL_MAX);
    test_refused();
    test_loop();
    test_return();
    test_handlers();
    test_callback();
    test_numbers("meter");
    test_numbers("meter-resume");
    test_stops();
    test_resume();
#if defined(__x86_64__)
    if (!SANITIZER)
        test_interrupted_on_the_way();
#endif
    test_mutants(argc > 1 ? atoi(argv[1]) : 2000);
    lfi_ctx_free(ctx);
    lfi_box_free(box);
    lfi_free(engine);
    printf("DONE\n");
    return 0;
}
