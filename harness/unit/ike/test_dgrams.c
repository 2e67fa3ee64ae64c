/* A message that is kept leaves again in all its datagrams. */
#include "ike/message/dgrams.h"
#include "unit/ike/pair.h"

static void a_list_keeps_copies_in_their_order(void **state)
{
	uint8_t octets[] = { 1, 2, 3 };
	struct dgrams l = { 0 };

	(void)state;
	assert_int_equal(dgrams_add(&l, BYTES_OF(octets)), 0);
	octets[0] = 9;
	assert_int_equal(dgrams_add(&l, BYTES_OF(octets)), 0);
	assert_int_equal(l.n, 2);
	assert_int_equal(l.at[0].p[0], 1);
	assert_int_equal(l.at[1].p[0], 9);
	dgrams_free(&l);
	assert_int_equal(l.n, 0);
	dgrams_free(&l);
}

static enum pair_fate all_lost(struct pair *p, struct dgram *g)
{
	(void)p, (void)g;
	return PAIR_DROP;
}

static void a_request_is_repeated_whole(void **state)
{
	struct pair *p = pair_new(PAIR_CAROL, PAIR_MOON);
	unsigned n;

	(void)state;
	pair_establish(p, false);
	p->filter = all_lost;
	assert_int_equal(iked_rekey_sa(pair_sa(p->carol)), 0);
	assert_int_equal(pair_sa(p->carol)->request.n, 1);
	assert_int_equal(dgrams_add(&pair_sa(p->carol)->request, BYTES_STR("the rest of it")), 0);
	n = p->carol->n_sent;
	while (p->carol->d->counts.retransmits < 1)
		pair_advance(p, 1000);
	assert_int_equal(p->carol->n_sent, n + 2);
	pair_free(p);
}

UNIT_MAIN(T(a_list_keeps_copies_in_their_order, "A-021"), T(a_request_is_repeated_whole, "A-021"))
