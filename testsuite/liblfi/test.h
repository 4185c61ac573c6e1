/* What the test programs of liblfi share.
   SPDX-License-Identifier: Apache-2.0

   A program prints "PASS: name", "FAIL: name: where" or "SKIP: name: why" per check; liblfi.exp
   passes these on and fails the program if it does not end with "DONE".  */
#ifndef LFI_TEST_H
#define LFI_TEST_H

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "lfi_core.h"
#include "arch.h"

#define CHECK(name, condition) check(name, condition, #condition, __LINE__)

#define RW (LFI_PROT_READ | LFI_PROT_WRITE)
#define RX (LFI_PROT_READ | LFI_PROT_EXEC)
#define ANON (LFI_MAP_PRIVATE | LFI_MAP_ANONYMOUS)
#define FAILED ((lfiptr)-1)

static inline void check(const char *name, bool ok, const char *what, int line)
{
    if (ok)
        printf("PASS: %s\n", name);
    else
        printf("FAIL: %s: line %d: %s (errno %d, lfi %d: %s)\n", name, line, what, errno,
               lfi_errno(), lfi_errmsg());
    fflush(stdout);
}

/* Which sanitizers the test, and with it the library, was built with.  */
#define SAN_ADDRESS 1
#define SAN_THREAD 2
#define SAN_ANY (SAN_ADDRESS | SAN_THREAD)
#if defined(__SANITIZE_ADDRESS__)
#define SANITIZER SAN_ADDRESS
#elif defined(__SANITIZE_THREAD__)
#define SANITIZER SAN_THREAD
#else
#define SANITIZER 0
#endif

/* True, said with the reason, where one of these makes the checks impossible.  */
static inline bool skipped(int sanitizers, const char *name, const char *why)
{
    if (SANITIZER & sanitizers)
        printf("SKIP: %s: under %s %s\n", name,
               SANITIZER == SAN_ADDRESS ? "AddressSanitizer" : "ThreadSanitizer", why);
    return SANITIZER & sanitizers;
}

_Noreturn static inline void give_up(const char *what)
{
    printf("FAIL: %s: %s\n", what, lfi_errmsg());
    exit(1);
}

/* Code for boxes: NAME in code*.S, in read-only data of the test.  */
struct code {
    const char *start, *end;
};
#define CODE(name)                                                                                 \
    (__extension__({                                                                               \
        extern const char code_##name[], code_##name##_end[];                                      \
        (struct code){code_##name, code_##name##_end};                                             \
    }))

static inline struct LFIEngine *new_engine(struct LFIOptions opts, size_t n)
{
    struct LFIEngine *engine = lfi_new(opts, n);
    if (!engine)
        give_up("lfi_new");
    return engine;
}

static inline struct LFIBox *new_box(struct LFIEngine *engine)
{
    struct LFIBox *box = lfi_box_new(engine);
    if (!box)
        give_up("lfi_box_new");
    return box;
}

static inline struct LFIContext *new_ctx(struct LFIBox *box)
{
    struct LFIContext *ctx = lfi_ctx_new(box, NULL);
    if (!ctx)
        give_up("lfi_ctx_new");
    return ctx;
}

/* Puts code into the box at an offset, or where there is room for offset 0: mapped
   writable, filled, made executable.  FAILED if that is refused.  */
static inline lfiptr load(struct LFIBox *box, uint64_t offset, struct code code)
{
    size_t size = (size_t)(code.end - code.start);
    lfiptr at = offset ? lfi_box_mapat(box, lfi_box_info(box).base + offset, size, RW, ANON, -1, 0)
                       : lfi_box_mapany(box, size, RW, ANON, -1, 0);
    if (at == FAILED || !lfi_box_copyto(box, at, code.start, size))
        give_up("mapping for code");
    return lfi_box_mprotect(box, at, size, RX) == 0 ? at : FAILED;
}

static inline lfiptr load_or_die(struct LFIBox *box, uint64_t offset, struct code code)
{
    lfiptr at = load(box, offset, code);
    if (at == FAILED)
        give_up("loading code");
    return at;
}

/* A stack of 64 KiB; 64 bytes below its top.  */
static inline lfiptr new_stack(struct LFIBox *box)
{
    lfiptr at = lfi_box_mapany(box, 65536, RW, ANON, -1, 0);
    if (at == FAILED)
        give_up("mapping a stack");
    return at + 65536 - 64;
}

/* For code "spin_word" on another thread: resets the word, waits until the loop runs,
   ends it.  */
static inline void spin_reset(struct LFIBox *box, lfiptr word)
{
    lfi_box_copyto(box, word, &(int[4]){0}, 16);
}

static inline void spin_wait(struct LFIBox *box, lfiptr word)
{
    for (int running = 0; lfi_box_copyfm(box, &running, word + 8, 4) && !running;)
        usleep(1000);
}

static inline void spin_end(struct LFIBox *box, lfiptr word, int result)
{
    lfi_box_copyto(box, word, &result, 4);
}

static inline size_t page_size(void)
{
    return (size_t)sysconf(_SC_PAGESIZE);
}

#endif
