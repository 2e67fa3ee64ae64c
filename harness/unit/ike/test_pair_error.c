/*
 * Answers that grant everything and say an error beside it: the request has failed, and what the
 * peer may have made of it is taken back.
 */
#include <errno.h>

#include "crypto/sk.h"
#include "ike/machine/notify.h"
#include "unit/ike/peer.h"

enum { UNKNOWN = 8191, UNKNOWN_LOW = 2 };

/* What carol asks in an IKE_SA that stands. */
static void ask(struct pair *p, enum task_kind kind)
{
	struct trap *t = trap_by_name(p->carol->d, "tunnel");

	if (kind == TASK_CHILD)
		assert_int_equal(iked_want_child(p->carol->d, t, NULL), 0);
	else if (kind == TASK_REKEY_CHILD)
		assert_int_equal(iked_rekey_child(child_of_trap(t)), 0);
	else if (kind == TASK_REKEY_SA)
		assert_int_equal(iked_rekey_sa(pair_sa(p->carol)), 0);
	else
		iked_close_child(child_of_trap(t));
}

/* One notification more, in front of all payloads, of an answer of this exchange. */
struct added {
	uint8_t exchange;
	uint16_t type;
	bool once;
	unsigned n;
};

static struct added added;

static void put_in_front(struct bytes rest, uint8_t first, uint8_t *out)
{
	const uint8_t notify[] = { first, 0, 0, 8, 0, 0, (uint8_t)(added.type >> 8),
		(uint8_t)added.type };

	memcpy(out, notify, sizeof(notify));
	memcpy(out + sizeof(notify), rest.p, rest.n);
}

static void add_plain(struct dgram *g)
{
	own_blob rest = { 0 };

	assert_int_equal(blob_set(&rest, BYTES(g->data + IKE_HDR, g->n - IKE_HDR)), 0);
	put_in_front(blob_view(&rest), g->data[16], g->data + IKE_HDR);
	g->data[16] = PLD_NOTIFY;
	g->n += 8;
	g->data[26] = (uint8_t)(g->n >> 8);
	g->data[27] = (uint8_t)g->n;
	g->p.data = BYTES(g->data, g->n);
}

static void add_sealed(struct node *from, struct dgram *g, struct msg *m)
{
	const struct sa *sa = sa_by_spi(from->d, m->flags & F_INITIATOR ? m->spi_i : m->spi_r);
	const struct sk_keys *k;
	own_blob plain = { 0 };
	uint8_t inner[8192];
	ssize_t n;

	assert_non_null(sa);
	k = sa->initiator ? &sa->keys.i : &sa->keys.r;
	assert_int_equal(sk_open(k, m->raw, m->sk_head, &plain), 0);
	put_in_front(blob_view(&plain), m->sk_first, inner);
	n = msg_seal(g->data, sizeof(g->data), k, m->spi_i, m->spi_r, m->exchange, m->flags, m->id,
		PLD_NOTIFY, BYTES(inner, plain.n + 8));
	assert_true(n > 0);
	g->n = (size_t)n;
	g->p.data = BYTES(g->data, g->n);
}

static enum pair_fate add(struct pair *p, struct dgram *g)
{
	struct msg m;

	assert_int_equal(msg_parse(BYTES(g->data, g->n), &m), 0);
	if (g->from != p->moon || m.exchange != added.exchange || !(m.flags & F_RESPONSE) ||
		(added.once && added.n))
		return PAIR_PASS;
	added.n++;
	if (m.exchange == XCHG_IKE_SA_INIT)
		add_plain(g);
	else
		add_sealed(p->moon, g, &m);
	return PAIR_PASS;
}

static void adding(struct pair *p, uint8_t exchange, uint16_t type, bool once)
{
	added = (struct added){ .exchange = exchange, .type = type, .once = once };
	p->filter = add;
}

/* What carol and moon have is the same, and nothing else is in the two kernels. */
static void must_agree(struct pair *p)
{
	struct sa *sa;
	struct child *c;
	size_t n = 0;

	LIST_FOREACH (sa, &p->carol->d->sas, all) {
		const struct sa *other =
			sa_by_spi(p->moon->d, sa->initiator ? sa->spi_r : sa->spi_i);

		if (sa->state == SA_UP)
			assert_true(other && other->state == SA_UP);
		LIST_FOREACH (c, &sa->children, of_sa) {
			assert_int_equal(c->state, CHILD_UP);
			assert_non_null(child_by_spi_in(p->moon->d, c->spi_out));
			n++;
		}
	}
	assert_int_equal(pair_n_sa(p->moon), pair_n_sa(p->carol));
	assert_int_equal(peer_n_children(p->moon), n);
	assert_int_equal(fake_xfrm_n_sa(p->carol->kernel), 2 * n);
	assert_int_equal(fake_xfrm_n_sa(p->moon->kernel), 2 * n);
}

static const uint16_t errors[] = { UNKNOWN, UNKNOWN_LOW, N_INVALID_IKE_SPI, N_INVALID_SYNTAX,
	N_NO_PROPOSAL_CHOSEN, N_INVALID_KE, N_AUTHENTICATION_FAILED, N_SINGLE_PAIR_REQUIRED,
	N_NO_ADDITIONAL_SAS, N_TS_UNACCEPTABLE, N_TEMPORARY_FAILURE, N_CHILD_SA_NOT_FOUND };

enum { N_ERRORS = sizeof(errors) / sizeof(errors[0]) };

/* moon has what she granted, and nobody else: it goes, and what was there before is there. */
static void what_is_granted_beside_an_error_is_taken_back(void **state)
{
	static const enum task_kind kinds[] = { TASK_CHILD, TASK_REKEY_CHILD, TASK_REKEY_SA,
		TASK_INFO };

	(void)state;
	for (size_t i = 0; i < 4 * N_ERRORS; i++) {
		enum task_kind kind = kinds[i % 4];
		struct pair *p = pair_new(PAIR_CAROL, PAIR_MOON);
		uint32_t granted;

		pair_establish(p, kind != TASK_CHILD);
		adding(p, kind == TASK_INFO ? XCHG_INFORMATIONAL : XCHG_CREATE_CHILD_SA,
			errors[i / 4], true);
		ask(p, kind);
		pair_step(p);
		granted = LIST_FIRST(&LIST_FIRST(&p->moon->d->sas)->children)->spi_in;
		if (kind == TASK_CHILD || kind == TASK_REKEY_CHILD) {
			pair_step(p);
			if (pair_child(p->carol, "tunnel") &&
				pair_child(p->carol, "tunnel")->spi_out == granted)
				fail_msg("error %u is no error", errors[i / 4]);
			pair_run(p);
			assert_null(child_by_spi_in(p->moon->d, granted));
		}
		pair_run(p);
		assert_int_equal(added.n, 1);
		pair_advance(p, 100000); /* TEMPORARY_FAILURE, and those that hand over */
		must_agree(p);
		assert_int_equal(pair_n_sa(p->carol), 1);
		pair_free(p);
	}
}

/* An error of the CHILD_SA leaves the IKE_SA; any other one leaves neither, on both sides. */
static void an_ike_auth_with_an_error_makes_what_the_error_leaves(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_ERRORS; i++) {
		struct pair *p = pair_new(PAIR_CAROL, PAIR_MOON);
		uint16_t e = errors[i];
		bool of_child = e == N_NO_PROPOSAL_CHOSEN || e == N_SINGLE_PAIR_REQUIRED ||
			e == N_NO_ADDITIONAL_SAS || e == N_TS_UNACCEPTABLE;

		adding(p, XCHG_IKE_AUTH, e, false);
		pair_acquire(p, p->carol, "mh");
		pair_run(p);
		assert_int_equal(added.n, 1);
		assert_int_equal(p->carol->n_failed, 1);
		must_agree(p);
		if (pair_n_sa(p->carol) != of_child)
			fail_msg("error %u in IKE_AUTH", e);
		assert_int_equal(peer_n_children(p->carol), 0);
		pair_free(p);
	}
}

/* Nobody has proved anything yet: the error is believed when no better answer comes. */
static void an_ike_sa_init_with_an_error_waits_for_a_better_one(void **state)
{
	(void)state;
	for (size_t i = 0; i < 2 * N_ERRORS; i++) {
		bool once = i & 1;
		struct pair *p;

		if (errors[i / 2] == N_INVALID_KE)
			continue; /* without its group: not believed at all, see test_pair_flood */
		p = pair_new(PAIR_CAROL, PAIR_MOON);
		adding(p, XCHG_IKE_SA_INIT, errors[i / 2], once);
		pair_acquire(p, p->carol, "mh");
		pair_run(p);
		assert_null(pair_sa(p->carol));
		pair_advance(p, 200000);
		assert_int_equal(pair_sa(p->carol) != NULL, once);
		assert_int_equal(p->carol->n_failed, !once);
		pair_free(p);
	}
}

UNIT_MAIN(T(what_is_granted_beside_an_error_is_taken_back, "A-275"),
	T(an_ike_auth_with_an_error_makes_what_the_error_leaves, "A-275"),
	T(an_ike_sa_init_with_an_error_waits_for_a_better_one, "A-275"))
