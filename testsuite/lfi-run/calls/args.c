/* Prints its arguments, environment and working directory.
   SPDX-License-Identifier: Apache-2.0  */
#include "show.h"

extern char **environ;

int main(int argc, char **argv)
{
    char *cwd = getcwd(NULL, 0);
    for (int i = 1; i < argc; i++)
        printf("arg %s\n", argv[i]);
    for (char **e = environ; *e; e++)
        printf("env %s\n", *e);
    printf("cwd %s\n", cwd ? cwd : "?");
    char buf[100];
    while (fgets(buf, sizeof buf, stdin))
        printf("in %s", buf);
    fprintf(stderr, "to stderr\n");
    return 0;
}
