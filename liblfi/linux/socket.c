/* System calls on sockets.
   SPDX-License-Identifier: Apache-2.0

   A box has pairs of connected sockets and, if the host allows it, sockets of IPv4 and IPv6 for
   streams and datagrams.  Where it may reach the loopback interface alone, each of them is bound
   to that interface when it is made, which the kernel looks after from then on; and every address
   that the box gives is checked before, in a copy that it cannot change.  Calls here work on
   sockets that the box made: what it inherited is only read and written.  */
#include "config.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include "liblfi/linux/linux.h"

enum { TYPE_MASK = 15, LAST_TYPE = 10, LAST_PROTOCOL = 262 };

static long answer(long result)
{
    return result < 0 ? -errno : result;
}

/* 0, or why the first argument is no socket of the box's own.  */
static long own_socket(const struct call *c)
{
    const struct file *f = c->a[0].file;
    return f->use == USE_SOCKET ? 0 : path_only(f) ? -EBADF : -ENOTSOCK;
}

static int type_flags(uint64_t flags)
{
    return SOCK_CLOEXEC | (flags & BOX_O_NONBLOCK ? SOCK_NONBLOCK : 0);
}

static struct file *socket_file(int host, int family, int type)
{
    struct file *f = own_file(host, USE_SOCKET);
    if (f) {
        f->family = family;
        f->type = type;
    }
    return f;
}

/* Which sockets of IP there are: 0 or -errno.  */
static long socket_known(int type, int64_t protocol)
{
    if (protocol < 0 || protocol > LAST_PROTOCOL)
        return -EINVAL;
    if (type == SOCK_STREAM)
        return protocol == 0 || protocol == IPPROTO_TCP ? 0 : -EPROTONOSUPPORT;
    if (type == SOCK_DGRAM)
        return protocol == 0 || protocol == IPPROTO_UDP ? 0 : -EPROTONOSUPPORT;
    if (type == SOCK_RAW)
        return protocol ? -EPERM : -EPROTONOSUPPORT;
    return type > LAST_TYPE ? -EINVAL : -ESOCKTNOSUPPORT;
}

/* Nothing but the loopback interface from now on, whatever addresses it gets.  */
static bool keep_on_loopback(int host)
{
    static const char lo[] = "lo";
    return setsockopt(host, SOL_SOCKET, SO_BINDTODEVICE, lo, sizeof lo) == 0;
}

long sys_socket(struct call *c)
{
    enum LFINet net = c->p->lx->opts.net;
    int64_t family = c->a[0].i;
    uint64_t flags = c->a[1].u & ~(uint64_t)TYPE_MASK;
    int type = (int)(c->a[1].u & TYPE_MASK);
    if (flags & ~(uint64_t)(BOX_O_CLOEXEC | BOX_O_NONBLOCK))
        return -EINVAL;
    if (family == AF_UNIX)
        return -EACCES;
    if (net == LFI_NET_NONE || (family != AF_INET && family != AF_INET6))
        return -EAFNOSUPPORT;
    long err = socket_known(type, c->a[2].i);
    if (err)
        return err;
    int host = socket((int)family, type | type_flags(flags), (int)c->a[2].i);
    if (host < 0)
        return -errno;
    if (net == LFI_NET_LOOPBACK && !keep_on_loopback(host)) {
        close(host);
        return -EACCES;
    }
    return fd_add(c->p, socket_file(host, (int)family, type), 0, flags & BOX_O_CLOEXEC);
}

long sys_socketpair(struct call *c)
{
    uint64_t flags = c->a[1].u & ~(uint64_t)TYPE_MASK;
    int type = (int)(c->a[1].u & TYPE_MASK), host[2];
    if (flags & ~(uint64_t)(BOX_O_CLOEXEC | BOX_O_NONBLOCK))
        return -EINVAL;
    if (c->a[0].i != AF_UNIX)
        return c->a[0].i == AF_INET || c->a[0].i == AF_INET6 ? -EOPNOTSUPP : -EAFNOSUPPORT;
    if (type == SOCK_RAW) /* the same, for a pair */
        type = SOCK_DGRAM;
    if (type != SOCK_STREAM && type != SOCK_DGRAM && type != SOCK_SEQPACKET)
        return type > LAST_TYPE ? -EINVAL : -ESOCKTNOSUPPORT;
    if (c->a[2].i != 0 && c->a[2].i != AF_UNIX)
        return -EPROTONOSUPPORT;
    if (socketpair(AF_UNIX, type | type_flags(flags), 0, host) != 0)
        return -errno;
    return add_pair(c, socket_file(host[0], AF_UNIX, type), socket_file(host[1], AF_UNIX, type),
                    flags & BOX_O_CLOEXEC, 3);
}

/* Addresses.  */

/* Whether the IPv4 address, in the order of the network, is of the loopback network; what stands
   for any address becomes one that is.  */
static bool loopback4(uint8_t a[4])
{
    static const uint8_t any[4] = {0}, loopback[4] = {127, 0, 0, 1};
    if (memcmp(a, any, sizeof any) == 0)
        memcpy(a, loopback, sizeof loopback);
    return a[0] == 127;
}

static bool loopback6(uint8_t a[16])
{
    static const uint8_t any[16] = {0}, loopback[16] = {[15] = 1};
    if (memcmp(a, any, sizeof any) == 0)
        memcpy(a, loopback, sizeof loopback);
    return memcmp(a, loopback, sizeof loopback) == 0;
}

/* Whether the host may be given the address: 0, outside (an error) where it leads elsewhere than to
   the loopback interface, or another error.  */
static long address_check(const struct call *c, struct box_sockaddr *a, size_t len, long outside)
{
    enum { AT4 = 2, LEN4 = 16, AT6 = 6, LEN6 = 28, OLD_LEN6 = 24 }; /* in data; of all */
    if (len < sizeof a->family)
        return -EINVAL;
    if (c->a[0].file->family == AF_UNIX)
        return a->family == AF_UNIX ? -EPERM : -EINVAL;
    if (c->p->lx->opts.net == LFI_NET_ALL)
        return a->family == AF_UNIX ? -EAFNOSUPPORT : 0;
    switch (a->family) {
    case AF_INET:
        return len < LEN4 ? -EINVAL : loopback4(a->data + AT4) ? 0 : outside;
    case AF_INET6:
        return len < OLD_LEN6 ? -EINVAL : loopback6(a->data + AT6) ? 0 : outside;
    case AF_UNSPEC:
        /* It would take the socket off its interface.  */
        return -EINVAL;
    }
    return -EAFNOSUPPORT;
}

/* What the host says about an address goes to the box: as much as there is room for, and how long
   it is.  */
static long address_out(struct call *c, int arg, const struct sockaddr_storage *a, socklen_t len)
{
    uint64_t size = c->raw[c->row->arg[arg].with];
    int32_t room, all = (int32_t)len;
    if (copy_in(c, &room, size, sizeof room) != 0)
        return -EFAULT;
    if (room < 0)
        return -EINVAL;
    if (copy_out(c, c->raw[arg], a, (size_t)(room < all ? room : all)) != 0)
        return -EFAULT;
    return copy_out(c, size, &all, sizeof all);
}

long sys_bind(struct call *c)
{
    long err = own_socket(c);
    if (!err)
        err = address_check(c, c->a[1].ptr, c->len[1], -EADDRNOTAVAIL);
    if (err)
        return err;
    return answer(bind(c->a[0].file->host, c->a[1].ptr, (socklen_t)c->len[1]));
}

long sys_connect(struct call *c)
{
    long err = own_socket(c);
    if (!err)
        err = address_check(c, c->a[1].ptr, c->len[1], -ENETUNREACH);
    if (err)
        return err;
    return host_call(c->t, SYS_connect, c->a[0].file->host, (long)c->a[1].ptr, (long)c->len[1], 0,
                     0, 0);
}

/* Gives a socket that listens without an address one of the loopback interface; the kernel would
   take all.  */
static void bind_to_loopback(const struct file *f)
{
    struct sockaddr_in in = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    struct sockaddr_in6 in6 = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
    /* Fails where there is one.  */
    if (f->family == AF_INET)
        bind(f->host, (struct sockaddr *)&in, sizeof in);
    else if (f->family == AF_INET6)
        bind(f->host, (struct sockaddr *)&in6, sizeof in6);
}

/* 0, or why nobody can connect to the socket: that of a pair is connected already.  */
static long server_check(const struct call *c)
{
    const struct file *f = c->a[0].file;
    long err = own_socket(c);
    if (err || f->family != AF_UNIX)
        return err;
    return f->type == SOCK_DGRAM ? -EOPNOTSUPP : -EINVAL;
}

long sys_listen(struct call *c)
{
    const struct file *f = c->a[0].file;
    long err = server_check(c);
    if (err)
        return err;
    if (c->p->lx->opts.net == LFI_NET_LOOPBACK && f->type == SOCK_STREAM)
        bind_to_loopback(f);
    return answer(listen(f->host, (int)c->a[1].i));
}

static long accept_as(struct call *c, uint64_t flags)
{
    struct file *f = c->a[0].file;
    struct sockaddr_storage a = {0};
    socklen_t len = sizeof a;
    if (flags & ~(uint64_t)(BOX_O_CLOEXEC | BOX_O_NONBLOCK))
        return -EINVAL;
    long err = server_check(c);
    if (err)
        return err;
    long host =
        host_call(c->t, SYS_accept4, f->host, (long)&a, (long)&len, type_flags(flags), 0, 0);
    if (host < 0)
        return host;
    struct file *new = socket_file((int)host, f->family, f->type);
    err = new && c->raw[1] ? address_out(c, 1, &a, len) : 0;
    if (err) {
        file_drop(new);
        return err;
    }
    return fd_add(c->p, new, 0, flags & BOX_O_CLOEXEC);
}

long sys_accept(struct call *c)
{
    return accept_as(c, 0);
}

long sys_accept4(struct call *c)
{
    return accept_as(c, c->a[3].u);
}

static long name_of(struct call *c, int (*get)(int, struct sockaddr *, socklen_t *))
{
    struct sockaddr_storage a = {0};
    socklen_t len = sizeof a;
    long err = own_socket(c);
    if (err)
        return err;
    if (get(c->a[0].file->host, (struct sockaddr *)&a, &len) != 0)
        return -errno;
    return address_out(c, 1, &a, len);
}

long sys_getsockname(struct call *c)
{
    return name_of(c, getsockname);
}

long sys_getpeername(struct call *c)
{
    return name_of(c, getpeername);
}

long sys_shutdown(struct call *c)
{
    long err = own_socket(c);
    return err ? err : answer(shutdown(c->a[0].file->host, (int)c->a[1].i));
}

/* Data.  */

enum {
    SEND_FLAGS = MSG_OOB | MSG_DONTROUTE | MSG_DONTWAIT | MSG_EOR | MSG_NOSIGNAL | MSG_MORE,
    RECEIVE_FLAGS = MSG_OOB | MSG_PEEK | MSG_TRUNC | MSG_DONTWAIT | MSG_WAITALL
};

/* The host's flags.  What would leave pages of the box in the kernel's hands after the call
   (MSG_ZEROCOPY) or connect without a look at the address (MSG_FASTOPEN) is not among them.  */
static long send_flags(uint64_t flags)
{
    return (long)(flags & SEND_FLAGS);
}

static long receive_flags(uint64_t flags)
{
    return (long)(flags & RECEIVE_FLAGS);
}

/* Whether it may be sent to the address, or without one: 0 or -errno.  */
static long send_check(const struct call *c, uint64_t flags, struct box_sockaddr *to, size_t len)
{
    const struct file *f = c->a[0].file;
    if (flags & MSG_FASTOPEN && f->family != AF_UNIX && f->type == SOCK_STREAM)
        return -EOPNOTSUPP;
    if (!to || !len)
        return 0;
    if (f->family == AF_UNIX && f->type == SOCK_STREAM)
        return -EISCONN;
    return address_check(c, to, len, -ENETUNREACH);
}

/* Nothing asks for what would be in the queue of errors.  */
static bool empty_queue(const struct call *c, uint64_t flags)
{
    return flags & MSG_ERRQUEUE && c->a[0].file->family != AF_UNIX;
}

/* A connection that is closed sends a signal unless it is not wanted.  */
static long sent(struct call *c, uint64_t flags, long result)
{
    if (result == -EPIPE && (flags & MSG_NOSIGNAL || c->a[0].file->type != SOCK_STREAM)) {
        forget_sigpipe();
        return result;
    }
    return written(c, result);
}

long sys_sendto(struct call *c)
{
    const struct box_sockaddr *to = c->a[4].ptr;
    long err = own_socket(c);
    if (!err)
        err = send_check(c, c->a[3].u, c->a[4].ptr, c->len[4]);
    if (err)
        return err;
    return sent(c, c->a[3].u,
                host_call(c->t, SYS_sendto, c->a[0].file->host, (long)c->a[1].ptr, (long)c->len[1],
                          send_flags(c->a[3].u), (long)to, to ? (long)c->len[4] : 0));
}

long sys_recvfrom(struct call *c)
{
    struct sockaddr_storage a = {0};
    socklen_t len = sizeof a;
    long err = own_socket(c);
    if (err)
        return err;
    if (empty_queue(c, c->a[3].u))
        return -EAGAIN;
    long n = host_call(c->t, SYS_recvfrom, c->a[0].file->host, (long)c->a[1].ptr, (long)c->len[1],
                       receive_flags(c->a[3].u), (long)&a, (long)&len);
    if (n >= 0 && c->raw[4])
        err = address_out(c, 4, &a, len);
    return err ? err : n;
}

/* Messages of pairs go without sendmsg and recvmsg, so that a process of the host whose boxes have
   no network needs neither: an address or a descriptor in them would lead out.  What only they
   could do, flags with several buffers of one datagram, fails.  */

/* The first buffer that holds something.  */
static struct iovec first_of(const struct iovec *v, size_t n)
{
    size_t i = 0;
    while (i < n && !v[i].iov_len)
        i++;
    return i < n ? v[i] : (struct iovec){NULL, 0};
}

/* Whether one buffer is all there is, or as good as all: a stream may take less.  */
static bool one_does(const struct file *f, const struct iovec *v, size_t n)
{
    size_t used = 0;
    for (size_t i = 0; i < n; i++)
        used += v[i].iov_len != 0;
    return used <= 1 || f->type == SOCK_STREAM;
}

static long send_to_pair(struct call *c, const struct iovec *v, size_t n, long flags)
{
    const struct file *f = c->a[0].file;
    if (n > 1 && !(flags & ~(long)MSG_NOSIGNAL))
        return host_call(c->t, SYS_writev, f->host, (long)v, (long)n, 0, 0, 0);
    if (!one_does(f, v, n))
        return -EOPNOTSUPP;
    struct iovec one = first_of(v, n);
    return host_call(c->t, SYS_sendto, f->host, (long)one.iov_base, (long)one.iov_len, flags, 0, 0);
}

static long receive_from_pair(struct call *c, struct box_msghdr *m, const struct iovec *v, size_t n,
                              long flags)
{
    const struct file *f = c->a[0].file;
    bool stream = f->type == SOCK_STREAM;
    m->flags = 0;
    if (m->name)
        m->namelen = 0;
    if (n > 1 && !flags)
        return host_call(c->t, SYS_readv, f->host, (long)v, (long)n, 0, 0, 0);
    if (!one_does(f, v, n))
        return -EOPNOTSUPP;
    struct iovec one = first_of(v, n);
    long all = host_call(c->t, SYS_recvfrom, f->host, (long)one.iov_base, (long)one.iov_len,
                         flags | (stream ? 0 : MSG_TRUNC), 0, 0);
    bool cut = !stream && all > (long)one.iov_len;
    if (cut)
        m->flags = MSG_TRUNC;
    return cut && !(flags & MSG_TRUNC) ? (long)one.iov_len : all;
}

/* Whether a message can be looked at: 0 or -errno.  */
static long message_check(const struct call *c, const struct box_msghdr *m)
{
    const uint32_t compat = UINT32_C(1) << 31;
    long err = own_socket(c);
    if (err)
        return err;
    return c->a[2].u & compat || (m->name && (int32_t)m->namelen < 0) ? -EINVAL : 0;
}

static long message_buffers(struct call *c, const struct box_msghdr *m, struct iovec **v)
{
    return m->iovlen > LX_IOV_MAX ? -EMSGSIZE : iov_in(c, m->iov, m->iovlen, v);
}

long sys_sendmsg(struct call *c)
{
    const struct box_msghdr *m = c->a[1].ptr;
    struct file *f = c->a[0].file;
    struct box_sockaddr a;
    struct iovec *v;
    size_t len = m->name ? m->namelen < sizeof a ? m->namelen : sizeof a : 0;
    long err = message_check(c, m), flags = send_flags(c->a[2].u);
    if (!err)
        err = sockaddr_in(c, &a, m->name, (int64_t)len);
    if (!err)
        err = message_buffers(c, m, &v);
    if (!err)
        err = send_check(c, c->a[2].u, &a, len);
    if (!err && m->control && m->controllen)
        err = -EOPNOTSUPP;
    if (err)
        return err;
    if (f->family == AF_UNIX)
        return sent(c, c->a[2].u, send_to_pair(c, v, m->iovlen, flags));
    struct msghdr host = {.msg_name = len ? &a : NULL,
                          .msg_namelen = (socklen_t)len,
                          .msg_iov = v,
                          .msg_iovlen = m->iovlen};
    return sent(c, c->a[2].u, host_call(c->t, SYS_sendmsg, f->host, (long)&host, flags, 0, 0, 0));
}

/* No control messages: what would be in them is the host's, and the kernel drops it.  */
static long receive_message(struct call *c, struct box_msghdr *m, struct iovec *v, long flags)
{
    struct sockaddr_storage a = {0};
    struct msghdr host = {
        .msg_name = &a, .msg_namelen = sizeof a, .msg_iov = v, .msg_iovlen = m->iovlen};
    uint32_t room = m->name ? m->namelen : 0;
    long n = host_call(c->t, SYS_recvmsg, c->a[0].file->host, (long)&host, flags, 0, 0, 0);
    if (n < 0)
        return n;
    m->flags = host.msg_flags;
    if (m->name)
        m->namelen = host.msg_namelen;
    return m->name
                   && copy_out(c, m->name, &a, room < host.msg_namelen ? room : host.msg_namelen)
                          != 0
               ? -EFAULT
               : n;
}

long sys_recvmsg(struct call *c)
{
    struct box_msghdr *m = c->a[1].ptr;
    struct iovec *v;
    long err = message_check(c, m);
    if (!err)
        err = message_buffers(c, m, &v);
    if (!err && empty_queue(c, c->a[2].u))
        err = -EAGAIN;
    if (err)
        return err;
    long flags = receive_flags(c->a[2].u);
    long n = c->a[0].file->family == AF_UNIX ? receive_from_pair(c, m, v, m->iovlen, flags)
                                             : receive_message(c, m, v, flags);
    m->controllen = 0;
    return n;
}

/* Options.  */

enum { GET = 1, SET = 2, BOTH = GET | SET };

/* Those that a box may use, and how large they are; none has a pointer in it, names an interface,
   or makes the kernel send control messages.  */
static const struct option {
    int level, name;
    uint8_t size, may;
} options[] = {
    {SOL_SOCKET, SO_REUSEADDR, 4, BOTH},
    {SOL_SOCKET, SO_TYPE, 4, GET},
    {SOL_SOCKET, SO_ERROR, 4, GET},
    {SOL_SOCKET, SO_BROADCAST, 4, BOTH},
    {SOL_SOCKET, SO_SNDBUF, 4, BOTH},
    {SOL_SOCKET, SO_RCVBUF, 4, BOTH},
    {SOL_SOCKET, SO_KEEPALIVE, 4, BOTH},
    {SOL_SOCKET, SO_OOBINLINE, 4, BOTH},
    {SOL_SOCKET, SO_LINGER, 8, BOTH},
    {SOL_SOCKET, SO_REUSEPORT, 4, BOTH},
    {SOL_SOCKET, SO_RCVLOWAT, 4, BOTH},
    {SOL_SOCKET, SO_SNDLOWAT, 4, GET},
    {SOL_SOCKET, SO_RCVTIMEO, 16, BOTH},
    {SOL_SOCKET, SO_SNDTIMEO, 16, BOTH},
    {SOL_SOCKET, SO_ACCEPTCONN, 4, GET},
    {SOL_SOCKET, SO_PROTOCOL, 4, GET},
    {SOL_SOCKET, SO_DOMAIN, 4, GET},
    {IPPROTO_TCP, TCP_NODELAY, 4, BOTH},
    {IPPROTO_TCP, TCP_MAXSEG, 4, BOTH},
    {IPPROTO_TCP, TCP_CORK, 4, BOTH},
    {IPPROTO_TCP, TCP_KEEPIDLE, 4, BOTH},
    {IPPROTO_TCP, TCP_KEEPINTVL, 4, BOTH},
    {IPPROTO_TCP, TCP_KEEPCNT, 4, BOTH},
    {IPPROTO_TCP, TCP_SYNCNT, 4, BOTH},
    {IPPROTO_TCP, TCP_LINGER2, 4, BOTH},
    {IPPROTO_TCP, TCP_DEFER_ACCEPT, 4, BOTH},
    {IPPROTO_TCP, TCP_WINDOW_CLAMP, 4, BOTH},
    {IPPROTO_TCP, TCP_QUICKACK, 4, BOTH},
    {IPPROTO_TCP, TCP_USER_TIMEOUT, 4, BOTH},
    {IPPROTO_IP, IP_TOS, 4, BOTH},
    {IPPROTO_IP, IP_TTL, 4, BOTH},
    {IPPROTO_IP, IP_MTU_DISCOVER, 4, BOTH},
    {IPPROTO_IP, IP_MULTICAST_TTL, 4, BOTH},
    {IPPROTO_IP, IP_MULTICAST_LOOP, 4, BOTH},
    {IPPROTO_IPV6, IPV6_V6ONLY, 4, BOTH},
    {IPPROTO_IPV6, IPV6_UNICAST_HOPS, 4, BOTH},
    {IPPROTO_IPV6, IPV6_TCLASS, 4, BOTH},
};

static const struct option *find_option(const struct call *c, unsigned may)
{
    if (c->a[0].file->family == AF_UNIX && c->a[1].i != SOL_SOCKET)
        return NULL;
    for (size_t i = 0; i < sizeof options / sizeof options[0]; i++)
        if (options[i].level == c->a[1].i && options[i].name == c->a[2].i && options[i].may & may)
            return &options[i];
    return NULL;
}

/* What is said of an option that is not in the table: each protocol has its own way.  */
static long no_option(const struct call *c, unsigned may)
{
    bool ip = c->a[1].i == IPPROTO_IP || c->a[1].i == IPPROTO_TCP || c->a[1].i == IPPROTO_UDP
              || c->a[1].i == IPPROTO_IPV6;
    bool unsupported = c->a[0].file->family == AF_UNIX ? true : may == GET && !ip;
    return c->a[1].i != SOL_SOCKET && unsupported ? -EOPNOTSUPP : -ENOPROTOOPT;
}

long sys_setsockopt(struct call *c)
{
    uint64_t value[2] = {0};
    const struct option *o = find_option(c, SET);
    long err = own_socket(c);
    if (err)
        return err;
    if (c->a[4].i < 0)
        return -EINVAL;
    if (!o)
        return no_option(c, SET);
    if (c->a[4].i < o->size)
        return -EINVAL;
    if (copy_in(c, value, c->raw[3], o->size) != 0)
        return -EFAULT;
    return answer(setsockopt(c->a[0].file->host, o->level, o->name, value, o->size));
}

long sys_getsockopt(struct call *c)
{
    uint64_t value[2] = {0};
    const struct option *o = find_option(c, GET);
    int32_t room;
    long err = own_socket(c);
    if (err)
        return err;
    if (copy_in(c, &room, c->raw[4], sizeof room) != 0)
        return -EFAULT;
    if (room < 0)
        return -EINVAL;
    if (!o)
        return no_option(c, GET);
    socklen_t len = o->size;
    if (getsockopt(c->a[0].file->host, o->level, o->name, value, &len) != 0)
        return -errno;
    room = room < (int32_t)len ? room : (int32_t)len;
    if (copy_out(c, c->raw[3], value, (size_t)room) != 0)
        return -EFAULT;
    return copy_out(c, c->raw[4], &room, sizeof room);
}
