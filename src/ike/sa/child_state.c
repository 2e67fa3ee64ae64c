#include "base/log.h"
#include "base/names.h"
#include "ike/sa/child_state.h"

static const struct name events[] = {
	{ CE_AGREED, "agreed" },
	{ CE_REKEY_BEGUN, "our rekey begins" },
	{ CE_REKEY_OVER, "our rekey fails" },
	{ CE_REPLACED, "replaced" },
	{ CE_CLOSE, "our DELETE" },
};

#define S(state) (1u << CHILD_##state)
#define E(event) (1u << CE_##event)

/* clang-format off */
const struct child_row child_rows[] = {
	{ S(NEW), CE_AGREED, CHILD_UP, "both have it" },
	{ S(UP) | S(REKEYING), CE_REKEY_BEGUN, CHILD_REKEYING, "ask for another one" },
	{ S(REKEYING), CE_REKEY_OVER, CHILD_UP, "it stays" },
	{ S(UP) | S(REKEYING) | S(REKEYED), CE_REPLACED, CHILD_REKEYED,
	  "received from until it is deleted" },
	{ S(UP) | S(REKEYING) | S(REKEYED), CE_CLOSE, CHILD_DELETING, "say so to the peer" },
};

const struct child_gap child_gaps[] = {
	{ S(NEW), E(REKEY_BEGUN) | E(REKEY_OVER) | E(REPLACED), true, "nobody can name it yet" },
	{ S(NEW), E(CLOSE), true, "it goes without a word" },
	{ S(UP) | S(REKEYING) | S(REKEYED) | S(DELETING), E(AGREED), true, "agreed once" },
	{ S(REKEYED) | S(DELETING), E(REKEY_BEGUN), true, "what goes is not replaced" },
	{ S(UP) | S(REKEYED) | S(DELETING), E(REKEY_OVER), false,
	  "the peer was faster, or it goes" },
	{ S(DELETING), E(REPLACED) | E(CLOSE), false, "it goes already" },
};
/* clang-format on */

const size_t child_n_rows = sizeof(child_rows) / sizeof(child_rows[0]);
const size_t child_n_gaps = sizeof(child_gaps) / sizeof(child_gaps[0]);

const char *child_event_str(enum child_event e)
{
	return names_str(NAMES(events), (int)e);
}

static void say_impossible(const struct child *c, enum child_event e)
{
	for (size_t i = 0; i < child_n_gaps; i++)
		if (child_gaps[i].states >> c->state & 1 && child_gaps[i].events >> e & 1 &&
			!child_gaps[i].impossible)
			return;
	log_chd(0, "%s should not be in state %s of CHILD_SA %s", child_event_str(e),
		child_state_str(c->state), child_name(c));
}

bool child_do(struct child *c, enum child_event e)
{
	for (size_t i = 0; i < child_n_rows; i++) {
		if (child_rows[i].event != e || !(child_rows[i].states >> c->state & 1))
			continue;
		c->state = child_rows[i].to;
		return true;
	}
	say_impossible(c, e);
	return false;
}
