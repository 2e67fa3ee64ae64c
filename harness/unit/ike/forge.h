/*
 * forge - messages that no honest daemon sends, and what moon says to them.
 *
 * Shapes:  a forged IKE_SA_INIT is described by a struct forged: INIT(group, KE length, KE fill,
 *          nonce length, …); SUITE_n is a proposal with that group.
 * Errors:  what goes wrong in the set-up fails the test.
 */
#pragma once

#include "unit/ike/pair.h"

enum { DROPPED = 0, GOOD = -1 };

struct forged {
	uint16_t group;
	size_t ke_len;
	uint8_t ke_fill;
	size_t nonce_len;
	unsigned without; /* P_BIT of what is missing */
	unsigned twice;
	bool contact;
};

#define INIT(g, len, fill, n, ...)                                                                 \
	{                                                                                          \
		.group = (g), .ke_len = (len), .ke_fill = (fill), .nonce_len = (n), __VA_ARGS__    \
	}

#define SUITE_14 "aes128-sha1-modp2048"
#define SUITE_19 "aes128-sha256-ecp256"
#define SUITE_31 "aes128-sha256-curve25519"

struct bytes forge_init(const struct forged *f, const char *suite, uint8_t *buf, size_t cap);

/* carol's first IKE_SA_INIT, as it lies in the queue. */
struct dgram *forge_first(struct pair *p);
/* These octets as a datagram from carol to moon. */
struct packet forge_packet(struct pair *p, struct bytes data);
/* What moon says to them: DROPPED, GOOD, or the type of the notify. */
int forge_reaction(struct pair *p, struct bytes data);

void forge_put32(uint8_t *at, uint32_t v);
