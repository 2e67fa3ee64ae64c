/*
 * record - a peer for struct nl that notes the request and gives the answers a test prepared.
 *
 * Shapes:  the last request whole; its attributes listed; answers are messages made with
 * nl_begin(). Errors:  `error` is what the call returns, after the answers.
 */
#pragma once

#include "base/nl.h"

enum { RECORD_MAX = 16 };

struct record {
	alignas(8) uint8_t msg[NL_REQ_MAX];
	unsigned n_calls;
	uint16_t types[RECORD_MAX]; /* of the first calls, in order */
	int error;
	struct nl_req answers[8];
	size_t n_answers;
};

struct record_attr {
	uint16_t type;
	const void *data;
	size_t n;
};

/* Forget everything; gives a struct nl that talks to *r (to be freed by nl_free). */
struct nl *record_new(struct record *r);

const struct nlmsghdr *record_head(const struct record *r);
const void *record_body(const struct record *r);
/* The attributes behind a body of that size, in order; their number. */
size_t record_attrs(const struct record *r, size_t body, struct record_attr out[RECORD_MAX]);
/* Of that type, n 0 if there is none. */
struct record_attr record_attr(const struct record *r, size_t body, uint16_t type);

/* One more answer: fill it with nl_begin() and nl_put(). */
struct nl_req *record_answer(struct record *r);
/* A message out of a request that was built. */
const struct nlmsghdr *record_msg(const struct nl_req *rq);
