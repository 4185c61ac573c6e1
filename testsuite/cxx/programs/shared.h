// What a program and its shared libraries have in common.
// SPDX-License-Identifier: Apache-2.0
#include <exception>
#include <string>

struct Failure : std::exception {
    std::string text;
    explicit Failure(std::string t) : text(std::move(t)) {}
    ~Failure() override;
    const char *what() const noexcept override { return text.c_str(); }
};
struct Shape {
    virtual ~Shape() = default;
    virtual double area() const = 0;
};
struct Square : Shape {
    double side = 2;
    double area() const override;
};

extern thread_local int counter;
Shape *make_square();
int library_calls(int (*f)(int), int x); // catches int alone
void library_throws(int kind);
int library_count();
std::string library_name(const Shape &s);
