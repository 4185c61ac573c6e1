/* Control flow: switches, computed goto, calls of every kind, moving stack pointers.  */
#include <stdarg.h>

extern int external(int);
extern void sink(void *, ...);

int dense(int n)
{
    switch (n) {
    case 0:
        return external(1);
    case 1:
        return 7;
    case 2:
        return external(n) + 3;
    case 3:
        sink(&n);
        break;
    case 4:
        return -1;
    case 5:
        return n * n;
    case 9:
        return external(9);
    }
    return n;
}

int computed(const unsigned char *program)
{
    static void *const labels[] = {&&add, &&sub, &&neg, &&end};
    int acc = 0;
    goto *labels[*program++ & 3];
add:
    acc += *program++;
    goto *labels[*program++ & 3];
sub:
    acc -= *program++;
    goto *labels[*program++ & 3];
neg:
    acc = -acc;
    goto *labels[*program++ & 3];
end:
    return acc;
}

int pointers(int (*f)(int), int (*const *table)(int), int n)
{
    return f(n) + table[n & 7](n);
}

int tail(int (*f)(int), int n)
{
    return f(n + 1);
}

int variable(int n)
{
    int a[n];
    for (int i = 0; i < n; i++)
        a[i] = external(i);
    {
        char b[n * 3];
        sink(a, b);
    }
    return a[n - 1];
}

void *on_stack(unsigned long n)
{
    char *p = __builtin_alloca(n);
    sink(p);
    return p;
}

int large_frame(int i)
{
    char buffer[70000];
    sink(buffer);
    return buffer[i];
}

int middle_frame(int i)
{
    volatile int buffer[60];
    buffer[i] = 1;
    return buffer[i + 1];
}

int sum(int n, ...)
{
    va_list ap;
    int s = 0;
    va_start(ap, n);
    while (n--)
        s += va_arg(ap, int);
    va_end(ap);
    return s;
}

double sum_doubles(int n, ...)
{
    va_list ap;
    double s = 0;
    va_start(ap, n);
    while (n--)
        s += va_arg(ap, double);
    va_end(ap);
    return s;
}

int fibonacci(int n)
{
    return n < 2 ? n : fibonacci(n - 1) + fibonacci(n - 2);
}

int bits(unsigned long x)
{
    if (x & 8)
        return external(1);
    if (!(x & 0x4000000000))
        return external(2);
    return x ? external(3) : 0;
}

void *where(void)
{
    return __builtin_return_address(0);
}

void trap(int n)
{
    if (n)
        __builtin_trap();
    __builtin_unreachable();
}
