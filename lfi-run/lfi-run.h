/* lfi-run: runs a program in a box.
   SPDX-License-Identifier: Apache-2.0  */
#ifndef LFI_RUN_H
#define LFI_RUN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lfi_linux.h"

/* A limit of the program.  */
struct limit {
    const char *text; /* as given; NULL: none */
    uint64_t value;   /* bytes, a number or milliseconds; 0: none */
};

/* What the command line asked for.  */
struct options {
    const char **dirs; /* --dir, as given; NULL-terminated */
    size_t ndirs;
    const char **env; /* --env, as given; NULL-terminated */
    size_t nenv;
    bool env_all;
    const char *lib_dir; /* --lib-dir; NULL: the installation's */
    enum LFINet net;
    bool allow_stores;
    bool no_verify;
    bool no_aslr;
    bool gdb;
    bool perf;
    bool trace;
    const char *trace_file; /* NULL: standard error */
    bool verbose;
    bool check_host; /* no program then */
    bool no_seccomp;
    size_t stack_size; /* 0: the default */
    struct limit memory, threads, files, output, cpu, timeout, fuel, slice;
    int argc;          /* the program and its arguments */
    const char **argv; /* NULL-terminated */
};

/* Fills *o from the command line; exits on --help, --version and mistakes.  */
void options_parse(struct options *o, int argc, char **argv);

/* The machine of an ELF file's header, "aarch64" or "x86_64"; exits with a message
   if the file cannot be read or is for another machine.  */
const char *program_arch(const char *path);

/* Whether programs of that architecture run under qemu-user here: the path of qemu, or NULL and
   in *why what is missing, as one line.  */
const char *find_emulator(const char *arch, const char **why);

/* Starts that architecture's lfi-run under qemu-user with the same arguments; exits
   with a message if that is not possible.  */
_Noreturn void handoff(const char *arch, char **argv);

/* The architecture of the boxes of this process; NULL if it runs none.  */
extern const char *const native_arch;

/* Prints which profiles this machine can run, and why not.  Returns the exit status: 0 if there
   is one.  */
int check_host(void);

struct LFIProfile;

/* What hinders boxes of the profile in this process, as one line; NULL if nothing does.  */
const char *check_native(const struct LFIProfile *profile);

/* Signals that this process gets go to the program (signals.c), between begin and end.  die: the
   program has ended by sig (0: by none); if that came from here this process ends by it as well.  */
struct LFILinuxProc;
void signals_begin(struct LFILinuxProc *proc);
void signals_end(void);
void signals_die(int sig);

/* Runs the program in a box of this process.  Returns its exit status.  */
int run_program(const struct options *o);

/* What the runtime needs calls of the kernel for, beyond running a program.  */
struct needs {
    bool dir, writable; /* a directory of the host, and one that may be changed */
    bool net;           /* sockets */
};

/* From now on the kernel kills this process when it makes a call that liblfi and its Linux layer do
   not need.  Exits with a message if that is not possible.  */
void restrict_calls(struct needs needs);

/* The box's environment; NULL-terminated.  */
const char **box_environment(const struct options *o);

/* The strings for LFILinuxOptions.dir_maps; NULL-terminated.  libraries is what /lib is if nothing
   else was given for that; NULL: nothing.  */
const char **box_directories(const struct options *o, const char *libraries);

/* The box's path of the host's working directory, "/" if no mapping covers it.  */
const char *box_working_directory(const char *const *maps);

#endif
