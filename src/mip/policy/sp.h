/*
 * sp - the security policies and Mobile IPv6 states that mip6d keeps in the kernel.
 *
 * One table of rows says which policy exists for whom; every function here is one loop over it.
 * Inbound and forwarded policies for the mobility header carry no type, and what is migrated
 * carries neither type nor interface: one layout for every kernel.
 * Shapes:  struct sp_pair names a mobile node and its home agent; `end` is the mobile end of the
 *          tunnel templates: the home address until the first migration, then the CoA.
 * Units:   priorities as the kernel has them, smaller is better.
 * Errors:  0 or the first -errno met; a failing row is logged and never stops the others.
 * Source:  RFC 4877 sections 4 and 5, RFC 6275 sections 9.3, 10.3, 11.3;
 *          rules P1 to P7 of docs/DESIGN.md section 3.
 */
#pragma once

#include "kernel/xfrm_migrate.h"
#include "kernel/xfrm_policy.h"
#include "mip/net/env.h"

enum sp_group {
	SP_BASE, /* while the daemon runs */
	SP_PEER, /* signalling between home address and home agent: main policies */
	SP_SIGNAL, /* MN away: BU with HAO, BA with RH2 */
	SP_SIGNAL_HOME, /* MN at home: BU without HAO */
	SP_BLOCK, /* MN: no payload from the home address (action block) */
	SP_PAYLOAD, /* tunnel between mobile node and home agent: main policies */
	SP_DATA, /* HAO and RH2 between home address and home agent */
	SP_AT_HOME, /* HA: who is bound speaks from home, and neighbour discovery must find it */
	SP_GROUPS,
};

struct sp_pair {
	enum mip_role role; /* ours: MIP_MN or MIP_HA */
	struct in6_addr hoa, ha, end;
};

/* Templates are made for a pair from these. */
enum sp_tmpl {
	ST_NONE,
	ST_HAO_ANY,
	ST_ROUTE2_ANY,
	ST_HAO, /* HoA to HA */
	ST_ESP_TO_HA, /* ESP transport */
	ST_ESP_TO_MN,
	ST_TUN_TO_HA, /* ESP tunnel */
	ST_TUN_TO_MN,
};

enum sp_host { SH_ANY, SH_HOA, SH_HA };

struct sp_row {
	enum mip_role role;
	enum sp_group group;
	uint32_t
		kinds; /* the configuration names one, a bit of mip_policy_kind each; 0: whatever */
	bool sub;
	enum xdir dir;
	uint32_t priority;
	enum sp_host src, dst;
	uint8_t proto;
	int type, type_mask;
	enum sp_tmpl tmpl[2];
	bool migrate;
};

extern const struct sp_row sp_rows[];
extern const size_t sp_n_rows;

/* Does this row apply to the pair? If so its policy. */
bool sp_make(const struct mip_env *env, const struct sp_row *row, const struct sp_pair *pair,
	struct xfrm_policy *out);

int sp_install(struct mip_env *env, const struct sp_pair *pair, enum sp_group group);
int sp_remove(struct mip_env *env, const struct sp_pair *pair, enum sp_group group);

/* Base policies and wildcard states; pair has only the role. */
int sp_base_install(struct mip_env *env, const struct sp_pair *pair);
int sp_base_remove(struct mip_env *env, const struct sp_pair *pair);

/* The states HoA to HA (hao) and, at the home agent, HA to HoA (route2): add or change, remove. */
int sp_hao_set(struct mip_env *env, const struct sp_pair *pair, const struct in6_addr *coa);
int sp_hao_del(struct mip_env *env, const struct sp_pair *pair);
int sp_route2_set(struct mip_env *env, const struct sp_pair *pair, const struct in6_addr *coa);
int sp_route2_del(struct mip_env *env, const struct sp_pair *pair);

/*
 * Move every policy of the pair that follows the mobile node from pair->end to `to`, each by its
 * own MIGRATE, verified and repaired; what has a type is rewritten. pair->end is `to` afterwards.
 * km: tell key management its new endpoints. Gives the number of policies that could not be moved.
 */
int sp_migrate(struct mip_env *env, struct sp_pair *pair, const struct in6_addr *to, bool km);

/* Does the kernel hold our policy that lets only ESP bring mobility headers from hoa to ha? */
bool sp_protected(struct mip_env *env, const struct sp_pair *pair);

/* Name foreign policies that would shadow ours (a MIGRATE would then miss). Gives their number. */
int sp_find_foreign(struct mip_env *env, const struct sp_pair *pair);
