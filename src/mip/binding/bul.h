/*
 * bul - the binding update list: what the mobile node told whom, hashed by home address.
 *
 * Arithmetic of sequence numbers, of the back-off and of lifetimes is pure, so that a table tests
 * it. Shapes:  one entry a home address and home agent; lives until bul_del(). Units:   lifetimes
 * are seconds, delays and times are milliseconds of the loop's clock. Errors:  0 or -errno
 * (-ENOMEM, -EEXIST). Source:  RFC 6275 sections 11.1, 11.7.1, 11.7.3, 11.8.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "base/addr.h"

enum { BUL_MAX_DELAY_MS = 32000, BUL_BUCKETS = 64, BUL_MIN_LIFETIME = 4 };

struct bul_entry {
	LIST_ENTRY(bul_entry) link;
	struct in6_addr hoa, ha, coa;
	uint16_t seq; /* of the last BU sent */
	uint16_t flags;
	bool waiting; /* a BU with seq is out, not answered */
	bool bound; /* the home agent has a binding, as far as we know */
	bool k; /* the last BA agreed to move the keys' endpoints */
	bool no_k; /* it was asked to and did not */
	uint32_t asked; /* lifetime of the last BU */
	uint32_t lifetime; /* as granted */
	uint64_t since_ms; /* when the granted lifetime began */
	uint32_t refresh_s; /* refresh this long after since_ms */
	uint32_t delay_ms; /* between the last BU and the next */
	unsigned resends;
	const char *state; /* a word for the status */
};

struct bul {
	LIST_HEAD(, bul_entry) heads[BUL_BUCKETS];
	size_t n;
};

struct bul_entry *bul_find(struct bul *bul, const struct in6_addr *hoa);
int bul_add(struct bul *bul, const struct in6_addr *hoa, const struct in6_addr *ha,
	struct bul_entry **out); /* sequence number random */
void bul_del(struct bul *bul, struct bul_entry *e);
void bul_each(struct bul *bul, void (*fn)(struct bul_entry *e, void *arg), void *arg);

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
