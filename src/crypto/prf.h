/*
 * prf - pseudo-random function and its expansion prf+.
 *
 * Errors:  0 or -EINVAL/-ENOMEM; on failure the output is zeroed.
 * Source:  RFC 7296 sections 2.13, 2.14, 2.17.
 */
#pragma once

#include "base/bytes.h"
#include "crypto/alg.h"

enum { PRF_MAX = 64 };

/* out receives a->out_len octets: prf(key, part1 | part2 | …). */
int prf(const struct alg *a, struct bytes key, const struct bytes *parts, size_t n_parts,
	uint8_t *out);

/* out receives n octets of prf+(key, seed); n at most 255 * out_len. */
int prf_plus(const struct alg *a, struct bytes key, struct bytes seed, uint8_t *out, size_t n);

/* Plain digests. */
int hash_sha1(const struct bytes *parts, size_t n_parts, uint8_t out[20]);
int hash_sha256(const struct bytes *parts, size_t n_parts, uint8_t out[32]);
