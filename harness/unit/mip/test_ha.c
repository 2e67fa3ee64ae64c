#include <errno.h>
#include <linux/xfrm.h>
#include <unistd.h>

#include "base/loop.h"
#include "unit/mip/ha_stage.h"
#include "unit/unit.h"

/* What an accepted first BU does, in this order. */
#define PLACED                                                                                     \
	"tunnel ip6tnl1", "route 2001:1::10/128 table 254 dev ip6tnl1",                            \
		"main 2001:1::10/128 === ::/0 in", "main 2001:1::10/128 === ::/0 fwd",             \
		"main ::/0 === 2001:1::10/128 out", HA_MIGRATES("2001::40"),                       \
		"route 2001:1::10/128 table 252 dev eth0", "proxy", "NA for 2001:1::10",           \
		"route2 2001:1::1 at 2001::40", "hao 2001:1::10 at 2001::40",                      \
		"sub 2001:1::1/128 === 2001:1::10/128 out",                                        \
		"sub 2001:1::10/128 === 2001:1::1/128 in"

static void the_first_bu_is_answered_after_the_probe(void **state)
{
	struct stage *w = ha_stage_begin();

	(void)state;
	stage_bu(w, 100, HOME, 600, "2001::40");
	EXPECT(w, "probe for 2001:1::10");
	loop_advance(999);
	EXPECT(w, "probe for 2001:1::10");
	stage_clear(w);
	loop_advance(1);
	EXPECT(w, PLACED, "BA 0 K, 600 s by 2001::40");
	assert_int_equal(w->last.ba.seq, 100);
	ha_stage_end(w);
}

static void the_only_proxy_answers_at_once(void **state)
{
	struct stage *w = ha_stage_started();

	(void)state;
	assert_int_equal(stage_count(w, "sysctl net/ipv6/conf/eth0/proxy_ndp 1"), 1);
	assert_int_equal(stage_count(w, "sysctl net/ipv6/conf/all/proxy_ndp 1"), 1);
	assert_int_equal(stage_count(w, "sysctl net/ipv6/neigh/eth0/proxy_delay 0"), 1);
	ha_stage_end(w);
}

static void a_bu_repeated_during_the_probe_is_answered_once(void **state)
{
	struct stage *w = ha_stage_begin();

	(void)state;
	for (uint16_t i = 0; i < 10; i++) {
		stage_bu(w, (uint16_t)(100 + i), HOME, 600, "2001::40");
		loop_advance(90);
	}
	assert_int_equal(stage_count(w, "probe"), 1);
	assert_int_equal(stage_count(w, "BA"), 0);
	loop_advance(200);
	assert_int_equal(stage_count(w, "BA 0 K, 600 s"), 1);
	assert_int_equal(stage_count(w, "BA"), 1);
	ha_stage_end(w);
}

static void an_address_that_somebody_has_is_refused(void **state)
{
	struct stage *w = ha_stage_begin();

	(void)state;
	stage_bu(w, 100, HOME, 600, "2001::40");
	stage_clear(w);
	assert_int_equal(write(w->dad_answer, "x", 1), 1);
	assert_int_equal(loop_run(), 0);
	EXPECT(w, "BA 134, 0 s by 2001::40", "no route 2001:1::10/128 table 252 dev eth0");
	assert_null(ha_stage_binding(w));
	ha_stage_end(w);
}

static void with_l_the_link_local_address_is_probed_and_answered_for_too(void **state)
{
	struct stage *w = ha_stage_begin();

	(void)state;
	stage_bu(w, 100, HOME | BU_LINK_LOCAL, 600, "2001::40");
	EXPECT(w, "probe for 2001:1::10", "probe for fe80::10");
	stage_clear(w);
	loop_advance(1000);
	assert_int_equal(stage_count(w, "proxy"), 2);
	assert_int_equal(stage_count(w, "NA for fe80::10"), 1);
	ha_stage_end(w);
}

static void a_movement_is_answered_at_once_and_the_tunnel_follows(void **state)
{
	struct stage *w = ha_stage_bound();

	(void)state;
	stage_bu(w, 101, HOME, 600, "2001::50");
	EXPECT(w, HA_MIGRATES("2001::50"), "route2 2001:1::1 at 2001::50",
		"hao 2001:1::10 at 2001::50", "BA 0 K, 600 s by 2001::50",
		"tunnel ip6tnl1 changed");
	ha_stage_end(w);
}

static void key_mobility_is_agreed_only_when_both_want_it(void **state)
{
	static const struct {
		bool ours;
		uint16_t flags;
		const char *line;
	} rows[] = {
		{ true, HOME, "BA 0 K, 600 s by 2001::40" },
		{ false, HOME, "BA 0, 600 s by 2001::40" },
		{ true, BU_ACK | BU_HOME, "BA 0, 600 s by 2001::40" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct stage *w = ha_stage_begin();

		w->mip.env.conf->key_mng_mob_capability = rows[i].ours;
		stage_bu(w, 100, rows[i].flags, 600, "2001::40");
		loop_advance(1000);
		assert_int_equal(stage_count(w, rows[i].line), 1);
		assert_int_equal(stage_count(w, "MIGRATE"), 5);
		for (size_t k = 0; k < w->n_journal; k++)
			assert_true(i == 0 || !strstr(w->journal[k], " km "));
		ha_stage_end(w);
	}
}

/* Without IPsec there are no keys whose ends could follow. */
static void without_ipsec_nobody_agrees_to_key_mobility(void **state)
{
	struct stage *w = ha_stage_begin();

	(void)state;
	w->mip.env.conf->use_mn_ha_ipsec = false;
	stage_bu(w, 100, HOME, 600, "2001::40");
	loop_advance(1000);
	assert_int_equal(stage_count(w, "BA 0, 600 s by 2001::40"), 1);
	assert_int_equal(stage_count(w, "MIGRATE"), 0);
	ha_stage_end(w);
}

/* RFC 6275 section 9.6: a full cache refuses newcomers and lets nobody go. */
static void a_full_cache_keeps_what_it_has(void **state)
{
	struct stage *w = ha_stage_begin();
	struct bc *bc = &w->mip.ha.bc;
	struct bc_entry *all = calloc(65536, sizeof(*all));

	(void)state;
	assert_non_null(all);
	for (uint32_t i = 0; i < 65536; i++) {
		all[i].key.hoa = HOA;
		all[i].key.hoa.s6_addr[4] = 1; /* another link */
		memcpy(&all[i].key.hoa.s6_addr[8], &i, sizeof(i));
		assert_int_equal(bc_add(bc, &all[i]), 0);
	}
	stage_bu(w, 100, HOME, 600, "2001::40");
	EXPECT(w, "BA 130, 0 s by 2001::40");
	assert_null(ha_stage_binding(w));
	assert_int_equal(bc->table.n, 65536);
	bc_del(bc, &all[0]);
	stage_bu(w, 101, HOME, 600, "2001::40");
	assert_non_null(ha_stage_binding(w));
	for (uint32_t i = 1; i < 65536; i++)
		bc_del(bc, &all[i]);
	free(all);
	ha_stage_end(w);
}

/* Its tunnel and its proxy are there once; a node that finds another of our addresses waits. */
static void a_binding_stays_at_the_address_that_it_was_asked_at(void **state)
{
	static const struct in6_addr other = { .s6_addr = { 0x20, 1, 0, 1, [15] = 0x77 } };
	struct stage *w = ha_stage_bound();

	(void)state;
	ha_stage_binding(w)->bc.key.peer = other;
	stage_bu(w, 101, HOME, 600, "2001::50");
	EXPECT(w, "BA 130, 0 s by 2001::50");
	assert_true(addr_eq(&ha_stage_binding(w)->bc.coa, &COA));
	ha_stage_binding(w)->bc.key.peer = HA;
	ha_stage_end(w);
}

/* Our own one answers no probe of ours; that of another link is no matter. */
static void who_would_have_our_link_local_address_is_refused(void **state)
{
	struct stage *w = ha_stage_begin();

	(void)state;
	ha_stage_address(w, "fe80::10/64");
	w->addrs[w->n_addrs - 1].ifindex = ETH0 + 1;
	stage_bu(w, 1, HOME | BU_LINK_LOCAL, 600, "2001::40");
	assert_int_equal(ha_stage_binding(w)->state, HB_DAD);
	stage_bu(w, 2, HOME, 0, "2001::40");
	assert_null(ha_stage_binding(w));
	stage_clear(w);
	w->addrs[w->n_addrs - 1].ifindex = ETH0;
	stage_bu(w, 3, HOME | BU_LINK_LOCAL, 600, "2001::40");
	EXPECT(w, "BA 134, 0 s by 2001::40");
	loop_advance(1000);
	stage_bu(w, 4, HOME, 600, "2001::40");
	assert_int_equal(ha_stage_binding(w)->state, HB_DAD);
	loop_advance(1000);
	stage_bu(w, 5, HOME | BU_LINK_LOCAL, 600, "2001::40");
	assert_int_equal(stage_count(w, "BA 134"), 2);
	assert_int_equal(ha_stage_binding(w)->bc.seq, 4);
	ha_stage_end(w);
}

/* Do neighbour advertisements of the home address pass outside its tunnel? */
static bool hears_neighbour(struct stage *w)
{
	const struct prefix hoa = { HOA, 128 }, any = { .len = 0 };
	struct sel sel = SEL(hoa, any, IPPROTO_ICMPV6);
	struct xfrm_policy p;

	sel.type = ICMP6_NEIGH_ADVERT;
	return xfrm_policy_get(w->mip.env.xfrm, &sel, XD_IN, false, &p) == 0 && !p.n_tmpl;
}

static void a_bound_node_is_found_at_home_when_it_speaks_from_there(void **state)
{
	struct stage *w = ha_stage_bound();

	(void)state;
	assert_false(hears_neighbour(w));
	stage_bu(w, 99, HOME, 0, NULL);
	EXPECT(w, "main 2001:1::10/128[ipv6-icmp/136] === ::/0[ipv6-icmp] in", "BA 135, 0 s");
	assert_true(hears_neighbour(w));
	stage_bu(w, 99, HOME, 600, "2001::50"); /* refused too, and away */
	assert_false(hears_neighbour(w));
	loop_advance(2000); /* only so many are heard in a second */
	stage_bu(w, 99, HOME, 0, NULL);
	stage_bu(w, 101, HOME, 600, "2001::50");
	assert_false(hears_neighbour(w));
	loop_advance(2000);
	stage_bu(w, 99, HOME, 0, NULL);
	assert_true(hears_neighbour(w));
	stage_bu(w, 102, HOME, 0, NULL); /* the tunnel's policies are gone, and so is this one */
	assert_false(hears_neighbour(w));
	ha_stage_end(w);
}

static void an_old_number_gets_135_and_the_last_one(void **state)
{
	static const uint16_t old[] = { 100, 99, (uint16_t)(100 - 32767), (uint16_t)(100 + 32768) };

	(void)state;
	for (size_t i = 0; i < sizeof(old) / sizeof(old[0]); i++) {
		struct stage *w = ha_stage_bound();

		stage_bu(w, old[i], HOME, 600, "2001::50");
		EXPECT(w, "BA 135, 0 s by 2001::50");
		assert_int_equal(w->last.ba.seq, 100);
		assert_true(addr_eq(&ha_stage_binding(w)->bc.coa, &COA));
		ha_stage_end(w);
	}
}

static void a_number_half_the_circle_ahead_or_wrapped_is_new(void **state)
{
	struct stage *w = ha_stage_bound();

	(void)state;
	stage_bu(w, 100 + 32767, HOME, 600, "2001::40");
	assert_int_equal(stage_count(w, "BA 0"), 1);
	ha_stage_binding(w)->bc.seq = 65535;
	stage_bu(w, 0, HOME, 600, "2001::40");
	assert_int_equal(stage_count(w, "BA 0"), 2);
	ha_stage_end(w);
}

static void the_access_list_decides(void **state)
{
	struct stage *w = ha_stage_begin();
	struct in6_addr other = HOA;
	struct mh_bu bu = { .seq = 1, .flags = HOME, .lifetime = 600 };

	(void)state;
	other.s6_addr[15] = 0x66;
	stage_bu_of(w, &other, &bu, "2001::40", "2001::40");
	EXPECT(w, "BA 129, 0 s by 2001::40");
	assert_null(ha_binding_of(&w->mip.ha, &other));
	ha_stage_end(w);
}

static void a_home_address_without_policy_gets_no_answer(void **state)
{
	struct stage *w = ha_stage_begin();
	struct in6_addr other = HOA;
	struct mh_bu bu = { .seq = 1, .flags = HOME, .lifetime = 600 };

	(void)state;
	other.s6_addr[15] = 0x67;
	stage_bu_of(w, &other, &bu, "2001::40", "2001::40");
	assert_int_equal(w->n_journal, 0);
	ha_stage_end(w);
}

/* RFC 6275 section 9.5.1 */
static void a_home_bu_with_nonce_indices_is_dropped(void **state)
{
	struct stage *w = ha_stage_begin();
	struct mip_packet p = { .src = HOA, .dst = HA, .hao = COA, .has_hao = true };
	struct mh m = { .type = MH_BU,
		.bu = { .seq = 1, .flags = HOME, .lifetime = 600 },
		.opt.has = MHO_BIT(MHO_NONCES) };

	(void)state;
	ha_take_bu(&w->mip.ha, &p, &m);
	assert_int_equal(w->n_journal, 0);
	assert_null(ha_stage_binding(w));
	m.opt.has = 0;
	ha_take_bu(&w->mip.ha, &p, &m);
	assert_non_null(ha_stage_binding(w));
	ha_stage_end(w);
}

static void a_bu_counts_only_while_our_policy_stands(void **state)
{
	struct stage *w = ha_stage_begin();
	struct sp_pair pair = { .role = MIP_HA, .hoa = HOA, .ha = HA, .end = HOA };

	(void)state;
	sp_remove(&w->mip.env, &pair, SP_PEER);
	stage_clear(w);
	stage_bu(w, 1, HOME, 600, "2001::40");
	assert_int_equal(w->n_journal, 0);
	assert_int_equal(w->mip.env.counters[MC_DROP_UNPROTECTED], 1);
	assert_null(ha_stage_binding(w));
	ha_stage_end(w);
}

static void an_address_off_the_home_link_is_refused(void **state)
{
	struct stage *w = ha_stage_begin();

	(void)state;
	w->mip.ha.n_prefixes = 0;
	stage_bu(w, 1, HOME, 600, "2001::40");
	EXPECT(w, "BA 132, 0 s by 2001::40");
	ha_stage_end(w);
}

static void deleting_what_nobody_has_gets_133(void **state)
{
	struct stage *w = ha_stage_begin();

	(void)state;
	stage_bu(w, 1, HOME, 0, "2001::40");
	EXPECT(w, "BA 133, 0 s by 2001::40");
	ha_stage_end(w);
}

static void a_useless_care_of_address_is_refused(void **state)
{
	static const char *const bad[] = { "ff02::1", "::1", "fe80::1", "::" };

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct stage *w = ha_stage_begin();
		struct mh_bu bu = { .seq = 1, .flags = HOME, .lifetime = 600 };

		stage_bu_of(w, &HOA, &bu, "2001::40", bad[i]);
		EXPECT(w, "BA 174, 0 s by 2001::40");
		ha_stage_end(w);
	}
}

static void the_alternate_care_of_address_counts(void **state)
{
	struct stage *w = ha_stage_begin();
	struct mh_bu bu = { .seq = 1, .flags = HOME, .lifetime = 600 };

	(void)state;
	stage_bu_of(w, &HOA, &bu, "2001::99", "2001::40");
	loop_advance(1000);
	assert_true(addr_eq(&ha_stage_binding(w)->bc.coa, &COA));
	assert_int_equal(stage_count(w, "BA 0 K, 600 s by 2001::99"), 1);
	ha_stage_end(w);
}

static void routers_are_refused(void **state)
{
	struct stage *w = ha_stage_begin();

	(void)state;
	stage_bu(w, 1, HOME | BU_ROUTER, 600, "2001::40");
	EXPECT(w, "BA 140, 0 s by 2001::40");
	ha_stage_end(w);
}

static void a_refused_update_leaves_the_binding_alone(void **state)
{
	struct stage *w = ha_stage_bound();

	(void)state;
	stage_bu(w, 101, HOME | BU_ROUTER, 900, "2001::50");
	assert_int_equal(w->n_journal, 1);
	assert_true(addr_eq(&ha_stage_binding(w)->bc.coa, &COA));
	assert_int_equal(ha_stage_binding(w)->bc.lifetime, 600);
	assert_int_equal(ha_stage_binding(w)->bc.seq, 100);
	ha_stage_end(w);
}

static void lifetimes_are_limited_and_whole_units(void **state)
{
	struct stage *w = ha_stage_begin();

	(void)state;
	w->mip.env.conf->ha_max_binding_life = 303;
	stage_bu(w, 1, HOME, 600, "2001::40");
	loop_advance(1000);
	assert_int_equal(ha_stage_binding(w)->bc.lifetime, 300);
	assert_int_equal(stage_count(w, "BA 0 K, 300 s"), 1);
	ha_stage_end(w);
}

static void a_node_at_home_deletes_and_is_answered_directly(void **state)
{
	struct stage *w = ha_stage_bound();

	(void)state;
	stage_bu(w, 101, HOME, 0, NULL);
	assert_int_equal(stage_count(w, "MIGRATE"), 5);
	assert_int_equal(stage_count(w, "no proxy"), 1);
	assert_int_equal(stage_count(w, "no tunnel ip6tnl1"), 1);
	assert_int_equal(stage_count(w, "no route2 to 2001:1::10"), 1);
	assert_int_equal(stage_count(w, "no hao to 2001:1::1"), 1);
	assert_string_equal(w->journal[w->n_journal - 1], "BA 0 K, 0 s");
	assert_int_equal(ha_stage_binding(w)->state, HB_DYING);
	stage_clear(w);
	stage_bu(w, 102, HOME, 0, NULL);
	EXPECT(w, "BA 0 K, 0 s");
	loop_advance(10000);
	assert_null(ha_stage_binding(w));
	ha_stage_end(w);
}

static void a_node_away_deletes_and_is_answered_by_routing_header(void **state)
{
	struct stage *w = ha_stage_bound();

	(void)state;
	stage_bu(w, 101, HOME, 0, "2001::40");
	assert_string_equal(w->journal[w->n_journal - 1], "BA 0 K, 0 s by 2001::40");
	assert_int_equal(stage_count(w, "MIGRATE"), 0);
	stage_clear(w);
	stage_bu(w, 102, HOME, 600, "2001::40");
	EXPECT(w, "probe for 2001:1::10");
	ha_stage_end(w);
}

static void an_expired_binding_is_taken_away(void **state)
{
	struct stage *w = ha_stage_bound();

	(void)state;
	loop_advance(599999);
	assert_non_null(ha_stage_binding(w));
	loop_advance(1);
	assert_null(ha_stage_binding(w));
	assert_int_equal(stage_count(w, "no proxy"), 1);
	assert_int_equal(stage_count(w, "no tunnel ip6tnl1"), 1);
	assert_int_equal(stage_count(w, "BA"), 0);
	ha_stage_end(w);
}

static void more_than_three_a_second_are_dropped(void **state)
{
	struct stage *w = ha_stage_bound();

	(void)state;
	loop_advance(5000);
	stage_clear(w);
	for (uint16_t i = 1; i <= 10; i++)
		stage_bu(w, (uint16_t)(100 + i), HOME, 600, "2001::40");
	assert_int_equal(stage_count(w, "BA 0"), 3);
	assert_int_equal(w->mip.env.counters[MC_DROP_RATE], 7);
	ha_stage_end(w);
}

static void the_home_link_hears_three_advertisements(void **state)
{
	struct stage *w = ha_stage_bound();

	(void)state;
	loop_advance(1000);
	assert_int_equal(stage_count(w, "NA for 2001:1::10"), 1);
	loop_advance(10000);
	assert_int_equal(stage_count(w, "NA for 2001:1::10"), 2);
	ha_stage_end(w);
}

static void only_a_registered_node_hears_about_prefixes(void **state)
{
	static const uint8_t ask[8] = { ICMP6_MOB_PREFIX_SOLICIT, 0, 0, 0, 0x12, 0x34 };
	struct mip_packet p = { .src = HOA, .dst = HA, .data = BYTES(ask, sizeof(ask)) };
	struct stage *w = ha_stage_begin();

	(void)state;
	recv_icmp6(&p, &w->mip);
	assert_int_equal(w->n_journal, 0);
	ha_stage_end(w);
	w = ha_stage_bound();
	recv_icmp6(&p, &w->mip);
	EXPECT(w, "ICMPv6 147 to 2001:1::10");
	ha_stage_end(w);
}

static void an_allowed_address_without_policies_stops_the_start(void **state)
{
	struct stage *w = stage_new("agent.mip6d.conf");

	(void)state;
	ha_stage_address(w, "2001:1::1/64");
	w->mip.env.conf->acls->hoa.s6_addr[15] = 0x99;
	assert_int_equal(ha_start(&w->mip.ha, &w->mip.env), -EINVAL);
	ha_stage_end(w);
}

static void an_unknown_message_gets_a_binding_error(void **state)
{
	static const uint8_t strange[8] = { 59, 0, 77, 0 };
	uint8_t buf[8];
	struct mip_packet p = { .src = COA, .dst = HA, .data = BYTES(buf, sizeof(buf)) };
	struct stage *w = ha_stage_begin();
	uint16_t sum;

	(void)state;
	memcpy(buf, strange, sizeof(buf));
	sum = mh_checksum(&p.src, &p.dst, p.data);
	buf[4] = (uint8_t)(sum >> 8);
	buf[5] = (uint8_t)sum;
	for (int i = 0; i < 20; i++)
		recv_mh(&p, &w->mip);
	assert_int_equal(w->last.type, MH_BE);
	assert_int_equal(w->last.be.status, BE_UNKNOWN_TYPE);
	assert_int_equal(w->n_journal, 5);
	ha_stage_end(w);
}

static void nothing_is_left_after_the_end(void **state)
{
	struct stage *w = ha_stage_bound();
	struct sp_pair base = { .role = MIP_HA };

	(void)state;
	ha_clear(&w->mip.ha);
	sp_base_remove(&w->mip.env, &base);
	assert_int_equal(fake_xfrm_n_policy(w->kernel), 0);
	assert_int_equal(fake_xfrm_n_sa(w->kernel), 0);
	assert_int_equal(stage_count(w, "no rule 1005"), 1);
	assert_int_equal(stage_count(w, "no tunnel ip6tnl1"), 1);
	stage_free(w);
}

UNIT_MAIN(T(the_first_bu_is_answered_after_the_probe, "C-041 C-043 C-044 D-012 D-043"),
	T(the_only_proxy_answers_at_once, "C-044 D-044 C-112"),
	T(a_bu_repeated_during_the_probe_is_answered_once, "C-041"),
	T(an_address_that_somebody_has_is_refused, "C-041! C-042! F-008"),
	T(with_l_the_link_local_address_is_probed_and_answered_for_too, "C-041 C-044"),
	T(a_movement_is_answered_at_once_and_the_tunnel_follows, "C-041 C-045 B-071"),
	T(key_mobility_is_agreed_only_when_both_want_it, "B-070 B-073"),
	T(without_ipsec_nobody_agrees_to_key_mobility, "B-074!"),
	T(a_full_cache_keeps_what_it_has, "C-029 C-042!"),
	T(a_binding_stays_at_the_address_that_it_was_asked_at, "C-042"),
	T(who_would_have_our_link_local_address_is_refused, "C-124"),
	T(a_bound_node_is_found_at_home_when_it_speaks_from_there, "C-123"),
	T(an_old_number_gets_135_and_the_last_one, "C-042"),
	T(a_number_half_the_circle_ahead_or_wrapped_is_new, "C-040!"),
	T(the_access_list_decides, "C-040 C-042 F-002 B-086"),
	T(a_home_address_without_policy_gets_no_answer, "F-001 D-022"),
	T(a_home_bu_with_nonce_indices_is_dropped, "C-111"),
	T(a_bu_counts_only_while_our_policy_stands, "F-001 D-022 B-008"),
	T(an_address_off_the_home_link_is_refused, "C-040! C-042!"),
	T(deleting_what_nobody_has_gets_133, "C-042! C-047!"),
	T(a_useless_care_of_address_is_refused, "C-030 F-003! B-007!"),
	T(the_alternate_care_of_address_counts, "B-007 C-130 F-003"),
	T(routers_are_refused, "C-042!"),
	T(a_refused_update_leaves_the_binding_alone, "C-048"),
	T(lifetimes_are_limited_and_whole_units, "C-040!"),
	T(a_node_at_home_deletes_and_is_answered_directly, "C-043! C-047 C-053"),
	T(a_node_away_deletes_and_is_answered_by_routing_header, "C-043 C-047"),
	T(an_expired_binding_is_taken_away, "C-049"),
	T(more_than_three_a_second_are_dropped, "F-004!"),
	T(the_home_link_hears_three_advertisements, "C-044"),
	T(only_a_registered_node_hears_about_prefixes, "C-051!"),
	T(an_allowed_address_without_policies_stops_the_start, "D-022 B-086!"),
	T(an_unknown_message_gets_a_binding_error, "C-003! C-027!"),
	T(nothing_is_left_after_the_end, "F-021"))
