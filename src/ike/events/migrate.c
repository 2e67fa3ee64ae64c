#include <errno.h>
#include <linux/xfrm.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "ike/events/km.h"
#include "ike/events/migrate.h"
#include "ike/lifecycle/yield.h"
#include "ike/machine/ask.h"
#include "ike/sa/child.h"

enum { LEVEL_FOREIGN = 3 };

/* Each attribute, and behind it what it says. */
static void say(const struct xfrm_event *ev)
{
	const struct xfrm_migrate *first = &ev->migrate.m[0];

	log_knl(2, "received a XFRM_MSG_MIGRATE");
	log_knl(2, "  policy: %s === %s %s", sel_src_str(&first->sel), sel_dst_str(&first->sel),
		xdir_str(first->dir));
	for (size_t i = 0; i < ev->n_attrs; i++) {
		log_knl(2, "  %s", xfrm_attr_str(ev->attrs[i]));
		if (ev->attrs[i] == XFRMA_KMADDRESS)
			log_knl(2, "  kmaddress: %s...%s", addr_str_any(&first->km_local),
				addr_str_any(&first->km_remote));
		for (size_t k = 0; ev->attrs[i] == XFRMA_MIGRATE && k < ev->migrate.n; k++) {
			const struct xfrm_migrate *m = &ev->migrate.m[k];

			log_knl(2, "  migrate ESP %s...%s to %s...%s, reqid {%u}",
				addr_str_any(&m->old_src), addr_str_any(&m->old_dst),
				addr_str_any(&m->new_src), addr_str_any(&m->new_dst), m->reqid);
		}
	}
}

/* B-054: endpoints as seen from here. */
static void ends_of(enum xdir dir, const struct in6_addr *src, const struct in6_addr *dst,
	struct in6_addr *local, struct in6_addr *remote)
{
	*local = dir == XD_OUT ? *src : *dst;
	*remote = dir == XD_OUT ? *dst : *src;
}

/* F-010, B-103: the kernel's own policy shows the same, else the event is old or another's. */
static bool believed(struct reqids *r, const struct xfrm_migrate *m)
{
	struct xfrm_policy p;

	if (xfrm_policy_get(reqids_iked(r)->seams.xfrm, &m->sel, m->dir, m->sub, &p) < 0)
		return false;
	for (size_t i = 0; i < p.n_tmpl; i++) {
		const struct xfrm_tmpl_ *t = &p.tmpl[i];

		if (t->proto == m->proto && t->mode == m->mode &&
			(t->mode != XM_TUNNEL ||
				(addr_eq(&t->src, &m->new_src) && addr_eq(&t->dst, &m->new_dst))))
			return true;
	}
	return false;
}

/* The connection that an entry means: the selector decides, the reqid helps (B-093, B-096). */
static struct trap *trap_of(struct reqids *r, const struct xfrm_migrate *m)
{
	struct trap *t = reqids_by_sel(r, &m->sel, m->dir, m->mode);
	struct ts local, remote;

	if (t)
		return t;
	reqids_halves(&m->sel, m->dir, &local, &remote);
	for (t = m->reqid ? trap_by_reqid(reqids_iked(r), m->reqid, NULL) : NULL; t;
		t = trap_by_reqid(reqids_iked(r), m->reqid, t)) {
		const struct ts_list l = { .ts = { local }, .n = 1 },
				     f = { .ts = { remote }, .n = 1 };

		if (ts_list_within(&l, &t->conn->local.ts) &&
			ts_list_within(&f, &t->conn->remote.ts))
			return t;
	}
	return NULL;
}

static bool sa_stands(struct nl *nl, uint32_t spi, const struct xfrm_migrate *m)
{
	struct xfrm_sa_key key = { .dst = m->new_dst, .proto = XP_ESP, .spi = spi };
	struct xfrm_sa sa;

	return xfrm_sa_get(nl, &key, &sa) == 0 && addr_eq(&sa.src, &m->new_src);
}

/*
 * The policy is gone, or was changed again: nothing is moved for it. But an SA that the kernel
 * took along has to be known where it stands, or nobody deletes it.
 */
static void note_children(struct trap *t, const struct xfrm_migrate *m)
{
	struct in6_addr local, remote;
	struct child *c;
	bool out = m->dir == XD_OUT;

	ends_of(m->dir, &m->new_src, &m->new_dst, &local, &remote);
	LIST_FOREACH (c, &t->children, of_trap)
		if (c->mode == XM_TUNNEL &&
			sa_stands(t->d->seams.xfrm, out ? c->spi_out : c->spi_in, m))
			child_move_way(c, out, &local, &remote);
}

/* B-052, P10: all CHILD_SAs of the connection, also both of a rekey. */
static void move_children(
	struct trap *t, enum xdir dir, const struct in6_addr *local, const struct in6_addr *remote)
{
	struct child *c;
	int rc;

	LIST_FOREACH (c, &t->children, of_trap) {
		if (c->mode != XM_TUNNEL)
			continue;
		rc = child_move_way(c, dir == XD_OUT, local, remote);
		if (rc < 0)
			log_knl(1, "SA of %s is neither at its old nor at its new address: %s",
				child_name(c), strerror(-rc));
	}
}

/* Connections that many peers share do not tell whose IKE_SA it is; its CHILD_SA does. */
static void move_owners(struct trap *t, const struct xfrm_migrate *m)
{
	struct child *c;

	LIST_FOREACH (c, &t->children, of_trap)
		x_turn_to(c->sa, &m->km_local, &m->km_remote);
}

static void strand_one(
	struct sa *sa, bool told, const struct in6_addr *local, const struct in6_addr *remote)
{
	bool elsewhere = !addr_eq(&sa->local, local) || !addr_eq(&sa->remote, remote);

	if (sa->state == SA_INIT_SENT && sa->initiator)
		x_turn_to(sa, local, remote); /* begun anew, it is nobody's yet */
	else if (sa->state == SA_UP && (told || elsewhere))
		yield_stranded(sa);
}

/*
 * B-012, B-072: without KMADDRESS key management does not follow. An IKE_SA that ends elsewhere is
 * given up, also where it had followed before and the peer did not agree to that.
 */
static void strand(struct trap *t, const struct in6_addr *local, const struct in6_addr *remote)
{
	bool told = km_forget(t);
	struct sa *sa, *next;
	bool shared = trap_is_shared(t);
	struct child *c;

	for (c = shared ? LIST_FIRST(&t->children) : NULL; c; c = LIST_NEXT(c, of_trap))
		strand_one(c->sa, told, local, remote);
	for (sa = shared ? NULL : LIST_FIRST(&t->peer->sas); sa; sa = next) {
		next = LIST_NEXT(sa, of_peer);
		strand_one(sa, told, local, remote);
	}
}

static void move_trap(struct trap *t, const struct xfrm_migrate *m)
{
	struct in6_addr local, remote;

	ends_of(m->dir, &m->new_src, &m->new_dst, &local, &remote);
	if (m->has_km) {
		km_set(t, &m->km_local, &m->km_remote);
		move_owners(t, m);
	} else if (!addr_is_any(&local) && !addr_is_any(&remote)) {
		strand(t, &local, &remote);
	}
	if (m->mode == XM_TUNNEL && m->dir != XD_FWD)
		move_children(t, m->dir, &local, &remote);
}

static void entry(struct reqids *r, const struct xfrm_migrate *m)
{
	struct trap *t = trap_of(r, m), *all[SAME_SEL_MAX];
	size_t n;

	if (!believed(r, m)) {
		log_knl(2, "the kernel's policy %s === %s %s does not show this move",
			sel_src_str(&m->sel), sel_dst_str(&m->sel), xdir_str(m->dir));
		if (t && m->mode == XM_TUNNEL && m->dir != XD_FWD)
			note_children(t, m);
		return;
	}
	log_knl(1, "creating migrate job for policy %s === %s %s with reqid {%u}",
		sel_src_str(&m->sel), sel_dst_str(&m->sel), xdir_str(m->dir), m->reqid);
	if (!t) {
		log_knl(1, "no CHILD_SA found with reqid {%u}", m->reqid);
		km_keep(r, m);
		return;
	}
	if (m->has_km)
		km_drop(r, m);
	move_trap(t, m);
	n = reqids_all_by_sel(r, &m->sel, m->dir, m->mode, all);
	for (size_t i = 0; i < n; i++)
		if (all[i] != t && all[i]->gone) /* removed, but its SAs stand */
			move_trap(all[i], m);
}

void migrate_event(struct reqids *r, const struct xfrm_event *ev)
{
	if (!ev->migrate.n || ev->migrate.m[0].sub || ev->migrate.m[0].proto != XP_ESP) {
		log_knl(LEVEL_FOREIGN, "MIGRATE is not about ESP");
		return;
	}
	say(ev);
	for (size_t i = 0; i < ev->migrate.n; i++)
		if (ev->migrate.m[i].proto == XP_ESP)
			entry(r, &ev->migrate.m[i]);
}

/* P7: a policy was rewritten where MIGRATE failed; its template is the truth then. */
static void follow(struct reqids *r, const struct xfrm_policy *p)
{
	const struct xfrm_tmpl_ *tmpl = NULL;
	struct in6_addr local, remote;
	struct trap *t;

	for (size_t i = 0; i < p->n_tmpl && !tmpl; i++)
		if (p->tmpl[i].proto == XP_ESP && p->tmpl[i].mode == XM_TUNNEL)
			tmpl = &p->tmpl[i];
	if (!tmpl || p->sub || p->dir == XD_FWD || addr_is_any(&tmpl->src) ||
		addr_is_any(&tmpl->dst))
		return;
	t = reqids_by_sel(r, &p->sel, p->dir, XM_TUNNEL);
	if (!t || !t->reqid_out)
		return;
	ends_of(p->dir, &tmpl->src, &tmpl->dst, &local, &remote);
	move_children(t, p->dir, &local, &remote);
}

void policy_event(struct reqids *r, const struct xfrm_event *ev)
{
	struct xfrm_policy now;

	reqids_policy(r, &ev->policy);
	/* A MIGRATE may have changed it again meanwhile: what stands counts, not what was said. */
	if (xfrm_policy_get(reqids_iked(r)->seams.xfrm, &ev->policy.sel, ev->policy.dir,
		    ev->policy.sub, &now) == 0)
		follow(r, &now);
}

/* B-101 (i): a tunnel from elsewhere than the home address shows where key management runs. */
static int on_policy(const struct xfrm_policy *p, void *arg)
{
	struct reqids *r = arg;
	const struct conn_end *l;
	struct in6_addr home = addr_any, local, remote;
	struct trap *t;

	reqids_policy(r, p);
	if (p->sub || p->dir != XD_OUT || p->n_tmpl != 1 || p->tmpl[0].mode != XM_TUNNEL ||
		p->tmpl[0].proto != XP_ESP)
		return 0;
	t = reqids_by_sel(r, &p->sel, p->dir, XM_TUNNEL);
	if (!t)
		return 0;
	ends_of(p->dir, &p->tmpl[0].src, &p->tmpl[0].dst, &local, &remote);
	l = &t->conn->local;
	if (l->ts.n)
		ts_is_host(&l->ts.ts[0], &home);
	if (!addr_eq(&local, &home) && !addr_is_any(&local) && !t->peer->has_km)
		km_set(t, &local, &remote);
	follow(r, p);
	return 0;
}

static int on_policy_in(const struct xfrm_policy *p, void *arg)
{
	if (p->dir == XD_IN)
		follow(arg, p);
	return 0;
}

/* B-101 (ii): the care-of address of a home address that a connection protects. */
static int on_state(const struct xfrm_sa *sa, void *arg)
{
	struct reqids *r = arg;
	struct sel sel = { 0 };
	struct trap *t;

	if (sa->proto != XP_HAO || sa->wildrecv || addr_is_any(&sa->coa))
		return 0;
	sel = SEL(((struct prefix){ sa->src, 128 }), ((struct prefix){ sa->dst, 128 }), 135);
	t = reqids_by_sel(r, &sel, XD_OUT, XM_TRANSPORT); /* mobile node: we are the home address */
	if (t && !t->peer->has_km)
		km_set(t, &sa->coa, &sa->dst);
	t = reqids_by_sel(r, &sel, XD_IN, XM_TRANSPORT); /* home agent: the peer is */
	if (t && !t->peer->has_km)
		km_set(t, &sa->dst, &sa->coa);
	return 0;
}

void migrate_resync(struct reqids *r)
{
	struct nl *nl = reqids_iked(r)->seams.xfrm;
	int rc = xfrm_policy_dump(nl, on_policy, r);

	if (!rc)
		rc = xfrm_policy_dump(nl, on_policy_in, r);
	if (!rc)
		rc = xfrm_sa_dump(nl, on_state, r);
	if (rc < 0)
		log_knl(1, "reading policies and states failed: %s", strerror(-rc));
}
