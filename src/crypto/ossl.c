#include "crypto/ossl.h"

#include <errno.h>
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/params.h>

enum { N_CACHE = 8 };

static struct {
	const char *name;
	EVP_MD *md;
	EVP_MAC_CTX *hmac;
} digests[N_CACHE];

static struct {
	const char *name;
	EVP_CIPHER *cipher;
} ciphers[N_CACHE];

/* Names come from constant tables, so a handful of slots and pointers to them are enough. */
static size_t digest_slot(const char *name)
{
	size_t i = 0;

	while (i < N_CACHE && digests[i].name && strcmp(digests[i].name, name))
		i++;
	if (i < N_CACHE && !digests[i].name) {
		digests[i].md = EVP_MD_fetch(NULL, name, NULL);
		if (!digests[i].md)
			return N_CACHE;
		digests[i].name = name;
	}
	return i;
}

const EVP_MD *ossl_md(const char *name)
{
	size_t i = digest_slot(name);

	return i < N_CACHE ? digests[i].md : NULL;
}

const EVP_CIPHER *ossl_cipher(const char *name)
{
	size_t i = 0;

	while (i < N_CACHE && ciphers[i].name && strcmp(ciphers[i].name, name))
		i++;
	if (i == N_CACHE)
		return NULL;
	if (!ciphers[i].name) {
		ciphers[i].cipher = EVP_CIPHER_fetch(NULL, name, NULL);
		if (!ciphers[i].cipher)
			return NULL;
		ciphers[i].name = name;
	}
	return ciphers[i].cipher;
}

/* A context whose digest is set already; only the key changes from call to call. */
static EVP_MAC_CTX *hmac_ctx(const char *md)
{
	size_t i = digest_slot(md);
	OSSL_PARAM params[2] = { OSSL_PARAM_construct_end(), OSSL_PARAM_construct_end() };
	char name[32];
	EVP_MAC *mac;

	if (i == N_CACHE)
		return NULL;
	if (digests[i].hmac)
		return digests[i].hmac;
	mac = EVP_MAC_fetch(NULL, "HMAC", NULL);
	if (!mac)
		return NULL;
	snprintf(name, sizeof(name), "%s", md); /* the parameter wants memory it could write to */
	params[0] = OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, name, 0);
	digests[i].hmac = EVP_MAC_CTX_new(mac);
	EVP_MAC_free(mac);
	if (digests[i].hmac && EVP_MAC_CTX_set_params(digests[i].hmac, params) != 1) {
		EVP_MAC_CTX_free(digests[i].hmac);
		digests[i].hmac = NULL;
	}
	return digests[i].hmac;
}

int ossl_hmac(
	const char *md, struct bytes key, const struct bytes *parts, size_t n_parts, uint8_t *out)
{
	static const uint8_t empty;
	EVP_MAC_CTX *ctx = hmac_ctx(md);
	size_t n = 0;

	if (!ctx || EVP_MAC_init(ctx, key.n ? key.p : &empty, key.n, NULL) != 1)
		return -EINVAL;
	for (size_t i = 0; i < n_parts; i++)
		if (parts[i].n && EVP_MAC_update(ctx, parts[i].p, parts[i].n) != 1)
			return -EINVAL;
	return EVP_MAC_final(ctx, out, &n, EVP_MAX_MD_SIZE) == 1 ? 0 : -EINVAL;
}
