/* Structures and flags between host and box.
   SPDX-License-Identifier: Apache-2.0  */
#include "config.h"

#include <fcntl.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "liblfi/linux/linux.h"

/* The user who runs the box is the box's user; other owners keep their numbers.  */
uint32_t uid_to_box(uid_t uid)
{
    return uid == geteuid() ? BOX_UID : uid;
}

uint32_t gid_to_box(gid_t gid)
{
    return gid == getegid() ? BOX_GID : gid;
}

void stat_to_box(struct box_stat *b, const struct stat *st)
{
    memset(b, 0, sizeof *b);
    b->dev = st->st_dev;
    b->ino = st->st_ino;
    b->mode = st->st_mode;
    b->nlink = (uint32_t)st->st_nlink;
    b->uid = uid_to_box(st->st_uid);
    b->gid = gid_to_box(st->st_gid);
    b->rdev = st->st_rdev;
    b->size = st->st_size;
    b->blksize = (int32_t)st->st_blksize;
    b->blocks = st->st_blocks;
    b->atime = st->st_atim.tv_sec;
    b->atime_nsec = st->st_atim.tv_nsec;
    b->mtime = st->st_mtim.tv_sec;
    b->mtime_nsec = st->st_mtim.tv_nsec;
    b->ctime = st->st_ctim.tv_sec;
    b->ctime_nsec = st->st_ctim.tv_nsec;
}

static const struct {
    uint32_t box;
    int host;
} open_flags[] = {
    {BOX_O_CREAT, O_CREAT},
    {BOX_O_EXCL, O_EXCL},
    {BOX_O_NOCTTY, O_NOCTTY},
    {BOX_O_TRUNC, O_TRUNC},
    {BOX_O_APPEND, O_APPEND},
    {BOX_O_NONBLOCK, O_NONBLOCK},
    {BOX_O_DSYNC, O_DSYNC},
    {BOX_O_DIRECTORY, O_DIRECTORY},
    {BOX_O_NOFOLLOW, O_NOFOLLOW},
    {BOX_O_NOATIME, O_NOATIME},
    {BOX_O_PATH, O_PATH},
    {BOX_O_SYNC, O_SYNC & ~O_DSYNC},
    {BOX_O_TMPFILE, O_TMPFILE & ~O_DIRECTORY},
};
enum { NOPEN = sizeof open_flags / sizeof open_flags[0] };

/* Unknown flags are dropped, as the kernel does.  O_CLOEXEC is added by whoever opens.  */
int open_flags_to_host(uint32_t flags)
{
    int host = (int)(flags & BOX_O_ACCMODE);
    for (size_t i = 0; i < NOPEN; i++)
        if (flags & open_flags[i].box)
            host |= open_flags[i].host;
    return host;
}

uint32_t open_flags_to_box(int flags)
{
    uint32_t box = (uint32_t)(flags & O_ACCMODE) & BOX_O_ACCMODE;
    for (size_t i = 0; i < NOPEN; i++)
        if (open_flags[i].host && (flags & open_flags[i].host) == open_flags[i].host)
            box |= open_flags[i].box;
    return box | BOX_O_LARGEFILE;
}

bool time_valid(const struct box_timespec *t)
{
    return t->sec >= 0 && t->nsec >= 0 && t->nsec < NS;
}

struct timespec time_to_host(const struct box_timespec *t)
{
    return (struct timespec){.tv_sec = t->sec, .tv_nsec = t->nsec};
}

uint64_t time_ns(const struct timespec *t)
{
    const uint64_t longest = UINT64_MAX / NS / 2;
    uint64_t sec = (uint64_t)t->tv_sec < longest ? (uint64_t)t->tv_sec : longest;
    return sec * NS + (uint64_t)t->tv_nsec;
}

uint64_t clock_ns(clockid_t clock)
{
    struct timespec ts = {0, 0};
    clock_gettime(clock, &ts);
    return time_ns(&ts);
}
