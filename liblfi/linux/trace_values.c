/* How --trace shows values: text, numbers with names, structures.  As strace does.
   SPDX-License-Identifier: Apache-2.0  */
#include "config.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/sysmacros.h>

#include "liblfi/linux/linux.h"
#include "liblfi/linux/trace.h"

void line_add(struct line *l, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    int n = vsnprintf(l->text + l->n, sizeof l->text - l->n, fmt, ap);
    va_end(ap);
    if (n > 0)
        l->n += (size_t)n < sizeof l->text - l->n ? (size_t)n : sizeof l->text - l->n - 1;
}

/* Text.  */

static void add_octal(struct line *l, unsigned c, bool digit_follows)
{
    line_add(l, digit_follows ? "\\%03o" : "\\%o", c);
}

void line_add_bytes(struct line *l, const uint8_t *b, size_t n, int hex)
{
    static const char plain[] = "\t\n\v\f\r\"\\", letter[] = "tnvfr\"\\";
    line_add(l, "\"");
    for (size_t i = 0; i < n; i++) {
        const char *p = b[i] ? strchr(plain, b[i]) : NULL;
        if (hex)
            line_add(l, "\\x%02x", b[i]);
        else if (p)
            line_add(l, "\\%c", letter[p - plain]);
        else if (b[i] >= 0x20 && b[i] < 0x7f)
            line_add(l, "%c", b[i]);
        else
            add_octal(l, b[i], i + 1 < n && b[i + 1] >= '0' && b[i + 1] <= '7');
    }
    line_add(l, "\"");
}

void line_add_pointer(struct line *l, uint64_t value)
{
    line_add(l, value ? "0x%" PRIx64 : "NULL", value);
}

/* Sets.  */

struct name {
    const char *text;
    uint32_t value, mask;
};

#define SET(which, unknown) static const struct name set_##which[] = {
#define NAME(text, value, mask) {text, value, mask},
#define END                                                                                        \
    {                                                                                              \
        NULL, 0, 0                                                                                 \
    }                                                                                              \
    }                                                                                              \
    ;
#include "liblfi/linux/names.def"
#undef SET
#undef NAME
#undef END

static const struct {
    const struct name *names;
    const char *unknown;
} sets[SHOW_END] = {
#define SET(which, unknown) [SHOW_##which] = {set_##which, unknown},
#define NAME(text, value, mask)
#define END
#include "liblfi/linux/names.def"
#undef SET
#undef NAME
#undef END
};

static void add_flags(struct line *l, const struct name *names, uint32_t value)
{
    const char *between = "";
    uint32_t rest = value;
    for (; names->text; names++) {
        if ((value & names->mask) != names->value || (names->value && !(rest & names->value)))
            continue;
        line_add(l, "%s%s", between, names->text);
        rest &= ~names->mask;
        between = "|";
    }
    if (rest || !*between)
        line_add(l, rest ? "%s0x%x" : "%s%x", between, rest);
}

void line_add_set(struct line *l, enum arg_show set, uint64_t value)
{
    const struct name *n = sets[set].names;
    if (!sets[set].unknown) {
        add_flags(l, n, (uint32_t)value);
        return;
    }
    while (n->text && n->value != (uint32_t)value)
        n++;
    if (n->text)
        line_add(l, "%s", n->text);
    else
        line_add(l, "%#x /* %s */", (uint32_t)value, sets[set].unknown);
}

/* As the kernel counts: 32 is the first real-time signal.  */
static void signal_name(char out[16], unsigned sig)
{
    const char *name = sig < 32 ? sigabbrev_np((int)sig) : NULL;
    if (name)
        snprintf(out, 16, "%s", name);
    else if (sig == 32)
        snprintf(out, 16, "RTMIN");
    else
        snprintf(out, 16, "RT_%u", sig - 32);
}

void line_add_signal(struct line *l, uint64_t sig)
{
    char name[16];
    if (sig == 0 || sig > BOX_NSIG) {
        line_add(l, "%d", (int32_t)sig);
        return;
    }
    signal_name(name, (unsigned)sig);
    line_add(l, "SIG%s", name);
}

static void add_sigset(struct line *l, uint64_t bits)
{
    char name[16];
    const char *between = "";
    bool most = __builtin_popcountll(bits) > BOX_NSIG * 2 / 3;
    line_add(l, most ? "~[" : "[");
    for (unsigned sig = 1; sig <= BOX_NSIG; sig++)
        if ((bits >> (sig - 1) & 1) != most) {
            signal_name(name, sig);
            line_add(l, "%s%s", between, name);
            between = " ";
        }
    line_add(l, "]");
}

void line_add_mode(struct line *l, uint32_t mode)
{
    static const struct {
        uint32_t type;
        const char *name;
    } types[] = {{0140000, "S_IFSOCK"}, {0120000, "S_IFLNK"}, {0100000, "S_IFREG"},
                 {0060000, "S_IFBLK"},  {0040000, "S_IFDIR"}, {0020000, "S_IFCHR"},
                 {0010000, "S_IFIFO"}};
    static const struct name bits[] = {
        {"S_ISUID", 04000, 04000}, {"S_ISGID", 02000, 02000}, {"S_ISVTX", 01000, 01000}};
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
        if ((mode & BOX_S_IFMT) == types[i].type) {
            line_add(l, "%s|", types[i].name);
            mode &= ~(uint32_t)BOX_S_IFMT;
        }
    for (size_t i = 0; i < sizeof bits / sizeof bits[0]; i++)
        if (mode & bits[i].value) {
            line_add(l, "%s|", bits[i].text);
            mode &= ~bits[i].value;
        }
    line_add(l, "%#03o", mode);
}

/* Structures.  */

static void add_time(struct line *l, int64_t sec, int64_t fraction, const char *unit)
{
    line_add(l, "{tv_sec=%" PRId64 ", tv_%s=%" PRIu64 "}", sec, unit, (uint64_t)fraction);
}

static void show_timespec(struct line *l, const struct box_timespec *t)
{
    add_time(l, t->sec, t->nsec, "nsec");
}

static void show_timeval(struct line *l, const struct box_timeval *t)
{
    add_time(l, t->sec, t->usec, "usec");
}

static void show_timespec2(struct line *l, const struct box_timespec2 *t)
{
    enum { NOW = (1 << 30) - 1, OMIT = (1 << 30) - 2 };
    for (int i = 0; i < 2; i++) {
        line_add(l, i ? ", " : "[");
        if (t->t[i].nsec == NOW)
            line_add(l, "UTIME_NOW");
        else if (t->t[i].nsec == OMIT)
            line_add(l, "UTIME_OMIT");
        else
            show_timespec(l, &t->t[i]);
    }
    line_add(l, "]");
}

static void show_timeval2(struct line *l, const struct box_timeval2 *t)
{
    line_add(l, "[");
    show_timeval(l, &t->t[0]);
    line_add(l, ", ");
    show_timeval(l, &t->t[1]);
    line_add(l, "]");
}

static void show_timezone(struct line *l, const struct box_timezone *t)
{
    line_add(l, "{tz_minuteswest=%d, tz_dsttime=%d}", t->minuteswest, t->dsttime);
}

static void show_utimbuf(struct line *l, const struct box_utimbuf *t)
{
    line_add(l, "{actime=%" PRId64 ", modtime=%" PRId64 "}", t->actime, t->modtime);
}

static void show_stat(struct line *l, const struct box_stat *s)
{
    uint32_t type = s->mode & BOX_S_IFMT;
    line_add(l, "{st_mode=");
    line_add_mode(l, s->mode);
    if (type == BOX_S_IFCHR || type == BOX_S_IFBLK)
        line_add(l, ", st_rdev=makedev(%#x, %#x), ...}", major(s->rdev), minor(s->rdev));
    else
        line_add(l, ", st_size=%" PRId64 ", ...}", s->size);
}

static void show_statfs(struct line *l, const struct box_statfs *s)
{
    line_add(l, "{f_type=%#" PRIx64 ", f_bsize=%" PRId64 ", f_blocks=%" PRIu64 ", f_bfree=%" PRIu64,
             (uint64_t)s->type, s->bsize, s->blocks, s->bfree);
    line_add(l, ", f_bavail=%" PRIu64 ", f_files=%" PRIu64 ", f_ffree=%" PRIu64, s->bavail,
             s->files, s->ffree);
    line_add(l, ", f_fsid={val=[%#x, %#x]}, f_namelen=%" PRId64 ", f_frsize=%" PRId64,
             (uint32_t)s->fsid[0], (uint32_t)s->fsid[1], s->namelen, s->frsize);
    line_add(l, ", f_flags=%#" PRIx64 "}", (uint64_t)s->flags);
}

static void show_statx(struct line *l, const struct box_statx *s)
{
    line_add(l, "{stx_mask=");
    line_add_set(l, SHOW_statx, s->mask);
    line_add(l, ", stx_attributes=");
    line_add_set(l, SHOW_statx_attr, s->attributes);
    line_add(l, ", stx_mode=");
    line_add_mode(l, s->mode);
    line_add(l, ", stx_size=%" PRIu64 ", ...}", s->size);
}

static void show_utsname(struct line *l, const struct box_utsname *u)
{
    line_add(l, "{sysname=");
    line_add_bytes(l, (const uint8_t *)u->sysname, strnlen(u->sysname, sizeof u->sysname), 0);
    line_add(l, ", nodename=");
    line_add_bytes(l, (const uint8_t *)u->nodename, strnlen(u->nodename, sizeof u->nodename), 0);
    line_add(l, ", ...}");
}

static void show_sysinfo(struct line *l, const struct box_sysinfo *s)
{
    line_add(l, "{uptime=%" PRId64 ", loads=[%" PRIu64 ", %" PRIu64 ", %" PRIu64 "]", s->uptime,
             s->loads[0], s->loads[1], s->loads[2]);
    line_add(l, ", totalram=%" PRIu64 ", freeram=%" PRIu64 ", sharedram=%" PRIu64, s->totalram,
             s->freeram, s->sharedram);
    line_add(l, ", bufferram=%" PRIu64 ", totalswap=%" PRIu64 ", freeswap=%" PRIu64, s->bufferram,
             s->totalswap, s->freeswap);
    line_add(l, ", procs=%u, totalhigh=%" PRIu64 ", freehigh=%" PRIu64 ", mem_unit=%u}", s->procs,
             s->totalhigh, s->freehigh, s->mem_unit);
}

static void show_rusage(struct line *l, const struct box_rusage *r)
{
    line_add(l, "{ru_utime=");
    show_timeval(l, &r->utime);
    line_add(l, ", ru_stime=");
    show_timeval(l, &r->stime);
    line_add(l, ", ...}");
}

static void show_tms(struct line *l, const struct box_tms *t)
{
    line_add(l, "{tms_utime=%" PRId64 ", tms_stime=%" PRId64, t->utime, t->stime);
    line_add(l, ", tms_cutime=%" PRId64 ", tms_cstime=%" PRId64 "}", t->cutime, t->cstime);
}

static void add_limit(struct line *l, uint64_t n)
{
    if (n == UINT64_MAX)
        line_add(l, "RLIM64_INFINITY");
    else if (n > 1024 && n % 1024 == 0)
        line_add(l, "%" PRIu64 "*1024", n / 1024);
    else
        line_add(l, "%" PRIu64, n);
}

static void show_rlimit(struct line *l, const struct box_rlimit *r)
{
    line_add(l, "{rlim_cur=");
    add_limit(l, r->cur);
    line_add(l, ", rlim_max=");
    add_limit(l, r->max);
    line_add(l, "}");
}

static void show_stack(struct line *l, const struct box_stack *s)
{
    line_add(l, "{ss_sp=");
    line_add_pointer(l, s->sp);
    line_add(l, ", ss_flags=");
    line_add_set(l, SHOW_stack_flags, (uint32_t)s->flags);
    line_add(l, ", ss_size=%" PRIu64 "}", s->size);
}

static void show_pollfd(struct line *l, const struct box_pollfd *p)
{
    line_add(l, "{fd=%d", p->fd);
    if (p->fd >= 0) {
        line_add(l, ", events=");
        line_add_set(l, SHOW_poll, (uint16_t)p->events);
    }
    line_add(l, "}");
}

static void show_fdpair(struct line *l, const struct box_fdpair *p)
{
    line_add(l, "[%d, %d]", p->fd[0], p->fd[1]);
}

static void show_fdset(struct line *l, const struct box_fdset *s)
{
    const char *between = "";
    line_add(l, "[");
    for (unsigned fd = 0; fd < 1024; fd++)
        if (s->bits[fd / 64] >> fd % 64 & 1) {
            line_add(l, "%s%u", between, fd);
            between = " ";
        }
    line_add(l, "]");
}

static void show_offset(struct line *l, const struct box_offset *o)
{
    line_add(l, "[%" PRId64 "]", o->value);
}

static void show_word64(struct line *l, const struct box_word64 *w)
{
    line_add(l, "[%#" PRIx64 "]", w->value);
}

static void show_id(struct line *l, const struct box_id *i)
{
    line_add(l, "[%u]", i->value);
}

static void show_sigset(struct line *l, const struct box_sigset *s)
{
    add_sigset(l, s->bits);
}

static void show_sigset_arg(struct line *l, const struct box_sigset_arg *s)
{
    line_add(l, "{sigmask=");
    line_add_pointer(l, s->set);
    line_add(l, ", sigsetsize=%" PRIu64 "}", s->size);
}

static void show_siginfo(struct line *l, const struct box_siginfo *s)
{
    line_add(l, "{si_signo=");
    line_add_signal(l, (uint32_t)s->signo);
    line_add(l, ", si_code=%d, si_pid=%d, si_uid=%u, si_value=%#" PRIx64 "}", s->code,
             s->u.sent.pid, s->u.sent.uid, s->u.sent.value);
}

static void show_sigevent(struct line *l, const struct box_sigevent *s)
{
    line_add(l, "{sigev_value=%#" PRIx64 ", sigev_signo=", s->value);
    line_add_signal(l, (uint32_t)s->signo);
    line_add(l, ", sigev_notify=%d}", s->notify);
}

static void show_itimerval(struct line *l, const struct box_itimerval *s)
{
    line_add(l, "{it_interval=");
    show_timeval(l, &s->interval);
    line_add(l, ", it_value=");
    show_timeval(l, &s->value);
    line_add(l, "}");
}

static void show_itimerspec(struct line *l, const struct box_itimerspec *s)
{
    line_add(l, "{it_interval=");
    show_timespec(l, &s->interval);
    line_add(l, ", it_value=");
    show_timespec(l, &s->value);
    line_add(l, "}");
}

static void show_sigaction(struct line *l, const struct box_sigaction *s)
{
    static const char *const special[] = {"SIG_DFL", "SIG_IGN"};
    enum { RESTORER = 0x4000000 };
    line_add(l, "{sa_handler=");
    if (s->handler < 2)
        line_add(l, "%s", special[s->handler]);
    else
        line_add_pointer(l, s->handler);
    line_add(l, ", sa_mask=");
    add_sigset(l, s->mask);
    line_add(l, ", sa_flags=");
    line_add_set(l, SHOW_sigaction_flags, s->flags);
    if (s->flags & RESTORER) {
        line_add(l, ", sa_restorer=");
        line_add_pointer(l, s->restorer);
    }
    line_add(l, "}");
}

static void show_flock(struct line *l, const struct box_flock *f)
{
    line_add(l, "{l_type=");
    line_add_set(l, SHOW_locktype, (uint16_t)f->type);
    line_add(l, ", l_whence=");
    line_add_set(l, SHOW_whence, (uint16_t)f->whence);
    line_add(l, ", l_start=%" PRId64 ", l_len=%" PRId64 "}", f->start, f->len);
}

static void show_epoll_event(struct line *l, const struct box_epoll_event *e)
{
    line_add(l, "{events=");
    line_add_set(l, SHOW_epoll, e->events);
    line_add(l, ", data={u32=%u, u64=%" PRIu64 "}}", e->data[0],
             e->data[0] | (uint64_t)e->data[1] << 32);
}

/* An address whose family is none of these shows no more than that.  */
static void show_sockaddr(struct line *l, const struct box_sockaddr *a)
{
    char text[INET6_ADDRSTRLEN];
    unsigned port = (unsigned)a->data[0] << 8 | a->data[1];
    line_add(l, "{sa_family=");
    line_add_set(l, SHOW_af, a->family);
    if (a->family == AF_INET && inet_ntop(AF_INET, a->data + 2, text, sizeof text))
        line_add(l, ", sin_port=htons(%u), sin_addr=inet_addr(\"%s\")", port, text);
    else if (a->family == AF_INET6 && inet_ntop(AF_INET6, a->data + 6, text, sizeof text))
        line_add(l, ", sin6_port=htons(%u), inet_pton(AF_INET6, \"%s\")", port, text);
    line_add(l, "}");
}

static void show_msghdr(struct line *l, const struct box_msghdr *m)
{
    line_add(l, "{msg_name=");
    line_add_pointer(l, m->name);
    line_add(l, ", msg_namelen=%u, msg_iov=", m->namelen);
    line_add_pointer(l, m->iov);
    line_add(l, ", msg_iovlen=%" PRIu64 ", msg_controllen=%" PRIu64 ", msg_flags=", m->iovlen,
             m->controllen);
    line_add_set(l, SHOW_msg, (uint32_t)m->flags);
    line_add(l, "}");
}

void line_add_struct(struct line *l, enum arg_show type, const void *s)
{
    switch (type) {
#define X(name)                                                                                    \
    case SHOW_STRUCT_##name:                                                                       \
        show_##name(l, s);                                                                         \
        return;
        TRACE_STRUCTS(X)
#undef X
    default:
        return;
    }
}
