/*
 * key - what a binding is told apart by.
 *
 * Shapes:  all bindings of one home address have one hash, so that a table finds them together.
 * Errors:  none.
 * Source:  RFC 6275 sections 9.1 and 11.1; RFC 5648 section 4.1 (binding identifier).
 */
#pragma once

#include "base/addr.h"
#include "base/table.h"

struct binding_key {
	struct in6_addr hoa;
	struct in6_addr peer; /* the other end: who is told of the binding, or holds it */
	uint16_t bid; /* 0: the home address has one care-of address only */
};

static inline bool binding_is(const struct binding_key *a, const struct binding_key *b)
{
	return addr_eq(&a->hoa, &b->hoa) && addr_eq(&a->peer, &b->peer) && a->bid == b->bid;
}
