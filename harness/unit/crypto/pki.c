#include "unit/crypto/pki.h"

#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "crypto/dn.h"

#define must(x)                                                                                    \
	do {                                                                                       \
		if (!(x))                                                                          \
			abort();                                                                   \
	} while (0)

static EVP_PKEY *key_of(enum pki_key which)
{
	static EVP_PKEY *keys[N_PKI_KEYS];

	if (!keys[which])
		keys[which] = EVP_RSA_gen(which == KEY_SHORT ? 1024 : 2048);
	must(keys[which]);
	return keys[which];
}

static EVP_PKEY *signer_of(enum pki_key which)
{
	return key_of(which == KEY_EE ? KEY_CA : which);
}

struct pki pki_root(void)
{
	return (struct pki){ .subject = PKI_ROOT,
		.key = KEY_CA,
		.ca = "critical,CA:TRUE",
		.usage = "critical,keyCertSign,cRLSign" };
}

struct pki pki_moon(void)
{
	return (struct pki){ .subject = PKI_MOON, .san = "DNS:moon.strongswan.org", .serial = 5 };
}

static X509_NAME *name_of(const char *text)
{
	struct blob der = { 0 };
	const uint8_t *p;
	X509_NAME *name;

	must(dn_parse(text, &der) == 0);
	p = der.p;
	name = d2i_X509_NAME(NULL, &p, (long)der.n);
	must(name);
	blob_free(&der);
	return name;
}

static void put_name(X509 *x, const char *text, int (*set)(X509 *, const X509_NAME *))
{
	X509_NAME *name = name_of(text);

	must(set(x, name) == 1);
	X509_NAME_free(name);
}

static void put_ext(X509 *x, int nid, const char *value)
{
	X509V3_CTX ctx;
	X509_EXTENSION *e;

	if (!value)
		return;
	X509V3_set_ctx(&ctx, x, x, NULL, NULL, 0);
	e = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
	must(e && X509_add_ext(x, e, -1) == 1);
	X509_EXTENSION_free(e);
}

static X509_EXTENSION *raw_ext(const char *oid, bool critical, struct bytes value)
{
	ASN1_OCTET_STRING *s = ASN1_OCTET_STRING_new();
	ASN1_OBJECT *o = OBJ_txt2obj(oid, 1);
	X509_EXTENSION *e;

	must(s && o && ASN1_OCTET_STRING_set(s, value.p, (int)value.n) == 1);
	e = X509_EXTENSION_create_by_OBJ(NULL, o, critical, s);
	must(e);
	ASN1_OBJECT_free(o);
	ASN1_OCTET_STRING_free(s);
	return e;
}

static void put_raw(X509 *x, const char *oid, bool critical, struct bytes value)
{
	X509_EXTENSION *e = raw_ext(oid, critical, value);

	must(X509_add_ext(x, e, -1) == 1);
	X509_EXTENSION_free(e);
}

static const EVP_MD *md_of(const char *name)
{
	return EVP_get_digestbyname(name ? name : "SHA256");
}

void pki_der(struct pki s, struct blob *out)
{
	X509 *x = X509_new();
	uint8_t *der = NULL;
	int n;

	must(x && X509_set_version(x, X509_VERSION_3));
	ASN1_INTEGER_set(X509_get_serialNumber(x), s.serial ? s.serial : 1);
	put_name(x, s.subject, X509_set_subject_name);
	put_name(x, s.issuer ? s.issuer : PKI_ROOT, X509_set_issuer_name);
	ASN1_TIME_set(X509_getm_notBefore(x), PKI_NOW + (s.from || s.until ? s.from : -86400));
	ASN1_TIME_set(X509_getm_notAfter(x), PKI_NOW + (s.from || s.until ? s.until : 86400));
	must(X509_set_pubkey(x, key_of(s.key)) == 1);
	put_ext(x, NID_basic_constraints, s.ca);
	put_ext(x, NID_key_usage, s.usage);
	put_ext(x, NID_subject_alt_name, s.san);
	put_ext(x, NID_name_constraints, s.constraints);
	put_ext(x, NID_crl_distribution_points, s.crl_points);
	put_ext(x, NID_ext_key_usage, s.eku);
	if (s.raw_san.n)
		put_raw(x, "2.5.29.17", false, s.raw_san);
	if (s.odd_critical)
		put_raw(x, "1.3.6.1.4.1.99999.1", true, BYTES("\x05\x00", 2));
	must(X509_sign(x, signer_of(s.signer), md_of(s.md)) > 0);
	n = i2d_X509(x, &der);
	must(n > 0 && blob_set(out, BYTES(der, (size_t)n)) == 0);
	OPENSSL_free(der);
	X509_free(x);
}

struct cert *pki_cert(struct pki spec)
{
	own_blob der = { 0 };
	struct cert *c = NULL;

	pki_der(spec, &der);
	must(cert_parse(blob_view(&der), &c) == 0);
	return c;
}

static void put_revoked(X509_CRL *x, long serial, int reason)
{
	X509_REVOKED *r = X509_REVOKED_new();
	ASN1_INTEGER *n = ASN1_INTEGER_new();
	ASN1_TIME *when = ASN1_TIME_set(NULL, PKI_NOW - 3600);
	ASN1_ENUMERATED *why = ASN1_ENUMERATED_new();

	must(r && n && when && why && ASN1_INTEGER_set(n, serial) == 1);
	must(X509_REVOKED_set_serialNumber(r, n) == 1 &&
		X509_REVOKED_set_revocationDate(r, when) == 1);
	if (reason >= 0) {
		must(ASN1_ENUMERATED_set(why, reason) == 1);
		must(X509_REVOKED_add1_ext_i2d(r, NID_crl_reason, why, 0, 0) == 1);
	}
	must(X509_CRL_add0_revoked(x, r) == 1);
	ASN1_INTEGER_free(n);
	ASN1_TIME_free(when);
	ASN1_ENUMERATED_free(why);
}

void pki_crl_der(struct pki_crl s, struct blob *out)
{
	X509_CRL *x = X509_CRL_new();
	X509_NAME *issuer = name_of(s.issuer ? s.issuer : PKI_ROOT);
	ASN1_TIME *from = ASN1_TIME_set(NULL, PKI_NOW + (s.from || s.until ? s.from : -60));
	ASN1_TIME *until = ASN1_TIME_set(NULL, PKI_NOW + (s.from || s.until ? s.until : 3600));
	ASN1_INTEGER *number = ASN1_INTEGER_new();
	uint8_t *der = NULL;
	int n;

	must(x && X509_CRL_set_version(x, X509_CRL_VERSION_2) == 1);
	must(X509_CRL_set_issuer_name(x, issuer) == 1 && X509_CRL_set1_lastUpdate(x, from) == 1);
	must(X509_CRL_set1_nextUpdate(x, until) == 1 && ASN1_INTEGER_set(number, s.number) == 1);
	if (s.number)
		must(X509_CRL_add1_ext_i2d(x, NID_crl_number, number, 0, 0) == 1);
	if (s.critical) {
		X509_EXTENSION *e = raw_ext("2.5.29.27", true, BYTES("\x02\x01\x01", 3));

		must(X509_CRL_add_ext(x, e, -1) == 1);
		X509_EXTENSION_free(e);
	}
	if (s.scope) {
		X509_EXTENSION *e =
			X509V3_EXT_conf_nid(NULL, NULL, NID_issuing_distribution_point, s.scope);

		must(e && X509_CRL_add_ext(x, e, -1) == 1);
		X509_EXTENSION_free(e);
	}
	if (s.revoked)
		put_revoked(x, s.revoked, s.reason);
	must(X509_CRL_sort(x) == 1 && X509_CRL_sign(x, signer_of(s.signer), md_of(s.md)) > 0);
	n = i2d_X509_CRL(x, &der);
	must(n > 0 && blob_set(out, BYTES(der, (size_t)n)) == 0);
	OPENSSL_free(der);
	X509_CRL_free(x);
	X509_NAME_free(issuer);
	ASN1_TIME_free(from);
	ASN1_TIME_free(until);
	ASN1_INTEGER_free(number);
}

/* Files are gone when the test ends: their folder is removed at exit. */
static char folder[64];

static void remove_folder(void)
{
	char command[96];

	snprintf(command, sizeof(command), "rm -rf %s", folder);
	must(system(command) == 0);
}

static const char *new_name(void)
{
	static char ring[8][96];
	static unsigned n;
	char *name = ring[n % 8];

	if (!folder[0]) {
		snprintf(folder, sizeof(folder), "/tmp/pki.XXXXXX");
		must(mkdtemp(folder));
		atexit(remove_folder);
	}
	snprintf(name, sizeof(ring[0]), "%s/%u", folder, n++);
	return name;
}

const char *pki_file(struct bytes content)
{
	const char *name = new_name();
	FILE *f = fopen(name, "wb");

	must(f && (!content.n || fwrite(content.p, 1, content.n, f) == content.n) &&
		fclose(f) == 0);
	return name;
}

const char *pki_crl_file(struct pki_crl spec)
{
	own_blob der = { 0 };

	pki_crl_der(spec, &der);
	return pki_file(blob_view(&der));
}

const char *pki_key_file(enum pki_key key, const char *passphrase)
{
	const char *name = new_name();
	FILE *f = fopen(name, "wb");

	must(f &&
		PEM_write_PKCS8PrivateKey(f, key_of(key), passphrase ? EVP_aes_128_cbc() : NULL,
			passphrase, passphrase ? (int)strlen(passphrase) : 0, NULL, NULL) == 1);
	must(fclose(f) == 0);
	return name;
}
