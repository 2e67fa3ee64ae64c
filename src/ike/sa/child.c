#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/loop.h"
#include "ike/sa/books.h"
#include "ike/sa/child.h"

enum { UNHEARD_MS = 30000 }; /* a lost answer is asked for again three times by then */

int child_new(struct sa *sa, struct trap *trap, struct child **out)
{
	struct child *c = calloc(1, sizeof(*c));
	const struct conn *conn = trap->conn;

	if (!c)
		return -ENOMEM;
	trap_need_reqid(trap);
	trap_ref(trap);
	trap_say_proxy(trap, &sa->local, &sa->remote);
	*c = (struct child){
		.sa = sa,
		.trap = trap,
		.mode = conn->type == CONN_TUNNEL ? XM_TUNNEL : XM_TRANSPORT,
		.proxy = conn->type == CONN_TRANSPORT_PROXY,
		.reqid_out = trap->reqid_out,
		.reqid_in = trap->reqid_in,
		.local = sa->local,
		.remote = sa->remote,
	};
	if (c->proxy) { /* B-021: the hosts of the selectors, not the IKE endpoints */
		if (conn->local.ts.n)
			ts_is_host(&conn->local.ts.ts[0], &c->local);
		if (conn->remote.ts.n)
			ts_is_host(&conn->remote.ts.ts[0], &c->remote);
	}
	LIST_INSERT_HEAD(&sa->children, c, of_sa);
	LIST_INSERT_HEAD(&trap->children, c, of_trap);
	sa->n_children++;
	*out = c;
	return 0;
}

void child_point(struct child_ref *r, struct child *to)
{
	if (r->to)
		LIST_REMOVE(r, link);
	r->to = to;
	if (to)
		LIST_INSERT_HEAD(&to->refs, r, link);
}

void child_free(struct child *c)
{
	struct iked *d;

	if (!c)
		return;
	d = c->sa->d;
	child_point(&c->rekeys, NULL);
	while (!LIST_EMPTY(&c->refs))
		child_point(LIST_FIRST(&c->refs), NULL);
	child_close_out(c);
	child_close_in(c);
	table_del(&d->child_by_spi_in, &c->by_spi_in);
	table_del(&d->child_by_spi_out, &c->by_spi_out);
	LIST_REMOVE(c, of_sa);
	LIST_REMOVE(c, of_trap);
	c->sa->n_children--;
	trap_unref(c->trap);
	free(c);
}

void child_to_sa(struct child *c, struct sa *to)
{
	LIST_REMOVE(c, of_sa);
	c->sa->n_children--;
	c->sa = to;
	c->unheard = false; /* the peer has done an exchange since */
	LIST_INSERT_HEAD(&to->children, c, of_sa);
	to->n_children++;
}

bool child_is_unheard(const struct child *c)
{
	return c->unheard && !c->lost && loop_now() < c->installed_at + UNHEARD_MS &&
		!child_last_in(c);
}

bool child_hear_all(struct sa *sa)
{
	struct child *c;
	bool any = false;

	LIST_FOREACH (c, &sa->children, of_sa) {
		any |= c->unheard;
		c->unheard = false;
	}
	return any;
}
