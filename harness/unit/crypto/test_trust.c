#include "crypto/x509.h"

#include <errno.h>
#include <string.h>

#include "unit/crypto/pki.h"
#include "unit/unit.h"

static char told[4096];

static void tell(void *arg, int level, const char *line)
{
	size_t n = strlen(told);

	(void)arg;
	(void)level;
	snprintf(told + n, sizeof(told) - n, "%s\n", line);
}

static struct trust trust_of(enum crl_policy policy, const char *crl)
{
	struct trust t = { .policy = policy, .story = tell };

	assert_int_equal(trust_init(&t), 0);
	assert_int_equal(trust_add_ca(&t, pki_cert(pki_root())), 0);
	if (crl)
		assert_int_equal(trust_add_crl(&t, crl), 0);
	told[0] = '\0';
	return t;
}

static enum trust_verdict check_chain(
	struct trust *t, struct pki ee, const struct pki *chain, size_t n)
{
	struct cert *certs[16];
	struct cert *c = pki_cert(ee);
	const struct cert *ca;
	enum trust_verdict v;

	for (size_t i = 0; i < n; i++)
		certs[i] = pki_cert(chain[i]);
	v = trust_check(t, c, certs, n, PKI_NOW, &ca);
	if (v == TRUST_GOOD)
		assert_non_null(ca);
	for (size_t i = 0; i < n; i++)
		cert_free(certs[i]);
	cert_free(c);
	return v;
}

static enum trust_verdict check(struct trust *t, struct pki ee)
{
	return check_chain(t, ee, NULL, 0);
}

/* Spec E.6 rows 35 and 36: the page's lines in the page's order. */
static void a_good_certificate_is_told_as_on_the_page(void **state)
{
	struct trust t = trust_of(CRL_STRICT, pki_crl_file((struct pki_crl){ .until = 2075100 }));

	(void)state;
	setenv("TZ", "UTC", 1);
	assert_int_equal(check(&t, pki_moon()), TRUST_GOOD);
	assert_string_equal(told,
		"using certificate \"" PKI_MOON "\"\n"
		"using trusted ca certificate \"" PKI_ROOT "\"\n"
		"checking certificate status of \"" PKI_MOON "\"\n"
		"using trusted certificate \"" PKI_ROOT "\"\n"
		"crl correctly signed by \"" PKI_ROOT "\"\n"
		"crl is valid: until Dec 13 07:58:20 2008\n"
		"using cached crl\n"
		"certificate status is good\n");
	trust_free(&t);
}

static void a_revoked_certificate_is_refused_whatever_the_policy(void **state)
{
	struct pki_crl crl = { .revoked = 5, .reason = 1 };
	enum crl_policy policies[] = { CRL_SOFT, CRL_STRICT, CRL_IFURI };

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct trust t = trust_of(policies[i], pki_crl_file(crl));

		assert_int_equal(check(&t, pki_moon()), TRUST_REVOKED);
		assert_non_null(strstr(told, "certificate was revoked on Nov 19 "));
		assert_non_null(strstr(told, "2008, reason: key compromise\n"));
		trust_free(&t);
	}
	crl.until = -60;
	crl.from = -7200;
	{
		struct trust t = trust_of(CRL_SOFT, pki_crl_file(crl));

		assert_int_equal(
			check(&t, pki_moon()), TRUST_REVOKED); /* a stale list, but a fact */
		trust_free(&t);
	}
}

static void without_a_valid_crl_only_a_strict_policy_refuses(void **state)
{
	struct pki_crl bad[] = {
		{ .from = -7200, .until = -60 }, /* stale */
		{ .from = 60, .until = 7200 }, /* not yet */
		{ .md = "SHA1" },
		{ .issuer = "C=CH, CN=another" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]) + 1; i++) {
		for (enum crl_policy p = CRL_SOFT; p <= CRL_IFURI; p++) {
			struct trust t = trust_of(p, NULL);
			struct pki moon = pki_moon();

			if (i < sizeof(bad) / sizeof(bad[0]))
				trust_add_crl(&t, pki_crl_file(bad[i]));
			assert_int_equal(
				check(&t, moon), p == CRL_STRICT ? TRUST_NO_STATUS : TRUST_GOOD);
			assert_non_null(strstr(told, "certificate status is not available\n"));
			moon.crl_points = "URI:http://crl.strongswan.org/strongswan.crl";
			assert_int_equal(
				check(&t, moon), p == CRL_SOFT ? TRUST_GOOD : TRUST_NO_STATUS);
			trust_free(&t);
		}
	}
}

static void a_stale_crl_is_told(void **state)
{
	struct trust t =
		trust_of(CRL_STRICT, pki_crl_file((struct pki_crl){ .from = -7200, .until = -60 }));

	(void)state;
	assert_int_equal(check(&t, pki_moon()), TRUST_NO_STATUS);
	assert_non_null(strstr(told, "crl is stale: since Nov 19 "));
	trust_free(&t);
}

static void the_highest_crl_number_wins(void **state)
{
	struct trust t = trust_of(CRL_STRICT,
		pki_crl_file((struct pki_crl){ .number = 2, .revoked = 5, .reason = -1 }));
	time_t from, until;
	size_t n = 9;

	(void)state;
	assert_int_equal(trust_add_crl(&t, pki_crl_file((struct pki_crl){ .number = 1 })), 0);
	assert_int_equal(check(&t, pki_moon()), TRUST_REVOKED);
	assert_non_null(strstr(told, "reason: unspecified"));
	assert_int_equal(trust_crl_info(&t, trust_ca(&t, 0), &from, &until, &n), 0);
	assert_int_equal(n, 1);
	assert_int_equal(trust_add_crl(&t, pki_crl_file((struct pki_crl){ .number = 3 })), 0);
	assert_int_equal(check(&t, pki_moon()), TRUST_GOOD);
	assert_int_equal(trust_crl_info(&t, trust_ca(&t, 0), &from, &until, &n), 0);
	assert_int_equal(n, 0);
	assert_int_equal(until, PKI_NOW + 3600);
	trust_free(&t);
}

/* Signed by somebody else in the CA's name: it must not push out the good one. */
static void a_forged_crl_is_not_taken(void **state)
{
	struct trust t =
		trust_of(CRL_STRICT, pki_crl_file((struct pki_crl){ .number = 1, .revoked = 5 }));

	(void)state;
	assert_int_equal(
		trust_add_crl(&t, pki_crl_file((struct pki_crl){ .number = 9, .signer = KEY_SUB })),
		-EBADMSG);
	assert_int_equal(check(&t, pki_moon()), TRUST_REVOKED);
	assert_int_equal(trust_add_crl(&t, pki_file(BYTES("x", 1))), -EBADMSG);
	assert_int_equal(trust_add_crl(&t, "/nowhere/x.crl"), -ENOENT);
	trust_free(&t);
}

static void time_bounds_are_kept(void **state)
{
	struct trust t = trust_of(CRL_SOFT, NULL);
	struct pki moon = pki_moon();

	(void)state;
	moon.from = 10, moon.until = 100;
	assert_int_equal(check(&t, moon), TRUST_NOT_YET);
	moon.from = -100, moon.until = -1;
	assert_int_equal(check(&t, moon), TRUST_EXPIRED);
	assert_non_null(strstr(told, "is not valid now (valid from Nov 19 "));
	moon.from = -100, moon.until = 2000000000; /* beyond 2038 */
	assert_int_equal(check(&t, moon), TRUST_GOOD);
	trust_free(&t);
}

static void an_unknown_or_lying_issuer_is_refused(void **state)
{
	struct trust t = trust_of(CRL_SOFT, NULL);
	struct pki moon = pki_moon();

	(void)state;
	moon.issuer = "C=CH, CN=another CA";
	assert_int_equal(check(&t, moon), TRUST_NO_CA);
	moon = pki_moon();
	moon.signer = KEY_SUB;
	assert_int_equal(check(&t, moon), TRUST_BAD_SIG);
	moon.issuer = PKI_MOON; /* signed by itself */
	assert_int_equal(check(&t, moon), TRUST_NO_CA);
	trust_free(&t);
}

/* F-012. */
static void unfit_certificates_are_refused(void **state)
{
	struct trust t = trust_of(CRL_SOFT, NULL);
	struct pki bad[6];
	static const char *const why[] = { "unknown critical extension", "shorter than 2048 bits",
		"uses SHA-1", "uses MD5", "must not sign", "" };

	(void)state;
	for (size_t i = 0; i < 6; i++)
		bad[i] = pki_moon();
	bad[0].odd_critical = true;
	bad[1].key = KEY_SHORT;
	bad[2].md = "SHA1";
	bad[3].md = "MD5";
	bad[4].usage = "critical,keyEncipherment";
	for (size_t i = 0; i < 5; i++) {
		told[0] = '\0';
		assert_int_equal(check(&t, bad[i]), TRUST_BAD_CERT);
		assert_non_null(strstr(told, why[i]));
	}
	bad[5].usage = "critical,nonRepudiation";
	assert_int_equal(check(&t, bad[5]), TRUST_GOOD);
	trust_free(&t);
}

#define SUB_CA "C=CH, O=Linux strongSwan, CN=Research CA"

static struct pki sub_ca(void)
{
	struct pki s = pki_root();

	s.subject = SUB_CA;
	s.key = KEY_SUB;
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

static void an_intermediate_of_the_peer_completes_the_path(void **state)
{
	struct trust t = trust_of(CRL_SOFT, NULL);
	struct pki sub = sub_ca();

	(void)state;
	assert_int_equal(check(&t, moon_of_sub()), TRUST_NO_CA);
	assert_int_equal(check_chain(&t, moon_of_sub(), &sub, 1), TRUST_GOOD);
	assert_non_null(strstr(told, "using untrusted intermediate certificate \"" SUB_CA "\""));
	assert_int_equal(
		trust_add_crl(&t, pki_crl_file((struct pki_crl){ .revoked = 77, .reason = -1 })),
		0);
	assert_int_equal(check_chain(&t, moon_of_sub(), &sub, 1), TRUST_REVOKED);
	trust_free(&t);
}

static void an_intermediate_must_be_a_ca_within_its_limits(void **state)
{
	struct trust t = trust_of(CRL_SOFT, NULL);
	struct pki moon = moon_of_sub(), sub = sub_ca();

	(void)state;
	sub.ca = NULL;
	assert_int_equal(check_chain(&t, moon, &sub, 1), TRUST_BAD_CERT);
	sub = sub_ca();
	sub.usage = "critical,digitalSignature";
	assert_int_equal(check_chain(&t, moon, &sub, 1), TRUST_BAD_CERT);
	sub = sub_ca();
	sub.md = "SHA1";
	assert_int_equal(check_chain(&t, moon, &sub, 1), TRUST_BAD_CERT);
	sub = sub_ca();
	sub.from = -100, sub.until = -1;
	assert_int_equal(check_chain(&t, moon, &sub, 1), TRUST_EXPIRED);
	sub = sub_ca();
	sub.constraints = "critical,permitted;DNS:example.org";
	assert_int_equal(check_chain(&t, moon, &sub, 1), TRUST_BAD_CERT);
	sub.constraints = "critical,permitted;DNS:strongswan.org";
	assert_int_equal(check_chain(&t, moon, &sub, 1), TRUST_GOOD);
	trust_free(&t);
}

static void a_path_length_is_kept(void **state)
{
	struct trust t = { .policy = CRL_SOFT };
	struct pki root = pki_root(), sub = sub_ca();

	(void)state;
	root.ca = "critical,CA:TRUE,pathlen:0";
	assert_int_equal(trust_init(&t), 0);
	assert_int_equal(trust_add_ca(&t, pki_cert(root)), 0);
	assert_int_equal(check(&t, pki_moon()), TRUST_GOOD);
	assert_int_equal(check_chain(&t, moon_of_sub(), &sub, 1), TRUST_BAD_CERT);
	trust_free(&t);
}

/* Row I59 of F.2: A issued B, B issued A. */
static void a_loop_of_issuers_ends(void **state)
{
	struct trust t = trust_of(CRL_SOFT, NULL);
	struct pki loop[2] = { sub_ca(), sub_ca() };

	(void)state;
	loop[0].issuer = "C=CH, CN=b";
	loop[0].signer = KEY_CA;
	loop[1].subject = "C=CH, CN=b";
	loop[1].key = KEY_CA;
	loop[1].issuer = SUB_CA;
	loop[1].signer = KEY_SUB;
	assert_int_equal(check_chain(&t, moon_of_sub(), loop, 2), TRUST_NO_CA);
	trust_free(&t);
}

static void a_path_of_more_than_eight_certificates_is_too_long(void **state)
{
	struct trust t = trust_of(CRL_SOFT, NULL);
	static char names[10][32];
	struct pki moon = pki_moon(), chain[9];

	(void)state;
	for (size_t i = 0; i < 10; i++)
		snprintf(names[i], sizeof(names[i]), "C=CH, CN=step %zu", i);
	moon.issuer = names[0];
	for (size_t i = 0; i < 9; i++) {
		chain[i] = pki_root();
		chain[i].subject = names[i];
		chain[i].issuer = i == 8 ? PKI_ROOT : names[i + 1];
	}
	assert_int_equal(check_chain(&t, moon, chain, 9), TRUST_NO_CA);
	chain[5].issuer = PKI_ROOT;
	assert_int_equal(check_chain(&t, moon, chain, 9), TRUST_GOOD);
	trust_free(&t);
}

/* root <- a <- b <- moon, and a foreign certificate of b's name. */
static void the_way_to_the_root_is_found_without_the_root(void **state)
{
	struct trust t = trust_of(CRL_SOFT, NULL);
	struct pki a = pki_root(), b = pki_root(), foreign, moon = pki_moon();
	struct cert *more[3], *ee;
	const struct cert *found[4];

	(void)state;
	a.subject = "CN=a";
	a.key = KEY_SUB;
	a.signer = KEY_CA;
	b.subject = "CN=b";
	b.issuer = "CN=a";
	b.key = KEY_EE;
	b.signer = KEY_SUB;
	foreign = b;
	foreign.key = KEY_CA;
	moon.issuer = "CN=b";
	moon.signer = KEY_SUB;
	more[0] = pki_cert(foreign);
	more[1] = pki_cert(b);
	more[2] = pki_cert(a);
	ee = pki_cert(moon);
	assert_int_equal(trust_between(&t, ee, more, 3, found, 4), 0); /* b's key did not sign */
	cert_free(ee);
	moon.issuer = "CN=a";
	ee = pki_cert(moon);
	assert_int_equal(trust_between(&t, ee, more, 3, found, 4), 1);
	assert_ptr_equal(found[0], more[2]);
	assert_int_equal(trust_between(&t, ee, more, 3, found, 0), 0);
	assert_int_equal(trust_between(&t, more[1], more, 3, found, 4), 1);
	assert_int_equal(trust_between(&t, more[2], more, 3, found, 4), 0); /* the root is next */
	cert_free(ee);
	for (size_t i = 0; i < 3; i++)
		cert_free(more[i]);
	trust_free(&t);
}

static void only_a_ca_can_be_trusted(void **state)
{
	struct trust t = trust_of(CRL_SOFT, NULL);
	own(cert) *moon = pki_cert(pki_moon());
	time_t from, until;
	size_t n;

	(void)state;
	assert_int_equal(trust_add_ca(&t, moon), -EINVAL);
	assert_int_equal(trust_n_ca(&t), 1);
	assert_ptr_equal(trust_ca_by_spki(&t, cert_spki_sha1(trust_ca(&t, 0))), trust_ca(&t, 0));
	assert_null(trust_ca_by_spki(&t, cert_spki_sha1(moon)));
	assert_null(trust_ca(&t, 1));
	assert_int_equal(trust_crl_info(&t, trust_ca(&t, 0), &from, &until, &n), -ENOENT);
	assert_string_equal(trust_str(TRUST_REVOKED), "revoked");
	trust_free(&t);
	trust_free(NULL);
}

/* clang-format off */
UNIT_MAIN(T(a_good_certificate_is_told_as_on_the_page, "A-090 A-092"),
	T(a_revoked_certificate_is_refused_whatever_the_policy, "A-092!"),
	T(without_a_valid_crl_only_a_strict_policy_refuses, "A-092!"),
	T(a_stale_crl_is_told, "A-092"),
	T(the_highest_crl_number_wins, "A-092"),
	T(a_forged_crl_is_not_taken, "A-092!"),
	T(time_bounds_are_kept, "A-090"),
	T(an_unknown_or_lying_issuer_is_refused, "A-090! A-091!"),
	T(unfit_certificates_are_refused, "A-090!"),
	T(an_intermediate_of_the_peer_completes_the_path, "A-090"),
	T(an_intermediate_must_be_a_ca_within_its_limits, "A-090! F-016!"),
	T(a_path_length_is_kept, "A-090"),
	T(a_loop_of_issuers_ends, "A-090 F-016"),
	T(a_path_of_more_than_eight_certificates_is_too_long, "A-090!"),
	T(the_way_to_the_root_is_found_without_the_root, "A-089"),
	T(only_a_ca_can_be_trusted, "A-088! A-091!"))
