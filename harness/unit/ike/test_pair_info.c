/*
 * INFORMATIONAL: what the two tell each other about what stands.
 */
#include <errno.h>

#include "unit/ike/pair.h"

static struct pair *up(const char *moon)
{
	struct pair *p = pair_new(PAIR_CAROL, moon);

	pair_establish(p, true);
	return p;
}

static void a_deleted_child_sa_is_gone_on_both(void **state)
{
	struct pair *p = up(PAIR_MOON);
	uint32_t spi = pair_child(p->carol, "tunnel")->spi_in;
	char line[128];

	(void)state;
	iked_close_child(pair_child(p->carol, "tunnel"));
	pair_run(p);
	assert_int_equal(fake_xfrm_n_sa(p->carol->kernel), 2);
	assert_int_equal(fake_xfrm_n_sa(p->moon->kernel), 2);
	snprintf(line, sizeof(line), "sending DELETE for ESP CHILD_SA with SPI %08x", spi);
	assert_int_equal(pair_said(p, line), 1);
	snprintf(line, sizeof(line), "received DELETE for ESP CHILD_SA with SPI %08x", spi);
	assert_int_equal(pair_said(p, line), 1);
	assert_int_equal(pair_said(p, "closing CHILD_SA tunnel{2} with SPIs"), 1);
	assert_int_equal(pair_said(p, "generating INFORMATIONAL response 3 [ D ]"), 1);
	pair_free(p);
}

static void closeaction_restart_makes_it_anew(void **state)
{
	struct pair *p = up(
		PAIR_MOON_WITH("\tcloseaction=restart\n", "moonCert.pem", PAGE_SUITE, PAGE_SUITE));

	(void)state;
	iked_close_child(pair_child(p->carol, "tunnel"));
	pair_run(p);
	assert_true(pair_up(p, "tunnel", "carol-tunnel"));
	pair_free(p);
}

/* protected, so it is true. */
static void a_peer_that_lost_an_spi_is_believed(void **state)
{
	struct pair *p = up(PAIR_MOON);
	struct sa *sa = pair_sa(p->carol);
	uint32_t spi = pair_child(p->carol, "tunnel")->spi_in;
	const uint8_t data[] = { (uint8_t)(spi >> 24), (uint8_t)(spi >> 16), (uint8_t)(spi >> 8),
		(uint8_t)spi };
	uint8_t inner[64], buf[512];
	struct msg_out o;
	struct packet in = { p->moon->addr, p->carol->addr, 500, 500, { 0 } };
	ssize_t n;

	(void)state;
	msg_begin_inner(&o, inner, sizeof(inner));
	put_notify(&o, 0, BYTES_NONE, N_INVALID_SPI, BYTES_OF(data));
	assert_true(msg_end(&o) > 0);
	n = msg_seal(buf, sizeof(buf), &sa->keys.i, sa->spi_i, sa->spi_r, XCHG_INFORMATIONAL,
		F_INITIATOR, sa->mid_out++, msg_first(&o), BYTES(inner, o.w.n));
	assert_true(n > 0);
	in.data = BYTES(buf, n);
	iked_packet(p->moon->d, &in);
	pair_run(p);
	assert_int_equal(fake_xfrm_n_sa(p->moon->kernel), 2);
	assert_int_equal(fake_xfrm_n_sa(p->carol->kernel), 2);
	pair_free(p);
}

struct seen {
	uint8_t flags[16];
	size_t n;
};

static struct seen seen;

static enum pair_fate note_flags(struct pair *p, struct dgram *g)
{
	(void)p;
	if (seen.n < 16)
		seen.flags[seen.n++] = g->data[19];
	return PAIR_PASS;
}

/* the initiator flag tells who began the IKE_SA, not who began the exchange. */
static void the_initiator_flag_stays_with_the_initiator(void **state)
{
	static const uint8_t wanted[] = { F_INITIATOR, F_RESPONSE, F_INITIATOR, F_RESPONSE, 0,
		F_INITIATOR | F_RESPONSE };
	struct pair *p = pair_new(PAIR_CAROL, PAIR_MOON);

	(void)state;
	seen.n = 0;
	p->filter = note_flags;
	pair_establish(p, false);
	iked_close_child(pair_child(p->moon, "carol-mh"));
	pair_run(p);
	assert_int_equal(seen.n, 6);
	assert_memory_equal(seen.flags, wanted, sizeof(wanted));
	pair_free(p);
}

/* an inbound SPI is ours alone; two peers may choose the same outbound one. */
static void every_sa_has_its_own_spi(void **state)
{
	struct pair *p = up(PAIR_MOON);
	struct child *mh = pair_child(p->carol, "mh"), *tunnel = pair_child(p->carol, "tunnel");

	(void)state;
	assert_int_not_equal(mh->spi_in, tunnel->spi_in);
	assert_ptr_equal(child_by_spi_in(p->carol->d, mh->spi_in), mh);
	assert_ptr_equal(child_by_spi_out(p->carol->d, tunnel->spi_out, &tunnel->remote), tunnel);
	assert_null(child_by_spi_out(p->carol->d, tunnel->spi_out, &tunnel->local));
	pair_free(p);
}

UNIT_MAIN(T(a_deleted_child_sa_is_gone_on_both, "A-150"),
	T(closeaction_restart_makes_it_anew, "A-139"),
	T(a_peer_that_lost_an_spi_is_believed, "A-154"),
	T(the_initiator_flag_stays_with_the_initiator, "A-028"),
	T(every_sa_has_its_own_spi, "A-129 A-134"))
