/*
 * mh_sample - mobility header messages that the tests share.
 *
 * Shapes:  octets as RFC 6275 section 6.1 lays them out. The two checksums were made by scapy
 *          (MIP6MH_BU, MIP6MH_BA over IPv6), for HoA and home agent below.
 */
#pragma once

#include <string.h>

#include "mip/message/mh.h"

static const struct in6_addr hoa = { .s6_addr = { 0x20, 0x01, 0, 1, [15] = 0x10 } };
static const struct in6_addr ha = { .s6_addr = { 0x20, 0x01, 0, 1, [15] = 0x01 } };
/* A constant of the language too, which clang's initialisers want. */
#define COA                                                                                        \
	{                                                                                          \
		.s6_addr = { 0x20, 0x01, [15] = 0x50 }                                             \
	}
static const struct in6_addr coa = COA;

/* BU, A H K, sequence 0x1234, 4800 s, PadN, alternate care-of address 2001::50 */
static const uint8_t sample_bu[] = { 0x3b, 3, 5, 0, 0x73, 0xfa, 0x12, 0x34, 0xd0, 0, 0x04, 0xb0, 1,
	0, 3, 16, 0x20, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x50 };

/* BA, accepted, K, sequence 0x1234, 4800 s, refresh advice 1200 s */
static const uint8_t sample_ba[] = { 0x3b, 1, 6, 0, 0x63, 0xc0, 0, 0x80, 0x12, 0x34, 0x04, 0xb0, 2,
	2, 0x01, 0x2c };

/* A message of that type whose checksum is right; options are what follows the fixed part. */
struct made {
	uint8_t p[MH_MAX];
	size_t n;
};

static inline void made_sum(struct made *m)
{
	uint16_t sum;

	m->p[4] = m->p[5] = 0;
	sum = mh_checksum(&hoa, &ha, BYTES(m->p, m->n));
	m->p[4] = (uint8_t)(sum >> 8);
	m->p[5] = (uint8_t)sum;
}

static inline struct made made_of(uint8_t type, uint8_t len)
{
	struct made m = { .p = { MH_NO_PAYLOAD, len, type }, .n = ((size_t)len + 1) * MH_UNIT };

	made_sum(&m);
	return m;
}

/* A BU (fixed part of 12 octets) with options, padded with Pad1 to its length. */
static inline struct made made_bu(const uint8_t *options, size_t n)
{
	struct made m = made_of(MH_BU, (uint8_t)((12 + n + MH_UNIT - 1) / MH_UNIT - 1));

	memcpy(m.p + 12, options, n);
	made_sum(&m);
	return m;
}

static inline int made_parse(const struct made *m, struct mh *out)
{
	return mh_parse(BYTES(m->p, m->n), &hoa, &ha, out);
}
