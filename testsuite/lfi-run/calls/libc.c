/* What the C library makes of the calls: functions that command-line programs use.
   SPDX-License-Identifier: Apache-2.0  */
#include "show.h"
#include <fnmatch.h>
#include <ftw.h>
#include <glob.h>
#include <libgen.h>
#include <locale.h>
#include <pwd.h>
#include <sched.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <utime.h>
#include <wchar.h>

static void put(const char *name, const char *text)
{
    FILE *f = fopen(name, "w");
    fputs(text, f);
    fclose(f);
}

static void streams(void)
{
    char *line = NULL, buf[100];
    size_t room = 0;
    FILE *f = fopen("text", "w+");
    SHOW(fprintf(f, "%d %s\n%5.2f\n", 42, "words", 3.14159));
    SHOW(fseek(f, 0, SEEK_SET));
    while (getline(&line, &room, f) > 0)
        printf("line %s", line);
    SHOW(ftello(f));
    SHOW(ungetc('x', f));
    SHOW(getc(f));
    SHOW(fflush(f));
    SHOW(ftruncate(fileno(f), 3));
    SHOW(fclose(f));
    f = fopen("text", "a+");
    fputs("more", f);
    rewind(f);
    SHOW(fread(buf, 1, sizeof buf, f));
    SHOW(feof(f));
    fclose(f);
    SHOW(fopen("missing/file", "w") == NULL);
    SHOW(fopen("text", "wx") == NULL);
    f = freopen("text", "r", fopen("text", "w"));
    SHOW(fgetc(f));
    fclose(f);
    BOX(tmpfile() == NULL); /* there is no /tmp unless it is given */
    f = fmemopen(buf, sizeof buf, "w");
    fputs("memory", f);
    fclose(f);
    printf("%s\n", buf);
    f = open_memstream(&line, &room);
    fprintf(f, "%zu", sizeof buf);
    fclose(f);
    printf("%s %zu\n", line, room);
    f = fdopen(open("text", O_RDWR | O_TRUNC), "r+");
    setvbuf(f, NULL, _IOLBF, 0);
    SHOW(fputs("through\n", f) >= 0);
    flockfile(f);
    funlockfile(f);
    fclose(f);
    SHOW(remove("text"));
    SHOW(remove("text"));
}

static void temporary(void)
{
    char name[] = "temp-XXXXXX", dir[] = "dir-XXXXXX", suffix[] = "a-XXXXXX.txt";
    struct stat st;
    int fd = mkstemp(name);
    TRUE(fd >= 0 && fstat(fd, &st) == 0 && (st.st_mode & 0777) == 0600);
    close(fd);
    SHOW(unlink(name));
    TRUE(mkdtemp(dir) && stat(dir, &st) == 0 && S_ISDIR(st.st_mode));
    SHOW(rmdir(dir));
    fd = mkostemps(suffix, 4, O_CLOEXEC);
    TRUE(fd >= 0 && fcntl(fd, F_GETFD) == FD_CLOEXEC);
    close(fd);
    SHOW(unlink(suffix));
}

static int visited, depth_sum;
static int visit(const char *path, const struct stat *st, int type, struct FTW *f)
{
    visited++;
    depth_sum += f->level * 10 + type;
    if (strstr(path, "tree"))
        (void)st;
    return 0;
}

static int not_dots(const struct dirent *d)
{
    return d->d_name[0] != '.';
}

static void walking(void)
{
    glob_t g;
    struct dirent **list;
    char cwd[4096], real[4096], *p;
    mkdir("tree", 0700);
    mkdir("tree/b", 0700);
    mkdir("tree/b/c", 0700);
    put("tree/a1", "x");
    put("tree/a2", "x");
    put("tree/b/c/file", "x");
    symlink("b/c", "tree/link");
    symlink("nothing", "tree/dangling");
    SHOW(nftw("tree", visit, 10, 0));
    SHOW(visited);
    SHOW(depth_sum);
    SHOW(nftw("tree", visit, 1, FTW_PHYS | FTW_DEPTH | FTW_CHDIR));
    SHOW(visited);
    SHOW(depth_sum);
    SHOW(glob("tree/a*", 0, NULL, &g));
    for (size_t i = 0; i < g.gl_pathc; i++)
        printf("%s\n", g.gl_pathv[i]);
    globfree(&g);
    SHOW(glob("tree/*/*/f?le", GLOB_MARK, NULL, &g));
    SHOW(g.gl_pathc);
    globfree(&g);
    SHOW(glob("tree/none*", 0, NULL, &g));
    int n = scandir("tree", &list, not_dots, alphasort);
    for (int i = 0; i < n; i++)
        printf("%s %d\n", list[i]->d_name, list[i]->d_type);
    TRUE(getcwd(cwd, sizeof cwd) != NULL);
    TRUE(realpath("tree/link/../c/file", real)
         && strcmp(real + strlen(cwd), "/tree/b/c/file") == 0);
    SHOW(realpath("tree/missing", real) == NULL);
    SHOW(realpath("tree/dangling", real) == NULL);
    TRUE((p = realpath(".", NULL)) && strcmp(p, cwd) == 0);
    TRUE((p = get_current_dir_name()) && strcmp(p, cwd) == 0);
    DIR *d = fdopendir(open("tree/b", O_RDONLY | O_DIRECTORY));
    n = 0;
    while (readdir(d))
        n++;
    SHOW(n);
    SHOW(dirfd(d) >= 0);
    SHOW(closedir(d));
    SHOW(fnmatch("*.[ch]", "file.c", 0));
}

static void attributes(void)
{
    struct utimbuf u = {1000, 2000};
    struct timeval tv[2] = {{3, 4}, {5, 6}};
    struct statvfs v;
    struct stat st;
    SHOW(utime("tree/a1", &u));
    SHOW(utimes("tree/a2", tv));
    SHOW(lutimes("tree/link", tv));
    SHOW(futimes(99, tv));
    SHOW(stat("tree/a2", &st));
    printf("%lld %ld\n", (long long)st.st_mtime, st.st_mtim.tv_nsec);
    SHOW(statvfs("tree", &v));
    TRUE(v.f_bsize > 0 && v.f_namemax > 0);
    SHOW(pathconf("tree", _PC_NAME_MAX));
    SHOW(chmod("tree/a1", 0444));
    SHOW(lchown("tree/link", -1, -1));
    SHOW(euidaccess("tree/a1", R_OK));
    SHOW(eaccess("tree/missing", R_OK));
    SHOW(access("tree/link", R_OK | X_OK));
    SHOW(posix_fallocate(open("tree/a2", O_RDWR), 0, 1000));
    SHOW(lockf(open("tree/a2", O_RDWR), F_LOCK, 0));
    SHOW(fchmodat(AT_FDCWD, "tree/link", 0700, AT_SYMLINK_NOFOLLOW));
    SHOW(umask(077));
    SHOW(umask(022));
}

static void system_values(void)
{
    TRUE(sysconf(_SC_NPROCESSORS_CONF) > 0 && sysconf(_SC_NPROCESSORS_ONLN) > 0);
    TRUE(sysconf(_SC_PHYS_PAGES) > 0 && sysconf(_SC_AVPHYS_PAGES) > 0);
    TRUE(sysconf(_SC_OPEN_MAX) > 0);
    TRUE(sysconf(_SC_CLK_TCK) == 100);
    SHOW(sysconf(_SC_PAGESIZE));
    SHOW(getdtablesize() > 0);
    double load[3];
    SHOW(getloadavg(load, 3));
    struct rlimit l;
    SHOW(getrlimit(RLIMIT_STACK, &l));
    TRUE(l.rlim_cur >= 1 << 20);
    char name[100];
    SHOW(gethostname(name, sizeof name));
    TRUE(strlen(name) > 0);
    SHOW(getdomainname(name, sizeof name));
    TRUE(getpagesize() == sysconf(_SC_PAGESIZE));
    TRUE(clock() >= 0 && time(NULL) > 1600000000);
    clockid_t id;
    struct timespec ts;
    SHOW(clock_getcpuclockid(0, &id));
    SHOW(clock_gettime(id, &ts));
    SHOW(pthread_getcpuclockid(pthread_self(), &id));
    SHOW(clock_gettime(id, &ts));
    SHOW(timespec_get(&ts, TIME_UTC));
    struct tm tm;
    time_t t = 86400 * 365;
    setenv("TZ", "UTC", 1);
    tzset();
    SHOW(strftime(name, sizeof name, "%Y-%m-%d", gmtime_r(&t, &tm)));
    printf("%s\n", name);
    SHOW(setlocale(LC_ALL, "C.UTF-8") != NULL);
    SHOW(mbstowcs(NULL, "\xc3\xa4\xe2\x82\xac", 0));
    SHOW(getopt(1, (char *[]){"x", NULL}, "a"));
}

/* What a box does not have fails as it would on a system that is full.  */
static void processes(void)
{
    int status;
    pid_t pid;
    char *args[] = {"true", NULL};
    BOX(fork() == -1 && errno == ENOSYS);
    BOX(vfork() == -1 && errno == ENOSYS);
    BOX(system("true") == -1);
    BOX(popen("true", "r") == NULL);
    BOX(posix_spawn(&pid, "/bin/true", NULL, NULL, args, NULL) == ENOSYS);
    BOX(execv("/bin/true", args) == -1 && errno == ENOSYS);
    BOX(wait(&status) == -1 && errno == ECHILD);
}

int main(void)
{
    setvbuf(stdout, NULL, _IOFBF, 65536);
    streams();
    temporary();
    walking();
    attributes();
    system_values();
    processes();
    return 0;
}
