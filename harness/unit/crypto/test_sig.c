#include "crypto/sig.h"

#include <errno.h>
#include <openssl/bn.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <string.h>

#include "crypto/prf.h"
#include "unit/crypto/pki.h"
#include "unit/unit.h"

static const struct bytes text = { (const uint8_t *)"signed octets", 13 };

static struct key *load(enum pki_key which)
{
	struct key *k = NULL;

	assert_int_equal(key_load(pki_key_file(which, NULL), NULL, &k), 0);
	return k;
}

static void what_was_signed_verifies_and_nothing_else(void **state)
{
	own(cert) *c = pki_cert(pki_moon());
	own(key) *k = load(KEY_EE);
	own_blob sig = { 0 };

	(void)state;
	assert_int_equal(sig_sign(k, SIG_RSA_SHA1, text, &sig), 0);
	assert_int_equal(sig.n, 256);
	assert_int_equal(sig_verify(c, SIG_RSA_SHA1, text, blob_view(&sig)), 0);
	assert_int_equal(sig_verify(c, SIG_RSA_SHA1, BYTES(text.p, 12), blob_view(&sig)), -EBADMSG);
	for (size_t i = 0; i < sig.n; i += 5) {
		sig.p[i] ^= 1;
		assert_int_equal(sig_verify(c, SIG_RSA_SHA1, text, blob_view(&sig)), -EBADMSG);
		sig.p[i] ^= 1;
	}
	for (size_t cut = 0; cut < sig.n; cut += 7)
		assert_int_equal(sig_verify(c, SIG_RSA_SHA1, text, BYTES(sig.p, cut)), -EBADMSG);
}

static void a_key_fits_its_own_certificate_only(void **state)
{
	own(cert) *moon = pki_cert(pki_moon());
	own(cert) *root = pki_cert(pki_root());
	own(key) *k = load(KEY_EE);

	(void)state;
	assert_true(key_fits(k, moon));
	assert_false(key_fits(k, root));
}

/* A block that is signed as it is: what a forger of RFC 8017's padding would like to pass. */
static void sign_block(const uint8_t block[256], struct blob *out)
{
	FILE *f = fopen(pki_key_file(KEY_EE, NULL), "rb");
	EVP_PKEY *pkey = PEM_read_PrivateKey(f, NULL, NULL, NULL);
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, pkey, NULL);
	size_t n = 256;

	assert_int_equal(blob_alloc(out, n), 0);
	assert_int_equal(EVP_PKEY_sign_init(ctx), 1);
	assert_int_equal(EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_NO_PADDING), 1);
	assert_int_equal(EVP_PKEY_sign(ctx, out->p, &n, block, 256), 1);
	EVP_PKEY_CTX_free(ctx);
	EVP_PKEY_free(pkey);
	fclose(f);
}

static const uint8_t with_null[] = { 0x30, 0x21, 0x30, 0x09, 0x06, 0x05, 0x2b, 0x0e, 0x03, 0x02,
	0x1a, 0x05, 0x00, 0x04, 0x14 };

/* 00 01 ff…ff 00 DigestInfo hash, with `behind` octets of rubbish behind the hash. */
static int verify_info(struct bytes info, size_t behind, uint8_t type)
{
	own(cert) *c = pki_cert(pki_moon());
	own_blob sig = { 0 };
	uint8_t block[256] = { 0, type };
	size_t at = 256 - behind - 20 - info.n;

	memset(block + 2, 0xff, at - 3);
	block[at - 1] = 0;
	memcpy(block + at, info.p, info.n);
	assert_int_equal(hash_sha1(&text, 1, block + at + info.n), 0);
	sign_block(block, &sig);
	return sig_verify(c, SIG_RSA_SHA1, text, blob_view(&sig));
}

static int verify_block(size_t behind, uint8_t type)
{
	return verify_info(BYTES_OF(with_null), behind, type);
}

/* Rubbish may hide in the parameters too. */
static void digest_parameters_are_null_and_nothing_else(void **state)
{
	static const uint8_t absent[] = { 0x30, 0x1f, 0x30, 0x07, 0x06, 0x05, 0x2b, 0x0e, 0x03,
		0x02, 0x1a, 0x04, 0x14 };
	static const uint8_t octets[] = { 0x30, 0x25, 0x30, 0x0d, 0x06, 0x05, 0x2b, 0x0e, 0x03,
		0x02, 0x1a, 0x04, 0x04, 1, 2, 3, 4, 0x04, 0x14 };
	static const uint8_t full_null[] = { 0x30, 0x22, 0x30, 0x0a, 0x06, 0x05, 0x2b, 0x0e, 0x03,
		0x02, 0x1a, 0x05, 0x01, 0x00, 0x04, 0x14 };

	(void)state;
	assert_int_equal(verify_info(BYTES_OF(with_null), 0, 1), 0);
	assert_int_equal(verify_info(BYTES_OF(absent), 0, 1), -EBADMSG);
	assert_int_equal(verify_info(BYTES_OF(octets), 0, 1), -EBADMSG);
	assert_int_equal(verify_info(BYTES_OF(full_null), 0, 1), -EBADMSG);
}

/* F-015, row I61 of F.2. */
static void padding_is_exact_to_the_last_octet(void **state)
{
	(void)state;
	assert_int_equal(verify_block(0, 1), 0);
	assert_int_equal(verify_block(1, 1), -EBADMSG);
	assert_int_equal(verify_block(100, 1), -EBADMSG);
	assert_int_equal(verify_block(0, 2), -EBADMSG);
	assert_int_equal(verify_block(0, 0), -EBADMSG);
}

static void other_methods_are_refused(void **state)
{
	own(cert) *c = pki_cert(pki_moon());
	own(key) *k = load(KEY_EE);
	own_blob sig = { 0 };

	(void)state;
	assert_int_equal(sig_sign(k, (enum sig_method)2, text, &sig), -EINVAL);
	assert_int_equal(sig_sign(k, (enum sig_method)14, text, &sig), -EINVAL);
	assert_null(sig.p);
	assert_int_equal(sig_verify(c, (enum sig_method)2, text, text), -EINVAL);
}

static void an_encrypted_key_needs_its_passphrase(void **state)
{
	const char *path = pki_key_file(KEY_EE, "secret");
	own(key) *k = NULL;

	(void)state;
	assert_int_equal(key_load(path, NULL, &k), -ENOKEY);
	assert_int_equal(key_load(path, "wrong", &k), -EKEYREJECTED);
	assert_string_equal(key_file_str(-EKEYREJECTED), "the passphrase is wrong");
	assert_int_equal(key_load(path, "secret", &k), 0);
}

/* Each of these is met in the field, and none is told by an errno's text. */
static void why_a_file_is_no_key_is_said_in_words(void **state)
{
	static const struct {
		const char *text, *said;
	} rows[] = {
		{ "-----BEGIN OPENSSH PRIVATE KEY-----\nb3Bl\n-----END OPENSSH PRIVATE KEY-----\n",
			"a key of SSH" },
		{ "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n",
			"a public key or a certificate" },
		{ "hello\n", "no private key in PEM or DER" },
	};
	EVP_PKEY *ec = EVP_EC_gen("P-256");
	char *pem = NULL;
	size_t n = 0;
	FILE *f = open_memstream(&pem, &n);
	own(key) *k = NULL;

	(void)state;
	assert_int_equal(PEM_write_PrivateKey(f, ec, NULL, NULL, 0, NULL, NULL), 1);
	fclose(f);
	assert_non_null(strstr(
		key_file_str(key_load(pki_file(BYTES(pem, n)), NULL, &k)), "no RSA key of 2048"));
	free(pem);
	EVP_PKEY_free(ec);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_non_null(
			strstr(key_file_str(key_load(pki_file(BYTES_STR(rows[i].text)), NULL, &k)),
				rows[i].said));
	assert_non_null(strstr(cert_file_str(-EINVAL), "CA:TRUE"));
}

static void short_keys_and_no_keys_are_refused(void **state)
{
	struct pki weak = pki_moon();
	own(cert) *c = NULL;
	struct key *k = NULL;

	(void)state;
	assert_int_equal(key_load(pki_key_file(KEY_SHORT, NULL), NULL, &k), -EINVAL);
	assert_int_equal(key_load(pki_file(BYTES("no key", 6)), NULL, &k), -EBADMSG);
	assert_int_equal(key_load("/nowhere/key.pem", NULL, &k), -ENOENT);
	assert_null(k);
	key_free(NULL);
	weak.key = KEY_SHORT;
	c = pki_cert(weak);
	assert_int_equal(sig_verify(c, SIG_RSA_SHA1, text, text), -EINVAL);
}

/* clang-format off */
UNIT_MAIN(T(what_was_signed_verifies_and_nothing_else, "A-081"),
	T(a_key_fits_its_own_certificate_only, "A-083"),
	T(padding_is_exact_to_the_last_octet, "A-081! F-015!"),
	T(digest_parameters_are_null_and_nothing_else, "F-015!"),
	T(other_methods_are_refused, "A-081!"),
	T(an_encrypted_key_needs_its_passphrase, "A-256!"),
	T(why_a_file_is_no_key_is_said_in_words, "A-256"),
	T(short_keys_and_no_keys_are_refused, "A-083!"))
