#include <errno.h>

#include "base/log.h"
#include "base/mem.h"
#include "ike/sa/keylog.h"
#include "ike/exchange/fresh.h"
#include "ike/exchange/nego.h"
#include "ike/exchange/exchange.h"
#include "ike/lifecycle/yield.h"
#include "ike/lifecycle/lifetime.h"
#include "ike/machine/ask.h"
#include "ike/machine/limits.h"

/*
 * CREATE_CHILD_SA that replaces the IKE_SA, section 1.3.2:   SA, Ni, KEi -->   <-- SA, Nr, KEr
 * When both sides begin at once, the IKE_SA made with the lowest of the four nonces is closed by
 * the side that made it (2.8.2).
 */

#define IKE_SET (P(SA) | P(NONCE) | P(KE))

static void spi_proposals(const struct prop_list *ike, uint64_t spi, struct prop_list *out)
{
	*out = *ike;
	for (size_t i = 0; i < out->n; i++) {
		out->p[i].spi_len = 8;
		for (size_t k = 0; k < 8; k++)
			out->p[i].spi[k] = (uint8_t)(spi >> (56 - 8 * k));
	}
}

static uint64_t spi_of(const struct suite *s)
{
	uint64_t v = 0;

	for (size_t i = 0; i < 8; i++)
		v = v << 8 | s->spi[i];
	return s->spi_len == 8 ? v : 0;
}

static enum x_verdict rekey_sa_ask(struct x *x)
{
	struct task *t = x->task;
	const struct prop_list *ike = &x->sa->peer->conn->ike;
	struct prop_list props;
	struct sa *new_sa;

	if (!t->new_sa.to) {
		if (sa_new(x->d, true, &new_sa) < 0)
			return X_STAY;
		sa_point(&t->new_sa, new_sa);
	}
	if (fresh_pair(x->d, t, ike) < 0 || !t->dh)
		return X_STAY;
	log_ike(1, "rekeying IKE_SA %s", sa_name(x->sa));
	spi_proposals(ike, t->new_sa.to->spi_i, &props);
	put_sa(x->out, &props);
	put_nonce(x->out, blob_view(&t->ni));
	put_ke(x->out, dh_group(t->dh)->id, dh_public(t->dh));
	return X_SEND;
}

/* The new IKE_SA has what the old one has; its message ids begin at 0 (2.18). */
static int derive(struct sa *sa, struct sa *new_sa, const struct dh *dh, struct bytes peer,
	struct bytes ni, struct bytes nr)
{
	own_blob shared = { 0 };
	int rc = dh_shared(dh, peer, &shared);

	if (!rc)
		rc = keymat_ike(&new_sa->suite,
			&(struct keymat_in){ .shared = blob_view(&shared),
				.ni = ni,
				.nr = nr,
				.spi_i = new_sa->spi_i,
				.spi_r = new_sa->spi_r },
			&sa->keys, &new_sa->keys);
	if (!rc)
		keylog_sa(new_sa->spi_i, new_sa->spi_r, &new_sa->keys);
	if (!rc)
		rc = ident_set(&new_sa->my_id, sa->my_id.type, blob_view(&sa->my_id.data));
	if (!rc)
		rc = ident_set(&new_sa->peer_id, sa->peer_id.type, blob_view(&sa->peer_id.data));
	if (!rc)
		rc = sa_set_ids(new_sa);
	return rc;
}

static void rise(struct x *x, struct sa *new_sa)
{
	struct sa *sa = x->sa;

	new_sa->number = ++sa->d->sa_counter;
	new_sa->local = sa->local;
	new_sa->remote = sa->remote;
	new_sa->local_port = sa->local_port;
	new_sa->remote_port = sa->remote_port;
	new_sa->proved = sa->proved;
	new_sa->heard_at = loop_now();
	sa_set_peer(new_sa, sa->peer);
	lifetime_begin(new_sa);
	x->up = new_sa;
	log_ike(0, "IKE_SA %s rekeyed between %s[%s]...%s[%s]", sa_name(new_sa),
		addr_str(&new_sa->local), ident_str(&new_sa->my_id), addr_str(&new_sa->remote),
		ident_str(&new_sa->peer_id));
}

/* 2.25.2: not while a CHILD_SA of it is being made, replaced or closed. */
static bool children_busy(const struct sa *sa)
{
	const struct task *t = sa->task;

	return t && t->kind != TASK_REKEY_SA && !(t->kind == TASK_INFO && !t->child.to);
}

/* One IKE_SA for another: a second request for the same one is not answered by a third. */
static bool replaced_already(const struct sa *sa)
{
	const struct task *t = sa->task;

	return t && t->kind == TASK_REKEY_SA && t->their_sa.to;
}

static int answer_sa(struct x *x, struct sa *new_sa, struct bytes *nr, struct blob *nonce)
{
	const struct msg *in = x->in;
	const struct conn *conn = x->sa->peer->conn;
	struct prop_list one;
	own(dh) *dh = NULL;
	struct suite own_suite;

	if (prop_choose(&conn->ike, &in->sa, true, &new_sa->suite) < 0 || !new_sa->suite.dh)
		return N_NO_PROPOSAL_CHOSEN;
	new_sa->spi_i = spi_of(&new_sa->suite);
	if (!new_sa->spi_i)
		return N_INVALID_SYNTAX;
	x->group = new_sa->suite.dh->id;
	if (in->ke.group != x->group)
		return N_INVALID_KE;
	if (fresh_nonce(x->d, nonce) < 0 || dh_new(new_sa->suite.dh, &dh) < 0)
		return N_TEMPORARY_FAILURE;
	*nr = blob_view(nonce);
	if (derive(x->sa, new_sa, dh, in->ke.data, in->nonce, *nr) < 0)
		return N_INVALID_SYNTAX;
	own_suite = new_sa->suite;
	own_suite.spi_len = 8;
	prop_of_suite(&own_suite, PROTO_IKE, &one);
	spi_proposals(&one, new_sa->spi_r, &one);
	put_sa(x->out, &one);
	put_nonce(x->out, *nr);
	put_ke(x->out, dh_group(dh)->id, dh_public(dh));
	return 0;
}

/* Our DELETE is out (2.25.2). */
static enum x_verdict rekey_sa_too_late(struct x *x)
{
	return x_refuse(x, N_TEMPORARY_FAILURE);
}

static enum x_verdict rekey_sa_answer(struct x *x)
{
	struct sa *sa = x->sa, *new_sa;
	struct task *t = sa->task;
	own_blob nonce = { 0 };
	struct bytes nr;
	int rc;

	if (children_busy(sa) || replaced_already(sa) || sa_n_same_ids(sa) >= SAME_IDS_MAX)
		return x_refuse(x, N_TEMPORARY_FAILURE);
	if (sa_new(x->d, false, &new_sa) < 0)
		return x_refuse(x, N_TEMPORARY_FAILURE);
	rc = answer_sa(x, new_sa, &nr, &nonce);
	if (rc) {
		sa_free(new_sa);
		return nego_refuse(x, rc);
	}
	rise(x, new_sa);
	if (!t || t->kind != TASK_REKEY_SA) {
		x->heir = new_sa;
		return X_SEND;
	}
	t->collided = true;
	sa_point(&t->their_sa, new_sa);
	blob_set(&t->their_nonce, fresh_lower(x->in->nonce, nr));
	return X_STAY;
}

static int take_sa(struct x *x, struct sa *new_sa)
{
	struct task *t = x->task;
	const struct msg *in = x->in;
	struct prop_list props;

	spi_proposals(&x->sa->peer->conn->ike, new_sa->spi_i, &props);
	if (prop_verify(&props, &in->sa, true, &new_sa->suite) < 0)
		return -EPROTO;
	new_sa->spi_r = spi_of(&new_sa->suite);
	if (!new_sa->spi_r || new_sa->suite.dh != dh_group(t->dh) ||
		in->ke.group != dh_group(t->dh)->id)
		return -EPROTO;
	return derive(x->sa, new_sa, t->dh, in->ke.data, blob_view(&t->ni), in->nonce);
}

static enum x_verdict rekey_sa_take(struct x *x)
{
	struct sa *sa = x->sa, *new_sa = x->task->new_sa.to;
	struct task *t = x->task;
	struct bytes low = fresh_lower(blob_view(&t->ni), x->in->nonce);

	if (take_sa(x, new_sa) < 0) {
		log_ike(1, "rekeying IKE_SA %s failed", sa_name(sa));
		return X_STAY;
	}
	sa_point(&t->new_sa, NULL); /* it stands on its own from here */
	rise(x, new_sa);
	if (t->collided && t->their_sa.to && fresh_loses(t, low)) {
		log_ike(1, "IKE_SA rekey collision lost, closing %s", sa_name(new_sa));
		x->heir = t->their_sa.to;
		x_push_front(new_sa, task_new(TASK_DELETE_SA));
		x_run(new_sa);
		return X_SEND; /* the peer deletes the old one */
	}
	x->replaced = t->their_sa.to; /* the peer closes it; it may never have heard of it */
	x->heir = new_sa;
	x->close = true;
	return X_SEND;
}

/* The peer granted it too, so it has it: closed as soon as it is up. */
static bool take_back(struct x *x)
{
	struct sa *new_sa = x->task->new_sa.to;

	if ((x->in->has & IKE_SET) != IKE_SET || take_sa(x, new_sa) < 0)
		return false;
	sa_point(&x->task->new_sa, NULL);
	rise(x, new_sa);
	new_sa->yielding = true; /* for nobody to use */
	x_push_front(new_sa, task_new(TASK_DELETE_SA));
	x_run(new_sa);
	return true;
}

static enum x_verdict rekey_sa_refused(struct x *x)
{
	struct task *t = x->task;
	uint16_t now = t->dh ? dh_group(t->dh)->id : 0;
	uint16_t group = fresh_other_group(x->in, &x->sa->peer->conn->ike, now);
	bool granted = take_back(x);

	if (group && !granted && !t->n_groups++) {
		t->group = group;
		blob_free(&t->ni);
		return X_AGAIN;
	}
	if (t->collided && t->their_sa.to) {
		x->heir = t->their_sa.to;
		return X_SEND;
	}
	if (granted && yield_begin(x->sa) == 0) /* it may have given up what this one has */
		return X_STAY;
	if (msg_notify(x->in, N_TEMPORARY_FAILURE))
		return X_LATER;
	if (fresh_begin_anew(x))
		return X_STAY;
	log_ike(1, "rekeying IKE_SA %s failed, received %s", sa_name(x->sa),
		notify_long_str(msg_error(x->in)->type));
	return X_STAY;
}

/* clang-format off */
static const struct x_row rows[] = {
	{ BIT(SA_UP), TASK_REKEY_SA, ROLE_ASK, 0, 0,
	  rekey_sa_ask, BIT(X_SEND) | BIT(X_STAY),
	  SA_UP, "ask to rekey the IKE_SA" },
	{ BIT(SA_UP), TASK_REKEY_SA, ROLE_ANSWER, IKE_SET, P(NOTIFY) | P(VENDOR),
	  rekey_sa_answer, BIT(X_SEND) | BIT(X_STAY) | BIT(X_REFUSE),
	  SA_REKEYED, "answer the rekey of the IKE_SA" },
	{ BIT(SA_DELETING), TASK_REKEY_SA, ROLE_ANSWER, IKE_SET, P(NOTIFY) | P(VENDOR),
	  rekey_sa_too_late, BIT(X_REFUSE),
	  NOWHERE, "refuse the rekey of an IKE_SA that is being closed" },
	{ BIT(SA_UP), TASK_REKEY_SA, ROLE_TAKE, IKE_SET, 0,
	  rekey_sa_take, BIT(X_SEND) | BIT(X_STAY),
	  SA_REKEYED, "the IKE_SA is rekeyed" },
	{ BIT(SA_UP), TASK_REKEY_SA, ROLE_REFUSED, 0, 0,
	  rekey_sa_refused, BIT(X_SEND) | BIT(X_STAY) | BIT(X_AGAIN) | BIT(X_LATER),
	  SA_REKEYED, "the rekey of the IKE_SA is refused" },
};
/* clang-format on */

const struct x_table x_rekey_sa_table = { rows, sizeof(rows) / sizeof(rows[0]) };
