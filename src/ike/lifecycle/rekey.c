#include <errno.h>

#include "base/log.h"
#include "ike/lifecycle/yield.h"
#include "ike/lifecycle/rekey.h"
#include "ike/lifecycle/want.h"
#include "ike/machine/ask.h"
#include "ike/sa/child.h"

/* RFC 7296 section 2.8.3, A-171: from the beginning, and the old one goes when all is made anew. */
static int reauthenticate(struct sa *sa)
{
	if (!sa->initiator)
		return -EOPNOTSUPP; /* the side that began it does */
	log_ike(1, "reauthenticating IKE_SA %s", sa_name(sa));
	return yield_begin(sa);
}

int iked_rekey_sa(struct sa *sa)
{
	struct task *t;

	if (sa->state != SA_UP)
		return -EBUSY;
	if (sa->yielding)
		return yield_begin(sa);
	if (sa->peer->conn->reauth)
		return reauthenticate(sa);
	t = task_new(TASK_REKEY_SA);
	return t ? x_push(sa, t) : -ENOMEM;
}

int iked_rekey_child(struct child *c)
{
	struct task *t;

	if (c->state != CHILD_UP || c->sa->state != SA_UP)
		return -EBUSY;
	if (c->sa->yielding)
		return iked_want_child(c->sa->d, c->trap, NULL);
	t = task_new(TASK_REKEY_CHILD);
	if (!t)
		return -ENOMEM;
	child_point(&t->old, c);
	return x_push(c->sa, t);
}
