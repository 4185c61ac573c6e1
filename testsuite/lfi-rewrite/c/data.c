/* Accesses of every size and kind.  */
#include <stdint.h>

struct small {
    char c;
    short s;
    int i;
    long l;
    float f;
    double d;
    unsigned bits : 5, more : 11;
};
struct large {
    struct small a[20];
    struct large *next;
};

__thread int own;
extern __thread int foreign;
static __thread long hidden[4];
struct small global;
static struct large heap[8];
extern int weak __attribute__((weak));

void copy(struct large *to, const struct large *from)
{
    *to = *from;
}

struct small by_value(struct small s, int n)
{
    s.i += n;
    s.bits = n;
    s.more ^= s.bits;
    return s;
}

long walk(const struct large *l)
{
    long n = 0;
    for (; l; l = l->next)
        for (int i = 0; i < 20; i++)
            n += l->a[i].c + l->a[i].s * l->a[i].i + (long)l->a[i].d;
    return n;
}

int64_t indexed(const int8_t *a, const int16_t *b, const int32_t *c, const int64_t *d, int i,
                unsigned j, long k)
{
    return a[i] + b[j] + c[k] + d[i + 4] + a[k - 3] + b[i * 2];
}

void scatter(uint8_t *a, uint16_t *b, uint32_t *c, uint64_t *d, float *e, double *f, int i, unsigned j)
{
    a[i] = j;
    b[j] = i;
    c[i + 1] = j;
    d[j] = i;
    e[i] = j;
    f[j] = i;
}

char *forward(char *to, const char *from)
{
    while ((*to++ = *from++))
        ;
    return to;
}

void backward(long *to, const long *from, long n)
{
    while (n--)
        *--to = *--from;
}

long threads(int i)
{
    own += foreign;
    hidden[i & 3]++;
    return hidden[1] + own + (&weak ? weak : 0);
}

int atomics(int *p, long *q, char *c, __int128 *wide)
{
    __atomic_fetch_add(p, 1, __ATOMIC_SEQ_CST);
    __atomic_fetch_or(q, 8, __ATOMIC_RELAXED);
    __atomic_fetch_and(c, 3, __ATOMIC_ACQUIRE);
    __atomic_store_n(q, 5, __ATOMIC_RELEASE);
    __sync_bool_compare_and_swap(p, 1, 2);
    (void)wide;
    return __atomic_exchange_n(p, 9, __ATOMIC_ACQ_REL) + __atomic_load_n(c, __ATOMIC_ACQUIRE);
}

__int128 wide(__int128 a, __int128 b)
{
    return a * b + (a >> 3);
}

void prefetch(const char *p, long n)
{
    for (long i = 0; i < n; i += 64) {
        __builtin_prefetch(p + i);
        __builtin_prefetch(p + i + 256, 1, 0);
    }
}

double constants(float f, double d)
{
    return f * 3.14159f + d / 2.718281828 + (d > 1e300 ? 1e-300 : 0.1);
}

void fill(struct large *l)
{
    __builtin_memset(l, 0, sizeof *l);
    __builtin_memcpy(l->a, &global, sizeof global);
    heap[1] = *l;
}

#ifdef __aarch64__
int inline_asm(int *p)
{
    int v, failed;
    do
        __asm__ volatile("ldaxr %w0, %2\n\tadd %w0, %w0, #1\n\tstlxr %w1, %w0, %2"
                         : "=&r"(v), "=&r"(failed), "+Q"(*p)::"memory");
    while (failed);
    return v;
}

uint64_t id(void)
{
    uint64_t t;
    __asm__("mrs %0, tpidr_el0" : "=r"(t));
    return t;
}
#else
int inline_asm(int *p)
{
    int v = 1;
    __asm__ volatile("lock{ xaddl %0, %1| xadd %1, %0}" : "+r"(v), "+m"(*p) : : "memory");
    __asm__ volatile("lock; cmpxchg{l %2, %0| %0, %2}" : "+m"(*p), "+a"(v) : "r"(v + 1) : "memory");
    return v;
}

long thread_pointer(void)
{
    long t;
    __asm__("mov{q %%fs:0, %0| %0, QWORD PTR fs:0}" : "=r"(t));
    return t;
}

long bits(unsigned long *words, long n)
{
    char old;
    __asm__ volatile("lock bts{q %2, %1| %1, %2}; setc %0" : "=q"(old), "+m"(*words) : "r"(n) : "memory");
    return old + (__atomic_fetch_or((int *)words, 1 << (n & 31), __ATOMIC_SEQ_CST) & (1 << (n & 31)));
}
#endif
