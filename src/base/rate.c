#include "base/rate.h"

enum { SECOND_MS = 1000, CLOSE_MS = 2000 };

static struct strangers *at_hand; /* whose packet is being handled, NULL: nobody's or trusted */

bool rate_take(struct rate *r, unsigned a_second)
{
	uint64_t now = loop_now();

	if (!r->used || now - r->since_ms >= SECOND_MS)
		*r = (struct rate){ .since_ms = now };
	if (r->used >= a_second)
		return false;
	r->used++;
	return true;
}

/* While they go on there is a line every two seconds; after them one, and then silence. */
static void say_more(void *arg)
{
	struct strangers *s = arg, *before = at_hand;
	uint64_t ms = loop_now() - s->more_since_ms;
	unsigned long long lines = s->more_lines, answers = s->more_answers;

	timer_stop(&s->close);
	if (!lines && !answers)
		return;
	s->more_lines = s->more_answers = 0;
	rate_leave(NULL); /* this line is nobody's but ours */
	log_at(s->group, 1, "%s: %llu more lines, %llu more answers left out in the last %llu s",
		s->who, lines, answers,
		(unsigned long long)(ms < SECOND_MS ? 1 : (ms + SECOND_MS - 1) / SECOND_MS));
	rate_leave(before);
}

static void left_out(struct strangers *s, uint64_t *n)
{
	++*n;
	if (s->close.armed)
		return;
	s->more_since_ms = loop_now();
	timer_set(&s->close, CLOSE_MS);
}

/* A packet is told whole or not at all, so that what is told makes sense. */
static bool may_tell(void *arg)
{
	struct strangers *s = arg;

	if (s->verdict == RATE_UNDECIDED)
		s->verdict = rate_take(&s->tell, s->told) ? RATE_TOLD : RATE_UNTOLD;
	if (s->verdict == RATE_UNTOLD)
		left_out(s, &s->more_lines);
	return s->verdict == RATE_TOLD;
}

void rate_init(struct strangers *s, enum log_group group, const char *who, unsigned told,
	unsigned answered)
{
	*s = (struct strangers){ .who = who, .group = group, .told = told, .answered = answered };
	timer_init(&s->close, say_more, s);
}

void rate_end(struct strangers *s)
{
	if (at_hand == s)
		rate_leave(NULL);
	say_more(s);
}

struct strangers *rate_enter(struct strangers *s)
{
	struct strangers *before = at_hand;

	s->verdict = RATE_UNDECIDED;
	rate_leave(s);
	return before;
}

void rate_leave(struct strangers *before)
{
	at_hand = before;
	log_gate(before ? may_tell : NULL, before);
}

void rate_trust(void)
{
	rate_leave(NULL);
}

bool rate_answer(void)
{
	struct strangers *s = at_hand;

	if (!s || rate_take(&s->answer, s->answered))
		return true;
	left_out(s, &s->more_answers);
	return false;
}
