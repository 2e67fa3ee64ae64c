/*
 * The kernel's own choice of a source prefers a home address (RFC 6724 rule 4) and, with table 252
 * in force, the tunnel: so the main table is read and the choice made here (B-028).
 */
#include <errno.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include "kernel/rt_addr.h"
#include "kernel/rt_link.h"
#include "kernel/rt_route.h"

enum { N_TUNNELS = 256 };

struct search {
	struct in6_addr dst;
	int tunnels[N_TUNNELS];
	size_t n_tunnels;
	bool has_route, has_addr;
	struct rt_route route;
	struct rt_addr addr;
};

static int note_tunnel(const struct rt_link *l, void *arg)
{
	struct search *s = arg;

	if (l->is_ip6tnl && s->n_tunnels < N_TUNNELS)
		s->tunnels[s->n_tunnels++] = l->ifindex;
	return 0;
}

static bool is_tunnel(const struct search *s, int ifindex)
{
	for (size_t i = 0; i < s->n_tunnels; i++)
		if (s->tunnels[i] == ifindex)
			return true;
	return false;
}

/* Longest prefix first, then the lowest metric. */
static int consider_route(const struct nlmsghdr *msg, void *arg)
{
	struct search *s = arg;
	struct rt_route r;
	int rc = rt_route_parse(msg, &r);

	if (rc == -ENOMSG)
		return 0;
	if (rc < 0)
		return rc;
	if (r.table != RT_TABLE_MAIN || r.src.len || is_tunnel(s, r.ifindex) ||
		!prefix_has(&r.dst, &s->dst))
		return 0;
	if (s->has_route &&
		(r.dst.len < s->route.dst.len ||
			(r.dst.len == s->route.dst.len && r.metric >= s->route.metric)))
		return 0;
	s->route = r;
	s->has_route = true;
	return 0;
}

static unsigned common_bits(const struct in6_addr *a, const struct in6_addr *b)
{
	unsigned n = 0;

	while (n < 128 && !((a->s6_addr[n / 8] ^ b->s6_addr[n / 8]) >> (7 - n % 8) & 1))
		n++;
	return n;
}

static bool is_deprecated(const struct rt_addr *a)
{
	return a->flags & IFA_F_DEPRECATED || !a->preferred_s;
}

/* RFC 6724 section 5: rule 1 (same address), rule 3 (deprecated), rule 8 (longest match). */
static bool better(const struct search *s, const struct rt_addr *a)
{
	const struct in6_addr *old = &s->addr.prefix.addr, *new = &a->prefix.addr;

	if (!s->has_addr)
		return true;
	if (addr_eq(new, &s->dst) != addr_eq(old, &s->dst))
		return addr_eq(new, &s->dst);
	if (is_deprecated(a) != is_deprecated(&s->addr))
		return is_deprecated(&s->addr);
	return common_bits(new, &s->dst) > common_bits(old, &s->dst);
}

static int consider_addr(const struct rt_addr *a, void *arg)
{
	const uint32_t unusable = IFA_F_HOMEADDRESS | IFA_F_DADFAILED;
	struct search *s = arg;
	bool tentative = a->flags & IFA_F_TENTATIVE && !(a->flags & IFA_F_OPTIMISTIC);

	if (a->ifindex != s->route.ifindex || a->flags & unusable || tentative ||
		!addr_is_global(&a->prefix.addr) || !better(s, a))
		return 0;
	s->addr = *a;
	s->has_addr = true;
	return 0;
}

int rt_source_for(struct nl *nl, const struct in6_addr *dst, struct in6_addr *src, int *ifindex)
{
	struct search s = { .dst = *dst };
	struct nl_req rq;
	struct rtmsg *body;
	int r = rt_link_dump(nl, note_tunnel, &s);

	if (r < 0)
		return r;
	body = nl_begin(&rq, RTM_GETROUTE, NLM_F_DUMP, sizeof(*body));
	body->rtm_family = AF_INET6;
	body->rtm_table = RT_TABLE_MAIN;
	r = nl_get(nl, &rq, consider_route, &s);
	if (r < 0)
		return r;
	if (!s.has_route || s.route.blackhole)
		return -ENETUNREACH;
	r = rt_addr_dump(nl, consider_addr, &s);
	if (r < 0)
		return r;
	if (!s.has_addr)
		return -EADDRNOTAVAIL;
	*src = s.addr.prefix.addr;
	*ifindex = s.route.ifindex;
	return 0;
}
