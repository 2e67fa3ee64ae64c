#include <stdio.h>

#include "ike/sa/books.h"
#include "ike/sa/child.h"

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

bool child_carries(const struct child *c)
{
	return c->state == CHILD_UP || c->state == CHILD_REKEYING;
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

struct child *child_of_trap(const struct trap *trap)
{
	struct child *c, *yielding = NULL;

	LIST_FOREACH (c, &trap->children, of_trap) {
		if (!child_carries(c))
			continue;
		if (!c->sa->yielding)
			return c;
		yielding = c;
	}
	return yielding;
}
