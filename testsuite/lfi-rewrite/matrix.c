/* A program without libraries that does something of everything and says what came of it.
   SPDX-License-Identifier: Apache-2.0  */
#include <stdarg.h>

typedef unsigned long word;

/* It is entered with the stack of a program, not of a function.  */
#ifdef __x86_64__
__attribute__((force_align_arg_pointer))
#endif
void _start(void);

static word call(word number, word a, word b, word c)
{
#ifdef __x86_64__
    word result;
    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "0"(number), "D"(a), "S"(b), "d"(c)
                     : "rcx", "r11", "memory");
    return result;
#else
    register word x8 __asm__("x8") = number, x0 __asm__("x0") = a, x1 __asm__("x1") = b,
                     x2 __asm__("x2") = c;
    __asm__ volatile("svc\t#0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2) : "memory");
    return x0;
#endif
}

#ifdef __x86_64__
enum { WRITE = 1, EXIT = 231 };
#else
enum { WRITE = 64, EXIT = 94 };
#endif

static unsigned numbers[64];
static volatile unsigned seed = 1;
static volatile double half = 0.5;

static unsigned next(void)
{
    return seed = seed * 1664525 + 1013904223;
}

/* A table of jumps.  */
static __attribute__((noinline)) unsigned choose(unsigned i)
{
    switch (i % 9) {
    case 0:
        return i + 7;
    case 1:
        return i * 3;
    case 2:
        return i ^ 0x55;
    case 3:
        return i >> 2;
    case 4:
        return next();
    case 5:
        return i << 3;
    case 6:
        return ~i;
    case 7:
        return i - 1;
    default:
        return 0;
    }
}

/* Frames, returns, a stack that moves.  */
static __attribute__((noinline)) unsigned deep(unsigned n, const unsigned *above)
{
    unsigned here[5] = {n, n ^ above[0], above[1] + 1, 3, 4};
    volatile char *room = __builtin_alloca(16 + n % 100);
    room[0] = (char)n;
    return n == 0 ? here[1] : deep(n - 1, here) + (unsigned char)room[0];
}

static __attribute__((noinline)) unsigned sum(int count, ...)
{
    va_list ap;
    unsigned all = 0;
    va_start(ap, count);
    for (int i = 0; i < count; i++)
        all += i % 3 == 2 ? (unsigned)va_arg(ap, double) : va_arg(ap, unsigned);
    va_end(ap);
    return all;
}

static __attribute__((noinline)) unsigned steps(const unsigned char *program)
{
    unsigned at = 0, value = 1;
next:
    switch (program[at++]) {
    case 1:
        goto add;
    case 2:
        goto twice;
    case 3:
        goto less;
    default:
        goto stop;
    }
add:
    value += at;
    goto next;
twice:
    value *= 2;
    goto next;
less:
    value -= 3;
    goto next;
stop:
    return value;
}

static __attribute__((noinline)) void sort(unsigned *v, int n, int (*less)(unsigned, unsigned))
{
    for (int i = 1; i < n; i++)
        for (int k = i; k > 0 && less(v[k], v[k - 1]); k--) {
            unsigned t = v[k];
            v[k] = v[k - 1];
            v[k - 1] = t;
        }
}

static int up(unsigned a, unsigned b)
{
    return a < b;
}

static int down(unsigned a, unsigned b)
{
    return a > b;
}

struct large {
    unsigned char bytes[200];
};

static __attribute__((noinline)) struct large copy(const struct large *from, int by)
{
    struct large to = *from;
    for (int i = 0; i < 200; i++)
        to.bytes[i] = (unsigned char)(to.bytes[i] + by * i);
    return to;
}

static void put(unsigned value)
{
    char text[9];
    for (int i = 7; i >= 0; i--, value >>= 4)
        text[i] = "0123456789abcdef"[value & 15];
    text[8] = '\n';
    call(WRITE, 1, (word)text, 9);
}

void _start(void)
{
    static const unsigned char program[] = {1, 2, 2, 3, 1, 2, 1, 3, 2, 0};
    static struct large zeros;
    const unsigned top[2] = {5, 6};
    unsigned all = 0;
    double d = 1;
    for (unsigned i = 0; i < 1000; i++)
        all = all * 31 + choose(i);
    put(all);
    put(deep(50, top));
    put(sum(7, 1, 2, 3.5, 4, 5, 6.25, 7));
    put(steps(program));
    for (int i = 0; i < 64; i++)
        numbers[i] = next();
    sort(numbers, 64, up);
    put(numbers[0] ^ numbers[40]);
    int (*volatile order)(unsigned, unsigned) = down;
    sort(numbers, 64, order);
    put(numbers[3]);
    struct large a = copy(&zeros, 3), b = copy(&a, 5);
    put(a.bytes[77] * 256u + b.bytes[199]);
    for (int i = 0; i < 40; i++)
        d = d * (1 + half) - 0.25;
    put((unsigned)d);
    __atomic_fetch_add(&seed, 5, __ATOMIC_SEQ_CST);
    put(seed);
    call(EXIT, 0, 0, 0);
    for (;;)
        ;
}
