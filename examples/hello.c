#include <stdio.h>

int main(int argc, char **argv)
{
    printf("Hello from a box: %d argument%s, stack near %#lx\n", argc - 1, argc == 2 ? "" : "s",
           (unsigned long)&argv & 0xffffffff);
    return 0;
}
