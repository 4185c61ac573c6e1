/* Names of the functions in boxes for perf: /tmp/perf-PID.map.
   SPDX-License-Identifier: Apache-2.0

   perf insists on the name, in a directory that everybody can write to: what another user put
   there is never opened.  Names come from the program and are hostile; a line holds printable
   characters alone.  */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "liblfi/linux/linux.h"

enum { NAME_SHOWN = 256, MAX_SYMBOLS = 1 << 20 };

/* One file per process of the host, as perf has it.  */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int map_fd = -1;
static pid_t map_pid; /* whose it is: a child of fork has its own */

static int create(const char *path)
{
    return open(path, O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_NOFOLLOW | O_CLOEXEC, 0600);
}

/* One that an earlier process of this number left, and this user.  */
static bool is_left_over(const char *path)
{
    struct stat st;
    return lstat(path, &st) == 0 && S_ISREG(st.st_mode) && st.st_uid == geteuid()
           && st.st_nlink == 1;
}

static bool open_map(void)
{
    char path[64];
    snprintf(path, sizeof path, "/tmp/perf-%ld.map", (long)getpid());
    int fd = create(path);
    if (fd < 0 && errno == EEXIST && is_left_over(path) && unlink(path) == 0)
        fd = create(path);
    if (fd < 0)
        return lx_fail(LFI_ERR_ARG, "%s cannot be made: %s", path, strerror(errno));
    /* Not one of those that boxes inherit.  */
    map_fd = fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
    close(fd);
    if (map_fd < 0)
        return lx_fail(LFI_ERR_ARG, "%s cannot be made: %s", path, strerror(errno));
    map_pid = getpid();
    return true;
}

bool perf_init(void)
{
    pthread_mutex_lock(&lock);
    if (map_fd >= 0 && map_pid != getpid()) {
        close(map_fd);
        map_fd = -1;
    }
    bool ok = map_fd >= 0 || open_map();
    pthread_mutex_unlock(&lock);
    return ok;
}

static void add_symbol(FILE *out, const struct loaded *im, const Elf64_Sym *s,
                       const char *name, size_t room)
{
    char text[NAME_SHOWN + 1];
    size_t n = 0;
    for (; n < NAME_SHOWN && n < room && name[n]; n++)
        text[n] = name[n] > ' ' && name[n] < 0x7f ? name[n] : '?';
    text[n] = 0;
    if (n)
        fprintf(out, "%" PRIx64 " %" PRIx64 " %s\n", im->image + s->st_value, s->st_size, text);
}

static void add_symbols(FILE *out, const struct loaded *im, const Elf64_Shdr *symbols)
{
    Elf64_Shdr strings;
    const uint8_t *data = program_bytes(im, symbols), *names = NULL;
    uint64_t count = symbols->sh_size / sizeof(Elf64_Sym);
    if (program_section(im, symbols->sh_link, &strings))
        names = program_bytes(im, &strings);
    for (uint64_t i = 0; data && names && i < count && i < MAX_SYMBOLS; i++) {
        Elf64_Sym s;
        memcpy(&s, data + i * sizeof s, sizeof s);
        if (ELF64_ST_TYPE(s.st_info) == STT_FUNC && s.st_shndx != SHN_UNDEF && s.st_size
            && s.st_value < im->elf.end && s.st_size <= im->elf.end - s.st_value
            && s.st_name < strings.sh_size)
            add_symbol(out, im, &s, (const char *)names + s.st_name, strings.sh_size - s.st_name);
    }
}

static bool find_symbols(const struct loaded *im, uint32_t type, Elf64_Shdr *out)
{
    for (uint64_t i = 0; program_section(im, i, out); i++)
        if (out->sh_type == type)
            return true;
    return false;
}

void perf_add(const struct loaded *im)
{
    Elf64_Shdr sh;
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    if (!out)
        return;
    if (find_symbols(im, SHT_SYMTAB, &sh) || find_symbols(im, SHT_DYNSYM, &sh))
        add_symbols(out, im, &sh);
    if (fclose(out) == 0) {
        pthread_mutex_lock(&lock);
        for (size_t done = 0; map_pid == getpid() && done < size;) {
            ssize_t n = write(map_fd, text + done, size - done);
            if (n < 0)
                break; /* the disk is full: perf has fewer names */
            done += (size_t)n;
        }
        pthread_mutex_unlock(&lock);
    }
    free(text);
}
