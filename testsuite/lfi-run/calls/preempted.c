/* Code that is stopped anywhere by a timer computes what it would without.
   SPDX-License-Identifier: Apache-2.0

   Every part uses registers, flags, vectors and the stack in its own way; the handler changes them
   all.  */
#include "show.h"
#include <math.h>
#include <setjmp.h>

static volatile sig_atomic_t hits;
static volatile double sink;
static volatile long double wide;
static char dirt[300];

static void handler(int sig)
{
    hits++;
    memset(dirt, hits, sizeof dirt);
    sink = sink * 1.25 + hits;
    wide = wide / 3 + hits;
    memmove(dirt + 1, dirt, sizeof dirt - 1);
    snprintf(dirt, sizeof dirt, "%d %g", hits, sink);
}

#if defined(__x86_64__)
/* Flags from one instruction to the next, all registers.  */
static uint64_t registers(uint64_t seed)
{
    uint64_t out[11];
    __asm__ volatile("mov %%rsi, %%rax\n\tmov $3, %%ebx\n\tmov $5, %%ecx\n\tmov $7, %%edx\n\t"
                     "mov $11, %%r8d\n\tmov $13, %%r9d\n\tmov $17, %%r10d\n\tmov $19, %%r12d\n\t"
                     "mov $23, %%r13d\n\tmov $3000, %%esi\n\tpush %%rdi\n"
                     "1:\tadd %%rax, %%rbx\n\tadc %%rbx, %%rcx\n\tadc %%rcx, %%rdx\n\t"
                     "adc %%rdx, %%r8\n\tadc %%r8, %%r9\n\tadc %%r9, %%r10\n\tadc %%r10, %%r12\n\t"
                     "adc %%r12, %%r13\n\tadc %%r13, %%rax\n\trol $7, %%rbx\n\trcl $3, %%rcx\n\t"
                     "cmp %%rdx, %%r8\n\tseto %%dil\n\tsetp %%dil\n\tadc $0, %%r9\n\t"
                     "sub $1, %%esi\n\tjnz 1b\n\tpop %%rdi\n\t"
                     "mov %%rax, (%%rdi)\n\tmov %%rbx, 8(%%rdi)\n\tmov %%rcx, 16(%%rdi)\n\t"
                     "mov %%rdx, 24(%%rdi)\n\tmov %%r8, 32(%%rdi)\n\tmov %%r9, 40(%%rdi)\n\t"
                     "mov %%r10, 48(%%rdi)\n\tmov %%r12, 56(%%rdi)\n\tmov %%r13, 64(%%rdi)\n\t"
                     : "+S"(seed)
                     : "D"(out)
                     : "rax", "rbx", "rcx", "rdx", "r8", "r9", "r10", "r12", "r13", "memory", "cc");
    uint64_t sum = 0;
    for (int i = 0; i < 9; i++)
        sum = sum * 31 + out[i];
    return sum;
}

static uint64_t vectors(uint64_t seed)
{
    uint64_t out[4];
    __asm__ volatile("movq %[seed], %%xmm0\n\tpunpcklqdq %%xmm0, %%xmm0\n\t"
                     "movdqa %%xmm0, %%xmm1\n\tmovdqa %%xmm0, %%xmm2\n\tmovdqa %%xmm0, %%xmm7\n\t"
                     "movdqa %%xmm0, %%xmm8\n\tmovdqa %%xmm0, %%xmm15\n\tmov $3000, %%ecx\n"
                     "1:\tpaddq %%xmm0, %%xmm1\n\tpxor %%xmm1, %%xmm2\n\tpsllq $1, %%xmm2\n\t"
                     "paddd %%xmm2, %%xmm7\n\tpaddw %%xmm7, %%xmm8\n\tpxor %%xmm8, %%xmm15\n\t"
                     "paddq %%xmm15, %%xmm0\n\tsub $1, %%ecx\n\tjnz 1b\n\t"
                     "movdqu %%xmm0, (%[out])\n\tmovdqu %%xmm8, 16(%[out])\n\t"
                     :
                     : [seed] "r"(seed), [out] "r"(out)
                     : "rcx", "xmm0", "xmm1", "xmm2", "xmm7", "xmm8", "xmm15", "memory", "cc");
    return out[0] ^ out[1] * 3 ^ out[2] * 5 ^ out[3] * 7;
}

/* Upper halves of vectors, where there are some.  */
__attribute__((target("avx"))) static uint64_t long_vectors(uint64_t seed)
{
    uint64_t out[4] = {seed, seed + 1, seed + 2, seed + 3};
    if (!__builtin_cpu_supports("avx"))
        return 0;
    __asm__ volatile("vmovdqu (%[out]), %%ymm1\n\tvmovdqu (%[out]), %%ymm14\n\tmov $3000, %%ecx\n"
                     "1:\tvaddpd %%ymm1, %%ymm14, %%ymm2\n\tvxorpd %%ymm2, %%ymm1, %%ymm1\n\t"
                     "vperm2f128 $1, %%ymm1, %%ymm1, %%ymm14\n\tsub $1, %%ecx\n\tjnz 1b\n\t"
                     "vmovdqu %%ymm1, (%[out])\n\tvzeroupper\n\t"
                     :
                     : [out] "r"(out)
                     : "rcx", "xmm1", "xmm2", "xmm14", "memory", "cc");
    return out[0] ^ out[1] * 3 ^ out[2] * 5 ^ out[3] * 7;
}

/* Long moves, which are stopped inside.  */
static uint64_t strings(uint64_t seed)
{
    static char a[9000], b[9000];
    char *to = b, *from = a;
    size_t n = sizeof a;
    uint64_t sum = seed;
    for (size_t i = 0; i < sizeof a; i++)
        a[i] = (char)(i * seed >> 3);
    __asm__ volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(n) : : "memory");
    sum += (uint64_t)(to - b) + (uint64_t)(from - a) + n;
    n = 4000;
    to = b + 8000, from = b + 7999;
    __asm__ volatile("std\n\trep movsb\n\tcld" : "+D"(to), "+S"(from), "+c"(n) : : "memory");
    sum += (uint64_t)(to - b) + (uint64_t)(from - b) + n;
    n = 1000, to = b + 100;
    __asm__ volatile("rep stosl" : "+D"(to), "+c"(n) : "a"((uint32_t)seed) : "memory");
    n = sizeof a, to = b, from = a;
    __asm__ volatile("repe cmpsb" : "+D"(to), "+S"(from), "+c"(n) : : "memory", "cc");
    sum += n;
    for (size_t i = 0; i < sizeof b; i++)
        sum = sum * 131 + (unsigned char)b[i];
    return sum;
}
#else
static uint64_t registers(uint64_t seed)
{
    uint64_t out[12];
    __asm__ volatile(
        "mov x0, %[seed]\n\tmov x1, #3\n\tmov x2, #5\n\tmov x3, #7\n\tmov x4, #11\n\t"
        "mov x9, #13\n\tmov x10, #17\n\tmov x16, #19\n\tmov x17, #23\n\tmov x19, #29\n\t"
        "mov x23, #31\n\tmov w24, #3000\n"
        "1:\tadds x1, x1, x0\n\tadcs x2, x2, x1\n\tadcs x3, x3, x2\n\tadcs x4, x4, x3\n\t"
        "adcs x9, x9, x4\n\tadcs x10, x10, x9\n\tadcs x16, x16, x10\n\t"
        "adcs x17, x17, x16\n\tadcs x19, x19, x17\n\tadcs x23, x23, x19\n\t"
        "adc x0, x0, x23\n\tror x1, x1, #7\n\tcmp x2, x3\n\tcinc x4, x4, vs\n\t"
        "csel x9, x9, x10, hi\n\tsub w24, w24, #1\n\tcbnz w24, 1b\n\t"
        "stp x0, x1, [%[out]]\n\tstp x2, x3, [%[out], #16]\n\tstp x4, x9, [%[out], #32]\n\t"
        "stp x10, x16, [%[out], #48]\n\tstp x17, x19, [%[out], #64]\n\t"
        "str x23, [%[out], #80]\n\t"
        :
        : [seed] "r"(seed), [out] "r"(out)
        : "x0", "x1", "x2", "x3", "x4", "x9", "x10", "x16", "x17", "x19", "x23", "x24", "memory",
          "cc");
    uint64_t sum = 0;
    for (int i = 0; i < 11; i++)
        sum = sum * 31 + out[i];
    return sum;
}

static uint64_t vectors(uint64_t seed)
{
    uint64_t out[4];
    __asm__ volatile("dup v0.2d, %[seed]\n\tdup v1.2d, %[seed]\n\tdup v8.2d, %[seed]\n\t"
                     "dup v15.2d, %[seed]\n\tdup v31.2d, %[seed]\n\tmov w9, #3000\n"
                     "1:\tadd v0.2d, v0.2d, v1.2d\n\teor v8.16b, v8.16b, v0.16b\n\t"
                     "shl v8.2d, v8.2d, #1\n\tadd v15.4s, v15.4s, v8.4s\n\t"
                     "add v31.8h, v31.8h, v15.8h\n\teor v1.16b, v1.16b, v31.16b\n\t"
                     "sub w9, w9, #1\n\tcbnz w9, 1b\n\tst1 {v0.2d}, [%[out]]\n\t"
                     "str q31, [%[out], #16]\n\t"
                     :
                     : [seed] "r"(seed), [out] "r"(out)
                     : "x9", "v0", "v1", "v8", "v15", "v31", "memory", "cc");
    return out[0] ^ out[1] * 3 ^ out[2] * 5 ^ out[3] * 7;
}

static uint64_t long_vectors(uint64_t seed)
{
    return seed;
}

static uint64_t strings(uint64_t seed)
{
    return seed;
}
#endif

/* Calls through pointers, jump tables, deep stacks and large ones.  */
static uint64_t one(uint64_t a, int n);
static uint64_t two(uint64_t a, int n);
static uint64_t three(uint64_t a, int n);
static uint64_t (*volatile table[])(uint64_t, int) = {one, two, three, one, three, two};

static uint64_t one(uint64_t a, int n)
{
    volatile char room[200];
    room[a % 200] = (char)n;
    return n ? table[a % 6](a * 7 + 1, n - 1) + (unsigned char)room[a % 200] : a;
}

static uint64_t two(uint64_t a, int n)
{
    volatile char room[20000];
    room[a % 20000] = (char)n;
    return n ? table[(a >> 3) % 6](a * 5 + 3, n - 1) + (unsigned char)room[a % 20000] : a;
}

static uint64_t three(uint64_t a, int n)
{
    switch (a % 9) {
    case 0:
        a += 17;
        break;
    case 1:
        a ^= 99;
        break;
    case 2:
        a *= 3;
        break;
    case 3:
        a -= n;
        break;
    case 4:
        a = a << 3 | a >> 61;
        break;
    case 5:
        a = ~a;
        break;
    case 6:
        a += a >> 7;
        break;
    case 7:
        a *= a;
        break;
    default:
        a /= 3;
    }
    return n ? table[(a >> 5) % 6](a, n - 1) : a;
}

static uint64_t calls(uint64_t seed)
{
    uint64_t sum = seed;
    for (int i = 0; i < 40; i++)
        sum += one(sum + (uint64_t)i, 30);
    return sum;
}

static int compare(const void *a, const void *b)
{
    return *(const uint32_t *)a < *(const uint32_t *)b
               ? -1
               : *(const uint32_t *)a > *(const uint32_t *)b;
}

static uint64_t library(uint64_t seed)
{
    static uint32_t v[400];
    char text[64];
    uint64_t sum = 0;
    for (int i = 0; i < 400; i++)
        v[i] = (uint32_t)(seed = seed * 6364136223846793005u + 1442695040888963407u >> 7);
    qsort(v, 400, sizeof v[0], compare);
    for (int i = 0; i < 400; i++)
        sum = sum * 31 + v[i];
    for (int i = 0; i < 20; i++) {
        snprintf(text, sizeof text, "%.12g %d %s", sqrt((double)v[i]), i, "text");
        sum = sum * 31 + strlen(text) + (unsigned char)text[i % 10];
        void *p = malloc(100 + (size_t)i * 50);
        memset(p, i, 100);
        sum += ((unsigned char *)p)[99];
        free(p);
    }
    return sum;
}

static uint64_t floats(uint64_t seed)
{
    long double a = (long double)seed, b = 1;
    double c = (double)seed, d = 3;
    float e = (float)seed;
    for (int i = 0; i < 500; i++) {
        a = a / 3 + b;
        b = b * a / (a + 7);
        c = c / d + 1.5;
        d = sqrt(c + d);
        e = e * 0.75f + (float)d;
    }
    return (uint64_t)(int64_t)(a * 1000000) * 3 + (uint64_t)(int64_t)(b * 1000000) * 5
           + (uint64_t)(int64_t)(c * 1e9) + (uint64_t)(int64_t)(d * 1e9)
           + (uint64_t)(int64_t)(e * 1000);
}

/* A call of a function and back by longjmp.  */
static uint64_t jumps(uint64_t seed)
{
    jmp_buf env;
    volatile uint64_t sum = seed;
    for (volatile int i = 0; i < 100; i++) {
        int r = setjmp(env);
        if (r < 3)
            longjmp(env, r + 1);
        sum = sum * 3 + (uint64_t)r;
    }
    return sum;
}

static __thread uint64_t mine = 3;
static uint64_t thread_local_data(uint64_t seed)
{
    mine = seed;
    for (int i = 0; i < 2000; i++) {
        mine = mine * 31 + (uint64_t)i;
        errno = (int)mine;
        mine += (unsigned)errno;
    }
    return mine;
}

int main(void)
{
    static const struct {
        const char *name;
        uint64_t (*f)(uint64_t);
    } parts[] = {
        {"registers", registers}, {"vectors", vectors}, {"long vectors", long_vectors},
        {"strings", strings},     {"calls", calls},     {"library", library},
        {"floats", floats},       {"jumps", jumps},     {"thread-local data", thread_local_data}};
    enum { N = sizeof parts / sizeof parts[0], SEED = 12345, HITS = 150 };
    struct itimerval it = {{0, 100}, {0, 100}}, off = {{0, 0}, {0, 0}};
    signal(SIGALRM, handler);
    for (int i = 0; i < N; i++) {
        uint64_t want = parts[i].f(SEED), bad = 0, runs = 0;
        hits = 0;
        setitimer(ITIMER_REAL, &it, NULL);
        for (; hits < HITS; runs++)
            bad += parts[i].f(SEED) != want;
        setitimer(ITIMER_REAL, &off, NULL);
        printf("%s: %s\n", parts[i].name, bad ? "BAD" : "the same");
    }
    return 0;
}
