#include <errno.h>

#include "base/log.h"
#include "ike/exchange/fresh.h"
#include "ike/exchange/nego.h"
#include "ike/exchange/exchange.h"
#include "ike/lifecycle/close.h"

/* CREATE_CHILD_SA for one more, section 1.3.1:   SA, Ni, [KEi,] TSi, TSr -->   <-- SA, Nr, [KEr,]
 * TSi, TSr */

/* The CHILD_SA that this task makes, with its SPI. */
static int begin_child(struct x *x)
{
	struct child *c;
	int rc = child_new(x->sa, x->task->trap, &c);

	if (rc < 0)
		return rc;
	child_point(&x->task->child, c);
	return child_alloc(c);
}

static enum x_verdict child_ask(struct x *x)
{
	struct task *t = x->task;
	struct child *there = child_of_trap(t->trap);

	if (there && !there->sa->yielding && child_stands(there, true)) {
		nego_over(x, 0, "established already");
		return X_STAY;
	}
	trap_need_reqid(t->trap);
	log_ike(0, "establishing CHILD_SA %s{%u}", t->trap->conn->name, t->trap->reqid_out);
	if ((!t->child.to && begin_child(x) < 0) || nego_ask(x, t->child.to, true) < 0) {
		nego_over(x, -EIO, "the kernel gives no SPI");
		return X_STAY;
	}
	return X_SEND;
}

/* 2.25: not while this IKE_SA is being replaced. */
static bool busy(const struct sa *sa)
{
	return sa->task && sa->task->kind == TASK_REKEY_SA;
}

/* We have asked for a CHILD_SA of the same connection, and the peer had not read it yet. */
static void note_collision(struct task *t, struct child *theirs)
{
	if (!t || t->kind != TASK_CHILD || t->trap != theirs->trap)
		return;
	t->collided = true;
	child_point(&t->their_child, theirs);
}

static enum x_verdict child_answer(struct x *x)
{
	struct child *c;
	int rc;

	if (busy(x->sa))
		return x_refuse(x, N_TEMPORARY_FAILURE);
	rc = nego_answer(x, NULL, true, &c);
	if (rc)
		return nego_refuse(x, rc);
	nego_say(c);
	note_collision(x->sa->task, c);
	return X_SEND;
}

/* One is enough: as in a rekey the one with the lowest nonce is closed by its maker (2.8.1). */
static bool is_spare(const struct task *t, const struct child *c)
{
	const struct child *theirs = t->their_child.to;

	return t->collided && theirs && theirs->state == CHILD_UP &&
		bytes_cmp(BYTES(c->nonce_min, c->n_nonce_min),
			BYTES(theirs->nonce_min, theirs->n_nonce_min)) < 0;
}

/* Those of the same connection that carry nothing any more: their outbound SA is not in the kernel.
 */
static void close_broken(struct child *fresh)
{
	struct child *c, *next;

	for (c = LIST_FIRST(&fresh->sa->children); c; c = next) {
		next = LIST_NEXT(c, of_sa);
		if (c != fresh && c->trap == fresh->trap && c->state == CHILD_UP &&
			!child_stands(c, true))
			iked_close_child(c);
	}
}

static enum x_verdict child_take(struct x *x)
{
	struct task *t = x->task;
	struct child *c = t->child.to;
	int rc = nego_take(x, c, true);

	if (!rc) {
		nego_say(c);
		close_broken(c);
	}
	if (!rc && is_spare(t, c)) {
		log_ike(1, "both sides made %s, closing ours", child_name(c));
		iked_close_child(c);
	}
	nego_over(x, rc, rc ? "the CHILD_SA could not be installed" : "established");
	return X_STAY;
}

static enum x_verdict child_refused(struct x *x)
{
	struct task *t = x->task;
	uint16_t group =
		fresh_other_group(x->in, &t->trap->conn->esp, t->dh ? dh_group(t->dh)->id : 0);
	const char *why;

	nego_take_back(x);
	if (group && !t->n_groups++) { /* */
		t->group = group;
		blob_free(&t->ni);
		return X_AGAIN;
	}
	if (msg_notify(x->in, N_TEMPORARY_FAILURE)) {
		child_free(t->child.to);
		return X_LATER;
	}
	why = nego_refusal(x->in);
	nego_over(x, -ECONNREFUSED, why);
	return X_STAY;
}

/* clang-format off */
static const struct x_row rows[] = {
	{ BIT(SA_UP), TASK_CHILD, ROLE_ASK, 0, 0,
	  child_ask, BIT(X_SEND) | BIT(X_STAY),
	  SA_UP, "ask for a CHILD_SA" },
	{ BIT(SA_UP), TASK_CHILD, ROLE_ANSWER, P(SA) | P(NONCE) | P(TSI) | P(TSR),
	  P(KE) | P(NOTIFY) | P(VENDOR) | P(CP),
	  child_answer, BIT(X_SEND) | BIT(X_REFUSE),
	  SA_UP, "answer CREATE_CHILD_SA" },
	{ BIT(SA_UP), TASK_CHILD, ROLE_TAKE, P(SA) | P(NONCE) | P(TSI) | P(TSR), 0,
	  child_take, BIT(X_STAY),
	  NOWHERE, "take the answer to CREATE_CHILD_SA" },
	{ BIT(SA_UP), TASK_CHILD, ROLE_REFUSED, 0, 0,
	  child_refused, BIT(X_STAY) | BIT(X_AGAIN) | BIT(X_LATER),
	  NOWHERE, "CREATE_CHILD_SA is refused" },
};
/* clang-format on */

const struct x_table x_child_table = { rows, sizeof(rows) / sizeof(rows[0]) };
