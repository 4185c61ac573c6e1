// Exceptions through calls that an assembler without bundles leaves at their start.
// SPDX-License-Identifier: Apache-2.0
#include <cstdio>

namespace {

struct Step {
    int *count;
    int by;
    ~Step() { *count += by; }
};

__attribute__((noinline, noclone)) int thrower(int n)
{
    if (n % 3 == 0)
        throw n;
    if (n % 3 == 1)
        throw "text";
    return n;
}

// Arguments on the stack: the size of the frame changes around the call.
__attribute__((noinline, noclone)) int many(int a, int b, int c, int d, int e, int f, int g, int h, int i)
{
    return thrower(a + b + c + d + e + f + g + h + i);
}

__attribute__((noinline, noclone)) int through(int n, int *count)
{
    Step outer = {count, 1};
    int result = many(n, 1, 2, 3, 4, 5, 6, 7, 8);
    {
        Step inner = {count, 100};
        result += thrower(n + 1);
        result += thrower(n + 3);
    }
    return result;
}

} // namespace

int main()
{
    int count = 0, sum = 0, texts = 0;
    for (int i = 0; i < 30; i++)
        try {
            sum += through(i, &count);
        } catch (int n) {
            sum += 1000 * n;
        } catch (const char *) {
            texts++;
        }
    std::printf("%d %d %d\n", count, sum, texts);
}
