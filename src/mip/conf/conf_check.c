/* What the statements of a complete mip6d.conf need of each other. */
#include <string.h>

#include "mip/conf/conf_in.h"

#define KIND(k) (1u << MP_##k)

/* Two lines that protect the same packets: which one the kernel takes would be chance. */
static const struct {
	enum mip_policy_kind kind;
	uint32_t same_packets;
} overlaps[] = {
	{ MP_HOME_REG_BINDING, KIND(HOME_REG_BINDING) | KIND(MH) | KIND(ANY) },
	{ MP_MH, KIND(MH) | KIND(ANY) },
	{ MP_MOB_PFX_DISC, KIND(MOB_PFX_DISC) | KIND(ICMP) | KIND(ANY) },
	{ MP_ICMP, KIND(ICMP) | KIND(ANY) },
	{ MP_ANY, KIND(ANY) },
	{ MP_TUNNEL_HOME_TESTING, KIND(TUNNEL_HOME_TESTING) | KIND(TUNNEL_MH) },
	{ MP_TUNNEL_MH, KIND(TUNNEL_MH) },
	{ MP_TUNNEL_PAYLOAD, KIND(TUNNEL_PAYLOAD) },
};

static bool overlap(enum mip_policy_kind a, enum mip_policy_kind b)
{
	for (size_t i = 0; i < sizeof(overlaps) / sizeof(overlaps[0]); i++)
		if ((overlaps[i].kind == a && overlaps[i].same_packets & 1u << b) ||
			(overlaps[i].kind == b && overlaps[i].same_packets & 1u << a))
			return true;
	return false;
}

static bool share_pair(const struct mip_policy_set *a, const struct mip_policy_set *b)
{
	if (!addr_eq(&a->ha, &b->ha))
		return false;
	for (size_t i = 0; i < a->n_hoas; i++)
		for (size_t j = 0; j < b->n_hoas; j++)
			if (addr_eq(&a->hoas[i].addr, &b->hoas[j].addr))
				return true;
	return false;
}

/* Each policy against those before it. */
static void check_policy(struct conf_in *in, const struct mip_policy_set *set, size_t at)
{
	const struct mip_policy *p = &set->policies[at];

	for (const struct mip_policy_set *s = in->conf->policy_sets; s; s = s->next) {
		size_t n = s == set ? at : s->n_policies;

		for (size_t i = 0; i < n && share_pair(s, set); i++)
			if (overlap(s->policies[i].kind, p->kind))
				conf_error(in->log, p->at,
					"IPsecPolicy %s: expected no overlap with IPsecPolicy %s "
					"of line %u",
					mip_policy_str(p->kind),
					mip_policy_str(s->policies[i].kind),
					s->policies[i].at.line);
		if (s == set)
			return;
	}
}

/* B-096: reqid 0 fits every SA of the pair, so two of them do not tell their SAs apart. */
static void check_reqids(struct conf_in *in, const struct mip_policy_set *s)
{
	const struct mip_policy *other = NULL;

	for (size_t i = 0; i < s->n_policies; i++) {
		const struct mip_policy *p = &s->policies[i];

		if (p->reqid_to_ha && p->reqid_to_mn)
			continue;
		if (other) {
			conf_warn(in->log, p->at,
				"IPsecPolicy %s: without a reqid like IPsecPolicy %s of line %u, "
				"an SA of one fits the other",
				mip_policy_str(p->kind), mip_policy_str(other->kind),
				other->at.line);
			return;
		}
		other = p;
	}
}

static void check_set(struct conf_in *in, const struct mip_policy_set *s)
{
	if (!addr_is_routed(&s->ha))
		conf_error(in->log, s->at,
			"IPsecPolicySet: HomeAgentAddress %s: expected a "
			"global or unique local address",
			addr_str(&s->ha));
	if (!s->n_hoas || !s->n_policies)
		conf_error(in->log, s->at,
			"IPsecPolicySet: expected at least one HomeAddress and one IPsecPolicy");
	for (size_t i = 0; i < s->n_hoas; i++)
		if (!addr_is_routed(&s->hoas[i].addr))
			conf_error(in->log, s->at,
				"IPsecPolicySet: HomeAddress %s: expected a "
				"global or unique local address",
				prefix_str(&s->hoas[i]));
	for (size_t i = 0; i < s->n_policies; i++)
		check_policy(in, s, i);
	check_reqids(in, s);
}

/* One thing twice: which of the two lines counts would be chance. */
static void check_twice(struct conf_in *in, const struct mip_home_link *h)
{
	for (const struct mip_home_link *o = in->conf->home_links; o != h; o = o->next)
		if (addr_eq(&o->hoa.addr, &h->hoa.addr))
			conf_error(in->log, h->at,
				"MnHomeLink %s: HomeAddress %s: expected another one than in the "
				"MnHomeLink of line %u",
				h->ifname, prefix_str(&h->hoa), o->at.line);
}

static void check_iface(struct conf_in *in, const struct mip_iface *i)
{
	for (const struct mip_iface *o = in->conf->ifaces; o != i; o = o->next)
		if (!strcmp(o->name, i->name))
			conf_error(in->log, i->at,
				"Interface %s: expected it once, it is given on line %u", i->name,
				o->at.line);
}

static void check_acl(struct conf_in *in, const struct mip_acl *a)
{
	for (const struct mip_acl *o = in->conf->acls; o != a; o = o->next)
		if (addr_eq(&o->hoa, &a->hoa))
			conf_error(in->log, a->at,
				"BindingAclPolicy %s: expected it once, it is given on line %u",
				addr_str(&a->hoa), o->at.line);
}

/* With a home agent to be discovered: some one of those that policies name. */
static bool has_signalling(const struct mip_conf *c, const struct mip_home_link *h)
{
	if (!addr_is_any(&h->ha))
		return mip_conf_signalling(c, &h->hoa.addr, &h->ha);
	for (const struct mip_policy_set *s = c->policy_sets; s; s = s->next)
		if (mip_conf_signalling(c, &h->hoa.addr, &s->ha))
			return true;
	return false;
}

static void check_home(struct conf_in *in, const struct mip_home_link *h)
{
	const struct mip_conf *c = in->conf;

	if (!addr_is_routed(&h->hoa.addr)) {
		conf_error(in->log, h->at,
			"MnHomeLink %s: HomeAddress %s: expected a global or unique local address",
			h->ifname, prefix_str(&h->hoa));
		return;
	}
	check_twice(in, h);
	if (!addr_is_any(&h->ha) && !addr_is_routed(&h->ha))
		conf_error(in->log, h->at,
			"MnHomeLink %s: HomeAgentAddress %s: expected a global or unique local "
			"address, "
			"or :: to discover it",
			h->ifname, addr_str(&h->ha));
	if (addr_eq(&h->ha, &h->hoa.addr))
		conf_error(in->log, h->at,
			"MnHomeLink %s: HomeAgentAddress %s: expected another address than the "
			"HomeAddress",
			h->ifname, addr_str(&h->ha));
	if (!prefix_has(&h->home_prefix, &h->hoa.addr))
		conf_error(in->log, h->at,
			"MnHomeLink %s: HomePrefix %s: expected the prefix of %s", h->ifname,
			prefix_str(&h->home_prefix), addr_str(&h->hoa.addr));
	if (c->use_mn_ha_ipsec && !has_signalling(c, h))
		conf_error(in->log, h->at,
			"MnHomeLink %s: expected an IPsecPolicy Mh or HomeRegBinding for %s and "
			"%s (UseMnHaIPsec is enabled)",
			h->ifname, addr_str(&h->hoa.addr), addr_str(&h->ha));
}

void conf_complete(struct mip_conf *conf)
{
	for (struct mip_home_link *h = conf->home_links; h; h = h->next)
		if (addr_is_any(&h->home_prefix.addr))
			h->home_prefix = (struct prefix){ prefix_first(&h->hoa), h->hoa.len };
}

void conf_check(struct conf_in *in)
{
	const struct mip_conf *c = in->conf;

	for (const struct mip_policy_set *s = c->policy_sets; s; s = s->next)
		check_set(in, s);
	if (c->policy_sets && !c->use_mn_ha_ipsec)
		conf_warn(in->log, c->policy_sets->at,
			"IPsecPolicySet: protects nothing, UseMnHaIPsec is disabled");
	for (const struct mip_home_link *h = c->home_links; h; h = h->next)
		check_home(in, h);
	for (const struct mip_iface *i = c->ifaces; i; i = i->next)
		check_iface(in, i);
	for (const struct mip_acl *a = c->acls; a; a = a->next)
		check_acl(in, a);
	if (c->role == MIP_HA && !c->ifaces)
		conf_error(in->log, in->at, "NodeConfig HA: expected an Interface");
	if (c->role == MIP_MN && !c->home_links)
		conf_error(in->log, in->at, "NodeConfig MN: expected an MnHomeLink");
}
