#include "ike/machine/state.h"
#include "ike/machine/limits.h"
#include "ike/sa/books.h"

static void half_open(struct sa *sa, bool is)
{
	if (sa->counted == is)
		return;
	sa->counted = is;
	(is ? limits_opened : limits_closed)(sa->d->limits, &sa->init_from);
}

void x_move(struct sa *sa, enum sa_state to)
{
	if (sa->state == to || sa->state == SA_GONE)
		return;
	sa->state = to;
	half_open(sa, to == SA_INIT_DONE);
	if (to == SA_INIT_DONE)
		sa_remember_init(sa);
	if (to == SA_UP) {
		sa->newest = sa->d->sa_counter;
		sa_init_free(sa);
	}
	sa->d->hooks->entered(sa);
}
