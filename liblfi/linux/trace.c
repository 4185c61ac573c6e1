/* Prints system calls as strace does, from the kinds of their arguments.
   SPDX-License-Identifier: Apache-2.0

   Memory of the box is read again, after the call, by copies of bounded size: another thread
   may have changed it, but all that can be wrong then is the line.  */
#include "config.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/sysmacros.h>

#include "liblfi/linux/linux.h"
#include "liblfi/linux/trace.h"

enum { SHOWN_BYTES = 32, SHOWN_ELEMENTS = 32, RESULT_COLUMN = 40, MAX_STRUCT = 512 };

/* Lines.  */

/* The thread, where there are several.  */
static void begin(struct line *l, struct LFILinuxThread *t)
{
    l->n = 0;
    l->text[0] = 0;
    pthread_mutex_lock(&t->proc->lock);
    bool several = t->proc->nthreads > 1;
    pthread_mutex_unlock(&t->proc->lock);
    if (several)
        line_add(l, "[pid %d] ", t->tid);
}

/* All of it is printable by now.  */
static void end(struct line *l, struct LFILinuxEngine *lx)
{
    const struct LFILinuxOptions *o = &lx->opts;
    if (o->trace)
        o->trace(o->trace_arg, l->text);
    else if (o->log)
        o->log(o->log_arg, l->text);
    else
        fprintf(stderr, "%s\n", l->text);
}

/* Memory of the box.  */

static void add_memory(struct line *l, const struct call *c, uint64_t at, uint64_t len, bool hex)
{
    uint8_t b[SHOWN_BYTES];
    size_t n = len < sizeof b ? (size_t)len : sizeof b;
    if (!at || copy_in(c, b, at, n) != 0) {
        line_add_pointer(l, at);
        return;
    }
    line_add_bytes(l, b, n, hex);
    if (len > n)
        line_add(l, "...");
}

static void add_string(struct line *l, const struct call *c, uint64_t at)
{
    uint8_t path[LX_PATH_MAX];
    struct LFIBox *box = c->p->box;
    size_t n = at ? lfi_box_strnlen(box, lfi_box_l2p(box, at), sizeof path) : SIZE_MAX;
    if (n == SIZE_MAX || copy_in(c, path, at, n) != 0)
        line_add_pointer(l, at);
    else {
        line_add_bytes(l, path, n, false);
        if (n == sizeof path)
            line_add(l, "...");
    }
}

static void add_struct_at(struct line *l, const struct call *c, const struct arg_spec *spec,
                          uint64_t at)
{
    _Alignas(8) uint8_t s[MAX_STRUCT];
    if (!at || spec->size > sizeof s || copy_in(c, s, at, spec->size) != 0)
        line_add_pointer(l, at);
    else
        line_add_struct(l, spec->show, s);
}

static void add_array(struct line *l, const struct call *c, const struct arg_spec *spec, int i,
                      uint32_t n)
{
    if (!c->raw[i] && n) {
        line_add(l, "NULL");
        return;
    }
    line_add(l, "[");
    for (uint32_t k = 0; k < n; k++) {
        if (k)
            line_add(l, ", ");
        if (k == SHOWN_ELEMENTS) {
            line_add(l, "...");
            break;
        }
        add_struct_at(l, c, spec, c->raw[i] + (uint64_t)k * spec->size);
    }
    line_add(l, "]");
}

/* left: bytes of it that mean something.  */
static void add_iov(struct line *l, const struct call *c, const struct arg_spec *spec, int i,
                    uint64_t left)
{
    struct box_iovec v;
    uint32_t n = (uint32_t)c->raw[spec->with];
    if (n > LX_IOV_MAX || (n && copy_in(c, &v, c->raw[i], sizeof v) != 0)) {
        line_add_pointer(l, c->raw[i]);
        return;
    }
    line_add(l, "[");
    for (uint32_t k = 0; k < n; k++) {
        if (k)
            line_add(l, ", ");
        if (k == SHOWN_ELEMENTS || copy_in(c, &v, c->raw[i] + k * sizeof v, sizeof v) != 0) {
            line_add(l, "...");
            break;
        }
        uint64_t shown = v.len < left ? v.len : left;
        left -= shown;
        line_add(l, "{iov_base=");
        add_memory(l, c, v.base, shown, false);
        line_add(l, ", iov_len=%" PRIu64 "}", v.len);
    }
    line_add(l, "]");
}

static void add_dirents(struct line *l, const struct call *c, int i, uint64_t size)
{
    struct box_dirent d;
    unsigned n = 0;
    for (uint64_t at = 0; at + BOX_DIRENT_NAME <= size; at += d.reclen) {
        if (copy_in(c, &d, c->raw[i] + at, BOX_DIRENT_NAME) != 0 || d.reclen < BOX_DIRENT_NAME)
            break;
        n++;
    }
    line_add_pointer(l, c->raw[i]);
    line_add(l, " /* %u entries */", n);
}

/* The address of a socket, as far as it goes.  */
static void add_sockaddr(struct line *l, const struct call *c, uint64_t at, uint64_t len)
{
    struct box_sockaddr a = {0};
    if (!at || len < sizeof a.family || copy_in(c, &a, at, len < sizeof a ? len : sizeof a) != 0)
        line_add_pointer(l, at);
    else
        line_add_struct(l, SHOW_STRUCT_sockaddr, &a);
}

static void add_sockaddr_out(struct line *l, const struct call *c, int i, long result)
{
    uint32_t len;
    bool there = result >= 0 && copy_in(c, &len, c->raw[c->row->arg[i].with], sizeof len) == 0;
    add_sockaddr(l, c, c->raw[i], there ? len : 0);
}

/* Arguments.  */

static void add_out_buffer(struct line *l, const struct call *c, int i, long result)
{
    const struct arg_spec *spec = &c->row->arg[i];
    if (result < 0)
        line_add_pointer(l, c->raw[i]);
    else if (spec->show == SHOW_DIRENTS)
        add_dirents(l, c, i, (uint64_t)result);
    else
        add_memory(l, c, c->raw[i], (uint64_t)result, spec->show == SHOW_HEX);
}

/* 64 bits that no kind says more about.  */
static void add_word(struct line *l, const struct call *c, int i, long result)
{
    uint64_t raw = c->raw[i];
    switch (c->row->arg[i].show) {
    case SHOW_SIZE:
        line_add(l, "%" PRIu64, raw);
        return;
    case SHOW_HEX:
        line_add(l, "%#" PRIx64, raw);
        return;
    case SHOW_STRING:
        if (result >= 0) {
            add_string(l, c, raw);
            return;
        }
        break;
    case SHOW_RESULT:
        if (result >= 0) {
            add_memory(l, c, raw, (uint64_t)result, false);
            return;
        }
        break;
    }
    line_add_pointer(l, raw);
}

/* 32 bits: by names if there is a set, else as the format says.  */
static void add_number(struct line *l, const struct arg_spec *spec, uint64_t raw)
{
    static const char *const formats[] = {
        [ARG_INT] = "%d", [ARG_UINT] = "%u", [ARG_FLAGS] = "%#x", [ARG_MODE] = "%#03o"};
    if (spec->show == SHOW_signal)
        line_add_signal(l, (uint32_t)raw);
    else if (spec->show == SHOW_FILEMODE)
        line_add_mode(l, (uint32_t)raw);
    else if (spec->show)
        line_add_set(l, spec->show, (uint32_t)raw);
    else
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
        line_add(l, formats[spec->kind], (uint32_t)raw);
#pragma GCC diagnostic pop
}

static void add_arg(struct line *l, const struct call *c, int i, long result)
{
    const struct arg_spec *spec = &c->row->arg[i];
    uint64_t raw = c->raw[i];
    switch (spec->kind) {
    case ARG_DIRFD:
    case ARG_FD:
        if (spec->kind == ARG_DIRFD && (int32_t)raw == BOX_AT_FDCWD)
            line_add(l, "AT_FDCWD");
        else
            line_add(l, "%d", (int32_t)raw);
        return;
    case ARG_INT:
    case ARG_UINT:
    case ARG_FLAGS:
    case ARG_MODE:
        add_number(l, spec, raw);
        return;
    case ARG_LONG:
        line_add(l, "%" PRId64, (int64_t)raw);
        return;
    case ARG_PATH:
    case ARG_PATH_OPT:
        add_string(l, c, raw);
        return;
    case ARG_IN_BUF:
        add_memory(l, c, raw,
                   c->row->arg[spec->with].kind == ARG_UINT ? (uint32_t)c->raw[spec->with]
                                                            : c->raw[spec->with],
                   false);
        return;
    case ARG_OUT_BUF:
        add_out_buffer(l, c, i, result);
        return;
    case ARG_IN_IOV:
        add_iov(l, c, spec, i, UINT64_MAX);
        return;
    case ARG_OUT_IOV:
        add_iov(l, c, spec, i, result < 0 ? 0 : (uint64_t)result);
        return;
    case ARG_IN:
    case ARG_IN_OPT:
        /* The copy, where it came to that: a result may have overwritten the original.  */
        if (c->a[i].ptr)
            line_add_struct(l, spec->show, c->a[i].ptr);
        else
            add_struct_at(l, c, spec, raw);
        return;
    case ARG_INOUT:
    case ARG_INOUT_OPT:
        add_struct_at(l, c, spec, raw);
        return;
    case ARG_OUT:
    case ARG_OUT_OPT:
        if (result < 0)
            line_add_pointer(l, raw);
        else
            add_struct_at(l, c, spec, raw);
        return;
    case ARG_SOCKADDR:
    case ARG_SOCKADDR_OPT:
        add_sockaddr(l, c, raw, (uint32_t)c->raw[spec->with]);
        return;
    case ARG_SOCKADDR_OUT:
        add_sockaddr_out(l, c, i, result);
        return;
    case ARG_INOUT_ARRAY:
        add_array(l, c, spec, i, (uint32_t)c->raw[spec->with]);
        return;
    case ARG_OUT_ARRAY:
        if (result < 0)
            line_add_pointer(l, raw);
        else
            add_array(l, c, spec, i, (uint32_t)result);
        return;
    default:
        add_word(l, c, i, result);
    }
}

/* Calls whose later arguments depend on earlier ones.  */

static void add_plain(struct line *l, const struct call *c, int n, long result)
{
    for (int i = 0; i < n && c->row->arg[i].kind != ARG_NONE; i++) {
        if (i)
            line_add(l, ", ");
        add_arg(l, c, i, result);
    }
}

/* The mode matters where a file may be made.  */
static void add_open(struct line *l, const struct call *c, long result)
{
    int flags = c->row->arg[0].kind == ARG_DIRFD ? 2 : 1;
    bool makes = c->raw[flags] & (BOX_O_CREAT | BOX_O_TMPFILE);
    add_plain(l, c, flags + 1 + makes, result);
}

/* The device matters for a node of one.  */
static void add_mknod(struct line *l, const struct call *c, long result)
{
    int mode = c->row->arg[0].kind == ARG_DIRFD ? 2 : 1;
    uint32_t type = (uint32_t)c->raw[mode] & BOX_S_IFMT;
    add_plain(l, c, mode + 1, result);
    if (type == BOX_S_IFCHR || type == BOX_S_IFBLK)
        line_add(l, ", makedev(%#x, %#x)", major(c->raw[mode + 1]), minor(c->raw[mode + 1]));
}

static void add_fcntl(struct line *l, const struct call *c, long result)
{
    int command = (int32_t)c->raw[1];
    static const struct arg_spec lock = {ARG_INOUT, 0, SHOW_STRUCT_flock, sizeof(struct box_flock)};
    add_plain(l, c, 2, result);
    switch (command) {
    case BOX_F_GETFD:
    case BOX_F_GETFL:
    case BOX_F_GETPIPE_SZ:
    case BOX_F_GET_SEALS:
        return;
    case BOX_F_SETFD:
        line_add(l, ", ");
        line_add_set(l, SHOW_fdflag, c->raw[2]);
        return;
    case BOX_F_SETFL:
        line_add(l, ", ");
        line_add_set(l, SHOW_open, c->raw[2]);
        return;
    case BOX_F_GETLK:
    case BOX_F_SETLK:
    case BOX_F_SETLKW:
    case BOX_F_OFD_GETLK:
    case BOX_F_OFD_SETLK:
    case BOX_F_OFD_SETLKW:
        line_add(l, ", ");
        add_struct_at(l, c, &lock, c->raw[2]);
        return;
    case BOX_F_DUPFD:
    case BOX_F_DUPFD_CLOEXEC:
    case BOX_F_SETPIPE_SZ:
        line_add(l, ", %" PRIu64, c->raw[2]);
        return;
    }
    line_add(l, ", %#" PRIx64, c->raw[2]);
}

static void add_epoll_ctl(struct line *l, const struct call *c, long result)
{
    static const struct arg_spec event = {ARG_IN, 0, SHOW_STRUCT_epoll_event,
                                          sizeof(struct box_epoll_event)};
    add_plain(l, c, 3, result);
    line_add(l, ", ");
    if ((int32_t)c->raw[1] == BOX_EPOLL_CTL_DEL)
        line_add_pointer(l, c->raw[3]);
    else
        add_struct_at(l, c, &event, c->raw[3]);
}

static void add_futex(struct line *l, const struct call *c, long result)
{
    static const struct arg_spec limit = {ARG_IN_OPT, 0, SHOW_STRUCT_timespec,
                                          sizeof(struct box_timespec)};
    int op = (int32_t)c->raw[1] & ~(BOX_FUTEX_PRIVATE | BOX_FUTEX_CLOCK_REALTIME);
    bool waits = op == BOX_FUTEX_WAIT || op == BOX_FUTEX_WAIT_BITSET;
    if (op != BOX_FUTEX_WAKE && op != BOX_FUTEX_WAKE_BITSET && !waits) {
        add_plain(l, c, 3, result);
        line_add(l, ", %u, ", (uint32_t)c->raw[3]);
        line_add_pointer(l, c->raw[4]);
        if (op != BOX_FUTEX_REQUEUE)
            line_add(l, ", %u", (uint32_t)c->raw[5]);
        return;
    }
    add_plain(l, c, 3, result);
    if (waits) {
        line_add(l, ", ");
        add_struct_at(l, c, &limit, c->raw[3]);
    }
    if (op == BOX_FUTEX_WAIT_BITSET)
        line_add(l, ", NULL");
    if (op == BOX_FUTEX_WAIT_BITSET || op == BOX_FUTEX_WAKE_BITSET)
        line_add(l, (uint32_t)c->raw[5] == UINT32_MAX ? ", FUTEX_BITSET_MATCH_ANY" : ", %#x",
                 (uint32_t)c->raw[5]);
}

static void add_clone(struct line *l, const struct call *c, long result)
{
    static const struct arg_spec id = {ARG_OUT, 0, SHOW_STRUCT_id, sizeof(struct box_id)};
    uint64_t flags = c->raw[0];
    line_add(l, "child_stack=");
    line_add_pointer(l, c->raw[1]);
    line_add(l, ", flags=");
    line_add_set(l, SHOW_clone, flags);
    if (flags & BOX_CLONE_PARENT_SETTID) {
        line_add(l, ", parent_tid=");
        if (result < 0)
            line_add_pointer(l, c->raw[2]);
        else
            add_struct_at(l, c, &id, c->raw[2]);
    }
    if (flags & BOX_CLONE_SETTLS) {
        line_add(l, ", tls=");
        line_add_pointer(l, c->raw[ABI_CLONE_TLS]);
    }
    if (flags & (BOX_CLONE_CHILD_SETTID | BOX_CLONE_CHILD_CLEARTID)) {
        line_add(l, ", child_tidptr=");
        line_add_pointer(l, c->raw[ABI_CLONE_CTID]);
    }
}

/* Results.  */

static void add_status_flags(struct line *l, const struct call *c, long result)
{
    int command = (int32_t)c->raw[1];
    if (command != BOX_F_GETFL && (command != BOX_F_GETFD || result == 0)) {
        line_add(l, "%ld", result);
        return;
    }
    line_add(l, "%#lx (flags ", result);
    line_add_set(l, command == BOX_F_GETFL ? SHOW_open : SHOW_fdflag, (uint64_t)result);
    line_add(l, ")");
}

static void add_hex(struct line *l, const struct call *c, long result)
{
    (void)c;
    line_add(l, "%#lx", result);
}

static void add_octal(struct line *l, const struct call *c, long result)
{
    (void)c;
    line_add(l, "%#03lo", result);
}

static void add_nothing(struct line *l, const struct call *c, long result)
{
    (void)c;
    (void)result;
    line_add(l, "?");
}

/* Which descriptors are ready.  */
static void add_ready(struct line *l, const struct call *c, long result)
{
    struct box_pollfd p;
    const char *between = "";
    line_add(l, "%ld (", result);
    if (result == 0)
        line_add(l, "Timeout");
    else
        line_add(l, "[");
    for (uint32_t k = 0; result > 0 && k < (uint32_t)c->raw[1] && k < LX_MAX_FDS; k++)
        if (copy_in(c, &p, c->raw[0] + k * sizeof p, sizeof p) == 0 && p.revents) {
            line_add(l, "%s{fd=%d, revents=", between, p.fd);
            line_add_set(l, SHOW_poll, (uint16_t)p.revents);
            line_add(l, "}");
            between = ", ";
        }
    line_add(l, result ? "])" : ")");
}

static const struct {
    const char *name;
    void (*arguments)(struct line *, const struct call *, long);
    void (*result)(struct line *, const struct call *, long);
} special[] = {
    {"open", add_open, NULL},
    {"openat", add_open, NULL},
    {"mknod", add_mknod, NULL},
    {"mknodat", add_mknod, NULL},
    {"fcntl", add_fcntl, add_status_flags},
    {"epoll_ctl", add_epoll_ctl, NULL},
    {"futex", add_futex, NULL},
    {"clone", add_clone, NULL},
    {"mmap", NULL, add_hex},
    {"mremap", NULL, add_hex},
    {"brk", NULL, add_hex},
    {"umask", NULL, add_octal},
    {"poll", NULL, add_ready},
    {"ppoll", NULL, add_ready},
    {"exit", NULL, add_nothing},
    {"exit_group", NULL, add_nothing},
};
enum { NSPECIAL = sizeof special / sizeof special[0] };

static void add_error(struct line *l, long result)
{
    const char *name = strerrorname_np((int)-result), *text = strerrordesc_np((int)-result);
    line_add(l, "-1 %s (%s)", name ? name : "E???", text ? text : "Unknown error");
}

static void add_equals(struct line *l)
{
    int pad = l->n < RESULT_COLUMN ? (int)(RESULT_COLUMN - l->n) : 1;
    line_add(l, "%*s= ", pad, "");
}

void lx_trace(const struct call *c, long result)
{
    struct line l;
    size_t k = 0;
    while (k < NSPECIAL && strcmp(special[k].name, c->row->name) != 0)
        k++;
    begin(&l, c->t);
    line_add(&l, "%s(", c->row->name);
    if (k < NSPECIAL && special[k].arguments)
        special[k].arguments(&l, c, result);
    else
        add_plain(&l, c, 6, result);
    line_add(&l, ")");
    add_equals(&l);
    if (result < 0)
        add_error(&l, result);
    else if (k < NSPECIAL && special[k].result)
        special[k].result(&l, c, result);
    else
        line_add(&l, "%ld", result);
    end(&l, c->p->lx);
}

void lx_trace_unknown(struct LFILinuxThread *t, uint64_t nr, const struct LFIRegs *regs)
{
    struct line l;
    uint64_t raw[6];
    abi_arguments(regs, raw);
    begin(&l, t);
    line_add(&l, "syscall_%#" PRIx64 "(", nr);
    for (int i = 0; i < 6; i++)
        line_add(&l, i ? ", %#" PRIx64 : "%#" PRIx64, raw[i]);
    line_add(&l, ")");
    add_equals(&l);
    add_error(&l, -ENOSYS);
    end(&l, t->proc->lx);
}

/* The sets of si_code.  */
static const struct {
    int sig;
    enum arg_show codes;
} faults[] = {
    {SIGSEGV, SHOW_si_segv}, {SIGBUS, SHOW_si_bus}, {SIGILL, SHOW_si_ill},
    {SIGTRAP, SHOW_si_trap}, {SIGFPE, SHOW_si_fpe}, {SIGSYS, SHOW_si_sys},
};

/* Why a signal ended the process.  */
static void trace_signal(struct LFILinuxThread *t, const struct LFIProcEnd *how)
{
    const struct LFIFault *f = &how->info;
    struct line l;
    size_t k = 0;
    while (k < sizeof faults / sizeof faults[0] - 1 && faults[k].sig != how->sig)
        k++;
    begin(&l, t);
    line_add(&l, "--- ");
    line_add_signal(&l, (uint64_t)how->sig);
    line_add(&l, " {si_signo=");
    line_add_signal(&l, (uint64_t)how->sig);
    line_add(&l, ", si_code=");
    if (how->fault) {
        line_add_set(&l, faults[k].codes, f->kind == LFI_FAULT_SIGNAL ? (uint64_t)f->code : 1);
        line_add(&l, ", si_addr=");
        line_add_pointer(&l, f->sig == SIGSEGV || f->sig == SIGBUS ? f->addr : f->pc);
    } else {
        line_add(&l, "%s, si_pid=%d, si_uid=%d", f->code == SI_TKILL ? "SI_TKILL" : "SI_USER",
                 t->proc->pid, BOX_UID);
    }
    line_add(&l, "} ---");
    end(&l, t->proc->lx);
}

void lx_trace_end(struct LFILinuxThread *t)
{
    struct LFILinuxProc *p = t->proc;
    struct line l;
    pthread_mutex_lock(&p->lock);
    struct LFIProcEnd how = p->end;
    bool ended = p->ended, its_signal = ended && how.sig && p->ender == t;
    pthread_mutex_unlock(&p->lock);
    if (its_signal && how.sig != SIGKILL)
        trace_signal(t, &how);
    begin(&l, t);
    if (ended && how.sig) {
        line_add(&l, "+++ killed by ");
        line_add_signal(&l, (uint64_t)how.sig);
        line_add(&l, " +++");
    } else {
        line_add(&l, "+++ exited with %d +++", (ended ? how.code : t->code) & 0xff);
    }
    end(&l, p->lx);
}
