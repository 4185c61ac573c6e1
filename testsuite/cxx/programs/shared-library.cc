// A shared library of C++: throws, catches, has thread-local variables.
// SPDX-License-Identifier: Apache-2.0
#include "shared.h"

#include <cstdio>
#include <iostream>
#include <stdexcept>
#include <typeinfo>

struct Local {
    int value = 0;
    ~Local() { printf("library's local %d gone\n", value); }
};
static thread_local Local local;
thread_local int counter = 5;
static struct Static {
    Static() { puts("library starts"); }
    ~Static() { puts("library ends"); }
} start;

Failure::~Failure() = default;
double Square::area() const { return side * side; }
Shape *make_square() { return new Square; }

int library_calls(int (*f)(int), int x)
{
    try {
        return f(x) + 1;
    } catch (int i) {
        std::cout << "library catches " << i << '\n';
        return -i;
    }
}

void library_throws(int kind)
{
    switch (kind) {
    case 0: throw Failure("from the library");
    case 1: throw std::out_of_range("range");
    case 2: throw 11;
    case 3: dynamic_cast<Square &>(*static_cast<Shape *>(nullptr)).area(); break;
    }
}

int library_count()
{
    local.value += 3;
    return ++counter;
}

std::string library_name(const Shape &s)
{
    return typeid(s).name();
}
