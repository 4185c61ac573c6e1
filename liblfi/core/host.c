/* What the host's address space allows: the lowest addresses, the number of mappings.
   SPDX-License-Identifier: Apache-2.0  */
#include "config.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "liblfi/core/internal.h"

/* The number in a file of /proc/sys/vm; otherwise, where it cannot be read.  */
static uint64_t vm_setting(const char *name, uint64_t otherwise)
{
    char path[64];
    uint64_t value;
    snprintf(path, sizeof path, "/proc/sys/vm/%s", name);
    FILE *f = fopen(path, "re");
    if (!f)
        return otherwise;
    if (fscanf(f, "%" SCNu64, &value) != 1)
        value = otherwise;
    fclose(f);
    return value;
}

/* True if not even a page can be mapped and divided, with no limit on sizes that would explain
   it.  */
static bool out_of_mappings(void)
{
    const size_t page = LFI_MAX_PAGE;
    struct rlimit limit;
    if (getrlimit(RLIMIT_AS, &limit) != 0 || limit.rlim_cur != RLIM_INFINITY)
        return false;
    char *p = mmap(NULL, 3 * page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (p == MAP_FAILED)
        return errno == ENOMEM;
    bool full = mprotect(p + page, page, PROT_READ) < 0 && errno == ENOMEM;
    munmap(p, 3 * page);
    return full;
}

const char *lfi_host_hint(int errnum, char text[LFI_HINT_SIZE])
{
    int saved = errno;
    uint64_t max = vm_setting("max_map_count", 0);
    text[0] = 0;
    if (errnum == ENOMEM && max && out_of_mappings())
        snprintf(text, LFI_HINT_SIZE,
                 ": the process has all %" PRIu64 " mappings that it may have; raise "
                 "vm.max_map_count with sysctl",
                 max);
    errno = saved;
    return text;
}

/* Sanitizers of the host keep their memory there.  */
extern void __asan_init(void) __attribute__((weak));
extern void __tsan_init(void) __attribute__((weak));

static bool sanitized(void)
{
    return __asan_init || __tsan_init;
}

static bool reserve(uintptr_t start, uintptr_t end)
{
    void *p = mmap((void *)start, end - start, PROT_NONE,
                   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE, -1, 0);
    if (p == MAP_FAILED)
        return false;
    if ((uintptr_t)p == start)
        return true;
    /* A kernel that does not know the flag.  */
    munmap(p, end - start);
    errno = EEXIST;
    return false;
}

/* Names the first mapping below end.  */
static void in_the_way(uintptr_t end)
{
    char line[160] = "";
    FILE *f = fopen("/proc/self/maps", "re");
    if (!f || !fgets(line, sizeof line, f) || strtoull(line, NULL, 16) >= end)
        strcpy(line, "unknown");
    if (f)
        fclose(f);
    line[strcspn(line, "\n")] = 0;
    lfi_fail(LFI_ERR_RESERVE,
             "the box at address 0 needs the lowest %" PRIuPTR " GiB: link the host as PIE "
             "(-pie or -static-pie); in the way is %s",
             end >> 30, line);
}

bool lfi_host_reserve_low(uintptr_t end, size_t pagesize, uintptr_t *start)
{
    if (sanitized()) {
        lfi_fail(LFI_ERR_RESERVE,
                 "the box at address 0 needs the lowest %" PRIuPTR " GiB, where AddressSanitizer "
                 "or ThreadSanitizer keeps its memory: build the host without",
                 end >> 30);
        return false;
    }
    /* Privileged processes can map lower than others.  */
    *start = 0;
    if (reserve(0, end))
        return true;
    if (errno == EPERM || errno == EACCES) {
        uint64_t lowest = vm_setting("mmap_min_addr", LFI_MAX_PAGE);
        *start = LFI_ROUND_UP(lowest < end ? lowest : LFI_MAX_PAGE, pagesize);
        if (reserve(*start, end))
            return true;
    }
    if (errno == EEXIST)
        in_the_way(end);
    else
        lfi_fail(LFI_ERR_RESERVE,
                 "the box at address 0: cannot reserve the lowest %" PRIuPTR " GiB from 0x%" PRIxPTR
                 " on: %s (is there a limit on virtual memory?)",
                 end >> 30, *start, strerror(errno));
    return false;
}
