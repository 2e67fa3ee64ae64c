#include "ike/lifecycle/close.h"
#include "ike/lifecycle/end.h"
#include "ike/machine/ask.h"
#include "ike/sa/child_state.h"

static void close_sa(struct sa *sa, bool for_good)
{
	struct task *t;

	if (sa->state == SA_NEW || sa->state == SA_DELETING || sa->state == SA_GONE)
		return;
	t = sa->state == SA_UP || sa->state == SA_REKEYED ? task_new(TASK_DELETE_SA) : NULL;
	if (!t) {
		end_sa(sa);
		return;
	}
	t->for_good = for_good;
	x_push_front(sa, t);
	x_run(sa);
}

void iked_close_sa(struct sa *sa)
{
	close_sa(sa, true);
}

void close_worn(struct sa *sa)
{
	close_sa(sa, false);
}

void iked_close_child(struct child *c)
{
	struct sa *sa = c->sa;
	struct task *t;
	bool can_tell;

	if (c->state == CHILD_DELETING)
		return;
	can_tell = (sa->state == SA_UP || sa->state == SA_AUTH_SENT) && c->state != CHILD_NEW;
	t = can_tell ? task_new(TASK_INFO) : NULL;
	if (!t) {
		child_free(c);
		return;
	}
	child_do(c, CE_CLOSE);
	child_point(&t->child, c);
	if (x_push(sa, t) < 0)
		child_free(c);
}
