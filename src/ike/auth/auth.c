#include <errno.h>
#include <string.h>
#include <time.h>

#include "base/log.h"
#include "base/mem.h"
#include "ike/auth/auth.h"
#include "ike/auth/method.h"

enum { CERT_X509_SIGNATURE = 4, HASH_LEN = 20, ISSUERS_MAX = 6000 };

/* 2.15: own IKE_SA_INIT | nonce of the other | prf(SK_p, ID'). of_i: what the initiator signs. */
static int octets(const struct sa *sa, bool of_i, struct bytes id_body, struct blob *out)
{
	bool mine = of_i == sa->initiator;
	struct bytes init = blob_view(mine ? &sa->init->sent : &sa->init->received);
	struct bytes nonce = blob_view(of_i ? &sa->init->nr : &sa->init->ni);
	uint8_t mac[PRF_MAX];
	size_t n = sa->keys.prf->out_len;
	int rc = keymat_id(&sa->keys, of_i, id_body, mac);

	if (!rc)
		rc = blob_alloc(out, init.n + nonce.n + n);
	if (!rc) {
		memcpy(out->p, init.p, init.n);
		memcpy(out->p + init.n, nonce.p, nonce.n);
		memcpy(out->p + init.n + nonce.n, mac, n);
	}
	mem_wipe(mac, sizeof(mac));
	return rc;
}

/* ID payload body: type(8) reserved(24) data. */
static int id_body(const struct ident *id, struct blob *out)
{
	int rc = blob_alloc(out, 4 + id->data.n);

	if (rc < 0)
		return rc;
	out->p[0] = id->type;
	if (id->data.n)
		memcpy(out->p + 4, id->data.p, id->data.n);
	return 0;
}

/* 2.4: it is decided by identities, whichever connection an IKE_SA is of. */
bool auth_other_sa(const struct sa *sa)
{
	const struct ident *peer = &sa->peer->conn->remote.id;
	bool any = !peer->type || ident_has_wildcard(peer);
	const struct sa *other = NULL;

	if (any)
		LIST_FOREACH (other, &sa->peer->sas, of_peer)
			if (other != sa && other->state >= SA_UP)
				return true;
	while (!any && (other = sa_by_ids(sa->d, &sa->my_id, peer, other)))
		if (other != sa && other->state >= SA_UP)
			return true;
	return false;
}

int auth_sign(struct sa *sa, uint8_t *method, struct blob *out)
{
	const struct cred *cred = sa->peer->cred;
	const struct auth_method *m = auth_method_ours(&sa->peer->conn->local, cred);
	own_blob body = { 0 }, text = { 0 };
	int rc = m ? id_body(&sa->my_id, &body) : -ENOKEY;

	if (!rc)
		rc = octets(sa, sa->initiator, blob_view(&body), &text);
	if (!rc)
		rc = m->sign(cred, blob_view(&text), out);
	log_ike(1, "authentication of '%s' (myself) with %s %s", ident_str(&sa->my_id),
		m ? m->word : "nothing that it is able to", rc ? "failed" : "successful");
	if (!rc)
		*method = m->number;
	return rc;
}

/* The certificates that came: the first is the peer's own, the rest may lead to a CA. */
struct chain {
	struct cert *ee;
	struct cert *more[MSG_MAX_CERT];
	size_t n;
};

static void chain_free(struct chain *c)
{
	cert_free(c->ee);
	for (size_t i = 0; i < c->n; i++)
		cert_free(c->more[i]);
}

static void chain_read(const struct msg *in, struct chain *out)
{
	for (size_t i = 0; i < in->n_cert; i++) {
		struct cert *cert;

		if (in->cert[i].encoding != CERT_X509_SIGNATURE ||
			cert_parse(in->cert[i].data, &cert) < 0)
			continue;
		if (!out->ee) {
			log_ike(1, "received end entity cert \"%s\"", cert_subject(cert));
			out->ee = cert;
		} else {
			log_ike(1, "received issuer cert \"%s\"", cert_subject(cert));
			out->more[out->n++] = cert;
		}
	}
}

/* 4945 section 3.1: the identity is in the certificate, the certificate leads to a CA of ours. */
static int judge(struct sa *sa, const struct chain *chain)
{
	struct trust *trust = cert_store_trust(sa->d->certs);
	const struct conn_end *peer = &sa->peer->conn->remote;
	const struct trust_want want = { &peer->ca_id, peer->cert };
	const struct cert *ca;
	enum trust_verdict v;

	if (!cert_has_ident(chain->ee, &sa->peer_id)) {
		log_ike(1, "certificate \"%s\" does not hold the identity '%s'",
			cert_subject(chain->ee), ident_str(&sa->peer_id));
		return -EACCES;
	}
	sa->proved |= SA_PROVED_ID;
	v = trust_check_want(trust, chain->ee, chain->more, chain->n, time(NULL), &want, &ca);
	if (peer->cert_file && !peer->cert) /* who it has to be could not be read */
		v = TRUST_NOT_PINNED;
	if (v != TRUST_GOOD) {
		log_cfg(1, "certificate \"%s\" is not accepted: %s", cert_subject(chain->ee),
			trust_str(v));
		return -EACCES;
	}
	sa->proved |= SA_PROVED_CERT;
	return 0;
}

static int verify_auth(struct sa *sa, const struct msg *in, const struct idp *id,
	const struct auth_method *m, const struct cert *ee)
{
	own_blob text = { 0 };
	int rc = octets(sa, !sa->initiator, id->body, &text);

	if (!rc)
		rc = m->verify(ee, blob_view(&text), in->auth.data);
	log_ike(1, "authentication of '%s' with %s %s", ident_str(&sa->peer_id), m->word,
		rc ? "failed: bad signature" : "successful");
	if (rc < 0)
		return -EACCES;
	sa->proved |= SA_PROVED_AUTH;
	return 0;
}

int auth_verify(struct sa *sa, const struct msg *in, const struct idp *id)
{
	const struct conn_end *peer = &sa->peer->conn->remote;
	const struct auth_method *m = auth_method_of(peer, in->auth.method);
	struct chain chain = { 0 };
	int rc = -EACCES;

	sa->proved = 0;
	if (!m) {
		log_ike(1, "authentication of '%s' with method %u failed: not supported",
			ident_str(&sa->peer_id), in->auth.method);
		return -EACCES;
	}
	chain_read(in, &chain);
	if (!chain.ee && peer->cert && cert_parse(cert_der(peer->cert), &chain.ee) == 0)
		log_ike(1, "using configured cert \"%s\"", cert_subject(chain.ee));
	if (!chain.ee)
		log_ike(1, "no certificate of '%s' came", ident_str(&sa->peer_id));
	else
		rc = judge(sa, &chain);
	if (!rc)
		rc = verify_auth(sa, in, id, m, chain.ee);
	chain_free(&chain);
	if (rc || (sa->proved & m->needs) != m->needs)
		return -EACCES;
	rate_trust();
	return 0;
}

void auth_say_certreq(const struct iked *d, const struct msg *in)
{
	const struct trust *trust = cert_store_trust(d->certs);
	size_t unknown = 0;

	for (size_t i = 0; i < in->n_certreq; i++) {
		struct bytes v = in->certreq[i].data;

		if (in->certreq[i].encoding != CERT_X509_SIGNATURE)
			continue;
		for (; v.n >= HASH_LEN; v = BYTES(v.p + HASH_LEN, v.n - HASH_LEN)) {
			const struct cert *ca = trust_ca_by_spki(trust, v.p);

			if (ca)
				log_ike(1, "received cert request for \"%s\"", cert_subject(ca));
			unknown += !ca;
		}
	}
	if (unknown)
		log_ike(1, "received %zu cert requests for an unknown ca", unknown);
}

void auth_say_own_certreq(const struct iked *d)
{
	const struct trust *trust = cert_store_trust(d->certs);

	for (size_t i = 0; i < trust_n_ca(trust); i++)
		log_ike(1, "sending cert request for \"%s\"", cert_subject(trust_ca(trust, i)));
}

void auth_put_certreq(const struct iked *d, struct msg_out *out)
{
	struct bytes hashes = cert_store_certreq(d->certs);

	if (hashes.n)
		put_certreq(out, hashes);
}

/* the certificates between ours and its root, as far as a message has room for them. */
static void put_issuers(const struct sa *sa, const struct cred *cred, struct msg_out *out)
{
	const struct cert *chain[CRED_MORE];
	size_t room = ISSUERS_MAX;
	size_t n = trust_between(cert_store_trust(sa->d->certs), cred->cert, cred->more,
		cred->n_more, chain, CRED_MORE);

	for (size_t i = 0; i < n && cert_der(chain[i]).n <= room; i++) {
		log_ike(1, "sending issuer cert \"%s\"", cert_subject(chain[i]));
		put_cert(out, cert_der(chain[i]));
		room -= cert_der(chain[i]).n;
	}
}

void auth_put_cert(const struct sa *sa, struct msg_out *out)
{
	const struct cred *cred = sa->peer->cred;
	enum conn_send when = sa->peer->conn->local.sendcert;

	if (!cred || when == SEND_NEVER || (when == SEND_IF_ASKED && !sa->init->certreq_seen))
		return;
	log_ike(1, "sending end entity cert \"%s\"", cert_subject(cred->cert));
	put_cert(out, cert_der(cred->cert));
	put_issuers(sa, cred, out);
}
