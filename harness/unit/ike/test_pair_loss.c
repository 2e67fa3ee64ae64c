/*
 * The network between them: it loses, doubles, delays and reorders.
 */
#include <errno.h>

#include "unit/ike/pair.h"

static enum pair_fate drop_nth(struct pair *p, struct dgram *g)
{
	(void)g;
	return p->n_seen == (unsigned)p->arg ? PAIR_DROP : PAIR_PASS;
}

static enum pair_fate drop_all(struct pair *p, struct dgram *g)
{
	(void)p, (void)g;
	return PAIR_DROP;
}

static enum pair_fate all_twice(struct pair *p, struct dgram *g)
{
	(void)p, (void)g;
	return PAIR_TWICE;
}

/* Every second one goes behind the others, once. */
static enum pair_fate shuffle(struct pair *p, struct dgram *g)
{
	(void)g;
	return p->n_seen % 2 && p->n_seen < 400 ? PAIR_LAST : PAIR_PASS;
}

static void both_up(struct pair *p)
{
	assert_true(pair_up(p, "mh", "carol-mh"));
	assert_true(pair_up(p, "tunnel", "carol-tunnel"));
	assert_int_equal(fake_xfrm_n_sa(p->carol->kernel), 4);
	assert_int_equal(fake_xfrm_n_sa(p->moon->kernel), 4);
	assert_int_equal(pair_n_sa(p->carol), 1);
	assert_int_equal(pair_n_sa(p->moon), 1);
}

static void any_one_message_may_be_lost(void **state)
{
	(void)state;
	for (int lost = 0; lost < 6; lost++) {
		struct pair *p = pair_new(PAIR_CAROL, PAIR_MOON);

		p->arg = lost;
		p->filter = drop_nth;
		pair_acquire(p, p->carol, "mh");
		pair_acquire(p, p->carol, "tunnel");
		pair_advance(p, 5000);
		both_up(p);
		assert_int_equal(pair_said(p, "retransmit 1 of request with message ID"), 1);
		pair_free(p);
	}
}

/* done once, answered with the same octets. */
static void every_message_may_come_twice(void **state)
{
	struct pair *p = pair_new(PAIR_CAROL, PAIR_MOON);

	(void)state;
	p->filter = all_twice;
	pair_acquire(p, p->carol, "mh");
	pair_acquire(p, p->carol, "tunnel");
	pair_run(p);
	both_up(p);
	assert_int_equal(p->moon->d->counts.replayed, 3);
	assert_int_equal(p->moon->d->sa_counter, 1);
	pair_free(p);
}

struct caught {
	struct blob first, second;
};

static struct caught caught;

static enum pair_fate catch_answers(struct pair *p, struct dgram *g)
{
	if (g->from == p->moon)
		blob_set(caught.first.n ? &caught.second : &caught.first, BYTES(g->data, g->n));
	return g->from == p->moon && !caught.second.n ? PAIR_DROP : PAIR_PASS;
}

static void the_second_answer_is_the_first_one(void **state)
{
	struct pair *p = pair_new(PAIR_CAROL, PAIR_MOON);

	(void)state;
	pair_establish(p, false);
	p->filter = catch_answers;
	pair_acquire(p, p->carol, "tunnel");
	pair_advance(p, 5000);
	assert_true(pair_up(p, "tunnel", "carol-tunnel"));
	assert_true(bytes_eq(blob_view(&caught.first), blob_view(&caught.second)));
	assert_int_equal(
		pair_said(p, "received retransmit of request with ID 2, retransmitting"), 1);
	blob_free(&caught.first);
	blob_free(&caught.second);
	pair_free(p);
}

static void the_order_does_not_matter(void **state)
{
	struct pair *p = pair_new(PAIR_CAROL, PAIR_MOON);

	(void)state;
	pair_establish(p, true);
	p->filter = shuffle;
	iked_rekey_child(pair_child(p->carol, "mh"));
	iked_rekey_child(pair_child(p->moon, "carol-tunnel"));
	iked_rekey_child(pair_child(p->carol, "tunnel"));
	pair_advance(p, 30000);
	both_up(p);
	pair_free(p);
}

/* 4.0, 7.2, 13.0, 23.3, 42.0 and 75.6 s: given up after 165 s. */
static void retransmissions_keep_the_known_times(void **state)
{
	static const unsigned until[] = { 4000, 11200, 24100, 47400, 89400 };
	struct pair *p =
		pair_new(PAIR_CAROL_WITH("\tkeyingtries=1\n", PAGE_SUITE, PAGE_SUITE), PAIR_MOON);
	uint64_t begin = loop_now();

	(void)state;
	p->filter = drop_all;
	pair_acquire(p, p->carol, "mh");
	for (size_t i = 0; i < 5; i++) {
		while (p->carol->n_sent < i + 2)
			pair_advance(p, 100);
		assert_in_range(loop_now() - begin, until[i], until[i] + 200);
	}
	pair_advance(p, 75400);
	assert_int_equal(pair_n_sa(p->carol), 1);
	pair_advance(p, 600);
	assert_int_equal(pair_n_sa(p->carol), 0);
	assert_int_equal(pair_said(p, "retransmit 5 of request with message ID 0"), 1);
	assert_int_equal(pair_said(p, "giving up after 5 retransmits"), 1);
	assert_int_equal(p->carol->n_failed, 1);
	pair_free(p);
}

static void keyingtries_are_made_with_new_spis(void **state)
{
	struct pair *p = pair_new(PAIR_CAROL, PAIR_MOON);
	uint64_t spi;

	(void)state;
	p->filter = drop_all;
	pair_acquire(p, p->carol, "mh");
	pair_acquire(p, p->carol, "tunnel");
	spi = iked_next_sa(p->carol->d, NULL)->spi_i;
	pair_advance(p, 170000);
	assert_int_equal(pair_n_sa(p->carol), 1);
	assert_true(iked_next_sa(p->carol->d, NULL)->spi_i != spi);
	p->filter = NULL;
	pair_advance(p, 100000);
	both_up(p);
	pair_free(p);
}

static void three_tries_are_the_end(void **state)
{
	struct pair *p = pair_new(PAIR_CAROL, PAIR_MOON);

	(void)state;
	p->filter = drop_all;
	pair_acquire(p, p->carol, "mh");
	pair_advance(p, 3 * 166000);
	assert_int_equal(pair_n_sa(p->carol), 0);
	assert_int_equal(pair_said(p, "giving up after 5 retransmits"), 3);
	assert_int_equal(p->carol->n_failed, 1);
	pair_free(p);
}

static void a_half_open_ike_sa_ends_after_half_a_minute(void **state)
{
	struct pair *p = pair_new(PAIR_CAROL, PAIR_MOON);

	(void)state;
	pair_acquire(p, p->carol, "mh");
	pair_step(p);
	p->filter = drop_all;
	assert_int_equal(limits_n_half_open(p->moon->d->limits), 1);
	pair_advance(p, 29000);
	assert_int_equal(pair_n_sa(p->moon), 1);
	pair_advance(p, 2000);
	assert_int_equal(pair_n_sa(p->moon), 0);
	assert_int_equal(limits_n_half_open(p->moon->d->limits), 0);
	pair_free(p);
}

static void dead_peers_are_found_when_configured(void **state)
{
	struct pair *p = pair_new(
		PAIR_CAROL_WITH("\tdpdaction=clear\n\tdpddelay=30s\n", PAGE_SUITE, PAGE_SUITE),
		PAIR_MOON);

	(void)state;
	pair_establish(p, false);
	pair_advance(p, 65000);
	assert_int_equal(pair_said(p, "sending DPD request"), 2);
	assert_non_null(pair_sa(p->carol));
	p->filter = drop_all;
	pair_advance(p, 200000);
	assert_int_equal(pair_n_sa(p->carol), 0);
	assert_int_equal(fake_xfrm_n_sa(p->carol->kernel), 0);
	pair_free(p);
}

UNIT_MAIN(T(any_one_message_may_be_lost, "A-021 A-023"), T(every_message_may_come_twice, "A-021"),
	T(the_second_answer_is_the_first_one, "A-021"), T(the_order_does_not_matter, "A-022 A-026"),
	T(retransmissions_keep_the_known_times, "A-023 E-024"),
	T(keyingtries_are_made_with_new_spis, "A-024"), T(three_tries_are_the_end, "A-024!"),
	T(a_half_open_ike_sa_ends_after_half_a_minute, "A-025"),
	T(dead_peers_are_found_when_configured, "A-151 A-152"))
