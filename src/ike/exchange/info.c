#include <inttypes.h>
#include <string.h>

#include "base/log.h"
#include "base/rd.h"
#include "base/wr.h"
#include "ike/exchange/exchange.h"
#include "ike/lifecycle/close.h"
#include "ike/lifecycle/yield.h"
#include "ike/lifecycle/want.h"
#include "ike/machine/limits.h"
#include "ike/sa/child.h"

/* INFORMATIONAL, section 1.4:   SK { [N,] [D,] … } -->   <-- SK { [N,] [D,] … } */

enum { DELETED_MAX = CHILD_ALL_MAX };

static void say_closing(const struct child *c)
{
	log_ike(0,
		"closing CHILD_SA %s with SPIs %08x_i (%" PRIu64 " bytes) %08x_o (%" PRIu64
		" bytes) and TS %s === %s",
		child_name(c), c->spi_in, child_octets(c, false), c->spi_out, child_octets(c, true),
		ts_list_str(&c->ts_local), ts_list_str(&c->ts_remote));
}

static void put_delete_spis(struct msg_out *out, const uint32_t *spis, size_t n)
{
	uint8_t buf[4 * DELETED_MAX];
	struct wr w = WR_OF(buf);

	for (size_t i = 0; i < n; i++)
		wr_u32(&w, spis[i]);
	put_delete(out, PROTO_ESP, 4, (uint16_t)n, wr_view(&w));
}

/* A CHILD_SA to delete, or nothing at all: is the peer alive? */
static enum x_verdict info_ask(struct x *x)
{
	struct child *c = x->task->child.to;

	if (!c)
		return X_SEND;
	if (child_is_unheard(c))
		return X_LATER;
	if (c->spi_out)
		say_closing(c);
	log_ike(1, "sending DELETE for ESP CHILD_SA with SPI %08x", c->spi_in);
	put_delete_spis(x->out, &c->spi_in, 1);
	return X_SEND;
}

static enum x_verdict info_take(struct x *x)
{
	struct child *c = x->task->child.to;

	if (!c)
		return X_STAY;
	child_free(c);
	log_ike(1, "CHILD_SA closed");
	return X_STAY;
}

/* It may have what we asked it to delete: that goes with this IKE_SA, if another one can be made.
 */
static enum x_verdict info_refused(struct x *x)
{
	const char *why = notify_long_str(msg_error(x->in)->type);

	log_ike(1, "received %s notify in an answer to INFORMATIONAL", why);
	if (!x->task->child.to)
		return X_STAY;
	child_free(x->task->child.to);
	yield_begin(x->sa);
	return X_STAY;
}

static enum x_verdict delete_ask(struct x *x)
{
	struct sa *sa = x->sa;

	log_ike(0, "deleting IKE_SA %s between %s[%s]...%s[%s]", sa_name(sa), addr_str(&sa->local),
		ident_str(&sa->my_id), addr_str(&sa->remote), ident_str(&sa->peer_id));
	if (x->task->auth_failed)
		put_notify(x->out, 0, BYTES_NONE, N_AUTHENTICATION_FAILED, BYTES_NONE);
	log_ike(1, "sending DELETE for IKE_SA %s", sa_name(sa));
	put_delete(x->out, PROTO_IKE, 0, 0, BYTES_NONE);
	return X_SEND;
}

static enum x_verdict delete_take(struct x *x)
{
	log_ike(0, "IKE_SA %s deleted", sa_name(x->sa));
	return X_END;
}

static void peer_closed(struct child *c)
{
	struct iked *d = c->sa->d;
	struct trap *trap = c->trap;
	bool anew = trap->conn->closeaction == CLOSE_RESTART && c->state == CHILD_UP;

	trap_ref(trap);
	say_closing(c);
	child_free(c);
	log_ike(1, "CHILD_SA closed");
	if (anew)
		iked_want_child(d, trap, NULL);
	trap_unref(trap);
}

/* 1.4.1: the peer names its inbound SPIs, we answer with the paired ones, unless we delete too. */
static void delete_children(struct x *x, const struct delete *del)
{
	struct rd in = rd_of(del->spis);
	uint32_t ours[DELETED_MAX];
	size_t n = 0;

	for (unsigned i = 0; i < del->n && n < DELETED_MAX; i++) {
		uint32_t spi = rd_u32(&in);
		struct child *c = child_of_peer_spi(x->sa, spi);

		if (!c || c->state == CHILD_DELETING)
			continue;
		log_ike(1, "received DELETE for ESP CHILD_SA with SPI %08x", spi);
		ours[n++] = c->spi_in;
		peer_closed(c);
	}
	if (n)
		put_delete_spis(x->out, ours, n);
}

/* protected by the IKE_SA, so it is true that the peer does not know that SPI. */
static void unknown_spi(struct x *x, const struct notify *n)
{
	struct rd in = rd_of(n->data);
	struct child *c = child_of_peer_spi(x->sa, rd_u32(&in));

	if (rd_done(&in) < 0 || !c)
		return;
	log_ike(1, "peer does not know SPI %08x any more", c->spi_out);
	iked_close_child(c);
}

static enum x_verdict end_of_sa(struct x *x)
{
	struct sa *sa = x->sa;
	struct task *t = sa->task;

	log_ike(0, "deleting IKE_SA %s between %s[%s]...%s[%s]", sa_name(sa), addr_str(&sa->local),
		ident_str(&sa->my_id), addr_str(&sa->remote), ident_str(&sa->peer_id));
	if (t && t->kind == TASK_REKEY_SA &&
		t->their_sa.to) /* 2.8.2: only the peer's rekey arrived */
		x->heir = t->their_sa.to;
	return X_END;
}

static enum x_verdict info_answer(struct x *x)
{
	const struct msg *in = x->in;

	if (msg_notify(in, N_AUTHENTICATION_FAILED)) {
		log_ike(1, "received AUTHENTICATION_FAILED notify");
		return end_of_sa(x);
	}
	for (size_t i = 0; i < in->n_delete; i++) {
		if (in->delete[i].proto == PROTO_IKE) {
			log_ike(1, "received DELETE for IKE_SA %s", sa_name(x->sa));
			return end_of_sa(x);
		}
		if (in->delete[i].proto == PROTO_ESP)
			delete_children(x, &in->delete[i]);
	}
	if (msg_notify(in, N_INVALID_SPI))
		unknown_spi(x, msg_notify(in, N_INVALID_SPI));
	return X_STAY;
}

/* clang-format off */
static const struct x_row rows[] = {
	{ BIT(SA_UP), TASK_INFO, ROLE_ASK, 0, 0,
	  info_ask, BIT(X_SEND) | BIT(X_LATER),
	  SA_UP, "ask INFORMATIONAL" },
	{ BIT(SA_UP) | BIT(SA_REKEYED) | BIT(SA_DELETING), TASK_INFO, ROLE_ANSWER, 0,
	  P(NOTIFY) | P(DELETE) | P(VENDOR) | P(CP),
	  info_answer, BIT(X_STAY) | BIT(X_END),
	  NOWHERE, "answer INFORMATIONAL" },
	{ BIT(SA_UP) | BIT(SA_REKEYED), TASK_INFO, ROLE_TAKE, 0, 0,
	  info_take, BIT(X_STAY),
	  NOWHERE, "take the answer to INFORMATIONAL" },
	{ BIT(SA_UP) | BIT(SA_REKEYED), TASK_INFO, ROLE_REFUSED, 0, 0,
	  info_refused, BIT(X_STAY),
	  NOWHERE, "INFORMATIONAL is refused" },
	{ BIT(SA_AUTH_SENT) | BIT(SA_UP) | BIT(SA_REKEYED), TASK_DELETE_SA, ROLE_ASK, 0, 0,
	  delete_ask, BIT(X_SEND),
	  SA_DELETING, "ask to delete the IKE_SA" },
	{ BIT(SA_DELETING), TASK_DELETE_SA, ROLE_TAKE, 0, 0,
	  delete_take, BIT(X_END),
	  NOWHERE, "the IKE_SA is deleted" },
};
/* clang-format on */

const struct x_table x_info_table = { rows, sizeof(rows) / sizeof(rows[0]) };
