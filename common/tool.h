/* What the command-line tools share: messages, memory, whole files.
   SPDX-License-Identifier: Apache-2.0

   Not for libraries and not for trusted code: these functions exit.  */
#ifndef LFI_TOOL_H
#define LFI_TOOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* Set first in main: the prefix of messages (a static string).  */
extern const char *tool_name;

/* "NAME: message" on stderr; control characters of the arguments are escaped.  */
void tool_warn(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* The same, then exit status 1.  */
_Noreturn void tool_fail(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* The same with "; try 'NAME --help'" added, exit status 2.  */
_Noreturn void tool_usage(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* Prints the text (or the version) on stdout and exits, with 1 if that fails.  */
_Noreturn void tool_help(const char *text);
_Noreturn void tool_version(void);

void *tool_alloc(size_t size); /* zeroed; never NULL */
void *tool_realloc(void *p, size_t size);
char *tool_strdup(const char *s);
char *tool_printf(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* The whole file ("-" is stdin) with a NUL after it; NULL with errno on failure.  */
char *tool_read_file(const char *path, size_t *size);

/* A file that appears under its name only when it is complete.  open: NULL with errno.
   commit: 0, or -1 with errno and nothing left behind.  discard: nothing left
   behind.  Devices and pipes ("-" is stdout) are written directly.  */
struct tool_output;
struct tool_output *tool_output_open(const char *path, FILE **stream);
int tool_output_commit(struct tool_output *out);
void tool_output_discard(struct tool_output *out);

/* Directory of the running executable's installation prefix: the nearest ancestor of
   /proc/self/exe that holds "libexec/lfi"; exits with a message if there is none.  */
const char *tool_prefix(void);

#endif
