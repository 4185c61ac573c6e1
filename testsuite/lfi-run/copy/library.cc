// A library of the program shared.cc: variables of threads, exceptions.
// SPDX-License-Identifier: Apache-2.0
#include <stdexcept>
#include <string>

struct Asked {
    virtual ~Asked() = default;
    virtual int answer() = 0;
};

__thread int in_tls = 7;
static thread_local std::string text = "from the library";

extern "C" int library_add(int n)
{
    return in_tls += n;
}
extern "C" int *library_pointer(void)
{
    return &in_tls;
}
void library_throw(Asked *asked)
{
    if (asked->answer() > 3)
        throw std::runtime_error(text);
}
