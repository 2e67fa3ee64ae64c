/* Moves without KMADDRESS: the mobility daemons did not agree that key management follows. */
#include <errno.h>
#include <linux/xfrm.h>

#include "unit/ike/kern.h"

enum { WHILE_MS = 20000 };

static struct kerns s;

/* At no time has a kernel fewer than the four SAs of mh and tunnel. */
static enum pair_fate must_carry(struct pair *p, struct dgram *g)
{
	(void)g;
	assert_true(fake_xfrm_n_sa(p->carol->kernel) >= 4);
	assert_true(fake_xfrm_n_sa(p->moon->kernel) >= 4);
	return PAIR_PASS;
}

static void established(bool km)
{
	kerns_establish(&s, km);
	s.p->filter = must_carry;
}

static void carol_moves(const char *from, const char *to, bool km)
{
	s.p->carol->addr = kern_addr(to);
	kern_move(&s.carol, from, to, km);
}

/* One IKE_SA, another than `old`, between SECOND and home, with all that there was. */
static void must_be_another(uint64_t old)
{
	struct sa *c, *m;

	assert_int_equal(pair_n_sa(s.p->carol), 1);
	assert_int_equal(pair_n_sa(s.p->moon), 1);
	c = pair_sa(s.p->carol);
	m = pair_sa(s.p->moon);
	assert_true(c && m && c->spi_i == m->spi_i && c->spi_i != old);
	assert_string_equal(addr_str(&c->local), SECOND);
	assert_string_equal(addr_str(&m->remote), SECOND);
	assert_true(pair_up(s.p, "mh", "carol-mh"));
	assert_true(pair_up(s.p, "tunnel", "carol-tunnel"));
	assert_string_equal(addr_str(&pair_child(s.p->carol, "tunnel")->local), SECOND);
	assert_string_equal(addr_str(&pair_child(s.p->moon, "carol-tunnel")->remote), SECOND);
	assert_int_equal(fake_xfrm_n_sa(s.p->carol->kernel), 4);
	assert_int_equal(fake_xfrm_n_sa(s.p->moon->kernel), 4);
}

static void a_new_ike_sa_comes_from_the_new_address(void **state)
{
	uint64_t old;

	(void)state;
	established(false);
	old = pair_sa(s.p->carol)->spi_i;
	carol_moves(FIRST, SECOND, false);
	pair_run(s.p);
	kern_move(&s.moon, FIRST, SECOND, false);
	pair_advance(s.p, WHILE_MS);
	must_be_another(old);
	kerns_close(&s);
}

/* The BU may be there before IKE_SA_INIT is. */
static void the_home_agent_may_hear_of_it_first(void **state)
{
	uint64_t old;

	(void)state;
	established(false);
	old = pair_sa(s.p->carol)->spi_i;
	carol_moves(FIRST, SECOND, false);
	kern_move(&s.moon, FIRST, SECOND, false);
	pair_advance(s.p, WHILE_MS);
	must_be_another(old);
	assert_int_equal(pair_said(s.p, "does not follow to the new address"), 1);
	kerns_close(&s);
}

/* RFC 6275 section 11.7.3: carol's side follows, then the BA has no K. */
static void an_answer_without_k_gives_up_what_had_followed(void **state)
{
	uint64_t old;

	(void)state;
	established(true);
	old = pair_sa(s.p->carol)->spi_i;
	carol_moves(FIRST, SECOND, true);
	kern_move(&s.moon, FIRST, SECOND, false);
	assert_true(pair_sa(s.p->carol)->spi_i == old);
	carol_moves(SECOND, SECOND, false);
	pair_advance(s.p, WHILE_MS);
	must_be_another(old);
	kerns_close(&s);
}

static void the_same_address_once_more_gives_up_nothing(void **state)
{
	uint64_t old;

	(void)state;
	established(false);
	old = pair_sa(s.p->carol)->spi_i;
	kern_move(&s.carol, FIRST, FIRST, false);
	kern_move(&s.moon, FIRST, FIRST, false);
	pair_advance(s.p, WHILE_MS);
	assert_true(pair_sa(s.p->carol)->spi_i == old);
	assert_true(pair_sa(s.p->moon)->spi_i == old);
	kerns_close(&s);
}

/* carol is away for good: what protects the BU is not taken from her before its lifetime ends. */
static void the_home_agent_keeps_the_sas_until_there_are_others(void **state)
{
	uint32_t mh, tunnel;

	(void)state;
	established(false);
	mh = pair_child(s.p->moon, "carol-mh")->spi_in;
	tunnel = pair_child(s.p->moon, "carol-tunnel")->spi_in;
	kern_move(&s.moon, FIRST, SECOND, false);
	pair_advance(s.p, 10 * WHILE_MS);
	assert_int_equal(pair_child(s.p->moon, "carol-mh")->spi_in, mh);
	assert_int_equal(pair_child(s.p->moon, "carol-tunnel")->spi_in, tunnel);
	assert_string_equal(addr_str(&pair_child(s.p->moon, "carol-tunnel")->remote), SECOND);
	assert_int_equal(fake_xfrm_n_sa(s.p->moon->kernel), 4);
	kerns_close(&s);
}

/* At home there is none but the home address: the next journey makes up for it. */
static void without_an_address_to_begin_from_the_next_move_does_it(void **state)
{
	uint64_t old;

	(void)state;
	established(false);
	old = pair_sa(s.p->carol)->spi_i;
	s.p->carol->addr = addr_any;
	kern_move(&s.carol, FIRST, HOA, false);
	kern_move(&s.moon, FIRST, HOA, false);
	pair_advance(s.p, WHILE_MS);
	assert_int_equal(pair_n_sa(s.p->carol), 1);
	carol_moves(HOA, SECOND, false);
	kern_move(&s.moon, HOA, SECOND, false);
	pair_advance(s.p, WHILE_MS);
	must_be_another(old);
	kerns_close(&s);
}

static enum pair_fate none_passes(struct pair *p, struct dgram *g)
{
	(void)p, (void)g;
	return PAIR_DROP;
}

/* Nobody answers from there: the SAs stay, and the next place is tried from the next place. */
static void a_second_move_meets_an_attempt_from_the_first(void **state)
{
	uint64_t old;

	(void)state;
	established(false);
	old = pair_sa(s.p->carol)->spi_i;
	s.p->filter = none_passes;
	carol_moves(FIRST, "2001:2::77", false);
	pair_advance(s.p, 5000);
	s.p->filter = must_carry;
	pair_forget(s.p);
	carol_moves("2001:2::77", SECOND, false);
	kern_move(&s.moon, FIRST, SECOND, false);
	pair_advance(s.p, WHILE_MS);
	must_be_another(old);
	assert_int_equal(pair_said(s.p, "from 2001:2::77"), 0);
	kerns_close(&s);
}

UNIT_MAIN(T(a_new_ike_sa_comes_from_the_new_address, "B-012 B-072 B-073 B-051"),
	T(the_home_agent_may_hear_of_it_first, "B-072 B-073"),
	T(an_answer_without_k_gives_up_what_had_followed, "B-072 B-012"),
	T(the_same_address_once_more_gives_up_nothing, "B-051!"),
	T(the_home_agent_keeps_the_sas_until_there_are_others, "B-072"),
	T(without_an_address_to_begin_from_the_next_move_does_it, "B-072! B-028"),
	T(a_second_move_meets_an_attempt_from_the_first, "B-012! B-056"))
