#include <linux/if_addr.h>
#include <net/if.h>
#include <string.h>

#include "mip/movement/ra.h"
#include "mip/movement/seen.h"

struct move_link *seen_link(struct mn_move *mv, int ifindex)
{
	for (size_t i = 0; i < mv->n_links; i++) {
		if (mv->links[i].ifindex == ifindex)
			return &mv->links[i];
	}
	return NULL;
}

struct move_link *seen_link_add(struct mn_move *mv, const struct rt_link *rl)
{
	const struct mip_iface *conf = mip_conf_iface(mv->env->conf, rl->name);
	struct move_link *l;

	if (!conf || rl->is_ip6tnl || mv->n_links == MOVE_LINKS_MAX)
		return NULL;
	l = &mv->links[mv->n_links++];
	*l = (struct move_link){ .ifindex = rl->ifindex, .conf = conf };
	l->up = (rl->flags & IFF_UP) && (rl->flags & IFF_RUNNING);
	memcpy(l->mac, rl->mac, sizeof(l->mac));
	if (mv->env->conf->router_discovery)
		ra_take_over(mv->env, rl->name);
	return l;
}

void seen_link_del(struct mn_move *mv, int ifindex)
{
	struct move_link *l = seen_link(mv, ifindex);
	size_t n = 0;

	if (l)
		*l = mv->links[--mv->n_links];
	for (size_t i = 0; i < mv->n_addrs; i++) {
		if (mv->addrs[i].a.ifindex != ifindex)
			mv->addrs[n++] = mv->addrs[i];
	}
	mv->n_addrs = n;
}

static struct move_addr *find(struct mn_move *mv, const struct rt_addr *a)
{
	for (size_t i = 0; i < mv->n_addrs; i++) {
		if (mv->addrs[i].a.ifindex == a->ifindex &&
			addr_eq(&mv->addrs[i].a.prefix.addr, &a->prefix.addr))
			return &mv->addrs[i];
	}
	return NULL;
}

void seen_addr(struct mn_move *mv, const struct rt_addr *a)
{
	struct move_addr *m = find(mv, a);

	if (addr_is_v4(&a->prefix.addr))
		return;
	if (!m) {
		if (mv->n_addrs == MOVE_ADDRS_MAX)
			return;
		m = &mv->addrs[mv->n_addrs++];
		*m = (struct move_addr){ .seq = ++mv->seq };
	}
	m->a = *a;
	m->seen = true;
}

void seen_begin(struct mn_move *mv)
{
	for (size_t i = 0; i < mv->n_links; i++)
		mv->links[i].seen = false;
	for (size_t i = 0; i < mv->n_addrs; i++)
		mv->addrs[i].seen = false;
}

void seen_end(struct mn_move *mv)
{
	size_t n = 0;

	for (size_t i = mv->n_links; i-- > 0;) {
		if (!mv->links[i].seen)
			seen_link_del(mv, mv->links[i].ifindex);
	}
	for (size_t i = 0; i < mv->n_addrs; i++) {
		if (mv->addrs[i].seen)
			mv->addrs[n++] = mv->addrs[i];
	}
	mv->n_addrs = n;
}

void seen_addr_del(struct mn_move *mv, const struct rt_addr *a)
{
	struct move_addr *m = find(mv, a);

	if (m)
		*m = mv->addrs[--mv->n_addrs];
}

void seen_router(struct move_link *l, const struct in6_addr *a, uint16_t lifetime)
{
	for (size_t i = 0; i < l->n_routers; i++) {
		if (addr_eq(&l->routers[i], a))
			return;
	}
	if (lifetime && l->n_routers < MOVE_ROUTERS_MAX)
		l->routers[l->n_routers++] = *a;
}

enum { UNUSABLE = IFA_F_DEPRECATED | IFA_F_DADFAILED | IFA_F_HOMEADDRESS };

/*
 * C-076: global unicast on a configured interface, usable now; never the home address, an address
 * of the home link, a private one, or one of a tunnel.
 */
static bool usable(const struct mn_move *mv, const struct move_addr *m, const struct mn *mn)
{
	const struct rt_addr *a = &m->a;
	bool tentative = (a->flags & IFA_F_TENTATIVE) && !(a->flags & IFA_F_OPTIMISTIC);
	bool known = false;

	for (size_t i = 0; i < mv->n_links; i++) {
		if (mv->links[i].ifindex == a->ifindex)
			known = mv->links[i].conf->preference > 0;
	}
	return known && !tentative && !(a->flags & UNUSABLE) && addr_is_global(&a->prefix.addr) &&
		!addr_eq(&a->prefix.addr, &mn->pair.hoa) &&
		(mv->env->conf->no_home_return ||
			!prefix_has(&mn->home->home_prefix, &a->prefix.addr));
}

static uint32_t preference(const struct mn_move *mv, const struct move_addr *m)
{
	for (size_t i = 0; i < mv->n_links; i++) {
		if (mv->links[i].ifindex == m->a.ifindex)
			return mv->links[i].conf->preference;
	}
	return UINT32_MAX;
}

/* Is a better than b? In order: on the present link, preferred interface, public, newer. */
static bool better(const struct mn_move *mv, const struct move_addr *a, const struct move_addr *b)
{
	bool a_temp = a->a.flags & IFA_F_TEMPORARY, b_temp = b->a.flags & IFA_F_TEMPORARY;
	uint32_t a_pref = preference(mv, a), b_pref = preference(mv, b);

	if (a->stale != b->stale)
		return b->stale;
	if (a_pref != b_pref)
		return a_pref < b_pref;
	if (a_temp != b_temp)
		return b_temp;
	return a->seq > b->seq;
}

const struct move_addr *mn_move_choose(const struct mn_move *mv, const struct mn *mn)
{
	const struct move_addr *best = NULL;

	for (size_t i = 0; i < mv->n_addrs; i++) {
		const struct move_addr *m = &mv->addrs[i];

		if (!usable(mv, m, mn))
			continue;
		if (addr_eq(&m->a.prefix.addr, &mn->place.coa) && !m->stale)
			return m;
		if (!best || better(mv, m, best))
			best = m;
	}
	return best;
}
