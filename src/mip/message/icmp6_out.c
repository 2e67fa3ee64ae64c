#include <string.h>

#include "mip/message/icmp6.h"
#include "mip/message/icmp6_nd.h"

enum { LLA_UNITS = 1, PREFIX_UNITS = 4, HOP_LIMIT = 64, IPV6_HEAD = 40, IPV6_MIN_MTU = 1280 };

/* RFC 4443 section 2.1: type(8) code(8) checksum(16); the kernel fills in the checksum */
static void head_write(struct wr *w, enum icmp6_type type, uint8_t code)
{
	wr_u8(w, (uint8_t)type);
	wr_u8(w, code);
	wr_u16(w, 0);
}

/* RFC 4861 section 4.6.1 */
static void lla_write(struct wr *w, enum nd_opt type, const uint8_t *lla)
{
	if (!lla)
		return;
	wr_u8(w, (uint8_t)type);
	wr_u8(w, LLA_UNITS);
	wr_bytes(w, BYTES(lla, LLA_LEN));
}

/* RFC 4861 section 4.6.2, RFC 6275 section 7.2 */
static void prefix_write(struct wr *w, const struct icmp6_prefix *p)
{
	wr_u8(w, NDO_PREFIX);
	wr_u8(w, PREFIX_UNITS);
	wr_u8(w, p->prefix.len);
	wr_u8(w,
		(p->on_link ? PI_ON_LINK : 0) | (p->autonomous ? PI_AUTONOMOUS : 0) |
			(p->router_addr ? PI_ROUTER_ADDR : 0));
	wr_u32(w, p->valid);
	wr_u32(w, p->preferred);
	wr_u32(w, 0);
	wr_in6(w, p->prefix.addr);
}

void icmp6_rs_write(struct wr *w, const uint8_t *lla)
{
	head_write(w, ICMP6_ROUTER_SOLICIT, 0);
	wr_u32(w, 0);
	lla_write(w, NDO_SOURCE_LLA, lla);
}

void icmp6_ns_write(struct wr *w, const struct in6_addr *target, const uint8_t *lla)
{
	head_write(w, ICMP6_NEIGH_SOLICIT, 0);
	wr_u32(w, 0);
	wr_in6(w, *target);
	lla_write(w, NDO_SOURCE_LLA, lla);
}

void icmp6_mps_write(struct wr *w, uint16_t id)
{
	head_write(w, ICMP6_MOB_PREFIX_SOLICIT, 0);
	wr_u16(w, id);
	wr_u16(w, 0);
}

void icmp6_mpa_write(struct wr *w, const struct icmp6_mpa *mpa)
{
	head_write(w, ICMP6_MOB_PREFIX_ADVERT, 0);
	wr_u16(w, mpa->id);
	wr_u16(w, (mpa->managed ? MPA_MANAGED : 0) | (mpa->other ? MPA_OTHER : 0));
	for (size_t i = 0; i < mpa->n_prefixes; i++)
		prefix_write(w, &mpa->prefixes[i]);
}

void icmp6_dhaad_request_write(struct wr *w, uint16_t id)
{
	head_write(w, ICMP6_DHAAD_REQUEST, 0);
	wr_u16(w, id);
	wr_u16(w, 0);
}

void icmp6_dhaad_reply_write(struct wr *w, const struct icmp6_agents *reply)
{
	head_write(w, ICMP6_DHAAD_REPLY, 0);
	wr_u16(w, reply->id);
	wr_u16(w, reply->router ? DHAAD_ROUTER : 0);
	for (size_t i = 0; i < reply->n_agents; i++)
		wr_in6(w, reply->agents[i]);
}

/* RFC 4443 section 3.4; the whole answer stays below the least MTU (2.4 c). */
void icmp6_problem_write(
	struct wr *w, uint8_t code, uint32_t at, const struct icmp6_invoking *packet)
{
	size_t room = IPV6_MIN_MTU - 2 * IPV6_HEAD - 8;

	head_write(w, ICMP6_PARAM_PROBLEM, code);
	wr_u32(w, IPV6_HEAD + at);
	wr_u32(w, 6u << 28);
	wr_u16(w, (uint16_t)packet->upper.n);
	wr_u8(w, packet->next_header);
	wr_u8(w, HOP_LIMIT);
	wr_in6(w, packet->src);
	wr_in6(w, packet->dst);
	wr_bytes(w, BYTES(packet->upper.p, packet->upper.n < room ? packet->upper.n : room));
}

/* RFC 4291 section 2.7.1 */
struct in6_addr icmp6_solicited_node(const struct in6_addr *a)
{
	struct in6_addr g = { .s6_addr = { 0xff, 0x02, [11] = 0x01, [12] = 0xff } };

	memcpy(&g.s6_addr[13], &a->s6_addr[13], 3);
	return g;
}

/*
 * RFC 2526 section 2: 126 is the home agents' number. Prefixes of 64 have interface identifiers in
 * EUI-64 format, whose universal/local bit is then 0.
 */
struct in6_addr icmp6_agents_anycast(const struct prefix *home)
{
	struct in6_addr a = prefix_last(home);

	if (home->len == 64)
		a.s6_addr[8] = 0xfd;
	a.s6_addr[15] = 0xfe;
	return a;
}
