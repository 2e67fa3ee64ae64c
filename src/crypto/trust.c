/* RFC 5280 section 6 in the shape that IKE needs: one end entity, few intermediates, own anchors.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <openssl/err.h>

#include "base/names.h"
#include "crypto/trust_int.h"
#include "crypto/x509.h"

enum { STORY_MAX = 1400 };

/* What one judgement works on: the path from the end entity up. */
struct path {
	struct trust *trust;
	time_t now;
	const struct trust_want *want;
	struct cert *const *chain; /* what the peer sent */
	size_t n_chain;
	const struct cert *certs[TRUST_PATH_MAX];
	size_t n;
	unsigned budget; /* signatures that may still be looked at */
};

__attribute__((format(printf, 2, 3))) static void story(const struct trust *t, const char *fmt, ...)
{
	char line[STORY_MAX];
	va_list ap;

	if (!t->story)
		return;
	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	t->story(t->arg, 1, line);
}

/* "Dec 13 07:58:20 2008" */
static const char *time_str(time_t t)
{
	static char ring[4][32];
	static unsigned at;
	char *s = ring[at++ % 4];
	struct tm tm;

	if (!localtime_r(&t, &tm) || !strftime(s, sizeof(ring[0]), "%b %d %H:%M:%S %Y", &tm))
		snprintf(s, sizeof(ring[0]), "(no time)");
	return s;
}

static bool issued(const struct cert *issuer, const struct cert *c)
{
	bool good = X509_verify(c->x, X509_get0_pubkey(issuer->x)) == 1;

	ERR_clear_error();
	return good;
}

static bool in_path(const struct path *p, const struct cert *c)
{
	for (size_t i = 0; i < p->n; i++)
		if (bytes_eq(cert_der(p->certs[i]), cert_der(c)))
			return true;
	return false;
}

/* The first of the list with the issuer's name whose key made the signature; *named: one had the
 * name. */
static const struct cert *issuer_among(
	const struct path *p, struct cert *const *list, size_t n, bool *named)
{
	const struct cert *c = p->certs[p->n - 1];

	for (size_t i = 0; i < n; i++) {
		if (in_path(p, list[i]) || !ident_eq(&list[i]->subject, &c->issuer))
			continue;
		*named = true;
		if (issued(list[i], c))
			return list[i];
	}
	return NULL;
}

size_t trust_between(const struct trust *t, const struct cert *ee, struct cert *const *more,
	size_t n_more, const struct cert **out, size_t cap)
{
	const struct store *s = t->store;
	struct path p = { .certs = { ee }, .n = 1 };
	bool named;

	while (p.n <= cap && p.n < TRUST_PATH_MAX) {
		const struct cert *next = issuer_among(&p, more, n_more, &named);

		if (!next)
			next = issuer_among(&p, s->cas, s->n_cas, &named);
		if (!next || ident_eq(&next->subject, &next->issuer))
			break;
		out[p.n - 1] = next;
		p.certs[p.n++] = next;
	}
	return p.n - 1;
}

static enum trust_verdict check_time(const struct path *p, const struct cert *c)
{
	time_t skew = p->trust->rules.skew_s;

	if (p->now + skew >= c->not_before && p->now - skew <= c->not_after)
		return TRUST_GOOD;
	story(p->trust, "certificate \"%s\" is not valid now (valid from %s to %s)",
		cert_subject(c), time_str(c->not_before), time_str(c->not_after));
	return p->now < c->not_before ? TRUST_NOT_YET : TRUST_EXPIRED;
}

static bool is_short(const struct cert *c, bool is_anchor)
{
	(void)is_anchor;
	return c->is_short;
}

/* An anchor's own signature proves nothing and is not looked at. */
static bool has_md5(const struct cert *c, bool is_anchor)
{
	return !is_anchor && c->md == NID_md5;
}

static bool has_sha1(const struct cert *c, bool is_anchor)
{
	return !is_anchor && c->md == NID_sha1;
}

static bool has_older(const struct cert *c, bool is_anchor)
{
	return !is_anchor && md_is_weak(c->md) && c->md != NID_md5 && c->md != NID_sha1;
}

#define NEVER SIZE_MAX
#define RULE(field) offsetof(struct trust_rules, field)

/* what is weak, and the rule that lets it pass. */
static const struct {
	bool (*is)(const struct cert *c, bool is_anchor);
	size_t rule;
	const char *why;
} weaknesses[] = {
	{ is_short, RULE(short_rsa), "its RSA key is shorter than 2048 bits" },
	{ has_md5, RULE(md5), "its signature uses MD5" },
	{ has_sha1, RULE(sha1), "its signature uses SHA-1" },
	{ has_older, NEVER, "its signature uses MD2 or MD4" },
};

static const char *weakness(const struct path *p, const struct cert *c, bool is_anchor)
{
	for (size_t i = 0; i < sizeof(weaknesses) / sizeof(weaknesses[0]); i++) {
		const char *rules = (const char *)&p->trust->rules;

		if (!weaknesses[i].is(c, is_anchor))
			continue;
		if (weaknesses[i].rule == NEVER || !*(const bool *)(rules + weaknesses[i].rule))
			return weaknesses[i].why;
		story(p->trust, "warning: certificate \"%s\" is taken although %s", cert_subject(c),
			weaknesses[i].why);
	}
	return NULL;
}

/* Why certificate `at` of the path (0 is the end entity) cannot stand where it stands, NULL if it
 * can. */
static const char *misplaced(const struct path *p, size_t at)
{
	const struct cert *c = p->certs[at];

	const char *weak = c->unfit ? NULL : weakness(p, c, at + 1 == p->n);

	if (c->unfit || weak)
		return c->unfit ? c->unfit : weak;
	if (!at && !c->is_for_ike && (!c->is_for_tls || p->trust->rules.strict_eku))
		return "its extended key usage is not for IKE";
	if (!at)
		return NULL;
	if (!c->is_ca)
		return "it is no CA";
	if (c->path_len >= 0 && at - 1 > (size_t)c->path_len)
		return "its path length is exceeded";
	for (size_t i = 0; c->constraints && i < at; i++)
		if (NAME_CONSTRAINTS_check(p->certs[i]->x, c->constraints) != X509_V_OK)
			return "its name constraints forbid what is below it";
	return NULL;
}

static enum trust_verdict check_certs(const struct path *p)
{
	for (size_t i = 0; i < p->n; i++) {
		const char *why = misplaced(p, i);
		enum trust_verdict v;

		if (why) {
			story(p->trust, "certificate \"%s\" is refused: %s",
				cert_subject(p->certs[i]), why);
			return TRUST_BAD_CERT;
		}
		v = check_time(p, p->certs[i]);
		if (v != TRUST_GOOD)
			return v;
	}
	return TRUST_GOOD;
}

/* A usable CRL of the issuer, or NULL; *stale: its time is over, or has not come. */
static struct crl *usable_crl(
	const struct path *p, const struct cert *c, const struct cert *issuer, bool *stale)
{
	time_t skew = p->trust->rules.skew_s;
	struct crl *crl = trust_crl_of(p->trust, issuer, c);

	if (!crl && trust_crl_of(p->trust, issuer, NULL))
		story(p->trust, "crl of \"%s\" is for other distribution points",
			cert_subject(issuer));
	if (!crl && trust_has_wrong_crl(p->trust, issuer))
		story(p->trust, "crl signature of \"%s\" is wrong", cert_subject(issuer));
	if (!crl)
		return NULL;
	story(p->trust, "using trusted certificate \"%s\"", cert_subject(issuer));
	story(p->trust, "crl correctly signed by \"%s\"", cert_subject(issuer));
	*stale = true;
	if (crl_this_update(crl) > p->now + skew) {
		story(p->trust, "crl is not valid before %s", time_str(crl_this_update(crl)));
		return crl;
	}
	*stale = crl_next_update(crl) <= p->now - skew;
	story(p->trust, *stale ? "crl is stale: since %s" : "crl is valid: until %s",
		time_str(crl_next_update(crl)));
	return crl;
}

/* Section 6.3.3: complete or not, of today or not: what a list of this key says is so. */
static bool is_revoked(const struct path *p, const struct cert *c, const struct cert *issuer,
	time_t *when, const char **reason)
{
	const struct store *s = p->trust->store;

	for (size_t i = 0; i < s->n_crls; i++)
		if (crl_is_of(s->crls[i], issuer) && crl_covers(s->crls[i], c) &&
			crl_signed_by(s->crls[i], issuer) &&
			crl_revokes(s->crls[i], c, when, reason))
			return true;
	return false;
}

static bool is_strict(const struct path *p, const struct cert *c)
{
	return p->trust->policy == CRL_STRICT || (p->trust->policy == CRL_IFURI && c->crl_points);
}

/* "revoked" is a fact even in a stale list; "good" needs a list of today. */
static enum trust_verdict check_status(
	const struct path *p, const struct cert *c, const struct cert *issuer)
{
	bool stale = true;
	const char *reason;
	struct crl *crl;
	time_t when;

	story(p->trust, "checking certificate status of \"%s\"", cert_subject(c));
	crl = usable_crl(p, c, issuer, &stale);
	if (is_revoked(p, c, issuer, &when, &reason)) {
		story(p->trust, "certificate was revoked on %s, reason: %s", time_str(when),
			reason);
		return TRUST_REVOKED;
	}
	if (crl && !stale) {
		story(p->trust, "using cached crl");
		story(p->trust, "certificate status is good");
		return TRUST_GOOD;
	}
	story(p->trust, "certificate status is not available");
	return is_strict(p, c) ? TRUST_NO_STATUS : TRUST_GOOD;
}

static bool is_asked_for(const struct path *p)
{
	const struct ident *through = p->want ? p->want->through : NULL;

	if (!through || !through->type)
		return true;
	for (size_t i = 1; i < p->n; i++)
		if (ident_eq(&p->certs[i]->subject, through))
			return true;
	story(p->trust, "ca \"%s\" has no part in the path of \"%s\"", ident_str(through),
		cert_subject(p->certs[0]));
	return false;
}

/* A path that leads to an anchor. */
static enum trust_verdict check_path(const struct path *p)
{
	enum trust_verdict v = check_certs(p);

	if (v == TRUST_GOOD && !is_asked_for(p))
		v = TRUST_OTHER_CA;
	for (size_t i = 0; v == TRUST_GOOD && i + 1 < p->n; i++)
		v = check_status(p, p->certs[i], p->certs[i + 1]);
	return v;
}

/* Could `c` be the issuer of the last one? Its name is; *named. */
static bool may_issue(struct path *p, const struct cert *c, bool *named)
{
	if (in_path(p, c) || !ident_eq(&c->subject, &p->certs[p->n - 1]->issuer) || !p->budget)
		return false;
	*named = true;
	p->budget--;
	return issued(c, p->certs[p->n - 1]);
}

static enum trust_verdict search(struct path *p, const struct cert **ca);

/* The first reason stays: others are of by-ways. */
static bool ends(enum trust_verdict *first, enum trust_verdict v)
{
	if (*first == TRUST_NO_CA || *first == TRUST_BAD_SIG || v == TRUST_GOOD)
		*first = v;
	return v == TRUST_GOOD || v == TRUST_REVOKED;
}

static bool try_issuer(struct path *p, const struct cert *c, bool is_anchor,
	enum trust_verdict *first, const struct cert **ca)
{
	bool end;

	story(p->trust,
		is_anchor ? "using trusted ca certificate \"%s\""
			  : "using untrusted intermediate certificate \"%s\"",
		cert_subject(c));
	p->certs[p->n++] = c;
	if (is_anchor)
		*ca = c;
	end = ends(first, is_anchor ? check_path(p) : search(p, ca));
	p->n--;
	return end;
}

/*
 * Anchors first, then what the peer sent; a path that does not hold is not the last word: a CA may
 * have an older twin, or be certified by another one too. Each step takes another certificate and
 * signatures are counted, so it ends.
 */
static enum trust_verdict search(struct path *p, const struct cert **ca)
{
	const struct store *s = p->trust->store;
	const struct cert *subject = p->certs[p->n - 1];
	enum trust_verdict first = TRUST_NO_CA;
	bool named = false, found = false;

	if (p->n == TRUST_PATH_MAX) {
		story(p->trust, "path of \"%s\" is longer than %d certificates",
			cert_subject(p->certs[0]), TRUST_PATH_MAX);
		return TRUST_NO_CA;
	}
	for (size_t i = 0; i < s->n_cas + p->n_chain; i++) {
		bool is_anchor = i < s->n_cas;
		const struct cert *c = is_anchor ? s->cas[i] : p->chain[i - s->n_cas];

		if (!may_issue(p, c, &named))
			continue;
		found = true;
		if (try_issuer(p, c, is_anchor, &first, ca))
			return first;
	}
	if (found)
		return first;
	story(p->trust,
		named ? "signature of \"%s\" is wrong" : "no issuer certificate found for \"%s\"",
		cert_subject(subject));
	return named ? TRUST_BAD_SIG : TRUST_NO_CA;
}

/* A pinned certificate without a CA: it vouches for itself, and nobody can revoke it. */
static enum trust_verdict check_alone(const struct path *p)
{
	enum trust_verdict v;

	story(p->trust, "using pinned certificate \"%s\"", cert_subject(p->certs[0]));
	v = check_certs(p);
	if (v == TRUST_GOOD && !is_asked_for(p))
		v = TRUST_OTHER_CA;
	if (v == TRUST_GOOD && is_strict(p, p->certs[0]))
		v = TRUST_NO_STATUS;
	return v;
}

enum trust_verdict trust_check_want(struct trust *t, const struct cert *ee,
	struct cert *const *chain, size_t n, time_t now, const struct trust_want *want,
	const struct cert **ca)
{
	struct path p = { .trust = t,
		.now = now,
		.want = want,
		.chain = chain,
		.n_chain = n,
		.certs = { ee },
		.n = 1,
		.budget = TRUST_SIGNATURES_MAX };
	const struct cert *pinned = want ? want->pinned : NULL;
	enum trust_verdict v;

	*ca = NULL;
	story(t, "using certificate \"%s\"", cert_subject(ee));
	if (pinned && !bytes_eq(cert_der(pinned), cert_der(ee)))
		return TRUST_NOT_PINNED;
	v = search(&p, ca);
	if (pinned && v == TRUST_NO_CA)
		v = check_alone(&p);
	return v;
}

enum trust_verdict trust_check(struct trust *t, const struct cert *ee, struct cert *const *chain,
	size_t n, time_t now, const struct cert **ca)
{
	return trust_check_want(t, ee, chain, n, now, NULL, ca);
}

const char *trust_str(enum trust_verdict v)
{
	static const struct name words[] = {
		{ TRUST_GOOD, "good" },
		{ TRUST_NO_CA, "no path to a trusted CA" },
		{ TRUST_BAD_SIG, "a signature is wrong" },
		{ TRUST_NOT_YET, "not valid yet" },
		{ TRUST_EXPIRED, "expired" },
		{ TRUST_BAD_CERT, "certificate not acceptable" },
		{ TRUST_REVOKED, "revoked" },
		{ TRUST_NO_STATUS, "no certificate status" },
		{ TRUST_OTHER_CA, "not of the CA that the configuration asks for" },
		{ TRUST_NOT_PINNED, "not the certificate that the configuration names" },
	};

	return names_str(NAMES(words), (int)v);
}
