/*
 * rt_route - routes and rules, route lookup. Errors: 0 or -errno. Source: linux/rtnetlink.h,
 * linux/fib_rules.h.
 */
#pragma once

#include "base/addr.h"
#include "base/nl.h"

enum {
	RT_PROTO_PERIGEE = 196
}; /* an unassigned route protocol number, so that our routes can be told apart */
enum { RT_TABLE_MIP6 = 252 };

struct rt_route {
	struct prefix dst, src; /* src ::/0: any source (IPV6_SUBTREES otherwise) */
	struct in6_addr via; /* :: none */
	int ifindex;
	uint32_t table, metric;
	uint32_t expires_s; /* to add: the kernel deletes it then, 0 never */
	bool blackhole;
	bool ours; /* as parsed: we made it */
	bool foreign; /* to delete: whoever made it (the kernel, from an RA); else only ours */
};

int rt_route_add(struct nl *nl, const struct rt_route *r); /* replaces */
int rt_route_del(struct nl *nl, const struct rt_route *r);
int rt_route_dump(struct nl *nl, int (*fn)(const struct rt_route *r, void *arg), void *arg);

/*
 * One RTM_NEWROUTE or RTM_DELROUTE of IPv6: 0, -EBADMSG, -ENOMSG (a cached route, or of a type
 * that carries no unicast packets elsewhere: local, anycast, multicast). Of several next hops the
 * first one. blackhole: also unreachable and prohibit.
 */
int rt_route_parse(const struct nlmsghdr *msg, struct rt_route *out);

struct rt_rule {
	uint32_t priority;
	struct prefix src; /* ::/0: from all */
	uint32_t table; /* ignored for blackhole */
	bool blackhole;
	bool ours; /* as parsed: we made it */
};

int rt_rule_add(struct nl *nl, const struct rt_rule *r);
int rt_rule_del(struct nl *nl, const struct rt_rule *r);
int rt_rule_dump(struct nl *nl, int (*fn)(const struct rt_rule *r, void *arg), void *arg);

/* One RTM_NEWRULE or RTM_DELRULE of IPv6: 0, -EBADMSG, -ENOMSG. */
int rt_rule_parse(const struct nlmsghdr *msg, struct rt_rule *out);

/*
 * Source address and interface for packets to dst, as the main table's routes say (rules of table
 * 252 are not asked): never one that is_home() refuses (home address), never an address of an
 * ip6tnl device, never tentative or deprecated unless nothing else. -ENETUNREACH / -EADDRNOTAVAIL.
 */
int rt_source_for(struct nl *nl, const struct in6_addr *dst, struct in6_addr *src, int *ifindex);
