/* liblfi: a Linux for programs in boxes.
   SPDX-License-Identifier: Apache-2.0

   A LFILinuxEngine answers the system calls of the boxes of one LFIEngine.  A process
   (LFILinuxProc) is a box with a program loaded, its files and its memory.  A
   thread (LFILinuxThread) runs in it; those that the program makes itself run on host threads
   that the library makes and ends.  What each call does: docs/linux-layer.md.

   Nothing of the host is visible to a box but descriptors 0, 1 and 2, the directories of
   dir_maps, the network of net, the clocks, and counts of processors.

   Threads.  Functions on different processes may run at the same time; on one process only
   lfi_proc_exited, lfi_proc_end, lfi_proc_signal and lfi_proc_interrupt while it runs.  Errors as in
   lfi_core.h: a failing function says so in its result, lfi_errno() and lfi_errmsg() of the same thread tell why.

   Signals.  While a host thread runs a box SIGPIPE is blocked in it, and those of faults and
   interrupts (lfi_core.h) are not.  */
#ifndef LFI_LINUX_H
#define LFI_LINUX_H

#include "lfi_core.h"

#ifdef __cplusplus
extern "C" {
#endif

struct LFILinuxEngine;
struct LFILinuxProc;
struct LFILinuxThread;
struct LFIProcEnd;

/* Ours: what a process may use; 0 in a field: no limit, or the largest that there is.  At a limit of
   the first three the program's call fails; at the others the process ends, wherever its threads
   are, and lfi_proc_end gives the reason.  */
struct LFILimits {
    size_t memory;    /* bytes, stacks included, as counted by lfi_box_memory: ENOMEM */
    unsigned threads; /* at the same time, up to 512: EAGAIN */
    unsigned files;   /* open descriptors, up to 1024: EMFILE */
    /* Bytes written to files and to descriptors that were inherited, or set aside for that: what
       fallocate gives counts, and so does the size of each shared mapping of a file that is open
       for writing (mmap: ENOMEM instead of the end).  The write that reaches the limit is cut
       short, so that exactly so many bytes are written.  */
    uint64_t output;
    uint64_t cpu;  /* milliseconds of processor time of all threads, what the host does for them
                      included; overrun by at most some 5 ms on each processor, after a
                      pause by 100 ms */
    uint64_t wall; /* milliseconds since lfi_thread_run */
    /* Instructions, as lfi_ctx_set_fuel counts them; for programs of metered profiles alone, else
       lfi_thread_new fails with LFI_ERR_STATE.  A thread that the program makes, or
       that a thread of the host gets for its calls, gets half of what its maker has left and ended threads had;
       the process ends when any of its threads has used up its part.  */
    uint64_t fuel;
};

/* Ours: what sockets of a process may reach.  Pairs of connected sockets are always there.  */
enum LFINet {
    LFI_NET_NONE = 0, /* socket fails with EAFNOSUPPORT */
    /* IPv4 addresses 127.0.0.0/8 and the IPv6 address ::1, streams and datagrams.  To bind any
       address means the loopback one.  Needs Linux 5.7; before, socket fails with EACCES.  */
    LFI_NET_LOOPBACK,
    LFI_NET_ALL /* all that the user who runs the host's process may reach with TCP and UDP */
};

/* Zero in every field asks for the default.  */
struct LFILinuxOptions {
    size_t stacksize; /* of the first thread of a process [8 MiB]; 64 KiB to 1 GiB */
    bool verbose;     /* report loads and unsupported calls, see log */
    /* Write the addresses of the functions of every program that is loaded to /tmp/perf-PID.map,
       where perf finds them.  The file stays.  Where several boxes use the same addresses one
       after the other, perf shows functions of any of them.  */
    bool perf;
    /* "BOX=HOST" or "BOX=HOST:ro", NULL-terminated: the host directory HOST is visible in the
       box at the absolute path BOX.  ':rw' at the end is understood too, for a HOST that ends
       in ':ro'.  NULL: none.  */
    const char **dir_maps;
    const char *wd;             /* working directory, a path of the box; "/" where it is not one */
    bool exit_unknown_syscalls; /* an unknown system call ends the process with SIGSYS */
    bool sys_passthrough;       /* not supported: lfi_linux_new refuses it */
    bool debug;                 /* print every system call as strace does, see trace */
    bool brk_control;           /* brk_size is meant, 0 too */
    size_t brk_size;            /* most that brk can give [256 MiB] */
    /* Ours.  */
    unsigned umask; /* the first umask of a process; the host's applies too */
    /* Takes one line of text without newline for verbose and debug; any thread.  NULL: standard
       error.  Bytes that could control a terminal are escaped already.  */
    void (*log)(void *arg, const char *line);
    void *log_arg;
    /* Takes the lines of debug in the same way.  NULL: log does.  */
    void (*trace)(void *arg, const char *line);
    void *trace_arg;
    /* Tell GDB, should it debug this process, about every program that is loaded: it then
       knows its functions and, where the path given to lfi_proc_load is that of the program's file,
       its source.  Costs some time for each program.  */
    bool gdb;
    struct LFILimits limits; /* of each process */
    /* A file of the host: the dynamic linker of programs that name /lib/ld-musl-ARCH.so.1, of their
       profile (libc.so of a sysroot).  It is loaded and verified like the program, each time one
       is; NULL: such programs are refused.  The libraries that it loads are found in the box: in
       directories of dir_maps.  */
    const char *linker;
    enum LFINet net;         /* what sockets of processes reach */
    /* Asked before a process ends since a thread has used up its fuel, as lfi_refill_handler has it: if it
       gives more to the thread's context (lfi_thread_ctxp) and returns true, the thread goes on.  where,
       valid during the call, is what the process would end with.  On the thread itself.  NULL: none does,
       unless the host sets a handler of its own.  */
    bool (*refill)(void *arg, struct LFILinuxThread *thread, const struct LFIProcEnd *where);
    void *refill_arg;
};

/* Opens the directories of dir_maps and sets the engine's system-call handler.  The options
   are copied.  The first process with a limit of time makes a thread that looks after all of them
   and ends in lfi_linux_free; it blocks all signals.  NULL with LFI_ERR_ARG (a message names the
   mapping, or the file of perf), LFI_ERR_ALLOC.  */
struct LFILinuxEngine *lfi_linux_new(struct LFIEngine *engine, struct LFILinuxOptions opts);
/* All processes must have been freed.  The LFIEngine stays.  NULL is ignored.  */
void lfi_linux_free(struct LFILinuxEngine *linux_engine);

/* A process without a program, in a new box.  NULL as lfi_box_new.  */
struct LFILinuxProc *lfi_proc_new(struct LFILinuxEngine *linux_engine);
struct LFIBox *lfi_proc_box(struct LFILinuxProc *proc);

/* Ours: other limits than the options'.  Before a program is loaded: LFI_ERR_STATE; LFI_ERR_ARG for
   a number that is too large.  */
bool lfi_proc_set_limits(struct LFILinuxProc *proc, const struct LFILimits *limits);

/* Loads an ELF program: verifies it, at a random address unless the engine has no_aslr.  path
   is what the program is told about its name (AT_EXECFN) and what messages name; load_file
   opens it.  The bytes are copied: nothing is kept of prog or fd.  False with LFI_ERR_ARG (what
   is wrong with the file), VERIFY, PROFILE, ALLOC, MMAP, or STATE when there is a program
   already; after a failure the process is only good for lfi_proc_free.  */
bool lfi_proc_load(struct LFILinuxProc *proc, const uint8_t *prog, size_t size, const char *path);
bool lfi_proc_load_fd(struct LFILinuxProc *proc, int fd, const char *path);
bool lfi_proc_load_file(struct LFILinuxProc *proc, const char *path);

/* The same, for a process that will be reloaded: its data is mapped from a memory file (one
   descriptor of the host, as long as the process) instead of being copied, so that a reload takes
   back the pages that were written and reads none.  The program sees no difference.  */
bool lfi_proc_load_remap(struct LFILinuxProc *proc, const uint8_t *prog, size_t size,
                         const char *path);

/* Makes a process what it was when its program had been loaded, to use its box again: after a
   program has ended, however it did, or before it ran.  prog and size are the program's bytes
   again, or NULL and anything; other bytes are another program, which must be of the same profile.

   Memory that was mapped since is unmapped, data and zeroed data are as in the file, files are
   closed, descriptors 0 to 2 are opened anew as for a new process, and so are numbers, working
   directory, umask, limits and signals.  Code stays where it is and is not verified again, if no
   part of it was unmapped, replaced or protected otherwise since it was: installed code cannot
   change.  Else it is copied and verified as by lfi_proc_load.  The image keeps its random address,
   unless it is another program.  Limits of the process stay.  Callbacks are unregistered; a program that waits for calls stops
   doing so, and contexts that it gave to threads of the host are not valid any more.

   Then lfi_thread_reload, or lfi_thread_new if the first thread has been freed.  False with
   LFI_ERR_STATE without a program or while threads of it are running, after which nothing has
   changed; else as lfi_proc_load: after that the process is only good for lfi_proc_free.  */
bool lfi_proc_reload(struct LFILinuxProc *proc, const uint8_t *prog, size_t size);

/* Ours: a copy of a process of position-oblivious code (-mlfi-poc), at another place, which goes on where the process is.
   As after fork: memory, working directory, umask, limits, signal handlers and masks are the copy's own, open files are
   shared; timers and what counts against limits are not copied.  Unlike after fork signals that wait are, and the program is told
   nothing: it sees the same numbers of process and thread.

   A process may be copied before it runs; while it waits for calls; by a function of the host that its program called
   (lfi_box_register_cb; the copy goes on behind that call, whose result are the registers of *thread's context); or by another
   thread of the host while it runs: then it is stopped for a moment, when functions of the host that it is in have returned, and
   calls that wait begin again in the copy with the time that is left.

   *thread is the copy's first thread, ready for lfi_thread_run, or for calls where it waits for them; NULL if none was made
   yet.  NULL with the errors of lfi_box_copy, and LFI_ERR_STATE: without a program, after the end, with more than one
   thread, with an epoll, signalfd or memory file among the descriptors.  */
struct LFILinuxProc *lfi_proc_copy(struct LFILinuxProc *proc, struct LFILinuxThread **thread);

/* Address in the box of a global symbol of the program; 0 if there is none.  */
uint64_t lfi_proc_sym(struct LFILinuxProc *proc, const char *name);

/* True once the process has ended; *code (may be NULL) is then its exit status, or 128 + the
   number of the signal that ended it.  */
bool lfi_proc_exited(struct LFILinuxProc *proc, int *code);

/* Ours: why a process ended.  */
enum LFIEndReason {
    LFI_ENDED_EXIT = 0,  /* it called exit, or its last thread ended */
    LFI_ENDED_SIGNAL,    /* a signal that it does not handle: its own, lfi_proc_signal, a closed pipe */
    LFI_ENDED_FAULT,     /* sig and info tell which */
    LFI_ENDED_NOT_RUN,   /* lfi_errno of the thread that should have run it tells why */
    LFI_ENDED_INTERRUPT, /* lfi_proc_interrupt, or lfi_ctx_interrupt for one of its threads: SIGKILL */
    LFI_ENDED_OUTPUT,    /* LFILimits.output: SIGXFSZ */
    LFI_ENDED_CPU,       /* LFILimits.cpu, lfi_ctx_set_time for one of its threads: SIGXCPU */
    LFI_ENDED_WALL,      /* LFILimits.wall: SIGKILL */
    LFI_ENDED_FUEL       /* LFILimits.fuel: SIGXCPU; info tells where, its kind is LFI_FAULT_FUEL */
};

/* Ours: how a process ended.  */
struct LFIProcEnd {
    int code;   /* as from lfi_proc_exited */
    int sig;    /* the signal that ended it; 0 if it called exit */
    bool fault; /* it came from a fault, or for lack of fuel: the rest is valid */
    struct LFIFault info;
    bool in_image;         /* pc lies in the program or a library: */
    uint64_t image_offset; /* the address in its ELF file */
    const char *symbol;    /* function that covers it, hostile text; NULL if unknown */
    uint64_t distance;     /* of pc from the symbol */
    enum LFIEndReason reason;
    const char
        *object; /* with in_image: the library that it means, hostile text; NULL: the program */
};
/* False if it has not ended.  symbol is valid as long as the process, or until it is reloaded.  */
bool lfi_proc_end(struct LFILinuxProc *proc, struct LFIProcEnd *end);

/* Ours: where the thread was whose fault ended a process.  Frame 0 is the function that
   faulted, the next its caller, and so on.  They come from the program's registers, stack and call
   frame information (.eh_frame, .debug_frame), all hostile: frames may be wrong
   or missing, and addresses are good for nothing but to be shown.  */
enum { LFI_MAX_FRAMES = 64 };
struct LFIFrame {
    uint64_t pc;           /* frame 0: as in struct LFIFault; else where the call returns to */
    bool in_image;         /* pc lies in the program or a library: */
    uint64_t image_offset; /* the address in its ELF file */
    const char *symbol;    /* function that covers it, hostile text; NULL if unknown */
    uint64_t distance;     /* of pc from the symbol */
    const char *object;    /* as in LFIProcEnd */
};
/* Frame n; false past the last one (there are LFI_MAX_FRAMES at most), or if the process has
   not ended by a fault.  symbol is valid as long as the process.  */
bool lfi_proc_frame(struct LFILinuxProc *proc, unsigned n, struct LFIFrame *frame);

/* Ours: ends the process, whatever its threads do, or before it begins.  Returns at once;
   lfi_thread_run returns when all threads have gone.  Any thread may call this as long as
   the process exists.  */
void lfi_proc_interrupt(struct LFILinuxProc *proc);

/* Ours: sends the signal (1 to 64, as the box numbers them) to the process, as kill(2) does from
   outside: a handler of the program runs, or it ends, or nothing happens.  A process that has not begun
   finds it when it does.  False if there is no such signal.  Any thread may call this as long as the
   process exists.  */
bool lfi_proc_signal(struct LFILinuxProc *proc, int sig);

/* Ours: what is loaded finds the signal (1 to 64, as the box numbers them) ignored when it begins,
   as a program does whose starter ignores it; it may change that.  Not while it runs.  False if
   there is no such signal, or for SIGKILL and SIGSTOP.  */
bool lfi_proc_ignore(struct LFILinuxProc *proc, int sig);

/* Address of the first byte of the image in the box.  */
lfiptr lfi_proc_image(struct LFILinuxProc *proc);

/* Ends threads of the program that are still there, frees the box and everything of the
   process.  Its LFILinuxThread objects must have been freed.  NULL is ignored.  */
void lfi_proc_free(struct LFILinuxProc *proc);

/* The first thread of a process: makes its stack with arguments and environment (argv has argc
   entries; envp ends with NULL, NULL means empty).  NULL: LFI_ERR_STATE without a program or
   where there was a first thread already, LFI_ERR_ARG when arguments and environment
   do not fit into a quarter of the stack, ALLOC, MMAP.  */
struct LFILinuxThread *lfi_thread_new(struct LFILinuxProc *proc, int argc, const char **argv,
                                      const char **envp);

/* The first thread of a process that was reloaded, with new arguments, in place of another
   lfi_thread_new: all but the object is new, the context in lfi_thread_ctxp too.  False with
   LFI_ERR_STATE unless the process was reloaded since the last lfi_thread_new or
   lfi_thread_reload; else as lfi_thread_new, and it can be called again.  */
bool lfi_thread_reload(struct LFILinuxThread *thread, int argc, const char **argv,
                       const char **envp);

/* Runs the program on this host thread until the process has ended: all its threads have.
   Returns lfi_proc_exited's code, or -1 with lfi_errno when it could not be run.  */
int lfi_thread_run(struct LFILinuxThread *thread);
void lfi_thread_free(struct LFILinuxThread *thread);

/* Where the thread keeps its context.  */
struct LFIContext **lfi_thread_ctxp(struct LFILinuxThread *thread);

/* Libraries: programs linked with libboxrt ("-static-pie ... -lboxrt", without a main function).

   lfi_thread_run returns 0 when such a program's constructors have run; the process has not ended,
   and functions of it (lfi_proc_sym) are called on this thread with lfi_thread_ctxp by LFI_INVOKE.
   Calls of exit, or a signal, end the process as always: then calls are refused.  lfi_thread_free
   and lfi_proc_free in that order end it.  Signals of the host: SIGPIPE is blocked during system
   calls of the box.  */

/* Lets other threads of the host call into the process: LFI_INVOKE with a pointer to a context that
   is NULL (a thread-local one) gives the thread a thread of the box, with stack and thread-local
   storage, which lasts until the host's thread ends.  Called once, by the thread that ran
   main_thread.  False with LFI_ERR_STATE (the program does not wait for calls) or as calls fail;
   programs of profiles for one thread cannot.  */
bool lfi_linux_init_clone(struct LFILinuxThread *main_thread);

/* Ends the calling thread's thread of the process at once; its context is not valid any more.  */
void lfi_linux_detach_thread(struct LFILinuxProc *proc);

/* The box's malloc, realloc, calloc and free, by the context *ctxp as for LFI_INVOKE.  The memory
   is the box's, at the address returned in the box and for the host; its contents can change at any
   time while code of the box runs.  NULL if the box has no memory, or on failure with lfi_errno: as
   calls fail, or LFI_ERR_STATE if the program lacks libboxrt or what it answered is not in the box.
 */
void *lfi_lib_malloc(struct LFIBox *box, struct LFIContext **ctxp, size_t size);
void *lfi_lib_realloc(struct LFIBox *box, struct LFIContext **ctxp, void *old, size_t size);
void *lfi_lib_calloc(struct LFIBox *box, struct LFIContext **ctxp, size_t n, size_t size);
void lfi_lib_free(struct LFIBox *box, struct LFIContext **ctxp, void *p);

/* setjmp for a host whose library reports errors by longjmp: env is a jmp_buf of the box.  When
   code of the box calls longjmp(env, value), the call into the box that the caller of this function
   has made since ends, with all that began after it, and cb(host_env, value) is called on the stack
   of that call; it is to call longjmp(host_env, value) of the host, and thus comes back to where
   the host's setjmp(host_env) was.  So the usual

       if (setjmp(host_env) == 0) {
           lfi_lib_setjmp(box, ctxp, env, &host_env, cb);
           ... calls ...
       }
       lfi_lib_setjmp(box, ctxp, env, NULL, NULL);

   As with setjmp the function that called it must not have returned when longjmp comes, and hostile
   code can call longjmp at any time: so it has to be taken back, by cb NULL, before the function
   returns.  (Calls made in other places, from callbacks or other threads, cannot jump there.)
   Functions of the host between the two are left as by longjmp.  0, or -1 as calls fail.  */
int lfi_lib_setjmp(struct LFIBox *box, struct LFIContext **ctxp, void *env, void *host_env,
                   void (*cb)(void *host_env, int value));

/* One engine for the whole process, for as many boxes as fit, at most 32.  False with the errors
   of lfi_new and lfi_linux_new, or LFI_ERR_STATE if there is one already.  Not thread-safe.  free:
   as lfi_linux_free and lfi_free.  */
bool lfi_linux_lib_init(struct LFIOptions opts, struct LFILinuxOptions linux_opts);
struct LFILinuxEngine *lfi_linux_lib_engine(void);
void lfi_linux_lib_free(void);

#ifdef __cplusplus
}
#endif
#endif
