/*
 * machine_doc - a state machine's table as matrix and graph, and docs/machines.md held against it.
 *
 * A test describes the table and calls machine_hold(). That every cell is a row, impossible or
 * ignored, that every state can be reached and every event does something is checked too.
 *
 *	static const char *state(unsigned s) { return mn_state_str(s); }
 *	…
 *	machine_hold(&(struct machine){ .name = "mobile node", .n_states = MN_STATES, … });
 *
 * Shapes:  states and events are numbers from 0, the machine begins in state 0; the section of the
 *          document stands between "<!-- machine NAME -->" and "<!-- end of NAME -->".
 * Errors:  asserts, and says what differs. With MACHINES=write in the environment (make machines)
 *          the section is written anew instead.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* Several arrows may leave one cell: `when` then tells them apart. */
struct machine_arrow {
	unsigned from, event, to;
	const char *when; /* NULL: always, or nothing else fits */
	const char *story;
};

struct machine {
	const char *name;
	unsigned n_states, n_events;
	const char *(*state)(unsigned state);
	const char *(*event)(unsigned event);
	/* The arrow number i; false: there are no more. */
	bool (*arrow)(size_t i, struct machine_arrow *out);
	bool (*impossible)(unsigned state, unsigned event);
	bool (*ignored)(unsigned state, unsigned event);
};

void machine_hold(const struct machine *m);
/* As a line of the graph: "up --> gone : event (story, when so)". */
void machine_arrow_print(FILE *f, const struct machine *m, const struct machine_arrow *a);
