/* liblfi: calls of functions in boxes, and of the host's functions from boxes.
   SPDX-License-Identifier: Apache-2.0

   Included by lfi_core.h.  Design: docs/runtime.md, "Calls".

   A call passes registers as the C compiler of the host filled them: integers, pointers, float,
   double, vectors of 16 bytes and structures that travel in registers arrive without anybody knowing
   their types.  What is on the stack is copied into the box, so its size has to be known: LFI_INVOKE
   computes it from the types.  A pointer means an address of the box; memory of the host is
   out of a box's reach, so what a function is to read is put into its box first.

   Pointers that come back, as results or arguments of callbacks, are whatever the box left there:
   lfi_box_ptrvalid, lfi_box_bufvalid, lfi_box_l2p, lfi_box_copyfm.  */
#ifndef LFI_INVOKE_H
#define LFI_INVOKE_H

#ifndef LFI_CORE_H
#error "include lfi_core.h"
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* Calls into a box.  */

/* How the last call of this thread ended.  */
enum LFIInvokeEnd {
    LFI_INVOKE_RETURNED = 0,
    LFI_INVOKE_REFUSED = 1, /* it did not begin; lfi_errno tells why: LFI_ERR_STATE if the context is
                               running on another thread, SIGALTSTACK, SIGNAL, ALLOC, ARG, MMAP */
    LFI_INVOKE_FAULT = 2,   /* a fault or an interrupt ended it: lfi_ctx_fault */
    LFI_INVOKE_EXIT = 3,    /* lfi_ctx_exit ended it, as when the program calls exit */
    LFI_INVOKE_ABORT = 4    /* a callback did: lfi_ctx_abort_cb */
};

/* What the trampolines are to call, for this thread.  Set by lfi_set_invoke_info or the macros.  */
struct LFIInvokeInfo {
    struct LFIContext **ctx; /* where the caller keeps its context of the box */
    lfiptr targetfn;
    struct LFIBox *box;
    uint64_t gs_base; /* not used */
    /* Ours.  */
    size_t stack;     /* bytes of arguments on the stack, at most 64 KiB */
    size_t result;    /* bytes of the result that lfi_trampoline_struct returns, at most 64 KiB */
    bool long_double; /* x86-64: the result is a long double, in a register of its own */
    enum LFIInvokeEnd end; /* of the last call; set when it has ended */
};
extern __thread struct LFIInvokeInfo lfi_invoke_info;

/* The next call of a trampoline on this thread calls fn in box with the context *ctxp; it has no
   arguments on the stack unless lfi_invoke_info.stack is set afterwards.  If *ctxp is NULL the
   engine's clone function (below) makes a context, which is stored there.  */
void lfi_set_invoke_info(struct LFIContext **ctxp, lfiptr fn, struct LFIBox *box);

/* Cast to the type of the function to be called, then called.  The box's function runs with the
   context's registers, those of arguments set: on its stack, below its stack pointer, which is the same
   again afterwards.  While it runs the context is this thread's innermost; a function of the
   host that it calls back may call into the same box again, or another.

   The box sees the argument registers as the caller left them, also those that its function does
   not need: a caller to whom that matters uses up all of them, or clears them.

   If the call does not return (see enum LFIInvokeEnd), the result is 0 in every register.
   Thread-safe; not async-signal-safe.

   lfi_trampoline_struct: the same for functions whose result is a structure in memory, to which
   the caller passes a hidden pointer (all over 16 bytes, but on arm64 those of two to
   four equal floating-point or vector members).  lfi_invoke_info.result is its size; the result is zeros
   if the call did not return.  */
void lfi_trampoline(void);
void lfi_trampoline_struct(void);
/* As lfi_trampoline for functions whose parameters and result are integers and pointers, none of them
   variable in number ("..."): faster, and the box's vector registers are the context's own.  */
void lfi_trampoline_general(void);

/* Calls fn (an lfiptr) in box: ret_type is its result's type, types the list of its parameters' types
   in parentheses, at most 24, (void) or () if it has none; then the arguments.  ctxp is the
   address of this thread's pointer to its context.  The value is the result; lfi_invoke_info.end tells
   how the call ended.

   A type for which the size of the stack arguments cannot be computed exactly, or that cannot be passed
   so, is refused by the compiler: "...", and on arm64 structures over 16 bytes: the platform passes those in
   vector registers or by a hidden pointer, which has to be one into the box (an lfiptr parameter).
   A result over 16 bytes is taken to be one in memory.

   LFI_INVOKE_STACK says the size (a constant, multiple of 8) instead, for any list of parameters, and
   LFI_INVOKE_NAMED names the trampoline too:
   lfi_trampoline for a big result in registers.  */
#define LFI_INVOKE(box, ctxp, fn, ret_type, ... /* types, arguments */)                            \
    LFI_INVOKE_NAMED(LFI_IN_MEMORY_(ret_type) ? lfi_trampoline_struct                              \
                     : LFI_GENERAL_ALONE_(LFI_NEEDS_(ret_type) LFI_SUMMED_ LFI_FIRST_(__VA_ARGS__, )) \
                         ? lfi_trampoline_general                                                  \
                         : lfi_trampoline,                                                         \
                     box, ctxp, fn, ret_type, __VA_ARGS__)
#define LFI_INVOKE_STACK(bytes, box, ctxp, fn, ret_type, ... /* types, arguments */)               \
    LFI_INVOKE_(LFI_IN_MEMORY_(ret_type) ? lfi_trampoline_struct : lfi_trampoline, bytes, box,     \
                ctxp, fn, ret_type, __VA_ARGS__)
#define LFI_INVOKE_NAMED(trampoline, box, ctxp, fn, ret_type, ... /* types, arguments */)          \
    LFI_INVOKE_(trampoline, LFI_CHECKED_STACK_ LFI_FIRST_(__VA_ARGS__, ), box, ctxp, fn, ret_type, \
                __VA_ARGS__)

/* Contexts of further threads.  */

/* The function that makes a context of box for a host thread that calls into it with a context
   pointer that is NULL, for instance lfi_ctx_new with a stack; NULL (the default): such calls are
   refused.  lfi_linux_init_clone sets one that gives the thread a stack and thread-local storage in
   the program.  */
void lfi_set_clone_cb(struct LFIEngine *engine, struct LFIContext *(*clone)(struct LFIBox *box));

/* A new context of box by that function; NULL with LFI_ERR_STATE if there is none, or its error.  */
struct LFIContext *lfi_clone(struct LFIBox *box);

/* Puts the code into the box that its functions return to and that ends the call.  The first call does
   that too: both are here for programs that name one of the box's (_lfi_ret), which is not
   needed.  What fails the next call reports.  */
void lfi_box_init_ret(struct LFIBox *box);
void lfi_box_register_ret(struct LFIBox *box, lfiptr ret);

/* Calls out of a box.  */

/* Makes the host's function callable from the box: the result is a pointer to a function in the
   box, to be given to it in whatever way.  NULL: LFI_ERR_MMAP, ALLOC, VERIFY, or BOXMAP when
   the box has 4096 already.  Registering a function again gives the same pointer and counts;
   unregistering it as often makes calls of the pointer a fault of the box, until
   another function gets it.

   The function gets the registers of arguments and LFI_CALLBACK_STACK bytes of stack arguments as the
   box left them, all hostile; it runs on the stack of the thread that called into the box, with
   the host's floating-point state, and may call into boxes.  Its results go back in the
   registers of results, the others of which keep what it left there.  A long double is no
   result that it can have on x86-64.

   A function that takes a structure over 16 bytes by value cannot be registered on arm64: the hidden
   pointer to it is the box's.  Register one with a pointer in its place, and copy (lfi_box_copyfm).

   _struct: for a function that returns a structure in memory of at most LFI_CALLBACK_RESULT bytes.
   The function writes memory of the host, and what it changed is copied to where the
   box wants it, if that is in the box.  */
enum { LFI_MAX_CALLBACKS = 4096, LFI_CALLBACK_STACK = 256, LFI_CALLBACK_RESULT = 4096 };
void *lfi_box_register_cb(struct LFIBox *box, void *fn);
void *lfi_box_register_cb_struct(struct LFIBox *box, void *fn);
void lfi_box_unregister_cb(struct LFIBox *box, void *fn);
/* Makes the code of the first callbacks now; true if that is possible.  Need not be called.  */
bool lfi_box_cbinit(struct LFIBox *box);

/* From a function that the box of ctx called: when it returns, the call into the box ends
   (LFI_INVOKE_ABORT) instead of the box going on.  status: whether the last call of the
   context ended so.  */
void lfi_ctx_abort_cb(struct LFIContext *ctx);
bool lfi_ctx_abort_cb_status(struct LFIContext *ctx);

/* A host function that the box called must not be left by longjmp or an exception across the call into
   the box.  An exception ends the process by std::terminate.  After a longjmp the
   context counts as running, and calls are refused (LFI_ERR_STATE), until the same thread calls
   this: it gives up all runs of ctx, and those that began after them.  No effect but
   LFI_ERR_STATE if this thread does not run ctx, or from inside a signal handler that interrupted the box.  */
void lfi_ctx_abandon(struct LFIContext *ctx);

/* What the macros are made of.  */

static inline void lfi_pop_invoke_info_(struct LFIInvokeInfo *saved)
{
    saved->end = lfi_invoke_info.end;
    lfi_invoke_info = *saved;
}

#define LFI_FIRST_(first, ...) first

/* An argument may contain another call: what it sets is taken back when it has ended.  */
#define LFI_INVOKE_(trampoline, bytes, box_, ctxp_, fn_, ret_type, types, ...)                     \
    (__extension__({                                                                               \
        struct LFIInvokeInfo lfi_saved_                                                            \
            __attribute__((cleanup(lfi_pop_invoke_info_), unused)) = lfi_invoke_info;              \
        ret_type(*lfi_call_) types = (ret_type(*) types)(void *)(trampoline);                      \
        lfi_set_invoke_info(ctxp_, fn_, box_);                                                     \
        lfi_invoke_info.stack = (bytes);                                                           \
        lfi_invoke_info.result = LFI_SIZEOF_(ret_type);                                            \
        lfi_invoke_info.long_double = LFI_IS_LONG_DOUBLE_(ret_type);                               \
        lfi_call_(__VA_ARGS__);                                                                    \
    }))

#ifdef __cplusplus
} /* extern "C" */
/* What C has as expressions.  */
template <class T> struct lfi_object_ {
    enum {
        by_value = __is_trivially_copyable(T),
        is_void = false,
        size = sizeof(T),
        align = __alignof__(T),
        kind = __builtin_classify_type(*(T *)0)
    };
};
template <> struct lfi_object_<void> {
    enum { by_value = true, is_void = true, size = 0, align = 1, kind = 1 };
};
#define LFI_CLASS_(type) (lfi_object_<__typeof__(type)>::kind)
#define LFI_SIZEOF_(type) ((size_t)lfi_object_<__typeof__(type)>::size)
#define LFI_ALIGNOF_(type) ((size_t)lfi_object_<__typeof__(type)>::align)
#define LFI_BY_VALUE_(type) (lfi_object_<__typeof__(type)>::by_value)
#define LFI_IS_VOID_(type) (lfi_object_<__typeof__(type)>::is_void)
#define LFI_STATIC_ASSERT_ static_assert
extern "C" {
#else
#define LFI_OBJECT_(type)                                                                          \
    (*_Generic((__typeof__(type) *)0, void * : (int *)0, default : (__typeof__(type) *)0))
#define LFI_CLASS_(type) __builtin_classify_type(LFI_OBJECT_(type))
#define LFI_SIZEOF_(type) sizeof(LFI_OBJECT_(type))
#define LFI_ALIGNOF_(type) __alignof__(LFI_OBJECT_(type))
#define LFI_BY_VALUE_(type) 1
#define LFI_IS_VOID_(type) __builtin_types_compatible_p(__typeof__(type), void)
#define LFI_STATIC_ASSERT_ _Static_assert
#endif

/* A result in memory.  LFI_CLASS_ is __builtin_classify_type's: 1 to 5 integers and pointers, 8 real
   numbers, 9 complex ones, 12 and 13 structures and unions, -1 vectors.  */
#define LFI_IN_MEMORY_(type)                                                                       \
    ((LFI_CLASS_(type) == 12 || LFI_CLASS_(type) == 13) && LFI_SIZEOF_(type) > 16)

/* What a parameter needs, as a sum: general registers; vector registers; 8 bytes that are in one or
   the other, as their members are; 8 bytes on the stack; the same in 16 bytes that are
   aligned; vector registers of 16 bytes; or nobody knows.  */
#define LFI_NEEDS_GENERAL_ 1ull
#define LFI_NEEDS_VECTOR_ (1ull << 8)
#define LFI_NEEDS_EITHER_ (1ull << 16)
#define LFI_NEEDS_STACK_ (1ull << 24)
#define LFI_NEEDS_ALIGNED_ (1ull << 36)
#define LFI_NEEDS_WIDE_ (1ull << 48)
#define LFI_NEEDS_WHAT_ (1ull << 56)
#define LFI_NEED_(sum, one, bits) ((sum) / (one) % (1ull << (bits)))
#define LFI_WORDS_(type) ((LFI_SIZEOF_(type) + 7) / 8)

#if defined(__x86_64__)
#define LFI_GENERAL_REGISTERS_ 6
#define LFI_IS_LONG_DOUBLE_(type) (LFI_CLASS_(type) == 8 && LFI_SIZEOF_(type) == 16)
#define LFI_LONG_DOUBLE_ (2 * LFI_NEEDS_ALIGNED_)
#define LFI_BIG_(type)                                                                             \
    (LFI_SIZEOF_(type) > 16384         ? LFI_NEEDS_WHAT_                                           \
     : LFI_ALIGNOF_(type) > 8 ? LFI_WORDS_(type) * LFI_NEEDS_ALIGNED_                  \
                                       : LFI_WORDS_(type) * LFI_NEEDS_STACK_)
#else
#define LFI_GENERAL_REGISTERS_ 8
#define LFI_IS_LONG_DOUBLE_(type) 0
#define LFI_LONG_DOUBLE_ (LFI_NEEDS_VECTOR_ + LFI_NEEDS_WIDE_)
#define LFI_BIG_(type) LFI_NEEDS_WHAT_
#endif
#define LFI_NEEDS_(type)                                                                           \
    (LFI_IS_VOID_(type)      ? 0                                                                   \
     : !LFI_BY_VALUE_(type)  ? LFI_NEEDS_WHAT_                                                     \
     : LFI_CLASS_(type) == 8 ? (LFI_SIZEOF_(type) <= 8 ? LFI_NEEDS_VECTOR_ : LFI_LONG_DOUBLE_)     \
     : LFI_CLASS_(type) < 0  ? (LFI_SIZEOF_(type) == 8    ? LFI_NEEDS_VECTOR_                      \
                                : LFI_SIZEOF_(type) == 16 ? LFI_NEEDS_VECTOR_ + LFI_NEEDS_WIDE_    \
                                                          : LFI_NEEDS_WHAT_)                       \
     : LFI_SIZEOF_(type) > 16 ? LFI_BIG_(type)                                                     \
     : LFI_CLASS_(type) < 8 && LFI_SIZEOF_(type) <= 8 ? LFI_NEEDS_GENERAL_                         \
                                                      : LFI_WORDS_(type) * LFI_NEEDS_EITHER_)

/* Words that registers of a kind have no room for.  */
#define LFI_BEYOND_(n, registers) ((n) > (registers) ? (n) - (registers) : 0)
#define LFI_OVERFLOW_(sum)                                                                         \
    (LFI_BEYOND_(LFI_NEED_(sum, LFI_NEEDS_GENERAL_, 8), LFI_GENERAL_REGISTERS_)                    \
     + LFI_BEYOND_(LFI_NEED_(sum, LFI_NEEDS_VECTOR_, 8), 8) + LFI_NEED_(sum, LFI_NEEDS_STACK_, 12))
/* Registers hold whatever may be in one or the other; what is aligned has nothing before it.  */
#define LFI_STACK_KNOWN_(sum)                                                                      \
    (LFI_NEED_(sum, LFI_NEEDS_WHAT_, 8) == 0                                                       \
     && (LFI_NEED_(sum, LFI_NEEDS_EITHER_, 8) == 0                                                 \
         || (LFI_NEED_(sum, LFI_NEEDS_GENERAL_, 8) + LFI_NEED_(sum, LFI_NEEDS_EITHER_, 8)          \
                 <= LFI_GENERAL_REGISTERS_                                                         \
             && LFI_NEED_(sum, LFI_NEEDS_VECTOR_, 8) + LFI_NEED_(sum, LFI_NEEDS_EITHER_, 8) <= 8)) \
     && (LFI_NEED_(sum, LFI_NEEDS_WIDE_, 8) == 0 || LFI_NEED_(sum, LFI_NEEDS_VECTOR_, 8) <= 8)     \
     && (LFI_NEED_(sum, LFI_NEEDS_ALIGNED_, 12) == 0 || LFI_OVERFLOW_(sum) == 0))
/* Nothing is, or may be, in vector registers.  */
#define LFI_GENERAL_ALONE_(sum)                                                                    \
    (LFI_NEED_(sum, LFI_NEEDS_VECTOR_, 8) == 0 && LFI_NEED_(sum, LFI_NEEDS_EITHER_, 8) == 0        \
     && LFI_NEED_(sum, LFI_NEEDS_WIDE_, 8) == 0 && LFI_NEED_(sum, LFI_NEEDS_ALIGNED_, 12) == 0)
#define LFI_SUMMED_(...) +LFI_SUM_(__VA_ARGS__)
#define LFI_CHECKED_STACK_(...)                                                                    \
    (__extension__({                                                                               \
        LFI_STATIC_ASSERT_(LFI_STACK_KNOWN_(LFI_SUM_(__VA_ARGS__)),                                \
                           "LFI_INVOKE cannot compute the size of these arguments on the stack; "  \
                           "give it with LFI_INVOKE_STACK");                                       \
        8 * (LFI_OVERFLOW_(LFI_SUM_(__VA_ARGS__))                                                  \
             + LFI_NEED_(LFI_SUM_(__VA_ARGS__), LFI_NEEDS_ALIGNED_, 12));                          \
    }))

/* The sum over a list.  */
#define LFI_PICK_(x, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, a17,   \
                  a18, a19, a20, a21, a22, a23, a24, n, ...)                                       \
    n
#define LFI_SUM_(...)                                                                              \
    (0ull LFI_PICK_(x, ##__VA_ARGS__, LFI_S24_, LFI_S23_, LFI_S22_, LFI_S21_, LFI_S20_, LFI_S19_,  \
                    LFI_S18_, LFI_S17_, LFI_S16_, LFI_S15_, LFI_S14_, LFI_S13_, LFI_S12_,          \
                    LFI_S11_, LFI_S10_, LFI_S9_, LFI_S8_, LFI_S7_, LFI_S6_, LFI_S5_, LFI_S4_,      \
                    LFI_S3_, LFI_S2_, LFI_S1_, LFI_S0_, )(__VA_ARGS__))
#define LFI_S0_(...)
#define LFI_S1_(t) +LFI_NEEDS_(t)
#define LFI_S2_(t, ...) +LFI_NEEDS_(t) LFI_S1_(__VA_ARGS__)
#define LFI_S3_(t, ...) +LFI_NEEDS_(t) LFI_S2_(__VA_ARGS__)
#define LFI_S4_(t, ...) +LFI_NEEDS_(t) LFI_S3_(__VA_ARGS__)
#define LFI_S5_(t, ...) +LFI_NEEDS_(t) LFI_S4_(__VA_ARGS__)
#define LFI_S6_(t, ...) +LFI_NEEDS_(t) LFI_S5_(__VA_ARGS__)
#define LFI_S7_(t, ...) +LFI_NEEDS_(t) LFI_S6_(__VA_ARGS__)
#define LFI_S8_(t, ...) +LFI_NEEDS_(t) LFI_S7_(__VA_ARGS__)
#define LFI_S9_(t, ...) +LFI_NEEDS_(t) LFI_S8_(__VA_ARGS__)
#define LFI_S10_(t, ...) +LFI_NEEDS_(t) LFI_S9_(__VA_ARGS__)
#define LFI_S11_(t, ...) +LFI_NEEDS_(t) LFI_S10_(__VA_ARGS__)
#define LFI_S12_(t, ...) +LFI_NEEDS_(t) LFI_S11_(__VA_ARGS__)
#define LFI_S13_(t, ...) +LFI_NEEDS_(t) LFI_S12_(__VA_ARGS__)
#define LFI_S14_(t, ...) +LFI_NEEDS_(t) LFI_S13_(__VA_ARGS__)
#define LFI_S15_(t, ...) +LFI_NEEDS_(t) LFI_S14_(__VA_ARGS__)
#define LFI_S16_(t, ...) +LFI_NEEDS_(t) LFI_S15_(__VA_ARGS__)
#define LFI_S17_(t, ...) +LFI_NEEDS_(t) LFI_S16_(__VA_ARGS__)
#define LFI_S18_(t, ...) +LFI_NEEDS_(t) LFI_S17_(__VA_ARGS__)
#define LFI_S19_(t, ...) +LFI_NEEDS_(t) LFI_S18_(__VA_ARGS__)
#define LFI_S20_(t, ...) +LFI_NEEDS_(t) LFI_S19_(__VA_ARGS__)
#define LFI_S21_(t, ...) +LFI_NEEDS_(t) LFI_S20_(__VA_ARGS__)
#define LFI_S22_(t, ...) +LFI_NEEDS_(t) LFI_S21_(__VA_ARGS__)
#define LFI_S23_(t, ...) +LFI_NEEDS_(t) LFI_S22_(__VA_ARGS__)
#define LFI_S24_(t, ...) +LFI_NEEDS_(t) LFI_S23_(__VA_ARGS__)

#ifdef __cplusplus
}
#endif
#endif
