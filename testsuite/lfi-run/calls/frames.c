/* What handlers can write into their frames, and what comes of it: a place in the box, its reserved
   registers, its stack.
   SPDX-License-Identifier: Apache-2.0

   Each case changes the frame; then the thread goes on at `landing', or at the hand-written
   sequences of profile full below, and what it has there is looked at.  */
#include "show.h"
#include <setjmp.h>
#include <ucontext.h>

struct landed {
    uint64_t reg[32], sp;
    uint32_t mxcsr;
    uint16_t fcw;
};
struct landed landed;
char landing_stack[64 << 10] __attribute__((aligned(64)));
uint64_t word[8];
extern char landing[], inside[], jump_macro[], index_macro[], string_macro[], sp_macro[],
    call_macro[], store[], ret_here[];

static sigjmp_buf env;

void arrived(void)
{
    siglongjmp(env, 1000);
}

#if defined(__x86_64__)
__asm__(
    ".globl inside, jump_macro, index_macro, string_macro, sp_macro, call_macro, store\n\t"
    ".text\n\t.lfi_rewrite_disable\n\t.p2align 5\n\t.globl landing\n\t"
    ".type landing, @function\nlanding:\n\t"
    "mov %rax, landed(%rip)\n\tmov %rdi, 56+landed(%rip)\n\tmov %rsi, 48+landed(%rip)\n\t"
    "mov %r11, 88+landed(%rip)\n\t.p2align 5\n\tmov %r14, 112+landed(%rip)\n\t"
    "mov %r15, 120+landed(%rip)\n\tmov %rsp, 256+landed(%rip)\n\tcld\n\t.p2align 5\n\t"
    "stmxcsr 264+landed(%rip)\n\tfnstcw 268+landed(%rip)\n\tfninit\n\t.p2align 5\n\t"
    "lea 65536+landing_stack(%rip), %rax\n\tmov %eax, %esp\n\tadd %r14, %rsp\n\t.p2align 5\n\t"
    "call arrived\n\tud2\n"
    /* The bytes of a system call of the host in an instruction.  */
    "\t.p2align 5\n\t.byte 0x90\n\tmov $0x050f3cb0, %edx\ninside = . - 4\n\tjmp landing\n\t"
    "\t.p2align 5\n\tand $-32, %eax\n\tadd %r14, %rax\njump_macro:\tjmp *%rax\n"
    "\t.p2align 5\n\tmov %eax, %ecx\nindex_macro:\tmov %rdx, (%r14,%rcx)\n\tjmp landing\n"
    "\t.p2align 5\n\tmov %edi, %edi\n\tlea (%rdi,%r14), %rdi\nstring_macro:\trep stosb\n"
    "\tjmp landing\n"
    "\t.p2align 5\n\tmov %eax, %esp\nsp_macro:\tadd %r14, %rsp\n\tjmp landing\n"
    "\t.p2align 5\n\tlea 1f(%rip), %r11\ncall_macro:\tjmp *%gs:-8\n\t.p2align 5\n1:\tjmp landing\n"
    "\t.p2align 5\nstore:\tmov %rdx, 8(%rsp)\n\tjmp landing\n"
    "\t.p2align 5\n\t.lfi_rewrite_enable\n");
#define PC(uc) (uc)->uc_mcontext.gregs[REG_RIP]
#define SP(uc) (uc)->uc_mcontext.gregs[REG_RSP]
#define R(uc, n) (uc)->uc_mcontext.gregs[n]
#else
__asm__(".globl jump_macro, index_macro, store, ret_here, call_macro\n\t"
        ".text\n\t.p2align 4\n\t.globl landing\n\t.type landing, %function\nlanding:\n\t"
        ".lfi_rewrite_disable\n\t"
        "adrp x9, landed\n\tadd x9, x9, :lo12:landed\n\tadd x28, x27, w9, uxtw\n\t"
        "stp x25, x26, [x28, #200]\n\tstp x27, x30, [x28, #216]\n\tstr x0, [x28]\n\t"
        "mov x9, sp\n\tstr x9, [x28, #256]\n\t"
        "adrp x9, landing_stack\n\tadd x9, x9, :lo12:landing_stack\n\tadd x9, x9, #16, lsl #12\n\t"
        "add sp, x27, w9, uxtw\n\tb arrived\n"
        "jump_macro:\tbr x30\nindex_macro:\tstr x2, [x28]\n\tb landing\n"
        "store:\tstr x2, [sp, #8]\n\tb landing\nret_here:\tbr x28\n"
        "\tldur x30, [x27, #-8]\ncall_macro:\tblr x30\n\tb landing\n"
        "\t.lfi_rewrite_enable\n");
#define PC(uc) (uc)->uc_mcontext.pc
#define SP(uc) (uc)->uc_mcontext.sp
#define R(uc, n) (uc)->uc_mcontext.regs[n]
#endif

static uint64_t low(const void *p)
{
    return (uint32_t)(uintptr_t)p;
}

#define FAR UINT64_C(0x1234500000000)

static void nothing(ucontext_t *uc)
{
}

static void pc_high(ucontext_t *uc)
{
    PC(uc) = low(landing) | FAR;
}

static void sp_high(ucontext_t *uc)
{
    SP(uc) = low(landing_stack + 1000) | FAR;
}

static void sp_kernel(ucontext_t *uc)
{
    SP(uc) = low(landing_stack + 1000) | UINT64_C(0xffffffff00000000);
}

static void sp_store(ucontext_t *uc)
{
    PC(uc) = (uintptr_t)store;
    SP(uc) = low(&word[2]) | FAR;
#if defined(__x86_64__)
    R(uc, REG_RDX) = 34;
#else
    R(uc, 2) = 34;
#endif
}

static void pc_table(ucontext_t *uc)
{
    PC(uc) = ((uintptr_t)landing & ~UINT64_C(0xffffffff)) - 8;
}

static void pc_next(ucontext_t *uc)
{
    PC(uc) = (uintptr_t)landing + (UINT64_C(1) << 32);
}

static void pc_zero(ucontext_t *uc)
{
    PC(uc) = 0;
}

static void pc_data(ucontext_t *uc)
{
    PC(uc) = (uintptr_t)word;
}

static void mask_all(ucontext_t *uc)
{
    memset(&uc->uc_sigmask, 0xff, 8);
}

static void stack_bad(ucontext_t *uc)
{
    memset(&uc->uc_stack, 0xff, sizeof uc->uc_stack);
}

static void flags_bad(ucontext_t *uc)
{
    uc->uc_flags = ~0ul;
}

/* Asks for a call to be made again, behind which is the landing.  */
static void call_again(ucontext_t *uc)
{
#if defined(__x86_64__)
    R(uc, REG_RAX) = SYS_getpid;
    PC(uc) = (uintptr_t)landing - 2;
#else
    R(uc, 8) = SYS_getpid;
    PC(uc) = (uintptr_t)landing - 4;
#endif
    uc->uc_flags |= low((void *)PC(uc)) << 32;
}

#if defined(__x86_64__)
static void all_flags(ucontext_t *uc)
{
    R(uc, REG_EFL) = -1;
}

static void reserved(ucontext_t *uc)
{
    R(uc, REG_R14) = R(uc, REG_R15) = -1;
}

static void segments(ucontext_t *uc)
{
    R(uc, REG_CSGSFS) = -1;
}

static void pc_inside(ucontext_t *uc)
{
    PC(uc) = (uintptr_t)inside + 2;
    R(uc, REG_RAX) = SYS_exit_group;
    R(uc, REG_RDI) = 42;
}

static void in_jump(ucontext_t *uc)
{
    PC(uc) = (uintptr_t)jump_macro;
    R(uc, REG_RAX) = (low(landing) + 5) | FAR;
}

static void in_index(ucontext_t *uc)
{
    PC(uc) = (uintptr_t)index_macro;
    R(uc, REG_RCX) = low(&word[3]) | FAR;
    R(uc, REG_RDX) = 33;
}

static void in_string(ucontext_t *uc)
{
    PC(uc) = (uintptr_t)string_macro;
    R(uc, REG_RDI) = low(&word[4]) | FAR;
    R(uc, REG_RCX) = 8;
    R(uc, REG_RAX) = 1;
}

static void in_sp(ucontext_t *uc)
{
    PC(uc) = (uintptr_t)sp_macro;
    SP(uc) = low(landing_stack + 2000) | FAR;
}

static void in_call(ucontext_t *uc)
{
    PC(uc) = (uintptr_t)call_macro;
    R(uc, REG_RAX) = SYS_getpid;
    R(uc, REG_R11) = (low(landing) + 7) | FAR;
}

static void mxcsr_bad(ucontext_t *uc)
{
    uc->uc_mcontext.fpregs->mxcsr = 0xffffffff;
}

static void x87_bad(ucontext_t *uc)
{
    uc->uc_mcontext.fpregs->cwd = 0;
    uc->uc_mcontext.fpregs->swd = 0xffff;
    uc->uc_mcontext.fpregs->ftw = 0xff;
}

static void header_bad(ucontext_t *uc)
{
    memset((char *)uc->uc_mcontext.fpregs + 512, 0xff, 64);
}

static void fp_null(ucontext_t *uc)
{
    uc->uc_mcontext.fpregs = NULL;
}

static void fp_bad(ucontext_t *uc)
{
    uc->uc_mcontext.fpregs = (void *)8;
}

static void fp_high(ucontext_t *uc)
{
    uc->uc_mcontext.fpregs = (void *)(low(uc->uc_mcontext.fpregs) | FAR);
}
#else
static void all_flags(ucontext_t *uc)
{
    uc->uc_mcontext.pstate = ~0ul;
}

static void reserved(ucontext_t *uc)
{
    R(uc, 25) = R(uc, 27) = R(uc, 28) = R(uc, 30) = ~0ul;
}

static void pc_odd(ucontext_t *uc)
{
    PC(uc) = (uintptr_t)landing + 3;
}

static void in_jump(ucontext_t *uc)
{
    PC(uc) = (uintptr_t)jump_macro;
    R(uc, 30) = low(landing) | FAR;
}

static void in_jump28(ucontext_t *uc)
{
    PC(uc) = (uintptr_t)ret_here;
    R(uc, 28) = low(landing) | FAR;
}

static void in_index(ucontext_t *uc)
{
    PC(uc) = (uintptr_t)index_macro;
    R(uc, 28) = low(&word[3]) | FAR;
    R(uc, 2) = 33;
}

/* Where an entry of the table was, the load is done again.  */
static void in_call(ucontext_t *uc)
{
    PC(uc) = (uintptr_t)call_macro;
    R(uc, 8) = SYS_getpid;
    R(uc, 30) = FAR;
}

static void vectors_bad(ucontext_t *uc)
{
    memset(uc->uc_mcontext.__reserved, 0xff, 16);
}

static void fpcr_bad(ucontext_t *uc)
{
    memset(uc->uc_mcontext.__reserved + 8, 0xff, 8);
}
#endif

static const struct {
    const char *name;
    void (*change)(ucontext_t *);
} cases[] = {
#define CASE(f)                                                                                    \
    {                                                                                              \
#f, f                                                                                      \
    }
    CASE(nothing),   CASE(pc_high),   CASE(sp_high),    CASE(sp_kernel), CASE(sp_store),
    CASE(pc_table),  CASE(pc_next),   CASE(pc_zero),    CASE(pc_data),   CASE(mask_all),
    CASE(stack_bad), CASE(flags_bad), CASE(call_again), CASE(all_flags), CASE(reserved),
    CASE(in_jump),   CASE(in_index),
#if defined(__x86_64__)
    CASE(segments),  CASE(pc_inside), CASE(in_string),  CASE(in_sp),     CASE(in_call),
    CASE(mxcsr_bad), CASE(x87_bad),   CASE(header_bad), CASE(fp_null),   CASE(fp_high),
    CASE(fp_bad),
#else
    CASE(pc_odd),    CASE(in_jump28), CASE(in_call),    CASE(fpcr_bad),  CASE(vectors_bad),
#endif
};
enum { NCASES = sizeof cases / sizeof cases[0] };
static int current;

static void handler(int sig, siginfo_t *si, void *p)
{
    ucontext_t *uc = p;
    PC(uc) = (uintptr_t)landing;
    cases[current].change(uc);
}

static void fault(int sig, siginfo_t *si, void *p)
{
    siglongjmp(env, sig);
}

/* What is true of every place in the box.  */
static const char *look(uint64_t base)
{
#if defined(__x86_64__)
    enum { BASE = 14, CONTEXT = 15 };
#else
    enum { BASE = 27, CONTEXT = 25 };
#endif
    static uint64_t context;
    if (landed.reg[BASE] != base)
        return "ANOTHER BASE";
    if (!context)
        context = landed.reg[CONTEXT];
    if (landed.reg[CONTEXT] != context)
        return "ANOTHER CONTEXT";
    return (landed.sp ^ base) >> 32 ? "ANOTHER STACK" : "fine";
}

int main(int argc, char **argv)
{
    static char altstack[64 << 10];
    const stack_t ss = {.ss_sp = altstack, .ss_size = sizeof altstack};
    struct sigaction sa = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO};
    uint64_t base = (uintptr_t)landing & ~UINT64_C(0xffffffff);
    int one = argc > 1 ? atoi(argv[1]) : -1;
    setvbuf(stdout, NULL, _IOLBF, 0);
    sigaction(SIGUSR1, &sa, NULL);
    sa.sa_sigaction = fault;
    sa.sa_flags |= SA_ONSTACK;
    sigaction(SIGSEGV, &sa, NULL);
    sigaction(SIGILL, &sa, NULL);
    sigaction(SIGBUS, &sa, NULL);
    sigaction(SIGTRAP, &sa, NULL);
    sigaction(SIGFPE, &sa, NULL);
    for (volatile int i = one < 0 ? 0 : one; i < (one < 0 ? NCASES : one + 1); i++) {
        sigset_t none;
        sigemptyset(&none);
        sigprocmask(SIG_SETMASK, &none, NULL);
        sigaltstack(&ss, NULL);
        memset(&landed, 0, sizeof landed);
        memset(word, 0, sizeof word);
        current = i;
        int r = sigsetjmp(env, 1);
        if (!r)
            raise(SIGUSR1);
        printf("%s: %s", cases[i].name, r == 1000 ? look(base) : r ? "signal" : "came back");
        if (r && r != 1000)
            printf(" %d", r);
        if (word[0] | word[1] | word[2] | word[3] | word[4])
            printf(", wrote %d %d %llx", (int)word[3], (int)word[2], (unsigned long long)word[4]);
        putchar('\n');
    }
    return 0;
}
