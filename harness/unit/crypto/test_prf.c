#include "crypto/prf.h"

#include <errno.h>
#include <string.h>

#include "unit/crypto/hex.h"
#include "unit/unit.h"

/* RFC 2202 and RFC 4231, test case 1: HMAC(0b * 20, "Hi There"). */
static void known_hmac_values_come_out(void **state)
{
	static const uint8_t key[20] = { [0 ... 19] = 0x0b };
	struct bytes parts[] = { BYTES("Hi ", 3), BYTES_NONE, BYTES("There", 5) };
	uint8_t out[PRF_MAX];

	(void)state;
	assert_int_equal(prf(alg_word("prfsha1"), BYTES_OF(key), parts, 3, out), 0);
	assert_memory_equal(out, hex("b617318655057264e28bc0b6fb378c8ef146be00").p, 20);
	assert_int_equal(prf(alg_word("prfsha256"), BYTES_OF(key), parts, 3, out), 0);
	assert_memory_equal(out,
		hex("b0344c61d8db38535ca8afceaf0bf12b"
		    "881dc200c9833da726e9376c2e32cff7")
			.p,
		32);
}

/*
 * The values are those of this Python:
 *	def plus(h, k, s, n, t=b"", o=b"", i=1):
 *	    while len(o) < n: t = hmac.new(k, t + s + bytes([i]), h).digest(); o += t; i += 1
 *	    return o[:n]
 *	plus("sha1", b"key", b"seed", 50); plus("sha256", b"key", b"seed", 70)
 */
static void the_expansion_is_that_of_the_rfc(void **state)
{
	struct bytes key = BYTES("key", 3), seed = BYTES("seed", 4);
	uint8_t out[70];

	(void)state;
	assert_int_equal(prf_plus(alg_word("prfsha1"), key, seed, out, 50), 0);
	assert_memory_equal(out,
		hex("0a4dd4d286ae93c5e1d24f24f3756216b533dd67ad15d19cef25f483bcc5"
		    "300fd5487404a2c5000664d807a67dba048c69ac")
			.p,
		50);
	assert_int_equal(prf_plus(alg_word("prfsha256"), key, seed, out, 70), 0);
	assert_memory_equal(out,
		hex("a2392e429a99b173341b368bb5ce320bfd483d89567c14ec187c2d77e3c0"
		    "a208ba45d21d42611712996c0cd4b329ac8681e093a8a5bbbbf0fb8c9d1c"
		    "f674f7423fe3d2fbd664")
			.p,
		70);
}

static void an_expansion_past_255_blocks_is_refused(void **state)
{
	static uint8_t out[255 * 20 + 1];

	(void)state;
	assert_int_equal(
		prf_plus(alg_word("prfsha1"), BYTES_NONE, BYTES("s", 1), out, 255 * 20), 0);
	assert_int_equal(prf_plus(alg_word("prfsha1"), BYTES_NONE, BYTES("s", 1), out, sizeof(out)),
		-EINVAL);
	for (size_t i = 0; i < sizeof(out); i++)
		assert_int_equal(out[i], 0);
}

/* FIPS 180: "abc". */
static void plain_digests_are_the_standards(void **state)
{
	struct bytes parts[] = { BYTES("a", 1), BYTES("bc", 2) };
	uint8_t out[32];

	(void)state;
	assert_int_equal(hash_sha1(parts, 2, out), 0);
	assert_memory_equal(out, hex("a9993e364706816aba3e25717850c26c9cd0d89d").p, 20);
	assert_int_equal(hash_sha256(parts, 2, out), 0);
	assert_memory_equal(
		out, hex("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad").p, 32);
}

/* clang-format off */
UNIT_MAIN(T(known_hmac_values_come_out, "A-052"),
	T(the_expansion_is_that_of_the_rfc, "A-052"),
	T(an_expansion_past_255_blocks_is_refused, "A-052!"),
	T(plain_digests_are_the_standards, ""))
