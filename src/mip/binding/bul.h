/*
 * bul - the binding update list: what the mobile node told whom.
 *
 * A table and arithmetic of sequence numbers, of the back-off and of lifetimes: pure, so that a
 * table tests it.
 * Shapes:  an entry is embedded by its owner, has a hash of its home address, which it keeps, and
 *          leaves by bul_del() before the owner goes. The list grows with what is in it.
 * Units:   lifetimes are seconds, delays and times are milliseconds of the loop's clock.
 * Errors:  0 or -errno (-ENOMEM, -EEXIST).
 * Source:  RFC 6275 sections 11.1, 11.7.1, 11.7.3, 11.8.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "mip/binding/key.h"

enum { BUL_MAX_DELAY_MS = 32000, BUL_MIN_LIFETIME = 4 };

struct bul_entry {
	struct tlink link;
	struct binding_key key; /* peer: the home agent, :: while none is known */
	struct in6_addr coa;
	uint16_t seq; /* of the last BU sent */
	uint16_t flags;
	bool waiting; /* a BU with seq is out, not answered */
	bool bound; /* the peer has a binding, as far as we know */
	bool k; /* the last BA agreed to move the keys' endpoints */
	bool no_k; /* it was asked to and did not */
	uint32_t asked; /* lifetime of the last BU */
	uint32_t lifetime; /* as granted */
	uint64_t since_ms; /* when the granted lifetime began */
	uint32_t refresh_s; /* refresh this long after since_ms */
	uint32_t delay_ms; /* between the last BU and the next */
	unsigned resends;
};

struct bul {
	struct table table;
};

struct bul_entry *bul_find(const struct bul *bul, const struct binding_key *key);
/* Any entry of a home address. */
struct bul_entry *bul_find_hoa(const struct bul *bul, const struct in6_addr *hoa);
int bul_add(struct bul *bul, struct bul_entry *e); /* by e->key; its sequence number random */
void bul_del(struct bul *bul, struct bul_entry *e); /* fine when not in it */
/* The entry behind e in no order; e NULL: the first. Ask before you bul_del(e). */
struct bul_entry *bul_next(const struct bul *bul, const struct bul_entry *e);
void bul_free(struct bul *bul); /* the table; the entries are their owners' */

uint32_t bul_left(const struct bul_entry *e);

/* The delay after one of `delay_ms`: doubled, at most 32 s. */
uint32_t bul_backoff(uint32_t delay_ms);

/* What is left of `asked` when the answer grants `granted` to a BU that asked for `asked`. */
uint32_t bul_granted(uint32_t asked, uint32_t granted);

/* When to refresh a binding of that lifetime: at 95 %, 4 s before its end, or as advised (0: no
 * advice). */
uint32_t bul_refresh_after(uint32_t lifetime, uint32_t advice);

/* The lifetime to ask for: the least of three, whole units of 4 s, at least 4 s. */
uint32_t bul_ask(uint32_t limit, uint32_t hoa_valid, uint32_t coa_valid);
