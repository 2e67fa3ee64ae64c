/*
 * Whatever those send who have not proved who they are: few lines, few answers, and the rest
 * counted. A message that makes another line or answer is found here without being named.
 */
#include "base/wr.h"
#include "unit/ike/forge.h"

enum {
	FLOOD = 400,
	LINES_MAX = 20 * 16, /* packets that are told, and the lines of the longest story */
	ANSWERS_MAX = 20 + 30, /* refusals, and IKE_SA_INITs that are admitted without a cookie */
};

static unsigned n_lines, n_closing;

static void heard(void *arg, const char *line)
{
	(void)arg;
	n_lines++;
	n_closing += strstr(line, "left out in the last") != NULL;
}

struct flood {
	struct pair *p;
	unsigned sent;
	uint64_t cookies;
};

static struct flood flood_begin(struct pair *p)
{
	pair_advance(p, 40000); /* what was half open is not any more */
	log_tap(heard, NULL);
	n_lines = n_closing = 0;
	return (struct flood){ p, p->moon->n_sent, p->moon->d->counts.cookies };
}

static void drain(struct pair *p)
{
	struct dgram *g;

	while ((g = TAILQ_FIRST(&p->queue))) {
		TAILQ_REMOVE(&p->queue, g, link);
		free(g);
	}
}

/* Bounded, and what was left out is told: also when there were no lines at all. */
static void flood_end(const struct flood *f, const char *what, unsigned a, unsigned b)
{
	unsigned lines = n_lines;
	unsigned answers = f->p->moon->n_sent - f->sent -
		(unsigned)(f->p->moon->d->counts.cookies - f->cookies);

	pair_advance(f->p, 3000);
	log_tap(NULL, NULL);
	if (lines > LINES_MAX || answers > ANSWERS_MAX || (lines && !n_closing))
		print_message("%s %#x %#x: %u lines, %u answers, %u closing\n", what, a, b, lines,
			answers, n_closing);
	assert_in_range(lines, 0, LINES_MAX);
	assert_in_range(answers, 0, ANSWERS_MAX);
	assert_true(!lines || n_closing);
}

static void inject(struct pair *p, struct bytes data, uint32_t from)
{
	struct packet in = forge_packet(p, data);

	if (from)
		forge_put32(in.remote.s6_addr + 12, from);
	iked_packet(p->moon->d, &in);
	drain(p);
}

/* A body behind a header of that exchange, flags and version; every copy has another SPI. */
static void flood_of(struct pair *p, struct bytes body, uint8_t exchange, uint8_t flags,
	uint8_t version, bool many)
{
	struct flood f = flood_begin(p);
	uint8_t buf[4096];

	memcpy(buf, body.p, body.n);
	buf[17] = version;
	buf[18] = exchange;
	buf[19] = flags;
	for (uint32_t i = 1; i <= FLOOD; i++) {
		forge_put32(buf + 4, i);
		inject(p, BYTES(buf, body.n), many ? i : 0);
	}
	flood_end(&f, many ? "many" : "one", (unsigned)version << 16 | exchange, flags);
}

/* Bodies that get different distances. */
static size_t body(unsigned kind, uint8_t *buf, size_t cap)
{
	static const unsigned without[] = { 0, P(SA), P(KE), P(NONCE) };
	struct forged f = INIT(14, 256, 5, 32);
	struct bytes data;

	if (kind < 4)
		f.without = without[kind];
	if (kind == 4)
		f.nonce_len = 3;
	if (kind == 5)
		f.twice = P(KE);
	data = forge_init(&f, kind == 6 ? "aes256-sha256-ecp256" : SUITE_14, buf, cap);
	if (kind == 7) {
		buf[29] |= 0x80; /* critical */
		buf[16] = 120; /* and nobody knows it */
	}
	if (kind == 8) {
		forge_put32(buf + 24, 40);
		return 40;
	}
	return data.n;
}

enum { BODIES = 9 };

static void every_ike_sa_init_goes_through_one_budget(void **state)
{
	struct pair *p = pair_new(NULL, PAIR_MOON);
	uint8_t buf[4096];

	(void)state;
	for (unsigned kind = 0; kind < BODIES; kind++)
		for (int many = 0; many < 2; many++)
			flood_of(p, BYTES(buf, body(kind, buf, sizeof(buf))), XCHG_IKE_SA_INIT,
				F_INITIATOR, 0x20, many);
	pair_free(p);
}

/* Once the table is full of half-open ones, who sends nonsense is asked for a cookie too. */
static void a_malformed_ike_sa_init_needs_a_cookie_as_a_good_one(void **state)
{
	struct pair *p = pair_new(NULL, PAIR_MOON);
	uint8_t buf[4096];
	uint64_t before;

	(void)state;
	for (uint32_t i = 1; i <= 30; i++) {
		size_t n = body(0, buf, sizeof(buf));

		forge_put32(buf + 4, i);
		inject(p, BYTES(buf, n), i);
	}
	assert_int_equal(limits_n_half_open(p->moon->d->limits), 30);
	for (unsigned kind = 0; kind < BODIES; kind++) {
		size_t n = body(kind, buf, sizeof(buf));

		forge_put32(buf + 4, 1000 + kind);
		before = p->moon->d->counts.cookies;
		inject(p, BYTES(buf, n), 1000 + kind);
		assert_int_equal(p->moon->d->counts.cookies, before + 1);
	}
	pair_free(p);
}

static void any_header_costs_few_lines_and_answers(void **state)
{
	static const uint8_t exchanges[] = { 0, 33, 34, 35, 36, 37, 38, 43, 255 };
	static const uint8_t versions[] = { 0x10, 0x20, 0x2f, 0x30 };
	struct pair *p = pair_new(NULL, PAIR_MOON);
	uint8_t buf[4096];
	size_t n = body(0, buf, sizeof(buf));

	(void)state;
	for (size_t e = 0; e < sizeof(exchanges); e++)
		for (size_t v = 0; v < sizeof(versions); v++)
			for (uint8_t flags = 0; flags < 8; flags++)
				flood_of(p, BYTES(buf, n), exchanges[e], (uint8_t)(flags << 3),
					versions[v], false);
	pair_free(p);
}

/* carol and moon have keys, and carol has not said who she is. */
static struct sa *half_open(struct pair *p)
{
	pair_acquire(p, p->carol, "mh");
	pair_step(p);
	pair_step(p);
	drain(p);
	assert_int_equal(limits_n_half_open(p->moon->d->limits), 1);
	return LIST_FIRST(&p->carol->d->sas);
}

/* Inside SK: an inner chain that is one, and what is not. */
static struct bytes inside(
	const struct sa *sa, uint8_t exchange, uint32_t id, unsigned kind, uint8_t *buf, size_t cap)
{
	static const uint8_t junk[] = { 0, 0, 0, 3, 9, 9 };
	uint8_t inner[256];
	struct msg_out o;
	struct bytes chain = BYTES_OF(junk);
	uint8_t first = PLD_IDI;
	ssize_t n;

	if (kind) {
		msg_begin_inner(&o, inner, sizeof(inner));
		put_notify(&o, 0, BYTES_NONE, N_INITIAL_CONTACT, BYTES_NONE);
		assert_true(msg_end(&o) >= 0);
		chain = BYTES(inner, o.w.n);
		first = msg_first(&o);
	}
	n = msg_seal(buf, cap, &sa->keys.i, sa->spi_i, sa->spi_r, exchange, F_INITIATOR, id, first,
		chain);
	assert_true(n > 0);
	return BYTES(buf, (size_t)n);
}

static void a_half_open_ike_sa_does_not_fill_the_log(void **state)
{
	static const uint8_t exchanges[] = { XCHG_IKE_AUTH, XCHG_CREATE_CHILD_SA,
		XCHG_INFORMATIONAL, 43 };
	uint8_t buf[4096];

	(void)state;
	for (size_t e = 0; e < sizeof(exchanges); e++)
		for (unsigned kind = 0; kind < 2; kind++) {
			struct pair *p = pair_new(PAIR_CAROL, PAIR_MOON);
			struct sa *sa = half_open(p);
			struct flood f = { p, p->moon->n_sent, 0 };
			const struct sa *half;
			uint32_t id = 1;

			log_tap(heard, NULL);
			n_lines = n_closing = 0;
			for (unsigned i = 0; i < FLOOD; i++) {
				inject(p, inside(sa, exchanges[e], id, kind, buf, sizeof(buf)), 0);
				half = LIST_FIRST(&p->moon->d->sas);
				id += half && half->mid_in > id;
			}
			flood_end(&f, "half open", exchanges[e], kind);
			pair_free(p);
		}
}

static struct blob kept;

static enum pair_fate keep_requests(struct pair *p, struct dgram *g)
{
	if (g->from == p->carol)
		blob_set(&kept, BYTES(g->data, g->n));
	return PAIR_PASS;
}

/* A replay is answered to the address of its IKE_SA alone, and seldom. */
static void a_replay_from_anywhere_is_answered_to_the_address_of_its_sa(void **state)
{
	struct pair *p = pair_new(PAIR_CAROL, PAIR_MOON);
	struct flood f;
	unsigned n = 0;

	(void)state;
	pair_establish(p, false);
	p->filter = keep_requests;
	iked_rekey_child(pair_child(p->carol, "mh"));
	pair_run(p);
	iked_rekey_child(pair_child(p->carol, "mh"));
	pair_run(p); /* the last one is that of moon's stored answer */
	p->filter = NULL;
	f = (struct flood){ p, p->moon->n_sent, 0 };
	log_tap(heard, NULL);
	n_lines = n_closing = 0;
	for (uint32_t i = 1; i <= FLOOD; i++) {
		struct packet in = forge_packet(p, blob_view(&kept));
		struct dgram *g;

		forge_put32(in.remote.s6_addr + 12, i);
		in.remote_port = (uint16_t)(1000 + i);
		iked_packet(p->moon->d, &in);
		TAILQ_FOREACH (g, &p->queue, link) {
			n++;
			assert_true(addr_eq(&g->p.remote, &p->carol->addr));
			assert_int_equal(g->p.remote_port, 500);
		}
		drain(p);
	}
	assert_int_equal(n, 3); /* in a second */
	flood_end(&f, "replay", 0, 0);
	blob_free(&kept);
	pair_free(p);
}

/* A flood of others mutes nobody who proves who they are. */
static void who_proves_who_they_are_is_told_of_during_a_flood(void **state)
{
	struct pair *p = pair_new(PAIR_CAROL, PAIR_MOON);
	uint8_t buf[4096];
	size_t n = body(1, buf, sizeof(buf));

	(void)state;
	for (uint32_t i = 1; i <= FLOOD; i++) {
		forge_put32(buf + 4, i);
		inject(p, BYTES(buf, n), i);
	}
	pair_forget(p);
	pair_establish(p, false);
	assert_int_equal(pair_said(p, "established between"), 2);
	assert_int_equal(iked_rekey_child(pair_child(p->carol, "mh")), 0);
	pair_run(p);
	assert_int_equal(pair_said(p, "parsed CREATE_CHILD_SA request"), 1);
	pair_free(p);
}

/* Nor does it hide what is answered to who asked. */
static void who_asks_is_told_of_its_answers_during_a_flood(void **state)
{
	struct pair *p = pair_new(PAIR_CAROL, PAIR_MOON);
	uint8_t buf[4096];
	size_t n = body(1, buf, sizeof(buf));

	(void)state;
	for (uint32_t i = 1; i <= FLOOD; i++) {
		struct packet in = { p->carol->addr, p->moon->addr, 500, 500, BYTES(buf, n) };

		forge_put32(buf + 4, i);
		iked_packet(p->carol->d, &in);
	}
	drain(p);
	pair_forget(p);
	pair_establish(p, false);
	assert_int_equal(pair_said(p, "parsed IKE_SA_INIT response"), 1);
	assert_int_equal(pair_said(p, "parsed IKE_AUTH response"), 1);
	pair_free(p);
}

/* iked(8), DIAGNOSTICS: of packets that are all refused, or dropped with a line each. */
static void twenty_are_told_and_twenty_answered_a_second(void **state)
{
	struct pair *p = pair_new(NULL, PAIR_MOON);
	uint8_t buf[4096];
	size_t n = body(0, buf, sizeof(buf));

	(void)state;
	buf[17] = 0x30; /* another version */
	flood_begin(p);
	for (int second = 0; second < 4; second++) {
		unsigned sent = p->moon->n_sent;
		bool cut = second > 1;

		pair_advance(p, second & 1 ? 1000 : 5000);
		n_lines = n_closing = 0;
		for (uint32_t i = 1; i <= 60; i++)
			inject(p, BYTES(buf, cut ? 20 : n), i);
		if (cut)
			assert_int_equal(n_lines, 20);
		else
			assert_int_equal(p->moon->n_sent - sent, 20);
	}
	log_tap(NULL, NULL);
	pair_free(p);
}

UNIT_MAIN(T(who_asks_is_told_of_its_answers_during_a_flood, "F-030"),
	T(twenty_are_told_and_twenty_answered_a_second, "F-030"),
	T(every_ike_sa_init_goes_through_one_budget, "F-030 A-005"),
	T(a_malformed_ike_sa_init_needs_a_cookie_as_a_good_one, "A-048! F-012! F-030"),
	T(any_header_costs_few_lines_and_answers, "F-030 A-005"),
	T(a_half_open_ike_sa_does_not_fill_the_log, "F-030"),
	T(a_replay_from_anywhere_is_answered_to_the_address_of_its_sa, "A-021 F-030 F-032"),
	T(who_proves_who_they_are_is_told_of_during_a_flood, "F-030"))
