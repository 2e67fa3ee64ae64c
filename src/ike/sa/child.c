#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ike/sa/books.h"
#include "ike/sa/child.h"

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
	if (table_add(&sa->d->child_by_reqid, &c->by_reqid, hash_u64(c->reqid_out)) < 0) {
		trap_unref(trap);
		free(c);
		return -ENOMEM;
	}
	LIST_INSERT_HEAD(&sa->children, c, of_sa);
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
	table_del(&d->child_by_reqid, &c->by_reqid);
	LIST_REMOVE(c, of_sa);
	c->sa->n_children--;
	trap_unref(c->trap);
	free(c);
}

void child_to_sa(struct child *c, struct sa *to)
{
	LIST_REMOVE(c, of_sa);
	c->sa->n_children--;
	c->sa = to;
	LIST_INSERT_HEAD(&to->children, c, of_sa);
	to->n_children++;
}
