#include "crypto/crl.h"

#include <errno.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/pem.h>

#include "base/names.h"
#include "crypto/cert_int.h"

struct crl {
	X509_CRL *x;
	struct ident issuer;
	time_t this_update, next_update;
	ASN1_INTEGER *number;
	ISSUING_DIST_POINT *scope; /* NULL: every certificate of the issuer */
	bool is_delta;
	bool checked, good; /* good: by the key with this digest; else not by it */
	uint8_t key[20];
};

static bool has_unknown_critical(const X509_CRL *x)
{
	for (int i = 0; i < X509_CRL_get_ext_count(x); i++) {
		X509_EXTENSION *ext = X509_CRL_get_ext(x, i);

		int nid = OBJ_obj2nid(X509_EXTENSION_get_object(ext));

		if (X509_EXTENSION_get_critical(ext) && nid != NID_issuing_distribution_point &&
			nid != NID_delta_crl)
			return true;
	}
	return false;
}

/* Section 5.2.5 */
static int take_scope(struct crl *c)
{
	int crit;

	c->scope = X509_CRL_get_ext_d2i(c->x, NID_issuing_distribution_point, &crit, NULL);
	if (!c->scope)
		return crit == -1 ? 0 : -EBADMSG;
	return c->scope->indirectCRL > 0 || c->scope->onlyattr > 0 ? -EBADMSG : 0;
}

/* The fields that every question asks for. */
static int take_fields(struct crl *c)
{
	const uint8_t *der;
	size_t n;

	c->this_update = time_of(X509_CRL_get0_lastUpdate(c->x));
	c->next_update = time_of(X509_CRL_get0_nextUpdate(c->x));
	if (c->this_update == -1 || c->next_update == -1 || has_unknown_critical(c->x) ||
		take_scope(c) < 0)
		return -EBADMSG;
	if (X509_NAME_get0_der(X509_CRL_get_issuer(c->x), &der, &n) != 1)
		return -EBADMSG;
	c->is_delta = X509_CRL_get_ext_by_NID(c->x, NID_delta_crl, -1) >= 0;
	c->number = X509_CRL_get_ext_d2i(c->x, NID_crl_number, NULL, NULL);
	return ident_set(&c->issuer, ID_DN, BYTES(der, n));
}

int crl_parse(struct bytes der, struct crl **out)
{
	own(crl) *c = calloc(1, sizeof(*c));
	const uint8_t *p = der.p;
	int r;

	if (!c)
		return -ENOMEM;
	if (!der.n || der.n > CRL_MAX)
		return -EBADMSG;
	c->x = d2i_X509_CRL(NULL, &p, (long)der.n);
	ERR_clear_error();
	if (!c->x || p != der.p + der.n)
		return -EBADMSG;
	r = take_fields(c);
	ERR_clear_error();
	if (r < 0)
		return r;
	*out = take(c);
	return 0;
}

void crl_free(struct crl *crl)
{
	if (!crl)
		return;
	ASN1_INTEGER_free(crl->number);
	ISSUING_DIST_POINT_free(crl->scope);
	ident_free(&crl->issuer);
	X509_CRL_free(crl->x);
	free(crl);
}

bool crl_is_of(const struct crl *crl, const struct cert *ca)
{
	return ident_eq(&crl->issuer, &ca->subject);
}

static ASN1_OCTET_STRING *scope_of(const struct crl *crl)
{
	int at = X509_CRL_get_ext_by_NID(crl->x, NID_issuing_distribution_point, -1);

	return at < 0 ? NULL : X509_EXTENSION_get_data(X509_CRL_get_ext(crl->x, at));
}

static bool signer_eq(const struct crl *a, const struct crl *b)
{
	if (!a->good || !b->good)
		return !X509_CRL_match(a->x, b->x);
	return ident_eq(&a->issuer, &b->issuer) && !memcmp(a->key, b->key, sizeof(a->key));
}

bool crl_same_scope(const struct crl *a, const struct crl *b)
{
	const ASN1_OCTET_STRING *one = scope_of(a), *other = scope_of(b);

	return signer_eq(a, b) && a->is_delta == b->is_delta && !one == !other &&
		(!one || !ASN1_OCTET_STRING_cmp(one, other));
}

bool crl_is_complete(const struct crl *crl)
{
	return !crl->is_delta && !(crl->scope && crl->scope->onlysomereasons);
}

static bool share_a_name(const GENERAL_NAMES *a, const GENERAL_NAMES *b)
{
	for (int i = 0; i < sk_GENERAL_NAME_num(a); i++)
		for (int k = 0; k < sk_GENERAL_NAME_num(b); k++)
			if (!GENERAL_NAME_cmp(
				    sk_GENERAL_NAME_value(a, i), sk_GENERAL_NAME_value(b, k)))
				return true;
	return false;
}

enum { FULL_NAME = 0 };

/* Section 6.3.3 (b) (2) (i): else the list of one point could hide what another one revokes. */
static bool names_point(const struct cert *c, const DIST_POINT_NAME *name)
{
	if (name->type != FULL_NAME)
		return false;
	for (int i = 0; i < sk_DIST_POINT_num(c->crl_points); i++) {
		const DIST_POINT_NAME *own = sk_DIST_POINT_value(c->crl_points, i)->distpoint;

		if (own && own->type == FULL_NAME &&
			share_a_name(own->name.fullname, name->name.fullname))
			return true;
	}
	return false;
}

bool crl_covers(const struct crl *crl, const struct cert *c)
{
	const ISSUING_DIST_POINT *scope = crl->scope;

	if (!scope)
		return true;
	if ((scope->onlyuser > 0 && c->is_ca) || (scope->onlyCA > 0 && !c->is_ca))
		return false;
	return !scope->distpoint || names_point(c, scope->distpoint);
}

bool crl_is_newer(const struct crl *crl, const struct crl *than)
{
	int order = crl->number && than->number ? ASN1_INTEGER_cmp(crl->number, than->number) : 0;

	return order ? order > 0 : crl->this_update >= than->this_update;
}

bool crl_signed_by(struct crl *crl, const struct cert *ca)
{
	bool same = crl->checked && !memcmp(crl->key, ca->spki_sha1, sizeof(crl->key));

	if (!ca->may_sign_crl)
		return false;
	if (same || crl->good) /* no two keys make one signature */
		return same && crl->good;
	crl->good = !md_is_weak(sig_alg_md(X509_CRL_get_signature_nid(crl->x))) &&
		X509_CRL_verify(crl->x, X509_get0_pubkey(ca->x)) == 1;
	ERR_clear_error();
	memcpy(crl->key, ca->spki_sha1, sizeof(crl->key));
	crl->checked = true;
	return crl->good;
}

time_t crl_this_update(const struct crl *crl)
{
	return crl->this_update;
}

time_t crl_next_update(const struct crl *crl)
{
	return crl->next_update;
}

size_t crl_n_revoked(const struct crl *crl)
{
	int n = sk_X509_REVOKED_num(X509_CRL_get_REVOKED(crl->x));

	return n > 0 ? (size_t)n : 0;
}

/* RFC 5280 section 5.3.1. */
static const struct name reasons[] = {
	{ 0, "unspecified" },
	{ 1, "key compromise" },
	{ 2, "ca compromise" },
	{ 3, "affiliation changed" },
	{ 4, "superseded" },
	{ 5, "cessation of operation" },
	{ 6, "certificate hold" },
	{ 8, "remove from crl" },
	{ 9, "privilege withdrawn" },
	{ 10, "aa compromise" },
};

int crl_revokes(struct crl *crl, const struct cert *c, time_t *when, const char **reason)
{
	X509_REVOKED *entry;
	ASN1_ENUMERATED *e;
	long why = 0;

	/* 2: a delta CRL takes it back; a new complete one will show that */
	if (X509_CRL_get0_by_cert(crl->x, &entry, c->x) != 1)
		return 0;
	e = X509_REVOKED_get_ext_d2i(entry, NID_crl_reason, NULL, NULL);
	if (e)
		why = ASN1_ENUMERATED_get(e);
	ASN1_ENUMERATED_free(e);
	*when = time_of(X509_REVOKED_get0_revocationDate(entry));
	*reason = names_str(NAMES(reasons), (int)why);
	return 1;
}
