/*
 * Key material against what prf and prf+ give step by step, as sections 2.14, 2.17 and 2.18 say.
 */
#include <errno.h>

#include "ike/sa/keymat.h"
#include "unit/unit.h"

static const uint8_t shared[256] = { 1, 2, 3 }, ni[32] = { 4 }, nr[32] = { 5 };
static const struct keymat_in in = { { shared, sizeof(shared) }, { ni, 32 }, { nr, 32 },
	0x1122334455667788, 0x99aabbccddeeff00 };

static struct suite page(void)
{
	return (struct suite){ .encr = alg_find(ALG_ENCR, 12, 128),
		.integ = alg_find(ALG_INTEG, 2, 0),
		.prf = alg_find(ALG_PRF, 2, 0),
		.dh = alg_find(ALG_DH, 14, 0) };
}

static void seven_keys_are_dealt_in_order(void **state)
{
	const struct suite s = page();
	uint8_t nonces[64], seed[80], secret[20], stream[3 * 20 + 2 * 20 + 2 * 16];
	struct bytes parts[] = { { shared, sizeof(shared) } };
	struct ike_keys k;

	(void)state;
	memcpy(nonces, ni, 32);
	memcpy(nonces + 32, nr, 32);
	assert_int_equal(prf(s.prf, BYTES_OF(nonces), parts, 1, secret), 0);
	memcpy(seed, nonces, 64);
	memcpy(seed + 64, "\x11\x22\x33\x44\x55\x66\x77\x88\x99\xaa\xbb\xcc\xdd\xee\xff\x00", 16);
	assert_int_equal(
		prf_plus(s.prf, BYTES_OF(secret), BYTES_OF(seed), stream, sizeof(stream)), 0);
	assert_int_equal(keymat_ike(&s, &in, NULL, &k), 0);
	assert_memory_equal(k.d, stream, 20);
	assert_memory_equal(k.i.a, stream + 20, 20);
	assert_memory_equal(k.r.a, stream + 40, 20);
	assert_memory_equal(k.i.e, stream + 60, 16);
	assert_memory_equal(k.r.e, stream + 76, 16);
	assert_memory_equal(k.pi, stream + 92, 20);
	assert_memory_equal(k.pr, stream + 112, 20);
}

static void a_rekey_depends_on_the_old_key(void **state)
{
	const struct suite s = page();
	struct ike_keys first, second, third;

	(void)state;
	assert_int_equal(keymat_ike(&s, &in, NULL, &first), 0);
	assert_int_equal(keymat_ike(&s, &in, &first, &second), 0);
	first.d[0] ^= 1;
	assert_int_equal(keymat_ike(&s, &in, &first, &third), 0);
	assert_memory_not_equal(second.d, third.d, 20);
	assert_memory_not_equal(second.d, first.d, 20);
}

/* 2.18: SKEYSEED is the old PRF's, all of it, whatever the new PRF makes of it. */
static void a_rekey_to_another_prf_takes_all_of_the_old_ones_output(void **state)
{
	const struct suite old = { .encr = alg_find(ALG_ENCR, 12, 128),
		.integ = alg_find(ALG_INTEG, 12, 0),
		.prf = alg_find(ALG_PRF, 5, 0),
		.dh = alg_find(ALG_DH, 14, 0) };
	const struct suite s = page();
	struct bytes parts[] = { { shared, sizeof(shared) }, { ni, 32 }, { nr, 32 } };
	uint8_t seed[80], secret[32], stream[20];
	struct ike_keys first, second;

	(void)state;
	assert_int_equal(keymat_ike(&old, &in, NULL, &first), 0);
	assert_int_equal(prf(old.prf, BYTES(first.d, 32), parts, 3, secret), 0);
	memcpy(seed, ni, 32);
	memcpy(seed + 32, nr, 32);
	memcpy(seed + 64, "\x11\x22\x33\x44\x55\x66\x77\x88\x99\xaa\xbb\xcc\xdd\xee\xff\x00", 16);
	assert_int_equal(
		prf_plus(s.prf, BYTES_OF(secret), BYTES_OF(seed), stream, sizeof(stream)), 0);
	assert_int_equal(keymat_ike(&s, &in, &first, &second), 0);
	assert_memory_equal(second.d, stream, 20);
}

static void child_keys_go_to_the_initiator_first(void **state)
{
	const struct suite s = page();
	uint8_t seed[256 + 64], stream[72];
	struct ike_keys ike;
	struct child_keys c;

	(void)state;
	assert_int_equal(keymat_ike(&s, &in, NULL, &ike), 0);
	memcpy(seed, shared, 256);
	memcpy(seed + 256, ni, 32);
	memcpy(seed + 288, nr, 32);
	assert_int_equal(
		prf_plus(s.prf, BYTES(ike.d, 20), BYTES_OF(seed), stream, sizeof(stream)), 0);
	assert_int_equal(keymat_child(&ike, s.encr, s.integ, &in, &c), 0);
	assert_memory_equal(c.e_i, stream, 16);
	assert_memory_equal(c.a_i, stream + 16, 20);
	assert_memory_equal(c.e_r, stream + 36, 16);
	assert_memory_equal(c.a_r, stream + 52, 20);
	assert_int_equal(keymat_child(&ike, NULL, s.integ, &in, &c), -EINVAL);
}

/* Whatever goes into them counts; and there are none for what has no cipher. */
static void other_nonces_or_another_secret_make_other_child_keys(void **state)
{
	static const uint8_t other[256] = { 9 };
	const struct suite s = page();
	const struct keymat_in others[] = {
		{ { other, sizeof(other) }, in.ni, in.nr, in.spi_i, in.spi_r },
		{ in.shared, { other, 32 }, in.nr, in.spi_i, in.spi_r },
		{ in.shared, in.ni, { other, 32 }, in.spi_i, in.spi_r },
		{ in.shared, in.nr, in.ni, in.spi_i, in.spi_r },
	};
	struct ike_keys ike;
	struct child_keys c, d;

	(void)state;
	assert_int_equal(keymat_ike(&s, &in, NULL, &ike), 0);
	assert_int_equal(keymat_child(&ike, s.encr, s.integ, &in, &c), 0);
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		assert_int_equal(keymat_child(&ike, s.encr, s.integ, &others[i], &d), 0);
		assert_memory_not_equal(c.e_i, d.e_i, 16);
		assert_memory_not_equal(c.a_r, d.a_r, 20);
	}
	assert_int_equal(keymat_child(&ike, NULL, s.integ, &in, &d), -EINVAL);
}

static void keys_are_wiped(void **state)
{
	const struct suite s = page();
	static const struct ike_keys no_ike;
	static const struct child_keys no_child;
	struct ike_keys ike;
	struct child_keys c;

	(void)state;
	memset(&ike, 0, sizeof(ike));
	memset(&c, 0, sizeof(c));
	assert_int_equal(keymat_ike(&s, &in, NULL, &ike), 0);
	assert_int_equal(keymat_child(&ike, s.encr, s.integ, &in, &c), 0);
	assert_memory_not_equal(&ike, &no_ike, sizeof(ike));
	assert_memory_not_equal(&c, &no_child, sizeof(c));
	ike_keys_wipe(&ike);
	child_keys_wipe(&c);
	assert_memory_equal(&ike, &no_ike, sizeof(ike));
	assert_memory_equal(&c, &no_child, sizeof(c));
}

UNIT_MAIN(T(keys_are_wiped, "A-193"), T(seven_keys_are_dealt_in_order, "A-052"),
	T(a_rekey_depends_on_the_old_key, "A-171"),
	T(a_rekey_to_another_prf_takes_all_of_the_old_ones_output, "A-171 A-260"),
	T(child_keys_go_to_the_initiator_first, "A-121"),
	T(other_nonces_or_another_secret_make_other_child_keys, "A-121!"))
