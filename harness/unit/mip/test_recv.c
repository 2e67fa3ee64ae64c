/* What arrives at a home agent and is not for its tables. */
#include "unit/mip/duo.h"
#include "unit/unit.h"

static struct duo w;

static void assert_addr(const struct in6_addr *a, const char *text)
{
	assert_string_equal(addr_str(a), text);
}

static uint64_t dropped(enum mip_counter why)
{
	return w.moon.mip.env.counters[why];
}

/* From somewhere on the foreign link to an address of moon. */
static void send_moon(const char *dst, struct bytes data, int proto)
{
	struct mip_packet p = { .hop_limit = 64, .ifindex = w.moon.eth0, .data = data };

	assert_int_equal(addr_parse(COA, &p.src), 0);
	assert_int_equal(addr_parse(dst, &p.dst), 0);
	(proto == IPPROTO_MH ? recv_mh : recv_icmp6)(&p, &w.moon.mip);
}

static void a_home_agent_is_discovered_by_its_anycast_address(void **state)
{
	static const uint8_t request[] = { 144, 0, 0, 0, 0, 3, 0, 0 };

	(void)state;
	duo_open(&w);
	send_moon("2001:1::fdff:ffff:ffff:fffe", BYTES_OF(request), IPPROTO_ICMPV6);
	assert_int_equal(duo_count_icmp6(&w, ICMP6_DHAAD_REPLY), 1);
	assert_addr(&w.sent[w.n_sent - 1].p.src, HA);
	assert_addr(&w.sent[w.n_sent - 1].p.dst, COA);
	send_moon("2001:9::fdff:ffff:ffff:fffe", BYTES_OF(request), IPPROTO_ICMPV6);
	send_moon("2001:1::fdff:ffff:ffff:fffe", BYTES(request, 7), IPPROTO_ICMPV6);
	assert_int_equal(duo_count_icmp6(&w, ICMP6_DHAAD_REPLY), 1);
	assert_int_equal(dropped(MC_DROP_UNEXPECTED), 1);
	assert_int_equal(dropped(MC_DROP_MALFORMED), 1);
	for (int i = 0; i < 100; i++)
		send_moon("2001:1::fdff:ffff:ffff:fffe", BYTES_OF(request), IPPROTO_ICMPV6);
	assert_in_range(duo_count_icmp6(&w, ICMP6_DHAAD_REPLY), 2, 8);
	duo_close(&w);
}

/* Octets as a message from carol's care-of address to moon, with the right checksum. */
static struct bytes summed(uint8_t *buf, size_t n)
{
	struct in6_addr src, dst;
	uint16_t sum;

	assert_int_equal(addr_parse(COA, &src), 0);
	assert_int_equal(addr_parse(HA, &dst), 0);
	buf[4] = buf[5] = 0;
	sum = mh_checksum(&src, &dst, BYTES(buf, n));
	buf[4] = (uint8_t)(sum >> 8);
	buf[5] = (uint8_t)sum;
	return BYTES(buf, n);
}

static void what_nobody_understands_is_answered_as_the_standard_says(void **state)
{
	uint8_t unknown[8] = { 59, 0, 200 }, shorter[8] = { 59, 0, 5 }, tcp[16] = { 6, 1, 5 };
	const struct sent *be;

	(void)state;
	duo_open(&w);
	send_moon(HA, summed(unknown, sizeof(unknown)), IPPROTO_MH);
	be = duo_sent_mh(&w, MH_BE, 0);
	assert_non_null(be);
	assert_int_equal(be->m.be.status, BE_UNKNOWN_TYPE);
	assert_addr(&be->p.dst, COA);
	send_moon(HA, summed(shorter, sizeof(shorter)), IPPROTO_MH);
	send_moon(HA, summed(tcp, sizeof(tcp)), IPPROTO_MH);
	assert_int_equal(duo_count_icmp6(&w, ICMP6_PARAM_PROBLEM), 2);
	unknown[4] ^= 1;
	send_moon(HA, BYTES_OF(unknown), IPPROTO_MH); /* a bad checksum is not worth a word */
	assert_int_equal(dropped(MC_DROP_MALFORMED), 4);
	assert_int_equal(duo_count_mh(&w, MH_BE), 1);
	unknown[2] = MH_BE;
	send_moon("ff02::1", summed(unknown, sizeof(unknown)), IPPROTO_MH);
	assert_int_equal(duo_count_mh(&w, MH_BE), 1);
	duo_close(&w);
}

static void answers_to_nonsense_are_few(void **state)
{
	uint8_t unknown[8] = { 59, 0, 200 };
	struct bytes v = summed(unknown, sizeof(unknown));

	(void)state;
	duo_open(&w);
	duo_run(&w, 10000);
	for (int i = 0; i < 10000; i++)
		send_moon(HA, v, IPPROTO_MH);
	assert_in_range(duo_count_mh(&w, MH_BE), 1, 8);
	assert_int_equal(dropped(MC_DROP_MALFORMED), 10000);
	duo_close(&w);
}

/* DoRouteOptimizationCN: the tests of addresses and their updates get no answer of any kind. */
static void without_route_optimization_nobody_plays_the_correspondent(void **state)
{
	static const struct {
		uint8_t type;
		size_t n;
	} rows[] = { { MH_HOTI, 16 }, { MH_COTI, 16 }, { MH_HOT, 24 }, { MH_COT, 24 },
		{ MH_BU, 16 }, { MH_BRR, 8 } };
	size_t n_sent, n_policies;

	(void)state;
	duo_open_at(&w, NULL);
	n_sent = w.n_sent;
	n_policies = fake_xfrm_n_policy(w.moon.xfrm);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint8_t m[24] = { 59, (uint8_t)(rows[i].n / 8 - 1), rows[i].type };

		m[8] = rows[i].type == MH_BU ? 0x80 : 0; /* A, without H */
		m[12] = rows[i].type == MH_BU ? 1 : 0; /* PadN */
		m[13] = rows[i].type == MH_BU ? 2 : 0;
		send_moon(HA, summed(m, rows[i].n), IPPROTO_MH);
		assert_int_equal(dropped(MC_DROP_UNEXPECTED), i + 1);
	}
	assert_int_equal(w.n_sent, n_sent);
	assert_int_equal(fake_xfrm_n_policy(w.moon.xfrm), n_policies);
	assert_int_equal(w.moon.mip.ha.bc.table.n, 0);
	duo_close(&w);
}

UNIT_MAIN(T(a_home_agent_is_discovered_by_its_anycast_address, "C-050"),
	T(what_nobody_understands_is_answered_as_the_standard_says, "C-001! C-003! C-027!"),
	T(answers_to_nonsense_are_few, "C-027!"),
	T(without_route_optimization_nobody_plays_the_correspondent, "C-031!"))
