/* What a process holds: entries of directories of /proc/self, lines of its files.
   SPDX-License-Identifier: Apache-2.0  */
#ifndef LFI_TEST_COUNTS_H
#define LFI_TEST_COUNTS_H

#include <dirent.h>
#include <stdio.h>

/* "." and ".." included; 0 if it cannot be opened.  */
static inline int count_entries(const char *dir)
{
    int n = 0;
    DIR *d = opendir(dir);
    while (d && readdir(d))
        n++;
    if (d)
        closedir(d);
    return n;
}

static inline int count_lines(const char *file)
{
    int n = 0, c;
    FILE *f = fopen(file, "r");
    while (f && (c = getc(f)) != EOF)
        n += c == '\n';
    if (f)
        fclose(f);
    return n;
}

#endif
