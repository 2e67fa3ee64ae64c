/*
 * ha - the home agent: takes home BUs, keeps bindings, answers.
 *
 * A BU passes a table of checks (each with its BA status), then one row of the table {state, event,
 * handler, next state, story} of its home address. Nothing that was refused changes a binding.
 * Shapes:  struct ha is the whole role; addr.c does what a binding means for links and tunnels.
 * Units:   lifetimes seconds.
 * Errors:  0 or -errno at the start; later failures are logged and answered by a status.
 * Source:  RFC 6275 sections 9.5 and 10, RFC 4877 sections 4 and 5; requirements F-001 to F-004.
 */
#pragma once

#include "kernel/rt_event.h"
#include "mip/binding/bc.h"
#include "mip/net/env.h"
#include "mip/message/icmp6.h"
#include "mip/message/mh.h"
#include "mip/policy/sp.h"

enum { HA_LINKS_MAX = 8, HA_PREFIXES_MAX = 16, HA_BU_PER_SECOND = 3 };

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

struct ha {
	struct mip_env *env;
	struct bc bc;
	LIST_HEAD(, ha_peer) peers[BC_BUCKETS];
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

void ha_bu(struct ha *ha, const struct mip_packet *p, const struct mh *m);
/* A router advertisement on a home link: how long its prefix lives on. */
void ha_ra(struct ha *ha, const struct mip_packet *p);
void ha_mps(struct ha *ha, const struct mip_packet *p);
void ha_rt_event(const struct rt_event *ev, void *ha);
void ha_rt_lost(void *ha);
