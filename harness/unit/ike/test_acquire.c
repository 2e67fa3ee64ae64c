/* ACQUIRE and EXPIRE of the kernel, and which connection they mean. */
#include <errno.h>
#include <linux/xfrm.h>

#include "unit/ike/kern.h"

static struct pair *p;
static struct kern carol, moon;

static void open_stage(uint32_t mh, uint32_t tunnel)
{
	p = pair_new(PAIR_CAROL, PAIR_MOON);
	kern_open(&carol, p->carol, false);
	kern_open(&moon, p->moon, true);
	kern_add_policies(&carol, mh, tunnel, FIRST);
	kern_add_policies(&moon, mh, tunnel, FIRST);
}

static void close_stage(void)
{
	kern_close(&carol);
	kern_close(&moon);
	pair_free(p);
}

static void the_page_s_two_acquires_make_one_ike_sa(void **state)
{
	(void)state;
	open_stage(1, 2);
	assert_int_equal(kern_packet(&carol, IPPROTO_MH, 5), 1);
	assert_int_equal(kern_packet(&carol, IPPROTO_ICMPV6, 146), 1);
	pair_run(p);
	assert_int_equal(pair_n_sa(p->carol), 1);
	assert_true(pair_up(p, "mh", "carol-mh"));
	assert_true(pair_up(p, "tunnel", "carol-tunnel"));
	assert_int_equal(pair_said(p,
				 "creating acquire job for policy 2001:1::10/128[135/5] === "
				 "2001:1::1/128[135] with reqid {1}"),
		1);
	assert_int_equal(pair_said(p,
				 "creating acquire job for policy "
				 "2001:1::10/128[ipv6-icmp/146] === "
				 "2001:1::1/128[ipv6-icmp] with reqid {2}"),
		1);
	assert_int_equal(
		pair_said(p, "generating CREATE_CHILD_SA request 2 [ SA No KE TSi TSr ]"), 1);
	close_stage();
}

static void the_tunnel_may_come_first(void **state)
{
	(void)state;
	open_stage(1, 2);
	assert_int_equal(kern_packet(&carol, IPPROTO_ICMPV6, 146), 1);
	pair_run(p);
	assert_true(pair_up(p, "tunnel", "carol-tunnel"));
	assert_int_equal(kern_packet(&carol, IPPROTO_MH, 5), 1);
	pair_run(p);
	assert_true(pair_up(p, "mh", "carol-mh"));
	assert_int_equal(pair_n_sa(p->carol), 1);
	close_stage();
}

/* The kernel asks again when its larval state is gone. */
static void a_repeated_acquire_is_merged(void **state)
{
	(void)state;
	open_stage(1, 2);
	assert_int_equal(kern_packet(&carol, IPPROTO_MH, 5), 1);
	fake_xfrm_drop_larvals(p->carol->kernel);
	assert_int_equal(kern_packet(&carol, IPPROTO_MH, 5), 1);
	assert_int_equal(pair_said(p, "initiating IKE_SA"), 1);
	pair_run(p);
	assert_int_equal(pair_n_sa(p->carol), 1);
	assert_true(pair_up(p, "mh", "carol-mh"));
	close_stage();
}

/* The IKE_SA takes longer than the larval states of the kernel live. */
static void larval_states_that_end_do_no_harm(void **state)
{
	(void)state;
	open_stage(1, 2);
	assert_int_equal(kern_packet(&carol, IPPROTO_MH, 5), 1);
	for (int i = 0; i < 3; i++) {
		assert_true(pair_step(p));
		fake_xfrm_drop_larvals(p->carol->kernel);
		fake_xfrm_drop_larvals(p->moon->kernel);
	}
	pair_run(p);
	assert_true(pair_up(p, "mh", "carol-mh"));
	assert_int_equal(fake_xfrm_n_larval(p->carol->kernel), 0);
	close_stage();
}

static void acquires_of_others_are_ignored(void **state)
{
	struct xfrm_event ev = { .kind = XE_ACQUIRE };

	(void)state;
	open_stage(1, 2);
	ev.acquire.sel = kern_policy(&carol, false, XD_OUT, 1, FIRST).sel;
	ev.acquire.proto = XP_HAO;
	ev.acquire.reqid = 1;
	pair_forget(p);
	acquire_event(carol.r, &ev);
	assert_int_equal(pair_said(p, "ACQUIRE"), 0);
	assert_int_equal(p->carol->n_sent, 0);
	ev.acquire.proto = XP_ESP;
	ev.acquire.sel.src = (struct prefix){ kern_addr("2001:db8::1"), 128 };
	acquire_event(carol.r, &ev);
	assert_int_equal(p->carol->n_sent, 0);
	assert_int_equal(pair_said(p, "no connection for 2001:db8::1/128[135]"), 1);
	close_stage();
}

/* An end without leftsubnet is its own address, for the kernel's question too. */
static void a_connection_without_subnets_is_asked_for_by_its_ends(void **state)
{
	struct xfrm_event ev = { .kind = XE_ACQUIRE };

	(void)state;
	p = pair_new(PAIR_CAROL "conn host\n\tleft=2001::41a:a8ff:fe6f:c67\n"
				"\tleftcert=CERTS/carolCert.pem\n"
				"\tleftid=carol@strongswan.org\n\tright=2001:1::1\n"
				"\trightid=moon.strongswan.org\n\ttype=transport\n"
				"\treqid=9\n\tauto=route\n",
		PAIR_MOON);
	kern_open(&carol, p->carol, false);
	kern_open(&moon, p->moon, true);
	ev.acquire.sel.src = (struct prefix){ kern_addr("2001::41a:a8ff:fe6f:c67"), 128 };
	ev.acquire.sel.dst = (struct prefix){ kern_addr("2001:1::1"), 128 };
	ev.acquire.sel.proto = IPPROTO_ICMPV6;
	ev.acquire.proto = XP_ESP;
	ev.acquire.reqid = 9;
	ev.acquire.mode = XM_TRANSPORT;
	acquire_event(carol.r, &ev);
	assert_int_equal(
		pair_said(p, "creating acquire job for policy 2001::41a:a8ff:fe6f:c67"), 1);
	close_stage();
}

static void ask_for_type(int type)
{
	struct xfrm_event ev = { .kind = XE_ACQUIRE };

	ev.acquire.sel = SEL(((struct prefix){ kern_addr("2001:1::10"), 128 }),
		((struct prefix){ kern_addr("2001:1::1"), 128 }), IPPROTO_MH);
	ev.acquire.sel.type = type;
	ev.acquire.proto = XP_ESP;
	ev.acquire.reqid = 9;
	ev.acquire.mode = XM_TRANSPORT;
	acquire_event(carol.r, &ev);
}

/* Our end sends 5 and the peer's 6; of the answer's type a packet says nothing. */
static void a_packet_has_the_type_of_its_sender_only(void **state)
{
	(void)state;
	p = pair_new(PAIR_CAROL "conn typed\n\talso=home\n\trightsubnet=2001:1::1/128\n"
				"\tleftprotoport=135/5\n\trightprotoport=135/6\n"
				"\ttype=transport_proxy\n\treqid=9\n\tauto=route\n",
		PAIR_MOON);
	kern_open(&carol, p->carol, false);
	kern_open(&moon, p->moon, true);
	trap_by_name(p->carol->d, "mh")->gone = true;
	ask_for_type(6);
	assert_int_equal(pair_said(p, "creating acquire job"), 0);
	ask_for_type(5);
	assert_int_equal(pair_said(p, "creating acquire job for policy 2001:1::10/128[135/5]"), 1);
	close_stage();
}

/* Swapped in the file, or mip6d's numbers are others: the kernel's policy decides. */
static void reqids_are_those_of_the_kernel_s_policies(void **state)
{
	(void)state;
	open_stage(7, 5);
	assert_int_equal(trap_by_name(p->carol->d, "mh")->reqid_out, 7);
	assert_int_equal(trap_by_name(p->carol->d, "tunnel")->reqid_in, 5);
	assert_int_equal(trap_by_name(p->moon->d, "carol-mh")->reqid_out, 7);
	assert_int_equal(pair_said(p,
				 "conn 'mh' uses reqid {7} of kernel policy "
				 "2001:1::10/128[135] === 2001:1::1/128[135] out"),
		1);
	assert_int_equal(kern_packet(&carol, IPPROTO_MH, 5), 1);
	pair_run(p);
	assert_int_equal(pair_child(p->carol, "mh")->reqid_out, 7);
	assert_int_equal(pair_child(p->moon, "carol-mh")->reqid_in, 7);
	close_stage();
}

static void each_direction_may_have_its_own_reqid(void **state)
{
	struct xfrm_policy out, in;
	struct xfrm_sa_key key = { .proto = XP_ESP };
	struct xfrm_sa sa;
	struct child *c;

	(void)state;
	p = pair_new(PAIR_CAROL, PAIR_MOON);
	kern_open(&carol, p->carol, false);
	kern_open(&moon, p->moon, true);
	out = kern_policy(&carol, false, XD_OUT, 3, FIRST);
	in = kern_policy(&carol, false, XD_IN, 4, FIRST);
	assert_int_equal(xfrm_policy_add(p->carol->nl, &out), 0);
	assert_int_equal(xfrm_policy_add(p->carol->nl, &in), 0);
	fake_xfrm_deliver(p->carol->kernel);
	assert_int_equal(kern_packet(&carol, IPPROTO_MH, 5), 1);
	pair_run(p);
	c = pair_child(p->carol, "mh");
	key.dst = c->in_dst;
	key.spi = c->spi_in;
	assert_int_equal(xfrm_sa_get(p->carol->nl, &key, &sa), 0);
	assert_int_equal(sa.reqid, 4);
	key.dst = c->out_dst;
	key.spi = c->spi_out;
	assert_int_equal(xfrm_sa_get(p->carol->nl, &key, &sa), 0);
	assert_int_equal(sa.reqid, 3);
	close_stage();
}

static void an_explicit_reqid_stays_and_is_told_when_the_policy_differs(void **state)
{
	(void)state;
	p = pair_new(PAIR_CAROL "\treqid=9\n", PAIR_MOON);
	kern_open(&carol, p->carol, false);
	kern_open(&moon, p->moon, true);
	kern_add_policies(&carol, 1, 2, FIRST);
	assert_int_equal(trap_by_name(p->carol->d, "mh")->reqid_out, 9);
	assert_true(pair_said(p, "conn 'mh' has reqid=9, the kernel policy") > 0);
	/* The selector decides all the same. */
	assert_int_equal(kern_packet(&carol, IPPROTO_MH, 5), 1);
	assert_int_equal(pair_said(p, "initiating IKE_SA mh[1]"), 1);
	close_stage();
}

/* A number that a connection has by its line is drawn for no other one. */
static void the_counter_avoids_what_a_line_has_taken(void **state)
{
	(void)state;
	p = pair_new(PAIR_CAROL "conn other\n\talso=home\n\treqid=1\n\trightsubnet=2001:9::/64\n"
				"\tauto=route\n",
		PAIR_MOON);
	kern_open(&carol, p->carol, false);
	kern_open(&moon, p->moon, true);
	assert_int_equal(trap_by_name(p->carol->d, "other")->reqid_out, 1);
	assert_int_equal(trap_by_name(p->carol->d, "mh")->reqid_out, 2);
	assert_int_equal(trap_by_name(p->carol->d, "tunnel")->reqid_out, 3);
	close_stage();
}

static void numbers_stay_with_the_name(void **state)
{
	(void)state;
	p = pair_new(PAIR_CAROL, PAIR_MOON);
	kern_open(&carol, p->carol, false);
	kern_open(&moon, p->moon, true);
	assert_int_equal(trap_by_name(p->carol->d, "mh")->reqid_out, 1);
	assert_int_equal(trap_by_name(p->carol->d, "tunnel")->reqid_out, 2);
	pair_load(p->carol, PAIR_CAROL_WITH("\tlifetime=30m\n", PAGE_SUITE, PAGE_SUITE));
	assert_int_equal(trap_by_name(p->carol->d, "tunnel")->reqid_out, 2);
	close_stage();
}

static void a_soft_expire_rekeys_and_a_hard_one_deletes(void **state)
{
	struct child *c;
	struct xfrm_sa_key key = { .proto = XP_ESP };
	uint32_t old;

	(void)state;
	open_stage(1, 2);
	assert_int_equal(kern_packet(&carol, IPPROTO_MH, 5), 1);
	pair_run(p);
	c = pair_child(p->carol, "mh");
	old = key.spi = c->spi_in;
	key.dst = c->in_dst;
	assert_int_equal(fake_xfrm_expire(p->carol->kernel, &key, false), 0);
	fake_xfrm_deliver(p->carol->kernel);
	pair_run(p);
	c = pair_child(p->carol, "mh");
	assert_true(c && c->spi_in != old);
	assert_true(pair_up(p, "mh", "carol-mh"));
	key.spi = c->spi_out;
	key.dst = c->out_dst;
	old = c->spi_in;
	assert_int_equal(fake_xfrm_expire(p->carol->kernel, &key, true), 0);
	fake_xfrm_deliver(p->carol->kernel);
	pair_run(p);
	c = pair_child(p->carol, "mh");
	assert_true(!c || c->spi_in != old);
	close_stage();
}

/* The SA that a child has in the kernel. */
static struct xfrm_sa installed(struct node *n, uint32_t spi, const struct in6_addr *dst)
{
	struct xfrm_sa_key key = { .dst = *dst, .proto = XP_ESP, .spi = spi };
	struct xfrm_sa sa = { 0 };

	assert_int_equal(xfrm_sa_get(n->d->seams.xfrm, &key, &sa), 0);
	return sa;
}

static void an_sa_is_replaced_long_before_its_sequence_numbers_are_used_up(void **state)
{
	struct child *c;
	struct xfrm_sa in, out;

	(void)state;
	open_stage(1, 2);
	assert_int_equal(kern_packet(&carol, IPPROTO_MH, 5), 1);
	pair_run(p);
	c = pair_child(p->carol, "mh");
	in = installed(p->carol, c->spi_in, &c->in_dst);
	out = installed(p->carol, c->spi_out, &c->out_dst);
	assert_int_equal(in.soft_packets, 0x80000000);
	assert_int_equal(out.soft_packets, 0x80000000);
	assert_int_equal(in.hard_packets, 0xffffffff);
	assert_int_equal(out.hard_packets, 0xffffffff);
	close_stage();
}

static void expires_of_others_and_of_larval_states_are_ignored(void **state)
{
	struct xfrm_event ev = { .kind = XE_EXPIRE, .expire = { .hard = true } };
	struct child *c;

	(void)state;
	open_stage(1, 2);
	assert_int_equal(kern_packet(&carol, IPPROTO_MH, 5), 1);
	pair_run(p);
	c = pair_child(p->carol, "mh");
	ev.expire.key =
		(struct xfrm_sa_key){ .dst = c->in_dst, .proto = XP_ROUTE2, .spi = c->spi_in };
	expire_event(carol.r, &ev);
	ev.expire.key.proto = XP_ESP;
	ev.expire.larval = true;
	expire_event(carol.r, &ev);
	ev.expire.larval = false;
	ev.expire.key.dst = kern_addr("2001:db8::1");
	expire_event(carol.r, &ev);
	assert_ptr_equal(pair_child(p->carol, "mh"), c);
	assert_int_equal(c->state, CHILD_UP);
	close_stage();
}

/* The kernel's template takes any SA, ours have the counter's numbers; moves find them. */
static void reqid_0_of_a_policy_fits_the_counter_s(void **state)
{
	struct child *c;
	struct xfrm_sa_key key = { .proto = XP_ESP };
	struct xfrm_sa sa;

	(void)state;
	open_stage(0, 0);
	assert_int_equal(kern_packet(&carol, IPPROTO_MH, 5), 1);
	pair_run(p);
	assert_int_equal(kern_packet(&carol, IPPROTO_ICMPV6, 146), 1);
	pair_run(p);
	assert_true(pair_up(p, "mh", "carol-mh"));
	assert_true(pair_up(p, "tunnel", "carol-tunnel"));
	c = pair_child(p->carol, "tunnel");
	key.dst = c->remote;
	key.spi = c->spi_out;
	assert_int_equal(xfrm_sa_get(p->carol->nl, &key, &sa), 0);
	assert_int_equal(sa.reqid, 2);
	assert_int_equal(c->reqid_out, 2);
	assert_int_equal(kern_packet(&carol, IPPROTO_MH, 5), 0); /* the policy has its SA */
	kern_move(&carol, FIRST, SECOND, true);
	assert_string_equal(addr_str(&c->local), SECOND);
	assert_string_equal(addr_str(&c->sa->local), SECOND);
	assert_int_equal(xfrm_sa_get(p->carol->nl, &key, &sa), 0);
	assert_string_equal(addr_str(&sa.src), SECOND);
	close_stage();
}

UNIT_MAIN(T(reqid_0_of_a_policy_fits_the_counter_s, "B-096"),
	T(the_page_s_two_acquires_make_one_ike_sa, "B-040 B-047 B-048"),
	T(the_tunnel_may_come_first, "B-049"), T(a_repeated_acquire_is_merged, "B-044 A-222"),
	T(larval_states_that_end_do_no_harm, "B-045"), T(acquires_of_others_are_ignored, "B-040!"),
	T(a_connection_without_subnets_is_asked_for_by_its_ends, "A-262"),
	T(a_packet_has_the_type_of_its_sender_only, "A-133 A-265"),
	T(reqids_are_those_of_the_kernel_s_policies, "B-092 B-093 B-095"),
	T(each_direction_may_have_its_own_reqid, "B-094"),
	T(an_explicit_reqid_stays_and_is_told_when_the_policy_differs, "B-091 B-093!"),
	T(numbers_stay_with_the_name, "B-090"),
	T(the_counter_avoids_what_a_line_has_taken, "B-091!"),
	T(a_soft_expire_rekeys_and_a_hard_one_deletes, "A-136"),
	T(an_sa_is_replaced_long_before_its_sequence_numbers_are_used_up, "F-025"),
	T(expires_of_others_and_of_larval_states_are_ignored, "A-136! B-045!"))
