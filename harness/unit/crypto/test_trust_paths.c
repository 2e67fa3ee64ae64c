/*
 * Which path, which list, which certificate: CAs of one name, cross certificates, lists of part of
 * the truth, files of several objects, and what a connection asks for beyond a good path.
 */
#include <openssl/pem.h>

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "crypto/x509.h"
#include "unit/crypto/pki.h"
#include "unit/unit.h"

static struct trust trust_of(enum crl_policy policy)
{
	struct trust t = { .policy = policy };

	assert_int_equal(trust_init(&t), 0);
	return t;
}

static void add_ca(struct trust *t, struct pki spec)
{
	assert_int_equal(trust_add_ca(t, pki_cert(spec)), 0);
}

static void add_crl(struct trust *t, struct pki_crl spec)
{
	assert_int_equal(trust_add_crl(t, pki_crl_file(spec)), 0);
}

static enum trust_verdict check_want(struct trust *t, struct pki ee, const struct pki *more,
	size_t n, time_t at, const struct trust_want *want)
{
	own(cert) *c = pki_cert(ee);
	struct cert *certs[8];
	const struct cert *ca;
	enum trust_verdict v;

	for (size_t i = 0; i < n; i++)
		certs[i] = pki_cert(more[i]);
	v = trust_check_want(t, c, certs, n, PKI_NOW + at, want, &ca);
	for (size_t i = 0; i < n; i++)
		cert_free(certs[i]);
	return v;
}

static enum trust_verdict check(struct trust *t, struct pki ee)
{
	return check_want(t, ee, NULL, 0, 0, NULL);
}

/* The root's name with another key: a CA that was made anew. */
static struct pki twin(void)
{
	struct pki s = pki_root();

	s.key = s.signer = KEY_SUB;
	s.serial = 2;
	return s;
}

static struct pki moon_of_twin(void)
{
	struct pki s = pki_moon();

	s.signer = KEY_SUB;
	return s;
}

/* In every order, with either number higher. */
static void a_list_counts_for_the_key_that_signed_it(void **state)
{
	(void)state;
	for (int i = 0; i < 4; i++) {
		struct trust t = trust_of(CRL_STRICT);
		struct pki_crl old = { .revoked = 5, .reason = 1, .number = i & 1 ? 9 : 1 };
		struct pki_crl new = { .signer = KEY_SUB, .number = 5 };

		add_ca(&t, i & 2 ? twin() : pki_root());
		add_ca(&t, i & 2 ? pki_root() : twin());
		add_crl(&t, i & 2 ? old : new);
		add_crl(&t, i & 2 ? new : old);
		assert_int_equal(check(&t, pki_moon()), TRUST_REVOKED);
		assert_int_equal(check(&t, moon_of_twin()), TRUST_GOOD);
		trust_free(&t);
	}
}

static void without_the_twins_list_there_is_no_status(void **state)
{
	struct trust t = trust_of(CRL_STRICT);

	(void)state;
	add_ca(&t, pki_root());
	add_ca(&t, twin());
	add_crl(&t, (struct pki_crl){ .number = 9 });
	assert_int_equal(check(&t, pki_moon()), TRUST_GOOD);
	assert_int_equal(check(&t, moon_of_twin()), TRUST_NO_STATUS);
	trust_free(&t);
}

/* Delta and onlySomeReasons: what they revoke is revoked, but they prove nobody good. */
static void a_part_of_the_truth_revokes_and_proves_nothing(void **state)
{
	static const struct pki_crl parts[] = { { .critical = true },
		{ .scope = "critical,onlysomereasons:keyCompromise" } };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct trust t = trust_of(CRL_STRICT);
		struct pki_crl part = parts[i];

		add_ca(&t, pki_root());
		part.number = 7;
		add_crl(&t, part);
		assert_int_equal(check(&t, pki_moon()), TRUST_NO_STATUS);
		add_crl(&t, (struct pki_crl){ .number = 3 });
		assert_int_equal(check(&t, pki_moon()), TRUST_GOOD);
		part.number = 8, part.revoked = 5, part.reason = 1;
		add_crl(&t, part);
		assert_int_equal(check(&t, pki_moon()), TRUST_REVOKED);
		trust_free(&t);
	}
}

static void a_list_ends_at_its_second(void **state)
{
	struct trust t = trust_of(CRL_STRICT);

	(void)state;
	add_ca(&t, pki_root());
	add_crl(&t, (struct pki_crl){ .from = -60, .until = 100 });
	assert_int_equal(check_want(&t, pki_moon(), NULL, 0, 99, NULL), TRUST_GOOD);
	assert_int_equal(check_want(&t, pki_moon(), NULL, 0, 100, NULL), TRUST_NO_STATUS);
	trust_free(&t);
}

/* A newer list that is not valid yet does not take back what it says. */
static void a_list_of_tomorrow_revokes_today(void **state)
{
	struct trust t = trust_of(CRL_SOFT);

	(void)state;
	add_ca(&t, pki_root());
	add_crl(&t,
		(struct pki_crl){
			.number = 2, .revoked = 5, .reason = 1, .from = 60, .until = 600 });
	assert_int_equal(check(&t, pki_moon()), TRUST_REVOKED);
	trust_free(&t);
}

/* In either order of the files. */
static void an_expired_twin_does_not_hide_the_renewed_ca(void **state)
{
	struct pki old = pki_root();

	(void)state;
	old.from = -7200, old.until = -60, old.serial = 9;
	for (int i = 0; i < 2; i++) {
		struct trust t = trust_of(CRL_SOFT);

		add_ca(&t, i ? old : pki_root());
		add_ca(&t, i ? pki_root() : old);
		assert_int_equal(check(&t, pki_moon()), TRUST_GOOD);
		trust_free(&t);
	}
}

#define SUB_CA "C=CH, O=Linux strongSwan, CN=Research CA"

static struct pki sub_ca(const char *issuer, enum pki_key signer)
{
	struct pki s = pki_root();

	s.subject = SUB_CA;
	s.key = KEY_SUB;
	s.issuer = issuer;
	s.signer = signer;
	s.serial = 77;
	return s;
}

static struct pki moon_of_sub(void)
{
	struct pki s = pki_moon();

	s.issuer = SUB_CA;
	s.signer = KEY_SUB;
	return s;
}

/* The peer sends the intermediate twice: certified by a CA that nobody here knows, and by ours. */
static void a_cross_certificate_is_found(void **state)
{
	struct pki more[] = { sub_ca("C=CH, CN=unknown", KEY_SUB), sub_ca(NULL, KEY_CA) };
	struct pki back[] = { more[1], more[0] };
	struct trust t = trust_of(CRL_SOFT);

	(void)state;
	add_ca(&t, pki_root());
	assert_int_equal(check_want(&t, moon_of_sub(), more, 2, 0, NULL), TRUST_GOOD);
	assert_int_equal(check_want(&t, moon_of_sub(), back, 2, 0, NULL), TRUST_GOOD);
	assert_int_equal(check_want(&t, moon_of_sub(), more, 1, 0, NULL), TRUST_NO_CA);
	trust_free(&t);
}

static void the_ca_that_is_asked_for_must_be_in_the_path(void **state)
{
	static const struct {
		const char *dn;
		enum trust_verdict verdict;
	} rows[] = { { PKI_ROOT, TRUST_GOOD }, { SUB_CA, TRUST_GOOD },
		{ "C=CH, CN=another", TRUST_OTHER_CA }, { PKI_MOON, TRUST_OTHER_CA } };
	struct pki sub = sub_ca(NULL, KEY_CA);
	struct trust t = trust_of(CRL_SOFT);

	(void)state;
	add_ca(&t, pki_root());
	for (size_t i = 0; i < 4; i++) {
		struct ident dn = { 0 };
		struct trust_want want = { .through = &dn };

		assert_int_equal(ident_parse(rows[i].dn, &dn), 0);
		assert_int_equal(check_want(&t, moon_of_sub(), &sub, 1, 0, &want), rows[i].verdict);
		ident_free(&dn);
	}
	trust_free(&t);
}

static void a_pinned_certificate_is_the_only_one_and_needs_no_ca(void **state)
{
	struct pki alone = pki_moon(), other = pki_moon();
	struct trust t = trust_of(CRL_SOFT);
	struct trust_want want = { 0 };
	own(cert) *pin = NULL;

	(void)state;
	alone.issuer = PKI_MOON; /* as one that it signed itself: no CA of ours has that name */
	pin = pki_cert(alone);
	want.pinned = pin;
	assert_int_equal(check(&t, alone), TRUST_NO_CA);
	assert_int_equal(check_want(&t, alone, NULL, 0, 0, &want), TRUST_GOOD);
	assert_int_equal(check_want(&t, alone, NULL, 0, 90000, &want), TRUST_EXPIRED);
	add_ca(&t, pki_root());
	other.serial = 6;
	assert_int_equal(check(&t, other), TRUST_GOOD);
	assert_int_equal(check_want(&t, other, NULL, 0, 0, &want), TRUST_NOT_PINNED);
	t.policy = CRL_STRICT;
	assert_int_equal(check_want(&t, alone, NULL, 0, 0, &want), TRUST_NO_STATUS);
	trust_free(&t);
}

/* PEM, each block as `what`; cut: the last one lacks its end. */
static const char *pem_file(const char *const *what, const struct blob *der, size_t n)
{
	char *text = NULL;
	size_t size = 0;
	FILE *f = open_memstream(&text, &size);
	const char *name;

	for (size_t i = 0; i < n; i++)
		PEM_write(f, what[i], "", der[i].p, (long)der[i].n);
	fclose(f);
	name = pki_file(BYTES(text, size));
	free(text);
	return name;
}

static void every_list_of_a_file_counts(void **state)
{
	static const char *const what[] = { "X509 CRL", "X509 CRL", "X509 CRL" };
	struct blob der[3] = { 0 };
	struct trust t = trust_of(CRL_STRICT);

	(void)state;
	add_ca(&t, pki_root());
	add_ca(&t, twin());
	pki_crl_der((struct pki_crl){ .number = 1 }, &der[0]);
	assert_int_equal(blob_set(&der[1], BYTES("rubbish", 7)), 0);
	pki_crl_der((struct pki_crl){ .number = 1, .signer = KEY_SUB, .revoked = 5 }, &der[2]);
	assert_int_equal(trust_add_crl(&t, pem_file(what, der, 3)), -EBADMSG);
	assert_int_equal(check(&t, pki_moon()), TRUST_GOOD);
	assert_int_equal(check(&t, moon_of_twin()), TRUST_REVOKED);
	for (size_t i = 0; i < 3; i++)
		blob_free(&der[i]);
	trust_free(&t);
}

static int count_ca(void *arg, struct cert *c)
{
	unsigned *n = arg;

	++*n;
	cert_free(c);
	return 0;
}

static void every_certificate_of_a_file_counts(void **state)
{
	static const char *const what[] = { "CERTIFICATE", "X509 CRL", "CERTIFICATE",
		"CERTIFICATE" };
	struct blob der[4] = { 0 };
	unsigned n = 0;

	(void)state;
	pki_der(pki_root(), &der[0]);
	pki_crl_der((struct pki_crl){ .number = 1 }, &der[1]);
	assert_int_equal(blob_set(&der[2], BYTES("rubbish", 7)), 0);
	pki_der(twin(), &der[3]);
	assert_int_equal(cert_load_each(pem_file(what, der, 4), count_ca, &n), -EBADMSG);
	assert_int_equal(n, 2);
	for (size_t i = 0; i < 4; i++)
		blob_free(&der[i]);
}

/* The damaged text: how many of its three certificates are found, and the word. */
static unsigned found_in(const char *text, size_t n, int *r, const char **name)
{
	unsigned found = 0;

	*name = pki_file(BYTES(text, n));
	*r = cert_load_each(*name, count_ca, &found);
	return found;
}

static void try_text(const char *text, size_t n, const char *how, unsigned line)
{
	const char *name;
	int r;
	unsigned found = found_in(text, n, &r, &name);
	struct cert *c = NULL;

	if (found < 2 || (found < 3 && r >= 0))
		fail_msg("line %u %s: %u found, %d", line, how, found, r);
	if (r == -EPROTO && !cert_file_line(name))
		fail_msg("line %u %s: told of no line", line, how);
	if (r == -EPROTO && cert_load(name, &c) != -EPROTO)
		fail_msg("line %u %s: one is loaded as the first", line, how);
	cert_free(c);
	unlink(name);
}

/* Without the line, without its end, its beginning, with another octet, and cut there. */
static void damage_line(const char *text, size_t n, size_t at, size_t len, unsigned line)
{
	size_t step = len / 32 * 3 + 1;
	char *out = malloc(n + 8);

	assert_non_null(out);
	memcpy(out, text, at);
	memcpy(out + at, text + at + len, n - at - len);
	try_text(out, n - len, "is out", line);
	for (size_t i = 0; i + 1 < len; i += step) {
		memcpy(out, text, at + i);
		memcpy(out + at + i, text + at + i + 1, n - at - i - 1);
		try_text(out, n - 1, "lacks an octet", line);
		memcpy(out, text, n);
		out[at + i] = text[at + i] == 'x' ? 'y' : 'x';
		try_text(out, n, "has another octet", line);
		out[at + i] ^= 0x80;
		try_text(out, n, "has an odd octet", line);
	}
	free(out);
}

static void damage_to_a_line_is_told_or_every_object_counts(void **state)
{
	static const char *const what[] = { "CERTIFICATE", "CERTIFICATE", "CERTIFICATE" };
	struct blob der[3] = { 0 }, text = { 0 };
	unsigned line = 0;

	(void)state;
	pki_der(pki_root(), &der[0]);
	pki_der(twin(), &der[1]);
	pki_der(sub_ca(NULL, KEY_CA), &der[2]);
	assert_int_equal(file_read(pem_file(what, der, 3), 1 << 20, &text), 0);
	for (size_t at = 0, len; at < text.n; at += len) {
		const uint8_t *stop = memchr(text.p + at, '\n', text.n - at);

		len = (size_t)(stop - (text.p + at)) + 1;
		damage_line((const char *)text.p, text.n, at, len, ++line);
	}
	for (size_t i = 0; i < 3; i++)
		blob_free(&der[i]);
	blob_free(&text);
}

/* As `openssl x509 -text` and pkcs12 write it. */
static void text_around_objects_is_none_of_them(void **state)
{
	static const char *const lines[] = { "Issuer: O = TREND-VENDOR, CN = BEGINNER-CA\n",
		"subject=/C=CH/O=LEGEND-A/CN=END\n", "# --- the old one ---\n", "\r\n",
		"    X509v3 Key Usage: BEGIN and END - critical\n" };
	enum { N = sizeof(lines) / sizeof(lines[0]) };
	struct blob der = { 0 }, object = { 0 };
	char text[1 << 15];
	const char *name;
	size_t n = 0;
	int r;

	(void)state;
	pki_der(pki_root(), &der);
	assert_int_equal(file_read(pem_file((const char *const[]){ "CERTIFICATE" }, &der, 1),
				 1 << 20, &object),
		0);
	for (size_t i = 0; i < N; i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n, "%s%.*s%s", lines[i],
			(int)object.n, (const char *)object.p, lines[i]);
	assert_int_equal(found_in(text, n, &r, &name), N);
	assert_int_equal(r, 0);
	unlink(name);
	blob_free(&object);
	blob_free(&der);
}

/* OpenSSL goes on to the next dash, and the list behind it is lost. */
static void a_list_without_its_end_hides_none_behind_it(void **state)
{
	static const char *const what[] = { "X509 CRL", "X509 CRL" };
	struct blob der[2] = { 0 }, text = { 0 };
	struct trust t = trust_of(CRL_SOFT);
	const char *name;
	char *end;

	(void)state;
	add_ca(&t, pki_root());
	pki_crl_der((struct pki_crl){ .number = 1 }, &der[0]);
	pki_crl_der((struct pki_crl){ .number = 2, .revoked = 5 }, &der[1]);
	assert_int_equal(file_read(pem_file(what, der, 2), 1 << 20, &text), 0);
	end = strstr((char *)text.p, "-----END");
	memset(end, ' ', strcspn(end, "\n"));
	name = pki_file(blob_view(&text));
	assert_int_equal(trust_add_crl(&t, name), -EPROTO);
	assert_int_equal(cert_file_line(name), 1);
	assert_int_equal(check(&t, pki_moon()), TRUST_REVOKED);
	for (size_t i = 0; i < 2; i++)
		blob_free(&der[i]);
	blob_free(&text);
	trust_free(&t);
}

UNIT_MAIN(T(a_list_counts_for_the_key_that_signed_it, "A-250"),
	T(without_the_twins_list_there_is_no_status, "A-250"),
	T(a_part_of_the_truth_revokes_and_proves_nothing, "A-251"),
	T(a_list_ends_at_its_second, "A-092"), T(a_list_of_tomorrow_revokes_today, "A-092"),
	T(an_expired_twin_does_not_hide_the_renewed_ca, "A-252"),
	T(a_cross_certificate_is_found, "A-252"),
	T(the_ca_that_is_asked_for_must_be_in_the_path, "A-254"),
	T(a_pinned_certificate_is_the_only_one_and_needs_no_ca, "A-255"),
	T(every_list_of_a_file_counts, "A-253"), T(every_certificate_of_a_file_counts, "A-253"),
	T(damage_to_a_line_is_told_or_every_object_counts, "A-264"),
	T(text_around_objects_is_none_of_them, "A-264"),
	T(a_list_without_its_end_hides_none_behind_it, "A-264"))
