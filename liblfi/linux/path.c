/* Paths of a box: which object of the host, if any, a name means.
   SPDX-License-Identifier: Apache-2.0

   The namespace of a box is a tree of mounts: host directories at paths of the box, and
   above them directories that only this file knows (FILE_TREE), /dev with a few devices among
   them.  Symbolic links are read here and mean paths of the box.

   One function resolves every path: where_resolve.  It yields an open directory and a last
   component, for calls that follow no links.  The way there is walked component by component,
   each opened with O_NOFOLLOW; the kernel resolves several at once where openat2 works, told to
   stay beneath the directory and to follow no link, and what it does not manage so is walked.
   ".." asks the host for the parent and then makes sure that the parent lies in the mount: one
   that does, or did at some moment of the check, is the box's to see, whatever is renamed
   meanwhile.  Nothing here trusts the text of a path to tell where a directory is;
   text decides only which mount begins at a name.  */
#include "config.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "liblfi/linux/linux.h"

enum { LOOK = O_PATH | O_NOFOLLOW | O_CLOEXEC, MAX_DEPTH = 4096 };

/* Text.  */

bool path_join(char out[LX_PATH_MAX], const char *path, const char *more)
{
    size_t n = 0;
    char buf[LX_PATH_MAX];
    if (*more != '/')
        n = strlen(path) == 1 ? 0 : strlen(path);
    memcpy(buf, path, n);
    while (*more) {
        size_t len = strcspn(more, "/");
        if (len == 2 && more[0] == '.' && more[1] == '.') {
            while (n && buf[--n] != '/')
                ;
        } else if (len && !(len == 1 && *more == '.')) {
            if (len > LX_PATH_MAX - 2 - n)
                return false;
            buf[n++] = '/';
            memcpy(buf + n, more, len);
            n += len;
        }
        more += len + (more[len] == '/');
    }
    if (n == 0)
        buf[n++] = '/';
    memcpy(out, buf, n);
    out[n] = 0;
    return true;
}

/* True if path is below dir, or equal to it.  */
static bool beneath_text(const char *path, const char *dir)
{
    size_t n = strlen(dir);
    if (n == 1)
        return true;
    return strncmp(path, dir, n) == 0 && (path[n] == 0 || path[n] == '/');
}

/* Devices.  */

static const struct device {
    const char *name;
    unsigned major, minor;
} devices[] = {
    {"null", 1, 3}, {"zero", 1, 5}, {"full", 1, 7}, {"random", 1, 8}, {"urandom", 1, 9},
};
enum { NDEVICES = sizeof devices / sizeof devices[0] };
static const char dev_dir[] = "/dev";

static int device_named(const char *path)
{
    size_t n = sizeof dev_dir - 1;
    if (strncmp(path, dev_dir, n) != 0 || path[n] != '/')
        return -1;
    for (int i = 0; i < NDEVICES; i++)
        if (strcmp(path + n + 1, devices[i].name) == 0)
            return i;
    return -1;
}

int device_of(const struct stat *st)
{
    for (int i = 0; i < NDEVICES; i++)
        if (S_ISCHR(st->st_mode) && st->st_rdev == makedev(devices[i].major, devices[i].minor))
            return i;
    return -1;
}

/* The host's own node is opened under its fixed name and must be what it should be.  */
int device_open(unsigned device, int flags)
{
    char path[32];
    struct stat st;
    snprintf(path, sizeof path, "%s/%s", dev_dir, devices[device].name);
    flags &= ~(O_CREAT | O_EXCL | O_TRUNC | O_DIRECTORY);
    int fd = open(path, flags | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY);
    if (fd < 0)
        return -errno;
    if (fstat(fd, &st) != 0 || device_of(&st) != (int)device) {
        close(fd);
        return -ENOENT;
    }
    return fd;
}

void device_stat(unsigned device, struct stat *st)
{
    memset(st, 0, sizeof *st);
    st->st_mode = S_IFCHR | 0666;
    st->st_nlink = 1;
    st->st_ino = 2 + device;
    st->st_rdev = makedev(devices[device].major, devices[device].minor);
    st->st_blksize = 4096;
}

/* What procfs would have: /proc/self/exe and the open files; and names in /dev that lead there.  */

static const char proc_dir[] = "/proc", fd_dir[] = "/proc/self/fd", exe_link[] = "/proc/self/exe";
static const char *const proc_dirs[] = {proc_dir, "/proc/self", fd_dir};

static const struct proc_link {
    const char *path, *target; /* NULL: the program's name */
} proc_links[] = {
    {"/dev/fd", fd_dir},
    {"/dev/stdin", "/proc/self/fd/0"},
    {"/dev/stdout", "/proc/self/fd/1"},
    {"/dev/stderr", "/proc/self/fd/2"},
    {exe_link, NULL},
};
enum { NLINKS = sizeof proc_links / sizeof proc_links[0] };

static const struct proc_link *link_named(const char *path)
{
    for (size_t i = 0; i < NLINKS; i++)
        if (strcmp(path, proc_links[i].path) == 0)
            return &proc_links[i];
    return NULL;
}

/* The number in /proc/self/fd/NUMBER; -1 for other paths.  */
static int fd_named(const char *path)
{
    size_t n = sizeof fd_dir - 1, digits;
    if (strncmp(path, fd_dir, n) != 0 || path[n] != '/')
        return -1;
    path += n + 1;
    digits = strspn(path, "0123456789");
    if (!digits || digits > 4 || path[digits] || (*path == '0' && digits > 1))
        return -1;
    return atoi(path);
}

/* The tree of mounts.  */

static const struct mount *mount_at(struct LFILinuxEngine *lx, const char *path)
{
    for (size_t i = 0; i < lx->nmounts; i++)
        if (strcmp(lx->mounts[i].path, path) == 0)
            return &lx->mounts[i];
    return NULL;
}

/* Whether path, which is not "/", is a directory that exists without a host directory.  */
static bool tree_at(struct LFILinuxEngine *lx, const char *path, bool in_mount)
{
    if (strcmp(path, dev_dir) == 0 || strcmp(path, proc_dir) == 0)
        return true;
    if (in_mount)
        return false;
    for (size_t i = 1; i < sizeof proc_dirs / sizeof proc_dirs[0]; i++)
        if (strcmp(path, proc_dirs[i]) == 0)
            return true;
    for (size_t i = 0; i < lx->nmounts; i++)
        if (beneath_text(lx->mounts[i].path, path))
            return true;
    return false;
}

/* The mount that a normal path lies in as far as text tells; NULL for the tree.  */
static const struct mount *mount_of(struct LFILinuxEngine *lx, const char *path)
{
    const struct mount *best = NULL;
    for (size_t i = 0; i < lx->nmounts; i++)
        if (beneath_text(path, lx->mounts[i].path)
            && (!best || strlen(lx->mounts[i].path) > strlen(best->path)))
            best = &lx->mounts[i];
    if (beneath_text(path, dev_dir) && (!best || !beneath_text(best->path, dev_dir)))
        return NULL;
    if (beneath_text(path, proc_dir) && (!best || !beneath_text(best->path, proc_dir)))
        return NULL;
    return best;
}

void tree_stat(const char *path, struct stat *st)
{
    uint64_t hash = UINT64_C(14695981039346656037);
    for (; *path; path++)
        hash = (hash ^ (unsigned char)*path) * UINT64_C(1099511628211);
    memset(st, 0, sizeof *st);
    st->st_mode = S_IFDIR | 0555;
    st->st_nlink = 2;
    st->st_ino = hash | 1 << 16;
    st->st_blksize = 4096;
}

/* Component of a mount's path right below dir, which is in the tree and so no mount itself; false
   if the mount is not below it.  */
static bool child_of(const char *dir, const char *path, char name[LX_NAME_MAX + 1])
{
    size_t n = strlen(dir) == 1 ? 0 : strlen(dir);
    if (!beneath_text(path, dir))
        return false;
    size_t len = strcspn(path + n + 1, "/"); /* mount_open saw to it that it fits */
    memcpy(name, path + n + 1, len);
    name[len] = 0;
    return true;
}

/* The name of path if it is right below dir, which is not "/"; else NULL.  */
static const char *name_below(const char *dir, const char *path)
{
    size_t n = strlen(dir);
    if (strncmp(path, dir, n) != 0 || path[n] != '/' || strchr(path + n + 1, '/'))
        return NULL;
    return path + n + 1;
}

/* Entry n of those that every box has there; false, and n less their number, past them.  */
static bool fixed_entry(const char *path, unsigned *n, char name[LX_NAME_MAX + 1],
                        unsigned char *type)
{
    const char *below;
    *type = DT_DIR;
    if (*n < 2)
        return strcpy(name, *n ? ".." : "."), true;
    *n -= 2;
    if (strcmp(path, "/") == 0 && *n < 2)
        return strcpy(name, *n ? proc_dir + 1 : dev_dir + 1), true;
    *n -= strcmp(path, "/") == 0 ? 2 : 0;
    for (size_t i = 0; i < sizeof proc_dirs / sizeof proc_dirs[0]; i++)
        if ((below = name_below(path, proc_dirs[i])) && (*n)-- == 0)
            return strcpy(name, below), true;
    *type = DT_CHR;
    for (size_t i = 0; i < NDEVICES && strcmp(path, dev_dir) == 0; i++)
        if ((*n)-- == 0)
            return strcpy(name, devices[i].name), true;
    *type = DT_LNK;
    for (size_t i = 0; i < NLINKS; i++)
        if ((below = name_below(path, proc_links[i].path)) && (*n)-- == 0)
            return strcpy(name, below), true;
    return false;
}

static bool mount_entry(struct LFILinuxEngine *lx, const char *path, unsigned n,
                        char name[LX_NAME_MAX + 1])
{
    char other[LX_NAME_MAX + 1];
    bool root = strcmp(path, "/") == 0;
    for (size_t i = 0; i < lx->nmounts; i++) {
        if (!child_of(path, lx->mounts[i].path, name))
            continue;
        bool seen = root && (strcmp(name, dev_dir + 1) == 0 || strcmp(name, proc_dir + 1) == 0);
        for (size_t k = 0; k < i && !seen; k++)
            seen = child_of(path, lx->mounts[k].path, other) && strcmp(name, other) == 0;
        if (!seen && n-- == 0)
            return true;
    }
    return false;
}

/* The next open file from number n on.  */
static bool fd_entry(struct LFILinuxProc *p, unsigned *n, char name[LX_NAME_MAX + 1])
{
    for (; *n < LX_MAX_FDS; ++*n) {
        struct file *f = fd_get(p, (int)*n);
        if (!f)
            continue;
        file_drop(f);
        snprintf(name, LX_NAME_MAX + 1, "%u", *n);
        return true;
    }
    return false;
}

bool tree_entry(struct LFILinuxProc *p, const char *path, unsigned *n, char name[LX_NAME_MAX + 1],
                unsigned char *type)
{
    enum { DOTS = 2 };
    unsigned left = *n;
    if (strcmp(path, fd_dir) == 0 && *n >= DOTS) {
        left -= DOTS;
        *type = DT_LNK;
        bool found = fd_entry(p, &left, name);
        *n = left + DOTS + 1;
        return found;
    }
    ++*n;
    if (fixed_entry(path, &left, name, type))
        return true;
    *type = DT_DIR;
    return mount_entry(p->lx, path, left, name);
}

/* What no box may use.  */

static bool forbidden_fs(int fd)
{
    static const uint32_t magic[] = {
        0x9fa0,     /* proc */
        0x62656572, /* sysfs */
        0x1cd1,     /* devpts */
        0x64626720, /* debugfs */
        0x74726163, /* tracefs */
        0x73636673, /* securityfs */
        0x27e0eb,   /* cgroup */
        0x63677270, /* cgroup2 */
        0xcafe4a11, /* bpf */
        0x62656570, /* configfs */
        0xde5e81e4, /* efivarfs */
        0x6165676c, /* pstore */
        0xf97cff8c, /* selinuxfs */
        0x43415d53, /* smackfs */
        0x42494e4d, /* binfmt_misc */
        0x6e736673, /* nsfs */
        0x19800202, /* mqueue */
        0x65735543, /* fusectl */
    };
    struct statfs fs;
    if (fstatfs(fd, &fs) != 0)
        return true;
    for (size_t i = 0; i < sizeof magic / sizeof magic[0]; i++)
        if ((uint32_t)fs.f_type == magic[i])
            return true;
    return false;
}

bool forbidden_object(int fd, const struct stat *st, const struct mount *mount)
{
    if (S_ISCHR(st->st_mode) || S_ISBLK(st->st_mode))
        return true;
    /* The file system of the mount itself was looked at when it was opened.  */
    return st->st_dev != mount->dev && forbidden_fs(fd);
}

/* Mounts.  */

/* A longer component would be a directory that no path leads to.  */
static bool names_fit(const char *path)
{
    while (*path) {
        size_t len = strcspn(path, "/");
        if (len > LX_NAME_MAX)
            return false;
        path += len + (path[len] == '/');
    }
    return true;
}

static bool mount_open(struct mount *m, const char *map)
{
    char box[LX_PATH_MAX], host[LX_PATH_MAX];
    struct stat st;
    const char *eq = strchr(map, '=');
    size_t len = eq ? strlen(eq + 1) : 0, n = eq ? (size_t)(eq - map) : 0;
    if (!len || *map != '/' || n >= LX_PATH_MAX || len >= LX_PATH_MAX)
        return lx_fail(LFI_ERR_ARG, "directory mapping '%.80s': give /BOX=HOST", map);
    memcpy(host, eq + 1, len + 1);
    memcpy(box, map, n);
    box[n] = 0;
    m->ro = len > 3 && strcmp(host + len - 3, ":ro") == 0;
    if (m->ro || (len > 3 && strcmp(host + len - 3, ":rw") == 0))
        host[len - 3] = 0;
    path_join(box, "/", box);
    if (!names_fit(box))
        return lx_fail(LFI_ERR_ARG, "directory mapping '%.80s...': a name is too long", map);
    m->fd = open(host, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (m->fd < 0 || fstat(m->fd, &st) != 0)
        return lx_fail(LFI_ERR_ARG, "directory %.160s: %s", host, strerror(errno));
    if (forbidden_fs(m->fd))
        return lx_fail(LFI_ERR_ARG, "directory %.160s: a box may not see this kind of file system",
                       host);
    m->dev = st.st_dev;
    m->ino = st.st_ino;
    m->path = strdup(box);
    return m->path || lx_fail(LFI_ERR_ALLOC, "out of memory");
}

bool mounts_open(struct LFILinuxEngine *lx, const char *const *maps)
{
    size_t n = 0;
    while (maps && maps[n])
        n++;
    lx->mounts = calloc(n + 1, sizeof *lx->mounts);
    if (!lx->mounts)
        return lx_fail(LFI_ERR_ALLOC, "out of memory");
    for (size_t i = 0; i < n; i++) {
        struct mount *m = &lx->mounts[i];
        m->fd = -1;
        bool ok = mount_open(m, maps[i]);
        if (ok && mount_at(lx, m->path))
            ok = lx_fail(LFI_ERR_ARG, "two directories are mapped to %.160s", m->path);
        lx->nmounts++;
        if (!ok)
            return false;
    }
    return true;
}

void mounts_close(struct LFILinuxEngine *lx)
{
    for (size_t i = 0; i < lx->nmounts; i++) {
        if (lx->mounts[i].fd >= 0)
            close(lx->mounts[i].fd);
        free(lx->mounts[i].path);
    }
    free(lx->mounts);
}

/* The walk.  */

struct walk {
    struct LFILinuxProc *p;
    struct LFILinuxEngine *lx;
    const struct mount *mount; /* NULL in the tree */
    int fd;                    /* the directory; valid in a mount */
    bool own;                  /* fd is ours to close */
    struct stat st;            /* of fd */
    char path[LX_PATH_MAX];    /* its path in the box, as walked */
    char rest[LX_PATH_MAX];    /* what is left */
    unsigned links;
    unsigned restarts; /* of ".." that left a mount */
};

static void leave(struct walk *w)
{
    if (w->own)
        close(w->fd);
    w->own = false;
    w->fd = -1;
}

static void enter_mount(struct walk *w, const struct mount *m)
{
    leave(w);
    w->mount = m;
    w->fd = m->fd;
    w->st.st_dev = m->dev;
    w->st.st_ino = m->ino;
    strcpy(w->path, m->path);
}

static void enter_tree(struct walk *w, const char *path)
{
    leave(w);
    w->mount = NULL;
    memmove(w->path, path, strlen(path) + 1);
}

static void enter_root(struct walk *w)
{
    const struct mount *m = mount_at(w->lx, "/");
    if (m)
        enter_mount(w, m);
    else
        enter_tree(w, "/");
}

/* Takes over fd, a directory of the same mount.  */
static long enter_host(struct walk *w, int fd, const char *path)
{
    struct stat st;
    if (fstat(fd, &st) != 0 || forbidden_object(fd, &st, w->mount)) {
        close(fd);
        return -EACCES;
    }
    leave(w);
    w->fd = fd;
    w->own = true;
    w->st = st;
    memmove(w->path, path, strlen(path) + 1);
    return 0;
}

/* Puts text (a link's target or a path) in front of what is left.  */
static long put_in_front(struct walk *w, const char *text, bool root)
{
    char buf[LX_PATH_MAX];
    size_t n = (size_t)snprintf(buf, sizeof buf, "%s%s%s", text, *w->rest ? "/" : "", w->rest);
    if (n >= sizeof buf)
        return -ENAMETOOLONG;
    memcpy(w->rest, buf, n + 1);
    if (root)
        enter_root(w);
    return 0;
}

/* True if the directory is in the mount: going up from it leads to the mount's directory.  */
static bool in_mount(const struct mount *m, int fd)
{
    struct stat st, up;
    int cur = fd;
    bool found = false;
    if (fstat(cur, &st) != 0)
        return false;
    for (int depth = 0; depth < MAX_DEPTH; depth++) {
        if (st.st_dev == m->dev && st.st_ino == m->ino) {
            found = true;
            break;
        }
        int next = openat(cur, "..", O_PATH | O_DIRECTORY | O_CLOEXEC);
        if (cur != fd)
            close(cur);
        cur = next; /* fstat refuses -1 */
        if (fstat(cur, &up) != 0 || (up.st_dev == st.st_dev && up.st_ino == st.st_ino))
            break;
        st = up;
    }
    if (cur != fd)
        close(cur);
    return found;
}

static long go_up(struct walk *w)
{
    char parent[LX_PATH_MAX];
    path_join(parent, w->path, "..");
    if (!w->mount || (w->st.st_dev == w->mount->dev && w->st.st_ino == w->mount->ino)) {
        if (w->mount)
            path_join(parent, w->mount->path, "..");
        /* The parent may be a directory of an outer mount: walk there from the root.  */
        if (++w->restarts > LX_PATH_MAX)
            return -ELOOP;
        return put_in_front(w, parent + 1, true);
    }
    int fd = openat(w->fd, "..", O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    if (!in_mount(w->mount, fd)) {
        close(fd);
        return -ENOENT;
    }
    return enter_host(w, fd, parent);
}

/* The target of a link; -EINVAL if it is none.  name may be "" for the open link dir.  */
static long read_link(int dir, const char *name, char target[LX_PATH_MAX])
{
    ssize_t n = readlinkat(dir, name, target, LX_PATH_MAX);
    if (n < 0)
        return -errno;
    if (n == LX_PATH_MAX)
        return -ENAMETOOLONG;
    target[n] = 0;
    return n ? 0 : -ENOENT;
}

static long follow(struct walk *w, const char *target)
{
    if (++w->links > LX_MAX_LINKS)
        return -ELOOP;
    return put_in_front(w, target, *target == '/');
}

/* One component of a mount that is not the last.  */
static long go_down(struct walk *w, const char *name, const char *path)
{
    char target[LX_PATH_MAX];
    struct stat st;
    int fd = openat(w->fd, name, LOOK);
    if (fd < 0)
        return -errno;
    if (fstat(fd, &st) != 0) {
        close(fd);
        return -EACCES;
    }
    if (S_ISDIR(st.st_mode))
        return enter_host(w, fd, path);
    long err = S_ISLNK(st.st_mode) ? read_link(fd, "", target) : -ENOTDIR;
    close(fd);
    return err ? err : follow(w, target);
}

/* Lets the kernel walk up to the last component, as far as no link, no mount of ours and no
   ".." out of the directory is in the way.  What fails is walked, and fails there.  */
static void go_fast(struct walk *w)
{
    struct {
        uint64_t flags, mode, resolve;
    } how = {O_PATH | O_DIRECTORY | O_CLOEXEC, 0,
             0x08 /* RESOLVE_BENEATH */ | 0x04 /* NO_SYMLINKS */ | 0x02 /* NO_MAGICLINKS */};
    char dir[LX_PATH_MAX], path[LX_PATH_MAX];
    size_t n = strlen(w->rest);
    while (n && w->rest[n - 1] == '/')
        n--;
    while (n && w->rest[n - 1] != '/')
        n--;
    if (atomic_load_explicit(&w->lx->no_openat2, memory_order_relaxed))
        return;
    memcpy(dir, w->rest, n);
    dir[n] = 0;
    if (dir[strspn(dir, "/")] == 0 || !path_join(path, w->path, dir + strspn(dir, "/"))
        || mount_of(w->lx, path) != w->mount)
        return;
#ifdef SYS_openat2
    int fd = (int)syscall(SYS_openat2, w->fd, dir + strspn(dir, "/"), &how, sizeof how);
#else
    int fd = (int)syscall(437, w->fd, dir + strspn(dir, "/"), &how, sizeof how);
#endif
    if (fd < 0) {
        if (errno == ENOSYS || errno == EPERM || errno == EINVAL)
            atomic_store(&w->lx->no_openat2, true);
        return;
    }
    if (enter_host(w, fd, path) == 0)
        memmove(w->rest, w->rest + n, strlen(w->rest + n) + 1);
}

/* The directory itself, once nothing is left.  */
static void found_dir(struct walk *w, struct where *out)
{
    out->kind = w->mount ? WHERE_HOST : WHERE_TREE;
    strcpy(out->name, ".");
    strcpy(out->path, w->path);
    out->want_dir = true;
}

/* The last component.  Returns 1 if it was a link that is followed.  */
static long last_step(struct walk *w, const char *name, const char *path, enum follow mode,
                      struct where *out)
{
    char target[LX_PATH_MAX];
    if (mode == FOLLOW_LAST || (mode == FOLLOW_SLASH && out->want_dir)) {
        long err = read_link(w->fd, name, target);
        if (err == 0) {
            if (out->want_dir)
                strcpy(w->rest, "/"); /* nothing was left */
            err = follow(w, target);
            return err ? err : 1;
        }
        if (err != -EINVAL && err != -ENOENT)
            return err;
    }
    out->kind = WHERE_HOST;
    strcpy(out->name, name);
    strcpy(out->path, path);
    return 0;
}

/* Sets the walk to an open directory.  */
static long start(struct walk *w, const struct file *dir)
{
    if (dir == &bad_file)
        return -EBADF;
    if (!dir->dir)
        return -ENOTDIR;
    w->mount = dir->mount;
    w->fd = dir->host;
    strcpy(w->path, dir->path);
    if (w->mount && fstat(w->fd, &w->st) != 0)
        return -errno;
    return 0;
}

static bool live_path(const struct file *dir, char out[LX_PATH_MAX]);

/* What an open file of the box is called, for /proc/self/fd.  */
static void file_name(const struct file *f, int fd, char out[LX_PATH_MAX])
{
    struct stat st;
    if (!f->mount || !live_path(f, out))
        snprintf(out, LX_PATH_MAX, "/dev/fd/%d", fd);
    if (f->kind == FILE_TREE)
        strcpy(out, f->path);
    else if (!f->mount && fstat(f->host, &st) == 0) {
        if (S_ISFIFO(st.st_mode) || S_ISSOCK(st.st_mode))
            snprintf(out, LX_PATH_MAX, S_ISSOCK(st.st_mode) ? "socket:[%llu]" : "pipe:[%llu]",
                     (unsigned long long)st.st_ino);
        else if (device_of(&st) >= 0)
            snprintf(out, LX_PATH_MAX, "%s/%s", dev_dir, devices[device_of(&st)].name);
    }
}

long where_link(struct LFILinuxProc *p, const struct where *w, char target[LX_PATH_MAX])
{
    const struct proc_link *l = link_named(w->path);
    if (w->hold && !l)
        return file_name(w->hold, fd_named(w->path), target), 0;
    if (!l)
        return -EINVAL;
    snprintf(target, LX_PATH_MAX, "%s", l->target ? l->target : p->name);
    return 0;
}

/* The component that is the open file f of the box, whose reference this takes.  As step.  */
static long step_file(struct walk *w, struct file *f, bool last, bool slash, enum follow mode,
                      struct where *out)
{
    if (out->hold)
        file_drop(out->hold);
    out->hold = f;
    if (last && !slash) {
        out->kind = mode == FOLLOW_LAST ? WHERE_FILE : WHERE_LINK;
        return 1;
    }
    if (!f->dir)
        return -ENOTDIR;
    leave(w);
    return start(w, f);
}

/* One that is emulated: as step; -ENOENT if it is none.  */
static long step_emulated(struct walk *w, const char *path, bool last, bool slash, enum follow mode,
                          struct where *out)
{
    const struct proc_link *l = link_named(path);
    struct file *f = fd_named(path) < 0 ? NULL : fd_get(w->p, fd_named(path));
    strcpy(out->path, path);
    if (f)
        return step_file(w, f, last, slash, mode, out);
    if (!l)
        return -ENOENT;
    if (last && !(mode == FOLLOW_LAST || (mode == FOLLOW_SLASH && slash))) {
        out->kind = WHERE_LINK;
        return 1;
    }
    char target[LX_PATH_MAX];
    snprintf(target, sizeof target, "%s%s", l->target ? l->target : w->p->name,
             last && slash ? "/" : "");
    return follow(w, target);
}

/* Takes the next component.  0: w->rest has more or is empty; 1: *out is complete.  */
static long step(struct walk *w, enum follow mode, struct where *out)
{
    char name[LX_NAME_MAX + 1], path[LX_PATH_MAX];
    size_t skip = strspn(w->rest, "/"), len = strcspn(w->rest + skip, "/");
    if (len > LX_NAME_MAX)
        return -ENAMETOOLONG;
    memcpy(name, w->rest + skip, len);
    name[len] = 0;
    size_t next = skip + len + strspn(w->rest + skip + len, "/");
    bool last = !w->rest[next];
    bool slash = next > skip + len;
    memmove(w->rest, w->rest + next, strlen(w->rest + next) + 1);
    out->dots = strcmp(name, ".") == 0 ? 1 : strcmp(name, "..") == 0 ? 2 : 0;
    if (len == 0 || out->dots == 1)
        return 0;
    if (out->dots == 2)
        return go_up(w);
    if (!path_join(path, w->path, name))
        return -ENAMETOOLONG;
    int device = device_named(path);
    if (device >= 0) {
        if (slash)
            return -ENOTDIR;
        out->kind = WHERE_DEVICE;
        out->device = (unsigned)device;
        strcpy(out->path, path);
        return 1;
    }
    const struct mount *m = mount_at(w->lx, path);
    if (m)
        return enter_mount(w, m), 0;
    if (tree_at(w->lx, path, w->mount != NULL))
        return enter_tree(w, path), 0;
    if (!w->mount) {
        long emulated = step_emulated(w, path, last, slash, mode, out);
        if (emulated != -ENOENT || !last)
            return emulated;
        out->kind = WHERE_ABSENT;
        strcpy(out->path, path);
        return 1;
    }
    if (tree_at(w->lx, path, false) && faccessat(w->fd, name, F_OK, AT_SYMLINK_NOFOLLOW) != 0)
        return enter_tree(w, path), 0;
    if (!last)
        return go_down(w, name, path);
    out->want_dir = slash;
    long err = last_step(w, name, path, mode, out);
    return err < 0 ? err : !err;
}

static long walk(struct walk *w, enum follow mode, struct where *out)
{
    long done = 0;
    while (done == 0 && *w->rest) {
        if (w->mount)
            go_fast(w);
        done = step(w, mode, out);
    }
    if (done < 0) {
        leave(w);
        return done;
    }
    if (done == 0)
        found_dir(w, out);
    out->mount = w->mount;
    out->dir = w->fd;
    out->own = w->own;
    return 0;
}

static void where_init(struct where *out)
{
    out->own = false;
    out->hold = NULL;
    out->mount = NULL;
    out->dir = -1;
    out->want_dir = false;
    out->dots = 0;
    out->name[0] = 0;
}

static struct file *cwd_get(struct LFILinuxProc *p)
{
    pthread_mutex_lock(&p->fs_lock);
    struct file *f = p->cwd;
    file_hold(f);
    pthread_mutex_unlock(&p->fs_lock);
    return f;
}

static long resolve(struct LFILinuxProc *p, struct file *dir, const char *path, enum follow mode,
                    struct where *out)
{
    struct walk w = {.p = p, .lx = p->lx, .fd = -1};
    long err = 0;
    where_init(out);
    strcpy(w.rest, path);
    if (*path == '/') {
        enter_root(&w);
    } else {
        if (!dir)
            dir = out->hold = cwd_get(p);
        err = start(&w, dir);
    }
    if (!err)
        err = walk(&w, mode, out);
    if (err)
        where_done(out);
    return err;
}

long where_resolve(struct LFILinuxProc *p, struct file *dir, const char *path, enum follow mode,
                   struct where *out)
{
    return *path ? resolve(p, dir, path, mode, out) : -ENOENT;
}

long where_file(struct LFILinuxProc *p, struct file *dir, struct where *out)
{
    return resolve(p, dir, "", FOLLOW_NEVER, out);
}

void where_done(struct where *w)
{
    if (w->own)
        close(w->dir);
    if (w->hold)
        file_drop(w->hold);
    w->own = false;
    w->hold = NULL;
}

long where_writable(const struct where *w)
{
    return w->kind == WHERE_HOST && !w->mount->ro ? 0 : -EROFS;
}

int where_path_fd(const struct where *w)
{
    int fd = openat(w->dir, w->name, LOOK | (w->want_dir ? O_DIRECTORY : 0));
    return fd < 0 ? -errno : fd;
}

static void link_stat(const char *path, struct stat *st)
{
    enum { LENGTH = 64 }; /* as procfs says of all of them */
    tree_stat(path, st);
    st->st_mode = S_IFLNK | 0777;
    st->st_nlink = 1;
    st->st_size = LENGTH;
}

long where_stat(const struct where *w, struct stat *st)
{
    switch (w->kind) {
    case WHERE_DEVICE:
        return device_stat(w->device, st), 0;
    case WHERE_TREE:
        return tree_stat(w->path, st), 0;
    case WHERE_LINK:
        link_stat(w->path, st);
        return 0;
    case WHERE_FILE:
        if (w->hold->kind == FILE_TREE)
            return tree_stat(w->hold->path, st), 0;
        return fstat(w->hold->host, st) == 0 ? 0 : -errno;
    case WHERE_ABSENT:
        return -ENOENT;
    case WHERE_HOST:
        break;
    }
    if (fstatat(w->dir, w->name, st, AT_SYMLINK_NOFOLLOW) != 0)
        return -errno;
    return w->want_dir && !S_ISDIR(st->st_mode) ? -ENOTDIR : 0;
}

/* The host knows where a directory is now; its path and that of the mount differ by the path in
   the mount.  */
static bool live_path(const struct file *dir, char out[LX_PATH_MAX])
{
    char link[64], top[LX_PATH_MAX], cur[LX_PATH_MAX];
    snprintf(link, sizeof link, "/proc/self/fd/%d", dir->mount->fd);
    if (read_link(AT_FDCWD, link, top) != 0)
        return false;
    snprintf(link, sizeof link, "/proc/self/fd/%d", dir->host);
    if (read_link(AT_FDCWD, link, cur) != 0 || !beneath_text(cur, top))
        return false;
    const char *rest = cur + (strlen(top) == 1 ? 0 : strlen(top));
    return path_join(out, dir->mount->path, rest + (*rest == '/'));
}

long dir_path(struct LFILinuxProc *p, struct file *dir, char out[LX_PATH_MAX])
{
    struct stat st;
    struct file *hold = dir ? NULL : (dir = cwd_get(p));
    long err = 0;
    if (dir->mount && (fstat(dir->host, &st) != 0 || st.st_nlink == 0))
        err = -ENOENT;
    else if (!dir->mount || !live_path(dir, out))
        strcpy(out, dir->path);
    if (hold)
        file_drop(hold);
    return err;
}
