#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <stdalign.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/rate.h"
#include "ike/events/net.h"
#include "kernel/xfrm_policy.h"

enum { NATT_PORT = 4500, MARKER = 4, N_SOCKETS = 2, BATCH = 32, BUFFER = 65535 + MARKER };
enum { UNSENT_A_SECOND = 5 };

struct net_socket {
	struct net *net;
	int fd;
	uint16_t port;
	struct io *io;
};

struct net {
	net_fn *fn;
	void *arg;
	struct net_socket sockets[N_SOCKETS];
	struct net_counts counts;
	struct strangers unsent; /* what others make us send and does not leave */
	uint8_t buf[BUFFER];
};

int net_strip(uint16_t port, struct bytes datagram, struct bytes *out)
{
	static const uint8_t marker[MARKER];

	if (port != NATT_PORT) {
		*out = datagram;
		return 0;
	}
	if (datagram.n < MARKER || memcmp(datagram.p, marker, MARKER) != 0)
		return -ENOMSG;
	*out = BYTES(datagram.p + MARKER, datagram.n - MARKER);
	return 0;
}

/* Where it was sent to; false when that is nobody's address in particular. */
static bool destination(struct msghdr *msg, struct in6_addr *out)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(msg); c; c = CMSG_NXTHDR(msg, c)) {
		struct in6_pktinfo info;

		if (c->cmsg_level != IPPROTO_IPV6 || c->cmsg_type != IPV6_PKTINFO)
			continue;
		memcpy(&info, CMSG_DATA(c), sizeof(info));
		*out = info.ipi6_addr;
		return !IN6_IS_ADDR_MULTICAST(out);
	}
	return false;
}

static void datagram(struct net_socket *s, struct msghdr *msg, size_t n)
{
	const struct sockaddr_in6 *from = msg->msg_name;
	struct net *net = s->net;
	struct packet p = { .remote = from->sin6_addr,
		.remote_port = ntohs(from->sin6_port),
		.local_port = s->port };

	if (msg->msg_flags & MSG_TRUNC) {
		net->counts.oversized++;
		return;
	}
	if (!destination(msg, &p.local) || net_strip(s->port, BYTES(net->buf, n), &p.data) < 0) {
		net->counts.not_ike++;
		return;
	}
	net->counts.in++;
	net->fn(net->arg, &p);
}

static void on_readable(int fd, void *arg)
{
	struct net_socket *s = arg;

	/* Not for ever: timers and the kernel's events have their turn too. */
	for (unsigned i = 0; i < BATCH; i++) {
		alignas(struct cmsghdr) uint8_t control[CMSG_SPACE(sizeof(struct in6_pktinfo))];
		struct sockaddr_in6 from;
		struct iovec iov = { s->net->buf, sizeof(s->net->buf) };
		struct msghdr msg = { .msg_name = &from,
			.msg_namelen = sizeof(from),
			.msg_iov = &iov,
			.msg_iovlen = 1,
			.msg_control = control,
			.msg_controllen = sizeof(control) };
		ssize_t n = recvmsg(fd, &msg, MSG_DONTWAIT);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return;
		datagram(s, &msg, (size_t)n);
	}
}

static int set(int fd, int option, int value)
{
	return setsockopt(fd, IPPROTO_IPV6, option, &value, sizeof(value)) < 0 ? -errno : 0;
}

static int open_port(uint16_t port, int *out)
{
	struct sockaddr_in6 any = { .sin6_family = AF_INET6, .sin6_port = htons(port) };
	own_fd fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int rc = fd < 0 ? -errno : set(fd, IPV6_V6ONLY, 1);

	if (!rc)
		rc = set(fd, IPV6_RECVPKTINFO, 1);
	if (!rc && bind(fd, (const struct sockaddr *)&any, sizeof(any)) < 0)
		rc = -errno;
	if (!rc)
		rc = xfrm_socket_bypass(fd); /* B-027: no policy may catch IKE itself */
	if (rc < 0)
		return rc;
	*out = fd;
	fd = -1;
	return 0;
}

int net_open(net_fn *fn, void *arg, struct net **out)
{
	static const uint16_t ports[N_SOCKETS] = { IKE_PORT, NATT_PORT };
	own(net) *n = calloc(1, sizeof(*n));

	if (!n)
		return -ENOMEM;
	rate_init(&n->unsent, LOG_G_NET, "packets that could not be sent", UNSENT_A_SECOND, 0);
	n->fn = fn;
	n->arg = arg;
	for (size_t i = 0; i < N_SOCKETS; i++)
		n->sockets[i] = (struct net_socket){ .net = n, .fd = -1, .port = ports[i] };
	for (size_t i = 0; i < N_SOCKETS; i++) {
		struct net_socket *s = &n->sockets[i];
		int rc = open_port(s->port, &s->fd);

		if (!rc)
			rc = loop_io(s->fd, on_readable, s, &s->io);
		if (rc < 0) {
			log_net(0, "UDP port %u: %s", s->port, strerror(-rc));
			return rc;
		}
	}
	*out = take(n);
	return 0;
}

void net_free(struct net *n)
{
	if (!n)
		return;
	for (size_t i = 0; i < N_SOCKETS; i++) {
		io_free(n->sockets[i].io);
		own_fd_close(&n->sockets[i].fd);
	}
	rate_end(&n->unsent);
	free(n);
}

static const struct net_socket *socket_of(const struct net *n, uint16_t port)
{
	for (size_t i = 0; i < N_SOCKETS; i++)
		if (n->sockets[i].port == port)
			return &n->sockets[i];
	return NULL;
}

/* RFC 7296 section 2.11: from the address that the packet names, whatever routing would choose. */
static void source(struct msghdr *msg, const struct in6_addr *local)
{
	struct in6_pktinfo info = { .ipi6_addr = *local };
	struct cmsghdr *c = CMSG_FIRSTHDR(msg);

	c->cmsg_level = IPPROTO_IPV6;
	c->cmsg_type = IPV6_PKTINFO;
	c->cmsg_len = CMSG_LEN(sizeof(info));
	memcpy(CMSG_DATA(c), &info, sizeof(info));
}

static ssize_t transmit(int fd, const struct packet *p)
{
	static const uint8_t marker[MARKER];
	alignas(struct cmsghdr) uint8_t control[CMSG_SPACE(sizeof(struct in6_pktinfo))] = { 0 };
	own_blob copy = { 0 };
	struct sockaddr_in6 to = {
		.sin6_family = AF_INET6, .sin6_port = htons(p->remote_port), .sin6_addr = p->remote
	};
	struct iovec iov;
	struct msghdr msg = { .msg_name = &to,
		.msg_namelen = sizeof(to),
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof(control) };
	size_t head = p->local_port == NATT_PORT ? MARKER : 0;

	if (blob_alloc(&copy, head + p->data.n) < 0)
		return -ENOMEM;
	memcpy(copy.p, marker, head);
	memcpy(copy.p + head, p->data.p, p->data.n);
	iov = (struct iovec){ copy.p, copy.n };
	source(&msg, &p->local);
	return sendmsg(fd, &msg, MSG_DONTWAIT | MSG_NOSIGNAL) < 0 ? -errno : 0;
}

int net_send(struct net *n, const struct packet *p)
{
	const struct net_socket *s = socket_of(n, p->local_port);
	struct strangers *before;
	int rc = s ? (int)transmit(s->fd, p) : -EINVAL;

	if (!rc) {
		n->counts.out++;
		return 0;
	}
	n->counts.failed++;
	if (rc == -EINVAL) /* the kernel's word for a source address that is not ours */
		rc = -EADDRNOTAVAIL;
	before = rate_enter(&n->unsent);
	log_net(1, "sending from %s to %s failed: %s", addr_str(&p->local), addr_str(&p->remote),
		strerror(-rc));
	rate_leave(before);
	return rc;
}

struct net_counts net_counts(const struct net *n)
{
	return n->counts;
}
