#include <errno.h>
#include <stdlib.h>

#include "base/log.h"
#include "mip/conf/acl.h"
#include "mip/ha/act.h"

struct ha_peer *ha_peer_find(struct ha *ha, const struct in6_addr *hoa, const struct in6_addr *own)
{
	struct ha_peer *p;

	LIST_FOREACH (p, &ha->peers[addr_hash(hoa) % HA_PEER_ROWS], link) {
		if (addr_eq(&p->pair.hoa, hoa) && addr_eq(&p->pair.ha, own))
			return p;
	}
	return NULL;
}

bool ha_is_home_address(const struct ha *ha, const struct in6_addr *a)
{
	const struct ha_peer *p;

	LIST_FOREACH (p, &ha->peers[addr_hash(a) % HA_PEER_ROWS], link) {
		if (addr_eq(&p->pair.hoa, a))
			return true;
	}
	return false;
}

struct ha_peer *ha_peer_add(struct ha *ha, const struct in6_addr *hoa, const struct in6_addr *own)
{
	struct ha_peer *p = ha->n_peers < HA_PEERS_MAX ? calloc(1, sizeof(*p)) : NULL;

	if (!p)
		return NULL;
	p->pair = (struct sp_pair){ .role = MIP_HA, .hoa = *hoa, .ha = *own, .end = *hoa };
	LIST_INSERT_HEAD(&ha->peers[addr_hash(hoa) % HA_PEER_ROWS], p, link);
	ha->n_peers++;
	return p;
}

/* A binding of an earlier run is none of ours (RFC 6275 section 10.1). */
static void forget_old(struct ha *ha, const struct sp_pair *pair)
{
	sp_remove(ha->env, pair, SP_AT_HOME);
	sp_remove(ha->env, pair, SP_DATA);
	sp_remove(ha->env, pair, SP_PAYLOAD);
	sp_route2_del(ha->env, pair);
	sp_hao_del(ha->env, pair);
}

static int start_one(struct ha *ha, const struct mip_policy_set *set, const struct in6_addr *hoa)
{
	struct ha_peer *p = ha_peer_find(ha, hoa, &set->ha);
	int rc;

	if (p)
		return 0;
	p = ha_peer_add(ha, hoa, &set->ha);
	if (!p)
		return -ENOMEM;
	sp_find_foreign(ha->env, &p->pair);
	forget_old(ha, &p->pair);
	rc = sp_install(ha->env, &p->pair, SP_PEER);
	if (!rc && !sp_protected(ha->env, &p->pair)) {
		log_mip(0,
			"no policy protects the signalling of %s: IPsecPolicySet needs Mh or "
			"HomeRegBinding",
			addr_str(hoa));
		rc = -EINVAL;
	}
	return rc;
}

static bool has_policies(const struct mip_conf *c, const struct in6_addr *hoa)
{
	for (const struct mip_policy_set *set = c->policy_sets; set; set = set->next) {
		for (size_t i = 0; i < set->n_hoas; i++) {
			if (addr_eq(&set->hoas[i].addr, hoa))
				return true;
		}
	}
	return false;
}

/* B-086, D-022: whom we let in must come by ESP. */
static int all_allowed_have_policies(const struct mip_conf *c)
{
	for (const struct mip_acl *acl = c->acls; acl; acl = acl->next) {
		if (acl->status != BA_ACCEPTED || has_policies(c, &acl->hoa))
			continue;
		log_mip(0, "%s:%u: %s is allowed to register, but no IPsecPolicySet names it",
			acl->at.file, acl->at.line, addr_str(&acl->hoa));
		return -EINVAL;
	}
	return 0;
}

int ha_peers_start(struct ha *ha)
{
	const struct mip_conf *c = ha->env->conf;
	int rc;

	if (!c->use_mn_ha_ipsec)
		return 0;
	rc = all_allowed_have_policies(c);
	for (const struct mip_policy_set *set = c->policy_sets; !rc && set; set = set->next) {
		for (size_t i = 0; !rc && i < set->n_hoas; i++)
			rc = start_one(ha, set, &set->hoas[i].addr);
	}
	return rc;
}

void ha_peers_clear(struct ha *ha)
{
	struct ha_peer *p;

	for (size_t i = 0; i < HA_PEER_ROWS; i++) {
		while ((p = LIST_FIRST(&ha->peers[i]))) {
			sp_remove(ha->env, &p->pair, SP_PEER);
			LIST_REMOVE(p, link);
			free(p);
		}
	}
	ha->n_peers = 0;
}
