/* Messages of others that make the mobile node send a binding update. */
#include "base/log.h"
#include "mip/mn/act.h"

enum { UPDATES_PER_SECOND = 3 }; /* MAX_UPDATE_RATE */

void mn_asked(struct mn *mn, const struct mip_packet *p, const char *what)
{
	if (!rate_take(&mn->asked, UPDATES_PER_SECOND))
		return env_drop(mn->env, MC_DROP_RATE, p, what, "too many");
	mn_event(mn, ME_ASKED);
}

/* RFC 6275 section 11.7.4. It comes as a BA does: in ESP, to the home address. */
void mn_brr(struct mn *mn, const struct mip_packet *p)
{
	if (!addr_eq(&p->src, &mn->pair.ha) || p->has_rh2 != mn->away)
		return env_drop(mn->env, MC_DROP_UNEXPECTED, p, "BRR", "not of the home agent");
	mn_asked(mn, p, "BRR");
}

/*
 * Section 11.3.6. Nothing protects it, so it never takes a binding away: when the home agent says
 * that it has none, a BU settles that. An unknown type is no news of a node that is sent BUs alone.
 */
void mn_be(struct mn *mn, const struct mip_packet *p, const struct mh *m)
{
	if (!addr_eq(&p->src, &mn->pair.ha))
		return env_drop(mn->env, MC_DROP_UNEXPECTED, p, "BE", "not of the home agent");
	log_mip(2, "binding error %u from %s for %s", m->be.status, addr_str(&p->src),
		addr_str(&m->be.hoa));
	if (m->be.status == BE_NO_BINDING)
		mn_asked(mn, p, "BE");
}

/* Nothing protects the reply: only what the configuration protects signalling with is tried. */
static bool fit(const struct mn *mn, const struct in6_addr *agent)
{
	const struct mip_conf *c = mn->env->conf;

	return addr_is_global(agent) && !addr_eq(agent, &mn->pair.hoa) &&
		(!c->use_mn_ha_ipsec || mip_conf_signalling(c, &mn->pair.hoa, agent));
}

bool mn_agents(struct mn *mn, const struct mip_packet *p, const struct icmp6_agents *reply)
{
	struct mn_seek *s = &mn->seek;

	if (mn->state != MN_SEEKING || s->n || reply->id != s->id ||
		!addr_eq(&p->dst, &mn->place.coa))
		return false;
	for (size_t i = 0; i < reply->n_agents && s->n < MN_AGENTS_MAX; i++) {
		if (fit(mn, &reply->agents[i]))
			s->agents[s->n++] = reply->agents[i];
		else
			log_mip(1, "%s: no IPsecPolicySet for home agent %s, not tried",
				addr_str(&mn->pair.hoa), addr_str(&reply->agents[i]));
	}
	if (s->n)
		mn_event(mn, ME_AGENT);
	return true;
}
