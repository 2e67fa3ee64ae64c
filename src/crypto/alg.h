/*
 * alg - the one table of transforms: numbers, words, key sizes, names for OpenSSL and for the
 * kernel.
 *
 * Shapes:  constant rows; everybody keeps pointers to them and compares pointers.
 * Units:   key_bits is the key length attribute on the wire (0: none is sent); the rest is
 *          octets.
 * Errors:  NULL when there is no such transform here.
 * Source:  RFC 7296 section 3.3.2, RFC 8247, RFC 8221, RFC 3602, RFC 2404, RFC 4868.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

enum alg_type {
	ALG_ENCR = 1,
	ALG_PRF = 2,
	ALG_INTEG = 3,
	ALG_DH = 4,
	ALG_ESN = 5,
};

struct alg {
	enum alg_type type;
	uint16_t id; /* IANA transform id */
	uint16_t key_bits; /* key length attribute */
	const char *name; /* AES_CBC, HMAC_SHA1_96, PRF_HMAC_SHA1, MODP_2048, NO_EXT_SEQ */
	const char *word; /* token of ike=/esp=: aes128, sha1, prfsha1, modp2048, noesn */
	size_t key_len; /* PRF: preferred key length; DH: length of the public value */
	size_t out_len; /* PRF: output; INTEG: ICV on the wire; ENCR: block = IV */
	const char *ossl; /* fetch name or group name */
	const char *kernel; /* xfrm name: cbc(aes), hmac(sha1) */
	uint16_t kernel_trunc; /* bits, for XFRMA_ALG_AUTH_TRUNC */
	uint8_t ike, esp; /* may be used there */
};

const struct alg *alg_find(enum alg_type type, uint16_t id, uint16_t key_bits);

/* By token ("aes128", also aliases: sha = sha1, sha2_256 = sha256, x25519 = curve25519, aes =
 * aes128). */
const struct alg *alg_word(const char *word);

/* Row i of the table, NULL behind its end. */
const struct alg *alg_at(size_t i);

/* The PRF that goes with an integrity algorithm when none is named (hmac_sha1_96 ->
 * prf_hmac_sha1). */
const struct alg *alg_prf_of(const struct alg *integ);

/* "AES_CBC-128", "MODP_2048_BIT": as statusall prints it (static ring of 8). */
const char *alg_status_str(const struct alg *a);
