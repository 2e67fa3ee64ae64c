/*
 * mn - one home address of a mobile node: registers it, follows movements, goes home.
 *
 * Every change is one row of the table in mn.c: {state, event, when, handler, next state, story,
 * afterwards}. Handlers change kernel objects and give a verdict; the table's runner sends BUs,
 * sets the timer and moves the state. docs/machines.md prints the table.
 * Shapes:  the detector (movement/where.h) tells where the node is by its view; mn->place is what
 *          the last row that took it went by. Packets arrive by mn_ba() and the like.
 * Units:   lifetimes seconds, delays milliseconds.
 * Errors:  a kernel call that fails is logged; the node then stays blocked rather than unprotected.
 * Source:  RFC 6275 section 11, RFC 4877 sections 4 and 5; requirement F-021.
 */
#pragma once

#include "base/loop.h"
#include "kernel/rt_addr.h"
#include "kernel/rt_route.h"
#include "kernel/tunnel.h"
#include "mip/binding/bul.h"
#include "mip/net/env.h"
#include "mip/message/icmp6.h"
#include "mip/message/mh.h"
#include "mip/movement/where.h"
#include "mip/policy/sp.h"

enum mn_state {
	MN_STARTING, /* where are we? */
	MN_SEEKING, /* away, and no home agent is known; payload is blocked */
	MN_REGISTERING, /* a BU for a new care-of address is out; payload is blocked */
	MN_REGISTERED,
	MN_REFRESHING, /* registered, and a BU is out to stay so */
	MN_MOVING, /* the care-of address is gone, no other is usable yet; payload is blocked */
	MN_REFUSED, /* the home agent said no; payload is blocked */
	MN_RETURNING, /* at home, the binding is being deleted; payload is blocked */
	MN_HOME,
	MN_LEAVING, /* at home until the link went down; payload is blocked */
	MN_DEREGISTERING, /* stopping */
	MN_STOPPED,
	MN_STATES,
	MN_ANY = MN_STATES,
};

enum mn_event {
	ME_COA, /* a new care-of address */
	ME_COA_GONE,
	ME_HOME, /* the home link */
	ME_LINK_DOWN,
	ME_BA_OK,
	ME_BA_SEQUENCE,
	ME_BA_LATER, /* try again later */
	ME_BA_REFUSED,
	ME_PROBLEM, /* the home agent knows no Mobile IPv6 */
	ME_ASKED, /* somebody wants a BU */
	ME_AGENT, /* there are home agents to try */
	ME_END, /* of the lifetime that was granted */
	ME_TIMER,
	ME_STOP,
	ME_EVENTS,
};

enum mn_verdict {
	MV_STAY, /* neither state nor timer changes */
	MV_GO, /* to the next state; the timer runs mn->wait_ms, 0 is none */
	MV_SEND, /* to the next state, with a BU of a new series */
	MV_RESEND, /* to the next state, with the BU once more, the delay doubled */
	MV_ASK, /* to the next state, with a question for home agents */
};

enum { MN_AGENTS_MAX = 16 };

/* Home agents discovered, in the order to try them. */
struct mn_seek {
	uint16_t id;
	unsigned tries;
	uint32_t delay_ms;
	struct in6_addr agents[MN_AGENTS_MAX];
	size_t n, next;
};

struct mn {
	struct mn *next;
	struct mip_env *env;
	const struct mip_home_link *home;
	struct sp_pair pair; /* hoa, ha (:: not known), tunnel end */
	struct mn_seek seek;
	struct bul_entry bul; /* what the home agent was told */
	enum mn_state state;
	bool blocked; /* payload from the home address */
	bool data; /* HAO and RH2 for what goes between us and the home agent */
	bool away; /* tunnel, rules and routes of a node away from home are in place */
	struct rt_addr hoa_at; /* where the home address is, ifindex 0: nowhere */
	struct where_view view;
	struct where_place told; /* by the detector */
	struct where_place place; /* where the node is, as far as it went along */
	struct tunnel tunnel;
	struct rt_rule coa_rule; /* prefix of the care-of address to table main; priority 0: none */
	struct timer timer;
	struct timer end; /* of the binding: runs while it stands */
	uint32_t wait_ms;
	uint32_t ask; /* lifetime of the next BU, 0 deletes the binding */
	unsigned resyncs;
	const struct mh *ba; /* during ME_BA_… */
	struct rate asked; /* BUs that others asked for */
	struct rate prefixes; /* prefix solicitations that others asked for */

	uint16_t mps_id;
	bool mps_due, mps_waiting;
	uint64_t hoa_until_ms; /* end of the home prefix, UINT64_MAX: none was told */
	uint32_t mps_delay_ms;
	struct timer mps_timer;

	void (*on_stopped)(struct mn *mn, void *arg);
	void *arg;
};

/* Policies, tunnel, rules, home address; blocked until registered. 0 or -errno. */
int mn_start(struct mip_env *env, struct bul *bul, const struct mip_home_link *home, struct mn *mn);

void mn_event(struct mn *mn, enum mn_event ev);

/* Leave nothing behind, whatever the state. The home address goes first. */
void mn_clear(struct mn *mn, struct bul *bul);

/* A BA, a BRR, a BE, an MPA for this home address. */
void mn_ba(struct mn *mn, const struct mip_packet *p, const struct mh *m);
void mn_brr(struct mn *mn, const struct mip_packet *p);
void mn_be(struct mn *mn, const struct mip_packet *p, const struct mh *m);
void mn_mpa(struct mn *mn, const struct mip_packet *p);
/* A Parameter Problem; false: not about a BU of this node. */
bool mn_problem(struct mn *mn, const struct mip_packet *p, const struct icmp6_problem *problem);
/* A reply of home agent discovery; false: not to a question of this node. */
bool mn_agents(struct mn *mn, const struct mip_packet *p, const struct icmp6_agents *reply);

const char *mn_state_str(enum mn_state s);
struct mn *mn_of_bul(struct bul_entry *e); /* whose entry it is */
