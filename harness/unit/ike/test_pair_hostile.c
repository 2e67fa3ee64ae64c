/*
 * Messages of strangers and of peers gone wrong: dropped or answered as they should be, and no
 * state changes.
 */
#include <errno.h>

#include "unit/ike/forge.h"

/* One octet of the header changed. */
static const struct {
	const char *what;
	size_t at;
	uint8_t value;
	int expect;
} headers[] = {
	{ "I6 major version 3", 17, 0x30, N_INVALID_MAJOR_VERSION },
	{ "I7 version 1.0", 17, 0x10, DROPPED },
	{ "minor version 15", 17, 0x2f, GOOD },
	{ "I9 exchange type 0", 18, 0, DROPPED },
	{ "I9 exchange type 33", 18, 33, DROPPED },
	{ "I9 exchange type 200", 18, 200, DROPPED },
	{ "unprotected IKE_AUTH", 18, 35, DROPPED },
	{ "unprotected CREATE_CHILD_SA", 18, 36, DROPPED },
	{ "unprotected INFORMATIONAL", 18, 37, DROPPED },
	{ "I10 reserved flags", 19, 0xcf, GOOD },
	{ "I11 an answer to nothing", 19, 0x20, DROPPED },
	{ "no initiator flag", 19, 0x00, DROPPED },
	{ "I14 responder SPI", 15, 1, DROPPED },
	{ "I15 message id 1", 23, 1, DROPPED },
	{ "I3 length 0", 26, 0, DROPPED },
	{ "I5 length too short", 27, 28, DROPPED },
	{ "chain begins with an unknown payload", 16, 99, N_INVALID_SYNTAX },
	{ "chain begins with SK", 16, 46, N_INVALID_SYNTAX },
	{ "chain begins with SKF", 16, 53, DROPPED },
	{ "I17 first payload too long", 30, 0xff, N_INVALID_SYNTAX },
};

static void headers_out_of_order(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(headers) / sizeof(headers[0]); i++) {
		struct pair *p = pair_new(PAIR_CAROL, PAIR_MOON);
		struct dgram *g = forge_first(p);

		g->data[headers[i].at] = headers[i].value;
		if (forge_reaction(p, BYTES(g->data, g->n)) != headers[i].expect)
			fail_msg("%s", headers[i].what);
		assert_int_equal(pair_n_sa(p->moon), headers[i].expect == GOOD);
		pair_free(p);
	}
}

static void every_cut_is_dropped(void **state)
{
	struct pair *p = pair_new(PAIR_CAROL, PAIR_MOON);
	struct dgram *g = forge_first(p);

	(void)state;
	for (size_t n = 0; n < g->n; n++) {
		uint8_t *cut = malloc(n ? n : 1);

		memcpy(cut, g->data, n);
		assert_int_equal(forge_reaction(p, BYTES(cut, n)), DROPPED);
		if (n >= 28) { /* and with a length that says so */
			forge_put32(cut + 24, (uint32_t)n);
			assert_int_not_equal(forge_reaction(p, BYTES(cut, n)), GOOD);
		}
		free(cut);
	}
	memset(g->data, 0, 8); /* I13 */
	assert_int_equal(forge_reaction(p, BYTES(g->data, g->n)), DROPPED);
	assert_int_equal(pair_n_sa(p->moon), 0);
	pair_free(p);
}

static const struct {
	const char *what, *suite;
	struct forged f;
	int expect;
} inits[] = {
	{ "as it should be", SUITE_14, INIT(14, 256, 5, 32), GOOD },
	{ "I83 INITIAL_CONTACT", SUITE_14, INIT(14, 256, 5, 32, .contact = true), GOOD },
	{ "I23 no SA", SUITE_14, INIT(14, 256, 5, 32, .without = P(SA)), N_INVALID_SYNTAX },
	{ "I23 no KE", SUITE_14, INIT(14, 256, 5, 32, .without = P(KE)), N_INVALID_SYNTAX },
	{ "I23 no nonce", SUITE_14, INIT(14, 256, 5, 32, .without = P(NONCE)), N_INVALID_SYNTAX },
	{ "two SA", SUITE_14, INIT(14, 256, 5, 32, .twice = P(SA)), N_INVALID_SYNTAX },
	{ "two KE", SUITE_14, INIT(14, 256, 5, 32, .twice = P(KE)), N_INVALID_SYNTAX },
	{ "two nonces", SUITE_14, INIT(14, 256, 5, 32, .twice = P(NONCE)), N_INVALID_SYNTAX },
	{ "I25 nonce of 15", SUITE_14, INIT(14, 256, 5, 15), N_INVALID_SYNTAX },
	{ "nonce of 16", SUITE_14, INIT(14, 256, 5, 16), GOOD },
	{ "nonce of 256", SUITE_14, INIT(14, 256, 5, 256), GOOD },
	{ "I25 nonce of 257", SUITE_14, INIT(14, 256, 5, 257), N_INVALID_SYNTAX },
	{ "I26 KE of another group", SUITE_14, INIT(19, 64, 5, 32), N_INVALID_KE },
	{ "I27 KE too short", SUITE_14, INIT(14, 255, 5, 32), N_INVALID_SYNTAX },
	{ "I27 KE too long", SUITE_14, INIT(14, 257, 5, 32), N_INVALID_SYNTAX },
	{ "y = 0", SUITE_14, INIT(14, 256, 0, 32), N_INVALID_SYNTAX },
	{ "y > p", SUITE_14, INIT(14, 256, 0xff, 32), N_INVALID_SYNTAX },
	{ "I29 point not on the curve", SUITE_19, INIT(19, 64, 5, 32), N_INVALID_SYNTAX },
	{ "I29 infinity", SUITE_19, INIT(19, 64, 0, 32), N_INVALID_SYNTAX },
	{ "I30 all-zero result", SUITE_31, INIT(31, 32, 0, 32), N_INVALID_SYNTAX },
	{ "I31 no proposals", "", INIT(14, 256, 5, 32), N_NO_PROPOSAL_CHOSEN },
	{ "no proposal of ours", "aes256-sha256-modp2048", INIT(14, 256, 5, 32),
		N_NO_PROPOSAL_CHOSEN },
};

static void inits_that_are_wrong(void **state)
{
	uint8_t buf[4096];

	(void)state;
	for (size_t i = 0; i < sizeof(inits) / sizeof(inits[0]); i++) {
		struct pair *p = pair_new(NULL,
			PAIR_MOON_WITH("", "moonCert.pem", SUITE_14 "," SUITE_19 "," SUITE_31 "!",
				PAGE_SUITE));

		if (forge_reaction(p, forge_init(&inits[i].f, inits[i].suite, buf, sizeof(buf))) !=
			inits[i].expect)
			fail_msg("%s", inits[i].what);
		assert_int_equal(pair_n_sa(p->moon), inits[i].expect == GOOD);
		pair_free(p);
	}
}

static void an_ike_sa_init_without_one_of_its_payloads_is_refused(void **state)
{
	static const unsigned needed[] = { P(SA), P(KE), P(NONCE) };
	struct forged f = INIT(14, 256, 5, 32);
	uint8_t buf[4096];

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		struct pair *p = pair_new(NULL, PAIR_MOON);

		f.without = i < 3 ? needed[i] : 0;
		assert_int_equal(forge_reaction(p, forge_init(&f, SUITE_14, buf, sizeof(buf))),
			i < 3 ? N_INVALID_SYNTAX : GOOD);
		assert_int_equal(pair_n_sa(p->moon), i == 3);
		pair_free(p);
	}
}

/* A-044, I42: octets of moon's answer that name what carol did not offer. */
static const struct {
	size_t at;
	uint8_t value;
} downgrades[] = {
	{ 36, 7 }, /* number of the proposal */
	{ 47, 3 }, /* 3DES */
	{ 50, 1 }, /* AES with 384 bits */
	{ 51, 64 }, /* AES with 64 bits */
	{ 59, 1 }, /* HMAC-MD5 */
};

static enum pair_fate downgrade(struct pair *p, struct dgram *g)
{
	if (g->from == p->moon)
		g->data[downgrades[p->arg].at] = downgrades[p->arg].value;
	return PAIR_PASS;
}

static void an_answer_that_was_not_offered_ends_it(void **state)
{
	(void)state;
	for (int i = 0; i < 5; i++) {
		struct pair *p = pair_new(PAIR_CAROL, PAIR_MOON);

		p->arg = i;
		p->filter = downgrade;
		pair_acquire(p, p->carol, "mh");
		pair_run(p);
		assert_int_equal(pair_said(p, "is not what we offered"), 1);
		assert_int_equal(p->carol->n_sent, 1);
		assert_int_equal(pair_n_sa(p->carol), 0);
		pair_free(p);
	}
}

/* Payloads inside SK, sealed with carol's keys as her next request. */
static int protected_reaction(
	struct pair *p, struct sa *sa, uint8_t exchange, uint8_t first_type, struct bytes inner)
{
	uint8_t buf[4096];
	ssize_t n = msg_seal(buf, sizeof(buf), &sa->keys.i, sa->spi_i, sa->spi_r, exchange,
		F_INITIATOR, sa->mid_out, first_type, inner);
	struct packet in;
	struct dgram *g;
	own_blob plain = { 0 };
	struct msg m;

	assert_true(n > 0);
	in = forge_packet(p, BYTES(buf, n));
	iked_packet(p->moon->d, &in);
	g = TAILQ_FIRST(&p->queue);
	if (!g)
		return DROPPED;
	TAILQ_REMOVE(&p->queue, g, link);
	assert_int_equal(msg_parse(BYTES(g->data, g->n), &m), 0);
	assert_int_equal(sk_open(&sa->keys.r, m.raw, m.sk_head, &plain), 0);
	assert_int_equal(msg_parse_inner(blob_view(&plain), m.sk_first, &m), 0);
	assert_int_equal(m.id, sa->mid_out);
	free(g);
	sa->mid_out++;
	return m.n_notify && !(m.has & P(SA)) ? m.notify[0].type : GOOD;
}

static struct pair *up(void)
{
	struct pair *p = pair_new(PAIR_CAROL, PAIR_MOON);

	pair_establish(p, true);
	return p;
}

/* I22: answered inside the IKE_SA, which stays. */
static void an_unknown_critical_payload_is_named(void **state)
{
	struct pair *p = up();
	const uint8_t critical[] = { 0, 0x80, 0, 8, 1, 2, 3, 4 }, plain[] = { 0, 0, 0, 4 };
	struct sa *sa = pair_sa(p->carol);

	(void)state;
	assert_int_equal(protected_reaction(p, sa, XCHG_INFORMATIONAL, 99, BYTES_OF(critical)),
		N_UNSUPPORTED_CRITICAL_PAYLOAD);
	assert_int_equal(
		protected_reaction(p, sa, XCHG_INFORMATIONAL, 99, BYTES_OF(plain)), GOOD); /* I21 */
	assert_int_equal(protected_reaction(p, sa, XCHG_INFORMATIONAL, 0, BYTES_NONE), GOOD);
	assert_non_null(pair_sa(p->moon));
	pair_free(p);
}

/* no MOBIKE here, so nothing moves. */
static void address_updates_change_nothing(void **state)
{
	static const uint16_t types[] = { N_UPDATE_SA_ADDRESSES, N_MOBIKE_SUPPORTED, 16397, 50000 };
	struct pair *p = up();
	struct sa *sa = pair_sa(p->carol);
	uint8_t buf[256];
	struct msg_out o;

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		msg_begin_inner(&o, buf, sizeof(buf));
		put_notify(&o, 0, BYTES_NONE, types[i], BYTES_NONE);
		assert_true(msg_end(&o) > 0);
		assert_int_equal(protected_reaction(
					 p, sa, XCHG_INFORMATIONAL, PLD_NOTIFY, BYTES(buf, o.w.n)),
			GOOD);
	}
	assert_true(addr_eq(&pair_sa(p->moon)->remote, &p->carol->addr));
	assert_int_equal(pair_said(p, "generating INFORMATIONAL response"), 4);
	assert_int_equal(pair_said(p, "response 3 [ ]") > 0, 1);
	pair_free(p);
}

static void deletes_that_are_wrong(void **state)
{
	/* next, critical, length, ESP, size of an SPI, number of them, SPIs */
	const uint8_t count[] = { 0, 0, 0, 12, 3, 4, 0, 2, 1, 2, 3, 4 };
	const uint8_t many[] = { 0, 0, 0, 8, 3, 4, 0xff, 0xff };
	const uint8_t size[] = { 0, 0, 0, 11, 3, 3, 0, 1, 1, 2, 3 };
	const uint8_t stranger[] = { 0, 0, 0, 12, 3, 4, 0, 1, 1, 2, 3, 4 };
	struct pair *p = up();
	struct sa *sa = pair_sa(p->carol);

	(void)state;
	assert_int_equal(protected_reaction(p, sa, XCHG_INFORMATIONAL, PLD_DELETE, BYTES_OF(count)),
		N_INVALID_SYNTAX);
	assert_int_equal(protected_reaction(p, sa, XCHG_INFORMATIONAL, PLD_DELETE, BYTES_OF(many)),
		N_INVALID_SYNTAX);
	assert_int_equal(protected_reaction(p, sa, XCHG_INFORMATIONAL, PLD_DELETE, BYTES_OF(size)),
		N_INVALID_SYNTAX);
	assert_int_equal(
		protected_reaction(p, sa, XCHG_INFORMATIONAL, PLD_DELETE, BYTES_OF(stranger)),
		GOOD);
	assert_int_equal(fake_xfrm_n_sa(p->moon->kernel), 4);
	pair_free(p);
}

static int create(struct pair *p, uint8_t proto, const char *suite, size_t spi_len, uint8_t spi)
{
	struct sa *sa = pair_sa(p->carol);
	struct prop_list props = { .n = 1 };
	uint8_t buf[4096], nonce[32] = { 1 }, ke[256] = { 2 };
	struct msg_out o;
	const char *why;

	assert_int_equal(prop_word(suite, proto, &props.p[0], &why), 0);
	props.p[0].spi_len = (uint8_t)spi_len;
	memset(props.p[0].spi, spi, spi_len);
	msg_begin_inner(&o, buf, sizeof(buf));
	put_sa(&o, &props);
	put_nonce(&o, BYTES_OF(nonce));
	put_ke(&o, 14, BYTES_OF(ke));
	if (proto == PROTO_ESP) {
		put_ts(&o, PLD_TSI, &pair_child(p->carol, "tunnel")->ts_local);
		put_ts(&o, PLD_TSR, &pair_child(p->carol, "tunnel")->ts_remote);
	}
	assert_true(msg_end(&o) > 0);
	return protected_reaction(p, sa, XCHG_CREATE_CHILD_SA, msg_first(&o), BYTES(buf, o.w.n));
}

static void spis_that_are_wrong(void **state)
{
	struct pair *p = up();

	(void)state;
	assert_int_equal(create(p, PROTO_ESP, SUITE_14, 4, 0), N_NO_PROPOSAL_CHOSEN); /* I70 */
	assert_int_equal(create(p, PROTO_IKE, SUITE_14, 4, 9), N_INVALID_SYNTAX); /* I73 */
	assert_int_equal(create(p, PROTO_IKE, SUITE_14, 8, 0), N_INVALID_SYNTAX);
	assert_int_equal(create(p, PROTO_IKE, SUITE_14, 0, 0), N_INVALID_SYNTAX);
	assert_int_equal(fake_xfrm_n_sa(p->moon->kernel), 4);
	assert_int_equal(fake_xfrm_n_larval(p->moon->kernel), 0);
	assert_int_equal(pair_n_sa(p->moon), 1);
	assert_int_equal(create(p, PROTO_ESP, SUITE_14, 4, 9), GOOD);
	pair_free(p);
}

/* I50, I79: any bit. */
static void a_changed_bit_is_dropped(void **state)
{
	struct pair *p = pair_new(PAIR_CAROL, PAIR_MOON);
	struct dgram *g;

	(void)state;
	pair_establish(p, false);
	iked_rekey_child(pair_child(p->carol, "mh"));
	g = TAILQ_FIRST(&p->queue);
	for (size_t i = 28; i < g->n; i++) {
		g->data[i] ^= 1 << (i % 8);
		assert_int_equal(forge_reaction(p, BYTES(g->data, g->n)), DROPPED);
		g->data[i] ^= 1 << (i % 8);
	}
	assert_int_equal(pair_sa(p->moon)->mid_in, 2);
	assert_true(p->moon->d->counts.bad_icv > 100);
	pair_run(p);
	assert_true(pair_up(p, "mh", "carol-mh"));
	pair_free(p);
}

/* I49: shorter than IV and ICV together. */
static void a_short_sk_is_dropped(void **state)
{
	struct pair *p = pair_new(PAIR_CAROL, PAIR_MOON);
	struct dgram *g;

	(void)state;
	pair_establish(p, false);
	iked_rekey_child(pair_child(p->carol, "mh"));
	g = TAILQ_FIRST(&p->queue);
	for (size_t n = 32; n < 32 + 64; n++) {
		forge_put32(g->data + 24, (uint32_t)n);
		g->data[30] = (uint8_t)((n - 28) >> 8);
		g->data[31] = (uint8_t)(n - 28);
		assert_int_equal(forge_reaction(p, BYTES(g->data, n)), DROPPED);
	}
	assert_int_equal(pair_sa(p->moon)->mid_in, 2);
	pair_free(p);
}

static void messages_outside_of_the_window_are_dropped(void **state)
{
	struct pair *p = up();
	struct sa *sa = pair_sa(p->carol);
	uint32_t id = sa->mid_out;
	const uint32_t ids[] = { id - 2, id + 1, 5000, UINT32_MAX };

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		sa->mid_out = ids[i];
		assert_int_equal(
			protected_reaction(p, sa, XCHG_INFORMATIONAL, 0, BYTES_NONE), DROPPED);
	}
	sa->mid_out = id;
	assert_int_equal(protected_reaction(p, sa, XCHG_INFORMATIONAL, 0, BYTES_NONE), GOOD);
	pair_free(p);
}

/* carol is about to send IKE_AUTH: it is taken out of the queue, for the caller. */
static struct dgram *keep_ike_auth(struct pair *p)
{
	struct dgram *g;

	pair_acquire(p, p->carol, "mh");
	pair_step(p);
	pair_step(p);
	g = TAILQ_FIRST(&p->queue);
	TAILQ_REMOVE(&p->queue, g, link);
	return g;
}

/* I71, I54: nothing but IKE_AUTH with id 1 until the peer is known. */
static void nothing_comes_before_ike_auth(void **state)
{
	struct pair *p = pair_new(PAIR_CAROL, PAIR_MOON);
	struct dgram *g = keep_ike_auth(p);
	struct sa *sa = iked_next_sa(p->carol->d, NULL);

	(void)state;
	assert_int_equal(sa->mid_out, 1);
	assert_int_equal(protected_reaction(p, sa, XCHG_CREATE_CHILD_SA, 0, BYTES_NONE), DROPPED);
	assert_int_equal(protected_reaction(p, sa, XCHG_INFORMATIONAL, 0, BYTES_NONE), DROPPED);
	sa->mid_out = 5;
	assert_int_equal(protected_reaction(p, sa, XCHG_IKE_AUTH, 0, BYTES_NONE), DROPPED);
	sa->mid_out = 1;
	TAILQ_INSERT_TAIL(&p->queue, g, link);
	pair_run(p);
	assert_true(pair_up(p, "mh", "carol-mh"));
	pair_free(p);
}

static void ike_auth_without_its_payloads_is_refused(void **state)
{
	struct pair *p = pair_new(PAIR_CAROL, PAIR_MOON);
	struct sa *sa;

	(void)state;
	free(keep_ike_auth(p));
	sa = iked_next_sa(p->carol->d, NULL);
	assert_int_equal(protected_reaction(p, sa, XCHG_IKE_AUTH, 0, BYTES_NONE), N_INVALID_SYNTAX);
	assert_int_equal(fake_xfrm_n_sa(p->moon->kernel), 0);
	pair_free(p);
}

/* Unprotected errors: believed only where they answer what is outstanding (2.21.1). */
static void forged_errors_change_nothing(void **state)
{
	static const uint16_t types[] = { N_AUTHENTICATION_FAILED, N_NO_PROPOSAL_CHOSEN,
		N_INVALID_SYNTAX, N_INVALID_IKE_SPI };
	const uint8_t group_19[] = { 0, 19 };
	struct pair *p = pair_new(PAIR_CAROL, PAIR_MOON);
	uint8_t buf[256], cookie[65] = { 1 };
	uint64_t spi;
	struct msg_out o;
	struct packet in = { p->carol->addr, p->moon->addr, 500, 500, { 0 } };

	(void)state;
	pair_acquire(p, p->carol, "mh");
	spi = iked_next_sa(p->carol->d, NULL)->spi_i;
	for (size_t i = 0; i < 6; i++) {
		msg_begin(&o, buf, sizeof(buf), spi, 0, XCHG_IKE_SA_INIT, F_RESPONSE, 0);
		if (i < 4)
			put_notify(&o, 0, BYTES_NONE, types[i], BYTES_NONE);
		else /* I43: too long, empty */
			put_notify(&o, 0, BYTES_NONE, N_COOKIE, BYTES(cookie, i == 4 ? 65 : 0));
		assert_true(msg_end(&o) > 0);
		in.data = BYTES(buf, o.w.n);
		iked_packet(p->carol->d, &in);
	}
	assert_int_equal(p->carol->n_sent, 1);
	pair_run(p);
	assert_true(pair_up(p, "mh", "carol-mh"));
	pair_free(p);

	p = pair_new(PAIR_CAROL, PAIR_MOON); /* I45: a group that was not offered */
	pair_acquire(p, p->carol, "mh");
	spi = iked_next_sa(p->carol->d, NULL)->spi_i;
	msg_begin(&o, buf, sizeof(buf), spi, 0, XCHG_IKE_SA_INIT, F_RESPONSE, 0);
	put_notify(&o, 0, BYTES_NONE, N_INVALID_KE, BYTES_OF(group_19));
	assert_true(msg_end(&o) > 0);
	in.data = BYTES(buf, o.w.n);
	iked_packet(p->carol->d, &in);
	assert_int_equal(p->carol->n_sent, 1);
	pair_free(p);
}

UNIT_MAIN(T(headers_out_of_order, "A-003! A-004! A-005! A-010"), T(every_cut_is_dropped, "A-004!"),
	T(an_ike_sa_init_without_one_of_its_payloads_is_refused, "A-040!"),
	T(inits_that_are_wrong, "A-009! A-043! A-046! A-047! A-045!"),
	T(an_answer_that_was_not_offered_ends_it, "A-044!"),
	T(an_unknown_critical_payload_is_named, "A-006! A-027!"),
	T(address_updates_change_nothing, "A-200! A-027!"),
	T(deletes_that_are_wrong, "A-150! A-062!"), T(spis_that_are_wrong, "A-041! A-171!"),
	T(a_changed_bit_is_dropped, "A-060! A-061! F-014!"), T(a_short_sk_is_dropped, "A-060!"),
	T(messages_outside_of_the_window_are_dropped, "A-022! A-026!"),
	T(nothing_comes_before_ike_auth, "A-100"),
	T(ike_auth_without_its_payloads_is_refused, "A-096 A-080!"),
	T(forged_errors_change_nothing, "F-013! A-045! A-048!"))
