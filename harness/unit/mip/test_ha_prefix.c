/* What a home agent registers where: care-of addresses of others, prefixes that end, L. */
#include <unistd.h>

#include "base/loop.h"
#include "mip/ha/act.h"
#include "unit/mip/ha_stage.h"
#include "unit/unit.h"

/* What is sent to such an address would reach us, another node, or whoever answers first. */
static void a_care_of_address_of_others_is_refused(void **state)
{
	static const char *const bad[] = {
		"2001:1::1", /* the home agent's own */
		"2001:1::66", /* another node's home address */
		"2001:1::", /* all routers of the home link */
		"2001:1::fdff:ffff:ffff:fffe", /* its home agents */
		"2001:9::", /* all routers of another link */
		"2001:9::fdff:ffff:ffff:fffe",
		"2001:9::fdff:ffff:ffff:ff80", /* RFC 2526: the first that is reserved */
	};

	(void)state;
	for (size_t i = 0; i < 2 * sizeof(bad) / sizeof(bad[0]); i++) {
		struct stage *w = ha_stage_begin();
		struct mh_bu bu = { .seq = 1, .flags = HOME, .lifetime = 600 };
		bool alternate = i & 1;

		stage_bu_of(w, &HOA, &bu, alternate ? "2001::40" : bad[i / 2],
			alternate ? bad[i / 2] : NULL);
		assert_int_equal(stage_count(w, "BA 174, 0 s by"), 1);
		assert_int_equal(w->n_journal, 1);
		assert_null(ha_stage_binding(w));
		ha_stage_end(w);
	}
}

static void a_home_agent_knows_so_many_home_addresses(void **state)
{
	struct stage *w = ha_stage_begin();
	struct ha *ha = &w->mip.ha;
	size_t n = ha->n_peers;

	(void)state;
	assert_non_null(ha_peer_add(ha, &COA, &HA));
	assert_int_equal(ha->n_peers, n + 1);
	ha->n_peers = HA_PEERS_MAX - 1;
	assert_non_null(ha_peer_add(ha, &COA2, &HA));
	assert_null(ha_peer_add(ha, &HOA, &HA));
	assert_int_equal(ha->n_peers, HA_PEERS_MAX);
	ha_stage_end(w);
}

static void advertise(struct stage *w, uint32_t valid, uint32_t preferred)
{
	uint8_t buf[64];
	struct wr out = WR_OF(buf);
	struct mip_packet p = { .ifindex = ETH0, .hop_limit = 255 };
	struct in6_addr home = HOA;

	home.s6_addr[15] = 0;
	assert_int_equal(addr_parse("fe80::fe", &p.src), 0);
	wr_u8(&out, ICMP6_ROUTER_ADVERT);
	wr_zero(&out, 5);
	wr_u16(&out, 1800);
	wr_zero(&out, 8);
	wr_u8(&out, 3);
	wr_u8(&out, 4);
	wr_u8(&out, 64);
	wr_u8(&out, 0xc0);
	wr_u32(&out, valid);
	wr_u32(&out, preferred);
	wr_u32(&out, 0);
	wr_in6(&out, home);
	p.data = wr_view(&out);
	recv_icmp6(&p, &w->mip);
}

/* RFC 6275 section 10.3.1: our own address is there for ever, what the router advertises is not. */
static void no_binding_outlives_the_prefix_that_the_router_advertises(void **state)
{
	struct stage *w = ha_stage_begin();

	(void)state;
	advertise(w, 1000, 500);
	loop_advance(600000);
	stage_bu(w, 1, HOME, 600, "2001::40");
	loop_advance(1000);
	assert_int_equal(stage_count(w, "BA 1 K, 396 s"), 1); /* 399 s are left after the probe */
	loop_advance(100000);
	stage_bu(w, 2, HOME, 600, "2001::40");
	assert_int_equal(
		ha_stage_binding(w)->bc.lifetime, 296); /* 299 s are left, and units are 4 s */
	loop_advance(294000); /* 5 s are left: one unit */
	stage_bu(w, 3, HOME, 600, "2001::40");
	assert_int_equal(ha_stage_binding(w)->bc.lifetime, 4);
	loop_advance(2000); /* 3 s: none, and no lifetime of 0 is granted */
	stage_bu(w, 4, HOME, 600, "2001::40");
	assert_int_equal(stage_count(w, "BA 132, 0 s by 2001::40"), 1);
	loop_advance(10000);
	stage_bu(w, 5, HOME, 600, "2001::40");
	assert_int_equal(stage_count(w, "BA 132, 0 s by 2001::40"), 2);
	advertise(w, UINT32_MAX, UINT32_MAX);
	stage_bu(w, 6, HOME, 600, "2001::40");
	loop_advance(1000);
	assert_int_equal(stage_count(w, "BA 0 K, 600 s"), 1);
	ha_stage_end(w);
}

/* RFC 6275 section 10.3.1: compared in units of four seconds */
static void who_is_bound_as_long_as_the_prefix_is_told_so(void **state)
{
	static const struct {
		uint32_t valid, preferred;
		const char *answer;
	} rows[] = {
		{ UINT32_MAX, UINT32_MAX, "BA 0 K, 100 s" },
		{ UINT32_MAX, 101, "BA 0 K, 100 s" },
		{ UINT32_MAX, 100, "BA 1 K, 100 s" },
		{ UINT32_MAX, 0, "BA 1 K, 100 s" },
		{ 105, 105, "BA 0 K, 100 s" },
		{ 104, 104, "BA 1 K, 100 s" },
		{ 50, 50, "BA 1 K, 48 s" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct stage *w = ha_stage_begin();

		advertise(w, rows[i].valid, rows[i].preferred);
		stage_bu(w, 1, HOME, 100, "2001::40");
		loop_advance(1000);
		assert_int_equal(stage_count(w, rows[i].answer), 1);
		ha_stage_end(w);
	}
}

static void a_prefix_that_ends_during_the_probe_is_no_home_prefix(void **state)
{
	struct stage *w = ha_stage_begin();

	(void)state;
	advertise(w, 604, 500);
	loop_advance(600000);
	stage_bu(w, 1, HOME, 600, "2001::40");
	assert_non_null(ha_stage_binding(w));
	loop_advance(1000);
	assert_int_equal(stage_count(w, "BA 132, 0 s by 2001::40"), 1);
	assert_int_equal(stage_count(w, "tunnel"), 0);
	assert_null(ha_stage_binding(w));
	ha_stage_end(w);
}

/* Section 10.6.4: neither does what a node is told of the prefix. */
static void no_prefix_answer_outlives_what_the_router_advertises(void **state)
{
	static const uint8_t ask[8] = { ICMP6_MOB_PREFIX_SOLICIT, 0, 0, 0, 0x12, 0x34 };
	struct mip_packet p = { .src = HOA, .dst = HA, .data = BYTES(ask, sizeof(ask)) };
	struct stage *w = ha_stage_begin();
	struct icmp6_mpa mpa;

	(void)state;
	advertise(w, 1000, 500);
	stage_bu(w, 1, HOME, 600, "2001::40");
	loop_advance(1000);
	for (uint32_t passed = 1; passed < 600; passed += 250) {
		recv_icmp6(&p, &w->mip);
		assert_int_equal(icmp6_mpa_parse(BYTES(w->last_icmp6, w->n_last_icmp6), &mpa), 0);
		assert_int_equal(mpa.id, 0x1234);
		assert_int_equal(mpa.n_prefixes, 1);
		assert_int_equal(mpa.prefixes[0].valid, 1000 - passed);
		assert_int_equal(mpa.prefixes[0].preferred, passed < 500 ? 500 - passed : 0);
		w->n_last_icmp6 = 0;
		loop_advance(250000);
	}
	ha_stage_end(w);
}

/* An address of ours on a link that is no home link: what is sent there reaches us. */
static void our_address_on_another_link_is_no_care_of_address(void **state)
{
	struct stage *w = ha_stage_bound();

	(void)state;
	ha_stage_address(w, "2001:9::2/64");
	w->addrs[w->n_addrs - 1].ifindex = ETH0 + 1;
	stage_bu(w, 101, HOME, 600, "2001:9::2");
	EXPECT(w, "BA 174, 0 s by 2001:9::2");
	assert_true(addr_eq(&ha_stage_binding(w)->bc.coa, &COA));
	ha_stage_end(w);
}

/* Where its interface identifier is not 64 bits long, the link says what is anycast. */
static void the_routers_of_a_link_with_a_long_prefix_are_no_care_of_address(void **state)
{
	struct stage *w = ha_stage_begin();

	(void)state;
	ha_stage_address(w, "2001:1:0:7:5::1/96");
	ha_rt_lost(&w->mip.ha);
	stage_clear(w);
	stage_bu(w, 1, HOME, 600, "2001:1:0:7:5::");
	EXPECT(w, "BA 174, 0 s by 2001:1:0:7:5::");
	ha_stage_end(w);
}

/* RFC 4862 section 5.5.3 e) */
static void an_advertisement_takes_no_more_than_two_hours_are_left_of(void **state)
{
	static const struct {
		uint32_t first, then, life;
	} rows[] = {
		{ UINT32_MAX, 1, 7200 },
		{ 90000, 0, 7200 },
		{ 5000, 100, 5000 },
		{ 5000, 6000, 6000 },
		{ 90000, 8000, 8000 },
		{ 600, UINT32_MAX, UINT32_MAX },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct stage *w = ha_stage_begin();

		advertise(w, rows[i].first, 0);
		advertise(w, rows[i].then, 0);
		assert_int_equal(ha_life_of(&w->mip.ha, w->mip.ha.prefixes).valid_s, rows[i].life);
		ha_rt_lost(&w->mip.ha); /* which forgets nothing of it */
		assert_int_equal(ha_life_of(&w->mip.ha, w->mip.ha.prefixes).valid_s, rows[i].life);
		ha_stage_end(w);
	}
}

static void only_a_router_of_the_home_link_is_heard(void **state)
{
	static const struct {
		const char *src;
		int hops, ifindex;
	} rows[] = { { "fe80::fe", 64, ETH0 }, { "2001:1::fe", 255, ETH0 },
		{ "fe80::fe", 255, 9 } };

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct stage *w = ha_stage_begin();
		uint8_t buf[48] = { ICMP6_ROUTER_ADVERT, [6] = 7, [16] = 3, 4, 64, 0xc0, 0, 0, 0,
			60, 0, 0, 0, 60, [32] = 0x20, 1, 0, 1 };
		struct mip_packet p = {
			.ifindex = rows[i].ifindex, .hop_limit = rows[i].hops, .data = BYTES_OF(buf)
		};

		assert_int_equal(addr_parse(rows[i].src, &p.src), 0);
		recv_icmp6(&p, &w->mip);
		assert_int_equal(w->mip.ha.n_adverts, 0);
		assert_int_equal(addr_parse("fe80::fe", &p.src), 0);
		p.hop_limit = 255;
		p.ifindex = ETH0;
		recv_icmp6(&p, &w->mip);
		assert_int_equal(w->mip.ha.n_adverts, 1);
		ha_stage_end(w);
	}
}

/* Whatever the flags of the BUs in between: what was put up is taken down. */
static void the_entry_of_the_link_local_address_goes_with_the_l(void **state)
{
	static const struct {
		uint16_t first, then;
	} rows[] = {
		{ HOME | BU_LINK_LOCAL, HOME },
		{ HOME | BU_LINK_LOCAL, HOME | BU_LINK_LOCAL },
		{ HOME, HOME | BU_LINK_LOCAL },
		{ HOME, HOME },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct stage *w = ha_stage_begin();

		stage_bu(w, 1, rows[i].first, 600, "2001::40");
		loop_advance(1000);
		stage_bu(w, 2, rows[i].then, 600, "2001::40");
		stage_bu(w, 3, HOME, 0, "2001::40");
		assert_int_equal(stage_count(w, "proxy"), stage_count(w, "no proxy"));
		ha_stage_end(w);
	}
}

/* Section 10.4.1: from the BU on that has L, the first or a later one. */
static void a_refresh_with_l_has_the_link_local_address_answered_for(void **state)
{
	struct stage *w = ha_stage_bound();

	(void)state;
	stage_bu(w, 101, HOME | BU_LINK_LOCAL, 600, "2001::40");
	assert_int_equal(stage_count(w, "probe for fe80::10"), 1);
	assert_int_equal(stage_count(w, "BA 0 K, 600 s"), 1); /* which does not wait */
	stage_clear(w);
	loop_advance(500);
	stage_bu(w, 102, HOME | BU_LINK_LOCAL, 600, "2001::40"); /* which begins no second probe */
	loop_advance(500);
	assert_int_equal(stage_count(w, "probe"), 0);
	assert_int_equal(stage_count(w, "proxy"), 1);
	assert_int_equal(stage_count(w, "NA for fe80::10"), 1);
	stage_bu(w, 103, HOME | BU_LINK_LOCAL, 600, "2001::40");
	loop_advance(1000);
	assert_int_equal(stage_count(w, "probe"), 0);
	stage_bu(w, 104, HOME, 0, "2001::40");
	assert_int_equal(stage_count(w, "no proxy"), 2);
	ha_stage_end(w);
}

static void a_link_local_address_that_somebody_has_is_left_to_him(void **state)
{
	struct stage *w = ha_stage_bound();

	(void)state;
	stage_bu(w, 101, HOME | BU_LINK_LOCAL, 600, "2001::40");
	stage_clear(w);
	assert_int_equal(write(w->dad_answer, "x", 1), 1);
	assert_int_equal(loop_run(), 0);
	loop_advance(2000);
	assert_int_equal(stage_count(w, "fe80::10"), 0);
	assert_int_equal(ha_stage_binding(w)->state, HB_VALID);
	stage_bu(w, 102, HOME | BU_LINK_LOCAL, 600, "2001::40");
	assert_int_equal(stage_count(w, "probe for fe80::10"), 1);
	ha_stage_end(w);
}

/* The probe of a refresh is over with its binding, and with the L. */
static void a_probe_ends_with_what_it_is_for(void **state)
{
	(void)state;
	for (int deletes = 0; deletes < 2; deletes++) {
		struct stage *w = ha_stage_bound();

		stage_bu(w, 101, HOME | BU_LINK_LOCAL, 600, "2001::40");
		stage_bu(w, 102, HOME, deletes ? 0 : 600, "2001::40");
		stage_clear(w);
		loop_advance(2000);
		assert_int_equal(stage_count(w, "fe80::10"), 0);
		ha_stage_end(w);
	}
}

UNIT_MAIN(T(a_care_of_address_of_others_is_refused, "C-094"),
	T(a_home_agent_knows_so_many_home_addresses, "F-036"),
	T(no_binding_outlives_the_prefix_that_the_router_advertises, "C-095"),
	T(who_is_bound_as_long_as_the_prefix_is_told_so, "C-110"),
	T(a_prefix_that_ends_during_the_probe_is_no_home_prefix, "C-095"),
	T(no_prefix_answer_outlives_what_the_router_advertises, "C-095"),
	T(our_address_on_another_link_is_no_care_of_address, "C-094"),
	T(the_routers_of_a_link_with_a_long_prefix_are_no_care_of_address, "C-094"),
	T(an_advertisement_takes_no_more_than_two_hours_are_left_of, "C-095"),
	T(only_a_router_of_the_home_link_is_heard, "C-095 D-051!"),
	T(a_refresh_with_l_has_the_link_local_address_answered_for, "C-114"),
	T(a_link_local_address_that_somebody_has_is_left_to_him, "C-114"),
	T(a_probe_ends_with_what_it_is_for, "C-114"),
	T(the_entry_of_the_link_local_address_goes_with_the_l, "C-096"))
