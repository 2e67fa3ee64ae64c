/* What the home agent tells of the home prefix, and what becomes of it. */
#include "base/loop.h"
#include "unit/unit.h"
#include "unit/mip/mn_stage.h"

static const struct prefix home = { { { { 0x20, 0x01, 0, 1 } } }, 64 };
static const struct prefix elsewhere = { { { { 0x20, 0x01, 0, 3 } } }, 64 };

/* A prefix advertisement as the home agent sends it, but for what a test changes. */
static struct mip_packet advert(struct wr *w, uint16_t id, const struct prefix *p, uint32_t valid)
{
	struct icmp6_mpa mpa = { .id = id, .n_prefixes = 1 };

	mpa.prefixes[0] = (struct icmp6_prefix){
		.prefix = *p, .on_link = true, .autonomous = true, .valid = valid
	};
	icmp6_mpa_write(w, &mpa);
	assert_true(wr_done(w) > 0);
	return (struct mip_packet){
		.src = HA, .dst = HOA, .has_rh2 = true, .rh2 = COA, .data = wr_view(w)
	};
}

static void tell(struct stage *w, const struct prefix *p, uint32_t valid)
{
	uint8_t buf[64];
	struct wr out = WR_OF(buf);
	struct mip_packet told = advert(&out, mn_of(w)->mps_id, p, valid);

	recv_icmp6(&told, &w->mip);
}

/* Registered for 600 s, and the first question is out. */
static struct stage *asking(void)
{
	struct stage *w = mn_stage_registered();

	assert_true(mn_of(w)->mps_waiting);
	return w;
}

static void the_solicitation_is_repeated_until_answered(void **state)
{
	struct stage *w = asking();

	(void)state;
	loop_advance(2999);
	assert_int_equal(stage_count(w, "ICMPv6 146"), 0);
	loop_advance(1);
	assert_int_equal(stage_count(w, "ICMPv6 146"), 1);
	mn_of(w)->mps_id ^= 1;
	tell(w, &home, UINT32_MAX);
	assert_false(mn_of(w)->mps_waiting);
	loop_advance(100000);
	assert_int_equal(stage_count(w, "ICMPv6 146"), 1);
	mn_stage_end(w);
}

static void only_the_answer_of_the_home_agent_by_its_way_counts(void **state)
{
	struct stage *w = asking();
	uint8_t buf[64];
	struct wr out = WR_OF(buf);
	struct mip_packet right = advert(&out, mn_of(w)->mps_id, &home, 100), wrong = right;

	(void)state;
	wrong.has_rh2 = false;
	recv_icmp6(&wrong, &w->mip);
	wrong = right;
	wrong.src = COA2;
	recv_icmp6(&wrong, &w->mip);
	wrong = right;
	wrong.data.n--;
	recv_icmp6(&wrong, &w->mip);
	mn_of(w)->mps_id ^= 1;
	recv_icmp6(&right, &w->mip);
	assert_true(mn_of(w)->mps_waiting);
	assert_int_equal(stage_count(w, "BU"), 0);
	mn_of(w)->mps_id ^= 1;
	recv_icmp6(&right, &w->mip);
	assert_false(mn_of(w)->mps_waiting);
	EXPECT(w, "BU A H K, 100 s, alternate 2001::40");
	mn_stage_end(w);
}

/* RFC 6275 section 11.4.3, also when the last update was no first one */
static void prefixes_that_nobody_asked_for_are_asked_for(void **state)
{
	struct stage *w = asking();

	(void)state;
	tell(w, &home, UINT32_MAX);
	stage_brr(w, true);
	stage_ba(w, BA_ACCEPTED, 600);
	stage_clear(w);
	tell(w, &home, 100);
	assert_int_equal(stage_count(w, "ICMPv6 146"), 1);
	assert_int_equal(stage_count(w, "BU"), 0);
	assert_true(mn_of(w)->mps_waiting);
	mn_stage_end(w);
}

static void a_binding_ends_with_the_home_prefix(void **state)
{
	struct stage *w = asking();

	(void)state;
	tell(w, &home, 600); /* as long as the binding */
	assert_int_equal(w->n_journal, 0);
	loop_advance(100000);
	stage_addr(w, NEW, 0, false);
	stage_addr(w, OLD, 0, true);
	assert_int_equal(stage_count(w, "BU A H K, 500 s, alternate 2001::50"), 1);
	stage_ba(w, BA_ACCEPTED, 500);
	mn_stage_end(w);
}

static void a_prefix_that_ends_sooner_shortens_the_binding_at_once(void **state)
{
	static const struct {
		uint32_t valid;
		const char *asked;
	} rows[] = { { 599, "BU A H K, 596 s" }, { 100, "BU A H K, 100 s" },
		{ 0, "BU A H K, 4 s" } };

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct stage *w = asking();

		tell(w, &home, rows[i].valid);
		assert_int_equal(stage_count(w, rows[i].asked), 1);
		assert_int_equal(mn_of(w)->state, MN_REFRESHING);
		mn_stage_end(w);
	}
}

/* A home agent that shortens with each answer what it grants makes no more updates than one that
 * asks for them (MAX_UPDATE_RATE). */
static void a_prefix_that_ends_with_every_answer_makes_no_storm(void **state)
{
	static const struct {
		uint32_t granted, valid, less;
		unsigned updates;
	} rows[] = { { 4, 0, 0, 1 }, { 600, 0, 0, 1 }, { 600, 596, 4, 3 } };

	(void)state;
	for (size_t k = 0; k < sizeof(rows) / sizeof(rows[0]); k++) {
		struct stage *w = asking();

		for (unsigned i = 0; i < 100; i++) {
			if (mn_of(w)->mps_waiting)
				tell(w, &home, rows[k].valid - i * rows[k].less);
			stage_ba(w, BA_PREFIX_DISCOVERY, rows[k].granted);
		}
		assert_int_equal(stage_count(w, "BU"), rows[k].updates);
		mn_stage_end(w);
	}
}

static void other_prefixes_are_no_news_of_the_home_address(void **state)
{
	static const struct prefix wider = { { { { 0x20, 0x01 } } }, 32 };
	struct stage *w = asking();

	(void)state;
	tell(w, &elsewhere, 1);
	assert_int_equal(stage_count(w, "BU"), 0);
	mn_of(w)->mps_waiting = true;
	tell(w, &wider, 1);
	assert_int_equal(stage_count(w, "BU"), 0);
	assert_int_equal(mn_of(w)->hoa_until_ms, UINT64_MAX);
	mn_stage_end(w);
}

/* Section 11.4.2 */
static void before_the_home_prefix_ends_it_is_asked_for_again(void **state)
{
	struct stage *w = asking();

	(void)state;
	tell(w, &home, 1000);
	stage_clear(w);
	loop_advance(569999); /* here the binding is refreshed, for no longer than the prefix */
	assert_int_equal(stage_count(w, "BU"), 0);
	loop_advance(1);
	assert_int_equal(stage_count(w, "BU A H K, 428 s"), 1); /* of 430 s */
	stage_ba(w, BA_ACCEPTED, 428);
	loop_advance(379999);
	assert_int_equal(stage_count(w, "ICMPv6 146"), 0);
	loop_advance(1);
	assert_int_equal(stage_count(w, "ICMPv6 146"), 1);
	tell(w, &home, 1);
	loop_advance(999);
	assert_int_equal(stage_count(w, "ICMPv6 146"), 1);
	loop_advance(1);
	assert_int_equal(stage_count(w, "ICMPv6 146"), 2);
	tell(w, &home, 0);
	stage_clear(w);
	loop_advance(20000);
	assert_int_equal(stage_count(w, "ICMPv6 146"), 0);
	mn_stage_end(w);
}

static void what_was_told_away_is_forgotten_at_home(void **state)
{
	struct stage *w = asking();

	(void)state;
	tell(w, &home, 1000);
	stage_link(w, false);
	stage_link(w, true);
	stage_ra(w, "2001:1::/64");
	stage_ba(w, BA_ACCEPTED, 0);
	assert_int_equal(mn_of(w)->state, MN_HOME);
	stage_clear(w);
	loop_advance(2000000);
	assert_int_equal(stage_count(w, "ICMPv6 146"), 0);
	assert_int_equal(mn_of(w)->hoa_until_ms, UINT64_MAX);
	mn_stage_end(w);
}

static void who_does_not_want_to_ask_never_does(void **state)
{
	struct stage *w = mn_stage_begin();

	(void)state;
	w->mip.env.conf->send_mob_pfx_sols = false;
	stage_addr(w, OLD, 0, false);
	stage_ba(w, BA_PREFIX_DISCOVERY, 600);
	tell(w, &home, 100);
	assert_int_equal(stage_count(w, "ICMPv6 146"), 0);
	mn_stage_end(w);
}

UNIT_MAIN(T(the_solicitation_is_repeated_until_answered, "C-075 B-003"),
	T(only_the_answer_of_the_home_agent_by_its_way_counts, "C-120"),
	T(prefixes_that_nobody_asked_for_are_asked_for, "C-113"),
	T(a_binding_ends_with_the_home_prefix, "C-121"),
	T(a_prefix_that_ends_sooner_shortens_the_binding_at_once, "C-121"),
	T(a_prefix_that_ends_with_every_answer_makes_no_storm, "C-121!"),
	T(other_prefixes_are_no_news_of_the_home_address, "C-121"),
	T(before_the_home_prefix_ends_it_is_asked_for_again, "C-122"),
	T(what_was_told_away_is_forgotten_at_home, "C-121 C-122"),
	T(who_does_not_want_to_ask_never_does, "C-075!"))
