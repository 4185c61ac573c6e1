/* Resolves many paths twice, by openat2 and by the walk, on the host itself: both must give the
   same object or the same error.
   SPDX-License-Identifier: Apache-2.0

   The resolver does not depend on the architecture of boxes, but the headers of the layer do; what
   it needs of them is declared here, so that this runs natively on every host.  */
#include "config.h"

#define LFI_ARCH_H
#define LFI_LINUX_ABI_H
#include <stdint.h>
#define BOX_NSIG 64
#define BOX_RLIM_NLIMITS 16
struct box_sigaction {
    uint64_t words[4];
};
struct box_rlimit {
    uint64_t cur, max;
};
struct box_stack {
    uint64_t words[3];
};
struct box_siginfo {
    uint64_t words[16];
};
struct box_stat;
struct box_timespec;
struct box_sockaddr;
#define SYS
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

/* Links as no file system of Linux has them: what a failure of the host could bring.  */
static enum { LINK_REAL, LINK_LONG, LINK_EMPTY, LINK_BROKEN } link_mode;

static ssize_t any_readlinkat(int dir, const char *name, char *buf, size_t size)
{
    if (link_mode == LINK_REAL)
        return readlinkat(dir, name, buf, size);
    errno = link_mode == LINK_BROKEN ? EIO : 0;
    memset(buf, 'x', size);
    return link_mode == LINK_LONG ? (ssize_t)size : link_mode == LINK_EMPTY ? 0 : -1;
}

/* Memory that ends after so many blocks.  */
static unsigned blocks_left = 1000000;

static void *any_calloc(size_t n, size_t size)
{
    return blocks_left && blocks_left-- ? calloc(n, size) : NULL;
}

static char *any_strdup(const char *text)
{
    return blocks_left && blocks_left-- ? strdup(text) : NULL;
}

#define readlinkat any_readlinkat
#define calloc any_calloc
#undef strdup
#define strdup any_strdup
#include "liblfi/linux/path.c"
#undef readlinkat
#undef calloc
#undef strdup

/* What path.c calls of the rest.  */
struct file bad_file = {.refs = 1, .kind = FILE_TREE, .host = -1};

static int failure;
static const char *failure_text;

bool lx_fail(int code, const char *fmt, ...)
{
    failure_text = fmt;
    failure = code;
    return false;
}

struct file *fd_get(struct LFILinuxProc *p, int fd)
{
    (void)p;
    (void)fd;
    return NULL;
}

void file_hold(struct file *f)
{
    f->refs++;
}

void file_drop(struct file *f)
{
    f->refs--;
}

static int differences, paths;
static ino_t secret;

enum { ANSWER = LX_PATH_MAX + 400 };

/* One line that says all about an answer.  */
static void describe(struct LFILinuxProc *p, struct file *dir, const char *path, enum follow mode,
                     char out[ANSWER])
{
    struct where w;
    struct stat st, parent = {0};
    long err = where_resolve(p, dir, path, mode, &w);
    if (err) {
        sprintf(out, "error %ld", err);
        return;
    }
    long r = where_stat(&w, &st);
    if (r)
        st.st_ino = 0;
    if (st.st_ino == secret) {
        differences++;
        printf("%s leads out\n", path);
    }
    if (w.kind == WHERE_HOST)
        fstat(w.dir, &parent);
    sprintf(out, "kind %d in %ld %s: %ld %lu at %s", (int)w.kind, (long)parent.st_ino, w.name, r,
            (unsigned long)st.st_ino, w.path);
    where_done(&w);
}

static void compare(struct LFILinuxProc *p, struct file *dir, const char *path)
{
    char fast[ANSWER], slow[ANSWER];
    for (int mode = FOLLOW_NEVER; mode <= FOLLOW_LAST; mode++) {
        p->lx->no_openat2 = false;
        describe(p, dir, path, (enum follow)mode, fast);
        bool used = !p->lx->no_openat2;
        p->lx->no_openat2 = true;
        describe(p, dir, path, (enum follow)mode, slow);
        paths++;
        if (!used) {
            printf("openat2 does not work here\n");
            exit(77);
        }
        if (strcmp(fast, slow) != 0) {
            differences++;
            printf("%s (mode %d)\n  openat2: %s\n  walk:    %s\n", path, mode, fast, slow);
        }
    }
}

static void make_tree(const char *top)
{
    static const char *dirs[] = {"in",      "in/d",    "in/d/e",        "in/d/e/f", "in/sub",
                                 "in/dev",  "other",   "in/d/e/nested", "in/..x",   "in/.y",
                                 "in/d/z.", "in/d/.y", ":ro",           ":rw"};
    static const char *files[] = {"in/file",      "in/d/file",     "in/d/e/f/file",
                                  "other/file",   "SECRET",        "in/d/e/nested/hidden",
                                  "in/dev/null",  "in/dev/hidden", "in/..x/file",
                                  "in/d/z./file", "in/.y/file"};
    static const char *links[][2] = {
        {"..", "in/up"},         {"../..", "in/d/up2"},        {"/", "in/root"},
        {"d/e", "in/de"},        {"/n/file", "in/n"},          {"loop", "in/loop"},
        {"../SECRET", "in/out"}, {"e/../file", "in/d/dotdot"}, {"/m/d/e/f/../..", "in/long"}};
    if (chdir(top) != 0)
        exit(1);
    for (size_t i = 0; i < sizeof dirs / sizeof *dirs; i++)
        if (mkdir(dirs[i], 0700) != 0)
            exit(1);
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        close(open(files[i], O_CREAT | O_WRONLY, 0600));
    for (size_t i = 0; i < sizeof links / sizeof *links; i++)
        if (symlink(links[i][0], links[i][1]) != 0)
            exit(1);
}

/* A path of random components; the same ones in every run.  */
static void random_path(char out[LX_PATH_MAX], uint32_t *seed)
{
    static const char *parts[] = {"m",      "n",      "d",      "e",      "f",    "file", "up",
                                  "up2",    "root",   "de",     "..",     "..",   ".",    "",
                                  "loop",   "out",    "sub",    "x",      "long", "dev",  "null",
                                  "SECRET", "dotdot", "nested", "hidden", "..x",  ".y",   "z."};
    size_t n = 0;
    *seed = *seed * 1103515245 + 12345;
    unsigned count = (*seed >> 16) % 9 + 1;
    out[0] = 0;
    if (*seed >> 30)
        n += (size_t)sprintf(out, "/m");
    for (unsigned i = 0; i < count; i++) {
        *seed = *seed * 1103515245 + 12345;
        const char *part = parts[(*seed >> 16) % (sizeof parts / sizeof *parts)];
        n += (size_t)sprintf(out + n, "%s%s", n || i ? "/" : "", part);
    }
}

static bool has_error(struct LFILinuxProc *p, struct file *dir, const char *path, long error)
{
    struct where w;
    long err = where_resolve(p, dir, path, FOLLOW_LAST, &w);
    if (!err)
        where_done(&w);
    return err == error;
}

/* Texts that become longer than a path may be.  */
static void lengths(struct LFILinuxProc *p, struct file *dir)
{
    static char path[LX_PATH_MAX], old[LX_PATH_MAX];
    strcpy(old, dir->path);
    for (int i = 0; i < LX_PATH_MAX - 10; i++)
        dir->path[i] = i % 200 ? 'n' : '/';
    dir->path[LX_PATH_MAX - 10] = 0;
    memset(path, 'x', LX_NAME_MAX + 1);
    bool ok = has_error(p, dir, path, -ENAMETOOLONG);
    path[LX_NAME_MAX] = 0;
    ok = ok && has_error(p, dir, path, -ENAMETOOLONG);
    ok = ok && has_error(p, dir, "y/..", -ENOENT);
    ok = ok && has_error(p, dir, "yyyyyyyyyy/file", -ENAMETOOLONG);
    strcpy(dir->path, old);
    memset(path, 'n', LX_PATH_MAX - 10);
    path[0] = '/';
    path[LX_PATH_MAX - 10] = 0;
    ok = ok && path_join(path, path, "12345678") && strlen(path) == LX_PATH_MAX - 1;
    path[LX_PATH_MAX - 10] = 0;
    ok = ok && !path_join(path, path, "123456789");
    /* Names that no buffer has room for.  */
    struct where w;
    memset(path, 'x', LX_PATH_MAX - 1);
    path[LX_PATH_MAX - 1] = 0;
    ok = ok && where_resolve(p, dir, path, FOLLOW_NEVER, &w) == -ENAMETOOLONG;
    path[LX_NAME_MAX + 1] = 0;
    ok = ok && where_resolve(p, dir, path, FOLLOW_NEVER, &w) == -ENAMETOOLONG;
    /* What a link leads to and what follows it.  */
    for (int i = 0; i < LX_PATH_MAX - 100; i += 2)
        memcpy(path + i, "./", 2);
    path[LX_PATH_MAX - 100] = 0;
    unlinkat(dir->host, "dots", 0);
    ok = ok && symlinkat(path, dir->host, "dots") == 0 && has_error(p, dir, "dots/f/file", 0);
    strcpy(path, "dots/");
    for (int i = 5; i < 205; i += 2)
        memcpy(path + i, "./", 2);
    path[205] = 0;
    ok = ok && has_error(p, dir, path, -ENAMETOOLONG);
    path[5] = 0;
    ok = ok && has_error(p, dir, path, 0) && has_error(p, dir, "dots", 0);
    /* The longest target that a link can have.  */
    static char target[LX_PATH_MAX];
    memset(target, '/', LX_PATH_MAX - 1);
    unlinkat(dir->host, "longest", 0);
    ok = ok && symlinkat(target, dir->host, "longest") == 0 && has_error(p, dir, "longest", 0)
         && has_error(p, dir, "longest/", -ENAMETOOLONG)
         && has_error(p, dir, "longest/x", -ENAMETOOLONG);
    target[LX_PATH_MAX - 3] = 0;
    unlinkat(dir->host, "longer", 0);
    ok = ok && symlinkat(target, dir->host, "longer") == 0 && has_error(p, dir, "longer/x", 0)
         && has_error(p, dir, "longer/xy", -ENAMETOOLONG);
    memset(path, 'x', LX_NAME_MAX);
    path[LX_NAME_MAX] = 0;
    ok = ok && has_error(p, dir, path, 0) && has_error(p, dir, "", -ENOENT);
    if (!ok) {
        differences++;
        printf("a path that is too long is not found out\n");
    }
}

/* Links that Linux cannot make, and how many may be followed: 40 of them, 4096 times out of a
   mapping.  */
static void links(struct LFILinuxProc *p, struct file *dir, const char *prefix)
{
    static char path[LX_PATH_MAX], name[3][3] = {"u0", "u1", "u2"};
    bool ok = true;
    for (int mode = LINK_LONG; mode <= LINK_BROKEN; mode++) {
        static const long error[] = {0, -ENAMETOOLONG, -ENOENT, -EIO};
        link_mode = mode;
        ok = ok && read_link(dir->host, "x", path) == error[mode];
        ok = ok && has_error(p, dir, "x", mode == LINK_EMPTY ? 0 : error[mode]);
    }
    link_mode = LINK_REAL;
    unlinkat(dir->host, "s", 0);
    ok = ok && symlinkat(".", dir->host, "s") == 0;
    path[0] = 0;
    for (int i = 0; i < 40; i++)
        strcat(path, "s/");
    ok = ok && has_error(p, dir, path, 0);
    strcat(path, "s/");
    ok = ok && has_error(p, dir, path, -ELOOP);
    for (int i = 0; i < 3; i++) {
        memcpy(path, "/", 2);
        for (int k = 0; k < 1300; k++)
            memcpy(path + 1 + 3 * k, "../", 4);
        sprintf(path + strlen(path), "%s%sd/e/%s", prefix + !!*prefix, *prefix ? "/" : "",
                i < 2 ? name[i + 1] : "f");
        unlinkat(dir->host, name[i], 0);
        ok = ok && symlinkat(path, dir->host, name[i]) == 0;
    }
    for (int extra = 196; extra <= 197; extra++) {
        memcpy(path, "/", 2);
        for (int k = 0; k < extra; k++)
            memcpy(path + 1 + 3 * k, "../", 4);
        sprintf(path + strlen(path), "%s%sd/e/u0/file", prefix + !!*prefix, *prefix ? "/" : "");
        ok = ok && has_error(p, dir, path, extra == 196 ? 0 : -ELOOP);
    }
    if (!ok) {
        differences++;
        printf("links are not followed as they should be\n");
    }
}

/* What is found holds on to where it was looked for, until where_done.  */
static void references(struct LFILinuxProc *p, struct file *dir)
{
    struct where w;
    struct file *old = p->cwd;
    p->cwd = dir;
    bool ok = where_resolve(p, NULL, "f/file", FOLLOW_LAST, &w) == 0 && dir->refs == 2;
    where_done(&w);
    ok = ok && dir->refs == 1 && where_file(p, NULL, &w) == 0 && dir->refs == 2;
    where_done(&w);
    ok = ok && dir->refs == 1 && where_file(p, &bad_file, &w) == -EBADF
         && where_resolve(p, &bad_file, "x", FOLLOW_LAST, &w) == -EBADF && bad_file.refs == 1;
    dir->dir = false;
    ok = ok && where_file(p, NULL, &w) == -ENOTDIR && dir->refs == 1;
    dir->dir = true;
    static char path[LX_PATH_MAX];
    ok = ok && dir_path(p, NULL, path) == 0 && strcmp(path, dir->path) == 0 && dir->refs == 1;
    /* Descriptors of objects, number 0 as well.  */
    int fd = device_open(0, O_RDONLY);
    close(fd);
    ok = ok && fd >= 0 && where_resolve(p, NULL, "f", FOLLOW_LAST, &w) == 0;
    fd = where_path_fd(&w);
    close(fd);
    ok = ok && fd >= 0;
    where_done(&w);
    p->cwd = old;
    if (!ok) {
        differences++;
        printf("a directory is not held while it is used\n");
    }
}

/* The look at an object after it was opened, when renames have put another one in its place.  */
static void forbidden(const struct mount *m)
{
    struct stat st;
    int here = open(".", O_PATH), proc = open("/proc", O_PATH);
    bool ok = fstat(here, &st) == 0 && !forbidden_object(here, &st, m);
    st.st_mode = S_IFCHR;
    ok = ok && forbidden_object(here, &st, m);
    st.st_mode = S_IFBLK;
    ok = ok && forbidden_object(here, &st, m);
    ok = ok && fstat(proc, &st) == 0 && forbidden_object(proc, &st, m);
    if (!ok) {
        differences++;
        printf("a forbidden object is not found out\n");
    }
    close(here);
    close(proc);
}

static int open_descriptors(void)
{
    int n = 0;
    for (int fd = 0; fd < 200; fd++)
        n += fcntl(fd, F_GETFD) >= 0;
    return n;
}

/* A host without memory or descriptors.  */
static void exhausted(struct LFILinuxProc *p, struct file *dir, const char *const *list)
{
    static struct LFILinuxEngine lx;
    struct rlimit old, none;
    struct where w;
    bool ok = getrlimit(RLIMIT_NOFILE, &old) == 0;
    for (unsigned blocks = 0; blocks < 2; blocks++) {
        memset(&lx, 0, sizeof lx);
        blocks_left = blocks;
        failure = 0;
        ok = ok && !mounts_open(&lx, list) && failure == LFI_ERR_ALLOC;
        mounts_close(&lx);
    }
    blocks_left = 1000000;
    ok = ok && where_resolve(p, dir, "f", FOLLOW_LAST, &w) == 0;
    none = (struct rlimit){0, old.rlim_max};
    setrlimit(RLIMIT_NOFILE, &none);
    ok = ok && where_path_fd(&w) == -EMFILE && device_open(0, O_RDONLY) == -EMFILE
         && has_error(p, dir, "..", -EMFILE) && has_error(p, dir, "f/file", -EMFILE);
    setrlimit(RLIMIT_NOFILE, &old);
    where_done(&w);
    if (!ok) {
        differences++;
        printf("a host that has nothing left is not noticed\n");
    }
}

enum closed { CLOSED_NEVER, CLOSED_FIRST, CLOSED_LATER };

/* One set of mappings, all paths.  Descriptor 0 is a free one from the start or later on.  */
static void try_maps(const char *const *list, const char *prefix, enum closed closed)
{
    static struct LFILinuxEngine lx;
    struct LFILinuxProc p = {.lx = &lx};
    char path[LX_PATH_MAX];
    uint32_t seed = 1;
    if (closed == CLOSED_FIRST)
        close(0);
    int before = open_descriptors() - (closed == CLOSED_LATER);
    memset(&lx, 0, sizeof lx);
    if (!mounts_open(&lx, list))
        exit(1);
    struct file tree = {.refs = 1, .kind = FILE_TREE, .host = -1, .dir = true, .path = strdup("/")};
    struct file deep = {.refs = 1, .kind = FILE_HOST, .dir = true, .path = malloc(LX_PATH_MAX)};
    sprintf(deep.path, "%s/d/e", prefix);
    deep.host = open("in/d/e", O_PATH | O_DIRECTORY);
    deep.mount = mount_at(&lx, *prefix ? prefix : "/");
    if (closed == CLOSED_LATER)
        close(0);
    p.cwd = &tree;
    pthread_mutex_init(&p.fs_lock, NULL);
    for (int i = 0; i < 10000; i++) {
        random_path(path, &seed);
        compare(&p, i % 2 ? &deep : NULL,
                path + (*prefix == 0 && strncmp(path, "/m", 2) == 0 ? 2 : 0));
    }
    compare(&p, &deep, "nested/../nested/file");
    compare(&p, NULL, "/m/d/e/nested/file");
    compare(&p, NULL, "/d/e/nested/hidden");
    compare(&p, NULL, "/dev/hidden");
    compare(&p, NULL, "/dev/../dev/null");
    compare(&p, NULL, "/m/d/e/nested/../../../..");
    lengths(&p, &deep);
    links(&p, &deep, prefix);
    references(&p, &deep);
    forbidden(deep.mount);
    exhausted(&p, &deep, list);
    close(deep.host);
    free(tree.path);
    free(deep.path);
    mounts_close(&lx);
    if (open_descriptors() != before || tree.refs != 1 || deep.refs != 1) {
        differences++;
        printf("descriptors are left open\n");
    }
    dup2(1, 0);
}

/* Whether the mapping of n times a box's part and m times a host's is taken; or why not.  */
static bool mapping(const char *box, size_t n, const char *host, size_t m, const char *why)
{
    static char map[4 * LX_PATH_MAX];
    struct LFILinuxEngine lx = {0};
    map[0] = 0;
    for (size_t i = 0; i < n; i++)
        strcat(map, box);
    strcat(map, "=");
    for (size_t i = 0; i < m; i++)
        strcat(map, host);
    failure_text = "";
    bool ok = mounts_open(&lx, (const char *[]){map, NULL});
    ok = why ? !ok && strstr(failure_text, why) : ok && !lx.mounts[0].ro;
    mounts_close(&lx);
    return ok;
}

/* The longest and the shortest parts of a mapping.  */
static void mappings(void)
{
    static char name[LX_NAME_MAX + 3] = "/";
    memset(name + 1, 'n', LX_NAME_MAX);
    bool ok = mapping(name, 1, ".", 1, NULL);
    name[LX_NAME_MAX + 1] = 'n';
    ok = ok && mapping(name, 1, ".", 1, "too long");
    ok = ok && mapping("/", LX_PATH_MAX - 1, ".", 1, NULL);
    ok = ok && mapping("/", LX_PATH_MAX, ".", 1, "give /BOX=HOST");
    ok = ok && mapping("/m", 1, "./", LX_PATH_MAX / 2 - 1, NULL);
    ok = ok && mapping("/m", 1, "./", LX_PATH_MAX / 2, "give /BOX=HOST");
    ok = ok && mapping("/m", 1, ":ro", 1, NULL) && mapping("/m", 1, ":rw", 1, NULL);
    if (!ok) {
        differences++;
        printf("a mapping is not taken as it should be\n");
    }
}

int main(int argc, char **argv)
{
    static char maps[6][LX_PATH_MAX];
    struct stat st;
    if (argc != 2)
        return 2;
    make_tree(argv[1]);
    if (stat("SECRET", &st) != 0)
        return 1;
    secret = st.st_ino;
    mappings();
    snprintf(maps[0], sizeof maps[0], "/m=%s/in", argv[1]);
    snprintf(maps[1], sizeof maps[1], "/n=%s/other", argv[1]);
    snprintf(maps[2], sizeof maps[2], "/m/d/e/nested=%s/other", argv[1]);
    try_maps((const char *[]){maps[0], maps[1], maps[2], NULL}, "/m", CLOSED_NEVER);
    snprintf(maps[3], sizeof maps[3], "/=%s/in", argv[1]);
    snprintf(maps[4], sizeof maps[4], "/d/e/nested=%s/other", argv[1]);
    snprintf(maps[5], sizeof maps[5], "/dev/sub=%s/other", argv[1]);
    try_maps((const char *[]){maps[2], maps[0], maps[1], NULL}, "/m", CLOSED_FIRST);
    try_maps((const char *[]){maps[3], maps[4], maps[5], NULL}, "", CLOSED_LATER);
    printf("%d paths, %d differences\n", paths, differences);
    return differences != 0;
}
