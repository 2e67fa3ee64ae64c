/*
 * where - where the mobile node is: addresses, links and routers seen, care-of address chosen.
 *
 * The kernel makes and drops addresses by itself; this module watches. A new address alone moves
 * nobody; the loss of the one in use does, and so does a router of another link after the link was
 * down. Then autoconfigured addresses and default routes of the old link are removed.
 * Shapes:  one struct for all home addresses; they are told by mn_event().
 * Units:   none.
 * Errors:  mn_move_start gives 0 or -errno (-ENODEV: no configured interface exists).
 * Source:  RFC 6275 sections 11.5.1, 11.5.3; RFC 7559 (solicitations until answered);
 *          requirements C-071 to C-076, D-045.
 */
#pragma once

#include "kernel/rt_event.h"
#include "mip/mn/mn.h"

enum { MOVE_LINKS_MAX = 8, MOVE_ADDRS_MAX = 64, MOVE_ROUTERS_MAX = 8 };

struct move_link {
	int ifindex;
	const struct mip_iface *conf;
	bool up;
	bool moved; /* down since the last RA: what we know of this link may be of another */
	bool asking; /* no RA since it came up */
	bool seen; /* while all is read again */
	uint8_t mac[6];
	struct in6_addr
		routers[MOVE_ROUTERS_MAX]; /* default routers heard, by link-local address */
	size_t n_routers;
};

struct move_addr {
	struct rt_addr a;
	bool stale; /* of a link that we left */
	bool seen; /* while all is read again */
	uint64_t seq; /* the later one wins */
};

struct mn_move {
	struct mip_env *env;
	struct mn *nodes;
	struct move_link links[MOVE_LINKS_MAX];
	size_t n_links;
	struct move_addr addrs[MOVE_ADDRS_MAX];
	size_t n_addrs;
	uint64_t seq;
	struct timer again; /* solicitations that nobody answered */
	uint32_t again_ms;
};

/* Read links and addresses, choose, and solicit routers. */
int mn_move_start(struct mn_move *mv, struct mip_env *env, struct mn *nodes);

void mn_move_stop(struct mn_move *mv);

void mn_move_event(const struct rt_event *ev, void *mv);
void mn_move_lost(void *mv); /* events were lost: read all again */
void mn_move_ra(struct mn_move *mv, const struct mip_packet *p);

/* The care-of address for a node, NULL none. Keeps the one in use while it is good. */
const struct move_addr *mn_move_choose(const struct mn_move *mv, const struct mn *mn);
