/*
 * seen - links, addresses and routers as the kernel and advertisements told of them.
 *
 * Shapes:  bounded arrays; what does not fit is ignored.
 * Errors:  NULL: not known, or no room.
 * Source:  none.
 */
#pragma once

#include "kernel/rt_addr.h"
#include "kernel/rt_link.h"
#include "mip/conf/conf.h"

enum { WHERE_LINKS_MAX = 8, WHERE_ADDRS_MAX = 64, WHERE_ROUTERS_MAX = 8 };

struct where_link {
	int ifindex;
	const struct mip_iface *conf;
	bool up;
	uint32_t carrier_changes; /* when we last heard of it */
	bool moved; /* down since the last RA: what we know of this link may be of another */
	bool asking; /* no RA since it came up */
	bool seen; /* while all is read again */
	uint8_t mac[6];
	struct in6_addr
		routers[WHERE_ROUTERS_MAX]; /* default routers heard, by link-local address */
	size_t n_routers;
};

struct where_addr {
	struct rt_addr a;
	bool stale; /* of a link that we left */
	bool seen; /* while all is read again */
	uint64_t seq; /* the later one wins */
};

struct seen {
	struct where_link links[WHERE_LINKS_MAX];
	size_t n_links;
	struct where_addr addrs[WHERE_ADDRS_MAX];
	size_t n_addrs;
	uint64_t seq;
};

struct where_link *seen_link(struct seen *s, int ifindex);
struct where_link *seen_link_add(
	struct seen *s, const struct rt_link *rl, const struct mip_iface *conf);
void seen_link_del(struct seen *s, int ifindex);

void seen_addr(struct seen *s, const struct rt_addr *a);
void seen_addr_del(struct seen *s, const struct rt_addr *a);

/* Around a reading of everything: what was not there goes, what was keeps what we know of it. */
void seen_begin(struct seen *s);
void seen_end(struct seen *s);

void seen_router(struct where_link *l, const struct in6_addr *a, uint16_t lifetime);
