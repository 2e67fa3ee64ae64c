/* The kernel of this host, in a network namespace: what it takes is what the others of these tests
 * assume. */
#include <errno.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <linux/xfrm.h>
#include <string.h>

#include "base/loop.h"
#include "kernel/rt_event.h"
#include "kernel/xfrm_event.h"
#include "unit/kernel/make.h"
#include "unit/kernel/netns.h"
#include "unit/unit.h"

static struct nl *open_or_skip(int protocol)
{
	struct nl *nl = NULL;
	int r;

	NEED_NETNS();
	r = nl_open(protocol, &nl);
	if (r < 0) {
		print_message("skipped: %s\n", strerror(-r));
		skip();
	}
	return nl;
}

static int count_policy(const struct xfrm_policy *p, void *arg)
{
	(void)p;
	++*(unsigned *)arg;
	return 0;
}

static void a_policy_comes_back_as_it_was_installed(void **state)
{
	struct nl *nl = open_or_skip(NETLINK_XFRM);
	struct xfrm_policy p = { .sel = SEL(P(HOA), P(HA), 135),
		.dir = XD_OUT,
		.priority = 2,
		.tmpl = { { .proto = XP_ESP, .reqid = 1 } },
		.n_tmpl = 1 },
			   back;
	unsigned n = 0;

	(void)state;
	assert_int_equal(xfrm_policy_add(nl, &p), 0);
	assert_int_equal(xfrm_policy_add(nl, &p), -EEXIST);
	assert_int_equal(xfrm_policy_get(nl, &p.sel, XD_OUT, false, &back), 0);
	assert_true(sel_eq(&p.sel, &back.sel));
	assert_int_equal(back.tmpl[0].reqid, 1);
	p.priority = 7;
	assert_int_equal(xfrm_policy_update(nl, &p), 0);
	assert_int_equal(xfrm_policy_dump(nl, count_policy, &n), 0);
	assert_int_equal(n, 1);
	assert_int_equal(xfrm_policy_del(nl, &p.sel, XD_OUT, false), 0);
	assert_int_equal(xfrm_policy_del(nl, &p.sel, XD_OUT, false), -ENOENT);
	nl_free(nl);
}

static void an_spi_is_reserved_and_given_back(void **state)
{
	struct nl *nl = open_or_skip(NETLINK_XFRM);
	struct in6_addr src = A(HA), dst = A(HOA);
	struct xfrm_sa_key key = { .dst = dst, .proto = XP_ESP };
	struct xfrm_sa sa;

	(void)state;
	assert_int_equal(xfrm_spi_alloc(nl, &src, &dst, XM_TUNNEL, &key.spi), 0);
	assert_in_range(key.spi, 0xc0000000, 0xcfffffff);
	assert_int_equal(xfrm_sa_get(nl, &key, &sa), 0);
	assert_true(sa.larval && sa.reqid == 0 && sa.mode == XM_TUNNEL);
	assert_int_equal(xfrm_sa_del(nl, &key), 0);
	assert_int_equal(xfrm_sa_get(nl, &key, &sa), -ESRCH);
	nl_free(nl);
}

static struct xfrm_event last;

static void hear(const struct xfrm_event *ev, void *arg)
{
	(void)arg;
	last = *ev;
	loop_stop();
}

static void overrun(void *arg)
{
	(void)arg;
}

static void give_up(void *arg)
{
	(void)arg;
	loop_stop();
}

/* Acknowledged, the policy unchanged, the event with KMADDRESS, POLICY_TYPE, MIGRATE. */
static void a_transport_policy_migrates_and_tells_it(void **state)
{
	struct nl *nl = open_or_skip(NETLINK_XFRM), *events = NULL;
	struct xfrm_policy p = { .sel = SEL(P(HOA), P(HA), 135),
		.dir = XD_OUT,
		.priority = 2,
		.tmpl = { { .proto = XP_ESP, .reqid = 1 } },
		.n_tmpl = 1 };
	struct xfrm_migrate m = { .sel = p.sel,
		.dir = XD_OUT,
		.proto = XP_ESP,
		.reqid = 1,
		.new_src = A(COA),
		.new_dst = A(HA),
		.has_km = true,
		.km_local = A(COA),
		.km_remote = A(HA) };
	enum migrate_how how;
	struct timer limit;
	int r;

	(void)state;
	assert_int_equal(xfrm_listen(1u << XFRMNLGRP_MIGRATE, hear, overrun, NULL, &events), 0);
	assert_int_equal(xfrm_policy_add(nl, &p), 0);
	r = xfrm_migrate_sure(nl, &m, &how);
	if (r == -ENOPROTOOPT) {
		print_message("skipped: this kernel has no XFRM_MIGRATE\n");
		skip();
	}
	assert_int_equal(r, 0);
	assert_int_equal(how, MIGRATE_DONE);
	timer_init(&limit, give_up, NULL);
	timer_set(&limit, 1000);
	loop_run();
	timer_stop(&limit);
	assert_int_equal(last.kind, XE_MIGRATE);
	assert_int_equal(last.n_attrs, 3);
	assert_int_equal(last.attrs[0], XFRMA_KMADDRESS);
	assert_int_equal(last.attrs[1], XFRMA_POLICY_TYPE);
	assert_int_equal(last.attrs[2], XFRMA_MIGRATE);
	assert_true(addr_eq(&last.migrate.m[0].km_local, &m.km_local));
	assert_int_equal(xfrm_policy_del(nl, &p.sel, XD_OUT, false), 0);
	nl_free(events);
	nl_free(nl);
	loop_end();
}

/* A home address and a care-of address on one interface, and a default route in table 252. */
static void the_source_is_the_care_of_address(void **state)
{
	struct nl *nl = open_or_skip(NETLINK_ROUTE);
	struct rt_addr coa = {
		.ifindex = netns_d0, .prefix = P("2001::50/64"), .flags = IFA_F_NODAD
	};
	struct rt_addr hoa = {
		.ifindex = netns_d0, .prefix = P(HOA), .flags = IFA_F_NODAD | IFA_F_HOMEADDRESS
	};
	struct rt_route def = { .dst = P("::/0"),
		.via = A("2001::fe"),
		.ifindex = netns_d0,
		.table = RT_TABLE_MAIN,
		.metric = 1023 };
	struct rt_route tunnel = {
		.dst = P("::/0"), .ifindex = netns_d1, .table = RT_TABLE_MIP6, .metric = 128
	};
	struct rt_rule rules[] = { { .priority = 1001, .src = P(HOA), .table = RT_TABLE_MIP6 },
		{ .priority = 1003, .src = P(HOA), .blackhole = true } };
	struct in6_addr ha = A(HA), src;
	int ifindex;

	(void)state;
	assert_int_equal(rt_source_for(nl, &ha, &src, &ifindex), -ENETUNREACH);
	assert_int_equal(rt_addr_add(nl, &coa), 0);
	assert_int_equal(rt_addr_add(nl, &hoa), 0);
	assert_int_equal(rt_route_add(nl, &def), 0);
	assert_int_equal(rt_route_add(nl, &def), 0);
	assert_int_equal(rt_route_add(nl, &tunnel), 0);
	for (size_t i = 0; i < 2; i++)
		assert_int_equal(rt_rule_add(nl, &rules[i]), 0);
	assert_int_equal(rt_source_for(nl, &ha, &src, &ifindex), 0);
	assert_string_equal(addr_str(&src), COA2);
	assert_int_equal(ifindex, netns_d0);
	for (size_t i = 0; i < 2; i++)
		assert_int_equal(rt_rule_del(nl, &rules[i]), 0);
	assert_int_equal(rt_route_del(nl, &tunnel), 0);
	assert_int_equal(rt_route_del(nl, &def), 0);
	assert_int_equal(rt_route_del(nl, &def), -ESRCH);
	assert_int_equal(rt_addr_del(nl, &hoa), 0);
	assert_int_equal(rt_addr_del(nl, &coa), 0);
	nl_free(nl);
}

/* clang-format off */
UNIT_MAIN(T(a_policy_comes_back_as_it_was_installed, ""),
	T(an_spi_is_reserved_and_given_back, "A-122"),
	T(a_transport_policy_migrates_and_tells_it, "B-050"),
	T(the_source_is_the_care_of_address, "B-028 D-041 D-042"))
