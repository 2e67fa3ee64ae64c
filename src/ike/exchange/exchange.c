#include "ike/exchange/exchange.h"

static const struct x_table *const tables[] = {
	&x_init_table,
	&x_auth_table,
	&x_child_table,
	&x_rekey_child_table,
	&x_rekey_sa_table,
	&x_info_table,
	NULL,
};

enum {
	KEYLESS = BIT(SA_NEW) | BIT(SA_INIT_SENT),
	HALF = BIT(SA_INIT_DONE) | BIT(SA_AUTH_SENT), /* keys, but nobody has proved anything */
	GOING = BIT(SA_REKEYED) | BIT(SA_DELETING),
	ALL = KEYLESS | HALF | BIT(SA_UP) | GOING,
	MAKES = BIT(TASK_CHILD) | BIT(TASK_REKEY_CHILD) | BIT(TASK_REKEY_SA),
	BACK = BIT(ROLE_TAKE) | BIT(ROLE_REFUSED),
};

/* clang-format off */
static const struct x_gap gaps[] = {
	{ ALL & ~KEYLESS, BIT(TASK_INIT), BIT(ROLE_ASK), CELL_IMPOSSIBLE, "it is the first task" },
	{ ALL & ~BIT(SA_NEW), BIT(TASK_INIT), BIT(ROLE_ANSWER), CELL_IMPOSSIBLE,
	  "a request makes a new IKE_SA, or is answered as before" },
	{ ALL & ~BIT(SA_INIT_SENT), BIT(TASK_INIT), BACK, CELL_IMPOSSIBLE,
	  "an answer to nothing is not handed on" },

	{ ALL & ~BIT(SA_AUTH_SENT), BIT(TASK_AUTH), BIT(ROLE_ASK) | BACK, CELL_IMPOSSIBLE,
	  "it is the task behind IKE_SA_INIT" },
	{ KEYLESS, BIT(TASK_AUTH) | MAKES | BIT(TASK_INFO), BIT(ROLE_ANSWER), CELL_IMPOSSIBLE,
	  "there are no keys to open it" },
	{ BIT(SA_AUTH_SENT) | BIT(SA_UP) | GOING, BIT(TASK_AUTH), BIT(ROLE_ANSWER), CELL_IGNORED,
	  "authenticated once, by the side that began" },

	{ KEYLESS | HALF, MAKES | BIT(TASK_INFO), BIT(ROLE_ASK), CELL_IMPOSSIBLE,
	  "tasks wait behind IKE_AUTH" },
	{ GOING, MAKES | BIT(TASK_INFO), BIT(ROLE_ASK), CELL_IGNORED,
	  "it goes, nothing is begun in it" },
	{ HALF, MAKES | BIT(TASK_INFO), BIT(ROLE_ANSWER), CELL_IGNORED,
	  "not before the peer is known" },
	{ GOING, MAKES & ~BIT(TASK_REKEY_SA), BIT(ROLE_ANSWER), CELL_IGNORED,
	  "it goes, nothing is made in it" },
	{ BIT(SA_REKEYED), BIT(TASK_REKEY_SA), BIT(ROLE_ANSWER), CELL_IGNORED,
	  "it goes, nothing is made in it" },
	{ ALL & ~BIT(SA_UP), MAKES, BACK, CELL_IMPOSSIBLE, "the state stays while this is asked" },

	{ KEYLESS | HALF | BIT(SA_DELETING), BIT(TASK_INFO), BACK, CELL_IMPOSSIBLE,
	  "nothing is asked then" },
	{ ALL, BIT(TASK_DELETE_SA), BIT(ROLE_REFUSED), CELL_IMPOSSIBLE, "any answer will do" },

	{ KEYLESS | BIT(SA_INIT_DONE), BIT(TASK_DELETE_SA), BIT(ROLE_ASK), CELL_IMPOSSIBLE,
	  "the peer has nothing to delete" },
	{ BIT(SA_DELETING), BIT(TASK_DELETE_SA), BIT(ROLE_ASK), CELL_IMPOSSIBLE,
	  "it is asked once" },
	{ ALL, BIT(TASK_DELETE_SA), BIT(ROLE_ANSWER), CELL_IMPOSSIBLE, "an INFORMATIONAL as any" },
	{ ALL & ~BIT(SA_DELETING), BIT(TASK_DELETE_SA), BIT(ROLE_TAKE), CELL_IMPOSSIBLE,
	  "the state stays while this is asked" },
};
/* clang-format on */

const struct x_machine x_all = { tables, gaps, sizeof(gaps) / sizeof(gaps[0]) };
