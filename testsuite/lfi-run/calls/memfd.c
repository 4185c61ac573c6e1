/* Files in memory, and attributes of files.
   SPDX-License-Identifier: Apache-2.0  */
#include "show.h"
#include <sys/xattr.h>

#ifndef F_ADD_SEALS
#define F_ADD_SEALS 1033
#define F_GET_SEALS 1034
#endif

static char buf[1 << 20];

static void memory(void)
{
    char name[300];
    struct stat st;
    int f = (int)syscall(SYS_memfd_create, "name", 0), g = (int)syscall(SYS_memfd_create, "", 3);
    SHOW(fcntl(f, F_GETFD));
    SHOW(fcntl(g, F_GETFD));
    SHOW(write(f, "hello", 5));
    SHOW(pwrite(f, "x", 1, 100000));
    SHOW(fstat(f, &st));
    SHOW(st.st_size);
    SHOW(S_ISREG(st.st_mode));
    BOX((st.st_mode & 0111) == 0);
    SHOW(lseek(f, 0, SEEK_SET));
    SHOW(read(f, buf, 5));
    SHOW(ftruncate(f, 10));
    SHOW(fallocate(f, 0, 0, 5000));
    SHOW(fcntl(f, F_GET_SEALS));
    SHOW(fcntl(f, F_ADD_SEALS, 2));
    SHOW(fcntl(g, F_GET_SEALS));
    char *m = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, f, 0);
    TRUE(m != MAP_FAILED && memcmp(m, "hello", 5) == 0);
    m[0] = 'j';
    SHOW(pread(f, buf, 5, 0));
    TRUE(memcmp(buf, "jello", 5) == 0);
    BOX(mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_SHARED, f, 0) == MAP_FAILED);
    BOX(mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE, f, 0) == MAP_FAILED);
    BOX(mprotect(m, 4096, PROT_READ | PROT_EXEC) == -1);
    munmap(m, 4096);
    SHOW(write(g, buf, 1000));
    SHOW(fcntl(g, F_ADD_SEALS, 4));
    SHOW(write(g, buf, 1));
    SHOW(ftruncate(g, 2000));
    SHOW(ftruncate(g, 500));
    SHOW(fcntl(g, F_ADD_SEALS, 1 | 2 | 8));
    SHOW(fcntl(g, F_GET_SEALS));
    SHOW(pwrite(g, buf, 1, 0));
    SHOW(fcntl(g, F_ADD_SEALS, 16));
    SHOW(fcntl(0, F_GET_SEALS));
    memset(name, 'a', sizeof name);
    name[250] = 0;
    SHOW(syscall(SYS_memfd_create, name, 0));
    name[249] = 0;
    SHOW(close((int)syscall(SYS_memfd_create, name, 0)));
    SHOW(syscall(SYS_memfd_create, "x", 0x100));
    SHOW(syscall(SYS_memfd_create, "x", 0x18));
    SHOW(syscall(SYS_memfd_create, 8, 0));
    BOX(syscall(SYS_memfd_create, "x", 16) == -1 && errno == EACCES);
    close(f);
    close(g);
}

/* How much of a file in memory can be written, in the three ways; and again when it is gone.  */
static void full(void)
{
    for (int way = 0; way < 4; way++) {
        int f = (int)syscall(SYS_memfd_create, "full", 0);
        long n = 0, r = 1;
        if (way == 0)
            while ((r = write(f, buf, sizeof buf)) > 0)
                n += r;
        if (way == 1)
            while ((r = fallocate(f, 0, n, sizeof buf)) == 0)
                n += sizeof buf;
        if (way == 2) {
            ftruncate(f, 1 << 30);
            r = mmap(NULL, 512 << 20, PROT_READ, MAP_SHARED, f, 0) == MAP_FAILED ? -1 : 0;
        }
        if (way == 3)
            for (; n < 2000 && r == 1; n++)
                r = write(f, "x", 1);
        printf("%ld MiB, %ld, errno %d\n", n >> 20, way == 3 ? n : r, r < 0 ? errno : 0);
        close(f);
    }
}

static void attributes(const char *path)
{
    static const char *const names[] = {"user.one", "user.none", "user.", "", "security.selinux",
                                        "trusted.x", "other.x"};
    int f = open(path, O_RDONLY), p = open(path, O_PATH);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        printf("%s\n", names[i]);
        if (i != 4 && i != 5) {
            SHOW(getxattr(path, names[i], buf, 100));
            SHOW(fgetxattr(f, names[i], buf, 100));
        } else {
            BOX(getxattr(path, names[i], buf, 100) == -1 && errno == ENODATA);
            BOX(fgetxattr(f, names[i], buf, 100) == -1 && errno == ENODATA);
        }
    }
    SHOW(getxattr(path, "user.one", buf, 0));
    SHOW(getxattr(path, "user.one", buf, 2));
    SHOW(getxattr(path, "user.one", (void *)8, 10));
    SHOW(getxattr(path, "user.one", buf, 100));
    printf("%.5s\n", buf);
    SHOW(getxattr("nothing", "user.one", buf, 100));
    SHOW(getxattr("link", "user.one", buf, 100));
    SHOW(lgetxattr("link", "user.one", buf, 100) == -1);
    SHOW(lgetxattr(path, "user.one", buf, 100));
    SHOW(fgetxattr(p, "user.one", buf, 100));
    SHOW(fgetxattr(99, "user.one", buf, 100));
    SHOW(listxattr("nothing", buf, 100));
    SHOW(listxattr("link", buf, 100));
    SHOW(llistxattr("nothing", buf, 100));
    SHOW(llistxattr(path, buf, 100));
    SHOW(flistxattr(p, buf, 100));
    SHOW(flistxattr(f, NULL, 0));
    SHOW(flistxattr(f, buf, 3));
    SHOW(flistxattr(f, (void *)8, 100));
    SHOW(flistxattr(f, buf, 100));
    printf("%s %s\n", buf, buf + strlen(buf) + 1);
}

int main(int argc, char **argv)
{
    setvbuf(stdout, NULL, _IOFBF, 65536);
    if (argc == 2 && strcmp(argv[1], "full") == 0)
        full();
    else if (argc == 2)
        attributes(argv[1]);
    else
        memory();
    return 0;
}
