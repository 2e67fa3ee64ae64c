/*
 * keymat - keys of an IKE_SA and of a CHILD_SA from the shared secret and the nonces. Pure.
 *
 * Shapes:  keys live in the caller's struct; keys_wipe ends them.
 * Units:   octets; a key uses the first key_len octets of its array.
 * Errors:  0, or -EINVAL (an algorithm without a key size); *out untouched on failure.
 * Source:  RFC 7296 sections 2.13, 2.14, 2.17, 2.18.
 */
#pragma once

#include "crypto/prf.h"
#include "crypto/sk.h"
#include "ike/message/prop.h"

struct ike_keys {
	const struct alg *prf;
	uint8_t d[PRF_MAX], pi[PRF_MAX], pr[PRF_MAX];
	struct sk_keys i, r; /* of the original initiator, of the original responder */
};

struct child_keys {
	uint8_t e_i[SK_KEY_MAX], a_i[SK_KEY_MAX]; /* initiator of the exchange to responder */
	uint8_t e_r[SK_KEY_MAX], a_r[SK_KEY_MAX];
};

struct keymat_in {
	struct bytes shared; /* g^ir; empty for the first CHILD_SA */
	struct bytes ni, nr;
	uint64_t spi_i, spi_r; /* IKE_SA only */
};

/* old: NULL for IKE_SA_INIT, else the IKE_SA that is rekeyed (its prf and SK_d). */
int keymat_ike(const struct suite *suite, const struct keymat_in *in, const struct ike_keys *old,
	struct ike_keys *out);
int keymat_child(const struct ike_keys *ike, const struct alg *encr, const struct alg *integ,
	const struct keymat_in *in, struct child_keys *out);

/* prf(SK_p, body of the ID payload): the last part of what AUTH signs. own_i: of the initiator. */
int keymat_id(const struct ike_keys *k, bool own_i, struct bytes id_body, uint8_t *out);

void ike_keys_wipe(struct ike_keys *k);
void child_keys_wipe(struct child_keys *k);
