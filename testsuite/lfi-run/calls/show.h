/* Prints what a call returns, so that the box's output can be compared with the baseline's.
   SPDX-License-Identifier: Apache-2.0  */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/sendfile.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/sysinfo.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <sys/times.h>
#include <sys/uio.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#define SHOW(e)                                                                                    \
    do {                                                                                           \
        errno = 0;                                                                                 \
        long show_r = (long)(e);                                                                   \
        if (show_r == -1)                                                                          \
            printf("%s = -1, errno %d\n", #e, errno);                                              \
        else                                                                                       \
            printf("%s = %ld\n", #e, show_r);                                                      \
    } while (0)
#define TRUE(e) printf("%s: %s\n", #e, (e) ? "yes" : "NO")
/* What differs from Linux, as it must be in a box.  */
#ifdef __LFI__
#define BOX(e) printf("%s: %s\n", #e, (e) ? "yes" : "NO")
#else
#define BOX(e) printf("%s: yes\n", #e)
#endif

/* What a box does not have, its process on Linux shall not have either: privileges.  Root that
   cannot become another user must not go on: bad arguments would reach the host's own files.
   The status tells the tests.  */
enum { NO_OTHER_USER = 77 };
static inline void drop_privileges(void)
{
#ifndef __LFI__
    enum { USER = 1000 };
    if (geteuid() != 0)
        return;
    if (chown(".", USER, USER) || setgroups(0, NULL) || setgid(USER) || setuid(USER)) {
        perror("drop_privileges");
        exit(NO_OTHER_USER);
    }
#endif
}
