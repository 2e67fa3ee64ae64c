/*
 * Replacing what is there: CHILD_SAs and the IKE_SA, from either side, from both at once; and
 * deleting it.
 */
#include <errno.h>

#include "ike/lifecycle/lifetime.h"
#include "ike/machine/ask.h"
#include "kernel/xfrm_sa.h"
#include "unit/ike/pair.h"

static struct pair *settled(void)
{
	struct pair *p = pair_new(PAIR_CAROL, PAIR_MOON);

	pair_establish(p, true);
	pair_must_be_settled(p);
	return p;
}

static void rekey_child_from(struct pair *p, struct node *n, const char *conn)
{
	struct child *old = pair_child(n, conn);
	uint32_t spi = old->spi_in, reqid = old->reqid_out;
	struct in6_addr local = old->local;

	assert_int_equal(iked_rekey_child(old), 0);
	pair_run(p);
	pair_must_be_settled(p);
	assert_int_not_equal(pair_child(n, conn)->spi_in, spi);
	assert_int_equal(pair_child(n, conn)->reqid_out, reqid);
	assert_true(addr_eq(&pair_child(n, conn)->local, &local));
}

static void a_child_sa_is_rekeyed_from_either_side(void **state)
{
	struct pair *p = settled();

	(void)state;
	rekey_child_from(p, p->carol, "mh");
	rekey_child_from(p, p->moon, "carol-mh");
	rekey_child_from(p, p->carol, "tunnel");
	rekey_child_from(p, p->moon, "carol-tunnel");
	assert_int_equal(pair_said(p, "[ N(REKEY_SA) N(USE_TRANSP) SA No KE TSi TSr ]"), 4);
	pair_free(p);
}

static void rekey_sa_from(struct pair *p, struct node *n)
{
	uint64_t spi = pair_sa(n)->spi_i;

	assert_int_equal(iked_rekey_sa(pair_sa(n)), 0);
	pair_run(p);
	pair_must_be_settled(p);
	assert_true(pair_sa(n)->spi_i != spi);
	assert_true(pair_sa(n)->initiator);
}

static void the_ike_sa_is_rekeyed_from_either_side(void **state)
{
	struct pair *p = settled();

	(void)state;
	rekey_sa_from(p, p->carol);
	rekey_sa_from(p, p->moon);
	rekey_sa_from(p, p->moon);
	rekey_child_from(p, p->moon, "carol-mh"); /* the new keys are the same on both */
	rekey_child_from(p, p->carol, "tunnel");
	pair_free(p);
}

static void a_soft_expire_rekeys(void **state)
{
	struct pair *p = settled();
	struct child *c = pair_child(p->carol, "tunnel");
	struct xfrm_sa_key key = { .dst = c->local, .proto = XP_ESP, .spi = c->spi_in };
	uint32_t spi = c->spi_in;

	(void)state;
	assert_int_equal(fake_xfrm_expire(p->carol->kernel, &key, false), 0);
	fake_xfrm_deliver(p->carol->kernel);
	pair_run(p);
	pair_must_be_settled(p);
	assert_int_not_equal(pair_child(p->carol, "tunnel")->spi_in, spi);
	pair_free(p);
}

static void a_hard_expire_deletes_and_makes_anew(void **state)
{
	struct pair *p = settled();
	struct child *c = pair_child(p->carol, "tunnel");
	struct xfrm_sa_key key = { .dst = c->local, .proto = XP_ESP, .spi = c->spi_in };

	(void)state;
	assert_int_equal(fake_xfrm_expire(p->carol->kernel, &key, true), 0);
	fake_xfrm_deliver(p->carol->kernel);
	pair_run(p);
	pair_must_be_settled(p);
	pair_free(p);
}

static void the_ike_sa_rekeys_itself_before_its_lifetime_ends(void **state)
{
	struct pair *p = settled();
	uint64_t spi = pair_sa(p->carol)->spi_i;

	(void)state;
	pair_advance(p, (3 * 3600 - 540) * 1000); /* 3 h less the margin */
	pair_must_be_settled(p);
	assert_true(pair_sa(p->carol)->spi_i != spi);
	pair_free(p);
}

static void message_ids_never_wrap(void **state)
{
	struct pair *p = settled();
	uint64_t spi = pair_sa(p->carol)->spi_i;

	(void)state;
	pair_sa(p->carol)->mid_out = pair_sa(p->moon)->mid_in = 0x7ffffffe;
	iked_rekey_child(pair_child(p->carol, "mh"));
	pair_advance(p, 100);
	pair_must_be_settled(p);
	assert_true(pair_sa(p->carol)->spi_i != spi);
	assert_true(pair_sa(p->carol)->mid_out < 10);
	pair_free(p);
}

static void what_was_wanted_goes_to_the_next_ike_sa(void **state)
{
	struct pair *p = pair_new(PAIR_CAROL, PAIR_MOON);

	(void)state;
	pair_establish(p, false);
	pair_advance(p, 20000);
	iked_close_sa(pair_sa(p->moon));
	pair_acquire(p, p->carol, "tunnel"); /* crosses moon's DELETE */
	pair_run(p);
	assert_true(pair_up(p, "tunnel", "carol-tunnel"));
	assert_int_equal(pair_n_sa(p->carol), 1);
	pair_free(p);
}

static enum pair_fate drop_nth(struct pair *p, struct dgram *g)
{
	(void)g;
	return p->n_seen == (unsigned)p->arg ? PAIR_DROP : PAIR_PASS;
}

/* One of the two requests is late: only one side sees the collision. */
static void a_collision_with_loss_settles_too(void **state)
{
	(void)state;
	for (int lost = 0; lost < 6; lost++) {
		for (int what = 0; what < 2; what++) {
			struct pair *p = settled();

			p->n_seen = 0;
			p->arg = lost;
			p->filter = drop_nth;
			if (what) {
				iked_rekey_sa(pair_sa(p->carol));
				iked_rekey_sa(pair_sa(p->moon));
			} else {
				iked_rekey_child(pair_child(p->carol, "mh"));
				iked_rekey_child(pair_child(p->moon, "carol-mh"));
			}
			pair_advance(p, 110000);
			pair_must_be_settled(p);
			pair_free(p);
		}
	}
}

static void a_child_sa_is_wanted_while_the_ike_sa_is_rekeyed(void **state)
{
	struct pair *p = pair_new(PAIR_CAROL, PAIR_MOON);

	(void)state;
	pair_establish(p, false);
	iked_rekey_sa(pair_sa(p->moon));
	pair_acquire(p, p->carol, "tunnel"); /* crosses moon's request */
	pair_run(p);
	pair_advance(p, 60000); /* TEMPORARY_FAILURE, and once more after pauses of chance */
	pair_must_be_settled(p);
	assert_int_equal(p->carol->d->counts.retransmits + p->moon->d->counts.retransmits, 0);
	pair_free(p);
}

/* Of an SA that is lost the peer has heard when it answers the rekey: the old one goes at once. */
static void what_is_lost_before_the_peer_was_heard_again_is_replaced_whole(void **state)
{
	struct pair *p = settled();
	struct child *c = pair_child(p->moon, "carol-tunnel");
	const struct xfrm_sa_key in = { .dst = c->in_dst, .proto = XP_ESP, .spi = c->spi_in };

	(void)state;
	assert_int_equal(xfrm_sa_del(p->moon->nl, &in), 0);
	assert_true(child_is_unheard(c));
	c->lost = true;
	assert_int_equal(iked_rekey_child(c), 0);
	pair_run(p);
	pair_must_be_settled(p);
	pair_free(p);
}

/* 2.18: what waits is asked in the new IKE_SA when the peer can have heard of it, and once. */
static void what_a_rekeyed_ike_sa_leaves_is_asked_once(void **state)
{
	(void)state;
	for (int answers = 0; answers < 2; answers++) {
		struct pair *p = pair_new(PAIR_CAROL, PAIR_MOON);
		struct task *t = task_new(TASK_CHILD);

		pair_establish(p, false);
		t->trap = trap_by_name(p->carol->d, "tunnel");
		trap_ref(t->trap);
		x_pause(pair_sa(p->carol), t);
		iked_rekey_sa(pair_sa(answers ? p->moon : p->carol));
		pair_advance(p, 100);
		pair_must_be_settled(p);
		pair_advance(p, 20000);
		assert_int_equal(p->carol->d->counts.retransmits, 0);
		assert_int_equal(p->carol->d->counts.dropped + p->moon->d->counts.dropped, 0);
		assert_int_equal(pair_sa(p->carol)->n_tasks, 0); /* it has room for more */
		pair_free(p);
	}
}

static void a_rekey_asks_for_a_child_sa_that_is_gone(void **state)
{
	struct pair *p = settled();
	struct child *gone = pair_child(p->moon, "carol-tunnel");

	(void)state;
	child_free(gone);
	iked_rekey_child(pair_child(p->carol, "tunnel"));
	pair_run(p);
	assert_int_equal(pair_said(p, "received CHILD_SA_NOT_FOUND notify"), 1);
	pair_must_be_settled(p); /* made anew */
	pair_free(p);
}

static void delete_meets_rekey(void **state)
{
	struct pair *p = settled();

	(void)state;
	iked_close_child(pair_child(p->carol, "tunnel"));
	iked_rekey_child(pair_child(p->moon, "carol-tunnel"));
	pair_advance(p, 20000);
	assert_null(pair_child(p->carol, "tunnel"));
	assert_null(pair_child(p->moon, "carol-tunnel"));
	assert_int_equal(fake_xfrm_n_sa(p->carol->kernel), 2);
	assert_int_equal(fake_xfrm_n_sa(p->moon->kernel), 2);
	pair_free(p);
}

static void both_sides_delete_the_same_child_sa(void **state)
{
	struct pair *p = settled();

	(void)state;
	iked_close_child(pair_child(p->carol, "tunnel"));
	iked_close_child(pair_child(p->moon, "carol-tunnel"));
	pair_run(p);
	assert_int_equal(fake_xfrm_n_sa(p->carol->kernel), 2);
	assert_int_equal(fake_xfrm_n_sa(p->moon->kernel), 2);
	assert_int_equal(pair_said(p, "generating INFORMATIONAL response"), 2);
	pair_free(p);
}

static void both_sides_delete_the_ike_sa(void **state)
{
	struct pair *p = settled();

	(void)state;
	iked_close_sa(pair_sa(p->carol));
	iked_close_sa(pair_sa(p->moon));
	pair_run(p);
	assert_int_equal(pair_n_sa(p->carol), 0);
	assert_int_equal(pair_n_sa(p->moon), 0);
	pair_free(p);
}

static void the_ike_sa_is_deleted_while_it_is_rekeyed(void **state)
{
	struct pair *p = settled();

	(void)state;
	iked_rekey_sa(pair_sa(p->carol));
	iked_close_sa(pair_sa(p->moon));
	pair_advance(p, 70000);
	assert_int_equal(fake_xfrm_n_sa(p->carol->kernel), fake_xfrm_n_sa(p->moon->kernel));
	assert_int_equal(pair_n_sa(p->carol), pair_n_sa(p->moon));
	pair_free(p);
}

/* 2.25.2: a request that crosses our DELETE is refused, not left without an answer. */
static void an_ike_sa_that_is_being_closed_is_not_rekeyed(void **state)
{
	struct pair *p = settled();

	(void)state;
	iked_close_sa(pair_sa(p->carol));
	iked_rekey_sa(pair_sa(p->moon));
	pair_forget(p);
	pair_run(p);
	assert_int_equal(pair_said(p, "generating CREATE_CHILD_SA response 0 [ N(TEMP_FAIL) ]"), 1);
	assert_int_equal(pair_n_sa(p->carol), 0);
	assert_int_equal(pair_n_sa(p->moon), 0);
	pair_free(p);
}

/* What was asked to go goes, whatever its IKE_SA is by then; what is worn out stays replaced. */
static void what_is_closed_while_it_is_rekeyed_does_not_live_on(void **state)
{
	(void)state;
	for (int shut = 0; shut < 2; shut++) {
		struct pair *p = settled();
		struct sa *old = pair_sa(p->carol);

		assert_int_equal(iked_rekey_sa(old), 0);
		if (shut)
			iked_close_sa(old);
		else
			lifetime_expire_in(old, 0);
		pair_advance(p, 20000);
		assert_int_equal(pair_said(p, "rekeyed between"), 2);
		if (!shut)
			pair_must_be_settled(p);
		else
			assert_int_equal(pair_n_sa(p->carol) + pair_n_sa(p->moon), 0);
		pair_free(p);
	}
}

UNIT_MAIN(T(an_ike_sa_that_is_being_closed_is_not_rekeyed, "A-173"),
	T(a_child_sa_is_rekeyed_from_either_side, "A-170 B-023 B-082"),
	T(the_ike_sa_is_rekeyed_from_either_side, "A-171 A-020"), T(a_soft_expire_rekeys, "A-136"),
	T(a_hard_expire_deletes_and_makes_anew, "A-136"),
	T(the_ike_sa_rekeys_itself_before_its_lifetime_ends, "A-137 A-171"),
	T(message_ids_never_wrap, "A-020!"), T(what_was_wanted_goes_to_the_next_ike_sa, "B-041!"),
	T(a_collision_with_loss_settles_too, "A-172 A-173"),
	T(what_a_rekeyed_ike_sa_leaves_is_asked_once, "A-240"),
	T(a_child_sa_is_wanted_while_the_ike_sa_is_rekeyed, "A-173 A-029"),
	T(what_is_lost_before_the_peer_was_heard_again_is_replaced_whole, "A-172"),
	T(a_rekey_asks_for_a_child_sa_that_is_gone, "A-172 A-029"), T(delete_meets_rekey, "A-172"),
	T(both_sides_delete_the_same_child_sa, "A-150"), T(both_sides_delete_the_ike_sa, "A-150"),
	T(what_is_closed_while_it_is_rekeyed_does_not_live_on, "A-263"),
	T(the_ike_sa_is_deleted_while_it_is_rekeyed, "A-173"))
