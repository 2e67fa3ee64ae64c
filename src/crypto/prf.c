#include "crypto/prf.h"

#include <errno.h>
#include <string.h>

#include "base/mem.h"
#include "crypto/ossl.h"

int prf(const struct alg *a, struct bytes key, const struct bytes *parts, size_t n_parts,
	uint8_t *out)
{
	uint8_t full[EVP_MAX_MD_SIZE];
	int r = ossl_hmac(a->ossl, key, parts, n_parts, full);

	if (r < 0)
		memset(out, 0, a->out_len);
	else
		memcpy(out, full, a->out_len);
	mem_wipe(full, sizeof(full));
	return r;
}

/* RFC 7296 section 2.13: T1 = prf(K, S | 1), Tn = prf(K, Tn-1 | S | n); n is one octet. */
int prf_plus(const struct alg *a, struct bytes key, struct bytes seed, uint8_t *out, size_t n)
{
	uint8_t t[PRF_MAX];
	uint8_t count = 0;
	size_t done = 0;
	int r = n <= 255 * a->out_len ? 0 : -EINVAL;

	while (done < n && r == 0) {
		struct bytes last = BYTES(t, count ? a->out_len : 0);
		size_t part = n - done < a->out_len ? n - done : a->out_len;

		count++;
		r = prf(a, key, (struct bytes[]){ last, seed, BYTES(&count, 1) }, 3, t);
		memcpy(out + done, t, part);
		done += part;
	}
	mem_wipe(t, sizeof(t));
	if (r < 0)
		memset(out, 0, n);
	return r;
}

static int hash(const char *name, const struct bytes *parts, size_t n_parts, uint8_t *out)
{
	static EVP_MD_CTX *ctx;
	const EVP_MD *md = ossl_md(name);

	if (!ctx)
		ctx = EVP_MD_CTX_new();
	if (!ctx || !md || EVP_DigestInit_ex2(ctx, md, NULL) != 1)
		return -EINVAL;
	for (size_t i = 0; i < n_parts; i++)
		if (EVP_DigestUpdate(ctx, parts[i].p, parts[i].n) != 1)
			return -EINVAL;
	return EVP_DigestFinal_ex(ctx, out, NULL) == 1 ? 0 : -EINVAL;
}

int hash_sha1(const struct bytes *parts, size_t n_parts, uint8_t out[20])
{
	return hash("SHA1", parts, n_parts, out);
}

int hash_sha256(const struct bytes *parts, size_t n_parts, uint8_t out[32])
{
	return hash("SHA2-256", parts, n_parts, out);
}
