#include <linux/if_addr.h>

#include "base/loop.h"
#include "unit/unit.h"
#include "unit/mip/mn_stage.h"

static bool blocked(struct stage *w)
{
	struct prefix hoa = { HOA, 128 }, any = { .len = 0 };
	struct sel sel = SEL(hoa, any, 0);
	struct xfrm_policy p;

	return xfrm_policy_get(w->mip.env.xfrm, &sel, XD_OUT, true, &p) == 0 && p.block;
}

static void a_start_puts_policies_before_the_home_address(void **state)
{
	struct stage *w = mn_stage_begin();

	(void)state;
	assert_string_equal(w->journal[w->n_journal - 3], "address 2001:1::10/128 dev ip6tnl1");
	assert_true(blocked(w));
	assert_int_equal(stage_count(w, "rule 1001"), 1);
	assert_int_equal(stage_count(w, "rule 1003"), 1);
	assert_int_equal(stage_count(w, "route ::/0 table 252 dev ip6tnl1"), 1);
	assert_int_equal(stage_count(w, "ICMPv6 133"), 1);
	assert_int_equal(stage_count(w, "BU"), 0);
	mn_stage_end(w);
}

static void the_first_address_is_registered(void **state)
{
	struct stage *w = mn_stage_begin();

	(void)state;
	stage_clear(w);
	stage_addr(w, OLD, 0, false);
	assert_int_equal(stage_count(w, "MIGRATE"), 4);
	assert_int_equal(stage_count(w, "hao 2001:1::10 at 2001::40"), 1);
	assert_int_equal(stage_count(w, "BU A H K, 262140 s, alternate 2001::40"), 1);
	assert_true(blocked(w));
	stage_clear(w);
	stage_ba(w, BA_ACCEPTED, 600);
	assert_false(blocked(w));
	assert_int_equal(stage_count(w, "ICMPv6 146 to 2001:1::1"), 1);
	assert_int_equal(mn_of(w)->bul.lifetime, 600);
	assert_true(mn_of(w)->bul.k);
	mn_stage_end(w);
}

static void only_the_loss_of_the_address_in_use_moves(void **state)
{
	struct stage *w = mn_stage_registered();

	(void)state;
	stage_addr(w, NEW, 0, false);
	assert_int_equal(w->n_journal, 0);
	stage_addr(w, OLD, 0, true);
	EXPECT(w, "block 2001:1::10/128 === ::/0 out", MN_MIGRATES("2001::50"),
		"hao 2001:1::10 at 2001::50", "BU A H K, 262140 s, alternate 2001::50");
	stage_clear(w);
	stage_ba(w, BA_ACCEPTED, 600);
	EXPECT(w, "no policy 2001:1::10/128 === ::/0 out", "tunnel ip6tnl1 changed", "no rule 1002",
		"rule 1002");
	mn_stage_end(w);
}

static void a_tentative_address_waits_for_its_turn(void **state)
{
	struct stage *w = mn_stage_registered();

	(void)state;
	stage_addr(w, NEW, IFA_F_TENTATIVE, false);
	stage_addr(w, OLD, 0, true);
	assert_int_equal(mn_of(w)->state, MN_MOVING);
	EXPECT(w, "block 2001:1::10/128 === ::/0 out");
	stage_addr(w, NEW, 0, false);
	assert_int_equal(mn_of(w)->state, MN_REGISTERING);
	assert_int_equal(stage_count(w, "BU A H K, 262140 s, alternate 2001::50"), 1);
	mn_stage_end(w);
}

static void the_first_registration_is_repeated_after_1500_ms_then_doubled(void **state)
{
	static const uint32_t delays[] = { 1500, 3000, 6000, 12000, 24000, 32000, 32000 };
	struct stage *w = mn_stage_begin();
	uint16_t seq;

	(void)state;
	stage_addr(w, OLD, 0, false);
	seq = w->last.bu.seq;
	for (size_t i = 0; i < sizeof(delays) / sizeof(delays[0]); i++) {
		stage_clear(w);
		loop_advance(delays[i] - 1);
		assert_int_equal(stage_count(w, "BU"), 0);
		loop_advance(1);
		assert_int_equal(stage_count(w, "BU"), 1);
		assert_int_equal(w->last.bu.seq, (uint16_t)++seq);
	}
	mn_stage_end(w);
}

static void a_later_registration_is_repeated_after_1000_ms(void **state)
{
	struct stage *w = mn_stage_registered();

	(void)state;
	stage_addr(w, NEW, 0, false);
	stage_addr(w, OLD, 0, true);
	stage_clear(w);
	loop_advance(999);
	assert_int_equal(stage_count(w, "BU"), 0);
	loop_advance(1);
	assert_int_equal(stage_count(w, "BU"), 1);
	loop_advance(2000);
	assert_int_equal(stage_count(w, "BU"), 2);
	mn_stage_end(w);
}

static void an_answer_that_does_not_fit_is_ignored(void **state)
{
	struct stage *w = mn_stage_begin();
	uint16_t seq;

	(void)state;
	stage_addr(w, OLD, 0, false);
	seq = w->last.bu.seq;
	stage_ba_seq(w, BA_ACCEPTED, 600, (uint16_t)(seq - 1), true);
	stage_ba_seq(w, BA_ACCEPTED, 600, seq, false);
	assert_int_equal(mn_of(w)->state, MN_REGISTERING);
	assert_int_equal(w->mip.env.counters[MC_DROP_UNEXPECTED], 2);
	stage_ba_seq(w, BA_ACCEPTED, 600, seq, true);
	assert_int_equal(mn_of(w)->state, MN_REGISTERED);
	stage_ba_seq(w, BA_PROHIBITED, 0, seq, true);
	assert_int_equal(mn_of(w)->state, MN_REGISTERED);
	mn_stage_end(w);
}

static void status_135_takes_the_number_over_and_sends_at_once(void **state)
{
	struct stage *w = mn_stage_begin();

	(void)state;
	stage_addr(w, OLD, 0, false);
	stage_clear(w);
	stage_ba_seq(w, BA_SEQUENCE, 0, 40000, true);
	assert_int_equal(stage_count(w, "BU"), 1);
	assert_int_equal(w->last.bu.seq, 40001);
	for (int i = 0; i < 8; i++)
		stage_ba_seq(w, BA_SEQUENCE, 0, (uint16_t)(50000 + i), true);
	assert_int_equal(stage_count(w, "BU"), 3);
	stage_ba(w, BA_ACCEPTED, 600);
	assert_int_equal(mn_of(w)->state, MN_REGISTERED);
	mn_stage_end(w);
}

static void a_number_wraps_around(void **state)
{
	struct stage *w = mn_stage_registered();

	(void)state;
	mn_of(w)->bul.seq = 65535;
	stage_addr(w, NEW, 0, false);
	stage_addr(w, OLD, 0, true);
	assert_int_equal(w->last.bu.seq, 0);
	mn_stage_end(w);
}

static void a_refusal_keeps_the_payload_blocked(void **state)
{
	static const struct {
		uint8_t status;
		uint32_t again_ms;
	} rows[] = {
		{ BA_PROHIBITED, 60000 },
		{ BA_HOME_NOT_SUPPORTED, 60000 },
		{ BA_NOT_HOME_SUBNET, 60000 },
		{ BA_NOT_HA_FOR_MN, 60000 },
		{ BA_DAD_FAILED, 60000 },
		{ 200, 60000 },
		{ BA_UNSPECIFIED, 32000 },
		{ BA_NO_RESOURCES, 32000 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct stage *w = mn_stage_begin();

		stage_addr(w, OLD, 0, false);
		stage_ba(w, rows[i].status, 0);
		assert_int_equal(mn_of(w)->state, MN_REFUSED);
		assert_true(blocked(w));
		stage_clear(w);
		loop_advance(rows[i].again_ms - 1);
		assert_int_equal(stage_count(w, "BU"), 0);
		loop_advance(1);
		assert_int_equal(stage_count(w, "BU"), 1);
		mn_stage_end(w);
	}
}

static void a_binding_is_refreshed_at_95_percent_without_a_gap(void **state)
{
	struct stage *w = mn_stage_registered();

	(void)state;
	loop_advance(569999);
	assert_int_equal(stage_count(w, "BU"), 0);
	loop_advance(1);
	assert_int_equal(stage_count(w, "BU"), 1);
	assert_false(blocked(w));
	stage_ba(w, BA_ACCEPTED, 600);
	assert_int_equal(mn_of(w)->state, MN_REGISTERED);
	mn_stage_end(w);
}

static void a_refresh_without_answer_blocks_when_the_binding_ends(void **state)
{
	struct stage *w = mn_stage_registered();

	(void)state;
	loop_advance(599999);
	assert_false(blocked(w));
	loop_advance(1);
	assert_true(blocked(w));
	stage_ba(w, BA_ACCEPTED, 600);
	assert_false(blocked(w));
	mn_stage_end(w);
}

static void more_lifetime_than_asked_for_is_clamped(void **state)
{
	struct stage *w = mn_stage_begin();

	(void)state;
	w->mip.env.conf->mn_max_ha_binding_life = 100;
	stage_addr(w, OLD, 0, false);
	assert_int_equal(w->last.bu.lifetime, 100);
	stage_ba(w, BA_ACCEPTED, 5000);
	assert_int_equal(mn_of(w)->bul.lifetime, 100);
	mn_stage_end(w);
}

static void without_key_mobility_the_bu_has_no_k(void **state)
{
	struct stage *w = mn_stage_begin();

	(void)state;
	w->mip.env.conf->key_mng_mob_capability = false;
	stage_addr(w, OLD, 0, false);
	assert_int_equal(stage_count(w, "BU A H, 262140 s, alternate 2001::40"), 1);
	for (size_t i = 0; i < w->n_journal; i++)
		assert_null(strstr(w->journal[i], " km "));
	mn_stage_end(w);
}

static void without_ipsec_the_bu_has_no_k(void **state)
{
	struct stage *w = mn_stage_begin();

	(void)state;
	w->mip.env.conf->use_mn_ha_ipsec = false;
	stage_addr(w, OLD, 0, false);
	assert_int_equal(stage_count(w, "BU A H, 262140 s, alternate 2001::40"), 1);
	stage_ba(w, BA_ACCEPTED, 600); /* K all the same */
	assert_false(mn_of(w)->bul.k);
	mn_stage_end(w);
}

static void at_home(struct stage *w)
{
	stage_addr(w, "fe80::40/64", 0, false);
	stage_link(w, false);
	stage_link(w, true);
	stage_clear(w);
	stage_ra(w, "2001:1::/64");
	stage_addr(w, OLD, 0, true);
}

static void a_node_that_comes_home_deletes_its_binding(void **state)
{
	struct stage *w = mn_stage_registered();

	(void)state;
	at_home(w);
	assert_int_equal(mn_of(w)->state, MN_RETURNING);
	assert_true(blocked(w));
	assert_int_equal(stage_count(w, "MIGRATE"), 4);
	assert_int_equal(stage_count(w, "no address 2001:1::10/128 dev ip6tnl1"), 1);
	assert_int_equal(stage_count(w, "no tunnel ip6tnl1"), 1);
	assert_int_equal(stage_count(w, "address 2001:1::10/64 dev eth0"), 1);
	assert_int_equal(stage_count(w, "no hao to 2001:1::1"), 1);
	assert_int_equal(stage_count(w, "BU A H K, 0 s"), 1);
	assert_int_equal(stage_count(w, "BU A H K, 0 s, alternate"), 0);
	assert_int_equal(stage_count(w, "ICMPv6 135 to ff02::1:ff00:1"), 1);
	stage_clear(w);
	stage_ba(w, BA_ACCEPTED, 0);
	assert_int_equal(mn_of(w)->state, MN_HOME);
	EXPECT(w, "NA for 2001:1::10", "no policy 2001:1::10/128 === ::/0 out");
	mn_stage_end(w);
}

static void an_unknown_binding_is_as_good_as_deleted(void **state)
{
	struct stage *w = mn_stage_registered();

	(void)state;
	at_home(w);
	stage_ba(w, BA_NOT_HA_FOR_MN, 0);
	assert_int_equal(mn_of(w)->state, MN_HOME);
	assert_false(blocked(w));
	mn_stage_end(w);
}

static void a_node_that_leaves_home_is_blocked_from_the_first_doubt(void **state)
{
	struct stage *w = mn_stage_registered();

	(void)state;
	at_home(w);
	stage_ba(w, BA_ACCEPTED, 0);
	stage_clear(w);
	stage_link(w, false);
	assert_true(blocked(w));
	assert_int_equal(mn_of(w)->state, MN_LEAVING);
	stage_link(w, true);
	stage_ra(w, "2001::/64");
	assert_true(blocked(w));
	stage_clear(w);
	stage_addr(w, "2001::41/64", 0, false);
	assert_int_equal(stage_count(w, "no address 2001:1::10/64 dev eth0"), 1);
	assert_int_equal(stage_count(w, "address 2001:1::10/128 dev ip6tnl1"), 1);
	assert_int_equal(stage_count(w, "MIGRATE"), 4);
	assert_int_equal(stage_count(w, "BU A H K, 262140 s, alternate 2001::41"), 1);
	stage_ba(w, BA_ACCEPTED, 600);
	assert_false(blocked(w));
	mn_stage_end(w);
}

static void a_lost_home_link_that_comes_back_is_home(void **state)
{
	struct stage *w = mn_stage_registered();

	(void)state;
	at_home(w);
	stage_ba(w, BA_ACCEPTED, 0);
	stage_link(w, false);
	stage_link(w, true);
	stage_clear(w);
	stage_ra(w, "2001:1::/64");
	assert_int_equal(mn_of(w)->state, MN_HOME);
	assert_false(blocked(w));
	assert_int_equal(stage_count(w, "BU"), 0);
	mn_stage_end(w);
}

static void a_node_that_starts_at_home_needs_no_binding(void **state)
{
	struct stage *w = mn_stage_begin();

	(void)state;
	stage_clear(w);
	stage_ra(w, "2001:1::/64");
	assert_int_equal(mn_of(w)->state, MN_HOME);
	assert_int_equal(stage_count(w, "BU"), 0);
	assert_int_equal(stage_count(w, "address 2001:1::10/64 dev eth0"), 1);
	assert_false(blocked(w));
	mn_stage_end(w);
}

static bool stopped;

static void on_stopped(struct mn *mn, void *arg)
{
	(void)mn, (void)arg;
	stopped = true;
}

static void a_stop_says_good_bye_and_leaves_nothing(void **state)
{
	struct stage *w = mn_stage_registered();
	struct sp_pair base = { .role = MIP_MN };
	struct mn *mn = mn_of(w);

	(void)state;
	stopped = false;
	mn->on_stopped = on_stopped;
	mn_event(mn, ME_STOP);
	assert_true(blocked(w));
	assert_int_equal(stage_count(w, "BU A H K, 0 s, alternate 2001::40"), 1);
	assert_false(stopped);
	stage_ba(w, BA_ACCEPTED, 0);
	assert_true(stopped);
	stage_clear(w);
	mn_clear(mn, &w->mip.bul);
	assert_string_equal(w->journal[0], "no address 2001:1::10/128 dev ip6tnl1");
	sp_base_remove(&w->mip.env, &base);
	assert_int_equal(fake_xfrm_n_policy(w->kernel), 0);
	assert_int_equal(fake_xfrm_n_sa(w->kernel), 0);
	w->mip.nodes = NULL;
	free(mn);
	mn_stage_end(w);
}

static void a_stop_waits_one_second_at_most(void **state)
{
	struct stage *w = mn_stage_registered();

	(void)state;
	stopped = false;
	mn_of(w)->on_stopped = on_stopped;
	mn_event(mn_of(w), ME_STOP);
	loop_advance(999);
	assert_false(stopped);
	loop_advance(1);
	assert_true(stopped);
	mn_stage_end(w);
}

/* Registered at OLD for 600 s; moves to 2001::50, and nobody answers. */
static void an_optimistic_node_is_blocked_when_its_binding_ends(void **state)
{
	struct stage *w = mn_stage_registered();

	(void)state;
	w->mip.env.conf->optimistic_handoff = true;
	stage_addr(w, NEW, 0, false);
	stage_addr(w, OLD, 0, true);
	assert_int_equal(mn_of(w)->state, MN_REGISTERING);
	loop_advance(599999);
	assert_false(mn_of(w)->blocked);
	assert_true(mn_of(w)->bul.bound);
	loop_advance(1);
	assert_true(mn_of(w)->blocked);
	assert_false(mn_of(w)->bul.bound);
	assert_int_equal(mn_of(w)->state, MN_REGISTERING);
	mn_stage_end(w);
}

/* A home agent that is gone answers for nobody: then the home link is all that is needed. */
static void at_home_a_binding_that_ends_is_as_good_as_deleted(void **state)
{
	struct stage *w = mn_stage_registered();

	(void)state;
	stage_link(w, false);
	stage_link(w, true);
	stage_ra(w, "2001:1::/64");
	assert_int_equal(mn_of(w)->state, MN_RETURNING);
	loop_advance(599999);
	assert_int_equal(mn_of(w)->state, MN_RETURNING);
	assert_true(mn_of(w)->blocked);
	loop_advance(1);
	assert_int_equal(mn_of(w)->state, MN_HOME);
	assert_false(mn_of(w)->blocked);
	loop_advance(100000);
	assert_int_equal(mn_of(w)->state, MN_HOME);
	mn_stage_end(w);
}

UNIT_MAIN(T(a_start_puts_policies_before_the_home_address, "C-060 D-041 F-021"),
	T(the_first_address_is_registered, "C-061 C-063 B-003"),
	T(only_the_loss_of_the_address_in_use_moves, "C-065 C-066 C-073! B-007 B-071"),
	T(a_tentative_address_waits_for_its_turn, "C-073 C-065"),
	T(the_first_registration_is_repeated_after_1500_ms_then_doubled, "C-062 C-061"),
	T(a_later_registration_is_repeated_after_1000_ms, "C-062"),
	T(an_answer_that_does_not_fit_is_ignored, "C-063!"),
	T(status_135_takes_the_number_over_and_sends_at_once, "C-063"),
	T(a_number_wraps_around, "C-061!"), T(a_refusal_keeps_the_payload_blocked, "C-063!"),
	T(a_binding_is_refreshed_at_95_percent_without_a_gap, "C-064"),
	T(a_refresh_without_answer_blocks_when_the_binding_ends, "C-064 F-021"),
	T(more_lifetime_than_asked_for_is_clamped, "C-064"),
	T(without_key_mobility_the_bu_has_no_k, "B-070!"),
	T(without_ipsec_the_bu_has_no_k, "B-074"),
	T(a_node_that_comes_home_deletes_its_binding, "C-071 B-010"),
	T(an_unknown_binding_is_as_good_as_deleted, "C-071"),
	T(a_node_that_leaves_home_is_blocked_from_the_first_doubt, "C-071 F-021"),
	T(a_lost_home_link_that_comes_back_is_home, "C-071"),
	T(a_node_that_starts_at_home_needs_no_binding, "C-060! C-071"),
	T(a_stop_says_good_bye_and_leaves_nothing, "C-077 F-021"),
	T(a_stop_waits_one_second_at_most, "C-077"),
	T(an_optimistic_node_is_blocked_when_its_binding_ends, "C-101"),
	T(at_home_a_binding_that_ends_is_as_good_as_deleted, "C-101"))
