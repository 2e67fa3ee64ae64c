/* SAs that somebody else took out of the kernel, and those of an earlier run, are made anew. */
#include <linux/xfrm.h>

#include "unit/ike/kern.h"

static struct kerns s;

/* And nothing beside them: what was replaced is gone. */
static bool both_up(void)
{
	return pair_up(s.p, "mh", "carol-mh") && pair_up(s.p, "tunnel", "carol-tunnel") &&
		fake_xfrm_n_sa(s.p->carol->kernel) == 4 && fake_xfrm_n_sa(s.p->moon->kernel) == 4;
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
	kerns_establish(&s, true);
	c = pair_child(s.p->carol, "tunnel");
	in = c->spi_in;
	out = c->spi_out;
	take_away(&s.carol, HOME, out);
	pair_run(s.p);
	assert_true(both_up());
	c = pair_child(s.p->carol, "tunnel");
	assert_true(c->spi_in != in && c->spi_out != out);
	assert_int_equal(pair_said(s.p, "the kernel has lost an SA of tunnel{2}"), 1);
	kerns_close(&s);
}

static void the_side_that_only_receives_heals_as_well(void **state)
{
	(void)state;
	kerns_establish(&s, true);
	take_away(&s.moon, HOME, pair_child(s.p->moon, "carol-tunnel")->spi_in);
	take_away(&s.moon, HOME, pair_child(s.p->moon, "carol-mh")->spi_in);
	pair_run(s.p);
	assert_true(both_up());
	kerns_close(&s);
}

static void a_packet_meanwhile_asks_for_no_second_one(void **state)
{
	(void)state;
	kerns_establish(&s, true);
	take_away(&s.carol, HOME, pair_child(s.p->carol, "tunnel")->spi_out);
	assert_int_equal(kern_packet(&s.carol, IPPROTO_ICMPV6, 128), 1);
	fake_xfrm_deliver(s.p->carol->kernel);
	pair_run(s.p);
	assert_true(both_up());
	kerns_close(&s);
}

static void after_a_flush_every_one_is_looked_at(void **state)
{
	(void)state;
	kerns_establish(&s, true);
	fake_xfrm_events(s.p->carol->kernel, NULL, NULL);
	take_away(&s.carol, HOME, pair_child(s.p->carol, "tunnel")->spi_out);
	take_away(&s.carol, HOA, pair_child(s.p->carol, "mh")->spi_in);
	lost_look(s.p->carol->d);
	pair_run(s.p);
	assert_true(both_up());
	kerns_close(&s);
}

static void what_we_delete_ourselves_is_not_lost(void **state)
{
	(void)state;
	kerns_establish(&s, true);
	assert_int_equal(iked_rekey_child(pair_child(s.p->carol, "tunnel")), 0);
	pair_run(s.p);
	kern_move(&s.carol, FIRST, SECOND, true);
	kern_move(&s.moon, FIRST, SECOND, true);
	fake_xfrm_deliver(s.p->carol->kernel);
	assert_int_equal(pair_said(s.p, "the kernel has lost"), 0);
	assert_true(both_up());
	kerns_close(&s);
}

/* P11: its events come late, and another MIGRATE has moved it meanwhile. */
static void an_sa_that_has_moved_on_is_not_lost(void **state)
{
	struct xfrm_sa_key key = { .dst = kern_addr(FIRST), .proto = XP_ESP };
	struct xfrm_sa sa;

	(void)state;
	kerns_establish(&s, true);
	key.spi = pair_child(s.p->carol, "tunnel")->spi_in;
	assert_int_equal(xfrm_sa_get(s.p->carol->nl, &key, &sa), 0);
	assert_int_equal(xfrm_sa_del(s.p->carol->nl, &key), 0);
	sa.dst = kern_addr(SECOND);
	assert_int_equal(xfrm_sa_add(s.p->carol->nl, &sa), 0);
	fake_xfrm_deliver(s.p->carol->kernel);
	lost_look(s.p->carol->d);
	pair_run(s.p);
	assert_int_equal(pair_said(s.p, "the kernel has lost"), 0);
	kerns_close(&s);
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
		.enc_key = FAKE_KEY(16),
		.auth_name = "hmac(sha1)",
		.auth_key = FAKE_KEY(20),
		.auth_trunc = 96 };
}

static void an_earlier_run_s_sas_are_made_anew_and_others_stay(void **state)
{
	const struct xfrm_sa olds[] = { of_earlier_run(HOA, 0xc0000001, 1, false),
		of_earlier_run(FIRST, 0xc0000002, 2, true),
		of_earlier_run(FIRST, 0xc0000003, 99, true) };

	(void)state;
	kerns_open(&s, PAIR_CAROL);
	kerns_start(&s, true);
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(xfrm_sa_add(s.p->carol->nl, &olds[i]), 0);
	lost_earlier_run(s.carol.r);
	assert_int_equal(fake_xfrm_n_sa(s.p->carol->kernel), 1);
	take_away(&s.carol, HOME, 0xc0000003);
	pair_run(s.p);
	assert_true(both_up());
	assert_int_equal(pair_n_sa(s.p->carol), 1);
	kerns_close(&s);
}

/* B-100: its larval state keeps the kernel from asking again for half a minute. */
static void what_was_asked_for_while_nobody_listened_is_made(void **state)
{
	(void)state;
	kerns_open(&s, PAIR_CAROL);
	kerns_start(&s, true);
	fake_xfrm_events(s.p->carol->kernel, NULL, NULL);
	assert_int_equal(kern_packet(&s.carol, IPPROTO_ICMPV6, 128), 1);
	lost_earlier_run(s.carol.r);
	pair_run(s.p);
	assert_true(pair_up(s.p, "tunnel", "carol-tunnel"));
	assert_int_equal(fake_xfrm_n_sa(s.p->carol->kernel), 2);
	kerns_close(&s);
}

static void what_nobody_asked_for_is_not_made(void **state)
{
	(void)state;
	kerns_open(&s, PAIR_CAROL);
	kerns_start(&s, true);
	lost_earlier_run(s.carol.r);
	pair_run(s.p);
	assert_int_equal(s.p->carol->n_sent, 0);
	assert_int_equal(fake_xfrm_n_sa(s.p->carol->kernel), 0);
	kerns_close(&s);
}

UNIT_MAIN(T(an_sa_that_somebody_deleted_is_replaced_on_both_nodes, "A-172"),
	T(the_side_that_only_receives_heals_as_well, "A-172"),
	T(a_packet_meanwhile_asks_for_no_second_one, "B-044!"),
	T(after_a_flush_every_one_is_looked_at, "A-223!"),
	T(what_we_delete_ourselves_is_not_lost, "A-172"),
	T(an_sa_that_has_moved_on_is_not_lost, "A-172 B-055"),
	T(an_earlier_run_s_sas_are_made_anew_and_others_stay, "A-155! B-101"),
	T(what_was_asked_for_while_nobody_listened_is_made, "B-100"),
	T(what_nobody_asked_for_is_not_made, "B-100!"))
