#include <errno.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <string.h>

#include "base/log.h"
#include "mip/movement/where.h"
#include "mip/movement/ra.h"
#include "mip/movement/seen.h"

#define RA "router advertisement"

enum { SOLICIT_MS = 4000, SOLICIT_MAX_MS = 3600000 };

static bool at_home(const struct mn *mn)
{
	return mn->state == MN_HOME || mn->state == MN_RETURNING || mn->state == MN_LEAVING;
}

static struct in6_addr link_local_of(const struct mn_move *mv, int ifindex)
{
	for (size_t i = 0; i < mv->n_addrs; i++) {
		const struct rt_addr *a = &mv->addrs[i].a;

		if (a->ifindex == ifindex && IN6_IS_ADDR_LINKLOCAL(&a->prefix.addr) &&
			!(a->flags & IFA_F_TENTATIVE))
			return a->prefix.addr;
	}
	return addr_any;
}

static struct mn_place place(const struct mn_move *mv, const struct move_link *l)
{
	struct mn_place pl = { .ifindex = l->ifindex, .valid_s = UINT32_MAX };

	memcpy(pl.mac, l->mac, sizeof(pl.mac));
	pl.link_local = link_local_of(mv, l->ifindex);
	return pl;
}

/* Raise ME_COA or ME_COA_GONE where the choice differs from what the node uses. */
static void judge(struct mn_move *mv, struct mn *mn)
{
	const struct move_addr *best = mn_move_choose(mv, mn);
	bool has = mn->place.ifindex && !addr_is_any(&mn->place.coa);
	bool lost = has && !at_home(mn) && mn->state != MN_MOVING;
	struct move_link *l = best ? seen_link(mv, best->a.ifindex) : NULL;

	if (at_home(mn) && !mn->abroad)
		return;
	if (!best || !l) {
		if (lost)
			mn_event(mn, ME_COA_GONE);
		mn->place.coa = at_home(mn) ? mn->place.coa : addr_any;
		return;
	}
	if (addr_eq(&mn->place.coa, &best->a.prefix.addr)) {
		mn->place.valid_s = best->a.valid_s;
		return;
	}
	mn->place = place(mv, l);
	mn->place.coa = best->a.prefix.addr;
	mn->place.plen = best->a.prefix.len;
	mn->place.valid_s = best->a.valid_s;
	mn->abroad = false;
	mn_event(mn, ME_COA);
}

static void judge_all(struct mn_move *mv)
{
	for (struct mn *mn = mv->nodes; mn; mn = mn->next)
		judge(mv, mn);
}

static void solicit(struct mn_move *mv, const struct move_link *l)
{
	struct in6_addr src = link_local_of(mv, l->ifindex);

	mip_net_send_rs(mv->env->net, l->ifindex, &src, addr_is_any(&src) ? NULL : l->mac);
}

/* RFC 7559: a solicitation or its answer may be lost, and without a router nobody goes anywhere. */
static void ask(struct mn_move *mv, struct move_link *l)
{
	l->asking = true;
	solicit(mv, l);
	mv->again_ms = SOLICIT_MS;
	timer_set(&mv->again, mv->again_ms);
}

static void ask_again(void *arg)
{
	struct mn_move *mv = arg;
	bool any = false;

	for (size_t i = 0; i < mv->n_links; i++) {
		if (!mv->links[i].up || !mv->links[i].asking)
			continue;
		solicit(mv, &mv->links[i]);
		any = true;
	}
	mv->again_ms = mv->again_ms > SOLICIT_MAX_MS / 2 ? SOLICIT_MAX_MS : mv->again_ms * 2;
	if (any)
		timer_set(&mv->again, mv->again_ms);
}

static void link_event(struct mn_move *mv, const struct rt_link *rl)
{
	struct move_link *l = seen_link(mv, rl->ifindex);
	bool up = (rl->flags & IFF_UP) && (rl->flags & IFF_RUNNING);

	if (!l) {
		l = seen_link_add(mv, rl);
		if (l && up)
			ask(mv, l);
		return;
	}
	memcpy(l->mac, rl->mac, sizeof(l->mac));
	if (l->up == up)
		return;
	l->up = up;
	if (up) {
		log_mip(1, "interface %s is up, looking for a router", rl->name);
		ask(mv, l);
		return;
	}
	l->moved = true;
	log_mip(1, "interface %s is down", rl->name);
	for (struct mn *mn = mv->nodes; mn; mn = mn->next) {
		if (mn->place.ifindex == l->ifindex)
			mn_event(mn, ME_LINK_DOWN);
	}
}

/* A link-local address that became usable after the link came up: the solicitation that could not
 * name us goes out again. */
static void addr_event(struct mn_move *mv, const struct rt_addr *a, bool gone)
{
	const struct move_link *l = seen_link(mv, a->ifindex);

	if (gone)
		seen_addr_del(mv, a);
	else
		seen_addr(mv, a);
	if (l && l->moved && l->up && !gone && IN6_IS_ADDR_LINKLOCAL(&a->prefix.addr) &&
		!(a->flags & IFA_F_TENTATIVE))
		solicit(mv, l);
	judge_all(mv);
}

void mn_move_event(const struct rt_event *ev, void *arg)
{
	struct mn_move *mv = arg;

	switch (ev->kind) {
	case RE_LINK:
		link_event(mv, &ev->link);
		break;
	case RE_LINK_DEL:
		seen_link_del(mv, ev->link.ifindex);
		judge_all(mv);
		break;
	case RE_ADDR:
	case RE_ADDR_DEL:
		addr_event(mv, &ev->addr, ev->kind == RE_ADDR_DEL);
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
static void forget_routers(struct mn_move *mv, struct move_link *l, const struct in6_addr *now)
{
	for (size_t i = 0; i < l->n_routers; i++) {
		struct rt_route r = { .via = l->routers[i],
			.ifindex = l->ifindex,
			.table = RT_TABLE_MAIN,
			.foreign = true };

		if (!addr_eq(&l->routers[i], now))
			rt_route_del(mv->env->rt, &r);
	}
	l->n_routers = 0;
}

/* Its prefix would still count as on-link, and the home agent's too, after a stay at home. */
static void forget_prefix(struct mn_move *mv, const struct rt_addr *a)
{
	struct rt_route r = { .dst = { prefix_first(&a->prefix), a->prefix.len },
		.ifindex = a->ifindex,
		.table = RT_TABLE_MAIN,
		.foreign = true };

	rt_route_del(mv->env->rt, &r);
}

/*
 * Nothing of the old link is good any more; what the kernel made of its RAs goes, what a person put
 * there stays but is not used. The home address goes when its new place is known.
 */
static void leave_link(struct mn_move *mv, struct move_link *l, const struct icmp6_ra *ra)
{
	for (size_t i = 0; i < mv->n_addrs; i++) {
		struct move_addr *m = &mv->addrs[i];
		bool home = m->a.flags & IFA_F_HOMEADDRESS;

		if (m->a.ifindex != l->ifindex || !addr_is_global(&m->a.prefix.addr))
			continue;
		m->stale = !on_prefix(ra, &m->a.prefix.addr);
		if (!m->stale || (!home && m->a.flags & IFA_F_PERMANENT))
			continue;
		forget_prefix(mv, &m->a);
		if (!home)
			env_said(rt_addr_del(mv->env->rt, &m->a), "old address", &m->a.prefix.addr);
	}
}

static bool uses_link(
	const struct mn_move *mv, const struct move_link *l, const struct icmp6_ra *ra)
{
	for (size_t i = 0; i < mv->n_addrs; i++) {
		const struct move_addr *m = &mv->addrs[i];

		if (m->a.ifindex == l->ifindex && !m->stale && addr_is_global(&m->a.prefix.addr) &&
			!(m->a.flags & IFA_F_HOMEADDRESS) && on_prefix(ra, &m->a.prefix.addr))
			return true;
	}
	return false;
}

static void home_or_not(struct mn_move *mv, struct mn *mn, const struct move_link *l,
	const struct icmp6_ra *ra, bool moved)
{
	bool home = has_prefix(ra, &mn->home->home_prefix);

	if (home && !mv->env->conf->no_home_return) {
		if (mn->state != MN_RETURNING && mn->state != MN_HOME) {
			mn->place = place(mv, l);
			mn->place.coa = mn->pair.hoa;
			mn->abroad = false;
			mn_event(mn, ME_HOME);
		}
	} else if (moved && at_home(mn) && mn->place.ifindex == l->ifindex) {
		mn->abroad = true; /* a care-of address will come with this router's prefix */
		mn_event(mn, ME_LINK_DOWN);
	}
}

/* RFC 4861 section 6.1.2 */
void mn_move_ra(struct mn_move *mv, const struct mip_packet *p)
{
	struct move_link *l = seen_link(mv, p->ifindex);
	struct icmp6_ra ra;
	bool moved;

	if (!l || !l->conf->preference)
		return;
	if (p->hop_limit != 255 || !IN6_IS_ADDR_LINKLOCAL(&p->src) ||
		icmp6_ra_parse(p->data, &ra) < 0) {
		env_drop(mv->env, MC_DROP_MALFORMED, p, RA, "malformed, or not of this link");
		return;
	}
	if (!ra.n_prefixes && !ra.router_lifetime)
		return;
	if (ra.router_lifetime < mv->env->conf->min_router_lifetime)
		return env_drop(mv->env, MC_DROP_UNEXPECTED, p, RA,
			"its lifetime is below MinRouterLifetime");
	moved = l->moved;
	l->asking = false;
	if (moved && ra.n_prefixes) {
		if (!uses_link(mv, l, &ra)) {
			log_mip(1, "interface %s is on another link now", l->conf->name);
			leave_link(mv, l, &ra);
		}
		forget_routers(mv, l, &p->src);
		l->moved = false;
	}
	seen_router(l, &p->src, ra.router_lifetime);
	if (mv->env->conf->router_discovery)
		ra_apply(mv, l, &p->src, &ra);
	for (struct mn *mn = mv->nodes; mn; mn = mn->next)
		home_or_not(mv, mn, l, &ra, moved);
	judge_all(mv);
}

static int each_link(const struct rt_link *rl, void *arg)
{
	seen_link_add(arg, rl);
	return 0;
}

static int each_addr(const struct rt_addr *a, void *arg)
{
	seen_addr(arg, a);
	return 0;
}

int mn_move_start(struct mn_move *mv, struct mip_env *env, struct mn *nodes)
{
	int rc;

	*mv = (struct mn_move){ .env = env, .nodes = nodes };
	timer_init(&mv->again, ask_again, mv);
	rc = rt_link_dump(env->rt, each_link, mv);
	if (!rc)
		rc = rt_addr_dump(env->rt, each_addr, mv);
	if (rc < 0)
		return env_said(rc, "links and addresses", &addr_any);
	judge_all(mv);
	for (size_t i = 0; i < mv->n_links; i++) {
		if (mv->links[i].up)
			ask(mv, &mv->links[i]);
	}
	return mv->n_links ? 0 : -ENODEV;
}

void mn_move_stop(struct mn_move *mv)
{
	timer_stop(&mv->again);
}

static int link_again(const struct rt_link *rl, void *arg)
{
	struct move_link *l;

	link_event(arg, rl);
	l = seen_link(arg, rl->ifindex);
	if (l)
		l->seen = true;
	return 0;
}

void mn_move_lost(void *arg)
{
	struct mn_move *mv = arg;

	seen_begin(mv);
	if (env_said(rt_link_dump(mv->env->rt, link_again, mv), "links", &addr_any) == 0 &&
		env_said(rt_addr_dump(mv->env->rt, each_addr, mv), "addresses", &addr_any) == 0)
		seen_end(mv);
	judge_all(mv);
}
