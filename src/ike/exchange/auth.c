#include <errno.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "ike/auth/auth.h"
#include "ike/exchange/nego.h"
#include "ike/lifecycle/unique.h"
#include "ike/exchange/exchange.h"
#include "ike/exchange/select_peer.h"
#include "ike/lifecycle/lifetime.h"
#include "ike/machine/ask.h"

/*
 * IKE_AUTH, section 1.2:
 *	SK { IDi, [CERT,] [CERTREQ,] [IDr,] AUTH, SAi2, TSi, TSr } -->
 *					<-- SK { IDr, [CERT,] AUTH, SAr2, TSi, TSr }
 */

static int copy_id(struct ident *to, const struct ident *from)
{
	return ident_set(to, from->type, blob_view(&from->data));
}

static void say_established(struct sa *sa)
{
	lifetime_begin(sa);
	log_ike(0, "IKE_SA %s established between %s[%s]...%s[%s]", sa_name(sa),
		addr_str(&sa->local), ident_str(&sa->my_id), addr_str(&sa->remote),
		ident_str(&sa->peer_id));
}

static int ask_child(struct x *x)
{
	struct task *t = x->task;
	struct child *c;

	log_ike(0, "establishing CHILD_SA %s{%u}", t->trap->conn->name, t->trap->reqid_out);
	if (child_new(x->sa, t->trap, &c) < 0)
		return -ENOMEM;
	child_point(&t->child, c);
	if (child_alloc(c) < 0)
		return -EIO;
	return nego_ask(x, c, false);
}

static enum x_verdict auth_ask(struct x *x)
{
	struct sa *sa = x->sa;
	const struct conn *conn = sa->peer->conn;
	bool uniqueids = iked_conf(x->d)->uniqueids != UNIQUE_NEVER;
	own_blob auth = { 0 };
	uint8_t method;

	trap_need_reqid(x->task->trap);
	if (copy_id(&sa->my_id, &conn->local.id) < 0)
		return x_fail(x, -ENOMEM, "no memory");
	auth_say_own_certreq(x->d);
	if (auth_sign(sa, &method, &auth) < 0)
		return x_fail(x, -ENOKEY, "no private key to sign with");
	put_id(x->out, PLD_IDI, &sa->my_id);
	auth_put_cert(sa, x->out);
	if (uniqueids && !auth_other_sa(sa)) /* */
		put_notify(x->out, 0, BYTES_NONE, N_INITIAL_CONTACT, BYTES_NONE);
	auth_put_certreq(x->d, x->out);
	if (conn->remote.id.type && !ident_has_wildcard(&conn->remote.id)) /* */
		put_id(x->out, PLD_IDR, &conn->remote.id);
	put_auth(x->out, method, blob_view(&auth));
	if (ask_child(x) < 0)
		return x_fail(x, -EIO, "the kernel gives no SPI");
	return X_SEND;
}

/* who is it, and which of our configurations is for it? */
static int recognise(struct x *x)
{
	struct sa *sa = x->sa;
	const struct msg *in = x->in;
	struct trap *peer;

	if (!(in->has & P(AUTH))) {
		log_ike(1, "EAP not supported, IKE_AUTH without AUTH refused");
		return -EOPNOTSUPP;
	}
	if (ident_set(&sa->peer_id, in->idi.type, in->idi.data) < 0)
		return -EINVAL;
	peer = select_peer(sa, in);
	if (!peer) {
		log_cfg(1, "no matching peer config found for %s[%s]", addr_str(&sa->remote),
			ident_str(&sa->peer_id));
		return -ENOENT;
	}
	log_cfg(1, "selected peer config '%s'", peer->conn->name);
	sa_set_peer(sa, peer);
	return copy_id(&sa->my_id, &peer->conn->local.id);
}

static void answer_child(struct x *x)
{
	struct child *c;
	int rc = nego_answer(x, NULL, false, &c);

	if (!rc)
		nego_say(c);
	else /* the IKE_SA stays without it */
		put_notify(x->out, 0, BYTES_NONE, (uint16_t)rc, BYTES_NONE);
}

static enum x_verdict auth_answer(struct x *x)
{
	struct sa *sa = x->sa;
	const struct msg *in = x->in;
	own_blob auth = { 0 };
	uint8_t method;

	sa->init->certreq_seen = in->n_certreq > 0;
	auth_say_certreq(x->d, in);
	if (recognise(x) < 0 || auth_verify(sa, in, &in->idi) < 0) /* 2.15 */
		return x_refuse_end(x, N_AUTHENTICATION_FAILED);
	if (sa_set_ids(sa) < 0 || !unique_admit(sa, in))
		return x_refuse_end(x, N_AUTHENTICATION_FAILED);
	if (auth_sign(sa, &method, &auth) < 0)
		return x_refuse_end(x, N_AUTHENTICATION_FAILED);
	put_id(x->out, PLD_IDR, &sa->my_id);
	auth_put_cert(sa, x->out);
	put_auth(x->out, method, blob_view(&auth));
	say_established(sa);
	answer_child(x);
	sa->newcomer = true;
	return X_SEND;
}

/* 2.21.2: the responder has an IKE_SA already, it must hear that it is not accepted. */
static enum x_verdict take_back(struct x *x, int rc, const char *why, bool auth_failed)
{
	struct task *t = task_new(TASK_DELETE_SA);

	x_fail(x, rc, why);
	if (!t)
		return X_FAIL;
	t->auth_failed = auth_failed;
	x_push_front(x->sa, t);
	nego_over(x, rc, why);
	return X_STAY;
}

static enum x_verdict not_accepted(struct x *x)
{
	return take_back(x, -EACCES, "the peer is not who it should be", true);
}

static bool is_expected(struct sa *sa)
{
	const struct ident *want = &sa->peer->conn->remote.id;

	if (ident_match(want, &sa->peer_id))
		return true;
	log_ike(1, "IDr '%s' does not match to '%s'", ident_str(&sa->peer_id), ident_str(want));
	return false;
}

static void take_child(struct x *x)
{
	struct task *t = x->task;
	const uint32_t need = P(SA) | P(TSI) | P(TSR);
	int rc = -ECONNREFUSED;
	const char *why;

	if ((x->in->has & need) != need || msg_error(x->in)) {
		why = nego_refusal(x->in);
		nego_take_back(x);
	} else {
		rc = nego_take(x, t->child.to, false);
		why = rc ? "the CHILD_SA could not be installed" : "established";
	}
	if (!rc)
		nego_say(t->child.to);
	nego_over(x, rc, why);
}

static enum x_verdict auth_take(struct x *x)
{
	struct sa *sa = x->sa;
	const struct msg *in = x->in;

	if (ident_set(&sa->peer_id, in->idr.type, in->idr.data) < 0)
		return not_accepted(x);
	if (!is_expected(sa) || auth_verify(sa, in, &in->idr) < 0)
		return not_accepted(x);
	if (sa_set_ids(sa) < 0)
		return x_fail(x, -ENOMEM, "no memory");
	sa->peer->attempt = 0;
	say_established(sa);
	take_child(x);
	sa->newcomer = true;
	return X_SEND;
}

/* An answer without an error is no refusal, and never comes here. */
static enum x_verdict auth_refused(struct x *x)
{
	const struct notify *error = msg_error(x->in);

	int rc = error->type == N_AUTHENTICATION_FAILED ? -EACCES : -ECONNREFUSED;
	const char *why = notify_long_str(error->type);

	log_ike(1, "received %s notify error", why);
	return x->in->has & P(AUTH) ? take_back(x, rc, why, false) : x_fail(x, rc, why);
}

/* clang-format off */
static const struct x_row rows[] = {
	{ BIT(SA_AUTH_SENT), TASK_AUTH, ROLE_ASK, 0, 0,
	  auth_ask, BIT(X_SEND) | BIT(X_FAIL),
	  SA_AUTH_SENT, "ask IKE_AUTH" },
	{ BIT(SA_INIT_DONE), TASK_AUTH, ROLE_ANSWER, P(IDI) | P(SA) | P(TSI) | P(TSR),
	  P(AUTH) | P(IDR) | P(CERT) | P(CERTREQ) | P(NOTIFY) | P(VENDOR) | P(CP) | P(EAP),
	  auth_answer, BIT(X_SEND) | BIT(X_END),
	  SA_UP, "answer IKE_AUTH" },
	{ BIT(SA_AUTH_SENT), TASK_AUTH, ROLE_TAKE, P(IDR) | P(AUTH), 0,
	  auth_take, BIT(X_SEND) | BIT(X_STAY) | BIT(X_FAIL),
	  SA_UP, "take the answer to IKE_AUTH" },
	{ BIT(SA_AUTH_SENT), TASK_AUTH, ROLE_REFUSED, 0, 0,
	  auth_refused, BIT(X_STAY) | BIT(X_FAIL),
	  NOWHERE, "IKE_AUTH is refused" },
};
/* clang-format on */

const struct x_table x_auth_table = { rows, sizeof(rows) / sizeof(rows[0]) };
