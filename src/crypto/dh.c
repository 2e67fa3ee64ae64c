#include "crypto/dh.h"

#include <errno.h>
#include <string.h>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>

enum { DH_PRIV_BITS = 256, DH_PUBLIC_MAX = 256 };

struct dh {
	const struct alg *group;
	EVP_PKEY *key;
	uint8_t pub[DH_PUBLIC_MAX];
};

/*
 * What differs between the families: OpenSSL's key type, the octets that its encoding has before
 * ours (ECP: 4, uncompressed), how long the secret is, and which public values are refused before
 * OpenSSL is asked.
 */
struct family {
	uint16_t id;
	const char *type;
	size_t prefix, secret_len;
	int (*check)(struct bytes peer);
	EVP_PKEY *empty; /* parameters only: a peer's key begins as a copy of it */
};

static int modp_check(struct bytes peer);
static int any_value(struct bytes peer);

static struct family families[] = {
	{ 14, "DH", 0, 256, modp_check, NULL },
	{ 19, "EC", 1, 32, any_value, NULL },
	{ 31, "X25519", 0, 32, any_value, NULL },
};

static struct family *family_of(const struct alg *group)
{
	for (size_t i = 0; i < sizeof(families) / sizeof(families[0]); i++)
		if (families[i].id == group->id)
			return &families[i];
	return NULL;
}

static int any_value(struct bytes peer)
{
	(void)peer;
	return 0;
}

/* RFC 6989 section 2.1: 1 < y < p-1. p is that of RFC 3526 section 3. */
static int modp_check(struct bytes peer)
{
	static BIGNUM *last; /* p - 1 */
	BIGNUM *y = BN_bin2bn(peer.p, (int)peer.n, NULL);
	int r = -EBADMSG;

	if (!last) {
		last = BN_get_rfc3526_prime_2048(NULL);
		if (last)
			BN_sub_word(last, 1);
	}
	if (!y || !last)
		r = -ENOMEM;
	else if (!BN_is_zero(y) && !BN_is_one(y) && BN_cmp(y, last) < 0)
		r = 0;
	BN_free(y);
	return r;
}

/* The group's parameters without a key; X25519 has none. */
static EVP_PKEY *params_of(struct family *f, const struct alg *group)
{
	char name[32];
	int bits = DH_PRIV_BITS;
	OSSL_PARAM params[3];
	EVP_PKEY_CTX *ctx;

	if (f->empty)
		return f->empty;
	snprintf(name, sizeof(name), "%s", group->ossl);
	params[0] = OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, name, 0);
	params[1] = OSSL_PARAM_construct_int(OSSL_PKEY_PARAM_DH_PRIV_LEN, &bits);
	params[2] = OSSL_PARAM_construct_end();
	ctx = EVP_PKEY_CTX_new_from_name(NULL, f->type, NULL);
	if (ctx && EVP_PKEY_fromdata_init(ctx) == 1)
		EVP_PKEY_fromdata(ctx, &f->empty, EVP_PKEY_KEY_PARAMETERS, params);
	EVP_PKEY_CTX_free(ctx);
	return f->empty;
}

static EVP_PKEY *generate(struct family *f, const struct alg *group)
{
	int bits = DH_PRIV_BITS;
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_int(OSSL_PKEY_PARAM_DH_PRIV_LEN, &bits),
		OSSL_PARAM_construct_end(),
	};
	EVP_PKEY *key = NULL;
	EVP_PKEY_CTX *ctx;

	if (f->id == 31)
		return EVP_PKEY_Q_keygen(NULL, NULL, f->type);
	if (!params_of(f, group))
		return NULL;
	ctx = EVP_PKEY_CTX_new_from_pkey(NULL, f->empty, NULL);
	if (ctx && EVP_PKEY_keygen_init(ctx) == 1 &&
		(f->id != 14 || EVP_PKEY_CTX_set_params(ctx, params) == 1))
		EVP_PKEY_generate(ctx, &key);
	EVP_PKEY_CTX_free(ctx);
	return key;
}

int dh_new(const struct alg *group, struct dh **out)
{
	struct family *f = group->type == ALG_DH ? family_of(group) : NULL;
	own(dh) *dh = calloc(1, sizeof(*dh));
	unsigned char *pub = NULL;
	size_t n;
	int r = 0;

	if (!f)
		return -EINVAL;
	if (!dh)
		return -ENOMEM;
	dh->group = group;
	dh->key = generate(f, group);
	if (!dh->key)
		return -EINVAL;
	n = EVP_PKEY_get1_encoded_public_key(dh->key, &pub);
	if (n == f->prefix + group->key_len)
		memcpy(dh->pub, pub + f->prefix, group->key_len);
	else
		r = -EINVAL;
	OPENSSL_free(pub);
	if (r == 0)
		*out = take(dh);
	return r;
}

void dh_free(struct dh *dh)
{
	if (!dh)
		return;
	EVP_PKEY_free(dh->key); /* wipes the private value */
	free(dh);
}

const struct alg *dh_group(const struct dh *dh)
{
	return dh->group;
}

struct bytes dh_public(const struct dh *dh)
{
	return BYTES(dh->pub, dh->group->key_len);
}

/* The peer's value as a key. For ECP this is where a point off the curve is refused. */
static EVP_PKEY *peer_key(const struct dh *dh, struct family *f, struct bytes peer)
{
	uint8_t enc[DH_PUBLIC_MAX + 1] = { 4 };
	EVP_PKEY *key;

	if (f->id == 31)
		return EVP_PKEY_new_raw_public_key_ex(NULL, f->type, NULL, peer.p, peer.n);
	key = EVP_PKEY_new();
	memcpy(enc + f->prefix, peer.p, peer.n);
	if (key && EVP_PKEY_copy_parameters(key, params_of(f, dh->group)) == 1 &&
		EVP_PKEY_set1_encoded_public_key(key, enc, f->prefix + peer.n) == 1)
		return key;
	EVP_PKEY_free(key);
	return NULL;
}

/* validate 0: the value was checked above, at a seventh of the cost. */
static int derive(const struct dh *dh, struct family *f, EVP_PKEY *peer, struct blob *out)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, dh->key, NULL);
	unsigned pad = 1;
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_uint(OSSL_EXCHANGE_PARAM_PAD, &pad),
		OSSL_PARAM_construct_end(),
	};
	size_t n = out->n;
	bool ok = ctx && EVP_PKEY_derive_init_ex(ctx, f->id == 14 ? params : NULL) == 1 &&
		EVP_PKEY_derive_set_peer_ex(ctx, peer, 0) == 1 &&
		EVP_PKEY_derive(ctx, out->p, &n) == 1 && n == out->n;

	EVP_PKEY_CTX_free(ctx);
	return ok ? 0 : -EBADMSG;
}

static bool all_zero(const struct blob *b)
{
	uint8_t any = 0;

	for (size_t i = 0; i < b->n; i++)
		any |= b->p[i];
	return !any;
}

int dh_shared(const struct dh *dh, struct bytes peer, struct blob *out)
{
	struct family *f = family_of(dh->group);
	own_blob secret = { 0 };
	EVP_PKEY *key;
	int r;

	if (peer.n != dh->group->key_len)
		return -EBADMSG;
	r = f->check(peer);
	if (r < 0)
		return r;
	r = blob_alloc(&secret, f->secret_len);
	if (r < 0)
		return r;
	key = peer_key(dh, f, peer);
	if (!key)
		return -EBADMSG;
	r = derive(dh, f, key, &secret);
	EVP_PKEY_free(key);
	if (r < 0)
		return r;
	if (all_zero(&secret)) /* RFC 8031 section 2 */
		return -EBADMSG;
	blob_free(out);
	*out = secret;
	secret = (struct blob){ 0 };
	return 0;
}
