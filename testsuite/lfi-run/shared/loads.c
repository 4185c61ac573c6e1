/* Loads the library that is given, and says what came of it.
   SPDX-License-Identifier: Apache-2.0  */
#include <dlfcn.h>
#include <stdio.h>

int main(int argc, char **argv)
{
    (void)argc;
    puts(dlopen(argv[1], RTLD_NOW) ? "loaded" : dlerror());
    return 0;
}
