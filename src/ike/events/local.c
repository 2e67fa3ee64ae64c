#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "ike/events/local.h"

enum { LEVEL_QUIET = 3 }; /* what comes with every interface says nothing new */

struct link {
	int ifindex;
	char name[IF_NAMESIZE];
	bool up, loopback, seen;
};

struct address {
	int ifindex;
	struct in6_addr a;
	bool seen;
};

struct local {
	struct nl *rt;
	void (*changed)(void *arg, bool came);
	void *arg;
	struct link *links;
	struct address *addrs;
	size_t n_links, n_addrs;
	bool reading; /* the first time: nothing is news */
};

static struct link *link_of(const struct local *l, int ifindex)
{
	for (size_t i = 0; i < l->n_links; i++)
		if (l->links[i].ifindex == ifindex)
			return &l->links[i];
	return NULL;
}

static const char *link_name(const struct local *l, int ifindex)
{
	const struct link *link = link_of(l, ifindex);

	return link ? link->name : "?";
}

static struct link *link_add(struct local *l, int ifindex)
{
	struct link *p = reallocarray(l->links, l->n_links + 1, sizeof(*p));

	if (!p)
		return NULL;
	l->links = p;
	p[l->n_links] = (struct link){ .ifindex = ifindex };
	return &p[l->n_links++];
}

static void say_link(const struct local *l, const struct link *link)
{
	if (l->reading)
		return;
	log_knl(1, "interface %s %s", link->name, link->up ? "activated" : "deactivated");
	l->changed(l->arg, link->up);
}

static void link_is(struct local *l, const struct rt_link *rl)
{
	struct link *link = link_of(l, rl->ifindex);
	bool up = rl->flags & IFF_UP, was;

	if (!link)
		link = link_add(l, rl->ifindex);
	if (!link)
		return;
	was = link->up;
	memcpy(link->name, rl->name, sizeof(link->name));
	link->up = up;
	link->loopback = rl->flags & IFF_LOOPBACK;
	link->seen = true;
	if (was != up)
		say_link(l, link);
}

static void link_gone(struct local *l, int ifindex)
{
	struct link *link = link_of(l, ifindex);

	if (!link)
		return;
	if (link->up) {
		link->up = false;
		say_link(l, link);
	}
	*link = l->links[--l->n_links];
}

static struct address *address_of(const struct local *l, int ifindex, const struct in6_addr *a)
{
	for (size_t i = 0; i < l->n_addrs; i++)
		if (l->addrs[i].ifindex == ifindex && addr_eq(&l->addrs[i].a, a))
			return &l->addrs[i];
	return NULL;
}

static void say_address(const struct local *l, int ifindex, const struct in6_addr *a, bool came)
{
	if (l->reading)
		return;
	log_knl(IN6_IS_ADDR_LINKLOCAL(a) ? LEVEL_QUIET : 1, "%s %s %s", addr_str(a),
		came ? "appeared on" : "disappeared from", link_name(l, ifindex));
	l->changed(l->arg, came);
}

static void address_is(struct local *l, int ifindex, const struct in6_addr *a)
{
	struct address *old = address_of(l, ifindex, a), *p;
	size_t at = l->n_addrs;

	if (old) {
		old->seen = true;
		return;
	}
	p = reallocarray(l->addrs, l->n_addrs + 1, sizeof(*p));
	if (!p)
		return;
	l->addrs = p;
	while (at && p[at - 1].ifindex > ifindex) /* by interface, the newest last */
		at--;
	memmove(p + at + 1, p + at, (l->n_addrs++ - at) * sizeof(*p));
	p[at] = (struct address){ ifindex, *a, true };
	say_address(l, ifindex, a, true);
}

static void address_gone(struct local *l, int ifindex, const struct in6_addr *a)
{
	struct address *old = address_of(l, ifindex, a);
	size_t after;

	if (!old)
		return;
	after = (size_t)(l->addrs + l->n_addrs - (old + 1));
	memmove(old, old + 1, after * sizeof(*old));
	l->n_addrs--;
	say_address(l, ifindex, a, false);
}

static int on_link(const struct rt_link *rl, void *arg)
{
	link_is(arg, rl);
	return 0;
}

static int on_addr(const struct rt_addr *a, void *arg)
{
	address_is(arg, a->ifindex, &a->prefix.addr);
	return 0;
}

static int read_all(struct local *l)
{
	int rc = rt_link_dump(l->rt, on_link, l);

	return rc < 0 ? rc : rt_addr_dump(l->rt, on_addr, l);
}

int local_new(struct nl *rt, void (*changed)(void *arg, bool came), void *arg, struct local **out)
{
	own(local) *l = calloc(1, sizeof(*l));
	int rc;

	if (!l)
		return -ENOMEM;
	*l = (struct local){ .rt = rt, .changed = changed, .arg = arg, .reading = true };
	rc = read_all(l);
	if (rc < 0)
		return rc;
	l->reading = false;
	*out = take(l);
	return 0;
}

void local_free(struct local *l)
{
	if (!l)
		return;
	free(l->links);
	free(l->addrs);
	free(l);
}

void local_event(const struct rt_event *ev, void *arg)
{
	struct local *l = arg;

	switch (ev->kind) {
	case RE_LINK:
		link_is(l, &ev->link);
		break;
	case RE_LINK_DEL:
		link_gone(l, ev->link.ifindex);
		break;
	case RE_ADDR:
		address_is(l, ev->addr.ifindex, &ev->addr.prefix.addr);
		break;
	case RE_ADDR_DEL:
		address_gone(l, ev->addr.ifindex, &ev->addr.prefix.addr);
		break;
	case RE_ROUTE:
	case RE_ROUTE_DEL:
		break;
	}
}

void local_resync(struct local *l)
{
	for (size_t i = 0; i < l->n_links; i++)
		l->links[i].seen = false;
	for (size_t i = 0; i < l->n_addrs; i++)
		l->addrs[i].seen = false;
	if (read_all(l) < 0)
		return;
	for (size_t i = l->n_addrs; i--;)
		if (!l->addrs[i].seen) {
			struct address gone = l->addrs[i];

			address_gone(l, gone.ifindex, &gone.a);
		}
	for (size_t i = l->n_links; i--;)
		if (!l->links[i].seen)
			link_gone(l, l->links[i].ifindex);
}

static bool has_address(const struct local *l, int ifindex)
{
	for (size_t i = 0; i < l->n_addrs; i++)
		if (l->addrs[i].ifindex == ifindex)
			return true;
	return false;
}

void local_log(const struct local *l)
{
	log_knl(1, "listening on interfaces:");
	for (size_t i = 0; i < l->n_links; i++) {
		if (!l->links[i].up || l->links[i].loopback || !has_address(l, l->links[i].ifindex))
			continue;
		log_knl(1, "  %s", l->links[i].name);
		for (size_t k = 0; k < l->n_addrs; k++)
			if (l->addrs[k].ifindex == l->links[i].ifindex)
				log_knl(1, "    %s", addr_str(&l->addrs[k].a));
	}
}

const char *local_iface(const struct local *l, const struct in6_addr *a)
{
	for (size_t i = 0; i < l->n_addrs; i++)
		if (addr_eq(&l->addrs[i].a, a))
			return link_name(l, l->addrs[i].ifindex);
	return NULL;
}

const struct in6_addr *local_next(const struct local *l, size_t *at)
{
	while (*at < l->n_addrs) {
		const struct address *a = &l->addrs[(*at)++];
		const struct link *link = link_of(l, a->ifindex);

		if (!IN6_IS_ADDR_LINKLOCAL(&a->a) && !(link && link->loopback))
			return &a->a;
	}
	return NULL;
}
