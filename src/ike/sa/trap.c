#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "base/log.h"
#include "ike/sa/books.h"

static uint32_t hash_name(const char *name)
{
	return hash_bytes(0, BYTES_STR(name));
}

uint32_t trap_id_hash(const struct ident *id)
{
	uint32_t h = id->type;

	if (id->type == ID_DN) /* one name has several encodings */
		return h << 1 | 1;
	for (size_t i = 0; i < id->data.n; i++) { /* host names come in upper and lower case */
		const uint8_t c = (uint8_t)tolower(id->data.p[i]);

		h = hash_bytes(h, BYTES(&c, 1));
	}
	return h | 1;
}

void trap_ref(struct trap *t)
{
	t->refs++;
}

void conf_unref(struct conf_ref *ref)
{
	if (!ref || --ref->refs)
		return;
	ike_conf_free(ref->conf);
	free(ref);
}

void trap_unref(struct trap *t)
{
	struct iked *d = t->d;

	if (--t->refs)
		return;
	timer_stop(&t->t_retry);
	table_del(&d->trap_by_name, &t->by_name);
	table_del(&d->trap_by_reqid_out, &t->by_reqid_out);
	table_del(&d->trap_by_reqid_in, &t->by_reqid_in);
	conf_unref(t->conf);
	free(t);
}

/* The connection's struct may be of a newer configuration that says the same. */
void trap_set_conn(struct trap *t, struct conf_ref *ref, struct conn *conn)
{
	struct iked *d = t->d;
	struct conf_ref *old = t->conf;

	ref->refs++;
	t->conf = ref;
	t->conn = conn;
	conf_unref(old);
	table_del(&d->trap_by_name, &t->by_name);
	table_add(&d->trap_by_name, &t->by_name, hash_name(conn->name));
}

struct trap *trap_new(struct iked *d, struct conf_ref *ref, struct conn *conn)
{
	struct trap *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	t->d = d;
	t->refs = 1;
	t->peer = t;
	LIST_INIT(&t->sas);
	LIST_INIT(&t->handing);
	TAILQ_INIT(&t->members);
	LIST_INIT(&t->children);
	timer_init(&t->t_retry, d->hooks->on_retry, t);
	trap_set_conn(t, ref, conn);
	TAILQ_INSERT_TAIL(&d->traps, t, all);
	if (conn->reqid)
		trap_set_reqid(t, conn->reqid, conn->reqid, REQID_EXPLICIT);
	return t;
}

static void leave_peer(struct trap *t)
{
	if (t->member.tqe_prev)
		TAILQ_REMOVE(&t->peer->members, t, member);
	t->member.tqe_prev = NULL;
	t->peer = t;
}

/* Out of the configuration; what is up keeps it alive. */
void trap_remove(struct trap *t)
{
	struct iked *d = t->d;

	t->gone = true;
	t->routed = false;
	while (!TAILQ_EMPTY(&t->members))
		leave_peer(TAILQ_FIRST(&t->members));
	leave_peer(t);
	timer_stop(&t->t_retry);
	table_del(&d->trap_by_id, &t->by_id);
	table_del(&d->trap_by_addr, &t->by_addr);
	TAILQ_REMOVE(&d->traps, t, all);
	trap_unref(t);
}

int trap_addresses(struct trap *t, struct in6_addr *local, struct in6_addr *remote)
{
	const struct conn *c = t->conn;
	const struct trap *peer = t->peer;
	struct in6_addr source;
	int rc;

	if (peer->has_km && !trap_is_shared(t)) {
		*local = peer->km_local;
		*remote = peer->km_remote;
		return 0;
	}
	if (addr_is_any(&c->remote.addr))
		return -EDESTADDRREQ;
	source = c->local.addr;
	rc = addr_is_any(&source) ? iked_source(t->d, &c->remote.addr, &source) : 0;
	if (rc < 0)
		return rc;
	*local = source;
	*remote = c->remote.addr;
	return 0;
}

bool trap_is_shared(const struct trap *t)
{
	const struct conn_end *r = &t->peer->conn->remote;

	return addr_is_any(&r->addr) && (!r->id.type || ident_has_wildcard(&r->id));
}

void trap_set_reqid(struct trap *t, uint32_t out, uint32_t in, enum trap_how how)
{
	struct iked *d = t->d;

	t->reqid_out = out;
	t->reqid_in = in;
	t->how = how;
	table_del(&d->trap_by_reqid_out, &t->by_reqid_out);
	table_del(&d->trap_by_reqid_in, &t->by_reqid_in);
	if (out)
		table_add(&d->trap_by_reqid_out, &t->by_reqid_out, hash_u64(out));
	if (in)
		table_add(&d->trap_by_reqid_in, &t->by_reqid_in, hash_u64(in));
}

/* B-090, B-091: a number once drawn stays with the name; those in use or configured are skipped. */
void trap_need_reqid(struct trap *t)
{
	struct iked *d = t->d;

	if (t->reqid_out)
		return;
	while (!t->number) {
		uint32_t n = ++d->reqid_counter;

		if (!trap_by_reqid(d, n, NULL))
			t->number = n;
	}
	trap_set_reqid(t, t->number, t->number, REQID_COUNTER);
}

/* The single host that these selectors name, if it is not the IKE endpoint itself. */
static bool proxy_host(const struct ts_list *list, const struct in6_addr *ike, struct in6_addr *out)
{
	return list->n && ts_is_host(&list->ts[0], out) && !addr_eq(out, ike);
}

/* B-021: for each end that stands for another host. */
void trap_say_proxy(
	const struct trap *t, const struct in6_addr *local, const struct in6_addr *remote)
{
	const struct conn *c = t->conn;
	struct in6_addr host;

	if (c->type != CONN_TRANSPORT_PROXY)
		return;
	if (proxy_host(&c->local.ts, local, &host))
		log_chd(1, "my address: %s is a transport mode proxy for %s", addr_str_any(local),
			addr_str(&host));
	if (proxy_host(&c->remote.ts, remote, &host))
		log_chd(1, "other address: %s is a transport mode proxy for %s",
			addr_str_any(remote), addr_str(&host));
}

void trap_route(struct trap *t)
{
	struct iked *d = t->d;
	struct in6_addr local, remote;

	trap_need_reqid(t);
	if (trap_addresses(t, &local, &remote) < 0) {
		local = t->conn->local.addr;
		remote = t->conn->remote.addr;
	}
	trap_say_proxy(t, &local, &remote);
	t->routed = true;
	log_ike(1, "CHILD_SA routed");
	if (d->seams.routed)
		d->seams.routed(d->seams.arg, t);
}

void trap_unroute(struct trap *t)
{
	t->routed = false;
	timer_stop(&t->t_retry);
	log_ike(1, "CHILD_SA unrouted");
}

struct trap *trap_by_name(const struct iked *d, const char *name)
{
	struct tlink *l;

	for (l = table_find(&d->trap_by_name, hash_name(name)); l; l = table_next(l)) {
		struct trap *t = LINKED(l, struct trap, by_name);

		if (!strcmp(t->conn->name, name))
			return t;
	}
	return NULL;
}

static struct trap *next_out(struct tlink *l, uint32_t reqid)
{
	for (; l; l = table_next(l)) {
		struct trap *t = LINKED(l, struct trap, by_reqid_out);

		if (t->reqid_out == reqid)
			return t;
	}
	return NULL;
}

/* Those that have the number inbound only. */
static struct trap *next_in(struct tlink *l, uint32_t reqid)
{
	for (; l; l = table_next(l)) {
		struct trap *t = LINKED(l, struct trap, by_reqid_in);

		if (t->reqid_in == reqid && t->reqid_out != reqid)
			return t;
	}
	return NULL;
}

struct trap *trap_by_reqid(const struct iked *d, uint32_t reqid, const struct trap *after)
{
	struct trap *found = NULL;

	if (!after)
		found = next_out(table_find(&d->trap_by_reqid_out, hash_u64(reqid)), reqid);
	else if (after->reqid_out == reqid)
		found = next_out(table_next(&after->by_reqid_out), reqid);
	if (found)
		return found;
	if (after && after->reqid_out != reqid)
		return next_in(table_next(&after->by_reqid_in), reqid);
	return next_in(table_find(&d->trap_by_reqid_in, hash_u64(reqid)), reqid);
}
