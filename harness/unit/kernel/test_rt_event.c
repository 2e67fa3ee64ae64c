#include <errno.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>

#include "base/loop.h"
#include "kernel/rt_event.h"
#include "unit/kernel/netns.h"
#include "unit/unit.h"

static const struct in6_addr coa = { .s6_addr = { 0x20, 0x01, [15] = 0x50 } };

static const struct nlmsghdr *message(struct nl_req *rq)
{
	return (const void *)rq->buf;
}

static void a_deleted_address_is_an_event(void **state)
{
	const uint32_t flags = IFA_F_PERMANENT | IFA_F_NODAD;
	struct nl_req rq;
	struct ifaddrmsg *body = nl_begin(&rq, RTM_DELADDR, 0, sizeof(*body));
	struct rt_event ev;

	(void)state;
	body->ifa_family = AF_INET6;
	body->ifa_prefixlen = 128;
	body->ifa_index = 7;
	nl_put(&rq, IFA_ADDRESS, &coa, sizeof(coa));
	nl_put(&rq, IFA_FLAGS, &flags, sizeof(flags));
	assert_int_equal(rt_event_parse(message(&rq), &ev), 0);
	assert_int_equal(ev.kind, RE_ADDR_DEL);
	assert_int_equal(ev.addr.ifindex, 7);
	assert_int_equal(ev.addr.flags, flags);
	assert_string_equal(prefix_str(&ev.addr.prefix), "2001::50/128");
}

static void a_link_that_comes_up_is_an_event(void **state)
{
	static const uint8_t mac[] = { 6, 0x1a, 0xa8, 0x6f, 0x0c, 0x67 };
	struct nl_req rq;
	struct ifinfomsg *body = nl_begin(&rq, RTM_NEWLINK, 0, sizeof(*body));
	struct rt_event ev;

	(void)state;
	body->ifi_index = 3;
	body->ifi_flags = IFF_UP | IFF_RUNNING;
	nl_put(&rq, IFLA_IFNAME, "eth0", 5);
	nl_put(&rq, IFLA_ADDRESS, mac, sizeof(mac));
	assert_int_equal(rt_event_parse(message(&rq), &ev), 0);
	assert_int_equal(ev.kind, RE_LINK);
	assert_string_equal(ev.link.name, "eth0");
	assert_true(ev.link.flags & IFF_RUNNING);
	assert_true(ev.link.has_mac && !ev.link.is_ip6tnl);
	assert_memory_equal(ev.link.mac, mac, sizeof(mac));
}

static void a_new_route_is_an_event(void **state)
{
	const uint32_t table = RT_TABLE_MIP6, oif = 4, metric = 128;
	struct nl_req rq;
	struct rtmsg *body = nl_begin(&rq, RTM_NEWROUTE, 0, sizeof(*body));
	struct rt_event ev;

	(void)state;
	body->rtm_family = AF_INET6;
	body->rtm_type = RTN_UNICAST;
	body->rtm_dst_len = 128;
	nl_put(&rq, RTA_DST, &coa, sizeof(coa));
	nl_put(&rq, RTA_TABLE, &table, sizeof(table));
	nl_put(&rq, RTA_OIF, &oif, sizeof(oif));
	nl_put(&rq, RTA_PRIORITY, &metric, sizeof(metric));
	assert_int_equal(rt_event_parse(message(&rq), &ev), 0);
	assert_int_equal(ev.kind, RE_ROUTE);
	assert_string_equal(prefix_str(&ev.route.dst), "2001::50/128");
	assert_int_equal(ev.route.table, RT_TABLE_MIP6);
	assert_int_equal(ev.route.ifindex, 4);
	assert_int_equal(ev.route.metric, 128);
}

static void other_messages_are_not_ours(void **state)
{
	struct nl_req rq;
	struct rt_event ev = { .kind = RE_ROUTE };

	(void)state;
	nl_begin(&rq, RTM_NEWNEIGH, 0, 12);
	assert_int_equal(rt_event_parse(message(&rq), &ev), -ENOMSG);
	nl_begin(&rq, RTM_NEWADDR, 0, 2); /* half a body */
	assert_int_equal(rt_event_parse(message(&rq), &ev), -EBADMSG);
	assert_int_equal(ev.kind, RE_ROUTE);
}

static void seen(const struct rt_event *ev, void *arg)
{
	struct rt_event *last = arg;

	if (ev->kind != RE_ADDR_DEL)
		return;
	*last = *ev;
	loop_stop();
}

static void too_late(void *arg)
{
	(void)arg;
	loop_stop();
}

static void a_kernel_tells_what_happens(void **state)
{
	struct rt_addr a = { .prefix = { coa, 128 } };
	struct rt_event last = { .kind = RE_LINK };
	struct nl *nl, *events;
	struct timer limit;

	(void)state;
	NEED_NETNS();
	a.ifindex = netns_d0;
	assert_int_equal(nl_open(NETLINK_ROUTE, &nl), 0);
	assert_int_equal(rt_listen(seen, too_late, &last, &events), 0);
	timer_init(&limit, too_late, NULL);
	timer_set(&limit, 5000);
	assert_int_equal(rt_addr_add(nl, &a), 0);
	assert_int_equal(rt_addr_del(nl, &a), 0);
	loop_run();
	timer_stop(&limit);
	assert_int_equal(last.kind, RE_ADDR_DEL);
	assert_true(addr_eq(&last.addr.prefix.addr, &coa));
	nl_free(events);
	nl_free(nl);
	loop_end();
}

UNIT_MAIN(T(a_deleted_address_is_an_event, "C-073 D-047"),
	T(a_link_that_comes_up_is_an_event, "C-072 D-047"), T(a_new_route_is_an_event, "D-047"),
	T(other_messages_are_not_ours, "F-024!"), T(a_kernel_tells_what_happens, "D-047"))
