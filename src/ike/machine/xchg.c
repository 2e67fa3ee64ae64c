#include <errno.h>
#include <string.h>

#include "base/log.h"
#include "crypto/prf.h"
#include "crypto/sk.h"
#include "ike/machine/limits.h"
#include "ike/machine/ask.h"
#include "ike/machine/notify.h"
#include "ike/machine/send.h"
#include "ike/machine/state.h"
#include "ike/machine/xchg.h"
#include "ike/sa/child.h"

/* What a request wants is seen by its payloads (1.3). */
static enum task_kind kind_of_request(const struct msg *in)
{
	switch (in->exchange) {
	case XCHG_IKE_SA_INIT:
		return TASK_INIT;
	case XCHG_IKE_AUTH:
		return TASK_AUTH;
	case XCHG_INFORMATIONAL:
		return TASK_INFO;
	}
	if (msg_notify(in, N_REKEY_SA))
		return TASK_REKEY_CHILD;
	return in->sa.n && in->sa.p[0].proto == PROTO_IKE ? TASK_REKEY_SA : TASK_CHILD;
}

enum { MID_MAX = 0x80000000 }; /* replaced by then */

static void drop(struct iked *d, const struct packet *p, const char *why)
{
	d->counts.dropped++;
	log_net(1, "dropped %zu octets from %s: %s", p->data.n, addr_str(&p->remote), why);
}

/* A handler is at work on it. */
static void begin(struct sa *sa)
{
	sa_enter(sa);
	x_work_begin(sa->d);
}

static void end(struct sa *sa)
{
	struct iked *d = sa->d;

	if (sa->state != SA_GONE)
		x_run(sa);
	sa_leave(sa);
	x_work_end(d);
}

static void answer_verdict(struct x *x, const struct x_row *row, enum x_verdict v)
{
	struct sa *sa = x->sa;
	bool fresh = sa->state == SA_NEW;

	switch (v) {
	case X_SEND:
		x_move(sa, row->to);
		x_reply(sa, x->pkt, x->out, x->in, x_transmit_owed);
		break;
	case X_STAY:
		x_reply(sa, x->pkt, x->out, x->in, x_transmit_owed);
		break;
	case X_REFUSE:
	case X_END:
		x_reply(sa, x->pkt, x->out, x->in, x_transmit);
		if (v == X_END || fresh)
			sa->d->hooks->ended(sa);
		break;
	case X_FAIL:
		sa->d->hooks->ended(sa);
		break;
	case X_AGAIN:
	case X_LATER:
	case X_DROP:
		drop(x->d, x->pkt, "not acceptable now");
		if (fresh)
			sa->d->hooks->ended(sa);
		break;
	}
}

/* 3.2, 2.21: what is missing, and what does not belong here. */
static bool payloads_fit(const struct x_row *row, const struct msg *in)
{
	return row && !(in->has & ~(row->required | row->allowed | P(SK)));
}

/* The handler; and what it says about other IKE_SAs. */
static enum x_verdict handle(const struct x_row *row, struct x *x)
{
	enum x_verdict v = x_do(row, x);

	if (x->up)
		x_move(x->up, SA_UP);
	if (x->replaced)
		x_move(x->replaced, SA_REKEYED);
	if (x->heir)
		x->d->hooks->inherited(x->sa, x->heir);
	if (x->close)
		x_push_front(x->sa, task_new(TASK_DELETE_SA));
	return v;
}

/* rc: how parsing went. */
static void answer(struct sa *sa, const struct packet *p, struct msg *in, int rc)
{
	enum task_kind kind = kind_of_request(in);
	const struct x_row *row = x_row_find(sa, kind, ROLE_ANSWER, in->has);
	uint8_t buf[MSG_CAP];
	struct msg_out out;
	struct x x = { .d = sa->d, .sa = sa, .pkt = p, .in = in, .out = &out };
	enum x_verdict v;

	if (!row && !x_row_find(sa, kind, ROLE_ANSWER, ~0u)) {
		x_no_row(sa, kind, ROLE_ANSWER);
		drop(sa->d, p, "no such exchange in this state");
		if (sa->state == SA_NEW)
			sa->d->hooks->ended(sa);
		return;
	}
	if (kind == TASK_INIT)
		msg_begin(
			&out, buf, sizeof(buf), sa->spi_i, sa->spi_r, in->exchange, F_RESPONSE, 0);
	else
		msg_begin_inner(&out, buf, sizeof(buf));
	notify_judge(in, kind);
	if (child_hear_all(sa) && !TAILQ_EMPTY(&sa->later)) /* 2.3: it has our last answer */
		timer_set(&sa->t_later, 0);
	if (rc == -ENOPROTOOPT)
		v = x_refuse_data(&x, N_UNSUPPORTED_CRITICAL_PAYLOAD, BYTES(&in->critical, 1));
	else if (rc < 0 || !payloads_fit(row, in))
		v = x_refuse(&x, N_INVALID_SYNTAX);
	else
		v = handle(row, &x);
	answer_verdict(&x, row, v);
}

static void take_verdict(struct sa *sa, const struct x_row *row, enum x_verdict v)
{
	struct task *task = sa->task;

	if (v == X_DROP)
		return;
	if (v == X_FAIL || v == X_END) {
		sa->d->hooks->ended(sa);
		return;
	}
	x_request_over(sa);
	if (v == X_AGAIN) {
		x_ask(sa);
		return;
	}
	sa->task = NULL;
	if (v == X_SEND && sa->state != SA_GONE)
		x_move(sa, row->to);
	if (v == X_LATER)
		x_pause(sa, task);
	else
		task_free(task);
}

/* An error decides whether this is a refusal, and then required payloads whether it is the answer.
 */
static const struct x_row *row_of_answer(const struct sa *sa, const struct msg *in)
{
	enum task_kind kind = sa->task->kind;
	const struct x_row *row = NULL;

	if (notify_refuses(in, kind))
		row = x_row_find(sa, kind, ROLE_REFUSED, in->has);
	if (!row)
		row = x_row_find(sa, kind, ROLE_TAKE, in->has);
	if (!row && (msg_error(in) || msg_notify(in, N_COOKIE))) /* of IKE_SA_INIT only */
		row = x_row_find(sa, kind, ROLE_REFUSED, in->has);
	return row;
}

static void take_answer(struct sa *sa, const struct packet *p, struct msg *in, int rc)
{
	const struct x_row *row;
	struct x x = { .d = sa->d, .sa = sa, .pkt = p, .in = in, .task = sa->task };

	notify_judge(in, sa->task->kind);
	row = rc ? NULL : row_of_answer(sa, in);
	if (!row && rc != -ENOPROTOOPT && sa->state != SA_INIT_SENT) {
		log_ike(1, "answer to %s makes no sense", xchg_str(in->exchange)); /* 2.21.2 */
		x_fail(&x, -EPROTO, "the peer's answer makes no sense");
		sa->d->hooks->ended(sa);
		return;
	}
	if (!row) {
		drop(sa->d, p, "not an answer");
		return;
	}
	take_verdict(sa, row, handle(row, &x));
}

/* Unprotected: nothing here is believed that does not fit a request of ours. */
static void init_response(struct iked *d, const struct packet *p, struct msg *in, int rc)
{
	struct sa *sa = sa_by_spi(d, in->spi_i);

	if (!sa || !sa->initiator || sa->state != SA_INIT_SENT || !sa->task ||
		(in->flags & F_INITIATOR)) {
		drop(d, p, "no such IKE_SA_INIT is outstanding");
		return;
	}
	rate_enter(&d->answering);
	x_say_received(p, in);
	begin(sa);
	take_answer(sa, p, in, rc);
	end(sa);
}

/* 2.6: under load the source must show that it is there before anything is kept for it. */
static bool init_admitted(struct iked *d, const struct packet *p, const struct msg *in)
{
	uint8_t cookie[COOKIE_LEN];

	switch (limits_judge(d->limits, &p->remote, in, cookie)) {
	case LIMITS_PASS:
		return true;
	case LIMITS_COOKIE:
		d->counts.cookies++;
		x_reply_plain(d, p, in, N_COOKIE, BYTES_OF(cookie));
		return false;
	case LIMITS_DROP:
		drop(d, p, "too many half-open IKE_SAs");
		return false;
	}
	return false;
}

enum { REPLAYS_A_SECOND = 3 };

/*
 * Anybody who was on the path can send again what was sent before, from any address: the answer
 * goes to the address of the IKE_SA, a few times a second.
 */
static void answer_again(struct sa *sa)
{
	sa->d->counts.replayed++;
	if (rate_take(&sa->replays, REPLAYS_A_SECOND))
		x_transmit_sa(sa, &sa->response);
}

static struct sa *init_sa(
	struct iked *d, const struct packet *p, const struct msg *in, const uint8_t sha1[20])
{
	struct sa *sa;

	if (sa_new(d, false, &sa) < 0)
		return NULL;
	sa->spi_i = in->spi_i;
	sa->local = p->local;
	sa->remote = sa->init_from = p->remote;
	sa->local_port = p->local_port;
	sa->remote_port = p->remote_port;
	memcpy(sa->init_sha1, sha1, sizeof(sa->init_sha1));
	return sa;
}

static void init_request(struct iked *d, const struct packet *p, struct msg *in, int rc)
{
	uint8_t sha1[20];
	struct sa *sa;

	if (!(in->flags & F_INITIATOR) || d->stopping ||
		hash_sha1(in->dgrams, in->n_dgrams, sha1) < 0) {
		drop(d, p, "no request of an initiator");
		return;
	}
	sa = sa_by_init(d, in->spi_i, &p->remote, sha1);
	if (sa && sa->state == SA_INIT_DONE) { /* 2.1: the same answer once more */
		answer_again(sa);
		return;
	}
	if (sa || !init_admitted(d, p, in)) /* whether it is a good one or not (F-030) */
		return;
	sa = init_sa(d, p, in, sha1);
	if (!sa)
		return;
	x_say_received(p, in);
	begin(sa);
	answer(sa, p, in, rc);
	end(sa);
}

/* 2.1: a request that came before gets the answer of before, bit by bit; it is never done twice. */
static bool replayed(struct sa *sa, const struct msg *in)
{
	uint8_t sha1[20];

	if (!sa->has_response || in->id + 1 != sa->mid_in ||
		hash_sha1(in->dgrams, in->n_dgrams, sha1) < 0 ||
		memcmp(sha1, sa->seen, sizeof(sha1)) != 0)
		return false;
	log_ike(1, "received retransmit of request with ID %u, retransmitting response", in->id);
	answer_again(sa);
	return true;
}

/* The window is one message in each direction (2.3). */
static bool in_window(struct sa *sa, const struct packet *p, const struct msg *in)
{
	if (!(in->flags & F_RESPONSE)) {
		if (in->id == sa->mid_in && in->id < MID_MAX)
			return true;
		if (!replayed(sa, in))
			drop(sa->d, p, "message id outside of the window");
		return false;
	}
	if (sa->task && sa->request.n && in->id == sa->mid_out &&
		in->exchange == x_exchange(sa->task->kind))
		return true;
	drop(sa->d, p, "answer to nothing");
	return false;
}

static bool has_keys(const struct sa *sa)
{
	return sa->keys.prf != NULL;
}

static struct sa *sa_of_message(struct iked *d, const struct msg *in)
{
	bool from_initiator = in->flags & F_INITIATOR;
	struct sa *sa = sa_by_spi(d, from_initiator ? in->spi_r : in->spi_i);

	if (!sa || sa->initiator == from_initiator || !has_keys(sa) || sa->state == SA_GONE)
		return NULL;
	return SPI_PEER(sa) == (from_initiator ? in->spi_i : in->spi_r) ? sa : NULL;
}

/* The ICV is checked over the whole message before anything in it is looked at (3.14). */
static int open_sk(struct sa *sa, struct msg *in, struct blob *plain)
{
	const struct sk_keys *k = sa->initiator ? &sa->keys.r : &sa->keys.i;

	if (sa->state != SA_UP && in->raw.n > IKE_MAX_UNAUTH)
		return -EMSGSIZE;
	return sk_open(k, in->raw, in->sk_head, plain);
}

/* An IKE_SA came up: others of the same pair of identities give way, or it does. */
static void settle(struct sa *sa)
{
	bool newcomer = sa->newcomer;

	sa->newcomer = false;
	if (newcomer && sa->state == SA_UP)
		sa->d->hooks->came_up(sa);
}

static void protected_message(struct iked *d, const struct packet *p, struct msg *in)
{
	struct sa *sa = sa_of_message(d, in);
	own_blob plain = { 0 };
	int rc;

	if (!sa) {
		drop(d, p, "no such IKE_SA");
		return;
	}
	if (!in_window(sa, p, in))
		return;
	rc = open_sk(sa, in, &plain);
	if (rc == -EMSGSIZE) {
		drop(d, p, "too long before the peer is known");
		return;
	}
	if (rc < 0 && rc != -EPROTO) {
		d->counts.bad_icv++;
		drop(d, p, "integrity check failed");
		return;
	}
	sa->heard_at = loop_now();
	if (sa->up_at)
		rate_trust();
	else if (sa->initiator)
		rate_enter(&d->answering);
	if (!rc)
		rc = msg_parse_inner(blob_view(&plain), in->sk_first, in);
	x_say_received(p, in);
	begin(sa);
	if (in->flags & F_RESPONSE)
		take_answer(sa, p, in, rc);
	else
		answer(sa, p, in, rc);
	settle(sa);
	end(sa);
}

void iked_packet(struct iked *d, const struct packet *p)
{
	struct strangers *before;
	struct msg in;
	int rc = msg_parse(p->data, &in);

	d->counts.in++;
	in.dgrams = &p->data; /* all of them, when a message may come in several */
	in.n_dgrams = 1;
	before = rate_enter(&d->strangers);
	if (rc == -EPROTONOSUPPORT && !(in.flags & F_RESPONSE))
		x_reply_plain(d, p, &in, N_INVALID_MAJOR_VERSION, BYTES_NONE); /* 2.5 */
	else if (rc == -EBADMSG || rc == -EPROTONOSUPPORT)
		drop(d, p, "no IKEv2 message");
	else if (in.exchange == XCHG_IKE_SA_INIT && !(in.has & P(SK)))
		(in.flags & F_RESPONSE ? init_response : init_request)(d, p, &in, rc);
	else if (!rc && (in.has & P(SK)))
		protected_message(d, p, &in);
	else
		drop(d, p, "unprotected");
	rate_leave(before);
}
