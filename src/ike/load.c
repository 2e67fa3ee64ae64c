#include <errno.h>
#include <string.h>

#include "base/log.h"
#include "ike/iked.h"
#include "ike/lifecycle/yield.h"

static const char *say_iface(struct iked *d, const struct in6_addr *a)
{
	const struct iked_seams *s = &d->seams;
	const char *name;

	log_knl(2, "getting interface name for %s", addr_str_any(a));
	name = s->iface && !addr_is_any(a) ? s->iface(s->arg, a) : NULL;
	if (name)
		log_knl(2, "%s is on interface %s", addr_str_any(a), name);
	else
		log_knl(2, "%s is not a local address", addr_str_any(a));
	return name;
}

/* The configuration has decided already (E-005); here is what it found. */
static void say_side(struct iked *d, const struct conn *c)
{
	const struct conn_end *left = c->swapped ? &c->remote : &c->local;
	const struct conn_end *right = c->swapped ? &c->local : &c->remote;
	bool right_is_ours = say_iface(d, &right->addr) != NULL;
	bool left_is_ours = say_iface(d, &left->addr) != NULL;

	if (c->swapped)
		log_cfg(1, "left is other host, swapping ends");
	else if (!left_is_ours && !right_is_ours)
		log_cfg(1, "left nor right host is our side, assuming left=local");
}

/* Own certificate; an identity that it does not hold would be refused by every peer (4945 3.1). */
static void choose_cred(struct iked *d, struct trap *t)
{
	struct conn *c = t->conn;

	t->cred = c->local.cert_file ? cert_store_cred(d->certs, c->local.cert_file) : NULL;
	if (!t->cred)
		return;
	if (c->local.id.type && !cert_has_ident(t->cred->cert, &c->local.id)) {
		log_cfg(1, "  id '%s' not confirmed by certificate, defaulting to '%s'",
			ident_str(&c->local.id), cert_subject(t->cred->cert));
		ident_free(&c->local.id);
	}
	if (!c->local.id.type)
		cert_subject_ident(t->cred->cert, &c->local.id);
}

static void say_added(const struct trap *t)
{
	const struct conn *c = t->conn;

	if (t->peer != t)
		log_cfg(1, "added child to existing configuration '%s'", t->peer->conn->name);
	else
		log_cfg(1, "added configuration '%s': %s[%s]...%s[%s]", c->name,
			addr_str_any(&c->local.addr), ident_str(&c->local.id),
			addr_str_any(&c->remote.addr), ident_str(&c->remote.id));
}

static bool text_same(const char *a, const char *b)
{
	return a == b || (a && b && !strcmp(a, b));
}

/* For IKE_SA_INIT only addresses and proposals count: one of many equal ones is enough. */
static bool init_known(const struct trap *t, const struct in6_addr *remote)
{
	const struct conn *c = t->conn;
	struct tlink *l = table_find(&t->d->trap_by_addr, addr_hash(remote));

	for (; l; l = table_next(l)) {
		const struct conn *o = LINKED(l, struct trap, by_addr)->conn;

		if (addr_eq(&o->local.addr, &c->local.addr) && o->ike_strict == c->ike_strict &&
			addr_eq(&o->remote.addr, &c->remote.addr) &&
			o->remote.allow_any == c->remote.allow_any &&
			text_same(o->ike_text, c->ike_text))
			return true;
	}
	return false;
}

/* How an answering side finds the configuration: by the address first, later by the identity. */
static void index_peer(struct trap *t)
{
	struct iked *d = t->d;
	const struct conn_end *r = &t->conn->remote;
	const struct in6_addr *remote = r->allow_any ? &addr_any : &r->addr;
	bool any = !r->id.type || ident_has_wildcard(&r->id);

	if (t->peer != t)
		return;
	if (!init_known(t, remote))
		table_add(&d->trap_by_addr, &t->by_addr, addr_hash(remote));
	table_add(&d->trap_by_id, &t->by_id, any ? 0 : trap_id_hash(&r->id));
}

/* All IKE_SAs of one are the other's, and where its peer is. */
static void give_sas(struct trap *from, struct trap *to)
{
	struct sa *sa;

	if (from == to)
		return;
	trap_ref(from);
	if (from->has_km && !to->has_km) {
		to->has_km = true;
		to->km_local = from->km_local;
		to->km_remote = from->km_remote;
	}
	while ((sa = LIST_FIRST(&from->sas)))
		sa_set_peer(sa, to);
	trap_unref(from);
}

/*
 * An IKE_SA was made for all connections with its parameters: it stays with those that still have
 * them, whichever was the first of them.
 */
static void rescue_sas(struct iked *d)
{
	struct trap *t;

	TAILQ_FOREACH (t, &d->traps, all)
		if (t->change < CONN_IKE && t->peer->change == CONN_IKE)
			give_sas(t->peer, t);
}

static void mark_outdated(struct iked *d)
{
	struct trap *t;
	struct sa *sa;

	TAILQ_FOREACH (t, &d->traps, all)
		LIST_FOREACH (sa, &t->sas, of_peer)
			sa->outdated |= t->change == CONN_IKE;
}

/* Every connection belongs to the first with the same IKE parameters. */
static void set_peers(struct iked *d)
{
	struct trap *t;

	TAILQ_FOREACH (t, &d->traps, all) {
		struct trap *peer = t->conn->peer ? trap_by_name(d, t->conn->peer->name) : NULL;

		t->peer = peer ? peer : t;
		TAILQ_INIT(&t->members);
		table_del(&d->trap_by_addr, &t->by_addr);
		table_del(&d->trap_by_id, &t->by_id);
	}
	TAILQ_FOREACH (t, &d->traps, all) {
		TAILQ_INSERT_TAIL(&t->peer->members, t, member);
		give_sas(t, t->peer);
		index_peer(t);
	}
}

/* Old connections that the new configuration does not have. */
static void remove_old(struct iked *d, const struct ike_conf *conf)
{
	struct trap *t, *next;

	for (t = TAILQ_FIRST(&d->traps); t; t = next) {
		const struct conn *c = conf_conn(conf, t->conn->name);

		next = TAILQ_NEXT(t, all);
		if (c && c->autostart != AUTO_IGNORE)
			continue;
		log_cfg(1, "received stroke: delete connection '%s'", t->conn->name);
		trap_remove(t);
	}
}

/* Another one of that name: it has what the old one has learned, and its SAs. */
static void change_conn(struct trap *t, struct conf_ref *ref, struct conn *c)
{
	if (!t->gone)
		log_cfg(1, "received stroke: delete connection '%s'", c->name);
	t->routed = false;
	if (t->change >= CONN_CHILD) /* the kernel's policy may be another one; B-090 */
		trap_set_reqid(t, c->reqid, c->reqid, c->reqid ? REQID_EXPLICIT : REQID_COUNTER);
	trap_set_conn(t, ref, c);
}

/* 1: it is new and has to be started; 0: an equal one is there. */
static int take_conn(struct iked *d, struct conf_ref *ref, struct conn *c, struct trap **out)
{
	struct trap *t = trap_by_name(d, c->name);
	bool equal;

	if (!t) {
		*out = trap_new(d, ref, c);
		return *out ? 1 : -ENOMEM;
	}
	t->change = conn_change(t->conn, c);
	equal = !t->gone && t->change == CONN_SAME;
	if (equal) {
		ident_free(&c->local.id);
		ident_set(&c->local.id, t->conn->local.id.type, blob_view(&t->conn->local.id.data));
		trap_set_conn(t, ref, c);
	} else {
		change_conn(t, ref, c);
	}
	if (!t->gone)
		TAILQ_REMOVE(&d->traps, t, all); /* the new order counts */
	else
		trap_ref(t);
	t->gone = false;
	TAILQ_INSERT_TAIL(&d->traps, t, all);
	*out = t;
	return !equal;
}

static void start_conn(struct iked *d, struct trap *t)
{
	struct conn *c = t->conn;

	log_cfg(1, "received stroke: add connection '%s'", c->name);
	say_side(d, c);
	choose_cred(d, t);
	say_added(t);
	if (c->autostart == AUTO_ROUTE) {
		log_cfg(1, "received stroke: route '%s'", c->name);
		trap_route(t);
	} else if (c->autostart == AUTO_START) {
		log_cfg(1, "received stroke: initiate '%s'", c->name);
		iked_want_child(d, t, NULL);
	} else if (d->seams.routed) {
		d->seams.routed(d->seams.arg, t);
	}
}

/* What was agreed otherwise is made anew before the old goes: by a rekey, or in another IKE_SA. */
static void renew_children(struct trap *t)
{
	struct child *c = t->change == CONN_CHILD ? child_of_trap(t) : NULL;

	if (c && !c->sa->yielding)
		iked_rekey_child(c);
}

/* Its connections have other parameters, or not all of them the same any more. */
static bool is_outdated(const struct sa *sa)
{
	const struct child *c;

	if (sa->outdated)
		return true;
	LIST_FOREACH (c, &sa->children, of_sa)
		if (!c->trap->gone && c->trap->peer != sa->peer)
			return true;
	return false;
}

static void renew(struct iked *d)
{
	struct sa *sa, *next;
	struct trap *t;

	for (sa = LIST_FIRST(&d->sas); sa; sa = next) {
		next = LIST_NEXT(sa, all);
		if (sa->peer && sa->state == SA_UP && is_outdated(sa))
			yield_begin(sa);
	}
	TAILQ_FOREACH (t, &d->traps, all)
		renew_children(t);
}

int iked_load_conf(struct iked *d, struct ike_conf *conf)
{
	struct conf_ref *ref = calloc(1, sizeof(*ref)), *old = d->conf;
	size_t n = 0, n_new = 0;
	own_mem struct trap **fresh = NULL;
	struct trap *t;

	for (struct conn *c = conf->conns; c; c = c->next)
		n++;
	fresh = calloc(n + 1, sizeof(*fresh));
	if (!ref || !fresh) {
		free(ref);
		ike_conf_free(conf);
		return -ENOMEM;
	}
	*ref = (struct conf_ref){ .conf = conf, .refs = 1 };
	TAILQ_FOREACH (t, &d->traps, all)
		t->change = CONN_IKE; /* until one of that name is there */
	for (struct conn *c = conf->conns; c; c = c->next) {
		if (c->autostart != AUTO_IGNORE && take_conn(d, ref, c, &t) > 0)
			fresh[n_new++] = t;
	}
	d->conf = ref;
	if (old)
		conf_unref(old);
	rescue_sas(d);
	remove_old(d, conf);
	mark_outdated(d);
	set_peers(d);
	for (size_t i = 0; i < n_new; i++)
		start_conn(d, fresh[i]);
	renew(d);
	return 0;
}
