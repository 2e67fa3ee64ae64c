/*
 * Both sides begin the same at once: whose SA stays is told by the lowest of the four nonces.
 */
#include "unit/ike/pair.h"

/* What both begin. */
enum what { CHILD_SA, CHILD_REKEY, IKE_REKEY };

/* First octets of the nonces: of carol's request and moon's answer, of moon's and carol's. */
static const struct {
	uint8_t carol_asks, moon_answers, moon_asks, carol_answers;
	bool carol_keeps; /* the one that carol made stays */
} orders[] = {
	{ 1, 2, 3, 4, false },
	{ 2, 1, 3, 4, false },
	{ 3, 4, 1, 2, true },
	{ 3, 4, 2, 1, true },
	{ 2, 4, 1, 3, true },
	{ 1, 4, 2, 3, false },
	{ 0xff, 0xfe, 0xfd, 0xfc, true },
	{ 0xfc, 0xfd, 0xfe, 0xff, false },
};

static void begin(struct pair *p, enum what what)
{
	struct node *c = p->carol, *m = p->moon;

	switch (what) {
	case CHILD_SA:
		assert_int_equal(iked_want_child(c->d, trap_by_name(c->d, "tunnel"), NULL), 0);
		assert_int_equal(
			iked_want_child(m->d, trap_by_name(m->d, "carol-tunnel"), NULL), 0);
		break;
	case CHILD_REKEY:
		assert_int_equal(iked_rekey_child(pair_child(c, "tunnel")), 0);
		assert_int_equal(iked_rekey_child(pair_child(m, "carol-tunnel")), 0);
		break;
	case IKE_REKEY:
		assert_int_equal(iked_rekey_sa(pair_sa(c)), 0);
		assert_int_equal(iked_rekey_sa(pair_sa(m)), 0);
		break;
	}
}

/* One IKE_SA, two CHILD_SAs, the same on both sides. */
static void must_be_settled(struct pair *p)
{
	assert_int_equal(pair_n_sa(p->carol), 1);
	assert_int_equal(pair_n_sa(p->moon), 1);
	assert_true(SPI_OWN(pair_sa(p->carol)) == SPI_PEER(pair_sa(p->moon)));
	assert_true(pair_up(p, "mh", "carol-mh"));
	assert_true(pair_up(p, "tunnel", "carol-tunnel"));
	assert_int_equal(fake_xfrm_n_sa(p->carol->kernel), 4);
	assert_int_equal(fake_xfrm_n_sa(p->moon->kernel), 4);
}

static void collide(enum what what)
{
	for (size_t i = 0; i < sizeof(orders) / sizeof(orders[0]); i++) {
		struct pair *p = pair_new(PAIR_CAROL, PAIR_MOON);

		pair_establish(p, what != CHILD_SA);
		p->carol->nonces[0] = orders[i].carol_asks;
		p->carol->nonces[1] = orders[i].carol_answers;
		p->moon->nonces[0] = orders[i].moon_asks;
		p->moon->nonces[1] = orders[i].moon_answers;
		begin(p, what);
		pair_run(p);
		must_be_settled(p);
		assert_int_equal(p->carol->n_nonces, 2);
		assert_int_equal(p->moon->n_nonces, 2);
		assert_int_equal(what == IKE_REKEY ? pair_sa(p->carol)->initiator
						   : pair_child(p->carol, "tunnel")->initiator,
			orders[i].carol_keeps);
		pair_free(p);
	}
}

static void both_make_a_child_sa_at_once(void **state)
{
	(void)state;
	collide(CHILD_SA);
}

static void both_rekey_a_child_sa_at_once(void **state)
{
	(void)state;
	collide(CHILD_REKEY);
}

static void both_rekey_the_ike_sa_at_once(void **state)
{
	(void)state;
	collide(IKE_REKEY);
}

UNIT_MAIN(T(both_make_a_child_sa_at_once, "A-172"), T(both_rekey_a_child_sa_at_once, "A-172"),
	T(both_rekey_the_ike_sa_at_once, "A-173"))
