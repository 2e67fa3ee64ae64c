#include <string.h>

#include "ike/events/km.h"
#include "ike/machine/ask.h"

void km_set(struct trap *t, const struct in6_addr *local, const struct in6_addr *remote)
{
	struct trap *peer = t->peer;
	struct sa *sa, *next;

	if (trap_is_shared(t))
		return; /* only who knows the CHILD_SA can tell whose it is */
	peer->has_km = true;
	peer->km_local = *local;
	peer->km_remote = *remote;
	for (sa = LIST_FIRST(&peer->sas); sa; sa = next) {
		next = LIST_NEXT(sa, of_peer);
		x_turn_to(sa, local, remote);
	}
}

bool km_forget(struct trap *t)
{
	struct trap *peer = t->peer;
	bool had = peer->has_km;

	peer->has_km = false;
	return had;
}

static void drop_at(struct km_early *e, size_t at)
{
	e->n--;
	memmove(&e->at[at], &e->at[at + 1], (e->n - at) * sizeof(e->at[0]));
}

void km_drop(struct reqids *r, const struct xfrm_migrate *m)
{
	struct km_early *e = reqids_early(r);

	for (size_t i = e->n; i--;)
		if (e->at[i].dir == m->dir && sel_eq(&e->at[i].sel, &m->sel))
			drop_at(e, i);
}

void km_keep(struct reqids *r, const struct xfrm_migrate *m)
{
	struct km_early *e = reqids_early(r);

	if (!m->has_km)
		return;
	km_drop(r, m); /* the latest of a selector counts */
	if (e->n == KM_EARLY_MAX)
		drop_at(e, 0);
	e->at[e->n++] = *m;
}

void km_trap(struct reqids *r, struct trap *t)
{
	struct km_early *e = reqids_early(r);

	reqids_trap(r, t);
	for (size_t i = 0; i < e->n;) {
		const struct xfrm_migrate *m = &e->at[i];

		if (reqids_by_sel(r, &m->sel, m->dir, m->mode) != t) {
			i++;
			continue;
		}
		km_set(t, &m->km_local, &m->km_remote);
		drop_at(e, i);
	}
}
