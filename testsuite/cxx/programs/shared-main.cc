// Exceptions, types and thread-local variables shared with libraries, linked and opened.
// SPDX-License-Identifier: Apache-2.0
#include "shared.h"

#include <cstdio>
#include <dlfcn.h>
#include <iostream>
#include <memory>
#include <stdexcept>
#include <thread>
#include <typeinfo>

static int thrower(int x)
{
    std::unique_ptr<int> cleaned(new int(x));
    if (x == 1)
        throw x + 1;
    if (x == 2)
        throw Failure("from the program");
    return x;
}

static void catches(void (*f)(int), int x)
{
    try {
        f(x);
        std::cout << "nothing\n";
    } catch (const Failure &e) {
        std::cout << "Failure " << e.what() << '\n';
    } catch (const std::exception &e) {
        std::cout << typeid(e).name() << '\n';
    } catch (int i) {
        std::cout << "int " << i << '\n';
    }
}

int main(int, char **argv)
{
    for (int kind = 0; kind < 4; kind++)
        catches(library_throws, kind);
    for (int x = 0; x < 3; x++)
        catches([](int y) { std::cout << library_calls(thrower, y) << '\n'; }, x);

    std::unique_ptr<Shape> square(make_square());
    std::cout << square->area() << ' ' << (dynamic_cast<Square *>(square.get()) != nullptr) << ' '
              << (typeid(*square) == typeid(Square)) << ' ' << library_name(*square) << std::endl;
    std::thread([] { std::printf("thread counts %d\n", library_count() + library_count() + counter); }).join();
    std::printf("counts %d %d\n", library_count(), counter);

    void *handle = dlopen(argv[1], RTLD_NOW);
    if (!handle) {
        std::printf("%s\n", dlerror());
        return 1;
    }
    auto plug = reinterpret_cast<Shape *(*)(int)>(dlsym(handle, "plug"));
    static auto call = plug;
    for (int fails = 0; fails < 3; fails++)
        catches([](int f) { std::unique_ptr<Shape> s(call(f)); std::cout << s->area() << '\n'; }, fails);
    std::cout << std::flush;
    std::thread([] { std::unique_ptr<Shape> s(call(0)); }).join();
    dlclose(handle);
    try {
        std::cout << (dlsym(RTLD_DEFAULT, "plug") == nullptr) << std::endl;
        library_throws(0);
    } catch (const Failure &e) {
        std::puts(e.what());
    }
    return 0;
}
