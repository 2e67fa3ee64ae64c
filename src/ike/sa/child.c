#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "ike/lifecycle/iked.h"
#include "ike/machine/xchg.h"
#include "kernel/xfrm_sa.h"

static const struct name states[] = {
	{ CHILD_NEW, "CREATED" },
	{ CHILD_UP, "INSTALLED" },
	{ CHILD_REKEYING, "REKEYING" },
	{ CHILD_REKEYED, "REKEYED" },
	{ CHILD_DELETING, "DELETING" },
};

const char *child_state_str(enum child_state s)
{
	return names_str(NAMES(states), (int)s);
}

const char *child_mode_str(const struct child *c)
{
	if (c->mode == XM_TUNNEL)
		return "TUNNEL";
	return c->proxy ? "TRANSPORT_PROXY" : "TRANSPORT";
}

const char *child_name(const struct child *c)
{
	static char ring[4][80];
	static unsigned next;
	char *out = ring[next++ % 4];

	snprintf(out, sizeof(ring[0]), "%.60s{%u}", c->trap->conn->name, c->reqid_out);
	return out;
}

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

static struct child *with_spi_in(const struct iked *d, uint32_t spi)
{
	struct tlink *l;

	for (l = table_find(&d->child_by_spi_in, hash_u64(spi)); l; l = table_next(l)) {
		struct child *c = LINKED(l, struct child, by_spi_in);

		if (c->spi_in == spi)
			return c;
	}
	return NULL;
}

static bool is_made(const struct child *c)
{
	return c->state != CHILD_NEW && c->spi_in && c->spi_out;
}

bool child_has_spi(const struct iked *d, uint32_t spi)
{
	return with_spi_in(d, spi) != NULL;
}

struct child *child_by_spi_in(const struct iked *d, uint32_t spi)
{
	struct child *c = with_spi_in(d, spi);

	return c && is_made(c) ? c : NULL;
}

struct child *child_of_peer_spi(const struct sa *sa, uint32_t spi)
{
	struct child *c;

	LIST_FOREACH (c, &sa->children, of_sa)
		if (c->spi_out == spi && is_made(c))
			return c;
	return NULL;
}

struct child *child_by_spi_out(const struct iked *d, uint32_t spi, const struct in6_addr *dst)
{
	struct tlink *l;

	for (l = table_find(&d->child_by_spi_out, hash_u64(spi)); l; l = table_next(l)) {
		struct child *c = LINKED(l, struct child, by_spi_out);

		if (c->spi_out == spi && is_made(c) && addr_eq(&c->out_dst, dst))
			return c;
	}
	return NULL;
}

struct child *child_by_reqid(const struct iked *d, uint32_t reqid, const struct child *after)
{
	struct tlink *l = after ? table_next(&after->by_reqid)
				: table_find(&d->child_by_reqid, hash_u64(reqid));

	for (; l; l = table_next(l)) {
		struct child *c = LINKED(l, struct child, by_reqid);

		if (c->reqid_out == reqid)
			return c;
	}
	return NULL;
}

struct child *child_of_trap(const struct trap *trap)
{
	struct child *c = NULL, *leaving = NULL;

	if (!trap->reqid_out)
		return NULL;
	while ((c = child_by_reqid(trap->d, trap->reqid_out, c))) {
		if (c->trap != trap || (c->state != CHILD_UP && c->state != CHILD_REKEYING))
			continue;
		if (!c->sa->leaving)
			return c;
		leaving = c;
	}
	return leaving;
}

void child_to_sa(struct child *c, struct sa *to)
{
	LIST_REMOVE(c, of_sa);
	c->sa->n_children--;
	c->sa = to;
	LIST_INSERT_HEAD(&to->children, c, of_sa);
	to->n_children++;
}

void child_expired(struct child *c, bool hard)
{
	struct iked *d = c->sa->d;
	struct trap *trap = c->trap;

	if (!hard) {
		if (c->state == CHILD_UP)
			iked_rekey_child(c);
		return;
	}
	if (c->state == CHILD_DELETING)
		return;
	log_chd(1, "CHILD_SA %s expired", child_name(c));
	trap_ref(trap);
	iked_close_child(c);
	if (trap->routed && !child_of_trap(trap))
		iked_want_child(d, trap, NULL);
	trap_unref(trap);
}
