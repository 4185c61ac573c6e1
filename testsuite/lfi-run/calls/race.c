/* One thread swaps a directory with a symbolic link that leads out, another walks through.
   SPDX-License-Identifier: Apache-2.0

   The file "out/secret" lies outside of what the box was given, "in/x/secret" inside.  */
#include "show.h"

static volatile int stop;

static void *swap(void *arg)
{
    const char *other = arg;
    while (!stop)
        syscall(SYS_renameat2, AT_FDCWD, "x", AT_FDCWD, other, 2);
    return NULL;
}

static int leaks(const char *path, int rounds)
{
    char buf[20];
    int seen = 0, opened = 0;
    for (int i = 0; i < rounds; i++) {
        int fd = open(path, O_RDONLY);
        if (fd < 0)
            continue;
        ssize_t n = read(fd, buf, sizeof buf);
        if (n >= 6 && memcmp(buf, "SECRET", 6) == 0)
            seen++;
        opened++;
        close(fd);
    }
    fprintf(stderr, "%s: opened %d of %d\n", path, opened, rounds);
    return seen;
}

/* A directory goes down and up while its ".." is followed.  */
static int moved(int rounds)
{
    int seen = 0;
    char buf[20];
    mkdir("a", 0700);
    mkdir("a/b", 0700);
    int d = open("a/b", O_RDONLY);
    for (int i = 0; i < rounds; i++) {
        rename(i & 1 ? "b" : "a/b", i & 1 ? "a/b" : "b");
        int fd = openat(d, "../../secret", O_RDONLY);
        if (fd < 0)
            continue;
        if (read(fd, buf, sizeof buf) >= 6 && memcmp(buf, "SECRET", 6) == 0)
            seen++;
        close(fd);
    }
    return seen;
}

int main(int argc, char **argv)
{
    pthread_t t;
    int rounds = argc > 1 ? atoi(argv[1]) : 1000, seen = 0;
    static const char *links[] = {"up", "abs", "dotdot"};
    for (int i = 0; i < 3; i++) {
        stop = 0;
        pthread_create(&t, NULL, swap, (void *)(uintptr_t)links[i]);
        seen += leaks("x/secret", rounds);
        seen += leaks("x/../../secret", rounds);
        stop = 1;
        pthread_join(t, NULL);
        struct stat st;
        if (lstat("x", &st) == 0 && S_ISLNK(st.st_mode))
            syscall(SYS_renameat2, AT_FDCWD, "x", AT_FDCWD, links[i], 2);
    }
    seen += moved(rounds);
    printf("%d leaks\n", seen);
    return seen != 0;
}
