/* SAs that somebody else took out of the kernel, and those of an earlier run, are made anew. */
#include <linux/xfrm.h>

#include "unit/ike/kern.h"

/* The kernels keep pointers to it. */
static struct {
	struct pair *p;
	struct kern carol, moon;
} s;

static void open_stage(void)
{
	s.p = pair_new(PAIR_CAROL, PAIR_MOON);
	kern_open(&s.carol, s.p->carol, false);
	kern_open(&s.moon, s.p->moon, true);
	kern_add_policies(&s.carol, 1, 2, HOA);
	kern_add_policies(&s.moon, 1, 2, HOA);
	kern_move(&s.carol, HOA, FIRST, true);
	kern_move(&s.moon, HOA, FIRST, true);
}

static void close_stage(void)
{
	kern_close(&s.carol);
	kern_close(&s.moon);
	pair_free(s.p); /* checks that the kernels are empty */
}

static void established(void)
{
	open_stage();
	assert_int_equal(kern_packet(&s.carol, IPPROTO_MH, 5), 1);
	pair_run(s.p);
	assert_int_equal(kern_packet(&s.carol, IPPROTO_ICMPV6, 146), 1);
	pair_run(s.p);
}

static bool both_up(void)
{
	return pair_up(s.p, "mh", "carol-mh") && pair_up(s.p, "tunnel", "carol-tunnel");
}

static void take_away(struct kern *k, const char *dst, uint32_t spi)
{
	struct xfrm_sa_key key = { .dst = kern_addr(dst), .proto = XP_ESP, .spi = spi };

	assert_int_equal(xfrm_sa_del(k->n->nl, &key), 0);
	fake_xfrm_deliver(k->n->kernel);
}

static void an_sa_that_somebody_deleted_is_replaced_on_both_nodes(void **state)
{
	struct child *c;
	uint32_t in, out;

	(void)state;
	established();
	c = pair_child(s.p->carol, "tunnel");
	in = c->spi_in;
	out = c->spi_out;
	take_away(&s.carol, HOME, out);
	pair_run(s.p);
	assert_true(both_up());
	c = pair_child(s.p->carol, "tunnel");
	assert_true(c->spi_in != in && c->spi_out != out);
	assert_int_equal(pair_said(s.p, "the kernel has lost an SA of tunnel{2}"), 1);
	close_stage();
}

static void the_side_that_only_receives_heals_as_well(void **state)
{
	(void)state;
	established();
	take_away(&s.moon, HOME, pair_child(s.p->moon, "carol-tunnel")->spi_in);
	take_away(&s.moon, HOME, pair_child(s.p->moon, "carol-mh")->spi_in);
	pair_run(s.p);
	assert_true(both_up());
	close_stage();
}

static void a_packet_meanwhile_asks_for_no_second_one(void **state)
{
	(void)state;
	established();
	take_away(&s.carol, HOME, pair_child(s.p->carol, "tunnel")->spi_out);
	assert_int_equal(kern_packet(&s.carol, IPPROTO_ICMPV6, 128), 1);
	fake_xfrm_deliver(s.p->carol->kernel);
	pair_run(s.p);
	assert_true(both_up());
	close_stage();
}

static void after_a_flush_every_one_is_looked_at(void **state)
{
	(void)state;
	established();
	fake_xfrm_events(s.p->carol->kernel, NULL, NULL);
	take_away(&s.carol, HOME, pair_child(s.p->carol, "tunnel")->spi_out);
	take_away(&s.carol, HOA, pair_child(s.p->carol, "mh")->spi_in);
	lost_look(s.p->carol->d);
	pair_run(s.p);
	assert_true(both_up());
	close_stage();
}

static void what_we_delete_ourselves_is_not_lost(void **state)
{
	(void)state;
	established();
	assert_int_equal(iked_rekey_child(pair_child(s.p->carol, "tunnel")), 0);
	pair_run(s.p);
	kern_move(&s.carol, FIRST, SECOND, true);
	kern_move(&s.moon, FIRST, SECOND, true);
	fake_xfrm_deliver(s.p->carol->kernel);
	assert_int_equal(pair_said(s.p, "the kernel has lost"), 0);
	assert_true(both_up());
	close_stage();
}

/* P11: its events come late, and another MIGRATE has moved it meanwhile. */
static void an_sa_that_has_moved_on_is_not_lost(void **state)
{
	struct xfrm_sa_key key = { .dst = kern_addr(FIRST), .proto = XP_ESP };
	struct xfrm_sa sa;

	(void)state;
	established();
	key.spi = pair_child(s.p->carol, "tunnel")->spi_in;
	assert_int_equal(xfrm_sa_get(s.p->carol->nl, &key, &sa), 0);
	assert_int_equal(xfrm_sa_del(s.p->carol->nl, &key), 0);
	sa.dst = kern_addr(SECOND);
	assert_int_equal(xfrm_sa_add(s.p->carol->nl, &sa), 0);
	fake_xfrm_deliver(s.p->carol->kernel);
	lost_look(s.p->carol->d);
	pair_run(s.p);
	assert_int_equal(pair_said(s.p, "the kernel has lost"), 0);
	close_stage();
}

static struct xfrm_sa of_earlier_run(const char *src, uint32_t spi, uint32_t reqid, bool tunnel)
{
	return (struct xfrm_sa){ .src = kern_addr(src),
		.dst = kern_addr(HOME),
		.proto = XP_ESP,
		.spi = spi,
		.reqid = reqid,
		.mode = tunnel ? XM_TUNNEL : XM_TRANSPORT,
		.enc_name = "cbc(aes)",
		.enc_bits = 128,
		.auth_name = "hmac(sha1)",
		.auth_bits = 160,
		.auth_trunc = 96 };
}

static void an_earlier_run_s_sas_are_made_anew_and_others_stay(void **state)
{
	const struct xfrm_sa olds[] = { of_earlier_run(HOA, 0xc0000001, 1, false),
		of_earlier_run(FIRST, 0xc0000002, 2, true),
		of_earlier_run(FIRST, 0xc0000003, 99, true) };

	(void)state;
	open_stage();
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(xfrm_sa_add(s.p->carol->nl, &olds[i]), 0);
	lost_earlier_run(s.carol.r);
	assert_int_equal(fake_xfrm_n_sa(s.p->carol->kernel), 1);
	take_away(&s.carol, HOME, 0xc0000003);
	pair_run(s.p);
	assert_true(both_up());
	assert_int_equal(pair_n_sa(s.p->carol), 1);
	close_stage();
}

/* B-100: its larval state keeps the kernel from asking again for half a minute. */
static void what_was_asked_for_while_nobody_listened_is_made(void **state)
{
	(void)state;
	open_stage();
	fake_xfrm_events(s.p->carol->kernel, NULL, NULL);
	assert_int_equal(kern_packet(&s.carol, IPPROTO_ICMPV6, 128), 1);
	lost_earlier_run(s.carol.r);
	pair_run(s.p);
	assert_true(pair_up(s.p, "tunnel", "carol-tunnel"));
	assert_int_equal(fake_xfrm_n_sa(s.p->carol->kernel), 2);
	close_stage();
}

UNIT_MAIN(T(an_sa_that_somebody_deleted_is_replaced_on_both_nodes, "A-172"),
	T(the_side_that_only_receives_heals_as_well, "A-172"),
	T(a_packet_meanwhile_asks_for_no_second_one, "B-044"),
	T(after_a_flush_every_one_is_looked_at, "A-223"),
	T(what_we_delete_ourselves_is_not_lost, "A-172"),
	T(an_sa_that_has_moved_on_is_not_lost, "A-172 B-055"),
	T(an_earlier_run_s_sas_are_made_anew_and_others_stay, "A-155 B-101"),
	T(what_was_asked_for_while_nobody_listened_is_made, "B-100"))
