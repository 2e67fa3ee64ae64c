/* Which address IKE sends from, on made-up hosts. */
#include <errno.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>

#include "kernel/rt_route.h"
#include "unit/kernel/make.h"
#include "unit/unit.h"

struct host_addr {
	int ifindex;
	const char *addr;
	uint32_t flags, preferred_s;
};

struct host_route {
	const char *dst;
	int ifindex;
	uint32_t table, metric;
	uint8_t type;
};

struct host {
	const struct host_addr *addrs;
	const struct host_route *routes;
};

enum { ETH = 3, TUNNEL = 9, OTHER = 4 };

static int give_links(nl_fn *reply, void *arg)
{
	static const int links[] = { ETH, OTHER, TUNNEL };
	int r = 0;

	for (size_t i = 0; i < 3 && r == 0; i++) {
		struct nl_req rq;
		struct ifinfomsg *l = nl_begin(&rq, RTM_NEWLINK, 0, sizeof(*l));
		size_t nest;

		l->ifi_index = links[i];
		nest = nl_nest(&rq, IFLA_LINKINFO);
		nl_put(&rq, IFLA_INFO_KIND, links[i] == TUNNEL ? "ip6tnl" : "bridge", 7);
		nl_nest_end(&rq, nest);
		r = reply((const struct nlmsghdr *)rq.buf, arg);
	}
	return r;
}

static int give_routes(const struct host *h, nl_fn *reply, void *arg)
{
	int r = 0;

	for (const struct host_route *x = h->routes; x->dst && r == 0; x++) {
		struct prefix dst = P(x->dst);
		struct nl_req rq;
		struct rtmsg *b = nl_begin(&rq, RTM_NEWROUTE, 0, sizeof(*b));

		b->rtm_family = AF_INET6;
		b->rtm_type = x->type ? x->type : RTN_UNICAST;
		b->rtm_dst_len = dst.len;
		nl_put(&rq, RTA_TABLE, &x->table, 4);
		nl_put(&rq, RTA_DST, &dst.addr, 16);
		nl_put(&rq, RTA_OIF, &x->ifindex, 4);
		nl_put(&rq, RTA_PRIORITY, &x->metric, 4);
		r = reply((const struct nlmsghdr *)rq.buf, arg);
	}
	return r;
}

static int give_addrs(const struct host *h, nl_fn *reply, void *arg)
{
	int r = 0;

	for (const struct host_addr *x = h->addrs; x->addr && r == 0; x++) {
		struct ifa_cacheinfo c = { .ifa_valid = UINT32_MAX,
			.ifa_prefered = x->preferred_s };
		struct in6_addr addr = A(x->addr);
		struct nl_req rq;
		struct ifaddrmsg *b = nl_begin(&rq, RTM_NEWADDR, 0, sizeof(*b));

		b->ifa_family = AF_INET6;
		b->ifa_index = (uint32_t)x->ifindex;
		b->ifa_prefixlen = 64;
		nl_put(&rq, IFA_ADDRESS, &addr, 16);
		nl_put(&rq, IFA_FLAGS, &x->flags, 4);
		nl_put(&rq, IFA_CACHEINFO, &c, sizeof(c));
		r = reply((const struct nlmsghdr *)rq.buf, arg);
	}
	return r;
}

static int peer(void *ctx, const struct nlmsghdr *req, nl_fn *reply, void *arg)
{
	switch (req->nlmsg_type) {
	case RTM_GETLINK:
		return give_links(reply, arg);
	case RTM_GETROUTE:
		return give_routes(ctx, reply, arg);
	case RTM_GETADDR:
		return give_addrs(ctx, reply, arg);
	}
	return -EINVAL;
}

static const char *source(
	const struct host_addr *addrs, const struct host_route *routes, const char *dst)
{
	struct host h = { addrs, routes };
	struct in6_addr to = A(dst), src;
	struct nl *nl = NULL;
	int ifindex = 0, r;

	assert_int_equal(nl_open_peer(peer, &h, &nl), 0);
	r = rt_source_for(nl, &to, &src, &ifindex);
	nl_free(nl);
	if (r == 0)
		assert_int_equal(ifindex, ETH);
	return r == -ENETUNREACH      ? "unreachable"
		: r == -EADDRNOTAVAIL ? "no address"
		: r		      ? "error"
				      : addr_str(&src);
}

static const struct host_route foreign[] = { { "2001::/64", ETH, RT_TABLE_MAIN, 256, 0 },
	{ "::/0", ETH, RT_TABLE_MAIN, 1023, 0 }, { "::/0", TUNNEL, RT_TABLE_MIP6, 128, 0 }, { 0 } };

/* Baseline 7.1: the reference system took the HoA, and its packets went into the tunnel. */
static void neither_the_home_address_nor_the_tunnel_is_ever_taken(void **state)
{
	const struct host_addr addrs[] = { { ETH, HOA, IFA_F_HOMEADDRESS, -1u },
		{ TUNNEL, "2001:1::11", 0, -1u }, { ETH, COA, 0, -1u }, { 0 } };
	const struct host_route tunnel_in_main[] = { { "::/0", TUNNEL, RT_TABLE_MAIN, 1, 0 },
		{ "::/0", ETH, RT_TABLE_MAIN, 1023, 0 }, { 0 } };

	(void)state;
	assert_string_equal(source(addrs, foreign, HA), COA);
	assert_string_equal(source(addrs, tunnel_in_main, HA), COA);
}

/* C-076: the page's carol also has 192.168.0.100 and a fec0::/64 address. */
static void only_global_addresses_are_taken(void **state)
{
	const struct host_addr addrs[] = { { ETH, "fec0::41a:a8ff:fe6f:c67", 0, -1u },
		{ ETH, "fe80::41a:a8ff:fe6f:c67", 0, -1u }, { ETH, "::ffff:192.168.0.100", 0, -1u },
		{ 0 } };

	(void)state;
	assert_string_equal(source(addrs, foreign, HA), "no address");
}

static void tentative_addresses_wait_and_deprecated_ones_are_the_last_resort(void **state)
{
	const struct host_addr tentative[] = { { ETH, COA2, IFA_F_TENTATIVE, -1u },
		{ ETH, "2001::51", IFA_F_DADFAILED | IFA_F_TENTATIVE, -1u }, { ETH, COA, 0, 0 },
		{ 0 } };
	const struct host_addr both[] = { { ETH, COA, 0, 0 }, { ETH, COA2, 0, -1u }, { 0 } };
	const struct host_addr optimistic[] = {
		{ ETH, COA2, IFA_F_TENTATIVE | IFA_F_OPTIMISTIC, -1u }, { 0 }
	};

	(void)state;
	assert_string_equal(source(tentative, foreign, HA), COA);
	assert_string_equal(source(both, foreign, HA), COA2);
	assert_string_equal(source(optimistic, foreign, HA), COA2);
}

static void the_longest_match_and_the_lowest_metric_win(void **state)
{
	const struct host_addr addrs[] = { { ETH, "2001:2::5", 0, -1u },
		{ ETH, "2001:1::5", 0, -1u }, { OTHER, "2001:1::6", 0, -1u }, { 0 } };
	const struct host_route routes[] = { { "2001::/16", OTHER, RT_TABLE_MAIN, 1, 0 },
		{ "2001:1::/64", OTHER, RT_TABLE_MAIN, 300, 0 },
		{ "2001:1::/64", ETH, RT_TABLE_MAIN, 256, 0 }, { 0 } };

	(void)state;
	assert_string_equal(source(addrs, routes, HA), "2001:1::5");
}

static void without_a_route_nothing_is_reachable(void **state)
{
	const struct host_addr addrs[] = { { ETH, COA, 0, -1u }, { 0 } };
	const struct host_route none[] = { { "::/0", ETH, RT_TABLE_MIP6, 1, 0 }, { 0 } };
	const struct host_route closed[] = { { "::/0", ETH, RT_TABLE_MAIN, 9, 0 },
		{ "2001:1::/32", ETH, RT_TABLE_MAIN, 1, RTN_UNREACHABLE }, { 0 } };

	(void)state;
	assert_string_equal(source(addrs, none, HA), "unreachable");
	assert_string_equal(source(addrs, closed, HA), "unreachable");
}

/* clang-format off */
UNIT_MAIN(T(neither_the_home_address_nor_the_tunnel_is_ever_taken, "B-028! B-029! B-005!"),
	T(only_global_addresses_are_taken, "B-028 C-076"),
	T(tentative_addresses_wait_and_deprecated_ones_are_the_last_resort, "B-028"),
	T(the_longest_match_and_the_lowest_metric_win, "B-028"),
	T(without_a_route_nothing_is_reachable, "B-028!"))
