/*
 * ha - the home agent: takes home BUs, keeps bindings, answers.
 *
 * A BU passes a table of checks (each with its BA status), then one row of the table of its home
 * address in ha.c: {state, event, handler, next state, next state when refused, story, afterwards}.
 * Handlers change kernel objects and give a verdict; the table's runner answers, sets the timer and
 * moves the state. Nothing that was refused changes a binding. docs/machines.md prints the table.
 * Shapes:  struct ha is the whole role; addr.c does what a binding means for links and tunnels.
 * Units:   lifetimes seconds.
 * Errors:  0 or -errno at the start; later failures are logged and answered by a status.
 * Source:  RFC 6275 sections 9.5 and 10, RFC 4877 sections 4 and 5; requirements F-001 to F-004.
 */
#pragma once

#include <sys/queue.h>

#include "base/loop.h"
#include "kernel/rt_event.h"
#include "kernel/tunnel.h"
#include "mip/binding/bc.h"
#include "mip/net/env.h"
#include "mip/message/icmp6.h"
#include "mip/message/mh.h"
#include "mip/policy/sp.h"

enum { HA_LINKS_MAX = 8, HA_PREFIXES_MAX = 16, HA_BU_PER_SECOND = 3 };
/* Home addresses that may come, and those that are bound. */
enum { HA_PEERS_MAX = 65536, HA_BINDINGS_MAX = 65536 };

struct ha_link {
	int ifindex;
	uint8_t mac[6];
	const struct mip_iface *conf;
};

/* A global address of ours on a home link: its prefix is a home prefix. */
struct ha_prefix {
	struct rt_addr a; /* as it was at at_ms */
	uint64_t at_ms;
};

/* What the home link's router says of a prefix, UINT64_MAX: for ever. */
struct ha_advert {
	int ifindex;
	struct prefix prefix;
	uint64_t valid_until_ms, preferred_until_ms;
};

/* What is left of a home prefix, seconds, UINT32_MAX: for ever. */
struct ha_life {
	uint32_t valid_s, preferred_s;
};

/* A home address that may come: its policies are installed while we run. */
struct ha_peer {
	LIST_ENTRY(ha_peer) link;
	struct sp_pair pair;
	struct rate rate;
};

enum hb_state {
	HB_NONE, /* no binding: a state of the table, never of one that stands */
	HB_DAD, /* first registration, the home address is being probed on the home link */
	HB_VALID,
	HB_DYING, /* deleted; kept a while so that late answers find their way */
	HB_STATES,
	HB_NEVER = HB_STATES, /* where no handler leads */
};

/* Is somebody else there? */
struct ha_probe {
	struct ha_binding *b;
	struct in6_addr target;
	int fd; /* -1: not running */
	struct io *io;
};

/* A binding of the cache, and what the home agent does for it. */
struct ha_binding {
	struct bc_entry bc;
	struct ha *ha;
	enum hb_state state;
	struct timer timer; /* of the state: probe, lifetime, grace */
	uint8_t status; /* why a handler refuses */

	int ifindex; /* of the home link */
	struct in6_addr back; /* where the last BU came from, and its answer goes */
	struct tunnel tunnel;
	struct in6_addr sa_end; /* the mobile end of the tunnel policies: home or care-of address */
	struct in6_addr link_local; /* also answered for, where the BU has L */
	struct ha_probe probes[2]; /* the home address, and the link-local one with L */
	void (*in_use)(struct ha_binding *b); /* a probe was answered */
	struct timer late; /* of a probe that a refresh began */
	struct timer announce;
	unsigned announces_left;
	bool at_home; /* the last BU came from there, and the binding stands all the same */
	bool proxies_link_local; /* there is a proxy entry for link_local */
	struct rate asked; /* prefix solicitations that were answered */
};

enum { HA_PEER_ROWS = 256 };

struct ha {
	struct mip_env *env;
	struct bc bc;
	LIST_HEAD(, ha_peer) peers[HA_PEER_ROWS];
	size_t n_peers;
	struct ha_link links[HA_LINKS_MAX];
	size_t n_links;
	struct ha_prefix prefixes[HA_PREFIXES_MAX];
	size_t n_prefixes;
	struct ha_advert adverts[HA_PREFIXES_MAX];
	size_t n_adverts;
};

int ha_start(struct ha *ha, struct mip_env *env);
void ha_clear(struct ha *ha); /* leave nothing behind */

void ha_take_bu(struct ha *ha, const struct mip_packet *p, const struct mh *m);
/* A router advertisement on a home link: how long its prefix lives on. */
void ha_ra(struct ha *ha, const struct mip_packet *p);
void ha_mps(struct ha *ha, const struct mip_packet *p);
void ha_rt_event(const struct rt_event *ev, void *ha);
void ha_rt_lost(void *ha);

/* The binding of a home address, NULL none; and that of an entry of the cache. */
struct ha_binding *ha_binding_of(const struct ha *ha, const struct in6_addr *hoa);
struct ha_binding *ha_binding_at(struct bc_entry *e);
const char *hb_state_str(enum hb_state s); /* "dad", "valid", "dying" */
