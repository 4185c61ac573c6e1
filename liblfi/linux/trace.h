/* What --trace knows about arguments: sets of names, structures.
   SPDX-License-Identifier: Apache-2.0  */
#ifndef LFI_LINUX_TRACE_H
#define LFI_LINUX_TRACE_H

#include <stddef.h>
#include <stdint.h>

/* How an argument is shown where its kind alone does not say.  */
enum arg_show {
    SHOW_PLAIN,
    SHOW_SIZE,
    SHOW_HEX,
    SHOW_STRING,
    SHOW_RESULT,
    SHOW_DIRENTS,
    SHOW_signal,
    SHOW_FILEMODE,
/* The sets of names.def, */
#define SET(name, unknown) SHOW_##name,
#define NAME(text, value, mask)
#define END
#include "liblfi/linux/names.def"
#undef SET
#undef NAME
#undef END
/* and structures of abi.h (trace_structs.c).  */
#define TRACE_STRUCTS(X)                                                                           \
    X(stat) X(statfs) X(statx) X(timespec) X(timespec2) X(timeval) X(timeval2) X(timezone)         \
    X(utimbuf) X(utsname) X(sysinfo) X(rusage) X(tms) X(rlimit) X(stack) X(pollfd) X(fdpair)       \
    X(fdset) X(offset) X(word64) X(id) X(sigset) X(sigset_arg) X(siginfo) X(sigevent) X(itimerval)   \
    X(itimerspec) X(sigaction) X(flock) X(epoll_event) X(sockaddr) X(msghdr)
#define X(name) SHOW_STRUCT_##name,
    TRACE_STRUCTS(X)
#undef X
    SHOW_END
};

/* A line that is being made; what does not fit is left out.  Room for two paths whose bytes all
   need escapes.  */
struct line {
    size_t n;
    char text[36 << 10];
};

void line_add(struct line *l, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Bytes of a box in quotes, escaped as C has it; hex: all of them in hexadecimal.  */
void line_add_bytes(struct line *l, const uint8_t *b, size_t n, int hex);
/* NULL, or in hexadecimal.  */
void line_add_pointer(struct line *l, uint64_t value);
/* A value by the names of a set.  */
void line_add_set(struct line *l, enum arg_show set, uint64_t value);
void line_add_signal(struct line *l, uint64_t sig);
void line_add_mode(struct line *l, uint32_t mode);
/* The structure at *s.  */
void line_add_struct(struct line *l, enum arg_show type, const void *s);

#endif
