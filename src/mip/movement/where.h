/*
 * where - where the mobile node is: addresses, links and routers seen, care-of address chosen.
 *
 * The kernel makes and drops addresses by itself; this module watches. A new address alone moves
 * nobody; the loss of the one in use does, and so does a router of another link after the link was
 * down. Then autoconfigured addresses and default routes of the old link are removed.
 * Shapes:  one struct for all home addresses; each has a view, which says what is asked for and
 *          keeps what was told last. It is embedded by who is told, and knows no more of it.
 * Units:   none.
 * Errors:  where_start gives 0 or -errno (-ENODEV: no configured interface exists).
 * Source:  RFC 6275 sections 11.5.1, 11.5.3; RFC 7559 (solicitations until answered);
 *          requirements C-071 to C-076, D-045.
 */
#pragma once

#include "base/loop.h"
#include "kernel/rt_event.h"
#include "mip/movement/seen.h"
#include "mip/net/env.h"

enum where_event {
	WE_COA, /* away, at a care-of address */
	WE_COA_GONE, /* and there is no other */
	WE_HOME, /* on the home link */
	WE_LINK_DOWN, /* the link that is in use went down, or is another one now */
	WE_LIFETIME, /* the care-of address lives as long as the place says now */
};

/* A care-of address, or the home link (coa is then the home address). */
struct where_place {
	struct in6_addr coa;
	uint8_t plen;
	int ifindex;
	uint32_t valid_s;
	uint8_t mac[6];
	struct in6_addr link_local; /* of the interface, :: none */
};

typedef void where_fn(void *arg, enum where_event ev, const struct where_place *place);

struct where_view {
	struct where_view *next;
	struct in6_addr hoa;
	struct prefix home_prefix;
	where_fn *tell;
	void *arg;
	/* what was told last */
	struct where_place in_use; /* coa ::, none */
	bool home;
	bool unsure; /* at home until the link went down */
	bool abroad; /* at home until now, but the link is another */
};

struct where {
	struct mip_env *env;
	struct where_view *views;
	struct seen seen;
	struct timer again; /* solicitations that nobody answered */
	uint32_t again_ms;
};

/* Before the start. */
void where_watch(struct where *w, struct where_view *view);
/* Read links and addresses, choose, and solicit routers. */
int where_start(struct where *w, struct mip_env *env);

void where_stop(struct where *w);

void where_event(const struct rt_event *ev, void *w);
void where_lost(void *w); /* events were lost: read all again */
void where_ra(struct where *w, const struct mip_packet *p);
