#include "crypto/alg.h"

#include <stdio.h>
#include <string.h>

/* clang-format off */
static const struct alg algs[] = {
	{ ALG_ENCR, 12, 128, "AES_CBC", "aes128", 16, 16, "AES-128-CBC", "cbc(aes)", 0, 1, 1 },
	{ ALG_ENCR, 12, 256, "AES_CBC", "aes256", 32, 16, "AES-256-CBC", "cbc(aes)", 0, 1, 1 },
	{ ALG_INTEG, 2, 0, "HMAC_SHA1_96", "sha1", 20, 12, "SHA1", "hmac(sha1)", 96, 1, 1 },
	{ ALG_INTEG, 12, 0, "HMAC_SHA2_256_128", "sha256", 32, 16, "SHA2-256",
	  "hmac(sha256)", 128, 1, 1 },
	{ ALG_PRF, 2, 0, "PRF_HMAC_SHA1", "prfsha1", 20, 20, "SHA1", NULL, 0, 1, 0 },
	{ ALG_PRF, 5, 0, "PRF_HMAC_SHA2_256", "prfsha256", 32, 32, "SHA2-256", NULL, 0, 1, 0 },
	{ ALG_DH, 14, 0, "MODP_2048", "modp2048", 256, 0, "modp_2048", NULL, 0, 1, 1 },
	{ ALG_DH, 19, 0, "ECP_256", "ecp256", 64, 0, "P-256", NULL, 0, 1, 1 },
	{ ALG_DH, 31, 0, "CURVE_25519", "curve25519", 32, 0, "X25519", NULL, 0, 1, 1 },
	{ ALG_ESN, 0, 0, "NO_EXT_SEQ", "noesn", 0, 0, NULL, NULL, 0, 0, 1 },
	{ ALG_ESN, 1, 0, "EXT_SEQ", "esn", 0, 0, NULL, NULL, 0, 0, 0 },
};

static const struct {
	const char *alias, *word;
} aliases[] = {
	{ "aes", "aes128" },
	{ "sha", "sha1" },
	{ "sha2_256", "sha256" },
	{ "prfsha", "prfsha1" },
	{ "prfsha2_256", "prfsha256" },
	{ "x25519", "curve25519" },
};
/* clang-format on */

#define N_OF(table) (sizeof(table) / sizeof((table)[0]))

const struct alg *alg_find(enum alg_type type, uint16_t id, uint16_t key_bits)
{
	for (size_t i = 0; i < N_OF(algs); i++)
		if (algs[i].type == type && algs[i].id == id && algs[i].key_bits == key_bits)
			return &algs[i];
	return NULL;
}

const struct alg *alg_word(const char *word)
{
	for (size_t i = 0; i < N_OF(aliases); i++)
		if (!strcmp(aliases[i].alias, word))
			word = aliases[i].word;
	for (size_t i = 0; i < N_OF(algs); i++)
		if (!strcmp(algs[i].word, word))
			return &algs[i];
	return NULL;
}

const struct alg *alg_at(size_t i)
{
	return i < N_OF(algs) ? &algs[i] : NULL;
}

const struct alg *alg_prf_of(const struct alg *integ)
{
	for (size_t i = 0; i < N_OF(algs); i++)
		if (algs[i].type == ALG_PRF && !strcmp(algs[i].ossl, integ->ossl))
			return &algs[i];
	return NULL;
}

/* The page prints key lengths with a dash and the classic groups with the word BIT behind them. */
const char *alg_status_str(const struct alg *a)
{
	static char ring[8][48];
	static unsigned at;
	char *s = ring[at++ % N_OF(ring)];

	if (a->key_bits)
		snprintf(s, sizeof(ring[0]), "%s-%u", a->name, a->key_bits);
	else if (a->type == ALG_DH && a->id != 31)
		snprintf(s, sizeof(ring[0]), "%s_BIT", a->name);
	else
		snprintf(s, sizeof(ring[0]), "%s", a->name);
	return s;
}
