/*
 * child_state - the states of a CHILD_SA: one table, the only writer.
 *
 * Source:  RFC 7296 sections 1.3.3, 1.4.1, 2.8, 2.25.
 */
#pragma once

#include "ike/sa/child.h"

enum child_event {
	CE_AGREED, /* both have it; or the peer alone, and it is taken back at once */
	CE_REKEY_BEGUN, /* our request to replace it goes out */
	CE_REKEY_OVER, /* and came to nothing */
	CE_REPLACED, /* another one has its place */
	CE_CLOSE, /* our DELETE of it goes out */
	CE_EVENTS,
};
const char *child_event_str(enum child_event e);

struct child_row {
	unsigned states; /* 1 << CHILD_UP | … */
	enum child_event event;
	enum child_state to;
	const char *story;
};

/* Cells without a row. */
struct child_gap {
	unsigned states, events;
	bool impossible; /* else ignored */
	const char *why;
};

extern const struct child_row child_rows[];
extern const size_t child_n_rows;
extern const struct child_gap child_gaps[];
extern const size_t child_n_gaps;

/* True: there is a row for it. */
bool child_do(struct child *c, enum child_event e);
