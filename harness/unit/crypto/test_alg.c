#include "crypto/alg.h"

#include "unit/unit.h"

static void the_pages_transforms_are_found_by_number(void **state)
{
	(void)state;
	assert_string_equal(alg_find(ALG_ENCR, 12, 128)->word, "aes128");
	assert_string_equal(alg_find(ALG_INTEG, 2, 0)->name, "HMAC_SHA1_96");
	assert_string_equal(alg_find(ALG_PRF, 2, 0)->name, "PRF_HMAC_SHA1");
	assert_string_equal(alg_find(ALG_DH, 14, 0)->name, "MODP_2048");
	assert_int_equal(alg_find(ALG_DH, 14, 0)->key_len, 256);
}

static void a_cipher_without_its_key_length_is_unknown(void **state)
{
	(void)state;
	assert_null(alg_find(ALG_ENCR, 12, 0));
	assert_null(alg_find(ALG_ENCR, 12, 64));
	assert_null(alg_find(ALG_INTEG, 2, 128));
}

static void forbidden_transforms_are_unknown(void **state)
{
	static const struct {
		enum alg_type type;
		uint16_t id;
	} weak[] = { { ALG_ENCR, 1 }, { ALG_ENCR, 2 }, { ALG_ENCR, 11 }, { ALG_INTEG, 1 },
		{ ALG_INTEG, 0 }, { ALG_PRF, 1 }, { ALG_DH, 1 }, { ALG_DH, 2 }, { ALG_DH, 5 },
		{ ALG_DH, 22 }, { ALG_DH, 23 }, { ALG_DH, 24 } };

	(void)state;
	for (size_t i = 0; i < sizeof(weak) / sizeof(weak[0]); i++)
		assert_null(alg_find(weak[i].type, weak[i].id, 0));
}

static void words_and_their_aliases_give_the_same_row(void **state)
{
	(void)state;
	assert_ptr_equal(alg_word("sha"), alg_word("sha1"));
	assert_ptr_equal(alg_word("sha2_256"), alg_word("sha256"));
	assert_ptr_equal(alg_word("x25519"), alg_word("curve25519"));
	assert_ptr_equal(alg_word("aes"), alg_find(ALG_ENCR, 12, 128));
	assert_ptr_equal(alg_word("modp2048"), alg_find(ALG_DH, 14, 0));
	assert_null(alg_word("md5"));
	assert_null(alg_word(""));
}

static void the_prf_follows_the_integrity_algorithm(void **state)
{
	(void)state;
	assert_ptr_equal(alg_prf_of(alg_word("sha1")), alg_word("prfsha1"));
	assert_ptr_equal(alg_prf_of(alg_word("sha256")), alg_word("prfsha256"));
}

static void extended_sequence_numbers_are_known_and_not_allowed(void **state)
{
	(void)state;
	assert_true(alg_word("noesn")->esp);
	assert_false(alg_word("esn")->esp);
}

static void statusall_prints_the_pages_words(void **state)
{
	char line[128];

	(void)state;
	snprintf(line, sizeof(line), "%s/%s/%s/%s", alg_status_str(alg_word("aes128")),
		alg_status_str(alg_word("sha1")), alg_status_str(alg_word("prfsha1")),
		alg_status_str(alg_word("modp2048")));
	assert_string_equal(line, "AES_CBC-128/HMAC_SHA1_96/PRF_HMAC_SHA1/MODP_2048_BIT");
	assert_string_equal(alg_status_str(alg_word("curve25519")), "CURVE_25519");
}

/* clang-format off */
UNIT_MAIN(T(the_pages_transforms_are_found_by_number, ""),
	T(a_cipher_without_its_key_length_is_unknown, "A-041!"),
	T(forbidden_transforms_are_unknown, "A-190!"),
	T(words_and_their_aliases_give_the_same_row, ""),
	T(the_prf_follows_the_integrity_algorithm, ""),
	T(extended_sequence_numbers_are_known_and_not_allowed, ""),
	T(statusall_prints_the_pages_words, ""))
