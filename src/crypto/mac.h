/*
 * mac - integrity check values (HMAC), for IKE messages and for the mobility header's tokens.
 *
 * Errors:  0 or -EINVAL.
 * Source:  RFC 2404, RFC 4868, RFC 6275 section 5.2.
 */
#pragma once

#include "base/bytes.h"
#include "crypto/alg.h"

/* out receives a->out_len octets (the truncated ICV). */
int mac_make(const struct alg *integ, struct bytes key, const struct bytes *parts, size_t n_parts,
	uint8_t *out);

/* 0, or -EBADMSG; constant time. */
int mac_check(const struct alg *integ, struct bytes key, const struct bytes *parts, size_t n_parts,
	struct bytes icv);
