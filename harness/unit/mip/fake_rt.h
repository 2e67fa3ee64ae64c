/*
 * fake_rt - links, addresses, routes, rules and proxies of a kernel in memory, behind a struct nl.
 *
 *	static struct fake_rt k;
 *	fake_rt_link(&k, "eth0");
 *	nl_open_peer(fake_rt_peer, &k, &nl);
 *
 * Shapes:  bounded lists that a test may read.
 * Errors:  as the kernel: -EEXIST, -ENOENT, -ENODEV, -EADDRNOTAVAIL; -ENOSPC when a list is full.
 */
#pragma once

#include "kernel/rt_addr.h"
#include "kernel/rt_link.h"
#include "kernel/rt_route.h"

enum { FAKE_RT_MAX = 32 };

struct fake_link {
	struct rt_link l;
	struct in6_addr local, remote; /* of a tunnel */
};

struct fake_rt {
	struct fake_link links[FAKE_RT_MAX];
	struct rt_addr addrs[FAKE_RT_MAX];
	struct rt_route routes[FAKE_RT_MAX];
	struct rt_rule rules[FAKE_RT_MAX];
	struct in6_addr proxies[FAKE_RT_MAX];
	size_t n_links, n_addrs, n_routes, n_rules, n_proxies;
	int last_ifindex;
	uint16_t fail_type; /* requests of this type are answered by fail_error */
	int fail_error;
};

int fake_rt_peer(void *ctx, const struct nlmsghdr *req, nl_fn *reply, void *arg);

/* A running Ethernet interface; gives its index. */
int fake_rt_link(struct fake_rt *k, const char *name);
/* What the kernel or a person adds and takes: also as the event that would tell it. */
struct rt_addr fake_rt_addr(struct fake_rt *k, int ifindex, const char *prefix);
struct rt_addr fake_rt_addr_del(struct fake_rt *k, const char *addr);

/* The interface that has the address, 0 none. */
int fake_rt_has(const struct fake_rt *k, const char *addr);
const struct fake_link *fake_rt_tunnel(const struct fake_rt *k); /* the only one, NULL none */
