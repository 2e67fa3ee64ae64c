#include "unit/mip/tables.h"

#include "mip/ha/act.h"
#include "mip/mn/act.h"

static const char *mn_state(unsigned s)
{
	return mn_state_str((enum mn_state)s);
}

static const char *mn_happens(unsigned e)
{
	return mn_event_str((enum mn_event)e);
}

static bool has_row(enum mn_state s, enum mn_event e)
{
	for (size_t i = 0; i < mn_n_rows; i++) {
		if (mn_rows[i].state == s && mn_rows[i].event == e)
			return true;
	}
	return false;
}

/* A row of any state stands for those that have none of their own. */
static bool mn_arrow(size_t i, struct machine_arrow *out)
{
	for (const struct mn_row *r = mn_rows; r < mn_rows + mn_n_rows; r++) {
		bool any = r->state == MN_ANY;
		unsigned from = any ? 0 : r->state, last = any ? MN_STATES - 1 : r->state;

		for (; from <= last; from++) {
			if ((any && has_row((enum mn_state)from, r->event)) || i--)
				continue;
			*out = (struct machine_arrow){ from, r->event, r->to,
				r->when ? r->when->word : NULL, r->story };
			return true;
		}
	}
	return false;
}

static bool mn_impossible(unsigned s, unsigned e)
{
	return mn_empty[s].impossible >> e & 1;
}

static bool mn_ignored(unsigned s, unsigned e)
{
	return mn_empty[s].ignored >> e & 1;
}

const struct machine *mn_machine(void)
{
	static const struct machine mn = { "mobile node", MN_STATES, ME_EVENTS, mn_state,
		mn_happens, mn_arrow, mn_impossible, mn_ignored };

	return &mn;
}

static const char *hb_state(unsigned s)
{
	return hb_state_str((enum hb_state)s);
}

static const char *ha_happens(unsigned e)
{
	return ha_event_str((enum ha_event)e);
}

/* A handler that may refuse makes two arrows of its row. */
static bool ha_arrow(size_t i, struct machine_arrow *out)
{
	for (const struct ha_row *r = ha_rows; r < ha_rows + ha_n_rows; r++) {
		bool both = r->to != HB_NEVER && r->refused != HB_NEVER;

		if (r->refused != HB_NEVER && !i--) {
			*out = (struct machine_arrow){ r->state, r->event, r->refused,
				both ? "refused" : NULL, r->story };
			return true;
		}
		if (r->to != HB_NEVER && !i--) {
			*out = (struct machine_arrow){ r->state, r->event, r->to, NULL, r->story };
			return true;
		}
	}
	return false;
}

static bool ha_impossible(unsigned s, unsigned e)
{
	return ha_empty[s].impossible >> e & 1;
}

static bool ha_ignored(unsigned s, unsigned e)
{
	return ha_empty[s].ignored >> e & 1;
}

const struct machine *ha_machine(void)
{
	static const struct machine ha = { "home agent", HB_STATES, HE_EVENTS, hb_state, ha_happens,
		ha_arrow, ha_impossible, ha_ignored };

	return &ha;
}
