/* The driver's arguments with every @file expanded, to look at and not to pass on.
   SPDX-License-Identifier: Apache-2.0  */
#ifndef LFI_SCAN_H
#define LFI_SCAN_H

#include <stdbool.h>
#include <stddef.h>

struct ScannedArgs {
    char **values;
    size_t count, room;
};

/* Appends copies of the arguments.  An @file that cannot be read stays as it is, as with
   GCC; one that includes itself is fatal.  */
void scan_args(struct ScannedArgs *out, int argc, char *const *argv);

/* Whether ARG stands among the arguments.  */
bool scan_has(const struct ScannedArgs *args, const char *arg);

/* Whether ARG is in the list, which ends with NULL.  */
bool scan_is_one_of(const char *arg, const char *const *list);

#endif
