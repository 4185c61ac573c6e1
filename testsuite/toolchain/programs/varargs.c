/* Variable arguments of every class, on registers and stack. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct pair { long a, b; };
struct big { int v[9]; };
struct vec { double x, y, z; };

__attribute__((noinline)) static double sum(const char *kinds, ...)
{
    va_list ap, copy;
    double s = 0;
    va_start(ap, kinds);
    va_copy(copy, ap);
    for (const char *k = kinds; *k; k++)
        switch (*k) {
        case 'i': s += va_arg(ap, int); break;
        case 'l': s += va_arg(ap, long); break;
        case 'd': s += va_arg(ap, double); break;
        case 'L': s += (double)va_arg(ap, long double); break;
        case 'p': { struct pair p = va_arg(ap, struct pair); s += p.a * p.b; break; }
        case 'b': { struct big b = va_arg(ap, struct big); s += b.v[8]; break; }
        case 'v': { struct vec x = va_arg(ap, struct vec); s += x.x + x.y * x.z; break; }
        case 's': s += strlen(va_arg(ap, char *)); break;
        }
    va_end(ap);
    s += *kinds == 'i' ? va_arg(copy, int) : 0;
    va_end(copy);
    return s;
}

int main(void)
{
    struct pair p = {3, 4};
    struct big b = {{0, 1, 2, 3, 4, 5, 6, 7, 8}};
    struct vec x = {1.5, 2.5, 3.5};
    char buf[200];
    printf("%g\n", sum("iiiiiiiiii", 1, 2, 3, 4, 5, 6, 7, 8, 9, 10));
    printf("%g\n", sum("dddddddddd", 1., 2., 3., 4., 5., 6., 7., 8., 9., 10.5));
    printf("%g\n", sum("ipdvbLslLi", 1, p, 2.25, x, b, 3.5L, "hello", 1L << 33, 7.25L, -4));
    snprintf(buf, sizeof buf, "%d %s %c %5.2f %#lx %Lg %*d|%-6s|%n", -3, "str", 'x', 3.14159, 0xabcUL,
             2.5L, 7, 42, "ab", &(int){0});
    puts(buf);
    return 0;
}
