#include <string.h>

#include "base/log.h"
#include "ike/exchange/nego.h"

/* Configured selectors of one end; without any it is the IKE endpoint itself. */
static void end_ts(const struct conn_end *e, const struct in6_addr *ike, struct ts_list *out)
{
	*out = e->ts;
	if (!out->n) {
		struct prefix host = { *ike, 128 };

		out->ts[0] = ts_of(&host, 0, SEL_ANY);
		out->n = 1;
	}
}

void nego_conn_ts(
	const struct sa *sa, const struct trap *t, struct ts_list *local, struct ts_list *remote)
{
	end_ts(&t->conn->local, &sa->local, local);
	end_ts(&t->conn->remote, &sa->remote, remote);
}

static bool list_eq(const struct ts_list *a, const struct ts_list *b)
{
	if (a->n != b->n)
		return false;
	for (size_t i = 0; i < a->n; i++)
		if (!ts_eq(&a->ts[i], &b->ts[i]))
			return false;
	return true;
}

/* All of these name one and the same host. */
static bool is_host(const struct ts_list *list, const struct in6_addr *host)
{
	struct in6_addr a;

	for (size_t i = 0; i < list->n; i++)
		if (!ts_is_host(&list->ts[i], &a) || !addr_eq(&a, host))
			return false;
	return list->n > 0;
}

/* A peer with a home address: it signals for a host that is not where it is configured to be. */
static bool is_mobile(const struct trap *peer)
{
	const struct trap *t;
	struct in6_addr host;

	TAILQ_FOREACH (t, &peer->members, member) {
		const struct conn_end *r = &t->conn->remote;

		if (t->conn->type == CONN_TRANSPORT_PROXY && r->ts.n &&
			ts_is_host(&r->ts.ts[0], &host) && !addr_eq(&host, &r->addr))
			return true;
	}
	return false;
}

/* B-084: an address as identity of a mobile node is its home address, which alone it may use. */
static bool identity_fits(const struct sa *sa, const struct trap *t, const struct msg *in)
{
	struct in6_addr home;

	if (sa->peer_id.type != ID_IPV6 || !is_mobile(t->peer))
		return true;
	if (sa->peer_id.data.n != sizeof(home))
		return false;
	memcpy(&home, sa->peer_id.data.p, sizeof(home));
	return is_host(&in->tsi, &home);
}

/*
 * the ends of a transport SA are hosts. A mobile node and its home agent ask for those that
 * are configured and for nothing else; what others ask for is narrowed to the IKE endpoints.
 */
static bool hosts_fit(const struct sa *sa, const struct conn *c, const struct msg *in,
	const struct nego_ts *narrowed)
{
	struct in6_addr local = sa->local, remote = sa->remote;

	if (c->type == CONN_TRANSPORT)
		return is_host(&narrowed->local, &local) && is_host(&narrowed->remote, &remote);
	if (c->local.ts.n && !ts_is_host(&c->local.ts.ts[0], &local))
		return false;
	if (c->remote.ts.n && !ts_is_host(&c->remote.ts.ts[0], &remote))
		return false;
	return is_host(&in->tsr, &local) && is_host(&in->tsi, &remote);
}

/*
 * How well a connection fits an offer: 0 not, 1 narrowed, 2 as offered, 3 as configured too.
 * A-126, B-025: transport and tunnel never stand in for each other.
 */
static int rate(
	const struct sa *sa, const struct trap *t, const struct msg *in, struct nego_ts *out)
{
	bool transport = msg_notify(in, N_USE_TRANSPORT_MODE) != NULL;
	const struct conn *c = t->conn;
	struct ts_list local, remote;

	if (transport != (c->type != CONN_TUNNEL) || !identity_fits(sa, t, in))
		return 0;
	nego_conn_ts(sa, t, &local, &remote);
	ts_narrow(&local, &in->tsr, &out->local);
	ts_narrow(&remote, &in->tsi, &out->remote);
	out->transport = transport;
	if (transport && !hosts_fit(sa, c, in, out))
		return 0;
	if (!ts_pair(&out->local, &out->remote))
		return 0;
	if (!list_eq(&out->local, &in->tsr) || !list_eq(&out->remote, &in->tsi))
		return 1;
	return list_eq(&out->local, &local) && list_eq(&out->remote, &remote) ? 3 : 2;
}

bool nego_fits(const struct sa *sa, const struct trap *t, const struct msg *in, struct nego_ts *out)
{
	return !in->ts_error && rate(sa, t, in, out) > 0;
}

struct trap *nego_select(
	const struct sa *sa, const struct trap *peer, const struct msg *in, struct nego_ts *out)
{
	struct trap *t, *best = NULL;
	struct nego_ts ts;
	int best_rate = 0;

	if (in->ts_error)
		return NULL;
	TAILQ_FOREACH (t, &peer->members, member) {
		int r = rate(sa, t, in, &ts);

		if (r <= best_rate)
			continue;
		best_rate = r;
		best = t;
		*out = ts;
	}
	return best;
}

/* B-080: the audit line. */
void nego_say_refused(const struct sa *sa, const struct msg *in)
{
	struct in6_addr host;

	if (in->tsi.n && ts_is_host(&in->tsi.ts[0], &host))
		log_ike(0, "identity '%s' not authorised for home address %s",
			ident_str(&sa->peer_id), addr_str(&host));
	log_ike(1, "traffic selectors %s === %s inacceptable", ts_list_str(&in->tsr),
		ts_list_str(&in->tsi));
}
