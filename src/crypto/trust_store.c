/* Whom we trust, and the lists of what they revoked: filled from files, asked by trust.c. */
#include <errno.h>
#include <string.h>

#include <openssl/pem.h>

#include "crypto/trust_int.h"

int trust_init(struct trust *t)
{
	t->store = calloc(1, sizeof(struct store));
	return t->store ? 0 : -ENOMEM;
}

void trust_free(struct trust *t)
{
	struct store *s = t ? t->store : NULL;

	if (!s)
		return;
	for (size_t i = 0; i < s->n_cas; i++)
		cert_free(s->cas[i]);
	for (size_t i = 0; i < s->n_crls; i++)
		crl_free(s->crls[i]);
	free(s->cas);
	free(s->crls);
	free(s);
	t->store = NULL;
}

int trust_add_ca(struct trust *t, struct cert *ca)
{
	struct store *s = t->store;
	struct cert **more;

	if (!ca->is_ca)
		return -EINVAL;
	for (size_t i = 0; i < s->n_cas; i++)
		if (bytes_eq(cert_der(s->cas[i]), cert_der(ca))) { /* read again */
			cert_free(ca);
			return 0;
		}
	more = realloc(s->cas, (s->n_cas + 1) * sizeof(*more));
	if (!more)
		return -ENOMEM;
	s->cas = more;
	s->cas[s->n_cas++] = ca;
	return 0;
}

size_t trust_n_ca(const struct trust *t)
{
	return ((const struct store *)t->store)->n_cas;
}

const struct cert *trust_ca(const struct trust *t, size_t i)
{
	const struct store *s = t->store;

	return i < s->n_cas ? s->cas[i] : NULL;
}

const struct cert *trust_ca_by_spki(const struct trust *t, const uint8_t sha1[20])
{
	const struct store *s = t->store;

	for (size_t i = 0; i < s->n_cas; i++)
		if (!memcmp(s->cas[i]->spki_sha1, sha1, 20))
			return s->cas[i];
	return NULL;
}

/* A CRL of a CA that is known by then must carry its signature: else it could push out a good one.
 */
static bool is_forged(const struct store *s, struct crl *crl)
{
	bool named = false;

	for (size_t i = 0; i < s->n_cas; i++) {
		if (!crl_is_of(crl, s->cas[i]))
			continue;
		if (crl_signed_by(crl, s->cas[i]))
			return false;
		named = true;
	}
	return named;
}

static int add_crl(struct store *s, struct crl *crl)
{
	struct crl **more;

	for (size_t i = 0; i < s->n_crls; i++) {
		struct crl *old = s->crls[i];

		if (!crl_same_scope(old, crl))
			continue;
		if (!crl_is_newer(crl, old)) {
			crl_free(crl);
			return 0;
		}
		s->crls[i] = crl;
		crl_free(old);
		return 0;
	}
	more = realloc(s->crls, (s->n_crls + 1) * sizeof(*more));
	if (!more)
		return -ENOMEM;
	s->crls = more;
	s->crls[s->n_crls++] = crl;
	return 0;
}

struct adding {
	struct store *s;
	int rc; /* of the first that could not be used */
};

static int take_crl(void *arg, struct bytes der)
{
	struct adding *a = arg;
	own(crl) *crl = NULL;
	int r = crl_parse(der, &crl);

	if (r == 0 && is_forged(a->s, crl))
		r = -EBADMSG;
	if (r == 0)
		r = add_crl(a->s, crl);
	if (r == 0)
		take(crl);
	else if (!a->rc)
		a->rc = r;
	return 0;
}

int trust_add_crl(struct trust *t, const char *path)
{
	struct adding a = { t->store, 0 };
	int r = file_each(path, PEM_STRING_X509_CRL, CRL_FILE_MAX, take_crl, &a);

	return r < 0 ? r : a.rc;
}

struct crl *trust_crl_of(const struct trust *t, const struct cert *ca, const struct cert *c)
{
	const struct store *s = t->store;
	struct crl *best = NULL;

	for (size_t i = 0; i < s->n_crls; i++)
		if (crl_is_of(s->crls[i], ca) && crl_is_complete(s->crls[i]) &&
			(!c || crl_covers(s->crls[i], c)) && crl_signed_by(s->crls[i], ca) &&
			(!best || crl_is_newer(s->crls[i], best)))
			best = s->crls[i];
	return best;
}

bool trust_has_wrong_crl(const struct trust *t, const struct cert *ca)
{
	const struct store *s = t->store;
	bool wrong = false;

	for (size_t i = 0; i < s->n_crls; i++) {
		if (!crl_is_of(s->crls[i], ca))
			continue;
		if (crl_signed_by(s->crls[i], ca))
			return false;
		wrong = true;
	}
	return wrong;
}

int trust_crl_info(const struct trust *t, const struct cert *ca, time_t *this_update,
	time_t *next_update, size_t *n_revoked)
{
	const struct crl *crl = trust_crl_of(t, ca, NULL);

	if (!crl)
		return -ENOENT;
	*this_update = crl_this_update(crl);
	*next_update = crl_next_update(crl);
	*n_revoked = crl_n_revoked(crl);
	return 0;
}
