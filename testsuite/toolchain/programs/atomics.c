/* Atomic operations of every size and of most kinds. */
#include <stdatomic.h>
#include <stdio.h>

#define TEST(type)                                                                                 \
    do {                                                                                           \
        static _Atomic type v = 5;                                                                 \
        type e = 9;                                                                                \
        s += (unsigned long)atomic_fetch_add(&v, 4);                                               \
        s += atomic_compare_exchange_strong(&v, &e, 77);                                           \
        s += atomic_compare_exchange_weak_explicit(&v, &e, 1, memory_order_acquire,                \
                                                   memory_order_relaxed);                          \
        s += (unsigned long)e + (unsigned long)atomic_exchange(&v, 100);                           \
        s += (unsigned long)atomic_fetch_sub_explicit(&v, 1, memory_order_relaxed);                \
        s += (unsigned long)atomic_fetch_or(&v, 8) + (unsigned long)atomic_fetch_and(&v, 0x6f);    \
        s += (unsigned long)atomic_fetch_xor_explicit(&v, 3, memory_order_release);                \
        atomic_store(&v, v + 1);                                                                   \
        s = s * 31 + (unsigned long)atomic_load_explicit(&v, memory_order_acquire);                \
    } while (0)

int main(void)
{
    unsigned long s = 0;
    TEST(char);
    TEST(unsigned short);
    TEST(int);
    TEST(long);
    static atomic_flag f = ATOMIC_FLAG_INIT;
    s += atomic_flag_test_and_set(&f);
    s += atomic_flag_test_and_set(&f);
    static int n;
    __sync_fetch_and_add(&n, 3);
    s += __sync_lock_test_and_set(&n, 8) + __sync_bool_compare_and_swap(&n, 8, 9);
    atomic_thread_fence(memory_order_seq_cst);
    printf("atomics %lx %d\n", s, n);
    return 0;
}
