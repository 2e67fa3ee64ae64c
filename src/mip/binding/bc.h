/*
 * bc - the binding cache: which care-of address a home address has.
 *
 * A table and arithmetic, no more: who holds a binding has its own data around the entry
 * (LINKED) and decides when it ends.
 * Shapes:  an entry is embedded by its owner, has a key for good while it is in the cache, and
 *          leaves by bc_del() before the owner goes. The cache grows with what is in it.
 * Units:   lifetimes are seconds in steps of 4, times are milliseconds of the loop's clock.
 * Errors:  0 or -errno (-ENOMEM, -EEXIST).
 * Source:  RFC 6275 sections 9.1, 9.5.1, 10.3.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "mip/binding/key.h"

struct bc_entry {
	struct tlink link;
	struct binding_key key; /* peer: the address of ours that the binding was asked for at */
	struct in6_addr coa;
	uint16_t seq;
	uint16_t flags; /* of the last accepted BU */
	bool k; /* key management follows the mobile node: both sides said so */
	uint32_t lifetime;
	uint64_t since_ms; /* when the lifetime was granted */
};

struct bc {
	struct table table;
};

struct bc_entry *bc_find(const struct bc *bc, const struct binding_key *key);
/* Any binding of a home address. */
struct bc_entry *bc_find_hoa(const struct bc *bc, const struct in6_addr *hoa);
int bc_add(struct bc *bc, struct bc_entry *e); /* by e->key */
void bc_del(struct bc *bc, struct bc_entry *e); /* fine when not in it */
/* The entry behind e in no order; e NULL: the first. Ask before you bc_del(e). */
struct bc_entry *bc_next(const struct bc *bc, const struct bc_entry *e);
void bc_free(struct bc *bc); /* the table; the entries are their owners' */

uint32_t bc_left(const struct bc_entry *e); /* seconds */

/* Is seq newer than last, modulo 2^16? The 32768 values up to and including last are not. */
bool bc_seq_newer(uint16_t last, uint16_t seq);

/* The least of what was asked and what two limits allow, in whole units of 4 s. */
uint32_t bc_lifetime(uint32_t asked, uint32_t limit, uint32_t prefix_valid);
