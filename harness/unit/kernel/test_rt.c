/* Addresses, links, routes, rules and their events: the messages out and in. */
#include <errno.h>
#include <linux/fib_rules.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>

#include "kernel/rt_event.h"
#include "unit/kernel/make.h"
#include "unit/kernel/record.h"
#include "unit/unit.h"

static void a_home_address_is_added_with_its_flags(void **state)
{
	struct record r;
	struct nl *nl = record_new(&r);
	struct rt_addr a = {
		.ifindex = 7, .prefix = P(HOA), .flags = IFA_F_NODAD | IFA_F_HOMEADDRESS
	};
	const struct ifaddrmsg *body = record_body(&r);
	struct ifa_cacheinfo cache;
	uint32_t flags;

	(void)state;
	assert_int_equal(rt_addr_add(nl, &a), 0);
	assert_int_equal(record_head(&r)->nlmsg_type, RTM_NEWADDR);
	assert_int_equal(body->ifa_family, AF_INET6);
	assert_int_equal(body->ifa_prefixlen, 128);
	assert_int_equal(body->ifa_index, 7);
	memcpy(&flags, record_attr(&r, sizeof(*body), IFA_FLAGS).data, sizeof(flags));
	assert_int_equal(flags, 0x12);
	assert_memory_equal(record_attr(&r, sizeof(*body), IFA_LOCAL).data, &a.prefix.addr, 16);
	memcpy(&cache, record_attr(&r, sizeof(*body), IFA_CACHEINFO).data, sizeof(cache));
	assert_int_equal(cache.ifa_valid, UINT32_MAX);
	assert_int_equal(cache.ifa_prefered, UINT32_MAX);
	assert_int_equal(rt_addr_del(nl, &a), 0);
	assert_int_equal(record_head(&r)->nlmsg_type, RTM_DELADDR);
	nl_free(nl);
}

static void another_address_is_neither_marked_nor_trusted(void **state)
{
	struct record r;
	struct nl *nl = record_new(&r);
	struct rt_addr a = { .ifindex = 7, .prefix = P("2001::50/64") };
	const struct ifaddrmsg *body = record_body(&r);
	uint32_t flags;

	(void)state;
	assert_int_equal(rt_addr_add(nl, &a), 0);
	assert_int_equal(body->ifa_prefixlen, 64);
	memcpy(&flags, record_attr(&r, sizeof(*body), IFA_FLAGS).data, sizeof(flags));
	assert_int_equal(flags & (IFA_F_HOMEADDRESS | IFA_F_NODAD), 0);
	nl_free(nl);
}

static void an_address_comes_back_as_it_was_sent(void **state)
{
	struct record r;
	struct nl *nl = record_new(&r);
	struct rt_addr a = { .ifindex = 7,
		.prefix = P("2001::50/64"),
		.valid_s = 600,
		.preferred_s = 0 },
		       back;

	(void)state;
	assert_int_equal(rt_addr_add(nl, &a), 0);
	assert_int_equal(rt_addr_parse(record_head(&r), &back), 0);
	assert_true(prefix_eq(&a.prefix, &back.prefix));
	assert_int_equal(back.valid_s, 600);
	assert_int_equal(back.preferred_s, 0);
	a.prefix = P("::ffff:192.168.0.100/120");
	assert_int_equal(rt_addr_add(nl, &a), 0);
	assert_int_equal(((const struct ifaddrmsg *)record_body(&r))->ifa_prefixlen, 24);
	assert_int_equal(rt_addr_parse(record_head(&r), &back), 0);
	assert_true(prefix_eq(&a.prefix, &back.prefix));
	nl_free(nl);
}

static void a_link_tells_name_mac_and_kind(void **state)
{
	struct record r;
	struct nl *nl = record_new(&r);
	struct nl_req *rq = record_answer(&r);
	struct ifinfomsg *body = nl_begin(rq, RTM_NEWLINK, 0, sizeof(*body));
	const uint8_t mac[6] = { 6, 0x1a, 0xa8, 0x6f, 0x0c, 0x67 };
	struct rt_link l;
	size_t nest;

	(void)state;
	body->ifi_index = 9;
	body->ifi_flags = IFF_UP | IFF_RUNNING;
	nl_put(rq, IFLA_IFNAME, "ip6tnl1", 8);
	nl_put(rq, IFLA_ADDRESS, mac, 6);
	nl_put(rq, IFLA_CARRIER_CHANGES, &(uint32_t){ 3 }, 4);
	nest = nl_nest(rq, IFLA_LINKINFO);
	nl_put(rq, IFLA_INFO_KIND, "ip6tnl", 7);
	nl_nest_end(rq, nest);
	assert_int_equal(rt_link_get(nl, 0, "ip6tnl1", &l), 0);
	assert_memory_equal(record_attr(&r, sizeof(*body), IFLA_IFNAME).data, "ip6tnl1", 8);
	assert_int_equal(l.ifindex, 9);
	assert_string_equal(l.name, "ip6tnl1");
	assert_true(l.is_ip6tnl && l.has_mac);
	assert_memory_equal(l.mac, mac, 6);
	assert_true(l.flags & IFF_RUNNING);
	assert_int_equal(l.carrier_changes, 3);
	r.n_answers = 0;
	assert_int_equal(rt_link_get(nl, 9, NULL, &l), -ENODEV);
	nl_free(nl);
}

static void routes_are_marked_as_ours_and_come_back_as_sent(void **state)
{
	struct record r;
	struct nl *nl = record_new(&r);
	struct rt_route out = {
		.dst = P("::/0"), .ifindex = 9, .table = RT_TABLE_MIP6, .metric = 128
	};
	struct rt_route sub = {
		.dst = P(HOA), .src = P(HA), .ifindex = 3, .table = 1000, .via = A("fe80::1")
	};
	struct rt_route back;
	const struct rtmsg *body = record_body(&r);

	(void)state;
	assert_int_equal(rt_route_add(nl, &out), 0);
	assert_int_equal(body->rtm_protocol, RT_PROTO_PERIGEE);
	assert_int_equal(body->rtm_table, 252);
	assert_int_equal(record_head(&r)->nlmsg_flags & NLM_F_REPLACE, NLM_F_REPLACE);
	assert_int_equal(rt_route_parse(record_head(&r), &back), 0);
	assert_true(prefix_eq(&back.dst, &out.dst) && prefix_eq(&back.src, &out.src));
	assert_int_equal(back.ifindex, 9);
	assert_int_equal(back.table, RT_TABLE_MIP6);
	assert_int_equal(back.metric, 128);
	assert_false(back.blackhole);
	assert_int_equal(rt_route_del(nl, &sub), 0);
	assert_int_equal(record_head(&r)->nlmsg_type, RTM_DELROUTE);
	assert_int_equal(body->rtm_table, RT_TABLE_UNSPEC);
	assert_int_equal(rt_route_parse(record_head(&r), &back), 0);
	assert_true(prefix_eq(&back.src, &sub.src) && addr_eq(&back.via, &sub.via));
	assert_int_equal(back.table, 1000);
	nl_free(nl);
}

/* D-042: 1001 from HoA lookup 252, 1003 from HoA blackhole. */
static void rules_look_up_a_table_or_drop(void **state)
{
	struct record r;
	struct nl *nl = record_new(&r);
	struct rt_rule lookup = { .priority = 1001, .src = P(HOA), .table = RT_TABLE_MIP6 };
	struct rt_rule drop = { .priority = 1003, .src = P(HOA), .blackhole = true };
	const struct fib_rule_hdr *body = record_body(&r);
	struct rt_rule back;
	uint32_t priority;

	(void)state;
	assert_int_equal(rt_rule_add(nl, &lookup), 0);
	assert_int_equal(record_head(&r)->nlmsg_type, RTM_NEWRULE);
	assert_int_equal(body->action, FR_ACT_TO_TBL);
	assert_int_equal(body->table, 252);
	assert_int_equal(body->src_len, 128);
	memcpy(&priority, record_attr(&r, sizeof(*body), FRA_PRIORITY).data, sizeof(priority));
	assert_int_equal(priority, 1001);
	assert_int_equal(rt_rule_del(nl, &drop), 0);
	assert_int_equal(record_head(&r)->nlmsg_type, RTM_DELRULE);
	assert_int_equal(body->action, FR_ACT_BLACKHOLE);
	assert_null(record_attr(&r, sizeof(*body), FRA_TABLE).data);
	assert_int_equal(rt_rule_parse(record_head(&r), &back), 0);
	assert_true(back.ours && back.blackhole && back.priority == 1003);
	assert_int_equal(rt_rule_add(nl, &lookup), 0);
	assert_int_equal(rt_rule_parse(record_head(&r), &back), 0);
	assert_true(back.ours && !back.blackhole && prefix_eq(&back.src, &lookup.src));
	assert_int_equal(back.table, 252);
	nl_free(nl);
}

static void the_first_of_several_next_hops_stands_for_all(void **state)
{
	struct {
		struct rtnexthop hop;
		struct nlattr head;
		struct in6_addr via;
		struct rtnexthop second;
	} hops = { { 16 + 12, 0, 0, 5 }, { 20, RTA_GATEWAY }, A("fe80::5"), { 8, 0, 0, 6 } };
	struct nl_req rq;
	struct rtmsg *body = nl_begin(&rq, RTM_NEWROUTE, 0, sizeof(*body));
	struct rt_route r;

	(void)state;
	hops.hop.rtnh_len = sizeof(hops.hop) + 20;
	body->rtm_family = AF_INET6;
	body->rtm_type = RTN_UNICAST;
	nl_put(&rq, RTA_MULTIPATH, &hops, sizeof(hops));
	assert_int_equal(rt_route_parse(record_msg(&rq), &r), 0);
	assert_int_equal(r.ifindex, 5);
	assert_memory_equal(&r.via, &hops.via, 16);
}

static void events_are_told_apart_by_their_type(void **state)
{
	static const struct {
		uint16_t type;
		enum rt_event_kind kind;
	} rows[] = { { RTM_NEWADDR, RE_ADDR }, { RTM_DELADDR, RE_ADDR_DEL } };
	struct nl_req rq;
	struct rt_event ev;
	struct rtmsg *route;

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct ifaddrmsg *a = nl_begin(&rq, rows[i].type, 0, sizeof(*a));

		a->ifa_family = AF_INET6;
		a->ifa_index = 4;
		assert_int_equal(rt_event_parse(record_msg(&rq), &ev), 0);
		assert_int_equal(ev.kind, rows[i].kind);
		assert_int_equal(ev.addr.ifindex, 4);
	}
	nl_begin(&rq, RTM_DELLINK, 0, sizeof(struct ifinfomsg));
	assert_int_equal(rt_event_parse(record_msg(&rq), &ev), 0);
	assert_int_equal(ev.kind, RE_LINK_DEL);
	route = nl_begin(&rq, RTM_NEWROUTE, 0, sizeof(*route));
	route->rtm_family = AF_INET6;
	route->rtm_type = RTN_UNREACHABLE;
	assert_int_equal(rt_event_parse(record_msg(&rq), &ev), 0);
	assert_int_equal(ev.kind, RE_ROUTE);
	assert_true(ev.route.blackhole);
	route->rtm_type = RTN_LOCAL;
	assert_int_equal(rt_event_parse(record_msg(&rq), &ev), -ENOMSG);
	nl_begin(&rq, RTM_NEWNEIGH, 0, 12);
	assert_int_equal(rt_event_parse(record_msg(&rq), &ev), -ENOMSG);
}

static void every_cut_of_an_address_is_refused(void **state)
{
	struct record r;
	struct nl *nl = record_new(&r);
	struct rt_addr a = { .ifindex = 7, .prefix = P(HOA) }, back;
	struct record_attr list[RECORD_MAX];
	size_t n, whole;

	(void)state;
	assert_int_equal(rt_addr_add(nl, &a), 0);
	n = record_attrs(&r, sizeof(struct ifaddrmsg), list);
	whole = record_head(&r)->nlmsg_len;
	for (size_t cut = NLMSG_HDRLEN; cut < whole; cut++) {
		bool fits = cut == NLMSG_HDRLEN + sizeof(struct ifaddrmsg);

		for (size_t i = 0; i < n; i++)
			fits |= (const uint8_t *)list[i].data + list[i].n == r.msg + cut;
		((struct nlmsghdr *)r.msg)->nlmsg_len = (uint32_t)cut;
		if (!fits)
			assert_int_equal(rt_addr_parse(record_head(&r), &back), -EBADMSG);
	}
	nl_free(nl);
}

/* clang-format off */
UNIT_MAIN(T(a_home_address_is_added_with_its_flags, "D-041"),
	T(another_address_is_neither_marked_nor_trusted, "D-041!"),
	T(an_address_comes_back_as_it_was_sent, ""),
	T(a_link_tells_name_mac_and_kind, ""),
	T(routes_are_marked_as_ours_and_come_back_as_sent, "D-042 D-043"),
	T(rules_look_up_a_table_or_drop, "D-042!"),
	T(the_first_of_several_next_hops_stands_for_all, ""),
	T(events_are_told_apart_by_their_type, ""),
	T(every_cut_of_an_address_is_refused, ""))
