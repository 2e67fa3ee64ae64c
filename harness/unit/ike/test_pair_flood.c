/*
 * Many messages: what strangers may cost is bounded.
 */
#include "unit/ike/forge.h"

static enum pair_fate no_answers(struct pair *p, struct dgram *g)
{
	return g->from == p->moon ? PAIR_DROP : PAIR_PASS;
}

/* three of one source without a cookie, five in all, and memory stays bounded. */
static void a_flood_is_bounded(void **state)
{
	struct pair *p = pair_new(NULL, PAIR_MOON);
	uint8_t buf[4096];
	struct forged f = INIT(14, 256, 5, 32);
	struct bytes data = forge_init(&f, SUITE_14, buf, sizeof(buf));

	(void)state;
	p->filter = no_answers;
	for (uint32_t i = 0; i < 500; i++) {
		forge_put32(buf + 4, i);
		forge_reaction(p, data);
	}
	assert_int_equal(limits_n_half_open(p->moon->d->limits), 3);
	assert_int_equal(p->moon->d->counts.cookies, 497);
	pair_advance(p, 31000);
	assert_int_equal(limits_n_half_open(p->moon->d->limits), 0);
	for (uint32_t i = 0; i < 500; i++) { /* many sources */
		struct packet in = forge_packet(p, data);

		forge_put32(buf + 4, i);
		forge_put32(in.remote.s6_addr + 12, i);
		iked_packet(p->moon->d, &in);
	}
	assert_int_equal(limits_n_half_open(p->moon->d->limits), 30);
	pair_free(p);
}

static void strangers_get_no_answer_at_all_speed(void **state)
{
	struct pair *p = pair_new(PAIR_CAROL, PAIR_MOON);
	struct dgram *g = forge_first(p);
	unsigned sent;

	(void)state;
	g->data[17] = 0x30;
	for (int i = 0; i < 1000; i++)
		forge_reaction(p, BYTES(g->data, g->n));
	sent = p->moon->n_sent;
	assert_in_range(sent, 1, 20);
	pair_free(p);
}

static void a_flood_does_not_fill_the_log(void **state)
{
	struct pair *p = pair_new(NULL, PAIR_MOON);
	uint8_t buf[4096];
	struct forged f = INIT(14, 256, 5, 32);
	struct bytes data = forge_init(&f, "aes256-sha256-modp2048", buf, sizeof(buf));

	(void)state;
	for (uint32_t i = 0; i < 2000; i++) {
		forge_put32(buf + 4, i);
		assert_int_equal(forge_reaction(p, data), i < 20 ? N_NO_PROPOSAL_CHOSEN : DROPPED);
	}
	assert_in_range(pair_said(p, "iked"), 50, 200);
	pair_advance(p, 2000);
	assert_int_equal(pair_said(p, "1980 more answers left out in the last 2 s"), 1);
	pair_free(p);
}

static void addresses_that_nobody_configured_are_refused(void **state)
{
	struct pair *p = pair_new(PAIR_CAROL, PAIR_MOON);
	struct dgram *g = forge_first(p);
	struct packet in = forge_packet(p, BYTES(g->data, g->n));

	(void)state;
	in.local.s6_addr[15] = 0x99;
	iked_packet(p->moon->d, &in);
	assert_int_equal(pair_said(p,
				 "no IKE config found for 2001:1::99...2001::41a:a8ff:fe6f:c67,"
				 " sending NO_PROPOSAL_CHOSEN"),
		1);
	assert_int_equal(pair_n_sa(p->moon), 0);
	pair_free(p);
}

/* the same SPI with other content is another attempt. */
static void a_second_attempt_with_the_same_spi_is_its_own(void **state)
{
	struct pair *p = pair_new(PAIR_CAROL, PAIR_MOON);
	uint8_t buf[4096];
	struct forged f = INIT(14, 256, 5, 32), other = INIT(14, 256, 6, 32);
	uint64_t spi;

	(void)state;
	assert_int_equal(forge_reaction(p, forge_init(&f, SUITE_14, buf, sizeof(buf))), GOOD);
	spi = iked_next_sa(p->moon->d, NULL)->spi_r;
	assert_int_equal(forge_reaction(p, forge_init(&other, SUITE_14, buf, sizeof(buf))), GOOD);
	assert_int_equal(pair_n_sa(p->moon), 2);
	assert_true(iked_next_sa(p->moon->d, NULL)->spi_r != spi);
	assert_int_equal(
		forge_reaction(p, forge_init(&f, SUITE_14, buf, sizeof(buf))), GOOD); /* a copy */
	assert_int_equal(pair_n_sa(p->moon), 2);
	pair_free(p);
}

/* Hashes that do not fit the packet. */
static enum pair_fate only_port_500(struct pair *p, struct dgram *g)
{
	p->arg++;
	assert_int_equal(g->p.local_port, 500);
	assert_int_equal(g->p.remote_port, 500);
	return PAIR_PASS;
}

static void without_a_nat_all_stays_on_port_500(void **state)
{
	struct pair *p = pair_new(PAIR_CAROL, PAIR_MOON);

	(void)state;
	p->filter = only_port_500;
	pair_establish(p, true);
	assert_int_equal(iked_rekey_sa(pair_sa(p->carol)), 0);
	pair_run(p);
	assert_true(p->arg >= 8);
	pair_free(p);
}

static void a_nat_is_refused(void **state)
{
	struct pair *p = pair_new(PAIR_CAROL, PAIR_MOON);
	struct dgram *g = forge_first(p);
	struct packet in = forge_packet(p, BYTES(g->data, g->n));

	(void)state;
	in.remote.s6_addr[15] ^= 1;
	iked_packet(p->moon->d, &in);
	assert_int_equal(pair_said(p, "a NAT is between"), 1);
	assert_int_equal(pair_n_sa(p->moon), 0);
	pair_free(p);
}

UNIT_MAIN(T(a_flood_is_bounded, "A-048! A-049! A-222! F-012!"),
	T(strangers_get_no_answer_at_all_speed, "A-005"), T(a_flood_does_not_fill_the_log, "F-014"),
	T(addresses_that_nobody_configured_are_refused, "A-055"),
	T(a_second_attempt_with_the_same_spi_is_its_own, "A-054 A-021"),
	T(a_nat_is_refused, "A-050! A-051! B-057!"),
	T(without_a_nat_all_stays_on_port_500, "A-051"))
