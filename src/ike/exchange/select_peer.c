#include "ike/exchange/nego.h"
#include "ike/exchange/select_peer.h"

static bool addr_fits(const struct in6_addr *configured, const struct in6_addr *a)
{
	return addr_is_any(configured) || addr_eq(configured, a);
}

static bool fits(const struct trap *t, const struct in6_addr *local, const struct in6_addr *remote)
{
	const struct conn *c = t->conn;

	return addr_fits(&c->local.addr, local) &&
		(c->remote.allow_any || addr_fits(&c->remote.addr, remote));
}

/* From link l on, then (exact rows done) those for any address. */
static struct trap *next_addr(const struct iked *d, struct tlink *l, bool any,
	const struct in6_addr *local, const struct in6_addr *remote)
{
	for (;;) {
		for (; l; l = table_next(l)) {
			struct trap *t = LINKED(l, struct trap, by_addr);

			if (fits(t, local, remote))
				return t;
		}
		if (any)
			return NULL;
		any = true;
		l = table_find(&d->trap_by_addr, addr_hash(&addr_any));
	}
}

struct trap *select_next_by_addr(const struct iked *d, const struct in6_addr *local,
	const struct in6_addr *remote, const struct trap *after)
{
	if (!after)
		return next_addr(
			d, table_find(&d->trap_by_addr, addr_hash(remote)), false, local, remote);
	return next_addr(d, table_next(&after->by_addr),
		after->by_addr.hash == addr_hash(&addr_any), local, remote);
}

/* The proposal agreed on in IKE_SA_INIT must be one that this configuration allows. */
static bool suite_fits(const struct conn *c, const struct suite *suite)
{
	struct prop_list one;
	struct suite chosen;

	prop_of_suite(suite, PROTO_IKE, &one);
	return prop_choose(&c->ike, &one, true, &chosen) >= 0;
}

static bool ids_fit(const struct conn *c, const struct ident *idi, const struct ident *idr)
{
	return ident_match(&c->remote.id, idi) && (!idr->type || ident_match(&c->local.id, idr));
}

/* Better than what was found before: how exact its rightid is, then whether it knows the TS. */
static int rate(const struct sa *sa, struct trap *t, const struct msg *in, const struct ident *idi)
{
	struct nego_ts ts;

	return 2 * ident_match(&t->conn->remote.id, idi) + (nego_select(sa, t, in, &ts) != NULL);
}

struct trap *select_peer(const struct sa *sa, const struct msg *in)
{
	const struct iked *d = sa->d;
	uint32_t rows[2];
	struct trap *best = NULL;
	struct ident idr = { 0 };
	int best_rate = 0;

	rows[0] = trap_id_hash(&sa->peer_id);
	rows[1] = 0; /* wildcards and %any */
	if (in->has & P(IDR) && ident_set(&idr, in->idr.type, in->idr.data) < 0)
		return NULL;
	for (size_t i = 0; i < 2; i++) {
		struct tlink *l = table_find(&d->trap_by_id, rows[i]);

		for (; l; l = table_next(l)) {
			struct trap *t = LINKED(l, struct trap, by_id);
			int r;

			if (!fits(t, &sa->local, &sa->remote) ||
				!ids_fit(t->conn, &sa->peer_id, &idr) ||
				!suite_fits(t->conn, &sa->suite))
				continue;
			r = rate(sa, t, in, &sa->peer_id);
			if (r > best_rate) {
				best_rate = r;
				best = t;
			}
		}
	}
	ident_free(&idr);
	return best;
}
