#include "kernel/xfrm_types.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "base/names.h"
#include "kernel/wire.h"

enum { PROTO_ICMP6 = 58, PROTO_MH = 135, MASK_ALL = 0xffff };

static const struct name dirs[] = { { XD_IN, "in" }, { XD_OUT, "out" }, { XD_FWD, "fwd" } };

const char *xdir_str(enum xdir d)
{
	return names_str(NAMES(dirs), (int)d);
}

static bool has_type(uint8_t proto)
{
	return proto == PROTO_MH || proto == PROTO_ICMP6;
}

bool sel_eq(const struct sel *a, const struct sel *b)
{
	return prefix_eq(&a->src, &b->src) && prefix_eq(&a->dst, &b->dst) && a->proto == b->proto &&
		a->type == b->type && a->code == b->code && a->sport == b->sport &&
		a->dport == b->dport && a->type_mask == b->type_mask && a->ifindex == b->ifindex;
}

/* "2001:1::10/128[135/5]": the log's words are numbers but for these. */
static const char *half_str(const struct prefix *p, uint8_t proto, int value)
{
	static const struct name protos[] = { { 6, "tcp" }, { 17, "udp" },
		{ PROTO_ICMP6, "ipv6-icmp" } };
	static char ring[8][96];
	static unsigned at;
	char *s = ring[at++ % 8], number[8], port[16] = "";
	const char *word = number;

	snprintf(number, sizeof(number), "%u", proto);
	for (size_t i = 0; i < sizeof(protos) / sizeof(protos[0]); i++)
		if (protos[i].value == proto)
			word = protos[i].name;
	if (value != SEL_ANY)
		snprintf(port, sizeof(port), "/%d", value);
	if (proto)
		snprintf(s, sizeof(ring[0]), "%s[%s%s]", prefix_str(p), word, port);
	else
		snprintf(s, sizeof(ring[0]), "%s", prefix_str(p));
	return s;
}

const char *sel_src_str(const struct sel *s)
{
	return half_str(&s->src, s->proto, has_type(s->proto) ? s->type : s->sport);
}

/* A code of 0 is not printed: the page writes "[ipv6-icmp/146] === …[ipv6-icmp]". */
const char *sel_dst_str(const struct sel *s)
{
	int value = !has_type(s->proto) ? s->dport : s->code > 0 ? s->code : SEL_ANY;

	return half_str(&s->dst, s->proto, value);
}

static void word_to_kernel(int value, int mask, __be16 *word, __be16 *word_mask)
{
	if (value == SEL_ANY)
		return;
	*word = htons((uint16_t)value);
	*word_mask = htons(mask ? (uint16_t)mask : MASK_ALL);
}

void sel_to_kernel(const struct sel *s, struct xfrm_selector *out)
{
	bool type = has_type(s->proto);

	/* The octets between its members go to the kernel too: not every compiler clears them. */
	memset(out, 0, sizeof(*out));
	out->daddr.in6 = s->dst.addr;
	out->saddr.in6 = s->src.addr;
	out->family = AF_INET6;
	out->prefixlen_d = s->dst.len;
	out->prefixlen_s = s->src.len;
	out->proto = s->proto;
	out->ifindex = s->ifindex;
	word_to_kernel(
		type ? s->type : s->sport, type ? s->type_mask : 0, &out->sport, &out->sport_mask);
	if (s->proto != PROTO_MH)
		word_to_kernel(type ? s->code : s->dport, 0, &out->dport, &out->dport_mask);
}

static struct prefix half_from_kernel(const xfrm_address_t *a, uint8_t len, uint16_t family)
{
	unsigned bits = family == AF_INET ? len + 96u : len;

	return (struct prefix){ wire_addr(a, family), bits > 128 ? 128 : (uint8_t)bits };
}

void sel_from_kernel(const struct xfrm_selector *k, struct sel *out)
{
	int first = k->sport_mask ? ntohs(k->sport) : SEL_ANY;
	int second = k->dport_mask ? ntohs(k->dport) : SEL_ANY;
	uint16_t mask = ntohs(k->sport_mask);

	*out = SEL(half_from_kernel(&k->saddr, k->prefixlen_s, k->family),
		half_from_kernel(&k->daddr, k->prefixlen_d, k->family), k->proto);
	out->ifindex = k->ifindex;
	if (!has_type(k->proto)) {
		out->sport = first;
		out->dport = second;
		return;
	}
	out->type = first;
	if (mask && mask != MASK_ALL)
		out->type_mask = mask;
	if (k->proto != PROTO_MH)
		out->code = second;
}

struct xfrm_lifetime_cfg xfrm_unlimited(void)
{
	return (struct xfrm_lifetime_cfg){
		.soft_byte_limit = XFRM_INF,
		.hard_byte_limit = XFRM_INF,
		.soft_packet_limit = XFRM_INF,
		.hard_packet_limit = XFRM_INF,
	};
}
