#include "crypto/sk.h"

#include <errno.h>
#include <string.h>

#include "base/mem.h"
#include "crypto/mac.h"
#include "unit/crypto/hex.h"
#include "unit/unit.h"

enum { HEAD = 32 };

static struct sk_keys keys(const char *encr, const char *integ)
{
	struct sk_keys k = { alg_word(encr), alg_word(integ), { 0 }, { 0 } };

	for (uint8_t i = 0; i < 32; i++)
		k.e[i] = i;
	memset(k.a, 0x0b, 32);
	return k;
}

/*
 * Made apart: openssl enc -aes-128-cbc -nopad -K 000102…0f -iv ff…ff of "perigee" 00*8 08,
 * behind the octets 00 … 1f, and the first 12 octets of HMAC-SHA1 (key 0b * 20) over all that.
 */
#define KNOWN                                                                                      \
	"000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"                         \
	"ffffffffffffffffffffffffffffffff27fea57ede5c754eb9bbbfe1209df52344241ecf"                 \
	"c73938dea23d6a53"

static void a_known_message_opens(void **state)
{
	struct sk_keys k = keys("aes128", "sha1");
	own_blob plain = { 0 };

	(void)state;
	assert_int_equal(sk_open(&k, hex(KNOWN), HEAD, &plain), 0);
	assert_int_equal(plain.n, 7);
	assert_memory_equal(plain.p, "perigee", 7);
}

static void every_cut_is_refused(void **state)
{
	struct sk_keys k = keys("aes128", "sha1");
	struct bytes msg = hex(KNOWN);
	own_blob plain = { 0 };

	(void)state;
	for (size_t cut = 0; cut < msg.n; cut++)
		assert_int_equal(sk_open(&k, BYTES(msg.p, cut), HEAD, &plain), -EBADMSG);
	assert_null(plain.p);
}

/* The ICV covers everything from the IKE header on. */
static void every_flipped_bit_is_refused(void **state)
{
	struct sk_keys k = keys("aes128", "sha1");
	struct bytes msg = hex(KNOWN);
	own_blob plain = { 0 };
	uint8_t bad[128];

	(void)state;
	for (size_t bit = 0; bit < msg.n * 8; bit++) {
		memcpy(bad, msg.p, msg.n);
		bad[bit / 8] ^= (uint8_t)(1 << bit % 8);
		assert_int_equal(sk_open(&k, BYTES(bad, msg.n), HEAD, &plain), -EBADMSG);
	}
}

static void a_round_trip_keeps_every_length(void **state)
{
	static const char *const sets[][2] = { { "aes128", "sha1" }, { "aes128", "sha256" },
		{ "aes256", "sha1" }, { "aes256", "sha256" } };
	uint8_t text[70], buf[HEAD + 16 + 80 + 16];

	(void)state;
	memset(text, 'x', sizeof(text));
	for (size_t n = 0; n <= sizeof(text); n++) {
		struct sk_keys k = keys(sets[n % 4][0], sets[n % 4][1]);
		own_blob plain = { 0 };
		size_t len = 0;

		memset(buf, 0x55, HEAD);
		assert_int_equal(sk_seal(&k, buf, HEAD, sizeof(buf), BYTES(text, n), &len), 0);
		assert_int_equal(len, HEAD + sk_size(&k, n));
		assert_int_equal(sk_open(&k, BYTES(buf, len), HEAD, &plain), 0);
		assert_true(bytes_eq(blob_view(&plain), BYTES(text, n)));
	}
}

static void two_seals_of_one_text_differ(void **state)
{
	struct sk_keys k = keys("aes128", "sha1");
	uint8_t a[96] = { 0 }, b[96] = { 0 };
	size_t len;

	(void)state;
	assert_int_equal(sk_seal(&k, a, HEAD, sizeof(a), BYTES("x", 1), &len), 0);
	assert_int_equal(sk_seal(&k, b, HEAD, sizeof(b), BYTES("x", 1), &len), 0);
	assert_memory_not_equal(a + HEAD, b + HEAD, 16);
}

static void too_little_room_is_told(void **state)
{
	struct sk_keys k = keys("aes128", "sha1");
	uint8_t buf[96] = { 0 };
	size_t len = 7;

	(void)state;
	assert_int_equal(
		sk_seal(&k, buf, HEAD, HEAD + sk_size(&k, 1) - 1, BYTES("x", 1), &len), -ENOSPC);
	assert_int_equal(sk_seal(&k, buf, HEAD, HEAD - 1, BYTES("x", 1), &len), -ENOSPC);
	assert_int_equal(len, 7);
}

/* A pad length that points before the plaintext (one block: 16 and more), under a good ICV. */
static void a_pad_length_past_the_data_is_refused(void **state)
{
	struct sk_keys k = keys("aes128", "sha1");
	uint8_t msg[128];
	own_blob plain = { 0 };

	(void)state;
	memcpy(msg, hex(KNOWN).p, 76);
	for (unsigned x = 1; x < 256; x++) {
		int r;

		msg[HEAD + 15] = (uint8_t)(0xff ^ x); /* flips the last octet of the plaintext */
		mac_make(k.integ, BYTES(k.a, 20), &BYTES(msg, 64), 1, msg + 64);
		r = sk_open(&k, BYTES(msg, 76), HEAD, &plain);
		assert_int_equal(r, (8 ^ x) < 16 ? 0 : -EPROTO);
	}
}

static void a_broken_block_is_refused(void **state)
{
	struct sk_keys k = keys("aes128", "sha1");
	uint8_t msg[128] = { 0 };
	own_blob plain = { 0 };

	(void)state;
	mac_make(k.integ, BYTES(k.a, 20), &BYTES(msg, 72), 1, msg + 72);
	assert_int_equal(sk_open(&k, BYTES(msg, 84), HEAD, &plain), -EPROTO);
}

/* clang-format off */
UNIT_MAIN(T(a_known_message_opens, "A-060"),
	T(every_cut_is_refused, "A-060!"),
	T(every_flipped_bit_is_refused, "A-060! A-061!"),
	T(a_round_trip_keeps_every_length, "A-060"),
	T(two_seals_of_one_text_differ, "A-060"),
	T(too_little_room_is_told, ""),
	T(a_pad_length_past_the_data_is_refused, "A-060!"),
	T(a_broken_block_is_refused, "A-060!"))
