// Ends that are no return: what is said and with which status.
// SPDX-License-Identifier: Apache-2.0
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <stdexcept>
#include <string_view>
#include <thread>

struct Guard {
    ~Guard() { puts("cleaned up"); }
};
static void never() noexcept
{
    throw 7;
}
struct Pure {
    Pure() { call(this); }
    [[gnu::noipa]] static void call(Pure *p) { p->pure(); }
    virtual void pure() = 0;
    virtual ~Pure() = default;
};
struct Impure : Pure {
    void pure() override {}
};

int main(int, char **argv)
{
    std::setvbuf(stdout, nullptr, _IONBF, 0);
    std::string_view how = argv[1];
    if (how == "uncaught")
        throw std::runtime_error("nobody catches this");
    if (how == "noexcept")
        never();
    if (how == "thread")
        std::thread([] { throw 1; }).join();
    if (how == "rethrow")
        throw;
    if (how == "pure")
        Impure();
    if (how == "handler") {
        std::set_terminate([] { puts("handler"); std::_Exit(9); });
        throw 1;
    }
    if (how == "exit") {
        static Guard g;
        std::atexit([] { puts("at exit"); });
        std::exit(3);
    }
    if (how == "quick") {
        std::at_quick_exit([] { puts("at quick exit"); });
        std::quick_exit(4);
    }
    return 0;
}
