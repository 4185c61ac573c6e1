/* Computed goto: an interpreter, label differences, labels as static data. */
#include <stdio.h>

__attribute__((noinline)) static long interpret(const unsigned char *code, long x)
{
    static const void *const table[] = {&&stop, &&add, &&sub, &&mul, &&jump, &&dec};
    long acc = 0, pc = 0;
#define NEXT goto *table[code[pc++]]
    NEXT;
add: acc += code[pc++]; NEXT;
sub: acc -= code[pc++]; NEXT;
mul: acc *= 3; acc %= 1000003; NEXT;
dec: x--; NEXT;
jump:
    if (x)
        pc = code[pc];
    else
        pc++;
    NEXT;
stop: return acc;
}

__attribute__((noinline)) static int offsets(unsigned k)
{
    static const int off[] = {&&a - &&a, &&b - &&a, &&c - &&a};
    goto *(&&a + off[k % 3]);
a: return 1;
b: return 10;
c: return 100;
}

int main(void)
{
    static const unsigned char code[] = {1, 7, 3, 2, 5, 5, 4, 0, 0};
    int n = 0;
    for (unsigned i = 0; i < 12; i++)
        n += offsets(i);
    printf("goto %ld %d\n", interpret(code, 1000), n);
    return 0;
}
