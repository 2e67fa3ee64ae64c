#include <string.h>

#include "base/log.h"
#include "base/names.h"
#include "kernel/neigh.h"
#include "kernel/sysctl.h"
#include "kernel/xfrm_heard.h"
#include "mip/net/env.h"

static const struct name counters[] = {
	{ MC_BU_IN, "bu_in" },
	{ MC_BU_OUT, "bu_out" },
	{ MC_BU_RESENT, "bu_resent" },
	{ MC_BA_IN, "ba_in" },
	{ MC_BA_OUT, "ba_out" },
	{ MC_BE_IN, "be_in" },
	{ MC_BE_OUT, "be_out" },
	{ MC_MPS_IN, "mps_in" },
	{ MC_MPS_OUT, "mps_out" },
	{ MC_MPA_IN, "mpa_in" },
	{ MC_MPA_OUT, "mpa_out" },
	{ MC_MIGRATE, "migrate" },
	{ MC_MIGRATE_REPAIRED, "migrate_repaired" },
	{ MC_MIGRATE_FAILED, "migrate_failed" },
	{ MC_REFUSED, "refused" },
	{ MC_DROP_MALFORMED, "drop_malformed" },
	{ MC_DROP_UNPROTECTED, "drop_unprotected" },
	{ MC_DROP_UNEXPECTED, "drop_unexpected" },
	{ MC_DROP_RATE, "drop_rate" },
	{ MC_IMPOSSIBLE, "impossible" },
};

static int announce(int ifindex, const uint8_t mac[6], const struct in6_addr *target)
{
	return neigh_announce(ifindex, mac, target, true, false);
}

const struct mip_link_ops mip_link_real = {
	.announce = announce,
	.dad_open = neigh_dad_open,
	.dad_probe = neigh_dad_probe,
	.dad_read = neigh_dad_read,
	.sysctl = sysctl_set,
	.migrate_heard = xfrm_migrate_heard,
};

void env_count(struct mip_env *env, enum mip_counter c)
{
	env->counters[c]++;
}

const char *env_counter_str(enum mip_counter c)
{
	return names_str(NAMES(counters), c);
}

bool env_is_unicast(const struct in6_addr *a)
{
	return !addr_is_any(a) && !IN6_IS_ADDR_MULTICAST(a) && !IN6_IS_ADDR_LOOPBACK(a) &&
		!IN6_IS_ADDR_LINKLOCAL(a) && !addr_is_v4(a);
}

int env_said(int rc, const char *what, const struct in6_addr *who)
{
	if (rc < 0)
		log_mip(0, "%s for %s: %s", what, addr_str(who), strerror(-rc));
	return rc;
}

void env_drop(struct mip_env *env, enum mip_counter why, const struct mip_packet *p,
	const char *what, const char *text)
{
	env_count(env, why);
	log_mip(1, "%s from %s to %s dropped: %s", what, addr_str(&p->src), addr_str(&p->dst),
		text);
}
