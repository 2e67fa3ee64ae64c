/* A mobile node that does not know its home agent asks the home link for one. */
#include "base/loop.h"
#include "unit/unit.h"
#include "unit/mip/mn_stage.h"

static const struct in6_addr SECOND = { .s6_addr = { 0x20, 1, 0, 1, [15] = 0x02 } };
static const struct in6_addr STRANGER = { .s6_addr = { 0x20, 1, 0, 1, [15] = 0x66 } };

#define ASKED "ICMPv6 144 to 2001:1::fdff:ffff:ffff:fffe"

/* Away from home at OLD, the first request is out. */
static struct stage *seeking(void)
{
	struct stage *w = mn_stage_begin_with("seeker.mip6d.conf");

	stage_clear(w);
	stage_addr(w, OLD, 0, false);
	assert_int_equal(mn_of(w)->state, MN_SEEKING);
	return w;
}

static void reply(struct stage *w, uint16_t id, const struct in6_addr *agents, size_t n)
{
	struct icmp6_agents a = { .id = id, .n_agents = n };
	struct mip_packet p = { .src = HA, .dst = COA, .ifindex = ETH0 };
	uint8_t buf[128];
	struct wr out = WR_OF(buf);

	memcpy(a.agents, agents, n * sizeof(*agents));
	icmp6_dhaad_reply_write(&out, &a);
	p.data = wr_view(&out);
	recv_icmp6(&p, &w->mip);
}

static void found(struct stage *w)
{
	const struct in6_addr agents[] = { STRANGER, HA, SECOND };

	reply(w, mn_of(w)->seek.id, agents, 3);
}

static void until_it_knows_one_a_node_has_nothing_but_a_block(void **state)
{
	struct stage *w = mn_stage_begin_with("seeker.mip6d.conf");

	(void)state;
	assert_int_equal(stage_count(w, "block 2001:1::10/128 === ::/0 out"), 1);
	assert_int_equal(stage_count(w, "main"), 0);
	assert_int_equal(stage_count(w, "tunnel"), 0);
	assert_int_equal(stage_count(w, "address"), 0);
	assert_int_equal(stage_count(w, "ICMPv6 144"), 0);
	stage_clear(w);
	stage_addr(w, OLD, 0, false);
	EXPECT(w, ASKED);
	mn_stage_end(w);
}

static void a_request_is_repeated_four_times_each_after_twice_as_long(void **state)
{
	static const uint32_t delays[] = { 3000, 6000, 12000, 24000 };
	struct stage *w = seeking();
	uint16_t id = mn_of(w)->seek.id;

	(void)state;
	for (size_t i = 0; i < sizeof(delays) / sizeof(delays[0]); i++) {
		stage_clear(w);
		loop_advance(delays[i] - 1);
		assert_int_equal(stage_count(w, ASKED), 0);
		loop_advance(1);
		assert_int_equal(stage_count(w, ASKED), 1);
		assert_int_equal(mn_of(w)->seek.id, id);
	}
	loop_advance(48000);
	assert_int_equal(stage_count(w, ASKED), 2); /* a new one */
	assert_int_equal(mn_of(w)->seek.tries, 0);
	mn_stage_end(w);
}

static void the_first_agent_that_policies_name_is_registered_with(void **state)
{
	struct stage *w = seeking();

	(void)state;
	stage_clear(w);
	found(w);
	assert_int_equal(mn_of(w)->state, MN_REGISTERING);
	assert_true(addr_eq(&mn_of(w)->pair.ha, &HA));
	assert_true(addr_eq(&mn_of(w)->bul.key.peer, &HA));
	assert_int_equal(stage_count(w, "address 2001:1::10/128 dev ip6tnl1"), 1);
	assert_int_equal(stage_count(w, "MIGRATE"), 4);
	assert_int_equal(stage_count(w, "BU A H K, 262140 s, alternate 2001::40"), 1);
	stage_ba(w, BA_ACCEPTED, 600);
	assert_int_equal(mn_of(w)->state, MN_REGISTERED);
	found(w); /* too late */
	assert_true(addr_eq(&mn_of(w)->pair.ha, &HA));
	mn_stage_end(w);
}

static void a_reply_to_another_question_is_ignored(void **state)
{
	struct stage *w = seeking();
	struct mip_packet cut = { .src = HA, .dst = COA, .data = BYTES("\x91\0\0\0\0", 5) };

	(void)state;
	reply(w, mn_of(w)->seek.id + 1, &HA, 1);
	recv_icmp6(&cut, &w->mip);
	assert_int_equal(mn_of(w)->state, MN_SEEKING);
	assert_int_equal(w->mip.env.counters[MC_DROP_UNEXPECTED], 1);
	assert_int_equal(w->mip.env.counters[MC_DROP_MALFORMED], 1);
	reply(w, mn_of(w)->seek.id, &STRANGER, 1); /* nothing would protect the signalling */
	assert_int_equal(mn_of(w)->state, MN_SEEKING);
	assert_int_equal(stage_count(w, "BU"), 0);
	mn_stage_end(w);
}

static void an_agent_that_refuses_gives_way_to_the_next(void **state)
{
	struct stage *w = seeking();

	(void)state;
	found(w);
	stage_clear(w);
	stage_ba(w, BA_PROHIBITED, 0);
	assert_int_equal(mn_of(w)->state, MN_SEEKING);
	assert_int_equal(stage_count(w, "no address 2001:1::10/128 dev ip6tnl1"), 1);
	loop_advance(1499);
	assert_int_equal(stage_count(w, "BU"), 0);
	loop_advance(1);
	assert_int_equal(mn_of(w)->state, MN_REGISTERING);
	assert_true(addr_eq(&mn_of(w)->pair.ha, &SECOND));
	assert_int_equal(stage_count(w, "BU A H K, 262140 s, alternate 2001::40"), 1);
	stage_clear(w);
	stage_ba_of(w, &SECOND, BA_PROHIBITED);
	assert_int_equal(mn_of(w)->state, MN_SEEKING);
	loop_advance(59999); /* that was the last one */
	assert_int_equal(stage_count(w, ASKED), 0);
	loop_advance(1);
	assert_int_equal(stage_count(w, ASKED), 1);
	mn_stage_end(w);
}

static void a_silent_agent_is_given_up_after_five_repetitions(void **state)
{
	struct stage *w = seeking();

	(void)state;
	found(w);
	loop_advance(1500 + 3000 + 6000 + 12000 + 24000 + 31999);
	assert_int_equal(stage_count(w, "BU"), 6);
	assert_true(addr_eq(&mn_of(w)->pair.ha, &HA));
	loop_advance(1 + 1500);
	assert_true(addr_eq(&mn_of(w)->pair.ha, &SECOND));
	assert_int_equal(mn_of(w)->state, MN_REGISTERING);
	mn_stage_end(w);
}

static void with_no_number_of_repetitions_it_is_never_given_up(void **state)
{
	struct stage *w = seeking();

	(void)state;
	w->mip.env.conf->max_resends = 0;
	found(w);
	loop_advance(3600000);
	assert_true(addr_eq(&mn_of(w)->pair.ha, &HA));
	assert_int_equal(mn_of(w)->state, MN_REGISTERING);
	mn_stage_end(w);
}

static void a_move_while_seeking_asks_from_the_new_address(void **state)
{
	struct stage *w = seeking();
	uint16_t id = mn_of(w)->seek.id;

	(void)state;
	stage_addr(w, OLD, 0, true);
	assert_int_equal(mn_of(w)->state, MN_STARTING);
	stage_clear(w);
	loop_advance(100000);
	assert_int_equal(stage_count(w, ASKED), 0);
	stage_addr(w, NEW, 0, false);
	assert_int_equal(stage_count(w, ASKED), 1);
	reply(w, id, &HA, 1); /* to the address that is gone */
	assert_int_equal(mn_of(w)->state, MN_SEEKING);
	mn_stage_end(w);
}

static void at_home_nobody_needs_a_home_agent(void **state)
{
	struct stage *w = mn_stage_begin_with("seeker.mip6d.conf");

	(void)state;
	stage_clear(w);
	stage_ra(w, "2001:1::/64");
	assert_int_equal(mn_of(w)->state, MN_HOME);
	EXPECT(w, "address 2001:1::10/64 dev eth0", "NA for 2001:1::10",
		"no policy 2001:1::10/128 === ::/0 out");
	stage_link(w, false);
	stage_link(w, true);
	stage_ra(w, "2001::/64");
	stage_clear(w);
	stage_addr(w, "2001::40/64", 0, false);
	assert_int_equal(mn_of(w)->state, MN_SEEKING);
	EXPECT(w, "no address 2001:1::10/64 dev eth0", ASKED);
	found(w);
	stage_ba(w, BA_ACCEPTED, 600);
	assert_int_equal(mn_of(w)->state, MN_REGISTERED);
	mn_stage_end(w);
}

/* MnResetDhaadAtHome */
static void at_home_a_home_agent_is_forgotten_if_so_wished(void **state)
{
	(void)state;
	for (int reset = 0; reset < 2; reset++) {
		struct stage *w = seeking();

		w->mip.env.conf->reset_dhaad_at_home = reset;
		found(w);
		stage_ba(w, BA_ACCEPTED, 600);
		stage_link(w, false);
		stage_link(w, true);
		stage_ra(w, "2001:1::/64");
		stage_ba(w, BA_ACCEPTED, 0);
		assert_int_equal(mn_of(w)->state, MN_HOME);
		assert_int_equal(addr_is_any(&mn_of(w)->pair.ha), reset);
		stage_link(w, false);
		stage_link(w, true);
		stage_ra(w, "2001::/64");
		stage_addr(w, "2001::41/64", 0, false);
		assert_int_equal(mn_of(w)->state, reset ? MN_SEEKING : MN_REGISTERING);
		mn_stage_end(w);
	}
}

UNIT_MAIN(T(until_it_knows_one_a_node_has_nothing_but_a_block, "C-074 F-021!"),
	T(a_request_is_repeated_four_times_each_after_twice_as_long, "C-074"),
	T(the_first_agent_that_policies_name_is_registered_with, "C-074"),
	T(a_reply_to_another_question_is_ignored, "C-074!"),
	T(an_agent_that_refuses_gives_way_to_the_next, "C-063! C-074!"),
	T(a_silent_agent_is_given_up_after_five_repetitions, "C-062! C-074"),
	T(with_no_number_of_repetitions_it_is_never_given_up, "C-097"),
	T(a_move_while_seeking_asks_from_the_new_address, "C-074"),
	T(at_home_nobody_needs_a_home_agent, "C-074! C-071!"),
	T(at_home_a_home_agent_is_forgotten_if_so_wished, "C-074"))
