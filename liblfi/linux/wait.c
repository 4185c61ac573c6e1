/* Calls of the host that can wait, and how another thread ends the waiting.
   SPDX-License-Identifier: Apache-2.0

   A signal ends a call of the kernel, but not one that is about to begin: a flag that is looked
   at before does not help, since the signal can come after the look.  So the look and the call
   are a few instructions between two labels, and the handler takes a thread that it finds there
   to the end, as if the call had been interrupted.  After the instruction that enters the kernel
   nothing is lost: the result stays.

   Linux runs a handler whose signal came before the call and then makes the call, so that a write to
   a file, say, is never interrupted.  What was not begun is told apart for that, or begins again: the
   kernel goes back to the instruction after handlers with SA_RESTART, which others here may have.  */
#include "config.h"

#include <errno.h>
#include <sys/syscall.h>
#include <ucontext.h>

#include "liblfi/core/internal.h"
#include "liblfi/linux/linux.h"

/* long lx_host_call(const atomic_int *kicked, long nr, long a0, ... a5): as the kernel answers, or
   NOT_BEGUN when *kicked is not 0.  */
enum { NOT_BEGUN = -4096 };
LFI_HIDDEN long lx_host_call(const atomic_int *kicked, long nr, long a0, long a1, long a2, long a3,
                             long a4, long a5);
LFI_HIDDEN extern const char lx_host_call_begin[], lx_host_call_end[], lx_host_call_kicked[];

/* clang-format off */
#define LABELS                                                                                     \
    ".text\n"                                                                                      \
    ".globl lx_host_call, lx_host_call_begin, lx_host_call_end, lx_host_call_kicked\n"             \
    ".hidden lx_host_call, lx_host_call_begin, lx_host_call_end, lx_host_call_kicked\n"            \
    ".type lx_host_call, %function\n"                                                              \
    ".p2align 4\n"                                                                                 \
    "lx_host_call:\n"
#if defined(__aarch64__)
__asm__(LABELS
        "        mov     x9, x0\n"
        "        mov     x8, x1\n"
        "        mov     x0, x2\n"
        "        mov     x1, x3\n"
        "        mov     x2, x4\n"
        "        mov     x3, x5\n"
        "        mov     x4, x6\n"
        "        mov     x5, x7\n"
        "lx_host_call_begin:\n"
        "        ldr     w9, [x9]\n"
        "        cbnz    w9, lx_host_call_kicked\n"
        "        svc     #0\n"
        "lx_host_call_end:\n"
        "        ret\n"
        "lx_host_call_kicked:\n"
        "        mov     x0, #-4096\n"
        "        ret\n"
        ".size lx_host_call, .-lx_host_call\n");
#elif defined(__x86_64__)
__asm__(LABELS
        "        mov     %rdi, %r11\n"
        "        mov     %rsi, %rax\n"
        "        mov     %rdx, %rdi\n"
        "        mov     %rcx, %rsi\n"
        "        mov     %r8, %rdx\n"
        "        mov     %r9, %r10\n"
        "        mov     8(%rsp), %r8\n"
        "        mov     16(%rsp), %r9\n"
        "lx_host_call_begin:\n"
        "        cmpl    $0, (%r11)\n"
        "        jne     lx_host_call_kicked\n"
        "        syscall\n"
        "lx_host_call_end:\n"
        "        ret\n"
        "lx_host_call_kicked:\n"
        "        mov     $-4096, %rax\n"
        "        ret\n"
        ".size lx_host_call, .-lx_host_call\n");
#else
#error "the Linux layer does not know this architecture"
#endif
/* clang-format on */

static_assert(NOT_BEGUN == -4096, "as the instructions have it");

long host_call(struct LFILinuxThread *t, long nr, long a0, long a1, long a2, long a3, long a4,
               long a5)
{
    long r = lx_host_call(&t->kicked, nr, a0, a1, a2, a3, a4, a5);
    t->unbegun = r == NOT_BEGUN;
    if (t->unbegun)
        r = -EINTR;
    if (r == -EINTR) {
        atomic_store(&t->kicked, 0);
        /* In a process that ends nothing waits any more.  */
        if (atomic_load(&t->proc->ending))
            atomic_store(&t->kicked, 1);
    }
    return r;
}

static void kicked(ucontext_t *uc)
{
    uint64_t pc = lfi_arch_uc_pc(uc);
    if (pc >= (uintptr_t)lx_host_call_begin && pc < (uintptr_t)lx_host_call_end)
        lfi_arch_uc_set_pc(uc, (uintptr_t)lx_host_call_kicked);
}

void kick_init(void)
{
    atomic_store(&lfi_interrupt_host, kicked);
}

void thread_kick(struct LFILinuxThread *t)
{
    atomic_store(&t->kicked, 1);
    lfi_interrupt_poke(t->ctx);
}

void thread_end(struct LFILinuxThread *t)
{
    atomic_store(&t->kicked, 1);
    lfi_interrupt_for_good(t->ctx);
}
