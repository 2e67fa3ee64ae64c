/* Messages that ask the mobile node for a binding update. */
#include "base/log.h"
#include "mip/mn/mn.h"

enum { UPDATES_PER_SECOND = 3 }; /* MAX_UPDATE_RATE */

static void update(struct mn *mn, const struct mip_packet *p, const char *what)
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
	update(mn, p, "BRR");
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
		update(mn, p, "BE");
}
