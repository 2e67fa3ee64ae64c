/*
 * What `ipsec update` does to what stands: it belongs to its connection as before, and what was
 * agreed otherwise is made anew before the old goes.
 */
#include <errno.h>

#include "unit/ike/kern.h"

#define STRONG "aes256-sha256-modp2048!"

enum { WHILE_MS = 60000 };

static struct kerns s;

/* A configuration said otherwise, at its first place. */
static const char *with(const char *text, const char *from, const char *to)
{
	static char ring[4][8192];
	static unsigned next;
	char *out = ring[next++ % 4];
	const char *at = strstr(text, from);

	assert_non_null(at);
	snprintf(out, sizeof(ring[0]), "%.*s%s%s", (int)(at - text), text, to, at + strlen(from));
	return out;
}

static void update(struct kern *k, const char *text)
{
	struct trap *t;

	pair_load(k->n, text);
	TAILQ_FOREACH (t, &k->n->d->traps, all)
		reqids_trap(k->r, t);
}

static void must_follow(void)
{
	kern_move(&s.carol, FIRST, SECOND, true);
	kern_move(&s.moon, FIRST, SECOND, true);
	assert_string_equal(addr_str(&pair_sa(s.p->carol)->local), SECOND);
	assert_string_equal(addr_str(&pair_sa(s.p->moon)->remote), SECOND);
	assert_string_equal(addr_str(&pair_child(s.p->carol, "tunnel")->out_src), SECOND);
	assert_string_equal(addr_str(&pair_child(s.p->moon, "carol-tunnel")->out_dst), SECOND);
	assert_int_equal(iked_rekey_child(pair_child(s.p->carol, "tunnel")), 0);
	pair_advance(s.p, WHILE_MS);
	pair_must_be_settled(s.p);
}

static bool is_strong(struct node *n, const char *conn)
{
	return pair_child(n, conn)->encr == alg_word("aes256");
}

/* Whose update comes first: both at once, or one a while before the other. */
static void update_both(int who, const char *carol, const char *moon)
{
	s.p->filter = pair_must_carry;
	if (who != 1)
		update(&s.carol, carol);
	if (who == 2)
		pair_advance(s.p, WHILE_MS);
	if (who)
		update(&s.moon, moon);
	if (who == 1)
		pair_advance(s.p, WHILE_MS);
	if (who == 1)
		update(&s.carol, carol);
	if (!who)
		update(&s.moon, moon);
	pair_advance(s.p, WHILE_MS);
}

static void other_esp_is_agreed_before_the_old_goes(void **state)
{
	(void)state;
	for (int who = 0; who < 3; who++) {
		kerns_establish(&s, true);
		update_both(who, with(PAIR_CAROL, "esp=" PAGE_SUITE, "esp=" STRONG),
			with(PAIR_MOON, "esp=" PAGE_SUITE, "esp=" STRONG));
		pair_must_be_settled(s.p);
		assert_true(is_strong(s.p->carol, "mh") && is_strong(s.p->carol, "tunnel"));
		assert_true(is_strong(s.p->moon, "carol-mh"));
		assert_true(is_strong(s.p->moon, "carol-tunnel"));
		must_follow();
		kerns_close(&s);
	}
}

static void other_ike_parameters_make_another_ike_sa_before_the_old_goes(void **state)
{
	(void)state;
	for (int who = 0; who < 3; who++) {
		kerns_establish(&s, true);
		update_both(who, with(PAIR_CAROL, "ike=" PAGE_SUITE, "ike=" STRONG),
			with(PAIR_MOON, "ike=" PAGE_SUITE, "ike=" STRONG));
		pair_must_be_settled(s.p);
		assert_ptr_equal(pair_sa(s.p->carol)->suite.encr, alg_word("aes256"));
		must_follow();
		kerns_close(&s);
	}
}

/* The peer knows nothing of it: all stays, and is there to be moved and named. */
static void what_the_peer_refuses_stays_as_it_was(void **state)
{
	static const char *const lines[][2] = { { "esp=" PAGE_SUITE, "esp=" STRONG },
		{ "rightsubnet=::/0", "rightsubnet=2001:db8:1::/48" },
		{ "ike=" PAGE_SUITE, "ike=" STRONG } };

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		kerns_establish(&s, true);
		s.p->filter = pair_must_carry;
		update(&s.carol, with(PAIR_CAROL, lines[i][0], lines[i][1]));
		pair_advance(s.p, 5000);
		assert_true(pair_up(s.p, "mh", "carol-mh"));
		assert_non_null(pair_child(s.p->carol, "tunnel"));
		kern_move(&s.moon, FIRST, SECOND, true);
		kern_move(&s.carol, FIRST, SECOND, true);
		assert_string_equal(addr_str(&pair_sa(s.p->carol)->local), SECOND);
		update(&s.carol, PAIR_CAROL);
		pair_advance(s.p, WHILE_MS);
		pair_must_be_settled(s.p);
		kerns_close(&s);
	}
}

static void a_removed_connection_s_sas_follow_and_are_its_own_again(void **state)
{
	uint32_t spi;
	struct sa *sa;

	(void)state;
	kerns_establish(&s, true);
	spi = pair_child(s.p->carol, "tunnel")->spi_in;
	sa = pair_sa(s.p->carol);
	update(&s.carol,
		with(PAIR_CAROL, "conn tunnel\n\talso=home\n", "conn other\n\talso=home\n"));
	kern_move(&s.carol, FIRST, SECOND, true);
	kern_move(&s.moon, FIRST, SECOND, true);
	assert_string_equal(addr_str(&sa->local), SECOND);
	update(&s.carol, PAIR_CAROL);
	assert_int_equal(pair_child(s.p->carol, "tunnel")->spi_in, spi);
	assert_string_equal(addr_str(&pair_child(s.p->carol, "tunnel")->out_src), SECOND);
	pair_advance(s.p, WHILE_MS);
	pair_must_be_settled(s.p);
	kerns_close(&s);
}

/* Another connection is the first of those with these IKE parameters. */
static void an_ike_sa_is_its_connections_whichever_is_first(void **state)
{
	static const char *const firsts[] = {
		"conn first\n\talso=home\n\trightsubnet=2001:db8::/64\n\tauto=add\nconn mh\n",
		"conn other\n", /* mh is gone */
	};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct sa *sa;

		kerns_establish(&s, true);
		sa = pair_sa(s.p->carol);
		update(&s.carol, with(PAIR_CAROL, "conn mh\n", firsts[i]));
		assert_ptr_equal(sa_of_peer(trap_by_name(s.p->carol->d, "tunnel")->peer), sa);
		iked_close_child(pair_child(s.p->carol, "tunnel"));
		pair_run(s.p);
		assert_int_equal(kern_packet(&s.carol, IPPROTO_ICMPV6, 146), 1);
		pair_advance(s.p, WHILE_MS);
		assert_int_equal(pair_n_sa(s.p->carol), 1);
		assert_true(pair_up(s.p, "tunnel", "carol-tunnel"));
		kern_move(&s.carol, FIRST, SECOND, true);
		assert_string_equal(addr_str(&sa->local), SECOND);
		kerns_close(&s);
	}
}

static const char *two_sets(void)
{
	return with(PAIR_CAROL, "conn tunnel\n", "conn tunnel\n\tike=" STRONG "\n");
}

static const char *both_sets(void)
{
	return with(
		PAIR_MOON, "ike=" PAGE_SUITE, "ike=aes128-sha1-modp2048,aes256-sha256-modp2048!");
}

static void must_be_two(struct pair *p)
{
	assert_int_equal(pair_n_sa(p->carol), 2);
	assert_int_equal(pair_n_sa(p->moon), 2);
	assert_true(pair_up(p, "mh", "carol-mh"));
	assert_true(pair_up(p, "tunnel", "carol-tunnel"));
	assert_ptr_not_equal(pair_child(p->carol, "mh")->sa, pair_child(p->carol, "tunnel")->sa);
	assert_int_equal(fake_xfrm_n_sa(p->carol->kernel), 4);
	assert_int_equal(fake_xfrm_n_sa(p->moon->kernel), 4);
}

static void two_sets_of_ike_parameters_give_two_ike_sas_side_by_side(void **state)
{
	(void)state;
	s.p = pair_new(two_sets(), both_sets());
	pair_acquire(s.p, s.p->carol, "mh");
	pair_run(s.p);
	pair_acquire(s.p, s.p->carol, "tunnel");
	pair_run(s.p);
	must_be_two(s.p);
	assert_int_equal(
		pair_said(s.p, "N(INIT_CONTACT)"), 2); /* of the first, sent and received */
	pair_advance(s.p, WHILE_MS);
	must_be_two(s.p);
	pair_free(s.p);
}

/* One of the two that shared an IKE_SA has its own parameters now. */
static void an_update_parts_what_shared_an_ike_sa(void **state)
{
	(void)state;
	kerns_establish(&s, true);
	s.p->filter = pair_must_carry;
	update(&s.moon, both_sets());
	pair_advance(s.p, WHILE_MS);
	pair_must_be_settled(s.p);
	update(&s.carol, two_sets());
	pair_advance(s.p, WHILE_MS);
	must_be_two(s.p);
	kern_move(&s.carol, FIRST, SECOND, true);
	kern_move(&s.moon, FIRST, SECOND, true);
	assert_string_equal(addr_str(&pair_child(s.p->carol, "mh")->sa->local), SECOND);
	assert_string_equal(addr_str(&pair_child(s.p->carol, "tunnel")->sa->local), SECOND);
	assert_string_equal(addr_str(&pair_child(s.p->moon, "carol-mh")->sa->remote), SECOND);
	assert_string_equal(addr_str(&pair_child(s.p->moon, "carol-tunnel")->sa->remote), SECOND);
	pair_advance(s.p, WHILE_MS);
	must_be_two(s.p);
	kerns_close(&s);
}

static enum pair_fate drop_one_answer_of_moon(struct pair *p, struct dgram *g)
{
	struct msg m;

	assert_int_equal(msg_parse(BYTES(g->data, g->n), &m), 0);
	if (g->from != p->moon || m.exchange != XCHG_CREATE_CHILD_SA || p->arg++)
		return PAIR_PASS;
	return PAIR_DROP;
}

/* carol's rekey is answered, and the answer lost: moon has a CHILD_SA that carol knows nothing of.
 */
static struct child *unheard_of(void)
{
	s.p = pair_new(PAIR_CAROL, PAIR_MOON);
	pair_establish(s.p, true);
	s.p->filter = drop_one_answer_of_moon;
	s.p->arg = 0;
	assert_int_equal(iked_rekey_child(pair_child(s.p->carol, "tunnel")), 0);
	pair_run(s.p);
	assert_int_equal(s.p->arg, 1);
	return pair_child(s.p->moon, "carol-tunnel");
}

static void what_its_peer_does_not_know_yet_is_not_rekeyed(void **state)
{
	struct child *c = unheard_of();
	uint32_t spi = c->spi_in;

	(void)state;
	assert_int_equal(iked_rekey_child(c), 0);
	pair_advance(s.p, WHILE_MS);
	pair_must_be_settled(s.p);
	assert_int_not_equal(pair_child(s.p->moon, "carol-tunnel")->spi_in, spi);
	assert_int_equal(pair_said(s.p, "CHILD_SA_NOT_FOUND"), 0);
	pair_free(s.p);
}

static void what_its_peer_does_not_know_yet_is_not_deleted(void **state)
{
	(void)state;
	iked_close_child(unheard_of());
	pair_advance(s.p, WHILE_MS);
	assert_null(pair_child(s.p->carol, "tunnel"));
	assert_null(pair_child(s.p->moon, "carol-tunnel"));
	assert_int_equal(fake_xfrm_n_sa(s.p->carol->kernel), 2);
	assert_int_equal(fake_xfrm_n_sa(s.p->moon->kernel), 2);
	pair_free(s.p);
}

UNIT_MAIN(T(other_esp_is_agreed_before_the_old_goes, "A-257"),
	T(other_ike_parameters_make_another_ike_sa_before_the_old_goes, "A-257"),
	T(what_the_peer_refuses_stays_as_it_was, "A-257"),
	T(a_removed_connection_s_sas_follow_and_are_its_own_again, "A-257"),
	T(an_ike_sa_is_its_connections_whichever_is_first, "A-257"),
	T(two_sets_of_ike_parameters_give_two_ike_sas_side_by_side, "A-258"),
	T(an_update_parts_what_shared_an_ike_sa, "A-257 A-258"),
	T(what_its_peer_does_not_know_yet_is_not_rekeyed, "A-259"),
	T(what_its_peer_does_not_know_yet_is_not_deleted, "A-259"))
