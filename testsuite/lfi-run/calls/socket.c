/* Sockets: pairs, and TCP and UDP within the machine.
   SPDX-License-Identifier: Apache-2.0

   With an argument: what a box without a network, or with that of the loopback interface alone, is
   refused.  */
#include "show.h"
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/un.h>

static char buf[200000];
static int closed = 900, file;

static struct sockaddr_in at4(const char *text, int port)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    inet_pton(AF_INET, text, &a.sin_addr);
    return a;
}

static struct sockaddr_in6 at6(const char *text, int port)
{
    struct sockaddr_in6 a = {.sin6_family = AF_INET6, .sin6_port = htons((uint16_t)port)};
    inet_pton(AF_INET6, text, &a.sin6_addr);
    return a;
}

#define TO(a) (struct sockaddr *)&(a), sizeof(a)

static void stream_pair(void)
{
    int p[2], value;
    socklen_t len = sizeof value;
    struct sockaddr_storage name;
    struct iovec v[3] = {{"abc", 3}, {"", 0}, {"defg", 4}}, one = {buf, 100},
                 w[2] = {{buf, 2}, {buf + 50, 50}};
    struct msghdr m = {.msg_iov = v, .msg_iovlen = 3};
    SHOW(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, p));
    SHOW(fcntl(p[0], F_GETFD));
    SHOW(fcntl(p[0], F_GETFL));
    SHOW(write(p[0], "hello", 5));
    SHOW(recv(p[1], buf, 3, MSG_PEEK));
    SHOW(recv(p[1], buf, 100, 0));
    SHOW(recv(p[1], buf, 100, MSG_DONTWAIT));
    SHOW(sendmsg(p[0], &m, 0));
    m = (struct msghdr){.msg_iov = w, .msg_iovlen = 2};
    SHOW(recvmsg(p[1], &m, 0));
    printf("%.2s %.5s\n", buf, buf + 50);
    SHOW(send(p[0], "xyz", 3, MSG_NOSIGNAL));
    m = (struct msghdr){.msg_iov = &one, .msg_iovlen = 1, .msg_control = buf, .msg_controllen = 99};
    SHOW(recvmsg(p[1], &m, MSG_DONTWAIT));
    SHOW(m.msg_controllen);
    SHOW(m.msg_flags);
    m.msg_iovlen = 2000;
    SHOW(recvmsg(p[1], &m, 0));
    SHOW(sendmsg(p[1], &m, 0));
    SHOW(syscall(SYS_recvmsg, p[1], 8, 0));
    SHOW(getsockopt(p[0], SOL_SOCKET, SO_TYPE, &value, &len));
    SHOW(value);
    SHOW(getsockopt(p[0], SOL_SOCKET, SO_DOMAIN, &value, &len));
    SHOW(value);
    len = 2;
    SHOW(getsockopt(p[0], SOL_SOCKET, SO_ERROR, &value, &len));
    SHOW(len);
    len = -1;
    SHOW(getsockopt(p[0], SOL_SOCKET, SO_ERROR, &value, &len));
    SHOW(getsockopt(p[0], SOL_SOCKET, SO_ERROR, &value, (void *)8));
    SHOW(setsockopt(p[0], SOL_SOCKET, SO_TYPE, &value, 4));
    SHOW(setsockopt(p[0], SOL_SOCKET, 9999, &value, 4));
    SHOW(setsockopt(p[0], SOL_SOCKET, SO_KEEPALIVE, &value, 3));
    SHOW(setsockopt(p[0], SOL_SOCKET, SO_KEEPALIVE, (void *)8, 4));
    SHOW(setsockopt(p[0], SOL_SOCKET, SO_RCVTIMEO, &(struct timeval){0, 1000}, 16));
    SHOW(recv(p[0], buf, 1, 0));
    len = sizeof name;
    SHOW(getsockname(p[0], (struct sockaddr *)&name, &len));
    SHOW(len);
    SHOW(name.ss_family);
    len = 1;
    SHOW(getpeername(p[0], (struct sockaddr *)&name, &len));
    SHOW(len);
    SHOW(listen(p[0], 1));
    SHOW(accept(p[0], NULL, NULL));
    SHOW(shutdown(p[0], 7));
    SHOW(shutdown(p[0], SHUT_WR));
    SHOW(recv(p[1], buf, 100, 0));
    SHOW(send(p[0], "x", 1, MSG_NOSIGNAL));
    signal(SIGPIPE, SIG_IGN);
    SHOW(send(p[0], "x", 1, 0));
    SHOW(write(p[0], "x", 1));
    v[0].iov_base = "abc";
    m = (struct msghdr){.msg_iov = v, .msg_iovlen = 3};
    SHOW(sendmsg(p[0], &m, MSG_NOSIGNAL));
    close(p[0]);
    close(p[1]);
}

static void datagram_pair(void)
{
    int p[2], q[2];
    struct iovec v[2] = {{"abc", 3}, {"defg", 4}}, one = {buf, 5}, w[2] = {{buf, 2}, {buf + 50, 50}};
    struct msghdr m = {.msg_iov = v, .msg_iovlen = 2};
    SHOW(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0, p));
    SHOW(fcntl(p[0], F_GETFL));
    SHOW(sendmsg(p[0], &m, 0));
    SHOW(sendmsg(p[0], &m, 0));
    SHOW(sendmsg(p[0], &m, 0));
    SHOW(sendmsg(p[0], &m, 0));
    m = (struct msghdr){.msg_iov = w, .msg_iovlen = 2};
    SHOW(recvmsg(p[1], &m, 0));
    SHOW(m.msg_flags);
    m = (struct msghdr){.msg_iov = &one, .msg_iovlen = 1};
    SHOW(recvmsg(p[1], &m, MSG_PEEK));
    SHOW(recvmsg(p[1], &m, 0));
    SHOW(m.msg_flags);
    SHOW(recvmsg(p[1], &m, MSG_TRUNC));
    SHOW(m.msg_flags);
    SHOW(recv(p[1], buf, 3, MSG_TRUNC));
    SHOW(recv(p[1], buf, 3, 0));
    m.msg_iovlen = 0;
    SHOW(sendmsg(p[0], &m, 0));
    SHOW(recvfrom(p[1], buf, 3, 0, NULL, NULL));
    SHOW(listen(p[0], 1));
    SHOW(accept(p[0], NULL, NULL));
    /* An address would lead out of the box.  */
    struct sockaddr_un un = {AF_UNIX, "socket"};
    BOX(sendto(p[0], "x", 1, 0, TO(un)) == -1 && errno == EPERM);
    BOX(connect(p[0], TO(un)) == -1 && errno == EPERM);
    BOX(bind(p[0], TO(un)) == -1 && errno == EPERM);
    m = (struct msghdr){.msg_name = &un, .msg_namelen = sizeof un, .msg_iov = v, .msg_iovlen = 1};
    BOX(sendmsg(p[0], &m, 0) == -1 && errno == EPERM);
    /* So would a descriptor, if anybody else had the other end.  */
    union {
        char room[64];
        struct cmsghdr head;
    } control = {.head = {CMSG_LEN(4), SOL_SOCKET, SCM_RIGHTS}};
    m = (struct msghdr){
        .msg_iov = v, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = CMSG_SPACE(4)};
    BOX(sendmsg(p[0], &m, 0) == -1 && errno == EOPNOTSUPP);
    SHOW(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, q));
    SHOW(send(q[0], "abc", 3, MSG_EOR));
    SHOW(recv(q[1], buf, 100, 0));
    for (int i = 0; i < 2; i++) {
        close(p[i]);
        close(q[i]);
    }
    SHOW(socketpair(AF_UNIX, 77, 0, p));
    SHOW(socketpair(AF_UNIX, SOCK_STREAM | 1 << 20, 0, p));
    SHOW(socketpair(AF_UNIX, SOCK_STREAM, 9, p));
    SHOW(socketpair(AF_INET, SOCK_STREAM, 0, p));
    SHOW(socketpair(99, SOCK_STREAM, 0, p));
    SHOW(socketpair(AF_UNIX, SOCK_STREAM, 0, (void *)8));
}

static void no_socket(void)
{
    struct sockaddr_in a = at4("127.0.0.1", 1);
    struct sockaddr_storage s;
    socklen_t len = sizeof s;
    struct msghdr m = {0};
    int value = 0, fds[2] = {closed, file};
    for (int i = 0; i < 2; i++) {
        int fd = fds[i];
        SHOW(bind(fd, TO(a)));
        SHOW(connect(fd, TO(a)));
        SHOW(listen(fd, 1));
        SHOW(accept(fd, NULL, NULL));
        SHOW(accept4(fd, NULL, NULL, 0));
        SHOW(getsockname(fd, (struct sockaddr *)&s, &len));
        SHOW(getpeername(fd, (struct sockaddr *)&s, &len));
        SHOW(send(fd, buf, 1, 0));
        SHOW(recv(fd, buf, 1, 0));
        SHOW(sendmsg(fd, &m, 0));
        SHOW(recvmsg(fd, &m, 0));
        SHOW(shutdown(fd, 0));
        SHOW(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &value, 4));
        SHOW(getsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &value, &len));
    }
}

static void *client(void *arg)
{
    struct sockaddr_in6 a = *(struct sockaddr_in6 *)arg;
    int s = socket(a.sin6_family, SOCK_STREAM, 0);
    if (connect(s, (struct sockaddr *)&a, a.sin6_family == AF_INET ? sizeof(struct sockaddr_in) : sizeof a) != 0)
        return "no connection";
    size_t got = 0;
    ssize_t n;
    while ((n = recv(s, buf + 100000, 1000, 0)) > 0)
        got += (size_t)n;
    send(s, &got, sizeof got, 0);
    close(s);
    return NULL;
}

static void streams(int family)
{
    struct sockaddr_in a = at4("127.0.0.1", 0);
    struct sockaddr_in6 a6 = at6("::1", 0), name = {0}, peer = {0};
    socklen_t len = sizeof name, alen = family == AF_INET ? sizeof a : sizeof a6;
    struct sockaddr *addr = family == AF_INET ? (void *)&a : (void *)&a6;
    pthread_t t;
    void *why;
    int on = 1, s = socket(family, SOCK_STREAM | SOCK_CLOEXEC, IPPROTO_TCP);
    TRUE(s >= 0);
    SHOW(fcntl(s, F_GETFL));
    SHOW(setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &on, 4));
    SHOW(bind(s, addr, alen - 5));
    SHOW(bind(s, addr, 1));
    SHOW(bind(s, addr, 1000));
    SHOW(bind(s, (void *)8, alen));
    SHOW(accept(s, NULL, NULL));
    SHOW(bind(s, addr, alen));
    SHOW(bind(s, addr, alen));
    SHOW(listen(s, 5));
    SHOW(getsockname(s, (struct sockaddr *)&name, &len));
    SHOW(len);
    SHOW(name.sin6_family);
    TRUE(name.sin6_port != 0);
    SHOW(getpeername(s, (struct sockaddr *)&peer, &len));
    len = 7;
    SHOW(getsockname(s, (struct sockaddr *)&peer, &len));
    SHOW(len);
    SHOW(getsockname(s, (void *)8, &len));
    SHOW(getsockname(s, (struct sockaddr *)&peer, NULL));
    SHOW(fcntl(s, F_SETFL, O_NONBLOCK));
    SHOW(accept4(s, NULL, NULL, 0));
    SHOW(accept4(s, NULL, NULL, 1));
    SHOW(fcntl(s, F_SETFL, 0));
    pthread_create(&t, NULL, client, &name);
    len = sizeof peer;
    int c = family == AF_INET
                ? accept(s, (struct sockaddr *)&peer, &len)
                : accept4(s, (struct sockaddr *)&peer, &len, SOCK_CLOEXEC | SOCK_NONBLOCK);
    TRUE(c >= 0);
    SHOW(len);
    SHOW(peer.sin6_family);
    SHOW(fcntl(c, F_GETFD));
    SHOW(fcntl(c, F_GETFL));
    SHOW(fcntl(c, F_SETFL, 0));
    SHOW(setsockopt(c, IPPROTO_TCP, TCP_NODELAY, &on, 4));
    on = 0;
    len = 4;
    SHOW(getsockopt(c, IPPROTO_TCP, TCP_NODELAY, &on, &len));
    SHOW(on);
    SHOW(send(c, buf, 70000, MSG_MORE));
    struct iovec v[2] = {{buf, 5000}, {buf, 3}};
    struct msghdr m = {.msg_iov = v, .msg_iovlen = 2};
    SHOW(sendmsg(c, &m, 0));
    SHOW(sendfile(c, file, NULL, 10));
    SHOW(shutdown(c, SHUT_WR));
    size_t got = 0;
    len = sizeof peer;
    m = (struct msghdr){.msg_iov = (struct iovec[]){{&got, 8}}, .msg_iovlen = 1, .msg_name = &peer, .msg_namelen = len};
    SHOW(recvmsg(c, &m, MSG_WAITALL));
    SHOW(m.msg_namelen);
    SHOW(got);
    SHOW(recvfrom(c, buf, 10, 0, NULL, NULL));
    pthread_join(t, &why);
    TRUE(why == NULL);
    /* Nobody listens there now.  */
    close(s);
    int d = socket(family, SOCK_STREAM, 0);
    SHOW(connect(d, (struct sockaddr *)&name, alen));
    SHOW(connect(d, (struct sockaddr *)&name, 3));
    SHOW(send(d, "x", 1, MSG_NOSIGNAL));
    close(c);
    close(d);
}

static void datagrams(void)
{
    struct sockaddr_in a = at4("127.0.0.1", 0), from = {0};
    socklen_t len = sizeof a;
    int s = socket(AF_INET, SOCK_DGRAM, 0), c = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, IPPROTO_UDP);
    SHOW(bind(s, TO(a)));
    SHOW(getsockname(s, (struct sockaddr *)&a, &len));
    SHOW(recv(c, buf, 1, 0));
    SHOW(send(c, "x", 1, 0));
    SHOW(sendto(c, "hello", 5, 0, TO(a)));
    SHOW(sendto(c, "hello", 5, 0, (struct sockaddr *)&a, 3));
    SHOW(sendto(c, "hello", 5, 0, (void *)8, 16));
    SHOW(sendto(c, buf, sizeof buf, 0, TO(a)));
    SHOW(recvfrom(s, buf, 100, 0, (struct sockaddr *)&from, &len));
    SHOW(len);
    SHOW(ntohl(from.sin_addr.s_addr));
    TRUE(from.sin_port != 0);
    struct iovec v[2] = {{"ab", 2}, {"c", 1}};
    struct msghdr m = {.msg_iov = v, .msg_iovlen = 2, .msg_name = &a, .msg_namelen = sizeof a};
    SHOW(sendmsg(c, &m, 0));
    SHOW(connect(c, TO(a)));
    SHOW(send(c, "0123456789", 10, 0));
    m = (struct msghdr){.msg_iov = (struct iovec[]){{buf, 2}, {buf + 10, 90}}, .msg_iovlen = 2, .msg_name = &from, .msg_namelen = 4};
    SHOW(recvmsg(s, &m, 0));
    SHOW(m.msg_namelen);
    m.msg_iovlen = 1;
    m.msg_name = NULL;
    SHOW(recvmsg(s, &m, 0));
    SHOW(m.msg_flags);
    SHOW(m.msg_namelen);
    m = (struct msghdr){.msg_iov = v, .msg_iovlen = 2, .msg_name = (void *)8, .msg_namelen = 16};
    SHOW(sendmsg(c, &m, 0));
    int ep = epoll_create1(0);
    SHOW(epoll_ctl(ep, EPOLL_CTL_ADD, s, &(struct epoll_event){EPOLLIN, {.fd = 5}}));
    SHOW(epoll_wait(ep, &(struct epoll_event){0}, 1, 0));
    SHOW(write(c, "x", 1));
    SHOW(epoll_wait(ep, &(struct epoll_event){0}, 1, -1));
    SHOW(poll(&(struct pollfd){s, POLLIN, 0}, 1, -1));
    close(ep);
    close(s);
    close(c);
}

static void *waits(void *arg)
{
    recv(*(int *)arg, buf, 1, 0);
    return NULL;
}

static void *accepts(void *arg)
{
    accept(*(int *)arg, NULL, NULL);
    return NULL;
}

static void cancelled(void)
{
    pthread_t t;
    void *how;
    int p[2], s = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in a = at4("127.0.0.1", 0);
    bind(s, TO(a));
    listen(s, 1);
    socketpair(AF_UNIX, SOCK_STREAM, 0, p);
    for (int i = 0; i < 2; i++) {
        pthread_create(&t, NULL, i ? waits : accepts, i ? &p[0] : &s);
        usleep(1000);
        pthread_cancel(t);
        pthread_join(t, &how);
        SHOW(how == PTHREAD_CANCELED);
    }
    close(p[0]);
    close(p[1]);
    close(s);
}

/* What there is no socket for, anywhere.  */
static void kinds(void)
{
    SHOW(socket(AF_INET, SOCK_STREAM, IPPROTO_UDP));
    SHOW(socket(AF_INET, SOCK_DGRAM, IPPROTO_TCP));
    SHOW(socket(AF_INET, SOCK_SEQPACKET, 0));
    SHOW(socket(AF_INET, SOCK_RAW, IPPROTO_ICMP));
    SHOW(socket(AF_INET, 0, 0));
    SHOW(socket(AF_INET, 13, 0));
    SHOW(socket(AF_INET, SOCK_STREAM | 1 << 30, 0));
    SHOW(socket(99, SOCK_STREAM, 0));
    BOX(socket(AF_UNIX, SOCK_STREAM, 0) == -1 && errno == EACCES);
    BOX(socket(16 /* AF_NETLINK */, SOCK_DGRAM, 0) == -1 && errno == EAFNOSUPPORT);
    BOX(socket(17 /* AF_PACKET */, SOCK_DGRAM, 0) == -1 && errno == EAFNOSUPPORT);
}

/* One line each; a box only.  */

static void fails(const char *what, int r, int error)
{
    errno = r == -1 ? errno : 0;
    printf("%s: %s\n", what, r == -1 && errno == error ? "refused" : "NOT REFUSED");
}

static void no_network(void)
{
    fails("IPv4", socket(AF_INET, SOCK_STREAM, 0), EAFNOSUPPORT);
    fails("UDP", socket(AF_INET, SOCK_DGRAM, 0), EAFNOSUPPORT);
    fails("IPv6", socket(AF_INET6, SOCK_STREAM, 0), EAFNOSUPPORT);
    fails("UNIX", socket(AF_UNIX, SOCK_STREAM, 0), EACCES);
}

static void outside(void)
{
    static const char *const v4[] = {"8.8.8.8",   "10.0.0.1",  "126.255.255.255", "128.0.0.0",
                                     "1.0.0.127", "224.0.0.1", "255.255.255.255", "0.0.0.1"},
                             *const v6[] = {"::2", "fe80::1", "ff02::1", "::ffff:127.0.0.1",
                                            "::ffff:8.8.8.8", "::127.0.0.1", "100::", "1::1"};
    static const int types[] = {SOCK_STREAM, SOCK_DGRAM};
    struct iovec v = {"x", 1};
    for (int i = 0; i < 16; i++)
        for (int k = 0; k < 2; k++) {
            int family = i < 8 ? AF_INET : AF_INET6, s = socket(family, types[k], 0);
            struct sockaddr_in a = at4(v4[i % 8], 9);
            struct sockaddr_in6 a6 = at6(v6[i % 8], 9);
            struct sockaddr *to = i < 8 ? (void *)&a : (void *)&a6;
            socklen_t len = i < 8 ? sizeof a : sizeof a6;
            struct msghdr m = {
                .msg_name = to, .msg_namelen = len, .msg_iov = &v, .msg_iovlen = 1};
            fails(i < 8 ? v4[i] : v6[i - 8], bind(s, to, len), EADDRNOTAVAIL);
            fails("connect", connect(s, to, len), ENETUNREACH);
            fails("sendto", (int)sendto(s, "x", 1, MSG_NOSIGNAL, to, len), ENETUNREACH);
            fails("sendmsg", (int)sendmsg(s, &m, MSG_NOSIGNAL), ENETUNREACH);
            close(s);
        }
}

static void tricks(void)
{
    struct sockaddr_in a = at4("8.8.8.8", 9), name;
    struct sockaddr_in6 a6 = at6("::", 0), name6;
    socklen_t len = sizeof name, len6 = sizeof name6;
    int s = socket(AF_INET, SOCK_DGRAM, 0), t = socket(AF_INET, SOCK_STREAM, 0),
        u = socket(AF_INET6, SOCK_STREAM, 0), l = socket(AF_INET, SOCK_STREAM, 0), off = 0;
    a.sin_family = AF_UNSPEC;
    fails("no family", connect(s, TO(a)), EINVAL);
    fails("no family", connect(t, TO(a)), EINVAL);
    fails("no family", (int)sendto(s, "x", 1, 0, TO(a)), EINVAL);
    fails("no family", bind(s, TO(a)), EINVAL);
    a.sin_family = AF_UNIX;
    fails("UNIX", connect(s, TO(a)), EAFNOSUPPORT);
    fails("off the interface", setsockopt(s, SOL_SOCKET, SO_BINDTODEVICE, "", 1), ENOPROTOOPT);
    fails("off the interface", setsockopt(s, SOL_SOCKET, 62, &off, 4), ENOPROTOOPT);
    fails("by another", setsockopt(s, IPPROTO_IP, IP_UNICAST_IF, &off, 4), ENOPROTOOPT);
    fails("another protocol", setsockopt(t, IPPROTO_TCP, TCP_ULP, "tls", 4), ENOPROTOOPT);
    fails("fast open", (int)sendto(t, "x", 1, MSG_FASTOPEN, TO(a)), EOPNOTSUPP);
    a = at4("127.0.0.1", 9);
    fails("fast open", (int)sendto(t, "x", 1, MSG_FASTOPEN, TO(a)), EOPNOTSUPP);
    /* Any address is the loopback one.  */
    a = at4("0.0.0.0", 0);
    SHOW(bind(t, TO(a)));
    SHOW(getsockname(t, (struct sockaddr *)&name, &len));
    printf("%x\n", ntohl(name.sin_addr.s_addr));
    SHOW(setsockopt(u, IPPROTO_IPV6, IPV6_V6ONLY, &off, 4));
    SHOW(bind(u, TO(a6)));
    SHOW(getsockname(u, (struct sockaddr *)&name6, &len6));
    TRUE(memcmp(&name6.sin6_addr, &in6addr_loopback, 16) == 0);
    SHOW(listen(l, 1));
    SHOW(getsockname(l, (struct sockaddr *)&name, &len));
    printf("%x %d\n", ntohl(name.sin_addr.s_addr), name.sin_port != 0);
}

/* An address that another thread changes is the one that was looked at.  */
static struct sockaddr_in changing;
static volatile int stop;

static void *change(void *arg)
{
    while (!stop)
        changing.sin_addr.s_addr ^= htonl(0x7f000001 ^ 0xc0000201); /* 192.0.2.1 */
    return arg;
}

static void races(void)
{
    pthread_t t;
    int refused = 0, passed = 0, other = 0;
    changing = at4("127.0.0.1", 9);
    pthread_create(&t, NULL, change, NULL);
    for (int i = 0; i < 20000; i++) {
        struct sockaddr_in name;
        socklen_t len = sizeof name;
        int s = socket(AF_INET, SOCK_DGRAM, 0);
        if (connect(s, TO(changing)) == 0) {
            getpeername(s, (struct sockaddr *)&name, &len);
            passed++;
            other += ntohl(name.sin_addr.s_addr) != 0x7f000001;
        } else
            refused += errno == ENETUNREACH;
        close(s);
    }
    stop = 1;
    pthread_join(t, NULL);
    SHOW(passed + refused);
    SHOW(other);
}

int main(int argc, char **argv)
{
    setvbuf(stdout, NULL, _IOFBF, 1 << 17);
    if (argc > 1) {
        if (strcmp(argv[1], "none") == 0)
            no_network();
        else
            outside(), tricks(), races();
        return 0;
    }
    drop_privileges();
    file = open("file", O_RDWR | O_CREAT, 0600);
    write(file, "0123456789", 10);
    lseek(file, 0, SEEK_SET);
    stream_pair();
    datagram_pair();
    no_socket();
    kinds();
    streams(AF_INET);
    streams(AF_INET6);
    datagrams();
    cancelled();
    return 0;
}
