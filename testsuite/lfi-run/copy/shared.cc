// A program with a dynamic linker, copied when its libraries are there.
// SPDX-License-Identifier: Apache-2.0
#include <cstdio>
#include <dlfcn.h>
#include <stdexcept>

struct Asked {
    virtual ~Asked() = default;
    virtual int answer() = 0;
};
extern "C" int library_add(int);
extern "C" int *library_pointer(void);
void library_throw(Asked *);

extern "C" {
void (*volatile copy_point)(int);
}

struct Five : Asked {
    int answer() override { return 5; }
};

int main()
{
    Five five;
    std::printf("%d\n", library_add(3));
    void *opened = dlopen("libopened.so", RTLD_NOW);
    auto add = opened ? reinterpret_cast<int (*)(int)>(dlsym(opened, "opened_add")) : nullptr;
    if (!add) {
        std::printf("%s\n", dlerror());
        return 1;
    }
    std::printf("%d\n", add(2));
    if (copy_point)
        copy_point(0);
    *library_pointer() += 1;
    try {
        library_throw(&five);
    } catch (const std::exception &e) {
        std::printf("%s %d %d\n", e.what(), library_add(1), add(3));
    }
    std::printf("%d %d\n", opened == dlopen("libopened.so", RTLD_NOW), dlsym(opened, "nothing") == nullptr);
    return 0;
}
