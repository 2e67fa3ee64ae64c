/*
 * cookie - a token that shows that a source address is real, without keeping state.
 *
 * Shapes:  version(1) | HMAC-SHA2-256(secret, Ni | IPi | SPIi). A secret serves 60 s as the newest
 *          and 60 s more as the one before.
 * Errors:  none; a cookie of an unknown version is not ok.
 * Source:  RFC 7296 section 2.6.
 */
#pragma once

#include "ike/machine/limits.h"

struct cookie_secret {
	uint8_t key[2][32];
	uint8_t version; /* key[version & 1] is the newest */
	uint64_t made_at; /* loop_now(), 0: none yet */
	bool old_ok;
};

void cookie_make(struct cookie_secret *s, const struct in6_addr *from, const struct msg *in,
	uint8_t out[COOKIE_LEN]);
bool cookie_ok(struct cookie_secret *s, const struct in6_addr *from, const struct msg *in);
void cookie_wipe(struct cookie_secret *s);
