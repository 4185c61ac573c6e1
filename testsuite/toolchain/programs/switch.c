/* Jump tables: dense, sparse, nested, 64-bit, with holes and large cases. */
#include <stdio.h>

static volatile int sink;

#define CASE(n) case n: sink += n * 3; r = (r << 1) ^ (n * 2654435761u); break;
#define CASES10(n) CASE(n) CASE(n + 1) CASE(n + 2) CASE(n + 3) CASE(n + 4) \
  CASE(n + 5) CASE(n + 6) CASE(n + 7) CASE(n + 8) CASE(n + 9)
#define CASES100(n) CASES10(n) CASES10(n + 10) CASES10(n + 20) CASES10(n + 30) CASES10(n + 40) \
  CASES10(n + 50) CASES10(n + 60) CASES10(n + 70) CASES10(n + 80) CASES10(n + 90)

__attribute__((noinline)) static unsigned huge(int k)
{
    unsigned r = k;
    switch (k) {
        CASES100(0) CASES100(100) CASES100(200) CASES100(300) CASES100(400)
        CASES100(500) CASES100(600) CASES100(700) CASES100(800) CASES100(900)
    default:
        r = ~r;
    }
    return r;
}

__attribute__((noinline)) static int holes(long k)
{
    switch (k) {
    case -3: return 1;
    case -1: return sink;
    case 2: return 3;
    case 3: return sink + 4;
    case 5: return 5;
    case 8: return sink ^ 6;
    case 1L << 40: return 7;
    case 9 ... 14: return 8;
    }
    return 0;
}

__attribute__((noinline)) static int nested(int a, int b)
{
    switch (a) {
    case 0: switch (b) { case 0: return sink; case 1: return 11; case 2: return 12; case 3: return 13; case 4: return sink + 2; } return 1;
    case 1: return 20 + b;
    case 2: return 30 - b;
    case 3: return holes(b);
    case 4: return sink * b;
    case 5: return -a;
    }
    return -1;
}

int main(void)
{
    unsigned h = 0;
    for (int i = -5; i < 1010; i++)
        h = h * 31 + huge(i);
    for (long i = -6; i < 20; i++)
        h = h * 31 + (unsigned)holes(i);
    h = h * 31 + (unsigned)holes(1L << 40);
    for (int a = -1; a < 7; a++)
        for (int b = -1; b < 6; b++)
            h = h * 31 + (unsigned)nested(a, b);
    printf("switch %08x %d\n", h, sink);
    return 0;
}
