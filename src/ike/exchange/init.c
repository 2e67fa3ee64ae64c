#include <errno.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "ike/auth/auth.h"
#include "ike/sa/keylog.h"
#include "ike/exchange/natt.h"
#include "ike/exchange/fresh.h"
#include "ike/exchange/exchange.h"
#include "ike/exchange/select_peer.h"

/* IKE_SA_INIT, section 1.2:   SAi1, KEi, Ni -->   <-- SAr1, KEr, Nr, [CERTREQ] */

enum { COOKIES_MAX = 2, COOKIE_MAX = 64 };

static int key_pair(struct sa *sa, const struct alg *group)
{
	dh_free(sa->init->dh);
	sa->init->dh = NULL;
	return group ? dh_new(group, &sa->init->dh) : -EINVAL;
}

static enum x_verdict init_ask(struct x *x)
{
	struct sa *sa = x->sa;
	struct sa_init *init = sa->init;
	const struct prop_list *props = &sa->peer->conn->ike;

	if (!init->dh && key_pair(sa, prop_first_group(props)) < 0)
		return x_fail(x, -EINVAL, "no Diffie-Hellman group is configured");
	if (!init->ni.n && fresh_nonce(x->d, &init->ni) < 0)
		return x_fail(x, -ENOMEM, "no memory");
	if (init->cookie.n) /* 2.6: first of all payloads */
		put_notify(x->out, 0, BYTES_NONE, N_COOKIE, blob_view(&init->cookie));
	put_sa(x->out, props);
	put_ke(x->out, dh_group(init->dh)->id, dh_public(init->dh));
	put_nonce(x->out, blob_view(&init->ni));
	natt_put(sa, 0, x->out);
	return X_SEND;
}

/* 2.14: the keys of the IKE_SA. */
static int make_keys(struct sa *sa, struct bytes peer_public)
{
	struct sa_init *init = sa->init;
	own_blob shared = { 0 };
	int rc = dh_shared(init->dh, peer_public, &shared);

	if (rc < 0)
		return rc;
	rc = keymat_ike(&sa->suite,
		&(struct keymat_in){ .shared = blob_view(&shared),
			.ni = blob_view(&init->ni),
			.nr = blob_view(&init->nr),
			.spi_i = sa->spi_i,
			.spi_r = sa->spi_r },
		NULL, &sa->keys);
	if (!rc)
		keylog_sa(sa->spi_i, sa->spi_r, &sa->keys);
	return rc;
}

static enum x_verdict init_take(struct x *x)
{
	struct sa *sa = x->sa;
	const struct msg *in = x->in;
	struct sa_init *init = sa->init;

	if (!in->spi_r)
		return X_DROP;
	if (prop_verify(&sa->peer->conn->ike, &in->sa, true, &sa->suite) < 0 || /* 2.7 */
		in->ke.group != sa->suite.dh->id || sa->suite.dh != dh_group(init->dh)) {
		log_ike(1, "the answer of %s is not what we offered", addr_str(&sa->remote));
		return x_fail(x, -EPROTO, "the peer chose what was not offered");
	}
	if (natt_detected(x->pkt, in)) { /* 2.23 */
		log_ike(1, "a NAT is between %s and %s: not supported, giving up",
			addr_str(&sa->local), addr_str(&sa->remote));
		return x_fail(x, -EOPNOTSUPP, "a NAT is in between");
	}
	sa->spi_r = in->spi_r;
	if (blob_set(&init->nr, in->nonce) < 0 || blob_set(&init->received, in->raw) < 0 ||
		make_keys(sa, in->ke.data) < 0) {
		log_ike(1, "the key exchange with %s failed", addr_str(&sa->remote));
		return x_fail(x, -EPROTO, "the key exchange failed");
	}
	init->certreq_seen = in->n_certreq > 0;
	auth_say_certreq(x->d, in);
	return X_SEND;
}

/* 2.7, A-045: once per group, and only for one of ours. */
static enum x_verdict other_group(struct x *x)
{
	struct sa *sa = x->sa;
	struct sa_init *init = sa->init;
	const struct alg *now = dh_group(init->dh);
	uint16_t group = fresh_other_group(x->in, &sa->peer->conn->ike, now->id);

	for (size_t i = 0; i < init->n_groups_tried; i++)
		if (init->groups_tried[i] == group)
			group = 0;
	if (!group || init->n_groups_tried == sizeof(init->groups_tried) / sizeof(uint16_t)) {
		log_ike(1, "peer asks for a Diffie-Hellman group that we did not offer");
		return x_fail(x, -EPROTO, "the peer asks for another group");
	}
	init->groups_tried[init->n_groups_tried++] = now->id;
	log_ike(1, "peer didn't accept DH group %s, it requested %s", now->name,
		alg_find(ALG_DH, group, 0)->name);
	if (key_pair(sa, alg_find(ALG_DH, group, 0)) < 0)
		return x_fail(x, -EINVAL, "no such Diffie-Hellman group");
	return X_AGAIN;
}

static enum x_verdict init_refused(struct x *x)
{
	struct sa *sa = x->sa;
	struct sa_init *init = sa->init;
	const struct notify *cookie = msg_notify(x->in, N_COOKIE);
	const struct notify *error = msg_error(x->in);

	if (cookie && cookie->data.n && cookie->data.n <= COOKIE_MAX) { /* 2.6 */
		if (init->n_cookies++ >= COOKIES_MAX || blob_set(&init->cookie, cookie->data) < 0)
			return X_DROP;
		return X_AGAIN;
	}
	if (!error)
		return X_DROP;
	if (error->type == N_INVALID_KE)
		return other_group(x);
	if (!sa->tries) /* 2.21.1: unprotected; a better answer may come until we ask again */
		return X_DROP;
	log_ike(1, "received %s notify error", notify_long_str(error->type));
	return x_fail(x, -ECONNREFUSED, notify_long_str(error->type));
}

/* The first configuration for these addresses that likes a proposal. */
static int choose(struct sa *sa, const struct packet *p, const struct msg *in)
{
	struct trap *t = NULL;
	bool any = false;

	while ((t = select_next_by_addr(sa->d, &p->local, &p->remote, t))) {
		any = true;
		if (prop_choose(&t->conn->ike, &in->sa, true, &sa->suite) >= 0 && sa->suite.dh)
			return 0;
	}
	if (!any)
		log_ike(1, "no IKE config found for %s...%s, sending NO_PROPOSAL_CHOSEN",
			addr_str(&p->local), addr_str(&p->remote));
	else
		log_ike(1, "no proposal from %s fits, refused (%s)", addr_str(&p->remote),
			prop_list_str(&in->sa));
	return -ENOENT;
}

static enum x_verdict init_answer(struct x *x)
{
	struct sa *sa = x->sa;
	const struct msg *in = x->in;
	struct sa_init *init = sa->init;

	if (choose(sa, x->pkt, in) < 0) /* 2.7 */
		return x_refuse(x, N_NO_PROPOSAL_CHOSEN);
	if (natt_detected(x->pkt, in)) { /* 2.23 */
		log_ike(1, "a NAT is between %s and %s: not supported, refused",
			addr_str(&sa->local), addr_str(&sa->remote));
		return x_refuse(x, N_NO_PROPOSAL_CHOSEN);
	}
	if (in->ke.group != sa->suite.dh->id) /* 1.3 */
		return x_refuse_u16(x, N_INVALID_KE, sa->suite.dh->id);
	if (in->ke.data.n != sa->suite.dh->key_len)
		return x_refuse(x, N_INVALID_SYNTAX);
	if (key_pair(sa, sa->suite.dh) < 0 || fresh_nonce(x->d, &init->nr) < 0 ||
		blob_set(&init->ni, in->nonce) < 0 || blob_set(&init->received, in->raw) < 0)
		return X_FAIL;
	if (make_keys(sa, in->ke.data) < 0) /* 2.14; 6989: a value that is no public key */
		return x_refuse(x, N_INVALID_SYNTAX);
	sa->number = ++x->d->sa_counter;
	log_ike(0, "%s is initiating an IKE_SA", addr_str(&sa->remote));
	struct prop_list chosen;

	prop_of_suite(&sa->suite, PROTO_IKE, &chosen);
	put_sa(x->out, &chosen);
	put_ke(x->out, sa->suite.dh->id, dh_public(init->dh));
	put_nonce(x->out, blob_view(&init->nr));
	natt_put(sa, sa->spi_r, x->out);
	auth_say_own_certreq(x->d);
	auth_put_certreq(x->d, x->out);
	return X_SEND;
}

/* clang-format off */
static const struct x_row rows[] = {
	{ BIT(SA_NEW) | BIT(SA_INIT_SENT), TASK_INIT, ROLE_ASK, 0, 0,
	  init_ask, BIT(X_SEND) | BIT(X_FAIL),
	  SA_INIT_SENT, "ask IKE_SA_INIT" },
	{ BIT(SA_NEW), TASK_INIT, ROLE_ANSWER, P(SA) | P(KE) | P(NONCE),
	  P(NOTIFY) | P(VENDOR) | P(CERTREQ),
	  init_answer, BIT(X_SEND) | BIT(X_REFUSE) | BIT(X_FAIL),
	  SA_INIT_DONE, "answer IKE_SA_INIT" },
	{ BIT(SA_INIT_SENT), TASK_INIT, ROLE_TAKE, P(SA) | P(KE) | P(NONCE), 0,
	  init_take, BIT(X_SEND) | BIT(X_DROP) | BIT(X_FAIL),
	  SA_AUTH_SENT, "take the answer to IKE_SA_INIT" },
	{ BIT(SA_INIT_SENT), TASK_INIT, ROLE_REFUSED, 0, 0,
	  init_refused, BIT(X_AGAIN) | BIT(X_DROP) | BIT(X_FAIL),
	  NOWHERE, "IKE_SA_INIT is refused" },
};
/* clang-format on */

const struct x_table x_init_table = { rows, sizeof(rows) / sizeof(rows[0]) };
