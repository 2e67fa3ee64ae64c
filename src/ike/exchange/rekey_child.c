#include "base/log.h"
#include "base/rd.h"
#include "ike/exchange/fresh.h"
#include "ike/exchange/nego.h"
#include "ike/exchange/exchange.h"
#include "ike/lifecycle/close.h"
#include "ike/lifecycle/want.h"
#include "ike/sa/child_state.h"

/*
 * CREATE_CHILD_SA that replaces a CHILD_SA, section 1.3.3:
 *	N(REKEY_SA), SA, Ni, [KEi,] TSi, TSr -->   <-- SA, Nr, [KEr,] TSi, TSr
 * When both sides begin at once, the SA made with the lowest of the four nonces is closed by the
 * side that made it (2.8.1).
 */

static int put_old_spi(struct msg_out *out, const struct child *old)
{
	const uint8_t spi[] = { (uint8_t)(old->spi_in >> 24), (uint8_t)(old->spi_in >> 16),
		(uint8_t)(old->spi_in >> 8), (uint8_t)old->spi_in };

	put_notify(out, PROTO_ESP, BYTES_OF(spi), N_REKEY_SA, BYTES_NONE);
	return 0;
}

static enum x_verdict rekey_child_ask(struct x *x)
{
	struct task *t = x->task;
	struct child *old = t->old.to, *c;

	if (!old || !child_carries(old))
		return X_STAY; /* gone, or the peer was faster */
	if (child_is_unheard(old))
		return X_LATER;
	log_ike(0, "establishing CHILD_SA %s", child_name(old));
	put_old_spi(x->out, old);
	if (!t->child.to) {
		if (child_new(x->sa, old->trap, &c) < 0)
			return X_STAY;
		child_point(&t->child, c);
		if (child_alloc(c) < 0)
			return X_STAY;
	}
	if (nego_ask(x, t->child.to, true) < 0)
		return X_STAY;
	child_do(old, CE_REKEY_BEGUN);
	return X_SEND;
}

/* The peer's own inbound SPI names the CHILD_SA that it wants to replace (1.3.3). */
static struct child *old_of(struct sa *sa, const struct msg *in)
{
	const struct notify *n = msg_notify(in, N_REKEY_SA);
	struct rd spi = rd_of(n->spi);
	uint32_t v = rd_u32(&spi);

	return rd_done(&spi) < 0 || n->proto != PROTO_ESP ? NULL : child_of_peer_spi(sa, v);
}

static enum x_verdict not_found(struct x *x)
{
	const struct notify *n = msg_notify(x->in, N_REKEY_SA);

	x_refuse(x, N_CHILD_SA_NOT_FOUND);
	msg_begin_inner(x->out, x->out->w.p, x->out->w.cap);
	put_notify(x->out, n->proto, n->spi, N_CHILD_SA_NOT_FOUND, BYTES_NONE);
	return X_REFUSE;
}

/* 2.25.1: one for another, and no second one while that stands. */
static bool has_successor(const struct child *old)
{
	const struct child *c;

	LIST_FOREACH (c, &old->sa->children, of_sa)
		if (c->rekeys.to == old && child_carries(c))
			return true;
	return false;
}

static enum x_verdict rekey_child_answer(struct x *x)
{
	struct sa *sa = x->sa;
	struct task *t = sa->task;
	struct child *old = old_of(sa, x->in), *c;
	int rc;

	if (!old)
		return not_found(x);
	if (old->state == CHILD_DELETING || has_successor(old) || (t && t->kind == TASK_REKEY_SA))
		return x_refuse(x, N_TEMPORARY_FAILURE);
	rc = nego_answer(x, old, true, &c);
	if (rc)
		return nego_refuse(x, rc);
	child_point(&c->rekeys, old);
	if (t && t->kind == TASK_REKEY_CHILD && t->old.to == old) {
		t->collided = true;
		child_point(&t->their_child, c);
		blob_set(&t->their_nonce, BYTES(c->nonce_min, c->n_nonce_min));
	}
	child_do(old, CE_REPLACED);
	nego_say(c);
	return X_SEND;
}

static enum x_verdict rekey_child_take(struct x *x)
{
	struct task *t = x->task;
	struct child *c = t->child.to, *old;

	if (nego_take(x, c, true) < 0)
		return X_STAY;
	nego_say(c);
	old = t->old.to;
	child_point(&c->rekeys, old);
	if (t->collided && t->their_child.to &&
		fresh_loses(t, BYTES(c->nonce_min, c->n_nonce_min))) {
		log_ike(1, "CHILD_SA rekey collision lost, closing %s", child_name(c));
		iked_close_child(c);
	} else if (old) {
		old->unheard = false; /* the peer has answered for it by its SPI */
		child_do(old, CE_REPLACED);
		iked_close_child(old);
	}
	return X_STAY;
}

static enum x_verdict rekey_child_refused(struct x *x)
{
	struct task *t = x->task;
	struct child *old = t->old.to;
	uint16_t now = t->dh ? dh_group(t->dh)->id : 0;
	uint16_t group = old ? fresh_other_group(x->in, &old->trap->conn->esp, now) : 0;

	nego_take_back(x);
	if (group && !t->n_groups++) { /* */
		t->group = group;
		blob_free(&t->ni);
		return X_AGAIN;
	}
	if (t->collided || !old)
		return X_STAY; /* the peer's own rekey stands */
	if (msg_notify(x->in, N_TEMPORARY_FAILURE)) {
		child_do(old, CE_REKEY_OVER);
		child_free(t->child.to);
		return X_LATER;
	}
	if (fresh_begin_anew(x))
		return X_STAY;
	nego_refusal(x->in);
	if (msg_notify(x->in, N_CHILD_SA_NOT_FOUND) && !(x->in->has & P(SA))) { /* */
		struct trap *trap = old->trap;

		trap_ref(trap);
		child_free(old);
		iked_want_child(x->d, trap, NULL);
		trap_unref(trap);
	}
	return X_STAY;
}

/* clang-format off */
#define CHILD_SET (P(SA) | P(NONCE) | P(TSI) | P(TSR))
static const struct x_row rows[] = {
	{ BIT(SA_UP), TASK_REKEY_CHILD, ROLE_ASK, 0, 0,
	  rekey_child_ask, BIT(X_SEND) | BIT(X_STAY) | BIT(X_LATER),
	  SA_UP, "ask to rekey a CHILD_SA" },
	{ BIT(SA_UP), TASK_REKEY_CHILD, ROLE_ANSWER, CHILD_SET | P(NOTIFY),
	  P(KE) | P(VENDOR) | P(CP),
	  rekey_child_answer, BIT(X_SEND) | BIT(X_REFUSE),
	  SA_UP, "answer the rekey of a CHILD_SA" },
	{ BIT(SA_UP), TASK_REKEY_CHILD, ROLE_TAKE, CHILD_SET, 0,
	  rekey_child_take, BIT(X_STAY),
	  NOWHERE, "the CHILD_SA is rekeyed" },
	{ BIT(SA_UP), TASK_REKEY_CHILD, ROLE_REFUSED, 0, 0,
	  rekey_child_refused, BIT(X_STAY) | BIT(X_AGAIN) | BIT(X_LATER),
	  NOWHERE, "the rekey of a CHILD_SA is refused" },
};
/* clang-format on */

const struct x_table x_rekey_child_table = { rows, sizeof(rows) / sizeof(rows[0]) };
