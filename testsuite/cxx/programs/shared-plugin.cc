// A library that the program opens while it runs.
// SPDX-License-Identifier: Apache-2.0
#include "shared.h"

#include <cstdio>
#include <vector>

struct Circle : Shape {
    std::vector<double> radius{1, 2};
    double area() const override { return radius.at(1) * 3; }
};
static thread_local int opened = 40;
static struct PluginStatic {
    ~PluginStatic() { puts("plug-in ends"); }
} end;

extern "C" Shape *plug(int fails)
{
    if (fails == 1)
        throw Failure("from the plug-in");
    if (fails == 2)
        (void)Circle().radius.at(9);
    opened += library_count() > 0;
    printf("plug-in counts %d\n", opened);
    return new Circle;
}
