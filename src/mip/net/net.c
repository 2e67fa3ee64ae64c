#include <arpa/inet.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <netinet/icmp6.h>
#include <netinet/ip6.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/mem.h"
#include "base/rate.h"
#include "mip/message/icmp6.h"
#include "mip/message/mh.h"
#include "mip/message/net_in.h"
#include "mip/net/net.h"

enum { READS_PER_WAKE = 64, TYPE_2 = 2, PACKET_MAX = 4096, CONTROL_MAX = 1024, ND_HOPS = 255 };
enum { TOLD_A_SECOND = 10, ANSWERS_A_SECOND = 20 };

struct mip_sock {
	struct mip_net *net;
	int fd, proto;
	struct io *io;
	int (*receive)(struct mip_sock *s); /* one packet: 0, or -errno when there is none */
	mip_net_fn *fn;
};

struct mip_net {
	struct mip_sock mh, icmp6, own;
	void *arg;
	struct strangers strangers;
	mip_net_peer *peer;
	void *ctx;
};

/* Receiving. */

static void say_cut(struct mip_sock *s, const struct mip_packet *p)
{
	struct strangers *before = rate_enter(&s->net->strangers);

	log_mip(1, "message from %s dropped: longer than any that is known", addr_str(&p->src));
	rate_leave(before);
}

/* A packet cut by our buffers is dropped. */
static int receive(struct mip_sock *s)
{
	_Alignas(struct cmsghdr) uint8_t control[CONTROL_MAX];
	uint8_t data[PACKET_MAX];
	struct sockaddr_in6 from = { 0 };
	struct iovec iov = { data, sizeof(data) };
	struct msghdr msg = { .msg_name = &from,
		.msg_namelen = sizeof(from),
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof(control) };
	struct mip_packet p = { .hop_limit = -1 };
	ssize_t n = recvmsg(s->fd, &msg, 0);

	if (n < 0)
		return -errno;
	p.src = from.sin6_addr;
	if (msg.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) {
		say_cut(s, &p);
		return 0;
	}
	p.data = BYTES(data, (size_t)n);
	net_control_read(&msg, &p);
	s->fn(&p, s->net->arg);
	return 0;
}

/* What this node's own router daemon tells the link. */
static int receive_own(struct mip_sock *s)
{
	uint8_t data[PACKET_MAX];
	struct sockaddr_ll from = { 0 };
	socklen_t n_from = sizeof(from);
	struct mip_packet p = { 0 };
	ssize_t n = recvfrom(s->fd, data, sizeof(data), 0, (struct sockaddr *)&from, &n_from);

	if (n < 0)
		return -errno;
	p.ifindex = from.sll_ifindex;
	if (net_own_read(BYTES(data, (size_t)n), &p) == 0)
		s->fn(&p, s->net->arg);
	return 0;
}

/* What is left waits for the next turn of the loop, behind timers and the other sockets. */
static void on_readable(int fd, void *arg)
{
	struct mip_sock *s = arg;

	(void)fd;
	for (int i = 0; i < READS_PER_WAKE; i++)
		if (s->receive(s) < 0)
			return;
}

/* Opening. */

static int sock_option(int fd, int level, int name, int value)
{
	return setsockopt(fd, level, name, &value, sizeof(value)) < 0 ? -errno : 0;
}

/* The kernel checks the checksum of what comes and makes that of what goes. */
static int mh_options(int fd)
{
	enum { AT_CHECKSUM = 4 };

	return sock_option(fd, IPPROTO_IPV6, IPV6_CHECKSUM, AT_CHECKSUM);
}

static int icmp6_options(int fd)
{
	static const uint8_t pass[] = { ICMP6_PARAM_PROBLEM, ICMP6_ROUTER_SOLICIT,
		ICMP6_ROUTER_ADVERT, ICMP6_NEIGH_SOLICIT, ICMP6_NEIGH_ADVERT, ICMP6_DHAAD_REQUEST,
		ICMP6_DHAAD_REPLY, ICMP6_MOB_PREFIX_SOLICIT, ICMP6_MOB_PREFIX_ADVERT };
	struct icmp6_filter filter;

	ICMP6_FILTER_SETBLOCKALL(&filter);
	for (size_t i = 0; i < sizeof(pass); i++)
		ICMP6_FILTER_SETPASS(pass[i], &filter);
	return setsockopt(fd, IPPROTO_ICMPV6, ICMP6_FILTER, &filter, sizeof(filter)) < 0 ? -errno
											 : 0;
}

/* Of all that leaves the node by whatever interface only router advertisements wake us. */
static int only_own_adverts(int fd)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS, (unsigned)SKF_AD_OFF + SKF_AD_PKTTYPE),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, PACKET_OUTGOING, 0, 7),
		BPF_STMT(BPF_LD | BPF_H | BPF_ABS, (unsigned)SKF_AD_OFF + SKF_AD_PROTOCOL),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ETH_P_IPV6, 0, 5),
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS, offsetof(struct ip6_hdr, ip6_nxt)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, IPPROTO_ICMPV6, 0, 3),
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS, sizeof(struct ip6_hdr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ND_ROUTER_ADVERT, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, PACKET_MAX),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};
	struct sock_fprog prog = { sizeof(code) / sizeof(code[0]), code };

	return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &prog, sizeof(prog)) < 0 ? -errno : 0;
}

/* What leaves is shown to those alone who ask for every protocol. */
int mip_net_hear_own(struct mip_net *net)
{
	const struct sockaddr_ll all = { .sll_family = AF_PACKET,
		.sll_protocol = htons(ETH_P_ALL) };
	struct mip_sock *s = &net->own;
	int rc;

	if (net->peer)
		return 0;
	s->fd = socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (s->fd < 0)
		return -errno;
	rc = only_own_adverts(s->fd);
	if (!rc && bind(s->fd, (const struct sockaddr *)&all, sizeof(all)) < 0)
		rc = -errno;
	return rc ? rc : loop_io(s->fd, on_readable, s, &s->io);
}

static int sock_open(struct mip_sock *s, int (*options)(int fd))
{
	static const int on[] = { IPV6_RECVPKTINFO, IPV6_RECVHOPLIMIT, IPV6_RECVDSTOPTS,
		IPV6_RECVRTHDR };
	int rc = 0;

	s->fd = socket(AF_INET6, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, s->proto);
	if (s->fd < 0)
		return -errno;
	for (size_t i = 0; !rc && i < sizeof(on) / sizeof(on[0]); i++)
		rc = sock_option(s->fd, IPPROTO_IPV6, on[i], 1);
	if (!rc)
		rc = sock_option(s->fd, IPPROTO_IPV6, IPV6_MULTICAST_LOOP, 0);
	if (!rc)
		rc = options(s->fd);
	return rc ? rc : loop_io(s->fd, on_readable, s, &s->io);
}

static struct mip_net *net_new(void)
{
	struct mip_net *net = calloc(1, sizeof(*net));

	if (!net)
		return NULL;
	rate_init(&net->strangers, LOG_G_MIP, "packets of strangers", TOLD_A_SECOND,
		ANSWERS_A_SECOND);
	net->mh =
		(struct mip_sock){ .net = net, .fd = -1, .proto = IPPROTO_MH, .receive = receive };
	net->icmp6 = (struct mip_sock){
		.net = net, .fd = -1, .proto = IPPROTO_ICMPV6, .receive = receive
	};
	net->own = (struct mip_sock){ .net = net, .fd = -1, .receive = receive_own };
	return net;
}

static void sock_close(struct mip_sock *s)
{
	io_free(s->io);
	own_fd_close(&s->fd);
}

void mip_net_free(struct mip_net *net)
{
	if (!net)
		return;
	sock_close(&net->mh);
	sock_close(&net->icmp6);
	sock_close(&net->own);
	rate_end(&net->strangers);
	free(net);
}

OWN(mip_net)

struct strangers *mip_net_strangers(struct mip_net *net)
{
	return &net->strangers;
}

int mip_net_open(mip_net_fn *on_mh, mip_net_fn *on_icmp6, void *arg, struct mip_net **out)
{
	own(mip_net) *net = net_new();
	int rc;

	if (!net)
		return -ENOMEM;
	net->arg = arg;
	net->mh.fn = on_mh;
	net->icmp6.fn = net->own.fn = on_icmp6;
	rc = sock_open(&net->mh, mh_options);
	if (!rc)
		rc = sock_open(&net->icmp6, icmp6_options);
	if (rc < 0)
		return rc;
	*out = take(net);
	return 0;
}

int mip_net_open_peer(mip_net_peer *peer, void *ctx, struct mip_net **out)
{
	struct mip_net *net = net_new();

	if (!net)
		return -ENOMEM;
	net->peer = peer;
	net->ctx = ctx;
	*out = net;
	return 0;
}

/* Sending. */

static void put_control(struct msghdr *msg, int type, const void *data, size_t n)
{
	struct cmsghdr *c = (void *)((uint8_t *)msg->msg_control + msg->msg_controllen);

	c->cmsg_level = IPPROTO_IPV6;
	c->cmsg_type = type;
	c->cmsg_len = CMSG_LEN(n);
	memcpy(CMSG_DATA(c), data, n);
	msg->msg_controllen += CMSG_SPACE(n);
}

/* RFC 6275 section 6.4.1. The packet travels to the CoA; policies and checksum see the HoA. */
static void put_rh2(struct msghdr *msg, const struct in6_addr *coa)
{
	uint8_t buf[24];
	struct wr w = WR_OF(buf);

	wr_u8(&w, 0);
	wr_u8(&w, 2);
	wr_u8(&w, TYPE_2);
	wr_u8(&w, 1);
	wr_u32(&w, 0);
	wr_in6(&w, *coa);
	put_control(msg, IPV6_RTHDR, buf, sizeof(buf));
}

static int send_on(struct mip_sock *s, const struct mip_packet *p)
{
	_Alignas(struct cmsghdr) uint8_t control[CONTROL_MAX] = { 0 };
	const struct in6_pktinfo info = { p->src, (unsigned)p->ifindex };
	struct sockaddr_in6 to = { .sin6_family = AF_INET6, .sin6_addr = p->dst };
	uint8_t data[PACKET_MAX];
	struct iovec iov = { data, p->data.n };
	struct msghdr msg = { .msg_name = &to,
		.msg_namelen = sizeof(to),
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control };

	if (p->data.n > sizeof(data))
		return -EMSGSIZE;
	memcpy(data, p->data.p, p->data.n); /* an iovec is not const */
	if (IN6_IS_ADDR_LINKLOCAL(&p->dst) || IN6_IS_ADDR_MC_LINKLOCAL(&p->dst))
		to.sin6_scope_id = (uint32_t)p->ifindex;
	put_control(&msg, IPV6_PKTINFO, &info, sizeof(info));
	if (p->hop_limit >= 0)
		put_control(&msg, IPV6_HOPLIMIT, &p->hop_limit, sizeof(p->hop_limit));
	if (p->has_rh2)
		put_rh2(&msg, &p->rh2);
	return sendmsg(s->fd, &msg, 0) < 0 ? -errno : 0;
}

static int send_packet(struct mip_net *net, struct mip_sock *s, const struct mip_packet *p)
{
	if (!p->own && !rate_answer())
		return -EBUSY;
	return net->peer ? net->peer(net->ctx, s->proto, p) : send_on(s, p);
}

int mip_net_send_mh(struct mip_net *net, const struct mip_packet *p)
{
	return send_packet(net, &net->mh, p);
}

int mip_net_send_icmp6(struct mip_net *net, const struct mip_packet *p)
{
	return send_packet(net, &net->icmp6, p);
}

int mip_net_send_rs(
	struct mip_net *net, int ifindex, const struct in6_addr *src, const uint8_t *lla)
{
	struct in6_addr all_routers = { .s6_addr = { 0xff, 0x02, [15] = 0x02 } };
	uint8_t buf[16];
	struct wr w = WR_OF(buf);

	icmp6_rs_write(&w, lla);
	return mip_net_send_icmp6(net,
		&(struct mip_packet){
			.src = *src,
			.dst = all_routers,
			.ifindex = ifindex,
			.hop_limit = ND_HOPS,
			.own = true,
			.data = wr_view(&w),
		});
}

int mip_net_anycast(struct mip_net *net, int ifindex, const struct in6_addr *a, bool join)
{
	const struct ipv6_mreq mr = { .ipv6mr_multiaddr = *a,
		.ipv6mr_interface = (unsigned)ifindex };
	int name = join ? IPV6_JOIN_ANYCAST : IPV6_LEAVE_ANYCAST;

	if (net->peer)
		return 0;
	return setsockopt(net->icmp6.fd, IPPROTO_IPV6, name, &mr, sizeof(mr)) < 0 ? -errno : 0;
}
