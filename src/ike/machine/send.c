#include <errno.h>
#include <string.h>

#include "base/log.h"
#include "crypto/prf.h"
#include "ike/machine/send.h"

static void say_unsent(struct iked *d, const struct packet *p, int rc)
{
	struct strangers *before = rate_enter(&d->unsent);

	log_net(1, "sending from %s failed: %s", addr_str(&p->local), strerror(-rc));
	rate_leave(before);
}

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

/* One after the other, all from and to the same ends. */
static void transmit_all(struct iked *d, struct packet *p, const struct dgrams *l, x_send *send)
{
	for (size_t i = 0; i < l->n; i++) {
		p->data = blob_view(&l->at[i]);
		send(d, p);
	}
}

void x_transmit_sa(struct sa *sa, const struct dgrams *l)
{
	struct packet p = { sa->local, sa->remote, sa->local_port, sa->remote_port, BYTES_NONE };

	transmit_all(sa->d, &p, l, x_transmit_owed);
}

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

/* AUTH covers both IKE_SA_INIT messages as they were (2.15). */
static void keep_raw(struct sa *sa, uint8_t exchange, struct bytes data)
{
	if (exchange == XCHG_IKE_SA_INIT && sa->init)
		blob_set(&sa->init->sent, data);
}

/* A whole message becomes the datagrams that it leaves in. */
static int split(struct sa *sa, uint8_t exchange, struct bytes message, struct dgrams *out)
{
	keep_raw(sa, exchange, message);
	dgrams_free(out);
	return dgrams_add(out, message);
}

/* The whole message from what a handler wrote: as it is, or inside SK. */
static int seal(struct sa *sa, struct msg_out *o, uint8_t exchange, bool response, uint32_t id,
	struct dgrams *out)
{
	const struct sk_keys *k = sa->initiator ? &sa->keys.i : &sa->keys.r;
	uint8_t flags = (sa->initiator ? F_INITIATOR : 0) | (response ? F_RESPONSE : 0);
	uint8_t buf[MSG_CAP + 256];
	ssize_t n = msg_end(o);
	struct msg m = { 0 };

	if (n < 0)
		return (int)n;
	if (exchange == XCHG_IKE_SA_INIT) {
		msg_parse(BYTES(o->w.p, n), &m);
		say_generated(&m, BYTES_NONE, 0);
		return split(sa, exchange, BYTES(o->w.p, n), out);
	}
	m.exchange = exchange;
	m.flags = flags;
	m.id = id;
	say_generated(&m, BYTES(o->w.p, n), msg_first(o));
	n = msg_seal(buf, sizeof(buf), k, sa->spi_i, sa->spi_r, exchange, flags, id, msg_first(o),
		BYTES(o->w.p, n));
	return n < 0 ? (int)n : split(sa, exchange, BYTES(buf, n), out);
}

/* ids never begin again; long before that the IKE_SA is replaced. */
void x_watch_ids(struct sa *sa)
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
	hash_sha1(in->dgrams, in->n_dgrams, sa->seen);
	sa->has_response = true;
	sa->mid_in = in->id + 1;
	x_watch_ids(sa);
	transmit_all(sa->d, &p, &sa->response, send);
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

int x_keep_request(struct sa *sa, struct msg_out *o, uint8_t exchange)
{
	return seal(sa, o, exchange, false, sa->mid_out, &sa->request);
}
