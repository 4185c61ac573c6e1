/* Frames of C that exceptions pass through, with clean-ups.
   SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

static void done(int *x)
{
    printf("C cleans up %d\n", *x);
}

void c_frame(void (*f)(int), int x, int depth)
{
    int here __attribute__((cleanup(done))) = depth;
    if (depth)
        c_frame(f, x, depth - 1);
    else
        f(x);
}
