/* Types that invoke.c and its library in the box share.
   SPDX-License-Identifier: Apache-2.0  */
#ifndef INVOKE_H
#define INVOKE_H

typedef float vec4 __attribute__((vector_size(16)));
struct small { int a; short b; };
struct mixed { long a; double b; };
struct floats { float x, y, z; };
struct big { long v[5]; };
struct quad { double v[4]; };

#endif
