/*
 * Neighbour discovery for an address that is not ours goes out as Ethernet frames: the kernel
 * would
 * refuse such a source, and no policy may hold these packets back.
 */
#include <errno.h>
#include <ifaddrs.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/types.h>

#include "base/cksum.h"
#include "base/mem.h"
#include "base/rd.h"
#include "base/wr.h"
#include "kernel/neigh.h"

enum { NS = 135, NA = 136, TARGET_LLA = 2, ND_HOPS = 255, MAC_LEN = 6 };
enum { NA_ROUTER = 1u << 31, NA_OVERRIDE = 1u << 29 };
enum { ETH_HEAD = 14, IP6_HEAD = 40, AT_CHECKSUM = 2, FRAME_MAX = 1514 };

struct frame {
	uint8_t buf[128];
	size_t n;
};

struct nd {
	struct in6_addr src, dst;
	struct bytes icmp;
};

static struct in6_addr solicited_node(const struct in6_addr *a)
{
	struct in6_addr g = { .s6_addr = { 0xff, 0x02, [11] = 0x01, [12] = 0xff } };

	memcpy(&g.s6_addr[13], &a->s6_addr[13], 3);
	return g;
}

/* RFC 2464 section 7: 33:33 and the last four octets of the group. */
static void group_mac(const struct in6_addr *group, uint8_t mac[MAC_LEN])
{
	mac[0] = mac[1] = 0x33;
	memcpy(mac + 2, &group->s6_addr[12], 4);
}

/* RFC 2464 section 3, RFC 8200 section 3: dst(48) src(48) type(16), then the IPv6 header */
static int frame_make(const struct nd *nd, const uint8_t mac[MAC_LEN], struct frame *out)
{
	struct frame f = { 0 };
	struct wr w = WR_OF(f.buf);
	uint8_t to[MAC_LEN];
	size_t icmp;

	group_mac(&nd->dst, to);
	wr_bytes(&w, BYTES_OF(to));
	wr_bytes(&w, BYTES(mac, MAC_LEN));
	wr_u16(&w, ETH_P_IPV6);
	wr_u32(&w, 6u << 28);
	wr_u16(&w, (uint16_t)nd->icmp.n);
	wr_u8(&w, IPPROTO_ICMPV6);
	wr_u8(&w, ND_HOPS);
	wr_in6(&w, nd->src);
	wr_in6(&w, nd->dst);
	icmp = w.n;
	wr_bytes(&w, nd->icmp);
	wr_put_u16(
		&w, icmp + AT_CHECKSUM, cksum_ipv6(&nd->src, &nd->dst, IPPROTO_ICMPV6, nd->icmp));
	if (wr_done(&w) < 0)
		return -EMSGSIZE;
	f.n = w.n;
	*out = f;
	return 0;
}

static int frame_send(int fd, int ifindex, const struct frame *f)
{
	const struct sockaddr_ll to = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(ETH_P_IPV6),
		.sll_ifindex = ifindex,
		.sll_halen = MAC_LEN,
	};
	ssize_t n = sendto(fd, f->buf, f->n, 0, (const struct sockaddr *)&to, sizeof(to));

	return n < 0 ? -errno : 0;
}

/* RFC 6275 section 10.4.1: the source is our own address on that link. */
static struct in6_addr link_local_of(int ifindex)
{
	struct in6_addr found = { 0 };
	struct ifaddrs *list = NULL;

	if (getifaddrs(&list) < 0)
		return found;
	for (struct ifaddrs *i = list; i; i = i->ifa_next) {
		struct sockaddr_in6 a;

		if (!i->ifa_addr || i->ifa_addr->sa_family != AF_INET6)
			continue;
		memcpy(&a, i->ifa_addr, sizeof(a));
		if (IN6_IS_ADDR_LINKLOCAL(&a.sin6_addr) && (int)a.sin6_scope_id == ifindex)
			found = a.sin6_addr;
	}
	freeifaddrs(list);
	return found;
}

/* RFC 4861 section 4.4: type(8) code(8) checksum(16) flags(32) target(128) option(64) */
int neigh_announce(int ifindex, const uint8_t mac[6], const struct in6_addr *target, bool override,
	bool router)
{
	const struct in6_addr all_nodes = { .s6_addr = { 0xff, 0x02, [15] = 0x01 } };
	own_fd fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	struct frame f;
	uint8_t buf[64];
	struct wr w = WR_OF(buf);
	int rc;

	if (fd < 0)
		return -errno;
	wr_u8(&w, NA);
	wr_zero(&w, 3);
	wr_u32(&w, (override ? NA_OVERRIDE : 0) | (router ? NA_ROUTER : 0));
	wr_in6(&w, *target);
	wr_u8(&w, TARGET_LLA);
	wr_u8(&w, 1);
	wr_bytes(&w, BYTES(mac, MAC_LEN));
	rc = frame_make(&(struct nd){ link_local_of(ifindex), all_nodes, wr_view(&w) }, mac, &f);
	return rc < 0 ? rc : frame_send(fd, ifindex, &f);
}

/* Of all frames of the link only NS and NA wake us up. */
static int only_neighbours(int fd)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 12),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ETH_P_IPV6, 0, 6),
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS, ETH_HEAD + 6),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, IPPROTO_ICMPV6, 0, 4),
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS, ETH_HEAD + IP6_HEAD),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, NS, 1, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, NA, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, FRAME_MAX),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};
	const struct sock_fprog prog = { sizeof(code) / sizeof(code[0]), code };

	return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &prog, sizeof(prog)) < 0 ? -errno : 0;
}

/* Others that test or ask for the target send to its solicited-node group. */
static int join_target(int fd, int ifindex, const struct in6_addr *target)
{
	struct packet_mreq mr = { .mr_ifindex = ifindex, .mr_type = PACKET_MR_MULTICAST };
	struct in6_addr group = solicited_node(target);

	mr.mr_alen = MAC_LEN;
	group_mac(&group, mr.mr_address);
	return setsockopt(fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &mr, sizeof(mr)) < 0 ? -errno : 0;
}

int neigh_dad_open(int ifindex, const struct in6_addr *target, int *fd)
{
	const struct sockaddr_ll at = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(ETH_P_IPV6),
		.sll_ifindex = ifindex,
	};
	own_fd s = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int rc;

	if (s < 0)
		return -errno;
	if ((rc = only_neighbours(s)) < 0 || (rc = join_target(s, ifindex, target)) < 0)
		return rc;
	if (bind(s, (const struct sockaddr *)&at, sizeof(at)) < 0)
		return -errno;
	*fd = s;
	s = -1;
	return 0;
}

/* RFC 4862 section 5.4.2: from the unspecified address, without link-layer address option */
int neigh_dad_probe(int fd, int ifindex, const uint8_t mac[6], const struct in6_addr *target)
{
	struct frame f;
	uint8_t buf[32];
	struct wr w = WR_OF(buf);
	int rc;

	wr_u8(&w, NS);
	wr_zero(&w, 7);
	wr_in6(&w, *target);
	rc = frame_make(&(struct nd){ addr_any, solicited_node(target), wr_view(&w) }, mac, &f);
	return rc < 0 ? rc : frame_send(fd, ifindex, &f);
}

/*
 * RFC 4861 section 7.1: what a valid NS or NA looks like; target and type are all we want of it.
 */
static int frame_parse(struct rd in, const uint8_t own_mac[MAC_LEN], uint8_t *type,
	struct in6_addr *src, struct in6_addr *target)
{
	struct bytes from, icmp;
	struct in6_addr dst;
	uint8_t hops, code;
	size_t len;
	struct rd body;

	rd_skip(&in, MAC_LEN);
	from = rd_bytes(&in, MAC_LEN);
	rd_skip(&in, 2 + 4);
	len = rd_u16(&in);
	rd_skip(&in, 1);
	hops = rd_u8(&in);
	*src = rd_in6(&in);
	dst = rd_in6(&in);
	icmp = rd_bytes(&in, len);
	body = rd_of(icmp);
	*type = rd_u8(&body);
	code = rd_u8(&body);
	rd_skip(&body, 2 + 4);
	*target = rd_in6(&body);
	if (rd_ok(&in) < 0 || rd_ok(&body) < 0 || hops != ND_HOPS || code)
		return -EBADMSG;
	if (cksum_ipv6(src, &dst, IPPROTO_ICMPV6, icmp))
		return -EBADMSG;
	return bytes_eq(from, BYTES(own_mac, MAC_LEN)) ? -EBADMSG : 0;
}

/* RFC 4862 sections 5.4.3, 5.4.4: an NA for the target, or the probe of another node. */
int neigh_dad_read(int fd, const uint8_t own_mac[6], const struct in6_addr *target)
{
	uint8_t buf[FRAME_MAX], type;
	struct in6_addr src, asked;
	ssize_t n = recv(fd, buf, sizeof(buf), 0);

	if (n < 0)
		return -errno;
	if (frame_parse(rd_cut(buf, (size_t)n), own_mac, &type, &src, &asked) < 0)
		return 0;
	if (!addr_eq(&asked, target))
		return 0;
	return type == NA || addr_is_any(&src);
}
