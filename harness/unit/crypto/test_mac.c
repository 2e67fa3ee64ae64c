#include "crypto/mac.h"

#include <errno.h>
#include <string.h>

#include "unit/crypto/hex.h"
#include "unit/unit.h"

/* In place of the C library's: it returns as soon as two octets differ. */
static const void *secret;
static unsigned n_looks;

int memcmp(const void *a, const void *b, size_t n)
{
	const uint8_t *p = a, *q = b;

	n_looks += secret && (a == secret || b == secret);
	for (size_t i = 0; i < n; i++)
		if (p[i] != q[i])
			return p[i] - q[i];
	return 0;
}

/* What clang makes of a memcmp() that is compared with 0. */
int bcmp(const void *a, const void *b, size_t n)
{
	return memcmp(a, b, n);
}

static const uint8_t key[20] = { [0 ... 19] = 0x0b };

/* RFC 2202 and RFC 4231, test case 1, cut to the length that RFC 2404 and RFC 4868 send. */
static void the_icv_is_the_beginning_of_the_hmac(void **state)
{
	struct bytes part = BYTES("Hi There", 8);
	uint8_t out[32];

	(void)state;
	assert_int_equal(mac_make(alg_word("sha1"), BYTES_OF(key), &part, 1, out), 0);
	assert_memory_equal(out, hex("b617318655057264e28bc0b6").p, 12);
	assert_int_equal(mac_make(alg_word("sha256"), BYTES_OF(key), &part, 1, out), 0);
	assert_memory_equal(out, hex("b0344c61d8db38535ca8afceaf0bf12b").p, 16);
}

static void no_comparison_of_an_icv_ends_early(void **state)
{
	struct bytes part = BYTES("Hi There", 8);
	uint8_t icv[12];

	(void)state;
	assert_int_equal(mac_make(alg_word("sha1"), BYTES_OF(key), &part, 1, icv), 0);
	secret = icv;
	bytes_eq(BYTES_OF(icv), BYTES_OF(icv));
	assert_int_equal(n_looks, 1); /* this one would */
	n_looks = 0;
	icv[0] ^= 1;
	assert_int_equal(
		mac_check(alg_word("sha1"), BYTES_OF(key), &part, 1, BYTES_OF(icv)), -EBADMSG);
	assert_int_equal(n_looks, 0);
	secret = NULL;
}

static void every_flipped_bit_and_every_cut_is_refused(void **state)
{
	struct bytes part = BYTES("Hi There", 8);
	uint8_t icv[12];

	(void)state;
	assert_int_equal(mac_make(alg_word("sha1"), BYTES_OF(key), &part, 1, icv), 0);
	assert_int_equal(mac_check(alg_word("sha1"), BYTES_OF(key), &part, 1, BYTES_OF(icv)), 0);
	for (size_t bit = 0; bit < 96; bit++) {
		icv[bit / 8] ^= (uint8_t)(1 << bit % 8);
		assert_int_equal(
			mac_check(alg_word("sha1"), BYTES_OF(key), &part, 1, BYTES_OF(icv)),
			-EBADMSG);
		icv[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	for (size_t n = 0; n < 12; n++)
		assert_int_equal(
			mac_check(alg_word("sha1"), BYTES_OF(key), &part, 1, BYTES(icv, n)),
			-EBADMSG);
}

/* clang-format off */
UNIT_MAIN(T(the_icv_is_the_beginning_of_the_hmac, "A-060"),
	T(no_comparison_of_an_icv_ends_early, "A-193 F-015"),
	T(every_flipped_bit_and_every_cut_is_refused, "A-060!"))
