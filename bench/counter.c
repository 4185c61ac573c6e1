/* What a counter in a vector register would cost beside one in a general register: loops that end when
   theirs is negative, with bodies of some dependent instructions.
   SPDX-License-Identifier: Apache-2.0

   usage: counter [ROUNDS]  (10,000,000; prints times as multiples of the first's, from the least of nine)  */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define TWO(x) x x
#define BODY0
#define BODY2 TWO(STEP)
#define BODY8 TWO(TWO(TWO(STEP)))

/* Each function counts from its argument downwards by one, and returns when that is negative.  */
#if defined(__x86_64__)
#define STEP "add $3, %%rax\n"
/* lea; test; jns  */
#define GENERAL(name, body)                                                                        \
    static void general_##name(int64_t n)                                                          \
    {                                                                                              \
        __asm__ volatile("1:\n" body "lea -1(%0), %0\n"                                            \
                         "test %0, %0\n"                                                           \
                         "jns 1b\n"                                                                \
                         : "+r"(n)::"rax", "cc");                                                  \
    }
/* Numbers are added and compared as they are: negative ones are less than zero as doubles, or
   compare with nothing.  paddq memory; comisd; jae  */
#define VECTOR(name, body)                                                                         \
    static void vector_##name(int64_t n)                                                           \
    {                                                                                              \
        static const int64_t minus[2] __attribute__((aligned(16))) = {-1, -1};                     \
        __asm__ volatile("movq %0, %%xmm15\n"                                                      \
                         "pxor %%xmm14, %%xmm14\n"                                                 \
                         "1:\n" body "paddq %1, %%xmm15\n"                                         \
                         "comisd %%xmm14, %%xmm15\n"                                               \
                         "jae 1b\n" ::"r"(n),                                                      \
                         "m"(minus)                                                                \
                         : "rax", "xmm14", "xmm15", "cc");                                         \
    }
/* The same, moved to the scratch register for the test.  */
#define MOVED(name, body)                                                                          \
    static void moved_##name(int64_t n)                                                            \
    {                                                                                              \
        static const int64_t minus[2] __attribute__((aligned(16))) = {-1, -1};                     \
        __asm__ volatile("movq %0, %%xmm15\n"                                                      \
                         "1:\n" body "paddq %1, %%xmm15\n"                                         \
                         "movq %%xmm15, %%r11\n"                                                   \
                         "test %%r11, %%r11\n"                                                     \
                         "jns 1b\n" ::"r"(n),                                                      \
                         "m"(minus)                                                                \
                         : "rax", "r11", "xmm15", "cc");                                           \
    }
#elif defined(__aarch64__)
#define STEP "add x9, x9, #3\n"
#define GENERAL(name, body)                                                                        \
    static void general_##name(int64_t n)                                                          \
    {                                                                                              \
        __asm__ volatile("1:\n" body "sub %0, %0, #1\n"                                            \
                         "tbz %0, #63, 1b\n"                                                       \
                         : "+r"(n)::"x9");                                                         \
    }
#define VECTOR(name, body)                                                                         \
    static void vector_##name(int64_t n)                                                           \
    {                                                                                              \
        __asm__ volatile("fmov d31, %0\n"                                                          \
                         "1:\n" body "movi v30.2s, #1\n"                                           \
                         "usubw v31.2d, v31.2d, v30.2s\n"                                          \
                         "fcmp d31, #0.0\n"                                                        \
                         "b.ge 1b\n" ::"r"(n)                                                      \
                         : "x9", "v30", "v31", "cc");                                              \
    }
#define MOVED(name, body)                                                                          \
    static void moved_##name(int64_t n)                                                            \
    {                                                                                              \
        __asm__ volatile("fmov d31, %0\n"                                                          \
                         "1:\n" body "movi v30.2s, #1\n"                                           \
                         "usubw v31.2d, v31.2d, v30.2s\n"                                          \
                         "fmov x10, d31\n"                                                         \
                         "tbz x10, #63, 1b\n" ::"r"(n)                                             \
                         : "x9", "x10", "v30", "v31");                                             \
    }
#else
#error "there is no counter on this architecture"
#endif

#define ALL(name, body) GENERAL(name, body) VECTOR(name, body) MOVED(name, body)
ALL(0, BODY0)
ALL(2, BODY2)
ALL(8, BODY8)

/* In seconds.  */
static double once(void (*loop)(int64_t), int64_t rounds)
{
    struct timespec a, b;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &a);
    loop(rounds);
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &b);
    return (double)(b.tv_sec - a.tv_sec) + (double)(b.tv_nsec - a.tv_nsec) / 1e9;
}

static double least(void (*loop)(int64_t), int64_t rounds)
{
    double best = once(loop, rounds);
    for (int i = 0; i < 8; i++) {
        double now = once(loop, rounds);
        best = now < best ? now : best;
    }
    return best;
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        void (*general)(int64_t), (*vector)(int64_t), (*moved)(int64_t);
    } loops[] = {{"0", general_0, vector_0, moved_0},
                 {"2", general_2, vector_2, moved_2},
                 {"8", general_8, vector_8, moved_8}};
    int64_t rounds = argc > 1 ? atoll(argv[1]) : 10000000;
    if (rounds < 1)
        return fputs("usage: counter [ROUNDS]\n", stderr) < 0 ? 1 : 2;
    puts("| instructions besides | general register | vector register | the same, moved for the test |\n"
         "| --- | --- | --- | --- |");
    for (size_t i = 0; i < sizeof loops / sizeof loops[0]; i++) {
        double general = least(loops[i].general, rounds);
        printf("| %s | 1.00 | %.2f | %.2f |\n", loops[i].name,
               least(loops[i].vector, rounds) / general, least(loops[i].moved, rounds) / general);
    }
    return 0;
}
