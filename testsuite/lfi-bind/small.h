/* The library of bind.exp.
   SPDX-License-Identifier: Apache-2.0  */
#ifndef SMALL_H
#define SMALL_H

struct pair {
    int a, b;
};

long sum10(long a, long b, long c, long d, long e, long f, long g, long h, long i, long j);
double scale(double x, int n, float y);
int reverse(char *to, const char *from, int n);
void grow(struct pair *p, int n);
long length(const char *s);
const char *name(void);
const char *bad_name(void);
typedef int (*apply_fn)(int);
int apply(apply_fn fn, int x);
int fault(int x);

#endif
