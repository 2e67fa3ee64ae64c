/*
 * bc - the binding cache: which care-of address a home address has, hashed by home address.
 *
 * Shapes:  entries live until bc_del(); the home agent's own data of an entry lies in it, so that
 *          one lookup finds all.
 * Units:   lifetimes are seconds in steps of 4, times are milliseconds of the loop's clock.
 * Errors:  0 or -errno (-ENOMEM, -EEXIST).
 * Source:  RFC 6275 sections 9.1, 9.5.1, 10.3.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "base/addr.h"
#include "base/loop.h"
#include "base/rate.h"
#include "kernel/tunnel.h"

enum bc_state {
	BC_DAD, /* first registration, the home address is being probed on the home link */
	BC_VALID,
	BC_DYING, /* deleted; kept a while so that late answers find their way */
	BC_NONE, /* no entry: a state of the table, never of an entry */
};

/* Is somebody else there? */
struct bc_probe {
	struct bc_entry *e;
	struct in6_addr target;
	int fd; /* -1: not running */
	struct io *io;
};

struct bc_entry {
	LIST_ENTRY(bc_entry) link;
	struct in6_addr hoa, ha, coa;
	enum bc_state state;
	uint16_t seq;
	uint16_t flags; /* of the last accepted BU */
	bool k; /* key management follows the mobile node: both sides said so */
	uint32_t lifetime;
	uint64_t since_ms; /* when the lifetime was granted */
	struct timer timer; /* expiry or grace, by state */

	int ifindex; /* of the home link */
	struct tunnel tunnel;
	struct in6_addr sa_end; /* the mobile end of the tunnel policies: home or care-of address */
	uint32_t prefix_valid; /* of the home prefix, seconds */
	struct in6_addr link_local; /* also answered for, where the BU has L */
	struct bc_probe probes[2]; /* the home address, and the link-local one with L */
	struct timer dad_timer;
	void (*dad_done)(struct bc_entry *e, bool in_use);
	struct timer announce;
	unsigned announces_left;
	bool proxies_link_local; /* there is a proxy entry for link_local */
	struct rate asked; /* prefix solicitations that were answered */
	void *owner;
};

enum { BC_BUCKETS = 256 };

struct bc {
	LIST_HEAD(, bc_entry) heads[BC_BUCKETS];
	size_t n;
};

struct bc_entry *bc_find(struct bc *bc, const struct in6_addr *hoa);
int bc_add(struct bc *bc, const struct in6_addr *hoa, struct bc_entry **out);
void bc_del(struct bc *bc, struct bc_entry *e); /* stops the timers; frees */
void bc_each(
	struct bc *bc, void (*fn)(struct bc_entry *e, void *arg), void *arg); /* fn may delete e */

const char *bc_state_str(enum bc_state s); /* "dad", "valid", "dying" */
uint32_t bc_left(const struct bc_entry *e); /* seconds */

/* Is seq newer than last, modulo 2^16? The 32768 values up to and including last are not. */
bool bc_seq_newer(uint16_t last, uint16_t seq);

/* The least of what was asked and what two limits allow, in whole units of 4 s. */
uint32_t bc_lifetime(uint32_t asked, uint32_t limit, uint32_t prefix_valid);
