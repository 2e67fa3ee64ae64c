/*
 * letters - what may be said to a pair of daemons, and to one whose peer says what it wants.
 *
 * Shapes:  a letter takes a struct talk and a number; one that means nothing now says so.
 * Errors:  asserts, which ends the word.
 * Source:  RFC 7296.
 */
#pragma once

#include "learn/learn.h"
#include "unit/ike/peer.h"

/* Kinds of start: two daemons; one, with keys, and its peer; one without keys, and a stranger. */
enum { TALK_PAIR = 1, TALK_PEER = 2, TALK_STRANGER = 4 };

struct talk {
	struct pair *p;
	struct node *node; /* whom a peer talks to */
	struct peer e;
	bool alone; /* the other daemon is gone, e is in its place */
	unsigned failing; /* the kernel will refuse the next of this kind; and what is not seen */
};

extern const struct learn_letter talk_letters[];
extern const size_t talk_n_letters;
