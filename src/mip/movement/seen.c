#include <linux/if_addr.h>
#include <net/if.h>
#include <string.h>

#include "mip/movement/seen.h"

struct where_link *seen_link(struct seen *s, int ifindex)
{
	for (size_t i = 0; i < s->n_links; i++) {
		if (s->links[i].ifindex == ifindex)
			return &s->links[i];
	}
	return NULL;
}

struct where_link *seen_link_add(
	struct seen *s, const struct rt_link *rl, const struct mip_iface *conf)
{
	struct where_link *l;

	if (rl->is_ip6tnl || s->n_links == WHERE_LINKS_MAX)
		return NULL;
	l = &s->links[s->n_links++];
	*l = (struct where_link){ .ifindex = rl->ifindex, .conf = conf };
	l->up = (rl->flags & IFF_UP) && (rl->flags & IFF_RUNNING);
	l->carrier_changes = rl->carrier_changes;
	memcpy(l->mac, rl->mac, sizeof(l->mac));
	return l;
}

void seen_link_del(struct seen *s, int ifindex)
{
	struct where_link *l = seen_link(s, ifindex);
	size_t n = 0;

	if (l)
		*l = s->links[--s->n_links];
	for (size_t i = 0; i < s->n_addrs; i++) {
		if (s->addrs[i].a.ifindex != ifindex)
			s->addrs[n++] = s->addrs[i];
	}
	s->n_addrs = n;
}

static struct where_addr *find(struct seen *s, const struct rt_addr *a)
{
	for (size_t i = 0; i < s->n_addrs; i++) {
		if (s->addrs[i].a.ifindex == a->ifindex &&
			addr_eq(&s->addrs[i].a.prefix.addr, &a->prefix.addr))
			return &s->addrs[i];
	}
	return NULL;
}

void seen_addr(struct seen *s, const struct rt_addr *a)
{
	struct where_addr *m = find(s, a);

	if (addr_is_v4(&a->prefix.addr))
		return;
	if (!m) {
		if (s->n_addrs == WHERE_ADDRS_MAX)
			return;
		m = &s->addrs[s->n_addrs++];
		*m = (struct where_addr){ .seq = ++s->seq };
	}
	m->a = *a;
	m->seen = true;
}

void seen_begin(struct seen *s)
{
	for (size_t i = 0; i < s->n_links; i++)
		s->links[i].seen = false;
	for (size_t i = 0; i < s->n_addrs; i++)
		s->addrs[i].seen = false;
}

void seen_end(struct seen *s)
{
	size_t n = 0;

	for (size_t i = s->n_links; i-- > 0;) {
		if (!s->links[i].seen)
			seen_link_del(s, s->links[i].ifindex);
	}
	for (size_t i = 0; i < s->n_addrs; i++) {
		if (s->addrs[i].seen)
			s->addrs[n++] = s->addrs[i];
	}
	s->n_addrs = n;
}

void seen_addr_del(struct seen *s, const struct rt_addr *a)
{
	struct where_addr *m = find(s, a);

	if (m)
		*m = s->addrs[--s->n_addrs];
}

void seen_router(struct where_link *l, const struct in6_addr *a, uint16_t lifetime)
{
	for (size_t i = 0; i < l->n_routers; i++) {
		if (addr_eq(&l->routers[i], a))
			return;
	}
	if (lifetime && l->n_routers < WHERE_ROUTERS_MAX)
		l->routers[l->n_routers++] = *a;
}
