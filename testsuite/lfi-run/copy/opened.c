/* A library that shared.cc opens.
   SPDX-License-Identifier: Apache-2.0  */
static __thread int in_tls[3] = {1, 2, 3};

int opened_add(int n)
{
    int *volatile p = in_tls;
    p[1] += n;
    return in_tls[1];
}
