/*
 * mh - mobility header messages: octets to plain structs (mh_in) and back (mh_out).
 *
 * Shapes:  struct mh is one message and its options; opt.auth and opt.auth_data are views into
 *          the packet parsed.
 *          Options that this message may not carry are ignored; of duplicates the first counts
 *          (prefixes: all).
 * Units:   lifetimes and refresh times are seconds (4 s units on the wire, rounded down when
 *          written).
 * Errors:  mh_parse gives 0 or, in the order the RFC checks:
 *            -EBADMSG     drop: too short, longer than the packet, bad checksum
 *            -EOPNOTSUPP  type unknown: Binding Error status 2
 *            -EPROTO      payload protocol is not 59: Parameter Problem code 0, pointer
 *                         mh_problem_at()
 *            -ERANGE      length below the type's minimum: Parameter Problem code 0, pointer
 *                         mh_problem_at()
 *            -EBADMSG     drop: options run over the end, an option has a wrong length
 *          mh_write gives the octets written or -ENOSPC.
 * Source:  RFC 6275 sections 6.1, 6.2, 9.2; RFC 3963 section 4.3 (prefix option).
 */
#pragma once

#include <sys/types.h>

#include "base/addr.h"
#include "base/bytes.h"
#include "base/rd.h"
#include "base/wr.h"

enum {
	MH_NO_PAYLOAD = 59,
	MH_UNIT = 8, /* octets: what the header length counts */
	MH_MAX = MH_UNIT * 256,
	MH_LIFETIME_UNIT = 4, /* seconds */
	MH_LIFETIME_MAX = UINT16_MAX * MH_LIFETIME_UNIT,
};

enum mh_type {
	MH_BRR,
	MH_HOTI,
	MH_COTI,
	MH_HOT,
	MH_COT,
	MH_BU,
	MH_BA,
	MH_BE,
	MH_TYPES,
};

enum mh_bu_flag {
	BU_ACK = 0x8000,
	BU_HOME = 0x4000,
	BU_LINK_LOCAL = 0x2000,
	BU_KEY = 0x1000,
	BU_ROUTER = 0x0400,
};

enum mh_ba_flag { BA_KEY = 0x80, BA_ROUTER = 0x40 };

enum mh_ba_status {
	BA_ACCEPTED = 0,
	BA_PREFIX_DISCOVERY = 1, /* accepted, but a prefix discovery is necessary */
	BA_UNSPECIFIED = 128, /* this and everything above: refused */
	BA_PROHIBITED = 129,
	BA_NO_RESOURCES = 130,
	BA_HOME_NOT_SUPPORTED = 131,
	BA_NOT_HOME_SUBNET = 132,
	BA_NOT_HA_FOR_MN = 133,
	BA_DAD_FAILED = 134,
	BA_SEQUENCE = 135,
	BA_HOME_NONCE = 136,
	BA_COA_NONCE = 137,
	BA_NONCES = 138,
	BA_TYPE_CHANGE = 139,
	BA_ROUTER_REFUSED = 140,
	BA_INVALID_PREFIX = 141,
	BA_PREFIX_REFUSED = 142,
	BA_FORWARDING_FAILED = 143,
	BA_INVALID_COA = 174,
};

enum mh_be_status { BE_NO_BINDING = 1, BE_UNKNOWN_TYPE = 2 };

struct mh_bu {
	uint16_t seq;
	uint16_t flags; /* enum mh_bu_flag */
	uint32_t lifetime;
};

struct mh_ba {
	uint8_t status; /* enum mh_ba_status, or a number we do not know */
	uint8_t flags; /* enum mh_ba_flag */
	uint16_t seq;
	uint32_t lifetime;
};

struct mh_be {
	uint8_t status; /* enum mh_be_status */
	struct in6_addr hoa;
};

/* HoTI and CoTI have the cookie alone; HoT and CoT have all. */
struct mh_test {
	uint16_t nonce_index;
	uint64_t cookie, token;
};

enum mh_opt {
	MHO_PAD1 = 0,
	MHO_PADN = 1,
	MHO_REFRESH = 2,
	MHO_ALT_COA = 3,
	MHO_NONCES = 4,
	MHO_AUTH = 5,
	MHO_PREFIX = 6,
};

#define MHO_BIT(opt) (1u << (opt))

enum { MH_PREFIXES_MAX = 8, MH_AUTH_LEN = 12 };

struct mh_opts {
	uint32_t has; /* MHO_BIT(…) of those present */
	uint32_t refresh;
	struct in6_addr alt_coa;
	uint16_t home_nonce, coa_nonce;
	struct bytes auth; /* MH_AUTH_LEN octets; to write: its value, or empty for zeros */
	struct bytes auth_data; /* read only: the message before auth, which auth covers */
	struct prefix prefixes[MH_PREFIXES_MAX]; /* further ones are ignored */
	size_t n_prefixes;
};

struct mh {
	enum mh_type type;
	union {
		struct mh_bu bu;
		struct mh_ba ba;
		struct mh_be be;
		struct mh_test test; /* HoTI, CoTI, HoT, CoT */
	};
	struct mh_opts opt;
};

int mh_parse(struct bytes packet, const struct in6_addr *src, const struct in6_addr *dst,
	struct mh *out);

/*
 * Octet of the mobility header that a Parameter Problem has to point at, -1: no such answer to
 * this error.
 */
int mh_problem_at(int err);

/*
 * Padding, header length and checksum included. src and dst as the receiver's upper layer sees
 * them (HoA, not CoA).
 */
ssize_t mh_write(const struct mh *m, const struct in6_addr *src, const struct in6_addr *dst,
	uint8_t *out, size_t cap);

uint16_t mh_checksum(const struct in6_addr *src, const struct in6_addr *dst, struct bytes message);

const char *mh_type_str(unsigned type);
const char *mh_status_str(unsigned status); /* of a BA */
/* A BU with H, and without nonce indices, which are for correspondents (section 9.5.1)? */
bool mh_is_home_bu(const struct mh *m);

/*
 * One row a type: the least header length, the options it may carry, its fixed part read and
 * written.
 */
struct mh_row {
	const char *name;
	uint8_t min_len; /* header length field, units of 8 octets without the first 8 */
	uint32_t options;
	void (*read)(struct rd *in, struct mh *out);
	void (*write)(struct wr *out, const struct mh *m);
};

const struct mh_row *mh_row(unsigned type); /* NULL: type unknown */
