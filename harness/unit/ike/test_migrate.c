/* carol's kernel tells of a movement: what the daemon believes, moves and remembers. */
#include <errno.h>
#include <linux/xfrm.h>

#include "unit/ike/kern.h"

enum { MIGRATE_STATE = 0x29 };

static struct kerns s;

static void assert_tunnel_at(struct kern *k, const char *conn, const char *coa)
{
	struct child *c = pair_child(k->n, conn);
	const char *local = k->is_home ? HOME : coa, *remote = k->is_home ? coa : HOME;
	struct in6_addr out = kern_sa_src(k, remote, c->spi_out),
			in = kern_sa_src(k, local, c->spi_in);

	assert_string_equal(addr_str(&c->local), local);
	assert_string_equal(addr_str(&c->remote), remote);
	assert_string_equal(addr_str(&c->in_dst), local);
	assert_string_equal(addr_str(&c->out_dst), remote);
	assert_string_equal(addr_str(&out), local);
	assert_string_equal(addr_str(&in), remote);
}

static void the_page_s_start_is_told_line_by_line(void **state)
{
	static const char *const lines[] = { "received a XFRM_MSG_MIGRATE",
		"  policy: 2001:1::10/128[135] === 2001:1::1/128[135] out", "  XFRMA_KMADDRESS",
		"  kmaddress: 2001::41a:a8ff:fe6f:c67...2001:1::1", "  XFRMA_MIGRATE",
		"  migrate ESP %any...%any to 2001::41a:a8ff:fe6f:c67...2001:1::1, reqid {1}",
		"creating migrate job for policy 2001:1::10/128[135] === 2001:1::1/128[135] out "
		"with "
		"reqid {1}",
		"creating migrate job for policy 2001:1::1/128[135] === 2001:1::10/128[135] in "
		"with "
		"reqid {1}",
		"  migrate ESP 2001:1::10...2001:1::1 to 2001::41a:a8ff:fe6f:c67...2001:1::1, "
		"reqid {2}",
		"creating migrate job for policy 2001:1::10/128 === ::/0 out with reqid {2}",
		"creating migrate job for policy ::/0 === 2001:1::10/128 in with reqid {2}" };

	(void)state;
	kerns_open(&s, PAIR_CAROL);
	kern_add_policies(&s.carol, 1, 2, HOA);
	pair_forget(s.p);
	kern_move(&s.carol, HOA, FIRST, true);
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		if (!pair_said(s.p, lines[i]))
			fail_msg("not said: %s", lines[i]);
	kerns_close(&s);
}

static void a_kmaddress_before_any_ike_sa_chooses_its_source(void **state)
{
	(void)state;
	kerns_open(&s, PAIR_CAROL);
	kern_add_policies(&s.carol, 1, 2, HOA);
	kern_move(&s.carol, HOA, SECOND, true); /* not what the route would say */
	assert_int_equal(kern_packet(&s.carol, IPPROTO_MH, 5), 1);
	pair_run(s.p);
	assert_string_equal(addr_str(&pair_sa(s.p->carol)->local), SECOND);
	kerns_close(&s);
}

static void a_move_takes_ike_sa_and_tunnels_and_sends_nothing(void **state)
{
	unsigned carol, moon;
	uint32_t in;

	(void)state;
	kerns_establish(&s, true);
	carol = s.p->carol->n_sent;
	moon = s.p->moon->n_sent;
	in = pair_child(s.p->carol, "tunnel")->spi_in;
	kern_move(&s.carol, FIRST, SECOND, true);
	kern_move(&s.moon, FIRST, SECOND, true);
	assert_string_equal(addr_str(&pair_sa(s.p->carol)->local), SECOND);
	assert_string_equal(addr_str(&pair_sa(s.p->moon)->remote), SECOND);
	assert_tunnel_at(&s.carol, "tunnel", SECOND);
	assert_tunnel_at(&s.moon, "carol-tunnel", SECOND);
	assert_int_equal(pair_child(s.p->carol, "tunnel")->spi_in, in);
	assert_int_equal(s.p->carol->n_sent, carol);
	assert_int_equal(s.p->moon->n_sent, moon);
	kerns_close(&s);
}

static void the_kernel_s_own_move_is_not_repeated(void **state)
{
	unsigned added, deleted;

	(void)state;
	kerns_establish(&s, true);
	added = fake_xfrm_count(s.p->carol->kernel, XFRM_MSG_NEWSA);
	deleted = fake_xfrm_count(s.p->carol->kernel, XFRM_MSG_DELSA);
	kern_move(&s.carol, FIRST, SECOND, true);
	assert_int_equal(fake_xfrm_count(s.p->carol->kernel, XFRM_MSG_NEWSA), added);
	assert_int_equal(fake_xfrm_count(s.p->carol->kernel, XFRM_MSG_DELSA), deleted);
	kerns_close(&s);
}

/* The other direction's SA stays until its own event, or the MIGRATE to come would not find it. */
static void each_direction_moves_with_its_own_event(void **state)
{
	struct child *c;
	struct in6_addr in;

	(void)state;
	kerns_establish(&s, true);
	c = pair_child(s.p->carol, "tunnel");
	assert_int_equal(kern_migrate(&s.carol, true, XD_OUT, FIRST, SECOND, true), 0);
	in = kern_sa_src(&s.carol, FIRST, c->spi_in);
	assert_string_equal(addr_str(&in), HOME);
	assert_int_equal(kern_migrate(&s.carol, true, XD_IN, FIRST, SECOND, true), 0);
	assert_tunnel_at(&s.carol, "tunnel", SECOND);
	kerns_close(&s);
}

static void transport_sas_are_never_touched(void **state)
{
	struct child *c;
	struct in6_addr out;

	(void)state;
	kerns_establish(&s, true);
	c = pair_child(s.p->carol, "mh");
	kern_move(&s.carol, FIRST, SECOND, true);
	out = kern_sa_src(&s.carol, HOME, c->spi_out);
	assert_string_equal(addr_str(&out), HOA);
	assert_string_equal(addr_str(&c->local), HOA);
	kerns_close(&s);
}

static void without_kmaddress_only_the_tunnel_moves(void **state)
{
	(void)state;
	kerns_establish(&s, true);
	kern_move(&s.carol, FIRST, SECOND, false);
	assert_string_equal(addr_str(&pair_sa(s.p->carol)->local), FIRST);
	assert_tunnel_at(&s.carol, "tunnel", SECOND);
	kerns_close(&s);
}

static void the_same_move_twice_changes_nothing(void **state)
{
	(void)state;
	kerns_establish(&s, true);
	kern_move(&s.carol, FIRST, SECOND, true);
	kern_move(&s.carol, SECOND, SECOND, true);
	assert_tunnel_at(&s.carol, "tunnel", SECOND);
	kerns_close(&s);
}

static void a_move_in_any_order_ends_at_the_same_place(void **state)
{
	static const struct {
		bool tunnel;
		enum xdir dir;
	} order[] = { { true, XD_IN }, { false, XD_IN }, { true, XD_OUT }, { false, XD_OUT } };

	(void)state;
	kerns_establish(&s, true);
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(
			kern_migrate(&s.carol, order[i].tunnel, order[i].dir, FIRST, SECOND, true),
			0);
	assert_string_equal(addr_str(&pair_sa(s.p->carol)->local), SECOND);
	assert_tunnel_at(&s.carol, "tunnel", SECOND);
	kerns_close(&s);
}

static enum pair_fate drop_informational(struct pair *p, struct dgram *g)
{
	(void)p;
	return g->data[18] == XCHG_INFORMATIONAL ? PAIR_DROP : PAIR_PASS;
}

/* P10: the kernel moves one of the two; the daemon brings the other one after. */
static void both_sas_of_a_rekey_overlap_are_moved(void **state)
{
	struct child *c;
	unsigned n = 0;

	(void)state;
	kerns_establish(&s, true);
	s.p->filter = drop_informational; /* the old one is not deleted */
	assert_int_equal(iked_rekey_child(pair_child(s.p->carol, "tunnel")), 0);
	pair_run(s.p);
	kern_move(&s.carol, FIRST, SECOND, true);
	LIST_FOREACH (c, &trap_by_name(s.p->carol->d, "tunnel")->children, of_trap) {
		struct in6_addr in = kern_sa_src(&s.carol, SECOND, c->spi_in);

		assert_string_equal(addr_str(&in), HOME);
		n++;
	}
	assert_int_equal(n, 2);
	s.p->filter = NULL;
	pair_advance(s.p, 10000);
	kerns_close(&s);
}

/* The MIGRATE came, its event is not read yet: what is wanted is there. */
static void an_sa_that_moved_without_notice_is_still_there(void **state)
{
	struct xfrm_sa_key key = { .dst = kern_addr(SECOND), .proto = XP_ESP };
	struct iked *d;

	(void)state;
	kerns_establish(&s, true);
	d = s.p->moon->d;
	fake_xfrm_events(s.p->moon->kernel, NULL, NULL);
	assert_int_equal(kern_migrate(&s.moon, true, XD_OUT, FIRST, SECOND, true), 0);
	key.spi = pair_child(s.p->carol, "tunnel")->spi_in;
	fake_xfrm_events(s.p->carol->kernel, NULL, NULL);
	assert_int_equal(kern_migrate(&s.carol, true, XD_IN, FIRST, SECOND, true), 0);
	assert_int_equal(fake_xfrm_heard(s.p->carol->kernel, &key, 1), 0);
	assert_true(child_last_in(pair_child(s.p->carol, "tunnel")) > 0);
	assert_true(child_octets(pair_child(s.p->carol, "tunnel"), false) > 0);
	assert_int_equal(iked_want_child(d, trap_by_name(d, "carol-tunnel"), NULL), 0);
	pair_run(s.p);
	assert_int_equal(fake_xfrm_n_sa(s.p->moon->kernel), 4);
	assert_int_equal(pair_said(s.p, "sending DELETE for ESP"), 0);
	kerns_close(&s);
}

struct flood {
	struct kern *k;
	unsigned sent, acquires;
};

static void packet_leaves(uint16_t type, void *arg)
{
	struct flood *f = arg;
	struct prefix far = { .len = 128, .addr = kern_addr("2001:9::9") };
	struct prefix hoa = { .len = 128, .addr = kern_addr(HOA) };
	struct sel packet = f->k->is_home ? SEL(far, hoa, 58) : SEL(hoa, far, 58);

	(void)type;
	f->sent++;
	f->acquires += fake_xfrm_packet(f->k->n->kernel, &packet) == 1;
}

/* 50 moves while both pairs of a rekey stand, a packet before whatever is asked of the kernel. */
static void move_in_an_overlap(bool in_one_step)
{
	struct flood carol = { .k = &s.carol }, moon = { .k = &s.moon };

	kerns_establish(&s, true);
	if (in_one_step) {
		fake_xfrm_moves_states(s.p->carol->kernel);
		fake_xfrm_moves_states(s.p->moon->kernel);
	}
	s.p->filter = drop_informational;
	assert_int_equal(iked_rekey_child(pair_child(s.p->carol, "tunnel")), 0);
	pair_run(s.p);
	fake_xfrm_before(s.p->carol->kernel, packet_leaves, &carol);
	fake_xfrm_before(s.p->moon->kernel, packet_leaves, &moon);
	for (int i = 0; i < 50; i++) {
		kern_move(&s.carol, i % 2 ? SECOND : FIRST, i % 2 ? FIRST : SECOND, true);
		kern_move(&s.moon, i % 2 ? SECOND : FIRST, i % 2 ? FIRST : SECOND, true);
	}
	fake_xfrm_before(s.p->carol->kernel, NULL, NULL);
	fake_xfrm_before(s.p->moon->kernel, NULL, NULL);
	assert_true(carol.sent > 500 && moon.sent > 500);
	assert_int_equal(carol.acquires + moon.acquires, 0);
	assert_int_equal(fake_xfrm_n_reused(s.p->carol->kernel), 0);
	assert_int_equal(fake_xfrm_n_reused(s.p->moon->kernel), 0);
	assert_int_equal(fake_xfrm_n_larval(s.p->carol->kernel), 0);
	assert_int_equal(in_one_step, fake_xfrm_count(s.p->carol->kernel, MIGRATE_STATE) > 50);
	s.p->filter = NULL;
	pair_advance(s.p, 10000);
	kerns_close(&s);
}

static void fifty_moves_in_an_overlap_use_no_number_twice(void **state)
{
	(void)state;
	move_in_an_overlap(false);
}

static void fifty_moves_in_one_step_use_no_number_twice(void **state)
{
	(void)state;
	move_in_an_overlap(true);
}

/* P7: the mobility daemon rewrote a policy that MIGRATE did not move. */
static void a_rewritten_policy_takes_its_sa_along(void **state)
{
	struct xfrm_policy out, in;

	(void)state;
	kerns_establish(&s, true);
	out = kern_policy(&s.carol, true, XD_OUT, 2, SECOND);
	in = kern_policy(&s.carol, true, XD_IN, 2, SECOND);
	assert_int_equal(xfrm_policy_update(s.p->carol->nl, &out), 0);
	assert_int_equal(xfrm_policy_update(s.p->carol->nl, &in), 0);
	fake_xfrm_deliver(s.p->carol->kernel);
	assert_tunnel_at(&s.carol, "tunnel", SECOND);
	kerns_close(&s);
}

static struct xfrm_event forged(const struct kern *k, const char *to)
{
	struct xfrm_policy p = kern_policy(k, true, XD_OUT, 2, FIRST);

	return (struct xfrm_event){ .kind = XE_MIGRATE,
		.migrate = { .m = { { .sel = p.sel,
				     .dir = XD_OUT,
				     .proto = XP_ESP,
				     .mode = XM_TUNNEL,
				     .reqid = 2,
				     .old_src = p.tmpl[0].src,
				     .old_dst = p.tmpl[0].dst,
				     .new_src = kern_addr(to),
				     .new_dst = kern_addr(HOME),
				     .has_km = true,
				     .km_local = kern_addr(to),
				     .km_remote = kern_addr(HOME) } },
			.n = 1 } };
}

static void an_event_that_the_own_kernel_does_not_show_moves_nothing(void **state)
{
	struct xfrm_event ev;

	(void)state;
	kerns_establish(&s, true);
	ev = forged(&s.carol, "2001:db8::666");
	migrate_event(s.carol.r, &ev);
	assert_string_equal(addr_str(&pair_sa(s.p->carol)->local), FIRST);
	assert_tunnel_at(&s.carol, "tunnel", FIRST);
	kerns_close(&s);
}

static void a_move_for_nobody_is_kept_for_who_comes(void **state)
{
	(void)state;
	kerns_open(&s, "conn x\n");
	kern_add_policies(&s.carol, 1, 2, HOA);
	kern_move(&s.carol, HOA, SECOND, true);
	assert_true(pair_said(s.p, "no CHILD_SA found with reqid {1}") > 0);
	pair_trust(s.p->carol, "strongswanCert.pem", "strongswan.crl");
	pair_load(s.p->carol, PAIR_CAROL);
	km_trap(s.carol.r, trap_by_name(s.p->carol->d, "mh"));
	assert_int_equal(kern_packet(&s.carol, IPPROTO_MH, 5), 1);
	pair_run(s.p);
	assert_string_equal(addr_str(&pair_sa(s.p->carol)->local), SECOND);
	kerns_close(&s);
}

/* What was kept is claimed once; a connection that is read again has the latest, not the first. */
static void what_was_kept_does_not_come_back(void **state)
{
	(void)state;
	kerns_open(&s, "conn x\n");
	kern_add_policies(&s.carol, 1, 2, HOA);
	kern_move(&s.carol, HOA, SECOND, true);
	pair_trust(s.p->carol, "strongswanCert.pem", "strongswan.crl");
	pair_load(s.p->carol, PAIR_CAROL);
	km_trap(s.carol.r, trap_by_name(s.p->carol->d, "mh"));
	km_trap(s.carol.r, trap_by_name(s.p->carol->d, "tunnel"));
	kern_move(&s.carol, SECOND, FIRST, true);
	km_trap(s.carol.r, trap_by_name(s.p->carol->d, "mh"));
	km_trap(s.carol.r, trap_by_name(s.p->carol->d, "tunnel"));
	assert_string_equal(addr_str(&trap_by_name(s.p->carol->d, "mh")->km_local), FIRST);
	kerns_close(&s);
}

/* The policy goes in the same breath: the SA that the kernel moved is still known, and deleted. */
static void a_policy_that_is_gone_already_leaves_no_sa_behind(void **state)
{
	struct child *c;
	struct xfrm_migrate m;
	struct in6_addr out;

	(void)state;
	kerns_establish(&s, true);
	c = pair_child(s.p->carol, "tunnel");
	m = forged(&s.carol, HOA).migrate.m[0];
	m.has_km = false;
	assert_int_equal(xfrm_migrate(s.p->carol->nl, &m), 0);
	assert_int_equal(xfrm_policy_del(s.p->carol->nl, &m.sel, XD_OUT, false), 0);
	fake_xfrm_deliver(s.p->carol->kernel);
	assert_string_equal(addr_str(&c->out_src), HOA);
	out = kern_sa_src(&s.carol, HOME, c->spi_out);
	assert_string_equal(addr_str(&out), HOA);
	kerns_close(&s);
}

static void what_the_kernel_knows_is_read_at_start(void **state)
{
	struct xfrm_sa hao = { .src = kern_addr(HOA),
		.dst = kern_addr(HOME),
		.proto = XP_HAO,
		.mode = XM_RO,
		.coa = kern_addr(SECOND) };
	struct xfrm_sa_key key = { hao.src, hao.dst, XP_HAO, 0 };

	(void)state;
	kerns_open(&s, PAIR_CAROL);
	fake_xfrm_events(s.p->carol->kernel, NULL, NULL); /* nobody listened then */
	kern_add_policies(&s.carol, 3, 4, FIRST);
	migrate_resync(s.carol.r);
	assert_string_equal(addr_str(&trap_by_name(s.p->carol->d, "mh")->km_local), FIRST);
	assert_int_equal(trap_by_name(s.p->carol->d, "tunnel")->reqid_out, 4);
	hao.sel = SEL(((struct prefix){ hao.src, 128 }), ((struct prefix){ hao.dst, 128 }), 0);
	assert_int_equal(xfrm_sa_add(s.p->moon->nl, &hao), 0);
	migrate_resync(s.moon.r);
	assert_string_equal(
		addr_str(&trap_by_name(s.p->moon->d, "carol-mh")->peer->km_remote), SECOND);
	assert_int_equal(xfrm_sa_del(s.p->moon->nl, &key), 0);
	kerns_close(&s);
}

UNIT_MAIN(T(the_page_s_start_is_told_line_by_line, "B-050 B-054"),
	T(a_kmaddress_before_any_ike_sa_chooses_its_source, "B-041 B-042 B-043"),
	T(a_move_takes_ike_sa_and_tunnels_and_sends_nothing, "B-052 B-055 B-023"),
	T(the_kernel_s_own_move_is_not_repeated, "B-052"),
	T(each_direction_moves_with_its_own_event, "B-053 B-054!"),
	T(transport_sas_are_never_touched, "B-023! B-052!"),
	T(without_kmaddress_only_the_tunnel_moves, "B-051"),
	T(the_same_move_twice_changes_nothing, "B-053!"),
	T(a_move_in_any_order_ends_at_the_same_place, "B-053"),
	T(an_sa_that_moved_without_notice_is_still_there, "B-108"),
	T(fifty_moves_in_an_overlap_use_no_number_twice, "B-105 B-106"),
	T(fifty_moves_in_one_step_use_no_number_twice, "B-104 B-106"),
	T(both_sas_of_a_rekey_overlap_are_moved, "B-052"),
	T(a_rewritten_policy_takes_its_sa_along, "B-092"),
	T(an_event_that_the_own_kernel_does_not_show_moves_nothing, "B-059 B-103! F-010!"),
	T(a_move_for_nobody_is_kept_for_who_comes, "B-042 B-058"),
	T(what_was_kept_does_not_come_back, "B-042!"),
	T(a_policy_that_is_gone_already_leaves_no_sa_behind, "A-155"),
	T(what_the_kernel_knows_is_read_at_start, "B-101 A-223"))
