#include <errno.h>
#include <string.h>

#include "base/log.h"
#include "crypto/prf.h"
#include "ike/machine/xchg.h"

static void say_unsent(struct iked *d, const struct packet *p, int rc)
{
	struct strangers *before = rate_enter(&d->unsent);

	log_net(1, "sending from %s failed: %s", addr_str(&p->local), strerror(-rc));
	rate_leave(before);
}

/* Template 29. */
void x_transmit_owed(struct iked *d, const struct packet *p)
{
	int rc;

	log_net(1, "sending packet: from %s[%u] to %s[%u]", addr_str(&p->local), p->local_port,
		addr_str(&p->remote), p->remote_port);
	d->counts.out++;
	rc = d->seams.send(d->seams.arg, p);
	if (rc < 0)
		say_unsent(d, p, rc);
}

/* A stranger may be forged to hit a third party. */
void x_transmit(struct iked *d, const struct packet *p)
{
	if (rate_answer())
		x_transmit_owed(d, p);
}

void x_transmit_sa(struct sa *sa, struct bytes data)
{
	struct packet p = { sa->local, sa->remote, sa->local_port, sa->remote_port, data };

	x_transmit_owed(sa->d, &p);
}

/* Templates 28 and 29 of what came. */
void x_say_received(const struct packet *p, const struct msg *m)
{
	log_net(1, "received packet: from %s[%u] to %s[%u]", addr_str(&p->remote), p->remote_port,
		addr_str(&p->local), p->local_port);
	log_enc(1, "parsed %s", msg_str(m));
}

static void say_generated(struct msg *m, struct bytes inner, uint8_t first)
{
	if (inner.n)
		msg_parse_inner(inner, first, m);
	log_enc(1, "generating %s", msg_str(m));
}

/* The whole datagram from what a handler wrote: as it is, or inside SK. */
static int seal(struct sa *sa, struct msg_out *o, uint8_t exchange, bool response, uint32_t id,
	struct blob *out)
{
	const struct sk_keys *k = sa->initiator ? &sa->keys.i : &sa->keys.r;
	uint8_t flags = (sa->initiator ? F_INITIATOR : 0) | (response ? F_RESPONSE : 0);
	uint8_t buf[X_CAP + 256];
	ssize_t n = msg_end(o);
	struct msg m = { 0 };

	if (n < 0)
		return (int)n;
	if (exchange == X_IKE_SA_INIT) {
		msg_parse(BYTES(o->w.p, n), &m);
		say_generated(&m, BYTES_NONE, 0);
		return blob_set(out, BYTES(o->w.p, n));
	}
	m.exchange = exchange;
	m.flags = flags;
	m.id = id;
	say_generated(&m, BYTES(o->w.p, n), msg_first(o));
	n = msg_seal(buf, sizeof(buf), k, sa->spi_i, sa->spi_r, exchange, flags, id, msg_first(o),
		BYTES(o->w.p, n));
	return n < 0 ? (int)n : blob_set(out, BYTES(buf, n));
}

/* AUTH covers both IKE_SA_INIT messages as they were (2.15). */
static void keep_raw(struct sa *sa, uint8_t exchange, struct bytes data)
{
	if (exchange == X_IKE_SA_INIT && sa->init)
		blob_set(&sa->init->sent, data);
}

/* ids never begin again; long before that the IKE_SA is replaced. */
static void watch_ids(struct sa *sa)
{
	enum { MID_REKEY = 0x7fffffff };

	if (sa->mid_out == MID_REKEY || sa->mid_in == MID_REKEY)
		timer_set(&sa->t_rekey, 0);
}

void x_reply(struct sa *sa, const struct packet *to, struct msg_out *out, const struct msg *in,
	x_send *send)
{
	struct packet p = *to;

	if (seal(sa, out, in->exchange, true, in->id, &sa->response) < 0) {
		log_ike(1, "answer to %s does not fit a message", xchg_str(in->exchange));
		return;
	}
	hash_sha1(&in->raw, 1, sa->seen);
	sa->has_response = true;
	sa->mid_in = in->id + 1;
	watch_ids(sa);
	keep_raw(sa, in->exchange, blob_view(&sa->response));
	p.data = blob_view(&sa->response);
	send(sa->d, &p);
}

void x_reply_plain(struct iked *d, const struct packet *to, const struct msg *in, uint16_t type,
	struct bytes data)
{
	uint8_t buf[256];
	struct msg_out o;
	struct packet p = *to;

	msg_begin(&o, buf, sizeof(buf), in->spi_i, in->spi_r, in->exchange,
		F_RESPONSE | (in->flags & F_INITIATOR ? 0 : F_INITIATOR), in->id);
	put_notify(&o, 0, BYTES_NONE, type, data);
	if (msg_end(&o) < 0)
		return;
	p.data = BYTES(buf, o.w.n);
	/* A cookie is shorter than what it answers, and lets the honest in while others flood. */
	(type == N_COOKIE ? x_transmit_owed : x_transmit)(d, &p);
}

/* Begin the answer anew: without what was written, and without an SPI if none is promised. */
static void restart_answer(struct x *x)
{
	struct msg_out *o = x->out;
	struct sa *sa = x->sa;

	if (x->in->exchange == X_IKE_SA_INIT)
		msg_begin(o, o->w.p, o->w.cap, sa->spi_i, 0, X_IKE_SA_INIT, F_RESPONSE, 0);
	else
		msg_begin_inner(o, o->w.p, o->w.cap);
}

enum x_verdict x_refuse_data(struct x *x, uint16_t type, struct bytes data)
{
	restart_answer(x);
	x->d->counts.refused++;
	put_notify(x->out, 0, BYTES_NONE, type, data);
	return X_REFUSE;
}

enum x_verdict x_refuse(struct x *x, uint16_t type)
{
	return x_refuse_data(x, type, BYTES_NONE);
}

enum x_verdict x_refuse_end(struct x *x, uint16_t type)
{
	x_refuse(x, type);
	return X_END;
}

enum x_verdict x_refuse_u16(struct x *x, uint16_t type, uint16_t value)
{
	const uint8_t data[] = { (uint8_t)(value >> 8), (uint8_t)value };

	return x_refuse_data(x, type, BYTES_OF(data));
}

enum x_verdict x_fail(struct x *x, int rc, const char *why)
{
	x->sa->fail_rc = rc;
	x->sa->fail_why = why;
	return X_FAIL;
}

/* 2.4: wait longer each time. */
static uint64_t wait_ms(const struct sa *sa)
{
	const struct ike_conf *c = iked_conf(sa->d);
	double ms = c->retransmit_timeout_ms;

	for (unsigned i = 0; i < sa->tries; i++)
		ms *= c->retransmit_base;
	return (uint64_t)ms;
}

static void send_request(struct sa *sa)
{
	sa->tries = 0;
	sa->sent_at = loop_now();
	x_transmit_sa(sa, blob_view(&sa->request));
	timer_set(&sa->t_resend, wait_ms(sa));
}

/* */
static void on_resend(void *arg)
{
	struct sa *sa = arg;

	if (sa->tries >= iked_conf(sa->d)->retransmit_tries) {
		log_ike(1, "giving up after %u retransmits", sa->tries);
		x_sa_timeout(sa);
		return;
	}
	sa->tries++;
	sa->d->counts.retransmits++;
	log_ike(1, "retransmit %u of request with message ID %u", sa->tries, sa->mid_out);
	x_transmit_sa(sa, blob_view(&sa->request));
	timer_set(&sa->t_resend, wait_ms(sa));
}

void x_resend_init(struct sa *sa)
{
	timer_init(&sa->t_resend, on_resend, sa);
}

/*
 * B-056: the same octets from the new address. Only IKE_SA_INIT is made anew, with a new SPI: its
 * NAT detection names the address it is sent from.
 */
void x_resend_now(struct sa *sa)
{
	if (!sa->request.n)
		return;
	if (sa->state == SA_INIT_SENT) {
		sa_new_spi(sa);
		x_ask(sa);
		return;
	}
	x_transmit_sa(sa, blob_view(&sa->request));
	timer_set(&sa->t_resend, wait_ms(sa));
}

void x_request_over(struct sa *sa)
{
	timer_stop(&sa->t_resend);
	blob_free(&sa->request);
	if (sa->state != SA_INIT_SENT || sa->spi_r)
		sa->mid_out++; /* an IKE_SA_INIT that must be repeated has the same id (2.6) */
	watch_ids(sa);
}

static void ask_verdict(
	struct sa *sa, const struct x_step *step, enum x_verdict v, struct msg_out *out)
{
	struct task *task = sa->task;

	if (v == X_SEND &&
		seal(sa, out, x_exchange(step->kind), false, sa->mid_out, &sa->request) == 0) {
		keep_raw(sa, x_exchange(step->kind), blob_view(&sa->request));
		x_move(sa, step->to);
		send_request(sa);
		return;
	}
	sa->task = NULL;
	if (v == X_LATER)
		x_pause(sa, task);
	else
		task_free(task);
	if (v == X_FAIL || v == X_END)
		x_sa_gone(sa);
}

void x_ask(struct sa *sa)
{
	enum x_kind kind = sa->task->kind;
	const struct x_step *step = x_step_find(sa->state, kind, X_ASK);
	uint8_t buf[X_CAP];
	struct msg_out out;
	struct x x = { .d = sa->d, .sa = sa, .out = &out, .task = sa->task };

	if (!step) {
		struct task *task = take(sa->task);

		if (task->trap)
			x_child_done(sa->d, task->trap, -ESHUTDOWN, "the IKE_SA is closing");
		task_free(task);
		return;
	}
	if (kind == X_INIT)
		msg_begin(&out, buf, sizeof(buf), sa->spi_i, 0, X_IKE_SA_INIT, F_INITIATOR, 0);
	else
		msg_begin_inner(&out, buf, sizeof(buf));
	ask_verdict(sa, step, step->fn(&x), &out);
}

void x_run(struct sa *sa)
{
	struct task *t;

	while (sa->state != SA_GONE && !sa->task && (t = TAILQ_FIRST(&sa->tasks))) {
		TAILQ_REMOVE(&sa->tasks, t, link);
		sa->n_tasks--;
		sa->task = t;
		x_ask(sa);
	}
}

int x_push(struct sa *sa, struct task *t)
{
	if (sa->n_tasks >= X_QUEUE_MAX) {
		if (t->trap)
			t->trap->wanted = false;
		task_free(t);
		return -EBUSY;
	}
	TAILQ_INSERT_TAIL(&sa->tasks, t, link);
	sa->n_tasks++;
	if (!sa->busy) {
		sa->busy++;
		x_run(sa);
		if (!--sa->busy && sa->state == SA_GONE)
			sa_free(sa);
	}
	return 0;
}

void x_push_front(struct sa *sa, struct task *t)
{
	if (!t)
		return;
	TAILQ_INSERT_HEAD(&sa->tasks, t, link);
	sa->n_tasks++;
}
