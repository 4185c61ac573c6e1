// Exceptions: through frames of C++ and C, of every kind, with what must happen on the way.
// SPDX-License-Identifier: Apache-2.0
#include "parts.h"

#include <csetjmp>
#include <cstdio>
#include <exception>
#include <functional>
#include <memory>
#include <new>
#include <stdexcept>
#include <string>
#include <typeinfo>
#include <vector>

extern "C" void c_frame(void (*f)(int), int x, int depth);

namespace {
struct Trace {
    const char *name;
    explicit Trace(const char *n) : name(n) { printf("+%s ", name); }
    Trace(const Trace &o) : name(o.name) {}
    ~Trace() { printf("-%s%s ", name, std::uncaught_exceptions() ? "!" : ""); }
};

struct Base {
    virtual ~Base() = default;
    virtual const char *what() const { return "Base"; }
};
struct Left : virtual Base {
    const char *what() const override { return "Left"; }
};
struct Right : virtual Base {};
struct Both : Left, Right {
    char big[600];
    const char *what() const override { return "Both"; }
};
struct Private : private Base {};

[[gnu::noinline]] void raise(int kind)
{
    switch (kind) {
    case 0: throw 42;
    case 1: throw std::runtime_error("runtime");
    case 2: throw Both();
    case 3: throw "text";
    case 4: throw std::string("a string that is too long for the object itself");
    case 5: throw Private();
    case 6: throw std::bad_alloc();
    case 7: throw nullptr;
    case 8: throw 1.5L;
    case 9: (void)dynamic_cast<Both &>(*std::make_unique<Left>()); break;
    case 10: std::vector<int>().at(7) = 1; break;
    case 11: std::function<void()>()(); break;
    case 12: (void)typeid(*static_cast<Base *>(nullptr)).name(); break;
    }
}

[[gnu::noinline]] int frames(int kind, int depth)
{
    Trace t(depth % 2 ? "odd" : "even");
    volatile char room[100] = {static_cast<char>(depth)};
    if (depth == 0)
        raise(kind);
    else
        return frames(kind, depth - 1) + room[0];
    return 0;
}

void caught(int kind)
{
    printf("%d: ", kind);
    try {
        frames(kind, 3);
        puts("nothing");
    } catch (int i) {
        printf("int %d\n", i);
    } catch (const std::bad_alloc &e) {
        printf("bad_alloc %s\n", e.what());
    } catch (const std::exception &e) {
        printf("exception %s: %s\n", typeid(e).name(), e.what());
    } catch (const Right &r) {
        printf("Right as %s\n", r.what());
    } catch (const Base &) {
        puts("Base");
    } catch (const char *s) {
        printf("text %s\n", s);
    } catch (const std::string &s) {
        printf("string %s\n", s.c_str());
    } catch (long double d) {
        printf("long double %Lg\n", d);
    } catch (int *p) {
        printf("pointer %d\n", p == nullptr);
    } catch (...) {
        puts("something");
    }
}

struct Member {
    Trace t;
    explicit Member(bool fails) : t("member")
    {
        if (fails)
            throw std::logic_error("constructor");
    }
};
struct Whole {
    Trace first;
    Member second;
    explicit Whole(bool fails) try : first("first"), second(fails) {
    } catch (const std::logic_error &e) {
        printf("function-try %s ", e.what());
        throw std::range_error("translated");
    }
};

void nested()
{
    try {
        try {
            try {
                raise(1);
            } catch (const std::exception &) {
                std::throw_with_nested(std::invalid_argument("outer"));
            }
        } catch (...) {
            std::exception_ptr p = std::current_exception();
            printf("kept ");
            std::rethrow_exception(p);
        }
    } catch (const std::exception &e) {
        printf("%s of ", e.what());
        try {
            std::rethrow_if_nested(e);
        } catch (const std::exception &inner) {
            printf("%s\n", inner.what());
        }
    }
}

struct InDestructor {
    ~InDestructor()
    {
        try {
            Trace t("own");
            raise(0);
        } catch (int) {
            printf("inside %d ", std::uncaught_exceptions());
        }
    }
};

std::jmp_buf out;
[[gnu::noinline]] void jump(int depth)
{
    if (depth == 0)
        std::longjmp(out, 5);
    volatile int after = depth;
    jump(depth - 1);
    after = after + 1;
}

// Many at once, so that the unwinder sees deep stacks and its heap much use.
long many(int n)
{
    long sum = 0;
    for (int i = 0; i < n; i++)
        try {
            if (i % 3)
                throw i;
            throw std::to_string(i);
        } catch (int x) {
            sum += x;
        } catch (const std::string &s) {
            sum -= std::stoi(s);
        }
    return sum;
}

[[gnu::noinline]] int deep(int n) noexcept(false)
{
    std::string keep(40, 'x');
    if (n == 0)
        throw std::length_error("deep");
    return deep(n - 1) + static_cast<int>(keep.size());
}

void run(const char *)
{
    for (int kind = 0; kind < 13; kind++)
        caught(kind);
    for (bool fails : {false, true})
        try {
            Whole w(fails);
            puts("whole");
        } catch (const std::range_error &e) {
            puts(e.what());
        }
    nested();
    try {
        InDestructor d;
        raise(1);
    } catch (const std::runtime_error &e) {
        puts(e.what());
    }
    try {
        c_frame(raise, 1, 5);
    } catch (const std::runtime_error &e) {
        printf("through C: %s\n", e.what());
    }
    if (int value = setjmp(out))
        printf("longjmp %d\n", value);
    else
        jump(9);
    printf("many %ld\n", many(3000));
    try {
        deep(2000);
    } catch (const std::length_error &e) {
        puts(e.what());
    }
    volatile std::size_t size = static_cast<std::size_t>(-1) / 16;
    try {
        ::operator delete(::operator new(size));
    } catch (const std::bad_alloc &e) {
        puts(e.what());
    }
}

Part part("exceptions", run);
} // namespace
