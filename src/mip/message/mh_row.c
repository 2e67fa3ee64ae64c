#include "base/names.h"
#include "mip/message/mh.h"

/*
 * Lifetimes travel in units of four seconds (RFC 6275 section 6.1.7): what we cannot say we round
 * down.
 */
static void lifetime_write(struct wr *out, uint32_t seconds)
{
	uint32_t most = seconds < MH_LIFETIME_MAX ? seconds : MH_LIFETIME_MAX;

	wr_u16(out, (uint16_t)(most / MH_LIFETIME_UNIT));
}

/* Section 6.1.2: reserved(16) */
static void brr_read(struct rd *in, struct mh *out)
{
	(void)out;
	rd_skip(in, 2);
}

static void brr_write(struct wr *out, const struct mh *m)
{
	(void)m;
	wr_u16(out, 0);
}

/* Sections 6.1.3, 6.1.4: reserved(16) init_cookie(64) */
static void init_read(struct rd *in, struct mh *out)
{
	rd_skip(in, 2);
	out->test.cookie = rd_u64(in);
}

static void init_write(struct wr *out, const struct mh *m)
{
	wr_u16(out, 0);
	wr_u64(out, m->test.cookie);
}

/* Sections 6.1.5, 6.1.6: nonce_index(16) init_cookie(64) keygen_token(64) */
static void test_read(struct rd *in, struct mh *out)
{
	out->test.nonce_index = rd_u16(in);
	out->test.cookie = rd_u64(in);
	out->test.token = rd_u64(in);
}

static void test_write(struct wr *out, const struct mh *m)
{
	wr_u16(out, m->test.nonce_index);
	wr_u64(out, m->test.cookie);
	wr_u64(out, m->test.token);
}

/* Section 6.1.7: sequence(16) flags(16) lifetime(16) */
static void bu_read(struct rd *in, struct mh *out)
{
	out->bu.seq = rd_u16(in);
	out->bu.flags = rd_u16(in);
	out->bu.lifetime = rd_u16(in) * MH_LIFETIME_UNIT;
}

static void bu_write(struct wr *out, const struct mh *m)
{
	wr_u16(out, m->bu.seq);
	wr_u16(out, m->bu.flags);
	lifetime_write(out, m->bu.lifetime);
}

/* Section 6.1.8: status(8) flags(8) sequence(16) lifetime(16) */
static void ba_read(struct rd *in, struct mh *out)
{
	out->ba.status = rd_u8(in);
	out->ba.flags = rd_u8(in);
	out->ba.seq = rd_u16(in);
	out->ba.lifetime = rd_u16(in) * MH_LIFETIME_UNIT;
}

static void ba_write(struct wr *out, const struct mh *m)
{
	wr_u8(out, m->ba.status);
	wr_u8(out, m->ba.flags);
	wr_u16(out, m->ba.seq);
	lifetime_write(out, m->ba.lifetime);
}

/* Section 6.1.9: status(8) reserved(8) home_address(128) */
static void be_read(struct rd *in, struct mh *out)
{
	out->be.status = rd_u8(in);
	rd_skip(in, 1);
	out->be.hoa = rd_in6(in);
}

static void be_write(struct wr *out, const struct mh *m)
{
	wr_u8(out, m->be.status);
	wr_u8(out, 0);
	wr_in6(out, m->be.hoa);
}

/* clang-format off */
enum {
	BU_OPTIONS = MHO_BIT(MHO_ALT_COA) | MHO_BIT(MHO_NONCES) | MHO_BIT(MHO_AUTH) |
	             MHO_BIT(MHO_PREFIX),
	BA_OPTIONS = MHO_BIT(MHO_REFRESH) | MHO_BIT(MHO_AUTH),
};

static const struct mh_row rows[MH_TYPES] = {
	[MH_BRR]  = { "BRR",  0, 0,          brr_read,  brr_write },
	[MH_HOTI] = { "HoTI", 1, 0,          init_read, init_write },
	[MH_COTI] = { "CoTI", 1, 0,          init_read, init_write },
	[MH_HOT]  = { "HoT",  2, 0,          test_read, test_write },
	[MH_COT]  = { "CoT",  2, 0,          test_read, test_write },
	[MH_BU]   = { "BU",   1, BU_OPTIONS, bu_read,   bu_write },
	[MH_BA]   = { "BA",   1, BA_OPTIONS, ba_read,   ba_write },
	[MH_BE]   = { "BE",   2, 0,          be_read,   be_write },
};

static const struct name status_names[] = {
	{ BA_ACCEPTED,            "accepted" },
	{ BA_PREFIX_DISCOVERY,    "accepted, prefix discovery necessary" },
	{ BA_UNSPECIFIED,         "reason unspecified" },
	{ BA_PROHIBITED,          "administratively prohibited" },
	{ BA_NO_RESOURCES,        "insufficient resources" },
	{ BA_HOME_NOT_SUPPORTED,  "home registration not supported" },
	{ BA_NOT_HOME_SUBNET,     "not home subnet" },
	{ BA_NOT_HA_FOR_MN,       "not home agent for this mobile node" },
	{ BA_DAD_FAILED,          "duplicate address detection failed" },
	{ BA_SEQUENCE,            "sequence number out of window" },
	{ BA_HOME_NONCE,          "expired home nonce index" },
	{ BA_COA_NONCE,           "expired care-of nonce index" },
	{ BA_NONCES,              "expired nonces" },
	{ BA_TYPE_CHANGE,         "registration type change disallowed" },
	{ BA_ROUTER_REFUSED,      "mobile router operation not permitted" },
	{ BA_INVALID_PREFIX,      "invalid prefix" },
	{ BA_PREFIX_REFUSED,      "not authorized for prefix" },
	{ BA_FORWARDING_FAILED,   "forwarding setup failed" },
	{ BA_INVALID_COA,         "invalid care-of address" },
};
/* clang-format on */

const struct mh_row *mh_row(unsigned type)
{
	return type < MH_TYPES ? &rows[type] : NULL;
}

const char *mh_type_str(unsigned type)
{
	return type < MH_TYPES ? rows[type].name : names_str(NULL, 0, (int)type);
}

const char *mh_status_str(unsigned status)
{
	return names_str(NAMES(status_names), (int)status);
}

bool mh_is_home_bu(const struct mh *m)
{
	return m->bu.flags & BU_HOME && !(m->opt.has & MHO_BIT(MHO_NONCES));
}
