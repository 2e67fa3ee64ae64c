/*
 * limits - what strangers may cost: half-open IKE_SAs are counted, in all and by source, and under
 * load an IKE_SA_INIT must bring back a cookie before anything is computed or kept for it.
 *
 * What a peer may cost that has proved who it is stands here too, and in iked(8).
 *
 * Shapes:  one a daemon. limits_opened and limits_closed frame the half-open life of an IKE_SA.
 * Errors:  limits_judge never fails: it says what to do with the message.
 * Source:  RFC 7296 section 2.6.
 */
#pragma once

#include "ike/message/msg.h"
#include "base/table.h"

struct limits;

enum limits_verdict {
	LIMITS_PASS,
	LIMITS_COOKIE, /* answer with the cookie and forget */
	LIMITS_DROP,
};

enum { COOKIE_LEN = 33 };

/* Half-open IKE_SAs, in all and of one source: from so many on cookies are asked for, or silence.
 */
enum { COOKIE_TOTAL = 30, COOKIE_SOURCE = 3, BLOCK_SOURCE = 5, BLOCK_TOTAL = 50000 };

enum {
	CHILD_MAX = 64, /* CHILD_SAs of an IKE_SA: asked for beyond that is NO_ADDITIONAL_SAS */
	CHILD_ALL_MAX = 3 * CHILD_MAX, /* with those that replace one, ours and the peer's */
	SAME_IDS_MAX = 32, /* IKE_SAs of one pair of identities, old ones included */
	TASKS_MAX = 2 * CHILD_MAX, /* exchanges that wait in an IKE_SA */
};

int limits_new(struct limits **out);
void limits_free(struct limits *l);

void limits_opened(struct limits *l, const struct in6_addr *from);
void limits_closed(struct limits *l, const struct in6_addr *from);
size_t limits_n_half_open(const struct limits *l);

/* cookie: filled for LIMITS_COOKIE. */
enum limits_verdict limits_judge(struct limits *l, const struct in6_addr *from,
	const struct msg *in, uint8_t cookie[COOKIE_LEN]);
