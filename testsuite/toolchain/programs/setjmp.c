/* setjmp, longjmp, sigsetjmp, __builtin_setjmp, nested functions left by goto. */
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>

static jmp_buf env;
static int depth;

__attribute__((noinline)) static void dive(int n)
{
    char pad[64];
    snprintf(pad, sizeof pad, "%d", n);
    depth += pad[0] - '0';
    if (n == 0)
        longjmp(env, 5);
    dive(n - 1);
    depth += 1000;
}

__attribute__((noinline)) static int nested(int n)
{
    __label__ out;
    void leave(int k)
    {
        if (k == 0)
            goto out;
        leave(k - 1);
        depth++;
    }
    leave(n);
    return -1;
out:
    return depth;
}

static void *buf[5];
__attribute__((noinline)) static void back(void) { __builtin_longjmp(buf, 1); }

int main(void)
{
    volatile int count = 0;
    double d = 1.25;
    int r = setjmp(env);
    if (r < 8) {
        count++;
        if (r == 0)
            dive(9);
        longjmp(env, r + 1);
    }
    sigjmp_buf sig;
    volatile int again = 0;
    r = sigsetjmp(sig, 1);
    if (again++ < 3)
        siglongjmp(sig, again);
    longjmp_zero:
    if (__builtin_setjmp(buf) == 0)
        back();
    if (again++ == 4)
        goto longjmp_zero;
    printf("setjmp %d %d %d %d %g %d\n", count, depth, r, again, d, nested(20));
    return 0;
}
