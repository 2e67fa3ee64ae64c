/* What others ask a configuration for. */
#include <string.h>

#include "base/names.h"
#include "mip/conf/conf.h"

const struct mip_iface *mip_conf_iface(const struct mip_conf *c, const char *name)
{
	for (const struct mip_iface *i = c->ifaces; i; i = i->next)
		if (!strcmp(i->name, name))
			return i;
	return NULL;
}

static bool set_has(
	const struct mip_policy_set *s, const struct in6_addr *hoa, const struct in6_addr *ha)
{
	for (size_t i = 0; i < s->n_hoas; i++)
		if (addr_eq(&s->ha, ha) && addr_eq(&s->hoas[i].addr, hoa))
			return true;
	return false;
}

const struct mip_policy *mip_conf_policy(const struct mip_conf *c, const struct in6_addr *hoa,
	const struct in6_addr *ha, enum mip_policy_kind kind)
{
	for (const struct mip_policy_set *s = c->policy_sets; s; s = s->next)
		for (size_t i = 0; i < s->n_policies && set_has(s, hoa, ha); i++)
			if (s->policies[i].kind == kind)
				return &s->policies[i];
	return NULL;
}

const struct mip_policy *mip_conf_signalling(
	const struct mip_conf *c, const struct in6_addr *hoa, const struct in6_addr *ha)
{
	static const enum mip_policy_kind kinds[] = { MP_MH, MP_HOME_REG_BINDING, MP_ANY };
	const struct mip_policy *p = NULL;

	for (size_t i = 0; !p && i < sizeof(kinds) / sizeof(kinds[0]); i++)
		p = mip_conf_policy(c, hoa, ha, kinds[i]);
	return p;
}

const char *mip_role_str(enum mip_role role)
{
	static const struct name names[] = {
		{ MIP_CN, "Correspondent Node" },
		{ MIP_HA, "Home Agent" },
		{ MIP_MN, "Mobile Node" },
	};

	return names_str(NAMES(names), role);
}
