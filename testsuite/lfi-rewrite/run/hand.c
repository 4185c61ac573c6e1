/* Hand-written assembly: registers of the box, data among the code, tables of distances.
   SPDX-License-Identifier: Apache-2.0  */
#include <stdint.h>
#include <stdio.h>

uint64_t mix(const uint64_t *p, uint64_t n);    /* uses what the box reserves */
uint64_t mix_all(const uint64_t *p, uint64_t n); /* and every vector register that is preserved */
uint64_t choose(uint64_t n);
uint64_t constants(uint64_t n);

static double half(double x)
{
    return x / 2;
}

int main(int argc, char **argv)
{
    uint64_t data[8];
    double (*volatile f)(double) = half;
    double a = f(argc), b = f(argc + 2), c = f(argc + 4); /* live across the calls */
    (void)argv;
    for (uint64_t i = 0; i < 8; i++)
        data[i] = (i + 1) * UINT64_C(0x9e3779b97f4a7c15);
    for (uint64_t n = 1; n <= 8; n += 7)
        printf("%016llx %016llx\n", (unsigned long long)mix(data, n),
               (unsigned long long)mix_all(data, n));
    for (uint64_t n = 0; n < 4; n++)
        printf("%llu %016llx\n", (unsigned long long)choose(n), (unsigned long long)constants(n));
    printf("%g %g %g\n", a, b, c);
    return 0;
}
