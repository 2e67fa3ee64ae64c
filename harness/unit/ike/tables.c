#include "unit/ike/tables.h"

#include <stdio.h>

#include "ike/exchange/exchange.h"
#include "ike/sa/child_state.h"

enum { SA_STATES = SA_GONE + 1, CHILD_STATES = CHILD_DELETING + 1 };
enum { ROLES = ROLE_REFUSED + 1, PAIRS_MAX = TASK_KINDS * ROLES };

static const char *const sa_states[SA_STATES] = { "new", "init sent", "init done", "auth sent",
	"up", "rekeyed", "deleting", "gone" };

/* An event is a kind of task and a role: those that have a row anywhere. */
struct event {
	enum task_kind kind;
	enum x_role role;
	char name[64];
};

static struct event events[PAIRS_MAX];
static unsigned n_events;

static const struct x_row *nth_row(size_t i)
{
	for (const struct x_table *const *t = x_all.tables; *t; t++) {
		if (i < (*t)->n)
			return &(*t)->rows[i];
		i -= (*t)->n;
	}
	return NULL;
}

static unsigned event_of(const struct x_row *r)
{
	return sa_event_of(r->kind, r->role);
}

static void list_events(void)
{
	const struct x_row *r;

	for (size_t i = 0; (r = nth_row(i)); i++) {
		struct event *e = &events[event_of(r)];

		if (e < events + n_events)
			continue;
		*e = (struct event){ .kind = r->kind, .role = r->role };
		snprintf(e->name, sizeof(e->name), "%s: %s", x_kind_str(r->kind),
			x_role_str(r->role));
		n_events++;
	}
}

static const char *sa_state(unsigned s)
{
	return sa_states[s];
}

static const char *sa_event(unsigned e)
{
	return events[e].name;
}

static unsigned target(const struct x_row *r, unsigned from, enum x_verdict v)
{
	if (v == X_SEND)
		return r->to;
	return v == X_END || v == X_FAIL ? SA_GONE : from;
}

/* The verdicts of a row from the worst on; what is left when none of these was given is the last.
 */
static bool sa_arrow(size_t i, struct machine_arrow *out)
{
	const struct x_row *r;

	for (size_t k = 0; (r = nth_row(k)); k++)
		for (unsigned s = 0; s < SA_GONE; s++)
			for (int v = X_FAIL; r->states & BIT(s) && v >= X_SEND; v--) {
				bool last = !(r->says & (BIT(v) - 1));

				if (!(r->says & BIT(v)) || i--)
					continue;
				*out = (struct machine_arrow){ s, event_of(r), target(r, s, v),
					last ? NULL : x_verdict_str(v), r->story };
				return true;
			}
	return false;
}

static bool sa_empty(unsigned s, unsigned e, enum x_cell cell)
{
	const struct x_gap *g = x_gap_find(&x_all, s, events[e].kind, events[e].role);

	return g && g->cell == cell;
}

static bool sa_impossible(unsigned s, unsigned e)
{
	return sa_empty(s, e, CELL_IMPOSSIBLE);
}

/* Nothing comes to an IKE_SA that is gone. */
static bool sa_ignored(unsigned s, unsigned e)
{
	return s == SA_GONE || sa_empty(s, e, CELL_IGNORED);
}

unsigned sa_event_of(enum task_kind kind, enum x_role role)
{
	unsigned e = 0;

	while (e < n_events && (events[e].kind != kind || events[e].role != role))
		e++;
	return e;
}

const struct machine *sa_machine(void)
{
	static struct machine m = { "IKE_SA", SA_STATES, 0, sa_state, sa_event, sa_arrow,
		sa_impossible, sa_ignored };

	if (!n_events)
		list_events();
	m.n_events = n_events;
	return &m;
}

static const char *child_state(unsigned s)
{
	return child_state_str(s);
}

static const char *child_event(unsigned e)
{
	return child_event_str(e);
}

static bool child_arrow(size_t i, struct machine_arrow *out)
{
	for (size_t k = 0; k < child_n_rows; k++)
		for (unsigned s = 0; s < CHILD_STATES; s++) {
			const struct child_row *r = &child_rows[k];

			if (!(r->states >> s & 1) || i--)
				continue;
			*out = (struct machine_arrow){ s, r->event, r->to, NULL, r->story };
			return true;
		}
	return false;
}

static bool child_empty(unsigned s, unsigned e, bool impossible)
{
	for (size_t i = 0; i < child_n_gaps; i++) {
		const struct child_gap *g = &child_gaps[i];

		if (g->states >> s & 1 && g->events >> e & 1 && g->impossible == impossible)
			return true;
	}
	return false;
}

static bool child_impossible(unsigned s, unsigned e)
{
	return child_empty(s, e, true);
}

static bool child_ignored(unsigned s, unsigned e)
{
	return child_empty(s, e, false);
}

const struct machine *child_machine(void)
{
	static const struct machine m = { "CHILD_SA", CHILD_STATES, CE_EVENTS, child_state,
		child_event, child_arrow, child_impossible, child_ignored };

	return &m;
}
