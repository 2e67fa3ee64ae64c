#include <errno.h>
#include <linux/if_addr.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "kernel/rt_link.h"
#include "kernel/rt_route.h"
#include "mip/ha/act.h"

enum { RULE_ALL = 1005, TWO_HOURS_MS = 7200000 };

static const struct rt_rule all_rule = { .priority = RULE_ALL, .table = RT_TABLE_MIP6 };

const struct ha_link *ha_link_of(const struct ha *ha, int ifindex)
{
	for (size_t i = 0; i < ha->n_links; i++) {
		if (ha->links[i].ifindex == ifindex)
			return &ha->links[i];
	}
	return NULL;
}

const struct ha_prefix *ha_prefix_of(const struct ha *ha, const struct in6_addr *hoa)
{
	for (size_t i = 0; i < ha->n_prefixes; i++) {
		if (prefix_has(&ha->prefixes[i].a.prefix, hoa))
			return &ha->prefixes[i];
	}
	return NULL;
}

static uint32_t left(uint32_t seconds, uint64_t at_ms)
{
	uint64_t passed = (loop_now() - at_ms) / 1000;

	if (seconds == UINT32_MAX)
		return seconds;
	return passed < seconds ? seconds - (uint32_t)passed : 0;
}

static uint32_t until(uint64_t ms)
{
	uint64_t now = loop_now();

	if (ms == UINT64_MAX)
		return UINT32_MAX;
	return ms > now ? (uint32_t)((ms - now) / 1000) : 0;
}

static uint32_t least(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

static const struct ha_advert *advert_of(
	const struct ha *ha, int ifindex, const struct prefix *prefix)
{
	struct prefix first = { prefix_first(prefix), prefix->len };

	for (size_t i = 0; i < ha->n_adverts; i++) {
		if (ha->adverts[i].ifindex == ifindex && prefix_eq(&ha->adverts[i].prefix, &first))
			return &ha->adverts[i];
	}
	return NULL;
}

/* RFC 6275 sections 10.3.1 and 10.6.4: our address may be there for ever, its prefix is not. */
struct ha_life ha_life_of(const struct ha *ha, const struct ha_prefix *p)
{
	const struct ha_advert *ad = advert_of(ha, p->a.ifindex, &p->a.prefix);
	struct ha_life life = { left(p->a.valid_s, p->at_ms), left(p->a.preferred_s, p->at_ms) };

	if (!ad)
		return life;
	life.valid_s = least(life.valid_s, until(ad->valid_until_ms));
	life.preferred_s = least(life.preferred_s, until(ad->preferred_until_ms));
	return life;
}

static uint64_t end_of(uint32_t seconds)
{
	return seconds == UINT32_MAX ? UINT64_MAX : loop_now() + (uint64_t)seconds * 1000;
}

/* RFC 4862 section 5.5.3 e): nothing protects an advertisement, so it takes no more than that. */
static uint64_t shortened(uint64_t old, uint32_t seconds)
{
	uint64_t now = loop_now(), two_hours = now + TWO_HOURS_MS, fresh = end_of(seconds);

	if (fresh > two_hours || fresh > old)
		return fresh;
	return old <= two_hours ? old : two_hours;
}

static void take_advert(struct ha *ha, int ifindex, const struct icmp6_prefix *seen)
{
	struct prefix prefix = { prefix_first(&seen->prefix), seen->prefix.len };
	struct ha_advert *ad;

	for (ad = ha->adverts; ad < ha->adverts + ha->n_adverts; ad++) {
		if (ad->ifindex != ifindex || !prefix_eq(&ad->prefix, &prefix))
			continue;
		ad->valid_until_ms = shortened(ad->valid_until_ms, seen->valid);
		ad->preferred_until_ms = end_of(seen->preferred);
		return;
	}
	if (ha->n_adverts == HA_PREFIXES_MAX)
		return;
	ha->adverts[ha->n_adverts++] =
		(struct ha_advert){ ifindex, prefix, end_of(seen->valid), end_of(seen->preferred) };
}

/* A home prefix counts, and no other. */
static bool is_home_prefix(const struct ha *ha, int ifindex, const struct prefix *prefix)
{
	for (size_t i = 0; i < ha->n_prefixes; i++) {
		const struct rt_addr *a = &ha->prefixes[i].a;

		if (a->ifindex == ifindex && a->prefix.len == prefix->len &&
			prefix_has(prefix, &a->prefix.addr))
			return true;
	}
	return false;
}

void ha_ra(struct ha *ha, const struct mip_packet *p)
{
	struct icmp6_ra ra;

	if (!ha_link_of(ha, p->ifindex))
		return;
	if (p->hop_limit != 255 || !IN6_IS_ADDR_LINKLOCAL(&p->src) ||
		icmp6_ra_parse(p->data, &ra) < 0)
		return env_drop(ha->env, MC_DROP_MALFORMED, p, "router advertisement",
			"malformed, or not of this link");
	for (size_t i = 0; i < ra.n_prefixes; i++) {
		if (is_home_prefix(ha, p->ifindex, &ra.prefixes[i].prefix))
			take_advert(ha, p->ifindex, &ra.prefixes[i]);
	}
}

bool ha_owns(const struct ha *ha, const struct in6_addr *a)
{
	for (size_t i = 0; i < ha->n_prefixes; i++) {
		if (addr_eq(&ha->prefixes[i].a.prefix.addr, a))
			return true;
	}
	return false;
}

/* RFC 4291 section 2.6.1 (subnet-router anycast), RFC 6275 section 8.4 (home-agents anycast) */
bool ha_is_reserved(const struct ha *ha, const struct in6_addr *hoa)
{
	const struct ha_prefix *p = ha_prefix_of(ha, hoa);
	struct in6_addr routers, agents;

	if (ha_owns(ha, hoa))
		return true;
	if (!p)
		return false;
	routers = prefix_first(&p->a.prefix);
	agents = icmp6_agents_anycast(&p->a.prefix);
	return addr_eq(hoa, &routers) || addr_eq(hoa, &agents);
}

static void anycast(struct ha *ha, bool join)
{
	for (size_t i = 0; i < ha->n_prefixes; i++) {
		struct in6_addr a = icmp6_agents_anycast(&ha->prefixes[i].a.prefix);

		mip_net_anycast(ha->env->net, ha->prefixes[i].a.ifindex, &a, join);
	}
}

/* A home agent is the only proxy, so its answers need no random delay (RFC 4861 section 7.2.8). */
static const struct {
	const char *dir, *file, *value;
} proxy_sysctls[] = {
	{ "conf", "proxy_ndp", "1" },
	{ "neigh", "proxy_delay", "0" },
};

static void set_proxy(const struct mip_env *env, const char *iface)
{
	char path[64];

	for (size_t i = 0; i < sizeof(proxy_sysctls) / sizeof(proxy_sysctls[0]); i++) {
		snprintf(path, sizeof(path), "net/ipv6/%s/%s/%s", proxy_sysctls[i].dir, iface,
			proxy_sysctls[i].file);
		env_said(env->link->sysctl(path, proxy_sysctls[i].value), path, &addr_any);
	}
}

static int take_link(const struct rt_link *rl, void *arg)
{
	struct ha *ha = arg;
	const struct mip_iface *conf = mip_conf_iface(ha->env->conf, rl->name);
	struct ha_link *l;

	if (!conf || ha->n_links == HA_LINKS_MAX)
		return 0;
	l = &ha->links[ha->n_links++];
	*l = (struct ha_link){ .ifindex = rl->ifindex, .conf = conf };
	memcpy(l->mac, rl->mac, sizeof(l->mac));
	set_proxy(ha->env, rl->name);
	return 0;
}

static int take_addr(const struct rt_addr *a, void *arg)
{
	struct ha *ha = arg;

	if (!ha_link_of(ha, a->ifindex) || !env_is_unicast(&a->prefix.addr) ||
		(a->flags & IFA_F_DADFAILED) || a->prefix.len == 128 ||
		ha->n_prefixes == HA_PREFIXES_MAX)
		return 0;
	ha->prefixes[ha->n_prefixes++] = (struct ha_prefix){ *a, loop_now() };
	return 0;
}

static void name_missing(const struct ha *ha)
{
	for (const struct mip_iface *i = ha->env->conf->ifaces; i; i = i->next) {
		bool found = false;

		for (size_t n = 0; n < ha->n_links; n++)
			found = found || ha->links[n].conf == i;
		if (!found)
			log_mip(1, "%s:%u: interface %s does not exist (yet)", i->at.file,
				i->at.line, i->name);
	}
}

/* A neighbour that asks a home address itself is forwarded to it unless all proxy. */
static int be_router(const struct mip_env *env)
{
	static const char *const all[] = { "forwarding", "proxy_ndp" };
	char path[64];
	int rc = 0;

	for (size_t i = 0; !rc && i < sizeof(all) / sizeof(all[0]); i++) {
		snprintf(path, sizeof(path), "net/ipv6/conf/all/%s", all[i]);
		rc = env_said(env->link->sysctl(path, "1"), path, &addr_any);
	}
	return rc;
}

int ha_links_start(struct ha *ha)
{
	int rc = rt_link_dump(ha->env->rt, take_link, ha);

	if (rc < 0)
		return env_said(rc, "links", &addr_any);
	name_missing(ha);
	if (!ha->n_links) {
		log_mip(0, "no configured interface exists: a home agent needs its home link");
		return -ENODEV;
	}
	rc = be_router(ha->env);
	if (!rc)
		rc = env_said(rt_addr_dump(ha->env->rt, take_addr, ha), "addresses", &addr_any);
	if (!rc)
		rc = rt_rule_add(ha->env->rt, &all_rule);
	if (rc == -EEXIST)
		rc = 0;
	anycast(ha, true);
	return env_said(rc, "rule 1005", &addr_any);
}

void ha_links_clear(struct ha *ha)
{
	anycast(ha, false);
	rt_rule_del(ha->env->rt, &all_rule);
	ha->n_links = 0;
	ha->n_prefixes = 0;
	ha->n_adverts = 0;
}

/* Few and rare: reading all again cannot go wrong. */
void ha_rt_lost(void *arg)
{
	struct ha *ha = arg;

	struct ha_prefix kept[HA_PREFIXES_MAX];
	size_t n_kept = ha->n_prefixes;

	memcpy(kept, ha->prefixes, sizeof(kept));
	anycast(ha, false);
	ha->n_prefixes = 0;
	if (env_said(rt_addr_dump(ha->env->rt, take_addr, ha), "addresses", &addr_any) < 0) {
		memcpy(ha->prefixes, kept, sizeof(kept));
		ha->n_prefixes = n_kept;
	}
	anycast(ha, true);
}

void ha_rt_event(const struct rt_event *ev, void *arg)
{
	struct ha *ha = arg;
	struct ha_link *l;

	switch (ev->kind) {
	case RE_ADDR:
	case RE_ADDR_DEL:
		if (ha_link_of(ha, ev->addr.ifindex))
			ha_rt_lost(ha);
		break;
	case RE_LINK:
		for (l = ha->links; l < ha->links + ha->n_links; l++) {
			if (l->ifindex == ev->link.ifindex)
				memcpy(l->mac, ev->link.mac, sizeof(l->mac));
		}
		break;
	case RE_LINK_DEL:
	case RE_ROUTE:
	case RE_ROUTE_DEL:
		break;
	}
}
