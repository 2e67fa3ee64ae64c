/*
 * One IKE_SA takes the place of another: reauthentication, a peer without room, both sides at
 * once, one identity twice. No packet is without an SA meanwhile.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/xfrm.h>

#include "ike/lifecycle/yield.h"
#include "ike/events/km.h"
#include "ike/machine/send.h"
#include "unit/ike/pair.h"

#define FIRST "2001::41a:a8ff:fe6f:c67"
#define SECOND "2001::50"
#define HOME "2001:1::1"

enum { WHILE_MS = 20000, GIVE_UP_MS = 170000 };

/* `reauth=no`, `uniqueids` and the like said otherwise. */
static const char *with(const char *text, const char *from, const char *to)
{
	static char ring[2][8192];
	static unsigned next;
	char *out = ring[next++ % 2];
	const char *at = strstr(text, from);

	assert_non_null(at);
	snprintf(out, sizeof(ring[0]), "%.*s%s%s", (int)(at - text), text, to, at + strlen(from));
	return out;
}

static const char *with_setup(const char *text, const char *line)
{
	return with(text, "config setup\n", line);
}

static struct in6_addr in6(const char *text)
{
	struct in6_addr a;

	assert_int_equal(inet_pton(AF_INET6, text, &a), 1);
	return a;
}

static void set_km(struct node *n, const char *conn, const char *local, const char *remote)
{
	struct in6_addr l = in6(local), r = in6(remote);

	km_set(trap_by_name(n->d, conn), &l, &r);
}

static struct pair *settled(const char *carol, const char *moon)
{
	struct pair *p = pair_new(carol, moon);

	pair_establish(p, true);
	pair_must_be_settled(p);
	p->filter = pair_must_carry;
	return p;
}

static struct pair *reauthenticating(void)
{
	return settled(with(PAIR_CAROL, "reauth=no", "reauth=yes"), PAIR_MOON);
}

static void reauthentication_makes_all_anew_before_the_old_goes(void **state)
{
	struct pair *p = reauthenticating();
	uint64_t spi = pair_sa(p->carol)->spi_i;
	uint32_t mh = pair_child(p->carol, "mh")->spi_in;
	uint32_t tunnel = pair_child(p->carol, "tunnel")->spi_in;

	(void)state;
	assert_int_equal(iked_rekey_sa(pair_sa(p->carol)), 0);
	pair_run(p);
	pair_must_be_settled(p);
	assert_true(pair_sa(p->carol)->spi_i != spi);
	assert_int_not_equal(pair_child(p->carol, "mh")->spi_in, mh);
	assert_int_not_equal(pair_child(p->carol, "tunnel")->spi_in, tunnel);
	assert_int_equal(pair_said(p, "N(INIT_CONTACT)"), 2); /* of the first, sent and received */
	pair_advance(p, WHILE_MS);
	pair_must_be_settled(p);
	pair_free(p);
}

static void reauthentication_comes_by_itself_before_the_lifetime_ends(void **state)
{
	struct pair *p = reauthenticating();
	uint64_t spi = pair_sa(p->carol)->spi_i;

	(void)state;
	pair_advance(p, (3 * 3600 - 540) * 1000);
	pair_must_be_settled(p);
	assert_true(pair_sa(p->carol)->spi_i != spi);
	pair_free(p);
}

static void after_a_move_the_new_ike_sa_is_at_the_new_address(void **state)
{
	struct pair *p = reauthenticating();
	struct in6_addr to = in6(SECOND), ha = in6(HOME);

	(void)state;
	set_km(p->carol, "mh", SECOND, HOME);
	set_km(p->moon, "carol-mh", HOME, SECOND);
	assert_int_equal(child_move(pair_child(p->carol, "tunnel"), &to, &ha), 0);
	assert_int_equal(child_move(pair_child(p->moon, "carol-tunnel"), &ha, &to), 0);
	pair_forget(p);
	assert_int_equal(iked_rekey_sa(pair_sa(p->carol)), 0);
	pair_run(p);
	pair_must_be_settled(p);
	assert_string_equal(addr_str(&pair_sa(p->carol)->local), SECOND);
	assert_string_equal(addr_str(&pair_sa(p->moon)->remote), SECOND);
	assert_string_equal(addr_str(&pair_child(p->carol, "tunnel")->local), SECOND);
	assert_int_equal(pair_said(p, "from " FIRST), 0);
	pair_free(p);
}

static enum pair_fate carry_but_lose(struct pair *p, struct dgram *g)
{
	pair_must_carry(p, g);
	return p->n_seen == (unsigned)p->arg ? PAIR_DROP : PAIR_PASS;
}

static void a_lost_message_costs_a_reauthentication_no_sa(void **state)
{
	(void)state;
	for (int lost = 0; lost < 8; lost++) {
		struct pair *p = reauthenticating();

		p->filter = carry_but_lose;
		p->n_seen = 0;
		p->arg = lost;
		assert_int_equal(iked_rekey_sa(pair_sa(p->carol)), 0);
		pair_advance(p, GIVE_UP_MS);
		pair_must_be_settled(p);
		pair_free(p);
	}
}

static enum pair_fate moon_is_deaf(struct pair *p, struct dgram *g)
{
	pair_must_carry(p, g);
	return g->from == p->carol ? PAIR_DROP : PAIR_PASS;
}

/* The new one does not come: the old one stays and it is tried again. */
static void a_reauthentication_in_vain_leaves_all_as_it_was(void **state)
{
	struct pair *p = reauthenticating();
	uint64_t spi = pair_sa(p->carol)->spi_i;

	(void)state;
	p->filter = moon_is_deaf;
	assert_int_equal(iked_rekey_sa(pair_sa(p->carol)), 0);
	pair_advance(p, 540000);
	assert_true(pair_up(p, "mh", "carol-mh"));
	assert_true(pair_up(p, "tunnel", "carol-tunnel"));
	p->filter = pair_must_carry;
	pair_advance(p, 200000);
	pair_must_be_settled(p);
	assert_true(pair_sa(p->carol)->spi_i != spi);
	pair_free(p);
}

/* What its rekey made is not the IKE_SA to stay with: it ends at the same address. */
static void an_ike_sa_that_is_being_rekeyed_leaves_all_the_same(void **state)
{
	struct pair *p = settled(PAIR_CAROL, PAIR_MOON);

	(void)state;
	assert_int_equal(iked_rekey_sa(pair_sa(p->carol)), 0);
	assert_int_equal(yield_begin(pair_sa(p->carol)), 0);
	p->filter = NULL;
	pair_advance(p, GIVE_UP_MS);
	pair_must_be_settled(p);
	assert_int_equal(pair_said(p, "initiating IKE_SA"), 2);
	pair_free(p);
}

/* moon's answer to carol's request: this and nothing else; moon does not see the request. */
static enum pair_fate no_room(struct pair *p, struct dgram *g)
{
	struct sa *sa = pair_sa(p->moon);
	uint8_t inner[64], buf[256];
	struct dgrams list = { 0 };
	struct msg_out o;
	struct msg m;
	ssize_t n;

	pair_must_carry(p, g);
	assert_int_equal(msg_parse(BYTES(g->data, g->n), &m), 0);
	if (m.exchange != XCHG_CREATE_CHILD_SA)
		return PAIR_PASS;
	p->filter = pair_must_carry;
	msg_begin_inner(&o, inner, sizeof(inner));
	put_notify(&o, 0, BYTES_NONE, N_NO_ADDITIONAL_SAS, BYTES_NONE);
	n = msg_end(&o);
	n = msg_seal(buf, sizeof(buf), &sa->keys.r, sa->spi_i, sa->spi_r, m.exchange, F_RESPONSE,
		m.id, msg_first(&o), BYTES(inner, n));
	assert_true(n > 0);
	sa->mid_in = m.id + 1;
	sa->has_response = false;
	assert_int_equal(dgrams_add(&list, BYTES(buf, n)), 0);
	x_transmit_sa(sa, &list);
	dgrams_free(&list);
	return PAIR_DROP;
}

static void must_move_on(bool ike_sa)
{
	struct pair *p = settled(PAIR_CAROL, PAIR_MOON);
	uint64_t spi = pair_sa(p->carol)->spi_i;
	uint32_t tunnel = pair_child(p->carol, "tunnel")->spi_in;

	p->filter = no_room;
	assert_int_equal(ike_sa ? iked_rekey_sa(pair_sa(p->carol))
				: iked_rekey_child(pair_child(p->carol, "tunnel")),
		0);
	pair_run(p);
	assert_int_equal(pair_said(p, "received NO_ADDITIONAL_SAS notify"), 1);
	pair_must_be_settled(p);
	assert_true(pair_sa(p->carol)->spi_i != spi);
	assert_int_not_equal(pair_child(p->carol, "tunnel")->spi_in, tunnel);
	pair_free(p);
}

static void a_peer_without_room_gets_a_new_ike_sa(void **state)
{
	(void)state;
	must_move_on(false);
	must_move_on(true);
}

static void a_new_child_sa_without_room_is_told(void **state)
{
	struct pair *p = pair_new(PAIR_CAROL, PAIR_MOON);

	(void)state;
	pair_establish(p, false);
	fake_xfrm_fail(p->moon->kernel, XFRM_MSG_ALLOCSPI, 1, ENOMEM);
	pair_acquire(p, p->carol, "tunnel");
	pair_run(p);
	assert_int_equal(p->carol->n_failed, 1);
	assert_string_equal(p->carol->why, "NO_ADDITIONAL_SAS");
	assert_true(pair_up(p, "mh", "carol-mh"));
	assert_int_equal(pair_n_sa(p->carol), 1);
	pair_free(p);
}

/* moon cannot begin an IKE_SA to a carol whose address nobody told: what is there stays. */
static void who_cannot_begin_an_ike_sa_keeps_the_full_one(void **state)
{
	struct pair *p = settled(PAIR_CAROL, PAIR_MOON);

	(void)state;
	fake_xfrm_fail(p->carol->kernel, XFRM_MSG_ALLOCSPI, 1, ENOMEM);
	assert_int_equal(iked_rekey_child(pair_child(p->moon, "carol-tunnel")), 0);
	pair_run(p);
	assert_int_equal(pair_said(p, "received NO_ADDITIONAL_SAS notify"), 2);
	pair_must_be_settled(p);
	pair_free(p);
}

static void both_begin(struct pair *p, const char *carols, const char *moons)
{
	set_km(p->moon, "carol-mh", HOME, FIRST);
	assert_int_equal(iked_want_child(p->carol->d, trap_by_name(p->carol->d, carols), NULL), 0);
	assert_int_equal(iked_want_child(p->moon->d, trap_by_name(p->moon->d, moons), NULL), 0);
}

static void must_be_one(struct pair *p)
{
	assert_int_equal(pair_n_sa(p->carol), 1);
	assert_int_equal(pair_n_sa(p->moon), 1);
	assert_non_null(pair_sa(p->carol));
	assert_non_null(pair_sa(p->moon));
	assert_true(pair_sa(p->carol)->spi_i == pair_sa(p->moon)->spi_i);
	assert_int_equal(fake_xfrm_n_larval(p->carol->kernel), 0);
	assert_int_equal(fake_xfrm_n_larval(p->moon->kernel), 0);
}

static void of_two_ike_sas_begun_at_once_one_stays(void **state)
{
	(void)state;
	for (int i = 0; i < 16; i++) {
		struct pair *p = pair_new(PAIR_CAROL, PAIR_MOON);

		if (i % 2)
			both_begin(p, "mh", "carol-tunnel");
		else
			both_begin(p, "mh", "carol-mh");
		pair_run(p);
		must_be_one(p);
		assert_true(pair_up(p, "mh", "carol-mh"));
		assert_int_equal(fake_xfrm_n_sa(p->carol->kernel), i % 2 ? 4 : 2);
		assert_int_equal(fake_xfrm_n_sa(p->moon->kernel), i % 2 ? 4 : 2);
		assert_true(i % 2 == 0 || pair_up(p, "tunnel", "carol-tunnel"));
		pair_advance(p, WHILE_MS);
		must_be_one(p);
		assert_int_equal(p->carol->n_failed + p->moon->n_failed, 0);
		pair_free(p);
	}
}

static enum pair_fate lose_or_delay(struct pair *p, struct dgram *g)
{
	(void)g;
	if (p->n_seen != (unsigned)p->arg / 2)
		return PAIR_PASS;
	return p->arg % 2 ? PAIR_LAST : PAIR_DROP;
}

static void loss_and_disorder_leave_one_of_two_as_well(void **state)
{
	(void)state;
	for (int i = 0; i < 32; i++) {
		struct pair *p = pair_new(PAIR_CAROL, PAIR_MOON);

		p->filter = lose_or_delay;
		p->arg = i;
		both_begin(p, "mh", "carol-tunnel");
		pair_advance(p, GIVE_UP_MS);
		must_be_one(p);
		assert_true(pair_up(p, "mh", "carol-mh"));
		assert_true(pair_up(p, "tunnel", "carol-tunnel"));
		pair_free(p);
	}
}

/* carol's own first message is lost; moon's attempt comes up first and carol's wish joins it. */
static enum pair_fate drop_first_of_carol(struct pair *p, struct dgram *g)
{
	if (g->from != p->carol)
		return PAIR_PASS;
	p->filter = NULL;
	return PAIR_DROP;
}

static void an_attempt_without_answer_joins_the_peer_s(void **state)
{
	struct pair *p = pair_new(PAIR_CAROL, PAIR_MOON);

	(void)state;
	p->filter = drop_first_of_carol;
	both_begin(p, "mh", "carol-tunnel");
	pair_run(p);
	assert_int_equal(pair_said(p, "which the peer began"), 1);
	must_be_one(p);
	assert_true(pair_up(p, "mh", "carol-mh"));
	assert_true(pair_up(p, "tunnel", "carol-tunnel"));
	assert_int_equal(p->carol->n_done, 1);
	pair_free(p);
}

static void of_two_child_sas_asked_for_at_once_one_stays(void **state)
{
	(void)state;
	for (int i = 0; i < 16; i++) {
		struct pair *p = pair_new(PAIR_CAROL, PAIR_MOON);
		struct node *n[2] = { p->carol, p->moon };
		static const char *const conns[2] = { "tunnel", "carol-tunnel" };

		pair_establish(p, false);
		for (size_t k = 0; k < 2; k++)
			assert_int_equal(
				iked_want_child(n[k]->d, trap_by_name(n[k]->d, conns[k]), NULL), 0);
		pair_run(p);
		pair_must_be_settled(p);
		assert_int_equal(pair_said(p, "closing ours"), 1);
		assert_int_equal(p->carol->n_done + p->moon->n_done, 3);
		pair_free(p);
	}
}

/* carol is at another address and remembers the old IKE_SA, so she sends no INITIAL_CONTACT. */
static void begin_from_elsewhere(struct pair *p)
{
	struct sa *old = pair_sa(p->carol);

	p->carol->addr = in6(SECOND);
	old->yielding = true;
	assert_int_equal(iked_want_child(p->carol->d, trap_by_name(p->carol->d, "mh"), NULL), 0);
	pair_run(p);
}

static void of_two_ike_sas_of_one_identity_the_newest_wins(void **state)
{
	struct pair *p = settled(PAIR_CAROL, PAIR_MOON);

	(void)state;
	begin_from_elsewhere(p);
	assert_int_equal(pair_n_sa(p->moon), 2);
	assert_int_equal(pair_said(p, "for peer 'carol@strongswan.org' gives way"), 1);
	assert_true(pair_up(p, "mh", "carol-mh"));
	assert_string_equal(addr_str(&pair_child(p->moon, "carol-mh")->sa->remote), SECOND);
	p->filter = NULL;
	pair_advance(p, WHILE_MS); /* time for carol to take the tunnel along, which she does not */
	assert_int_equal(pair_n_sa(p->moon), 1);
	assert_int_equal(pair_n_sa(p->carol), 1);
	assert_string_equal(addr_str(&pair_sa(p->moon)->remote), SECOND);
	assert_true(pair_up(p, "mh", "carol-mh"));
	pair_free(p);
}

static void uniqueids_decides_about_the_second_ike_sa(void **state)
{
	static const struct {
		const char *line;
		size_t n_sa;
		bool first;
	} rows[] = { { "config setup\n\tuniqueids=yes\n", 1, false },
		{ "config setup\n\tuniqueids=replace\n", 1, false },
		{ "config setup\n\tuniqueids=no\n", 2, false },
		{ "config setup\n\tuniqueids=never\n", 2, false },
		{ "config setup\n\tuniqueids=keep\n", 1, true } };

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct pair *p = settled(PAIR_CAROL, with_setup(PAIR_MOON, rows[i].line));
		struct sa *sa;

		begin_from_elsewhere(p);
		p->filter = NULL;
		pair_advance(p, WHILE_MS);
		assert_int_equal(pair_n_sa(p->moon), rows[i].n_sa);
		sa = iked_next_sa(p->moon->d, NULL);
		assert_string_equal(addr_str(&sa->remote), rows[i].first ? FIRST : SECOND);
		pair_free(p);
	}
}

UNIT_MAIN(T(reauthentication_makes_all_anew_before_the_old_goes, "A-171 G-12"),
	T(reauthentication_comes_by_itself_before_the_lifetime_ends, "A-171"),
	T(after_a_move_the_new_ike_sa_is_at_the_new_address, "A-171 G-12"),
	T(a_lost_message_costs_a_reauthentication_no_sa, "A-171"),
	T(a_reauthentication_in_vain_leaves_all_as_it_was, "A-171"),
	T(an_ike_sa_that_is_being_rekeyed_leaves_all_the_same, "A-171"),
	T(a_peer_without_room_gets_a_new_ike_sa, "A-174"),
	T(a_new_child_sa_without_room_is_told, "A-174"),
	T(who_cannot_begin_an_ike_sa_keeps_the_full_one, "A-174!"),
	T(of_two_ike_sas_begun_at_once_one_stays, "A-024 A-098 A-099"),
	T(loss_and_disorder_leave_one_of_two_as_well, "A-098 A-099"),
	T(an_attempt_without_answer_joins_the_peer_s, "A-024"),
	T(of_two_child_sas_asked_for_at_once_one_stays, "A-098! B-041"),
	T(of_two_ike_sas_of_one_identity_the_newest_wins, "B-087 A-099"),
	T(uniqueids_decides_about_the_second_ike_sa, "A-099!"))
