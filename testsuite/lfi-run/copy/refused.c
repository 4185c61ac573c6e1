/* Programs that are not copied: WHAT says why.
   SPDX-License-Identifier: Apache-2.0  */
#define _GNU_SOURCE
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/signalfd.h>
#include <unistd.h>

void (*volatile copy_point)(int);

static int ends[2];

static void *wait_for_end(void *arg)
{
    char c;
    return read(ends[0], &c, 1) == 1 ? arg : NULL;
}

int main(int argc, char **argv)
{
    sigset_t set;
    pthread_t thread;
    int fd = -1;
    if (argc != 2 || pipe(ends) != 0)
        return 1;
    sigemptyset(&set);
    if (strcmp(argv[1], "epoll") == 0)
        fd = epoll_create1(0);
    else if (strcmp(argv[1], "signalfd") == 0)
        fd = signalfd(-1, &set, 0);
    else if (strcmp(argv[1], "memfd") == 0)
        fd = memfd_create("file", 0);
    else if (pthread_create(&thread, NULL, wait_for_end, &set) == 0)
        fd = 0;
    if (fd < 0)
        return 2;
    copy_point(0);
    if (fd)
        return 0;
    return write(ends[1], "", 1) != 1 || pthread_join(thread, NULL) != 0;
}
