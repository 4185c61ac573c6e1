// Runs parts by their names: main DIRECTORY PART...
// SPDX-License-Identifier: Apache-2.0
#include "parts.h"

#include <cstdio>
#include <cstring>

struct Static {
    const char *name;
    explicit Static(const char *n) : name(n) { printf("made %s\n", name); }
    ~Static() { printf("gone %s\n", name); }
};
static Static first("first"), second("second");

int main(int argc, char **argv)
{
    static Static in_main("in main");
    for (int i = 2; i < argc; i++)
        for (Part *p = Part::first; p; p = p->next)
            if (std::strcmp(p->name, argv[i]) == 0) {
                p->run(argv[1]);
                std::fflush(stdout);
            }
    return 0;
}
