#include <errno.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <string.h>

#include "base/log.h"
#include "kernel/rt_route.h"
#include "mip/message/icmp6.h"
#include "mip/movement/ra.h"
#include "mip/movement/where.h"

#define RA "router advertisement"

enum { SOLICIT_MS = 4000, SOLICIT_MAX_MS = 3600000 };

static struct in6_addr link_local_of(const struct where *w, int ifindex)
{
	for (size_t i = 0; i < w->seen.n_addrs; i++) {
		const struct rt_addr *a = &w->seen.addrs[i].a;

		if (a->ifindex == ifindex && IN6_IS_ADDR_LINKLOCAL(&a->prefix.addr) &&
			!(a->flags & IFA_F_TENTATIVE))
			return a->prefix.addr;
	}
	return addr_any;
}

enum { UNUSABLE = IFA_F_DEPRECATED | IFA_F_DADFAILED | IFA_F_HOMEADDRESS };

/*
 * C-076: global unicast on a configured interface, usable now; never the home address, an address
 * of the home link, a private one, or one of a tunnel.
 */
static bool usable(const struct where *w, const struct where_addr *m, const struct where_view *v)
{
	const struct rt_addr *a = &m->a;
	bool tentative = (a->flags & IFA_F_TENTATIVE) && !(a->flags & IFA_F_OPTIMISTIC);
	bool known = false;

	for (size_t i = 0; i < w->seen.n_links; i++) {
		if (w->seen.links[i].ifindex == a->ifindex)
			known = w->seen.links[i].conf->preference > 0;
	}
	return known && !tentative && !(a->flags & UNUSABLE) && addr_is_global(&a->prefix.addr) &&
		!addr_eq(&a->prefix.addr, &v->hoa) &&
		(w->env->conf->no_home_return || !prefix_has(&v->home_prefix, &a->prefix.addr));
}

static uint32_t preference(const struct where *w, const struct where_addr *m)
{
	for (size_t i = 0; i < w->seen.n_links; i++) {
		if (w->seen.links[i].ifindex == m->a.ifindex)
			return w->seen.links[i].conf->preference;
	}
	return UINT32_MAX;
}

/* Is a better than b? In order: on the present link, preferred interface, public, newer. */
static bool better(const struct where *w, const struct where_addr *a, const struct where_addr *b)
{
	bool a_temp = a->a.flags & IFA_F_TEMPORARY, b_temp = b->a.flags & IFA_F_TEMPORARY;
	uint32_t a_pref = preference(w, a), b_pref = preference(w, b);

	if (a->stale != b->stale)
		return b->stale;
	if (a_pref != b_pref)
		return a_pref < b_pref;
	if (a_temp != b_temp)
		return b_temp;
	return a->seq > b->seq;
}

/* Keeps the one in use while it is good; NULL: none. */
static const struct where_addr *choose(const struct where *w, const struct where_view *v)
{
	const struct where_addr *best = NULL;

	for (size_t i = 0; i < w->seen.n_addrs; i++) {
		const struct where_addr *m = &w->seen.addrs[i];

		if (!usable(w, m, v))
			continue;
		if (addr_eq(&m->a.prefix.addr, &v->in_use.coa) && !m->stale)
			return m;
		if (!best || better(w, m, best))
			best = m;
	}
	return best;
}

static struct where_place place(const struct where *w, const struct where_link *l)
{
	struct where_place pl = { .ifindex = l->ifindex, .valid_s = UINT32_MAX };

	memcpy(pl.mac, l->mac, sizeof(pl.mac));
	pl.link_local = link_local_of(w, l->ifindex);
	return pl;
}

static void tell(struct where_view *v, enum where_event ev)
{
	v->tell(v->arg, ev, &v->in_use);
}

static void tell_place(struct where_view *v, enum where_event ev, const struct where_place *place)
{
	v->in_use = *place;
	v->home = ev == WE_HOME;
	v->unsure = v->abroad = false;
	tell(v, ev);
}

static void none_left(struct where_view *v)
{
	bool lost = v->in_use.ifindex && !addr_is_any(&v->in_use.coa);

	if (v->home || !lost)
		return;
	tell(v, WE_COA_GONE);
	v->in_use.coa = addr_any;
}

/* Tell where the choice differs from what is in use. */
static void judge(struct where *w, struct where_view *v)
{
	const struct where_addr *best = choose(w, v);
	struct where_link *l = best ? seen_link(&w->seen, best->a.ifindex) : NULL;
	struct where_place pl;

	if (v->home && !v->abroad)
		return;
	if (!best || !l)
		return none_left(v);
	if (addr_eq(&v->in_use.coa, &best->a.prefix.addr)) {
		v->in_use.valid_s = best->a.valid_s;
		return tell(v, WE_LIFETIME);
	}
	pl = place(w, l);
	pl.coa = best->a.prefix.addr;
	pl.plen = best->a.prefix.len;
	pl.valid_s = best->a.valid_s;
	tell_place(v, WE_COA, &pl);
}

static void judge_all(struct where *w)
{
	for (struct where_view *v = w->views; v; v = v->next)
		judge(w, v);
}

static void solicit(struct where *w, const struct where_link *l)
{
	struct in6_addr src = link_local_of(w, l->ifindex);

	mip_net_send_rs(w->env->net, l->ifindex, &src, addr_is_any(&src) ? NULL : l->mac);
}

/* RFC 7559: a solicitation or its answer may be lost, and without a router nobody goes anywhere. */
static void ask(struct where *w, struct where_link *l)
{
	l->asking = true;
	solicit(w, l);
	w->again_ms = SOLICIT_MS;
	timer_set(&w->again, w->again_ms);
}

static void ask_again(void *arg)
{
	struct where *w = arg;
	bool any = false;

	for (size_t i = 0; i < w->seen.n_links; i++) {
		if (!w->seen.links[i].up || !w->seen.links[i].asking)
			continue;
		solicit(w, &w->seen.links[i]);
		any = true;
	}
	w->again_ms = w->again_ms > SOLICIT_MAX_MS / 2 ? SOLICIT_MAX_MS : w->again_ms * 2;
	if (any)
		timer_set(&w->again, w->again_ms);
}

/* Only a configured interface becomes a link. */
static struct where_link *link_new(struct where *w, const struct rt_link *rl)
{
	const struct mip_iface *conf = mip_conf_iface(w->env->conf, rl->name);
	struct where_link *l = conf ? seen_link_add(&w->seen, rl, conf) : NULL;

	if (l && w->env->conf->router_discovery)
		ra_take_over(w->env, rl->name);
	return l;
}

static void link_lost(struct where_view *v)
{
	v->unsure = v->home;
	tell(v, WE_LINK_DOWN);
}

static void link_down(struct where *w, struct where_link *l)
{
	l->moved = true;
	log_mip(1, "interface %s is down", l->conf->name);
	for (struct where_view *v = w->views; v; v = v->next) {
		if (v->in_use.ifindex == l->ifindex)
			link_lost(v);
	}
}

/*
 * The kernel joins events of one second: of a link that went and came it may tell only that it is
 * there. The count of changes shows it.
 */
static void link_event(struct where *w, const struct rt_link *rl)
{
	struct where_link *l = seen_link(&w->seen, rl->ifindex);
	bool up = (rl->flags & IFF_UP) && (rl->flags & IFF_RUNNING);

	if (!l) {
		l = link_new(w, rl);
		if (l && up)
			ask(w, l);
		return;
	}
	memcpy(l->mac, rl->mac, sizeof(l->mac));
	if (l->up == up && l->carrier_changes == rl->carrier_changes)
		return;
	l->carrier_changes = rl->carrier_changes;
	if (l->up)
		link_down(w, l);
	l->up = up;
	if (up) {
		log_mip(1, "interface %s is up, looking for a router", rl->name);
		ask(w, l);
	}
}

/* A link-local address that became usable after the link came up: the solicitation that could not
 * name us goes out again. */
static void addr_event(struct where *w, const struct rt_addr *a, bool gone)
{
	const struct where_link *l = seen_link(&w->seen, a->ifindex);

	if (gone)
		seen_addr_del(&w->seen, a);
	else
		seen_addr(&w->seen, a);
	if (l && l->moved && l->up && !gone && IN6_IS_ADDR_LINKLOCAL(&a->prefix.addr) &&
		!(a->flags & IFA_F_TENTATIVE))
		solicit(w, l);
	judge_all(w);
}

void where_event(const struct rt_event *ev, void *arg)
{
	struct where *w = arg;

	switch (ev->kind) {
	case RE_LINK:
		link_event(w, &ev->link);
		break;
	case RE_LINK_DEL:
		seen_link_del(&w->seen, ev->link.ifindex);
		judge_all(w);
		break;
	case RE_ADDR:
	case RE_ADDR_DEL:
		addr_event(w, &ev->addr, ev->kind == RE_ADDR_DEL);
		break;
	case RE_ROUTE:
	case RE_ROUTE_DEL:
		break;
	}
}

static bool has_prefix(const struct icmp6_ra *ra, const struct prefix *p)
{
	struct prefix first = { prefix_first(p), p->len };

	for (size_t i = 0; i < ra->n_prefixes; i++) {
		struct prefix seen = ra->prefixes[i].prefix;

		seen.addr = prefix_first(&seen);
		if (prefix_eq(&seen, &first))
			return true;
	}
	return false;
}

static bool on_prefix(const struct icmp6_ra *ra, const struct in6_addr *a)
{
	for (size_t i = 0; i < ra->n_prefixes; i++) {
		if (prefix_has(&ra->prefixes[i].prefix, a))
			return true;
	}
	return false;
}

/* Default routes of routers that we can no longer hear would be tried first. */
static void forget_routers(struct where *w, struct where_link *l, const struct in6_addr *now)
{
	for (size_t i = 0; i < l->n_routers; i++) {
		struct rt_route r = { .via = l->routers[i],
			.ifindex = l->ifindex,
			.table = RT_TABLE_MAIN,
			.foreign = true };

		if (!addr_eq(&l->routers[i], now))
			rt_route_del(w->env->rt, &r);
	}
	l->n_routers = 0;
}

/* Its prefix would still count as on-link, and the home agent's too, after a stay at home. */
static void forget_prefix(struct where *w, const struct rt_addr *a)
{
	struct rt_route r = { .dst = { prefix_first(&a->prefix), a->prefix.len },
		.ifindex = a->ifindex,
		.table = RT_TABLE_MAIN,
		.foreign = true };

	rt_route_del(w->env->rt, &r);
}

/*
 * Nothing of the old link is good any more; what the kernel made of its RAs goes, what a person put
 * there stays but is not used. The home address goes when its new place is known.
 */
static void leave_link(struct where *w, struct where_link *l, const struct icmp6_ra *ra)
{
	for (size_t i = 0; i < w->seen.n_addrs; i++) {
		struct where_addr *m = &w->seen.addrs[i];
		bool home = m->a.flags & IFA_F_HOMEADDRESS;

		if (m->a.ifindex != l->ifindex || !addr_is_global(&m->a.prefix.addr))
			continue;
		m->stale = !on_prefix(ra, &m->a.prefix.addr);
		if (!m->stale || (!home && m->a.flags & IFA_F_PERMANENT))
			continue;
		forget_prefix(w, &m->a);
		if (!home)
			env_said(rt_addr_del(w->env->rt, &m->a), "old address", &m->a.prefix.addr);
	}
}

static bool uses_link(const struct where *w, const struct where_link *l, const struct icmp6_ra *ra)
{
	for (size_t i = 0; i < w->seen.n_addrs; i++) {
		const struct where_addr *m = &w->seen.addrs[i];

		if (m->a.ifindex == l->ifindex && !m->stale && addr_is_global(&m->a.prefix.addr) &&
			!(m->a.flags & IFA_F_HOMEADDRESS) && on_prefix(ra, &m->a.prefix.addr))
			return true;
	}
	return false;
}

static void home_or_not(struct where *w, struct where_view *v, const struct where_link *l,
	const struct icmp6_ra *ra, bool moved)
{
	bool home = has_prefix(ra, &v->home_prefix);

	if (home && !w->env->conf->no_home_return) {
		struct where_place pl = place(w, l);

		pl.coa = v->hoa;
		if (!v->home || v->unsure)
			tell_place(v, WE_HOME, &pl);
	} else if (moved && v->home && v->in_use.ifindex == l->ifindex) {
		v->abroad = true; /* a care-of address will come with this router's prefix */
		link_lost(v);
	}
}

/* RFC 4861 section 6.1.2 */
void where_ra(struct where *w, const struct mip_packet *p)
{
	struct where_link *l = seen_link(&w->seen, p->ifindex);
	struct icmp6_ra ra;
	bool moved;

	if (!l || !l->conf->preference)
		return;
	if (p->hop_limit != 255 || !IN6_IS_ADDR_LINKLOCAL(&p->src) ||
		icmp6_ra_parse(p->data, &ra) < 0) {
		env_drop(w->env, MC_DROP_MALFORMED, p, RA, "malformed, or not of this link");
		return;
	}
	if (!ra.n_prefixes && !ra.router_lifetime)
		return;
	if (ra.router_lifetime < w->env->conf->min_router_lifetime)
		return env_drop(w->env, MC_DROP_UNEXPECTED, p, RA,
			"its lifetime is below MinRouterLifetime");
	moved = l->moved;
	l->asking = false;
	if (moved && ra.n_prefixes) {
		if (!uses_link(w, l, &ra)) {
			log_mip(1, "interface %s is on another link now", l->conf->name);
			leave_link(w, l, &ra);
		}
		forget_routers(w, l, &p->src);
		l->moved = false;
	}
	seen_router(l, &p->src, ra.router_lifetime);
	if (w->env->conf->router_discovery)
		ra_apply(w->env, &w->seen, l, &p->src, &ra);
	for (struct where_view *v = w->views; v; v = v->next)
		home_or_not(w, v, l, &ra, moved);
	judge_all(w);
}

static int each_link(const struct rt_link *rl, void *arg)
{
	link_new(arg, rl);
	return 0;
}

static int each_addr(const struct rt_addr *a, void *arg)
{
	struct where *w = arg;

	seen_addr(&w->seen, a);
	return 0;
}

void where_watch(struct where *w, struct where_view *view)
{
	view->next = w->views;
	w->views = view;
}

int where_start(struct where *w, struct mip_env *env)
{
	int rc;

	w->env = env;
	timer_init(&w->again, ask_again, w);
	rc = rt_link_dump(env->rt, each_link, w);
	if (!rc)
		rc = rt_addr_dump(env->rt, each_addr, w);
	if (rc < 0)
		return env_said(rc, "links and addresses", &addr_any);
	judge_all(w);
	for (size_t i = 0; i < w->seen.n_links; i++) {
		if (w->seen.links[i].up)
			ask(w, &w->seen.links[i]);
	}
	return w->seen.n_links ? 0 : -ENODEV;
}

void where_stop(struct where *w)
{
	timer_stop(&w->again);
	*w = (struct where){ 0 };
}

static int link_again(const struct rt_link *rl, void *arg)
{
	struct where *w = arg;
	struct where_link *l;

	link_event(w, rl);
	l = seen_link(&w->seen, rl->ifindex);
	if (l)
		l->seen = true;
	return 0;
}

void where_lost(void *arg)
{
	struct where *w = arg;

	seen_begin(&w->seen);
	if (env_said(rt_link_dump(w->env->rt, link_again, w), "links", &addr_any) == 0 &&
		env_said(rt_addr_dump(w->env->rt, each_addr, w), "addresses", &addr_any) == 0)
		seen_end(&w->seen);
	judge_all(w);
}
