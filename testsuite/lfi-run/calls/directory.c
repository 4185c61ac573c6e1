/* Directories with many entries, links, FIFOs, times: paths beyond path.c.
   SPDX-License-Identifier: Apache-2.0  */
#include "show.h"

enum { ENTRIES = 3000 };

static void name_of(char out[64], int i)
{
    snprintf(out, 64, "big/entry-%05d-%.*s", i, i % 40, "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx");
}

static int listed(const char *path, size_t room)
{
    static char seen[ENTRIES], buf[70000];
    int n = 0, again = 0, fd = open(path, O_RDONLY | O_DIRECTORY);
    memset(seen, 0, sizeof seen);
    for (;;) {
        long len = syscall(SYS_getdents64, fd, buf, room);
        if (len <= 0)
            break;
        for (long at = 0; at < len;) {
            struct {
                uint64_t ino, off;
                uint16_t reclen;
                uint8_t type;
                char name[];
            } *d = (void *)(buf + at);
            int i;
            if (sscanf(d->name, "entry-%d-", &i) == 1 && i >= 0 && i < ENTRIES) {
                again += seen[i];
                seen[i] = 1;
                n++;
            }
            at += d->reclen;
        }
    }
    close(fd);
    return again ? -again : n;
}

static void many_entries(void)
{
    char name[64];
    int failed = 0;
    SHOW(mkdir("big", 0700));
    for (int i = 0; i < ENTRIES; i++) {
        name_of(name, i);
        int fd = open(name, O_WRONLY | O_CREAT | O_EXCL, 0600);
        failed += fd < 0;
        close(fd);
    }
    SHOW(failed);
    SHOW(listed("big", 65536));
    SHOW(listed("big", 1000));
    SHOW(listed("big", 100));
    /* telldir and seekdir.  */
    DIR *d = opendir("big");
    for (int i = 0; i < 1000; i++)
        readdir(d);
    long at = telldir(d);
    char next[256];
    strcpy(next, readdir(d)->d_name);
    rewinddir(d);
    seekdir(d, at);
    TRUE(strcmp(next, readdir(d)->d_name) == 0);
    closedir(d);
    SHOW(rmdir("big"));
    for (int i = 0; i < ENTRIES; i++) {
        name_of(name, i);
        failed += unlink(name) != 0;
    }
    SHOW(failed);
    SHOW(listed("big", 65536));
    SHOW(rmdir("big"));
}

static void deep(void)
{
    char path[4096] = "";
    int n = 0;
    SHOW(mkdir("deep", 0700));
    SHOW(chdir("deep"));
    for (; n < 100; n++)
        if (mkdir("d", 0700) != 0 || chdir("d") != 0)
            break;
    SHOW(n);
    for (int i = 0; i < 100; i++)
        strcat(path, "../");
    struct stat a, b;
    SHOW(stat(path, &a));
    for (int i = 0; i < 100; i++)
        if (chdir("..") != 0 || rmdir("d") != 0)
            printf("at %d: errno %d\n", i, errno);
    SHOW(stat(".", &b));
    TRUE(a.st_ino == b.st_ino);
    SHOW(chdir(".."));
    SHOW(rmdir("deep"));
}

static void nodes(void)
{
    struct stat st;
    char buf[10];
    SHOW(mkfifo("fifo", 0640));
    SHOW(mkfifo("fifo", 0640));
    SHOW(mkfifo("missing/fifo", 0640));
    SHOW(stat("fifo", &st));
    printf("%o\n", st.st_mode);
    int r = open("fifo", O_RDONLY | O_NONBLOCK);
    int w = open("fifo", O_WRONLY | O_NONBLOCK);
    SHOW(write(w, "through", 7));
    SHOW(read(r, buf, sizeof buf));
    close(w);
    SHOW(read(r, buf, sizeof buf));
    close(r);
    SHOW(open("fifo", O_WRONLY | O_NONBLOCK));
    SHOW(mknod("plain", 0600, 0));
    SHOW(mknod("plain2", S_IFREG | 0600, 0));
    SHOW(mknod("plain/", S_IFREG | 0600, 0));
    SHOW(mknod("new/", S_IFREG | 0600, 0));
    SHOW(mknod("odd", 0170600, 0));
    SHOW(mknod("directory", S_IFDIR | 0600, 0));
    SHOW(stat("plain2", &st));
    printf("%o %lld\n", st.st_mode, (long long)st.st_size);
    SHOW(unlink("fifo"));
    SHOW(unlink("plain"));
    SHOW(unlink("plain2"));
}

static void show_times(const char *path, int flags)
{
    struct stat st;
    if (fstatat(AT_FDCWD, path, &st, flags) != 0)
        printf("%s: errno %d\n", path, errno);
    else
        printf("%s: %lld.%09ld %lld.%09ld\n", path, (long long)st.st_atime, st.st_atim.tv_nsec,
               (long long)st.st_mtime, st.st_mtim.tv_nsec);
}

static void times_of(void)
{
    struct timespec ts[2] = {{1000, 1}, {2000, 999999999}};
    int fd = open("t", O_RDWR | O_CREAT, 0600);
    symlink("t", "tl");
    SHOW(futimens(fd, ts));
    show_times("t", 0);
    ts[0].tv_sec = 3000;
    ts[1].tv_nsec = UTIME_OMIT;
    SHOW(utimensat(AT_FDCWD, "tl", ts, 0));
    show_times("t", 0);
    ts[0].tv_sec = -5;
    ts[1] = (struct timespec){4000, 0};
    SHOW(utimensat(AT_FDCWD, "tl", ts, AT_SYMLINK_NOFOLLOW));
    show_times("tl", AT_SYMLINK_NOFOLLOW);
    show_times("t", 0);
    ts[1].tv_nsec = -1;
    SHOW(futimens(fd, ts));
    ts[0].tv_nsec = ts[1].tv_nsec = UTIME_OMIT;
    SHOW(utimensat(AT_FDCWD, "missing", ts, 0));
    ts[0].tv_nsec = UTIME_NOW;
    SHOW(utimensat(AT_FDCWD, "missing", ts, 0));
    SHOW(utimensat(AT_FDCWD, "t", ts, 0));
    SHOW(futimens(99, ts));
    SHOW(syscall(SYS_utimensat, AT_FDCWD, NULL, NULL, 0));
    close(fd);
    struct stat before, after;
    stat("t", &before);
    SHOW(truncate("t", 10));
    stat("t", &after);
    TRUE(after.st_mtime >= before.st_mtime && after.st_size == 10);
    SHOW(unlink("tl"));
    SHOW(unlink("t"));
}

/* An object whose name is gone lives on.  */
static void removed(void)
{
    char buf[20];
    struct stat st;
    int fd = open("gone", O_RDWR | O_CREAT, 0600);
    write(fd, "still here", 10);
    SHOW(link("gone", "other"));
    SHOW(fstat(fd, &st));
    SHOW(st.st_nlink);
    SHOW(unlink("gone"));
    SHOW(unlink("other"));
    SHOW(fstat(fd, &st));
    SHOW(st.st_nlink);
    SHOW(pread(fd, buf, 20, 0));
    SHOW(open("gone", O_RDONLY));
    close(fd);
    /* Renamed over while it is open.  */
    fd = open("old", O_RDWR | O_CREAT, 0600);
    write(fd, "old", 3);
    int fd2 = open("new", O_RDWR | O_CREAT, 0600);
    write(fd2, "new", 3);
    SHOW(rename("new", "old"));
    SHOW(pread(fd, buf, 3, 0));
    printf("%.3s\n", buf);
    close(fd);
    fd = open("old", O_RDONLY);
    SHOW(read(fd, buf, 3));
    printf("%.3s\n", buf);
    close(fd);
    close(fd2);
    SHOW(unlink("old"));
    fd = open(".", O_TMPFILE | O_RDWR, 0600);
    if (fd >= 0)
        SHOW(write(fd, "x", 1));
    close(fd);
}

/* statx, all that it says of an object, beside what stat says.  */
static void more_stat(void)
{
    struct timestamp {
        int64_t sec;
        uint32_t nsec, pad;
    };
    struct {
        uint32_t mask, blksize;
        uint64_t attributes;
        uint32_t nlink, uid, gid;
        uint16_t mode, pad0;
        uint64_t ino, size, blocks, attributes_mask;
        struct timestamp atime, btime, ctime, mtime;
        uint32_t rdev_major, rdev_minor, dev_major, dev_minor;
        uint64_t more[14];
    } x, y;
    struct stat st;
    int fd = open("s", O_RDWR | O_CREAT, 0640);
    write(fd, "12345", 5);
    symlink("s", "sl");
    SHOW(syscall(SYS_statx, AT_FDCWD, "s", 0, 0xfff, &x));
    SHOW(stat("s", &st));
    TRUE(x.ino == st.st_ino && x.mode == st.st_mode && x.size == 5 && x.nlink == 1);
    TRUE(x.uid == st.st_uid && x.gid == st.st_gid && (int64_t)x.blocks == st.st_blocks);
    TRUE(x.mtime.sec == st.st_mtime && (long)x.mtime.nsec == st.st_mtim.tv_nsec);
    TRUE(x.atime.sec == st.st_atime && x.ctime.sec == st.st_ctime);
    TRUE(!(x.mask & 0x800) || (x.btime.sec > 1600000000 && x.btime.sec <= x.ctime.sec));
    TRUE((x.mask & 0x7ff) == 0x7ff);
    SHOW(syscall(SYS_statx, fd, "", AT_EMPTY_PATH, 0x7ff, &y));
    TRUE(y.ino == x.ino && y.size == 5);
    SHOW(syscall(SYS_statx, AT_FDCWD, "sl", AT_SYMLINK_NOFOLLOW, 0x7ff, &y));
    TRUE(S_ISLNK(y.mode) && y.ino != x.ino && y.size == 1);
    SHOW(syscall(SYS_statx, AT_FDCWD, "sl", 0x2000, 0, &y)); /* AT_STATX_FORCE_SYNC */
    TRUE(y.ino == x.ino);
    SHOW(syscall(SYS_statx, AT_FDCWD, "", 0, 0x7ff, &y));
    SHOW(syscall(SYS_statx, AT_FDCWD, "", AT_EMPTY_PATH, 0x7ff, &y));
    TRUE(S_ISDIR(y.mode));
    SHOW(syscall(SYS_statx, AT_FDCWD, "s/", 0, 0x7ff, &y));
    SHOW(syscall(SYS_statx, AT_FDCWD, "s", 0x6000, 0x7ff, &y));
    SHOW(syscall(SYS_statx, 99, "s", 0, 0x7ff, &y));
    SHOW(syscall(SYS_statx, fd, "s", 0, 0x7ff, &y));
    SHOW(syscall(SYS_statx, AT_FDCWD, "/dev/null", 0, 0x7ff, &y));
    TRUE(S_ISCHR(y.mode) && y.rdev_major == 1 && y.rdev_minor == 3);
    close(fd);
    SHOW(unlink("s"));
    SHOW(unlink("sl"));
}

static void more_access(void)
{
    int fd = open("a", O_RDWR | O_CREAT, 0600);
    enum { FACCESSAT2 = 439 };
    SHOW(syscall(FACCESSAT2, AT_FDCWD, "a", R_OK | W_OK, 0));
    SHOW(syscall(FACCESSAT2, AT_FDCWD, "missing", R_OK, 0));
    SHOW(syscall(FACCESSAT2, AT_FDCWD, "a", R_OK, AT_EACCESS));
    SHOW(syscall(FACCESSAT2, AT_FDCWD, "a", R_OK, 0x10));
    SHOW(syscall(FACCESSAT2, AT_FDCWD, "a", 8, 0));
    SHOW(syscall(FACCESSAT2, fd, "", R_OK, AT_EMPTY_PATH));
    SHOW(syscall(FACCESSAT2, fd, "", R_OK, 0));
    SHOW(fchmodat(AT_FDCWD, "a", 0400, 0));
    SHOW(fchownat(AT_FDCWD, "a", -1, -1, 0));
    SHOW(fchownat(fd, "", -1, -1, AT_EMPTY_PATH));
    SHOW(fchownat(AT_FDCWD, "missing", -1, -1, 0));
    SHOW(fchownat(AT_FDCWD, "a", -1, -1, 0x40));
    SHOW(unlink("a"));
    close(fd);
}

int main(void)
{
    setvbuf(stdout, NULL, _IOFBF, 65536);
    many_entries();
    deep();
    nodes();
    times_of();
    removed();
    more_stat();
    more_access();
    return 0;
}
