#include "kernel/wire.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

int wire_body(const struct nlmsghdr *msg, void *out, size_t n)
{
	if (msg->nlmsg_len < NLMSG_HDRLEN + n)
		return -EBADMSG;
	memcpy(out, nl_data(msg), n);
	return 0;
}

int wire_attr(const void *data, size_t have, void *out, size_t n)
{
	if (have < n)
		return -EBADMSG;
	memcpy(out, data, n);
	return 0;
}

int wire_nested(
	const void *data, size_t n, int (*fn)(uint16_t, const void *, size_t, void *), void *arg)
{
	const uint8_t *p = data;
	int r = 0;

	while (r == 0 && n) {
		struct nlattr a;
		size_t step;

		if (wire_attr(p, n, &a, sizeof(a)) < 0 || a.nla_len < sizeof(a) || a.nla_len > n)
			return -EBADMSG;
		r = fn(a.nla_type & NLA_TYPE_MASK, p + NLA_HDRLEN, a.nla_len - NLA_HDRLEN, arg);
		step = NLA_ALIGN((size_t)a.nla_len);
		step = step < n ? step : n;
		p += step;
		n -= step;
	}
	return r;
}

struct in6_addr wire_addr(const xfrm_address_t *a, uint16_t family)
{
	struct in6_addr out = { 0 };

	if (family != AF_INET)
		return a->in6;
	out.s6_addr[10] = out.s6_addr[11] = 0xff;
	memcpy(&out.s6_addr[12], &a->a4, sizeof(a->a4));
	return out;
}

struct xfrm_tmpl_ wire_tmpl(const struct xfrm_user_tmpl *t)
{
	return (struct xfrm_tmpl_){
		.src = wire_addr(&t->saddr, t->family),
		.dst = wire_addr(&t->id.daddr, t->family),
		.proto = t->id.proto,
		.mode = t->mode,
		.reqid = t->reqid,
		.spi = ntohl(t->id.spi),
		.optional = t->optional,
	};
}

/* The kernel's "never" is ours. */
static uint64_t limit_of(uint64_t packets)
{
	return packets == XFRM_INF ? 0 : packets;
}

void wire_sa(const struct xfrm_usersa_info *info, struct xfrm_sa *out)
{
	out->src = wire_addr(&info->saddr, info->family);
	out->dst = wire_addr(&info->id.daddr, info->family);
	out->proto = info->id.proto;
	out->spi = ntohl(info->id.spi);
	out->reqid = info->reqid;
	out->seq = info->seq;
	out->mode = info->mode;
	out->replay_window = info->replay_window;
	out->af_unspec = info->flags & XFRM_STATE_AF_UNSPEC;
	out->wildrecv = info->flags & XFRM_STATE_WILDRECV;
	sel_from_kernel(&info->sel, &out->sel);
	out->soft_add_s = info->lft.soft_add_expires_seconds;
	out->hard_add_s = info->lft.hard_add_expires_seconds;
	out->soft_packets = limit_of(info->lft.soft_packet_limit);
	out->hard_packets = limit_of(info->lft.hard_packet_limit);
	out->bytes = info->curlft.bytes;
	out->packets = info->curlft.packets;
	out->add_time = info->curlft.add_time;
	out->use_time = info->curlft.use_time;
}

void wire_policy(const struct xfrm_userpolicy_info *info, struct xfrm_policy *out)
{
	sel_from_kernel(&info->sel, &out->sel);
	out->dir = info->dir;
	out->block = info->action == XFRM_POLICY_BLOCK;
	out->priority = info->priority;
	out->index = info->index;
	out->use_time = info->curlft.use_time;
}

struct xfrm_lifetime_cfg wire_unlimited(void)
{
	return (struct xfrm_lifetime_cfg){
		.soft_byte_limit = XFRM_INF,
		.hard_byte_limit = XFRM_INF,
		.soft_packet_limit = XFRM_INF,
		.hard_packet_limit = XFRM_INF,
	};
}
