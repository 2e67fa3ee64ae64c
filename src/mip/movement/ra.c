#include "mip/movement/ra.h"

#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <string.h>

#include "kernel/rt_route.h"

enum { TWO_HOURS = 7200, METRIC_DEFAULT = 1024, ADDRESS_PREFIX = 64 };

void ra_take_over(struct mip_env *env, const char *ifname)
{
	static const char *const files[] = { "accept_ra", "autoconf" };
	char path[64];

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		snprintf(path, sizeof(path), "net/ipv6/conf/%s/%s", ifname, files[i]);
		env_said(env->link->sysctl(path, "0"), path, &addr_any);
	}
}

/* RFC 4291 appendix A: EUI-64 of the hardware address. */
static struct in6_addr address_of(const struct prefix *p, const uint8_t mac[6])
{
	struct in6_addr a = prefix_first(p);

	memcpy(&a.s6_addr[8], mac, 3);
	a.s6_addr[8] ^= 0x02;
	a.s6_addr[11] = 0xff;
	a.s6_addr[12] = 0xfe;
	memcpy(&a.s6_addr[13], mac + 3, 3);
	return a;
}

static bool has(const struct seen *s, const struct rt_addr *a)
{
	for (size_t i = 0; i < s->n_addrs; i++) {
		if (s->addrs[i].a.ifindex == a->ifindex &&
			addr_eq(&s->addrs[i].a.prefix.addr, &a->prefix.addr))
			return true;
	}
	return false;
}

/*
 * Section 5.5.3 e): nothing authenticates an advertisement, so it does not shorten what an address
 * has to live to less than two hours. Never for ever: what a router gave is not a person's.
 */
static void take_prefix(struct mip_env *env, const struct seen *s, const struct where_link *l,
	const struct icmp6_prefix *p)
{
	struct rt_addr a = { .ifindex = l->ifindex,
		.prefix = { address_of(&p->prefix, l->mac), ADDRESS_PREFIX },
		.flags = p->on_link ? 0 : IFA_F_NOPREFIXROUTE,
		.valid_s = p->valid < UINT32_MAX ? p->valid : UINT32_MAX - 1,
		.preferred_s = p->preferred };

	if (!p->autonomous || p->prefix.len != ADDRESS_PREFIX || !p->valid ||
		IN6_IS_ADDR_LINKLOCAL(&p->prefix.addr))
		return;
	if (p->valid <= TWO_HOURS && has(s, &a))
		return;
	env_said(rt_addr_add(env->rt, &a), "address of an advertisement", &a.prefix.addr);
}

void ra_apply(struct mip_env *env, const struct seen *s, const struct where_link *l,
	const struct in6_addr *router, const struct icmp6_ra *ra)
{
	struct rt_route r = { .via = *router,
		.ifindex = l->ifindex,
		.table = RT_TABLE_MAIN,
		.metric = METRIC_DEFAULT,
		.expires_s = ra->router_lifetime };

	for (size_t i = 0; i < ra->n_prefixes; i++)
		take_prefix(env, s, l, &ra->prefixes[i]);
	if (ra->router_lifetime)
		env_said(rt_route_add(env->rt, &r), "default route", router);
	else
		rt_route_del(env->rt, &r);
}
