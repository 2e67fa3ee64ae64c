/*
 * carol roams: the IKE_SA follows the kmaddress, transport SAs stay, tunnels follow the kernel.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/xfrm.h>

#include "ike/events/km.h"
#include "unit/ike/pair.h"

static struct in6_addr in6(const char *text)
{
	struct in6_addr a;

	assert_int_equal(inet_pton(AF_INET6, text, &a), 1);
	return a;
}

static void move(struct node *n, const char *conn, const char *local, const char *remote)
{
	struct in6_addr l = in6(local), r = in6(remote);

	km_set(trap_by_name(n->d, conn), &l, &r);
}

static enum pair_fate drop_all(struct pair *p, struct dgram *g)
{
	(void)p, (void)g;
	return PAIR_DROP;
}

/* B-042: the page's order, MIGRATE first, then the ACQUIRE. */
static void a_kmaddress_before_any_ike_sa_is_remembered(void **state)
{
	struct pair *p = pair_new(PAIR_CAROL, PAIR_MOON);

	(void)state;
	move(p->carol, "mh", "2001::50", "2001:1::1");
	pair_forget(p);
	pair_establish(p, false);
	assert_string_equal(addr_str(&pair_sa(p->carol)->local), "2001::50");
	assert_string_equal(addr_str(&pair_sa(p->moon)->remote), "2001::50");
	assert_int_equal(pair_said(p, "getting address to reach"), 0);
	pair_free(p);
}

static void a_move_is_silent_and_the_next_exchange_uses_it(void **state)
{
	struct pair *p = pair_new(PAIR_CAROL, PAIR_MOON);
	unsigned sent;

	(void)state;
	pair_establish(p, true);
	sent = p->carol->n_sent;
	for (int i = 0; i < 4; i++) {
		move(p->carol, i < 2 ? "mh" : "tunnel", "2001::50", "2001:1::1");
		move(p->moon, i < 2 ? "carol-mh" : "carol-tunnel", "2001:1::1", "2001::50");
	}
	pair_advance(p, 1000);
	assert_int_equal(p->carol->n_sent, sent);
	iked_rekey_child(pair_child(p->carol, "mh"));
	pair_run(p);
	assert_true(pair_up(p, "mh", "carol-mh"));
	assert_string_equal(addr_str(&pair_sa(p->carol)->local), "2001::50");
	iked_rekey_sa(pair_sa(p->moon));
	pair_run(p);
	assert_string_equal(addr_str(&pair_sa(p->moon)->remote), "2001::50");
	pair_free(p);
}

static struct in6_addr last_from;

static enum pair_fate note_source(struct pair *p, struct dgram *g)
{
	if (g->from == p->carol)
		last_from = g->p.local;
	return g->from == p->carol && p->arg-- > 0 ? PAIR_DROP : PAIR_PASS;
}

/* B-056: an outstanding request goes out again from the new address, the same octets. */
static void a_move_during_an_exchange(void **state)
{
	struct pair *p = pair_new(PAIR_CAROL, PAIR_MOON);
	struct sa *sa;
	own_blob before = { 0 };

	(void)state;
	pair_establish(p, false);
	sa = pair_sa(p->carol);
	p->arg = 1;
	p->filter = note_source;
	pair_acquire(p, p->carol, "tunnel");
	pair_run(p); /* lost */
	blob_set(&before, blob_view(&sa->request.at[0]));
	move(p->carol, "tunnel", "2001::50", "2001:1::1");
	assert_true(bytes_eq(blob_view(&before), blob_view(&sa->request.at[0])));
	pair_run(p);
	assert_string_equal(addr_str(&last_from), "2001::50");
	assert_non_null(pair_child(p->carol, "tunnel"));
	pair_free(p);
}

static void a_move_during_ike_sa_init_begins_it_anew(void **state)
{
	struct pair *p = pair_new(PAIR_CAROL, PAIR_MOON);

	(void)state;
	p->filter = drop_all;
	pair_acquire(p, p->carol, "mh");
	pair_run(p);
	p->filter = NULL;
	move(p->carol, "mh", "2001::50", "2001:1::1");
	pair_run(p);
	assert_true(pair_up(p, "mh", "carol-mh"));
	assert_int_equal(pair_said(p, "a NAT is between"), 0);
	pair_free(p);
}

/* B-055: moon answers to where a request came from, but sends its own to the address it knows. */
static void requests_come_from_anywhere_answers_go_there(void **state)
{
	struct pair *p = pair_new(PAIR_CAROL, PAIR_MOON);

	(void)state;
	pair_establish(p, false);
	move(p->carol, "mh", "2001::50", "2001:1::1");
	iked_rekey_child(pair_child(p->carol, "mh"));
	pair_run(p);
	assert_true(pair_up(p, "mh", "carol-mh"));
	assert_string_equal(addr_str(&pair_sa(p->moon)->remote), "2001::41a:a8ff:fe6f:c67");
	pair_free(p);
}

static void transport_proxies_never_move(void **state)
{
	struct pair *p = pair_new(PAIR_CAROL, PAIR_MOON);
	struct child *mh;
	struct in6_addr to = in6("2001::50"), ha = in6("2001:1::1");

	(void)state;
	pair_establish(p, true);
	mh = pair_child(p->carol, "mh");
	assert_int_equal(child_move(mh, &to, &ha), 0);
	assert_string_equal(addr_str(&mh->local), "2001:1::10");
	assert_int_equal(fake_xfrm_count(p->carol->kernel, XFRM_MSG_DELSA), 0);
	pair_free(p);
}

static bool kernel_has(
	struct node *n, const struct in6_addr *dst, uint32_t spi, struct xfrm_sa *out)
{
	struct xfrm_sa_key key = { .dst = *dst, .proto = XP_ESP, .spi = spi };

	return !xfrm_sa_get(n->nl, &key, out);
}

/* P10, P11: an SA that the kernel left behind is moved, one that it moved is only noted. */
static void a_tunnel_left_behind_is_moved_with_its_keys(void **state)
{
	struct pair *p = pair_new(PAIR_CAROL, PAIR_MOON);
	struct in6_addr to = in6("2001::50"), ha = in6("2001:1::1");
	struct child *c;
	struct xfrm_sa before, after;
	struct xfrm_sa_key key;
	struct fake_keys keys, moved;
	unsigned added;

	(void)state;
	pair_establish(p, true);
	c = pair_child(p->carol, "tunnel");
	assert_true(kernel_has(p->carol, &c->remote, c->spi_out, &before));
	key = (struct xfrm_sa_key){ .dst = c->remote, .proto = XP_ESP, .spi = c->spi_out };
	assert_int_equal(fake_keys(p->carol->nl, &key, &keys), 0);
	assert_int_equal(child_move(c, &to, &ha), 0);
	key.dst = ha;
	assert_int_equal(fake_keys(p->carol->nl, &key, &moved), 0);
	assert_true(kernel_has(p->carol, &ha, c->spi_out, &after));
	assert_memory_equal(&keys, &moved, sizeof(keys));
	assert_string_equal(addr_str(&after.src), "2001::50");
	assert_true(kernel_has(p->carol, &to, c->spi_in, &after));
	added = fake_xfrm_count(p->carol->kernel, XFRM_MSG_NEWSA);
	assert_int_equal(child_move(c, &to, &ha), 0);
	assert_int_equal(fake_xfrm_count(p->carol->kernel, XFRM_MSG_NEWSA), added);
	assert_int_equal(fake_xfrm_n_sa(p->carol->kernel), 4);
	pair_free(p);
}

static void a_child_made_after_the_move_has_the_new_end(void **state)
{
	struct pair *p = pair_new(PAIR_CAROL, PAIR_MOON);

	(void)state;
	pair_establish(p, false);
	move(p->carol, "mh", "2001::50", "2001:1::1");
	move(p->moon, "carol-mh", "2001:1::1", "2001::50");
	pair_acquire(p, p->carol, "tunnel");
	pair_run(p);
	assert_true(pair_up(p, "tunnel", "carol-tunnel"));
	assert_string_equal(addr_str(&pair_child(p->carol, "tunnel")->local), "2001::50");
	pair_free(p);
}

/* B-103 of the home agent: it knows where carol is and may begin itself. */
static void the_home_agent_begins_a_child_sa(void **state)
{
	struct pair *p = pair_new(PAIR_CAROL, PAIR_MOON);

	(void)state;
	pair_establish(p, false);
	assert_int_equal(
		iked_want_child(p->moon->d, trap_by_name(p->moon->d, "carol-tunnel"), NULL), 0);
	pair_run(p);
	assert_true(pair_up(p, "tunnel", "carol-tunnel"));
	assert_int_equal(p->moon->n_done, 1);
	pair_free(p);
}

static void the_home_agent_begins_an_ike_sa_to_the_kmaddress(void **state)
{
	struct pair *p = pair_new(PAIR_CAROL, PAIR_MOON);
	struct trap *t = trap_by_name(p->moon->d, "carol-tunnel");

	(void)state;
	assert_int_equal(iked_want_child(p->moon->d, t, NULL), -EDESTADDRREQ);
	move(p->moon, "carol-tunnel", "2001:1::1", "2001::41a:a8ff:fe6f:c67");
	assert_int_equal(iked_want_child(p->moon->d, t, NULL), 0);
	pair_run(p);
	assert_true(pair_up(p, "tunnel", "carol-tunnel"));
	pair_free(p);
}

/* What carried traffic was deleted by somebody: the ACQUIRE makes a new one and cleans up. */
static void a_child_without_its_outbound_sa_is_replaced(void **state)
{
	struct pair *p = pair_new(PAIR_CAROL, PAIR_MOON);
	struct child *c;
	struct xfrm_sa_key key;

	(void)state;
	pair_establish(p, true);
	c = pair_child(p->carol, "tunnel");
	key = (struct xfrm_sa_key){ .dst = c->remote, .proto = XP_ESP, .spi = c->spi_out };
	assert_int_equal(xfrm_sa_del(p->carol->nl, &key), 0);
	assert_int_equal(pair_acquire(p, p->carol, "tunnel"), 1);
	pair_run(p);
	assert_true(pair_up(p, "tunnel", "carol-tunnel"));
	assert_int_equal(fake_xfrm_n_sa(p->carol->kernel), 4);
	assert_int_equal(fake_xfrm_n_sa(p->moon->kernel), 4);
	assert_int_equal(fake_xfrm_n_larval(p->carol->kernel), 0);
	pair_free(p);
}

UNIT_MAIN(T(a_kmaddress_before_any_ike_sa_is_remembered, "B-042 B-041 B-043! B-110"),
	T(a_move_is_silent_and_the_next_exchange_uses_it, "B-052 B-053 B-055 A-202"),
	T(a_move_during_an_exchange, "B-056"),
	T(a_move_during_ike_sa_init_begins_it_anew, "B-056! B-057 B-055!"),
	T(requests_come_from_anywhere_answers_go_there, "B-055 A-001!"),
	T(transport_proxies_never_move, "B-023! B-052!"),
	T(a_tunnel_left_behind_is_moved_with_its_keys, "B-052"),
	T(a_child_made_after_the_move_has_the_new_end, "A-175"),
	T(the_home_agent_begins_a_child_sa, "B-013"),
	T(the_home_agent_begins_an_ike_sa_to_the_kmaddress, "B-041 B-013"),
	T(a_child_without_its_outbound_sa_is_replaced, "B-040"))
