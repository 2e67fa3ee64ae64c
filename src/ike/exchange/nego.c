#include <errno.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "ike/exchange/fresh.h"
#include "ike/exchange/nego.h"
#include "ike/lifecycle/close.h"
#include "ike/lifecycle/yield.h"
#include "ike/lifecycle/want.h"
#include "ike/machine/limits.h"
#include "ike/sa/child_state.h"

static void spi_put(uint32_t spi, uint8_t out[4])
{
	out[0] = (uint8_t)(spi >> 24);
	out[1] = (uint8_t)(spi >> 16);
	out[2] = (uint8_t)(spi >> 8);
	out[3] = (uint8_t)spi;
}

static uint32_t spi_get(const uint8_t p[4])
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

/* What we offer: A-120, without Diffie-Hellman in IKE_AUTH. */
static void offer(const struct child *c, bool with_dh, struct prop_list *out)
{
	const struct prop_list *esp = &c->trap->conn->esp;

	if (with_dh)
		*out = *esp;
	else
		prop_without_dh(esp, out);
	for (size_t i = 0; i < out->n; i++) {
		out->p[i].proto = PROTO_ESP;
		out->p[i].spi_len = 4;
		spi_put(c->spi_in, out->p[i].spi);
	}
}

int nego_ask(struct x *x, struct child *c, bool with_dh)
{
	struct task *t = x->task;
	struct prop_list props;

	c->initiator = true;
	nego_conn_ts(x->sa, c->trap, &c->ts_local, &c->ts_remote);
	offer(c, with_dh, &props);
	if (with_dh && fresh_pair(x->d, t, &props) < 0)
		return -EINVAL;
	if (c->mode == XM_TRANSPORT)
		put_notify(x->out, 0, BYTES_NONE, N_USE_TRANSPORT_MODE, BYTES_NONE);
	put_sa(x->out, &props);
	if (with_dh)
		put_nonce(x->out, blob_view(&t->ni));
	if (with_dh && t->dh)
		put_ke(x->out, dh_group(t->dh)->id, dh_public(t->dh));
	put_ts(x->out, PLD_TSI, &c->ts_local);
	put_ts(x->out, PLD_TSR, &c->ts_remote);
	return 0;
}

static void set_suite(struct child *c, const struct suite *s)
{
	c->encr = s->encr;
	c->integ = s->integ;
	c->dh = s->dh;
	c->spi_out = spi_get(s->spi);
}

static int keys_install(
	struct sa *sa, struct child *c, struct bytes shared, struct bytes ni, struct bytes nr)
{
	struct child_keys keys;
	int rc = keymat_child(&sa->keys, c->encr, c->integ,
		&(struct keymat_in){ .shared = shared, .ni = ni, .nr = nr }, &keys);

	if (!rc) {
		if (c->trap->want_seq)
			c->acquire_seq = c->trap->want_seq; /* B-045 */
		fresh_note(c, ni, nr);
		rc = child_install(c, &keys);
	}
	child_keys_wipe(&keys);
	if (!rc)
		child_do(c, CE_AGREED);
	return rc;
}

/* What an answering side adds: its nonce, its public value and the secret. */
struct added {
	struct blob nonce, shared;
	struct dh *dh;
};

static void added_free(struct added *f)
{
	blob_free(&f->nonce);
	blob_free(&f->shared);
	dh_free(f->dh);
}

/* 1.3: a KE payload of another group is answered by the one we chose. */
static int added_make(struct x *x, const struct suite *s, struct added *f)
{
	const struct msg *in = x->in;

	if (fresh_nonce(x->d, &f->nonce) < 0)
		return N_TEMPORARY_FAILURE;
	if (!s->dh)
		return 0;
	if (!(in->has & P(KE)) || in->ke.group != s->dh->id) {
		x->group = s->dh->id;
		return N_INVALID_KE;
	}
	if (dh_new(s->dh, &f->dh) < 0 || dh_shared(f->dh, in->ke.data, &f->shared) < 0)
		return N_INVALID_SYNTAX;
	return 0;
}

static void write_answer(
	struct x *x, const struct child *c, const struct suite *s, const struct added *f)
{
	struct suite own = *s;
	struct prop_list one;

	spi_put(c->spi_in, own.spi);
	own.spi_len = 4;
	prop_of_suite(&own, PROTO_ESP, &one);
	if (c->mode == XM_TRANSPORT)
		put_notify(x->out, 0, BYTES_NONE, N_USE_TRANSPORT_MODE, BYTES_NONE);
	put_sa(x->out, &one);
	if (f->nonce.n)
		put_nonce(x->out, blob_view(&f->nonce));
	if (f->dh)
		put_ke(x->out, s->dh->id, dh_public(f->dh));
	put_ts(x->out, PLD_TSI, &c->ts_remote);
	put_ts(x->out, PLD_TSR, &c->ts_local);
}

static int answer_with(struct x *x, struct trap *trap, const struct nego_ts *ts,
	const struct suite *s, const struct added *f, struct child **out)
{
	struct sa *sa = x->sa;
	struct bytes ni = f->nonce.n ? x->in->nonce : blob_view(&sa->init->ni);
	struct bytes nr = blob_view(f->nonce.n ? &f->nonce : &sa->init->nr);
	struct child *c;

	if (child_new(sa, trap, &c) < 0)
		return N_NO_ADDITIONAL_SAS;
	c->ts_local = ts->local;
	c->ts_remote = ts->remote;
	set_suite(c, s);
	if (child_alloc(c) < 0 || keys_install(sa, c, blob_view(&f->shared), ni, nr) < 0) {
		child_free(c);
		return N_NO_ADDITIONAL_SAS;
	}
	write_answer(x, c, s, f);
	c->unheard = true;
	*out = c;
	return 0;
}

int nego_answer(struct x *x, struct child *rekeyed, bool with_dh, struct child **out)
{
	const struct msg *in = x->in;
	struct sa *sa = x->sa;
	struct added fresh = { 0 };
	struct suite suite;
	struct nego_ts ts;
	struct trap *trap = NULL;
	int rc;

	if (sa->n_children >= (rekeyed ? CHILD_ALL_MAX : CHILD_MAX)) {
		log_ike(1, "%s has %zu CHILD_SAs, one more is refused", sa_name(sa),
			sa->n_children);
		return N_NO_ADDITIONAL_SAS;
	}
	if (!rekeyed)
		trap = nego_select(sa, sa->peer, in, &ts);
	else if (nego_fits(sa, rekeyed->trap, in, &ts)) /* B-082 */
		trap = rekeyed->trap;
	if (!trap) {
		nego_say_refused(sa, in);
		return N_TS_UNACCEPTABLE;
	}
	if (prop_choose(&trap->conn->esp, &in->sa, with_dh, &suite) < 0) {
		log_ike(1, "no ESP proposal from %s fits, refused (%s)", addr_str(&sa->remote),
			prop_list_str(&in->sa));
		return N_NO_PROPOSAL_CHOSEN;
	}
	rc = with_dh ? added_make(x, &suite, &fresh) : 0;
	if (!rc)
		rc = answer_with(x, trap, &ts, &suite, &fresh, out);
	added_free(&fresh);
	return rc;
}

enum x_verdict nego_refuse(struct x *x, int type)
{
	if (type == N_INVALID_KE)
		return x_refuse_u16(x, N_INVALID_KE, x->group);
	return x_refuse(x, (uint16_t)type);
}

/* A-126, B-025: no other mode than the one asked for, but plain transport may become a tunnel. */
static bool mode_ok(struct child *c, const struct msg *in)
{
	bool transport = msg_notify(in, N_USE_TRANSPORT_MODE) != NULL;

	if (transport == (c->mode == XM_TRANSPORT))
		return true;
	if (c->mode != XM_TRANSPORT || c->proxy)
		return false;
	c->mode = XM_TUNNEL;
	return true;
}

/* 2.9: within what we offered, and no end without a partner. */
static bool ts_ok(const struct child *c, const struct msg *in)
{
	struct ts_list i = in->tsi, r = in->tsr;

	return !in->ts_error && ts_pair(&i, &r) && i.n == in->tsi.n && r.n == in->tsr.n &&
		ts_list_within(&c->ts_local, &i) && ts_list_within(&c->ts_remote, &r);
}

static int check_answer(struct x *x, struct child *c, bool with_dh, struct suite *suite)
{
	const struct msg *in = x->in;
	struct prop_list props;

	offer(c, with_dh, &props);
	if (prop_verify(&props, &in->sa, with_dh, suite) < 0 || suite->spi_len != 4) {
		log_ike(1, "the peer chose an ESP proposal that we did not offer");
		return -EPROTO;
	}
	set_suite(c, suite);
	if (!mode_ok(c, in)) {
		log_ike(1, "the peer wants another mode than %s, CHILD_SA refused",
			child_mode_str(c));
		return -EPROTO;
	}
	if (!ts_ok(c, in)) {
		log_ike(1, "the peer's traffic selectors %s === %s are not within ours",
			ts_list_str(&in->tsi), ts_list_str(&in->tsr));
		return -EPROTO;
	}
	return 0;
}

static int take_secret(struct x *x, const struct suite *suite, struct blob *shared)
{
	const struct msg *in = x->in;

	if (!suite->dh)
		return 0;
	if (!x->task->dh || dh_group(x->task->dh) != suite->dh || !(in->has & P(KE)) ||
		in->ke.group != suite->dh->id)
		return -EPROTO;
	return dh_shared(x->task->dh, in->ke.data, shared);
}

void nego_take_back(struct x *x)
{
	struct child *c = x->task->child.to;

	if (!(x->in->has & P(SA)) || !c)
		return;
	child_point(&x->task->child, NULL);
	child_do(c, CE_AGREED);
	iked_close_child(c);
}

int nego_take(struct x *x, struct child *c, bool with_dh)
{
	const struct msg *in = x->in;
	struct sa *sa = x->sa;
	own_blob shared = { 0 };
	struct suite suite;
	int rc = check_answer(x, c, with_dh, &suite);

	if (!rc && with_dh)
		rc = take_secret(x, &suite, &shared);
	if (!rc) {
		c->ts_local = in->tsi;
		c->ts_remote = in->tsr;
		rc = keys_install(sa, c, blob_view(&shared),
			blob_view(with_dh ? &x->task->ni : &sa->init->ni),
			with_dh ? in->nonce : blob_view(&sa->init->nr));
	}
	if (rc < 0)
		nego_take_back(x);
	return rc;
}

void nego_say(const struct child *c)
{
	log_ike(0, "CHILD_SA %s established with SPIs %08x_i %08x_o and TS %s === %s",
		child_name(c), c->spi_in, c->spi_out, ts_list_str(&c->ts_local),
		ts_list_str(&c->ts_remote));
}

const char *nego_refusal(const struct msg *in)
{
	const struct notify *n = msg_error(in);
	const char *name = n ? notify_long_str(n->type) : "no answer";

	log_ike(1, "received %s notify, no CHILD_SA built", name);
	return name;
}

void nego_over(struct x *x, int rc, const char *why)
{
	struct trap *t = x->task->trap;

	want_over(x->d, t, rc, why);
	if (!rc)
		yield_look(t);
}
