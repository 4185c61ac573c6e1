// The parts of the program: each file adds its own, so that any of them can be linked.
// SPDX-License-Identifier: Apache-2.0
struct Part {
    static inline Part *first = nullptr;
    const char *name;
    void (*run)(const char *directory); // for files that it makes
    Part *next;
    Part(const char *n, void (*r)(const char *)) : name(n), run(r), next(first) { first = this; }
};
