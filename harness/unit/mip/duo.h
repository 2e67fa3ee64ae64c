/*
 * duo - carol and moon in one process: two mip6d on kernels in memory, joined by a link, with a
 *         clock that the test turns.
 *
 *	struct duo w;
 *	duo_open(&w);
 *	duo_run(&w, 3000);		// three seconds later …
 *	assert_int_equal(duo_mn(&w)->state, MN_REGISTERED);
 *	duo_close(&w);
 *
 * A packet leaves only as the sender's policies let it: blocked, with HAO, inside ESP. Without the
 * SA that they ask for it is lost, and the key exchange that the kernel would ask for puts the
 * pair
 * of SAs into both kernels (unless w.no_ike). What arrives must be protected as the receiver's
 * policies demand.
 * Shapes:  the packets sent are kept, newest last.
 * Units:   milliseconds.
 */
#pragma once

#include "mip/mip.h"
#include "unit/fake/fake_xfrm.h"
#include "unit/mip/fake_rt.h"

enum { DUO_SENT_MAX = 256, DUO_QUEUE_MAX = 64 };

struct sent {
	struct side *from;
	int proto, result;
	struct mip_packet p; /* without its octets */
	bool esp, lost;
	bool is_mh;
	struct mh m;
	uint8_t type; /* of the ICMPv6 message */
	uint64_t at_ms;
};

struct side {
	struct duo *w;
	struct mip mip;
	struct fake_xfrm *xfrm;
	struct fake_rt rt;
	int eth0;
	bool stopped;
	unsigned announced; /* neighbour advertisements for the home address */
};

struct queued {
	struct side *to;
	int proto;
	struct mip_packet p;
	uint8_t data[256];
};

struct duo {
	struct side carol, moon;
	struct sent sent[DUO_SENT_MAX];
	size_t n_sent;
	struct queued queue[DUO_QUEUE_MAX];
	size_t n_queue;
	unsigned lose; /* so many of the next packets are lost on the way */
	bool no_ike;
	int dad_fd[2]; /* the probe's socket; readable when somebody has the home address */
	bool dad_in_use;
};

/* Both run; carol is on the foreign link, with that address or none (NULL). */
void duo_open_at(struct duo *w, const char *prefix);
void duo_open(struct duo *w); /* at COA/64 */
void duo_close(struct duo *w);
void duo_run(struct duo *w, unsigned ms);

/* Somebody answers the probe of the home address. */
void duo_home_address_in_use(struct duo *w);

/* carol's addresses, told as the kernel's events. */
void duo_add_address(struct duo *w, const char *prefix);
void duo_del_address(struct duo *w, const char *addr);
/* carol's interface goes down and up again; then a router advertisement says where she is. */
void duo_link(struct duo *w, bool up);
void duo_router(struct duo *w, const char *prefix, bool home_agent);

struct mn *duo_mn(struct duo *w);
struct ha_binding *duo_binding(struct duo *w);
/* The nth last packet of that kind that a side sent, NULL none; n counts from 0. */
const struct sent *duo_sent_mh(const struct duo *w, enum mh_type type, unsigned n);
unsigned duo_count_mh(const struct duo *w, enum mh_type type);
unsigned duo_count_icmp6(const struct duo *w, uint8_t type);

/* The main policy for payload of the home address at a side; its template names the tunnel. */
struct xfrm_policy duo_payload_policy(struct side *s, enum xdir dir);

/* Would payload from the home address leave carol, or to it moon? 0, -EPERM, 1: no SA. */
int duo_payload(struct side *s);

#define HOA "2001:1::10"
#define HA "2001:1::1"
#define COA "2001::41a:a8ff:fe6f:c67"
#define COA2 "2001::50"
