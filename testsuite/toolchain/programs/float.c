/* Floating point: conversions, rounding modes, exceptions, the maths library. */
#include <fenv.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

int main(void)
{
    volatile double a = 1, b = 3, z = 0;
    volatile float f = 0.1f;
    static const int modes[] = {FE_TONEAREST, FE_UPWARD, FE_DOWNWARD, FE_TOWARDZERO};
    for (int i = 0; i < 4; i++) {
        fesetround(modes[i]);
        printf("%.20g %.10g %ld ", a / b, f * 3, lrint(2.5 * a));
    }
    fesetround(FE_TONEAREST);
    feclearexcept(FE_ALL_EXCEPT);
    volatile double inf = a / z;
    printf("%d %d %g\n", !!fetestexcept(FE_DIVBYZERO), !!fetestexcept(FE_INVALID), inf);
    volatile double nan = z / z;
    printf("%d %d\n", !!fetestexcept(FE_INVALID), isnan(nan));
    for (int i = 1; i < 6; i++)
        printf("%.15g %.15g %.15g %.15g %.15g ", sin(i), exp(i / 7.), log(i + .5), pow(i, 1.7), atan2(i, 3));
    printf("\n%.17g %g %a %ld %.8g\n", strtod("1234.5678901234567890e-3", NULL), strtof("0x1.8p3", NULL), 0.1,
           lround(-2.5), fmaf(f, f, f));
    return 0;
}
