#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "crypto/sig.h"
#include "ike/conf/conf_read.h"
#include "ike/message/msg.h"

struct keys {
	struct key **key;
	size_t n;
};

static void keys_read(const struct ike_conf *c, struct keys *k, struct conf_log *log)
{
	size_t n = 0;

	for (const struct secret *s = c->secrets; s; s = s->next)
		n++;
	k->key = calloc(n, sizeof(struct key *));
	for (const struct secret *s = c->secrets; s && k->key; s = s->next) {
		int rc = key_load(s->key_file, s->passphrase, &k->key[k->n]);

		if (rc < 0)
			conf_error(log, s->at, ": RSA %s: expected a private key: %s",
				secret_str(s), key_file_str(rc));
		else
			k->n++;
	}
}

static bool fits_any(const struct keys *k, const struct cert *cert)
{
	for (size_t i = 0; i < k->n; i++)
		if (key_fits(k->key[i], cert))
			return true;
	return false;
}

/* Our certificate is of the CA that leftca= names. */
static const char *wrong_ca(
	const char *file, const struct ident *ca_id, const struct cert *cert, struct trust *trust)
{
	struct cert *more[MSG_MAX_CERT];
	const struct trust_want want = { .through = ca_id };
	const struct cert *ca;
	enum trust_verdict v = TRUST_NO_CA;
	struct trust quiet;
	size_t n;

	if (!ca_id->type)
		return NULL;
	cert_load_more(file, more, MSG_MAX_CERT, &n);
	if (trust) {
		quiet = *trust;
		quiet.story = NULL;
		quiet.policy = CRL_SOFT;
		v = trust_check_want(&quiet, cert, more, n, time(NULL), &want, &ca);
	}
	for (size_t i = 0; i < n; i++)
		cert_free(more[i]);
	return v == TRUST_GOOD ? NULL : trust_str(v);
}

/* What a file is of use for, told once however many connections name it. */
struct judged {
	struct tlink link;
	struct judged *next;
	const char *file; /* this and the CA are the connection's */
	const struct ident *ca_id; /* NULL: it is a peer's */
	const char *wrong; /* NULL: nothing */
	struct cert *cert; /* of ours, when nothing is wrong with it */
};

struct judge {
	struct keys keys;
	struct trust *trust;
	struct table by_file;
	struct judged *all;
	struct conf_log *log;
};

static uint32_t judged_hash(const char *file, const struct ident *ca_id)
{
	uint32_t hash = hash_bytes(!ca_id, BYTES_STR(file));

	return ca_id ? hash_bytes(hash, blob_view(&ca_id->data)) : hash;
}

static const struct judged *judged_find(
	const struct judge *j, const char *file, const struct ident *ca_id)
{
	struct tlink *l = table_find(&j->by_file, judged_hash(file, ca_id));

	for (; l; l = table_next(l)) {
		const struct judged *d = LINKED(l, struct judged, link);

		j->log->n_looked++;
		if (!strcmp(d->file, file) && !d->ca_id == !ca_id &&
			(!ca_id || ident_eq(d->ca_id, ca_id)))
			return d;
	}
	return NULL;
}

/* Without memory it is read, and told, once more. */
static void judged_add(struct judge *j, struct judged say)
{
	struct judged *d = calloc(1, sizeof(*d));

	if (d)
		*d = say;
	if (!d || table_add(&j->by_file, &d->link, judged_hash(say.file, say.ca_id)) < 0) {
		cert_free(say.cert);
		free(d);
		return;
	}
	d->next = j->all;
	j->all = d;
}

/* What is wrong with a file as the certificate of ours, NULL: nothing. */
static const char *wrong_own(
	const struct judge *j, const char *file, const struct ident *ca_id, struct cert **out)
{
	int rc = cert_load(file, out);

	if (rc < 0)
		return cert_file_str(rc);
	if (!fits_any(&j->keys, *out))
		return "no private key of ipsec.secrets fits it";
	return wrong_ca(file, ca_id, *out, j->trust);
}

/* Every peer would refuse an identity that it does not hold (RFC 4945 section 3.1). */
static void judge_own_id(const struct judge *j, struct conn *k, const struct cert *cert)
{
	if (!k->local.id.type || cert_has_ident(cert, &k->local.id))
		return;
	conf_warn(j->log, k->local.id_at,
		"%sid=%s: expected an identity that %s holds; its subject is used, %s",
		k->swapped ? "right" : "left", ident_str(&k->local.id), k->local.cert_file,
		cert_subject(cert));
}

static void judge_own(struct judge *j, struct conn *k)
{
	const char *file = k->local.cert_file;
	const struct judged *known = judged_find(j, file, &k->local.ca_id);
	struct judged d = { .file = file, .ca_id = &k->local.ca_id };

	if (known)
		d = *known;
	else
		d.wrong = wrong_own(j, file, d.ca_id, &d.cert);
	if (d.wrong)
		k->autostart = AUTO_IGNORE;
	else
		judge_own_id(j, k, d.cert);
	if (known)
		return;
	if (d.wrong)
		conf_error(j->log, k->local.cert_at,
			"%scert=%s: expected a certificate of ours: %s",
			k->swapped ? "right" : "left", file, d.wrong);
	judged_add(j, d);
}

/* The certificate that the peer must have. Without an identity it is the one it names. */
static void judge_pinned(struct judge *j, struct conn *k)
{
	struct conn_end *peer = &k->remote;
	const char *wrong = NULL;
	int rc;

	if (judged_find(j, peer->cert_file, NULL)) { /* only what cannot be read is there */
		k->autostart = AUTO_IGNORE;
		return;
	}
	rc = cert_load(peer->cert_file, &peer->cert);
	if (rc < 0) {
		wrong = cert_file_str(rc);
		judged_add(j, (struct judged){ .file = peer->cert_file, .wrong = wrong });
	} else if (!peer->id.type && !peer->id_text) {
		cert_subject_ident(peer->cert, &peer->id);
	} else if (!ident_has_wildcard(&peer->id) && !cert_has_ident(peer->cert, &peer->id)) {
		wrong = "it does not hold the identity that is asked for";
	}
	if (!wrong)
		return;
	conf_error(j->log, peer->cert_at, "%scert=%s: expected the certificate of the peer: %s",
		k->swapped ? "left" : "right", peer->cert_file, wrong);
	k->autostart = AUTO_IGNORE;
}

static void judge_end(struct judge *j)
{
	struct judged *next;

	for (struct judged *d = j->all; d; d = next) {
		next = d->next;
		cert_free(d->cert);
		free(d);
	}
	table_free(&j->by_file);
	for (size_t i = 0; i < j->keys.n; i++)
		key_free(j->keys.key[i]);
	free(j->keys.key);
}

static void judge_peers(struct judge *j, struct ike_conf *c)
{
	for (struct conn *k = c->conns; k; k = k->next)
		if (k->remote.cert_file)
			judge_pinned(j, k);
}

void conf_read_pinned(struct ike_conf *c, struct conf_log *log)
{
	struct judge j = { .log = log };

	judge_peers(&j, c);
	judge_end(&j);
}

void conf_check_files(struct ike_conf *c, struct trust *trust, struct conf_log *log)
{
	struct judge j = { .trust = trust, .log = log };

	keys_read(c, &j.keys, log);
	for (struct conn *k = c->conns; k; k = k->next)
		if (k->local.cert_file)
			judge_own(&j, k);
	judge_peers(&j, c);
	judge_end(&j);
}
