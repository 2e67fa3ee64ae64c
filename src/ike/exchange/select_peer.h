/*
 * select_peer - which of our connections a peer may use.
 *
 * Source:  RFC 7296 section 1.2; RFC 4877 section 10.
 */
#pragma once

#include "ike/message/msg.h"
#include "ike/sa/books.h"

/* Candidates of an answering side: any configuration for these addresses, in order. */
struct trap *select_next_by_addr(const struct iked *d, const struct in6_addr *local,
	const struct in6_addr *remote, const struct trap *after);

/* After IDi (and IDr): the most specific peer configuration that admits them, the addresses and the
 * proposal, and knows these selectors (B-080, A-101). NULL: none. */
struct trap *select_peer(const struct sa *sa, const struct msg *in);
