/* Inside of the Linux layer: its objects and what its files share.
   SPDX-License-Identifier: Apache-2.0  */
#ifndef LFI_LINUX_INTERNAL_H
#define LFI_LINUX_INTERNAL_H

#include <elf.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <time.h>

#include "lfi_linux.h"
#include "lfiv_elf.h"
#include "liblfi/linux/abi.h"

enum {
    LX_MAX_FDS = 1024,
    LX_MAX_THREADS = 512,
    LX_PATH_MAX = 4096, /* with the NUL, as the kernel has it */
    LX_NAME_MAX = 255,
    LX_MAX_LINKS = 40,
    LX_IOV_MAX = 1024,
    LX_PIPE_MAX = 1 << 20,
    LX_MAX_WATCHES = 16384,   /* registrations in epolls */
    LX_MAX_WATCH_FDS = 1024,  /* of them under a number of the host of their own */
    LX_RW_MAX = 0x7ffff000, /* most bytes of one read or write */
    LX_SCRATCH = 48 << 10,
    LX_FIRST_PID = 1000
};

/* Files (fd.c).  */

/* A directory of the host that the box sees at path.  */
struct mount {
    char *path; /* normalised: absolute, no "." or "..", no slash at the end but in "/" */
    int fd;     /* O_PATH */
    dev_t dev;
    ino_t ino;
    bool ro;
};

enum file_kind {
    FILE_HOST, /* an open descriptor of the host */
    FILE_TREE  /* a directory that exists because something is mounted below it, or /dev */
};

/* What calls that are for one sort of file look at.  All but USE_PLAIN were made by the box.  */
enum file_use {
    USE_PLAIN,
    USE_EPOLL,
    USE_EVENT, /* eventfd */
    USE_TIMER,
    USE_SIGNAL, /* signalfd */
    USE_SOCKET,
    USE_MEMORY /* memfd */
};

struct watch;

/* An open file of a box: what several descriptors can share.  */
struct file {
    atomic_uint refs;
    enum file_kind kind;
    enum file_use use;
    int host;                   /* -1 for FILE_TREE */
    const struct mount *mount;  /* where it was opened by path; NULL for all others */
    int hidden;                 /* status flags of the host that the box did not ask for */
    bool dir;                   /* may be the start of a path */
    bool fixed;                 /* owner, mode and times cannot be changed */
    char *path;                 /* of directories: where it was when it was opened */
    atomic_ullong pos;          /* FILE_TREE: next entry of getdents */
    struct LFILinuxEngine *std; /* NULL, or where it is in std */
    atomic_bool watched;        /* an epoll has, or had, it */
    struct watch *watches;      /* where epolls have it (event.c); in its lock */
    struct watch *watching;     /* USE_EPOLL: what it has; likewise */
    int family, type;           /* USE_SOCKET: the host's numbers */
    struct LFILinuxProc *owner; /* USE_MEMORY: whose memory_files it counts in; USE_SIGNAL: whose
                                   signals it reads */
    uint64_t charged, mapped;   /* of them; bytes up to which it is or was mapped; in mem_lock */
    uint64_t signals;           /* USE_SIGNAL: which; this and the next three in the owner's lock */
    bool ready;                 /* the event has been written */
    int event;                  /* the host's */
    struct file *next_signal_file;
};

struct fdtable {
    pthread_mutex_t lock;
    struct {
        struct file *file;
        bool cloexec;
    } slot[LX_MAX_FDS];
};

/* All return with a reference that the caller drops, or NULL.  file_new takes over host, and
   closes it when it fails.  */
struct file *file_new(enum file_kind kind, int host);
struct file *fd_get(struct LFILinuxProc *p, int fd);
void file_hold(struct file *f);
void file_drop(struct file *f);
/* Puts the file at the lowest free number from least on; takes over the reference.  The number
   or -EMFILE.  */
long fd_add(struct LFILinuxProc *p, struct file *f, int least, bool cloexec);
/* Puts the file at fd, closing what was there; takes over the reference.  */
long fd_install(struct LFILinuxProc *p, struct file *f, int fd, bool cloexec);
long fd_close(struct LFILinuxProc *p, int fd);
long fd_flags(struct LFILinuxProc *p, int fd, int set); /* set -1: returns FD_CLOEXEC or 0 */
void fds_init(struct LFILinuxProc *p);
/* Closes all but opens 0, 1 and 2 anew.  */
void fds_reset(struct LFILinuxProc *p);
void fds_free(struct LFILinuxProc *p);
/* Another process has the same open files under the same numbers, instead of its own; from is locked.  */
void fds_share(struct LFILinuxProc *to, struct LFILinuxProc *from);

/* Takes a file that nobody has any more out of all epolls, or an epoll's registrations back
   (event.c).  */
void watches_forget(struct file *f);

/* Objects.  */

struct LFILinuxEngine {
    struct LFIEngine *engine;
    struct LFILinuxOptions opts; /* strings and dir_maps not valid any more */
    char *linker;                /* the host's path of programs' dynamic linker; NULL: none */
    char *wd;
    struct mount *mounts;
    size_t nmounts;
    atomic_bool no_openat2; /* missing or denied */
    atomic_uint next_pid;
    atomic_ullong logged[8];  /* unknown system calls, one bit each */
    pthread_mutex_t std_lock; /* of std */
    struct file *std[3];      /* descriptors 0, 1 and 2 of the host where a process has them; no
                                 references */
    /* The thread that looks after limits of time (limits.c), once there was a process with one.  */
    pthread_mutex_t watch_lock;
    pthread_cond_t watch_change;
    pthread_t watcher;
    bool watching, watch_quit;
    struct LFILinuxProc *watched;
};

/* Functions of libboxrt that library.c knows.  */
enum { LX_NRT = 7 };

/* Signals that wait to be handled, in order; bit n-1 is signal n.  */
struct sigqueue {
    uint64_t pending;
    struct signode *first;
};

struct sigstate {
    struct sigqueue queue; /* of whichever thread takes them */
    unsigned queued;       /* all nodes of the process */
    struct file *files;    /* signalfd's */
    struct box_sigaction action[BOX_NSIG];
};

/* Return addresses of a thread that faulted, innermost first; the first is its pc.  */
struct backtrace {
    unsigned n;
    uint64_t pc[LFI_MAX_FRAMES];
};

/* An ELF image in a box.  */
struct loaded {
    uint8_t *file; /* NULL: none */
    size_t size;
    struct LFIVElf elf;
    int data_fd;                        /* memory file with its data, sealed; -1: none */
    uint64_t data_at[LFIV_ELF_MAXSEGS]; /* where a segment's first page is in it */
    lfiptr image; /* where address 0 of the file is; can wrap where the box is at address 0 */
};

struct LFILinuxProc {
    struct LFILinuxEngine *lx;
    struct LFIBox *box;
    struct LFIBoxInfo info;
    size_t page;
    int pid;

    /* The program and, if it names one, its dynamic linker (load.c).  Fixed before the first thread
       runs.  */
    struct loaded prog, linker;
    char *name;
    bool loaded;
    bool remap;                   /* data is mapped from memory files, not copied */
    bool started;                 /* a first thread was made, and the program not reloaded since */
    struct LFILinuxThread *first; /* that thread, until it is freed */
    struct copying *copying;      /* who waits for a copy (copy.c); in lock */
    atomic_bool copy_wanted;      /* read without the lock */
    struct debugger_image *debugger; /* debugger.c; NULL if none is told */

    struct fdtable fds;
    unsigned watches, watch_fds; /* in the lock of event.c */
    pthread_mutex_t fs_lock; /* of cwd */
    struct file *cwd;
    atomic_uint umask;
    atomic_int nice;

    struct library *libraries; /* images.c; under mem_lock */
    unsigned nlibraries;
    atomic_uint rejections;   /* of code, in mmap and mprotect */
    uint64_t memory_files;    /* bytes that memory files may take; in mem_lock */
    pthread_mutex_t mem_lock; /* of brk and of calls that look before they map */
    lfiptr brk_start, brk_now, brk_end;

    pthread_mutex_t lock; /* of everything below */
    pthread_cond_t idle;  /* signalled when nthreads falls */
    struct LFILinuxThread *threads;
    unsigned nthreads;
    int next_tid;
    struct sigstate sig;
    uint64_t ignored;                 /* signals that programs find ignored when they begin */
    struct timer *timers, *itimer[3]; /* timer.c */
    int next_timer;
    struct box_rlimit rlimit[BOX_RLIM_NLIMITS];
    bool ended;
    struct LFIProcEnd end;
    struct backtrace backtrace;   /* of end */
    struct LFILinuxThread *ender; /* the thread that ended it, NULL: none of its own */
    int main_code;                /* what the first thread gave to exit */
    atomic_bool ending;           /* set with ended; read without the lock */

    /* A program that waits for calls (library.c).  */
    _Atomic lfiptr rt[LX_NRT];           /* addresses of its functions; 0: not looked up */
    pthread_mutex_t service_lock;        /* of what follows */
    struct LFILinuxThread *service;      /* makes threads; NULL: none */
    struct LFILinuxThread *maker, *made; /* whose clone is the host's thread, and what came of it */
    bool making;

    /* Limits (limits.c).  */
    struct LFILimits limits; /* fixed before the first thread runs; 0: none, or filled in */
    atomic_ullong output;    /* bytes written, and those about to be */
    uint64_t cpu_done;       /* ns, of threads that have ended; under lock */
    int64_t fuel;            /* that they had left (fuel.c); likewise */
    uint64_t wall_end;       /* ns of CLOCK_MONOTONIC; this and the rest is the watcher's */
    uint64_t cpu_look;       /* when to look at the processor time again; likewise */
    uint64_t cpu_seen;       /* what it was at the last look, ns */
    struct LFILinuxProc *next_watched;
};

struct LFILinuxThread {
    struct LFILinuxProc *proc;
    struct LFIContext *ctx;
    struct LFILinuxThread *next;
    int tid;
    bool main;
    bool ran;                         /* main: lfi_thread_run was called */
    bool running;                     /* host is valid */
    bool leaving;                     /* ended by exit; noticed when the call returns */
    bool copied;                      /* main: goes on where another one was */
    bool redo;                        /* with the system call that its registers ask for */
    bool waiting;                     /* for calls of the host: nothing runs it meanwhile */
    bool blocks_pipe;                 /* SIGPIPE is blocked as long as it runs */
    struct LFILinuxThread **attached; /* in the list of a thread of the host, or NULL */
    struct jump *jumps;               /* what the host's setjmps left */
    uint64_t last_jump;
    int code;           /* what it gave to exit */
    uint64_t cpu_start; /* ns that the host thread had used before */
    char name[16];      /* prctl */
    atomic_int kicked; /* see host_call */
    pthread_t host;
    lfiptr entry;       /* where it starts */
    uint64_t clear_tid; /* zeroed and woken when the thread ends; 0 for none */
    /* Signals (signal.c), under the process's lock; the rest of the thread's alone.  */
    struct sigqueue queue;
    uint64_t sigmask;      /* changed by the thread alone */
    uint64_t waits;        /* of those blocked: what rt_sigtimedwait waits for */
    atomic_bool attention; /* something may be there to be delivered */
    bool mask_kept;        /* old_mask is in force again when the call or a handler ends */
    uint64_t old_mask;
    uint64_t deadline; /* of a call that is made again, ns of CLOCK_MONOTONIC; 0: none yet */
    bool unbegun;      /* the last host_call that returned EINTR was not made, or was to be again */
    bool returned;     /* the call was rt_sigreturn: it has no result */
    bool again;        /* and asks for another call */
    struct box_stack altstack;
    uint64_t robust_list; /* see robust_exit; 0 for none */
    uint64_t scratch[LX_SCRATCH / 8]; /* arguments of the current call */
};

/* Errors of the public functions (linux.c): sets lfi_errno and lfi_errmsg.  */
bool lx_fail(int code, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* A line for verbose and debug.  */
void lx_log(struct LFILinuxEngine *lx, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* One system call (dispatch.c, args.c).  */

enum arg_kind {
    ARG_NONE,
    ARG_INT,   /* int */
    ARG_UINT,  /* unsigned int */
    ARG_FLAGS, /* the same, printed by names or in hexadecimal */
    ARG_MODE,  /* the same, in octal */
    ARG_LONG,  /* 64 bits, signed */
    ARG_ADDR,  /* 64 bits that mean an address or a size */
    ARG_FD,    /* an open file; EBADF */
    ARG_DIRFD, /* an open file, AT_FDCWD (NULL), or neither, which matters only when used */
    ARG_PATH,  /* string of at most PATH_MAX bytes; EFAULT, ENAMETOOLONG */
    ARG_PATH_OPT,
    ARG_IN, /* structure, copied in before the call */
    ARG_IN_OPT,
    ARG_OUT, /* structure, zeroed, copied out after a call that succeeded */
    ARG_OUT_OPT,
    ARG_INOUT,
    ARG_INOUT_OPT,
    ARG_IN_BUF, /* memory of the box, used in place by the kernel: checked for range alone */
    ARG_OUT_BUF,
    ARG_IN_IOV, /* a vector of such memory */
    ARG_OUT_IOV,
    ARG_INOUT_ARRAY, /* structures, copied in and out */
    ARG_OUT_ARRAY,   /* structures that the kernel writes in place, as a buffer */
    ARG_SOCKADDR,    /* address of a socket, its length in another argument; copied; EINVAL */
    ARG_SOCKADDR_OPT,
    ARG_SOCKADDR_OUT, /* where one goes, and in another argument where its length is */
    ARG_WORD         /* aligned 32-bit word of the box, looked at by the kernel */
};

struct arg_spec {
    uint8_t kind;
    uint8_t with;  /* index of the argument that holds length or count */
    uint8_t show;  /* enum arg_show (trace.h) */
    uint16_t size; /* of the structure */
};

struct call;
struct call_row {
    const char *name;
    long (*handler)(struct call *c); /* result, or -errno */
    struct arg_spec arg[6];
};

union arg {
    int64_t i;
    uint64_t u;
    struct file *file;
    const char *path;
    void *ptr;
    struct iovec *iov;
};

struct call {
    struct LFILinuxThread *t;
    struct LFILinuxProc *p;
    const struct call_row *row;
    uint64_t raw[6];
    union arg a[6]; /* checked */
    size_t len[6];  /* of buffers, bytes; of vectors and arrays, elements */
    bool out;       /* structures are copied out although the call failed */
    size_t used;    /* of the thread's scratch memory */
};

/* Takes the arguments as the row says.  0 or -errno; call_end in either case.  */
long call_begin(struct call *c);
/* Copies out what the row says; the result, or -EFAULT.  */
long call_end(struct call *c, long result);

/* Opened with O_PATH: good to name the object, not to use it (file.c).  */
bool path_only(const struct file *f);
/* What became of a write (file.c): a closed pipe's signal, which is blocked in threads that run a box,
   becomes the box's.  */
long written(struct call *c, long result);
/* Takes back the signal of a closed pipe that a call of the host sent.  */
void forget_sigpipe(void);
/* The file for a descriptor of the host that was made for the box, or NULL, after which it is closed
   (file.c).  */
struct file *own_file(int host, enum file_use use);
/* Puts two of them into the box's table, and their numbers where the argument says: 0 or -errno.
   Takes over the references.  */
long add_pair(struct call *c, struct file *first, struct file *second, bool cloexec, int arg);
/* Puts a descriptor of the host, made for the box, into its table (file.c): its number or -errno,
   after which host is closed.  */
long add_host(struct call *c, int host, enum file_use use, bool cloexec);
/* The time that a call may wait, in *host; 0 or -EINVAL.  t: NULL, for ever.  */
long limit_of(const struct box_timespec *t, struct timespec *host);
/* A mask of signals is looked at and has no effect: 0 or -EINVAL.  */
long mask_size(const void *mask, uint64_t size);

/* What a DIRFD argument is that is no open file.  */
extern struct file bad_file;

/* Copies a vector of buffers of the box, at most LX_IOV_MAX, checked like one that is an argument:
   0 or -errno.  */
long iov_in(struct call *c, uint64_t src, size_t n, struct iovec **out);
/* Copies the address of a socket, len bytes of it: 0, -EINVAL or -EFAULT.  */
long sockaddr_in(const struct call *c, struct box_sockaddr *to, uint64_t src, int64_t len);

/* For arguments whose meaning depends on others.  0 or -EFAULT.  */
long copy_in(const struct call *c, void *dst, uint64_t src, size_t size);
long copy_out(const struct call *c, uint64_t dst, const void *src, size_t size);

/* The system-call handler of the engine.  */
void lx_syscall(struct LFIContext *ctx);
/* --trace (trace.c): a call and its result; one that has no row; the end of a thread, and of
   the process if it is the first one.  */
void lx_trace(const struct call *c, long result);
void lx_trace_unknown(struct LFILinuxThread *t, uint64_t nr, const struct LFIRegs *regs);
void lx_trace_end(struct LFILinuxThread *t);

/* Makes the call that the thread's registers ask for, until it need not be made again.  */
void call_again(struct LFILinuxThread *t);

/* Copies (copy.c).  */
/* On the thread: makes the copy that was asked for.  again: its registers are those of a system call that is to
   be made.  */
void copy_here(struct LFILinuxThread *t, bool again);
/* An image at the same place of another box.  False with an error; loaded_free in either case.  */
bool image_copy(struct loaded *to, const struct loaded *from, struct LFIBox *box);

/* Paths (path.c).  */

enum where_kind {
    WHERE_HOST,   /* name in the host directory dir; it may not exist */
    WHERE_TREE,   /* the FILE_TREE directory path */
    WHERE_DEVICE, /* the emulated device */
    WHERE_LINK,   /* an emulated symbolic link, for calls that do not follow it */
    WHERE_FILE,   /* the open file that /proc/self/fd/N means: hold */
    WHERE_ABSENT  /* does not exist, and cannot: its directory is a FILE_TREE */
};

struct where {
    enum where_kind kind;
    const struct mount *mount;
    int dir;
    char name[LX_NAME_MAX + 1]; /* "." for dir itself */
    bool want_dir;              /* there was a slash at the end */
    unsigned dots;              /* the last component was "." or ".." */
    unsigned device;            /* index, see device_open */
    char path[LX_PATH_MAX];     /* in the box */
    bool own;                   /* dir is closed at the end */
    struct file *hold;          /* dropped at the end */
};

/* What happens to a symbolic link at the end of a path.  */
enum follow {
    FOLLOW_NEVER, /* the link is meant, even with a slash after it: to remove or rename */
    FOLLOW_SLASH, /* the link is meant, unless a slash follows */
    FOLLOW_LAST   /* what it points to is meant */
};

/* Resolves path as the box sees it, from dir (NULL: the working directory).  0, then where_done;
   or -errno.  Use (dir, name) only with calls that do not follow links.  */
long where_resolve(struct LFILinuxProc *p, struct file *dir, const char *path, enum follow follow,
                   struct where *w);
/* The same for the directory or file itself that dir is; path is "".  */
long where_file(struct LFILinuxProc *p, struct file *dir, struct where *w);
void where_done(struct where *w);
/* 0 if something can be created, changed or removed there, else -EROFS and the like.  */
long where_writable(const struct where *w);
/* A descriptor (O_PATH) of an existing object of the host (WHERE_HOST), or -errno.  */
int where_path_fd(const struct where *w);
/* stat of it, without following; 0 or -errno.  */
long where_stat(const struct where *w, struct stat *st);

/* Where the mount table ends: 0 or -errno.  */
bool mounts_open(struct LFILinuxEngine *lx, const char *const *maps);
void mounts_close(struct LFILinuxEngine *lx);
/* Changes the working directory.  0 or -errno.  */
long chdir_path(struct LFILinuxProc *p, const char *path);
/* Path of an open directory as of now, else as it was when opened.  0 or -errno.  */
long dir_path(struct LFILinuxProc *p, struct file *dir, char out[LX_PATH_MAX]);
/* True if the open object is one no box may use (procfs, sysfs, ..., device nodes).  */
bool forbidden_object(int fd, const struct stat *st, const struct mount *mount);
/* Number of a node that is one of the emulated devices, or -1.  */
int device_of(const struct stat *st);
/* Opens an emulated device: descriptor or -errno.  flags are the host's.  */
int device_open(unsigned device, int flags);
void device_stat(unsigned device, struct stat *st);
void tree_stat(const char *path, struct stat *st);
/* Name and type (DT_DIR and the like) of an entry of a FILE_TREE directory, from *n on, which becomes
   the next one's; false past the end.  */
bool tree_entry(struct LFILinuxProc *p, const char *path, unsigned *n, char name[LX_NAME_MAX + 1],
                unsigned char *type);
/* Where an emulated symbolic link leads, as readlink says: 0 or -errno (WHERE_LINK).  */
long where_link(struct LFILinuxProc *p, const struct where *w, char target[LX_PATH_MAX]);
/* Makes path + "/" + more normal, textually; false if it is too long.  */
bool path_join(char out[LX_PATH_MAX], const char *path, const char *more);

/* Program (load.c, stack.c).  */

bool load_program(struct LFILinuxProc *p);
/* Tells debuggers and perf about a program that was loaded.  */
void program_tell(struct LFILinuxProc *p);
/* Gives back what an image holds outside of the box, after which there is none.  */
void loaded_free(struct loaded *im);
/* The contents of a regular file of MOST bytes at most, in new memory; NULL with an error.  */
uint8_t *read_image(int fd, int64_t most, size_t *size);

/* Libraries (images.c).  Code was mapped there from the file.  */
void library_add(struct LFILinuxProc *p, lfiptr at, uint64_t size, struct file *f, int64_t offset);
void libraries_free(struct LFILinuxProc *p);
/* What is known of those of another process, whose memory is copied.  */
bool libraries_copy(struct LFILinuxProc *to, struct LFILinuxProc *from);
/* The image that has code at that address, as far as is known, or NULL; in *name what it is called
   if it is not the program, hostile text.  Both are valid until the process is reloaded.  */
const struct loaded *image_at(struct LFILinuxProc *p, lfiptr pc, const char **name);
/* Makes a process what it was before its program ran, but for memory (linux.c).  */
bool proc_reset(struct LFILinuxProc *p);
/* A process in a box of the engine, which it owns then.  NULL: out of memory, and the box is freed.  */
struct LFILinuxProc *proc_make(struct LFILinuxEngine *lx, struct LFIBox *box);
/* The first stack; its address goes into *sp.  */
bool stack_build(struct LFILinuxProc *p, int argc, const char **argv, const char **envp,
                 lfiptr *sp);

/* An image's file (symbol.c).  Section i, or the first of that name; false if there is none.  */
bool program_section(const struct loaded *im, uint64_t i, Elf64_Shdr *out);
bool program_section_named(const struct loaded *im, const char *name, Elf64_Shdr *out);
/* The contents that a section has in the file, all of sh_size bytes; NULL if they are not there.  */
const uint8_t *program_bytes(const struct loaded *im, const Elf64_Shdr *sh);

/* Frames of a thread whose box does not run, from its registers and pc (backtrace.c).  */
void backtrace_take(struct LFILinuxThread *t, uint64_t pc, struct backtrace *out);

/* Tells debuggers of the host about the program, once it is loaded, and that it is gone
   (debugger.c).  What cannot be told is not.  */
void debugger_register(struct LFILinuxProc *p);
void debugger_unregister(struct LFILinuxProc *p);

/* Names for perf (perf.c): makes this process's file, false with an error if that fails; adds
   an image's functions once it is loaded.  */
bool perf_init(void);
void perf_add(const struct loaded *im);

/* Threads and ends (thread.c).  */

struct LFILinuxThread *thread_make(struct LFILinuxProc *p);
/* Counts the thread in; false when the process has ended or has too many.  */
bool thread_enter(struct LFILinuxThread *t);
void thread_destroy(struct LFILinuxThread *t);
bool thread_exists(struct LFILinuxProc *p, int64_t tid);
/* NULL if there is none; the process is locked.  */
struct LFILinuxThread *thread_by_tid(struct LFILinuxProc *p, int64_t tid);
/* The host's clock of the processor time of a thread.  */
bool thread_clock(struct LFILinuxProc *p, int64_t tid, clockid_t *clock);
/* Runs the box until the thread ends, and ends it.  False if it could not be run.  */
bool thread_loop(struct LFILinuxThread *t);
/* Waits until no thread of the process runs.  */
void threads_wait(struct LFILinuxProc *p);
/* The thread is run by the calling one of the host, or is so no longer.  */
void thread_on_host(struct LFILinuxThread *t, bool on);
/* A thread that does not run any more leaves its process.  */
void thread_gone(struct LFILinuxThread *t);
/* Takes out the threads that wait for calls.  False, and nothing changes, if one runs.  */
bool threads_release(struct LFILinuxProc *p);
/* Ends the process from outside: threads that wait for calls are taken out, others end.  */
void proc_stop(struct LFILinuxProc *p);
/* From a handler of t: ends the whole process once the call returns; the first reason counts.
   code: the signal's si_code.  */
void proc_end_exit(struct LFILinuxThread *t, int code);
void proc_end_signal(struct LFILinuxThread *t, int sig, int code);
/* The same by whoever it is; self: if it is a thread of the process, else NULL.  */
void proc_end_sent(struct LFILinuxProc *p, struct LFILinuxThread *self, int sig, int code);
/* Ends the process, for a reason that is no program's fault; self is the caller where that is a
   thread of the process.  */
void proc_end_reason(struct LFILinuxProc *p, struct LFILinuxThread *self, enum LFIEndReason reason);
/* Processor time of all threads of the process until now, ns; locked: while the caller has it
 * locked.
 */
uint64_t proc_cpu(struct LFILinuxProc *p);
uint64_t proc_cpu_locked(struct LFILinuxProc *p);

/* Limits (limits.c).  */

/* False with the error set if one is out of range.  */
bool limits_ok(const struct LFILimits *l);
/* Puts them in force.  */
void limits_set(struct LFILinuxProc *p, const struct LFILimits *l);
/* Tells the program, as its resource limits.  */
void limits_show(struct LFILinuxProc *p);
/* How many of n bytes may be written to the file now, for whom they are set aside; and what
   became of them, done being the result of the call: that may end the process.  */
uint64_t output_begin(struct call *c, struct file *f, uint64_t n);
long output_end(struct call *c, struct file *f, uint64_t n, uint64_t may, long done);
/* Sets aside all of n bytes, or nothing: then false.  */
bool output_reserve(struct call *c, struct file *f, uint64_t n);
/* Memory files count on their own, up to the limit on memory (memfd.c).  Whether so much of one may be
   mapped from now on.  */
bool memory_file_map(struct call *c, struct file *f, uint64_t end);
/* How many of n bytes may be written now, and that it was tried.  */
uint64_t memory_file_begin(struct call *c, uint64_t n);
void memory_file_end(struct call *c, struct file *f, uint64_t may);
/* It is gone.  */
void memory_file_forget(struct file *f);
/* F_ADD_SEALS and F_GET_SEALS.  */
long memory_file_seal(struct file *f, uint64_t seals);
long memory_file_seals(struct file *f);
/* Around the time that the process runs.  False with the error set if there is no thread to look
   after it.  */
bool watch_begin(struct LFILinuxProc *p);
void watch_end(struct LFILinuxProc *p);
/* Has the watcher look at the process soon; false if there is no thread for it.  */
bool watch_poke(struct LFILinuxProc *p);
void watch_init(struct LFILinuxEngine *lx);
void watch_free(struct LFILinuxEngine *lx);
/* Calls of the host that can wait (wait.c): as syscall(), but errors are -errno, and thread_kick
   ends it with -EINTR; t->unbegun then says whether it may not have been made.  */
long host_call(struct LFILinuxThread *t, long nr, long a0, long a1, long a2, long a3, long a4,
               long a5);
/* Makes the thread's host_call return, or if it is in none the next one.  Whoever calls this
   knows that the thread does not end meanwhile.  */
void thread_kick(struct LFILinuxThread *t);
/* The same, and ends its run of the box, or what would be its first.  The process is ending.  */
void thread_end(struct LFILinuxThread *t);
/* Tells the core's signal handler about host_call.  */
void kick_init(void);

/* Futexes whose words the kernel would write (futex.c): operations on locks that know their owner,
   without its priority; -ENOSYS for others.  And what a thread that ends does with those that it
   has.  */
long futex_pi(struct call *c, int op, int flags);
void robust_exit(struct LFILinuxThread *t);

/* Fuel of threads (fuel.c).  */
/* A new thread's part of what from has.  By that thread.  */
void fuel_share(struct LFILinuxThread *from, struct LFILinuxThread *to);
/* What a thread has left that ends, before anybody who waits for it learns of that: so that the order, and with
   it who gets how much, is the program's.  When the process has ended it is the host's to look at.  */
void fuel_put_back(struct LFILinuxThread *t);

/* Programs that wait for calls (library.c).  */
/* What a function of the box takes for an address of the host's in it, and the other way round: in
   position-oblivious code without the base, else as it is; 0 is 0.  */
lfiptr library_address(struct LFIBox *box, const void *p);
lfiptr library_pointer(struct LFIBox *box, lfiptr p);
/* A system call of libboxrt's.  */
long library_call(struct LFILinuxThread *t, const uint64_t a[6]);
/* Whether a thread that maker has cloned is for the host to run, which is then told.  */
bool library_takes(struct LFILinuxThread *maker, struct LFILinuxThread *t);
/* Takes the thread off the list of the host thread that it is attached to.  */
void library_forget(struct LFILinuxThread *t);
void jumps_free(struct LFILinuxThread *t);

/* Signals (signal.c).  */

/* Sends one to the thread, or, if that is NULL, to the process; self is the caller if it is a
   thread of the process.  0 or -EAGAIN: too many are queued.  */
long signal_send(struct LFILinuxProc *p, struct LFILinuxThread *to, struct LFILinuxThread *self,
                 const struct box_siginfo *info);
/* The same but for SIGKILL, while the caller has the process locked.  */
long signal_send_locked(struct LFILinuxProc *p, struct LFILinuxThread *to,
                        struct LFILinuxThread *self, const struct box_siginfo *info);
/* What a thread does to itself, as by a write to a closed pipe.  */
void signal_self(struct call *c, int sig);
/* Takes one of the set that is pending, blocked or not; false if there is none.  */
bool signal_take(struct LFILinuxThread *t, uint64_t set, struct box_siginfo *info);
/* The same of what the file reads, and then what other threads alone would get.  */
bool signal_take_any(struct LFILinuxThread *t, const struct file *f, struct box_siginfo *info);
/* Files that signals are read from (signal_file.c).  The first two in the process's lock: such a signal
   is pending now; one or several are not any more.  */
void signal_files_sent(struct LFILinuxProc *p, int sig);
void signal_files_taken(struct LFILinuxProc *p);
/* It is gone.  */
void signal_file_forget(struct file *f);
/* read and readv of the call's first argument: bytes or -errno.  */
long signal_file_read(struct call *c, const struct iovec *v, size_t n);
/* The mask for the time of a call that waits: the end of the call restores the one before, or that
   of the handler which ends the call.  set_mask: for good.  */
void signal_wait_mask(struct LFILinuxThread *t, uint64_t mask);
void signal_set_mask(struct LFILinuxThread *t, uint64_t mask);
/* The nearest to now + ns that the call waits until, also when it is made again: ns of
   CLOCK_MONOTONIC.  */
uint64_t call_deadline(struct LFILinuxThread *t, const struct timespec *wait);
/* How long that is from now.  */
struct timespec call_left(uint64_t deadline);
/* The alternate stack: whether the thread is on it, and what sigaltstack and frames say of it.  */
bool on_altstack(const struct LFILinuxThread *t);
struct box_stack altstack_state(const struct LFILinuxThread *t);
/* After a call: delivers signals.  True: the call has to be made again, with the registers that are
   in the context; else they have the result.  row: NULL if there is none.  */
bool signal_after_call(struct LFILinuxThread *t, const struct call_row *row, long result);
/* What the core calls for a thread without fuel, where the options have somebody to ask (lfi_refill_handler).  */
bool thread_refill(struct LFIContext *ctx, const struct LFIFault *fault);
/* What the core calls for a thread that was stopped (lfi_set_stopped).  */
bool signal_stopped(struct LFIContext *ctx, const struct LFIFault *fault);
/* Another thread takes over what this one was woken for; the process is locked.  */
void signal_retarget(struct LFILinuxThread *self);
/* Whether a signal of the timer waits for the thread, or the process; in the lock.  */
bool signal_timer_queued(const struct LFILinuxProc *p, const struct LFILinuxThread *to, int sig,
                         int id);
/* What is pending elsewhere, but for timers, is so here too: a queue of the process or of one of its threads, which
   nobody else knows.  */
void signal_copy(struct LFILinuxProc *p, struct sigqueue *to, const struct sigqueue *from);
/* Forgets all that is pending; the process is locked, or nobody else knows it.  */
void signal_clear(struct LFILinuxProc *p, struct sigqueue *q);
void signal_init(struct LFILinuxProc *p);
/* If it does nothing any more, what is pending of it is forgotten; the process is locked.  */
void signal_flush(struct LFILinuxProc *p, int sig);

/* Frames of handlers (ARCH/frame.c).  */
enum { FRAME_XSTATE = 1 };
struct frame {
    struct box_siginfo info;
    uint64_t flags, pc, mask;
    struct box_stack stack;
    uint64_t address, trap, error; /* of a fault */
};
/* Where it goes: [at, end) are written, at is the handler's stack pointer.  */
struct frame_place {
    uint64_t at, state, end;
};
/* Below what the frame goes on the stack that the thread has.  */
uint64_t frame_stack(const struct LFIRegs *r);
void frame_place(uint64_t top, struct frame_place *place);
/* Writes the frame with the registers of the thread, which become those that the handler starts
   with. False if the memory is not there.  */
bool frame_push(struct LFILinuxThread *t, const struct frame_place *place, const struct frame *f,
                const struct box_sigaction *action);
/* Reads it back into the registers and *f (flags, pc, mask, stack).  */
bool frame_pop(struct LFILinuxThread *t, struct frame *f);
/* Addresses as they would be if a system call was one instruction.  pc is where the thread returns
   to; where the call is, and the way back; where it goes on.  */
uint64_t frame_call(struct LFILinuxThread *t, uint64_t pc);
void frame_call_again(struct LFILinuxThread *t, uint64_t pc);
uint64_t frame_after_call(struct LFILinuxThread *t, uint64_t pc);

/* Timers (timer.c).  */

/* Sends what is due; when to look again, ns of CLOCK_MONOTONIC.  */
uint64_t timers_look(struct LFILinuxProc *p, uint64_t now);
/* Forgets all.  */
void timers_free(struct LFILinuxProc *p);
/* The signal of a timer is delivered: how often it went off meanwhile.  The process is locked.  */
int timer_overrun(struct LFILinuxProc *p, int id);

/* stat, time and the like between host and box.  */
void stat_to_box(struct box_stat *b, const struct stat *st);
uint32_t uid_to_box(uid_t uid);
uint32_t gid_to_box(gid_t gid);
int open_flags_to_host(uint32_t flags);
uint32_t open_flags_to_box(int flags);
struct timespec time_to_host(const struct box_timespec *t);
bool time_valid(const struct box_timespec *t);
/* Nanoseconds; what would not fit, with room to add the present, is as far away as does.  */
enum { NS = 1000000000 };
uint64_t time_ns(const struct timespec *t);
/* What a clock of the host shows, in ns; 0 if there is no such clock any more.  */
uint64_t clock_ns(clockid_t clock);

/* The handlers, in one file per family.  */
#ifndef SYS /* a test of one file sets it */
#define SYS(name, aarch64, x86_64, handler, args, note) long sys_##handler(struct call *c);
#include "liblfi/linux/syscalls.def"
#undef SYS
#endif

#endif
