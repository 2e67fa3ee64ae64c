#include "crypto/dh.h"

#include <errno.h>
#include <string.h>

#include "unit/crypto/hex.h"
#include "unit/unit.h"

/* RFC 3526 section 3. */
#define P_2048                                                                                     \
	"FFFFFFFFFFFFFFFFC90FDAA22168C234C4C6628B80DC1CD129024E088A67CC74020BBEA63B139B22"         \
	"514A08798E3404DDEF9519B3CD3A431B302B0A6DF25F14374FE1356D6D51C245E485B576625E7EC6"         \
	"F44C42E9A637ED6B0BFF5CB6F406B7EDEE386BFB5A899FA5AE9F24117C4B1FE649286651ECE45B3D"         \
	"C2007CB8A163BF0598DA48361C55D39A69163FA8FD24CF5F83655D23DCA3AD961C62F356208552BB"         \
	"9ED529077096966D670C354E4ABC9804F1746C08CA18217C32905E462E36CE3BE39E772C180E8603"         \
	"9B2783A2EC07A28FB5C55DF06F4C52C9DE2BCBF6955817183995497CEA956AE515D2261898FA0510"         \
	"15728E5A8AACAA68FFFFFFFFFFFFFFFF"

/* RFC 5903 section 3.1. */
#define G_256                                                                                      \
	"6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296"                         \
	"4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5"

static const char *const groups[] = { "modp2048", "ecp256", "curve25519" };

static struct dh *fresh(const char *word)
{
	struct dh *dh = NULL;

	assert_int_equal(dh_new(alg_word(word), &dh), 0);
	return dh;
}

static void both_sides_get_the_same_secret(void **state)
{
	(void)state;
	for (size_t i = 0; i < 3; i++) {
		own(dh) *a = fresh(groups[i]);
		own(dh) *b = fresh(groups[i]);
		own_blob sa = { 0 };
		own_blob sb = { 0 };

		assert_int_equal(dh_public(a).n, alg_word(groups[i])->key_len);
		assert_int_equal(dh_shared(a, dh_public(b), &sa), 0);
		assert_int_equal(dh_shared(b, dh_public(a), &sb), 0);
		assert_true(bytes_eq(blob_view(&sa), blob_view(&sb)));
		assert_int_equal(sa.n, i == 0 ? 256 : 32);
	}
}

/* With the generator as the peer's value the secret is the own public value: g^x. */
static void the_generators_are_those_of_the_rfcs(void **state)
{
	uint8_t two[256] = { [255] = 2 }, nine[32] = { 9 };
	struct bytes peers[] = { BYTES_OF(two), hex(G_256), BYTES_OF(nine) };

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		own(dh) *a = fresh(groups[i]);
		own_blob s = { 0 };

		assert_int_equal(dh_shared(a, peers[i], &s), 0);
		assert_memory_equal(s.p, dh_public(a).p, s.n);
	}
}

/* RFC 6989 section 2.1: 1 < y < p-1. */
static void a_modp_value_at_the_edges_is_refused(void **state)
{
	own(dh) *a = fresh("modp2048");
	own_blob s = { 0 };
	uint8_t y[256] = { 0 };

	(void)state;
	assert_int_equal(dh_shared(a, BYTES_OF(y), &s), -EBADMSG);
	y[255] = 1;
	assert_int_equal(dh_shared(a, BYTES_OF(y), &s), -EBADMSG);
	memcpy(y, hex(P_2048).p, 256);
	assert_int_equal(dh_shared(a, BYTES_OF(y), &s), -EBADMSG);
	y[255] -= 1;
	assert_int_equal(dh_shared(a, BYTES_OF(y), &s), -EBADMSG);
	assert_null(s.p);
	y[255] -= 1;
	assert_int_equal(dh_shared(a, BYTES_OF(y), &s), 0);
	memset(y, 0xff, 256);
	assert_int_equal(dh_shared(a, BYTES_OF(y), &s), -EBADMSG);
}

static void a_point_off_the_curve_is_refused(void **state)
{
	own(dh) *a = fresh("ecp256");
	own_blob s = { 0 };
	uint8_t point[64];

	(void)state;
	memcpy(point, hex(G_256).p, 64);
	point[63] ^= 1;
	assert_int_equal(dh_shared(a, BYTES_OF(point), &s), -EBADMSG);
	memset(point, 0, 64);
	assert_int_equal(dh_shared(a, BYTES_OF(point), &s), -EBADMSG);
}

/* RFC 8031 section 2, RFC 7748 section 6.1: points of small order give zero. */
static void an_all_zero_curve25519_secret_is_refused(void **state)
{
	own(dh) *a = fresh("curve25519");
	own_blob s = { 0 };
	uint8_t point[32] = { 0 };

	(void)state;
	assert_int_equal(dh_shared(a, BYTES_OF(point), &s), -EBADMSG);
	point[0] = 1;
	assert_int_equal(dh_shared(a, BYTES_OF(point), &s), -EBADMSG);
}

static void a_value_of_another_length_is_refused(void **state)
{
	uint8_t y[257] = { [255] = 2, [256] = 2 };

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		own(dh) *a = fresh(groups[i]);
		own_blob s = { 0 };
		size_t n = dh_group(a)->key_len;

		assert_int_equal(dh_shared(a, BYTES(y, n - 1), &s), -EBADMSG);
		assert_int_equal(dh_shared(a, BYTES(y, n + 1), &s), -EBADMSG);
		assert_int_equal(dh_shared(a, BYTES_NONE, &s), -EBADMSG);
	}
}

/* One secret in 256 begins with a zero octet: it keeps its length. */
static void a_short_modp_secret_is_padded_on_the_left(void **state)
{
	own(dh) *a = fresh("modp2048");
	unsigned n_short = 0;

	(void)state;
	for (unsigned i = 3; n_short < 2 && i < 5000; i++) {
		uint8_t y[256] = { [254] = (uint8_t)(i >> 8), [255] = (uint8_t)i };
		own_blob s = { 0 };

		assert_int_equal(dh_shared(a, BYTES_OF(y), &s), 0);
		assert_int_equal(s.n, 256);
		n_short += s.p[0] == 0;
	}
	assert_int_equal(n_short, 2);
}

static void something_else_is_no_group(void **state)
{
	struct dh *dh = NULL;

	(void)state;
	assert_int_equal(dh_new(alg_word("aes128"), &dh), -EINVAL);
	assert_null(dh);
	dh_free(NULL);
}

/* clang-format off */
UNIT_MAIN(T(both_sides_get_the_same_secret, "A-052"),
	T(the_generators_are_those_of_the_rfcs, "A-047"),
	T(a_modp_value_at_the_edges_is_refused, "A-047!"),
	T(a_point_off_the_curve_is_refused, "A-047!"),
	T(an_all_zero_curve25519_secret_is_refused, "A-047!"),
	T(a_value_of_another_length_is_refused, "A-047!"),
	T(a_short_modp_secret_is_padded_on_the_left, "A-047"),
	T(something_else_is_no_group, ""))
