/* What asks for a binding update, and whom the mobile node believes. */
#include "base/loop.h"
#include "kernel/xfrm_sa.h"
#include "unit/fake/fake_keys.h"
#include "unit/unit.h"
#include "unit/mip/mn_stage.h"

static void a_refresh_request_of_the_home_agent_is_answered(void **state)
{
	struct stage *w = mn_stage_registered();

	(void)state;
	stage_brr(w, true);
	EXPECT(w, "BU A H K, 262140 s, alternate 2001::40");
	stage_brr(w, true); /* the answer is under way */
	assert_int_equal(w->n_journal, 1);
	stage_ba(w, BA_ACCEPTED, 600);
	assert_int_equal(mn_of(w)->state, MN_REGISTERED);
	stage_brr(w, false); /* not by the way that the home agent takes */
	assert_int_equal(stage_count(w, "BU"), 1);
	for (int i = 0; i < 20; i++) {
		stage_brr(w, true);
		stage_ba(w, BA_ACCEPTED, 600);
	}
	assert_in_range(stage_count(w, "BU"), 2, 3); /* MAX_UPDATE_RATE */
	mn_stage_end(w);
}

static void a_lost_binding_is_made_anew_and_an_alleged_loss_harms_nobody(void **state)
{
	struct stage *w = mn_stage_registered();

	(void)state;
	stage_be(w, BE_NO_BINDING, &COA2);
	stage_be(w, BE_UNKNOWN_TYPE, &HA);
	assert_int_equal(w->n_journal, 0);
	assert_int_equal(mn_of(w)->state, MN_REGISTERED);
	stage_be(w, BE_NO_BINDING, &HA);
	EXPECT(w, "BU A H K, 262140 s, alternate 2001::40");
	assert_int_equal(stage_count(w, "block"), 0);
	assert_true(mn_of(w)->bul.bound);
	for (int i = 0; i < 100; i++) {
		stage_ba(w, BA_ACCEPTED, 600);
		stage_be(w, BE_NO_BINDING, &HA);
	}
	assert_in_range(stage_count(w, "BU"), 1, 3);
	mn_stage_end(w);
}

enum { FIRST_SPI = 0x1000 };

/* Somebody complains about a BU as if it had been the one with that number. */
static void problem(struct stage *w, uint8_t code, const struct in6_addr *from, uint16_t seq)
{
	const uint8_t bu[] = { 59, 1, MH_BU, 0, 0, 0, (uint8_t)(seq >> 8), (uint8_t)seq };
	const struct icmp6_invoking about = { COA, HA, IPPROTO_MH, BYTES_OF(bu) };
	struct mip_packet p = { .src = *from, .dst = COA, .ifindex = ETH0 };
	uint8_t buf[128];
	struct wr out = WR_OF(buf);

	icmp6_problem_write(&out, code, 0, &about);
	p.data = wr_view(&out);
	recv_icmp6(&p, &w->mip);
}

/* The same about a packet in ESP. */
static void problem_in_esp(struct stage *w, uint32_t spi)
{
	uint8_t esp[8] = { 0 }, buf[128];
	struct icmp6_invoking about = { COA, HA, 50, BYTES_OF(esp) };
	struct mip_packet p = { .src = HA, .dst = COA, .ifindex = ETH0 };
	struct wr out = WR_OF(buf), head = WR_OF(esp);

	wr_u32(&head, spi);
	icmp6_problem_write(&out, IPC_NEXT_HEADER, 0, &about);
	p.data = wr_view(&out);
	recv_icmp6(&p, &w->mip);
}

static void only_a_complaint_about_the_update_under_way_counts(void **state)
{
	struct stage *w = mn_stage_begin();
	uint16_t seq;

	(void)state;
	stage_addr(w, OLD, 0, false);
	seq = w->last.bu.seq;
	problem(w, IPC_NEXT_HEADER, &HA, (uint16_t)(seq + 1));
	problem(w, IPC_NEXT_HEADER, &COA2, seq);
	assert_int_equal(w->mip.env.counters[MC_DROP_UNEXPECTED], 2);
	problem(w, IPC_OPTION, &HA, seq); /* logged, no more */
	assert_int_equal(mn_of(w)->state, MN_REGISTERING);
	w->mip.env.conf->discard_ha_problems = true;
	problem(w, IPC_NEXT_HEADER, &HA, seq);
	assert_int_equal(mn_of(w)->state, MN_REGISTERING);
	w->mip.env.conf->discard_ha_problems = false;
	problem(w, IPC_NEXT_HEADER, &HA, seq);
	assert_int_equal(mn_of(w)->state, MN_REFUSED);
	stage_clear(w);
	loop_advance(59999);
	assert_int_equal(stage_count(w, "BU"), 0);
	loop_advance(1);
	assert_int_equal(stage_count(w, "BU"), 1);
	mn_stage_end(w);
}

static void a_complaint_about_esp_must_name_our_spi(void **state)
{
	struct stage *w = mn_stage_begin();
	struct prefix any = { .len = 0 };
	struct xfrm_sa sa = { .src = HOA,
		.dst = HA,
		.proto = XP_ESP,
		.spi = FIRST_SPI,
		.reqid = 1,
		.sel = SEL(any, any, 0),
		.enc_name = "cbc(aes)",
		.enc_key = FAKE_KEY(16),
		.auth_name = "hmac(sha1)",
		.auth_key = FAKE_KEY(20),
		.auth_trunc = 96 };

	(void)state;
	stage_addr(w, OLD, 0, false);
	assert_int_equal(xfrm_sa_add(w->mip.env.xfrm, &sa), 0);
	problem_in_esp(w, FIRST_SPI + 1);
	assert_int_equal(mn_of(w)->state, MN_REGISTERING);
	problem_in_esp(w, FIRST_SPI);
	assert_int_equal(mn_of(w)->state, MN_REFUSED);
	mn_stage_end(w);
}

static void a_binding_that_stands_outlives_every_complaint(void **state)
{
	struct stage *w = mn_stage_registered();

	(void)state;
	problem(w, IPC_NEXT_HEADER, &HA, w->last.bu.seq);
	stage_brr(w, true);
	problem(w, IPC_NEXT_HEADER, &HA, w->last.bu.seq);
	assert_int_equal(mn_of(w)->state, MN_REFRESHING);
	assert_int_equal(stage_count(w, "block"), 0);
	mn_stage_end(w);
}

/* While it is refreshed the binding stands until its end; then the complaint is heard. */
static void a_complaint_about_a_refresh_counts_when_the_binding_has_ended(void **state)
{
	struct stage *w = mn_stage_registered();

	(void)state;
	loop_advance(570000);
	assert_int_equal(mn_of(w)->state, MN_REFRESHING);
	problem(w, IPC_NEXT_HEADER, &HA, w->last.bu.seq);
	assert_int_equal(mn_of(w)->state, MN_REFRESHING);
	loop_advance(40000);
	problem(w, IPC_NEXT_HEADER, &HA, w->last.bu.seq);
	assert_int_equal(mn_of(w)->state, MN_REFUSED);
	mn_stage_end(w);
}

UNIT_MAIN(T(only_a_complaint_about_the_update_under_way_counts, "F-023!"),
	T(a_complaint_about_esp_must_name_our_spi, "F-023!"),
	T(a_complaint_about_a_refresh_counts_when_the_binding_has_ended, "F-023"),
	T(a_binding_that_stands_outlives_every_complaint, "F-023"),
	T(a_refresh_request_of_the_home_agent_is_answered, "C-070"),
	T(a_lost_binding_is_made_anew_and_an_alleged_loss_harms_nobody, "C-069"))
