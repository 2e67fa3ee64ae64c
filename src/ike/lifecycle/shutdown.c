#include "base/mem.h"
#include "ike/lifecycle/close.h"
#include "ike/lifecycle/shutdown.h"

enum { SHUTDOWN_MS = 2000 };

void shutdown_on_time(void *arg)
{
	struct iked *d = arg;

	if (d->down)
		take(d->down)(d->down_arg);
}

/* The last IKE_SA is gone: a shutdown need not wait longer. */
void shutdown_look(struct iked *d)
{
	if (d->down && LIST_EMPTY(&d->sas))
		timer_set(&d->t_shutdown, 0);
}

void iked_shutdown(struct iked *d, void (*done)(void *arg), void *arg)
{
	struct sa *sa, *next;

	d->stopping = true;
	d->down = done;
	d->down_arg = arg;
	for (sa = LIST_FIRST(&d->sas); sa; sa = next) {
		next = LIST_NEXT(sa, all);
		iked_close_sa(sa);
	}
	timer_set(&d->t_shutdown, LIST_EMPTY(&d->sas) ? 0 : SHUTDOWN_MS);
}
