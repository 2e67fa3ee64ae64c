/*
 * Whatever comes from those who have not proved who they are: few lines, few answers, every drop
 * said and counted. A message that makes another line or answer is found here without being named.
 */
#include "base/log.h"
#include "mip/net/be.h"
#include "unit/mip/duo.h"
#include "unit/unit.h"

enum {
	FLOOD = 200,
	LINES_MAX = 10 * 6, /* packets that are told, and the lines of the longest story */
	ANSWERS_MAX = 20,
};

static struct duo w;
static unsigned n_lines, n_closing, n_left_out; /* of level 1 at most; the last of any */

static void heard(void *arg, const char *line)
{
	unsigned n;

	(void)arg;
	n_lines++;
	n_closing += strstr(line, "left out in the last") != NULL;
	if (sscanf(line, "packets of strangers: %u more lines", &n) == 1)
		n_left_out += n;
}

static void listen_to(bool on)
{
	n_lines = n_closing = n_left_out = 0;
	log_set_level(LOG_G_MIP, on ? 1 : -1);
	log_tap(on ? heard : NULL, NULL);
}

static uint64_t drops(const struct side *s)
{
	uint64_t n = 0;

	for (int c = MC_DROP_MALFORMED; c < MC_COUNT; c++)
		n += s->mip.env.counters[c];
	return n;
}

static struct in6_addr addr(const char *text)
{
	struct in6_addr a;

	assert_int_equal(addr_parse(text, &a), 0);
	return a;
}

struct kind {
	int proto;
	uint8_t type;
	size_t n; /* octets */
	const char *src, *dst;
	bool hao, rh2;
};

static void send_one(struct side *s, const struct kind *k, uint16_t number)
{
	uint8_t buf[64] = { 59, (uint8_t)(k->n / 8 - 1), k->type };
	struct mip_packet p = { .src = addr(k->src),
		.dst = addr(k->dst),
		.has_hao = k->hao,
		.hao = addr("2001::77"),
		.has_rh2 = k->rh2,
		.rh2 = addr(COA),
		.hop_limit = 255,
		.ifindex = s->eth0,
		.data = BYTES(buf, k->n) };
	uint16_t sum;

	if (k->proto == IPPROTO_ICMPV6) {
		memset(buf, 0, sizeof(buf));
		buf[0] = k->type;
		recv_icmp6(&p, &s->mip);
		return;
	}
	buf[6] = (uint8_t)(number >> 8);
	buf[7] = (uint8_t)number;
	buf[8] = k->type == MH_BU ? 0xc0 : 0; /* A and H */
	buf[10] = 1;
	buf[12] = 1; /* PadN */
	buf[13] = (uint8_t)(k->n > 14 ? k->n - 14 : 0);
	sum = mh_checksum(&p.src, &p.dst, p.data);
	buf[4] = (uint8_t)(sum >> 8);
	buf[5] = (uint8_t)sum;
	recv_mh(&p, &s->mip);
}

static void flood(struct side *s, const struct kind *k)
{
	uint64_t dropped;
	size_t sent;
	unsigned lines;

	duo_run(&w, 3000); /* budgets are whole again */
	w.n_sent = 0;
	listen_to(true);
	dropped = drops(s);
	send_one(s, k, 0);
	if (drops(s) > dropped && !n_lines)
		print_message(
			"%d/%u of %zu from %s: dropped unsaid\n", k->proto, k->type, k->n, k->src);
	assert_true(drops(s) == dropped || n_lines);
	for (uint16_t i = 1; i < FLOOD; i++) {
		sent = w.n_sent;
		send_one(s, k, i);
		assert_true(w.n_sent < DUO_SENT_MAX - 1 || w.n_sent == sent);
	}
	lines = n_lines;
	sent = w.n_sent;
	duo_run(&w, 3000);
	if (lines > LINES_MAX || sent > ANSWERS_MAX || (lines > 15 && !n_closing))
		print_message("%d/%u of %zu from %s: %u lines, %zu sent\n", k->proto, k->type, k->n,
			k->src, lines, sent);
	assert_in_range(lines, 0, LINES_MAX);
	assert_in_range(sent, 0, ANSWERS_MAX);
	assert_true(lines <= 15 || n_closing);
	listen_to(false);
}

/* All types there can be, of three lengths, from peers and from nobody. */
static void flood_with_all(struct side *s, const char *own, const char *peer)
{
	static const size_t lengths[] = { 8, 16, 40 };
	const char *const from[] = { "2001:5::5", peer };

	for (unsigned type = 0; type < 256; type++) {
		for (size_t i = 0; i < 6; i++) {
			struct kind k = { IPPROTO_MH, (uint8_t)type, lengths[i % 3], from[i / 3],
				own, i & 1, !(i & 1) };

			if (type > 12 && type < 250)
				continue; /* all alike unknown */
			flood(s, &k);
		}
	}
	for (unsigned type = 0; type < 256; type++) {
		for (size_t i = 0; i < 6; i++) {
			struct kind k = { IPPROTO_ICMPV6, (uint8_t)type, lengths[i % 3],
				from[i / 3], own, false, false };

			if (type == 0 || type == 4 || (type > 132 && type < 149))
				flood(s, &k);
		}
	}
}

static void a_home_agent_bears_any_stranger(void **state)
{
	(void)state;
	duo_open(&w);
	duo_run(&w, 5000);
	flood_with_all(&w.moon, HA, HOA);
	duo_close(&w);
}

static void a_home_agent_without_ipsec_bears_any_stranger(void **state)
{
	(void)state;
	duo_open(&w);
	w.moon.mip.env.conf->use_mn_ha_ipsec = false;
	flood_with_all(&w.moon, HA, "2001:1::99");
	w.moon.mip.env.conf->use_mn_ha_ipsec = true;
	duo_close(&w);
}

static void a_mobile_node_bears_any_stranger(void **state)
{
	(void)state;
	duo_open(&w);
	duo_run(&w, 5000);
	flood_with_all(&w.carol, HOA, HA);
	flood_with_all(&w.carol, COA, HA);
	assert_int_equal(duo_mn(&w)->blocked, false);
	duo_close(&w);
}

/* One packet each that moon answers. */

static void an_option_without_a_binding(void)
{
	struct xfrm_event ev = { .kind = XE_REPORT };

	ev.report.proto = XP_HAO;
	ev.report.coa = addr("2001:5::5");
	ev.report.sel.src = (struct prefix){ addr("2001:1::77"), 128 };
	ev.report.sel.dst = (struct prefix){ addr(HA), 128 };
	be_report(&ev, &w.moon.mip.env);
}

static void an_unknown_type(void)
{
	const struct kind k = { IPPROTO_MH, 200, 16, "2001:5::5", HA, false, false };

	send_one(&w.moon, &k, 0);
}

static void a_header_that_is_too_short(void)
{
	const struct kind k = { IPPROTO_MH, MH_BU, 8, "2001:5::5", HA, false, false };

	send_one(&w.moon, &k, 0);
}

static void ask_icmp6(uint8_t type, const char *src, const char *dst)
{
	uint8_t buf[8] = { type, 0, 0, 0, 0, 3, 0, 0 };
	struct mip_packet p = { .src = addr(src),
		.dst = addr(dst),
		.hop_limit = 64,
		.ifindex = w.moon.eth0,
		.data = BYTES_OF(buf) };

	recv_icmp6(&p, &w.moon.mip);
}

static void a_question_for_home_agents(void)
{
	ask_icmp6(ICMP6_DHAAD_REQUEST, "2001:5::5", "2001:1::fdff:ffff:ffff:fffe");
}

static void a_bound_node_s_question_for_its_prefix(void)
{
	ask_icmp6(ICMP6_MOB_PREFIX_SOLICIT, HOA, HA);
}

/* mip6d(8), DIAGNOSTICS: what moon answers, and what the log does not tell, of 60 in a second. */
static const struct {
	const char *name;
	void (*send)(void);
	unsigned answers, untold; /* 10 are told; who is answered by prefixes needs no line */
} numbers[] = {
	{ "option without a binding", an_option_without_a_binding, 5, 50 },
	{ "unknown type", an_unknown_type, 5, 50 },
	{ "header that is too short", a_header_that_is_too_short, 5, 50 },
	{ "question for home agents", a_question_for_home_agents, 5, 50 },
	{ "question for the home prefix", a_bound_node_s_question_for_its_prefix, 3, 47 },
};

static void two_seconds_of(size_t i)
{
	for (int second = 0; second < 2; second++) {
		w.n_sent = 0;
		for (int n = 0; n < 60; n++)
			numbers[i].send();
		if (w.n_sent != numbers[i].answers)
			fail_msg("%s: %zu answers", numbers[i].name, w.n_sent);
		duo_run(&w, 1000);
	}
}

/* In each second anew, and the closing line counts the rest. */
static void every_answer_has_its_number_a_second(void **state)
{
	(void)state;
	duo_open(&w);
	duo_run(&w, 5000);
	w.lose = UINT32_MAX; /* nobody hears the answers, and asks again for that */
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		duo_run(&w, 5000); /* budgets are whole again */
		listen_to(true);
		log_set_level(LOG_G_MIP, 2);
		two_seconds_of(i);
		duo_run(&w, 3000);
		if (n_left_out != 2 * numbers[i].untold)
			fail_msg("%s: %u lines left out", numbers[i].name, n_left_out);
		listen_to(false);
	}
	duo_close(&w);
}

/* RFC 6275 section 9.5.1: whoever is no home agent says so, to where the BU came from. */
static void who_is_no_home_agent_says_so(void **state)
{
	const struct kind home = { IPPROTO_MH, MH_BU, 16, "2001:1::99", HOA, true, false };
	const struct kind plain = { IPPROTO_MH, MH_BU, 16, "2001:1::99", "ff02::1", true, false };

	(void)state;
	duo_open(&w);
	duo_run(&w, 5000);
	w.n_sent = 0;
	send_one(&w.carol, &home, 77);
	assert_int_equal(duo_count_mh(&w, MH_BA), 1);
	assert_int_equal(duo_sent_mh(&w, MH_BA, 0)->m.ba.status, BA_HOME_NOT_SUPPORTED);
	assert_int_equal(duo_sent_mh(&w, MH_BA, 0)->m.ba.seq, 77);
	assert_true(duo_sent_mh(&w, MH_BA, 0)->p.has_rh2);
	assert_string_equal(addr_str(&duo_sent_mh(&w, MH_BA, 0)->p.rh2), "2001::77");
	send_one(&w.carol, &plain, 78);
	assert_int_equal(duo_count_mh(&w, MH_BA), 1);
	duo_close(&w);
}

UNIT_MAIN(T(a_home_agent_bears_any_stranger, "F-030 F-031"),
	T(a_home_agent_without_ipsec_bears_any_stranger, "F-030 F-031"),
	T(a_mobile_node_bears_any_stranger, "F-030 F-031"),
	T(every_answer_has_its_number_a_second, "C-027 C-050 C-051 F-006 F-030"),
	T(who_is_no_home_agent_says_so, "C-093"))
