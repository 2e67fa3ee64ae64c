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
	struct ha_binding *b; /* NULL: no binding */
};

enum ha_event {
	HE_BU, /* that registers */
	HE_DELETE, /* a BU that deletes */
	HE_IN_USE, /* somebody on the home link has the address */
	HE_FREE, /* nobody answered the probe that a refresh began */
	HE_TIMER, /* of the state: nobody answered the probe, end of the lifetime, of the grace */
	HE_EVENTS,
};

enum ha_verdict {
	HV_STAY, /* nothing changes, the timer runs on */
	HV_GO, /* to the next state */
	HV_ANSWER, /* to the next state, with a BA that accepts */
	HV_REFUSE, /* to the state when refused, with a BA of b->status */
};

struct ha_row {
	enum hb_state state;
	enum ha_event event;
	/* bu: NULL unless a BU is the event */
	enum ha_verdict (*handler)(struct ha_binding *b, const struct ha_bu *bu);
	enum hb_state to, refused;
	const char *story;
	void (*after)(struct ha_binding *b); /* what need not be in the way of the answer */
};

/* ha.c: the table; and by state the events without a row, one bit each */
extern const struct ha_row ha_rows[];
extern const size_t ha_n_rows;
extern const struct ha_empty {
	uint32_t impossible, ignored;
} ha_empty[HB_STATES];
const char *ha_event_str(enum ha_event ev);

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
enum { HA_DAD_MS = 1000 }; /* one probe, RetransTimer */
int ha_dad_start(struct ha_binding *b, void (*in_use)(struct ha_binding *b));
void ha_dad_stop(struct ha_binding *b);
/* The first time: tunnel, routes, policies, proxy neighbour. */
int ha_place(struct ha_binding *b);
/* Policies, SAs and states follow the care-of address; the tunnel device after the answer. */
void ha_move(struct ha_binding *b);
void ha_follow(struct ha_binding *b);
/* Does the node speak from home while it is bound elsewhere? Then its neighbour advertisements
 * pass. */
void ha_at_home(struct ha_binding *b, bool at_home);
/* Back to no binding; home: the node is there, and its SAs follow it. */
void ha_withdraw(struct ha_binding *b, bool home);
/* What an earlier run left of its bindings; once, at the start. */
void ha_forget_old(struct ha *ha);
/* What stays through the grace, or through a probe. */
void ha_forget(struct ha_binding *b);
/* The address of the link that ends as the home address does. */
struct in6_addr ha_link_local_of(const struct in6_addr *hoa);
/* After a refresh: without L the link-local address is let go, with a new L it is probed. */
void ha_link_local(struct ha_binding *b);
/* It is nobody else's: answered for from now on. */
void ha_link_local_free(struct ha_binding *b);
