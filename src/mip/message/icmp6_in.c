#include <errno.h>
#include <string.h>

#include "base/names.h"
#include "mip/message/icmp6.h"
#include "mip/message/icmp6_nd.h"
#include "mip/message/mh.h"

enum { PROTO_ROUTING = 43, PROTO_ESP = 50, PROTO_OPTIONS = 60, PROTO_MH = 135 };

static const struct name types[] = {
	{ ICMP6_PARAM_PROBLEM, "parameter problem" },
	{ ICMP6_ROUTER_SOLICIT, "router solicitation" },
	{ ICMP6_ROUTER_ADVERT, "router advertisement" },
	{ ICMP6_NEIGH_SOLICIT, "neighbour solicitation" },
	{ ICMP6_NEIGH_ADVERT, "neighbour advertisement" },
	{ ICMP6_DHAAD_REQUEST, "home agent discovery request" },
	{ ICMP6_DHAAD_REPLY, "home agent discovery reply" },
	{ ICMP6_MOB_PREFIX_SOLICIT, "mobile prefix solicitation" },
	{ ICMP6_MOB_PREFIX_ADVERT, "mobile prefix advertisement" },
};

const char *icmp6_type_str(unsigned type)
{
	return names_str(NAMES(types), (int)type);
}

/* What the options of one message say; of each kind the first counts, of prefixes all. */
struct nd_opts {
	bool has_lla, has_agent_info;
	uint8_t lla[LLA_LEN];
	int16_t agent_preference;
	uint16_t agent_lifetime;
	struct icmp6_prefix prefixes[ICMP6_PREFIXES_MAX];
	size_t n_prefixes;
};

/* RFC 4861 section 4.6.1: address(48), of Ethernet */
static void lla_read(struct rd *in, struct nd_opts *out)
{
	struct bytes v = rd_bytes(in, LLA_LEN);

	if (rd_done(in) < 0 || out->has_lla)
		return;
	memcpy(out->lla, v.p, LLA_LEN);
	out->has_lla = true;
}

/*
 * RFC 4861 section 4.6.2: len(8) flags(8) valid(32) preferred(32) reserved(32) prefix(128).
 * RFC 4862 section 5.5.3 c): an option whose preferred exceeds its valid lifetime is ignored.
 */
static void prefix_read(struct rd *in, struct nd_opts *out)
{
	struct icmp6_prefix p = { 0 };
	uint8_t flags;

	p.prefix.len = rd_u8(in);
	flags = rd_u8(in);
	p.valid = rd_u32(in);
	p.preferred = rd_u32(in);
	rd_skip(in, 4);
	p.prefix.addr = rd_in6(in);
	p.on_link = flags & PI_ON_LINK;
	p.autonomous = flags & PI_AUTONOMOUS;
	p.router_addr = flags & PI_ROUTER_ADDR;
	if (rd_done(in) < 0 || p.prefix.len > 128 || p.preferred > p.valid)
		return;
	if (out->n_prefixes < ICMP6_PREFIXES_MAX)
		out->prefixes[out->n_prefixes++] = p;
}

/* RFC 6275 section 7.4: reserved(16) preference(16) lifetime(16) */
static void agent_info_read(struct rd *in, struct nd_opts *out)
{
	int16_t preference;
	uint16_t lifetime;

	rd_skip(in, 2);
	preference = (int16_t)rd_u16(in);
	lifetime = rd_u16(in);
	if (rd_done(in) < 0 || out->has_agent_info || !lifetime)
		return; /* 7.4: a lifetime of 0 must not be used */
	out->has_agent_info = true;
	out->agent_preference = preference;
	out->agent_lifetime = lifetime;
}

static const struct opt_row {
	uint8_t type;
	void (*read)(struct rd *in, struct nd_opts *out);
} opt_rows[] = {
	{ NDO_SOURCE_LLA, lla_read },
	{ NDO_PREFIX, prefix_read },
	{ NDO_AGENT_INFO, agent_info_read },
};

static void opt_store(uint8_t type, struct rd *data, struct nd_opts *out)
{
	for (size_t i = 0; i < sizeof(opt_rows) / sizeof(opt_rows[0]); i++)
		if (opt_rows[i].type == type)
			opt_rows[i].read(data, out);
}

/* RFC 4861 section 4.6: type(8) len(8) data(...); a length of 0 spoils the message. */
static int opts_read(struct rd *in, struct nd_opts *out)
{
	while (rd_left(in)) {
		uint8_t type = rd_u8(in);
		size_t n = rd_u8(in) * (size_t)NDO_UNIT;
		struct rd data;

		if (!n)
			return -EBADMSG;
		data = rd_sub(in, n - 2);
		if (rd_ok(in) < 0)
			return -EBADMSG;
		opt_store(type, &data, out);
	}
	return rd_done(in);
}

/* RFC 4443 section 2.1: type(8) code(8) checksum(16) */
static struct rd body_of(struct bytes in, enum icmp6_type type)
{
	struct rd r = rd_of(in);

	if (rd_u8(&r) != type || rd_u8(&r))
		rd_fail(&r);
	rd_skip(&r, 2);
	return r;
}

/*
 * RFC 4861 section 4.2, RFC 6275 section 7.1:
 * hop_limit(8) flags(8) router_lifetime(16) reachable_time(32) retrans_timer(32) options
 */
int icmp6_ra_parse(struct bytes in, struct icmp6_ra *out)
{
	struct rd r = body_of(in, ICMP6_ROUTER_ADVERT);
	struct nd_opts opts = { 0 };
	struct icmp6_ra ra = { 0 };
	uint8_t flags;

	ra.hop_limit = rd_u8(&r);
	flags = rd_u8(&r);
	ra.router_lifetime = rd_u16(&r);
	rd_skip(&r, 4 + 4);
	if (rd_ok(&r) < 0 || opts_read(&r, &opts) < 0)
		return -EBADMSG;
	ra.managed = flags & RA_MANAGED;
	ra.other = flags & RA_OTHER;
	ra.home_agent = flags & RA_HOME_AGENT;
	ra.has_lla = opts.has_lla;
	memcpy(ra.lla, opts.lla, LLA_LEN);
	ra.has_agent_info = opts.has_agent_info;
	ra.agent_preference = opts.agent_preference;
	ra.agent_lifetime = opts.has_agent_info ? opts.agent_lifetime : ra.router_lifetime;
	memcpy(ra.prefixes, opts.prefixes, sizeof(ra.prefixes));
	ra.n_prefixes = opts.n_prefixes;
	*out = ra;
	return 0;
}

/* RFC 6275 section 6.7: id(16) reserved(16) options */
int icmp6_mps_parse(struct bytes in, uint16_t *id)
{
	struct rd r = body_of(in, ICMP6_MOB_PREFIX_SOLICIT);
	struct nd_opts opts = { 0 };
	uint16_t got;

	got = rd_u16(&r);
	rd_skip(&r, 2);
	if (rd_ok(&r) < 0 || opts_read(&r, &opts) < 0)
		return -EBADMSG;
	*id = got;
	return 0;
}

/* RFC 6275 section 6.8: id(16) flags(16) options */
int icmp6_mpa_parse(struct bytes in, struct icmp6_mpa *out)
{
	struct rd r = body_of(in, ICMP6_MOB_PREFIX_ADVERT);
	struct nd_opts opts = { 0 };
	struct icmp6_mpa mpa = { 0 };
	uint16_t flags;

	mpa.id = rd_u16(&r);
	flags = rd_u16(&r);
	if (rd_ok(&r) < 0 || opts_read(&r, &opts) < 0)
		return -EBADMSG;
	mpa.managed = flags & MPA_MANAGED;
	mpa.other = flags & MPA_OTHER;
	memcpy(mpa.prefixes, opts.prefixes, sizeof(mpa.prefixes));
	mpa.n_prefixes = opts.n_prefixes;
	*out = mpa;
	return 0;
}

/* RFC 6275 section 6.5, RFC 3963 section 4.4: id(16) R(1) reserved(15) */
int icmp6_dhaad_request_parse(struct bytes in, uint16_t *id, bool *router)
{
	struct rd r = body_of(in, ICMP6_DHAAD_REQUEST);
	uint16_t got, flags;

	got = rd_u16(&r);
	flags = rd_u16(&r);
	if (rd_done(&r) < 0)
		return -EBADMSG;
	*id = got;
	*router = flags & DHAAD_ROUTER;
	return 0;
}

/* RFC 6275 section 6.6, RFC 3963 section 4.5: id(16) R(1) reserved(15) address(128)... */
int icmp6_dhaad_reply_parse(struct bytes in, struct icmp6_agents *out)
{
	struct rd r = body_of(in, ICMP6_DHAAD_REPLY);
	struct icmp6_agents reply = { 0 };

	reply.id = rd_u16(&r);
	reply.router = rd_u16(&r) & DHAAD_ROUTER;
	while (rd_left(&r)) {
		struct in6_addr a = rd_in6(&r);

		if (reply.n_agents < ICMP6_AGENTS_MAX)
			reply.agents[reply.n_agents++] = a;
	}
	if (rd_done(&r) < 0)
		return -EBADMSG;
	*out = reply;
	return 0;
}

/* RFC 8200 sections 4.4, 4.6: next(8) len(8) data(...), len in units of 8 octets without the first
 */
static uint8_t extension_skip(struct rd *in)
{
	uint8_t next = rd_u8(in);

	rd_skip(in, 6 + rd_u8(in) * (size_t)8);
	return next;
}

/* RFC 4303 section 2: spi(32) */
static void esp_read(struct rd *in, struct icmp6_problem *out)
{
	out->spi = rd_u32(in);
}

/* RFC 6275 sections 6.1.1, 6.1.7: payload(8) len(8) type(8) reserved(8) checksum(16) seq(16) */
static void bu_read(struct rd *in, struct icmp6_problem *out)
{
	rd_skip(in, 2);
	out->is_bu = rd_u8(in) == MH_BU;
	rd_skip(in, 1 + 2);
	out->seq = rd_u16(in);
}

static const struct {
	uint8_t proto;
	void (*read)(struct rd *in, struct icmp6_problem *out);
} upper_rows[] = {
	{ PROTO_ESP, esp_read },
	{ PROTO_MH, bu_read },
};

/* RFC 8200 section 3: version(4) class(8) flow(20) length(16) next(8) hops(8) src(128) dst(128) */
static void invoking_read(struct rd *in, struct icmp6_problem *out)
{
	rd_skip(in, 4 + 2);
	out->proto = rd_u8(in);
	rd_skip(in, 1);
	out->src = rd_in6(in);
	out->dst = rd_in6(in);
	while (rd_left(in) && (out->proto == PROTO_OPTIONS || out->proto == PROTO_ROUTING))
		out->proto = extension_skip(in);
	for (size_t i = 0; i < sizeof(upper_rows) / sizeof(upper_rows[0]); i++) {
		if (upper_rows[i].proto == out->proto)
			upper_rows[i].read(in, out);
	}
}

/* RFC 4443 section 3.4: type(8) code(8) checksum(16) pointer(32) packet(...) */
int icmp6_problem_parse(struct bytes in, struct icmp6_problem *out)
{
	struct rd r = rd_of(in);
	struct icmp6_problem p = { 0 };

	if (rd_u8(&r) != ICMP6_PARAM_PROBLEM)
		return -EBADMSG;
	p.code = rd_u8(&r);
	rd_skip(&r, 2);
	p.at = rd_u32(&r);
	invoking_read(&r, &p);
	if (rd_ok(&r) < 0)
		return -EBADMSG;
	*out = p;
	return 0;
}
