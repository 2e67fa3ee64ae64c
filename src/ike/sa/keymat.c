#include <errno.h>
#include <string.h>

#include "base/mem.h"
#include "base/wr.h"
#include "ike/sa/keymat.h"

enum { SEED_MAX = 1536, KEYS_MAX = 3 * PRF_MAX + 4 * SK_KEY_MAX };

/* Deal out a stream of key octets, in the order of section 2.14. */
struct deal {
	const uint8_t *p;
};

static void deal(struct deal *d, uint8_t *to, size_t n)
{
	memcpy(to, d->p, n);
	d->p += n;
}

static int keys_ok(const struct alg *encr, const struct alg *integ)
{
	if (!encr || encr->key_len > SK_KEY_MAX)
		return -EINVAL;
	return integ && integ->key_len > SK_KEY_MAX ? -EINVAL : 0;
}

/*
 * SKEYSEED = prf(Ni | Nr, g^ir), or after a rekey prf(SK_d (old), g^ir | Ni | Nr) (2.14, 2.18).
 * The latter is the old PRF's, and as long as that makes it.
 */
static int skeyseed(const struct suite *s, const struct keymat_in *in, const struct ike_keys *old,
	uint8_t *out, size_t *n)
{
	uint8_t nonces[SEED_MAX];
	struct wr w = WR_OF(nonces);
	struct bytes parts[] = { in->shared, in->ni, in->nr };

	*n = old ? old->prf->out_len : s->prf->out_len;
	if (old)
		return prf(old->prf, BYTES(old->d, old->prf->key_len), parts, 3, out);
	wr_bytes(&w, in->ni);
	wr_bytes(&w, in->nr);
	return wr_done(&w) < 0 ? -EINVAL : prf(s->prf, wr_view(&w), parts, 1, out);
}

int keymat_ike(const struct suite *suite, const struct keymat_in *in, const struct ike_keys *old,
	struct ike_keys *out)
{
	uint8_t seed[SEED_MAX], secret[PRF_MAX], stream[KEYS_MAX];
	struct ike_keys k = { .prf = suite->prf };
	struct wr w = WR_OF(seed);
	size_t pl, il, el, n, n_secret;
	int rc;

	if (!suite->prf || suite->prf->key_len > PRF_MAX || keys_ok(suite->encr, suite->integ) < 0)
		return -EINVAL;
	pl = suite->prf->key_len;
	il = suite->integ ? suite->integ->key_len : 0;
	el = suite->encr->key_len;
	n = 3 * pl + 2 * il + 2 * el;
	k.i.encr = k.r.encr = suite->encr;
	k.i.integ = k.r.integ = suite->integ;
	rc = skeyseed(suite, in, old, secret, &n_secret);
	wr_bytes(&w, in->ni);
	wr_bytes(&w, in->nr);
	wr_u64(&w, in->spi_i);
	wr_u64(&w, in->spi_r);
	if (!rc)
		rc = wr_done(&w) < 0
			? -EINVAL
			: prf_plus(suite->prf, BYTES(secret, n_secret), wr_view(&w), stream, n);
	if (!rc) {
		struct deal d = { stream };

		deal(&d, k.d, pl);
		deal(&d, k.i.a, il);
		deal(&d, k.r.a, il);
		deal(&d, k.i.e, el);
		deal(&d, k.r.e, el);
		deal(&d, k.pi, pl);
		deal(&d, k.pr, pl);
		*out = k;
	}
	mem_wipe(secret, sizeof(secret));
	mem_wipe(stream, sizeof(stream));
	ike_keys_wipe(&k);
	return rc;
}

int keymat_child(const struct ike_keys *ike, const struct alg *encr, const struct alg *integ,
	const struct keymat_in *in, struct child_keys *out)
{
	uint8_t seed[SEED_MAX], stream[4 * SK_KEY_MAX];
	struct wr w = WR_OF(seed);
	size_t il, el;
	int rc;

	if (keys_ok(encr, integ) < 0)
		return -EINVAL;
	il = integ ? integ->key_len : 0;
	el = encr->key_len;
	wr_bytes(&w, in->shared);
	wr_bytes(&w, in->ni);
	wr_bytes(&w, in->nr);
	rc = wr_done(&w) < 0 ? -EINVAL
			     : prf_plus(ike->prf, BYTES(ike->d, ike->prf->key_len), wr_view(&w),
				       stream, 2 * (il + el));
	if (!rc) {
		struct deal d = { stream };

		deal(&d, out->e_i, el); /* 2.17: encryption, then integrity, of each direction */
		deal(&d, out->a_i, il);
		deal(&d, out->e_r, el);
		deal(&d, out->a_r, il);
	}
	mem_wipe(stream, sizeof(stream));
	mem_wipe(seed, sizeof(seed));
	return rc;
}

int keymat_id(const struct ike_keys *k, bool own_i, struct bytes id_body, uint8_t *out)
{
	return prf(k->prf, BYTES(own_i ? k->pi : k->pr, k->prf->key_len), &id_body, 1, out);
}

void ike_keys_wipe(struct ike_keys *k)
{
	mem_wipe(k, sizeof(*k));
}

void child_keys_wipe(struct child_keys *k)
{
	mem_wipe(k, sizeof(*k));
}
