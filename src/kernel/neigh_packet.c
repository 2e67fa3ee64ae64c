/* Neighbour messages for an address that is not ours: as Ethernet frames, because the kernel sends
 * none. */
#include <arpa/inet.h>
#include <errno.h>
#include <ifaddrs.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/cksum.h"
#include "base/mem.h"
#include "base/rd.h"
#include "base/wr.h"
#include "kernel/neigh.h"

enum {
	ICMP6 = 58,
	TYPE_NS = 135,
	TYPE_NA = 136,
	HOP_LIMIT = 255,
	OPT_TARGET_MAC = 2,
	NA_ROUTER = 0x80,
	NA_OVERRIDE = 0x20,
	FRAME_MAX = 128, /* that we send */
	RECEIVE_MAX = 1514,
	ETHER_HEAD = 14,
	IP6_HEAD = 40,
};

static struct in6_addr all_nodes(void)
{
	return (struct in6_addr){ { { 0xff, 2, [15] = 1 } } };
}

static struct in6_addr solicited_node(const struct in6_addr *target)
{
	struct in6_addr a = { { { 0xff, 2, [11] = 1, [12] = 0xff } } };

	memcpy(&a.s6_addr[13], &target->s6_addr[13], 3);
	return a;
}

/* The Ethernet group of an IPv6 group: 33:33 and its last four octets (RFC 2464 section 7). */
static void group_mac(const struct in6_addr *group, uint8_t mac[6])
{
	mac[0] = mac[1] = 0x33;
	memcpy(mac + 2, &group->s6_addr[12], 4);
}

/* Ethernet, IPv6, then the ICMPv6 octets with their checksum put in. */
static size_t frame_of(uint8_t frame[FRAME_MAX], const uint8_t mac[6], const struct in6_addr *src,
	const struct in6_addr *dst, struct bytes icmp)
{
	struct wr w = wr_of(frame, FRAME_MAX);
	uint8_t to[6];
	size_t at;

	group_mac(dst, to);
	wr_bytes(&w, BYTES_OF(to));
	wr_bytes(&w, BYTES(mac, 6));
	wr_u16(&w, ETH_P_IPV6);
	wr_u32(&w, 0x60000000); /* version 6, no class, no flow */
	wr_u16(&w, (uint16_t)icmp.n);
	wr_u8(&w, ICMP6);
	wr_u8(&w, HOP_LIMIT);
	wr_in6(&w, *src);
	wr_in6(&w, *dst);
	at = w.n;
	wr_bytes(&w, icmp);
	wr_put_u16(&w, at + 2, cksum_ipv6(src, dst, ICMP6, icmp));
	return w.bad ? 0 : w.n;
}

static int frame_send(int fd, int ifindex, const uint8_t *frame, size_t n)
{
	struct sockaddr_ll to = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(ETH_P_IPV6),
		.sll_ifindex = ifindex,
		.sll_halen = 6,
	};

	memcpy(to.sll_addr, frame, 6);
	if (sendto(fd, frame, n, 0, (const struct sockaddr *)&to, sizeof(to)) < 0)
		return -errno;
	return 0;
}

/* RFC 6275 section 10.4.1: the source is our own address on that interface. */
static int own_address(int ifindex, struct in6_addr *out)
{
	struct ifaddrs *list, *i;
	bool found = false;

	if (getifaddrs(&list) < 0)
		return -errno;
	for (i = list; i; i = i->ifa_next) {
		struct sockaddr_in6 a;

		if (!i->ifa_addr || i->ifa_addr->sa_family != AF_INET6 ||
			(int)if_nametoindex(i->ifa_name) != ifindex)
			continue;
		memcpy(&a, i->ifa_addr, sizeof(a));
		if (!found || IN6_IS_ADDR_LINKLOCAL(&a.sin6_addr))
			*out = a.sin6_addr;
		found = true;
	}
	freeifaddrs(list);
	return found ? 0 : -EADDRNOTAVAIL;
}

int neigh_announce(int ifindex, const uint8_t mac[6], const struct in6_addr *target, bool override,
	bool router)
{
	own_fd fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	struct in6_addr src, dst = all_nodes();
	uint8_t frame[FRAME_MAX], icmp[32];
	struct wr w = WR_OF(icmp);
	int r;

	if (fd < 0)
		return -errno;
	r = own_address(ifindex, &src);
	if (r < 0)
		return r;
	wr_u8(&w, TYPE_NA);
	wr_zero(&w, 3);
	wr_u8(&w, (router ? NA_ROUTER : 0) | (override ? NA_OVERRIDE : 0));
	wr_zero(&w, 3);
	wr_in6(&w, *target);
	wr_u8(&w, OPT_TARGET_MAC);
	wr_u8(&w, 1);
	wr_bytes(&w, BYTES(mac, 6));
	return frame_send(fd, ifindex, frame, frame_of(frame, mac, &src, &dst, wr_view(&w)));
}

/* Only solicitations and advertisements wake the reader: next header at 20, ICMPv6 type at 54. */
static int only_neighbours(int fd)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS, ETHER_HEAD + 6),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ICMP6, 0, 4),
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS, ETHER_HEAD + IP6_HEAD),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, TYPE_NS, 1, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, TYPE_NA, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, RECEIVE_MAX),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};
	struct sock_fprog prog = { sizeof(code) / sizeof(code[0]), code };

	return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &prog, sizeof(prog)) < 0 ? -errno : 0;
}

/* Other nodes probe for the target on its solicited-node group. */
static int join(int fd, int ifindex, const struct in6_addr *target)
{
	struct packet_mreq group = {
		.mr_ifindex = ifindex,
		.mr_type = PACKET_MR_MULTICAST,
		.mr_alen = 6,
	};
	struct in6_addr node = solicited_node(target);

	group_mac(&node, group.mr_address);
	if (setsockopt(fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &group, sizeof(group)) < 0)
		return -errno;
	return 0;
}

int neigh_dad_open(int ifindex, const struct in6_addr *target, int *fd)
{
	struct sockaddr_ll here = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(ETH_P_IPV6),
		.sll_ifindex = ifindex,
	};
	own_fd s = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int r;

	if (s < 0)
		return -errno;
	r = only_neighbours(s);
	if (r == 0)
		r = join(s, ifindex, target);
	if (r < 0)
		return r;
	if (bind(s, (const struct sockaddr *)&here, sizeof(here)) < 0)
		return -errno;
	*fd = s;
	s = -1;
	return 0;
}

int neigh_dad_probe(int fd, int ifindex, const uint8_t mac[6], const struct in6_addr *target)
{
	struct in6_addr dst = solicited_node(target);
	uint8_t frame[FRAME_MAX], icmp[24];
	struct wr w = WR_OF(icmp);

	wr_u8(&w, TYPE_NS);
	wr_zero(&w, 7);
	wr_in6(&w, *target);
	return frame_send(fd, ifindex, frame, frame_of(frame, mac, &addr_any, &dst, wr_view(&w)));
}

struct neighbour {
	struct bytes mac;
	struct in6_addr src, target;
	uint8_t type;
};

/* RFC 4861 sections 7.1.1 and 7.1.2: hop limit 255, code 0, a good checksum. */
static int parse(struct rd r, struct neighbour *out)
{
	struct neighbour n;
	struct in6_addr dst;
	struct bytes icmp;
	uint8_t next, hops, code;
	struct rd body;
	size_t len;

	rd_skip(&r, 6);
	n.mac = rd_bytes(&r, 6);
	rd_skip(&r, 2 + 4); /* type; version, class and flow */
	len = rd_u16(&r);
	next = rd_u8(&r);
	hops = rd_u8(&r);
	n.src = rd_in6(&r);
	dst = rd_in6(&r);
	icmp = rd_bytes(&r, len);
	body = rd_of(icmp);
	n.type = rd_u8(&body);
	code = rd_u8(&body);
	rd_skip(&body, 2 + 4); /* checksum, flags */
	n.target = rd_in6(&body);
	if (rd_ok(&r) < 0 || rd_ok(&body) < 0 || next != ICMP6 || hops != HOP_LIMIT || code ||
		cksum_ipv6(&n.src, &dst, ICMP6, icmp))
		return -EBADMSG;
	*out = n;
	return 0;
}

/* RFC 4862 section 5.4.3 and 5.4.4: an advertisement for it, or another node's probe for it. */
static bool claims(
	const struct neighbour *n, const uint8_t own_mac[6], const struct in6_addr *target)
{
	if (!addr_eq(&n->target, target) || bytes_eq(n->mac, BYTES(own_mac, 6)))
		return false;
	return n->type == TYPE_NA || (n->type == TYPE_NS && addr_is_any(&n->src));
}

int neigh_dad_read(int fd, const uint8_t own_mac[6], const struct in6_addr *target)
{
	uint8_t frame[RECEIVE_MAX];
	struct neighbour n;
	ssize_t len = recv(fd, frame, sizeof(frame), 0);

	if (len < 0)
		return errno == EWOULDBLOCK ? -EAGAIN : -errno;
	return parse(rd_cut(frame, (size_t)len), &n) == 0 && claims(&n, own_mac, target);
}
