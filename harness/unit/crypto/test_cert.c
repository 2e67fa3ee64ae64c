#include "crypto/x509.h"

#include <errno.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>

#include "unit/crypto/hex.h"
#include "unit/crypto/pki.h"
#include "unit/unit.h"

static bool has(const struct cert *c, const char *id)
{
	struct ident i = { 0 };
	bool found;

	assert_int_equal(ident_parse(id, &i), 0);
	found = cert_has_ident(c, &i);
	ident_free(&i);
	return found;
}

static void the_subject_prints_as_on_the_page(void **state)
{
	struct pki spec = pki_moon();
	own(cert) *c = NULL;
	struct ident id = { 0 };

	(void)state;
	spec.subject = "C=CH, O=Linux strongSwan, OU=Research, CN=carol@strongswan.org";
	c = pki_cert(spec);
	assert_string_equal(cert_subject(c), spec.subject);
	assert_false(cert_is_ca(c));
	cert_subject_ident(c, &id);
	assert_int_equal(id.type, ID_DN);
	assert_string_equal(ident_str(&id), spec.subject);
	ident_free(&id);
}

/* the identity must be in the certificate; its common name does not count. */
static void identities_are_those_of_san_and_subject(void **state)
{
	struct pki spec = pki_moon();
	own(cert) *c = NULL;

	(void)state;
	spec.san =
		"DNS:moon.strongswan.org,email:carol@strongswan.org,IP:2001:1::10,IP:192.168.0.1";
	c = pki_cert(spec);
	assert_true(has(c, "moon.strongswan.org"));
	assert_true(has(c, "MOON.strongswan.org"));
	assert_true(has(c, "carol@strongswan.org"));
	assert_true(has(c, "2001:1::10"));
	assert_true(has(c, "192.168.0.1"));
	assert_true(has(c, PKI_MOON));
	assert_false(has(c, "Carol@strongswan.org"));
	assert_false(has(c, "sun.strongswan.org"));
	assert_false(has(c, "email:moon.strongswan.org"));
	assert_false(has(c, "2001:1::11"));
	assert_false(has(c, PKI_ROOT));
}

static void the_common_name_is_no_host_name(void **state)
{
	struct pki spec = pki_moon();
	own(cert) *c = NULL;

	(void)state;
	spec.san = NULL;
	c = pki_cert(spec);
	assert_false(has(c, "moon.strongswan.org"));
	assert_true(has(c, PKI_MOON));
}

static void a_wildcard_in_a_certificate_admits_nobody(void **state)
{
	struct pki spec = pki_moon();
	own(cert) *c = NULL;

	(void)state;
	spec.san = "DNS:*.strongswan.org";
	c = pki_cert(spec);
	assert_false(has(c, "moon.strongswan.org"));
	assert_false(has(c, "@*.strongswan.org"));
	assert_false(has(c, "%any"));
}

static int parse_with_san(const char *der)
{
	struct pki spec = pki_moon();
	own_blob out = { 0 };
	own(cert) *c = NULL;

	spec.san = NULL;
	spec.raw_san = hex(der);
	pki_der(spec, &out);
	return cert_parse(blob_view(&out), &c);
}

/* "moon\0.evil": others would read "moon". */
static void an_octet_0_in_a_name_makes_the_certificate_unreadable(void **state)
{
	(void)state;
	assert_int_equal(parse_with_san("300c 820a 6d6f6f6e 2e 6576696c 31"), 0);
	assert_int_equal(parse_with_san("300c 820a 6d6f6f6e 00 6576696c 31"), -EBADMSG);
	assert_int_equal(parse_with_san("300c 810a 6d6f6f6e 00 6576696c 31"), -EBADMSG);
	assert_int_equal(parse_with_san("300c 820b 6d6f6f6e 2e 6576696c 31"), -EBADMSG);
	assert_int_equal(parse_with_san("3002 8200"), -EBADMSG);
}

static void every_cut_and_any_octet_behind_is_refused(void **state)
{
	own_blob der = { 0 };
	own(cert) *c = NULL;
	uint8_t longer[4096] = { 0 };

	(void)state;
	pki_der(pki_moon(), &der);
	for (size_t cut = 0; cut < der.n; cut++)
		assert_int_equal(cert_parse(BYTES(der.p, cut), &c), -EBADMSG);
	memcpy(longer, der.p, der.n);
	assert_int_equal(cert_parse(BYTES(longer, der.n + 1), &c), -EBADMSG);
	assert_int_equal(cert_parse(BYTES(longer, der.n), &c), 0);
}

static void more_than_16_kib_is_not_even_read(void **state)
{
	static uint8_t big[64 << 10];
	struct cert *c = NULL;

	(void)state;
	assert_int_equal(cert_parse(BYTES_OF(big), &c), -EBADMSG);
	assert_int_equal(cert_parse(BYTES_NONE, &c), -EBADMSG);
	assert_null(c);
}

static void files_may_be_der_or_pem(void **state)
{
	own_blob der = { 0 };
	own(cert) *c = NULL;
	struct cert *none = NULL;

	(void)state;
	pki_der(pki_moon(), &der);
	assert_int_equal(cert_load(pki_file(blob_view(&der)), &c), 0);
	assert_true(bytes_eq(cert_der(c), blob_view(&der)));
	assert_int_equal(cert_load(pki_file(BYTES("hello", 5)), &none), -EBADMSG);
	assert_int_equal(cert_load(pki_file(BYTES_NONE), &none), -EBADMSG);
	assert_int_equal(cert_load("/nowhere/cert.pem", &none), -ENOENT);
	assert_int_equal(cert_load("/tmp", &none), -EISDIR);
}

static void put_pem(FILE *f, const char *what, struct bytes der)
{
	char text[8192];

	assert_true(der.n * 4 / 3 + 4 < sizeof(text));
	EVP_EncodeBlock((uint8_t *)text, der.p, (int)der.n);
	fprintf(f, "text before\n-----BEGIN %s-----\n", what);
	for (const char *p = text; *p; p += strnlen(p, 64))
		fprintf(f, "%.64s\n", p);
	fprintf(f, "-----END %s-----\n", what);
}

/* n certificates, a parameter block between them. */
static const char *bundle(size_t n)
{
	char text[32 << 10];
	FILE *f = fmemopen(text, sizeof(text), "w");
	struct blob der = { 0 };
	long size;

	for (size_t i = 0; i < n; i++) {
		struct pki spec = i ? pki_root() : pki_moon();

		pki_der(spec, &der);
		put_pem(f, "CERTIFICATE", blob_view(&der));
		put_pem(f, "X9.42 DH PARAMETERS", BYTES("0123", 4));
	}
	blob_free(&der);
	size = ftell(f);
	fclose(f);
	return pki_file(BYTES(text, (size_t)size));
}

static void the_certificates_behind_the_first_are_bounded(void **state)
{
	static const size_t in_file[] = { 1, 2, 3, 4, 9 }, read[] = { 0, 1, 2, 3, 3 };
	struct cert *more[3];
	own_blob der = { 0 };
	size_t n = 7;

	(void)state;
	for (size_t i = 0; i < sizeof(read) / sizeof(read[0]); i++) {
		assert_int_equal(cert_load_more(bundle(in_file[i]), more, 3, &n), 0);
		assert_int_equal(n, read[i]);
		for (size_t k = 0; k < n; k++) {
			assert_string_equal(cert_subject(more[k]), PKI_ROOT);
			cert_free(more[k]);
		}
	}
	pki_der(pki_moon(), &der);
	assert_int_equal(cert_load_more(pki_file(blob_view(&der)), more, 3, &n), 0); /* DER */
	assert_int_equal(n, 0);
	assert_int_equal(cert_load_more("/nowhere/cert.pem", more, 3, &n), -ENOENT);
}

/* RFC 7296 section 3.7: SHA-1 over the whole SubjectPublicKeyInfo. */
static void the_key_digest_is_that_of_certreq(void **state)
{
	own(cert) *a = pki_cert(pki_root());
	own(cert) *b = pki_cert(pki_moon());
	struct pki same_key = pki_root();
	own(cert) *c = NULL;

	(void)state;
	same_key.subject = PKI_MOON;
	c = pki_cert(same_key);
	assert_memory_equal(cert_spki_sha1(a), cert_spki_sha1(c), 20);
	assert_memory_not_equal(cert_spki_sha1(a), cert_spki_sha1(b), 20);
	cert_free(NULL);
}

/* clang-format off */
UNIT_MAIN(T(the_subject_prints_as_on_the_page, "A-085"),
	T(identities_are_those_of_san_and_subject, "A-085"),
	T(the_common_name_is_no_host_name, "A-085!"),
	T(a_wildcard_in_a_certificate_admits_nobody, "A-086!"),
	T(an_octet_0_in_a_name_makes_the_certificate_unreadable, "A-086!"),
	T(every_cut_and_any_octet_behind_is_refused, "A-090!"),
	T(more_than_16_kib_is_not_even_read, ""),
	T(files_may_be_der_or_pem, "A-091"),
	T(the_certificates_behind_the_first_are_bounded, "A-089!"),
	T(the_key_digest_is_that_of_certreq, "A-088"))
