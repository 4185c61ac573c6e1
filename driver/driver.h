/* What the tools that one program is share: who was called, and where things are.
   SPDX-License-Identifier: Apache-2.0

   Nothing here returns an error: a message and exit status 1 instead.  */
#ifndef LFI_DRIVER_H
#define LFI_DRIVER_H

#include "driver/scan.h"
#include "profiles/profile.h"

enum ToolKind { GCC, CLANG, OURS, STOCK, RUN, PKGCONF };

struct Tool {
    const char *name;
    enum ToolKind kind;
    const char *stock; /* the distribution's program, behind the architecture */
};

/* What the name and the options say.  */
struct Invocation {
    const char *arch;
    bool sandboxed;
    const struct Tool *tool;
    const struct LFIProfile *profile; /* NULL for the baseline */
    char *exec;                       /* PREFIX/libexec/lfi */
    char *tooldir;                    /* where GCC finds as and ld */
    char *sysroot;                    /* PREFIX/TRIPLE */
    char *libdir;
};

/* What follows PREFIX in S; NULL if S does not start so.  */
const char *after(const char *s, const char *prefix);

/* Whether it is one of the options by which choose_profile chooses, of which compilers know nothing.  */
bool picks_profile(const char *arg);

/* The profile of the last -mlfi-profile=, else the one of the given name; or what -mlfi-meter= and
   -mlfi-poc make of that.  */
const struct LFIProfile *choose_profile(const struct Invocation *inv,
                                        const struct ScannedArgs *args, const char *otherwise);

/* Fills in the paths; the profile is known.  */
void find_places(struct Invocation *inv);

/* Ends if as or the libraries of the profile are not there.  */
void check_installation(const struct Invocation *inv);

/* Answers -print-... and their like on standard output, and ends; for --help says what is ours and
   goes on.  */
void answer_questions(const struct Invocation *inv, const struct ScannedArgs *args);

/* What -dumpmachine says; the sysroot's name, too.  The caller frees it.  */
char *triple_of(const struct Invocation *inv);

/* Takes variables out of the environment by which paths of the host would get in.  */
void clean_environment(void);

/* Whether what is linked with these arguments gets a dynamic linker (link-mode.c).  The places are
   known.  */
bool wants_dynamic(const struct Invocation *inv, const struct ScannedArgs *args);

/* Executes PROGRAM, which is looked for in PATH if its name has no slash.  ARGV[0] is set.  */
_Noreturn void execute(const char *program, char **argv);

/* The tools, each in a file of its own.  ARGV[0] is not looked at.  */
_Noreturn void run_clang(struct Invocation *inv, int argc, char **argv);
_Noreturn void run_program(struct Invocation *inv, char **argv);
_Noreturn void run_pkg_config(struct Invocation *inv, int argc, char **argv);

#endif
