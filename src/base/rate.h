/*
 * rate - what strangers may cause: so many lines of the log and so many answers a second.
 *
 * Handling a packet is wrapped in rate_enter() and rate_leave(). Between them every line of the
 * log, whoever writes it, needs room in the budget of the lines, and rate_answer() says whether
 * there is room for one more answer; rate_trust() ends that for the packet at hand, once its sender
 * has proved who it is. What was left out is told once it is over: "… 17 more in the last 2 s".
 * Shapes:  struct rate is a bare counter, zero to begin with; struct strangers is embedded by its
 *          owner, from rate_init() to rate_end().
 * Units:   budgets count by the second, from the first that was taken.
 * Errors:  none.
 * Source:  none.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/log.h"
#include "base/loop.h"

struct rate {
	uint64_t since_ms; /* loop_now() */
	unsigned used;
};

/* Is there still some of this second's budget? */
bool rate_take(struct rate *r, unsigned a_second);

struct strangers {
	const char *who; /* "packets of strangers" */
	enum log_group group;
	unsigned told, answered; /* a second: packets that the log tells of, answers */
	struct rate tell, answer;
	enum { RATE_UNDECIDED, RATE_TOLD, RATE_UNTOLD } verdict; /* on the packet at hand */
	uint64_t more_lines, more_answers, more_since_ms; /* left out since the last closing line */
	struct timer close;
};

void rate_init(struct strangers *s, enum log_group group, const char *who, unsigned told,
	unsigned answered);
void rate_end(struct strangers *s); /* the closing line, if one is owed */

/* A packet of theirs; gives what rate_leave() takes. */
struct strangers *rate_enter(struct strangers *s);
void rate_leave(struct strangers *before);
void rate_trust(void);

/* May an answer leave? Always, unless a stranger caused it. */
bool rate_answer(void);
