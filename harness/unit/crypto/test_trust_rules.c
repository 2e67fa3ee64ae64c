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

static struct trust trust_of(enum crl_policy policy, struct trust_rules rules)
{
	struct trust t = { .policy = policy, .rules = rules, .story = tell };

	assert_int_equal(trust_init(&t), 0);
	assert_int_equal(trust_add_ca(&t, pki_cert(pki_root())), 0);
	return t;
}

static enum trust_verdict check_at(struct trust *t, struct pki ee, const struct pki *sub, long at)
{
	own(cert) *c = pki_cert(ee);
	own(cert) *more = sub ? pki_cert(*sub) : NULL;
	const struct cert *ca;

	told[0] = '\0';
	return trust_check(t, c, &more, sub ? 1 : 0, PKI_NOW + at, &ca);
}

static enum trust_verdict check(struct trust *t, struct pki ee)
{
	own(cert) *c = pki_cert(ee);
	const struct cert *ca;

	told[0] = '\0';
	return trust_check(t, c, NULL, 0, PKI_NOW, &ca);
}

static enum trust_verdict under(struct trust_rules rules, struct pki ee)
{
	struct trust t = trust_of(CRL_SOFT, rules);
	enum trust_verdict v = check(&t, ee);

	trust_free(&t);
	return v;
}

static void each_weakness_is_taken_by_its_own_rule_only(void **state)
{
	static const struct trust_rules rules[3] = { { .short_rsa = true }, { .md5 = true },
		{ .sha1 = true } };
	struct pki weak[3] = { pki_moon(), pki_moon(), pki_moon() };

	(void)state;
	weak[0].key = KEY_SHORT;
	weak[1].md = "MD5";
	weak[2].md = "SHA1";
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(under((struct trust_rules){ 0 }, weak[i]), TRUST_BAD_CERT);
		for (size_t k = 0; k < 3; k++)
			assert_int_equal(
				under(rules[k], weak[i]), k == i ? TRUST_GOOD : TRUST_BAD_CERT);
		under(rules[i], weak[i]);
		assert_non_null(
			strstr(told, "warning: certificate \"" PKI_MOON "\" is taken although"));
	}
}

static void clocks_may_differ_by_the_skew(void **state)
{
	struct pki early = pki_moon(), late = pki_moon();

	(void)state;
	early.from = 60, early.until = 3600;
	late.from = -3600, late.until = -60;
	assert_int_equal(under((struct trust_rules){ .skew_s = 59 }, early), TRUST_NOT_YET);
	assert_int_equal(under((struct trust_rules){ .skew_s = 60 }, early), TRUST_GOOD);
	assert_int_equal(under((struct trust_rules){ .skew_s = 59 }, late), TRUST_EXPIRED);
	assert_int_equal(under((struct trust_rules){ .skew_s = 60 }, late), TRUST_GOOD);
}

static void the_skew_holds_for_crls_too(void **state)
{
	struct pki_crl stale = { .from = -3600, .until = -60 };

	(void)state;
	for (uint32_t skew = 60; skew <= 61; skew++) {
		struct trust t = trust_of(CRL_STRICT, (struct trust_rules){ .skew_s = skew });

		assert_int_equal(trust_add_crl(&t, pki_crl_file(stale)), 0);
		assert_int_equal(check(&t, pki_moon()), skew == 61 ? TRUST_GOOD : TRUST_NO_STATUS);
		trust_free(&t);
	}
}

/* RFC 4945 section 5.1.3.12 */
static void an_extended_key_usage_must_allow_ike(void **state)
{
	static const struct {
		const char *eku;
		enum trust_verdict lenient, strict;
	} cases[] = {
		{ NULL, TRUST_GOOD, TRUST_GOOD },
		{ "1.3.6.1.5.5.7.3.17", TRUST_GOOD, TRUST_GOOD },
		{ "codeSigning,1.3.6.1.5.5.7.3.17", TRUST_GOOD, TRUST_GOOD },
		{ "anyExtendedKeyUsage", TRUST_GOOD, TRUST_GOOD },
		{ "serverAuth", TRUST_GOOD, TRUST_BAD_CERT },
		{ "critical,clientAuth", TRUST_GOOD, TRUST_BAD_CERT },
		{ "codeSigning", TRUST_BAD_CERT, TRUST_BAD_CERT },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct pki moon = pki_moon();

		moon.eku = cases[i].eku;
		assert_int_equal(under((struct trust_rules){ 0 }, moon), cases[i].lenient);
		assert_int_equal(
			under((struct trust_rules){ .strict_eku = true }, moon), cases[i].strict);
	}
}

#define HERE "URI:http://ca.example/here.crl"
#define THERE "URI:http://ca.example/there.crl"

/* RFC 4945 section 5.1.3.13: the list of another point must not stand in for the certificate's. */
static void a_crl_counts_for_the_points_that_it_is_of(void **state)
{
	static const struct {
		const char *scope, *points;
		enum trust_verdict v;
	} cases[] = {
		{ NULL, NULL, TRUST_GOOD },
		{ NULL, HERE, TRUST_GOOD },
		{ "critical,fullname:" HERE, HERE, TRUST_GOOD },
		{ "critical,fullname:" HERE, THERE "," HERE, TRUST_GOOD },
		{ "critical,fullname:" HERE, THERE, TRUST_NO_STATUS },
		{ "critical,fullname:" HERE, NULL, TRUST_NO_STATUS },
		{ "critical,onlyuser:TRUE", NULL, TRUST_GOOD },
		{ "critical,onlyCA:TRUE", NULL, TRUST_NO_STATUS },
		{ "fullname:" HERE, THERE, TRUST_NO_STATUS },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct trust t = trust_of(CRL_STRICT, (struct trust_rules){ 0 });
		struct pki moon = pki_moon();

		moon.crl_points = cases[i].points;
		assert_int_equal(trust_add_crl(&t,
					 pki_crl_file((struct pki_crl){ .scope = cases[i].scope })),
			0);
		assert_int_equal(check(&t, moon), cases[i].v);
		assert_int_equal(!strstr(told, "is for other distribution points"),
			cases[i].v == TRUST_GOOD);
		trust_free(&t);
	}
}

static void a_newer_crl_replaces_only_the_one_of_its_point(void **state)
{
	struct pki_crl here = { .scope = "critical,fullname:" HERE, .number = 1, .revoked = 5 };
	struct pki_crl there = { .scope = "critical,fullname:" THERE, .number = 9 };
	struct trust t = trust_of(CRL_STRICT, (struct trust_rules){ 0 });
	struct pki moon = pki_moon();

	(void)state;
	moon.crl_points = HERE;
	assert_int_equal(trust_add_crl(&t, pki_crl_file(here)), 0);
	assert_int_equal(trust_add_crl(&t, pki_crl_file(there)), 0);
	assert_int_equal(check(&t, moon), TRUST_REVOKED);
	moon.crl_points = THERE;
	assert_int_equal(check(&t, moon), TRUST_GOOD);
	trust_free(&t);
}

static void lists_of_others_are_not_for_us(void **state)
{
	static const char *const scopes[] = { "critical,indirectCRL:TRUE", "critical,onlyAA:TRUE" };

	(void)state;
	for (size_t i = 0; i < sizeof(scopes) / sizeof(scopes[0]); i++) {
		struct trust t = trust_of(CRL_SOFT, (struct trust_rules){ 0 });

		assert_int_equal(
			trust_add_crl(&t, pki_crl_file((struct pki_crl){ .scope = scopes[i] })),
			-EBADMSG);
		trust_free(&t);
	}
}

enum { HOUR = 3600, DAY = 24 * HOUR };
static const long year = 365L * DAY;

/* A signed 32-bit clock ends 29 years after the page, in January 2038. */
static void times_beyond_2038_are_kept(void **state)
{
	struct trust t = { .policy = CRL_SOFT, .story = tell };
	struct pki root = pki_root(), moon = pki_moon();

	(void)state;
	root.until = moon.until = 45 * year;
	root.from = moon.from = -DAY;
	assert_int_equal(trust_init(&t), 0);
	assert_int_equal(trust_add_ca(&t, pki_cert(root)), 0);
	assert_int_equal(check_at(&t, moon, NULL, 0), TRUST_GOOD);
	assert_int_equal(check_at(&t, moon, NULL, 44 * year), TRUST_GOOD);
	assert_int_equal(check_at(&t, moon, NULL, 46 * year), TRUST_EXPIRED);
	moon.from = 40 * year;
	assert_int_equal(check_at(&t, moon, NULL, 0), TRUST_NOT_YET);
	assert_int_equal(check_at(&t, moon, NULL, 41 * year), TRUST_GOOD);
	trust_free(&t);
}

/* Signed by itself is signed by nobody: also with the name of our root. */
static void a_ca_that_the_peer_brings_is_no_anchor(void **state)
{
	struct trust t = trust_of(CRL_SOFT, (struct trust_rules){ 0 });
	struct pki own = pki_root(), moon = pki_moon();

	(void)state;
	own.key = own.signer = moon.signer = KEY_SUB;
	assert_int_equal(check_at(&t, moon, &own, 0), TRUST_BAD_SIG);
	own.subject = own.issuer = moon.issuer = "C=CH, O=Elsewhere, CN=A CA of mine";
	assert_int_equal(check_at(&t, moon, &own, 0), TRUST_NO_CA);
	moon.issuer = moon.subject; /* the end entity itself */
	moon.signer = moon.key = KEY_SUB;
	assert_int_equal(check_at(&t, moon, NULL, 0), TRUST_NO_CA);
	trust_free(&t);
}

/* A revocation is of one number: not of another that has the same low bits or no sign. */
static void serial_numbers_have_their_full_size(void **state)
{
	static const long numbers[] = { 5 + (1L << 32), 5 + (1L << 56), -5 };
	struct trust t = trust_of(CRL_STRICT, (struct trust_rules){ 0 });
	struct pki moon = pki_moon();

	(void)state;
	assert_int_equal(
		trust_add_crl(&t, pki_crl_file((struct pki_crl){ .revoked = 5, .reason = -1 })), 0);
	assert_int_equal(check(&t, moon), TRUST_REVOKED);
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		moon.serial = numbers[i];
		assert_int_equal(check(&t, moon), TRUST_GOOD);
	}
	trust_free(&t);
}

UNIT_MAIN(T(times_beyond_2038_are_kept, "F-016! A-090!"),
	T(a_ca_that_the_peer_brings_is_no_anchor, "F-016! A-091!"),
	T(serial_numbers_have_their_full_size, "F-016 A-092!"),
	T(each_weakness_is_taken_by_its_own_rule_only, "A-095!"),
	T(clocks_may_differ_by_the_skew, "A-090"), T(the_skew_holds_for_crls_too, "A-092!"),
	T(an_extended_key_usage_must_allow_ike, "A-090!"),
	T(a_crl_counts_for_the_points_that_it_is_of, "A-090 A-092"),
	T(a_newer_crl_replaces_only_the_one_of_its_point, "A-092!"),
	T(lists_of_others_are_not_for_us, "A-092!"))
