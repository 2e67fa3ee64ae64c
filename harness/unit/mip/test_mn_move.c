/* Movements: links, routers and addresses that come and go. */
#include <linux/if_addr.h>

#include "base/loop.h"
#include "mip/movement/ra.h"
#include "unit/unit.h"
#include "unit/mip/mn_stage.h"

static unsigned count_migrates(const struct stage *w, bool km)
{
	unsigned n = 0;

	for (size_t i = 0; i < w->n_journal; i++)
		n += !strncmp(w->journal[i], "MIGRATE", 7) &&
			(strstr(w->journal[i], " km ") != NULL) == km;
	return n;
}

static void another_link_is_left_behind(void **state)
{
	struct stage *w = mn_stage_registered();

	(void)state;
	stage_ra(w, "2001::/64");
	assert_int_equal(w->n_journal, 0);
	stage_link(w, false);
	stage_link(w, true);
	stage_clear(w);
	stage_ra(w, "2001:2::/64");
	EXPECT(w, "no route 2001::/64 table 254 dev eth0", "no address 2001::40/64 dev eth0");
	stage_addr(w, OLD, 0, true);
	assert_int_equal(mn_of(w)->state, MN_MOVING);
	stage_addr(w, "2001:2::40/64", 0, false);
	assert_int_equal(stage_count(w, "BU A H K, 262140 s, alternate 2001:2::40"), 1);
	mn_stage_end(w);
}

static void a_solicitation_is_repeated_until_a_router_answers(void **state)
{
	static const uint32_t delays[] = { 4000, 8000, 16000, 32000 };
	struct stage *w = mn_stage_registered();

	(void)state;
	stage_link(w, false);
	stage_link(w, true);
	for (size_t i = 0; i < sizeof(delays) / sizeof(delays[0]); i++) {
		stage_clear(w);
		loop_advance(delays[i] - 1);
		assert_int_equal(stage_count(w, "ICMPv6 133"), 0);
		loop_advance(1);
		assert_int_equal(stage_count(w, "ICMPv6 133 to ff02::2"), 1);
	}
	stage_ra(w, "2001::/64");
	stage_clear(w);
	loop_advance(500000);
	assert_int_equal(stage_count(w, "ICMPv6 133"), 0);
	mn_stage_end(w);
}

/* The kernel says again what is there: what we know beside it stays, what is not there goes. */
static void lost_events_change_nothing_that_stands(void **state)
{
	struct stage *w = mn_stage_begin();
	struct seen *seen = &w->mip.where.seen, before;
	struct where_addr *kept;

	(void)state;
	stage_addr(w, OLD, IFA_F_PERMANENT, false);
	stage_addr(w, "2001:7::1/64", 0, false);
	stage_link(w, false);
	stage_link(w, true);
	stage_ra(w, "2001:2::/64");
	stage_addr(w, "2001:2::40/64", 0, false);
	w->n_addrs = 0;
	for (size_t i = 0; i < seen->n_addrs; i++)
		w->addrs[w->n_addrs++] = seen->addrs[i].a;
	before = *seen;
	for (size_t i = 0; i < before.n_addrs; i++)
		before.addrs[i].seen = true;
	stage_clear(w);
	where_lost(&w->mip.where);
	assert_int_equal(w->n_journal, 0);
	assert_int_equal(seen->n_addrs, before.n_addrs);
	assert_memory_equal(seen->addrs, before.addrs, before.n_addrs * sizeof(before.addrs[0]));
	assert_true(seen->addrs[0].stale);
	assert_int_equal(seen->n_links, 1);
	assert_int_equal(seen->links[0].moved, before.links[0].moved);
	assert_int_equal(seen->links[0].n_routers, before.links[0].n_routers);
	kept = &seen->addrs[seen->n_addrs - 1];
	assert_string_equal(addr_str(&kept->a.prefix.addr), "2001:2::40");
	w->n_addrs = 1; /* the one in use is gone */
	where_lost(&w->mip.where);
	assert_int_equal(seen->n_addrs, 1);
	assert_true(seen->addrs[0].stale);
	mn_stage_end(w);
}

static void the_same_link_again_changes_nothing(void **state)
{
	struct stage *w = mn_stage_registered();

	(void)state;
	stage_ra(w, "2001::/64");
	stage_link(w, false);
	stage_link(w, true);
	stage_clear(w);
	stage_ra(w, "2001::/64");
	assert_int_equal(w->n_journal, 0);
	assert_int_equal(mn_of(w)->state, MN_REGISTERED);
	mn_stage_end(w);
}

static void a_static_address_of_the_old_link_gives_way(void **state)
{
	struct stage *w = mn_stage_begin();

	(void)state;
	stage_addr(w, NEW, IFA_F_PERMANENT, false);
	stage_ba(w, BA_ACCEPTED, 600);
	stage_link(w, false);
	stage_link(w, true);
	stage_ra(w, "2001:2::/64");
	assert_int_equal(mn_of(w)->state, MN_REGISTERED);
	stage_clear(w);
	stage_addr(w, "2001:2::40/64", 0, false);
	assert_int_equal(stage_count(w, "BU A H K, 262140 s, alternate 2001:2::40"), 1);
	assert_int_equal(stage_count(w, "no address"), 0);
	mn_stage_end(w);
}

static void only_configured_interfaces_hear_routers(void **state)
{
	struct stage *w = mn_stage_registered();

	(void)state;
	stage_link(w, false);
	stage_link(w, true);
	stage_clear(w);
	stage_ra_on(w, "2001:1::/64", ETH0 + 1);
	stage_ra_on(w, "2001:2::/64", TUNNEL_FIRST);
	assert_int_equal(w->n_journal, 0);
	assert_int_equal(mn_of(w)->state, MN_REGISTERED);
	stage_ra(w, "2001:2::/64");
	assert_true(w->n_journal > 0);
	mn_stage_end(w);
}

static void private_and_home_addresses_are_no_care_of_addresses(void **state)
{
	static const char *const never[] = { "fe80::1/64", "fec0::1/64", "fd00::1/64",
		"2001:1::77/64", "::ffff:192.168.0.100/120" };
	struct stage *w = mn_stage_begin();

	(void)state;
	for (size_t i = 0; i < sizeof(never) / sizeof(never[0]); i++)
		stage_addr(w, never[i], 0, false);
	stage_addr(w, "2001::7/64", IFA_F_DEPRECATED, false);
	stage_addr(w, "2001::8/64", IFA_F_DADFAILED | IFA_F_TENTATIVE, false);
	stage_addr(w, "2001::9/128", IFA_F_HOMEADDRESS, false);
	assert_int_equal(mn_of(w)->state, MN_STARTING);
	mn_stage_end(w);
}

/* B-072: the IKE daemon hears of it by MIGRATEs to the same place, and once only. */
static void a_home_agent_without_k_is_told_to_the_ike_daemon(void **state)
{
	struct stage *w = mn_stage_registered();

	(void)state;
	w->without_k = true;
	stage_addr(w, NEW, 0, false);
	stage_addr(w, OLD, 0, true);
	assert_int_equal(count_migrates(w, true), 4);
	stage_clear(w);
	stage_ba(w, BA_ACCEPTED, 600);
	assert_false(mn_of(w)->bul.k);
	assert_int_equal(count_migrates(w, true), 0);
	assert_int_equal(count_migrates(w, false), 4);
	stage_clear(w);
	loop_advance(570000);
	stage_ba(w, BA_ACCEPTED, 600);
	assert_int_equal(count_migrates(w, false), 0);
	mn_stage_end(w);
}

static void after_that_moves_say_so_at_once_until_k_is_agreed(void **state)
{
	struct stage *w = mn_stage_begin();

	(void)state;
	w->without_k = true;
	stage_addr(w, OLD, 0, false);
	stage_ba(w, BA_ACCEPTED, 600);
	stage_clear(w);
	stage_addr(w, NEW, 0, false);
	stage_addr(w, OLD, 0, true);
	assert_int_equal(stage_count(w, "BU A H K"), 1);
	assert_int_equal(count_migrates(w, true), 0);
	assert_int_equal(count_migrates(w, false), 4);
	w->without_k = false;
	stage_ba(w, BA_ACCEPTED, 600);
	assert_true(mn_of(w)->bul.k);
	stage_clear(w);
	stage_addr(w, OLD, 0, false);
	stage_addr(w, NEW, 0, true);
	assert_int_equal(count_migrates(w, true), 4);
	mn_stage_end(w);
}

static void a_router_that_is_leaving_may_be_disbelieved(void **state)
{
	struct stage *w = mn_stage_registered();

	(void)state;
	w->mip.env.conf->min_router_lifetime = 1801;
	stage_link(w, false);
	stage_link(w, true);
	stage_clear(w);
	stage_ra(w, "2001:2::/64"); /* 1800 s */
	assert_int_equal(w->n_journal, 0);
	w->mip.env.conf->min_router_lifetime = 1800;
	stage_ra(w, "2001:2::/64");
	assert_true(w->n_journal > 0);
	mn_stage_end(w);
}

#define OURS "2001::41a:a8ff:fe6f:c67/64"

/* Addresses and routes are ours to make; by default the kernel makes them. */
static void router_discovery_is_an_option(void **state)
{
	struct stage *w = mn_stage_begin();

	(void)state;
	stage_clear(w);
	stage_ra(w, "2001::/64");
	assert_int_equal(w->n_journal, 0);
	mn_stage_end(w);
	w = mn_stage_begin_with("router.mip6d.conf");
	assert_int_equal(stage_count(w, "sysctl net/ipv6/conf/eth0/accept_ra 0"), 1);
	assert_int_equal(stage_count(w, "sysctl net/ipv6/conf/eth0/autoconf 0"), 1);
	stage_clear(w);
	stage_ra(w, "2001::/64");
	EXPECT(w, "address " OURS " dev eth0", "route ::/0 table 254 dev eth0 via fe80::fe");
	stage_addr(w, OURS, 0, false);
	stage_ba(w, BA_ACCEPTED, 600);
	stage_link(w, false);
	stage_link(w, true);
	stage_clear(w);
	stage_ra(w, "2001:2::/64");
	EXPECT(w, "no route 2001::/64 table 254 dev eth0", "no address " OURS " dev eth0",
		"address 2001:2::41a:a8ff:fe6f:c67/64 dev eth0",
		"route ::/0 table 254 dev eth0 via fe80::fe");
	mn_stage_end(w);
}

/* RFC 4862 section 5.5.3 */
static void an_advertisement_makes_only_addresses_that_the_standard_allows(void **state)
{
	static const struct {
		const char *prefix;
		bool autonomous;
		uint32_t valid;
		unsigned n;
	} rows[] = {
		{ "2001::/64", true, 12000, 1 },
		{ "2001::/64", false, 12000, 0 },
		{ "2001::/48", true, 12000, 0 },
		{ "fe80::/64", true, 12000, 0 },
		{ "2001::/64", true, 0, 0 },
		{ "2001::/64", true, 100, 1 },
	};
	struct stage *w = mn_stage_begin_with("router.mip6d.conf");
	struct where_link *l = &w->mip.where.seen.links[0];
	struct in6_addr router = { .s6_addr = { 0xfe, 0x80, [15] = 0xfe } };
	struct icmp6_ra ra = { .n_prefixes = 1 };

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		ra.prefixes[0] = (struct icmp6_prefix){ .autonomous = rows[i].autonomous,
			.valid = rows[i].valid };
		assert_int_equal(prefix_parse(rows[i].prefix, &ra.prefixes[0].prefix), 0);
		stage_clear(w);
		ra_apply(&w->mip.env, &w->mip.where.seen, l, &router, &ra);
		assert_int_equal(stage_count(w, "address"), rows[i].n);
		assert_int_equal(stage_count(w, "no route ::/0"), 1); /* lifetime 0 */
	}
	stage_addr(w, OURS, 0, false);
	stage_clear(w);
	ra_apply(&w->mip.env, &w->mip.where.seen, l, &router,
		&ra); /* 100 s for what is there already */
	assert_int_equal(stage_count(w, "address"), 0);
	mn_stage_end(w);
}

UNIT_MAIN(T(a_router_that_is_leaving_may_be_disbelieved, "F-022"),
	T(router_discovery_is_an_option, "D-046 D-045"),
	T(an_advertisement_makes_only_addresses_that_the_standard_allows, "D-046!"),
	T(another_link_is_left_behind, "C-072 D-045"),
	T(a_solicitation_is_repeated_until_a_router_answers, "C-072 D-045"),
	T(lost_events_change_nothing_that_stands, "C-098"),
	T(the_same_link_again_changes_nothing, "C-072!"),
	T(a_home_agent_without_k_is_told_to_the_ike_daemon, "B-072 B-012"),
	T(after_that_moves_say_so_at_once_until_k_is_agreed, "B-072"),
	T(a_static_address_of_the_old_link_gives_way, "C-072"),
	T(only_configured_interfaces_hear_routers, "F-022!"),
	T(private_and_home_addresses_are_no_care_of_addresses, "C-076!"))
