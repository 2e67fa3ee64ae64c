#include <errno.h>
#include <string.h>

#include "base/rd.h"
#include "mip/message/net_in.h"

/* RFC 6275 sections 6.3, 6.4 */
enum { OPT_PAD1 = 0, OPT_HAO = 0xc9, RH_TYPE2 = 2 };

/* RFC 8200 section 4.2: next(8) len(8), then options type(8) length(8) data(length) */
static void hao_read(struct bytes v, struct mip_packet *out)
{
	struct rd in = rd_of(v);

	rd_skip(&in, 2);
	while (rd_left(&in)) {
		uint8_t type = rd_u8(&in);
		struct rd data;
		struct in6_addr a;

		if (type == OPT_PAD1)
			continue;
		data = rd_sub(&in, rd_u8(&in));
		if (type != OPT_HAO)
			continue;
		a = rd_in6(&data);
		if (rd_done(&data) < 0)
			return;
		out->hao = a;
		out->has_hao = true;
	}
}

/* RFC 6275 section 6.4.1: next(8) len(8) type(8) segments_left(8) reserved(32) address(128) */
static void rh2_read(struct bytes v, struct mip_packet *out)
{
	struct rd in = rd_of(v);
	struct in6_addr a;
	uint8_t type;

	rd_skip(&in, 2);
	type = rd_u8(&in);
	rd_skip(&in, 1 + 4);
	a = rd_in6(&in);
	if (rd_done(&in) < 0 || type != RH_TYPE2)
		return;
	out->rh2 = a;
	out->has_rh2 = true;
}

static void pktinfo_read(struct bytes v, struct mip_packet *out)
{
	struct in6_pktinfo info;

	if (v.n < sizeof(info))
		return;
	memcpy(&info, v.p, sizeof(info));
	out->dst = info.ipi6_addr;
	out->ifindex = (int)info.ipi6_ifindex;
}

static void hops_read(struct bytes v, struct mip_packet *out)
{
	if (v.n >= sizeof(out->hop_limit))
		memcpy(&out->hop_limit, v.p, sizeof(out->hop_limit));
}

static const struct row {
	int type;
	void (*read)(struct bytes v, struct mip_packet *out);
} rows[] = {
	{ IPV6_PKTINFO, pktinfo_read },
	{ IPV6_HOPLIMIT, hops_read },
	{ IPV6_DSTOPTS, hao_read },
	{ IPV6_RTHDR, rh2_read },
};

void net_control_read(struct msghdr *msg, struct mip_packet *out)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(msg); c; c = CMSG_NXTHDR(msg, c))
		for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
			if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == rows[i].type)
				rows[i].read(BYTES(CMSG_DATA(c), c->cmsg_len - CMSG_LEN(0)), out);
}

int net_own_read(struct bytes ip, struct mip_packet *out)
{
	struct rd r = rd_of(ip);
	size_t n;
	uint8_t next;

	rd_skip(&r, 4); /* version, class and flow */
	n = rd_u16(&r);
	next = rd_u8(&r);
	out->hop_limit = rd_u8(&r);
	out->src = rd_in6(&r);
	out->dst = rd_in6(&r);
	out->data = rd_bytes(&r, n);
	return rd_ok(&r) < 0 || next != IPPROTO_ICMPV6 ? -EBADMSG : 0;
}
