// What C++20 added to the language: coroutines, ranges, concepts, comparisons.
// SPDX-License-Identifier: Apache-2.0
#include "parts.h"

#include <algorithm>
#include <compare>
#include <concepts>
#include <coroutine>
#include <cstdio>
#include <exception>
#include <map>
#include <ranges>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace {
template <typename T> struct Generator {
    struct promise_type {
        T value;
        std::exception_ptr failed;
        Generator get_return_object() { return Generator(std::coroutine_handle<promise_type>::from_promise(*this)); }
        std::suspend_always initial_suspend() { return {}; }
        std::suspend_always final_suspend() noexcept { return {}; }
        std::suspend_always yield_value(T v) { value = std::move(v); return {}; }
        void return_void() {}
        void unhandled_exception() { failed = std::current_exception(); }
    };
    explicit Generator(std::coroutine_handle<promise_type> h) : handle(h) {}
    Generator(Generator &&o) noexcept : handle(std::exchange(o.handle, {})) {}
    ~Generator() { if (handle) handle.destroy(); }
    bool next()
    {
        handle.resume();
        if (handle.done() && handle.promise().failed)
            std::rethrow_exception(handle.promise().failed);
        return !handle.done();
    }
    T value() { return handle.promise().value; }
    std::coroutine_handle<promise_type> handle;
};

struct Noise {
    const char *name;
    ~Noise() { printf("(%s gone) ", name); }
};
Generator<std::string> words(int n)
{
    Noise noise{"words"};
    for (int i = 0; i < n; i++)
        co_yield std::string(static_cast<std::size_t>(i) + 1, static_cast<char>('a' + i));
    if (n == 3)
        throw std::out_of_range("the end");
}
Generator<int> tree(int depth)
{
    if (depth > 0) {
        auto left = tree(depth - 1);
        while (left.next())
            co_yield left.value();
        co_yield depth;
        auto right = tree(depth - 1);
        while (right.next())
            co_yield right.value();
    }
}

struct Version {
    int major, minor;
    auto operator<=>(const Version &) const = default;
};
template <std::integral T> const char *kind(T) { return "integral"; }
template <std::floating_point T> const char *kind(T) { return "floating"; }

constexpr int factorial(int n) { return n < 2 ? 1 : n * factorial(n - 1); }
static_assert(factorial(10) == 3628800);

void run(const char *)
{
    for (int n : {2, 3, 4})
        try {
            auto w = words(n);
            while (w.next() && w.value().size() < 4)
                printf("%s ", w.value().c_str());
            puts("");
        } catch (const std::out_of_range &e) {
            puts(e.what());
        }
    auto t = tree(4);
    int sum = 0, count = 0;
    for (; t.next(); count++)
        sum = sum * 3 + t.value();
    printf("tree %d %d\n", count, sum);

    namespace v = std::views;
    auto even = v::iota(1) | v::filter([](int x) { return x % 2 == 0; }) | v::transform([](int x) { return x * x; }) | v::take(6);
    for (int x : even)
        printf("%d ", x);
    std::vector<std::string> names{"pear", "fig", "apple", "date"};
    std::ranges::sort(names, {}, &std::string::size);
    std::ranges::stable_sort(names, std::ranges::greater{}, [](const std::string &s) { return s.back(); });
    for (auto &n : names | v::reverse)
        printf("%s ", n.c_str());
    for (auto part : std::string_view("a,bc,def") | v::split(','))
        printf("%d", static_cast<int>(std::ranges::distance(part)));
    std::span<std::string> two = std::span(names).first<2>();
    printf(" %zu %s %s\n", two.size(), kind(1), kind(1.0));

    std::map<Version, std::string> m{{{1, 2}, "b"}, {{1, 0}, "a"}, {{2, 0}, "c"}};
    for (auto &[version, name] : m)
        printf("%d.%d=%s ", version.major, version.minor, name.c_str());
    auto visit = [depth = 0](auto &&self, int n) mutable -> int { depth++; return n ? self(self, n - 1) + depth : depth; };
    printf("%d\n", visit(visit, 5));
}

Part part("language", run);
} // namespace
