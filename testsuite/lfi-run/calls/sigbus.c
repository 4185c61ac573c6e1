/* Reads memory whose file has become shorter.
   SPDX-License-Identifier: Apache-2.0  */
#include "show.h"

int main(void)
{
    long page = sysconf(_SC_PAGESIZE);
    int fd = open("short", O_RDWR | O_CREAT | O_TRUNC, 0600);
    ftruncate(fd, 2 * page);
    volatile char *p = mmap(NULL, (size_t)(2 * page), PROT_READ, MAP_SHARED, fd, 0);
    ftruncate(fd, page);
    if (p[0] != 0 || pwrite(fd, (char *)p + page, 1, 0) != -1 || errno != EFAULT)
        return 1;
    return p[page];
}
