#include <errno.h>
#include <string.h>

#include "mip/message/icmp6.h"
#include "unit/unit.h"

static const struct in6_addr hoa = { .s6_addr = { 0x20, 0x01, 0, 1, [15] = 0x10 } };
static const struct in6_addr ha = { .s6_addr = { 0x20, 0x01, 0, 1, [15] = 0x01 } };

/*
 * What radvd on the home link sends: hop limit 64, H, router lifetime 1800; prefix 2001:1::1/64
 * L A R,
 * valid 12000, preferred 10000; source link-layer address; home agent preference 20, lifetime
 * 10000.
 */
static const uint8_t ra_home[] = { 134, 0, 0, 0, 64, 0x20, 0x07, 0x08, 0, 0, 0, 0, 0, 0, 0, 0,
	/* prefix */ 3, 4, 64, 0xe0, 0, 0, 0x2e, 0xe0, 0, 0, 0x27, 0x10, 0, 0, 0, 0, 0x20, 0x01, 0,
	1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1,
	/* link-layer address */ 1, 1, 2, 0, 0, 0, 0, 1,
	/* home agent information */ 8, 1, 0, 0, 0, 20, 0x27, 0x10 };

static void an_advertisement_of_a_home_agent_is_read(void **state)
{
	struct icmp6_ra ra;

	(void)state;
	assert_int_equal(icmp6_ra_parse(BYTES_OF(ra_home), &ra), 0);
	assert_int_equal(ra.hop_limit, 64);
	assert_true(ra.home_agent);
	assert_false(ra.managed || ra.other);
	assert_int_equal(ra.router_lifetime, 1800);
	assert_int_equal(ra.n_prefixes, 1);
	assert_string_equal(prefix_str(&ra.prefixes[0].prefix), "2001:1::1/64");
	assert_true(ra.prefixes[0].on_link && ra.prefixes[0].autonomous);
	assert_true(ra.prefixes[0].router_addr);
	assert_int_equal(ra.prefixes[0].valid, 12000);
	assert_int_equal(ra.prefixes[0].preferred, 10000);
	assert_true(ra.has_lla);
	assert_int_equal(ra.lla[5], 1);
	assert_true(ra.has_agent_info);
	assert_int_equal(ra.agent_preference, 20);
	assert_int_equal(ra.agent_lifetime, 10000);
}

/* Cuts between two options are shorter advertisements and good ones. */
static void every_cut_within_a_field_is_refused(void **state)
{
	struct icmp6_ra ra;

	(void)state;
	for (size_t cut = 0; cut < sizeof(ra_home); cut++) {
		bool whole = cut == 16 || cut == 48 || cut == 56;

		assert_int_equal(icmp6_ra_parse(BYTES(ra_home, cut), &ra), whole ? 0 : -EBADMSG);
	}
}

static void without_agent_information_the_router_lifetime_counts(void **state)
{
	struct icmp6_ra ra;

	(void)state;
	assert_int_equal(icmp6_ra_parse(BYTES(ra_home, 56), &ra), 0);
	assert_false(ra.has_agent_info);
	assert_int_equal(ra.agent_preference, 0);
	assert_int_equal(ra.agent_lifetime, 1800);
}

static void a_prefix_that_makes_no_sense_is_skipped(void **state)
{
	uint8_t v[sizeof(ra_home)];
	struct icmp6_ra ra;

	(void)state;
	memcpy(v, ra_home, sizeof(v));
	v[18] = 129; /* longer than an address */
	assert_int_equal(icmp6_ra_parse(BYTES_OF(v), &ra), 0);
	assert_int_equal(ra.n_prefixes, 0);
	assert_true(ra.has_lla);
	v[18] = 64;
	memset(v + 24, 0xff, 4); /* preferred for ever, valid for less */
	assert_int_equal(icmp6_ra_parse(BYTES_OF(v), &ra), 0);
	assert_int_equal(ra.n_prefixes, 0);
	memset(v + 20, 0xff, 4); /* both for ever */
	assert_int_equal(icmp6_ra_parse(BYTES_OF(v), &ra), 0);
	assert_int_equal(ra.prefixes[0].valid, UINT32_MAX);
	memset(v + 20, 0, 8); /* both over */
	assert_int_equal(icmp6_ra_parse(BYTES_OF(v), &ra), 0);
	assert_int_equal(ra.prefixes[0].valid, 0);
}

static void a_thousand_prefixes_are_bounded(void **state)
{
	static uint8_t v[16 + 1000 * 32];
	struct icmp6_ra ra;

	(void)state;
	memcpy(v, ra_home, 16);
	for (size_t i = 0; i < 1000; i++)
		memcpy(v + 16 + 32 * i, ra_home + 16, 32);
	assert_int_equal(icmp6_ra_parse(BYTES_OF(v), &ra), 0);
	assert_int_equal(ra.n_prefixes, ICMP6_PREFIXES_MAX);
}

static void an_option_of_length_zero_spoils_the_message(void **state)
{
	uint8_t v[sizeof(ra_home)];
	struct icmp6_ra ra;

	(void)state;
	memcpy(v, ra_home, sizeof(v));
	v[49] = 0;
	assert_int_equal(icmp6_ra_parse(BYTES_OF(v), &ra), -EBADMSG);
}

static void another_type_or_code_is_refused(void **state)
{
	uint8_t v[64] = { 146, 0, 0, 0, 1, 2, 0, 0 };
	struct icmp6_mpa mpa;
	bool router;
	uint16_t id;

	(void)state;
	assert_int_equal(icmp6_mps_parse(BYTES(v, 8), &id), 0);
	assert_int_equal(id, 0x0102);
	assert_int_equal(icmp6_mpa_parse(BYTES(v, 8), &mpa), -EBADMSG);
	assert_int_equal(icmp6_dhaad_request_parse(BYTES(v, 8), &id, &router), -EBADMSG);
	v[1] = 1;
	assert_int_equal(icmp6_mps_parse(BYTES(v, 8), &id), -EBADMSG);
}

static void a_prefix_solicitation_survives_the_round_trip(void **state)
{
	uint8_t buf[8];
	struct wr w = WR_OF(buf);
	uint16_t id = 0;

	(void)state;
	icmp6_mps_write(&w, 0xbeef);
	assert_int_equal(wr_done(&w), 8);
	assert_int_equal(icmp6_mps_parse(wr_view(&w), &id), 0);
	assert_int_equal(id, 0xbeef);
	for (size_t cut = 0; cut < 8; cut++)
		assert_int_equal(icmp6_mps_parse(BYTES(buf, cut), &id), -EBADMSG);
}

static void a_prefix_advertisement_survives_the_round_trip(void **state)
{
	const struct icmp6_mpa sent = {
		.id = 7,
		.other = true,
		.n_prefixes = 2,
		.prefixes = { { { ha, 64 }, true, true, true, 12000, 10000 },
			{ { hoa, 48 }, false, true, false, UINT32_MAX, UINT32_MAX } },
	};
	uint8_t buf[128];
	struct wr w = WR_OF(buf);
	struct icmp6_mpa got;

	(void)state;
	icmp6_mpa_write(&w, &sent);
	assert_int_equal(wr_done(&w), 8 + 2 * 32);
	assert_int_equal(icmp6_mpa_parse(wr_view(&w), &got), 0);
	assert_int_equal(got.id, 7);
	assert_true(got.other && !got.managed);
	assert_int_equal(got.n_prefixes, 2);
	assert_true(prefix_eq(&got.prefixes[0].prefix, &sent.prefixes[0].prefix));
	assert_true(got.prefixes[0].router_addr && !got.prefixes[1].router_addr);
	assert_int_equal(got.prefixes[1].preferred, UINT32_MAX);
}

static void a_solicitation_carries_our_address_only_if_we_have_one(void **state)
{
	static const uint8_t lla[] = { 2, 0, 0, 0, 0, 1 };
	uint8_t buf[16];
	struct wr w = WR_OF(buf);

	(void)state;
	icmp6_rs_write(&w, NULL);
	assert_int_equal(wr_done(&w), 8);
	w = WR_OF(buf);
	icmp6_rs_write(&w, lla);
	assert_int_equal(wr_done(&w), 16);
	assert_int_equal(buf[0], 133);
	assert_memory_equal(buf + 8, ((uint8_t[]){ 1, 1, 2, 0, 0, 0, 0, 1 }), 8);
}

static void a_discovery_request_is_answered_within_one_packet(void **state)
{
	static const uint8_t request[] = { 144, 0, 0, 0, 0, 3, 0x80, 0 };
	static uint8_t buf[2048];
	struct icmp6_agents reply = { .n_agents = ICMP6_AGENTS_MAX };
	struct wr w = WR_OF(buf);

	(void)state;
	assert_int_equal(icmp6_dhaad_request_parse(BYTES_OF(request), &reply.id, &reply.router), 0);
	assert_true(reply.router);
	for (size_t cut = 0; cut < sizeof(request); cut++)
		assert_int_equal(
			icmp6_dhaad_request_parse(BYTES(request, cut), &reply.id, &reply.router),
			-EBADMSG);
	reply.agents[0] = ha;
	icmp6_dhaad_reply_write(&w, &reply);
	assert_int_equal(wr_done(&w), 8 + 16 * ICMP6_AGENTS_MAX);
	assert_true(wr_done(&w) <= 1280 - 40);
	assert_memory_equal(buf, ((uint8_t[]){ 145, 0, 0, 0, 0, 3, 0x80, 0 }), 8);
	assert_memory_equal(buf + 8, &ha, sizeof(ha));
}

/* M50: short ones are refused, two hundred addresses bounded. */
static void a_discovery_survives_the_round_trip(void **state)
{
	const struct icmp6_agents sent = { .id = 0xbeef, .n_agents = 2, .agents = { ha, hoa } };
	static uint8_t buf[8 + 200 * 16] = { 145, 0, 0, 0, 0, 3, 0x80, 0 };
	struct icmp6_agents got;
	struct wr w;
	uint16_t id;
	bool router;

	(void)state;
	assert_int_equal(icmp6_dhaad_reply_parse(BYTES_OF(buf), &got), 0);
	assert_int_equal(got.n_agents, ICMP6_AGENTS_MAX);
	assert_true(got.router);
	w = WR_OF(buf);
	icmp6_dhaad_reply_write(&w, &sent);
	assert_int_equal(wr_done(&w), 8 + 2 * 16);
	for (size_t cut = 0; cut < 8 + 2 * 16; cut++)
		assert_int_equal(icmp6_dhaad_reply_parse(BYTES(buf, cut), &got),
			cut == 8 || cut == 24 ? 0 : -EBADMSG);
	assert_int_equal(icmp6_dhaad_reply_parse(wr_view(&w), &got), 0);
	assert_int_equal(got.id, 0xbeef);
	assert_false(got.router);
	assert_int_equal(got.n_agents, 2);
	assert_memory_equal(got.agents, sent.agents, 2 * sizeof(ha));
	w = WR_OF(buf);
	icmp6_dhaad_request_write(&w, 0x1234);
	assert_int_equal(wr_done(&w), 8);
	assert_int_equal(icmp6_dhaad_request_parse(wr_view(&w), &id, &router), 0);
	assert_int_equal(id, 0x1234);
	assert_false(router);
}

static void a_problem_names_the_octet_within_the_packet(void **state)
{
	static const uint8_t upper[2000] = { 59, 0, 5 };
	const struct icmp6_invoking about = { hoa, ha, 135, BYTES_OF(upper) };
	uint8_t buf[1500];
	struct wr w = WR_OF(buf);

	(void)state;
	icmp6_problem_write(&w, 0, 1, &about);
	assert_int_equal(wr_done(&w), 1280 - 40); /* with its own header the least MTU */
	assert_memory_equal(buf, ((uint8_t[]){ 4, 0, 0, 0, 0, 0, 0, 41 }), 8);
	assert_int_equal(buf[8 + 6], 135);
	assert_memory_equal(buf + 8 + 8, &hoa, sizeof(hoa));
	assert_memory_equal(buf + 8 + 24, &ha, sizeof(ha));
	assert_int_equal(buf[8 + 40], 59);
}

/* Home address option, then what is behind it: ESP, or a bare BU. */
static size_t complaint(uint8_t *buf, size_t cap, uint8_t proto, struct bytes upper)
{
	const uint8_t option[] = { proto, 2, 1, 2, 0, 0, 0xc9, 16, 0x20, 1, 0, 1, [23] = 0x10 };
	uint8_t packet[64];
	struct wr inner = WR_OF(packet), w = wr_of(buf, cap);
	struct icmp6_invoking about = { hoa, ha, 60, { 0 } };

	wr_bytes(&inner, BYTES_OF(option));
	wr_bytes(&inner, upper);
	about.upper = wr_view(&inner);
	icmp6_problem_write(&w, IPC_NEXT_HEADER, 0, &about);
	return (size_t)wr_done(&w);
}

static void a_problem_is_read_down_to_what_proves_it(void **state)
{
	static const uint8_t esp[] = { 0xca, 0x64, 0xae, 0x98, 0, 0, 0, 1 };
	static const uint8_t bu[] = { 59, 1, 5, 0, 0, 0, 0x12, 0x34 };
	struct icmp6_problem p;
	uint8_t buf[256];
	size_t n = complaint(buf, sizeof(buf), 50, BYTES_OF(esp));

	(void)state;
	assert_int_equal(icmp6_problem_parse(BYTES(buf, n), &p), 0);
	assert_int_equal(p.code, IPC_NEXT_HEADER);
	assert_int_equal(p.at, 40);
	assert_true(addr_eq(&p.src, &hoa) && addr_eq(&p.dst, &ha));
	assert_int_equal(p.proto, 50);
	assert_int_equal(p.spi, 0xca64ae98);
	assert_false(p.is_bu);
	for (size_t cut = 0; cut < n - 4; cut++)
		assert_int_equal(icmp6_problem_parse(BYTES(buf, cut), &p),
			cut == 48 ? 0 : -EBADMSG); /* 48: an IPv6 header with nothing behind it */
	n = complaint(buf, sizeof(buf), 135, BYTES_OF(bu));
	assert_int_equal(icmp6_problem_parse(BYTES(buf, n), &p), 0);
	assert_true(p.is_bu);
	assert_int_equal(p.seq, 0x1234);
	buf[n - 6] = 6;
	assert_int_equal(icmp6_problem_parse(BYTES(buf, n), &p), 0);
	assert_false(p.is_bu);
}

static void a_neighbour_solicitation_names_its_target(void **state)
{
	static const uint8_t lla[] = { 2, 0, 0, 0, 0, 1 };
	uint8_t buf[64];
	struct wr w = WR_OF(buf);

	(void)state;
	icmp6_ns_write(&w, &ha, NULL);
	assert_int_equal(wr_done(&w), 24);
	assert_int_equal(buf[0], 135);
	assert_memory_equal(buf + 8, &ha, sizeof(ha));
	w = WR_OF(buf);
	icmp6_ns_write(&w, &ha, lla);
	assert_int_equal(wr_done(&w), 32);
}

static void well_known_addresses_are_derived(void **state)
{
	const struct prefix home = { ha, 64 }, wide = { ha, 48 };
	struct in6_addr a = icmp6_solicited_node(&hoa);

	(void)state;
	assert_string_equal(addr_str(&a), "ff02::1:ff00:10");
	a = icmp6_agents_anycast(&home);
	assert_string_equal(addr_str(&a), "2001:1::fdff:ffff:ffff:fffe");
	a = icmp6_agents_anycast(&wide);
	assert_string_equal(addr_str(&a), "2001:1:0:ffff:ffff:ffff:ffff:fffe");
}

UNIT_MAIN(T(an_advertisement_of_a_home_agent_is_read, "C-050 C-072"),
	T(every_cut_within_a_field_is_refused, "F-024!"),
	T(without_agent_information_the_router_lifetime_counts, "C-050!"),
	T(a_prefix_that_makes_no_sense_is_skipped, "C-072!"),
	T(a_thousand_prefixes_are_bounded, "F-024!"),
	T(an_option_of_length_zero_spoils_the_message, "F-024!"),
	T(another_type_or_code_is_refused, ""),
	T(a_prefix_solicitation_survives_the_round_trip, "C-051"),
	T(a_prefix_advertisement_survives_the_round_trip, "C-051 C-075"),
	T(a_solicitation_carries_our_address_only_if_we_have_one, "D-045"),
	T(a_discovery_request_is_answered_within_one_packet, "C-050"),
	T(a_discovery_survives_the_round_trip, "C-074 F-024"),
	T(a_problem_names_the_octet_within_the_packet, "C-003"),
	T(a_problem_is_read_down_to_what_proves_it, "F-023 F-024"),
	T(a_neighbour_solicitation_names_its_target, "C-071"),
	T(well_known_addresses_are_derived, "C-050"))
