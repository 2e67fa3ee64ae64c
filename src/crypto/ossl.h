/*
 * ossl - what OpenSSL is asked for once: digests, ciphers and HMAC contexts by name.
 *
 * A fetch searches all providers and costs more than the hash it is for.
 * Shapes:  objects live as long as the process; the HMAC works on one message at a time.
 * Errors:  NULL or -EINVAL when OpenSSL refuses.
 * Source:  OpenSSL 3, crypto(7): explicit fetching.
 */
#pragma once

#include <openssl/evp.h>

#include "base/bytes.h"

const EVP_MD *ossl_md(const char *name);
const EVP_CIPHER *ossl_cipher(const char *name);

/* HMAC over the parts; out receives the whole output of the digest (at most EVP_MAX_MD_SIZE). */
int ossl_hmac(
	const char *md, struct bytes key, const struct bytes *parts, size_t n_parts, uint8_t *out);
