#include <assert.h>

#include "base/cksum.h"
#include "mip/message/mh.h"

enum { AT_LEN = 1, AT_CHECKSUM = 4 };

/* RFC 6275 section 6.2: Pad1 for one octet, PadN for more. */
static void pad_write(struct wr *out, size_t n)
{
	if (n == 1)
		wr_u8(out, MHO_PAD1);
	if (n < 2)
		return;
	wr_u8(out, MHO_PADN);
	wr_u8(out, (uint8_t)(n - 2));
	wr_zero(out, n - 2);
}

/* Pad until the place is `rest` modulo `align`. */
static void align_write(struct wr *out, size_t align, size_t rest)
{
	pad_write(out, (align + rest - out->n % align) % align);
}

static void refresh_write(struct wr *out, const struct mh_opts *opt)
{
	wr_u16(out, (uint16_t)(opt->refresh / MH_LIFETIME_UNIT));
}

static void alt_coa_write(struct wr *out, const struct mh_opts *opt)
{
	wr_in6(out, opt->alt_coa);
}

static void nonces_write(struct wr *out, const struct mh_opts *opt)
{
	wr_u16(out, opt->home_nonce);
	wr_u16(out, opt->coa_nonce);
}

static void auth_write(struct wr *out, const struct mh_opts *opt)
{
	wr_bytes(out, opt->auth);
	if (!opt->auth.n)
		wr_zero(out, MH_AUTH_LEN);
}

/* clang-format off */
/*
 * Section 6.2: each option has an alignment "align * n + rest". The authenticator is last
 * (6.2.7).
 */
static const struct opt_row {
	uint8_t type, len, align, rest;
	void (*write)(struct wr *out, const struct mh_opts *opt);
} opt_rows[] = {
	{ MHO_REFRESH, 2,           2, 0, refresh_write },
	{ MHO_ALT_COA, 16,          8, 6, alt_coa_write },
	{ MHO_NONCES,  4,           2, 0, nonces_write },
	{ MHO_AUTH,    MH_AUTH_LEN, 8, 2, auth_write },
};
/* clang-format on */

enum { PREFIX_LEN = 18, PREFIX_ALIGN = 8, PREFIX_REST = 4 };

/* RFC 3963 section 4.3 */
static void prefixes_write(struct wr *out, const struct mh_opts *opt)
{
	for (size_t i = 0; i < opt->n_prefixes; i++) {
		align_write(out, PREFIX_ALIGN, PREFIX_REST);
		wr_u8(out, MHO_PREFIX);
		wr_u8(out, PREFIX_LEN);
		wr_u8(out, 0);
		wr_u8(out, opt->prefixes[i].len);
		wr_in6(out, opt->prefixes[i].addr);
	}
}

static void opt_write(struct wr *out, const struct opt_row *row, const struct mh_opts *opt)
{
	if (!(opt->has & MHO_BIT(row->type)))
		return;
	align_write(out, row->align, row->rest);
	wr_u8(out, row->type);
	wr_u8(out, row->len);
	row->write(out, opt);
}

uint16_t mh_checksum(const struct in6_addr *src, const struct in6_addr *dst, struct bytes message)
{
	return cksum_ipv6(src, dst, IPPROTO_MH, message);
}

ssize_t mh_write(const struct mh *m, const struct in6_addr *src, const struct in6_addr *dst,
	uint8_t *out, size_t cap)
{
	const struct mh_row *row = mh_row(m->type);
	struct wr w = wr_of(out, cap < MH_MAX ? cap : MH_MAX);

	assert(row && (!m->opt.auth.n || m->opt.auth.n == MH_AUTH_LEN));
	wr_u8(&w, MH_NO_PAYLOAD);
	wr_u8(&w, 0);
	wr_u8(&w, (uint8_t)m->type);
	wr_u8(&w, 0);
	wr_u16(&w, 0);
	row->write(&w, m);
	prefixes_write(&w, &m->opt);
	for (size_t i = 0; i < sizeof(opt_rows) / sizeof(opt_rows[0]); i++)
		opt_write(&w, &opt_rows[i], &m->opt);
	align_write(&w, MH_UNIT, 0);
	if (wr_done(&w) < 0)
		return wr_done(&w);
	wr_put_u8(&w, AT_LEN, (uint8_t)(w.n / MH_UNIT - 1));
	wr_put_u16(&w, AT_CHECKSUM, mh_checksum(src, dst, wr_view(&w)));
	return wr_done(&w);
}
