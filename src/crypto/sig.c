#include "crypto/sig.h"

#include <errno.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include "base/file.h"
#include "base/names.h"
#include "crypto/cert_int.h"
#include "crypto/ossl.h"
#include "crypto/prf.h"

enum { RSA_BITS_MIN = 2048, RSA_BITS_MAX = 16384 };

struct key {
	EVP_PKEY *pkey;
	EVP_PKEY_CTX *sign; /* prepared once: RSASSA-PKCS1-v1_5 with SHA-1 */
};

/* Never asks at a terminal: without a passphrase an encrypted key is an error. */
static int give_passphrase(char *buf, int cap, int writing, void *arg)
{
	const char *passphrase = arg;
	size_t n = passphrase ? strlen(passphrase) : 0;

	(void)writing;
	if (!n || n > (size_t)cap)
		return -1;
	memcpy(buf, passphrase, n);
	return (int)n;
}

/* What a file says of itself when it is no key that can be read. */
static const struct {
	const char *mark;
	int rc;
} marks[] = {
	{ "-----BEGIN OPENSSH PRIVATE KEY", -EPROTONOSUPPORT },
	{ "PuTTY-User-Key-File", -EPROTONOSUPPORT },
	{ "-----BEGIN CERTIFICATE", -EDOM },
	{ "-----BEGIN PUBLIC KEY", -EDOM },
	{ "ENCRYPTED", -EKEYREJECTED },
};

static int why_not(const char *text, const char *passphrase)
{
	for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++)
		if (strstr(text, marks[i].mark))
			return marks[i].rc != -EKEYREJECTED || passphrase ? marks[i].rc : -ENOKEY;
	return -EBADMSG;
}

const char *key_file_str(int rc)
{
	static const struct name words[] = {
		{ -EPROTONOSUPPORT,
			"it is a key of SSH; ssh-keygen -p -m PEM makes a PEM key of it" },
		{ -EDOM, "it holds a public key or a certificate, not the private key" },
		{ -EKEYREJECTED, "the passphrase is wrong" },
		{ -ENOKEY, "it is encrypted: expected its passphrase behind the name" },
		{ -EBADMSG, "it is no private key in PEM or DER" },
		{ -EINVAL, "it is no RSA key of 2048 to 16384 bits" },
	};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (words[i].value == rc)
			return words[i].name;
	return file_str(rc);
}

static EVP_PKEY *read_key(struct bytes text, const char *passphrase)
{
	char *arg = (char *)(uintptr_t)passphrase;
	BIO *bio = BIO_new_mem_buf(text.p, (int)text.n);
	EVP_PKEY *pkey = bio ? PEM_read_bio_PrivateKey(bio, NULL, give_passphrase, arg) : NULL;
	const uint8_t *der = text.p;

	if (!pkey)
		pkey = d2i_AutoPrivateKey(NULL, &der, (long)text.n);
	BIO_free(bio);
	ERR_clear_error();
	return pkey;
}

static bool is_rsa(const EVP_PKEY *pkey)
{
	return EVP_PKEY_get_base_id(pkey) == EVP_PKEY_RSA &&
		EVP_PKEY_get_bits(pkey) >= RSA_BITS_MIN && EVP_PKEY_get_bits(pkey) <= RSA_BITS_MAX;
}

static bool use_pkcs1_sha1(EVP_PKEY_CTX *ctx)
{
	return EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING) == 1 &&
		EVP_PKEY_CTX_set_signature_md(ctx, ossl_md("SHA1")) == 1;
}

static int prepare(struct key *k)
{
	k->sign = EVP_PKEY_CTX_new_from_pkey(NULL, k->pkey, NULL);
	return k->sign && EVP_PKEY_sign_init(k->sign) == 1 && use_pkcs1_sha1(k->sign) ? 0 : -EINVAL;
}

int key_load(const char *path, const char *passphrase, struct key **out)
{
	own_blob text = { 0 };
	own(key) *k = calloc(1, sizeof(*k));
	int r = k ? file_read(path, KEY_FILE_MAX, &text) : -ENOMEM;

	if (r < 0)
		return r;
	k->pkey = read_key(blob_view(&text), passphrase);
	if (!k->pkey)
		return why_not((const char *)text.p, passphrase);
	if (!is_rsa(k->pkey))
		return -EINVAL;
	r = prepare(k);
	if (r == 0)
		*out = take(k);
	return r;
}

void key_free(struct key *k)
{
	if (!k)
		return;
	EVP_PKEY_CTX_free(k->sign);
	EVP_PKEY_free(k->pkey); /* wipes what is private */
	free(k);
}

bool key_fits(const struct key *k, const struct cert *c)
{
	return EVP_PKEY_eq(k->pkey, X509_get0_pubkey(c->x)) == 1;
}

int sig_sign(const struct key *k, enum sig_method m, struct bytes data, struct blob *out)
{
	own_blob sig = { 0 };
	uint8_t digest[20];
	size_t n = (size_t)EVP_PKEY_get_size(k->pkey);
	int r;

	if (m != SIG_RSA_SHA1)
		return -EINVAL;
	r = hash_sha1(&data, 1, digest);
	if (r == 0)
		r = blob_alloc(&sig, n);
	if (r < 0)
		return r;
	if (EVP_PKEY_sign(k->sign, sig.p, &n, digest, sizeof(digest)) != 1 || n != sig.n)
		return -EINVAL;
	blob_free(out);
	*out = sig;
	sig = (struct blob){ 0 };
	return 0;
}

int sig_verify(const struct cert *c, enum sig_method m, struct bytes data, struct bytes sig)
{
	EVP_PKEY *pkey = X509_get0_pubkey(c->x);
	uint8_t digest[20];
	EVP_PKEY_CTX *ctx;
	bool good;

	if (m != SIG_RSA_SHA1 || !pkey || !is_rsa(pkey))
		return -EINVAL;
	if (sig.n != (size_t)EVP_PKEY_get_size(pkey)) /* RFC 8017 section 8.2.2, step 1 */
		return -EBADMSG;
	if (hash_sha1(&data, 1, digest) < 0)
		return -EINVAL;
	ctx = EVP_PKEY_CTX_new_from_pkey(NULL, pkey, NULL);
	good = ctx && EVP_PKEY_verify_init(ctx) == 1 && use_pkcs1_sha1(ctx) &&
		EVP_PKEY_verify(ctx, sig.p, sig.n, digest, sizeof(digest)) == 1;
	EVP_PKEY_CTX_free(ctx);
	ERR_clear_error();
	return good ? 0 : -EBADMSG;
}
