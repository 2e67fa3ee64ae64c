/*
 * act - the parts of the home agent, by file.
 *
 * Shapes:  struct ha_bu is a BU with everything that a check or a handler asks for.
 * Errors:  0 or the first -errno, already logged.
 * Source:  RFC 6275 sections 10.3, 10.4.
 */
#pragma once

#include "mip/ha/ha.h"

struct ha_bu {
	const struct mh *m;
	struct in6_addr hoa, ha;
	struct in6_addr coa; /* to register; the home address: none */
	struct in6_addr back; /* where the answer goes: the home address, or with RH2 to this CoA */
	int ifindex; /* of the home link */
	uint32_t prefix_valid;
	bool deletes;
	struct ha_peer *peer;
	struct bc_entry *e; /* NULL: no binding */
};

/* peer.c */
struct ha_peer *ha_peer_find(struct ha *ha, const struct in6_addr *hoa, const struct in6_addr *own);
/* Is that the home address of anybody? */
bool ha_is_home_address(const struct ha *ha, const struct in6_addr *a);
/* A home address without IPsec policies, as it comes (UseMnHaIPsec disabled). NULL: no room. */
struct ha_peer *ha_peer_add(struct ha *ha, const struct in6_addr *hoa, const struct in6_addr *own);
int ha_peers_start(struct ha *ha);
void ha_peers_clear(struct ha *ha);

/* link.c: links, prefixes, what the kernel must allow */
int ha_links_start(struct ha *ha);
void ha_links_clear(struct ha *ha);
const struct ha_prefix *ha_prefix_of(const struct ha *ha, const struct in6_addr *hoa);
struct ha_life ha_life_of(const struct ha *ha, const struct ha_prefix *p);
bool ha_owns(const struct ha *ha, const struct in6_addr *a);
const struct ha_link *ha_link_of(const struct ha *ha, int ifindex);
/* Router, own, anycast: addresses that nobody may register (F-008). */
bool ha_is_reserved(const struct ha *ha, const struct in6_addr *hoa);

/* check.c: BA_ACCEPTED or why not */
uint8_t ha_check(struct ha *ha, const struct ha_bu *bu);

/* addr.c: one binding on the links */
int ha_dad_start(struct ha *ha, struct bc_entry *e, void (*done)(struct bc_entry *e, bool in_use));
void ha_dad_stop(struct bc_entry *e);
/* The first time: tunnel, routes, policies, proxy neighbour. */
int ha_place(struct ha *ha, struct bc_entry *e, struct sp_pair *pair);
/* Policies, SAs and states follow e->coa; the tunnel device follows after the answer. */
void ha_move(struct ha *ha, struct bc_entry *e, struct sp_pair *pair);
void ha_follow(struct ha *ha, struct bc_entry *e);
/* Back to no binding; home: the node is there, and its SAs follow it. */
void ha_withdraw(struct ha *ha, struct bc_entry *e, struct sp_pair *pair, bool home);
/* What an earlier run left of its bindings; once, at the start. */
void ha_forget_old(struct ha *ha);
/* What stays through the grace, or through a probe. */
void ha_forget(struct ha *ha, struct bc_entry *e);
/* The last BU may have no L any more. */
void ha_link_local(struct ha *ha, struct bc_entry *e);

/* answer.c */
void ha_answer(
	struct ha *ha, const struct ha_bu *bu, uint8_t status, uint16_t seq, uint32_t lifetime);
