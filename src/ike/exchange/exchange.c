#include "ike/exchange/exchange.h"

static const struct x_table *const tables[] = {
	&x_init_table,
	&x_auth_table,
	&x_child_table,
	&x_rekey_table,
	&x_info_table,
	NULL,
};

enum {
	KEYLESS = IN(SA_NEW) | IN(SA_INIT_SENT),
	HALF = IN(SA_INIT_DONE) | IN(SA_AUTH_SENT), /* keys, but nobody has proved anything */
	GOING = IN(SA_REKEYED) | IN(SA_DELETING),
	ALL = KEYLESS | HALF | IN(SA_UP) | GOING,
	MAKES = KIND(TASK_CHILD) | KIND(TASK_REKEY_CHILD) | KIND(TASK_REKEY_SA),
	BACK = ROLE(X_TAKE) | ROLE(X_REFUSED),
};

/* clang-format off */
static const struct x_gap gaps[] = {
	{ ALL & ~KEYLESS, KIND(TASK_INIT), ROLE(X_ASK), X_IMPOSSIBLE, "it is the first task" },
	{ ALL & ~IN(SA_NEW), KIND(TASK_INIT), ROLE(X_ANSWER), X_IMPOSSIBLE,
	  "a request makes a new IKE_SA, or is answered as before" },
	{ ALL & ~IN(SA_INIT_SENT), KIND(TASK_INIT), BACK, X_IMPOSSIBLE,
	  "an answer to nothing is not handed on" },

	{ ALL & ~IN(SA_AUTH_SENT), KIND(TASK_AUTH), ROLE(X_ASK) | BACK, X_IMPOSSIBLE,
	  "it is the task behind IKE_SA_INIT" },
	{ KEYLESS, KIND(TASK_AUTH) | MAKES | KIND(TASK_INFO), ROLE(X_ANSWER), X_IMPOSSIBLE,
	  "there are no keys to open it" },
	{ IN(SA_AUTH_SENT) | IN(SA_UP) | GOING, KIND(TASK_AUTH), ROLE(X_ANSWER), X_IGNORED,
	  "authenticated once, by the side that began" },

	{ KEYLESS | HALF, MAKES | KIND(TASK_INFO), ROLE(X_ASK), X_IMPOSSIBLE,
	  "tasks wait behind IKE_AUTH" },
	{ GOING, MAKES | KIND(TASK_INFO), ROLE(X_ASK), X_IGNORED,
	  "it goes, nothing is begun in it" },
	{ HALF, MAKES | KIND(TASK_INFO), ROLE(X_ANSWER), X_IGNORED,
	  "not before the peer is known" },
	{ GOING, MAKES, ROLE(X_ANSWER), X_IGNORED, "it goes, nothing is made in it" },
	{ ALL & ~IN(SA_UP), MAKES, BACK, X_IMPOSSIBLE, "the state stays while this is asked" },

	{ KEYLESS | HALF | IN(SA_DELETING), KIND(TASK_INFO), ROLE(X_TAKE), X_IMPOSSIBLE,
	  "nothing is asked then" },
	{ ALL, KIND(TASK_INFO) | KIND(TASK_DELETE_SA), ROLE(X_REFUSED), X_IMPOSSIBLE,
	  "any answer will do" },

	{ KEYLESS | IN(SA_INIT_DONE), KIND(TASK_DELETE_SA), ROLE(X_ASK), X_IMPOSSIBLE,
	  "the peer has nothing to delete" },
	{ IN(SA_DELETING), KIND(TASK_DELETE_SA), ROLE(X_ASK), X_IMPOSSIBLE, "it is asked once" },
	{ ALL, KIND(TASK_DELETE_SA), ROLE(X_ANSWER), X_IMPOSSIBLE, "an INFORMATIONAL as any" },
	{ ALL & ~IN(SA_DELETING), KIND(TASK_DELETE_SA), ROLE(X_TAKE), X_IMPOSSIBLE,
	  "the state stays while this is asked" },
};
/* clang-format on */

const struct x_machine x_all = { tables, gaps, sizeof(gaps) / sizeof(gaps[0]) };
