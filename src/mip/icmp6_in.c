#include <errno.h>
#include <string.h>

#include "mip/icmp6.h"
#include "mip/icmp6_nd.h"

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
