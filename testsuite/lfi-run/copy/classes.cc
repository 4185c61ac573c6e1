// A program that is copied at each of the points where it calls the host: what C++ keeps addresses in.
// SPDX-License-Identifier: Apache-2.0
#include <exception>
#include <functional>
#include <iostream>
#include <map>
#include <memory>
#include <sstream>
#include <stdexcept>
#include <string>
#include <typeinfo>
#include <unwind.h>
#include <vector>

extern "C" {
// The host's function, which it puts here.
void (*volatile copy_point)(int);
}

static void point(int n)
{
    if (copy_point)
        copy_point(n);
}

struct Shape {
    virtual ~Shape() = default;
    virtual int area() const = 0;
    virtual std::string name() const { return "shape"; }
};
struct Square : virtual Shape {
    explicit Square(int n) : n(n) {}
    int area() const override { return n * n; }
    std::string name() const override { return "square"; }
    int n;
};
struct Box : Square {
    Box(int n, int m) : Square(n), m(m) {}
    int area() const override { return n * m; }
    int m;
};

struct Noisy {
    explicit Noisy(int n) : n(n) {}
    ~Noisy()
    {
        // During the unwinding, whose state is in memory.
        if (n == 3 && std::uncaught_exceptions())
            point(1);
        std::cout << "~" << n << (std::uncaught_exceptions() ? " unwinding" : "") << "\n";
    }
    int n;
};

static _Unwind_Reason_Code count(struct _Unwind_Context *context, void *arg)
{
    auto *found = static_cast<std::vector<std::uintptr_t> *>(arg);
    found->push_back(_Unwind_GetIP(context));
    return _URC_NO_REASON;
}

static std::vector<std::uintptr_t> frames()
{
    std::vector<std::uintptr_t> found;
    _Unwind_Backtrace(count, &found);
    return found;
}

static __attribute__((noinline)) int deep(int n, const std::vector<std::uintptr_t> &outer)
{
    Noisy noisy(n);
    if (n == 6) {
        point(0);
        // The frames that were entered before are found, above the same callers.
        auto inner = frames();
        bool same = inner.size() > outer.size() + 5;
        for (std::size_t i = 1; same && i + 1 < outer.size(); i++)
            same = inner[inner.size() - i] == outer[outer.size() - i];
        std::cout << "frames " << same << "\n";
        throw std::runtime_error("from below");
    }
    return deep(n + 1, outer) + noisy.n;
}

static void exceptions()
{
    auto outer = frames();
    try {
        try {
            deep(0, outer);
        } catch (const std::logic_error &) {
            std::cout << "not this one\n";
        }
    } catch (const std::exception &e) {
        point(2);
        std::cout << e.what() << " " << typeid(e).name() << "\n";
        try {
            throw;
        } catch (std::runtime_error &again) {
            std::cout << (&again == &e) << "\n";
        }
    }
    std::exception_ptr kept;
    try {
        std::vector<int>().at(3);
    } catch (...) {
        kept = std::current_exception();
    }
    point(3);
    try {
        std::rethrow_exception(kept);
    } catch (const std::out_of_range &) {
        std::cout << "out of range\n";
    }
}

static thread_local std::string of_thread = "of the thread";
static std::map<std::string, std::function<int(int)>> functions;

static void objects()
{
    std::vector<std::unique_ptr<Shape>> shapes;
    std::stringstream text;
    int captured = 4;
    shapes.push_back(std::make_unique<Square>(5));
    shapes.push_back(std::make_unique<Box>(5, 6));
    functions["add"] = [&captured](int n) { return n + captured; };
    functions["area"] = [&shapes](int n) { return shapes[n]->area(); };
    int (Shape::*member)() const = &Shape::area;
    point(4);
    captured = 9;
    for (auto &s : shapes)
        text << s->name() << " " << (s.get()->*member)() << " " << (dynamic_cast<Box *>(s.get()) != nullptr)
             << "\n";
    for (auto &f : functions)
        text << f.first << " " << f.second(1) << "\n";
    std::cout << text.str() << of_thread << std::endl;
}

int main()
{
    of_thread += ", and longer than what fits into the object";
    exceptions();
    objects();
    return 4;
}
