/* Open files by name: /proc/self/fd, /dev/fd and what leads there.
   SPDX-License-Identifier: Apache-2.0  */
#include "show.h"

static char name[100], text[4200];

static const char *fd_name(const char *dir, int fd, const char *rest)
{
    snprintf(name, sizeof name, "%s/%d%s", dir, fd, rest);
    return name;
}

static const char *link_of(const char *path)
{
    ssize_t n = readlink(path, text, sizeof text - 1);
    text[n < 0 ? 0 : n] = 0;
    return text;
}

static int listed(const char *dir, int fd)
{
    int found = 0;
    DIR *d = opendir(dir);
    for (struct dirent *e; d && (e = readdir(d));)
        found += atoi(e->d_name) == fd && e->d_name[0] != '.' && e->d_type == DT_LNK;
    if (d)
        closedir(d);
    return found;
}

int main(void)
{
    char cwd[4096];
    struct stat a, b;
    int p[2], file, dir, again;
    setvbuf(stdout, NULL, _IOFBF, 65536);
    file = open("file", O_RDWR | O_CREAT, 0600);
    dir = open(".", O_RDONLY);
    pipe(p);
    write(file, "0123456789", 10);
    getcwd(cwd, sizeof cwd);
    SHOW(listed("/proc/self/fd", file));
    SHOW(listed("/dev/fd", p[1]));
    SHOW(listed("/proc/self/fd", 900));
    TRUE(strcmp(link_of(fd_name("/proc/self/fd", dir, "")), cwd) == 0);
    TRUE(strncmp(link_of(fd_name("/proc/self/fd", file, "")), cwd, strlen(cwd)) == 0);
    TRUE(strcmp(strrchr(text, '/'), "/file") == 0);
    TRUE(strncmp(link_of(fd_name("/dev/fd", p[0], "")), "pipe:[", 6) == 0);
    TRUE(strcmp(link_of("/proc/self/fd/0"), "/dev/null") == 0);
    TRUE(strcmp(link_of("/dev/stdin"), "/proc/self/fd/0") == 0);
    TRUE(strcmp(link_of("/dev/fd"), "/proc/self/fd") == 0);
    TRUE(strstr(link_of("/proc/self/exe"), "proc") != NULL);
    SHOW(readlink(fd_name("/proc/self/fd", 900, ""), text, 100));
    SHOW(readlink("/proc/self/fd", text, 100));
    SHOW(stat(fd_name("/proc/self/fd", file, ""), &a));
    SHOW(fstat(file, &b));
    TRUE(a.st_ino == b.st_ino && a.st_dev == b.st_dev);
    SHOW(lstat(name, &a));
    SHOW(S_ISLNK(a.st_mode));
    SHOW(access(name, F_OK));
    SHOW(access(fd_name("/dev/fd", 900, ""), F_OK));
    again = open(fd_name("/dev/fd", file, ""), O_RDONLY);
    SHOW(again > file);
    SHOW(pread(again, text, 10, 0));
    SHOW(open(name, O_RDONLY | O_NOFOLLOW));
    SHOW(open(name, O_RDWR | O_CREAT | O_EXCL, 0600));
    SHOW(open(name, O_RDONLY | O_DIRECTORY));
    SHOW(open(fd_name("/dev/fd", 900, ""), O_RDONLY));
    SHOW(open(fd_name("/dev/fd", file, "/x"), O_RDONLY));
    SHOW(open(fd_name("/dev/fd", file, "/"), O_RDONLY));
    SHOW(truncate(fd_name("/proc/self/fd", file, ""), 4));
    SHOW(lseek(file, 0, SEEK_END));
    again = open(fd_name("/proc/self/fd", p[1], ""), O_WRONLY);
    SHOW(write(again, "through", 7));
    SHOW(read(p[0], text, 100));
    /* A pipe's end is what it is; on Linux it can be opened as the other.  */
    BOX(open(fd_name("/proc/self/fd", p[0], ""), O_WRONLY) == -1 && errno == EACCES);
    again = open(fd_name("/proc/self/fd", dir, "/file"), O_RDONLY);
    SHOW(again > 0);
    SHOW(fstat(again, &a));
    TRUE(a.st_ino == b.st_ino);
    SHOW(open(fd_name("/proc/self/fd", dir, "/nothing"), O_RDONLY));
    SHOW(chdir("/proc/self"));
    SHOW(chdir(fd_name("fd", dir, "")));
    TRUE(strcmp(getcwd(text, sizeof text), cwd) == 0);
    again = open("/dev/stdout", O_WRONLY | O_CREAT | O_APPEND, 0600);
    SHOW(again > 0);
    SHOW(write(again, "", 0));
    return 0;
}
