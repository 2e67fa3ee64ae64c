#include <errno.h>
#include <string.h>

#include "base/cksum.h"
#include "mip/message/mh.h"

enum { AT_PAYLOAD_PROTO = 0, AT_HEADER_LEN = 1 };

struct head {
	uint8_t payload_proto, len, type;
};

/* RFC 6275 section 6.1.1: payload_proto(8) len(8) type(8) reserved(8) checksum(16) data(...) */
static struct head head_read(struct rd *in)
{
	struct head h = { 0 };

	h.payload_proto = rd_u8(in);
	h.len = rd_u8(in);
	h.type = rd_u8(in);
	rd_skip(in, 1);
	rd_skip(in, 2);
	return h;
}

/* Section 6.2.4: refresh_interval(16), in units of four seconds */
static int refresh_read(struct rd *in, struct mh_opts *out)
{
	out->refresh = rd_u16(in) * MH_LIFETIME_UNIT;
	return rd_done(in);
}

/* Section 6.2.5: address(128) */
static int alt_coa_read(struct rd *in, struct mh_opts *out)
{
	out->alt_coa = rd_in6(in);
	return rd_done(in);
}

/* Section 6.2.6: home_nonce_index(16) care_of_nonce_index(16) */
static int nonces_read(struct rd *in, struct mh_opts *out)
{
	out->home_nonce = rd_u16(in);
	out->coa_nonce = rd_u16(in);
	return rd_done(in);
}

/* Section 6.2.7: authenticator(96) */
static int auth_read(struct rd *in, struct mh_opts *out)
{
	out->auth = rd_bytes(in, MH_AUTH_LEN);
	return rd_done(in);
}

/* RFC 3963 section 4.3: reserved(8) prefix_length(8) prefix(128) */
static int prefix_read(struct rd *in, struct mh_opts *out)
{
	struct prefix p = { 0 };

	rd_skip(in, 1);
	p.len = rd_u8(in);
	p.addr = rd_in6(in);
	if (p.len > 128)
		rd_fail(in);
	if (rd_done(in) < 0)
		return -EBADMSG;
	if (out->n_prefixes < MH_PREFIXES_MAX)
		out->prefixes[out->n_prefixes++] = p;
	return 0;
}

struct opt_row {
	uint8_t type;
	bool repeats;
	int (*read)(struct rd *in, struct mh_opts *out);
};

static const struct opt_row opt_rows[] = {
	{ MHO_REFRESH, false, refresh_read },
	{ MHO_ALT_COA, false, alt_coa_read },
	{ MHO_NONCES, false, nonces_read },
	{ MHO_AUTH, false, auth_read },
	{ MHO_PREFIX, true, prefix_read },
};

static const struct opt_row *opt_row(uint8_t type)
{
	for (size_t i = 0; i < sizeof(opt_rows) / sizeof(opt_rows[0]); i++)
		if (opt_rows[i].type == type)
			return &opt_rows[i];
	return NULL;
}

/*
 * Options that we do not know, that this message may not carry (6.2.1) or that come again are
 * skipped.
 */
static int opt_store(uint8_t type, struct rd *data, uint32_t allowed, struct mh_opts *out)
{
	const struct opt_row *row = opt_row(type);

	if (!row || !(allowed & MHO_BIT(type)))
		return 0;
	if (out->has & MHO_BIT(type) && !row->repeats)
		return 0;
	if (row->read(data, out) < 0)
		return -EBADMSG;
	out->has |= MHO_BIT(type);
	return 0;
}

/* Section 6.2.1: Pad1 is type(8) alone, all others type(8) length(8) data(length) */
static int opts_read(struct rd *in, struct bytes message, uint32_t allowed, struct mh_opts *out)
{
	while (rd_left(in)) {
		uint8_t type = rd_u8(in);
		struct rd data;

		if (type == MHO_PAD1)
			continue;
		if (out->has & MHO_BIT(MHO_AUTH) && type != MHO_PADN)
			return -EBADMSG; /* 6.2.7: the authenticator is the last option */
		data = rd_sub(in, rd_u8(in));
		if (rd_ok(in) < 0 || opt_store(type, &data, allowed, out) < 0)
			return -EBADMSG;
	}
	if (out->has & MHO_BIT(MHO_AUTH))
		out->auth_data = BYTES(message.p, (size_t)(out->auth.p - message.p));
	return rd_done(in);
}

/* The order is that of section 9.2. */
int mh_parse(
	struct bytes packet, const struct in6_addr *src, const struct in6_addr *dst, struct mh *out)
{
	struct rd whole = rd_of(packet);
	struct head h = head_read(&whole);
	struct bytes message = BYTES(packet.p, ((size_t)h.len + 1) * MH_UNIT);
	const struct mh_row *row = mh_row(h.type);
	struct mh m = { 0 };
	struct rd in;

	if (rd_ok(&whole) < 0 || message.n > packet.n)
		return -EBADMSG;
	if (cksum_ipv6(src, dst, IPPROTO_MH, message))
		return -EBADMSG;
	if (!row)
		return -EOPNOTSUPP;
	if (h.payload_proto != MH_NO_PAYLOAD)
		return -EPROTO;
	if (h.len < row->min_len)
		return -ERANGE;
	in = rd_of(message);
	head_read(&in);
	m.type = (enum mh_type)h.type;
	row->read(&in, &m);
	if (opts_read(&in, message, row->options, &m.opt) < 0)
		return -EBADMSG;
	*out = m;
	return 0;
}

int mh_problem_at(int err)
{
	static const struct {
		int err, at;
	} rows[] = { { -EPROTO, AT_PAYLOAD_PROTO }, { -ERANGE, AT_HEADER_LEN } };

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (rows[i].err == err)
			return rows[i].at;
	return -1;
}
