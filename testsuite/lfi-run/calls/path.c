/* Calls on paths, in an empty directory.
   SPDX-License-Identifier: Apache-2.0  */
#include "show.h"

static void show_stat(const char *path, int flags)
{
    struct stat st = {0};
    int r = fstatat(AT_FDCWD, path, &st, flags);
    if (r)
        printf("stat %s: errno %d\n", path, errno);
    else
        printf("stat %s: mode %o size %lld nlink %d mine %d\n", path, st.st_mode,
               S_ISDIR(st.st_mode) ? 0LL : (long long)st.st_size,
               S_ISDIR(st.st_mode) ? 0 : (int)st.st_nlink, st.st_uid == getuid());
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void list(const char *path)
{
    char *names[100];
    int n = 0;
    DIR *d = opendir(path);
    if (!d) {
        printf("opendir %s: errno %d\n", path, errno);
        return;
    }
    for (struct dirent *e; (e = readdir(d)) && n < 100;) {
        names[n] = malloc(300);
        snprintf(names[n++], 300, "%s%s", e->d_name, e->d_type == DT_DIR   ? "/"
                                                     : e->d_type == DT_LNK ? "@"
                                                                           : "");
    }
    closedir(d);
    qsort(names, n, sizeof *names, by_name);
    printf("%s:", path);
    for (int i = 0; i < n; i++)
        printf(" %s", names[i]);
    printf("\n");
}

static void make(const char *path)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0666);
    if (fd < 0) {
        printf("create %s: errno %d\n", path, errno);
        return;
    }
    write(fd, path, strlen(path));
    close(fd);
}

static void directories(void)
{
    SHOW(mkdir("d", 0777));
    SHOW(mkdir("d", 0777));
    SHOW(mkdir("d/e/", 0700));
    SHOW(mkdir("x/y", 0700));
    make("d/f");
    SHOW(mkdir("d/f/g", 0700));
    make("d/");
    make("new/");
    list(".");
    list("d");
    list("d/f");
    list("missing");
    SHOW(rmdir("d"));
    SHOW(rmdir("d/f"));
    SHOW(unlink("d/e"));
    SHOW(unlink("d/f/"));
    SHOW(rmdir("d/e/"));
    SHOW(rmdir("."));
    SHOW(unlink("."));
    SHOW(unlink(""));
    show_stat("d", 0);
    show_stat("d/.", 0);
    show_stat("d/../d/f", 0);
    show_stat("d/f/", 0);
    show_stat("./d//f", 0);
    show_stat("missing/../d", 0);
    umask(027);
    SHOW(mkdir("u", 0777));
    make("u/v");
    show_stat("u", 0);
    show_stat("u/v", 0);
    printf("umask %o\n", umask(022));
}

static void links(void)
{
    char buf[100] = {0};
    SHOW(symlink("f", "d/l"));
    SHOW(symlink("d", "ld"));
    SHOW(symlink("loop", "loop"));
    SHOW(symlink("nowhere", "dangling"));
    SHOW(symlink("", "empty"));
    SHOW(symlink("x", "d"));
    SHOW(symlink("x", "slash/"));
    show_stat("d/l", 0);
    show_stat("d/l", AT_SYMLINK_NOFOLLOW);
    show_stat("ld", AT_SYMLINK_NOFOLLOW);
    show_stat("ld/", AT_SYMLINK_NOFOLLOW);
    show_stat("ld/f", 0);
    show_stat("ld/l", 0);
    show_stat("ld/../ld/f", 0);
    show_stat("loop", 0);
    show_stat("loop/x", 0);
    show_stat("dangling", 0);
    show_stat("d/l/", 0);
    SHOW(readlink("d/l", buf, sizeof buf));
    SHOW(readlink("dangling", buf, 3));
    printf("%.3s\n", buf);
    SHOW(readlink("d", buf, sizeof buf));
    SHOW(readlink("missing", buf, sizeof buf));
    SHOW(mkdir("dangling", 0700));
    SHOW(mkdir("ld/", 0700));
    SHOW(rmdir("ld/"));
    SHOW(unlink("ld/"));
    make("dangling");
    show_stat("nowhere", 0);
    SHOW(link("d/f", "hard"));
    SHOW(link("d/f", "hard"));
    SHOW(link("d", "harddir"));
    SHOW(link("missing", "hard2"));
    SHOW(link("d/l", "hardlink"));
    show_stat("hardlink", AT_SYMLINK_NOFOLLOW);
    SHOW(linkat(AT_FDCWD, "ld/l", AT_FDCWD, "hardfile", AT_SYMLINK_FOLLOW));
    show_stat("hardfile", AT_SYMLINK_NOFOLLOW);
    show_stat("hard", 0);
    SHOW(unlink("hard"));
    SHOW(unlink("hardfile"));
    SHOW(unlink("ld"));
    list(".");
}

static void renames(void)
{
    make("a");
    make("b");
    SHOW(mkdir("e1", 0700));
    SHOW(mkdir("e2", 0700));
    make("e2/x");
    SHOW(rename("a", "b"));
    SHOW(rename("a", "b"));
    SHOW(rename("b", "e1"));
    SHOW(rename("e1", "b"));
    SHOW(rename("e1", "e2"));
    SHOW(rename("e2", "e2/inside"));
    SHOW(rename("b", "c/"));
    SHOW(rename("b/", "c"));
    SHOW(rename("e1/", "e3/"));
    SHOW(rename("b", "missing/c"));
    SHOW(rename("dangling", "dangling2"));
    SHOW(syscall(SYS_renameat2, AT_FDCWD, "b", AT_FDCWD, "e2", 1));
    SHOW(syscall(SYS_renameat2, AT_FDCWD, "b", AT_FDCWD, "e2", 2));
    SHOW(syscall(SYS_renameat2, AT_FDCWD, "b", AT_FDCWD, "e2", 3));
    SHOW(syscall(SYS_renameat2, AT_FDCWD, "b", AT_FDCWD, "e2", 8));
    list(".");
    list("b");
}

static void attributes(void)
{
    struct timespec ts[2] = {{1000000000, 5}, {1100000000, 7}};
    struct stat st;
    make("t");
    SHOW(utimensat(AT_FDCWD, "t", ts, 0));
    SHOW(stat("t", &st));
    printf("%lld.%ld %lld.%ld\n", (long long)st.st_atime, st.st_atim.tv_nsec,
           (long long)st.st_mtime, st.st_mtim.tv_nsec);
    ts[0].tv_nsec = UTIME_OMIT;
    ts[1].tv_nsec = 1000000000;
    SHOW(utimensat(AT_FDCWD, "t", ts, 0));
    SHOW(utimensat(AT_FDCWD, "missing", NULL, 0));
    SHOW(utimensat(AT_FDCWD, "t", NULL, 0));
    SHOW(utimensat(AT_FDCWD, "t", NULL, 0x8000));
    SHOW(chmod("t", 0400));
    show_stat("t", 0);
    SHOW(chmod("missing", 0400));
    SHOW(chown("t", -1, -1));
    SHOW(chown("t", getuid(), -1));
    SHOW(chown("missing", -1, -1));
    SHOW(access("t", F_OK));
    SHOW(access("t", R_OK));
    SHOW(access("t", X_OK));
    SHOW(access("missing", F_OK));
    SHOW(access("t", 99));
    SHOW(faccessat(AT_FDCWD, "dangling2", F_OK, AT_SYMLINK_NOFOLLOW));
    SHOW(truncate("b", 2));
    SHOW(truncate("e2", 1));
    SHOW(truncate("missing", 2));
    SHOW(truncate("t", -1));
    show_stat("e2", 0);
    struct {
        uint32_t mask, blksize;
        uint64_t attributes;
        uint32_t nlink, uid, gid;
        uint16_t mode, pad;
        uint64_t ino, size, rest[26];
    } sx;
    SHOW(syscall(SYS_statx, AT_FDCWD, "t", 0, 0x7ff, &sx));
    printf("%o %lld %x %d\n", sx.mode, (long long)sx.size, sx.mask & 0x7ff, sx.uid == getuid());
    SHOW(syscall(SYS_statx, AT_FDCWD, "missing", 0, 0x7ff, &sx));
    SHOW(syscall(SYS_statx, AT_FDCWD, "t", 0x80000000, 0, &sx));
    SHOW(syscall(SYS_statx, AT_FDCWD, "t", 0, 0x80000000, &sx));
    struct statfs fs;
    SHOW(statfs(".", &fs));
    TRUE(fs.f_bsize > 0 && fs.f_namelen == 255);
    SHOW(statfs("missing", &fs));
    SHOW(statfs("b", &fs));
    SHOW(statfs("b/", &fs));
    SHOW(statfs("e2/", &fs));
}

static void at_descriptors(void)
{
    int d, f;
    char buf[10];
    struct stat st;
    SHOW(d = open("d", O_RDONLY | O_DIRECTORY));
    SHOW(f = openat(d, "f", O_RDONLY));
    SHOW(read(f, buf, 10));
    SHOW(read(d, buf, 10));
    SHOW(fstatat(d, "f", &st, 0));
    SHOW(fstatat(d, "../d/f", &st, 0));
    SHOW(fstatat(d, "../t", &st, 0));
    SHOW(fstatat(f, "x", &st, 0));
    SHOW(fstatat(f, "", &st, AT_EMPTY_PATH));
    SHOW(fstatat(d, "", &st, AT_EMPTY_PATH));
    SHOW(fstatat(d, "", &st, 0));
    SHOW(fstatat(99, "x", &st, 0));
    SHOW(fstatat(99, "", &st, AT_EMPTY_PATH));
    SHOW(fstatat(d, "f", &st, 0x40000));
    SHOW(mkdirat(d, "sub", 0700));
    SHOW(renameat(d, "sub", AT_FDCWD, "sub"));
    SHOW(rename("d", "renamed"));
    SHOW(fstatat(d, "f", &st, 0));
    SHOW(fstatat(d, "../renamed/f", &st, 0));
    SHOW(fchdir(d));
    SHOW(fstatat(AT_FDCWD, "f", &st, 0));
    SHOW(chdir(".."));
    SHOW(fchdir(f));
    SHOW(fchdir(99));
    SHOW(chdir("t"));
    SHOW(chdir("missing"));
    SHOW(chdir("renamed"));
    show_stat("f", 0);
    show_stat("../t", 0);
    char *cwd = getcwd(NULL, 0);
    printf("in %s\n", cwd ? strrchr(cwd, '/') : "?");
    SHOW(getcwd(buf, 3) == NULL);
    SHOW(chdir("../sub"));
    SHOW(rmdir("../sub"));
    SHOW(getcwd(NULL, 0) == NULL);
    SHOW(open("x", O_CREAT | O_WRONLY, 0600));
    SHOW(close(d));
    SHOW(close(f));
}

static void names(void)
{
    char name[300];
    memset(name, 'n', sizeof name);
    name[255] = 0;
    make(name);
    show_stat(name, 0);
    name[255] = 'n';
    name[256] = 0;
    make(name);
    static char path[5000];
    for (int i = 0; i < 4094; i += 2)
        memcpy(path + i, "./", 2);
    path[4094] = 'd';
    SHOW(access(path, F_OK));
    path[4095] = 'x';
    SHOW(access(path, F_OK));
    SHOW(mkdir("\xff\x01 \n", 0700));
    SHOW(rmdir("\xff\x01 \n"));
}

/* More often than there are descriptors: none is left behind.  */
static void many(void)
{
    int bad = 0;
    for (int i = 0; i < 3000; i++) {
        int d = open(".", O_RDONLY | O_DIRECTORY);
        bad += faccessat(d, ".", F_OK, 0) != 0;
        bad += close(d) != 0;
    }
    SHOW(bad);
}

int main(void)
{
    setvbuf(stdout, NULL, _IOFBF, 65536);
    directories();
    links();
    renames();
    attributes();
    names();
    at_descriptors();
    many();
    return 0;
}
