/* Memory of boxes: what can be mapped where, copies, pointers.
   SPDX-License-Identifier: Apache-2.0  */
#include "test.h"

static struct LFIEngine *engine;
static struct LFIBox *box;
static struct LFIBoxInfo info;
static size_t page;
static char path[] = "/tmp/lfi-memory-XXXXXX";

static lfiptr map(lfiptr addr, size_t size, int prot, int flags)
{
    return lfi_box_mapat(box, addr, size, prot, flags, -1, 0);
}

static bool refused(lfiptr r, int error)
{
    return r == FAILED && errno == error && lfi_errno() == LFI_ERR_MMAP;
}

static bool refused_int(int r, int error)
{
    return r == -1 && errno == error && lfi_errno() == LFI_ERR_MMAP;
}

/* Whether the host sees anything mapped at all, and with which permissions.  */
static bool host_perms(uintptr_t addr, char perms[5])
{
    FILE *f = fopen("/proc/self/maps", "r");
    unsigned long start, end;
    bool found = false;
    char line[512];
    while (!found && f && fgets(line, sizeof line, f))
        found =
            sscanf(line, "%lx-%lx %4s", &start, &end, perms) == 3 && addr >= start && addr < end;
    if (f)
        fclose(f);
    return found;
}

static bool reserved(uintptr_t addr)
{
    char perms[5];
    return host_perms(addr, perms) && strcmp(perms, "---p") == 0;
}

static void test_layout(void)
{
    CHECK("layout: base", info.base % LFI_BOX_SIZE == 0 && info.base != 0);
    CHECK("layout: size", info.size == LFI_BOX_SIZE);
    CHECK("layout: min", info.min == info.base + LAYOUT_MIN);
    CHECK("layout: max", info.max == info.base + LAYOUT_MAX);
    CHECK("layout: max_exec", info.max_exec == info.base + LAYOUT_MAX_EXEC);
    char perms[5];
    CHECK("layout: the table is read-only",
          host_perms(info.base - 8, perms) && strcmp(perms, "r--p") == 0);
    CHECK("layout: page 0 is reserved", reserved(info.base));
    CHECK("layout: below the table is reserved", reserved(info.base - page - 1));
    CHECK("layout: the edge below the table is reserved", reserved(info.base - page - EDGE_BELOW));
    CHECK("layout: the edge above the box is reserved",
          reserved(info.base + LFI_BOX_SIZE)
              && reserved(info.base + LFI_BOX_SIZE + EDGE_ABOVE - 1));
    const uint64_t *table = (const uint64_t *)info.base;
    unsigned populated = 0;
    for (int k = 0; k < 32; k++)
        populated += table[-(k + 1)] != 0;
    CHECK("layout: every reachable entry is populated", populated == 32);
    CHECK("layout: the base is in its slot", table[-33] == info.base);
}

static void test_arguments(void)
{
    lfiptr at = info.min;
    CHECK("mapat: at min", map(at, page, RW, ANON) == at);
    CHECK("mapat: last page", map(info.max - page, page, RW, ANON) == info.max - page);
    CHECK("mapat: below min", refused(map(info.min - page, page, RW, ANON), ENOMEM));
    CHECK("mapat: the null page", refused(map(info.base, page, RW, ANON), ENOMEM));
    CHECK("mapat: the table page", refused(map(info.base - page, page, RW, ANON), ENOMEM));
    CHECK("mapat: at max", refused(map(info.max, page, RW, ANON), ENOMEM));
    CHECK("mapat: across max", refused(map(info.max - page, 2 * page, RW, ANON), ENOMEM));
    CHECK("mapat: the next box's table",
          refused(map(info.base + LFI_BOX_SIZE - page, page, RW, ANON), ENOMEM));
    CHECK("mapat: another box", refused(map(info.min + STRIDE, page, RW, ANON), ENOMEM));
    CHECK("mapat: offset instead of address", refused(map(0x100000, page, RW, ANON), ENOMEM));
    CHECK("mapat: size that wraps", refused(map(at, SIZE_MAX - page, RW, ANON), ENOMEM));
    CHECK("mapat: size that wraps when rounded", refused(map(at, SIZE_MAX, RW, ANON), ENOMEM));
    CHECK("mapat: size that reaches the end exactly plus one",
          refused(map(at, info.max - at + 1, RW, ANON), ENOMEM));
    CHECK("mapat: size 0", refused(map(at, 0, RW, ANON), EINVAL));
    CHECK("mapat: misaligned", refused(map(at + 1, page, RW, ANON), EINVAL));
    CHECK("mapat: unknown protection", refused(map(at, page, 8, ANON), EINVAL));
    CHECK("mapat: unknown flag", refused(map(at, page, RW, ANON | 0x100), EINVAL));
    CHECK("mapat: neither shared nor private",
          refused(map(at, page, RW, LFI_MAP_ANONYMOUS), EINVAL));
    CHECK("mapat: shared and private", refused(map(at, page, RW, ANON | LFI_MAP_SHARED), EINVAL));
    CHECK("mapat: writable and executable",
          refused(map(at, page, RW | LFI_PROT_EXEC, ANON), EACCES));
    CHECK("mapat: not a file", refused(map(at, page, RW, LFI_MAP_PRIVATE), EBADF));
    CHECK("mapat: misaligned offset",
          refused(lfi_box_mapat(box, at, page, RW, LFI_MAP_PRIVATE, 0, 1), EINVAL));
    CHECK("mapat: negative offset",
          refused(lfi_box_mapat(box, at, page, RW, LFI_MAP_PRIVATE, 0, -(off_t)page), EINVAL));
    CHECK("mapat: offset that wraps", refused(lfi_box_mapat(box, at, 2 * page, RW, LFI_MAP_PRIVATE,
                                                            0, (off_t)(INT64_MAX / page * page)),
                                              EINVAL));
    CHECK("mapat: noreplace on something",
          refused(map(at, page, RW, ANON | LFI_MAP_FIXED_NOREPLACE), EEXIST));
    CHECK("mapat: noreplace before it",
          map(at + 4 * page, page, RW, ANON) == at + 4 * page
              && map(at + 3 * page, page, RW, ANON | LFI_MAP_FIXED_NOREPLACE) == at + 3 * page
              && lfi_box_munmap(box, at + 3 * page, 2 * page) == 0);
    CHECK("mapat: a size of any number of bytes",
          map(at + page, 6, RW, ANON) == at + page && lfi_box_munmap(box, at + page, 1) == 0);
    CHECK("mapat: noreplace beside it",
          map(at + page, page, RW, ANON | LFI_MAP_FIXED_NOREPLACE) == at + page);
    CHECK("mapany: larger than a box",
          refused(lfi_box_mapany(box, SIZE_MAX, RW, ANON, -1, 0), ENOMEM));
    CHECK("mapany: as large as a box",
          refused(lfi_box_mapany(box, info.max - info.min, RW, ANON, -1, 0), ENOMEM));
    CHECK("mapany: size 0", refused(lfi_box_mapany(box, 0, RW, ANON, -1, 0), EINVAL));
    lfiptr big =
        lfi_box_mapany(box, info.max_exec - info.min - 16 * page, LFI_PROT_NONE, ANON, -1, 0);
    CHECK("mapany: nearly everything", big != FAILED && big >= info.min);
    CHECK("munmap: nearly everything",
          lfi_box_munmap(box, big, info.max_exec - info.min - 16 * page) == 0);
    CHECK("mapany: a box that is full below max_exec",
          map(info.min, info.max_exec - info.min, LFI_PROT_NONE, ANON) == info.min
              && refused(lfi_box_mapany(box, page, RX, ANON, -1, 0), ENOMEM)
              && strstr(lfi_errmsg(), "room"));
    if (info.max_exec < info.max)
        CHECK("mapany: above max_exec when there is no room below",
              (big = lfi_box_mapany(box, page, RW, ANON, -1, 0)) != FAILED && big >= info.max_exec
                  && lfi_box_munmap(box, big, page) == 0);
    CHECK("munmap: a full box", lfi_box_munmap(box, info.min, info.max_exec - info.min) == 0
                                    && map(at, 2 * page, RW, ANON) == at);
    CHECK("munmap: what is not mapped", lfi_box_munmap(box, at + 16 * page, page) == 0);
    CHECK("munmap: outside", refused_int(lfi_box_munmap(box, info.base - page, page), ENOMEM));
    CHECK("munmap: size that wraps", refused_int(lfi_box_munmap(box, at, SIZE_MAX), ENOMEM));
    CHECK("munmap: leaves it reserved",
          lfi_box_munmap(box, at, 2 * page) == 0 && reserved(at) && reserved(at + page));
    CHECK("mprotect: what is not mapped", refused_int(lfi_box_mprotect(box, at, page, RW), ENOMEM));
    CHECK("mprotect: outside",
          refused_int(lfi_box_mprotect(box, info.base - page, page, RW), ENOMEM));
    CHECK("mprotect: writable and executable",
          refused_int(lfi_box_mprotect(box, info.max - page, page, RW | LFI_PROT_EXEC), EACCES));
    CHECK("mprotect: executable near the end",
          info.max_exec == info.max
              || refused_int(lfi_box_mprotect(box, info.max - page, page, RX), ENOMEM));
    lfi_box_munmap(box, info.max - page, page);
}

static void test_ranges(void)
{
    lfiptr at = info.min + 64 * page;
    struct LFIMapInfo q;
    map(at, 8 * page, RW, ANON);
    CHECK("mquery: range", lfi_box_mquery(box, at + 3 * page + 5, &q) && q.start == at
                               && q.size == 8 * page && q.prot == RW && q.flags == ANON
                               && q.fd == -1 && q.offset == 0);
    CHECK("mprotect: a part", lfi_box_mprotect(box, at + 2 * page, 2 * page, LFI_PROT_READ) == 0);
    CHECK("mquery: the part", lfi_box_mquery(box, at + 2 * page, &q) && q.start == at + 2 * page
                                  && q.size == 2 * page && q.prot == LFI_PROT_READ);
    CHECK("mquery: after it", lfi_box_mquery(box, at + 4 * page, &q) && q.start == at + 4 * page
                                  && q.size == 4 * page && q.prot == RW);
    char perms[5];
    CHECK("mprotect: the kernel agrees",
          host_perms(at + 2 * page, perms) && strcmp(perms, "r--p") == 0
              && host_perms(at + 4 * page, perms) && strcmp(perms, "rw-p") == 0);
    CHECK("mprotect: back again", lfi_box_mprotect(box, at, 8 * page, RW) == 0
                                      && lfi_box_mquery(box, at, &q) && q.size == 8 * page);
    CHECK("munmap: a hole", lfi_box_munmap(box, at + 3 * page, page) == 0
                                && !lfi_box_mquery(box, at + 3 * page, &q)
                                && lfi_box_mquery(box, at, &q) && q.size == 3 * page);
    CHECK("mprotect: across a hole changes nothing",
          refused_int(lfi_box_mprotect(box, at, 8 * page, LFI_PROT_READ), ENOMEM)
              && lfi_box_mquery(box, at, &q) && q.prot == RW);
    CHECK("mapat: over both sides of the hole",
          map(at + 2 * page, 3 * page, LFI_PROT_READ, ANON) == at + 2 * page
              && lfi_box_mquery(box, at + 2 * page, &q) && q.size == 3 * page);
    CHECK("mprotect: size 0", refused_int(lfi_box_mprotect(box, at, 0, RW), EINVAL));
    CHECK("mprotect: misaligned", refused_int(lfi_box_mprotect(box, at + 8, page, RW), EINVAL));
    CHECK("munmap: misaligned", refused_int(lfi_box_munmap(box, at + 8, page), EINVAL));
    CHECK("discard: misaligned",
          refused_int(lfi_box_discard(box, at + 2 * page + 8, page), EINVAL));
    int value = 5, zero = -1;
    lfi_box_copyto(box, at, &value, 4);
    CHECK("discard: gives zeros", lfi_box_discard(box, at, 2 * page) == 0
                                      && lfi_box_copyfm(box, &zero, at, 4) && zero == 0);
    lfi_box_copyto(box, at, &value, 4);
    lfi_box_mprotect(box, at, page, LFI_PROT_READ);
    CHECK("discard: leaves read-only memory alone",
          lfi_box_discard(box, at, page) == 0 && lfi_box_copyfm(box, &zero, at, 4) && zero == 5);
    lfi_box_mprotect(box, at, page, RW);
    CHECK("discard: a hole changes nothing", lfi_box_discard(box, at, 32 * page) == -1
                                                 && lfi_box_copyfm(box, &zero, at, 4) && zero == 5);
    CHECK("discard: a hole", refused_int(lfi_box_discard(box, at, 32 * page), ENOMEM));
    lfi_box_munmap(box, at, 8 * page);
    CHECK("mquery: nothing", !lfi_box_mquery(box, at, &q) && !lfi_box_mquery(box, 0, &q)
                                 && !lfi_box_mquery(box, UINTPTR_MAX, &q));
}

static void test_files(void)
{
    lfiptr at = info.min + 128 * page;
    int fd = mkstemp(path);
    char *content = malloc(2 * page);
    int value = 0;
    struct LFIMapInfo q;
    memset(content, 'x', 2 * page);
    if (write(fd, content, 2 * page) < 0)
        give_up("writing a file");
    CHECK("file: private", lfi_box_mapat(box, at, 2 * page, RW, LFI_MAP_PRIVATE, fd, 0) == at
                               && lfi_box_copyfm(box, &value, at, 4) && value == 0x78787878);
    value = 1;
    lfi_box_copyto(box, at, &value, 4);
    CHECK("file: private writes stay private", pread(fd, &value, 4, 0) == 4 && value == 0x78787878);
    CHECK("mquery: file", lfi_box_mquery(box, at + page, &q) && q.fd == fd
                              && q.offset == (off_t)page && q.flags == LFI_MAP_PRIVATE);
    struct LFIMapInfo first, second;
    CHECK("mquery: neighbours of one file are apart",
          lfi_box_mapat(box, at, page, RW, LFI_MAP_PRIVATE, fd, 0) == at
              && lfi_box_mapat(box, at + page, page, RW, LFI_MAP_PRIVATE, fd, 0) == at + page
              && lfi_box_mquery(box, at, &first) && lfi_box_mquery(box, at + page, &second)
              && first.size == page && second.start == at + page && second.offset == 0);
    CHECK("file: shared", lfi_box_mapat(box, at, page, RW, LFI_MAP_SHARED, fd, 0) == at);
    value = 1;
    lfi_box_copyto(box, at, &value, 4);
    CHECK("file: shared writes arrive", pread(fd, &value, 4, 0) == 4 && value == 1);
    CHECK("file: shared memory is never executable",
          refused_int(lfi_box_mprotect(box, at, page, RX), EACCES)
              && refused(lfi_box_mapat(box, at, page, RX, LFI_MAP_SHARED, fd, 0), EACCES));
    int ro = open(path, O_RDONLY);
    unlink(path);
    CHECK("file: its mode is respected, the old mapping stays",
          lfi_box_mapat(box, at, page, RW, LFI_MAP_SHARED, ro, 0) == FAILED && errno == EACCES
              && lfi_box_copyfm(box, &value, at, 4) && value == 1);
    CHECK("file: mprotect beyond its mode",
          lfi_box_mapat(box, at + page, page, LFI_PROT_READ, LFI_MAP_SHARED, ro, 0) == at + page
              && lfi_box_mprotect(box, at, 2 * page, RW) == -1 && errno == EACCES);
    char perms[5];
    CHECK("file: a failed mprotect changes nothing",
          lfi_box_mprotect(box, at, page, LFI_PROT_NONE) == 0
              && lfi_box_mprotect(box, at, 2 * page, RW) == -1 && lfi_box_mquery(box, at, &q)
              && q.prot == LFI_PROT_NONE && host_perms(at, perms) && strcmp(perms, "---s") == 0
              && lfi_box_mquery(box, at + page, &q) && q.prot == LFI_PROT_READ
              && lfi_box_mprotect(box, at, page, RW) == 0);
    CHECK("file: a failed mprotect is reported whatever comes after",
          map(at + 2 * page, page, LFI_PROT_READ, ANON) != FAILED
              && lfi_box_mprotect(box, at + page, 2 * page, RW) == -1
              && lfi_box_munmap(box, at + 2 * page, page) == 0);
    CHECK("file: descriptor 0",
          dup2(fd, 0) == 0
              && lfi_box_mapat(box, at + 2 * page, 2 * page, LFI_PROT_READ, LFI_MAP_PRIVATE, 0, 0)
                     == at + 2 * page
              && lfi_box_copyfm(box, &value, at + 2 * page, 4) && value == 1
              && lfi_box_mquery(box, at + 3 * page, &q) && q.fd == 0 && q.offset == (off_t)page
              && lfi_box_munmap(box, at + 2 * page, 2 * page) == 0);
    CHECK("file: a bad descriptor loses nothing",
          lfi_box_mapat(box, at, page, RW, LFI_MAP_PRIVATE, 9999, 0) == FAILED && errno == EBADF
              && lfi_box_copyfm(box, &value, at, 4) && value == 1);
    lfi_box_mapat(box, at, 2 * page, RW, LFI_MAP_PRIVATE, fd, 0);
    if (ftruncate(fd, 0) < 0)
        give_up("ftruncate");
    CHECK("file: copies from a truncated file fail",
          !lfi_box_copyfm(box, content, at + page, page) && errno == EFAULT
              && lfi_box_strnlen(box, at + page, 100) == SIZE_MAX);
    CHECK("mapat: misaligned offset of code",
          ftruncate(fd, (off_t)page) == 0
              && refused(lfi_box_mapat(box, at, 4, RX, LFI_MAP_PRIVATE, fd, 4), EINVAL));
    lfi_box_mapat(box, at, page, RW, LFI_MAP_PRIVATE, fd, 0);
    value = 77;
    lfi_box_copyto(box, at, &value, 4);
    value = 0;
    CHECK("discard: leaves file mappings alone",
          lfi_box_discard(box, at, page) == 0 && lfi_box_copyfm(box, &value, at, 4) && value == 77);
    lfi_box_munmap(box, at, 2 * page);
    close(fd);
    close(ro);
    free(content);
}

static void test_pointers(void)
{
    CHECK("ptrvalid", lfi_box_ptrvalid(box, info.min) && lfi_box_ptrvalid(box, info.max - 1));
    CHECK("ptrvalid: outside", !lfi_box_ptrvalid(box, info.min - 1)
                                   && !lfi_box_ptrvalid(box, info.max) && !lfi_box_ptrvalid(box, 0)
                                   && !lfi_box_ptrvalid(box, UINTPTR_MAX)
                                   && !lfi_box_ptrvalid(box, info.base - 8)
                                   && !lfi_box_ptrvalid(box, info.min & 0xffffffff));
    CHECK("bufvalid", lfi_box_bufvalid(box, info.min, info.max - info.min)
                          && lfi_box_bufvalid(box, info.max - 1, 1)
                          && lfi_box_bufvalid(box, info.min, 0));
    CHECK("bufvalid: outside", !lfi_box_bufvalid(box, info.min, info.max - info.min + 1)
                                   && !lfi_box_bufvalid(box, info.max - 1, 2)
                                   && !lfi_box_bufvalid(box, info.max, 0));
    CHECK("bufvalid: lengths that wrap",
          !lfi_box_bufvalid(box, info.min, SIZE_MAX)
              && !lfi_box_bufvalid(box, info.max - 1, SIZE_MAX - info.max + 2)
              && !lfi_box_bufvalid(box, info.min, (size_t)0 - info.min));
    CHECK("l2p and p2l", lfi_box_l2p(box, 0x123456789abcdef0) == info.base + 0x9abcdef0
                             && lfi_box_l2p(box, 0) == info.base
                             && lfi_box_p2l(box, info.min) == info.min);
}

static void test_copies(void)
{
    lfiptr at = lfi_box_mapat(box, info.min + 200 * page, 2 * page, RW, ANON, -1, 0);
    lfiptr end = at + 2 * page;
    static unsigned char from[300], to[300];
    unsigned bad = 0;
    for (unsigned i = 0; i < sizeof from; i++)
        from[i] = (unsigned char)(i * 7 + 1);
    for (unsigned n = 0; n < sizeof from; n++)
        for (unsigned shift = 0; shift < 3; shift++) {
            memset(to, 0, sizeof to);
            if (lfi_box_copyto(box, end - n - shift, from, n) != end - n - shift)
                bad++;
            if (lfi_box_copyfm(box, to, end - n - shift, n) != to)
                bad++;
            if (memcmp(from, to, n) != 0 || (n < sizeof to && to[n] != 0))
                bad++;
        }
    CHECK("copies of every size", bad == 0);
    bad = 0;
    for (unsigned n = 1; n < sizeof from; n++)
        if (lfi_box_copyto(box, end - n + 1, from, n) || lfi_box_copyfm(box, to, end - n + 1, n))
            bad++;
    CHECK("copies across the end of a mapping fail", bad == 0 && errno == EFAULT);
    CHECK("copies with bad pointers fail",
          !lfi_box_copyfm(box, to, 0, 1) && !lfi_box_copyfm(box, to, info.base - 8, 8)
              && !lfi_box_copyfm(box, to, at, SIZE_MAX) && !lfi_box_copyto(box, info.max, from, 1)
              && !lfi_box_copyfm(box, to, info.max - 4, 8)
              && !lfi_box_copyto(box, (lfiptr)from, from, 1));
    lfi_box_mprotect(box, at, page, LFI_PROT_READ);
    CHECK("copies to read-only memory fail",
          !lfi_box_copyto(box, at, from, 1) && lfi_box_copyfm(box, to, at, 1));
    lfi_box_mprotect(box, at, page, LFI_PROT_NONE);
    CHECK("copies from inaccessible memory fail", !lfi_box_copyfm(box, to, at, 1));
    lfi_box_mprotect(box, at, page, RW);
    bad = 0;
    for (unsigned n = 0; n < 40; n++)
        for (unsigned shift = 0; shift < 9; shift++) {
            lfiptr s = end - n - 1 - shift;
            /* Every byte but NUL comes up.  */
            for (unsigned i = 0; i < n; i++)
                to[i] = (unsigned char)(1 + (i * 37 + n * 9 + shift) % 255);
            to[n] = 0;
            lfi_box_copyto(box, s, to, n + 1);
            if (lfi_box_strnlen(box, s, 1000) != n || lfi_box_strnlen(box, s, n) != n
                || lfi_box_strnlen(box, s, n / 2) != n / 2)
                bad++;
        }
    CHECK("strnlen", bad == 0);
    memset(to, 'a', sizeof to);
    lfi_box_copyto(box, end - 20, to, 20);
    CHECK("strnlen: unterminated at the end of a mapping",
          lfi_box_strnlen(box, end - 20, 1000) == SIZE_MAX
              && lfi_box_strnlen(box, end - 20, 20) == 20
              && lfi_box_strnlen(box, end - 20, 21) == SIZE_MAX);
    CHECK("strnlen: bad pointers", lfi_box_strnlen(box, 0, 1) == SIZE_MAX
                                       && lfi_box_strnlen(box, info.max, 0) == SIZE_MAX
                                       && lfi_box_strnlen(box, info.base - 8, 8) == SIZE_MAX);
    lfiptr last = map(info.max - page, page, RW, ANON);
    lfi_box_copyto(box, info.max - 20, to, 20);
    CHECK("strnlen: unterminated at the end of the box",
          lfi_box_strnlen(box, info.max - 20, SIZE_MAX) == SIZE_MAX
              && lfi_box_strnlen(box, info.max - 20, 20) == 20);
    to[4] = 0;
    errno = 0;
    lfi_box_copyto(box, info.max - 20, to, 5);
    CHECK("strnlen: a string shorter than what is left of the box",
          lfi_box_strnlen(box, info.max - 20, SIZE_MAX) == 4 && errno == 0);
    CHECK("strnlen: the error",
          lfi_box_strnlen(box, 0, 1) == SIZE_MAX && errno == EFAULT && lfi_errno() == LFI_ERR_ARG);
    lfi_box_munmap(box, last, page);
    lfi_box_munmap(box, at, 2 * page);
}

/* The same calls on a box and on a plain array of pages, and every answer compared.  All
   else in the box is full, so that the array knows where room is found.  */
enum { PAGES = 64, ROUNDS = 4000 };
static int model[PAGES];
static bool model_used[PAGES]; /* it counts as memory */
static unsigned model_limit;   /* pages; 0: none */
static lfiptr window;

/* Start of the highest n free pages; -1 if there are none.  */
static int model_room(unsigned n)
{
    unsigned run = 0;
    for (int i = PAGES - 1; i >= 0; i--) {
        run = model[i] < 0 ? run + 1 : 0;
        if (run == n)
            return i;
    }
    return -1;
}

static unsigned model_memory(unsigned first, unsigned n)
{
    unsigned used = 0;
    for (unsigned i = first; i < first + n; i++)
        used += model_used[i];
    return used;
}

/* Whether these pages may become accessible.  */
static bool model_allows(unsigned first, unsigned n)
{
    unsigned more = n - model_memory(first, n);
    return !model_limit || more == 0 || model_memory(0, PAGES) + more <= model_limit;
}

static bool model_equal(unsigned i, unsigned k)
{
    return model[i] == model[k] && model_used[i] == model_used[k];
}

static unsigned compare_model(void)
{
    struct LFIMapInfo q;
    unsigned bad = lfi_box_memory(box) != model_memory(0, PAGES) * page;
    for (unsigned i = 0; i < PAGES; i++) {
        bool found = lfi_box_mquery(box, window + i * page, &q);
        bad += found != (model[i] >= 0) || (found && q.prot != model[i]);
        /* The range is as long as equal pages follow: neighbours are joined.  */
        if (found && (i == 0 || !model_equal(i - 1, i))) {
            unsigned run = i;
            while (run < PAGES && model_equal(run, i))
                run++;
            bad += q.start != window + i * page || q.size != (run - i) * page;
        }
    }
    return bad;
}

/* One call on both.  */
static unsigned random_change(unsigned op, unsigned first, unsigned n, int prot)
{
    lfiptr at = window + first * page;
    bool whole = true, wrong;
    for (unsigned i = first; i < first + n; i++)
        whole = whole && model[i] >= 0;
    if (op == 3) {
        int room = model_room(n);
        at = lfi_box_mapany(box, n * page, prot, ANON, -1, 0);
        if (room < 0 || (prot && !model_allows((unsigned)room, n)))
            return at != FAILED;
        wrong = at != window + (unsigned)room * page;
        first = (unsigned)room;
    } else if (op == 0) {
        wrong = lfi_box_munmap(box, at, n * page) != 0;
        prot = -1;
    } else if (op == 1) {
        whole = whole && (!prot || model_allows(first, n));
        wrong = (lfi_box_mprotect(box, at, n * page, prot) == 0) != whole;
        if (!whole)
            return wrong;
    } else {
        whole = !prot || model_allows(first, n);
        wrong = (map(at, n * page, prot, ANON) != FAILED) != whole;
        if (!whole)
            return wrong;
    }
    for (unsigned i = first; i < first + n; i++) {
        model_used[i] = prot > 0 || (op == 1 && model_used[i]);
        model[i] = prot;
    }
    return wrong;
}

static void test_random(void)
{
    unsigned seed = 12345, bad = 0;
    int filler = LFI_MAP_SHARED | LFI_MAP_ANONYMOUS;
    window = info.min + 1024 * page;
    for (unsigned i = 0; i < PAGES; i++)
        model[i] = -1;
    lfiptr after = window + PAGES * page;
    if (map(info.min, window - info.min, LFI_PROT_NONE, filler) == FAILED
        || map(after, info.max - after, LFI_PROT_NONE, filler) == FAILED)
        give_up("filling the box");
    for (unsigned round = 0; round < ROUNDS; round++) {
        model_limit = round / 1000 % 2 ? 12 : 0;
        lfi_box_set_memory_limit(box, model_limit * page);
        seed = seed * 1103515245 + 12345;
        unsigned first = seed >> 16 & 63, n = 1 + (seed >> 22 & 7), op = seed >> 26 & 3;
        int prot = seed >> 28 & 3;
        /* Emptier now and then, so that there is room to find.  */
        if (round % 8 == 0)
            op = 0;
        if (first + n > PAGES)
            n = PAGES - first;
        bad += random_change(op, first, n, prot) + compare_model();
    }
    CHECK("random changes: the map agrees with a model", bad == 0);
    lfi_box_set_memory_limit(box, 0);
    lfi_box_munmap(box, info.min, info.max - info.min);
}

static void test_limit(void)
{
    enum { MAX = 20 };
    struct LFIEngine *e = new_engine((struct LFIOptions){.maxmaps = MAX}, 1);
    struct LFIBox *b = new_box(e);
    lfiptr at = lfi_box_info(b).min, last = at + 4 * (MAX - 1) * page;
    unsigned n = 0;
    while (n < 100 && lfi_box_mapat(b, at + 4 * n * page, 3 * page, RW, ANON, -1, 0) != FAILED)
        n++;
    CHECK("maxmaps: reached", n == MAX && errno == ENOMEM);
    CHECK("maxmaps: what is mapped is still usable",
          lfi_box_copyto(b, at, &n, 4) && lfi_box_copyto(b, last, &n, 4));
    CHECK("maxmaps: changes that make more ranges are refused",
          refused_int(lfi_box_munmap(b, at + page, page), ENOMEM)
              && refused_int(lfi_box_mprotect(b, at, page, LFI_PROT_READ), ENOMEM));
    CHECK("maxmaps: others are not", lfi_box_mprotect(b, at, 3 * page, LFI_PROT_READ) == 0
                                         && lfi_box_munmap(b, last, 3 * page) == 0
                                         && lfi_box_munmap(b, last - 4 * page, 3 * page) == 0
                                         && lfi_box_munmap(b, at + page, page) == 0);
    lfi_box_free(b);
    lfi_free(e);
}

static void test_engine(void)
{
    struct LFIOptions o = lfi_opts(engine);
    CHECK("options: defaults",
          o.pagesize == page && o.boxsize == LFI_BOX_SIZE && o.maxmaps > 0 && !o.no_verify);
    CHECK("lfi_new: no boxes", !lfi_new((struct LFIOptions){0}, 0) && lfi_errno() == LFI_ERR_ARG);
    CHECK("lfi_new: too many",
          !lfi_new((struct LFIOptions){0}, SIZE_MAX / 2) && lfi_errno() == LFI_ERR_ARG
              && !lfi_new((struct LFIOptions){0}, MAX_BOXES + 1) && lfi_errno() == LFI_ERR_ARG
              && !lfi_new((struct LFIOptions){0}, MAX_BOXES) && lfi_errno() == LFI_ERR_RESERVE);
    CHECK("lfi_new: page size", !lfi_new((struct LFIOptions){.pagesize = 12345}, 1));
    CHECK("lfi_new: box size", !lfi_new((struct LFIOptions){.boxsize = 1 << 20}, 1));
    CHECK("lfi_new: allow_wx", !lfi_new((struct LFIOptions){.allow_wx = true}, 1));
    struct LFIBox *second = new_box(engine);
    CHECK("boxes do not overlap", lfi_box_info(second).base != info.base);
    CHECK("lfi_box_new: full", !lfi_box_new(engine) && lfi_errno() == LFI_ERR_BOXMAP);
    lfi_free(engine);
    CHECK("lfi_free: boxes left", lfi_errno() == LFI_ERR_STATE);
    struct LFIContext *c = new_ctx(second);
    lfi_box_free(second);
    CHECK("lfi_box_free: contexts left", lfi_errno() == LFI_ERR_STATE);
    lfi_ctx_free(c);
    lfi_box_setdata(second, &o);
    CHECK("box data", lfi_box_data(second) == &o && lfi_box_engine(second) == engine);
    struct LFIContext *c3[3];
    for (int i = 0; i < 3; i++)
        c3[i] = new_ctx(second);
    lfi_ctx_free(c3[1]);
    lfi_ctx_free(c3[0]);
    lfi_box_free(second);
    CHECK("contexts freed in any order: one is left",
          !lfi_box_new(engine) && lfi_errno() == LFI_ERR_BOXMAP);
    lfi_ctx_free(c3[2]);
    lfi_box_free(second);
    second = lfi_box_new(engine);
    CHECK("contexts freed in any order: none is left", second);
    lfi_box_free(second);
    lfi_box_free(NULL);
    lfi_ctx_free(NULL);
    lfi_free(NULL);
}

/* Without randomisation boxes follow each other.  */
/* What counts as memory, and what happens at the limit.  */
static void test_memory_limit(void)
{
    struct LFIBox *b = new_box(engine);
    lfiptr at = lfi_box_info(b).min;
    char byte;
    CHECK("memory: a new box has none", lfi_box_memory(b) == 0);
    lfi_box_mapat(b, at, 100 * page, LFI_PROT_NONE, ANON, -1, 0);
    CHECK("memory: reservations do not count", lfi_box_memory(b) == 0);
    lfi_box_mprotect(b, at, 4 * page, RW);
    lfi_box_mprotect(b, at, 2 * page, LFI_PROT_NONE);
    CHECK("memory: what was accessible counts", lfi_box_memory(b) == 4 * page);
    lfi_box_set_memory_limit(b, 6 * page);
    CHECK("memory: up to the limit", lfi_box_mprotect(b, at, 6 * page, RW) == 0);
    CHECK("memory: not beyond it", refused_int(lfi_box_mprotect(b, at, 7 * page, RW), ENOMEM)
                                       && lfi_errno() == LFI_ERR_MMAP
                                       && strstr(lfi_errmsg(), "may not have more than"));
    int fd = open("/proc/self/exe", O_RDONLY);
    CHECK("memory: nor by a file or by code",
          refused(lfi_box_mapany(b, page, LFI_PROT_READ, LFI_MAP_PRIVATE, fd, 0), ENOMEM)
              && refused(lfi_box_mapany(b, page, RX, ANON, -1, 0), ENOMEM));
    close(fd);
    CHECK("memory: but what there is can be replaced",
          lfi_box_mapat(b, at, 6 * page, RW, ANON, -1, 0) == at
              && lfi_box_mprotect(b, at, 6 * page, LFI_PROT_READ) == 0);
    lfi_box_munmap(b, at, 3 * page);
    CHECK("memory: what was unmapped is free again",
          lfi_box_memory(b) == 3 * page && lfi_box_mapany(b, 3 * page, RW, ANON, -1, 0) != FAILED);
    lfi_box_set_memory_limit(b, page);
    CHECK("memory: a lower limit takes nothing", lfi_box_memory(b) == 6 * page
                                                     && lfi_box_copyfm(b, &byte, at + 5 * page, 1)
                                                     && lfi_box_munmap(b, at, 4 * page) == 0);
    lfi_box_free(b);
}

static void test_no_aslr(void)
{
    struct LFIEngine *e = new_engine((struct LFIOptions){.no_aslr = true}, 2);
    struct LFIBox *a = new_box(e), *b = new_box(e);
    CHECK("no_aslr: neighbours", lfi_box_info(b).base == lfi_box_info(a).base + STRIDE
                                     && reserved(lfi_box_info(a).base - page - 1)
                                     && reserved(lfi_box_info(b).base - page - 1)
                                     && reserved(lfi_box_info(b).base + STRIDE - 1));
    lfiptr last = lfi_box_info(a).max - page;
    CHECK("mapat: noreplace above all else",
          lfi_box_mapat(a, last, page, RW, ANON | LFI_MAP_FIXED_NOREPLACE, -1, 0) == last);
    uint64_t entry = ((const uint64_t *)lfi_box_info(b).base)[-1];
    lfi_box_free(a);
    CHECK("the table of the next box survives its neighbour",
          entry != 0 && ((const uint64_t *)lfi_box_info(b).base)[-1] == entry && reserved(last));
    uintptr_t base = lfi_box_info(b).base;
    lfi_box_free(b);
    CHECK("a freed box is reserved, table included", reserved(base - page) && reserved(base));
    lfi_free(e);
    enum { SLOTS = 4 };
    struct LFIBox *boxes[SLOTS];
    bool ascending = true, moved = false;
    e = new_engine((struct LFIOptions){.no_aslr = true}, SLOTS);
    for (int i = 0; i < SLOTS; i++) {
        boxes[i] = new_box(e);
        ascending =
            ascending && lfi_box_info(boxes[i]).base == lfi_box_info(boxes[0]).base + i * STRIDE;
    }
    CHECK("no_aslr: slots in order", ascending);
    for (int i = 0; i < SLOTS; i++)
        lfi_box_free(boxes[i]);
    lfi_free(e);
    e = new_engine((struct LFIOptions){0}, SLOTS);
    uintptr_t last_base = 0;
    for (int i = 0; i < 40; i++) {
        a = new_box(e);
        moved = moved || (i > 0 && lfi_box_info(a).base != last_base);
        last_base = lfi_box_info(a).base;
        lfi_box_free(a);
    }
    CHECK("slots at random", moved);
    lfi_free(e);
    uintptr_t places[4];
    for (int i = 0; i < 4; i++) {
        e = new_engine((struct LFIOptions){.no_aslr = i < 2}, 1);
        a = new_box(e);
        places[i] = lfi_box_info(a).base;
        lfi_box_free(a);
        lfi_free(e);
    }
    CHECK("no_aslr: the same place again", places[0] == places[1]);
    if (skipped(SAN_THREAD, "other engines are elsewhere", "there are few places"))
        return;
    CHECK("other engines are elsewhere",
          places[2] != places[0] && places[3] != places[0] && places[2] != places[3]);
}

int main(void)
{
    engine = new_engine((struct LFIOptions){0}, 2);
    box = new_box(engine);
    info = lfi_box_info(box);
    page = page_size();
    /* The box in the first slot, so that both edges are near.  */
    struct LFIBox *other = new_box(engine);
    if (lfi_box_info(other).base < info.base) {
        struct LFIBox *swap = box;
        box = other;
        other = swap;
        info = lfi_box_info(box);
    }
    lfi_box_free(other);
    test_layout();
    test_engine();
    test_arguments();
    test_ranges();
    test_files();
    test_pointers();
    test_copies();
    test_random();
    test_limit();
    test_memory_limit();
    test_no_aslr();
    lfi_box_free(box);
    lfi_free(engine);
    puts("DONE");
    return 0;
}
